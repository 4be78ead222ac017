// The public types of 'ws4wasm', written by hand. tests/types/types.test.mjs compares them with
// what js/index.js exports, and tests/types/ with what the JavaScript is.
//
// This package carries the vocabulary of ws4py, a library for Python; RFC is RFC 6455 unless named.

/// <reference lib="esnext.disposable" />

/**
 * Bytes that go in: any Uint8Array (a Buffer too, and one of another realm) or an ArrayBuffer.
 * Anything else, strings, arrays and other views included, is a TypeError that names the
 * argument. Bytes that come out are a `Uint8Array<ArrayBuffer>`, in Node a Buffer; their type
 * needs TypeScript 5.7 or newer.
 */
export type Bytes = Uint8Array | ArrayBuffer;

// ---------------------------------------------------------------------------------------------
// Opcodes (RFC section 5.2)

/** The next frame of a fragmented message: 0. */
export const OPCODE_CONTINUATION: 0;
/** A text message: 1. */
export const OPCODE_TEXT: 1;
/** A binary message: 2. */
export const OPCODE_BINARY: 2;
/** A close message: 8. */
export const OPCODE_CLOSE: 8;
/** A ping: 9. */
export const OPCODE_PING: 9;
/** A pong: 10. */
export const OPCODE_PONG: 10;

// ---------------------------------------------------------------------------------------------
// Messages (ws4py's messaging module)

/** What {@link Message.type} says. */
export type MessageType = 'text' | 'binary' | 'close' | 'ping' | 'pong';

/** Options of {@link Message.fragment}. */
export interface FragmentOptions {
  /** The frame has the message's opcode, else that of a continuation. Default false. */
  first?: boolean | undefined;
  /** The frame has FIN. Default false. */
  last?: boolean | undefined;
  /** Mask with a fresh random key, as clients must (RFC section 5.3). Default false. */
  mask?: boolean | undefined;
}

/**
 * What a stream delivers and what it sends. The classes below are the kinds there are;
 * `new Message(opcode, data)`, as ws4py has it, gives an instance of the one that fits.
 */
export class Message {
  /**
   * @param opcode 1 (text), 2 (binary), 8 (close), 9 (ping) or 10 (pong)
   * @param data a string for text; bytes, or a string for its UTF-8, for binary, ping and pong;
   *   the reason for close, whose code is then 1000
   * @throws {RangeError} for another opcode, and as the class that fits does
   */
  constructor(opcode: number, data?: string | Bytes);
  /** Tells the classes apart, and messages from the other events of a stream. */
  readonly type: MessageType;
  /** The opcode of its first frame (RFC section 5.2). */
  readonly opcode: number;
  /** The payload. */
  data: string | Uint8Array<ArrayBuffer>;
  /** Whether `type` is 'text'. */
  readonly isText: boolean;
  /** Whether `type` is 'binary'. */
  readonly isBinary: boolean;
  /** Whether the frame with FIN has been received. False for messages made here. */
  completed: boolean;
  /** The payload's length in bytes; that of text is measured when asked for. */
  get length(): number;
  /**
   * Appends to the payload.
   * @throws {TypeError} for data of the wrong type
   * @throws {RangeError} when the whole would be more than a control frame may carry
   */
  extend(data: string | Bytes): void;
  /**
   * The message as one frame with FIN.
   * @param mask with a fresh random key, as clients must (RFC section 5.3). Default false
   */
  single(mask?: boolean): Uint8Array<ArrayBuffer>;
  /**
   * The message's present payload as one frame of a fragmented message (RFC section 5.4).
   * @throws {RangeError} for a control message, unless both `first` and `last` are set
   */
  fragment(options?: FragmentOptions): Uint8Array<ArrayBuffer>;
  /** The text, the reason, or the payload read as UTF-8. */
  toString(): string;
  /** `type` with `data`, or for a close with `code` and `reason`. */
  toJSON(): object;
}

/**
 * A text message: `data` is a string. A stream with `text: 'bytes'` delivers its UTF-8 instead: a
 * `TextMessage<Uint8Array<ArrayBuffer>>`.
 */
export class TextMessage<
  Data extends string | Uint8Array<ArrayBuffer> = string,
> extends Message {
  /**
   * @param text default ''. Lone surrogates go out as U+FFFD
   * @throws {TypeError} when it is not a string
   */
  constructor(text?: string);
  readonly type: 'text';
  readonly opcode: 1;
  readonly isText: true;
  readonly isBinary: false;
  data: Data;
  /**
   * Appends text, or bytes that are whole UTF-8.
   * @throws {RangeError} for bytes that are not UTF-8 or end inside a character
   */
  extend(data: string | Bytes): void;
  toJSON(): { type: 'text'; data: Data };
}

/** A binary message: `data` is bytes. */
export class BinaryMessage extends Message {
  /**
   * @param bytes default none. They are kept, not copied
   * @throws {TypeError} when it is not {@link Bytes}
   */
  constructor(bytes?: Bytes);
  readonly type: 'binary';
  readonly opcode: 2;
  readonly isText: false;
  readonly isBinary: true;
  /**
   * The bytes. What was received may share its `ArrayBuffer` with the input and with other
   * messages: transfer a copy, `data.slice()` (of a Buffer, `Uint8Array.from(data)`), not that.
   */
  data: Uint8Array<ArrayBuffer>;
  extend(data: Bytes): void;
  toJSON(): { type: 'binary'; data: Uint8Array<ArrayBuffer> };
}

/** A close message (RFC sections 5.5.1 and 7.4). */
export class CloseControlMessage extends Message {
  /**
   * @param code 1000-1003, 1007-1014 or 3000-4999, default 1000; null for a frame without one
   * @param reason at most 123 bytes of UTF-8, default ''; none without a code
   * @throws {TypeError} for arguments of the wrong type
   * @throws {RangeError} for a code that may not be sent and for a reason that is too long
   */
  constructor(code?: number | null, reason?: string);
  readonly type: 'close';
  readonly opcode: 8;
  readonly isText: false;
  readonly isBinary: false;
  /** The code; 1005 when the frame has none (RFC section 7.1.5), which is never on the wire. */
  code: number;
  /** The reason; '' when there is none. */
  reason: string;
  /** The frame's body: the code in two bytes and the reason, or nothing. */
  data: Uint8Array<ArrayBuffer>;
  /**
   * Appends to the reason.
   * @throws {RangeError} when the reason becomes longer than 123 bytes, or there is no code
   */
  extend(data: string): void;
  toJSON(): { type: 'close'; code: number; reason: string };
}

/** A ping (RFC section 5.5.2). */
export class PingControlMessage extends Message {
  /**
   * @param data at most 125 bytes, or a string of at most 125 bytes of UTF-8. Default none
   * @throws {RangeError} for more
   */
  constructor(data?: string | Bytes);
  readonly type: 'ping';
  readonly opcode: 9;
  readonly isText: false;
  readonly isBinary: false;
  data: Uint8Array<ArrayBuffer>;
  toJSON(): { type: 'ping'; data: Uint8Array<ArrayBuffer> };
}

/** A pong (RFC section 5.5.3). */
export class PongControlMessage extends Message {
  /**
   * @param data at most 125 bytes, or a string of at most 125 bytes of UTF-8. Default none
   * @throws {RangeError} for more
   */
  constructor(data?: string | Bytes);
  readonly type: 'pong';
  readonly opcode: 10;
  readonly isText: false;
  readonly isBinary: false;
  data: Uint8Array<ArrayBuffer>;
  toJSON(): { type: 'pong'; data: Uint8Array<ArrayBuffer> };
}

// ---------------------------------------------------------------------------------------------
// Streams (ws4py's streaming module)

/**
 * What both ends agreed on of permessage-deflate (RFC 7692 section 7.1), or what one of them
 * wants: then the window sizes are the largest it takes.
 */
export interface DeflateParameters {
  /** The server begins every message with an empty window. Default false. */
  readonly serverNoContextTakeover: boolean;
  /** The client begins every message with an empty window. Default false. */
  readonly clientNoContextTakeover: boolean;
  /** The server's window has 2 to this power bytes, 8 to 15. Default 15. */
  readonly serverMaxWindowBits: number;
  /** The client's window has 2 to this power bytes, 8 to 15. Default 15. */
  readonly clientMaxWindowBits: number;
}

/** Options of permessage-deflate: its parameters, and how hard the sending side tries. */
export interface DeflateOptions extends Partial<DeflateParameters> {
  /**
   * 0 (none) to 9 (smallest). Default: 4, and 1 for messages of less than 512 bytes with context
   * takeover, which take a quarter of the time that way and get little longer.
   */
  readonly level?: number | undefined;
  /** Memory of the shared deflaters, 1 to 9. Default 8. */
  readonly memLevel?: number | undefined;
  /**
   * Whole messages of fewer bytes go out as they are. Default 32 with context takeover,
   * because a message then repeats what those before it have said; 256 without.
   */
  readonly threshold?: number | undefined;
}

/** Options of {@link Stream}. */
export interface StreamOptions {
  /** Which end of the connection this is. Default 'server'. */
  role?: 'server' | 'client' | undefined;
  /** Mask every frame that is sent (RFC section 5.3). Default: only as a client. */
  alwaysMask?: boolean | undefined;
  /**
   * Received frames must be masked; else they must not be (RFC section 5.1). Default: masked
   * as a server.
   */
  expectMasking?: boolean | undefined;
  /**
   * Most payload bytes that a frame may announce; more is error 1009, before any of them is
   * taken in. An integer or Infinity. Default `maxMessageSize`.
   */
  maxFrameSize?: number | undefined;
  /**
   * Most bytes of a message over all its frames; more is error 1009 as soon as a frame
   * announces it. An integer or Infinity. Default 16 MiB (16,777,216).
   */
  maxMessageSize?: number | undefined;
  /** Most frames of a message, empty ones included; more is error 1009. Default 131,072. */
  maxFragments?: number | undefined;
  /** Deliver {@link FragmentEvent}s as data arrives, instead of whole messages. Default false. */
  partial?: boolean | undefined;
  /** Deliver a {@link FrameEvent} before what each frame carries. Default false. */
  frames?: boolean | undefined;
  /**
   * What `receive` is given is the stream's to keep and to write to: masked binary data from 4
   * KiB on, and text that is delivered as bytes, is unmasked where it lies, which saves new memory
   * for it. Default false: input is never written to. The connections that `ws4wasm/node` makes on
   * sockets set it, since nobody else has the bytes of a socket.
   */
  ownsInput?: boolean | undefined;
  /**
   * What received text is: `'bytes'` for its UTF-8, which has been validated, for those who hand
   * it on or decode it themselves. Default 'string'.
   */
  text?: 'string' | 'bytes' | undefined;
  /**
   * permessage-deflate (RFC 7692), as the handshake has agreed on it: `true` for the
   * parameters' defaults. Default false.
   */
  deflate?: boolean | DeflateOptions | undefined;
}

/**
 * The peer broke a rule, or passed a limit. The last event ever (RFC section 7.1.7). What came
 * before it in the same bytes can still be answered, until the next call of `receive`; from then on
 * whatever would send throws {@link StreamClosed}. Where it stands alone that is so at once.
 */
export interface StreamErrorEvent {
  /** Tells the events apart. */
  readonly type: 'error';
  /**
   * What was wrong: `error.code` is the close code it stands for, `error.rule` the rule that was
   * broken.
   */
  readonly error:
    | FrameTooLargeException
    | ProtocolException
    | UnsupportedFrameTypeException
    | TextFrameEncodingException
    | InvalidBytesError;
  /** The message to send before the connection is shut. */
  readonly close: CloseControlMessage;
}

/** A piece of a text message, with `partial: true`. */
export interface TextFragmentEvent {
  /** Tells the events apart. */
  readonly type: 'fragment';
  /** Tells the two kinds of pieces apart. */
  readonly kind: 'text';
  /** Valid text, cut between code points only; may be ''. With `text: 'bytes'` its UTF-8. */
  readonly data: string;
  /** Begins a message. */
  readonly first: boolean;
  /** Ends a message. */
  readonly last: boolean;
}

/** A piece of a binary message, with `partial: true`. */
export interface BinaryFragmentEvent {
  /** Tells the events apart. */
  readonly type: 'fragment';
  /** Tells the two kinds of pieces apart. */
  readonly kind: 'binary';
  /** May be empty. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Begins a message. */
  readonly first: boolean;
  /** Ends a message. */
  readonly last: boolean;
}

/**
 * A piece of a message, with `partial: true`, given as soon as its bytes are there. How a
 * message is cut into pieces depends on frames and inputs; the pieces together do not.
 */
export type FragmentEvent = TextFragmentEvent | BinaryFragmentEvent;

/** A frame's header (RFC section 5.2), with `frames: true`, before what the frame carries. */
export interface FrameEvent {
  /** Tells the events apart. */
  readonly type: 'frame';
  /** Where the frame begins, in bytes since the stream's first. */
  readonly offset: number;
  /** The header's length in bytes, masking key included: 2 to 14. */
  readonly headerLength: number;
  /** The last frame of its message. */
  readonly fin: boolean;
  /** With permessage-deflate: the message is compressed (RFC 7692 section 6). */
  readonly rsv1: boolean;
  /** Reserved: set, it is a violation. */
  readonly rsv2: boolean;
  /** Reserved: set, it is a violation. */
  readonly rsv3: boolean;
  /** One of the OPCODE constants; another one is a violation. */
  readonly opcode: number;
  /** Whether the payload is masked. */
  readonly masked: boolean;
  /** The 4 bytes of the key, or undefined when the frame is not masked. */
  readonly maskingKey: Uint8Array<ArrayBuffer> | undefined;
  /** The announced length in bytes; above 2 ** 53 the nearest number there is. */
  readonly payloadLength: number;
}

/** A message as a stream delivers it. */
export type MessageEvent =
  | TextMessage
  | BinaryMessage
  | CloseControlMessage
  | PingControlMessage
  | PongControlMessage;

/**
 * What {@link Stream.receive} gives. `switch (event.type)` narrows: 'text', 'binary', 'close',
 * 'ping', 'pong', 'error', 'fragment' (with `partial`), 'frame' (with `frames`).
 */
export type StreamEvent = MessageEvent | StreamErrorEvent | FragmentEvent | FrameEvent;

/** Options of {@link Stream.encode}. */
export interface EncodeOptions {
  /**
   * A binary message. Default: false for a string, true for bytes. `false` with bytes sends
   * them as text, which they must be. Counts for the first frame of a message only.
   */
  binary?: boolean | undefined;
  /** The last frame of its message (FIN). Default true. */
  fin?: boolean | undefined;
  /** The first frame of its message, else a continuation. Default true. */
  first?: boolean | undefined;
  /**
   * Whether the message is compressed; no effect without `deflate`. Default: whole messages
   * from `threshold` on, and all that come in fragments. Counts for the first frame of a
   * message only. The length of a compressed message tells something of what is in it: leave a
   * secret uncompressed where the other side chooses text that goes with it.
   */
  compress?: boolean | undefined;
}

/** The pull style of a {@link Stream}. */
export interface StreamParser {
  /**
   * Takes bytes and files what they complete under the stream's `hasMessage`, `message`,
   * `pings`, `pongs`, `closing` and `errors`.
   * @returns how many bytes the stream wants next: what completes the header or the payload
   *   under way; at least 1. Fewer or more may be sent
   * @throws {TypeError} when the stream has `partial: true`
   */
  send(bytes: Bytes): number;
}

/**
 * Both directions of one WebSocket connection, without any I/O: bytes of the peer in, events
 * out; messages in, bytes for the peer out.
 *
 * It owns memory of the engine. `free()` gives that back at once; a forgotten stream gives it
 * back when it is collected.
 */
export class Stream {
  /**
   * @throws {TypeError} for an option of the wrong type
   * @throws {RangeError} for an option out of range
   */
  constructor(options?: StreamOptions);

  /** See {@link StreamOptions.alwaysMask}. To be set before bytes flow. */
  get alwaysMask(): boolean;
  set alwaysMask(mask: boolean);
  /** See {@link StreamOptions.expectMasking}. To be set before bytes flow. */
  get expectMasking(): boolean;
  set expectMasking(expect: boolean);
  /** What was agreed on of permessage-deflate; undefined for none. */
  get deflate(): DeflateParameters | undefined;

  /**
   * Takes any bytes, cut anywhere. The same bytes give the same messages however they are cut.
   * After a close message or an error further bytes are ignored and counted.
   *
   * Binary data of an unmasked frame that lies whole in `bytes` is a view of them.
   * @returns what the bytes complete, in wire order
   * @throws {TypeError} when it is not {@link Bytes}
   * @throws {StreamClosed} after `free()`. What the peer does wrong is an event, never thrown
   */
  receive(bytes: Bytes): StreamEvent[];
  /** How many bytes complete what is under way: a step of a header or a payload. At least 1. */
  get wants(): number;
  /** How many bytes came after a close message or an error and were not looked at. */
  get bytesIgnored(): number;

  /** Pull style, as in ws4py. */
  get parser(): StreamParser;
  /**
   * The parser as a generator: `next(bytes)` takes bytes, as {@link StreamParser.send} does, and
   * yields the count of bytes wanted. The first `next()` takes none. It never ends by itself.
   */
  receiver(): Generator<number, void, Bytes>;
  /** Whether the parser has filed a text or binary message that is unread. */
  get hasMessage(): boolean;
  /** The oldest unread message; set it to null to move on. Null when there is none. */
  get message(): TextMessage | BinaryMessage | null;
  set message(nothing: null);
  /** The oldest unread message, which is unread no more. Null when there is none. */
  takeMessage(): TextMessage | BinaryMessage | null;
  /** The pings that the parser has filed; empty the list when they are answered. */
  pings: PingControlMessage[];
  /** The pongs that the parser has filed. */
  pongs: PongControlMessage[];
  /** The close message that the parser has filed, or null. */
  closing: CloseControlMessage | null;
  /** What to send for the error that the parser found: one close message, or none. */
  errors: CloseControlMessage[];

  /** @throws {StreamClosed} when messages may no longer be sent */
  checkSendable(): void;
  /**
   * A message to be sent.
   * @throws {StreamClosed} after our close or a failure; so do the methods below
   */
  textMessage(text?: string): TextMessage;
  /** A message to be sent; the bytes are not copied. */
  binaryMessage(bytes?: Bytes): BinaryMessage;
  /**
   * The close message to be sent (RFC section 5.5.1). Nothing may be sent after it.
   * @param code as for {@link CloseControlMessage}, default 1000
   * @param reason default ''
   */
  close(code?: number | null, reason?: string): CloseControlMessage;
  /**
   * A ping frame's bytes, masked if `alwaysMask`.
   * @param data at most 125 bytes, default none
   * @throws {RangeError} for more
   */
  ping(data?: string | Bytes): Uint8Array<ArrayBuffer>;
  /**
   * A pong frame's bytes, masked if `alwaysMask`.
   * @param data at most 125 bytes, default none
   * @throws {RangeError} for more
   */
  pong(data?: string | Bytes): Uint8Array<ArrayBuffer>;
  /**
   * The bytes of a message, or of one frame of it, masked if `alwaysMask`: the fast way out.
   * A refused call changes nothing. Short frames share their `ArrayBuffer`, as Node's Buffers do:
   * write them, or transfer a copy.
   * @throws {RangeError} for a frame out of order (RFC section 5.4), and for a text message
   *   given as bytes that are not UTF-8; a frame but not the message may end inside a character
   * @throws {TypeError} for arguments of the wrong type
   */
  encode(data: string | Bytes, options?: EncodeOptions): Uint8Array<ArrayBuffer>;
  /**
   * A whole message as an unmasked frame that any number of server streams may send: text for
   * a string, else binary, unless `binary` says otherwise.
   * @throws {RangeError} for bytes with `binary: false` that are not UTF-8
   */
  prepare(
    data: string | Bytes,
    options?: Pick<EncodeOptions, 'binary'>,
  ): Uint8Array<ArrayBuffer>;

  /**
   * Lets go of the states of zlib that this stream has used, for others to use: for a stream
   * that will be idle. Its next compressed message makes them anew, which takes some
   * microseconds more.
   */
  release(): void;
  /** Gives the stream's memory back. Further use, but for `free()`, throws StreamClosed. */
  free(): void;
  /** As {@link free}. */
  [Symbol.dispose](): void;
}

// ---------------------------------------------------------------------------------------------
// Frames (ws4py's framing module)

/** A bit of a header. */
export type Bit = 0 | 1;

/** Options of {@link Frame}. */
export interface FrameOptions {
  /** 0-2 or 8-10; others cannot be built. Default none: for parsing, or to be set later. */
  opcode?: number | undefined;
  /** The payload, not masked: bytes, or a string for its UTF-8. Default none. */
  body?: string | Bytes | undefined;
  /** 4 bytes to mask the payload with. Default none: the frame is not masked. */
  maskingKey?: Bytes | null | undefined;
  /** The last frame of its message. Default 0. */
  fin?: Bit | boolean | undefined;
  /** Default 0. */
  rsv1?: Bit | boolean | undefined;
  /** Default 0. */
  rsv2?: Bit | boolean | undefined;
  /** Default 0. */
  rsv3?: Bit | boolean | undefined;
}

/** Reads one frame from bytes cut anywhere. */
export interface FrameParser {
  /**
   * Takes bytes, or one byte as a number, and sets the frame's attributes once they are there.
   * @returns how many bytes are wanted next; undefined when the frame is complete
   * @throws {WebSocketException} for a header that RFC section 5.2 does not allow
   */
  send(bytes: Bytes | number): number | undefined;
  /** What the header announces, in bytes; undefined until it is complete. */
  readonly payloadLength: number | undefined;
  /** The bytes that came after the frame. */
  readonly rest: Uint8Array<ArrayBuffer>;
}

/**
 * One frame (RFC section 5.2), to be built or parsed.
 *
 *     const frame = new Frame({
 *       opcode: OPCODE_TEXT, body: 'hello world', fin: 1,
 *       maskingKey: Uint8Array.of(0xbe, 0x04, 0xe6, 0x6a),
 *     });
 *     frame.build(); // 81 8b be04e66a d6618a06d1249105cc6882
 */
export class Frame {
  /**
   * @throws {TypeError} for an option of the wrong type
   * @throws {RangeError} for an opcode that is not 0-15 and a key that is not 4 bytes
   */
  constructor(options?: FrameOptions);
  /** One of the OPCODE constants; undefined until it is set or parsed. */
  opcode: number | undefined;
  /** The payload, not masked. */
  body: Uint8Array<ArrayBuffer>;
  /** The last frame of its message. */
  fin: Bit;
  /** The first reserved bit. */
  rsv1: Bit;
  /** The second reserved bit. */
  rsv2: Bit;
  /** The third reserved bit. */
  rsv3: Bit;
  /** The 4 bytes that mask the payload; undefined when the frame is not masked. */
  get maskingKey(): Uint8Array<ArrayBuffer> | undefined;
  set maskingKey(key: Bytes | null | undefined);
  /** The payload's length in bytes; while parsing, the announced one. */
  get payloadLength(): number;
  /**
   * The frame's bytes, masked when it has a key.
   * @throws {TypeError} without an opcode
   * @throws {RangeError} for a reserved opcode
   */
  build(): Uint8Array<ArrayBuffer>;
  /**
   * New bytes: `data` masked with the frame's key, from the key's first byte on.
   * @throws {TypeError} when the frame has no key
   */
  mask(data: Bytes): Uint8Array<ArrayBuffer>;
  /** The same as {@link mask}, which is its own inverse. */
  unmask(data: Bytes): Uint8Array<ArrayBuffer>;
  /** Fills this frame from received bytes. */
  get parser(): FrameParser;
}

// ---------------------------------------------------------------------------------------------
// UTF-8 (ws4py's utf8validator module)

/** The state between code points: 0. */
export const UTF8_ACCEPT: 0;
/** The state after a byte that cannot be right: 1. It lasts until `reset()`. */
export const UTF8_REJECT: 1;
/**
 * Björn Höhrmann's automaton in 400 numbers: the class of each of the 256 bytes, then for each
 * of 9 states the next state by class, 16 a state.
 */
export const UTF8VALIDATOR_DFA: readonly number[];

/** Incremental UTF-8 validator with constant memory. */
export class Utf8Validator {
  /** The state at the end of a character: 0. */
  static readonly UTF8_ACCEPT: 0;
  /** The state after a byte that cannot be right: 1. */
  static readonly UTF8_REJECT: 1;
  /** The automaton, see {@link UTF8VALIDATOR_DFA}. */
  static readonly UTF8VALIDATOR_DFA: readonly number[];
  /** The code point that `decode` completed, or as much of it as has come. */
  get codepoint(): number;
  /**
   * Takes one byte.
   * @param byte an integer from 0 to 255
   * @returns the state: UTF8_ACCEPT when a code point is complete, UTF8_REJECT, or another when
   *   more bytes are needed
   */
  decode(byte: number): number;
  /** Begins anew. */
  reset(): void;
  /**
   * Takes a chunk.
   * @returns whether all is valid so far; whether it ends on a code point; the index in this
   *   chunk and the index in all that was consumed of the byte that made it invalid, or the
   *   two lengths. Once invalid, it stays so, with index 0, until `reset()`
   */
  validate(
    bytes: Bytes,
  ): [valid: boolean, endsOnCodePoint: boolean, currentIndex: number, totalIndex: number];
}

// ---------------------------------------------------------------------------------------------
// Exceptions (ws4py's exc module)

/** What goes wrong with a WebSocket. */
export class WebSocketException extends Error {
  constructor(message?: string, code?: number);
  /** The close code that it stands for (RFC section 7.4.1). Default 1002. */
  code: number;
  /**
   * The rule that a peer broke, by a name that does not change: 'ReservedBits', 'ReservedOpcode',
   * 'FragmentedControl', 'ControlTooLong', 'NonMinimalLength', 'LengthTopBit', 'MaskMissing',
   * 'MaskForbidden', 'UnexpectedContinuation', 'ExpectedContinuation', 'CloseBodyTooShort',
   * 'CloseCode', 'CloseReason', 'Text', 'Inflate', 'FrameTooLarge', 'MessageTooLarge',
   * 'TooManyFragments', as the crate's `Error` has them. Of errors that were received only.
   */
  rule?: string;
}

/**
 * A limit was passed (code 1009); or a control frame is longer than 125 bytes, or a length has
 * its top bit set (code 1002).
 */
export class FrameTooLargeException extends WebSocketException {
  constructor(message?: string, code?: number);
}

/** A rule of the protocol was broken (code 1002). */
export class ProtocolException extends WebSocketException {}

/** A frame has a reserved opcode (code 1002). */
export class UnsupportedFrameTypeException extends WebSocketException {}

/** A text message or a close reason is not UTF-8 (code 1007). */
export class TextFrameEncodingException extends WebSocketException {
  constructor(message?: string, index?: number);
  /**
   * Index in the message, or in the reason, of the first byte that cannot be right; the length
   * when it ends inside a character.
   */
  index: number | undefined;
}

/** Compressed data does not inflate (code 1007). */
export class InvalidBytesError extends WebSocketException {
  constructor(message?: string);
}

/** What a {@link HandshakeError} knows. */
export interface HandshakeErrorDetails {
  /** Default 400. */
  status?: number | undefined;
  /** The whole HTTP answer of a server. */
  reply?: Uint8Array<ArrayBuffer> | undefined;
  /** On a server, the request. */
  request?: HandshakeRequest | undefined;
  /** On a client, the server's answer. */
  response?: HandshakeResponse | undefined;
}

/** An opening handshake that does not lead to a WebSocket (code 1006). */
export class HandshakeError extends WebSocketException {
  constructor(message: string, details?: HandshakeErrorDetails);
  /** The status of the HTTP answer: 400, 405, 426 or 431 on a server. */
  status: number;
  /** On a server, the whole HTTP answer to send before the connection is closed. */
  reply: Uint8Array<ArrayBuffer> | undefined;
  /**
   * On a server, a request that is HTTP but opens no WebSocket, such as a plain GET, which may
   * be answered in other ways than by `reply`.
   */
  request: HandshakeRequest | undefined;
  /** On a client, an HTTP answer that opens no WebSocket. */
  response: HandshakeResponse | undefined;
}

/** Something would be sent after our own close, after a failure, or after `free()`. */
export class StreamClosed extends Error {
  constructor(message?: string);
}

// ---------------------------------------------------------------------------------------------
// The opening handshake (RFC section 4)

/** A client's request. */
export interface HandshakeRequest {
  /** GET, which HTTP/2's CONNECT stands for. */
  readonly method: string;
  /** The path and query. */
  readonly url: string;
  /**
   * Its header fields; none of them needs to be there. It is a `Headers`, to be read with
   * `headers.get('cookie')`; for code that comes from Node's `http`, `headers.cookie` gives the
   * same, or undefined.
   */
  readonly headers: Headers;
  /** The Origin header: the page's, in browsers. */
  readonly origin: string | undefined;
  /**
   * The host, and the port if there is one, that was asked for: the Host header, or what a trusted
   * proxy names in its place.
   */
  readonly host: string | undefined;
  /** The subprotocols offered, in the client's order of preference. */
  readonly protocols: string[];
}

/** Headers to send: a Headers, pairs, or an object. CR, LF and NUL are a RangeError. */
export type HandshakeHeaders = Iterable<readonly [string, string]> | Record<string, string>;

/** Options of {@link ServerHandshake}. */
export interface ServerHandshakeOptions {
  /**
   * The subprotocols that the server speaks. The first of the client's that is among them is
   * chosen. Default none.
   */
  protocols?: readonly string[] | undefined;
  /**
   * Chooses the subprotocol, instead of `protocols`: one of `offered`, or undefined, null or
   * false for none. Another is a RangeError.
   */
  selectProtocol?:
    | ((offered: string[], request: HandshakeRequest) => string | false | null | undefined)
    | undefined;
  /**
   * Takes permessage-deflate (RFC 7692) when it is offered: `true`, or an object with the most
   * that the server wants. The first offer that fits is taken. `clientMaxWindowBits` is for
   * clients that can limit their window; for others it is 15. Default false: it costs memory and
   * time that a client decides about, and lengths that depend on content.
   */
  deflate?: boolean | DeflateOptions | undefined;
  /** Further headers of the reply. Those that the handshake sets itself are a RangeError. */
  headers?: HandshakeHeaders | undefined;
  /** Most bytes of the request's head; more is status 431. From 16, default 16,384. */
  maxHeaderSize?: number | undefined;
  /** Most header fields of the request; more is status 431. From 1 to 10,000, default 100. */
  maxHeaders?: number | undefined;
}

/** What {@link ServerHandshake.receive} gives in the end. */
export interface ServerHandshakeResult {
  /** The client's request. */
  readonly request: HandshakeRequest;
  /** The answer to send: it opens the WebSocket. */
  readonly reply: Uint8Array<ArrayBuffer>;
  /** The subprotocol agreed on. */
  readonly protocol: string | undefined;
  /** The extensions agreed on, as in the reply. */
  readonly extensions: string[];
  /** What was agreed on of permessage-deflate, for {@link StreamOptions.deflate}. */
  readonly deflate: DeflateParameters | undefined;
  /** The bytes that came after the request, for {@link Stream.receive}. */
  readonly rest: Uint8Array<ArrayBuffer>;
}

/** A server's side of the opening handshake, without any I/O. */
export class ServerHandshake {
  /**
   * @throws {TypeError} for an option of the wrong type
   * @throws {RangeError} for an option out of range
   */
  constructor(options?: ServerHandshakeOptions);
  /**
   * Takes bytes of the request, cut anywhere.
   * @returns the outcome once the request's head is complete, else undefined
   * @throws {HandshakeError} for a request that opens no WebSocket: send its `reply`
   * @throws {RangeError} when a header or protocol of the server's own may not be sent
   * @throws {TypeError} when it is not {@link Bytes}, and once the handshake is over
   */
  receive(bytes: Bytes): ServerHandshakeResult | undefined;
  /**
   * The first half of `receive`, for servers that take their time to decide.
   * @returns the request once its head is complete, else undefined
   * @throws as `receive`
   */
  readRequest(bytes: Bytes): HandshakeRequest | undefined;
  /**
   * The second half: the reply to a request that `readRequest` gave.
   * @throws {RangeError} when a header or protocol may not be sent
   */
  accept(request: HandshakeRequest, options?: AcceptOptions): ServerHandshakeResult;
  /**
   * An HTTP answer that opens no WebSocket.
   * @param status 200 to 599
   * @throws {RangeError} for a status or a header that may not be sent
   */
  static reject(status: number, options?: RejectOptions): Uint8Array<ArrayBuffer>;
  /** Gives the handshake's memory back; a finished handshake has done so. */
  free(): void;
  /** As {@link free}. */
  [Symbol.dispose](): void;
}

/**
 * The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (RFC section 4.2.2).
 * `acceptKey('dGhlIHNhbXBsZSBub25jZQ==')` is `'s3pPLMBiTxaQ9kYGzzhZRbK+xOo='`.
 */
export function acceptKey(key: string): string;

/** Options of {@link ServerHandshake.accept}. */
export interface AcceptOptions {
  /** The subprotocol, one of those offered. Default: what the handshake's own options choose. */
  protocol?: string | undefined;
  /** Further headers, besides those of the handshake's options. */
  headers?: HandshakeHeaders | undefined;
}

/** Options of {@link ServerHandshake.reject}. */
export interface RejectOptions {
  /** Further headers. Content-Type is text/plain unless it is among them. */
  headers?: HandshakeHeaders | undefined;
  /** Default empty. */
  body?: string | Bytes | undefined;
}

/** A server's answer to a handshake. */
export interface HandshakeResponse {
  /** 101 where a WebSocket opened, which HTTP/2's 200 stands for. */
  readonly status: number;
  /** Its header fields. */
  readonly headers: Headers;
  /**
   * Of an answer that opened no WebSocket: what came of its body along with the head; from
   * `connect`, the body.
   */
  readonly body?: Uint8Array<ArrayBuffer> | undefined;
}

/** Options of {@link ClientHandshake}. */
export interface ClientHandshakeOptions {
  /** The subprotocols to offer, the preferred one first. Default none. */
  protocols?: string | readonly string[] | undefined;
  /** Further headers, such as Origin, Cookie, Authorization. */
  headers?: HandshakeHeaders | undefined;
  /**
   * Offers permessage-deflate (RFC 7692): `true`, or an object with what is wanted. An answer
   * that does not keep to it is a {@link HandshakeError}. Default false.
   */
  deflate?: boolean | DeflateOptions | undefined;
  /** Most bytes of the response's head. From 16, default 16,384. */
  maxHeaderSize?: number | undefined;
  /** Most header fields of the response. From 1 to 10,000, default 100. */
  maxHeaders?: number | undefined;
}

/** What a client's handshake gives when the server has accepted. */
export interface ClientHandshakeResult {
  /** The server's answer. */
  readonly response: HandshakeResponse;
  /** The subprotocol that the server chose. */
  readonly protocol: string | undefined;
  /** The extensions in use, as in the response. */
  readonly extensions: readonly string[];
  /** What was agreed on of permessage-deflate, for {@link StreamOptions.deflate}. */
  readonly deflate: DeflateParameters | undefined;
  /** What came after the response: the first bytes for the stream. */
  readonly rest: Uint8Array<ArrayBuffer>;
}

/** The client's side of the opening handshake (RFC section 4.1), without any I/O. */
export class ClientHandshake {
  /**
   * @param url ws: or wss: (http: and https: stand for them), without a fragment; credentials
   *   in it become an Authorization header
   * @throws {TypeError} for an argument of the wrong type
   * @throws {RangeError} for a URL, header or protocol that may not be sent
   */
  constructor(url: string | URL, options?: ClientHandshakeOptions);
  /** The bytes to send first. */
  readonly request: Uint8Array<ArrayBuffer>;
  /**
   * Takes bytes of the response, cut anywhere.
   * @returns the outcome once the response's head is complete, else undefined
   * @throws {HandshakeError} when the server refuses (`status` and `response` are its answer)
   *   or its answer is not right (`status` 0)
   */
  receive(bytes: Bytes): ClientHandshakeResult | undefined;
  /** Gives the handshake's memory back; a finished handshake has done so. */
  free(): void;
  /** As {@link free}. */
  [Symbol.dispose](): void;
}

// ---------------------------------------------------------------------------------------------
// Connections (ws4py's websocket module)

/**
 * A transport of Web Streams: a WebTransport stream, a Deno.Conn, any pair. Keep the
 * WebTransport object itself as long as a stream of it is in use.
 */
export interface StreamPair {
  /** Bytes of the peer. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Bytes for the peer. */
  readonly writable: WritableStream<Uint8Array>;
}

/**
 * What a Node Duplex (a socket of net or tls, a stream of HTTP/2) has that a connection uses.
 * Written down here so that these types need none of Node's.
 */
export interface DuplexLike {
  /** Events: 'data', 'end', 'close', 'error', 'drain'. */
  // biome-ignore lint/suspicious/noExplicitAny: as Node's own types have it
  on(event: string, listener: (...args: any[]) => void): unknown;
  /** False: wait for the event drain. */
  write(chunk: Uint8Array<ArrayBuffer>, callback?: (error?: Error | null) => void): boolean;
  /** Ends the writing side. */
  end(): unknown;
  /** Ends everything at once. */
  destroy(error?: Error): unknown;
  /** No more data until `resume`. */
  pause(): unknown;
  /** Data again. */
  resume(): unknown;
}

/** How many messages a peer may send, each second or as it says. */
export type MessageRate =
  | number
  | {
      /** How many, and how many at once after a while of silence. */
      messages: number;
      /** In how many milliseconds. Default 1000. */
      per?: number | undefined;
      /**
       * What becomes of a peer that sends more: it is read no faster (`'hold'`), so that it finds
       * its socket full, or closed with 1008 (`'close'`). Default `'hold'`.
       */
      over?: 'hold' | 'close' | undefined;
    };

/** Options of {@link WebSocket}. Times are in milliseconds. */
export interface WebSocketOptions extends StreamOptions {
  /** The subprotocol in use, as a list. Default null. */
  protocols?: readonly string[] | null | undefined;
  /** The extensions in use. Default null. */
  extensions?: readonly string[] | null | undefined;
  /** Whatever belongs to the connection; servers put the request here. Default null. */
  environ?: unknown;
  /**
   * How long the closing handshake and the end after it may take. While what was sent before is
   * still being taken, at 256 bytes a second or more, the time begins anew. Default 10,000.
   */
  closeTimeout?: number | undefined;
  /** Pings after this time, again and again. Default none. Keeps no process alive. */
  pingInterval?: number | undefined;
  /**
   * How long a ping may go without life, from when the transport took it: any pong, message or
   * other control frame, or bytes that move in either direction, 256 a second at least. Then
   * another ping is sent, and if there is no life in that time either the connection ends with
   * 1006. A ping that stood behind other output is given as long again as it took to leave, at
   * most ten times this. Default `pingInterval`.
   */
  pingTimeout?: number | undefined;
  /** Closes with 1001 when nothing came for this time. Default none. */
  idleTimeout?: number | undefined;
  /**
   * Most bytes that may wait to be taken. A message that would pass this is refused, and because
   * those after it must not arrive as if there had been none, the connection closes with 1011: wait
   * for what `send` returns. A message that is alone may have any length. Default 64 MiB.
   */
  maxBufferedAmount?: number | undefined;
  /**
   * How many messages the peer may send: in a second, or as an object says. A peer that was silent
   * may send as many at once. Default any number.
   */
  messageRate?: MessageRate | undefined;
  /** Bytes that came with the handshake: the first of the stream. */
  head?: Bytes | undefined;
  /** Pings are answered by themselves (RFC section 5.5.2). Default true. */
  autoPong?: boolean | undefined;
  /**
   * Handlers of messages are not waited for. Default false: what a handler gives a promise for
   * is done before the next message of this connection is delivered, and when much waits the
   * transport is no longer read. A handler that waits for a later message needs this.
   */
  concurrentHandlers?: boolean | undefined;
  /** Messages that come after `close()`, until the peer's close, are delivered. Default false. */
  deliverWhileClosing?: boolean | undefined;
  /**
   * An error of a handler, or of a wrong payload, that no `error` event takes is thrown where
   * nobody catches it ('uncaughtException' in Node, the window's error event in browsers), in
   * place of the console. Default false.
   */
  uncaughtErrors?: boolean | undefined;
}

/** The events that listeners of a connection get. */
export interface WebSocketEventMap {
  /** The connection is open. */
  open: Event;
  /** A text or binary message came. */
  message: Event & {
    /** The text or the bytes. */
    readonly data: string | Uint8Array<ArrayBuffer>;
    /** The whole message. */
    readonly message: TextMessage | BinaryMessage;
  };
  /** It is over, see {@link WebSocket.closed}. */
  close: Event & {
    /** The code, as `closed` has it. */
    readonly code: number;
    /** The reason, or ''. */
    readonly reason: string;
    /** Whether there was a closing handshake. */
    readonly wasClean: boolean;
  };
  /**
   * A handler of yours threw or rejected, and the connection closes with 1011; or `send` was
   * refused: for a wrong payload, or over `maxBufferedAmount`, which closes as well.
   */
  error: Event & {
    /** What was thrown. */
    readonly error: unknown;
  };
  /** A ping came. */
  ping: Event & {
    /** What it carries. */
    readonly data: Uint8Array<ArrayBuffer>;
  };
  /** The peer broke a rule, or passed a limit; the connection closes. */
  violation: Event & {
    /** What was wrong. */
    readonly error: StreamErrorEvent['error'];
  };
  /** A pong came. */
  pong: Event & {
    /** What it carries, as its ping did. */
    readonly data: Uint8Array<ArrayBuffer>;
  };
  /** A piece of a message came, with `partial: true`. */
  fragment: Event & {
    /** The piece. */
    readonly fragment: FragmentEvent;
  };
  /** A frame began, with `frames: true`. */
  frame: Event & {
    /** Its header. */
    readonly frame: FrameEvent;
  };
}

/** What may listen to a connection: a function, or an object with one. */
export type WebSocketListener<K extends keyof WebSocketEventMap> =
  | ((this: WebSocket, event: WebSocketEventMap[K]) => unknown)
  | {
      /** Called with each event. */
      handleEvent(event: WebSocketEventMap[K]): unknown;
    };

/**
 * Options of {@link WebSocket.addEventListener}. Written down here so that these types need none of
 * the DOM's.
 */
export interface ListenerOptions {
  /** Called at the first event only. Default false. */
  once?: boolean | undefined;
  /** Called no more once this is aborted. */
  signal?: AbortSignal | undefined;
  /** As the DOM has it; there are no phases here. */
  capture?: boolean | undefined;
  /** As the DOM has it; no event has a default action here. */
  passive?: boolean | undefined;
}

/** What one call of {@link WebSocket.send} may send. */
export type Payload =
  | string
  | BytesToSend
  | Blob
  | Message
  | Iterable<string | BytesToSend>
  | AsyncIterable<string | BytesToSend>;

/**
 * Bytes in any form: an `ArrayBuffer`, a typed array of any kind or a `DataView`, sent as their
 * bytes. Those of a `SharedArrayBuffer`, or of one that can be resized, are copied at once.
 */
export type BytesToSend = ArrayBufferLike | ArrayBufferView;

/**
 * A connection over a transport whose opening handshake is done. Extend it and override
 * `receivedMessage`, or listen to events, or iterate; a message goes to all that are there,
 * and waits for the first when there is none: up to 1,024 messages and 64 KiB are kept. When
 * more came and nobody is there within a second, nobody wants them: they are dropped, and so are
 * later ones until somebody comes.
 *
 * Handlers run one after the other: the promise of one holds back the next message, unless it is
 * that of this connection's own `send`, which does so only while more than 1 MiB waits to be
 * taken. When more than 1,024 messages or 64 KiB wait for a handler or an iterator the transport
 * is no longer read, but for a piece every `closeTimeout` or ping, up to 256 KiB in all, to see
 * whether the peer is there. Control frames are dealt with at once. Messages that came before the
 * peer's end are delivered before `closed`, unless a handler takes longer than `closeTimeout`.
 *
 * @example
 * class Shout extends WebSocket {
 *   receivedMessage(message) {
 *     return this.send(message.data.toUpperCase());
 *   }
 * }
 */
export class WebSocket {
  /** As browsers have it; these connections are never in this state. */
  static readonly CONNECTING: 0;
  /** A value of {@link readyState}: messages may be sent. */
  static readonly OPEN: 1;
  /** A value of {@link readyState}: the closing handshake is under way. */
  static readonly CLOSING: 2;
  /** A value of {@link readyState}: it is over. */
  static readonly CLOSED: 3;
  /**
   * @throws {TypeError} when `sock` is no transport, or for an option of the wrong type
   * @throws {RangeError} for an option out of range
   */
  constructor(sock: DuplexLike | StreamPair, options?: WebSocketOptions);
  /** The transport. */
  // biome-ignore lint/suspicious/noExplicitAny: the user knows what was passed
  sock: any;
  /** The protocol engine underneath. */
  stream: Stream;
  /** The subprotocol in use, as a list; null for none. */
  protocols: readonly string[] | null;
  /** The extensions in use; null for none. */
  extensions: readonly string[] | null;
  /** Whatever belongs to the connection; servers put the request here. */
  // biome-ignore lint/suspicious/noExplicitAny: the user knows what was passed
  environ: any;
  /** The peer has closed its side. */
  readonly clientTerminated: boolean;
  /** This side has closed; ws4py's name, in the client's role too. */
  readonly serverTerminated: boolean;
  /** Both have. */
  readonly terminated: boolean;
  /** 1 open, 2 closing, 3 closed. */
  readonly readyState: 1 | 2 | 3;
  /** The subprotocol in use, or the empty string. */
  readonly protocol: string;
  /** How many bytes complete what is under way. */
  readonly readingBufferSize: number;
  /** Bytes that were sent and that the transport has not taken yet. */
  readonly bufferedAmount: number;
  /** What `closed` was told, once it is over; undefined before. */
  readonly closeCode: number | undefined;
  /** What `closed` was told, once it is over; undefined before. */
  readonly closeReason: string | undefined;
  /** Milliseconds of the last ping at `pingInterval`; undefined before its pong. */
  readonly roundTripTime: number | undefined;

  /** Override: the connection is open. */
  opened(): unknown;
  /** Override: a text or binary message came. What it throws or rejects closes with 1011. */
  receivedMessage(message: TextMessage | BinaryMessage): unknown;
  /** Override: a piece of a message came, with `partial: true`. */
  receivedFragment(fragment: FragmentEvent): unknown;
  /** Override: a ping came. It is answered by itself, unless `autoPong` is false. */
  pinged(ping: PingControlMessage): unknown;
  /** Override: the peer broke a rule, or passed a limit; the connection closes. */
  violated(error: StreamErrorEvent['error']): unknown;
  /** Override: a pong came. */
  ponged(pong: PongControlMessage): unknown;
  /**
   * Override: it is over; called once. 1005: the peer's close had no code. 1006: there was no
   * closing handshake; the reason may be the transport's error. After a violation of the
   * peer's, the code that told it; after a fault of a handler's, 1011.
   */
  closed(code: number, reason?: string): unknown;

  /** Reads until the end. Resolves after `closed`, never rejects; a second call is the first. */
  run(): Promise<void>;
  /** Feeds bytes by hand. False when no more are needed: the closing handshake is done. */
  process(bytes: Bytes): boolean;
  /**
   * Sends a message. An iterable is one message in fragments, an item each, which leaves as soon as
   * it is there; other messages wait for it, pings and pongs do not. So they do for a `Blob`, until
   * it has been read.
   *
   * Bytes below 1 KiB are copied. From there on they must not be changed before the promise is kept:
   * frames are made when this turn of the event loop is over, and a server writes such bytes to a
   * socket as they are.
   * @param binary text or binary, whatever `payload` is. Default by its type. Bytes sent as text
   *   are validated first: a RangeError says where they are not UTF-8.
   * @param options `compress` as in {@link EncodeOptions}
   * @returns resolves when the transport took the bytes, with all else that was sent in the same
   *   turn of the event loop. Rejects with {@link StreamClosed}
   *   when the connection is closed, with a RangeError over `maxBufferedAmount`, and with a
   *   TypeError for another payload: numbers, null and undefined are not made strings. None of
   *   them needs a handler, since `closed` and the `error` event (without a listener, the
   *   console) tell of them.
   */
  send(
    payload: Payload,
    binary?: boolean,
    options?: Pick<EncodeOptions, 'compress'>,
  ): Promise<void>;
  /**
   * Sends one frame of a message: the first one with `fin: false`, the next ones with `first: false`,
   * the last one with `fin: true` (RFC section 5.4). No other message can be sent until then, but
   * pings and pongs can. Bytes with `binary: false` are text; a fragment of it may end inside a
   * character.
   * @returns as `send`; rejects with a RangeError for a frame out of order, and for text that is
   *   not UTF-8
   */
  sendFragment(data: string | BytesToSend, options?: EncodeOptions): Promise<void>;
  /** @throws as the returned promise: more than 125 bytes are a RangeError */
  ping(data?: string | Bytes): Promise<void>;
  /** Pings are answered by themselves; this is for a pong that nobody asked for. */
  pong(data?: string | Bytes): Promise<void>;
  /**
   * Begins the closing handshake, after the sends before it; once, later calls do nothing.
   * Messages that still come are not delivered.
   * @param code default 1000; null for a close without a code
   * @throws {RangeError} for a code or reason that may not be sent
   */
  close(code?: number | null, reason?: string): void;
  /** Drops the transport without a closing handshake. */
  closeConnection(): void;
  /**
   * Stops reading the transport, and holds back the messages that were read already. Control
   * frames that are read are dealt with.
   */
  pause(): void;
  /** Reads again. */
  resume(): void;
  /** The connection keeps the process alive, as it does from the beginning (Node). */
  ref(): this;
  /** Its socket and timers keep no process alive. */
  unref(): this;

  /** Messages until the end. A slow loop stops the reading of the transport. */
  [Symbol.asyncIterator](): AsyncIterableIterator<TextMessage | BinaryMessage>;

  /** Calls `listener` at each event of a type; with `once` in the options at the first. */
  addEventListener<K extends keyof WebSocketEventMap>(
    type: K,
    listener: WebSocketListener<K> | null,
    options?: boolean | ListenerOptions,
  ): void;
  /** Ends that. */
  removeEventListener<K extends keyof WebSocketEventMap>(
    type: K,
    listener: WebSocketListener<K> | null,
  ): void;
  /** A listener of 'open'. */
  onopen: ((this: WebSocket, event: WebSocketEventMap['open']) => unknown) | null;
  /** A listener of 'message'. */
  onmessage: ((this: WebSocket, event: WebSocketEventMap['message']) => unknown) | null;
  /** A listener of 'close'. */
  onclose: ((this: WebSocket, event: WebSocketEventMap['close']) => unknown) | null;
  /** A listener of 'error'. */
  onerror: ((this: WebSocket, event: WebSocketEventMap['error']) => unknown) | null;
}

/** Sends every message back (ws4py's EchoWebSocket). */
export class EchoWebSocket extends WebSocket {}
