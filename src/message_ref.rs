//! Messages whose payload is somebody else's.

use crate::{Opcode, close_code};
use core::fmt;
use std::borrow::Cow;

/// Largest payload of a control frame, in bytes (RFC 6455 section 5.5).
pub const MAX_CONTROL_PAYLOAD: usize = 125;
/// Largest reason of a close frame, in bytes of UTF-8: the code takes two.
pub const MAX_CLOSE_REASON: usize = 123;

/// A message with a borrowed payload: what every `send` takes, so that nothing has to be copied
/// for it first.
///
/// ```
/// use ws4wasm::stream::{Role, Stream};
/// use ws4wasm::{Message, MessageRef};
/// let mut stream = Stream::new(Role::Server);
/// let mut out = Vec::new();
/// stream.send("text", &mut out).unwrap();
/// stream.send(&[1, 2, 3][..], &mut out).unwrap();
/// stream.send(MessageRef::Ping(b"still there?"), &mut out).unwrap();
/// stream.send(&Message::text("owned"), &mut out).unwrap();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageRef<'a> {
    /// Text.
    Text(&'a str),
    /// Bytes.
    Binary(&'a [u8]),
    /// The start or the answer of the closing handshake, as in [`Message::Close`](crate::Message::Close).
    Close {
        /// A code that [`close_code::is_sendable`], or [`close_code::NO_STATUS`] for none.
        code: u16,
        /// At most 123 bytes; empty without a code.
        reason: &'a str,
    },
    /// A ping with up to 125 bytes.
    Ping(&'a [u8]),
    /// A pong with up to 125 bytes.
    Pong(&'a [u8]),
}

/// Why a message cannot be made or extended.
///
/// ```
/// use ws4wasm::{Message, MessageError};
/// assert_eq!(Message::close(1005, ""), Err(MessageError::CloseCode(1005)));
/// assert_eq!(Message::ping([0; 126]), Err(MessageError::ControlTooLong(126)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageError {
    /// A close code that may not be sent (RFC 6455 section 7.4).
    CloseCode(u16),
    /// A reason of this many bytes; 123 are allowed.
    ReasonTooLong(usize),
    /// A control payload of this many bytes; 125 are allowed.
    ControlTooLong(usize),
    /// Bytes that do not continue a text message as UTF-8: the index of the first bad one.
    NotUtf8(usize),
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CloseCode(code) => write!(
                f,
                "close code {code} may not be sent: use 1000-1003, 1007-1014 or 3000-4999"
            ),
            Self::ReasonTooLong(n) => write!(f, "close reason of {n} bytes: at most 123"),
            Self::ControlTooLong(n) => write!(f, "control payload of {n} bytes: at most 125"),
            Self::NotUtf8(index) => write!(f, "text is not UTF-8 at byte {index}"),
        }
    }
}

impl core::error::Error for MessageError {}

impl<'a> MessageRef<'a> {
    /// Whether the message may be sent. The variants can be built by hand, so every way out
    /// asks this.
    ///
    /// # Errors
    /// The limit or code that it breaks (RFC 6455 sections 5.5 and 7.4).
    pub fn check(self) -> Result<(), MessageError> {
        match self {
            Self::Text(_) | Self::Binary(_) => Ok(()),
            Self::Close {
                code: close_code::NO_STATUS,
                reason: "",
            } => Ok(()),
            Self::Close { code, .. } if !close_code::is_sendable(code) => {
                Err(MessageError::CloseCode(code))
            }
            Self::Close { reason, .. } if reason.len() > MAX_CLOSE_REASON => {
                Err(MessageError::ReasonTooLong(reason.len()))
            }
            Self::Ping(data) | Self::Pong(data) if data.len() > MAX_CONTROL_PAYLOAD => {
                Err(MessageError::ControlTooLong(data.len()))
            }
            _ => Ok(()),
        }
    }

    /// The opcode of the message's first frame.
    pub const fn opcode(self) -> Opcode {
        match self {
            Self::Text(_) => Opcode::Text,
            Self::Binary(_) => Opcode::Binary,
            Self::Close { .. } => Opcode::Close,
            Self::Ping(_) => Opcode::Ping,
            Self::Pong(_) => Opcode::Pong,
        }
    }

    /// The payload as it goes into a frame.
    pub fn payload(self) -> Cow<'a, [u8]> {
        match self {
            Self::Text(text) => Cow::Borrowed(text.as_bytes()),
            Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => Cow::Borrowed(bytes),
            // 1005 is never on the wire (RFC 6455 section 7.4.1).
            Self::Close {
                code: close_code::NO_STATUS,
                ..
            } => Cow::Borrowed(&[]),
            Self::Close { code, reason } => {
                let mut payload = code.to_be_bytes().to_vec();
                payload.extend_from_slice(reason.as_bytes());
                Cow::Owned(payload)
            }
        }
    }
}

impl<'a> From<&'a str> for MessageRef<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for MessageRef<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for MessageRef<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Binary(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for MessageRef<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Binary(bytes)
    }
}

impl<'a> From<&'a MessageRef<'_>> for MessageRef<'a> {
    fn from(message: &'a MessageRef<'_>) -> Self {
        *message
    }
}

/// So that what takes anything of which a reference becomes a message takes a reference, too.
macro_rules! by_reference {
    ($($from:ty),*) => { $(
        impl<'a> From<&'a &$from> for $crate::MessageRef<'a> {
            fn from(message: &'a &$from) -> Self {
                (*message).into()
            }
        }
    )* };
}
pub(crate) use by_reference;
by_reference!(str, String, [u8], Vec<u8>);

impl<'a, const N: usize> From<&'a [u8; N]> for MessageRef<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Binary(bytes)
    }
}

impl<'a, const N: usize> From<&'a &[u8; N]> for MessageRef<'a> {
    fn from(bytes: &'a &[u8; N]) -> Self {
        Self::Binary(*bytes)
    }
}
