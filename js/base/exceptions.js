// The exceptions of ws4py's exc module. `code` is the close code they stand for.

/** What goes wrong with a WebSocket. */
export class WebSocketException extends Error {
  /**
   * @param {string} [message]
   * @param {number} [code]
   */
  constructor(message, code = 1002) {
    super(message);
    this.code = code;
  }
}

export class FrameTooLargeException extends WebSocketException {
  /**
   * @param {string} [message]
   * @param {number} [code]
   */
  constructor(message, code = 1009) {
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
    super(message, 1007);
    this.index = index;
  }
}

export class InvalidBytesError extends WebSocketException {
  /** @param {string} [message] */
  constructor(message) {
    super(message, 1007);
  }
}

export class HandshakeError extends WebSocketException {
  /**
   * @param {string} message
   * @param {import('../index.js').HandshakeErrorDetails} [details]
   */
  constructor(message, { status = 400, reply, request, response } = {}) {
    super(message, 1006);
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
 * The exception for what the core found. The order is that of ErrorKind in src/error.rs.
 * @param {{ kind: number, code: number, message: string, index?: number }} fault
 */
export function exceptionOf({ kind, code, message, index }) {
  if (kind === 0) return new FrameTooLargeException(message, code);
  if (kind === 2) return new UnsupportedFrameTypeException(message, code);
  if (kind === 3) return new TextFrameEncodingException(message, index);
  if (kind === 4) return new InvalidBytesError(message);
  return new ProtocolException(message, code);
}
