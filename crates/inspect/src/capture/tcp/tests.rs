//! Reassembly against a model: segments of a known stream, lost, repeated, reordered and cut
//! anew, give that stream, with gaps only where every copy was lost.

use super::super::notes::{Note, NoteKind, Notes};
use super::super::packet::{End as SocketEnd, Segment};
use super::Connections;
use super::half::MAX_HELD;
use crate::flow::{Direction, End, FlowId, FlowSink, Opened, Source, Time};
use core::net::{IpAddr, Ipv4Addr};
use proptest::prelude::*;

/// What was told of each flow: client's bytes, server's bytes (`None` for each missing one), ends.
#[derive(Debug, Default)]
struct Told {
    flows: Vec<[Vec<Option<u8>>; 2]>,
    opened: Vec<Opened>,
    ends: Vec<(FlowId, Direction, End)>,
    /// The packets of the data events.
    packets: Vec<u32>,
}

impl FlowSink for Told {
    fn open(&mut self, opened: Opened) -> FlowId {
        self.flows.push(Default::default());
        self.opened.push(opened);
        self.flows.len() as FlowId - 1
    }

    fn data(&mut self, flow: FlowId, way: Direction, _: Time, source: Source, bytes: &[u8]) {
        assert!(!bytes.is_empty());
        assert!(!self.ends.iter().any(|&(f, w, _)| (f, w) == (flow, way)));
        self.packets.push(source.packet);
        self.flows[flow as usize][way as usize].extend(bytes.iter().copied().map(Some));
    }

    fn gap(&mut self, flow: FlowId, way: Direction, _: Time, length: u64) {
        assert!(length > 0 && length < 1 << 31);
        let bytes = &mut self.flows[flow as usize][way as usize];
        // Of nonsense a gap may be as long as it likes.
        bytes.resize(bytes.len() + length.min(1 << 16) as usize, None);
    }

    fn end(&mut self, flow: FlowId, way: Direction, _: Time, how: End) {
        assert!(!self.ends.iter().any(|&(f, w, _)| (f, w) == (flow, way)));
        self.ends.push((flow, way, how));
    }
}

const CLIENT: SocketEnd = (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 9)), 50_000);
const SERVER: SocketEnd = (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 80);

/// A capture under way.
#[derive(Default)]
struct Pair {
    connections: Connections,
    notes: Notes,
    told: Told,
    packets: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flag {
    None,
    Syn,
    Fin,
    Reset,
}

impl Pair {
    fn send(&mut self, from: SocketEnd, flag: Flag, seq: u32, ack: Option<u32>, bytes: &[u8]) {
        self.cut(from, flag, seq, ack, bytes, 0);
    }

    fn cut(
        &mut self,
        from: SocketEnd,
        flag: Flag,
        sequence: u32,
        acknowledges: Option<u32>,
        payload: &[u8],
        cut: u32,
    ) {
        self.packets += 1;
        let segment = Segment {
            from,
            to: if from == CLIENT { SERVER } else { CLIENT },
            sequence,
            acknowledges,
            syn: flag == Flag::Syn,
            fin: flag == Flag::Fin,
            reset: flag == Flag::Reset,
            payload,
            cut,
            time: u64::from(self.packets),
            source: Source {
                packet: self.packets,
                offset: 0,
            },
        };
        let Self {
            connections,
            notes,
            told,
            ..
        } = self;
        connections.segment(&segment, notes, told);
        let held = |c: &super::Connection| c.held();
        let all: usize = connections.open.values().map(held).sum();
        assert_eq!(all, connections.shared.held);
    }

    /// The three packets that begin a connection.
    fn shake(&mut self, client: u32, server: u32) {
        self.send(CLIENT, Flag::Syn, client, None, b"");
        self.send(SERVER, Flag::Syn, server, Some(client.wrapping_add(1)), b"");
        self.client(client.wrapping_add(1), server.wrapping_add(1), b"");
    }

    fn client(&mut self, seq: u32, ack: u32, bytes: &[u8]) {
        self.send(CLIENT, Flag::None, seq, Some(ack), bytes);
    }

    fn server(&mut self, seq: u32, ack: u32, bytes: &[u8]) {
        self.send(SERVER, Flag::None, seq, Some(ack), bytes);
    }

    fn finish(mut self) -> (Told, Vec<Note>) {
        self.connections.finish(&mut self.told);
        assert_eq!(self.connections.shared.held, 0);
        assert_eq!(self.connections.shared.histories, 0);
        (self.told, self.notes.all().to_vec())
    }
}

/// Bytes with an asterisk for each missing one.
fn shown(bytes: &[Option<u8>]) -> String {
    let byte = |byte: &Option<u8>| byte.map_or('*', char::from);
    bytes.iter().map(byte).collect()
}

fn kinds(notes: &[Note]) -> Vec<NoteKind> {
    notes.iter().map(|note| note.kind).collect()
}

#[test]
fn an_orderly_connection() {
    let mut pair = Pair::default();
    pair.shake(100, 200);
    pair.client(101, 201, b"hello ");
    pair.server(201, 107, b"yes");
    pair.client(107, 204, b"world");
    pair.send(CLIENT, Flag::Fin, 112, Some(204), b"!");
    pair.send(SERVER, Flag::Fin, 204, Some(114), b"");
    pair.client(114, 205, b"");
    assert_eq!(pair.told.ends.len(), 2);
    let (told, notes) = pair.finish();
    assert_eq!(shown(&told.flows[0][0]), "hello world!");
    assert_eq!(shown(&told.flows[0][1]), "yes");
    assert_eq!(told.packets, [4, 5, 6, 7]);
    let opened = &told.opened[0];
    assert_eq!(
        (opened.client.port, opened.server.port, opened.time),
        (50_000, 80, 1)
    );
    assert!(opened.client_known && opened.from_start);
    assert!(told.ends.iter().all(|&(_, _, how)| how == End::Fin));
    assert_eq!(notes, []);
}

#[test]
fn a_syn_carries_data() {
    let mut pair = Pair::default();
    pair.send(CLIENT, Flag::Syn, 100, None, b"early");
    pair.send(SERVER, Flag::Syn, 200, Some(106), b"too");
    pair.client(106, 204, b" late");
    let (told, _) = pair.finish();
    assert_eq!(shown(&told.flows[0][0]), "early late");
    assert_eq!(shown(&told.flows[0][1]), "too");
}

#[test]
fn the_first_bytes_count_and_others_are_noted() {
    let mut pair = Pair::default();
    pair.shake(0, 0);
    pair.client(1, 1, b"abcdef");
    pair.client(4, 1, b"defgh"); // the same again, and more
    pair.client(4, 1, b"dXf"); // not the same
    pair.client(20, 1, b"tuv"); // position 19, after a hole
    pair.client(18, 1, b"rsTU"); // overlaps it, differs
    pair.client(10, 1, b"jklmnopqrstuvw"); // fills the hole but for 'i'
    pair.client(9, 1, b"i");
    let (told, notes) = pair.finish();
    assert_eq!(shown(&told.flows[0][0]), "abcdefghijklmnopqrstuvw");
    let overlap = notes
        .iter()
        .find(|note| note.kind == NoteKind::Overlap)
        .unwrap();
    assert_eq!((overlap.count, overlap.first.packet), (2, 6));
}

#[test]
fn a_hole_is_given_up_once_it_was_acknowledged() {
    let mut pair = Pair::default();
    pair.shake(0, 0);
    pair.client(1, 1, b"abc");
    pair.client(7, 1, b"ghi");
    assert_eq!(shown(&pair.told.flows[0][0]), "abc");
    pair.server(1, 4, b"");
    for _ in 0..20 {
        pair.server(1, 4, b""); // asks for it again and again
    }
    assert_eq!(shown(&pair.told.flows[0][0]), "abc");
    pair.server(1, 10, b"ok");
    pair.client(4, 3, b"d"); // late, but not too late
    for _ in 0..10 {
        pair.client(10, 3, b"");
    }
    assert_eq!(shown(&pair.told.flows[0][0]), "abcd**ghi");
    pair.client(10, 3, b"j");
    let (told, _) = pair.finish();
    assert_eq!(shown(&told.flows[0][0]), "abcd**ghij");
}

#[test]
fn what_was_acknowledged_and_never_seen_is_a_gap_at_the_end() {
    let mut pair = Pair::default();
    pair.shake(0, 0);
    pair.client(1, 1, b"abc");
    pair.server(1, 9, b"ok");
    pair.client(9, 4, b""); // one byte more would be a FIN
    let (told, _) = pair.finish();
    assert_eq!(shown(&told.flows[0][0]), "abc*****");
    assert_eq!(shown(&told.flows[0][1]), "ok");
    assert!(told.ends.iter().all(|&(_, _, how)| how == End::Cut));
}

#[test]
fn a_lost_fin_is_no_gap_and_a_seen_one_waits() {
    let mut pair = Pair::default();
    pair.shake(0, 0);
    pair.client(1, 1, b"abc");
    pair.server(1, 5, b"x");
    pair.send(SERVER, Flag::Fin, 5, Some(5), b"!"); // three bytes before it are missing
    assert_eq!(pair.told.ends, []);
    let (told, _) = pair.finish();
    assert_eq!(shown(&told.flows[0][0]), "abc");
    assert_eq!(shown(&told.flows[0][1]), "x***!");
    let ends = [
        (0, Direction::ClientToServer, End::Cut),
        (0, Direction::ServerToClient, End::Fin),
    ];
    assert_eq!(told.ends, ends);
}

#[test]
fn a_capture_begins_in_the_middle() {
    let mut pair = Pair::default();
    pair.server(u32::MAX - 1, 500, b"server"); // wraps around
    pair.client(498, 4, b"?"); // sent again, before the first one
    pair.client(500, 4, b"client");
    pair.server(4, 506, b" again");
    let (told, _) = pair.finish();
    assert_eq!(shown(&told.flows[0][1]), "server again");
    assert_eq!(shown(&told.flows[0][0]), "?*client");
    let opened = &told.opened[0];
    assert_eq!((opened.client.port, opened.server.port), (50_000, 80));
    assert!(!opened.client_known && !opened.from_start);

    // The other's acknowledgement tells of what was not seen; a probe is no byte.
    let mut pair = Pair::default();
    pair.server(1, 500, b"s");
    pair.client(499, 2, b"\0");
    pair.client(503, 2, b"def");
    pair.client(500, 2, b"abc");
    let (told, _) = pair.finish();
    assert_eq!(shown(&told.flows[0][0]), "abcdef");

    let mut pair = Pair::default();
    pair.client(500, 2, b"abc");
    pair.client(480, 2, b"before");
    let (told, notes) = pair.finish();
    assert_eq!(shown(&told.flows[0][0]), "abc");
    assert_eq!(kinds(&notes), [NoteKind::BeforeStart]);
}

#[test]
fn probes_are_not_data() {
    let mut pair = Pair::default();
    pair.shake(0, 0);
    pair.client(1, 1, b"abc");
    pair.client(3, 1, b"\0"); // RFC 9293 section 3.8.4
    pair.client(3, 1, b"");
    pair.server(1, 4, b"");
    pair.client(4, 1, b"d");
    let (told, notes) = pair.finish();
    assert_eq!(shown(&told.flows[0][0]), "abcd");
    assert_eq!(notes, []);
}

#[test]
fn a_reset_ends_both_directions_and_one_from_nowhere_none() {
    let mut pair = Pair::default();
    pair.shake(0, 0);
    pair.client(1, 1, b"abc");
    pair.send(SERVER, Flag::Reset, 0x4000_0000, None, b"");
    pair.client(4, 1, b"def");
    pair.client(9, 1, b"ijk");
    pair.send(SERVER, Flag::Reset, 1, Some(7), b"");
    pair.client(7, 1, b"too late");
    let (told, notes) = pair.finish();
    assert_eq!(shown(&told.flows[0][0]), "abcdef**ijk");
    assert_eq!(told.ends, [(0, Direction::ServerToClient, End::Reset)]);
    assert_eq!(kinds(&notes), [NoteKind::OutOfPlace]);
}

#[test]
fn ports_are_used_again() {
    let mut pair = Pair::default();
    pair.shake(100, 200);
    pair.client(101, 201, b"one");
    pair.send(CLIENT, Flag::Syn, 100, None, b""); // only late
    pair.shake(9000, 7000);
    pair.client(9001, 7001, b"two");
    pair.server(7001, 9004, b"2");
    let (told, _) = pair.finish();
    assert_eq!(told.flows.len(), 2);
    assert_eq!(shown(&told.flows[0][0]), "one");
    assert_eq!(shown(&told.flows[1][0]), "two");
    assert_eq!(shown(&told.flows[1][1]), "2");
}

#[test]
fn the_opening_is_recorded_out_of_order() {
    let mut pair = Pair::default();
    pair.send(SERVER, Flag::Syn, 200, Some(101), b"");
    pair.client(101, 201, b"hello");
    pair.send(CLIENT, Flag::Syn, 100, None, b"");
    pair.server(201, 106, b"yes");
    let (told, notes) = pair.finish();
    assert_eq!(told.flows.len(), 1);
    assert!(told.opened[0].client_known);
    assert_eq!(shown(&told.flows[0][0]), "hello");
    assert_eq!(shown(&told.flows[0][1]), "yes");
    assert_eq!(notes, []);
}

#[test]
fn what_was_cut_is_a_gap_at_once_unless_it_is_there_otherwise() {
    let mut pair = Pair::default();
    pair.shake(0, 0);
    pair.cut(CLIENT, Flag::None, 1, Some(1), b"abc", 3);
    assert_eq!(shown(&pair.told.flows[0][0]), "abc***");
    pair.cut(CLIENT, Flag::None, 13, Some(1), b"mn", 2);
    pair.client(7, 1, b"ghijkl");
    pair.client(17, 1, b"qr");
    let (told, _) = pair.finish();
    assert_eq!(shown(&told.flows[0][0]), "abc***ghijklmn**qr");
}

#[test]
fn memory_is_bounded() {
    let mut pair = Pair::default();
    pair.shake(0, 0);
    let segment = vec![b'x'; 1000];
    let count = 3 * MAX_HELD as u32 / 1000;
    for i in 0..count {
        pair.client(2 + 2000 * i, 1, &segment);
        assert!(pair.connections.shared.held <= MAX_HELD);
    }
    let (told, notes) = pair.finish();
    assert_eq!(
        told.flows[0][0].len(),
        1 + 2000 * (count as usize - 1) + 1000
    );
    assert!(kinds(&notes).contains(&NoteKind::Memory));
}

#[test]
fn many_connections_are_bounded() {
    let mut pair = Pair::default();
    let count = super::MAX_CONNECTIONS as u32 + 100;
    for i in 0..count {
        let from = (IpAddr::V4(Ipv4Addr::from_bits(i)), 7);
        pair.packets += 1;
        let segment = Segment {
            from,
            to: SERVER,
            sequence: 0,
            acknowledges: None,
            syn: true,
            fin: false,
            reset: false,
            payload: if i % 1000 == 0 { b"x" } else { b"" },
            cut: 0,
            time: 0,
            source: Source {
                packet: pair.packets,
                offset: 0,
            },
        };
        let (notes, told) = (&mut pair.notes, &mut pair.told);
        pair.connections.segment(&segment, notes, told);
        assert!(pair.connections.open.len() <= super::MAX_CONNECTIONS);
    }
    let (told, _) = pair.finish();
    // Those that sent nothing are nobody's matter.
    assert_eq!(told.flows.len(), count.div_ceil(1000) as usize);
    assert_eq!(told.ends.len(), 2 * told.flows.len());
}

/// A piece of the stream: where it begins, how long it is, and when it was recorded.
#[derive(Debug, Clone)]
struct Sent {
    start: usize,
    length: usize,
    delay: usize,
}

fn sent(total: usize) -> impl Strategy<Value = Sent> {
    (0..total, 1..400_usize, 0..12_usize).prop_map(move |(start, length, delay)| Sent {
        start,
        length: length.min(total - start),
        delay,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Every byte that was recorded is told once, in its place. The others are gaps.
    #[test]
    fn the_stream_comes_out_as_it_went_in(
        first in prop_oneof![any::<u32>(), (0..3000_u32).prop_map(|n| u32::MAX - n)],
        total in 1..4000_usize,
        seed in any::<u8>(),
        size in 1..500_usize,
        lost in proptest::collection::vec(any::<bool>(), 20),
        late in proptest::collection::vec(0..12_usize, 17),
        again in proptest::collection::vec(sent(4000), 0..12),
        acknowledged in any::<bool>(),
    ) {
        let stream: Vec<u8> = (0..total).map(|i| (i * 7 + i / 251) as u8 ^ seed).collect();
        let mut all: Vec<(usize, usize, usize)> = Vec::new();
        for (i, start) in (0..total).step_by(size).enumerate() {
            // Now and then a segment is lost, or is recorded later than it was sent.
            if !(lost[i % 20] && i % 3 == 1) {
                all.push((i * 2 + late[i % 17], start, size.min(total - start)));
            }
        }
        for (i, piece) in again.iter().enumerate() {
            let start = piece.start % total;
            all.push((i * 5 + piece.delay, start, piece.length.min(total - start)));
        }
        all.sort_by_key(|&(when, start, _)| (when, start));
        prop_assume!(!all.is_empty());

        let mut pair = Pair::default();
        pair.shake(first, 77);
        let base = first.wrapping_add(1);
        let mut known = vec![false; total];
        for &(_, start, length) in &all {
            let bytes = &stream[start..start + length];
            known[start..start + length].fill(true);
            pair.client(base.wrapping_add(start as u32), 78, bytes);
            if acknowledged {
                // A receiver acknowledges what it has without holes.
                let whole = known.iter().take_while(|&&known| known).count() as u32;
                pair.server(78, base.wrapping_add(whole), b"");
            }
        }
        let (told, notes) = pair.finish();
        let told = &told.flows[0][0];
        let last = known.iter().rposition(|&known| known).unwrap();
        let expected: Vec<_> = (0..=last).map(|i| known[i].then_some(stream[i])).collect();
        prop_assert_eq!(told, &expected);
        prop_assert_eq!(kinds(&notes), []);
    }

    /// Any segments at all: no panic, memory that adds up, and lawful events.
    #[test]
    fn anything_is_survived(
        segments in proptest::collection::vec(
            (
                any::<bool>(),
                0..8_u8,
                prop_oneof![0..60_u32, (0..60_u32).prop_map(|n| u32::MAX - n), any::<u32>()],
                proptest::option::of(prop_oneof![0..90_u32, any::<u32>()]),
                0..20_usize,
                0..3_u32,
            ),
            0..60,
        ),
    ) {
        let mut pair = Pair::default();
        for (client, flag, seq, ack, length, cut) in segments {
            let flag = match flag {
                0 => Flag::Syn,
                1 => Flag::Fin,
                2 if length == 3 => Flag::Reset,
                _ => Flag::None,
            };
            let from = if client { CLIENT } else { SERVER };
            pair.cut(from, flag, seq, ack, &vec![b'x'; length], cut);
        }
        pair.finish();
    }
}
