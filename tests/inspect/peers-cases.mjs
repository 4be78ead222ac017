// What breaks each rule, as bytes for a real peer. A test holds the inspector to finding that rule
// in each of them.
import { HOSTILE } from '../../js/cli/act/hostile.js';

/** @typedef {import('../../js/cli/act/frame-spec.js').FrameSpec} FrameSpec */

/**
 * @typedef {object} FrameCase
 * @property {string} rule
 * @property {'client' | 'server' | 'both'} to
 * @property {FrameSpec[]} frames
 * @property {boolean} [deflate] permessage-deflate has to be in use
 * @property {boolean} [end] then TCP ends
 */

/** These need the end of TCP, too. */
const ENDED = new Set(['EndInFrame', 'NoClose']);

/** @type {FrameCase} */
const NO_CLOSE = { rule: 'NoClose', to: 'both', frames: [{ text: 'hello' }] };

/** @type {FrameCase[]} */
export const FRAMES = [...HOSTILE, NO_CLOSE].map((given) =>
  ENDED.has(given.rule) ? { ...given, end: true } : given,
);

/** Lines of a request, as they should be. */
export const REQUEST = {
  line: 'GET /chat HTTP/1.1',
  Host: 'localhost',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
};

/** @typedef {Record<string, string | undefined> & { line?: string, raw?: string, body?: string }} Change */

/**
 * What is different in a request that breaks a rule. `raw`: further lines; `body`: what follows.
 * @type {Record<string, Change>}
 */
export const REQUESTS = {
  RequestMalformed: { raw: 'a line without a colon' },
  RequestMethod: { line: 'POST /chat HTTP/1.1' },
  RequestVersion: { line: 'GET /chat HTTP/1.0' },
  RequestTarget: { line: 'GET chat HTTP/1.1' },
  RequestHost: { Host: undefined },
  RequestUpgrade: { Upgrade: 'h2c' },
  RequestConnection: { Connection: 'keep-alive' },
  RequestBody: { 'Content-Length': '5', body: 'hello' },
  RequestWsVersion: { 'Sec-WebSocket-Version': '8' },
  RequestKey: { 'Sec-WebSocket-Key': 'dG9vIHNob3J0' },
  RequestOrigin: { raw: 'Origin: https://one.example\r\nOrigin: https://two.example' },
  RequestProtocols: { 'Sec-WebSocket-Protocol': 'chat, chat' },
  RequestExtensions: { 'Sec-WebSocket-Extensions': 'permessage-deflate; =1' },
  DeflateOffer: {
    'Sec-WebSocket-Extensions': 'permessage-deflate; server_max_window_bits=99',
  },
  // A text frame in the same packet: 'hi', with a mask of zeros.
  EarlyData: { body: '\x81\x82\0\0\0\0hi' },
};

/**
 * What is different in an answer that breaks a rule.
 * @type {Record<string, Change>}
 */
export const ANSWERS = {
  ResponseMalformed: { raw: 'a line without a colon' },
  ResponseStatus: { line: 'HTTP/1.1 200 OK' },
  ResponseVersion: { line: 'HTTP/1.0 101 Switching Protocols' },
  ResponseUpgrade: { Upgrade: 'h2c' },
  ResponseConnection: { Connection: 'keep-alive' },
  ResponseAccept: { 'Sec-WebSocket-Accept': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' },
  ResponseExtensions: { 'Sec-WebSocket-Extensions': 'x-unasked' },
  ResponseProtocol: { 'Sec-WebSocket-Protocol': 'unasked' },
  DeflateAnswer: {
    'Sec-WebSocket-Extensions': 'permessage-deflate; server_max_window_bits=99',
  },
};

/**
 * @param {Record<string, string | undefined>} whole
 * @param {Change} change
 */
export function head(whole, change) {
  const { line, raw, body = '', ...headers } = { ...whole, ...change };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  return Buffer.from(
    `${[line, ...lines, ...(raw === undefined ? [] : [raw])].join('\r\n')}\r\n\r\n${body}`,
    'latin1',
  );
}
