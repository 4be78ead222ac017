//! What the fuzz targets share: ways to cut bytes, and from the tests of the stream the model
//! of what bytes mean, which knows nothing of how the crate finds that out.

#[path = "../../tests/stream/model.rs"]
pub mod model;
pub mod tls;
pub mod told;
#[path = "../../tests/stream/wire.rs"]
pub mod wire;
pub mod zlib;

use arbitrary::Arbitrary;
use model::{agree, agree_frames, agree_partial, check_end, feed_wanted, outcome};
use wire::walk;
use ws4wasm::deflate::{Compression, Parameters};
use ws4wasm::stream::{Config, Event, Role, Stream};

/// Inputs are no longer than this; what is made of one may be.
const LONG: usize = 4096;

/// Cuts `bytes` in one of 256 ways: not at all, byte by byte, or in pieces of all sizes. The middle
/// of what is longer than an input is payload of which one byte is as good as another: there now
/// and then a large piece is taken, or most of the time would go by in it.
pub fn cut(bytes: &[u8], way: u8) -> Vec<&[u8]> {
    let mut state = u32::from(way).wrapping_mul(0x9e37_79b9) | 1;
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let size = match way {
            0 => rest.len(),
            _ if pieces.len() % 256 == 255 && rest.len() > 4 * LONG => {
                (state >> 8) as usize % (rest.len() - LONG)
            }
            1 => 1,
            // Most are short, where the seams are; an empty piece must do no harm either.
            _ if state >> 28 == 0 => 0,
            _ if state >> 28 < 12 => (state >> 8) as usize % 8,
            _ => (state >> 8) as usize % 200,
        };
        let (piece, later) = rest.split_at(size.min(rest.len()));
        pieces.push(piece);
        rest = later;
    }
    pieces
}

/// Which end reads, and what it allows, in one byte.
pub fn reader(choice: u8) -> (Role, Config) {
    let role = if choice & 1 == 0 {
        Role::Server
    } else {
        Role::Client
    };
    let (max_frame_size, max_message_size, max_fragments) = match choice >> 1 & 3 {
        0 | 1 => (16 << 20, 16 << 20, 131_072),
        2 => (u64::MAX, u64::MAX, u32::MAX),
        _ => (100, 160, 4),
    };
    let config = Config {
        expect_masking: role == Role::Server,
        max_frame_size,
        max_message_size,
        max_fragments,
        ..Config::default()
    };
    (role, config)
}

/// What both ends may have agreed on, in two bytes.
pub fn parameters(choice: [u8; 2]) -> Parameters {
    Parameters {
        server_no_context_takeover: choice[0] & 8 != 0,
        client_no_context_takeover: choice[1] & 8 != 0,
        server_max_window_bits: 8 + (choice[0] & 7),
        client_max_window_bits: 8 + (choice[1] & 7),
    }
}

/// Pieces of a message that stand side by side, joined: no cut may change them then.
pub fn joined(events: Vec<Event>) -> Vec<Event> {
    let mut out: Vec<Event> = Vec::new();
    for event in events {
        match (out.last_mut(), event) {
            (
                Some(Event::Fragment { data, last, .. }),
                Event::Fragment {
                    data: more,
                    first: false,
                    last: end,
                    ..
                },
            ) if !*last => {
                data.extend(more);
                *last = end;
            }
            (_, event) => out.push(event),
        }
    }
    out
}

/// The stream makes of `bytes` what the model does, in every mode, whole and cut these ways.
pub fn holds(bytes: &[u8], role: Role, config: Config, ways: &[u8]) {
    let expected = outcome(bytes, role, &config);
    let whole = agree_partial(&expected, bytes, role, config, &[bytes]);
    agree(&expected, bytes, role, config, &[bytes]);
    for way in ways {
        let cut = cut(bytes, *way);
        agree(&expected, bytes, role, config, &cut);
        agree_frames(&expected, bytes, role, config, &cut);
        let joined = agree_partial(&expected, bytes, role, config, &cut);
        assert_eq!(joined, whole, "cut in way {way}");
    }
    let (events, stream) = feed_wanted(role, config, bytes);
    assert_eq!(events, expected.events);
    check_end(&expected, bytes, &stream);
}

/// The same with compression agreed on: however the bytes are cut they give the same events,
/// nothing is longer than allowed, and where no frame has RSV1 the events are the model's.
pub fn holds_compressed(
    bytes: &[u8],
    role: Role,
    mut config: Config,
    agreed: Parameters,
    ways: &[u8],
) {
    // Without a limit a few bytes are a gigabyte.
    config.max_message_size = config.max_message_size.min(1 << 20);
    let feed = |config: Config, way: u8| {
        let mut stream =
            Stream::with_config(role, config).with_deflate(agreed, Compression::default());
        let mut events = Vec::new();
        for piece in cut(bytes, way) {
            events.extend(stream.receive(piece));
            assert!(stream.wants() >= 1);
        }
        // How many bytes were left is not compared: zlib takes what it needs ahead.
        (events, stream.is_closed())
    };
    let (events, closed) = feed(config, 0);
    for way in ways {
        assert_eq!(feed(config, *way), (events.clone(), closed));
        for frames in [false, true] {
            let config = Config {
                partial: true,
                frames,
                ..config
            };
            assert_eq!(joined(feed(config, *way).0), joined(feed(config, 0).0));
        }
    }
    let inflated = |event: &Event| match event {
        Event::Message(message) => message.payload().len() as u64,
        _ => 0,
    };
    assert!(
        events
            .iter()
            .all(|event| inflated(event) <= config.max_message_size)
    );
    // A header that is not complete may have RSV1 still, and the walk does not see it.
    let frames = walk(bytes);
    let end = frames.last().map_or(0, |found| {
        found.offset + found.header_len + found.frame.payload.len()
    });
    if end == bytes.len() && frames.iter().all(|found| found.frame.rsv & 4 == 0) {
        assert_eq!(events, outcome(bytes, role, &config).events);
    }
}

/// Something done to bytes that were lawful.
#[derive(Debug, Arbitrary)]
pub enum Change {
    Set(u16, u8),
    Flip(u16, u8),
    Insert(u16, u8),
    Remove(u16),
    Truncate(u16),
}

pub fn change(wire: &mut Vec<u8>, changes: &[Change]) {
    for change in changes {
        let length = wire.len();
        if length == 0 {
            return;
        }
        let at = |n: &u16| usize::from(*n) % length;
        match change {
            Change::Set(n, byte) => wire[at(n)] = *byte,
            Change::Flip(n, bit) => wire[at(n)] ^= 1 << (bit % 8),
            Change::Insert(n, byte) => wire.insert(at(n), *byte),
            Change::Remove(n) => drop(wire.remove(at(n))),
            Change::Truncate(n) => wire.truncate(at(n)),
        }
    }
}
