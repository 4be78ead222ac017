//! However the bytes of a direction are cut, the same is found in them.

use crate::agreement::{frames, message, parameters, role, wire};
use proptest::prelude::*;
use ws4wasm::deflate::Parameters;
use ws4wasm_inspect::flow::{Content, Direction, End, FlowSink, Opened, Source};
use ws4wasm_inspect::rules::{Hint, Rule, Violation};
use ws4wasm_inspect::{Deflate, Inspection, Options};

fn inspect(deflate: Deflate, pieces: &[&[u8]]) -> Inspection {
    let mut inspection = Inspection::new(Options {
        deflate,
        ..Options::default()
    });
    let flow = inspection.open(Opened {
        from_start: true,
        content: Content::WebSocket,
        ..Opened::default()
    });
    for piece in pieces {
        inspection.data(flow, Direction::ClientToServer, 0, Source::default(), piece);
    }
    for direction in Direction::BOTH {
        inspection.end(flow, direction, 0, End::Fin);
    }
    inspection
}

fn violations(inspection: &Inspection) -> Vec<Violation> {
    let all = inspection.store.violations.iter_from(0);
    all.map(|(_, violation)| violation.clone()).collect()
}

/// What is found in bytes: the same, in pieces of each of these sizes.
fn found(deflate: Deflate, bytes: &[u8]) -> Vec<Violation> {
    let whole = inspect(deflate, &[bytes]);
    for size in [1, 2, 3, 7, 64] {
        let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
        let cut = inspect(deflate, &pieces);
        assert_eq!(violations(&cut), violations(&whole), "pieces of {size}");
        let frames = |inspection: &Inspection| {
            let all = inspection.store.frames.iter_from(0);
            all.map(|(_, frame)| format!("{frame:?}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(frames(&cut), frames(&whole), "pieces of {size}");
    }
    violations(&whole)
}

fn rules(found: &[Violation]) -> Vec<(Rule, u64)> {
    found.iter().map(|v| (v.rule, v.offset)).collect()
}

#[test]
fn who_sends_is_told_by_more_than_the_first_frame() {
    let masked = [&[0x82, 0xc0][..], &[1, 2, 3, 4], &[0; 64]].concat();
    let later = [&[0x82, 0xc0][..], &[5, 6, 7, 8], &[0; 64]].concat();
    let bytes = [&[0x82, 0x00][..], &masked, &later].concat();
    let found = found(Deflate::Off, &bytes);
    assert!(
        found
            .iter()
            .all(|v| v.direction == Direction::ClientToServer)
    );
    assert_eq!(rules(&found)[0], (Rule::MaskMissing, 1));
}

/// A stored block with a byte that is no text, and a block of a kind that does not exist.
const CORRUPT: &[u8] = b"\xc1\x08\x00\x01\x00\xfe\xff\xff\x07\x00";

#[test]
fn text_that_is_bad_before_it_inflates_no_further() {
    let on = Deflate::On(Parameters::default());
    let found = found(on, CORRUPT);
    assert_eq!(
        rules(&found)[..2],
        [(Rule::Text, 7), (Rule::Inflate, 8)],
        "{found:#?}"
    );
}

#[test]
fn a_wrong_guess_at_compression_finds_no_bad_text() {
    let found = found(Deflate::Auto, CORRUPT);
    assert_eq!(rules(&found)[0], (Rule::ReservedBits, 0));
    assert!(found.iter().all(|v| v.rule != Rule::Text), "{found:#?}");
}

#[test]
fn a_right_guess_at_compression_finds_it() {
    let found = found(Deflate::Auto, b"\xc1\x07\x00\x01\x00\xfe\xff\xff\x00");
    assert_eq!(rules(&found)[0], (Rule::Text, 7));
}

#[test]
fn what_bytes_look_like() {
    for (bytes, hint) in [
        (&b"Hello, I am no frame at all, am I?"[..], Hint::Text),
        (b"short text", Hint::Text),
        (b"\x14\x03\x03\0\x01\x01", Hint::Tls),
        // A stored block: it inflates.
        (b"\xc1\x07\x00\x01\x00\xfe\xff\x41\x00", Hint::Deflate),
    ] {
        let found = found(Deflate::Off, bytes);
        assert_eq!(found[0].hint, Some(hint), "{found:#?}");
    }
}

#[test]
fn a_short_direction_ends_like_a_long_one() {
    let found = found(Deflate::Off, b"\x81\x85abcd");
    assert_eq!(rules(&found), [(Rule::EndInFrame, 5), (Rule::NoClose, 5)]);
}

#[test]
fn a_control_frame_that_is_too_long_and_cut_off() {
    let found = found(Deflate::Off, b"\x89\xfe\0\x7eabcdef");
    let expected = [
        (Rule::ControlTooLong, 1),
        (Rule::EndInFrame, 9),
        (Rule::NoClose, 9),
    ];
    assert_eq!(rules(&found), expected);
}

#[test]
fn a_head_may_come_with_much_behind_it() {
    let head = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    let mut bytes = head.as_bytes().to_vec();
    bytes.extend([0x82, 0xff, 0, 0, 0, 0, 0, 1, 0x86, 0xa0, 1, 2, 3, 4]);
    bytes.resize(bytes.len() + 100_000, 0);
    let inspection = inspect(Deflate::Off, &[&bytes]);
    assert_eq!(inspection.store.frames.len(), 1);
    assert_eq!(inspection.store.messages.len(), 1);
}

#[test]
fn a_compressed_message_begins_within_another() {
    // The one byte of the first begins a stored block, for which the next four bytes would be no
    // length. As a message of its own the second has codes that the fifth byte shows to be none.
    let bytes = [0x41, 1, 0x20, 0x41, 5, 0x44, 0x40, 0x20, 0x20, 0x20];
    let found = found(Deflate::On(Parameters::default()), &bytes);
    assert_eq!(
        rules(&found),
        [
            (Rule::ExpectedContinuation, 3),
            (Rule::Inflate, 9),
            (Rule::EndInFrame, 9),
            (Rule::NoClose, 9)
        ]
    );
    // The same with a close frame between the two.
    let bytes = [&bytes[..3], &[0x88, 0], &bytes[3..]].concat();
    let found = rules(&self::found(Deflate::On(Parameters::default()), &bytes));
    assert!(found.contains(&(Rule::Inflate, 11)), "{found:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn headers_of_every_kind(on in parameters(), guess in any::<bool>(), bytes in frames()) {
        let off = if guess { Deflate::Auto } else { Deflate::Off };
        found(on.map_or(off, Deflate::On), &bytes);
    }

    #[test]
    fn streams_with_some_bytes_changed(
        role in role(),
        on in parameters(),
        guess in any::<bool>(),
        parts in proptest::collection::vec((message(), 0usize..20), 1..6),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut bytes = wire(role, on, &parts, true);
        for (index, value) in changes {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        let deflate = match on {
            Some(on) if !guess => Deflate::On(on),
            _ => Deflate::Auto,
        };
        found(deflate, &bytes);
    }
}
