//! What a source of traffic tells the dissector: connections, and the bytes of their two
//! streams in order. Captures, live traffic and pasted bytes all come in through here.
//!
//! A source reassembles: the bytes of one direction come in the order of their sequence
//! numbers, each once, holes told as gaps. Between directions and connections, events come in
//! the order in which they were seen. The dissector knows nothing of packets but their numbers.

use std::net::IpAddr;

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Direction {
    /// From the client to the server.
    ClientToServer = 0,
    /// From the server to the client.
    ServerToClient = 1,
}

impl Direction {
    /// Both, as indices of an array of two have it.
    pub const BOTH: [Self; 2] = [Self::ClientToServer, Self::ServerToClient];

    /// The other one.
    pub const fn opposite(self) -> Self {
        match self {
            Self::ClientToServer => Self::ServerToClient,
            Self::ServerToClient => Self::ClientToServer,
        }
    }
}

/// Nanoseconds since 1970-01-01 UTC, or since the first event where a source has no clock.
pub type Time = u64;

/// One end of a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// An address or a name, as it is to be shown. IPv6 without brackets.
    pub address: String,
    /// The port, 0 when there is none.
    pub port: u16,
}

impl Endpoint {
    /// The address for packets; none if it is a name. An IPv6 zone (`%eth0`, RFC 4007 section 11)
    /// is left out, because packets have no place for it.
    pub fn ip(&self) -> Option<IpAddr> {
        match self.address.split_once('%') {
            Some((address, _zone)) => address.parse().map(IpAddr::V6).ok(),
            None => self.address.parse().ok(),
        }
    }
}

/// What is known of a connection when its first event comes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opened {
    /// Whoever opened the TCP connection, or is thought to have done so.
    pub client: Endpoint,
    /// The other end.
    pub server: Endpoint,
    /// When the first packet of it was seen.
    pub time: Time,
    /// Which end is the client is known (a SYN was seen, or the source says so). If it is not,
    /// the dissector may turn the connection round once bytes tell otherwise.
    pub client_known: bool,
    /// The first byte told is the first of the connection, in both directions. False for a
    /// capture that began in the middle of it.
    pub from_start: bool,
    /// What the bytes are.
    pub content: Content,
    /// The URL, where the source knows it and no handshake shows it (HAR).
    pub url: Option<String>,
    /// These bytes came out of TLS: URLs are wss: and https:.
    pub secure: bool,
}

/// What a source knows about the bytes it tells of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Content {
    /// Any TCP connection: it may be WebSocket, HTTP, TLS or anything.
    #[default]
    Unknown,
    /// WebSocket, with or without a handshake before the frames: raw bytes that someone gave to
    /// be looked at. Everything that does not fit is a violation.
    WebSocket,
    /// Frames the source has made of messages, without masks and handshake (HAR). What only the
    /// wire can tell, such as masking, is not judged.
    Messages,
    /// A handshake and headers of frames, whose payloads nobody has recorded: holes, which are
    /// not told of, one behind each header. Masking keys are unknown as well (net-logs without
    /// bytes).
    Headers,
    /// No WebSocket, as somebody has said: nothing is looked at.
    Other,
}

/// Where the source had bytes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Source {
    /// The number of the packet in the capture, counted from 1; 0 when there are no packets.
    pub packet: u32,
    /// Where in the file the first of the bytes stands. 0 when that makes no sense.
    pub offset: u64,
    /// The TLS record that they were in, if they were decrypted; then `packet` is the one with
    /// the record's end, and `offset` where the record begins.
    pub record: Option<Record>,
}

/// A TLS record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Its number in its direction, counted from 1.
    pub number: u32,
    /// The packet with its first byte.
    pub first_packet: u32,
}

/// How one direction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum End {
    /// In order.
    Fin = 1,
    /// By a reset: nothing more comes in either direction.
    Reset = 2,
    /// The capture is over, the connection was not.
    Cut = 3,
}

/// Names a connection between a source and its sink. Given out once, never used again.
pub type FlowId = u32;

/// Takes the events of a source. Events of an unknown or ended flow are counted and dropped, so
/// that a source need not know what the sink keeps.
pub trait FlowSink {
    /// A connection, before anything else of it.
    fn open(&mut self, opened: Opened) -> FlowId;

    /// The next bytes of one direction; never none. `time` is that of the packet with them.
    fn data(
        &mut self,
        flow: FlowId,
        direction: Direction,
        time: Time,
        source: Source,
        bytes: &[u8],
    );

    /// `length` bytes are missing here; 0 where their number is unknown.
    fn gap(&mut self, flow: FlowId, direction: Direction, time: Time, length: u64);

    /// Nothing more comes in this direction.
    fn end(&mut self, flow: FlowId, direction: Direction, time: Time, how: End);

    /// A key log that the source carries (pcapng's Decryption Secrets Block).
    fn secrets(&mut self, _key_log: &[u8]) {}
}
