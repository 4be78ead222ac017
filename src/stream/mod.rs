//! A WebSocket stream: bytes in, messages out, and messages into bytes.
//!
//! [`Stream`] is what a program uses. Underneath, [`Decoder`] is the receiving state machine
//! and decides every rule for what the peer sends; it gives [`Batch`]es of [`Part`]s and collects
//! nothing. The sender keeps what goes out lawful. [`ReceiveHalf`] and [`SendHalf`] are the two
//! directions apart, for two threads or tasks.

mod batch;
mod config;
mod decoder;
#[cfg(not(feature = "deflate"))]
mod no_deflate;
mod prepared;
mod receive_half;
mod send_half;
mod sender;

#[cfg(feature = "js")]
pub(crate) use batch::{ARENA_SLACK, Record, flag, kind};
pub use batch::{Batch, Part};
pub use config::Config;
pub use decoder::Decoder;
pub use prepared::Prepared;
pub use receive_half::ReceiveHalf;
pub use send_half::SendHalf;
pub use sender::SendError;
pub(crate) use sender::{Place, Sender};

#[cfg(feature = "deflate")]
use crate::deflate::{Deflater, Inflater};
#[cfg(not(feature = "deflate"))]
use no_deflate::{Deflater, Inflater};

use crate::{DataKind, Error, Message, MessageError, MessageRef};

/// Which end of the connection this is.
///
/// See [`Stream`] for an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// Expects masked frames and sends unmasked ones.
    #[default]
    Server,
    /// Expects unmasked frames and sends masked ones.
    Client,
}

/// What arrived, with messages that own their memory, or share it
/// ([`shared::Message`](crate::shared::Message), with the feature `bytes`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<M = Message> {
    /// A message is complete.
    Message(M),
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
///
/// ```
/// use ws4wasm::stream::{Config, Event, Role, Stream};
/// let config = Config { frames: true, ..Config::default() };
/// let events = Stream::with_config(Role::Client, config).receive(b"\x81\x02hi");
/// let Event::Frame(info) = &events[0] else { panic!("{events:?}") };
/// assert_eq!((info.header_len, info.header.length), (2, 2));
/// ```
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
/// client.send("Grüße", &mut wire).unwrap();
/// let (head, tail) = wire.split_at(5); // however the bytes are cut
/// let mut events = server.receive(head);
/// events.extend(server.receive(tail));
/// assert_eq!(events, [Event::Message(Message::text("Grüße"))]);
/// ```
#[derive(Debug)]
pub struct Stream {
    receiving: ReceiveHalf,
    sending: SendHalf,
}

impl Stream {
    /// A stream with the default limits.
    pub fn new(role: Role) -> Self {
        Self::with_config(role, Config::default())
    }

    /// A stream with limits of your own. The role decides about masking, whatever
    /// `config.expect_masking` says.
    pub fn with_config(role: Role, config: Config) -> Self {
        Self {
            receiving: ReceiveHalf::new(role, config),
            sending: SendHalf::new(role),
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
    /// let text = "again and again and again and again and again";
    /// let mut wire = Vec::new();
    /// server.send(text, &mut wire).unwrap();
    /// assert!(wire.len() < 30);
    /// assert_eq!(client.receive(&wire), [Event::Message(Message::text(text))]);
    /// ```
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn with_deflate(
        self,
        agreed: crate::deflate::Parameters,
        compression: crate::deflate::Compression,
    ) -> Self {
        Self {
            receiving: self.receiving.with_deflate(agreed, compression),
            sending: self.sending.with_deflate(agreed, compression),
        }
    }

    /// The two directions apart, which share nothing: each may go to a thread or task of its own.
    pub fn split(self) -> (ReceiveHalf, SendHalf) {
        (self.receiving, self.sending)
    }

    /// Lets the states of zlib go that this stream has used, for others to use. The next
    /// compressed message makes them anew; nothing is lost but some microseconds.
    pub fn release(&self) {
        self.receiving.release();
        self.sending.release();
    }

    /// Takes any bytes, cut anywhere, and gives what they complete, in wire order. The same
    /// bytes give the same messages however they are cut. After a close message or an error
    /// further bytes are counted and not looked at.
    ///
    /// What comes before an error can be answered; send its close message then, and nothing
    /// more (RFC 6455 section 7.1.7). From the next call on only that can be sent.
    pub fn receive(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.hear_of_failure();
        self.receiving.receive(bytes)
    }

    /// As [`receive`](Self::receive), without a list of events and with messages that share their
    /// memory; see [`ReceiveHalf::receive_shared`].
    ///
    /// ```
    /// use ws4wasm::shared::Message;
    /// use ws4wasm::stream::{Event, Role, Stream};
    /// let mut client = Stream::new(Role::Client);
    /// let mut heard = Vec::new();
    /// client.receive_shared(b"\x81\x02hi\x81\x02yo", |event| heard.push(event));
    /// assert_eq!(heard, ["hi", "yo"].map(|text| Event::Message(Message::text(text))));
    /// ```
    #[cfg(feature = "bytes")]
    pub fn receive_shared(
        &mut self,
        bytes: &[u8],
        take: impl FnMut(Event<crate::shared::Message>),
    ) {
        self.hear_of_failure();
        self.receiving.receive_shared(bytes, take);
    }

    /// As [`receive`](Self::receive), without a list of events and with messages that are borrowed:
    /// the fastest way; see [`ReceiveHalf::receive_ref`].
    ///
    /// ```
    /// use ws4wasm::MessageRef;
    /// use ws4wasm::stream::{Event, Role, Stream};
    /// let mut client = Stream::new(Role::Client);
    /// let mut length = 0;
    /// client.receive_ref(b"\x81\x02hi\x81\x02yo", |event| {
    ///     if let Event::Message(MessageRef::Text(text)) = event {
    ///         length += text.len();
    ///     }
    /// });
    /// assert_eq!(length, 4);
    /// ```
    pub fn receive_ref(&mut self, bytes: &[u8], take: impl FnMut(Event<MessageRef<'_>>)) {
        self.hear_of_failure();
        self.receiving.receive_ref(bytes, take);
    }

    fn hear_of_failure(&mut self) {
        if self.receiving.has_failed() {
            self.sending.fail();
        }
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
        self.sending.send(message, out)
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
        self.sending.send_with(message, compress, out)
    }

    /// Appends one fragment of a text or binary message to `out`; see
    /// [`SendHalf::send_fragment`].
    ///
    /// # Errors
    /// [`SendError`]; nothing is appended.
    pub fn send_fragment(
        &mut self,
        kind: DataKind,
        data: &[u8],
        first: bool,
        last: bool,
        compress: Option<bool>,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.sending
            .send_fragment(kind, data, first, last, compress, out)
    }

    /// Appends a message that was prepared for many; see [`SendHalf::send_prepared`].
    ///
    /// # Errors
    /// [`SendError`]; nothing is appended.
    pub fn send_prepared(
        &mut self,
        message: &Prepared,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.sending.send_prepared(message, out)
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
        self.sending.close(code, reason, out)
    }

    /// How many bytes complete what is under way, at least 1.
    pub fn wants(&self) -> u64 {
        self.receiving.wants()
    }

    /// Whether a close message or an error has ended the receiving side.
    pub fn is_closed(&self) -> bool {
        self.receiving.is_closed()
    }

    /// How many bytes came after the end and were not looked at.
    pub const fn ignored(&self) -> u64 {
        self.receiving.ignored()
    }
}

/// Each side inflates what the other has deflated.
#[cfg(feature = "js")]
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
