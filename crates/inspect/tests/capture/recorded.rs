//! What the recorder writes is read again as what it was told.

use crate::recorder::{Event, Outcome, read, read_pieces};
use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use ws4wasm_inspect::capture::Format;
use ws4wasm_inspect::flow::{Direction, End, FlowId, Time};
use ws4wasm_inspect::recorder::{Recorder, RecorderError};

const UP: Direction = Direction::ClientToServer;
const DOWN: Direction = Direction::ServerToClient;
const START: Time = 1_700_000_000_000_000_001;

const fn v4(last: u8, port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)), port)
}

fn v6(last: u16, port: u16) -> SocketAddr {
    let ip = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last);
    SocketAddr::new(IpAddr::V6(ip), port)
}

/// A recorder, what it has given, and a clock.
struct Tape {
    recorder: Recorder,
    pieces: Vec<Vec<u8>>,
    time: Time,
}

impl Tape {
    fn new() -> Self {
        let recorder = Recorder::new();
        Self {
            pieces: vec![recorder.head()],
            recorder,
            time: START,
        }
    }

    fn tick(&mut self) -> Time {
        self.time += 1_000_003;
        self.time
    }

    fn open(&mut self, client: SocketAddr, server: SocketAddr) -> FlowId {
        let time = self.tick();
        let (number, packets) = self.recorder.open(client, server, time);
        self.pieces.push(packets);
        number
    }

    fn data(&mut self, flow: FlowId, way: Direction, bytes: &[u8]) {
        let time = self.tick();
        let packets = self.recorder.data(flow, way, time, bytes).unwrap();
        self.pieces.push(packets);
    }

    fn gap(&mut self, flow: FlowId, way: Direction, length: u64) {
        let time = self.tick();
        let packets = self.recorder.gap(flow, way, time, length).unwrap();
        self.pieces.push(packets);
    }

    fn end(&mut self, flow: FlowId, way: Direction, how: End) {
        let time = self.tick();
        let packets = self.recorder.end(flow, way, time, how).unwrap();
        self.pieces.push(packets);
    }

    fn read(&self) -> Outcome {
        let outcome = read_pieces(self.pieces.iter().map(Vec::as_slice));
        assert_eq!(outcome.result, Ok(()));
        assert_eq!(outcome.notes(), [""; 0]);
        outcome
    }
}

fn bytes(length: usize, seed: u8) -> Vec<u8> {
    (0..length).map(|i| (i * 7) as u8 ^ seed).collect()
}

#[test]
fn a_connection_with_its_ends_and_times() {
    let mut tape = Tape::new();
    let flow = tape.open(v4(1, 51_000), v4(2, 80));
    tape.data(flow, UP, &bytes(100_000, 1));
    tape.data(flow, DOWN, &[]);
    tape.data(flow, DOWN, &bytes(1460, 2));
    tape.end(flow, UP, End::Fin);
    tape.data(flow, DOWN, b"half closed");
    tape.end(flow, DOWN, End::Fin);
    let found = read(&tape.pieces.concat());
    assert_eq!(found.result, Ok(()));
    assert_eq!(found.capture.format(), Format::Pcapng);
    let opened = found.recorder.opened(0);
    assert_eq!(
        (opened.client.address.as_str(), opened.client.port),
        ("192.0.2.1", 51_000)
    );
    assert_eq!(
        (opened.server.address.as_str(), opened.server.port),
        ("192.0.2.2", 80)
    );
    assert!(opened.client_known && opened.from_start);
    assert_eq!(opened.time, START + 1_000_003);
    assert_eq!(found.recorder.bytes(0, UP), bytes(100_000, 1));
    let down = [bytes(1460, 2), b"half closed".to_vec()].concat();
    assert_eq!(found.recorder.bytes(0, DOWN), down);
    assert_eq!(found.recorder.ends(0), [(UP, End::Fin), (DOWN, End::Fin)]);
}

#[test]
fn what_was_appended_so_far_is_always_a_whole_file() {
    let mut tape = Tape::new();
    let flow = tape.open(v6(1, 51_000), v6(2, 80));
    tape.data(flow, UP, &bytes(5000, 1));
    tape.gap(flow, UP, 3);
    tape.data(flow, UP, b"behind the hole");
    tape.end(flow, DOWN, End::Reset);
    for count in 1..=tape.pieces.len() {
        let found = read_pieces([tape.pieces[..count].concat().as_slice()]);
        assert_eq!(found.result, Ok(()), "{count}");
        assert_eq!(found.notes(), [""; 0], "{count}");
    }
}

#[test]
fn addresses_of_two_kinds_are_written_as_ipv6() {
    let mut tape = Tape::new();
    for (client, server) in [
        (v4(1, 1), v6(2, 2)),
        (v6(1, 3), v4(2, 4)),
        (v6(1, 5), v6(2, 6)),
    ] {
        let flow = tape.open(client, server);
        tape.data(flow, UP, b"x");
    }
    let found = tape.read().recorder;
    let ends = |flow| {
        let opened = found.opened(flow);
        [&opened.client, &opened.server].map(|end| end.address.clone())
    };
    assert_eq!(ends(0), ["::ffff:192.0.2.1", "2001:db8::2"]);
    assert_eq!(ends(1), ["2001:db8::1", "::ffff:192.0.2.2"]);
    assert_eq!(ends(2), ["2001:db8::1", "2001:db8::2"]);
}

#[test]
fn each_way_to_end() {
    let mut tape = Tape::new();
    let ways = [End::Fin, End::Reset, End::Cut];
    let mut expected = Vec::new();
    for (port, (first, how)) in (1..).zip(
        [UP, DOWN]
            .into_iter()
            .flat_map(|d| ways.map(|how| (d, how))),
    ) {
        let flow = tape.open(v4(1, port), v4(2, 80));
        tape.data(flow, UP, b"x");
        tape.end(flow, first, how);
        // Told again, it is as it was.
        tape.end(flow, first, End::Reset);
        assert_eq!(tape.pieces.last(), Some(&Vec::new()));
        expected.push(match how {
            End::Reset => vec![(first, how)],
            End::Fin => vec![(first, how), (first.opposite(), End::Cut)],
            End::Cut => vec![(UP, End::Cut), (DOWN, End::Cut)],
        });
    }
    let found = tape.read().recorder;
    let ends: Vec<_> = (0..found.flows()).map(|flow| found.ends(flow)).collect();
    assert_eq!(ends, expected);
}

#[test]
fn what_has_ended_is_forgotten() {
    let mut tape = Tape::new();
    for port in 0..1000 {
        let flow = tape.open(v4(1, port), v4(2, 80));
        assert_eq!(flow, FlowId::from(port));
        match port % 3 {
            0 => tape.end(flow, UP, End::Reset),
            _ => {
                tape.end(flow, UP, End::Fin);
                assert_eq!(tape.recorder.open_connections(), 1);
                tape.end(flow, DOWN, [End::Fin, End::Cut][usize::from(port % 2)]);
            }
        }
        assert_eq!(tape.recorder.open_connections(), 0);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut recorder = Recorder::new();
    let unknown = Err(RecorderError::Unknown(0));
    assert_eq!(recorder.data(0, UP, 0, b"x"), unknown);
    assert_eq!(recorder.gap(0, UP, 0, 1), unknown);
    assert_eq!(recorder.end(0, UP, 0, End::Fin), unknown);
    let (flow, _) = recorder.open(v4(1, 1), v4(2, 2), 0);
    recorder.end(flow, UP, 0, End::Fin).unwrap();
    let ended = Err(RecorderError::Ended(0, UP));
    assert_eq!(recorder.data(flow, UP, 0, b""), ended);
    assert_eq!(recorder.gap(flow, UP, 0, 1), ended);
    recorder.data(flow, DOWN, 0, b"x").unwrap();
    recorder.end(flow, DOWN, 0, End::Reset).unwrap();
    let ended = RecorderError::Ended(0, DOWN);
    assert_eq!(recorder.data(flow, DOWN, 0, b"x"), Err(ended));
    assert_eq!(recorder.end(flow, DOWN, 0, End::Fin), Ok(Vec::new()));
    assert!(
        ended
            .to_string()
            .contains("connection 0 has ended in the direction s2c")
    );
}

#[test]
fn sequence_numbers_wrap_around() {
    const HOLE: u64 = 1 << 29;
    const BEHIND: usize = 20_000;
    let mut tape = Tape::new();
    let flow = tape.open(v4(1, 51_000), v4(2, 80));
    // Eight holes lead to the edge, and the bytes behind the last one over it; then once more.
    let to_the_edge = HOLE - 7 * BEHIND as u64 - 1001 - 5000;
    let mut holes = [HOLE; 17];
    holes[7] = to_the_edge;
    let told: Vec<_> = (0..)
        .zip(holes)
        .map(|(seed, hole)| (hole, bytes(BEHIND, seed)))
        .collect();
    for (hole, behind) in &told {
        tape.gap(flow, UP, *hole);
        tape.data(flow, UP, behind);
    }
    tape.end(flow, UP, End::Fin);
    let found = tape.read().recorder;
    let mut again = Vec::new();
    for event in found.joined() {
        match event {
            Event::Gap(_, UP, _, length) => again.push((length, Vec::new())),
            Event::Data(_, UP, _, _, bytes) => again.last_mut().unwrap().1.extend(bytes),
            _ => {}
        }
    }
    assert!(again == told);
    assert_eq!(found.ends(0)[0], (UP, End::Fin));
}

#[test]
fn nobody_knows_how_many_are_missing() {
    for unknown in [0, 1 << 40] {
        let mut tape = Tape::new();
        let flow = tape.open(v4(1, 51_000), v4(2, 80));
        tape.gap(flow, DOWN, unknown);
        tape.data(flow, DOWN, &bytes(100_000, 1));
        let found = tape.read().recorder;
        let gap = found
            .events
            .iter()
            .find(|event| matches!(event, Event::Gap(..)));
        assert!(matches!(gap, Some(Event::Gap(0, DOWN, _, 0x2000_0000))));
        let told: usize = found
            .events
            .iter()
            .map(|event| match event {
                Event::Data(.., bytes) => bytes.len(),
                _ => 0,
            })
            .sum();
        assert_eq!(told, 100_000);
    }
}

#[test]
fn a_hole_at_the_end_is_told_too() {
    let mut tape = Tape::new();
    let flow = tape.open(v4(1, 51_000), v4(2, 80));
    tape.data(flow, UP, b"ab");
    tape.gap(flow, UP, 5);
    assert_eq!(tape.read().recorder.bytes(0, UP), b"ab*****");
}

#[derive(Debug, Clone)]
enum Step {
    Open(bool),
    Data(u8, bool, usize),
    End(u8, bool, u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => any::<bool>().prop_map(Step::Open),
        8 => (any::<u8>(), any::<bool>(), 0usize..4000).prop_map(|(c, d, l)| Step::Data(c, d, l)),
        2 => (any::<u8>(), any::<bool>(), 0u8..3).prop_map(|(c, d, h)| Step::End(c, d, h)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Many connections at a time, and their bytes in any order.
    #[test]
    fn all_of_it_comes_back(steps in proptest::collection::vec(step(), 1..80)) {
        let mut tape = Tape::new();
        // What each was told, and which of its directions have ended.
        let mut all: Vec<([Vec<u8>; 2], [bool; 2])> = Vec::new();
        for step in steps {
            match step {
                Step::Open(six) => {
                    let port = all.len() as u16 + 1;
                    let flow = if six {
                        tape.open(v6(1, port), v6(2, 80))
                    } else {
                        tape.open(v4(1, port), v4(2, 80))
                    };
                    // A connection without a byte is nothing to readers.
                    tape.data(flow, UP, b"!");
                    all.push(([b"!".to_vec(), Vec::new()], [false; 2]));
                }
                Step::Data(which, up, length) if !all.is_empty() => {
                    let flow = which as usize % all.len();
                    let way = if up { UP } else { DOWN };
                    let (told, ended) = &mut all[flow];
                    if !ended[way as usize] {
                        let data = bytes(length, which);
                        tape.data(flow as FlowId, way, &data);
                        told[way as usize].extend(data);
                    }
                }
                Step::End(which, up, how) if !all.is_empty() => {
                    let flow = which as usize % all.len();
                    let way = if up { UP } else { DOWN };
                    let how = [End::Fin, End::Reset, End::Cut][how as usize];
                    tape.end(flow as FlowId, way, how);
                    let ended = &mut all[flow].1;
                    if how == End::Reset && !ended[way as usize] {
                        *ended = [true; 2];
                    }
                    ended[way as usize] = true;
                }
                _ => {}
            }
        }
        let open = all.iter().filter(|(_, ended)| *ended != [true; 2]).count();
        prop_assert_eq!(tape.recorder.open_connections(), open);
        let found = tape.read().recorder;
        prop_assert_eq!(found.flows(), all.len());
        for (flow, (told, _)) in all.iter().enumerate() {
            for way in [UP, DOWN] {
                prop_assert!(found.bytes(flow, way) == told[way as usize]);
            }
        }
    }
}
