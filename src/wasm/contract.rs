//! What Rust and JavaScript have to agree on, written once. The build makes `pkg/contract.js` of
//! it (crates/contract), from which JavaScript takes each number by its name.

use crate::close_code;
use crate::deflate::{MAX_WINDOW_BITS, MIN_WINDOW_BITS};
use crate::frame::MAX_HEADER_LEN;
use crate::handshake::{MAX_HEADER_SIZE, MAX_HEADERS};
use crate::stream::{Config, Record, flag, kind};
use crate::{ErrorKind, MAX_CLOSE_REASON, MAX_CONTROL_PAYLOAD, Opcode};

/// A number with its name.
#[derive(Debug)]
pub struct Constant {
    /// As both languages have it.
    pub name: &'static str,
    /// One word or sentence a line.
    pub about: &'static [&'static str],
    /// A whole number, exact in JavaScript.
    pub value: i64,
}

/// Constants, and [`ALL`] of them for JavaScript.
macro_rules! contract {
    ($($(#[doc = $about:literal])* $name:ident: $type:ty = $value:expr;)*) => {
        $($(#[doc = $about])* #[allow(dead_code, reason = "some are JavaScript's only")]
        pub(super) const $name: $type = $value;)*

        /// Everything, in order.
        pub const ALL: &[Constant] = &[$(Constant {
            name: stringify!($name),
            about: &[$($about),*],
            value: $name as i64,
        }),*];
    };
}

/// Rules and limits that hold where the caller says nothing.
const DEFAULTS: Config = Config::DEFAULT;

/// Where flags stand in the first word of a record.
const fn shifted(flag: u8) -> u32 {
    (flag as u32) << 8
}

contract! {
    /// Records: what `stream_receive` leaves behind, each as many 32-bit words.
    RECORD_WORDS: usize = Record::WORDS;
    /// The kind of a record, in the lowest byte of its first word: payload of a message.
    KIND_DATA: u8 = kind::DATA;
    /// A close frame.
    KIND_CLOSE: u8 = kind::CLOSE;
    /// A ping.
    KIND_PING: u8 = kind::PING;
    /// A pong.
    KIND_PONG: u8 = kind::PONG;
    /// A frame's header. The next byte is its length, the two after that its first two bytes.
    KIND_FRAME: u8 = kind::FRAME;
    /// The peer broke a rule, which `take_error` tells.
    KIND_ERROR: u8 = kind::ERROR;

    /// Flags of data, where they stand in the first word: text, else binary.
    TEXT: u32 = shifted(flag::TEXT);
    /// Begins a message.
    FIRST: u32 = shifted(flag::FIRST);
    /// Ends a message.
    LAST: u32 = shifted(flag::LAST);
    /// Text that is all ASCII.
    ASCII: u32 = shifted(flag::ASCII);
    /// The bytes stand in the input, and the offset is one there.
    INPUT: u32 = shifted(flag::INPUT);
    /// Text in the region of UTF-16; offset and length count its units.
    UTF16: u32 = shifted(flag::UTF16);
    /// With `INPUT`: the bytes are masked still.
    MASKED: u32 = shifted(flag::MASKED);
    /// Pieces of text that are not ASCII stay UTF-8 below this length: they are gathered before
    /// they become a string.
    GATHERED: u32 = 16 * 1024;

    /// The words of a record. Where the bytes begin: in the arena, or as the flags say. Of a
    /// frame's header: where it began, relative to the input.
    RECORD_OFFSET: usize = 1;
    /// The length of the bytes. Of a frame's header: the low half of the payload's length.
    RECORD_LENGTH: usize = 2;
    /// Of a whole message in the arena: where the messages end that leave it with this one.
    DATA_RUN_END: usize = 3;
    /// One more than where in the input the bytes lay, if they lay there side by side; else 0.
    DATA_SOURCE: usize = 4;
    /// With `MASKED`: the key, little-endian.
    DATA_KEY: usize = 5;
    /// The code of a close frame: 1005 when it had none.
    CLOSE_CODE: usize = 3;
    /// The high half of a frame's payload length.
    FRAME_LENGTH_HIGH: usize = 3;
    /// The key of a frame, little-endian; 0 for none.
    FRAME_KEY: usize = 4;

    /// Rules of `stream_new`, one bit each: outgoing frames are masked.
    STREAM_ALWAYS_MASK: u32 = 1;
    /// Incoming frames must be masked.
    STREAM_EXPECT_MASKING: u32 = 2;
    /// Payload is told as it arrives.
    STREAM_PARTIAL: u32 = 4;
    /// Headers are told.
    STREAM_FRAMES: u32 = 8;
    /// Text is given as its bytes.
    STREAM_TEXT_BYTES: u32 = 16;

    /// What a sending call says of a frame beside its opcode: it begins a message.
    FRAME_FIRST: u32 = 16;
    /// It ends a message.
    FRAME_FIN: u32 = 32;
    /// Its message is to be compressed.
    FRAME_COMPRESS: u32 = 64;
    /// Its message is not to be compressed. Without either bit the length decides.
    FRAME_AS_IT_IS: u32 = 128;

    /// Why there is no frame, the negative results of these calls: nothing may be sent any more.
    REFUSED_CLOSED: i32 = -1;
    /// A new message while a fragmented one is not finished.
    REFUSED_MESSAGE_OPEN: i32 = -2;
    /// A continuation with no message to continue.
    REFUSED_NO_MESSAGE: i32 = -3;

    /// How a frame of no stream is masked: not at all.
    UNMASKED: u32 = 0;
    /// With a fresh key.
    FRESH_KEY: u32 = 1;
    /// With the key that is given.
    GIVEN_KEY: u32 = 2;

    /// Parameters of permessage-deflate in one number: how far up the window bits of the server
    /// stand.
    DEFLATE_SERVER_BITS: u32 = 0;
    /// Those of the client.
    DEFLATE_CLIENT_BITS: u32 = 4;
    /// Whether the server goes without context takeover, one bit.
    DEFLATE_SERVER_NO_TAKEOVER: u32 = 8;
    /// Whether the client does.
    DEFLATE_CLIENT_NO_TAKEOVER: u32 = 9;
    /// Covers window bits.
    DEFLATE_BITS_MASK: u32 = 15;
    /// The smallest window (RFC 7692 section 7.1.2).
    WINDOW_BITS_MIN: u8 = MIN_WINDOW_BITS;
    /// The largest, and the default.
    WINDOW_BITS_MAX: u8 = MAX_WINDOW_BITS;
    /// A level, memory level or threshold that is left to the engine.
    DEFLATE_DEFAULT: i32 = -1;

    /// What `take_error` calls the kind of a fault.
    ERROR_FRAME_TOO_LARGE: u8 = ErrorKind::FrameTooLarge as u8;
    /// Anything that is none of the others.
    ERROR_PROTOCOL: u8 = ErrorKind::Protocol as u8;
    /// A reserved opcode.
    ERROR_UNSUPPORTED_FRAME_TYPE: u8 = ErrorKind::UnsupportedFrameType as u8;
    /// Text that is not UTF-8.
    ERROR_TEXT_FRAME_ENCODING: u8 = ErrorKind::TextFrameEncoding as u8;
    /// A compressed message that does not inflate.
    ERROR_INVALID_BYTES: u8 = ErrorKind::InvalidBytes as u8;

    /// Opcodes (RFC 6455 section 5.2).
    OPCODE_CONTINUATION: u8 = Opcode::Continuation as u8;
    OPCODE_TEXT: u8 = Opcode::Text as u8;
    OPCODE_BINARY: u8 = Opcode::Binary as u8;
    OPCODE_CLOSE: u8 = Opcode::Close as u8;
    OPCODE_PING: u8 = Opcode::Ping as u8;
    OPCODE_PONG: u8 = Opcode::Pong as u8;

    /// Close codes that this side gives or reports (RFC 6455 section 7.4.1).
    CLOSE_NORMAL: u16 = close_code::NORMAL;
    CLOSE_PROTOCOL_ERROR: u16 = close_code::PROTOCOL_ERROR;
    /// Reported for a close frame without a code; never on the wire.
    CLOSE_NO_STATUS: u16 = close_code::NO_STATUS;
    /// Reported for an end without a close frame; never on the wire.
    CLOSE_ABNORMAL: u16 = close_code::ABNORMAL;
    CLOSE_INVALID_PAYLOAD: u16 = close_code::INVALID_PAYLOAD;
    CLOSE_TOO_LARGE: u16 = close_code::TOO_LARGE;
    CLOSE_INTERNAL_ERROR: u16 = close_code::INTERNAL_ERROR;

    /// The most bytes of a control frame's payload (RFC 6455 section 5.5).
    CONTROL_PAYLOAD_MAX: usize = MAX_CONTROL_PAYLOAD;
    /// The most bytes of a close frame's reason.
    CLOSE_REASON_MAX: usize = MAX_CLOSE_REASON;
    /// The longest header of a frame, in bytes; the output region has room for one before the
    /// payload.
    HEADER_MAX: usize = MAX_HEADER_LEN;

    /// Limits where none is given: the bytes of a message and of a frame,
    DEFAULT_MAX_MESSAGE_SIZE: u64 = DEFAULTS.max_message_size;
    /// the fragments of a message,
    DEFAULT_MAX_FRAGMENTS: u32 = DEFAULTS.max_fragments;
    /// the bytes of a handshake's head,
    DEFAULT_MAX_HEADER_SIZE: usize = MAX_HEADER_SIZE;
    /// its header fields.
    DEFAULT_MAX_HEADERS: usize = MAX_HEADERS;

    /// The size of the input region, in bytes: the most that one call takes.
    REGION: usize = 64 * 1024;
    /// Most messages whose frames are made in one call.
    MESSAGES: usize = 1024;
    /// Further results of a call, as many 32-bit words.
    STATUS_WORDS: usize = 8;
}
