//! One client: a handshake, then as many messages on their way as the plan says.

use mio::net::TcpStream;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What all connections do.
pub struct Plan {
    in_flight: usize,
    tcp: bool,
    /// As many requests as are in flight.
    requests: Vec<u8>,
    request_len: usize,
    /// The header of an echo; its payload is that of the request.
    reply_head: Vec<u8>,
    reply_len: usize,
}

impl Plan {
    pub fn new(in_flight: usize, bytes: usize, text: bool, tcp: bool) -> Self {
        let opcode = if text { 1 } else { 2 };
        let payload: Vec<u8> = (0..bytes).map(|i| b'a' + (i % 26) as u8).collect();
        let key = [0x12, 0xa4, 0x56, 0xf8];
        let mut request = header(opcode, bytes, 0x80);
        request.extend(key);
        request.extend(payload.iter().zip(key.iter().cycle()).map(|(a, b)| a ^ b));
        let reply_head = if tcp {
            request[..2].to_vec()
        } else {
            header(opcode, bytes, 0)
        };
        let reply_len = if tcp {
            request.len()
        } else {
            reply_head.len() + bytes
        };
        Self {
            in_flight,
            tcp,
            request_len: request.len(),
            requests: request.repeat(in_flight),
            reply_head,
            reply_len,
        }
    }

    pub fn in_flight(&self) -> usize {
        self.in_flight
    }
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

pub struct Connection {
    socket: TcpStream,
    /// When the messages in flight were sent, the oldest first.
    sent: VecDeque<Instant>,
    /// Bytes of requests that the socket has not taken.
    unsent: usize,
    /// Bytes of the current echo that have come.
    received: usize,
}

impl Connection {
    /// Connects and shakes hands; returns when the server has agreed.
    pub fn open(address: SocketAddr, plan: &Plan) -> io::Result<Self> {
        let mut socket = std::net::TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        if !plan.tcp {
            socket.write_all(
                b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n\
                  Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                  Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            )?;
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                socket.read_exact(&mut byte)?;
                head.push(byte[0]);
            }
            if !head.starts_with(b"HTTP/1.1 101 ") {
                return Err(io::Error::other("the server did not agree"));
            }
        }
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket: TcpStream::from_std(socket),
            sent: VecDeque::with_capacity(plan.in_flight),
            unsent: 0,
            received: 0,
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

    fn send(&mut self, plan: &Plan, count: usize) -> io::Result<()> {
        let now = Instant::now();
        self.sent.extend(std::iter::repeat_n(now, count));
        self.unsent += count * plan.request_len;
        self.flush(plan)
    }

    fn flush(&mut self, plan: &Plan) -> io::Result<()> {
        while self.unsent > 0 {
            // The requests are all the same: the end of the buffer is what is missing.
            let from = plan.requests.len() - self.unsent;
            match self.socket.write(&plan.requests[from..]) {
                Ok(taken) => self.unsent -= taken,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
