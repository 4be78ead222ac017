//! A WebSocket stream: bytes in, messages out, and messages into bytes.
//!
//! [`Stream`] is what a program uses. Underneath, [`Decoder`] is the receiving state machine
//! and decides every rule for what the peer sends; it gives [`Batch`]es of [`Part`]s and collects
//! nothing. The sender keeps what goes out lawful.

mod batch;
mod config;
mod decoder;
#[cfg(not(feature = "deflate"))]
mod no_deflate;
mod sender;

#[cfg(feature = "js")]
pub(crate) use batch::{ARENA_SLACK, Record, flag, kind};
pub use batch::{Batch, Part};
pub use config::Config;
pub use decoder::Decoder;
pub use sender::SendError;
pub(crate) use sender::{Place, Sender};

#[cfg(feature = "deflate")]
use crate::deflate::{Deflater, Inflater};
#[cfg(not(feature = "deflate"))]
use no_deflate::{Deflater, Inflater};

use crate::utf8::{self, Validator};
use crate::{DataKind, Error, Message, MessageError};
use std::borrow::Cow;
use std::cell::RefCell;

thread_local! {
    /// What all streams of a thread decode into. It is needed during a call only, and fresh memory
    /// costs as much as decoding does.
    static BATCH: RefCell<Batch> = const { RefCell::new(Batch::new()) };
}

/// Which end of the connection this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// Expects masked frames and sends unmasked ones.
    #[default]
    Server,
    /// Expects unmasked frames and sends masked ones.
    Client,
}

/// What arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A message is complete.
    Message(Message),
    /// A piece of a data message, with [`Config::partial`] and then instead of messages.
    Fragment {
        /// Text or binary.
        kind: DataKind,
        /// UTF-8 cut between code points, or bytes.
        data: Vec<u8>,
        /// Begins a message.
        first: bool,
        /// Ends a message.
        last: bool,
    },
    /// A frame's header, with [`Config::frames`], before what the frame carries.
    Frame(FrameInfo),
    /// The peer broke a rule. The last event ever.
    Error {
        /// The rule.
        error: Error,
        /// The close message to send before the connection is shut.
        close: Message,
    },
}

/// Where a frame stood and what its header said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameInfo {
    /// The frame's first byte, counted from the start of the stream.
    pub offset: u64,
    /// The header's length in bytes, key included.
    pub header_len: u8,
    /// The header.
    pub header: crate::frame::Header,
}

/// Both directions of a connection, without any I/O.
///
/// ```
/// use ws4wasm::stream::{Config, Event, Role, Stream};
/// use ws4wasm::Message;
/// let mut server = Stream::new(Role::Server);
/// let mut client = Stream::new(Role::Client);
/// let mut wire = Vec::new();
/// client.send(&Message::text("Grüße"), &mut wire).unwrap();
/// let (head, tail) = wire.split_at(5); // however the bytes are cut
/// let mut events = server.receive(head);
/// events.extend(server.receive(tail));
/// assert_eq!(events, [Event::Message(Message::text("Grüße"))]);
/// ```
#[derive(Debug)]
pub struct Stream {
    decoder: Decoder,
    sender: Sender,
    /// What has come of a binary message, or of a text.
    partial: Vec<u8>,
    partial_text: String,
    received: u64,
    /// An error has been given.
    failed: bool,
    #[cfg(feature = "deflate")]
    role: Role,
    /// Where the text that is being sent in fragments stands.
    text: Option<Validator>,
}

impl Stream {
    /// A stream with the default limits.
    pub fn new(role: Role) -> Self {
        Self::with_config(role, Config::default())
    }

    /// A stream with limits of your own. The role decides about masking, whatever
    /// `config.expect_masking` says.
    pub fn with_config(role: Role, mut config: Config) -> Self {
        config.expect_masking = role == Role::Server;
        Self {
            decoder: Decoder::new(config),
            sender: Sender::new(role == Role::Client),
            partial: Vec::new(),
            partial_text: String::new(),
            received: 0,
            failed: false,
            #[cfg(feature = "deflate")]
            role,
            text: None,
        }
    }

    /// The same stream with permessage-deflate, which the handshake has agreed on (RFC 7692).
    ///
    /// ```
    /// use ws4wasm::deflate::{Compression, Parameters};
    /// use ws4wasm::stream::{Event, Role, Stream};
    /// use ws4wasm::Message;
    /// let agreed = Parameters::default();
    /// let [mut server, mut client] = [Role::Server, Role::Client]
    ///     .map(|role| Stream::new(role).with_deflate(agreed, Compression::default()));
    /// let message = Message::text("again and again and again and again and again");
    /// let mut wire = Vec::new();
    /// server.send(&message, &mut wire).unwrap();
    /// assert!(wire.len() < 30);
    /// assert_eq!(client.receive(&wire), [Event::Message(message)]);
    /// ```
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn with_deflate(
        mut self,
        agreed: crate::deflate::Parameters,
        compression: crate::deflate::Compression,
    ) -> Self {
        set_deflate(
            &mut self.decoder,
            &mut self.sender,
            self.role,
            agreed,
            compression,
        );
        self
    }

    /// Lets the states of zlib go that this stream has used, for others to use. The next
    /// compressed message makes them anew; nothing is lost but some microseconds.
    pub fn release(&self) {
        self.decoder.release();
        self.sender.release();
    }

    /// Takes any bytes, cut anywhere, and gives what they complete, in wire order. The same
    /// bytes give the same messages however they are cut. After a close message or an error
    /// further bytes are counted and not looked at.
    ///
    /// What comes before an error can be answered; send its close message then, and nothing
    /// more (RFC 6455 section 7.1.7). From the next call on only that can be sent.
    pub fn receive(&mut self, bytes: &[u8]) -> Vec<Event> {
        if self.failed {
            self.sender.fail();
        }
        // None while the thread ends: then a stream makes one of its own.
        let mut batch = BATCH.try_with(RefCell::take).unwrap_or_default();
        let mut events = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            // Every round takes bytes or gives events.
            let input = &bytes[at..];
            let used = self.decoder.decode(input, &mut batch);
            events.reserve(batch.records.len());
            for part in batch.parts(input) {
                events.extend(self.event(part));
            }
            self.received += used as u64;
            at += used;
        }
        batch.shrink();
        let _ = BATCH.try_with(|kept| kept.replace(batch));
        events
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

    /// Appends the frame of a whole message to `out`.
    ///
    /// # Errors
    /// [`SendError`]; nothing is appended.
    pub fn send(&mut self, message: &Message, out: &mut Vec<u8>) -> Result<(), SendError> {
        self.send_with(message, None, out)
    }

    /// As [`send`](Self::send), with a choice whether the message is compressed; it has none
    /// without [`with_deflate`](Self::with_deflate).
    ///
    /// # Errors
    /// [`SendError`]; nothing is appended.
    pub fn send_with(
        &mut self,
        message: &Message,
        compress: Option<bool>,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.sender.message(message, compress, out)
    }

    /// Appends one fragment of a text or binary message to `out`. `kind` counts for the first.
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
        self.sender.frame(kind, place, data, None, out)?;
        self.text = text;
        Ok(())
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
        let message = Message::Close {
            code,
            reason: reason.to_owned(),
        };
        message.check()?;
        // A second close frame would break RFC 6455 section 5.5.1.
        let _ = self.sender.message(&message, None, out);
        Ok(())
    }

    /// How many bytes complete what is under way, at least 1.
    pub fn wants(&self) -> u64 {
        self.decoder.wants()
    }

    /// Whether a close message or an error has ended the receiving side.
    pub fn is_closed(&self) -> bool {
        self.decoder.is_closed()
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

/// Each side inflates what the other has deflated.
#[cfg(feature = "deflate")]
pub(crate) fn set_deflate(
    decoder: &mut Decoder,
    sender: &mut Sender,
    role: Role,
    agreed: crate::deflate::Parameters,
    compression: crate::deflate::Compression,
) {
    let (own, other) = match role {
        Role::Server => (agreed.server(), agreed.client()),
        Role::Client => (agreed.client(), agreed.server()),
    };
    decoder.set_inflater(Inflater::new(other));
    sender.set_deflater(Deflater::new(own, &compression));
}
