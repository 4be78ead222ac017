//! A capture for Wireshark: the frames as they were, in TCP that is made up around them, behind
//! a handshake: the one that was seen, or one that would have led here.

use super::{by_connection, wire};
use crate::deflate::Parameters;
use crate::handshake::{ClientHandshake, ClientOptions, ServerHandshake, ServerOptions};
use crate::inspect::Inspection;
use crate::inspect::connection::{Connection, Head};
use crate::inspect::flow::{Direction, Endpoint, Time};
use etherparse::PacketBuilder;
use std::net::{IpAddr, Ipv4Addr};

/// Bytes of payload in a packet.
const SEGMENT: usize = 1460;

/// LINKTYPE_RAW: packets begin with IP.
const RAW: u16 = 101;

pub(super) fn write(inspection: &Inspection, frames: &[u32]) -> Vec<u8> {
    let mut packets = Vec::new();
    for (number, connection, frames) in by_connection(inspection, frames) {
        let mut tcp = Tcp::new(number, connection);
        let start = connection.opened.time;
        tcp.open(start);
        let (request, response) = handshake(connection);
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
        for (_, frame) in frames {
            if let Some(bytes) = wire(connection, frame) {
                tcp.send(frame.direction(), frame.time, &bytes);
            }
        }
        tcp.close(connection.last);
        packets.extend(tcp.packets);
    }
    // Those of one connection are in order; a stable sort keeps them so.
    packets.sort_by_key(|(time, _)| *time);
    file(&packets)
}

fn handshake(connection: &Connection) -> (Vec<u8>, Vec<u8>) {
    let seen = |head: &Option<Head>, d: usize| {
        let head = head.as_ref()?;
        let bytes = connection.streams[d]
            .read(head.offset, u64::from(head.length))
            .to_vec();
        (bytes.len() == head.length as usize).then_some(bytes)
    };
    let request = seen(&connection.handshake.request, 0);
    let response = seen(&connection.handshake.response, 1);
    match (request, response) {
        (Some(request), Some(response)) => (request, response),
        _ => made_up(connection).unwrap_or_default(),
    }
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
    packets: Vec<(Time, Vec<u8>)>,
    time: Time,
}

#[derive(Clone, Copy, Default)]
struct Flags {
    syn: bool,
    fin: bool,
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
        let ack = Flags {
            ack: true,
            ..Flags::default()
        };
        self.packet(Direction::ClientToServer, time, ack, &[]);
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

    fn close(&mut self, time: Time) {
        let fin = Flags {
            fin: true,
            ack: true,
            ..Flags::default()
        };
        self.packet(Direction::ClientToServer, time, fin, &[]);
        self.packet(Direction::ServerToClient, time, fin, &[]);
        let ack = Flags {
            ack: true,
            ..Flags::default()
        };
        self.packet(Direction::ClientToServer, time, ack, &[]);
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
fn file(packets: &[(Time, Vec<u8>)]) -> Vec<u8> {
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
    for (time, packet) in packets {
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
