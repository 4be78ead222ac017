// What ws says where the engine finds a head of HTTP wrong.
import { HandshakeError } from '../base/exceptions.js';

/** Node has counted them, by its own limits. */
export const LIMITS = { maxHeaderSize: 2 ** 24, maxHeaders: 10_000 };

/**
 * What is looked for in what the engine says, and what ws says then.
 * @typedef {[pattern: RegExp, text: string, status?: number][]} Words
 */

export const UNACCEPTABLE = 'Invalid or unacceptable Sec-WebSocket-Extensions header';

/** @param {import('node:http').IncomingMessage} request */
export const offersDeflate = ({ headers }) =>
  /(^|,)\s*permessage-deflate\s*(;|,|$)/.test(headers['sec-websocket-extensions'] ?? '');

/** @type {Words} */
export const REQUEST_WORDS = [
  [/method/, 'Invalid HTTP method', 405],
  [/Upgrade must/, 'Invalid Upgrade header', 400],
  [/Sec-WebSocket-Key/, 'Missing or invalid Sec-WebSocket-Key header', 400],
  [/Sec-WebSocket-Protocol/, 'Invalid Sec-WebSocket-Protocol header', 400],
  [/Sec-WebSocket-Extensions/, UNACCEPTABLE, 400],
];

/**
 * @param {unknown} error
 * @param {Words} words
 * @returns {{ message: string, status: number }}
 */
export function refusalOf(error, words) {
  if (!(error instanceof HandshakeError)) throw error;
  const { message, status } = error;
  const found = words.find(([pattern]) => pattern.test(message));
  return { message: found?.[1] ?? message, status: found?.[2] ?? status };
}
