// Frames that break a rule, one rule each, to try a receiver with. What they break is not said here
// but found by the dissector; a test compares the two.

/**
 * @typedef {object} Hostile
 * @property {string} rule the crate's name of it; see `ws4wasm dump --rules`
 * @property {string} title
 * @property {'client' | 'server' | 'both'} to who may be sent it
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
    rule: 'EndInFrame',
    title: 'a frame that says it has more than it has: what follows is taken for it',
    to: 'both',
    frames: [{ text: 'hello', length: 1000 }],
  },
];
