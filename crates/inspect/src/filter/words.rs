//! The words of the filter language, what each takes, and what they mean: for the parser, for
//! completion, and for whoever asks what could stand there.

use crate::connection::Evidence;
use crate::payload::Kind;
use crate::rules::Rule;

/// A number that a row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    Length,
    Inflated,
    Header,
    Fragments,
    Offset,
    Frame,
    Message,
    Connection,
    Code,
    /// Milliseconds since the first event.
    Time,
    /// Milliseconds since the frame before on the same connection.
    Since,
}

/// A yes or no that a row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    Fin,
    Rsv1,
    Rsv2,
    Rsv3,
    Masked,
    Compressed,
    Complete,
    Fragmented,
    Control,
    Data,
    Heartbeat,
    Inside,
    Error,
    Warning,
    Hole,
}

/// What a word is followed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    Number(Number),
    Flag(Flag),
    Direction,
    Opcode,
    Rule,
    Kind,
    Protocol,
    Evidence,
    Hex,
    Text,
}

/// A word: its name, what it takes, what it means.
pub struct Word {
    pub name: &'static str,
    pub takes: Takes,
    pub detail: &'static str,
}

const fn word(name: &'static str, takes: Takes, detail: &'static str) -> Word {
    Word {
        name,
        takes,
        detail,
    }
}

/// All of them; the first of several with the same meaning is the one to show.
pub const WORDS: &[Word] = &[
    word("dir", Takes::Direction, "direction: c2s or s2c"),
    word(
        "op",
        Takes::Opcode,
        "opcode: text, binary, ping, ... or its number",
    ),
    word(
        "len",
        Takes::Number(Number::Length),
        "payload length on the wire: len>125, len<=64k",
    ),
    word(
        "inflated",
        Takes::Number(Number::Inflated),
        "length after inflating",
    ),
    word(
        "header",
        Takes::Number(Number::Header),
        "length of the header",
    ),
    word(
        "fragments",
        Takes::Number(Number::Fragments),
        "how many frames its message has",
    ),
    word(
        "conn",
        Takes::Number(Number::Connection),
        "number of the connection",
    ),
    word("frame", Takes::Number(Number::Frame), "number of the frame"),
    word(
        "msg",
        Takes::Number(Number::Message),
        "number of the message",
    ),
    word(
        "offset",
        Takes::Number(Number::Offset),
        "offset of the frame in its stream",
    ),
    word(
        "time",
        Takes::Number(Number::Time),
        "since the start: time>1.5s",
    ),
    word(
        "dt",
        Takes::Number(Number::Since),
        "since the frame before on its connection: dt>100ms",
    ),
    word(
        "code",
        Takes::Number(Number::Code),
        "close code; 1005 for none, 1006 for the last frame before an abnormal end",
    ),
    word(
        "err",
        Takes::Rule,
        "a violation: err, err:utf8, err:MaskMissing",
    ),
    word("warn", Takes::Flag(Flag::Warning), "has a warning"),
    word(
        "kind",
        Takes::Kind,
        "what the payload is written in: json, mqtt, ...",
    ),
    word("proto", Takes::Protocol, "the subprotocol agreed on"),
    word(
        "evidence",
        Takes::Evidence,
        "why its connection is taken for a WebSocket: handshake, part, source, frames",
    ),
    word(
        "hole",
        Takes::Flag(Flag::Hole),
        "no frame, but bytes that are missing in the capture",
    ),
    word(
        "fin",
        Takes::Flag(Flag::Fin),
        "FIN is set; fin:0 where it is not",
    ),
    word("rsv1", Takes::Flag(Flag::Rsv1), "RSV1 is set"),
    word("rsv2", Takes::Flag(Flag::Rsv2), "RSV2 is set"),
    word("rsv3", Takes::Flag(Flag::Rsv3), "RSV3 is set"),
    word("mask", Takes::Flag(Flag::Masked), "masked"),
    word(
        "compressed",
        Takes::Flag(Flag::Compressed),
        "of a compressed message",
    ),
    word(
        "complete",
        Takes::Flag(Flag::Complete),
        "all of it was there",
    ),
    word(
        "fragmented",
        Takes::Flag(Flag::Fragmented),
        "of a message in several frames",
    ),
    word("control", Takes::Flag(Flag::Control), "close, ping or pong"),
    word(
        "data",
        Takes::Flag(Flag::Data),
        "text, binary or continuation",
    ),
    word(
        "inside",
        Takes::Flag(Flag::Inside),
        "a control frame inside a message",
    ),
    word(
        "heartbeat",
        Takes::Flag(Flag::Heartbeat),
        "ping, pong, or what the subprotocol has for that",
    ),
    word(
        "hex",
        Takes::Hex,
        "these bytes are in the message: hex:\"48 65\"",
    ),
    word(
        "text",
        Takes::Text,
        "this text is in the message; \"text\" alone does the same",
    ),
];

/// The word of a name.
pub fn find(name: &str) -> Option<&'static Word> {
    let name = name.to_ascii_lowercase();
    let name = match name.as_str() {
        "t" => "time",
        "opcode" => "op",
        "length" => "len",
        "masked" => "mask",
        "error" => "err",
        "connection" => "conn",
        "message" => "msg",
        "protocol" => "proto",
        other => other,
    };
    WORDS.iter().find(|word| word.name == name)
}

/// Opcodes, and groups of them, as a set of bits.
pub const OPCODES: &[(&str, u16)] = &[
    ("text", 1 << 1),
    ("binary", 1 << 2),
    ("continuation", 1),
    ("close", 1 << 8),
    ("ping", 1 << 9),
    ("pong", 1 << 10),
    ("control", 0xff00),
    ("data", 0b111),
    ("reserved", 0xf8f8),
];

/// What may follow a word.
pub fn values(takes: Takes) -> Vec<&'static str> {
    match takes {
        Takes::Direction => vec!["c2s", "s2c"],
        Takes::Opcode => OPCODES.iter().map(|(name, _)| *name).collect(),
        Takes::Flag(_) => vec!["1", "0"],
        Takes::Evidence => Evidence::ALL.map(Evidence::name).to_vec(),
        Takes::Kind => Kind::ALL.iter().map(|kind| kind.name()).collect(),
        Takes::Rule => {
            let mut all: Vec<_> = Rule::ALL
                .iter()
                .flat_map(|rule| rule.describe().tags)
                .copied()
                .collect();
            all.sort_unstable();
            all.dedup();
            all.extend(Rule::ALL.iter().map(|rule| rule.describe().name));
            all
        }
        Takes::Number(_) | Takes::Protocol | Takes::Hex | Takes::Text => Vec::new(),
    }
}
