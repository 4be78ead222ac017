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

/** 1 TiB: more than any peer holds in memory, and nothing of it is sent. */
const HUGE = String(2 ** 40);

/** @type {FrameCase[]} */
const others = [
  {
    rule: 'Rsv1NotFirst',
    to: 'both',
    deflate: true,
    frames: [
      { text: 'one', fin: false },
      { opcode: 'continuation', text: 'two', rsv1: true },
    ],
  },
  { rule: 'Inflate', to: 'both', deflate: true, frames: [{ hex: 'ff ff ff', rsv1: true }] },
  {
    rule: 'FrameTooLarge',
    to: 'both',
    frames: [{ opcode: 'binary', hex: '00', lengthBits: 64, length: HUGE }],
  },
  {
    rule: 'MessageTooLarge',
    to: 'both',
    frames: [
      { opcode: 'binary', hex: '00', fin: false },
      { opcode: 'continuation', hex: '00', lengthBits: 64, length: HUGE },
    ],
  },
  {
    rule: 'TooManyFragments',
    to: 'both',
    frames: [
      { opcode: 'binary', hex: '00', fin: false },
      ...Array.from({ length: 20_000 }, () => ({
        opcode: 'continuation',
        hex: '00',
        fin: false,
      })),
      { opcode: 'continuation', hex: '00' },
    ],
  },
  { rule: 'PongUnmatched', to: 'both', frames: [{ opcode: 'pong', text: 'unasked' }] },
  {
    rule: 'MaskRepeated',
    to: 'server',
    frames: [
      { text: 'one', maskingKey: '01020304' },
      { text: 'two', maskingKey: '01020304' },
      { text: 'six', maskingKey: '01020304' },
    ],
  },
  { rule: 'NoClose', to: 'both', frames: [{ text: 'hello' }], end: true },
  // 'HTTP', as a page of errors in place of frames.
  {
    rule: 'FramingLost',
    to: 'both',
    frames: [{ raw: Buffer.from('HTTP/1.1 502 Bad Gateway\r\n\r\n').toString('hex') }],
  },
];

/** @type {FrameCase[]} */
export const FRAMES = [
  ...HOSTILE.map(({ rule, to, frames }) => ({
    rule,
    to,
    frames,
    ...(rule === 'EndInFrame' ? { end: true } : {}),
  })),
  ...others,
];

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
