//! What comes out is what went in, whatever frames and chunks it went through; and any bytes
//! at all mean the same however they are cut.

use crate::model::{self, outcome};
use crate::wire::{Form, Frame};
use proptest::prelude::*;
use proptest::sample::Index;
use ws4wasm::stream::{Batch, Config, Decoder, Event, Part, Role};
use ws4wasm::{DataKind, Message};

/// A message, and where it is cut into fragments with which control frames after each cut.
#[derive(Debug, Clone)]
struct Sent {
    message: Message,
    cuts: Vec<(Index, Vec<Message>)>,
}

fn some_text() -> impl Strategy<Value = String> {
    let one = prop_oneof![
        6 => proptest::char::range(' ', '~'),
        1 => proptest::char::range('\u{80}', '\u{7ff}'),
        1 => proptest::char::range('\u{800}', '\u{ffff}'),
        1 => proptest::char::range('\u{10000}', '\u{10ffff}'),
        1 => Just('\u{feff}'),
    ];
    let mixed = proptest::collection::vec(one, 0..80)
        .prop_map(|characters| characters.into_iter().collect::<String>());
    prop_oneof![
        8 => mixed,
        1 => (120..132usize).prop_map(|n| "a".repeat(n)),
        1 => (65_530..65_540usize).prop_map(|n| "b".repeat(n)),
    ]
}

fn some_bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..most)
}

fn control() -> impl Strategy<Value = Message> {
    (any::<bool>(), some_bytes(126)).prop_map(|(ping, data)| {
        if ping {
            Message::Ping(data)
        } else {
            Message::Pong(data)
        }
    })
}

fn close() -> impl Strategy<Value = Message> {
    let code = prop_oneof![1000..=1003u16, 1007..=1014u16, 3000..=4999u16];
    prop_oneof![
        1 => Just(Message::empty_close()),
        3 => (code, "[ -~]{0,30}|[а-я€😀]{0,30}").prop_map(|(code, reason)| {
            Message::close(code, reason).unwrap()
        }),
    ]
}

fn sent() -> impl Strategy<Value = Sent> {
    let cuts = proptest::collection::vec(
        (any::<Index>(), proptest::collection::vec(control(), 0..3)),
        0..6,
    );
    let data = prop_oneof![
        some_text().prop_map(Message::Text),
        some_bytes(400).prop_map(Message::Binary),
    ];
    prop_oneof![
        4 => (data, cuts).prop_map(|(message, cuts)| Sent { message, cuts }),
        1 => control().prop_map(|message| Sent { message, cuts: vec![] }),
    ]
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Server), Just(Role::Client)]
}

/// Keys that are never twice the same, for frames towards a server.
struct Keys(Role, u32);

impl Keys {
    fn next(&mut self) -> Option<[u8; 4]> {
        self.1 = self.1.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 == Role::Server).then(|| self.1.to_be_bytes())
    }
}

/// The bytes of the messages, and the messages in the order in which they end.
fn encode(sent: &[Sent], role: Role, seed: u32) -> (Vec<u8>, Vec<Event>) {
    let mut keys = Keys(role, seed);
    let (mut wire, mut events) = (Vec::new(), Vec::new());
    for Sent { message, cuts } in sent {
        let payload = message.payload();
        let mut cuts: Vec<_> = (cuts.iter())
            .map(|(at, between)| (at.index(payload.len() + 1), between))
            .collect();
        cuts.sort_by_key(|(at, _)| *at);
        let mut opcode = opcode(message);
        let mut start = 0;
        for (at, between) in cuts {
            let mut frame = Frame::new(opcode, &payload[start..at]).masked(keys.next());
            frame.fin = false;
            wire.extend(frame.encode());
            for control in between {
                let frame = Frame::new(self::opcode(control), control.payload());
                wire.extend(frame.masked(keys.next()).encode());
                events.push(Event::Message(control.clone()));
            }
            (opcode, start) = (0, at);
        }
        let frame = Frame::new(opcode, &payload[start..]).masked(keys.next());
        wire.extend(frame.encode());
        events.push(Event::Message(message.clone()));
    }
    (wire, events)
}

fn opcode(message: &Message) -> u8 {
    match message {
        Message::Text(_) => 1,
        Message::Binary(_) => 2,
        Message::Close { .. } => 8,
        Message::Ping(_) => 9,
        Message::Pong(_) => 10,
    }
}

/// Chunk sizes, used round and round.
fn sizes() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        proptest::collection::vec(1..24usize, 1..8),
        proptest::collection::vec(1..3000usize, 1..8),
    ]
}

fn chunks<'a>(mut bytes: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut out = Vec::new();
    for size in sizes.iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        let (head, tail) = bytes.split_at(bytes.len().min(*size));
        out.push(head);
        bytes = tail;
    }
    out
}

/// Frames that may be wrong in any way.
fn unruly() -> impl Strategy<Value = Vec<u8>> {
    let opcode = prop_oneof![
        4 => Just(0u8), 4 => Just(1), 3 => Just(2), 1 => Just(8), 2 => Just(9), 1 => Just(10),
        1 => 0..16u8,
    ];
    let payload = prop_oneof![
        3 => "[a-z]{0,20}".prop_map(String::into_bytes),
        3 => "[é水😀a]{0,20}".prop_map(String::into_bytes),
        2 => some_bytes(20),
        1 => some_bytes(200),
        1 => prop_oneof![Just(1000u16), Just(1005), any::<u16>()].prop_map(|c| c.to_be_bytes().into()),
    ];
    let form = prop_oneof![20 => Just(Form::Shortest), 1 => Just(Form::Bits16), 1 => Just(Form::Bits64)];
    let length = prop_oneof![20 => Just(None), 1 => any::<u64>().prop_map(Some), 1 => (0..300u64).prop_map(Some)];
    let mask = prop_oneof![
        20 => any::<[u8; 4]>().prop_map(Some),
        1 => Just(None),
    ];
    let rsv = prop_oneof![30 => Just(0u8), 1 => 1..8u8];
    (any::<bool>(), rsv, opcode, mask, payload, form, length).prop_map(
        |(fin, rsv, opcode, key, payload, form, length)| {
            let fin = fin || opcode >= 8;
            let length = length.unwrap_or(payload.len() as u64);
            let form = match length {
                0..126 => form,
                _ if form == Form::Bits16 && length > 65535 => Form::Bits64,
                _ => Form::Shortest,
            };
            Frame {
                fin,
                rsv,
                opcode,
                key,
                payload,
            }
            .encode_as(form, length)
        },
    )
}

fn soup() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        1 => some_bytes(200),
        6 => proptest::collection::vec(unruly(), 1..12).prop_map(|frames| frames.concat()),
    ]
}

fn limits() -> impl Strategy<Value = Config> {
    let size = prop_oneof![3 => Just(16u64 << 20), 1 => 0..60u64, 1 => Just(u64::MAX)];
    let fragments = prop_oneof![3 => Just(131_072u32), 1 => 0..6u32];
    (size.clone(), size, fragments).prop_map(
        |(max_frame_size, max_message_size, max_fragments)| Config {
            max_frame_size,
            max_message_size,
            max_fragments,
            ..Config::default()
        },
    )
}

/// All that must hold for any bytes: what the model says, whole, byte by byte, in these
/// chunks and as wanted; in all modes; nothing after the end; little held.
fn holds(bytes: &[u8], role: Role, config: Config, sizes: &[usize]) {
    let expected = outcome(bytes, role, &config);
    let whole = [bytes];
    let single: Vec<_> = bytes.chunks(1).collect();
    let cut = chunks(bytes, sizes);
    for cut in [&whole[..], &single, &cut] {
        model::agree(&expected, bytes, role, config, cut);
        model::agree_frames(&expected, bytes, role, config, cut);
    }
    let (events, stream) = model::feed_wanted(role, config, bytes);
    assert_eq!(events, expected.events);
    model::check_end(&expected, bytes, &stream);
    for frames in [false, true] {
        let config = Config { frames, ..config };
        let joined = model::agree_partial(&expected, bytes, role, config, &whole);
        for cut in [&single, &cut] {
            assert_eq!(
                model::agree_partial(&expected, bytes, role, config, cut),
                joined
            );
        }
    }
    let last = expected.events.iter().position(|event| {
        matches!(
            event,
            Event::Error { .. } | Event::Message(Message::Close { .. })
        )
    });
    assert!(last.is_none_or(|at| at + 1 == expected.events.len()));
    for partial in [false, true] {
        let frames = partial;
        let expect_masking = role == Role::Server;
        batches_in_order(
            &cut,
            Config {
                expect_masking,
                partial,
                frames,
                ..config
            },
        );
    }
}

/// The decoder under the stream: its records stay in their bounds, and it keeps nothing of a
/// message.
fn batches_in_order(cut: &[&[u8]], config: Config) {
    let mut decoder = Decoder::new(config);
    let mut batch = Batch::new();
    for chunk in cut {
        let mut rest = *chunk;
        while !rest.is_empty() {
            let used = decoder.decode(rest, &mut batch);
            assert!(used > 0);
            // What was held back from before is some 128 bytes at most.
            assert!(batch.bytes().len() <= used + 128);
            let mut ended = false;
            for part in batch.parts(rest) {
                assert!(!ended, "nothing after the end");
                match part {
                    Part::Data {
                        kind: DataKind::Text,
                        bytes,
                        ascii,
                        ..
                    } => {
                        assert!(core::str::from_utf8(bytes).is_ok());
                        assert!(!ascii || bytes.is_ascii());
                    }
                    Part::Close { reason, .. } => {
                        assert!(core::str::from_utf8(reason).is_ok());
                        ended = true;
                    }
                    Part::Error(_) => ended = true,
                    _ => {}
                }
            }
            assert!(!ended || decoder.is_closed());
            rest = &rest[used..];
        }
        // Everything the decoder holds shows here: two numbers a byte would be seen.
        assert!(format!("{decoder:?}").len() < 1500);
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(192))]

    #[test]
    fn what_comes_out_is_what_went_in(
        sent in proptest::collection::vec(sent(), 0..6),
        close in proptest::option::of(close()),
        garbage in some_bytes(20),
        role in role(),
        seed in any::<u32>(),
        sizes in sizes(),
    ) {
        let mut sent = sent;
        let closed = close.is_some();
        sent.extend(close.map(|message| Sent { message, cuts: vec![] }));
        let (mut wire, events) = encode(&sent, role, seed);
        let used = wire.len();
        if closed {
            wire.extend_from_slice(&garbage);
        }
        let (got, stream) = model::feed(role, Config::default(), chunks(&wire, &sizes));
        prop_assert_eq!(&got, &events);
        prop_assert_eq!(stream.ignored(), (wire.len() - used) as u64);
        prop_assert_eq!(stream.is_closed(), closed);
        let (got, _) = model::feed_wanted(role, Config::default(), &wire);
        prop_assert_eq!(&got, &events);
        let expected = outcome(&wire, role, &Config::default());
        prop_assert_eq!(&expected.events, &events);
        let cut = chunks(&wire, &sizes);
        model::agree_partial(&expected, &wire, role, Config::default(), &cut);
        model::agree_frames(&expected, &wire, role, Config::default(), &cut);
    }
}

proptest! {
    #![proptest_config(config(1500))]

    #[test]
    fn any_bytes_at_all(
        bytes in soup(), role in role(), config in limits(), sizes in sizes(),
    ) {
        // Towards a client most frames must be bare for anything to happen.
        let bytes = if role == Role::Client { bare(&bytes) } else { bytes };
        holds(&bytes, role, config, &sizes);
    }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn valid_streams_with_some_bytes_changed(
        sent in proptest::collection::vec(sent(), 1..5),
        role in role(),
        seed in any::<u32>(),
        changes in proptest::collection::vec((any::<Index>(), any::<u8>(), 0..4u8), 1..4),
        sizes in sizes(),
    ) {
        let (mut wire, _) = encode(&sent, role, seed);
        wire.truncate(3000);
        for (at, byte, how) in changes {
            let at = at.index(wire.len());
            match how {
                0 => wire[at] = byte,
                1 => wire[at] ^= 1 << (byte % 8),
                2 => wire.insert(at, byte),
                _ if wire.len() > 1 => { wire.remove(at); }
                _ => {}
            }
        }
        holds(&wire, role, Config::default(), &sizes);
    }
}

/// The same frames without their masks.
fn bare(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for found in crate::wire::walk(bytes) {
        let form = match found.header_len - if found.frame.key.is_some() { 4 } else { 0 } {
            4 => Form::Bits16,
            10 => Form::Bits64,
            _ => Form::Shortest,
        };
        out.extend(found.frame.masked(None).encode_as(form, found.length));
    }
    out
}

/// Every pair of first bytes, inside and outside a message, for both ends.
// [RFC 6455 5.2-2, 5.2-3]
#[test]
fn every_pair_of_first_bytes() {
    for role in [Role::Server, Role::Client] {
        for inside in [None, Some(DataKind::Text), Some(DataKind::Binary)] {
            let key = (role == Role::Server).then_some([1, 2, 3, 4]);
            let mut start = Vec::new();
            if let Some(kind) = inside {
                let opcode = if kind == DataKind::Text { 1 } else { 2 };
                let mut frame = Frame::new(opcode, "x").masked(key);
                frame.fin = false;
                start = frame.encode();
            }
            for pair in 0..=u16::MAX {
                let mut bytes = start.clone();
                bytes.extend(pair.to_be_bytes());
                // A tail that is a length of 256 or 2^56 + ..., a key, and some payload.
                bytes.extend([1, 0, 0, 0, 3, 0xe8, 0x61, 0x62]);
                let expected = outcome(&bytes, role, &Config::default());
                model::agree(&expected, &bytes, role, Config::default(), &[&bytes]);
            }
        }
    }
}

/// Bytes of messages that came together lie side by side; what they are together says nothing of one.
#[test]
fn a_character_made_of_two_binary_messages_around_an_empty_text() {
    let frames = [
        (2, &b"\xc3"[..]),
        (1, b""),
        (2, b"\xa9"),
        (1, b"x"),
        (1, b"y"),
    ];
    let wire: Vec<u8> = frames
        .iter()
        .flat_map(|&(opcode, payload)| {
            Frame::new(opcode, payload)
                .masked(Some([1, 2, 3, 4]))
                .encode()
        })
        .collect();
    let expected: Vec<_> = frames
        .iter()
        .map(|&(opcode, payload)| {
            Event::Message(match opcode {
                1 => Message::Text(String::from_utf8(payload.to_vec()).unwrap()),
                _ => Message::Binary(payload.to_vec()),
            })
        })
        .collect();
    let mut stream = ws4wasm::stream::Stream::new(Role::Server);
    assert_eq!(stream.receive(&wire), expected);
    let mut lent = Vec::new();
    stream.receive_ref(&wire, |event| {
        if let Event::Message(message) = event {
            lent.push(message.payload().into_owned());
        }
    });
    let payloads: Vec<_> = frames.iter().map(|(_, payload)| payload.to_vec()).collect();
    assert_eq!(lent, payloads);
}
