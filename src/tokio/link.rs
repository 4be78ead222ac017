//! What the two halves of a connection share: the transport, and what waits to be sent.
//!
//! The sending half owns neither, because the receiving half answers pings and closes. Locks are
//! held while something is polled and never longer; who needs both takes `outgoing` first.

use super::{Error, Options, Result};
use crate::stream::{Prepared, SendError, SendHalf};
use crate::{DataKind, MessageRef};
use ::bytes::BufMut;
use ::tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use ::tokio::time::Instant;
use core::future::Future;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker, ready};
use std::cell::RefCell;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Wake;

/// How much is read at a time, in bytes.
const READ_SIZE: usize = 64 * 1024;

/// Memory that a large message has made is let go when it is larger than this, in bytes.
const SPARE_MAX: usize = 64 * 1024;

/// A payload of this many bytes is not copied behind other frames: the transport gets it from where
/// it is, as far as it takes it at once.
const WRITTEN_THROUGH: usize = 8 * 1024;

thread_local! {
    /// What all connections of a thread read into: it is empty again before the read's call ends,
    /// so an idle connection needs none.
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

pub(super) struct Link<S> {
    io: Mutex<S>,
    outgoing: Mutex<Outgoing>,
    wakers: Arc<Wakers>,
    pub(super) options: Options,
    pub(super) protocol: Option<String>,
}

/// Which half polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    Receiver,
    Sender,
}

struct Outgoing {
    half: SendHalf,
    /// Frames; those before `sent` are with the transport.
    frames: Vec<u8>,
    sent: usize,
    /// The transport may hold something back until it is flushed.
    unflushed: bool,
    /// A pong that waits until all else has left: the newest, which answers the pings before it
    /// as well (RFC 6455 section 5.5.3).
    pong: Option<Vec<u8>>,
    /// When our close frame was put into `frames`.
    closed: Option<Instant>,
    /// When a text or binary message was put into it.
    data: Instant,
    /// The transport takes no more.
    broken: Option<ErrorKind>,
}

impl<S> Link<S> {
    pub(super) fn new(
        io: S,
        half: SendHalf,
        options: Options,
        protocol: Option<String>,
    ) -> Self {
        Self {
            io: Mutex::new(io),
            outgoing: Mutex::new(Outgoing {
                half,
                frames: Vec::new(),
                sent: 0,
                unflushed: false,
                pong: None,
                closed: None,
                data: Instant::now(),
                broken: None,
            }),
            wakers: Arc::default(),
            options,
            protocol,
        }
    }

    fn outgoing(&self) -> MutexGuard<'_, Outgoing> {
        // Only what others do while they are polled can panic, and it is not ours to judge.
        self.outgoing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn io(&self) -> MutexGuard<'_, S> {
        self.io.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn into_io(self) -> S {
        self.io.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// The half that polls is to be woken when the other one changes something.
    pub(super) fn register(&self, half: Half, cx: &Context<'_>) {
        self.wakers.register(half, cx.waker());
    }

    /// Puts a message's frame behind the others.
    pub(super) fn push(&self, message: MessageRef<'_>) -> Result<()> {
        self.put(self.outgoing(), message)
    }

    fn put(
        &self,
        mut outgoing: MutexGuard<'_, Outgoing>,
        message: MessageRef<'_>,
    ) -> Result<()> {
        let Outgoing { half, frames, .. } = &mut *outgoing;
        half.send(message, frames)?;
        match message {
            MessageRef::Text(_) | MessageRef::Binary(_) => self.said(&mut outgoing),
            MessageRef::Close { .. } => {
                outgoing.closed = Some(Instant::now());
                drop(outgoing);
                // Its clock begins.
                self.wakers.wake_half(Half::Receiver);
            }
            MessageRef::Ping(_) | MessageRef::Pong(_) => {}
        }
        Ok(())
    }

    /// A data message was sent. The time is asked for only where it counts.
    fn said(&self, outgoing: &mut Outgoing) {
        if self.options.idle_timeout.is_some() {
            outgoing.data = Instant::now();
        }
    }

    /// The answer to a ping, when there is room for it.
    pub(super) fn pong(&self, data: &[u8]) {
        self.outgoing().pong = Some(data.to_vec());
    }

    /// The peer broke a rule: `close` is the last that it hears.
    pub(super) fn fail(&self, close: MessageRef<'_>) {
        self.outgoing().half.fail();
        // After our own close frame there is nothing more to say.
        let _ = self.push(close);
    }

    /// When our close frame was sent, if it was.
    pub(super) fn closed(&self) -> Option<Instant> {
        self.outgoing().closed
    }

    /// When a data message was sent last.
    pub(super) fn last_data(&self) -> Instant {
        self.outgoing().data
    }

    /// Whether messages may no longer be sent.
    pub(super) fn is_closed(&self) -> bool {
        let outgoing = self.outgoing();
        outgoing.half.is_closed() || outgoing.broken.is_some()
    }
}

impl<S: AsyncRead + Unpin> Link<S> {
    /// Reads once and shows what came; `None` at the end.
    pub(super) fn poll_read<T>(
        &self,
        cx: &mut Context<'_>,
        take: impl FnOnce(&[u8]) -> T,
    ) -> Poll<io::Result<Option<T>>> {
        let mut memory = INPUT.try_with(RefCell::take).unwrap_or_default();
        memory.resize(READ_SIZE, 0);
        let mut buffer = ReadBuf::new(&mut memory);
        let read = Pin::new(&mut *self.io()).poll_read(cx, &mut buffer);
        let result = read.map_ok(|()| match buffer.filled() {
            [] => None,
            bytes => Some(take(bytes)),
        });
        let _ = INPUT.try_with(|kept| kept.replace(memory));
        result
    }
}

impl<S: AsyncRead + Unpin> Link<S> {
    /// Reads once, at most `length` bytes, behind what is in `memory`. Tells how many came; 0 at
    /// the end.
    pub(super) fn poll_read_to(
        &self,
        cx: &mut Context<'_>,
        memory: &mut Vec<u8>,
        length: usize,
    ) -> Poll<io::Result<usize>> {
        memory.reserve(length);
        let mut io = self.io();
        let mut limited = memory.limit(length);
        // Dropped before it is ready, it has read nothing.
        pin!(io.read_buf(&mut limited)).poll(cx)
    }
}

impl<S: AsyncWrite + Unpin> Link<S> {
    /// Ready when fewer bytes wait than the limit is.
    pub(super) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.poll_outgoing(cx).map_ok(drop)
    }

    fn poll_outgoing(&self, cx: &mut Context<'_>) -> Poll<Result<MutexGuard<'_, Outgoing>>> {
        let outgoing = self.outgoing();
        if let Some(kind) = outgoing.broken {
            return Poll::Ready(Err(Error::Io(kind.into())));
        }
        if outgoing.waiting() < self.options.write_buffer.max(1) {
            return Poll::Ready(Ok(outgoing));
        }
        drop(outgoing);
        ready!(self.poll_flush(cx, Half::Sender))?;
        Poll::Ready(Ok(self.outgoing()))
    }

    /// Takes a message when there is room for it.
    pub(super) fn poll_feed(
        &self,
        cx: &mut Context<'_>,
        message: MessageRef<'_>,
    ) -> Poll<Result<()>> {
        let outgoing = ready!(self.poll_outgoing(cx))?;
        Poll::Ready(self.feed(outgoing, message))
    }

    /// Takes a message, whether there is room for it or not.
    pub(super) fn feed_anyway(&self, message: MessageRef<'_>) -> Result<()> {
        self.feed(self.outgoing(), message)
    }

    fn feed(
        &self,
        mut outgoing: MutexGuard<'_, Outgoing>,
        message: MessageRef<'_>,
    ) -> Result<()> {
        let (kind, payload) = match message {
            MessageRef::Text(text) => (DataKind::Text, text.as_bytes()),
            MessageRef::Binary(bytes) => (DataKind::Binary, bytes),
            _ => return self.put(outgoing, message),
        };
        if payload.len() < WRITTEN_THROUGH {
            return self.put(outgoing, message);
        }
        let mut io = self.io();
        let length = payload.len() as u64;
        let Outgoing { half, frames, .. } = &mut *outgoing;
        if !io.is_write_vectored() || !half.send_head(kind, length, frames)? {
            drop(io);
            return self.put(outgoing, message);
        }
        let waker = Waker::from(Arc::clone(&self.wakers));
        if let Err(error) =
            outgoing.write_with(&mut *io, &mut Context::from_waker(&waker), payload)
        {
            outgoing.broken = Some(error.kind());
            return Err(Error::Io(error));
        }
        self.said(&mut outgoing);
        Ok(())
    }

    /// As [`poll_feed`](Self::poll_feed).
    pub(super) fn poll_feed_prepared(
        &self,
        cx: &mut Context<'_>,
        message: &Prepared,
    ) -> Poll<Result<()>> {
        let mut outgoing = ready!(self.poll_outgoing(cx))?;
        let Outgoing { half, frames, .. } = &mut *outgoing;
        half.send_prepared(message, frames)?;
        self.said(&mut outgoing);
        Poll::Ready(Ok(()))
    }

    /// Hands everything that waits to the transport.
    pub(super) fn poll_flush(&self, cx: &mut Context<'_>, half: Half) -> Poll<Result<()>> {
        let mut outgoing = self.outgoing();
        if let Some(kind) = outgoing.broken {
            return Poll::Ready(Err(Error::Io(kind.into())));
        }
        if outgoing.frames.is_empty() && outgoing.pong.is_none() && !outgoing.unflushed {
            return Poll::Ready(Ok(()));
        }
        self.register(half, cx);
        let waker = Waker::from(Arc::clone(&self.wakers));
        let flushed = outgoing.poll_flush(&mut *self.io(), &mut Context::from_waker(&waker));
        if let Poll::Ready(Err(error)) = &flushed {
            outgoing.broken = Some(error.kind());
        }
        drop(outgoing);
        if flushed.is_ready() {
            // It may wait for what was done just now.
            self.wakers.wake_half(match half {
                Half::Receiver => Half::Sender,
                Half::Sender => Half::Receiver,
            });
        }
        flushed.map_err(Error::Io)
    }

    /// Ends our direction of the transport.
    pub(super) fn poll_shutdown(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.io()).poll_shutdown(cx)
    }
}

impl Outgoing {
    /// How many bytes the transport has not taken.
    fn waiting(&self) -> usize {
        self.frames.len() - self.sent
    }

    /// All of the frames was taken.
    fn clear(&mut self) {
        self.sent = 0;
        self.frames.clear();
        if self.frames.capacity() > SPARE_MAX {
            self.frames = Vec::new();
        }
    }

    /// Writes what waits and `rest` behind it, and keeps what the transport does not take at once.
    fn write_with<S: AsyncWrite + Unpin>(
        &mut self,
        io: &mut S,
        cx: &mut Context<'_>,
        mut rest: &[u8],
    ) -> io::Result<()> {
        self.unflushed = true;
        while !rest.is_empty() {
            let both = [IoSlice::new(&self.frames[self.sent..]), IoSlice::new(rest)];
            let Poll::Ready(written) = Pin::new(&mut *io).poll_write_vectored(cx, &both) else {
                break;
            };
            let length = match written? {
                0 => return Err(ErrorKind::WriteZero.into()),
                length => length,
            };
            let of_frames = length.min(self.waiting());
            self.sent += of_frames;
            rest = &rest[length - of_frames..];
        }
        if self.waiting() == 0 {
            self.clear();
        }
        self.frames.extend_from_slice(rest);
        Ok(())
    }

    fn poll_flush<S: AsyncWrite + Unpin>(
        &mut self,
        io: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            while self.waiting() > 0 {
                self.unflushed = true;
                let rest = &self.frames[self.sent..];
                match ready!(Pin::new(&mut *io).poll_write(cx, rest))? {
                    0 => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                    length => self.sent += length,
                }
            }
            self.clear();
            match self.pong.take() {
                // After our close frame none is due (section 5.5.2).
                Some(data) => match self.half.send(MessageRef::Pong(&data), &mut self.frames) {
                    Ok(()) | Err(SendError::Closed) => {}
                    Err(error) => debug_assert!(false, "a ping's payload fits: {error}"),
                },
                None => break,
            }
        }
        ready!(Pin::new(io).poll_flush(cx))?;
        self.unflushed = false;
        Poll::Ready(Ok(()))
    }
}

/// Wakes both halves: a transport knows one task that waits to write, and there may be two.
#[derive(Debug, Default)]
struct Wakers {
    receiver: Mutex<Option<Waker>>,
    sender: Mutex<Option<Waker>>,
}

impl Wakers {
    fn of(&self, half: Half) -> MutexGuard<'_, Option<Waker>> {
        let waker = match half {
            Half::Receiver => &self.receiver,
            Half::Sender => &self.sender,
        };
        waker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn register(&self, half: Half, waker: &Waker) {
        let mut kept = self.of(half);
        if !kept.as_ref().is_some_and(|kept| kept.will_wake(waker)) {
            *kept = Some(waker.clone());
        }
    }

    fn wake_half(&self, half: Half) {
        let waker = self.of(half).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        Wakers::wake_half(self, Half::Receiver);
        Wakers::wake_half(self, Half::Sender);
    }
}
