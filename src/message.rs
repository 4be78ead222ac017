//! Messages (RFC 6455 section 5.6 and 5.5): what a stream delivers and what it sends.

use crate::frame::{self, Header, mask};
use crate::message_ref::{MAX_CLOSE_REASON, MAX_CONTROL_PAYLOAD, by_reference};
use crate::{MessageError, MessageRef, Opcode, close_code};
use std::borrow::Cow;

/// A data or control message.
///
/// ```
/// use ws4wasm::Message;
/// let hello = Message::text("Hello");
/// // RFC 6455 section 5.7: a single-frame unmasked text message, and the same in fragments.
/// assert_eq!(hello.single(false), b"\x81\x05Hello");
/// assert_eq!(Message::text("Hel").fragment(true, false, false), b"\x01\x03Hel");
/// assert_eq!(Message::text("lo").fragment(false, true, false), b"\x80\x02lo");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
    /// The start or the answer of the closing handshake.
    Close {
        /// A code that [`close_code::is_sendable`], or [`close_code::NO_STATUS`] for a frame
        /// without one.
        code: u16,
        /// At most 123 bytes; empty without a code.
        reason: String,
    },
    /// A ping with up to 125 bytes.
    Ping(Vec<u8>),
    /// A pong with up to 125 bytes.
    Pong(Vec<u8>),
}

impl Message {
    /// A text message.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A binary message.
    pub fn binary(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Binary(bytes.into())
    }

    /// A close with a code and a reason.
    ///
    /// # Errors
    /// A code that may not be sent, or a reason over 123 bytes.
    pub fn close(code: u16, reason: impl Into<String>) -> Result<Self, MessageError> {
        let reason = reason.into();
        if !close_code::is_sendable(code) {
            return Err(MessageError::CloseCode(code));
        }
        let message = Self::Close { code, reason };
        message.check().map(|()| message)
    }

    /// A close without a code: the answer to one that had none.
    pub const fn empty_close() -> Self {
        Self::Close {
            code: close_code::NO_STATUS,
            reason: String::new(),
        }
    }

    /// A ping.
    ///
    /// # Errors
    /// More than 125 bytes.
    pub fn ping(data: impl Into<Vec<u8>>) -> Result<Self, MessageError> {
        let message = Self::Ping(data.into());
        message.check().map(|()| message)
    }

    /// A pong.
    ///
    /// # Errors
    /// More than 125 bytes.
    pub fn pong(data: impl Into<Vec<u8>>) -> Result<Self, MessageError> {
        let message = Self::Pong(data.into());
        message.check().map(|()| message)
    }

    /// Whether the message may be sent. The variants can be built by hand, so every way out
    /// asks this.
    ///
    /// # Errors
    /// The limit or code that it breaks (RFC 6455 sections 5.5 and 7.4).
    pub fn check(&self) -> Result<(), MessageError> {
        MessageRef::from(self).check()
    }

    /// The opcode of the message's first frame.
    pub const fn opcode(&self) -> Opcode {
        match self {
            Self::Text(_) => Opcode::Text,
            Self::Binary(_) => Opcode::Binary,
            Self::Close { .. } => Opcode::Close,
            Self::Ping(_) => Opcode::Ping,
            Self::Pong(_) => Opcode::Pong,
        }
    }

    /// The payload as it goes into a frame.
    pub fn payload(&self) -> Cow<'_, [u8]> {
        MessageRef::from(self).payload()
    }

    /// Adds to the end: bytes of UTF-8 to a text or a reason, any bytes to the others.
    ///
    /// # Errors
    /// What the kind of message does not allow; the message is as before.
    pub fn extend(&mut self, data: &[u8]) -> Result<(), MessageError> {
        let text =
            || core::str::from_utf8(data).map_err(|e| MessageError::NotUtf8(e.valid_up_to()));
        match self {
            Self::Text(own) => own.push_str(text()?),
            Self::Binary(own) => own.extend_from_slice(data),
            Self::Close { code, reason } => {
                let text = text()?;
                // A reason follows a code, and there is none.
                if *code == close_code::NO_STATUS && !text.is_empty() {
                    return Err(MessageError::CloseCode(*code));
                }
                if reason.len() + text.len() > MAX_CLOSE_REASON {
                    return Err(MessageError::ReasonTooLong(reason.len() + text.len()));
                }
                reason.push_str(text);
            }
            Self::Ping(own) | Self::Pong(own) => {
                if own.len() + data.len() > MAX_CONTROL_PAYLOAD {
                    return Err(MessageError::ControlTooLong(own.len() + data.len()));
                }
                own.extend_from_slice(data);
            }
        }
        Ok(())
    }

    /// The message as one frame; with `mask`, under a fresh key.
    pub fn single(&self, mask: bool) -> Vec<u8> {
        self.frame(self.opcode(), true, mask)
    }

    /// The message as one frame of a larger one: with its own opcode when `first`, else a
    /// continuation; with FIN when `last`.
    pub fn fragment(&self, first: bool, last: bool, mask: bool) -> Vec<u8> {
        let opcode = if first {
            self.opcode()
        } else {
            Opcode::Continuation
        };
        self.frame(opcode, last, mask)
    }

    fn frame(&self, opcode: Opcode, fin: bool, mask: bool) -> Vec<u8> {
        let key = mask.then(mask::random_key);
        let mut out = Vec::new();
        let header = Header {
            fin,
            rsv: 0,
            opcode,
            key,
            length: 0,
        };
        frame::write(&mut out, header, &self.payload());
        out
    }
}

impl<'a> From<&'a Message> for MessageRef<'a> {
    fn from(message: &'a Message) -> Self {
        match message {
            Message::Text(text) => Self::Text(text),
            Message::Binary(bytes) => Self::Binary(bytes),
            Message::Close { code, reason } => Self::Close {
                code: *code,
                reason,
            },
            Message::Ping(data) => Self::Ping(data),
            Message::Pong(data) => Self::Pong(data),
        }
    }
}

by_reference!(Message);
