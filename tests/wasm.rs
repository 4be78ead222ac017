//! The core as wasm: with SIMD128, 32-bit sizes and the platform's random numbers.
//! `npm test -- wasm` runs this by wasm-pack in Node and in headless Chromium, Firefox and
//! WebKitGTK.

#![cfg(all(target_arch = "wasm32", target_os = "unknown"))]

use serde_json::Value;
use std::collections::BTreeSet;
use wasm_bindgen_test::wasm_bindgen_test;
use ws4wasm::deflate::{Compression, Parameters};
use ws4wasm::frame::{Header, Parsed, mask};
use ws4wasm::handshake::{
    ClientHandshake, ClientOptions, ServerHandshake, ServerOptions, accept_key, select_protocol,
};
use ws4wasm::stream::{Config, Event, Role, Stream};
use ws4wasm::utf8::{Validator, utf8_to_utf16};
use ws4wasm::{DataKind, Error, ErrorKind, Message};

#[wasm_bindgen_test]
fn is_built_as_the_package_is() {
    assert!(cfg!(target_feature = "simd128"));
    assert_eq!(usize::BITS, 32);
}

// The vectors of tests/vectors. Every rule is tested natively; here it is about the same
// results on this machine.

const VECTORS: [&str; 9] = [
    include_str!("vectors/close.json"),
    include_str!("vectors/control.json"),
    include_str!("vectors/errors.json"),
    include_str!("vectors/fragmentation.json"),
    include_str!("vectors/frames.json"),
    include_str!("vectors/lengths.json"),
    include_str!("vectors/limits.json"),
    include_str!("vectors/masking.json"),
    include_str!("vectors/utf8.json"),
];

/// These with permessage-deflate.
const COMPRESSED: &str = include_str!("vectors/deflate.json");

/// A string, or pieces of one, some of them repeated.
fn joined(pieces: &Value) -> String {
    let piece = |value: &Value| match value {
        Value::String(once) => once.clone(),
        _ => {
            let text = value.get("hex").or(value.get("text")).expect("hex or text");
            let times = value["repeat"].as_u64().expect("repeat");
            text.as_str().expect("a string").repeat(times as usize)
        }
    };
    match pieces {
        Value::Null => String::new(),
        Value::Array(list) => list.iter().map(piece).collect(),
        one => piece(one),
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hex"))
        .collect()
}

fn is_expected(expected: &Value, event: &Event) -> bool {
    let kind = expected["type"].as_str().expect("type");
    match event {
        Event::Message(Message::Text(text)) => {
            kind == "text" && joined(&expected["data"]) == *text
        }
        Event::Message(Message::Binary(data)) => {
            kind == "binary" && bytes(&joined(&expected["hex"])) == *data
        }
        Event::Message(Message::Ping(data)) => {
            kind == "ping" && bytes(&joined(&expected["hex"])) == *data
        }
        Event::Message(Message::Pong(data)) => {
            kind == "pong" && bytes(&joined(&expected["hex"])) == *data
        }
        Event::Message(Message::Close { code, reason }) => {
            kind == "close" && expected["code"] == *code && expected["reason"] == **reason
        }
        Event::Error { error, .. } => {
            kind == "error"
                && expected["code"] == error.close_code()
                && expected["index"].as_u64() == error.index()
                && expected["class"] == class(error.kind())
        }
        _ => false,
    }
}

fn class(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::FrameTooLarge => "FrameTooLargeException",
        ErrorKind::Protocol => "ProtocolException",
        ErrorKind::UnsupportedFrameType => "UnsupportedFrameTypeException",
        ErrorKind::TextFrameEncoding => "TextFrameEncodingException",
        _ => "InvalidBytesError",
    }
}

/// The events of `input`, fed in chunks of `size`.
fn receive(
    role: Role,
    config: Config,
    deflate: Option<Parameters>,
    input: &[u8],
    size: usize,
) -> Vec<Event> {
    let mut stream = Stream::with_config(role, config);
    if let Some(agreed) = deflate {
        stream = stream.with_deflate(agreed, Compression::default());
    }
    input
        .chunks(size)
        .flat_map(|chunk| stream.receive(chunk))
        .collect()
}

fn parameters(given: &Value) -> Parameters {
    let bits = |name: &str| given[name].as_u64().map_or(15, |bits| bits as u8);
    let flag = |name: &str| given[name].as_bool().unwrap_or(false);
    Parameters {
        server_no_context_takeover: flag("serverNoContextTakeover"),
        client_no_context_takeover: flag("clientNoContextTakeover"),
        server_max_window_bits: bits("serverMaxWindowBits"),
        client_max_window_bits: bits("clientMaxWindowBits"),
    }
}

#[wasm_bindgen_test]
fn vectors_whole_and_cut() {
    let mut count = 0;
    for file in VECTORS.into_iter().chain([COMPRESSED]) {
        let vectors: Vec<Value> = serde_json::from_str(file).expect("JSON");
        for vector in &vectors {
            count += 1;
            let name = &vector["name"];
            let role = match vector["role"].as_str() {
                Some("client") => Role::Client,
                _ => Role::Server,
            };
            let default = Config::default();
            let limit = |name: &str| vector["options"][name].as_u64();
            let max_message_size = limit("maxMessageSize").unwrap_or(default.max_message_size);
            let config = Config {
                max_frame_size: limit("maxFrameSize").unwrap_or(max_message_size),
                max_message_size,
                max_fragments: limit("maxFragments")
                    .map_or(default.max_fragments, |limit| limit as u32),
                ..default
            };
            let input = bytes(&joined(&vector["bytes"]));
            let mut expected = Vec::new();
            for event in vector["events"].as_array().expect("events") {
                let times = event["repeat"].as_u64().unwrap_or(1);
                expected.extend((0..times).map(|_| event));
            }
            let deflate = (file == COMPRESSED).then(|| parameters(&vector["deflate"]));
            let whole = receive(role, config, deflate, &input, input.len().max(1));
            assert_eq!(whole.len(), expected.len(), "{name}");
            for (expected, event) in expected.iter().zip(&whole) {
                assert!(is_expected(expected, event), "{name}: {event:?}");
            }
            for size in [1, 2, 3, 5, 17, 64] {
                assert_eq!(
                    receive(role, config, deflate, &input, size),
                    whole,
                    "{name}, {size}"
                );
            }
        }
    }
    assert!(count >= 150, "{count} vectors");
}

// UTF-8: the SIMD paths against the standard library.

/// Where the standard library says that `bytes` go wrong: the first byte that cannot be right.
fn first_bad(bytes: &[u8]) -> Option<usize> {
    let hopeless =
        |part: &[u8]| std::str::from_utf8(part).is_err_and(|error| error.error_len().is_some());
    let good = std::str::from_utf8(bytes).err()?.valid_up_to();
    (good..bytes.len()).find(|&end| hopeless(&bytes[good..=end]))
}

fn check_utf8(bytes: &[u8]) {
    let mut validator = Validator::new();
    let result = validator.check(bytes);
    match first_bad(bytes) {
        Some(index) => assert_eq!(result, Err(index), "{bytes:x?}"),
        None => {
            assert_eq!(result, Ok(()), "{bytes:x?}");
            assert_eq!(
                validator.is_complete(),
                std::str::from_utf8(bytes).is_ok(),
                "{bytes:x?}"
            );
        }
    }
}

#[wasm_bindgen_test]
fn utf8_sequences() {
    for a in 0..=255 {
        check_utf8(&[a]);
        for b in 0..=255 {
            check_utf8(&[a, b]);
        }
    }
    let edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
    for a in 0xe0..=0xff {
        for b in 0x7f..=0xc0 {
            for c in edges {
                check_utf8(&[a, b, c]);
                for d in edges {
                    check_utf8(&[a, b, c, d]);
                }
            }
        }
    }
}

#[wasm_bindgen_test]
fn utf8_with_a_bad_byte_everywhere() {
    let text = "Grüße, Привет, 你好, 😀! plain ASCII that is long enough to fill a register. ";
    for lead in 0..20 {
        let good = ["x".repeat(lead), text.repeat(3)].concat().into_bytes();
        check_utf8(&good);
        for at in 0..good.len() {
            for bad in [0x80, 0xc0, 0xed, 0xf5, 0xff] {
                let mut bytes = good.clone();
                bytes[at] = bad;
                check_utf8(&bytes);
            }
            check_utf8(&good[..at]);
        }
    }
}

#[wasm_bindgen_test]
fn utf8_to_utf16_as_the_standard_library_does() {
    let alphabets = [
        "ascii only ",
        "äöüß é",
        "漢字かな",
        "😀𝒳",
        "a漢😀é ",
        "\u{feff}\0\u{ffff}",
    ];
    for alphabet in alphabets {
        for length in 0..90 {
            let text: String = alphabet.chars().cycle().take(length).collect();
            let mut units = vec![0; text.len() + 16];
            let count = utf8_to_utf16(text.as_bytes(), &mut units);
            assert!(
                text.encode_utf16().eq(units[..count].iter().copied()),
                "{text}"
            );
        }
    }
}

// Frames.

#[wasm_bindgen_test]
fn masking_of_every_length_and_place() {
    let key = [0xbe, 0x04, 0xe6, 0x6a];
    let data: Vec<u8> = (0..300u32).map(|i| (i * 7) as u8).collect();
    for from in 0..20 {
        for length in 0..=200 {
            let plain = &data[from..from + length];
            let mut bytes = data.clone();
            mask::apply(&mut bytes[from..from + length], key);
            assert!(
                bytes[from..from + length]
                    .iter()
                    .zip(plain)
                    .enumerate()
                    .all(|(i, (masked, plain))| masked ^ plain == key[i % 4])
            );
            assert_eq!(bytes[..from], data[..from]);
            assert_eq!(bytes[from + length..], data[from + length..]);
        }
    }
}

/// The last page of linear memory, as `T`s: what reads or writes a byte beyond it traps.
#[allow(
    unsafe_code,
    reason = "there is no other way to a slice at the end of memory"
)]
fn last_page<T: Copy>() -> &'static mut [T] {
    const PAGE: usize = 65_536;
    let pages = core::arch::wasm32::memory_grow::<0>(1);
    assert_ne!(pages, usize::MAX, "memory can grow");
    // SAFETY: the page is new and zeroed, which any integer may be, and aligned for it; the
    // allocator works with pages that it has asked for itself, so that nobody else has this one.
    unsafe { core::slice::from_raw_parts_mut((pages * PAGE) as *mut T, PAGE / size_of::<T>()) }
}

/// Without this what is tested would prove nothing.
fn is_last(bytes: &[u8]) -> bool {
    bytes.as_ptr_range().end as usize == core::arch::wasm32::memory_size::<0>() * 65_536
}

#[wasm_bindgen_test]
fn masking_at_the_end_of_memory() {
    let key = [0xbe, 0x04, 0xe6, 0x6a];
    let data: Vec<u8> = (0..300u32).map(|i| (i * 7) as u8).collect();
    let mut other = [0; 300];
    let page = last_page::<u8>();
    assert!(is_last(page));
    for length in 0..=200 {
        let end = page.len();
        let place = &mut page[end - length..];
        place.copy_from_slice(&data[..length]);
        mask::apply(place, key);
        assert!(
            place
                .iter()
                .zip(&data)
                .enumerate()
                .all(|(i, (a, b))| a ^ b == key[i % 4])
        );
        // From there, and to there.
        mask::unmask_into(&mut other[..length], place, key);
        assert_eq!(other[..length], data[..length]);
        mask::unmask_into(place, &data[..length], key);
        assert!(
            place
                .iter()
                .zip(&data)
                .enumerate()
                .all(|(i, (a, b))| a ^ b == key[i % 4])
        );
    }
    assert!(is_last(page));
}

/// As much of `text` as `length` bytes hold.
fn whole_characters(text: &str, length: usize) -> &str {
    let end = (0..=length).rev().find(|&end| text.is_char_boundary(end));
    &text[..end.unwrap_or(0)]
}

#[wasm_bindgen_test]
fn utf8_at_the_end_of_memory() {
    let text = "plain, grüße, 漢字, 😀 and more of it; ".repeat(6);
    let mut units = [0; 300];
    let page = last_page::<u8>();
    assert!(is_last(page));
    for length in 0..=200 {
        let end = page.len();
        let place = &mut page[end - length..];
        place.copy_from_slice(&text.as_bytes()[..length]);
        // It may end inside a character, and begins with none.
        assert_eq!(Validator::new().check(place), Ok(()));
        let whole = whole_characters(&text, length);
        let place = &mut page[end - whole.len()..];
        place.copy_from_slice(whole.as_bytes());
        let count = utf8_to_utf16(place, &mut units);
        assert!(whole.encode_utf16().eq(units[..count].iter().copied()));
    }
    assert!(is_last(page));
    // Units written to the end.
    let page = last_page::<u16>();
    for length in 0..=200 {
        let source = whole_characters(&text, length);
        let end = page.len();
        let place = &mut page[end - source.len()..];
        let count = utf8_to_utf16(source.as_bytes(), place);
        assert!(source.encode_utf16().eq(place[..count].iter().copied()));
    }
}

#[wasm_bindgen_test]
fn lengths_are_64_bits_where_sizes_are_32() {
    for length in [1 << 31, 1 << 32, (1 << 32) + 5, u64::MAX >> 1] {
        let head = [&[0x82, 127][..], &length.to_be_bytes()].concat();
        let Ok(Parsed::Complete(header, 10)) = Header::parse(&head) else {
            panic!("{length}");
        };
        assert_eq!(header.length, length);
        // 2^32 + 5 is not 5.
        let events = Stream::new(Role::Client).receive(&[&head[..], b"hello"].concat());
        let limit = Config::default().max_frame_size;
        assert!(
            matches!(
                events[..],
                [Event::Error { error: Error::FrameTooLarge { length: l, limit: m }, .. }]
                    if l == length && m == limit
            ),
            "{events:?}"
        );
        // Without limits it goes on, and sets nothing aside.
        let config = Config {
            max_frame_size: u64::MAX,
            max_message_size: u64::MAX,
            ..Config::default()
        };
        let mut stream = Stream::with_config(Role::Client, config);
        assert_eq!(stream.receive(&head), []);
        assert_eq!(stream.wants(), length);
        assert_eq!(stream.receive(b"hello"), []);
        assert_eq!(stream.wants(), length - 5);
    }
}

// Both ends.

#[wasm_bindgen_test]
fn a_conversation() {
    let mut client = Stream::new(Role::Client);
    let mut server = Stream::new(Role::Server);
    let mut sent = Vec::new();
    let mut wire = Vec::new();
    for length in [0, 1, 15, 16, 17, 125, 126, 127, 65_535, 65_536, 100_000] {
        for text in ["a", "é", "漢", "😀"] {
            sent.push(Message::text(text.repeat(length / text.len())));
        }
        sent.push(Message::binary(vec![0xa5; length]));
        sent.push(Message::ping(vec![1; length.min(125)]).expect("a ping"));
    }
    for message in &sent {
        client.send(message, &mut wire).expect("open");
    }
    let expected: Vec<Event> = sent.into_iter().map(Event::Message).collect();
    for size in [wire.len(), 65_536, 1000, 7] {
        let mut other = Stream::new(Role::Server);
        let events: Vec<Event> = wire.chunks(size).flat_map(|c| other.receive(c)).collect();
        assert!(events == expected, "in chunks of {size}");
    }

    let mut fragments = Vec::new();
    for (i, piece) in ["Grü", "ße", ""].iter().enumerate() {
        server
            .send_fragment(
                DataKind::Text,
                piece.as_bytes(),
                i == 0,
                i == 2,
                None,
                &mut fragments,
            )
            .expect("in order");
    }
    server.close(1001, "bye", &mut fragments).expect("a close");
    assert_eq!(
        client.receive(&fragments),
        [
            Event::Message(Message::text("Grüße")),
            Event::Message(Message::close(1001, "bye").expect("a close")),
        ]
    );
}

// [RFC 6455 5.3-2]
#[wasm_bindgen_test]
fn masking_keys_are_random() {
    let mut client = Stream::new(Role::Client);
    let keys: BTreeSet<[u8; 4]> = (0..2000)
        .map(|_| {
            let mut wire = Vec::new();
            client.send(&Message::text(""), &mut wire).expect("open");
            assert_eq!(wire[..2], [0x81, 0x80]);
            wire[2..].try_into().expect("a key")
        })
        .collect();
    assert!(keys.len() >= 1999, "{} keys", keys.len());
}

#[wasm_bindgen_test]
fn handshake() {
    assert_eq!(
        accept_key("dGhlIHNhbXBsZSBub25jZQ=="),
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    );
    for size in [1, 10, 1000] {
        let options = ClientOptions {
            protocols: vec!["soap".into(), "chat".into()],
            ..ClientOptions::new("example.com", "/chat")
        };
        let mut client = ClientHandshake::new(options).expect("options");
        let mut server = ServerHandshake::new(ServerOptions::default());
        let request = client
            .request()
            .chunks(size)
            .find_map(|chunk| server.receive(chunk).expect("HTTP"))
            .expect("a request");
        let protocol = select_protocol(&request.protocols, &["chat"]);
        let reply = request.accept(protocol, &[], None).expect("a reply");
        let response = reply
            .chunks(size)
            .find_map(|chunk| client.receive(chunk).expect("HTTP"))
            .expect("a response");
        assert_eq!(response.protocol.as_deref(), Some("chat"));
    }
    let mut server = ServerHandshake::new(ServerOptions::default());
    let refusal = server.receive(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(refusal.map_err(|error| error.status), Err(426));
}
