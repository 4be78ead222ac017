//! Any bytes at all as compressed messages: what comes out is what zlib makes of them, up to
//! the limit and not a byte more, in whatever pieces they come.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws4wasm::deflate::{Compression, Parameters};
use ws4wasm::stream::{Config, Event, Role, Stream};
use ws4wasm::{Error, Message};
use ws4wasm_fuzz::cut;
use ws4wasm_fuzz::wire::Frame;
use ws4wasm_fuzz::zlib::{End, Inflater, ends_with_a_block, without_tail};

const LIMIT: usize = 100_000;

fuzz_target!(|data: &[u8]| {
    let [way, messages, bytes @ ..] = data else {
        return;
    };
    // One message, or two of which the second may look back at the first.
    let (first, second) = bytes.split_at(bytes.len() * usize::from(messages % 4) / 4);
    let mut wire = Vec::new();
    let mut expected = Vec::new();
    let mut zlib = Inflater::new(15);
    let mut end = End::Whole;
    let mut sent = Vec::new();
    for payload in [first, second] {
        let mut frame = Frame::new(2, payload);
        frame.rsv = 4;
        wire.extend(frame.encode());
        sent.push(payload);
        if end == End::Whole {
            let payload = without_tail(&sent);
            *sent.last_mut().unwrap() = payload;
            let (out, how) = zlib.message(payload, LIMIT);
            end = how;
            if end == End::Whole && !ends_with_a_block(&sent) {
                end = End::Corrupt;
            }
            if end == End::Whole {
                expected.push(Event::Message(Message::Binary(out)));
            }
        }
    }
    let config = Config {
        expect_masking: false,
        max_message_size: LIMIT as u64,
        max_frame_size: u64::MAX,
        ..Config::default()
    };
    let feed = |way: u8, partial: bool| {
        let config = Config { partial, ..config };
        let mut stream = Stream::with_config(Role::Client, config)
            .with_deflate(Parameters::default(), Compression::default());
        let events: Vec<_> = cut(&wire, way)
            .into_iter()
            .flat_map(|piece| stream.receive(piece))
            .collect();
        events
    };
    let events = feed(0, false);
    assert_eq!(feed(*way, false), events);
    let given: usize = feed(*way, true)
        .iter()
        .map(|event| match event {
            Event::Fragment { data, .. } => data.len(),
            _ => 0,
        })
        .sum();
    assert!(given <= 2 * LIMIT, "{given} bytes given out");
    let error = match events.last() {
        Some(Event::Error { error, .. }) => Some(*error),
        _ => None,
    };
    match end {
        End::Whole => assert_eq!(events, expected),
        End::Final => assert!(events.starts_with(&expected)),
        End::Corrupt => {
            assert!(matches!(error, Some(Error::Inflate)), "{error:?}");
            assert_eq!(events[..events.len() - 1], expected);
        }
        End::TooLong => {
            assert!(
                matches!(error, Some(Error::MessageTooLarge { .. })),
                "{error:?}"
            );
            assert_eq!(events[..events.len() - 1], expected);
        }
    }
});
