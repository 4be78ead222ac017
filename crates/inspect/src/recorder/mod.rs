//! A capture for Wireshark, written while things happen: the bytes that pass, in TCP that is made
//! up around them.

pub(crate) mod pcapng;
mod tcp;

use super::flow::{Direction, End, FlowId, Time};
use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use tcp::Tcp;

/// Writes a pcapng file (draft-ietf-opsawg-pcapng) of TCP connections as they happen.
///
/// It is told of connections as a [`FlowSink`](super::flow::FlowSink) is, and each call returns
/// the bytes to append to the file: whole blocks, so that what was appended so far is always a
/// whole file. Bytes of several connections may come in any order; their packets are in the order
/// of the calls. Of a connection it keeps some 50 bytes, and those only until it has ended.
///
/// Packets begin with IP. They carry at most 1460 bytes each, acknowledge what came before, and
/// have right checksums. Times are written as they are given, in nanoseconds since 1970.
///
/// ```
/// use std::net::SocketAddr;
/// use ws4wasm_inspect::flow::{Direction, End};
/// use ws4wasm_inspect::recorder::Recorder;
/// use ws4wasm_inspect::{Options, Session, Treat, Which};
///
/// let mut recorder = Recorder::new();
/// let mut file = recorder.head();
/// let client = SocketAddr::from(([192, 0, 2, 1], 51_000));
/// let server = SocketAddr::from(([192, 0, 2, 2], 80));
/// let time = 1_700_000_000_000_000_000;
/// let (connection, opening) = recorder.open(client, server, time);
/// file.extend(opening);
/// let frame = b"\x81\x05Hello";
/// file.extend(recorder.data(connection, Direction::ServerToClient, time + 1_000_000, frame)?);
/// file.extend(recorder.end(connection, Direction::ServerToClient, time + 2_000_000, End::Fin)?);
///
/// // There is no handshake by which it could be told.
/// let treat = vec![Treat { which: Which::Port(80), websocket: true }];
/// let mut session = Session::new(Options { treat, ..Options::default() }, None);
/// session.push(&file)?;
/// session.finish()?;
/// assert_eq!(session.totals().frames, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Recorder {
    /// Those that have not ended.
    open: HashMap<FlowId, Tcp>,
    /// How many there have been.
    opened: FlowId,
}

/// A call that does not fit what was told before. Nothing was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecorderError {
    /// No connection of this number was opened.
    Unknown(FlowId),
    /// Bytes of a direction that has ended.
    Ended(FlowId, Direction),
}

impl fmt::Display for RecorderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(connection) => {
                write!(f, "there is no connection {connection}; open it first")
            }
            Self::Ended(connection, way) => {
                let way = super::report::direction_name(*way);
                write!(
                    f,
                    "connection {connection} has ended in the direction {way}, \
                     and nothing can come behind the end; open another one"
                )
            }
        }
    }
}

impl std::error::Error for RecorderError {}

impl Recorder {
    /// A recorder of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a file begins with. It is the same each time, so connections can go on in the next
    /// file after this.
    pub fn head(&self) -> Vec<u8> {
        pcapng::head()
    }

    /// A new connection: its number, by which the other calls name it, and the packets that open
    /// it. Numbers count from 0, and none is given twice. Where one end is of IPv4 and the other
    /// of IPv6, the former is written as IPv6 has it (RFC 4291 section 2.5.5.2).
    pub fn open(
        &mut self,
        client: SocketAddr,
        server: SocketAddr,
        time: Time,
    ) -> (FlowId, Vec<u8>) {
        let mut out = Vec::new();
        let number = self.opened;
        self.opened = number.wrapping_add(1);
        self.open
            .insert(number, Tcp::open(number, client, server, time, &mut out));
        (number, out)
    }

    /// The next bytes of one direction; none for no bytes.
    ///
    /// # Errors
    /// There was no such connection, or this direction of it has ended.
    pub fn data(
        &mut self,
        connection: FlowId,
        direction: Direction,
        time: Time,
        bytes: &[u8],
    ) -> Result<Vec<u8>, RecorderError> {
        let mut out = Vec::new();
        let tcp = self.sending(connection, direction)?;
        tcp.data(direction, time, bytes, &mut out);
        Ok(out)
    }

    /// `length` bytes of one direction were not seen; 0 where their number is unknown. That, and more
    /// than 512 MiB, is written as 512 MiB: sequence numbers can tell little more.
    ///
    /// # Errors
    /// Those of [`data`](Self::data).
    pub fn gap(
        &mut self,
        connection: FlowId,
        direction: Direction,
        time: Time,
        length: u64,
    ) -> Result<Vec<u8>, RecorderError> {
        let mut out = Vec::new();
        let tcp = self.sending(connection, direction)?;
        tcp.gap(direction, time, length, &mut out);
        Ok(out)
    }

    /// One direction has ended: by its sender's FIN, or by a reset, which ends the other one,
    /// too. [`End::Cut`] is for what is not followed any further: nothing is written. A connection
    /// of which both have ended is forgotten. Where it had ended before, nothing happens.
    ///
    /// # Errors
    /// There was no such connection.
    pub fn end(
        &mut self,
        connection: FlowId,
        direction: Direction,
        time: Time,
        how: End,
    ) -> Result<Vec<u8>, RecorderError> {
        let mut out = Vec::new();
        let Some(tcp) = self.open.get_mut(&connection) else {
            return match connection < self.opened {
                true => Ok(out),
                false => Err(RecorderError::Unknown(connection)),
            };
        };
        tcp.end(direction, time, how, &mut out);
        if tcp.ended == [true; 2] {
            self.open.remove(&connection);
        }
        Ok(out)
    }

    /// How many connections have not ended.
    pub fn open_connections(&self) -> usize {
        self.open.len()
    }

    /// A connection whose bytes may come in this direction.
    fn sending(&mut self, number: FlowId, way: Direction) -> Result<&mut Tcp, RecorderError> {
        let opened = number < self.opened;
        match self.open.get_mut(&number) {
            Some(tcp) if !tcp.ended[way as usize] => Ok(tcp),
            None if !opened => Err(RecorderError::Unknown(number)),
            _ => Err(RecorderError::Ended(number, way)),
        }
    }
}
