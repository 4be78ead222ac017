//! Arrays of numbers in brackets or braces, as languages and their consoles write them; also
//! Wireshark's "C Arrays", which tell who sent what.

use super::digits::hex;
use super::{Piece, Problem, Spelled};
use crate::flow::Direction;

/// What brackets hold, and where.
struct Group<'a> {
    text: &'a str,
    at: usize,
}

pub(super) fn read(text: &str) -> Option<Result<Spelled, Problem>> {
    if let Some(inner) = node_buffer(text) {
        return Some(inner);
    }
    let plain = without_comments(text);
    let groups: Vec<_> = groups(&plain)
        .into_iter()
        .filter(|group| group.text.contains(|c: char| c.is_ascii_digit()))
        .collect();
    if groups.is_empty() {
        return None;
    }
    if plain.contains("peer0_0[") || plain.contains("peer1_0[") {
        return Some(peers(&plain, &groups));
    }
    // `uint8_t frame[3] = {129, 1, 65}` has its size in brackets, too.
    let longest = groups.iter().max_by_key(|group| group.text.len())?;
    Some(numbers(longest).map(|bytes| Spelled::one("array of bytes", bytes)))
}

/// `<Buffer 81 05 48>`, as Node prints it.
fn node_buffer(text: &str) -> Option<Result<Spelled, Problem>> {
    let (before, after) = text.split_once("<Buffer")?;
    let at = before.len() + "<Buffer".len();
    let (inner, _) = after.split_once('>').unwrap_or((after, ""));
    if let Some((shown, _)) = inner.split_once("...") {
        let what = "Node has left bytes out of this Buffer: print it with toString('hex')";
        return Some(Err(Problem::new(what, at + shown.len())));
    }
    let digits: String = inner.split_whitespace().collect();
    let bytes = hex(&digits);
    Some(
        bytes
            .map(|bytes| Spelled::one("Node Buffer", bytes))
            .ok_or_else(|| Problem::new("not hex", at)),
    )
}

/// Wireshark's Follow Stream as C Arrays: `char peer0_0[] = { /* Packet 4 */ 0x47, ... };` The
/// first peer is whoever began.
fn peers(text: &str, groups: &[Group]) -> Result<Spelled, Problem> {
    let mut pieces = Vec::new();
    for group in groups {
        let before = &text[..group.at];
        let direction = match before.rfind("peer").map(|at| &before[at + 4..]) {
            // The index in `peer0_0[]` is no group: it is empty.
            Some(name) if name.starts_with('0') => Direction::ClientToServer,
            Some(_) => Direction::ServerToClient,
            None => continue,
        };
        pieces.push(Piece {
            direction: Some(direction),
            bytes: numbers(group)?,
        });
    }
    Ok(Spelled {
        how: "C arrays of Wireshark",
        pieces,
    })
}

/// Comments become spaces, so that places stay what they are.
fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let begin = [rest.find("/*"), rest.find("//")]
            .into_iter()
            .flatten()
            .min();
        let Some(begin) = begin else {
            plain.push_str(rest);
            return plain;
        };
        plain.push_str(&rest[..begin]);
        let comment = &rest[begin..];
        let length = if comment.starts_with("/*") {
            comment.find("*/").map_or(comment.len(), |end| end + 2)
        } else {
            comment.find('\n').unwrap_or(comment.len())
        };
        plain.extend(core::iter::repeat_n(' ', length));
        rest = &comment[length..];
    }
}

/// The innermost brackets and braces.
fn groups(text: &str) -> Vec<Group<'_>> {
    let mut groups = Vec::new();
    let mut begin = None;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' | b'{' => begin = Some(at + 1),
            b']' | b'}' => {
                if let Some(begin) = begin.take() {
                    groups.push(Group {
                        text: &text[begin..at],
                        at: begin,
                    });
                }
            }
            _ => {}
        }
    }
    // A paste that was cut at its end.
    if let Some(at) = begin {
        let text = &text[at..];
        groups.push(Group { text, at });
    }
    groups
}

fn numbers(group: &Group) -> Result<Vec<u8>, Problem> {
    let separator = |c: char| c.is_whitespace() || ",;".contains(c);
    let base = group.text.as_ptr() as usize;
    let tokens = group.text.split(separator).map(|token| {
        // `0: 129`, as objects with indices are printed: the index is not wanted.
        let value = match token.split_once(':') {
            Some((index, value)) if index.bytes().any(|b| b.is_ascii_digit()) => value,
            _ => token,
        };
        (value.trim_matches(['"', '\'']), token)
    });
    let tokens = tokens.filter(|(value, token)| !value.is_empty() && !token.ends_with(':'));
    let is_bare_hex =
        |token: &str| token.len() == 2 && token.bytes().all(|b| b.is_ascii_hexdigit());
    let bare_hex = tokens.clone().all(|(value, _)| is_bare_hex(value))
        && tokens
            .clone()
            .any(|(value, _)| value.bytes().any(|b| b.is_ascii_alphabetic()));
    let radix = if bare_hex { 16 } else { 10 };
    tokens
        .map(|(value, token)| {
            let at = group.at + (token.as_ptr() as usize - base);
            number(value, radix).ok_or_else(|| {
                Problem::new(format!("{value:?} is no number from 0 to 255"), at)
            })
        })
        .collect()
}

/// A number in any language's way; bytes with a sign are Java's.
fn number(token: &str, radix: u32) -> Option<u8> {
    let token = ["_u8", "u8", "_i8", "i8"]
        .iter()
        .find_map(|suffix| token.strip_suffix(suffix))
        .unwrap_or(token);
    let token = token.strip_prefix("(byte)").unwrap_or(token);
    let prefixed = |prefixes: [&str; 2]| {
        let digits = prefixes.iter().find_map(|p| token.strip_prefix(p));
        digits.map(|digits| digits.replace('_', ""))
    };
    let value = if let Some(digits) = prefixed(["0x", "0X"]) {
        i32::from_str_radix(&digits, 16)
    } else if let Some(digits) = prefixed(["0b", "0B"]) {
        i32::from_str_radix(&digits, 2)
    } else if let Some(digits) = prefixed(["0o", "0O"]) {
        i32::from_str_radix(&digits, 8)
    } else {
        i32::from_str_radix(token, radix)
    };
    match value.ok()? {
        value @ 0..=255 => Some(value as u8),
        value @ -128..0 => Some(value as i8 as u8),
        _ => None,
    }
}
