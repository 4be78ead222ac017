//! What a peer can do wrong.

use core::fmt;

/// A violation by the peer, or a limit of ours that it passed. Terminal for
/// the stream that reports it. [`Error::close_code`] is the one place that
/// maps a fault to its code on the wire.
///
/// ```
/// use ws4wasm::stream::{Event, Role, Stream};
/// use ws4wasm::{Error, ErrorKind};
/// // A server must not be sent frames that are not masked.
/// let events = Stream::new(Role::Server).receive(b"\x81\x02hi");
/// let [Event::Error { error, .. }] = &events[..] else { panic!("{events:?}") };
/// assert_eq!((*error, error.close_code()), (Error::MaskMissing, 1002));
/// assert_eq!(error.kind(), ErrorKind::Protocol);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A reserved bit is set and no extension defines it (RFC 6455 section
    /// 5.2). The value holds RSV1-3 as the bits 4, 2 and 1.
    ReservedBits(u8),
    /// An opcode of 3-7 or 11-15 (section 5.2).
    ReservedOpcode(u8),
    /// A control frame without FIN (section 5.5).
    FragmentedControl,
    /// A control frame that announces more than 125 bytes (section 5.5).
    ControlTooLong,
    /// A payload length in more bytes than it needs (section 5.2). The value
    /// is that length.
    NonMinimalLength(u64),
    /// A 64-bit payload length with its top bit set (section 5.2).
    LengthTopBit,
    /// A client's frame that is not masked (section 5.1).
    MaskMissing,
    /// A server's frame that is masked (section 5.1).
    MaskForbidden,
    /// A continuation frame with no message to continue (section 5.4).
    UnexpectedContinuation,
    /// A text or binary frame inside a fragmented message (section 5.4).
    ExpectedContinuation,
    /// A close frame with a body of one byte (section 5.5.1).
    CloseBodyTooShort,
    /// A close code that may not be sent (section 7.4).
    CloseCode(u16),
    /// The reason of a close frame is not UTF-8 (section 5.5.1).
    CloseReason {
        /// Index of the first bad byte in the reason.
        index: u64,
    },
    /// A text message is not UTF-8 (section 8.1).
    Text {
        /// Index, in the message, of the first byte that cannot be right. When
        /// the message ends inside a character, the message's length.
        index: u64,
    },
    /// A compressed message is not DEFLATE, or ends where a message may not (RFC 7692 section
    /// 7.2.2).
    Inflate,
    /// A frame announces more than `max_frame_size`.
    FrameTooLarge {
        /// The announced payload length.
        length: u64,
        /// The limit in force.
        limit: u64,
    },
    /// A message is longer than `max_message_size`.
    MessageTooLarge {
        /// Its length as far as it is known.
        length: u64,
        /// The limit in force.
        limit: u64,
    },
    /// A message came in more frames than `max_fragments`.
    TooManyFragments {
        /// The limit in force.
        limit: u32,
    },
}

/// The kind of an [`Error`], as ws4py divides them: each is a class of exceptions there.
///
/// See [`Error`] for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum ErrorKind {
    /// `FrameTooLargeException`
    FrameTooLarge = 0,
    /// `ProtocolException`
    Protocol = 1,
    /// `UnsupportedFrameTypeException`
    UnsupportedFrameType = 2,
    /// `TextFrameEncodingException`
    TextFrameEncoding = 3,
    /// `InvalidBytesError`
    InvalidBytes = 4,
}

impl Error {
    /// Which kind it is, as ws4py divides them.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::ControlTooLong
            | Self::LengthTopBit
            | Self::FrameTooLarge { .. }
            | Self::MessageTooLarge { .. }
            | Self::TooManyFragments { .. } => ErrorKind::FrameTooLarge,
            Self::ReservedOpcode(_) => ErrorKind::UnsupportedFrameType,
            Self::CloseReason { .. } | Self::Text { .. } => ErrorKind::TextFrameEncoding,
            Self::Inflate => ErrorKind::InvalidBytes,
            _ => ErrorKind::Protocol,
        }
    }

    /// The name of the rule that was broken, which does not change: that of the variant.
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::ReservedBits(_) => "ReservedBits",
            Self::ReservedOpcode(_) => "ReservedOpcode",
            Self::FragmentedControl => "FragmentedControl",
            Self::ControlTooLong => "ControlTooLong",
            Self::NonMinimalLength(_) => "NonMinimalLength",
            Self::LengthTopBit => "LengthTopBit",
            Self::MaskMissing => "MaskMissing",
            Self::MaskForbidden => "MaskForbidden",
            Self::UnexpectedContinuation => "UnexpectedContinuation",
            Self::ExpectedContinuation => "ExpectedContinuation",
            Self::CloseBodyTooShort => "CloseBodyTooShort",
            Self::CloseCode(_) => "CloseCode",
            Self::CloseReason { .. } => "CloseReason",
            Self::Text { .. } => "Text",
            Self::Inflate => "Inflate",
            Self::FrameTooLarge { .. } => "FrameTooLarge",
            Self::MessageTooLarge { .. } => "MessageTooLarge",
            Self::TooManyFragments { .. } => "TooManyFragments",
        }
    }

    /// For text that is not UTF-8: the index of the first bad byte.
    pub const fn index(&self) -> Option<u64> {
        match self {
            Self::CloseReason { index } | Self::Text { index } => Some(*index),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReservedBits(bits) => {
                f.write_str("reserved bit set without an extension that defines it:")?;
                for (bit, name) in [(4, " RSV1"), (2, " RSV2"), (1, " RSV3")] {
                    if bits & bit != 0 {
                        f.write_str(name)?;
                    }
                }
                Ok(())
            }
            Self::ReservedOpcode(opcode) => write!(f, "reserved opcode {opcode}"),
            Self::FragmentedControl => f.write_str("control frame without FIN"),
            Self::ControlTooLong => f.write_str("control frame with more than 125 bytes"),
            Self::NonMinimalLength(length) => {
                write!(f, "payload length {length} is not in its shortest form")
            }
            Self::LengthTopBit => f.write_str("64-bit payload length with its top bit set"),
            Self::MaskMissing => f.write_str("frame of a client is not masked"),
            Self::MaskForbidden => f.write_str("frame of a server is masked"),
            Self::UnexpectedContinuation => {
                f.write_str("continuation frame with no message to continue")
            }
            Self::ExpectedContinuation => {
                f.write_str("new data frame before the fragmented message has ended")
            }
            Self::CloseBodyTooShort => f.write_str("close frame with a body of one byte"),
            Self::CloseCode(code) => write!(f, "close code {code} may not be sent"),
            Self::CloseReason { index } => {
                write!(f, "close reason is not UTF-8 at byte {index}")
            }
            Self::Text { index } => write!(f, "text message is not UTF-8 at byte {index}"),
            Self::Inflate => f.write_str("compressed message does not inflate"),
            Self::FrameTooLarge { length, limit } => {
                write!(f, "frame of {length} bytes is over maxFrameSize {limit}")
            }
            Self::MessageTooLarge { length, limit } => {
                write!(
                    f,
                    "message of {length} bytes is over maxMessageSize {limit}"
                )
            }
            Self::TooManyFragments { limit } => {
                write!(f, "message in more than {limit} fragments (maxFragments)")
            }
        }
    }
}

impl core::error::Error for Error {}
