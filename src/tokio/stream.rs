use super::link::Link;
use super::{
    Agreed, CloseFrame, Error, Message, Options, Prepared, Result, WebSocketReceiver,
    WebSocketSender,
};
use crate::MessageRef;
use crate::stream::{ReceiveHalf, Role, SendHalf};
use ::tokio::io::{AsyncRead, AsyncWrite};
use core::pin::Pin;
use core::task::{Context, Poll};
use futures_core::{FusedStream, Stream};
use futures_sink::Sink;
use std::fmt;
use std::sync::Arc;

/// A WebSocket connection: a [`Stream`] of messages and a [`Sink`] for them.
///
/// It is both halves together, and what is said of [`WebSocketReceiver`] and [`WebSocketSender`]
/// holds here.
pub struct WebSocketStream<S> {
    receiver: WebSocketReceiver<S>,
    sender: WebSocketSender<S>,
}

impl<S> WebSocketStream<S> {
    /// A connection after its opening handshake, which somebody else has done: `agreed` is what
    /// came of it.
    ///
    /// ```
    /// use ws4wasm::tokio::{Agreed, Message, Options, Role, WebSocketStream};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (one, other) = tokio::io::duplex(1024);
    /// let [agreed, options] = [(); 2].map(|()| (Agreed::default(), Options::default()));
    /// let mut server = WebSocketStream::new(one, Role::Server, &agreed.0, agreed.1);
    /// let mut client = WebSocketStream::new(other, Role::Client, &options.0, options.1);
    /// server.send("hi").await?;
    /// assert_eq!(client.next().await.unwrap()?, Message::text("hi"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(io: S, role: Role, agreed: &Agreed, options: Options) -> Self {
        let mut limits = options.limits;
        (limits.partial, limits.frames) = (false, false);
        #[cfg_attr(not(feature = "deflate"), expect(unused_mut))]
        let (mut receiving, mut sending) =
            (ReceiveHalf::new(role, limits), SendHalf::new(role));
        #[cfg(feature = "deflate")]
        if let Some(deflate) = agreed.deflate {
            receiving = receiving.with_deflate(deflate, options.compression);
            sending = sending.with_deflate(deflate, options.compression);
        }
        let link = Arc::new(Link::new(io, sending, options, agreed.protocol.clone()));
        Self {
            receiver: WebSocketReceiver::new(Arc::clone(&link), receiving, role),
            sender: WebSocketSender { link },
        }
    }

    /// The same after bytes that were read already, behind the head of the handshake.
    #[must_use]
    pub fn with_received(mut self, bytes: &[u8]) -> Self {
        self.receiver.receive(bytes);
        self
    }

    /// The subprotocol that was agreed on.
    pub fn protocol(&self) -> Option<&str> {
        self.sender.link.protocol.as_deref()
    }

    /// Two halves for two tasks. Both work with all that was agreed on.
    pub fn split(self) -> (WebSocketSender<S>, WebSocketReceiver<S>) {
        (self.sender, self.receiver)
    }

    /// The connection of two halves again; they come back when they are not of the same one.
    ///
    /// # Errors
    /// Both halves as they were.
    #[expect(clippy::result_large_err)]
    pub fn reunite(
        sender: WebSocketSender<S>,
        receiver: WebSocketReceiver<S>,
    ) -> core::result::Result<Self, (WebSocketSender<S>, WebSocketReceiver<S>)> {
        if !receiver.is_pair_of(&sender) {
            return Err((sender, receiver));
        }
        Ok(Self { receiver, sender })
    }

    /// Shows the transport, to set an option of a socket or to ask for its address.
    pub fn with_io<R>(&self, look: impl FnOnce(&mut S) -> R) -> R {
        look(&mut self.sender.link.io())
    }

    /// The transport; what was received and not taken, and what was fed and not flushed, is lost.
    pub fn into_inner(self) -> S {
        drop(self.receiver);
        match Arc::try_unwrap(self.sender.link) {
            Ok(link) => link.into_io(),
            // One half is in this struct, and the other was until just now.
            Err(_) => unreachable!("both halves were here"),
        }
    }

    /// Whether messages may no longer be sent.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocketStream<S> {
    /// The next message; see [`WebSocketReceiver::next`].
    ///
    /// Cancellation: safe.
    ///
    /// # Errors
    /// [`Error`]; after it comes `None`.
    pub async fn next(&mut self) -> Option<Result<Message>> {
        self.receiver.next().await
    }

    /// Sends a message; see [`WebSocketSender::send`].
    ///
    /// Cancellation: when this is dropped the message was not taken at all, or it is sent whole.
    ///
    /// # Errors
    /// [`Error::Send`] when it may not be sent, [`Error::Io`] when the transport failed.
    pub async fn send<M>(&mut self, message: M) -> Result<()>
    where
        for<'m> &'m M: Into<MessageRef<'m>>,
    {
        self.sender.send(message).await
    }

    /// Takes a message that leaves with the next flush or when [`next`](Self::next) waits; see
    /// [`WebSocketSender::feed`].
    ///
    /// Cancellation: when this is dropped the message was not taken.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn feed<M>(&mut self, message: M) -> Result<()>
    where
        for<'m> &'m M: Into<MessageRef<'m>>,
    {
        self.sender.feed(message).await
    }

    /// Sends a message that was prepared once for many connections.
    ///
    /// Cancellation: as [`send`](Self::send).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn send_prepared(&mut self, message: &Prepared) -> Result<()> {
        self.sender.send_prepared(message).await
    }

    /// Waits until the transport has everything.
    ///
    /// Cancellation: safe.
    ///
    /// # Errors
    /// [`Error::Io`]
    pub async fn flush(&mut self) -> Result<()> {
        self.sender.flush().await
    }

    /// The whole closing handshake, with 1000 by default: sends a close frame, waits for the
    /// peer's, and shuts the transport. Messages that still come are dropped; who wants them calls
    /// [`WebSocketSender::close`] and reads on. Takes at most
    /// [`close_timeout`](Options::close_timeout).
    ///
    /// Cancellation: safe. The close frame is sent, and this may be called again to wait on.
    ///
    /// # Errors
    /// [`Error::Timeout`] when the peer does not answer, and what else may end a connection.
    pub async fn close(&mut self, frame: Option<CloseFrame>) -> Result<()> {
        self.sender.begin_close(frame.as_ref())?;
        while let Some(message) = self.next().await {
            message?;
        }
        Ok(())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for WebSocketStream<S> {
    type Item = Result<Message>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Message>>> {
        self.receiver.poll_receive(cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> FusedStream for WebSocketStream<S> {
    fn is_terminated(&self) -> bool {
        self.receiver.is_over()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Sink<Message> for WebSocketStream<S> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.sender).poll_ready(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<()> {
        Pin::new(&mut self.sender).start_send(message)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.sender).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.sender).poll_close(cx)
    }
}

impl<S> fmt::Debug for WebSocketStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketStream")
            .field("receiver", &self.receiver)
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}
