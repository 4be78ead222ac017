use super::clock::{Clock, Due, after};
use super::link::{Half, Link};
use super::{Error, Message, Result, Timeout, WebSocketSender};
use crate::stream::{Event, ReceiveHalf, Role};
use crate::{MessageRef, close_code};
use ::tokio::io::{AsyncRead, AsyncWrite};
use ::tokio::time::Instant;
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use futures_core::{FusedStream, Stream};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

/// The room for events that a connection keeps while it waits.
const SPARE_EVENTS: usize = 64;

/// The receiving half of a connection: what [`split`](super::WebSocketStream::split) gives, and
/// half of a [`WebSocketStream`](super::WebSocketStream).
///
/// As a [`Stream`] it gives messages, then an error if there was one, then `None`. It answers pings
/// and closes, so it is to be read until the end, by a task that does so all the time.
pub struct WebSocketReceiver<S> {
    pub(super) link: Arc<Link<S>>,
    half: ReceiveHalf,
    role: Role,
    /// What was received and not taken.
    events: VecDeque<Event<Message>>,
    state: State,
    clock: Clock,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The peer has closed, or broken a rule: what is left is to let our close frame leave.
    Ending {
        since: Instant,
        failed: bool,
    },
    /// And to wait until the peer hangs up.
    Lingering {
        since: Instant,
    },
    Over,
}

impl<S> WebSocketReceiver<S> {
    pub(super) fn new(link: Arc<Link<S>>, half: ReceiveHalf, role: Role) -> Self {
        let clock = Clock::new(&link.options);
        Self {
            link,
            half,
            role,
            events: VecDeque::new(),
            state: State::Open,
            clock,
        }
    }

    /// Takes bytes that somebody else has read.
    pub(super) fn receive(&mut self, bytes: &[u8]) {
        self.clock.heard();
        let events = &mut self.events;
        self.half
            .receive_shared(bytes, |event| events.push_back(event));
    }

    /// Whether `sender` is the other half of the same connection.
    pub fn is_pair_of(&self, sender: &WebSocketSender<S>) -> bool {
        Arc::ptr_eq(&self.link, &sender.link)
    }

    /// Whether the end was reached: the stream gives nothing any more.
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocketReceiver<S> {
    /// The next message; `None` when the connection has ended.
    ///
    /// Cancellation: safe. What was received stays for the next call.
    ///
    /// # Errors
    /// [`Error`]; after it comes `None`.
    pub async fn next(&mut self) -> Option<Result<Message>> {
        poll_fn(|cx| self.poll_receive(cx)).await
    }

    pub(super) fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Message>>> {
        loop {
            if self.state != State::Open {
                ready!(self.poll_end(cx));
                return Poll::Ready(None);
            }
            if let Some(event) = self.events.pop_front() {
                if let Some(item) = self.take(event, cx) {
                    return Poll::Ready(Some(item));
                }
                continue;
            }
            match ready!(self.poll_more(cx)) {
                Ok(()) => {}
                Err(error) => {
                    self.state = State::Over;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }

    /// Reads, and while that waits, writes and looks at the clock.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let Self {
            link,
            half,
            events,
            clock,
            ..
        } = self;
        let read = match half.payload() {
            Some((memory, length)) => link.poll_read_to(cx, memory, length).map_ok(|length| {
                let message = half.took_payload(length);
                events.extend(message.map(|message| Event::Message(message.into())));
                (length > 0).then_some(())
            }),
            None => link.poll_read(cx, |bytes| {
                half.receive_shared(bytes, |event| events.push_back(event));
            }),
        };
        match read {
            Poll::Ready(Ok(Some(()))) => {
                clock.heard();
                // However much it still has to say.
                let late = link.closed().is_some_and(|closed| {
                    let until = after(closed, link.options.close_timeout);
                    clock.poll_until(cx, until).is_ready()
                });
                if late && !half.is_closed() {
                    return Poll::Ready(Err(Error::Timeout(Timeout::Close)));
                }
                return Poll::Ready(Ok(()));
            }
            Poll::Ready(Ok(None)) => return Poll::Ready(Err(Error::Unfinished)),
            Poll::Ready(Err(error)) => return Poll::Ready(Err(Error::Io(error))),
            Poll::Pending => {}
        }
        if events.capacity() > SPARE_EVENTS {
            *events = VecDeque::new();
        }
        // What the other half does from here on wakes us; what it has done is seen below.
        link.register(Half::Receiver, cx);
        // Not before: a peer that hangs up may have said something first.
        if let Poll::Ready(Err(error)) = link.poll_flush(cx, Half::Receiver) {
            return Poll::Ready(Err(error));
        }
        let closed = link.closed();
        let due = ready!(clock.poll(cx, &link.options, closed, || link.last_data()));
        match due {
            Due::Ping => {
                clock.pinged();
                // Only what is closing refuses it, and that has a time of its own.
                let _ = link.push(MessageRef::Ping(b""));
            }
            Due::Silence => return Poll::Ready(Err(Error::Timeout(Timeout::Ping))),
            Due::Close => return Poll::Ready(Err(Error::Timeout(Timeout::Close))),
            Due::Idle => {
                // Section 7.4.1: 1001, going away.
                let _ = link.push(MessageRef::Close {
                    code: close_code::GOING_AWAY,
                    reason: "idle",
                });
            }
        }
        Poll::Ready(Ok(()))
    }

    /// What the user gets of an event. Control frames are answered first.
    fn take(&mut self, event: Event<Message>, cx: &mut Context<'_>) -> Option<Result<Message>> {
        let link = &self.link;
        let message = match event {
            Event::Message(message) => message,
            Event::Error { error, close } => {
                link.fail((&close).into());
                self.end(true, cx);
                return Some(Err(Error::Protocol(error)));
            }
            // Neither was asked for.
            Event::Fragment { .. } | Event::Frame(_) => return None,
        };
        match &message {
            Message::Ping(data) => {
                link.pong(data);
                // Now, in case that nobody asks for more; later, if it has to wait.
                let _ = link.poll_flush(cx, Half::Receiver);
            }
            Message::Close(_) => {
                // Section 5.5.1: with the code that came, unless it is the answer to ours.
                let _ = link.push((&message).into());
                self.end(false, cx);
            }
            Message::Pong(_) => {}
            _ => self.clock.data(),
        }
        Some(Ok(message))
    }

    fn end(&mut self, failed: bool, cx: &mut Context<'_>) {
        self.events = VecDeque::new();
        let since = Instant::now();
        self.state = State::Ending { since, failed };
        let _ = self.link.poll_flush(cx, Half::Receiver);
    }

    /// Our close frame leaves, and the transport is shut in the order of RFC 6455 section 7.1.1:
    /// by the server first. After a fault the peer may still be sending; to hang up then could
    /// make its system drop the close frame unread.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Self {
            link, clock, state, ..
        } = self;
        loop {
            let (State::Ending { since, .. } | State::Lingering { since }) = *state else {
                return Poll::Ready(());
            };
            let step = match *state {
                State::Ending { failed, .. } => {
                    let shut = !failed && self.role == Role::Client;
                    let done = match link.poll_flush(cx, Half::Receiver) {
                        Poll::Ready(Ok(())) if shut => Poll::Ready(Ok(())),
                        Poll::Ready(Ok(())) => link.poll_shutdown(cx).map_err(Error::Io),
                        other => other,
                    };
                    done.map(|done| {
                        let waits = failed || self.role == Role::Client;
                        done.is_ok() && waits
                    })
                }
                _ => {
                    let until = after(since, link.options.close_timeout);
                    let late = Instant::now() >= until;
                    let read = link.poll_read(cx, |_| ());
                    read.map(|read| matches!(read, Ok(Some(()))) && !late)
                }
            };
            match step {
                Poll::Ready(true) => *state = State::Lingering { since },
                Poll::Ready(false) => {
                    // A client's own direction, or nothing. Who has gone need not hear of it.
                    let _ = link.poll_shutdown(cx);
                    *state = State::Over;
                    return Poll::Ready(());
                }
                Poll::Pending => {
                    let until = after(since, link.options.close_timeout);
                    ready!(clock.poll_until(cx, until));
                    *state = State::Over;
                    return Poll::Ready(());
                }
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for WebSocketReceiver<S> {
    type Item = Result<Message>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Message>>> {
        self.poll_receive(cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> FusedStream for WebSocketReceiver<S> {
    fn is_terminated(&self) -> bool {
        self.is_over()
    }
}

impl<S> fmt::Debug for WebSocketReceiver<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketReceiver")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
