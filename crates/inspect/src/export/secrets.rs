//! What must not leave with a file unless it was asked for: passwords, cookies, tokens in
//! addresses. Each of their bytes becomes `*`, so that all others stay where they were and the
//! file is read as before. What messages hold is left as it is.

use crate::Inspection;
use crate::connection::{Connection, Stream};
use crate::flow::Direction;
use std::borrow::Cow;
use std::iter;
use std::ops::Range;

/// Whether a file has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Secrets {
    /// Each of their bytes is `*`.
    #[default]
    Hidden,
    /// As they came.
    Shown,
}

/// Header fields whose value is nobody else's (RFC 9110 section 11, RFC 6265, and what services
/// made up).
const FIELDS: [&str; 8] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "x-auth-token",
    "x-csrf-token",
    "x-xsrf-token",
];

/// Header fields that hold addresses.
const ADDRESSES: [&str; 4] = ["referer", "location", "origin", "content-location"];

/// A parameter of a query is a secret when its name has one of these in it.
const NAMES: [&str; 14] = [
    "token",
    "key",
    "secret",
    "auth",
    "passw",
    "pwd",
    "sig",
    "session",
    "sid",
    "jwt",
    "code",
    "credential",
    "ticket",
    "cookie",
];

/// A value from this length on is taken for a secret when it looks like one.
const LONG: usize = 20;

/// Letters and digits mixed, as in base64, hex or a JSON Web Token, and nothing of a sentence.
fn looks_random(value: &[u8]) -> bool {
    value.len() >= LONG
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_alphabetic)
        && value
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/_=.~%-".contains(byte))
}

fn names_secret(name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    NAMES.iter().any(|part| name.contains(part))
}

/// In a URL or the target of a request: who and with which password, and what of its query is
/// a secret.
fn in_address(address: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let query = address.iter().position(|&byte| byte == b'?');
    let before = &address[..query.unwrap_or(address.len())];
    if let Some(slashes) = before.windows(3).position(|bytes| bytes == b"://") {
        let host = slashes + 3;
        let end = before[host..].iter().position(|&byte| byte == b'/');
        let authority = &before[host..end.map_or(before.len(), |end| host + end)];
        if let Some(at) = authority.iter().rposition(|&byte| byte == b'@') {
            found.push(host..host + at);
        }
    }
    let Some(query) = query else { return found };
    let mut at = query + 1;
    for part in address[at..].split(|byte| b"&;#".contains(byte)) {
        let equals = part.iter().position(|&byte| byte == b'=');
        let value = equals.map_or(0, |equals| equals + 1);
        let named = equals.is_some_and(|equals| names_secret(&part[..equals]));
        if named || looks_random(&part[value..]) {
            found.push(at + value..at + part.len());
        }
        at += part.len() + 1;
    }
    found
}

/// In the value of a header field.
fn in_value(name: &[u8], value: &[u8]) -> Vec<Range<usize>> {
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    if FIELDS.contains(&name.as_str()) {
        return iter::once(0..value.len()).collect();
    }
    if ADDRESSES.contains(&name.as_str()) {
        return in_address(value);
    }
    if name != "sec-websocket-protocol" {
        return Vec::new();
    }
    // Browsers can add no header, so some services take a token as a subprotocol.
    let mut at = 0;
    let mut found = Vec::new();
    for part in value.split(|&byte| byte == b',') {
        let start = at + part.len() - part.trim_ascii_start().len();
        if looks_random(part.trim_ascii()) {
            found.push(start..start + part.trim_ascii().len());
        }
        at += part.len() + 1;
    }
    found
}

fn cover(bytes: &mut [u8], ranges: &[Range<usize>]) {
    for range in ranges {
        bytes[range.clone()].fill(b'*');
    }
}

fn covered(text: &str, ranges: &[Range<usize>]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    cover(&mut bytes, ranges);
    // Ranges begin and end at ASCII characters, or at the ends.
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Secrets {
    /// An address as this file has it.
    pub(super) fn address<'a>(self, address: &'a str) -> Cow<'a, str> {
        match self {
            Self::Shown => address.into(),
            Self::Hidden => covered(address, &in_address(address.as_bytes())).into(),
        }
    }

    /// The value of a header field as this file has it.
    pub(super) fn value<'a>(self, name: &str, value: &'a str) -> Cow<'a, str> {
        match self {
            Self::Shown => value.into(),
            Self::Hidden => covered(value, &in_value(name.as_bytes(), value.as_bytes())).into(),
        }
    }

    /// The head of an HTTP message as this file has it.
    pub(super) fn head(self, mut head: Vec<u8>) -> Vec<u8> {
        if self == Self::Hidden {
            let ranges = in_lines(&head, false);
            cover(&mut head, &ranges);
        }
        head
    }

    /// Where secrets are in what came on a connection before its frames.
    pub(super) fn of(self, connection: &Connection, frames: bool) -> Covers {
        match self {
            Self::Shown => Covers::default(),
            Self::Hidden => Covers(Direction::BOTH.map(|direction| {
                let handshake = &connection.handshake;
                let head = match direction {
                    Direction::ClientToServer => &handshake.request,
                    Direction::ServerToClient => &handshake.response,
                };
                let stream = &connection.streams[direction as usize];
                let behind = head.as_ref().filter(|_| frames).map(|head| head.end());
                in_stream(stream, behind.unwrap_or(stream.end()))
            })),
        }
    }
}

/// Whether anything that was seen is hidden in files by default: keys of TLS in the capture, what
/// came on any connection, WebSocket or not, and addresses.
pub fn holds_secrets(inspection: &Inspection) -> bool {
    inspection.carries_keys()
        || inspection.connections().any(|(_, connection)| {
            let url = connection.opened.url.as_deref().unwrap_or_default();
            // Frames that look like lines are taken for lines: rather too much than too little.
            let Covers(found) = Secrets::Hidden.of(connection, false);
            !in_address(url.as_bytes()).is_empty()
                || found.iter().any(|ranges| !ranges.is_empty())
        })
}

/// The secrets of a connection, by direction, in order.
#[derive(Default)]
pub(super) struct Covers([Vec<Range<u64>>; 2]);

impl Covers {
    /// Bytes of the connection, without them.
    pub(super) fn over<'a>(
        &self,
        direction: Direction,
        offset: u64,
        bytes: &'a [u8],
    ) -> Cow<'a, [u8]> {
        let end = offset + bytes.len() as u64;
        let within = |range: &&Range<u64>| range.start < end && range.end > offset;
        let mut out = Cow::Borrowed(bytes);
        for range in self.0[direction as usize].iter().filter(within) {
            let from = range.start.max(offset) - offset;
            let to = range.end.min(end) - offset;
            out.to_mut()[from as usize..to as usize].fill(b'*');
        }
        out
    }
}

fn in_stream(stream: &Stream, end: u64) -> Vec<Range<u64>> {
    let mut found = Vec::new();
    let mut at = 0;
    // Of a line whose beginning is missing nobody knows what it is.
    let mut cut = !stream.is_whole();
    while at < end {
        let bytes = stream.read(at, end - at);
        if bytes.is_empty() {
            let hole = stream.hole_at(at);
            if hole == 0 {
                break;
            }
            at += hole;
            cut = true;
            continue;
        }
        let ranges = in_lines(bytes, cut).into_iter();
        found.extend(ranges.map(|range| at + range.start as u64..at + range.end as u64));
        at += bytes.len() as u64;
    }
    found
}

/// In lines of HTTP/1.1, whole or not. `cut`: the beginning of the first one is missing.
fn in_lines(bytes: &[u8], mut cut: bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut folded = false;
    for line in bytes.split(|&byte| byte == b'\n') {
        let text = line.strip_suffix(b"\r").unwrap_or(line);
        let continues = matches!(text.first(), Some(b' ' | b'\t'));
        if cut || (continues && folded) {
            found.push(at..at + text.len());
            cut = false;
        } else if let Some((from, ranges)) = in_line(text) {
            folded = ranges.iter().any(|range| range.end == text.len() - from);
            found.extend(
                ranges
                    .into_iter()
                    .map(|range| at + from + range.start..at + from + range.end),
            );
        } else {
            folded = false;
        }
        at += line.len() + 1;
    }
    found
}

/// What is hidden in a line, from an offset in it on.
fn in_line(line: &[u8]) -> Option<(usize, Vec<Range<usize>>)> {
    let space = line.iter().position(|&byte| byte == b' ');
    let method = space.filter(|&space| line[..space].iter().all(u8::is_ascii_uppercase));
    if let Some(space) = method.filter(|&space| space > 0) {
        // A request that is cut off has no version yet.
        let target = &line[space + 1..];
        let end = target.iter().position(|&byte| byte == b' ');
        return Some((
            space + 1,
            in_address(&target[..end.unwrap_or(target.len())]),
        ));
    }
    let colon = line.iter().position(|&byte| byte == b':')?;
    let value = &line[colon + 1..];
    let from = colon + 1 + value.len() - value.trim_ascii_start().len();
    Some((from, in_value(line[..colon].trim_ascii(), &line[from..])))
}

#[cfg(test)]
mod tests {
    use super::{Secrets, in_lines};

    fn head(text: &str) -> String {
        String::from_utf8(Secrets::Hidden.head(text.into())).unwrap()
    }

    #[test]
    fn fields() {
        let text = "GET /a HTTP/1.1\r\nHost: h\r\nAuthorization: Basic dTpw\r\n\
            cookie:a=b; c=d\r\nX-Other: Basic dTpw\r\n\r\n";
        let hidden = "GET /a HTTP/1.1\r\nHost: h\r\nAuthorization: **********\r\n\
            cookie:********\r\nX-Other: Basic dTpw\r\n\r\n";
        assert_eq!(head(text), hidden);
        assert_eq!(
            head("Set-Cookie: a=b\r\n\tc=d\r\n"),
            "Set-Cookie: ***\r\n****\r\n"
        );
    }

    #[test]
    fn addresses() {
        for (text, hidden) in [
            ("/a?x=1&access_token=abc&y=2", "/a?x=1&access_token=***&y=2"),
            ("/a?API_KEY=", "/a?API_KEY="),
            ("/a?1234567890abcdefghij", "/a?********************"),
            ("/a?q=1234567890abcdefghij#z", "/a?q=********************#z"),
            (
                "/a?q=not-a-secret-this-is-words",
                "/a?q=not-a-secret-this-is-words",
            ),
            ("ws://u:p@h/?x=1", "ws://***@h/?x=1"),
            ("ws://h/u:p@h", "ws://h/u:p@h"),
        ] {
            assert_eq!(Secrets::Hidden.address(text), hidden);
            assert_eq!(Secrets::Shown.address(text), text);
        }
        assert_eq!(
            head("GET /?token=x HTTP/1.1\r\n"),
            "GET /?token=* HTTP/1.1\r\n"
        );
        assert_eq!(head("GET /?token=x"), "GET /?token=*");
        assert_eq!(
            head("Referer: http://h/?sid=x\r\n"),
            "Referer: http://h/?sid=*\r\n"
        );
    }

    #[test]
    fn subprotocols() {
        let text = "Sec-WebSocket-Protocol: chat, bearer.eyJhbGciOiJIUzI1NiJ9";
        let hidden = "Sec-WebSocket-Protocol: chat, ***************************";
        assert_eq!(head(text), hidden);
    }

    #[test]
    fn a_line_without_its_beginning() {
        let found = in_lines(b"okie: a=b\r\nHost: h\r\n", true);
        assert_eq!(found.first(), Some(&(0..9)));
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn any_bytes() {
        for text in [
            "",
            "\n",
            ":",
            " :",
            "A",
            "A ",
            "?",
            "Cookie",
            "Cookie:",
            "\r\n\r\n: x",
        ] {
            assert_eq!(head(text).len(), text.len());
        }
    }
}
