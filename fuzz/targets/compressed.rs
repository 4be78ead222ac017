//! Any bytes at all towards ends that have agreed on compression: however they are cut they
//! give the same events, and where no frame has RSV1 those are the model's.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws4wasm::deflate::Compression;
use ws4wasm::stream::{Config, Event, Stream};
use ws4wasm_fuzz::model::outcome;
use ws4wasm_fuzz::wire::walk;
use ws4wasm_fuzz::{cut, joined, parameters, reader};

fuzz_target!(|data: &[u8]| {
    let [choice, server, client, way, bytes @ ..] = data else {
        return;
    };
    let (role, mut config) = reader(*choice);
    // Without a limit a few bytes are a gigabyte.
    config.max_message_size = config.max_message_size.min(1 << 20);
    let agreed = parameters([*server, *client]);
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
    assert_eq!(feed(config, *way), (events.clone(), closed));
    for frames in [false, true] {
        let config = Config {
            partial: true,
            frames,
            ..config
        };
        assert_eq!(joined(feed(config, *way).0), joined(feed(config, 0).0));
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
});
