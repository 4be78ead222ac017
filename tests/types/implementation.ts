// The JavaScript, as its JSDoc types it, can stand where the public types are declared.
import type * as declared from 'ws4wasm';
import * as exceptions from '../../js/base/exceptions.js';
import * as frame from '../../js/core/frame.js';
import * as handshake from '../../js/core/handshake.js';
import * as messages from '../../js/core/messages.js';
import * as stream from '../../js/core/stream.js';
import * as validator from '../../js/core/utf8-validator.js';

type Public = typeof declared;

// The messages, see below, are compared by themselves.
type OfMessages =
  | 'message'
  | 'takeMessage'
  | 'pings'
  | 'pongs'
  | 'closing'
  | 'errors'
  | 'textMessage'
  | 'binaryMessage'
  | 'close';
export const madeStream = (
  ...args: Parameters<Public['Stream']>
): Omit<declared.Stream, OfMessages> => new stream.Stream(...args);
export const Frame: Public['Frame'] = frame.Frame;
export const ServerHandshake: Public['ServerHandshake'] = handshake.ServerHandshake;
export const ClientHandshake: Public['ClientHandshake'] = handshake.ClientHandshake;
export const acceptKey: Public['acceptKey'] = handshake.acceptKey;
export const Utf8Validator: Public['Utf8Validator'] = validator.Utf8Validator;
export const UTF8VALIDATOR_DFA: Public['UTF8VALIDATOR_DFA'] = validator.UTF8VALIDATOR_DFA;
export const UTF8_ACCEPT: Public['UTF8_ACCEPT'] = validator.UTF8_ACCEPT;
export const UTF8_REJECT: Public['UTF8_REJECT'] = validator.UTF8_REJECT;

export const allExceptions: Pick<
  Public,
  | 'FrameTooLargeException'
  | 'HandshakeError'
  | 'InvalidBytesError'
  | 'ProtocolException'
  | 'StreamClosed'
  | 'TextFrameEncodingException'
  | 'UnsupportedFrameTypeException'
  | 'WebSocketException'
> = exceptions;

export const opcodes: Pick<
  Public,
  | 'OPCODE_BINARY'
  | 'OPCODE_CLOSE'
  | 'OPCODE_CONTINUATION'
  | 'OPCODE_PING'
  | 'OPCODE_PONG'
  | 'OPCODE_TEXT'
> = messages;

// What the prototypes say of `type`, `opcode`, `isText` and `isBinary` is wider in JSDoc.
type Told = 'type' | 'opcode' | 'isText' | 'isBinary' | 'toJSON';
type Made<C extends abstract new (...args: never[]) => unknown> = Omit<InstanceType<C>, Told>;
type Parameters<C> = C extends new (...args: infer A) => unknown ? A : never;

export const madeText = (
  ...args: Parameters<Public['TextMessage']>
): Made<Public['TextMessage']> => new messages.TextMessage(...args);
export const madeBinary = (
  ...args: Parameters<Public['BinaryMessage']>
): Made<Public['BinaryMessage']> => new messages.BinaryMessage(...args);
export const madeClose = (
  ...args: Parameters<Public['CloseControlMessage']>
): Made<Public['CloseControlMessage']> => new messages.CloseControlMessage(...args);
export const madePing = (
  ...args: Parameters<Public['PingControlMessage']>
): Made<Public['PingControlMessage']> => new messages.PingControlMessage(...args);
export const madePong = (
  ...args: Parameters<Public['PongControlMessage']>
): Made<Public['PongControlMessage']> => new messages.PongControlMessage(...args);
