//! The receiving direction: it makes events of what the decoder gives. The two directions of a
//! connection share nothing, so each may be used by a thread or task of its own;
//! [`Stream`](super::Stream) is both together.

use super::{Batch, Config, Decoder, Event, FrameInfo, Part, Role};
use crate::utf8;
use crate::{DataKind, Message, MessageRef};
use core::convert::Infallible;
use std::borrow::Cow;
use std::cell::RefCell;

/// How much of a large payload is unmasked at a time, in bytes: it is still in the fastest cache then.
const BLOCK: usize = 8 * 1024;

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
    /// by [`SendHalf::fail`](super::SendHalf::fail).
    pub fn receive(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        self.rounds(bytes, |half, round| {
            if let Round::Batch(batch, _) = &round {
                events.reserve(batch.records.len());
            }
            half.tell(round, |given| events.push(given.own()));
        });
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
        self.rounds(bytes, |half, round| {
            half.tell(round, |given| take(given.own()))
        });
    }

    /// As [`receive_each`](Self::receive_each), with messages that are borrowed: nothing is
    /// allocated for what came whole, and nothing counted. The fastest way for a program that is
    /// done with a message when it has looked at it, or has answered it.
    ///
    /// ```
    /// use ws4wasm::stream::{Config, Event, ReceiveHalf, Role, SendHalf};
    /// let mut receiving = ReceiveHalf::new(Role::Client, Config::default());
    /// let mut sending = SendHalf::new(Role::Server);
    /// let mut echo = Vec::new();
    /// receiving.receive_ref(b"\x81\x02hi\x81\x02yo", |event| {
    ///     if let Event::Message(message) = event {
    ///         sending.send(message, &mut echo).unwrap();
    ///     }
    /// });
    /// assert_eq!(echo, b"\x81\x02hi\x81\x02yo");
    /// ```
    pub fn receive_ref(&mut self, bytes: &[u8], mut take: impl FnMut(Event<MessageRef<'_>>)) {
        self.rounds(bytes, |half, round| {
            half.tell(round, |given| match given {
                Given::Whole(message) => take(Event::Message(message)),
                Given::Message(message) => take(Event::Message((&message).into())),
                Given::Other(event) => take(event.with_message()),
            });
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
        self.rounds(bytes, |half, round| {
            let (batch, input, shared) = match round {
                Round::Batch(batch, input) if !partial => match batch.share() {
                    Some(shared) => (batch, input, shared),
                    None => {
                        let round = Round::Batch(batch, input);
                        return half.tell(round, |given| take(given.own()));
                    }
                },
                _ => return half.tell(round, |given| take(given.own())),
            };
            // Checked at once, where the standard library does that quickly. Text beyond ASCII is
            // copied, which costs less than to check it there.
            let ascii = batch
                .is_ascii()
                .then(|| Utf8Bytes::try_from(shared.clone()))
                .and_then(Result::ok);
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
                        match part.and_then(|part| half.given(part)) {
                            Some(given) => given.own(),
                            None => continue,
                        }
                    }
                });
            }
        });
    }

    /// Every round takes bytes or gives parts.
    fn rounds(&mut self, bytes: &[u8], mut round: impl FnMut(&mut Self, Round<'_>)) {
        // None while the thread ends, or inside of `round`: then a stream makes one of its own.
        let mut batch = BATCH.try_with(RefCell::take).unwrap_or_default();
        let mut at = 0;
        while at < bytes.len() {
            let input = &bytes[at..];
            if let Some((message, length)) = self.payload() {
                // Not by way of the batch: that would be a second copy.
                let input = &input[..length.min(input.len()).min(BLOCK)];
                message.extend_from_slice(input);
                at += input.len();
                if let Some(message) = self.took_payload(input.len()) {
                    round(self, Round::Message(message));
                }
                continue;
            }
            let used = self.decoder.decode(input, &mut batch);
            round(self, Round::Batch(&mut batch, input));
            self.received += used as u64;
            at += used;
        }
        batch.shrink();
        let _ = BATCH.try_with(|kept| kept.replace(batch));
    }

    /// What a round gives, in order.
    #[inline]
    fn tell(&mut self, round: Round<'_>, mut give: impl FnMut(Given<'_>)) {
        let (batch, input) = match round {
            Round::Batch(batch, input) => (batch, input),
            Round::Message(message) => return give(Given::Message(message)),
        };
        let bytes = batch.bytes();
        // Of many texts at once, which takes less than each on its own.
        let texts = batch
            .texts_end()
            .and_then(|end| utf8::from_utf8(&bytes[..end]));
        let partial = self.decoder.config().partial;
        for record in &batch.records {
            if let (Some(texts), Some((DataKind::Text, range)), false) =
                (texts, record.whole(), partial)
                // An empty one may lie inside a character that two binary messages make.
                && let Some(text) = texts.get(range)
            {
                give(Given::Whole(MessageRef::Text(text)));
                continue;
            }
            let part = batch.part(record, bytes, input);
            if let Some(given) = part.and_then(|part| self.given(part)) {
                give(given);
            }
        }
    }

    #[inline]
    fn given<'a>(&mut self, part: Part<'a>) -> Option<Given<'a>> {
        if let Part::Data {
            kind,
            bytes,
            first: true,
            last: true,
            ..
        } = part
            && !self.decoder.config().partial
        {
            return Some(match kind {
                DataKind::Binary => Given::Whole(MessageRef::Binary(bytes)),
                DataKind::Text => match valid(bytes) {
                    Cow::Borrowed(text) => Given::Whole(MessageRef::Text(text)),
                    Cow::Owned(text) => Given::Message(Message::Text(text)),
                },
            });
        }
        self.other(part)
    }

    /// What is not a whole data message.
    fn other(&mut self, part: Part<'_>) -> Option<Given<'static>> {
        Some(match part {
            Part::Data {
                kind,
                bytes,
                first,
                last,
                ..
            } => {
                if self.decoder.config().partial {
                    return Some(Given::Other(Event::Fragment {
                        kind,
                        data: bytes.to_vec(),
                        first,
                        last,
                    }));
                }
                Given::Message(self.collect(kind, bytes, last)?)
            }
            Part::Ping(bytes) => Given::Message(Message::Ping(bytes.to_vec())),
            Part::Pong(bytes) => Given::Message(Message::Pong(bytes.to_vec())),
            Part::Close { code, reason } => {
                self.drop_partial();
                let reason = valid(reason).into_owned();
                Given::Message(Message::Close { code, reason })
            }
            Part::Frame {
                begin,
                header_len,
                header,
            } => Given::Other(Event::Frame(FrameInfo {
                offset: self.received.wrapping_add_signed(i64::from(begin)),
                header_len,
                header,
            })),
            Part::Error(error) => {
                self.failed = true;
                self.drop_partial();
                let reason = error.to_string();
                let code = error.close_code();
                let close = Message::Close { code, reason };
                Given::Other(Event::Error { error, close })
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

/// One step of taking bytes.
enum Round<'a> {
    /// What was decoded of an input.
    Batch(&'a mut Batch, &'a [u8]),
    /// A message whose last bytes needed no decoding.
    Message(Message),
}

/// What an event is made of.
enum Given<'a> {
    /// A data message that lies whole in the batch, or in the input.
    Whole(MessageRef<'a>),
    Message(Message),
    Other(Event<Infallible>),
}

impl Given<'_> {
    /// As an event whose message owns its memory.
    #[inline]
    fn own<M: From<Message>>(self) -> Event<M> {
        let message = match self {
            Self::Whole(MessageRef::Text(text)) => Message::Text(text.to_owned()),
            Self::Whole(MessageRef::Binary(bytes)) => Message::Binary(bytes.to_owned()),
            Self::Whole(message) => Message::Binary(message.payload().into_owned()),
            Self::Message(message) => message,
            Self::Other(event) => return event.with_message(),
        };
        Event::Message(message.into())
    }
}

impl Event<Infallible> {
    /// It has none, so that it may be of any kind.
    fn with_message<M>(self) -> Event<M> {
        match self {
            Self::Message(never) => match never {},
            Self::Fragment {
                kind,
                data,
                first,
                last,
            } => Event::Fragment {
                kind,
                data,
                first,
                last,
            },
            Self::Frame(info) => Event::Frame(info),
            Self::Error { error, close } => Event::Error { error, close },
        }
    }
}

/// The decoder has validated it and cuts between characters, so nothing is ever replaced here.
fn valid(bytes: &[u8]) -> Cow<'_, str> {
    utf8::from_utf8(bytes).map_or_else(|| String::from_utf8_lossy(bytes), Cow::Borrowed)
}
