// Frames that break a rule, one rule each, to try a receiver with. What they break is not said here
// but found by the dissector; a test compares the two. What no frame can break is said at the end.
import { rules } from '../../inspect/node.js';

/** 1 TiB: more than any peer holds in memory, and nothing of it is sent. */
const HUGE = 2 ** 40;

/**
 * @typedef {object} Hostile
 * @property {string} rule the crate's name of it; see `ws4wasm dump --rules`
 * @property {string} title
 * @property {'client' | 'server' | 'both'} to which side may be sent it
 * @property {boolean} [deflate] permessage-deflate has to be in use, else it breaks another rule
 * @property {import('./frame-spec.js').FrameSpec[]} frames
 */

/** @type {Hostile[]} */
export const HOSTILE = [
  {
    rule: 'ReservedBits',
    title: 'RSV2 is set, and no extension gives it a meaning',
    to: 'both',
    frames: [{ text: 'hello', rsv2: true }],
  },
  {
    rule: 'Rsv1NotFirst',
    title: 'RSV1, “compressed”, on the second frame of a message',
    to: 'both',
    deflate: true,
    frames: [
      { text: 'one', fin: false },
      { opcode: 'continuation', text: 'two', rsv1: true },
    ],
  },
  {
    rule: 'ReservedOpcode',
    title: 'opcode 3, which nobody has defined',
    to: 'both',
    frames: [{ opcode: 3, text: 'hello' }],
  },
  {
    rule: 'FragmentedControl',
    title: 'a ping without FIN',
    to: 'both',
    frames: [{ opcode: 'ping', text: 'hello', fin: false }],
  },
  {
    rule: 'ControlTooLong',
    title: 'a ping of 126 bytes',
    to: 'both',
    frames: [{ opcode: 'ping', text: 'x'.repeat(126) }],
  },
  {
    rule: 'NonMinimalLength',
    title: 'the length 5 in 16 bits',
    to: 'both',
    frames: [{ text: 'hello', lengthBits: 16 }],
  },
  {
    rule: 'LengthTopBit',
    title: 'a length of 2^63',
    to: 'both',
    frames: [{ opcode: 'binary', hex: '00', lengthBits: 64, length: '9223372036854775808' }],
  },
  {
    rule: 'MaskMissing',
    title: 'a text that is not masked',
    to: 'server',
    frames: [{ text: 'hello', masked: false }],
  },
  {
    rule: 'MaskForbidden',
    title: 'a text that is masked',
    to: 'client',
    frames: [{ text: 'hello', masked: true }],
  },
  {
    rule: 'UnexpectedContinuation',
    title: 'a continuation of nothing',
    to: 'both',
    frames: [{ opcode: 'continuation', text: 'hello' }],
  },
  {
    rule: 'ExpectedContinuation',
    title: 'a second message begins inside the first',
    to: 'both',
    frames: [{ text: 'one', fin: false }, { text: 'two' }],
  },
  {
    rule: 'AfterClose',
    title: 'a text behind the close',
    to: 'both',
    frames: [{ opcode: 'close', code: 1000 }, { text: 'hello' }],
  },
  {
    rule: 'CloseBodyTooShort',
    title: 'a close with half a code',
    to: 'both',
    frames: [{ opcode: 'close', hex: '03' }],
  },
  {
    rule: 'CloseCode',
    title: 'a close with 1005, which stands for none',
    to: 'both',
    frames: [{ opcode: 'close', code: 1005 }],
  },
  {
    rule: 'CloseReason',
    title: 'a close whose reason is no UTF-8',
    to: 'both',
    frames: [{ opcode: 'close', hex: '03 e8 ff fe' }],
  },
  {
    rule: 'Text',
    title: 'a text that is cut inside a character',
    to: 'both',
    frames: [{ text: 'Grüße', take: 3 }],
  },
  {
    rule: 'Inflate',
    title: 'a compressed text that is no DEFLATE',
    to: 'both',
    deflate: true,
    frames: [{ hex: 'ff ff ff', rsv1: true }],
  },
  {
    rule: 'FrameTooLarge',
    title: 'a frame that announces 2 TiB',
    to: 'both',
    frames: [{ opcode: 'binary', hex: '00', lengthBits: 64, length: 2 * HUGE }],
  },
  {
    rule: 'MessageTooLarge',
    title: 'a message whose second fragment announces 1 TiB',
    to: 'both',
    frames: [
      { opcode: 'binary', hex: '00', fin: false },
      { opcode: 'continuation', hex: '00', lengthBits: 64, length: HUGE },
    ],
  },
  {
    rule: 'TooManyFragments',
    title: 'a message of 140 000 fragments, one byte each',
    to: 'both',
    frames: [
      { opcode: 'binary', hex: '00', fin: false },
      { opcode: 'continuation', hex: '00', fin: false, times: 139_998 },
      { opcode: 'continuation', hex: '00' },
    ],
  },
  {
    rule: 'PongUnmatched',
    title: 'a pong that nobody has asked for; it is allowed',
    to: 'both',
    frames: [{ opcode: 'pong', text: 'unasked' }],
  },
  {
    rule: 'MaskRepeated',
    title: 'three texts under the same mask',
    to: 'server',
    frames: ['one', 'two', 'six'].map((text) => ({ text, maskingKey: '01020304' })),
  },
  {
    rule: 'FramingLost',
    title: 'an error page of HTTP in place of a frame',
    to: 'both',
    frames: [{ raw: Buffer.from('HTTP/1.1 502 Bad Gateway\r\n\r\n').toString('hex') }],
  },
  {
    rule: 'EndInFrame',
    title: 'a frame that says it has more than it has: what follows is taken for it',
    to: 'both',
    frames: [{ text: 'hello', length: 1000 }],
  },
];

const OF_HANDSHAKE = /^(Request|Response|Connect|DeflateOffer|DeflateAnswer|EarlyData)/;
const HANDSHAKE = 'it is about the handshake, which is over when frames are sent';
const CAPTURE = 'it is about what a capture lacks, not about a peer';

/**
 * Why there is no frame for a rule.
 * @type {ReadonlyMap<string, string>}
 */
export const WITHOUT_FRAME = new Map([
  .../** @type {import('../../inspect/index.js').Rule[]} */ (rules())
    .filter(({ rule }) => OF_HANDSHAKE.test(rule))
    .map(({ rule }) => /** @type {[string, string]} */ ([rule, HANDSHAKE])),
  ['NoClose', 'it is the end of TCP: cut the connection with "how": "end"'],
  ['HandshakeUnseen', CAPTURE],
  ['Hole', CAPTURE],
  ['NotInflated', CAPTURE],
]);
