use super::link::{Half, Link};
use super::{CloseFrame, Error, Message, Prepared, Result};
use crate::stream::SendError;
use crate::{MessageRef, close_code};
use ::tokio::io::{AsyncRead, AsyncWrite};
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll};
use futures_sink::Sink;
use std::fmt;
use std::sync::Arc;

/// The sending half of a connection: what [`split`](super::WebSocketStream::split) gives, and half
/// of a [`WebSocketStream`](super::WebSocketStream).
///
/// As a [`Sink`] it takes messages while fewer than
/// [`write_buffer`](super::Options::write_buffer) bytes wait.
pub struct WebSocketSender<S> {
    pub(super) link: Arc<Link<S>>,
}

impl<S> WebSocketSender<S> {
    /// Whether messages may no longer be sent: a close frame is out, or the transport failed.
    pub fn is_closed(&self) -> bool {
        self.link.is_closed()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocketSender<S> {
    /// Sends a message, borrowed or owned, and waits until the transport has it.
    ///
    /// Cancellation: when this is dropped the message was not taken at all, or it is sent whole,
    /// with the next flush or when the receiving half waits.
    ///
    /// # Errors
    /// [`Error::Send`] when it may not be sent, [`Error::Io`] when the transport failed.
    pub async fn send<M>(&mut self, message: M) -> Result<()>
    where
        for<'m> &'m M: Into<MessageRef<'m>>,
    {
        self.feed(message).await?;
        self.flush().await
    }

    /// As [`send`](Self::send), and does not wait until it has left: that happens with the next
    /// flush or when the receiving half waits. Many small messages leave together so.
    ///
    /// Cancellation: when this is dropped the message was not taken.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn feed<M>(&mut self, message: M) -> Result<()>
    where
        for<'m> &'m M: Into<MessageRef<'m>>,
    {
        let message = (&message).into();
        poll_fn(|cx| self.link.poll_feed(cx, message)).await
    }

    /// Sends a message that was prepared once for many connections.
    ///
    /// Cancellation: as [`send`](Self::send).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn send_prepared(&mut self, message: &Prepared) -> Result<()> {
        poll_fn(|cx| self.link.poll_feed_prepared(cx, message)).await?;
        self.flush().await
    }

    /// Waits until the transport has everything.
    ///
    /// Cancellation: safe.
    ///
    /// # Errors
    /// [`Error::Io`]
    pub async fn flush(&mut self) -> Result<()> {
        poll_fn(|cx| self.link.poll_flush(cx, Half::Sender)).await
    }

    /// Sends a close frame, with 1000 by default, after which nothing may be sent. The receiving
    /// half gives the peer's answer, for which it waits
    /// [`close_timeout`](super::Options::close_timeout). A second time does nothing.
    ///
    /// Cancellation: as [`send`](Self::send).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn close(&mut self, frame: Option<CloseFrame>) -> Result<()> {
        self.begin_close(frame.as_ref())?;
        self.flush().await
    }

    pub(super) fn begin_close(&self, frame: Option<&CloseFrame>) -> Result<()> {
        let message = match frame {
            Some(frame) => Some(frame).into(),
            None => MessageRef::Close {
                code: close_code::NORMAL,
                reason: "",
            },
        };
        match self.link.push(message) {
            Err(Error::Send(SendError::Closed)) => Ok(()),
            other => other,
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Sink<Message> for WebSocketSender<S> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.link.poll_room(cx)
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<()> {
        self.link.feed_anyway((&message).into())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.link.poll_flush(cx, Half::Sender)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.begin_close(None)?;
        self.link.poll_flush(cx, Half::Sender)
    }
}

impl<S> fmt::Debug for WebSocketSender<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketSender")
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
