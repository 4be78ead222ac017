//! permessage-deflate: every compressed vector at every cut, and what one end compresses, the
//! other end inflates.

use crate::vectors::{Vector, cuts, load_files};
use proptest::prelude::*;
use ws4wasm::deflate::{Compression, Parameters};
use ws4wasm::handshake::Extension;
use ws4wasm::stream::{Config, Event, Role, Stream};
use ws4wasm::{DataKind, Message};

fn vectors() -> Vec<Vector> {
    let all = load_files(|name| name == "deflate.json");
    assert!(all.len() >= 100, "{} vectors", all.len());
    all
}

fn agreed(vector: &Vector) -> Parameters {
    let mut parameters = Parameters::default();
    for (name, value) in &vector.deflate {
        let number = value.as_u64().map(|n| n as u8);
        match (name.as_str(), number, value.as_bool()) {
            ("serverMaxWindowBits", Some(n), _) => parameters.server_max_window_bits = n,
            ("clientMaxWindowBits", Some(n), _) => parameters.client_max_window_bits = n,
            ("serverNoContextTakeover", _, Some(b)) => {
                parameters.server_no_context_takeover = b
            }
            ("clientNoContextTakeover", _, Some(b)) => {
                parameters.client_no_context_takeover = b
            }
            _ => panic!("{name}: {value}"),
        }
    }
    parameters
}

fn feed<'a>(
    vector: &Vector,
    config: Config,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<Event> {
    let mut stream = Stream::with_config(vector.role(), config)
        .with_deflate(agreed(vector), Compression::default());
    let mut events = Vec::new();
    for piece in pieces {
        events.extend(stream.receive(piece));
        assert!(stream.wants() >= 1);
    }
    events
}

#[test]
fn whole_byte_by_byte_and_cut_in_two_everywhere() {
    for vector in &vectors() {
        println!("{}", vector.name);
        let bytes = vector.bytes.bytes();
        let config = vector.config();
        vector.check(&feed(vector, config, [&bytes[..]]));
        vector.check(&feed(vector, config, bytes.chunks(1)));
        for cut in cuts(&bytes, 30) {
            let (head, tail) = bytes.split_at(cut);
            vector.check(&feed(vector, config, [head, tail]));
        }
    }
}

#[test]
fn followed_by_another_frame() {
    for vector in vectors().iter().filter(|vector| !vector.incomplete) {
        println!("{}", vector.name);
        let bytes = [vector.bytes.bytes(), vector.next()].concat();
        let whole = feed(vector, vector.config(), [&bytes[..]]);
        let (last, before) = whole.split_last().unwrap();
        if *last == Event::Message(Message::text("next")) {
            vector.check(before);
        } else {
            vector.check(&whole);
        }
        assert_eq!(feed(vector, vector.config(), bytes.chunks(1)), whole);
        for cut in cuts(&bytes, 10) {
            let (head, tail) = bytes.split_at(cut);
            assert_eq!(feed(vector, vector.config(), [head, tail]), whole);
        }
    }
}

/// Fragments of a message joined, frames and all else as they are.
fn joined(events: Vec<Event>) -> Vec<Event> {
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

#[test]
fn pieces_and_frames_do_not_depend_on_the_cuts() {
    for vector in &vectors() {
        println!("{}", vector.name);
        let bytes = vector.bytes.bytes();
        for frames in [false, true] {
            let config = Config {
                partial: true,
                frames,
                ..vector.config()
            };
            let whole = joined(feed(vector, config, [&bytes[..]]));
            assert_eq!(joined(feed(vector, config, bytes.chunks(1))), whole);
            for cut in cuts(&bytes, 10) {
                let (head, tail) = bytes.split_at(cut);
                assert_eq!(joined(feed(vector, config, [head, tail])), whole);
            }
        }
    }
}

/// What is sent, in which mood.
#[derive(Debug, Clone)]
struct Sent {
    from_client: bool,
    /// Cut into fragments at these places.
    text: String,
    fragments: Vec<prop::sample::Index>,
    compress: Option<bool>,
}

fn sent() -> impl Strategy<Value = Sent> {
    let word = prop::sample::select(vec![
        "the ", "quick ", "brön ", "{\"id\":", "漢字", "🎉", "\0",
    ]);
    let text = prop::collection::vec(word, 0..400).prop_map(|words| words.concat());
    (
        any::<bool>(),
        text,
        prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        any::<Option<bool>>(),
    )
        .prop_map(|(from_client, text, fragments, compress)| Sent {
            from_client,
            text,
            fragments,
            compress,
        })
}

fn parameters() -> impl Strategy<Value = Parameters> {
    (any::<bool>(), any::<bool>(), 8..=15u8, 8..=15u8).prop_map(|(a, b, c, d)| Parameters {
        server_no_context_takeover: a,
        client_no_context_takeover: b,
        server_max_window_bits: c,
        client_max_window_bits: d,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn each_end_understands_the_other(
        agreed in parameters(),
        level in any::<Option<u8>>(),
        mem_level in any::<u8>(),
        threshold in prop::option::of(0..300u64),
        messages in prop::collection::vec(sent(), 1..20),
        chunk in 1..5000usize,
        release in any::<bool>(),
    ) {
        let compression = Compression { level, mem_level, threshold, dedicated: mem_level % 2 == 0 };
        let [mut server, mut client] = [Role::Server, Role::Client]
            .map(|role| Stream::new(role).with_deflate(agreed, compression));
        for message in messages {
            let (sender, receiver) = if message.from_client {
                (&mut client, &mut server)
            } else {
                (&mut server, &mut client)
            };
            let mut wire = Vec::new();
            let bytes = message.text.as_bytes();
            if message.fragments.is_empty() {
                let text = Message::text(message.text.clone());
                sender.send_with(&text, message.compress, &mut wire).unwrap();
                if message.compress == Some(true) {
                    prop_assert_eq!(wire[0], 0xc1);
                }
            } else {
                let mut places: Vec<_> =
                    message.fragments.iter().map(|i| i.index(bytes.len() + 1)).collect();
                places.sort_unstable();
                let mut from = 0;
                for to in places {
                    sender
                        .send_fragment(DataKind::Text, &bytes[from..to], from == 0, false, None, &mut wire)
                        .unwrap_or_else(|_| sender
                            .send_fragment(DataKind::Text, &bytes[from..to], false, false, None, &mut wire)
                            .unwrap());
                    from = to;
                }
                let first = wire.is_empty();
                sender.send_fragment(DataKind::Text, &bytes[from..], first, true, None, &mut wire).unwrap();
            }
            if release {
                sender.release();
                receiver.release();
            }
            let events: Vec<_> = wire.chunks(chunk).flat_map(|c| receiver.receive(c)).collect();
            prop_assert_eq!(events, [Event::Message(Message::text(message.text))]);
        }
    }

    /// Whatever comes, it means the same however it is cut, and nothing panics.
    #[test]
    fn any_bytes_mean_the_same_however_they_are_cut(
        agreed in parameters(),
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..6),
        chunk in 1..50usize,
    ) {
        let mut wire = Vec::new();
        for payload in &payloads {
            wire.extend([0xc2, 126, 0, payload.len() as u8]);
            if payload.len() < 126 {
                wire.truncate(wire.len() - 3);
                wire.push(payload.len() as u8);
            }
            wire.extend(payload);
        }
        let run = |chunk: usize| {
            let mut stream = Stream::new(Role::Client).with_deflate(agreed, Compression::default());
            wire.chunks(chunk).flat_map(|c| stream.receive(c)).collect::<Vec<_>>()
        };
        prop_assert_eq!(run(wire.len()), run(chunk));
    }

    #[test]
    fn any_offer_is_answered_in_its_own_terms(text in "[a-z_;=, \"0-9]{0,80}", wanted in parameters()) {
        let offer = format!("permessage-deflate{text}");
        if let Ok(offers) = Extension::parse_list(&offer)
            && let Some(agreed) = wanted.select(&offers)
        {
            prop_assert!(agreed.server_max_window_bits <= wanted.server_max_window_bits);
            // A client that cannot limit its window does not.
            let limited = agreed.client_max_window_bits <= wanted.client_max_window_bits;
            prop_assert!(limited || agreed.client_max_window_bits == 15);
        }
    }
}

/// Hundreds of connections share some dozens of states; none ever sees another's window.
#[test]
fn streams_that_share_states_keep_their_own_windows() {
    let agreed = Parameters::default();
    let mut pairs: Vec<_> = (0..300)
        .map(|_| {
            [Role::Server, Role::Client]
                .map(|role| Stream::new(role).with_deflate(agreed, Compression::default()))
        })
        .collect();
    let mut compressed = 0;
    let mut plain = 0;
    for round in 0..8 {
        for (index, [server, client]) in pairs.iter_mut().enumerate() {
            let text =
                format!("connection {index} has this to say to itself, and to nobody else: ")
                    .repeat(1 + round * index % 40);
            let message = Message::text(text);
            let mut wire = Vec::new();
            server.send(&message, &mut wire).unwrap();
            compressed += wire.len();
            plain += message.payload().len();
            assert_eq!(client.receive(&wire), [Event::Message(message.clone())]);
            wire.clear();
            client.send(&message, &mut wire).unwrap();
            assert_eq!(server.receive(&wire), [Event::Message(message)]);
        }
    }
    // Takeover is not lost with the state.
    assert!(compressed * 20 < plain, "{compressed} of {plain}");
}

#[test]
fn a_bomb_is_refused_at_the_limit() {
    // Ten mebibytes of zeros, again and again; and one byte over what is allowed is enough.
    let mut sender = Stream::new(Role::Server).with_deflate(
        Parameters {
            server_no_context_takeover: true,
            ..Parameters::default()
        },
        Compression::default(),
    );
    let mut bomb = Vec::new();
    let zeros = Message::Binary(vec![0; 10 << 20]);
    sender.send(&zeros, &mut bomb).unwrap();
    assert!(bomb.len() < 50_000);
    for limit in [0, 1, 1000, 65_536, 1 << 20, (10 << 20) - 1] {
        let config = Config {
            max_message_size: limit,
            partial: true,
            ..Config::default()
        };
        let mut receiver = Stream::with_config(Role::Client, config)
            .with_deflate(Parameters::default(), Compression::default());
        let mut inflated = 0;
        let events = receiver.receive(&bomb);
        for event in &events {
            if let Event::Fragment { data, .. } = event {
                inflated += data.len() as u64;
            }
        }
        // Not a byte more than the limit was ever given out.
        assert_eq!(inflated, limit);
        assert!(matches!(
            events.last(),
            Some(Event::Error {
                close: Message::Close { code: 1009, .. },
                ..
            })
        ));
        assert!(receiver.ignored() > 0 || limit > 10_000_000);
    }
}
