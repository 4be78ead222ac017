//! Dumps with an offset at the start of each line: xxd, hexdump (all its options), od, Wireshark's
//! "Hex Dump" of a packet or a followed stream, tcpdump -X.
//!
//! The offsets say how many bytes a line has, which tells digits from the column of characters.

use super::{Piece, Problem, Spelled};
use crate::flow::Direction;

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
    /// All that follows the offset, and what of it looks like bytes.
    body: &'a str,
    groups: Vec<&'a str>,
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

impl<'a> Line<'a> {
    /// What follows the first `used` groups: characters, or nothing.
    fn characters(&self, used: usize) -> &'a str {
        let Some(last) = used.checked_sub(1).and_then(|last| self.groups.get(last)) else {
            return "";
        };
        let end = last.as_ptr() as usize - self.body.as_ptr() as usize + last.len();
        self.body[end..].trim_start()
    }
}

/// The offset that a line begins with, and all that follows it.
pub(super) fn offset(line: &str) -> Option<(&str, &str)> {
    let whole = line.trim_start();
    let end = whole.find([' ', '\t', ':']).unwrap_or(whole.len());
    let (offset, rest) = whole.split_at(end);
    let offset = offset.strip_prefix("0x").unwrap_or(offset);
    let lawful =
        (3..=16).contains(&offset.len()) && offset.bytes().all(|b| b.is_ascii_hexdigit());
    lawful.then(|| (offset, rest.strip_prefix(':').unwrap_or(rest)))
}

fn parse(line: &str, at: usize) -> Option<Line<'_>> {
    // Wireshark indents by four spaces, tshark by a tab.
    let indent = match line.starts_with('\t') {
        true => 4,
        false => line.len() - line.trim_start().len(),
    };
    let (offset, body) = offset(line)?;
    let colon = line[..line.len() - body.len()].ends_with(':');
    let mut rest = body;
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
        // In a short line the column of characters stands apart; numbers in columns do by less.
        let apart = groups
            .first()
            .is_some_and(|first| gap > first.len().max(5) - 1);
        if !fits || apart {
            return Some(Line {
                at,
                indented: indent >= 4,
                offset,
                colon,
                body,
                groups,
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
    /// Words of five decimal digits: hexdump -d.
    DecimalWords,
    /// Bytes of eight bits: xxd -b.
    Binary,
}

/// The bytes of each line with the line's place, or nothing if offsets and bytes do not fit.
type SideBytes = Result<Vec<(usize, Vec<u8>)>, Problem>;

fn side_bytes(lines: &[Line]) -> Option<SideBytes> {
    // The offsets' radix is known when the lines fit; best, when nothing is left over.
    for exact in [true, false] {
        for radix in [16, 8, 10] {
            for kind in kinds(lines) {
                if let Some(bytes) = fit(lines, radix, kind, exact) {
                    return Some(bytes);
                }
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
    let is_binary =
        |group: &&str| group.len() == 8 && group.bytes().all(|b| matches!(b, b'0' | b'1'));
    if lines
        .iter()
        .all(|line| line.groups.first().is_none_or(is_binary))
    {
        return vec![Groups::Binary, Groups::Hex, Groups::Little];
    }
    if all(3, &octal) {
        return vec![Groups::OctalBytes, Groups::Decimal];
    }
    if all(6, &octal) {
        return vec![Groups::OctalWords, Groups::Hex];
    }
    if all(5, &decimal) {
        return vec![Groups::DecimalWords];
    }
    let numbers = |group: &&str| group.len() <= 3 && group.bytes().all(decimal);
    if groups().any(|group| group.len() == 3) && groups().all(numbers) {
        return vec![Groups::Decimal, Groups::Hex];
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

/// The bytes, if the offsets count them. `exact` means that no line has more; otherwise
/// characters may look like bytes.
fn fit(lines: &[Line], radix: u32, kind: Groups, exact: bool) -> Option<SideBytes> {
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
        let next = lines.get(i + 1).filter(|next| !next.repeats);
        let count = match next {
            Some(next) => Some(offset(next)?.checked_sub(here)?),
            None => (longest > 0).then_some(longest),
        };
        let (mut bytes, used) = bytes(line, kind, count.unwrap_or(usize::MAX));
        if let (Some(_), Some(count)) = (next, count) {
            // od pads the last word.
            if bytes.len() < count || (exact && used < line.groups.len()) {
                return None;
            }
            bytes.truncate(count);
        } else if longest == 0 && !is_alone(line, used) {
            return None;
        }
        if !agrees(line, used, &bytes) {
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
fn is_alone(line: &Line, used: usize) -> bool {
    let zero = line.offset.bytes().all(|byte| byte == b'0');
    let width = line.groups.first().map_or(0, |group| group.len());
    line.colon || !line.characters(used).is_empty() || (zero && line.offset.len() != width)
}

/// The bytes of a line, and how many groups spell them: as many as are needed for `count`, or as
/// can be read.
fn bytes(line: &Line, kind: Groups, count: usize) -> (Vec<u8>, usize) {
    let mut bytes = Vec::new();
    for (i, group) in line.groups.iter().enumerate() {
        if bytes.len() >= count {
            return (bytes, i);
        }
        let Some(more) = group_bytes(group, kind) else {
            return (bytes, i);
        };
        bytes.extend(more);
    }
    (bytes, line.groups.len())
}

fn group_bytes(group: &str, kind: Groups) -> Option<Vec<u8>> {
    let byte = |radix| Some(vec![u8::from_str_radix(group, radix).ok()?]);
    let word = |radix| {
        Some(
            u16::from_str_radix(group, radix)
                .ok()?
                .to_le_bytes()
                .to_vec(),
        )
    };
    match kind {
        Groups::Hex => super::digits::hex(group),
        Groups::Little => {
            let mut bytes = super::digits::hex(group)?;
            bytes.reverse();
            Some(bytes)
        }
        Groups::OctalBytes => byte(8),
        Groups::OctalWords => word(8),
        Groups::Decimal => byte(10),
        Groups::DecimalWords => word(10),
        Groups::Binary => byte(2),
    }
}

/// The characters beside the bytes are theirs. Only where groups may be read in several ways
/// they have to tell.
fn agrees(line: &Line, used: usize, bytes: &[u8]) -> bool {
    let doubtful = line.groups.first().is_some_and(|group| group.len() > 2);
    let shown = line.characters(used);
    let marked = shown
        .trim_start_matches(['|', '>'])
        .trim_end_matches(['|', '<']);
    !doubtful || shown.is_empty() || shows(shown, bytes) || shows(marked, bytes)
}

/// Spaces at both ends are not there any more, so they may be anywhere.
fn shows(shown: &str, bytes: &[u8]) -> bool {
    let count = shown.chars().count();
    let Some(spaces) = bytes.len().checked_sub(count) else {
        return false;
    };
    let fits = |shown: char, byte: u8| {
        shown == char::from(byte) || !(byte.is_ascii_graphic() || shown.is_ascii_alphanumeric())
    };
    (0..=spaces.min(64)).any(|before| {
        let before = core::iter::repeat_n(' ', before);
        let line = before.chain(shown.chars()).chain(core::iter::repeat(' '));
        line.zip(bytes).all(|(shown, &byte)| fits(shown, byte))
    })
}
