// Made of src/wasm/contract.rs by `npm run build`.

/** Records: what `stream_receive` leaves behind, each as many 32-bit words. */
export const RECORD_WORDS = 6;
/** The kind of a record, in the lowest byte of its first word: payload of a message. */
export const KIND_DATA = 0;
/** A close frame. */
export const KIND_CLOSE = 1;
/** A ping. */
export const KIND_PING = 2;
/** A pong. */
export const KIND_PONG = 3;
/** A frame's header. The next byte is its length, the two after that its first two bytes. */
export const KIND_FRAME = 4;
/** The peer broke a rule, which `take_error` tells. */
export const KIND_ERROR = 5;
/** Flags of data, where they stand in the first word: text, else binary. */
export const TEXT = 256;
/** Begins a message. */
export const FIRST = 512;
/** Ends a message. */
export const LAST = 1024;
/** Text that is all ASCII. */
export const ASCII = 2048;
/** The bytes stand in the input, and the offset is one there. */
export const INPUT = 4096;
/** Text in the region of UTF-16; offset and length count its units. */
export const UTF16 = 8192;
/** With `INPUT`: the bytes are masked still. */
export const MASKED = 16384;
/**
 * Pieces of text that are not ASCII stay UTF-8 below this length: they are gathered before
 * they become a string.
 */
export const GATHERED = 16384;
/**
 * The words of a record. Where the bytes begin: in the arena, or as the flags say. Of a
 * frame's header: where it began, relative to the input.
 */
export const RECORD_OFFSET = 1;
/** The length of the bytes. Of a frame's header: the low half of the payload's length. */
export const RECORD_LENGTH = 2;
/** Of a whole message in the arena: where the messages end that leave it with this one. */
export const DATA_RUN_END = 3;
/** One more than where in the input the bytes lay, if they lay there side by side; else 0. */
export const DATA_SOURCE = 4;
/** With `MASKED`: the key, little-endian. */
export const DATA_KEY = 5;
/** The code of a close frame: 1005 when it had none. */
export const CLOSE_CODE = 3;
/** The high half of a frame's payload length. */
export const FRAME_LENGTH_HIGH = 3;
/** The key of a frame, little-endian; 0 for none. */
export const FRAME_KEY = 4;
/** Rules of `stream_new`, one bit each: outgoing frames are masked. */
export const STREAM_ALWAYS_MASK = 1;
/** Incoming frames must be masked. */
export const STREAM_EXPECT_MASKING = 2;
/** Payload is told as it arrives. */
export const STREAM_PARTIAL = 4;
/** Headers are told. */
export const STREAM_FRAMES = 8;
/** Text is given as its bytes. */
export const STREAM_TEXT_BYTES = 16;
/** What a sending call says of a frame beside its opcode: it begins a message. */
export const FRAME_FIRST = 16;
/** It ends a message. */
export const FRAME_FIN = 32;
/** Its message is to be compressed. */
export const FRAME_COMPRESS = 64;
/** Its message is not to be compressed. Without either bit the length decides. */
export const FRAME_AS_IT_IS = 128;
/** Why there is no frame, the negative results of these calls: nothing may be sent any more. */
export const REFUSED_CLOSED = -1;
/** A new message while a fragmented one is not finished. */
export const REFUSED_MESSAGE_OPEN = -2;
/** A continuation with no message to continue. */
export const REFUSED_NO_MESSAGE = -3;
/** How a frame of no stream is masked: not at all. */
export const UNMASKED = 0;
/** With a fresh key. */
export const FRESH_KEY = 1;
/** With the key that is given. */
export const GIVEN_KEY = 2;
/**
 * Parameters of permessage-deflate in one number: how far up the window bits of the server
 * stand.
 */
export const DEFLATE_SERVER_BITS = 0;
/** Those of the client. */
export const DEFLATE_CLIENT_BITS = 4;
/** Whether the server goes without context takeover, one bit. */
export const DEFLATE_SERVER_NO_TAKEOVER = 8;
/** Whether the client does. */
export const DEFLATE_CLIENT_NO_TAKEOVER = 9;
/** Covers window bits. */
export const DEFLATE_BITS_MASK = 15;
/** The smallest window (RFC 7692 section 7.1.2). */
export const WINDOW_BITS_MIN = 8;
/** The largest, and the default. */
export const WINDOW_BITS_MAX = 15;
/** A level, memory level or threshold that is left to the engine. */
export const DEFLATE_DEFAULT = -1;
/** What `take_error` calls the kind of a fault. */
export const ERROR_FRAME_TOO_LARGE = 0;
/** Anything that is none of the others. */
export const ERROR_PROTOCOL = 1;
/** A reserved opcode. */
export const ERROR_UNSUPPORTED_FRAME_TYPE = 2;
/** Text that is not UTF-8. */
export const ERROR_TEXT_FRAME_ENCODING = 3;
/** A compressed message that does not inflate. */
export const ERROR_INVALID_BYTES = 4;
/** Opcodes (RFC 6455 section 5.2). */
export const OPCODE_CONTINUATION = 0;
export const OPCODE_TEXT = 1;
export const OPCODE_BINARY = 2;
export const OPCODE_CLOSE = 8;
export const OPCODE_PING = 9;
export const OPCODE_PONG = 10;
/** Close codes that this side gives or reports (RFC 6455 section 7.4.1). */
export const CLOSE_NORMAL = 1000;
export const CLOSE_PROTOCOL_ERROR = 1002;
/** Reported for a close frame without a code; never on the wire. */
export const CLOSE_NO_STATUS = 1005;
/** Reported for an end without a close frame; never on the wire. */
export const CLOSE_ABNORMAL = 1006;
export const CLOSE_INVALID_PAYLOAD = 1007;
export const CLOSE_TOO_LARGE = 1009;
export const CLOSE_INTERNAL_ERROR = 1011;
/** The most bytes of a control frame's payload (RFC 6455 section 5.5). */
export const CONTROL_PAYLOAD_MAX = 125;
/** The most bytes of a close frame's reason. */
export const CLOSE_REASON_MAX = 123;
/**
 * The longest header of a frame, in bytes; the output region has room for one before the
 * payload.
 */
export const HEADER_MAX = 14;
/** Limits where none is given: the bytes of a message and of a frame, */
export const DEFAULT_MAX_MESSAGE_SIZE = 16777216;
/** the fragments of a message, */
export const DEFAULT_MAX_FRAGMENTS = 131072;
/** the bytes of a handshake's head, */
export const DEFAULT_MAX_HEADER_SIZE = 16384;
/** its header fields. */
export const DEFAULT_MAX_HEADERS = 100;
/** The size of the input region, in bytes: the most that one call takes. */
export const REGION = 65536;
/** Most messages whose frames are made in one call. */
export const MESSAGES = 1024;
/** Further results of a call, as many 32-bit words. */
export const STATUS_WORDS = 8;
