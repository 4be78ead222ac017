//! Messages whose payload is shared and counted: cloning one copies nothing.
//!
//! With the feature `bytes`. What a [`Stream`](crate::stream::Stream) gives becomes one of these
//! without a copy, and they go to any `send`.
//!
//! ```
//! use ws4wasm::shared::Message;
//! use ws4wasm::stream::{Event, Role, Stream};
//! let (mut server, mut client) = (Stream::new(Role::Server), Stream::new(Role::Client));
//! let news = Message::text("shared by all who hold it");
//! let mut wire = Vec::new();
//! server.send(&news, &mut wire).unwrap();
//! let Some(Event::Message(message)) = client.receive(&wire).pop() else { panic!() };
//! assert_eq!(Message::from(message), news);
//! ```

use crate::message_ref::by_reference;
use crate::{MessageError, MessageRef, close_code};
use ::bytes::Bytes;

/// Text that is known to be UTF-8, over shared and counted [`Bytes`].
pub use bytestring::ByteString as Utf8Bytes;

/// A data or control message; see [the module](self) for an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(Utf8Bytes),
    /// Bytes.
    Binary(Bytes),
    /// A ping with up to 125 bytes.
    Ping(Bytes),
    /// A pong with up to 125 bytes.
    Pong(Bytes),
    /// The start or the answer of the closing handshake; `None` for a frame without a code.
    Close(Option<CloseFrame>),
}

/// What a close frame says (RFC 6455 section 5.5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseFrame {
    /// A code that [`close_code::is_sendable`].
    pub code: u16,
    /// At most 123 bytes.
    pub reason: Utf8Bytes,
}

impl CloseFrame {
    /// With a reason for people.
    ///
    /// ```
    /// use ws4wasm::{close_code, shared::CloseFrame};
    /// let frame = CloseFrame::new(close_code::NORMAL, "done").unwrap();
    /// assert!(CloseFrame::new(1006, "").is_err());
    /// # assert_eq!(frame.reason, "done");
    /// ```
    ///
    /// # Errors
    /// A code that may not be sent, or a reason over 123 bytes.
    pub fn new(code: u16, reason: impl Into<Utf8Bytes>) -> Result<Self, MessageError> {
        let reason = reason.into();
        // Not to be had in a frame, so that it is not the same as no frame.
        if code == close_code::NO_STATUS {
            return Err(MessageError::CloseCode(code));
        }
        MessageRef::Close {
            code,
            reason: &reason,
        }
        .check()?;
        Ok(Self { code, reason })
    }
}

impl Message {
    /// A text message. A `String` is taken over, a `&str` copied.
    pub fn text(text: impl Into<Utf8Bytes>) -> Self {
        Self::Text(text.into())
    }

    /// A binary message. A `Vec` is taken over.
    pub fn binary(bytes: impl Into<Bytes>) -> Self {
        Self::Binary(bytes.into())
    }

    /// Whether it is text.
    pub const fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// Whether it is binary.
    pub const fn is_binary(&self) -> bool {
        matches!(self, Self::Binary(_))
    }

    /// Whether it is text or binary.
    pub const fn is_data(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Binary(_))
    }

    /// Whether it is a ping.
    pub const fn is_ping(&self) -> bool {
        matches!(self, Self::Ping(_))
    }

    /// Whether it is a pong.
    pub const fn is_pong(&self) -> bool {
        matches!(self, Self::Pong(_))
    }

    /// Whether it is a close message.
    pub const fn is_close(&self) -> bool {
        matches!(self, Self::Close(_))
    }

    /// The length of a text, of bytes, or of a reason.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => bytes.len(),
            Self::Close(frame) => frame.as_ref().map_or(0, |frame| frame.reason.len()),
        }
    }

    /// Whether that is 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text, or the bytes when they are UTF-8.
    ///
    /// # Errors
    /// Where they are not.
    pub fn to_text(&self) -> Result<&str, MessageError> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => {
                core::str::from_utf8(bytes)
                    .map_err(|error| MessageError::NotUtf8(error.valid_up_to()))
            }
            Self::Close(frame) => Ok(frame.as_ref().map_or("", |frame| &frame.reason)),
        }
    }

    /// The payload, without a copy.
    pub fn into_data(self) -> Bytes {
        match self {
            Self::Text(text) => text.into_bytes(),
            Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => bytes,
            Self::Close(frame) => frame
                .map(|frame| frame.reason.into_bytes())
                .unwrap_or_default(),
        }
    }
}

impl From<crate::Message> for Message {
    fn from(message: crate::Message) -> Self {
        match message {
            crate::Message::Text(text) => Self::Text(text.into()),
            crate::Message::Binary(bytes) => Self::Binary(bytes.into()),
            crate::Message::Ping(data) => Self::Ping(data.into()),
            crate::Message::Pong(data) => Self::Pong(data.into()),
            crate::Message::Close {
                code: close_code::NO_STATUS,
                ..
            } => Self::Close(None),
            crate::Message::Close { code, reason } => Self::Close(Some(CloseFrame {
                code,
                reason: reason.into(),
            })),
        }
    }
}

impl<'a> From<&'a Message> for MessageRef<'a> {
    fn from(message: &'a Message) -> Self {
        match message {
            Message::Text(text) => Self::Text(text),
            Message::Binary(bytes) => Self::Binary(bytes),
            Message::Ping(data) => Self::Ping(data),
            Message::Pong(data) => Self::Pong(data),
            Message::Close(frame) => frame.as_ref().into(),
        }
    }
}

impl<'a> From<Option<&'a CloseFrame>> for MessageRef<'a> {
    fn from(frame: Option<&'a CloseFrame>) -> Self {
        match frame {
            Some(CloseFrame { code, reason }) => Self::Close {
                code: *code,
                reason,
            },
            None => Self::Close {
                code: close_code::NO_STATUS,
                reason: "",
            },
        }
    }
}

impl<'a> From<&'a Bytes> for MessageRef<'a> {
    fn from(bytes: &'a Bytes) -> Self {
        Self::Binary(bytes)
    }
}

impl<'a> From<&'a Utf8Bytes> for MessageRef<'a> {
    fn from(text: &'a Utf8Bytes) -> Self {
        Self::Text(text)
    }
}

by_reference!(Message, Bytes, Utf8Bytes);

macro_rules! text {
    ($($from:ty),*) => { $(
        impl From<$from> for Message {
            fn from(text: $from) -> Self {
                Self::Text(text.into())
            }
        }
    )* };
}
text!(&str, String, Utf8Bytes);

macro_rules! binary {
    ($($from:ty),*) => { $(
        impl From<$from> for Message {
            fn from(bytes: $from) -> Self {
                Self::Binary(bytes.into())
            }
        }
    )* };
}
binary!(Bytes, Vec<u8>, &'static [u8]);
