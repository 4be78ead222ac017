// Why a request became no WebSocket, and what it is answered.
import { HandshakeError } from '../base/exceptions.js';
import { ServerHandshake } from '../core/handshake.js';

/**
 * The reasons, which are names in metrics: there are no others.
 * @typedef {import('../node.js').RefusalReason} Reason
 *
 * @typedef {object} Refusal
 * @property {number} [status] of the answer; none when nothing could be answered
 * @property {Reason} reason
 * @property {string | Uint8Array} [body]
 * @property {import('../index.js').HandshakeHeaders} [headers]
 * @property {Uint8Array} [reply] the whole answer, where there is one already
 * @property {unknown} [error] what the user's code threw, or what the socket failed with
 */

/** @type {readonly Reason[]} */
export const REASONS = [
  'malformed',
  'method',
  'upgrade',
  'headers',
  'timeout',
  'proxy',
  'tls',
  'protocol',
  'origin',
  'verify',
  'error',
  'full',
  'address',
  'draining',
];

/** @type {Refusal} */
export const TOO_LATE = {
  status: 408,
  reason: 'timeout',
  body: 'The handshake took too long.',
};

/** @type {Refusal} */
export const FAULT = { status: 500, reason: 'error', body: 'The server failed to answer.' };

/** @type {ReadonlyMap<number, Reason>} */
const BY_STATUS = new Map([
  [405, 'method'],
  [426, 'upgrade'],
  [431, 'headers'],
]);

/**
 * @param {HandshakeError} error that the handshake found
 * @returns {Refusal}
 */
export function refusalOf({ status, message, reply }) {
  return { status, reason: BY_STATUS.get(status) ?? 'malformed', body: message, reply };
}

/** @param {Refusal} refusal @returns {Uint8Array} */
export const replyOf = ({ status = 500, headers, body, reply }) =>
  reply ?? ServerHandshake.reject(status, { headers, body });
