// What ws calls a fault of the peer's. The engine finds it and names its rule; here it only gets
// the code and the words that programs written for ws look at.

/**
 * @typedef {{ code?: number, rule?: string, message: string }} Violation
 * @typedef {object} Name
 * @property {string} code
 * @property {(violation: Violation) => string} text
 * @property {typeof Error} [type]
 * @property {number} [status] the close code, where it is not the engine's
 */

const frame = (/** @type {string} */ what) => `Invalid WebSocket frame: ${what}`;

/** The number in the engine's message. @param {Violation} violation */
const numberIn = ({ message }) => /\d+/.exec(message)?.[0];

const invalidUtf8 = () => frame('invalid UTF-8 sequence');
const tooLong = () => 'Max payload size exceeded';

/** @type {Record<string, Name>} */
const NAMES = {
  ReservedBits: {
    code: 'WS_ERR_UNEXPECTED_RSV_1',
    text: () => frame('RSV1 must be clear'),
    type: RangeError,
  },
  ReservedBits23: {
    code: 'WS_ERR_UNEXPECTED_RSV_2_3',
    text: () => frame('RSV2 and RSV3 must be clear'),
    type: RangeError,
  },
  ReservedOpcode: {
    code: 'WS_ERR_INVALID_OPCODE',
    text: (violation) => frame(`invalid opcode ${numberIn(violation)}`),
    type: RangeError,
  },
  UnexpectedContinuation: {
    code: 'WS_ERR_INVALID_OPCODE',
    text: () => frame('invalid opcode 0'),
    type: RangeError,
  },
  ExpectedContinuation: {
    code: 'WS_ERR_INVALID_OPCODE',
    text: () => frame('invalid opcode, a continuation is due'),
    type: RangeError,
  },
  FragmentedControl: {
    code: 'WS_ERR_EXPECTED_FIN',
    text: () => frame('FIN must be set'),
    type: RangeError,
  },
  ControlTooLong: {
    code: 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
    text: () => frame('invalid payload length, over 125'),
    type: RangeError,
  },
  CloseBodyTooShort: {
    code: 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
    text: () => frame('invalid payload length 1'),
    type: RangeError,
  },
  // ws takes such lengths; RFC 6455 section 5.2 demands the shortest form.
  NonMinimalLength: {
    code: 'WS_ERR_NON_MINIMAL_LENGTH',
    text: ({ message }) => frame(message),
    type: RangeError,
  },
  LengthTopBit: {
    code: 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
    text: () => 'Unsupported WebSocket frame: payload length > 2^53 - 1',
    type: RangeError,
  },
  MaskMissing: {
    code: 'WS_ERR_EXPECTED_MASK',
    text: () => frame('MASK must be set'),
    type: RangeError,
  },
  MaskForbidden: {
    code: 'WS_ERR_UNEXPECTED_MASK',
    text: () => frame('MASK must be clear'),
    type: RangeError,
  },
  CloseCode: {
    code: 'WS_ERR_INVALID_CLOSE_CODE',
    text: (violation) => frame(`invalid status code ${numberIn(violation)}`),
    type: RangeError,
  },
  CloseReason: { code: 'WS_ERR_INVALID_UTF8', text: invalidUtf8 },
  Text: { code: 'WS_ERR_INVALID_UTF8', text: invalidUtf8 },
  Inflate: { code: 'Z_DATA_ERROR', text: ({ message }) => message },
  FrameTooLarge: {
    code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    text: tooLong,
    type: RangeError,
  },
  MessageTooLarge: {
    code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    text: tooLong,
    type: RangeError,
  },
  TooManyFragments: {
    code: 'WS_ERR_TOO_MANY_BUFFERED_PARTS',
    text: () => 'Too many message fragments',
    type: RangeError,
    status: 1008,
  },
};

/** @param {Violation} violation */
function nameOf({ rule, message }) {
  const named = rule === 'ReservedBits' && /RSV[23]/.test(message) ? 'ReservedBits23' : rule;
  return NAMES[named ?? ''];
}

/** @param {Violation} violation what the engine reported */
export function violationError(violation) {
  const { type = Error, code, text } = nameOf(violation);
  const error = Object.assign(new type(text(violation)), { code });
  // That of zlib.
  return code === 'Z_DATA_ERROR' ? Object.assign(error, { errno: -3 }) : error;
}

/** The close code that tells it to the peer. @param {Violation} violation */
export function violationStatus(violation) {
  return nameOf(violation).status ?? violation.code;
}

/**
 * What ws says of a send that the end of the connection has overtaken.
 * @param {boolean} reading a Blob, which it waits for
 * @param {boolean} compressing
 */
export function overtakenError(reading, compressing) {
  if (reading) return new Error('The socket was closed while the blob was being read');
  if (compressing) return new Error('The socket was closed while data was being compressed');
  const text = 'Cannot call write after a stream was destroyed';
  return Object.assign(new Error(text), { code: 'ERR_STREAM_DESTROYED' });
}
