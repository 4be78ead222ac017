//! One client: a handshake, then as many messages on their way as the plan says.

use crate::deflate;
use mio::net::TcpStream;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What is spoken with the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Ws,
    /// With permessage-deflate, after this offer.
    Deflate(&'static str),
    /// No WebSocket: bytes come back as they are.
    Tcp,
}

/// What all connections do.
pub struct Plan {
    in_flight: usize,
    protocol: Protocol,
    /// Requests that are sent over and over, at least as many as are in flight.
    requests: Vec<u8>,
    /// The length of each.
    lengths: Vec<usize>,
    /// The header of an echo; its payload is that of the request. Of a compressed one the first byte.
    reply_head: Vec<u8>,
    reply_len: usize,
    /// The first message of a connection.
    message: Vec<u8>,
}

impl Plan {
    pub fn new(in_flight: usize, bytes: usize, text: bool, protocol: Protocol) -> Self {
        let opcode = if text { 1 } else { 2 };
        let compressed = matches!(protocol, Protocol::Deflate(_));
        let payloads = if compressed {
            deflate::messages(bytes)
        } else {
            vec![(0..bytes).map(|i| b'a' + (i % 26) as u8).collect()]
        };
        let frames = payloads.iter().map(|payload| {
            if compressed {
                let mut frame = request(opcode, &deflate::compress(payload));
                frame[0] |= RSV1;
                frame
            } else {
                request(opcode, payload)
            }
        });
        let frames: Vec<_> = frames.collect();
        let count = in_flight.next_multiple_of(frames.len());
        let all = || frames.iter().cycle().take(count);
        let (reply_head, reply_len) = match protocol {
            Protocol::Ws => {
                let head = header(opcode, bytes, 0);
                let length = head.len() + bytes;
                (head, length)
            }
            Protocol::Deflate(_) => (frames[0][..1].to_vec(), 0),
            Protocol::Tcp => (frames[0][..2].to_vec(), frames[0].len()),
        };
        Self {
            in_flight,
            protocol,
            requests: all().flatten().copied().collect(),
            lengths: all().map(Vec::len).collect(),
            reply_head,
            reply_len,
            message: payloads.into_iter().next().unwrap_or_default(),
        }
    }

    pub fn in_flight(&self) -> usize {
        self.in_flight
    }
}

/// The bit of a compressed message (RFC 7692 section 6).
const RSV1: u8 = 0x40;

/// A masked frame.
fn request(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let key = [0x12, 0xa4, 0x56, 0xf8];
    let mut frame = header(opcode, payload.len(), 0x80);
    frame.extend(key);
    frame.extend(payload.iter().zip(key.iter().cycle()).map(|(a, b)| a ^ b));
    frame
}

/// The header of a frame with FIN, without a key.
fn header(opcode: u8, length: usize, mask: u8) -> Vec<u8> {
    let mut head = vec![0x80 | opcode];
    match length {
        0..=125 => head.push(mask | length as u8),
        126..=0xffff => {
            head.push(mask | 126);
            head.extend((length as u16).to_be_bytes());
        }
        _ => {
            head.push(mask | 127);
            head.extend((length as u64).to_be_bytes());
        }
    }
    head
}

/// The lengths of an unmasked frame's header and of its payload, once the header is all there.
fn lengths(head: &[u8]) -> Option<(usize, usize)> {
    let big = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0, |all, byte| all << 8 | usize::from(*byte))
    };
    let need = match head.get(1)? {
        126 => 4,
        127 => 10,
        short => return Some((2, usize::from(*short))),
    };
    Some((need, big(head.get(2..need)?)))
}

pub struct Connection {
    socket: TcpStream,
    /// When the messages in flight were sent, the oldest first.
    sent: VecDeque<Instant>,
    /// The request that is sent next, as a place in [`Plan::lengths`].
    next: usize,
    /// Bytes of requests that the socket has not taken, and where in [`Plan::requests`] they begin.
    unsent: usize,
    from: usize,
    /// Bytes of the current echo that have come.
    received: usize,
    /// The header of a compressed echo, as far as it has come.
    head: Vec<u8>,
    /// The payload of the first compressed echo, until it was looked at.
    first: Option<Vec<u8>>,
}

impl Connection {
    /// Connects and shakes hands; returns when the server has agreed.
    pub fn open(address: SocketAddr, plan: &Plan) -> io::Result<Self> {
        let mut socket = std::net::TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        if plan.protocol != Protocol::Tcp {
            let extensions = match plan.protocol {
                Protocol::Deflate(offer) => format!("Sec-WebSocket-Extensions: {offer}\r\n"),
                _ => String::new(),
            };
            let request = format!(
                "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n\
                 Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                 Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{extensions}\r\n"
            );
            socket.write_all(request.as_bytes())?;
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                socket.read_exact(&mut byte)?;
                head.push(byte[0]);
            }
            if !head.starts_with(b"HTTP/1.1 101 ") {
                return Err(io::Error::other("the server did not agree"));
            }
            let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
            let deflate = matches!(plan.protocol, Protocol::Deflate(_));
            if deflate != head.contains("permessage-deflate") {
                return Err(io::Error::other(format!(
                    "deflate was not agreed on: {head}"
                )));
            }
        }
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket: TcpStream::from_std(socket),
            sent: VecDeque::with_capacity(plan.in_flight),
            next: 0,
            unsent: 0,
            from: 0,
            received: 0,
            head: Vec::new(),
            first: Some(Vec::new()),
        })
    }

    pub fn socket(&mut self) -> &mut TcpStream {
        &mut self.socket
    }

    /// Fills the window.
    pub fn start(&mut self, plan: &Plan) -> io::Result<()> {
        self.send(plan, plan.in_flight)
    }

    /// Takes what has come and sends as many messages as were answered. `record` is told of
    /// each: when it was answered and how long that took.
    pub fn ready(
        &mut self,
        plan: &Plan,
        buffer: &mut [u8],
        mut record: impl FnMut(Instant, Duration),
    ) -> io::Result<()> {
        loop {
            match self.socket.read(buffer) {
                Ok(0) => return Err(io::Error::other("the server hung up")),
                Ok(length) => {
                    let answered = self.take(plan, &buffer[..length])?;
                    let now = Instant::now();
                    for sent in self.sent.drain(..answered) {
                        record(now, now - sent);
                    }
                    self.send(plan, answered)?;
                    // Less than there was room for: the socket is empty.
                    if length < buffer.len() {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        self.flush(plan)
    }

    /// How many echoes these bytes complete. Each must begin as it should.
    fn take(&mut self, plan: &Plan, bytes: &[u8]) -> io::Result<usize> {
        if let Protocol::Deflate(_) = plan.protocol {
            return self.take_compressed(plan, bytes);
        }
        let mut answered = 0;
        let mut at = 0;
        while at < bytes.len() {
            let head = &plan.reply_head;
            while self.received < head.len() && at < bytes.len() {
                if bytes[at] != head[self.received] {
                    return Err(io::Error::other("this is not the echo"));
                }
                self.received += 1;
                at += 1;
            }
            let rest = (plan.reply_len - self.received).min(bytes.len() - at);
            self.received += rest;
            at += rest;
            if self.received == plan.reply_len {
                self.received = 0;
                answered += 1;
            }
        }
        Ok(answered)
    }

    /// The same of compressed ones, whose length is for the server to choose. What is sent without
    /// compression is none.
    fn take_compressed(&mut self, plan: &Plan, mut bytes: &[u8]) -> io::Result<usize> {
        let mut answered = 0;
        while let [byte, rest @ ..] = bytes {
            let Some((head, length)) = lengths(&self.head) else {
                self.head.push(*byte);
                bytes = rest;
                if !self.head.starts_with(&plan.reply_head) {
                    return Err(io::Error::other("this is not a compressed echo"));
                }
                continue;
            };
            debug_assert_eq!(head, self.head.len());
            let take = (length - self.received).min(bytes.len());
            if let Some(first) = &mut self.first {
                first.extend_from_slice(&bytes[..take]);
            }
            self.received += take;
            bytes = &bytes[take..];
            if self.received == length {
                if let Some(first) = self.first.take() {
                    deflate::check_first(&first, &plan.message)?;
                }
                self.received = 0;
                self.head.clear();
                answered += 1;
            }
        }
        Ok(answered)
    }

    fn send(&mut self, plan: &Plan, count: usize) -> io::Result<()> {
        let now = Instant::now();
        self.sent.extend(std::iter::repeat_n(now, count));
        for _ in 0..count {
            self.unsent += plan.lengths[self.next];
            self.next = (self.next + 1) % plan.lengths.len();
        }
        self.flush(plan)
    }

    fn flush(&mut self, plan: &Plan) -> io::Result<()> {
        while self.unsent > 0 {
            let end = plan.requests.len().min(self.from + self.unsent);
            match self.socket.write(&plan.requests[self.from..end]) {
                Ok(taken) => {
                    self.unsent -= taken;
                    self.from = (self.from + taken) % plan.requests.len();
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
