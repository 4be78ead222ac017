//! What bytes look like when nobody has said what they are.

use crate::rules::Hint;
use std::task::Poll;
use ws4wasm::frame::check;

/// What a connection is, by the first bytes of a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// An HTTP/1 request, so this is the client.
    Request,
    /// An HTTP/1 response, so this is the server.
    Response,
    Http2,
    Tls,
    /// It could become one of those with more bytes.
    Open,
    Unknown,
}

const METHODS: [&[u8]; 9] = [
    b"GET ",
    b"POST ",
    b"PUT ",
    b"HEAD ",
    b"DELETE ",
    b"OPTIONS ",
    b"PATCH ",
    b"CONNECT ",
    b"TRACE ",
];

const HTTP2: &[u8] = b"PRI * HTTP/2.0";

pub fn start(bytes: &[u8]) -> Start {
    let begins = |prefix: &[u8]| bytes.starts_with(prefix);
    let may_begin = |prefix: &[u8]| bytes.len() < prefix.len() && prefix.starts_with(bytes);
    if METHODS.iter().any(|method| begins(method)) {
        Start::Request
    } else if begins(b"HTTP/1.") {
        Start::Response
    } else if begins(HTTP2) {
        Start::Http2
    } else if is_tls(bytes) {
        Start::Tls
    } else if METHODS.iter().any(|method| may_begin(method))
        || [&b"HTTP/1."[..], HTTP2, &[0x16, 3, 1]]
            .into_iter()
            .any(may_begin)
    {
        Start::Open
    } else {
        Start::Unknown
    }
}

/// A request's first line is looked at up to here.
const LINE: usize = 16 * 1024;

/// The same where it may be any protocol: others have a GET as well. A request is one once its
/// line names HTTP, or when it is the last that comes; so it is the same however it was cut.
pub fn spoken(bytes: &[u8], last: bool) -> Start {
    let start = start(bytes);
    if start != Start::Request {
        return start;
    }
    let seen = &bytes[..bytes.len().min(LINE)];
    let end = seen.iter().position(|&byte| byte == b'\n');
    let line = &seen[..end.unwrap_or(seen.len())];
    if line.windows(6).any(|six| six == b" HTTP/") {
        Start::Request
    } else if end.is_some() || seen.len() == LINE {
        Start::Unknown
    } else if last {
        Start::Request
    } else {
        Start::Open
    }
}

/// The length of what a proxy tells of a connection before its first byte (PROXY protocol,
/// versions 1 and 2).
pub fn proxy_header(bytes: &[u8]) -> Option<usize> {
    const VERSION_2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
    if bytes.starts_with(b"PROXY ") {
        let line = bytes.get(..107.min(bytes.len()))?;
        return Some(line.windows(2).position(|two| two == b"\r\n")? + 2);
    }
    let rest = bytes.strip_prefix(VERSION_2)?;
    let length = u16::from_be_bytes([*rest.get(2)?, *rest.get(3)?]);
    let length = VERSION_2.len() + 4 + usize::from(length);
    (bytes.len() >= length).then_some(length)
}

/// A handshake record of TLS 1.0 to 1.3 (RFC 8446 section 5.1).
fn is_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [0x14..=0x17, 3, 0..=4, ..])
}

/// How many bytes tell what a stream looks like.
pub const LOOK: usize = 64;

/// This many bytes that are all text are taken for text.
const TEXT: usize = 32;

/// What a frame's bytes look like instead; for those whose header breaks a rule. Pending while
/// more bytes might tell, so that it is the same however they are cut.
pub fn hint(bytes: &[u8]) -> Poll<Option<Hint>> {
    let settled = match start(bytes) {
        Start::Request => Some(Hint::HttpRequest),
        Start::Response => Some(Hint::HttpResponse),
        Start::Http2 => Some(Hint::Http2),
        Start::Tls => Some(Hint::Tls),
        Start::Open | Start::Unknown => match bytes {
            [0x1f, 0x8b, 8, ..] => Some(Hint::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Hint::Zstd),
            [0, rest @ ..] => return hixie(rest),
            [b'G', b'E', b'T', ..] => Some(Hint::HttpRequest),
            [b'H', b'T', b'T', b'P', ..] => Some(Hint::HttpResponse),
            _ if bytes.len() >= TEXT && is_text(&bytes[..TEXT]) => Some(Hint::Text),
            _ => None,
        },
    };
    let begins = |magic: &[u8]| bytes.len() < magic.len() && magic.starts_with(bytes);
    let binary = begins(&[0x1f, 0x8b, 8]) || begins(&[0x28, 0xb5, 0x2f, 0xfd]);
    let tls = matches!(bytes, [0x14..=0x17] | [0x14..=0x17, 3]);
    match settled {
        None if binary || tls || (bytes.len() < TEXT && is_text(bytes)) => Poll::Pending,
        settled => Poll::Ready(settled),
    }
}

/// The same when there are no more bytes.
pub fn last_hint(bytes: &[u8]) -> Option<Hint> {
    match hint(bytes) {
        Poll::Ready(hint) => hint,
        Poll::Pending if bytes.len() >= 8 && is_text(bytes) => Some(Hint::Text),
        Poll::Pending => None,
    }
}

/// 00, text, ff, less the 00.
fn hixie(rest: &[u8]) -> Poll<Option<Hint>> {
    match rest.iter().position(|byte| !is_text(&[*byte])) {
        Some(end) => Poll::Ready((end > 0 && rest[end] == 0xff).then_some(Hint::Hixie)),
        None if rest.len() + 1 < LOOK => Poll::Pending,
        None => Poll::Ready(None),
    }
}

fn is_text(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~'))
}

/// How frames look that were found by walking some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Walk {
    /// Headers without fault, but for masking.
    pub frames: usize,
    pub masked: usize,
    /// It ended at bytes that are no header.
    pub broken: bool,
}

/// Most frames that are looked at.
const MOST: usize = 16;

/// Walks from header to header.
pub fn walk(bytes: &[u8]) -> Walk {
    let mut walk = Walk {
        frames: 0,
        masked: 0,
        broken: false,
    };
    let mut rest = bytes;
    let mut open = None;
    while walk.frames < MOST {
        let (Some(&b0), Some(&b1)) = (rest.first(), rest.get(1)) else {
            return walk;
        };
        let masked = b1 & 0x80 != 0;
        let (length, header) = match (b1 & 0x7f, rest.get(2..4), rest.get(2..10)) {
            (126, Some(&[a, b]), _) => (u64::from(u16::from_be_bytes([a, b])), 4),
            (127, _, Some(long)) => (
                long.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)),
                10,
            ),
            (126 | 127, ..) => return walk,
            (short, ..) => (u64::from(short), 2),
        };
        let sequence = open.map_or(Ok(()), |open| check::sequence(b0, open));
        let fair = check::check_reserved(b0, 4).is_ok()
            && check::opcode(b0).is_ok()
            && check::control_fin(b0).is_ok()
            && sequence.is_ok()
            && check::control_length(b0, b1).is_ok()
            && check::length_minimal(length, header - 2).is_ok()
            && length < 1 << 40;
        if !fair {
            walk.broken = true;
            return walk;
        }
        if b0 & 8 == 0 {
            open = Some(b0 & 0x80 == 0);
        }
        walk.frames += 1;
        walk.masked += usize::from(masked);
        let whole = (header + if masked { 4 } else { 0 }) as u64 + length;
        match usize::try_from(whole)
            .ok()
            .and_then(|whole| rest.get(whole..))
        {
            Some(behind) => rest = behind,
            None => return walk,
        }
    }
    walk
}

impl Walk {
    /// More bytes make no difference.
    pub const fn is_settled(&self) -> bool {
        self.broken || self.frames == MOST
    }

    /// Whether most are masked; none when there are no frames.
    pub const fn mostly_masked(&self) -> Option<bool> {
        match self.frames {
            0 => None,
            frames => Some(self.masked * 2 > frames),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_beginnings() {
        for (bytes, expected) in [
            (&b"GET / HTTP/1.1"[..], Start::Request),
            (b"HTTP/1.1 101", Start::Response),
            (b"PRI * HTTP/2.0\r\n", Start::Http2),
            (&[0x16, 3, 1, 2, 0], Start::Tls),
            (b"GE", Start::Open),
            (b"", Start::Open),
            (&[0x81, 0x05], Start::Unknown),
        ] {
            assert_eq!(start(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn what_frames_are_not() {
        for (bytes, expected) in [
            (&b"GET"[..], Some(Hint::HttpRequest)),
            (b"HTTP", Some(Hint::HttpResponse)),
            (&[0x16, 3, 3, 0, 9], Some(Hint::Tls)),
            (&[0x1f, 0x8b, 8, 0], Some(Hint::Gzip)),
            (&[0x28, 0xb5, 0x2f, 0xfd, 4], Some(Hint::Zstd)),
            (b"{\"hello\": 1}", Some(Hint::Text)),
            (b"\0hello\xff", Some(Hint::Hixie)),
            (&[0xff, 0xff, 0xff], None),
        ] {
            assert_eq!(last_hint(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_hint_waits_for_no_more_than_it_needs() {
        let long = [b'x'; TEXT];
        for (bytes, expected) in [
            (&[0xc1][..], Poll::Ready(None)),
            (b"GE", Poll::Pending),
            (b"GET", Poll::Ready(Some(Hint::HttpRequest))),
            (b"GE\xff", Poll::Ready(None)),
            (&[0x16, 3], Poll::Pending),
            (&[0x16, 4], Poll::Ready(None)),
            (&[0x1f], Poll::Pending),
            (b"\0hello", Poll::Pending),
            (b"\0\xff", Poll::Ready(None)),
            (b"\0hello\x80", Poll::Ready(None)),
            (&long[1..], Poll::Pending),
            (&long, Poll::Ready(Some(Hint::Text))),
        ] {
            assert_eq!(hint(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn walks() {
        let frames = b"\x81\x02hi\x89\x00\x01\x01a\x80\x00";
        let found = walk(frames);
        assert_eq!((found.frames, found.masked, found.broken), (4, 0, false));
        assert!(walk(b"\x83\x00").broken);
        assert_eq!(walk(b"\x81\x80abcd").mostly_masked(), Some(true));
    }
}
