//! One connection of made-up TCP (RFC 9293): packets around bytes that came without any.

use super::pcapng;
use crate::flow::{Direction, End, FlowId, Time};
use etherparse::PacketBuilder;
use std::net::{IpAddr, SocketAddr};

/// Bytes of payload in a packet: what Ethernet's 1500 leave beside the headers of IPv4 and TCP,
/// as captures of a network have them. The headers and the block add 5 % to what is long.
const SEGMENT: usize = 1460;

/// The sequence numbers of the first connection's two SYNs.
const FIRST: [u32; 2] = [1000, 2000];

/// How far those of the next connection are from them. Readers take a SYN with the number of an
/// earlier one between the same ports for its retransmission, and the connection for none. It is odd,
/// so that none comes again in 2^32 connections, and large, so that neighbours are far from each other.
const STEP: u32 = 0x9E37_79B9;

/// The longest hole. No window reaches further than 2^30 bytes (RFC 7323 section 2.3), readers take
/// what lies beyond for strayed, and what follows the hole must not be.
const MAX_HOLE: u64 = 1 << 29;

/// A flag, beside ACK, that a packet has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flag {
    Syn,
    Fin,
    Reset,
    None,
}

/// What is kept of it.
#[derive(Debug)]
pub(super) struct Tcp {
    /// Whose packets go in each direction, both of the same kind.
    ends: [(IpAddr, u16); 2],
    /// The next sequence number of each of them.
    next: [u32; 2],
    pub ended: [bool; 2],
}

impl Tcp {
    /// Opens one, with the three packets that it takes (RFC 9293 section 3.5).
    pub fn open(
        number: FlowId,
        client: SocketAddr,
        server: SocketAddr,
        time: Time,
        out: &mut Vec<u8>,
    ) -> Self {
        let same = client.is_ipv4() == server.is_ipv4();
        let end = |end: SocketAddr| match end.ip() {
            IpAddr::V4(ip) if !same => (ip.to_ipv6_mapped().into(), end.port()),
            ip => (ip, end.port()),
        };
        let mut tcp = Self {
            ends: [end(client), end(server)],
            next: FIRST.map(|first| first.wrapping_add(number.wrapping_mul(STEP))),
            ended: [false; 2],
        };
        tcp.packet(Direction::ClientToServer, time, Flag::Syn, &[], out);
        tcp.packet(Direction::ServerToClient, time, Flag::Syn, &[], out);
        tcp.acknowledge(Direction::ClientToServer, time, out);
        tcp
    }

    /// Bytes, in as many packets as it takes.
    pub fn data(&mut self, way: Direction, time: Time, bytes: &[u8], out: &mut Vec<u8>) {
        let packets = bytes.len().div_ceil(SEGMENT);
        out.reserve(bytes.len() + packets * 96);
        for piece in bytes.chunks(SEGMENT) {
            self.packet(way, time, Flag::None, piece, out);
        }
    }

    /// `length` bytes that nobody saw, 0 where their number is unknown. The receiver acknowledges
    /// them: only the capture has a hole.
    pub fn gap(&mut self, way: Direction, time: Time, length: u64, out: &mut Vec<u8>) {
        let hole = match length {
            0 => MAX_HOLE,
            length => length.min(MAX_HOLE),
        };
        let next = &mut self.next[way as usize];
        *next = next.wrapping_add(hole as u32);
        self.acknowledge(way.opposite(), time, out);
    }

    /// One direction ends, once; a reset ends both.
    pub fn end(&mut self, way: Direction, time: Time, how: End, out: &mut Vec<u8>) {
        if self.ended[way as usize] {
            return;
        }
        match how {
            End::Fin => {
                self.packet(way, time, Flag::Fin, &[], out);
                self.acknowledge(way.opposite(), time, out);
            }
            End::Reset => {
                self.packet(way, time, Flag::Reset, &[], out);
                self.ended = [true; 2];
            }
            End::Cut => {}
        }
        self.ended[way as usize] = true;
    }

    fn acknowledge(&mut self, way: Direction, time: Time, out: &mut Vec<u8>) {
        self.packet(way, time, Flag::None, &[], out);
    }

    fn packet(
        &mut self,
        way: Direction,
        time: Time,
        flag: Flag,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) {
        let (from, to) = (way as usize, way.opposite() as usize);
        let (source, source_port) = self.ends[from];
        let (destination, destination_port) = self.ends[to];
        let ip = match (source, destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                PacketBuilder::ipv4(source.octets(), destination.octets(), 64)
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                PacketBuilder::ipv6(source.octets(), destination.octets(), 64)
            }
            // `open` sees to it that there are none.
            _ => return,
        };
        let mut tcp = ip.tcp(source_port, destination_port, self.next[from], u16::MAX);
        // Only the first packet of all has nothing to acknowledge.
        if flag != Flag::Syn || way == Direction::ServerToClient {
            tcp = tcp.ack(self.next[to]);
        }
        tcp = match flag {
            Flag::Syn => tcp.syn(),
            Flag::Fin => tcp.fin(),
            Flag::Reset => tcp.rst(),
            Flag::None if payload.is_empty() => tcp,
            Flag::None => tcp.psh(),
        };
        let mut bytes = Vec::with_capacity(tcp.size(payload.len()));
        // It fails for a packet that is too long for IP, and no segment is.
        if tcp.write(&mut bytes, payload).is_ok() {
            pcapng::packet(out, time, &bytes);
        }
        // SYN and FIN count like a byte (RFC 9293 section 3.4).
        let counts = u32::from(matches!(flag, Flag::Syn | Flag::Fin));
        self.next[from] = self.next[from].wrapping_add(payload.len() as u32 + counts);
    }
}
