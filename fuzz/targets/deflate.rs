//! What one end compresses the other inflates, and zlib with the window that was agreed on.
//! With some of its bytes changed it is what it is however it is cut.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use ws4wasm::deflate::Compression;
use ws4wasm::stream::{Config, Event, Role, Stream};
use ws4wasm::{DataKind, Message};
use ws4wasm_fuzz::wire::walk;
use ws4wasm_fuzz::zlib::{End, Inflater};
use ws4wasm_fuzz::{Change, change, cut, holds_compressed, parameters};

#[derive(Debug, Arbitrary)]
struct Input {
    agreed: [u8; 2],
    server_sends: bool,
    level: Option<u8>,
    mem_level: u8,
    threshold: Option<u8>,
    dedicated: bool,
    messages: Vec<Sent>,
    way: u8,
    changes: Vec<Change>,
}

#[derive(Debug, Arbitrary)]
struct Sent {
    /// Repeated so often, which brings it to the windows' sizes.
    unit: Vec<u8>,
    times: u8,
    compress: Option<bool>,
    /// Where it is cut into fragments.
    cuts: Vec<u16>,
    release: bool,
}

fuzz_target!(|input: Input| {
    let agreed = parameters(input.agreed);
    let compression = Compression {
        level: input.level,
        mem_level: input.mem_level,
        threshold: input.threshold.map(u64::from),
        dedicated: input.dedicated,
    };
    let (ours, theirs) = if input.server_sends {
        (Role::Server, Role::Client)
    } else {
        (Role::Client, Role::Server)
    };
    let mut sender = Stream::new(ours).with_deflate(agreed, compression);
    let mut receiver = Stream::new(theirs).with_deflate(agreed, compression);
    let (bits, forgets) = if input.server_sends {
        (
            agreed.server_max_window_bits,
            agreed.server_no_context_takeover,
        )
    } else {
        (
            agreed.client_max_window_bits,
            agreed.client_no_context_takeover,
        )
    };
    let mut zlib = Inflater::new(bits);
    let mut all = Vec::new();
    for message in input.messages.iter().take(20) {
        let payload = message.unit.repeat(usize::from(message.times));
        let wire = send(&mut sender, message, &payload);
        let frames = walk(&wire);
        let carried: Vec<u8> = frames
            .iter()
            .flat_map(|f| f.frame.payload.clone())
            .collect();
        if frames[0].frame.rsv == 4 {
            assert_eq!(
                zlib.message(&carried, payload.len()),
                (payload.clone(), End::Whole)
            );
            if forgets {
                zlib.reset();
            }
        } else {
            assert_eq!(carried, payload);
        }
        if message.release {
            sender.release();
            receiver.release();
        }
        let events: Vec<_> = cut(&wire, input.way)
            .into_iter()
            .flat_map(|piece| receiver.receive(piece))
            .collect();
        assert_eq!(events, [Event::Message(Message::Binary(payload))]);
        all.extend(wire);
    }
    if !input.changes.is_empty() {
        change(&mut all, &input.changes);
        let config = Config {
            expect_masking: theirs == Role::Server,
            ..Config::default()
        };
        holds_compressed(&all, theirs, config, agreed, &[input.way]);
    }
});

fn send(sender: &mut Stream, message: &Sent, payload: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    if message.cuts.is_empty() {
        let whole = Message::binary(payload);
        sender
            .send_with(&whole, message.compress, &mut wire)
            .unwrap();
        return wire;
    }
    let mut cuts: Vec<_> = message
        .cuts
        .iter()
        .map(|at| usize::from(*at) % (payload.len() + 1))
        .collect();
    cuts.extend([0, payload.len()]);
    cuts.sort_unstable();
    let pieces = cuts.len() - 1;
    for (i, ends) in cuts.windows(2).enumerate() {
        let piece = &payload[ends[0]..ends[1]];
        let last = i + 1 == pieces;
        sender
            .send_fragment(
                DataKind::Binary,
                piece,
                i == 0,
                last,
                message.compress,
                &mut wire,
            )
            .unwrap();
    }
    wire
}
