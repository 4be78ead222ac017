// Everything that `import ... from 'ws4wasm'` gives, whatever the runtime.
export {
  FrameTooLargeException,
  HandshakeError,
  InvalidBytesError,
  ProtocolException,
  StreamClosed,
  TextFrameEncodingException,
  UnsupportedFrameTypeException,
  WebSocketException,
} from './base/exceptions.js';
export { EchoWebSocket, WebSocket } from './connection/websocket.js';
export { Frame } from './core/frame.js';
export { acceptKey, ClientHandshake, ServerHandshake } from './core/handshake.js';
export {
  BinaryMessage,
  CloseControlMessage,
  Message,
  OPCODE_BINARY,
  OPCODE_CLOSE,
  OPCODE_CONTINUATION,
  OPCODE_PING,
  OPCODE_PONG,
  OPCODE_TEXT,
  PingControlMessage,
  PongControlMessage,
  TextMessage,
} from './core/messages.js';
export { Stream } from './core/stream.js';
export {
  UTF8_ACCEPT,
  UTF8_REJECT,
  UTF8VALIDATOR_DFA,
  Utf8Validator,
} from './core/utf8-validator.js';
