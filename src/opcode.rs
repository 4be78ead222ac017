//! Frame opcodes (RFC 6455 section 5.2).

/// What a frame carries (RFC 6455 section 5.2 and 11.8). The reserved values
/// 3-7 and 11-15 have no variant: they are an error where a frame is parsed.
///
/// ```
/// use ws4wasm::Opcode;
/// assert_eq!(Opcode::from_bits(0x89 & 15), Some(Opcode::Ping));
/// assert!(Opcode::Ping.is_control() && Opcode::from_bits(3).is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Opcode {
    /// A further fragment of the message begun by an earlier frame.
    Continuation = 0,
    /// The first (or only) frame of a text message.
    Text = 1,
    /// The first (or only) frame of a binary message.
    Binary = 2,
    /// The close frame.
    Close = 8,
    /// A ping.
    Ping = 9,
    /// A pong, asked for or not.
    Pong = 10,
}

impl Opcode {
    /// The opcode of the low four bits of a frame's first byte, or `None`
    /// when the value is reserved.
    pub const fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    /// Control frames have the opcode's top bit set (RFC 6455 section 5.5).
    pub const fn is_control(self) -> bool {
        self as u8 & 8 != 0
    }
}

/// The two kinds of data message (RFC 6455 section 5.6).
///
/// ```
/// use ws4wasm::{DataKind, Opcode};
/// assert_eq!(DataKind::Text.opcode(), Opcode::Text);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataKind {
    /// UTF-8 text.
    Text,
    /// Bytes.
    Binary,
}

impl DataKind {
    /// The opcode of the message's first frame.
    pub const fn opcode(self) -> Opcode {
        match self {
            Self::Text => Opcode::Text,
            Self::Binary => Opcode::Binary,
        }
    }
}
