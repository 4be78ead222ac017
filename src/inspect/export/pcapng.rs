//! A capture for Wireshark: the bytes as they were, in TCP that is made up around them. Where
//! frames were chosen, or the wire was not seen, it is the frames behind a handshake: the one
//! that was seen, or one that would have led here.

use super::{by_connection, wire};
use crate::deflate::Parameters;
use crate::handshake::{ClientHandshake, ClientOptions, ServerHandshake, ServerOptions};
use crate::inspect::Inspection;
use crate::inspect::connection::{Connection, Head, Stream, Transport};
use crate::inspect::flow::{Content, Direction, End, Endpoint, Time};
use crate::inspect::store::Frame;
use etherparse::PacketBuilder;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

/// Bytes of payload in a packet.
const SEGMENT: usize = 1460;

/// LINKTYPE_RAW: packets begin with IP.
const RAW: u16 = 101;

/// These frames and their connections.
pub(super) fn write(inspection: &Inspection, frames: &[u32]) -> Vec<u8> {
    let all = by_connection(inspection, frames);
    let chosen = all.into_iter().map(|(number, connection, frames)| {
        around_frames(number, connection, frames.iter().map(|(_, frame)| *frame))
    });
    file(chosen.collect())
}

/// All connections of WebSockets, those too that came to no frame.
pub(super) fn write_all(inspection: &Inspection, frames: &[u32]) -> Vec<u8> {
    let with_frames = by_connection(inspection, frames).into_iter();
    let mut frames: BTreeMap<u32, _> = with_frames
        .map(|(number, _, frames)| (number, frames))
        .collect();
    let all = inspection
        .connections()
        .filter(|(_, connection)| connection.transport == Transport::WebSocket);
    let packets = all.map(|(number, connection)| {
        let frames = frames.remove(&number).unwrap_or_default();
        if frames.is_empty() || is_seen_whole(connection) {
            as_it_came(number, connection)
        } else {
            around_frames(number, connection, frames.iter().map(|(_, frame)| *frame))
        }
    });
    file(packets.collect())
}

/// Whether the bytes of a connection say what its frames are without anything made up.
fn is_seen_whole(connection: &Connection) -> bool {
    connection.opened.content != Content::Messages
        && connection.streams.iter().all(Stream::is_whole)
        && seen(connection).is_some()
}

/// All bytes, holes and all, in the pieces in which they came.
fn as_it_came(number: u32, connection: &Connection) -> Vec<Packet> {
    let mut tcp = Tcp::new(number, connection);
    tcp.open(connection.opened.time);
    let mut at = [0; 2];
    loop {
        let next = Direction::BOTH.into_iter().filter_map(|direction| {
            let piece =
                connection.streams[direction as usize].next_piece(at[direction as usize]);
            piece.map(|piece| (direction, piece))
        });
        let first =
            next.min_by_key(|(_, (_, segment, _))| (segment.time, segment.source.packet));
        let Some((direction, (hole, segment, bytes))) = first else {
            break;
        };
        tcp.skip(direction, hole);
        tcp.send(direction, segment.time, bytes);
        if hole > 0 {
            // The receiver had them: it is the capture that has a hole, and nobody need wait.
            tcp.acknowledge(direction.opposite(), segment.time);
        }
        at[direction as usize] += hole + bytes.len() as u64;
    }
    tcp.close(connection);
    tcp.packets
}

fn around_frames<'a>(
    number: u32,
    connection: &Connection,
    frames: impl Iterator<Item = &'a Frame>,
) -> Vec<Packet> {
    let mut tcp = Tcp::new(number, connection);
    let start = connection.opened.time;
    tcp.open(start);
    let (request, response) = seen(connection)
        .or_else(|| made_up(connection))
        .unwrap_or_default();
    let time = |head: &Option<Head>| head.as_ref().map_or(start, |head| head.time);
    tcp.send(
        Direction::ClientToServer,
        time(&connection.handshake.request),
        &request,
    );
    tcp.send(
        Direction::ServerToClient,
        time(&connection.handshake.response),
        &response,
    );
    for frame in frames {
        if let Some(bytes) = wire(connection, frame) {
            tcp.send(frame.direction(), frame.time, &bytes);
        }
    }
    tcp.close(connection);
    tcp.packets
}

/// The handshake that was seen.
fn seen(connection: &Connection) -> Option<(Vec<u8>, Vec<u8>)> {
    let seen = |head: &Option<Head>, d: usize| {
        let head = head.as_ref()?;
        let bytes = connection.streams[d]
            .read(head.offset, u64::from(head.length))
            .to_vec();
        (bytes.len() == head.length as usize).then_some(bytes)
    };
    let request = seen(&connection.handshake.request, 0);
    let response = seen(&connection.handshake.response, 1);
    request.zip(response)
}

fn made_up(connection: &Connection) -> Option<(Vec<u8>, Vec<u8>)> {
    let guessed = Direction::BOTH.into_iter().any(|direction| {
        let context = connection
            .frames(direction)
            .and_then(|frames| frames.deflate.as_ref());
        context.is_some()
    });
    let agreed = connection
        .handshake
        .deflate
        .or(guessed.then(Parameters::default));
    let options = ClientOptions {
        deflate: agreed,
        ..ClientOptions::new("unknown", "/")
    };
    let client = ClientHandshake::with_key(options, *b"not seen by us..").ok()?;
    let mut server = ServerHandshake::new(ServerOptions::default());
    let request = server.receive(client.request()).ok()??;
    let extensions = agreed.map(|agreed| agreed.answer().to_string());
    let response = request.accept(None, &[], extensions.as_deref()).ok()?;
    Some((client.request().to_vec(), response))
}

/// One connection of made-up TCP.
struct Tcp {
    ends: [(IpAddr, u16); 2],
    /// The next sequence number of each end.
    next: [u32; 2],
    packets: Vec<Packet>,
    time: Time,
}

/// When, and its bytes.
type Packet = (Time, Vec<u8>);

#[derive(Clone, Copy, Default)]
struct Flags {
    syn: bool,
    fin: bool,
    rst: bool,
    ack: bool,
}

impl Tcp {
    fn new(number: u32, connection: &Connection) -> Self {
        let number = number as u16;
        let opened = &connection.opened;
        let parse = |end: &Endpoint| end.address.parse::<IpAddr>().ok();
        let given = parse(&opened.client).zip(parse(&opened.server));
        // Both of the same kind, or both made up.
        let same = given.filter(|(client, server)| client.is_ipv4() == server.is_ipv4());
        let (client, server) = same.unwrap_or((
            IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)),
            IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)),
        ));
        let port = |port: u16, instead: u16| if port == 0 { instead } else { port };
        let client_port = port(opened.client.port, 49152 | number & 0x3fff);
        Self {
            ends: [
                (client, client_port),
                (server, port(opened.server.port, 80)),
            ],
            next: [1000, 2000],
            packets: Vec::new(),
            time: 0,
        }
    }

    fn open(&mut self, time: Time) {
        let syn = Flags {
            syn: true,
            ..Flags::default()
        };
        self.packet(Direction::ClientToServer, time, syn, &[]);
        self.packet(
            Direction::ServerToClient,
            time,
            Flags { ack: true, ..syn },
            &[],
        );
        self.acknowledge(Direction::ClientToServer, time);
    }

    fn send(&mut self, direction: Direction, time: Time, bytes: &[u8]) {
        for piece in bytes.chunks(SEGMENT) {
            let ack = Flags {
                ack: true,
                ..Flags::default()
            };
            self.packet(direction, time, ack, piece);
        }
    }

    fn acknowledge(&mut self, direction: Direction, time: Time) {
        let ack = Flags {
            ack: true,
            ..Flags::default()
        };
        self.packet(direction, time, ack, &[]);
    }

    /// Bytes that nobody saw.
    fn skip(&mut self, direction: Direction, length: u64) {
        // Half of the sequence numbers lie ahead. More are missing only where nobody knows how
        // many.
        let (d, _) = super::both(direction);
        self.next[d] = self.next[d].wrapping_add(length.min(1 << 30) as u32);
    }

    /// Each direction ends as it did, or not at all.
    fn close(&mut self, connection: &Connection) {
        let ack = Flags {
            ack: true,
            ..Flags::default()
        };
        let ended = |how| {
            let ends = connection.ended;
            Direction::BOTH
                .into_iter()
                .filter(move |direction| ends[*direction as usize] == Some(how))
        };
        let time = connection.last;
        for direction in ended(End::Fin) {
            self.packet(direction, time, Flags { fin: true, ..ack }, &[]);
            self.acknowledge(direction.opposite(), time);
        }
        // One is enough for both.
        if let Some(direction) = ended(End::Reset).next() {
            self.packet(direction, time, Flags { rst: true, ..ack }, &[]);
        }
    }

    fn packet(&mut self, direction: Direction, time: Time, flags: Flags, payload: &[u8]) {
        // Never back in time, or the order of packets would not be that of sequence numbers.
        self.time = self.time.max(time);
        let (d, other) = super::both(direction);
        let ((from, from_port), (to, to_port)) = (self.ends[d], self.ends[other]);
        let builder = match (from, to) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                PacketBuilder::ipv4(from.octets(), to.octets(), 64)
            }
            (IpAddr::V6(from), IpAddr::V6(to)) => {
                PacketBuilder::ipv6(from.octets(), to.octets(), 64)
            }
            _ => return,
        };
        let mut tcp = builder.tcp(from_port, to_port, self.next[d], 65535);
        if flags.ack {
            tcp = tcp.ack(self.next[other]);
        }
        if flags.syn {
            tcp = tcp.syn();
        }
        if flags.fin {
            tcp = tcp.fin();
        }
        if flags.rst {
            tcp = tcp.rst();
        }
        if !payload.is_empty() {
            tcp = tcp.psh();
        }
        let mut bytes = Vec::with_capacity(tcp.size(payload.len()));
        if tcp.write(&mut bytes, payload).is_ok() {
            self.packets.push((self.time, bytes));
        }
        let more = payload.len() as u32 + u32::from(flags.syn) + u32::from(flags.fin);
        self.next[d] = self.next[d].wrapping_add(more);
    }
}

/// The three blocks of pcapng that are needed (draft-ietf-opsawg-pcapng sections 4.1 to 4.3),
/// little-endian.
fn file(connections: Vec<Vec<Packet>>) -> Vec<u8> {
    let mut packets = connections.concat();
    // Those of one connection are in order; a stable sort keeps them so.
    packets.sort_by_key(|(time, _)| *time);
    let mut out = Vec::new();
    let mut section = Vec::new();
    section.extend(0x1a2b_3c4du32.to_le_bytes());
    section.extend([1, 0, 0, 0]);
    section.extend(u64::MAX.to_le_bytes());
    block(&mut out, 0x0a0d_0d0a, &section);
    let mut interface = Vec::new();
    interface.extend(RAW.to_le_bytes());
    interface.extend([0; 6]);
    // if_tsresol: nanoseconds. Then the end of the options.
    interface.extend([9, 0, 1, 0, 9, 0, 0, 0]);
    interface.extend([0; 4]);
    block(&mut out, 1, &interface);
    for (time, packet) in &packets {
        let length = packet.len() as u32;
        let mut body = vec![0; 4];
        body.extend(((time >> 32) as u32).to_le_bytes());
        body.extend((*time as u32).to_le_bytes());
        body.extend(length.to_le_bytes());
        body.extend(length.to_le_bytes());
        body.extend_from_slice(packet);
        block(&mut out, 6, &body);
    }
    out
}

fn block(out: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let padded = body.len().next_multiple_of(4);
    let length = (padded + 12) as u32;
    out.extend(kind.to_le_bytes());
    out.extend(length.to_le_bytes());
    out.extend_from_slice(body);
    out.resize(out.len() + padded - body.len(), 0);
    out.extend(length.to_le_bytes());
}
