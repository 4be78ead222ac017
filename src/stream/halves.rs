//! The two directions of a connection. They share nothing, so each may be used by a thread or
//! task of its own; [`Stream`](super::Stream) is both together.

use super::{Batch, Config, Decoder, Event, FrameInfo, Part, Place, Prepared, Role};
use super::{SendError, Sender};
use crate::utf8::{self, Validator};
use crate::{DataKind, Message, MessageError, MessageRef};
use std::borrow::Cow;
use std::cell::RefCell;

thread_local! {
    /// What all streams of a thread decode into. It is needed during a call only, and fresh memory
    /// costs as much as decoding does.
    static BATCH: RefCell<Batch> = const { RefCell::new(Batch::new()) };
}

/// The receiving direction: bytes in, events out.
///
/// ```
/// use ws4wasm::stream::{Event, Role, Stream};
/// use ws4wasm::{Message, close_code};
/// let (mut receiving, mut sending) = Stream::new(Role::Client).split();
/// let sender = std::thread::spawn(move || {
///     let mut out = Vec::new();
///     sending.send("from another thread", &mut out).unwrap();
///     (sending, out)
/// });
/// let events = receiving.receive(b"\x83\x00"); // opcode 3 is reserved
/// let Some(Event::Error { close, .. }) = events.first() else { panic!() };
/// // The sending half is told by whoever holds both ends of the program.
/// let (mut sending, mut out) = sender.join().unwrap();
/// sending.fail();
/// assert!(sending.send("no more", &mut out).is_err());
/// sending.send(close, &mut out).unwrap();
/// ```
#[derive(Debug)]
pub struct ReceiveHalf {
    decoder: Decoder,
    #[cfg(feature = "deflate")]
    role: Role,
    /// What has come of a binary message, or of a text.
    partial: Vec<u8>,
    partial_text: String,
    received: u64,
    /// An error has been given.
    failed: bool,
}

impl ReceiveHalf {
    /// The role decides about masking, whatever `config.expect_masking` says.
    pub fn new(role: Role, mut config: Config) -> Self {
        config.expect_masking = role == Role::Server;
        Self {
            decoder: Decoder::new(config),
            #[cfg(feature = "deflate")]
            role,
            partial: Vec::new(),
            partial_text: String::new(),
            received: 0,
            failed: false,
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
        // What the other side has deflated.
        let window = match self.role {
            Role::Server => agreed.client(),
            Role::Client => agreed.server(),
        };
        let inflater = crate::deflate::Inflater::new(window);
        let inflater = if compression.dedicated {
            inflater.dedicated()
        } else {
            inflater
        };
        self.decoder.set_inflater(inflater);
        self
    }

    /// Lets the state of zlib go; see [`Stream::release`](super::Stream::release).
    pub fn release(&self) {
        self.decoder.release();
    }

    /// Takes any bytes, cut anywhere, and gives what they complete, in wire order; see
    /// [`Stream::receive`](super::Stream::receive). After an error the sending half is to be told
    /// by [`SendHalf::fail`].
    pub fn receive(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        self.receive_each(bytes, |event| events.push(event));
        events
    }

    /// As [`receive`](Self::receive), without a list of events.
    ///
    /// ```
    /// use ws4wasm::stream::{Config, ReceiveHalf, Role};
    /// let mut receiving = ReceiveHalf::new(Role::Client, Config::default());
    /// let mut count = 0;
    /// receiving.receive_each(b"\x81\x02hi\x81\x02yo", |_event| count += 1);
    /// assert_eq!(count, 2);
    /// ```
    pub fn receive_each(&mut self, bytes: &[u8], mut take: impl FnMut(Event)) {
        // None while the thread ends, or inside of `take`: then a stream makes one of its own.
        let mut batch = BATCH.try_with(RefCell::take).unwrap_or_default();
        let mut at = 0;
        while at < bytes.len() {
            // Every round takes bytes or gives events.
            let input = &bytes[at..];
            let used = self.decoder.decode(input, &mut batch);
            for part in batch.parts(input) {
                if let Some(event) = self.event(part) {
                    take(event);
                }
            }
            self.received += used as u64;
            at += used;
        }
        batch.shrink();
        let _ = BATCH.try_with(|kept| kept.replace(batch));
    }

    #[inline]
    fn event(&mut self, part: Part<'_>) -> Option<Event> {
        Some(match part {
            Part::Data {
                kind,
                bytes,
                first,
                last,
                ..
            } => return self.data(kind, bytes, first, last),
            Part::Ping(bytes) => Event::Message(Message::Ping(bytes.to_vec())),
            Part::Pong(bytes) => Event::Message(Message::Pong(bytes.to_vec())),
            Part::Close { code, reason } => {
                self.drop_partial();
                Event::Message(Message::Close {
                    code,
                    reason: valid(reason).into_owned(),
                })
            }
            Part::Frame {
                begin,
                header_len,
                header,
            } => Event::Frame(FrameInfo {
                offset: self.received.wrapping_add_signed(i64::from(begin)),
                header_len,
                header,
            }),
            Part::Error(error) => {
                self.failed = true;
                self.drop_partial();
                let reason = error.to_string();
                let code = error.close_code();
                Event::Error {
                    error,
                    close: Message::Close { code, reason },
                }
            }
        })
    }

    #[inline]
    fn data(&mut self, kind: DataKind, bytes: &[u8], first: bool, last: bool) -> Option<Event> {
        if self.decoder.config().partial {
            return Some(Event::Fragment {
                kind,
                data: bytes.to_vec(),
                first,
                last,
            });
        }
        if first && last {
            return Some(Event::Message(match kind {
                DataKind::Text => Message::Text(valid(bytes).into_owned()),
                DataKind::Binary => Message::Binary(bytes.to_vec()),
            }));
        }
        match kind {
            DataKind::Text => self.partial_text.push_str(&valid(bytes)),
            DataKind::Binary => self.partial.extend_from_slice(bytes),
        }
        last.then(|| {
            Event::Message(match kind {
                DataKind::Text => Message::Text(core::mem::take(&mut self.partial_text)),
                DataKind::Binary => Message::Binary(core::mem::take(&mut self.partial)),
            })
        })
    }

    /// What was unfinished stays so.
    fn drop_partial(&mut self) {
        self.partial = Vec::new();
        self.partial_text = String::new();
    }

    /// How many bytes complete what is under way, at least 1.
    pub fn wants(&self) -> u64 {
        self.decoder.wants()
    }

    /// Whether a close message or an error has ended this direction.
    pub fn is_closed(&self) -> bool {
        self.decoder.is_closed()
    }

    /// Whether an error has ended it.
    pub const fn has_failed(&self) -> bool {
        self.failed
    }

    /// How many bytes came after the end and were not looked at.
    pub const fn ignored(&self) -> u64 {
        self.decoder.ignored()
    }
}

/// The decoder has validated it and cuts between characters, so nothing is ever replaced here.
fn valid(bytes: &[u8]) -> Cow<'_, str> {
    utf8::from_utf8(bytes).map_or_else(|| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

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

    /// Appends the frame of a whole message to `out`: of a [`Message`], a string, bytes, or any
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
