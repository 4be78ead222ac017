//! Dumps with an offset at the start of each line: xxd, hexdump (all its options), od, Wireshark's
//! "Hex Dump" of a packet or a followed stream, tcpdump -X.
//!
//! The offsets say how many bytes a line has, which tells digits from the column of characters.

use super::{Piece, Problem, Spelled};
use crate::inspect::flow::Direction;

/// The most that a `*`, which stands for lines that repeat, is written out to.
const MAX_REPEATED: usize = 16 << 20;

/// A line of a dump.
#[derive(Debug, Clone)]
struct Line<'a> {
    /// Where in the text.
    at: usize,
    /// Wireshark indents what the server sent.
    indented: bool,
    offset: &'a str,
    /// A colon follows the offset.
    colon: bool,
    groups: Vec<&'a str>,
    /// What follows the groups, if anything does: characters.
    characters: &'a str,
    /// Lines equal to the one before are left out in front of this one.
    repeats: bool,
}

pub(super) fn read(text: &str) -> Option<Result<Spelled, Problem>> {
    let lines = lines(text)?;
    // Both directions of a followed stream count from 0.
    let follows = lines.iter().any(|line| line.indented) && lines.iter().any(|l| !l.indented);
    let sides: Vec<Vec<Line>> = if follows {
        let (server, client) = lines.iter().cloned().partition(|line| line.indented);
        vec![client, server]
    } else {
        vec![lines.clone()]
    };
    let mut bytes: Vec<(usize, Vec<u8>)> = Vec::new();
    for side in &sides {
        match side_bytes(side)? {
            Ok(side) => bytes.extend(side),
            Err(problem) => return Some(Err(problem)),
        }
    }
    bytes.sort_by_key(|&(at, _)| at);
    let mut pieces: Vec<Piece> = Vec::new();
    for (at, bytes) in bytes {
        let line = lines.iter().find(|line| line.at == at)?;
        let direction = follows.then_some(if line.indented {
            Direction::ServerToClient
        } else {
            Direction::ClientToServer
        });
        match pieces.last_mut() {
            Some(last) if last.direction == direction => last.bytes.extend(bytes),
            _ => pieces.push(Piece { direction, bytes }),
        }
    }
    let how = "hex dump";
    Some(Ok(Spelled { how, pieces }))
}

/// All lines, or none if one of them is no line of a dump.
fn lines(text: &str) -> Option<Vec<Line<'_>>> {
    let mut lines = Vec::new();
    let mut repeats = false;
    let mut at = 0;
    for whole in text.split_inclusive('\n') {
        let begin = at;
        at += whole.len();
        let line = whole.trim_end();
        if line.is_empty() {
            continue;
        }
        if line.trim() == "*" {
            repeats = !lines.is_empty();
            continue;
        }
        let mut line = parse(line, begin)?;
        line.repeats = core::mem::take(&mut repeats);
        lines.push(line);
    }
    lines
        .iter()
        .any(|line| !line.groups.is_empty())
        .then_some(lines)
}

fn parse(line: &str, at: usize) -> Option<Line<'_>> {
    let indent = line.len() - line.trim_start().len();
    let body = line.trim_start();
    let end = body.find([' ', '\t', ':']).unwrap_or(body.len());
    let (offset, mut rest) = body.split_at(end);
    let offset = offset.strip_prefix("0x").unwrap_or(offset);
    let lawful =
        (3..=16).contains(&offset.len()) && offset.bytes().all(|b| b.is_ascii_hexdigit());
    if !lawful {
        return None;
    }
    let colon = rest.starts_with(':');
    if colon {
        rest = &rest[1..];
    }
    let mut groups: Vec<&str> = Vec::new();
    loop {
        let after = rest.trim_start();
        let gap = rest.len() - after.len();
        let end = after.find([' ', '\t', '|', '>']).unwrap_or(after.len());
        let (group, later) = after.split_at(end);
        let fits = !group.is_empty()
            && group.bytes().all(|b| b.is_ascii_hexdigit())
            // Groups are as wide as the first one; the last may be cut; od pads with spaces.
            && groups.first().is_none_or(|first| group.len() <= first.len().max(3));
        // The column of characters stands apart. Groups do, too, but only by two spaces where
        // they are of bytes, and by more where they are of numbers in columns.
        let apart = gap > 3 && !groups.is_empty() && groups[0].len() != 3 && group.len() > 3;
        if !fits || apart {
            return Some(Line {
                at,
                indented: indent >= 4,
                offset,
                colon,
                groups,
                characters: after,
                repeats: false,
            });
        }
        groups.push(group);
        rest = later;
    }
}

/// How the groups of a dump are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Groups {
    /// Hex digits in the order of the bytes.
    Hex,
    /// Words in hex, the low byte first: hexdump without options, od -x, xxd -e.
    Little,
    /// Bytes of three octal digits: od -b, hexdump -b.
    OctalBytes,
    /// Words of six octal digits: od without options, hexdump -o.
    OctalWords,
    /// Bytes in decimal: od -tu1.
    Decimal,
    /// Bytes of eight bits: xxd -b.
    Binary,
}

/// The bytes of each line with the line's place, or nothing if offsets and bytes do not fit.
type SideBytes = Result<Vec<(usize, Vec<u8>)>, Problem>;

fn side_bytes(lines: &[Line]) -> Option<SideBytes> {
    // The offsets' radix is known when the lines fit.
    for radix in [16, 8, 10] {
        for kind in kinds(lines) {
            if let Some(bytes) = fit(lines, radix, kind) {
                return Some(bytes);
            }
        }
    }
    None
}

/// What the groups may be, the likeliest first.
fn kinds(lines: &[Line]) -> Vec<Groups> {
    let groups = || lines.iter().flat_map(|line| &line.groups);
    let all = |width: usize, digits: &dyn Fn(u8) -> bool| {
        groups().all(|group| group.len() == width && group.bytes().all(digits))
    };
    let octal = |byte: u8| matches!(byte, b'0'..=b'7');
    let decimal = |byte: u8| byte.is_ascii_digit();
    if all(8, &|byte| matches!(byte, b'0' | b'1')) {
        return vec![Groups::Binary, Groups::Hex, Groups::Little];
    }
    if all(3, &octal) {
        return vec![Groups::OctalBytes, Groups::Decimal];
    }
    if all(6, &octal) {
        return vec![Groups::OctalWords, Groups::Hex];
    }
    if groups().any(|group| group.len() == 3) {
        let all_decimal = groups().all(|group| group.bytes().all(decimal));
        return if all_decimal {
            vec![Groups::Decimal]
        } else {
            vec![]
        };
    }
    let wide = groups().any(|group| group.len() > 2);
    let words = lines
        .iter()
        .all(|line| !line.colon && line.offset.len() == 7);
    match (wide, words) {
        (false, _) => vec![Groups::Hex],
        (true, true) => vec![Groups::Little],
        // xxd -e has the same look; the characters tell.
        (true, false) => vec![Groups::Hex, Groups::Little],
    }
}

/// The bytes, if the offsets count them.
fn fit(lines: &[Line], radix: u32, kind: Groups) -> Option<SideBytes> {
    let offset = |line: &Line| usize::from_str_radix(line.offset, radix).ok();
    let mut out: Vec<(usize, Vec<u8>)> = Vec::new();
    let mut longest = 0;
    for (i, line) in lines.iter().enumerate() {
        let here = offset(line)?;
        if line.repeats {
            let (_, last) = out.last()?;
            let before = offset(&lines[i - 1])? + last.len();
            let missing = here.checked_sub(before)?;
            if last.is_empty() || missing > MAX_REPEATED {
                let what = "a '*' that stands for no bytes, or for too many";
                return Some(Err(Problem::new(what, line.at)));
            }
            let repeated = last.iter().copied().cycle().take(missing).collect();
            out.push((line.at, repeated));
        }
        let mut bytes = bytes(line, kind)?;
        match lines.get(i + 1) {
            Some(next) if !next.repeats => {
                // So many, and characters that look like digits are none.
                let count = offset(next)?.checked_sub(here)?;
                // od pads the last word.
                if bytes.len() < count {
                    return None;
                }
                bytes.truncate(count);
            }
            _ if longest > 0 => bytes.truncate(longest),
            _ if !is_alone(line) => return None,
            _ => {}
        }
        if !agrees(line, &bytes) {
            return None;
        }
        longest = longest.max(bytes.len());
        if !bytes.is_empty() {
            out.push((line.at, bytes));
        }
    }
    Some(Ok(out))
}

/// A line with no other to compare it with. Its offset must look like one.
fn is_alone(line: &Line) -> bool {
    let zero = line.offset.bytes().all(|byte| byte == b'0');
    let width = line.groups.first().map_or(0, |group| group.len());
    line.colon || !line.characters.is_empty() || (zero && line.offset.len() != width)
}

fn bytes(line: &Line, kind: Groups) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for group in &line.groups {
        match kind {
            Groups::Hex => bytes.extend(super::digits::hex(group)?),
            Groups::Little => bytes.extend(super::digits::hex(group)?.into_iter().rev()),
            Groups::OctalBytes => bytes.push(u8::from_str_radix(group, 8).ok()?),
            Groups::OctalWords => {
                bytes.extend(u16::from_str_radix(group, 8).ok()?.to_le_bytes());
            }
            Groups::Binary => bytes.push(u8::from_str_radix(group, 2).ok()?),
            Groups::Decimal => bytes.push(group.parse().ok()?),
        }
    }
    Some(bytes)
}

/// The characters beside the bytes are theirs. Only where groups may be read in several ways
/// they have to tell.
fn agrees(line: &Line, bytes: &[u8]) -> bool {
    let doubtful = line.groups.first().is_some_and(|group| group.len() > 2);
    let shown = line.characters.trim_matches(['|', '>', '<']);
    if !doubtful || shown.is_empty() {
        return true;
    }
    // Spaces at the end are cut off with the line.
    let padding = core::iter::repeat(' ');
    let count = shown.chars().count();
    let mut pairs = shown.chars().chain(padding).zip(bytes);
    count <= bytes.len()
        && pairs.all(|(shown, &byte)| {
            shown == char::from(byte)
                || !(byte.is_ascii_graphic() || shown.is_ascii_alphanumeric())
        })
}
