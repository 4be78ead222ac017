//! The two halves of both ends do what streams do, whoever goes first: what one sends the other
//! receives, with compression, fragments and messages prepared for many among the rest; as messages
//! that share their memory, too.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use ws4wasm::deflate::Compression;
use ws4wasm::shared::Message as Shared;
use ws4wasm::stream::{Config, Event, Prepared, ReceiveHalf, Role, SendHalf, Stream};
use ws4wasm::{DataKind, Message, MessageRef};
use ws4wasm_fuzz::{cut, parameters};

#[derive(Debug, Arbitrary)]
struct Input {
    deflate: Option<[u8; 2]>,
    dedicated: bool,
    shared: bool,
    steps: Vec<Step>,
    way: u8,
    hostile: Vec<u8>,
}

#[derive(Debug, Arbitrary)]
struct Step {
    /// By the client, else by the server.
    client: bool,
    what: What,
    /// What is on its way arrives now, else later.
    deliver: bool,
}

#[derive(Debug, Arbitrary)]
enum What {
    Text(String, Option<bool>),
    Binary(Vec<u8>, u8),
    Prepared(Vec<u8>, u8),
    Fragments(Vec<Vec<u8>>, Option<bool>),
    Ping(Vec<u8>),
}

struct End {
    sending: SendHalf,
    /// What it has sent that has not arrived.
    wire: Vec<u8>,
    sent: Vec<Message>,
}

fuzz_target!(|input: Input| {
    let compression = Compression {
        dedicated: input.dedicated,
        ..Compression::default()
    };
    let halves = |role| -> (ReceiveHalf, SendHalf) {
        let stream = Stream::new(role);
        match input.deflate {
            Some(agreed) => stream.with_deflate(parameters(agreed), compression),
            None => stream,
        }
        .split()
    };
    let (server_receives, server_sends) = halves(Role::Server);
    let (client_receives, client_sends) = halves(Role::Client);
    let end = |sending| End {
        sending,
        wire: Vec::new(),
        sent: Vec::new(),
    };
    // Each with the half that hears it.
    let mut ends = [
        (end(server_sends), client_receives),
        (end(client_sends), server_receives),
    ];
    for step in input.steps.iter().take(40) {
        let (end, receiving) = &mut ends[usize::from(step.client)];
        carry_out(&step.what, end);
        if step.deliver {
            deliver(end, receiving, input.way, input.shared);
        }
    }
    for (end, receiving) in &mut ends {
        deliver(end, receiving, input.way, input.shared);
    }

    // And what no end sends: the same as a stream makes of it, and a sender that has been told.
    let mut receiving = ReceiveHalf::new(Role::Server, Config::default());
    let mut stream = Stream::new(Role::Server);
    let events = receiving.receive(&input.hostile);
    assert_eq!(events, stream.receive(&input.hostile));
    let mut sharing = ReceiveHalf::new(Role::Server, Config::default());
    assert_eq!(
        shared(&mut sharing, &input.hostile),
        events.iter().cloned().map(sharable).collect::<Vec<_>>()
    );
    let mut borrowing = ReceiveHalf::new(Role::Server, Config::default());
    let mut lent = events.iter();
    borrowing.receive_ref(&input.hostile, |event| match (event, lent.next()) {
        (Event::Message(message), Some(Event::Message(owned))) => {
            assert_eq!(message, owned.into());
        }
        (Event::Error { error, .. }, Some(Event::Error { error: owned, .. })) => {
            assert_eq!(error, *owned);
        }
        (event, owned) => panic!("{event:?}, but {owned:?} when owned"),
    });
    assert!(lent.next().is_none());
    let [(End { mut sending, .. }, _), _] = ends;
    if let Some(Event::Error { close, .. }) = events.last() {
        assert!(receiving.has_failed() && receiving.is_closed());
        sending.fail();
        let mut out = Vec::new();
        assert!(sending.send("late", &mut out).is_err());
        assert!(sending.send(close, &mut out).is_ok());
        assert!(sending.send(close, &mut out).is_err());
    }
});

fn carry_out(what: &What, end: &mut End) {
    let End {
        sending,
        wire,
        sent,
    } = end;
    match what {
        What::Text(text, compress) => {
            sending.send_with(text, *compress, wire).unwrap();
            sent.push(Message::text(text));
        }
        What::Binary(unit, times) => {
            let bytes = unit.repeat(usize::from(*times));
            sending.send(&bytes, wire).unwrap();
            sent.push(Message::Binary(bytes));
        }
        What::Prepared(unit, times) => {
            let bytes = unit.repeat(usize::from(*times));
            let prepared = Prepared::binary(&bytes);
            assert_eq!(prepared.payload(), bytes);
            sending.send_prepared(&prepared, wire).unwrap();
            sent.push(Message::Binary(bytes));
        }
        What::Fragments(parts, compress) => {
            for (i, part) in parts.iter().enumerate() {
                let (first, last) = (i == 0, i + 1 == parts.len());
                sending
                    .send_fragment(DataKind::Binary, part, first, last, *compress, wire)
                    .unwrap();
            }
            if !parts.is_empty() {
                sent.push(Message::Binary(parts.concat()));
            }
        }
        What::Ping(data) => {
            if sending.send(MessageRef::Ping(data), wire).is_ok() {
                sent.push(Message::Ping(data.clone()));
            } else {
                assert!(data.len() > 125);
            }
        }
    }
}

fn deliver(end: &mut End, receiving: &mut ReceiveHalf, way: u8, share: bool) {
    let wire = std::mem::take(&mut end.wire);
    let mut heard = Vec::new();
    for piece in cut(&wire, way) {
        if share {
            heard.extend(shared(receiving, piece));
        } else {
            receiving.receive_each(piece, |event| heard.push(sharable(event)));
        }
    }
    let sent = std::mem::take(&mut end.sent);
    let expected: Vec<_> = sent
        .into_iter()
        .map(|message| Event::Message(message.into()))
        .collect();
    assert_eq!(heard, expected);
}

fn shared(receiving: &mut ReceiveHalf, bytes: &[u8]) -> Vec<Event<Shared>> {
    let mut events = Vec::new();
    receiving.receive_shared(bytes, |event| events.push(event));
    events
}

fn sharable(event: Event) -> Event<Shared> {
    match event {
        Event::Message(message) => Event::Message(message.into()),
        Event::Error { error, close } => Event::Error { error, close },
        other => panic!("{other:?} was not asked for"),
    }
}
