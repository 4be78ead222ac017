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
} from './exceptions.js';
export { Frame } from './frame.js';
export { acceptKey, ClientHandshake, ServerHandshake } from './handshake.js';
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
} from './messages.js';
export { Stream } from './stream.js';
export {
  UTF8_ACCEPT,
  UTF8_REJECT,
  UTF8VALIDATOR_DFA,
  Utf8Validator,
} from './utf8-validator.js';
export { EchoWebSocket, WebSocket } from './websocket.js';
