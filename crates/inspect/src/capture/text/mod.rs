//! Text that spells bytes, in every way in which tools print them and languages write them.
//!
//! Tried in this order: data URLs; dumps with offsets (xxd, hexdump, od, Wireshark, tcpdump);
//! literals with `\x81`; arrays of numbers; hex digits with or without anything between; base64.

mod array;
mod digits;
mod dump;
mod literal;

use crate::flow::Direction;
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// The bytes that a text spells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Spelled {
    /// In what way.
    pub how: &'static str,
    /// In order. More than one where the text tells who sent what.
    pub pieces: Vec<Piece>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Who sent it, where the text tells.
    pub direction: Option<Direction>,
    pub bytes: Vec<u8>,
}

/// Why a text spells no bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub what: String,
    /// Where, in bytes of the text.
    pub at: usize,
}

impl Problem {
    fn new(what: impl Into<String>, at: usize) -> Self {
        let what = what.into();
        Self { what, at }
    }
}

impl Spelled {
    fn one(how: &'static str, bytes: Vec<u8>) -> Self {
        let direction = None;
        let pieces = vec![Piece { direction, bytes }];
        Self { how, pieces }
    }
}

/// A request or a response as it is on the wire: such text is itself, and spells nothing else.
pub(super) fn is_http(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    line.starts_with("HTTP/1.") || line.ends_with(" HTTP/1.1") || line.ends_with(" HTTP/1.0")
}

pub(super) fn read(text: &str) -> Result<Spelled, Problem> {
    let begin = text.len() - text.trim_start().len();
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(Problem::new("there is nothing but space", 0));
    }
    if trimmed
        .get(..5)
        .is_some_and(|start| start.eq_ignore_ascii_case("data:"))
    {
        return data_url(trimmed, begin);
    }
    // The first reader that knows its own decides, also that something in it is wrong.
    dump::read(text)
        .or_else(|| literal::read(text))
        .or_else(|| array::read(text))
        .or_else(|| digits::read(text).map(Ok))
        .or_else(|| base64(trimmed).map(|bytes| Ok(Spelled::one("base64", bytes))))
        .unwrap_or_else(|| Err(stranger(text)))
}

/// RFC 2397.
fn data_url(url: &str, begin: usize) -> Result<Spelled, Problem> {
    let Some((head, data)) = url.split_once(',') else {
        return Err(Problem::new("a data URL without a comma", begin));
    };
    let at = begin + head.len() + 1;
    let bytes = percent_decoded(data);
    if !head.to_ascii_lowercase().ends_with(";base64") {
        return Ok(Spelled::one("data URL", bytes));
    }
    let text = String::from_utf8(bytes).ok();
    let bytes = text.as_deref().and_then(base64);
    bytes
        .map(|bytes| Spelled::one("data URL", bytes))
        .ok_or_else(|| Problem::new("a data URL whose base64 is wrong", at))
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = match (first, after) {
            (b'%', [high, low, ..]) => digits::byte(*high, *low),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() {
            &after[2..]
        } else {
            after
        };
    }
    bytes
}

/// Both alphabets, with or without padding, in lines.
fn base64(text: &str) -> Option<Vec<u8>> {
    const ENGINE: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let text = text.trim_matches(['"', '\'', '`', ';', ',']);
    // Words with spaces between them are prose.
    if text
        .lines()
        .any(|line| line.trim().contains(char::is_whitespace))
    {
        return None;
    }
    let plain: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            byte => byte,
        })
        .collect();
    ENGINE.decode(plain).ok()
}

/// What keeps the text from being hex or base64.
fn stranger(text: &str) -> Problem {
    let strange = text
        .char_indices()
        .find(|(_, c)| !c.is_ascii_hexdigit() && !c.is_whitespace() && !",:;-".contains(*c));
    match strange {
        Some((at, c)) => Problem::new(format!("{c:?} is no hex digit"), at),
        None => Problem::new("there is a hex digit too few", text.trim_end().len()),
    }
}

#[cfg(test)]
mod tests;
