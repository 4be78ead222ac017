//! Two ends of a connection, and transports for them.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use ws4wasm::deflate::Parameters;
use ws4wasm::tokio::{Agreed, Options, Role, WebSocketStream};

pub type Ws<S = DuplexStream> = WebSocketStream<S>;

pub fn deflated() -> Agreed {
    let mut agreed = Agreed::default();
    agreed.deflate = Some(Parameters::default());
    agreed
}

/// A server and a client, with compression.
pub fn pair(size: usize, options: &Options) -> (Ws, Ws) {
    let (one, other) = duplex(size);
    let end = |io, role| WebSocketStream::new(io, role, &deflated(), options.clone());
    (end(one, Role::Server), end(other, Role::Client))
}

/// Gives and takes one byte at a time, and lets everybody wait in between.
#[derive(Debug)]
pub struct Drip<S> {
    io: S,
    read: bool,
    write: bool,
}

impl<S> Drip<S> {
    pub fn new(io: S) -> Self {
        Self {
            io,
            read: false,
            write: false,
        }
    }
}

/// Every second time it is "not yet".
fn waits(turn: &mut bool, cx: &mut Context<'_>) -> bool {
    *turn = !*turn;
    if *turn {
        cx.waker().wake_by_ref();
    }
    *turn
}

impl<S: AsyncRead + Unpin> AsyncRead for Drip<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if waits(&mut self.read, cx) {
            return Poll::Pending;
        }
        let mut byte = [0];
        let mut one = ReadBuf::new(&mut byte);
        let read = Pin::new(&mut self.io).poll_read(cx, &mut one);
        buffer.put_slice(one.filled());
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Drip<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if waits(&mut self.write, cx) {
            return Poll::Pending;
        }
        let one = &bytes[..bytes.len().min(1)];
        Pin::new(&mut self.io).poll_write(cx, one)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// Polls a future this many times and drops it; its output if it has come by then.
pub fn polled<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    (0..times).find_map(|_| match future.as_mut().poll(&mut cx) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    })
}
