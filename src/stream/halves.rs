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
        self.decode(bytes, |half, batch, input| {
            for part in batch.parts(input) {
                half.event(part, owned).map(&mut take);
            }
        });
    }

    /// As [`receive_each`](Self::receive_each), with messages that share their memory: what came
    /// together stands side by side in one piece of it, so that many small messages cost one
    /// allocation. It is let go with the last of them. A message that is kept for long can hold
    /// 64 KiB, or as much as `bytes` has; one that came alone has memory of its own, and so has
    /// every text that came together with more than ASCII.
    ///
    /// ```
    /// use ws4wasm::shared::Message;
    /// use ws4wasm::stream::{Config, Event, ReceiveHalf, Role};
    /// let mut receiving = ReceiveHalf::new(Role::Client, Config::default());
    /// let mut heard = Vec::new();
    /// receiving.receive_shared(b"\x81\x02hi\x81\x02yo", |event| heard.push(event));
    /// assert_eq!(heard[1], Event::Message(Message::text("yo")));
    /// ```
    #[cfg(feature = "bytes")]
    pub fn receive_shared(
        &mut self,
        bytes: &[u8],
        mut take: impl FnMut(Event<crate::shared::Message>),
    ) {
        use crate::shared::{Message as Shared, Utf8Bytes};
        let partial = self.decoder.config().partial;
        self.decode(bytes, |half, batch, input| {
            let Some(shared) = (!partial).then(|| batch.share()).flatten() else {
                for part in batch.parts(input) {
                    half.event(part, |kind, bytes| owned(kind, bytes).into())
                        .map(&mut take);
                }
                return;
            };
            // Checked at once, where the standard library does that quickly. Text beyond ASCII is
            // copied, which costs less than to check it there.
            let mut wholes = batch.records.iter().filter_map(|record| record.whole());
            let ascii = (wholes.any(|(kind, _)| kind == DataKind::Text) && shared.is_ascii())
                .then(|| Utf8Bytes::try_from(shared.clone()));
            let ascii = ascii.and_then(Result::ok);
            for record in &batch.records {
                take(match (record.whole(), &ascii) {
                    (Some((DataKind::Binary, range)), _) => {
                        Event::Message(Shared::Binary(shared.slice(range)))
                    }
                    (Some((DataKind::Text, range)), Some(ascii)) => {
                        Event::Message(Shared::Text(ascii.slice_ref(&ascii[range])))
                    }
                    _ => {
                        let part = batch.part(record, &shared, input);
                        let own = |kind, bytes: &[u8]| owned(kind, bytes).into();
                        match part.and_then(|part| half.event(part, own)) {
                            Some(event) => event,
                            None => continue,
                        }
                    }
                });
            }
        });
    }

    /// Every round of the decoder takes bytes or gives parts.
    fn decode(&mut self, bytes: &[u8], mut round: impl FnMut(&mut Self, &mut Batch, &[u8])) {
        // None while the thread ends, or inside of `round`: then a stream makes one of its own.
        let mut batch = BATCH.try_with(RefCell::take).unwrap_or_default();
        let mut at = 0;
        while at < bytes.len() {
            let input = &bytes[at..];
            let used = self.decoder.decode(input, &mut batch);
            round(self, &mut batch, input);
            self.received += used as u64;
            at += used;
        }
        batch.shrink();
        let _ = BATCH.try_with(|kept| kept.replace(batch));
    }

    /// `own` makes a message of what is whole.
    #[inline]
    fn event<M: From<Message>>(
        &mut self,
        part: Part<'_>,
        own: impl FnOnce(DataKind, &[u8]) -> M,
    ) -> Option<Event<M>> {
        let message = |message: Message| Event::Message(message.into());
        Some(match part {
            Part::Data {
                kind,
                bytes,
                first,
                last,
                ..
            } => {
                if self.decoder.config().partial {
                    return Some(Event::Fragment {
                        kind,
                        data: bytes.to_vec(),
                        first,
                        last,
                    });
                }
                if first && last {
                    Event::Message(own(kind, bytes))
                } else {
                    message(self.collect(kind, bytes, last)?)
                }
            }
            Part::Ping(bytes) => message(Message::Ping(bytes.to_vec())),
            Part::Pong(bytes) => message(Message::Pong(bytes.to_vec())),
            Part::Close { code, reason } => {
                self.drop_partial();
                let reason = valid(reason).into_owned();
                message(Message::Close { code, reason })
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

    /// Puts a piece of a message behind those before it.
    fn collect(&mut self, kind: DataKind, bytes: &[u8], last: bool) -> Option<Message> {
        match kind {
            DataKind::Text => self.partial_text.push_str(&valid(bytes)),
            DataKind::Binary => self.partial.extend_from_slice(bytes),
        }
        last.then(|| match kind {
            DataKind::Text => Message::Text(core::mem::take(&mut self.partial_text)),
            DataKind::Binary => Message::Binary(core::mem::take(&mut self.partial)),
        })
    }

    /// Inside of a large binary frame: the memory of its message, and how many bytes of payload may
    /// be put behind what is there. That saves copying them;
    /// [`took_payload`](Self::took_payload) is to be told.
    #[cfg(feature = "tokio")]
    pub(crate) fn payload(&mut self) -> Option<(&mut Vec<u8>, usize)> {
        /// What has come before memory is set aside for more of it, in bytes: who only announces
        /// a large message gets none.
        const COME: usize = 16 * 1024;
        /// How much is set aside then, as a multiple of what has come.
        const AHEAD: usize = 4;
        let missing = self.decoder.payload()?;
        let come = self.partial.len();
        (come >= COME).then_some((&mut self.partial, missing.min(AHEAD * come)))
    }

    /// The last `length` bytes of the message were put there; gives it when it is complete.
    #[cfg(feature = "tokio")]
    pub(crate) fn took_payload(&mut self, length: usize) -> Option<Message> {
        self.received += length as u64;
        let begin = self.partial.len() - length;
        let complete = self.decoder.take_payload(&mut self.partial[begin..]);
        complete.then(|| Message::Binary(core::mem::take(&mut self.partial)))
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

/// A message with memory of its own.
#[inline]
fn owned(kind: DataKind, bytes: &[u8]) -> Message {
    match kind {
        DataKind::Text => Message::Text(valid(bytes).into_owned()),
        DataKind::Binary => Message::Binary(bytes.to_vec()),
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
