//! Every vector of `tests/vectors`: whole, byte by byte, cut in two everywhere, and with
//! another frame behind it.

use crate::model::{self, Outcome, outcome};
use crate::wire::{Frame, walk};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use ws4wasm::stream::{Config, Event, Role};
use ws4wasm::{Error, ErrorKind, Message};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Vector {
    pub name: String,
    #[serde(default, rename = "rfc")]
    _rfc: String,
    #[serde(default, rename = "source")]
    _source: String,
    /// The parameters of permessage-deflate, in deflate.json.
    #[serde(default)]
    pub deflate: BTreeMap<String, serde_json::Value>,
    role: String,
    #[serde(default)]
    options: Options,
    /// Ends inside a message or a frame, so another frame would not be one.
    #[serde(default)]
    pub incomplete: bool,
    pub bytes: Pieces,
    events: Vec<Expected>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Options {
    max_frame_size: Option<u64>,
    max_message_size: Option<u64>,
    max_fragments: Option<u32>,
}

#[derive(Deserialize, Default)]
#[serde(untagged)]
pub enum Pieces {
    One(String),
    Many(Vec<Piece>),
    #[default]
    None,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub enum Piece {
    Once(String),
    Repeated {
        #[serde(alias = "text")]
        hex: String,
        repeat: usize,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    r#type: String,
    #[serde(default)]
    data: Pieces,
    #[serde(default)]
    hex: Pieces,
    code: Option<u16>,
    reason: Option<String>,
    class: Option<String>,
    rule: Option<String>,
    index: Option<u64>,
    /// So many times over.
    #[serde(default = "once")]
    repeat: usize,
}

fn once() -> usize {
    1
}

impl Pieces {
    fn join(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::One(one) => one.clone(),
            Self::Many(many) => many
                .iter()
                .map(|piece| match piece {
                    Piece::Once(one) => one.clone(),
                    Piece::Repeated { hex, repeat } => hex.repeat(*repeat),
                })
                .collect(),
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let hex = self.join();
        assert!(hex.len().is_multiple_of(2));
        (0..hex.len())
            .step_by(2)
            .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap())
            .collect()
    }
}

impl Vector {
    pub fn role(&self) -> Role {
        match &*self.role {
            "server" => Role::Server,
            "client" => Role::Client,
            other => panic!("role {other}"),
        }
    }

    pub fn config(&self) -> Config {
        let default = Config::default();
        let max_message_size = self.options.max_message_size;
        Config {
            max_frame_size: (self.options.max_frame_size)
                .or(max_message_size)
                .unwrap_or(default.max_frame_size),
            max_message_size: max_message_size.unwrap_or(default.max_message_size),
            max_fragments: self.options.max_fragments.unwrap_or(default.max_fragments),
            ..default
        }
    }

    /// The text `next`, masked as the role expects.
    pub fn next(&self) -> Vec<u8> {
        let key = (self.role() == Role::Server).then_some([0x11, 0x22, 0x33, 0x44]);
        Frame::new(1, "next").masked(key).encode()
    }

    pub fn check(&self, events: &[Event]) {
        let mut given = events.iter();
        for expected in &self.events {
            for _ in 0..expected.repeat {
                expected.check(given.next().expect("an event is missing"));
            }
        }
        assert_eq!(given.next(), None);
    }
}

impl Expected {
    fn check(&self, event: &Event) {
        let is = match event {
            Event::Message(message) => match message {
                Message::Text(text) => self.r#type == "text" && self.data.join() == *text,
                Message::Binary(b) => self.r#type == "binary" && self.hex.bytes() == *b,
                Message::Ping(b) => self.r#type == "ping" && self.hex.bytes() == *b,
                Message::Pong(b) => self.r#type == "pong" && self.hex.bytes() == *b,
                Message::Close { code, reason } => {
                    self.r#type == "close"
                        && self.code == Some(*code)
                        && self.reason.as_ref() == Some(reason)
                }
            },
            Event::Error { error, close } => {
                let Message::Close { code, reason } = close else {
                    panic!("{close:?}")
                };
                assert!(!reason.is_empty() && reason.len() <= 123);
                assert_eq!(*code, error.close_code());
                self.r#type == "error"
                    && self.class.as_deref() == Some(class(error.kind()))
                    && self.code == Some(*code)
                    && self.index == error.index()
                    && self.rule == Some(rule(error))
            }
            _ => false,
        };
        assert!(is, "{event:?}");
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

fn rule(error: &Error) -> String {
    let name = format!("{error:?}");
    name.split(['(', ' ']).next().unwrap().to_owned()
}

/// The vectors of the files that `named` picks.
pub fn load_files(named: impl Fn(&str) -> bool) -> Vec<Vector> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut all = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if !named(path.file_name().unwrap().to_str().unwrap()) {
            continue;
        }
        let json = std::fs::read_to_string(&path).unwrap();
        let vectors: Vec<Vector> = serde_json::from_str(&json)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        all.extend(vectors);
    }
    all
}

/// Those that the model can judge: all but the compressed ones.
fn load() -> Vec<Vector> {
    let all = load_files(|name| name != "deflate.json");
    assert!(all.len() >= 150, "{} vectors", all.len());
    all
}

/// Vectors longer than this are not cut at every byte.
const LONG: usize = 2048;

/// Byte by byte; what is very long, by larger steps, so that thousands of cuts remain.
pub fn small_chunks(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.chunks(bytes.len() / (4 * LONG) + 1).collect()
}

/// Where to cut in two: everywhere, or around the frames and at some places in between.
pub fn cuts(bytes: &[u8], most: usize) -> Vec<usize> {
    if bytes.len() <= LONG {
        return (0..=bytes.len()).collect();
    }
    let mut seed = bytes.len() as u64;
    let mut random = |below: usize| {
        seed = seed
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (seed >> 33) as usize % below
    };
    let mut near: Vec<usize> = walk(bytes)
        .iter()
        .flat_map(|found| found.offset.saturating_sub(20)..found.offset + 21)
        .chain(bytes.len() - 20..=bytes.len())
        .filter(|cut| *cut <= bytes.len())
        .collect();
    near.dedup();
    while near.len() > most {
        near.swap_remove(random(near.len()));
    }
    near.extend((0..most / 3).map(|_| random(bytes.len())));
    near
}

/// Runs `test` for each vector and names the one that fails.
fn each(test: impl Fn(&Vector, &[u8], &Outcome) + std::panic::RefUnwindSafe) {
    for vector in &load() {
        let bytes = vector.bytes.bytes();
        let run = std::panic::AssertUnwindSafe(|| {
            let expected = outcome(&bytes, vector.role(), &vector.config());
            test(vector, &bytes, &expected);
        });
        if std::panic::catch_unwind(run).is_err() {
            panic!("vector {:?}", vector.name);
        }
    }
}

#[test]
fn whole_byte_by_byte_and_cut_in_two_everywhere() {
    each(|vector, bytes, expected| {
        let (role, config) = (vector.role(), vector.config());
        // The vectors' events come from outside, and the model agrees with them.
        vector.check(&expected.events);
        model::agree(expected, bytes, role, config, &[bytes]);
        model::agree(
            expected,
            bytes,
            role,
            config,
            &bytes.chunks(1).collect::<Vec<_>>(),
        );
        for cut in cuts(bytes, 30) {
            let (head, tail) = bytes.split_at(cut);
            model::agree(expected, bytes, role, config, &[head, tail]);
        }
        let (events, stream) = model::feed_wanted(role, config, bytes);
        assert_eq!(events, expected.events);
        model::check_end(expected, bytes, &stream);
    });
}

#[test]
fn followed_by_another_frame() {
    each(|vector, bytes, expected| {
        if vector.incomplete {
            assert!(!expected.closed);
            return;
        }
        let (role, config) = (vector.role(), vector.config());
        let next = vector.next();
        let mut more = expected.clone();
        if !more.closed {
            more.events.push(Event::Message(Message::text("next")));
            more.used += next.len();
        }
        let all = [bytes, &next].concat();
        let (head, tail) = all.split_at(bytes.len());
        model::agree(&more, &all, role, config, &[&all]);
        model::agree(&more, &all, role, config, &[head, tail]);
        model::agree(
            &more,
            &all,
            role,
            config,
            &all.chunks(1).collect::<Vec<_>>(),
        );
        for cut in cuts(&all, 6) {
            let (head, tail) = all.split_at(cut);
            model::agree(&more, &all, role, config, &[head, tail]);
        }
        // Twice more, to see that what comes after the end stays unseen.
        let (mut events, mut stream) = model::feed(role, config, [&all[..]]);
        let before = stream.ignored();
        events.extend(stream.receive(&next));
        events.extend(stream.receive(&next));
        let new = events.len() - more.events.len();
        assert_eq!(new, if more.closed { 0 } else { 2 });
        let ignored = if more.closed {
            2 * next.len() as u64
        } else {
            0
        };
        assert_eq!(stream.ignored() - before, ignored);
    });
}

#[test]
fn pieces_make_up_the_messages() {
    each(|vector, bytes, expected| {
        let (role, config) = (vector.role(), vector.config());
        for frames in [false, true] {
            let config = Config { frames, ..config };
            let whole = model::agree_partial(expected, bytes, role, config, &[bytes]);
            let single = small_chunks(bytes);
            assert_eq!(
                model::agree_partial(expected, bytes, role, config, &single),
                whole
            );
            for cut in cuts(bytes, 6) {
                let (head, tail) = bytes.split_at(cut);
                let cut = model::agree_partial(expected, bytes, role, config, &[head, tail]);
                assert_eq!(cut, whole);
            }
        }
    });
}

#[test]
fn frame_events_are_what_a_header_walk_finds() {
    each(|vector, bytes, expected| {
        let (role, config) = (vector.role(), vector.config());
        model::agree_frames(expected, bytes, role, config, &[bytes]);
        model::agree_frames(expected, bytes, role, config, &small_chunks(bytes));
        for cut in cuts(bytes, 6) {
            let (head, tail) = bytes.split_at(cut);
            model::agree_frames(expected, bytes, role, config, &[head, tail]);
        }
    });
}

#[test]
fn every_rule_has_vectors_in_both_roles() {
    let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
    for vector in load() {
        for rule in vector.events.iter().filter_map(|e| e.rule.clone()) {
            *seen.entry((rule, vector.role.clone())).or_default() += 1;
        }
    }
    for rule in [
        "ReservedBits",
        "ReservedOpcode",
        "FragmentedControl",
        "ControlTooLong",
        "NonMinimalLength",
        "LengthTopBit",
        "UnexpectedContinuation",
        "ExpectedContinuation",
        "CloseBodyTooShort",
        "CloseCode",
        "CloseReason",
        "Text",
        "FrameTooLarge",
        "MessageTooLarge",
        "TooManyFragments",
    ] {
        for role in ["server", "client"] {
            assert!(
                seen.contains_key(&(rule.into(), role.into())),
                "{rule} {role}"
            );
        }
    }
    assert!(seen.contains_key(&("MaskMissing".into(), "server".into())));
    assert!(seen.contains_key(&("MaskForbidden".into(), "client".into())));
}
