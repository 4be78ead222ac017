//! Frames of HTTP/2 (RFC 9113 section 4).

/// What a client sends first (RFC 9113 section 3.4).
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Length of a frame's header.
pub const HEADER: usize = 9;

/// Settings in a server's first frame are no more than this.
const FIRST_SETTINGS: usize = 64;

/// Types that are looked at (section 6).
pub mod kind {
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const PUSH_PROMISE: u8 = 5;
    pub const PING: u8 = 6;
    pub const WINDOW_UPDATE: u8 = 8;
    pub const CONTINUATION: u8 = 9;
}

/// Flags.
pub mod flag {
    pub const END_STREAM: u8 = 1;
    /// Of SETTINGS and PING.
    pub const ACK: u8 = 1;
    pub const END_HEADERS: u8 = 4;
    pub const PADDED: u8 = 8;
    pub const PRIORITY: u8 = 0x20;
}

/// The header of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    pub length: usize,
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
}

impl Frame {
    pub fn read(header: [u8; HEADER]) -> Self {
        let [a, b, c, kind, flags, s, t, u, v] = header;
        Self {
            length: u32::from_be_bytes([0, a, b, c]) as usize,
            kind,
            flags,
            // The first bit is reserved.
            stream: u32::from_be_bytes([s & 0x7f, t, u, v]),
        }
    }

    pub const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// Whether these are the first bytes of HTTP/2; none while more must come to tell.
pub fn begins(bytes: &[u8]) -> Option<bool> {
    // No more than this of the client's preface, so that it is the same however it was cut.
    let line = &PREFACE[..14];
    let known = bytes.len().min(line.len());
    if !bytes.is_empty() && bytes[..known] == line[..known] {
        return (known == line.len()).then_some(true);
    }
    // A server's preface is a SETTINGS frame, which may come before the client's.
    let like = |at: usize, wanted: u8| bytes.get(at).is_none_or(|&byte| byte == wanted);
    let zeros = [0, 4, 5, 6, 7, 8];
    if !zeros.into_iter().all(|at| like(at, 0)) || !like(3, kind::SETTINGS) {
        return Some(false);
    }
    let header = bytes.first_chunk::<HEADER>()?;
    let length = Frame::read(*header).length;
    Some(length.is_multiple_of(6) && length <= 6 * FIRST_SETTINGS)
}

/// Behind a hole: whether frames begin here, as far as these bytes go.
pub fn seems(mut bytes: &[u8], knows: impl Fn(u32) -> bool) -> bool {
    let mut sure = false;
    while let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() {
        let frame = Frame::read(*header);
        let fair = match frame.kind {
            kind::DATA | kind::CONTINUATION => knows(frame.stream),
            kind::HEADERS => frame.stream != 0,
            kind::RST_STREAM => frame.length == 4 && frame.stream != 0,
            kind::SETTINGS => frame.length.is_multiple_of(6) && frame.stream == 0,
            kind::PING => frame.length == 8 && frame.stream == 0,
            kind::WINDOW_UPDATE => frame.length == 4,
            2 => frame.length == 5 && frame.stream != 0,
            kind::PUSH_PROMISE => frame.stream != 0,
            7 => frame.length >= 8 && frame.stream == 0,
            _ => false,
        };
        if !fair || header[5] & 0x80 != 0 || frame.length > 1 << 14 {
            return false;
        }
        sure |= !matches!(frame.kind, kind::HEADERS | kind::PUSH_PROMISE);
        bytes = rest.get(frame.length..).unwrap_or_default();
    }
    sure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes() {
        let settings = [0, 0, 6, 4, 0, 0, 0, 0, 0];
        for (bytes, expected) in [
            (PREFACE, Some(true)),
            (&PREFACE[..13], None),
            (b"PRI * HTTP/2.0 and more", Some(true)),
            (b"PRI * HTTP/1.1", Some(false)),
            (&settings[..], Some(true)),
            (&settings[..8], None),
            (&[0, 0, 7, 4, 0, 0, 0, 0, 0], Some(false)),
            (&[0, 0, 6, 4, 1], Some(false)),
            (&[0x81, 0], Some(false)),
        ] {
            assert_eq!(begins(bytes), expected, "{bytes:?}");
        }
    }
}
