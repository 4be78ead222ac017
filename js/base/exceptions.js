// The exceptions of ws4py's exc module. `code` is the close code they stand for.
import {
  CLOSE_ABNORMAL,
  CLOSE_INVALID_PAYLOAD,
  CLOSE_PROTOCOL_ERROR,
  CLOSE_TOO_LARGE,
  ERROR_FRAME_TOO_LARGE,
  ERROR_INVALID_BYTES,
  ERROR_TEXT_FRAME_ENCODING,
  ERROR_UNSUPPORTED_FRAME_TYPE,
} from '../../pkg/contract.js';

/** What goes wrong with a WebSocket. */
export class WebSocketException extends Error {
  /**
   * @param {string} [message]
   * @param {number} [code]
   */
  constructor(message, code = CLOSE_PROTOCOL_ERROR) {
    super(message);
    this.code = code;
    /** @type {string | undefined} */
    this.rule = undefined;
  }
}

export class FrameTooLargeException extends WebSocketException {
  /**
   * @param {string} [message]
   * @param {number} [code]
   */
  constructor(message, code = CLOSE_TOO_LARGE) {
    super(message, code);
  }
}

export class ProtocolException extends WebSocketException {}

export class UnsupportedFrameTypeException extends WebSocketException {}

export class TextFrameEncodingException extends WebSocketException {
  /**
   * @param {string} [message]
   * @param {number} [index]
   */
  constructor(message, index) {
    super(message, CLOSE_INVALID_PAYLOAD);
    this.index = index;
  }
}

export class InvalidBytesError extends WebSocketException {
  /** @param {string} [message] */
  constructor(message) {
    super(message, CLOSE_INVALID_PAYLOAD);
  }
}

export class HandshakeError extends WebSocketException {
  /**
   * @param {string} message
   * @param {import('../index.js').HandshakeErrorDetails} [details]
   */
  constructor(message, { status = 400, reply, request, response } = {}) {
    super(message, CLOSE_ABNORMAL);
    this.status = status;
    this.reply = reply;
    this.request = request;
    this.response = response;
  }
}

export class StreamClosed extends Error {
  constructor(message = 'the stream is closed for sending') {
    super(message);
  }
}

// Names belong to the class, not to each error, and survive minification.
for (const [name, type] of Object.entries({
  WebSocketException,
  FrameTooLargeException,
  ProtocolException,
  UnsupportedFrameTypeException,
  TextFrameEncodingException,
  InvalidBytesError,
  HandshakeError,
  StreamClosed,
})) {
  Object.defineProperty(type.prototype, 'name', {
    value: name,
    configurable: true,
    writable: true,
  });
}

/**
 * The exception for what the core found.
 * @param {{ kind: number, rule: string, code: number, message: string, index?: number }} fault
 */
export function exceptionOf(fault) {
  return Object.assign(ofKind(fault), { rule: fault.rule });
}

/** @param {{ kind: number, code: number, message: string, index?: number }} fault */
function ofKind({ kind, code, message, index }) {
  if (kind === ERROR_FRAME_TOO_LARGE) return new FrameTooLargeException(message, code);
  if (kind === ERROR_UNSUPPORTED_FRAME_TYPE)
    return new UnsupportedFrameTypeException(message, code);
  if (kind === ERROR_TEXT_FRAME_ENCODING) return new TextFrameEncodingException(message, index);
  if (kind === ERROR_INVALID_BYTES) return new InvalidBytesError(message);
  return new ProtocolException(message, code);
}
