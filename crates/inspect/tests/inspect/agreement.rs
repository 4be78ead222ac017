//! What the engine refuses, the inspector names first: the same error, at the same byte. What
//! the engine accepts, the inspector finds nothing in.

use crate::vectors;
use proptest::prelude::*;
use ws4wasm::deflate::{Compression, Parameters};
use ws4wasm::stream::{Config, Event, Role, Stream};
use ws4wasm::{DataKind, Error, Message};
use ws4wasm_inspect::flow::{Content, Direction, End, FlowSink, Opened, Source};
use ws4wasm_inspect::rules::{Rule, Severity, Violation};
use ws4wasm_inspect::{Deflate, Inspection, Options};

/// The error, and the byte that shows it: the last one that the engine has looked at.
fn strict(
    role: Role,
    config: Config,
    deflate: Option<Parameters>,
    bytes: &[u8],
) -> (Option<(Error, u64)>, u64) {
    let mut stream = Stream::with_config(role, config);
    if let Some(agreed) = deflate {
        stream = stream.with_deflate(agreed, Compression::default());
    }
    for (index, byte) in bytes.iter().enumerate() {
        for event in stream.receive(&[*byte]) {
            if let Event::Error { error, .. } = event {
                return (Some((error, index as u64)), index as u64 + 1);
            }
        }
    }
    (None, bytes.len() as u64 - stream.ignored())
}

fn inspect(
    role: Role,
    limits: Option<Config>,
    deflate: Option<Parameters>,
    pieces: &[&[u8]],
) -> Inspection {
    let deflate = deflate.map_or(Deflate::Off, Deflate::On);
    let mut inspection = Inspection::new(Options {
        deflate,
        limits,
        ..Options::default()
    });
    let direction = match role {
        Role::Server => Direction::ClientToServer,
        Role::Client => Direction::ServerToClient,
    };
    let flow = inspection.open(Opened {
        client_known: true,
        from_start: true,
        content: Content::WebSocket,
        ..Opened::default()
    });
    for piece in pieces {
        inspection.data(flow, direction, 0, Source::default(), piece);
    }
    inspection.end(flow, Direction::ClientToServer, 0, End::Cut);
    inspection.end(flow, Direction::ServerToClient, 0, End::Cut);
    inspection
}

fn errors(inspection: &Inspection) -> Vec<Violation> {
    let all = inspection
        .store
        .violations
        .iter_from(0)
        .map(|(_, violation)| violation);
    all.filter(|violation| violation.rule.describe().severity == Severity::Error)
        .cloned()
        .collect()
}

fn agree(
    role: Role,
    config: Config,
    deflate: Option<Parameters>,
    bytes: &[u8],
    pieces: &[&[u8]],
) {
    let (refused, seen) = strict(role, config, deflate, bytes);
    let inspection = inspect(role, Some(config), deflate, pieces);
    let found = errors(&inspection);
    let first = found.first().filter(|violation| violation.seen < seen);
    match (refused, first) {
        (None, None) => {}
        (Some((error, at)), Some(violation)) => {
            assert_eq!(violation.error, Some(error), "{found:?}");
            assert_eq!(violation.seen, at, "{violation:?}");
            assert!(violation.offset <= violation.seen);
            assert_eq!(
                violation.rule.describe().close_code(),
                Some(error.close_code())
            );
            assert!(
                violation.rule == Rule::of(&error) || violation.rule == Rule::Rsv1NotFirst,
                "{violation:?}"
            );
        }
        (refused, _) => panic!("engine: {refused:?}, inspector: {found:#?}"),
    }
}

/// Bytes that begin like HTTP are taken for a handshake.
fn is_http(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|byte| b"GPHDOCT".contains(byte))
}

#[test]
fn every_vector() {
    for vector in vectors::load() {
        let bytes = vector.bytes();
        if is_http(&bytes) {
            continue;
        }
        let check = |pieces: &[&[u8]]| {
            agree(
                vector.role(),
                vector.config(),
                vector.parameters(),
                &bytes,
                pieces,
            );
        };
        check(&[&bytes]);
        if bytes.len() < 4096 {
            check(&bytes.chunks(1).collect::<Vec<_>>());
        }
    }
}

pub fn message() -> impl Strategy<Value = Message> {
    let text = "[a-zé€😀]{0,140}";
    prop_oneof![
        4 => text.prop_map(Message::Text),
        2 => proptest::collection::vec(any::<u8>(), 0..200).prop_map(Message::Binary),
        1 => proptest::collection::vec(any::<u8>(), 0..126).prop_map(Message::Ping),
        1 => proptest::collection::vec(any::<u8>(), 0..126).prop_map(Message::Pong),
    ]
}

pub fn wire(
    role: Role,
    deflate: Option<Parameters>,
    parts: &[(Message, usize)],
    close: bool,
) -> Vec<u8> {
    let sender = match role {
        Role::Server => Role::Client,
        Role::Client => Role::Server,
    };
    let mut stream = Stream::new(sender);
    if let Some(agreed) = deflate {
        let compression = Compression {
            threshold: Some(0),
            ..Compression::default()
        };
        stream = stream.with_deflate(agreed, compression);
    }
    let mut out = Vec::new();
    for (message, cut) in parts {
        match message {
            Message::Text(text) if *cut > 0 && *cut < text.len() => {
                let (a, b) = text.as_bytes().split_at(*cut);
                stream
                    .send_fragment(DataKind::Text, a, true, false, None, &mut out)
                    .unwrap();
                stream.send(&Message::Ping(vec![1]), &mut out).unwrap();
                stream
                    .send_fragment(DataKind::Text, b, false, true, None, &mut out)
                    .unwrap();
            }
            message => stream.send(message, &mut out).unwrap(),
        }
    }
    if close {
        stream.close(1000, "bye", &mut out).unwrap();
    }
    out
}

pub fn parameters() -> impl Strategy<Value = Option<Parameters>> {
    proptest::option::of(
        (any::<bool>(), 9u8..=15).prop_map(|(reset, bits)| Parameters {
            server_no_context_takeover: reset,
            client_no_context_takeover: reset,
            server_max_window_bits: bits,
            client_max_window_bits: bits,
        }),
    )
}

pub fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Server), Just(Role::Client)]
}

/// Headers of every kind, most of them lawful.
pub fn frames() -> impl Strategy<Value = Vec<u8>> {
    let opcode =
        prop_oneof![6 => prop_oneof![Just(0u8), Just(1), Just(2)], 2 => 8u8..11, 1 => 0u8..16];
    let rsv = prop_oneof![12 => Just(0u8), 2 => Just(4), 1 => 0u8..8];
    let body =
        proptest::collection::vec(prop_oneof![5 => 0x20u8..0x7f, 1 => any::<u8>()], 0..40);
    let frame = (
        any::<bool>(),
        rsv,
        opcode,
        proptest::option::weighted(0.9, any::<[u8; 4]>()),
        body,
        0u8..20,
    );
    let bytes = frame.prop_map(|(fin, rsv, opcode, key, body, form)| {
        let mut out = vec![u8::from(fin) << 7 | rsv << 4 | opcode];
        let mask = if key.is_some() { 0x80 } else { 0 };
        match form {
            0 => {
                out.push(mask | 126);
                out.extend((body.len() as u16).to_be_bytes());
            }
            1 => {
                out.push(mask | 127);
                out.extend((body.len() as u64).to_be_bytes());
            }
            _ => out.push(mask | body.len() as u8),
        }
        out.extend(
            key.unwrap_or_default()
                .into_iter()
                .filter(|_| key.is_some()),
        );
        out.extend(
            body.iter()
                .enumerate()
                .map(|(i, byte)| byte ^ key.unwrap_or_default()[i % 4]),
        );
        out
    });
    proptest::collection::vec(bytes, 0..6).prop_map(|frames| frames.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn lawful_streams(
        role in role(),
        deflate in parameters(),
        parts in proptest::collection::vec((message(), 0usize..20), 0..8),
        close in any::<bool>(),
    ) {
        let bytes = wire(role, deflate, &parts, close);
        agree(role, Config::default(), deflate, &bytes, &[&bytes]);
        prop_assert!(errors(&inspect(role, None, deflate, &[&bytes])).is_empty());
    }

    #[test]
    fn streams_with_some_bytes_changed(
        role in role(),
        deflate in parameters(),
        parts in proptest::collection::vec((message(), 0usize..20), 1..6),
        close in any::<bool>(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<proptest::sample::Index>(),
    ) {
        let mut bytes = wire(role, deflate, &parts, close);
        prop_assume!(!bytes.is_empty());
        for (index, value) in changes {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        prop_assume!(!is_http(&bytes));
        let (a, b) = bytes.split_at(cut.index(bytes.len()));
        let pieces: Vec<&[u8]> = [a, b].into_iter().filter(|piece| !piece.is_empty()).collect();
        agree(role, Config::default(), deflate, &bytes, &pieces);
    }

    #[test]
    fn headers_of_every_kind(role in role(), deflate in parameters(), bytes in frames()) {
        prop_assume!(!is_http(&bytes));
        agree(role, Config::default(), deflate, &bytes, &bytes.chunks(1).collect::<Vec<_>>());
        agree(role, Config::default(), deflate, &bytes, &[&bytes]);
    }

    #[test]
    fn any_bytes(role in role(), deflate in parameters(), bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assume!(!is_http(&bytes));
        if !bytes.is_empty() {
            agree(role, Config::default(), deflate, &bytes, &[&bytes]);
        }
    }
}
