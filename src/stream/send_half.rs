//! The sending direction, apart.

use super::{Place, Prepared, Role, SendError, Sender};
use crate::utf8::Validator;
use crate::{DataKind, MessageError, MessageRef};

/// The sending direction: messages in, bytes out.
///
/// ```
/// use ws4wasm::stream::{Role, SendHalf};
/// let mut sending = SendHalf::new(Role::Server);
/// let mut out = Vec::new();
/// sending.send("hi", &mut out).unwrap();
/// assert_eq!(out, b"\x81\x02hi");
/// ```
#[derive(Debug)]
pub struct SendHalf {
    pub(super) sender: Sender,
    #[cfg(feature = "deflate")]
    role: Role,
    /// Where the text that is being sent in fragments stands.
    text: Option<Validator>,
}

impl SendHalf {
    /// Clients mask what they send (RFC 6455 section 5.1).
    pub const fn new(role: Role) -> Self {
        Self {
            sender: Sender::new(matches!(role, Role::Client)),
            #[cfg(feature = "deflate")]
            role,
            text: None,
        }
    }

    /// The same with permessage-deflate, which the handshake has agreed on (RFC 7692).
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn with_deflate(
        mut self,
        agreed: crate::deflate::Parameters,
        compression: crate::deflate::Compression,
    ) -> Self {
        let window = match self.role {
            Role::Server => agreed.server(),
            Role::Client => agreed.client(),
        };
        let deflater = crate::deflate::Deflater::new(window, &compression);
        self.sender.set_deflater(deflater);
        self
    }

    /// Lets the state of zlib go; see [`Stream::release`](super::Stream::release).
    pub fn release(&self) {
        self.sender.release();
    }

    /// Appends the frame of a whole message to `out`: of a [`Message`](crate::Message), a string, bytes, or any
    /// [`MessageRef`].
    ///
    /// # Errors
    /// [`SendError`]; nothing is appended.
    pub fn send<'a>(
        &mut self,
        message: impl Into<MessageRef<'a>>,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.sender.message(message.into(), None, out)
    }

    /// Appends the frame of a data message without its payload, if the payload goes out as it is
    /// and can be put behind it by others; else nothing, and tells so.
    ///
    /// # Errors
    /// [`SendError`]; nothing is appended.
    #[cfg(feature = "tokio")]
    pub(crate) fn send_head(
        &mut self,
        kind: DataKind,
        length: u64,
        out: &mut Vec<u8>,
    ) -> Result<bool, SendError> {
        self.sender.head(kind, length, out)
    }

    /// As [`send`](Self::send), with a choice whether the message is compressed; it has none
    /// without [`with_deflate`](Self::with_deflate).
    ///
    /// # Errors
    /// [`SendError`]; nothing is appended.
    pub fn send_with<'a>(
        &mut self,
        message: impl Into<MessageRef<'a>>,
        compress: Option<bool>,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.sender.message(message.into(), compress, out)
    }

    /// Appends one fragment of a text or binary message to `out`. `kind` and `compress` count for
    /// the first: without a choice a message in fragments is compressed where that was agreed on.
    ///
    /// ```
    /// use ws4wasm::DataKind;
    /// use ws4wasm::stream::{Role, SendHalf};
    /// let mut sending = SendHalf::new(Role::Server);
    /// let mut out = Vec::new();
    /// sending.send_fragment(DataKind::Text, b"Hel", true, false, None, &mut out).unwrap();
    /// sending.send_fragment(DataKind::Text, b"lo", false, true, None, &mut out).unwrap();
    /// assert_eq!(out, b"\x01\x03Hel\x80\x02lo");
    /// ```
    ///
    /// # Errors
    /// [`SendError`] when this fragment may not come now, or is not the UTF-8 that a text
    /// message must be; nothing is appended.
    pub fn send_fragment(
        &mut self,
        kind: DataKind,
        data: &[u8],
        first: bool,
        last: bool,
        compress: Option<bool>,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        // Section 8.1: a fragment may end inside a character, the message may not.
        let mut text = match (first, kind) {
            (true, DataKind::Text) => Some(Validator::new()),
            (true, DataKind::Binary) => None,
            (false, _) => self.text,
        };
        if let Some(text) = &mut text {
            text.check(data).map_err(MessageError::NotUtf8)?;
            if last && !text.is_complete() {
                return Err(MessageError::NotUtf8(data.len()).into());
            }
        }
        let place = Place { first, fin: last };
        self.sender.frame(kind, place, data, compress, out)?;
        self.text = text;
        Ok(())
    }

    /// Appends a message that was prepared once for many connections; see [`Prepared`].
    ///
    /// # Errors
    /// [`SendError`]; nothing is appended.
    pub fn send_prepared(
        &mut self,
        message: &Prepared,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        message.append(&mut self.sender, out)
    }

    /// Appends a close frame to `out`; nothing may be sent after it.
    ///
    /// # Errors
    /// A code or reason that may not be sent. Closing a second time does nothing.
    pub fn close(
        &mut self,
        code: u16,
        reason: &str,
        out: &mut Vec<u8>,
    ) -> Result<(), MessageError> {
        let message = MessageRef::Close { code, reason };
        message.check()?;
        // A second close frame would break RFC 6455 section 5.5.1.
        let _ = self.sender.message(message, None, out);
        Ok(())
    }

    /// The receiving half has given an error: nothing but its close message may be sent any more
    /// (RFC 6455 section 7.1.7).
    pub fn fail(&mut self) {
        self.sender.fail();
    }

    /// Whether messages may no longer be sent: a close frame is out, or the receiving half failed.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}
