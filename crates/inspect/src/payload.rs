//! What a payload is written in, as far as its bytes tell, and how it looks in a line.

use super::connection::Connection;
use super::flow::Direction;

/// A name for what a payload is. `docs` of the page take it from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Nothing.
    Empty,
    /// Text that is nothing of the below.
    Text,
    /// A JSON object or array.
    Json,
    /// Socket.IO over Engine.IO.
    SocketIo,
    /// Engine.IO by itself: its handshake and heartbeats.
    EngineIo,
    /// STOMP.
    Stomp,
    /// GraphQL over WebSocket, of either subprotocol.
    GraphqlWs,
    /// SignalR's JSON.
    SignalR,
    /// MQTT.
    Mqtt,
    /// MessagePack: one map or array.
    MessagePack,
    /// CBOR: one map or array.
    Cbor,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
    /// Bytes that are nothing of the above.
    Binary,
}

impl Kind {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 14] = [
        Self::Empty,
        Self::Text,
        Self::Json,
        Self::SocketIo,
        Self::EngineIo,
        Self::Stomp,
        Self::GraphqlWs,
        Self::SignalR,
        Self::Mqtt,
        Self::MessagePack,
        Self::Cbor,
        Self::Gzip,
        Self::Zstd,
        Self::Binary,
    ];

    /// As the JavaScript API and filters say it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Text => "text",
            Self::Json => "json",
            Self::SocketIo => "socket.io",
            Self::EngineIo => "engine.io",
            Self::Stomp => "stomp",
            Self::GraphqlWs => "graphql-ws",
            Self::SignalR => "signalr",
            Self::Mqtt => "mqtt",
            Self::MessagePack => "messagepack",
            Self::Cbor => "cbor",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Binary => "binary",
        }
    }
}

/// What the connection says about its payloads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Context {
    engine_io: bool,
    stomp: bool,
    graphql: bool,
    mqtt: bool,
}

impl Context {
    /// By the subprotocol and the URL.
    pub(crate) fn of(connection: &Connection) -> Self {
        let handshake = &connection.handshake;
        let protocol = handshake
            .response
            .as_ref()
            .and_then(|r| r.get("Sec-WebSocket-Protocol"));
        let protocol = protocol.unwrap_or_default().to_ascii_lowercase();
        let url = handshake
            .request
            .as_ref()
            .map_or("", |request| request.target());
        let url = connection.opened.url.as_deref().unwrap_or(url);
        Self {
            engine_io: url.contains("EIO=") || url.contains("/socket.io/"),
            stomp: protocol.contains("stomp"),
            graphql: protocol.starts_with("graphql"),
            mqtt: protocol.starts_with("mqtt"),
        }
    }
}

/// What a whole message is written in. `text` is what its opcode says.
pub fn kind(content: &[u8], text: bool, context: Context) -> Kind {
    if content.is_empty() {
        return Kind::Empty;
    }
    if text {
        of_text(content, context)
    } else {
        of_binary(content, context)
    }
}

fn of_text(content: &[u8], context: Context) -> Kind {
    let is_object = matches!(content.trim_ascii(), [b'{', .., b'}']);
    let is_array = matches!(content.trim_ascii(), [b'[', .., b']']);
    match content {
        _ if context.stomp || is_stomp(content) => Kind::Stomp,
        [.., 0x1e] => Kind::SignalR,
        // Engine.IO's message, and in it a packet of Socket.IO.
        [b'4', b'0'..=b'6'] => Kind::SocketIo,
        [
            b'4',
            b'0'..=b'6',
            b'[' | b'{' | b'/' | b'0'..=b'9' | b'-',
            ..,
        ] => Kind::SocketIo,
        [b'0', rest @ ..] if rest.starts_with(b"{\"sid\"") => Kind::EngineIo,
        b"2probe" | b"3probe" => Kind::EngineIo,
        [b'0'..=b'6', ..] if context.engine_io => Kind::EngineIo,
        _ if is_object && context.graphql => Kind::GraphqlWs,
        _ if is_object || is_array => Kind::Json,
        _ => Kind::Text,
    }
}

fn is_stomp(content: &[u8]) -> bool {
    const COMMANDS: [&[u8]; 16] = [
        b"CONNECT",
        b"STOMP",
        b"CONNECTED",
        b"SEND",
        b"SUBSCRIBE",
        b"UNSUBSCRIBE",
        b"ACK",
        b"NACK",
        b"BEGIN",
        b"COMMIT",
        b"ABORT",
        b"DISCONNECT",
        b"MESSAGE",
        b"RECEIPT",
        b"ERROR",
        b"HEARTBEAT",
    ];
    let line = content
        .split(|&byte| byte == b'\n')
        .next()
        .unwrap_or_default();
    let ends = matches!(content.trim_ascii_end(), [.., 0]);
    ends && COMMANDS.contains(&line.trim_ascii_end())
}

fn of_binary(content: &[u8], context: Context) -> Kind {
    match content {
        _ if context.mqtt => Kind::Mqtt,
        [0x10, _, 0, 4, b'M', b'Q', b'T', b'T', ..] => Kind::Mqtt,
        [0x1f, 0x8b, 8, ..] => Kind::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Kind::Zstd,
        // STOMP and SignalR may send their text as binary.
        _ if is_stomp(content) => Kind::Stomp,
        [b'{', .., 0x1e] => Kind::SignalR,
        _ if messagepack(content) == Some(content.len()) => Kind::MessagePack,
        _ if cbor(content) == Some(content.len()) => Kind::Cbor,
        _ => Kind::Binary,
    }
}

/// Whether a message only says that somebody is there, as its protocol has it.
pub fn is_heartbeat(content: &[u8], kind: Kind) -> bool {
    match kind {
        Kind::EngineIo => matches!(content, b"2" | b"3" | b"6"),
        Kind::Stomp => matches!(content, b"\n" | b"\r\n"),
        Kind::SignalR => content == b"{\"type\":6}\x1e",
        Kind::Mqtt => matches!(content, [0xc0 | 0xd0, 0]),
        Kind::GraphqlWs => {
            let has = |text: &[u8]| content.windows(text.len()).any(|part| part == text);
            [
                &b"\"type\":\"ping\""[..],
                b"\"type\":\"pong\"",
                b"\"type\":\"ka\"",
            ]
            .into_iter()
            .any(has)
        }
        _ => false,
    }
}

/// Whether a message of this length can be one, which spares looking at most of them.
pub const fn may_be_heartbeat(length: u64, context: Context) -> bool {
    matches!(length, 1 | 2 | 11) || (context.graphql && length <= 64)
}

/// The length of the map or array of MessagePack that these bytes begin with.
fn messagepack(bytes: &[u8]) -> Option<usize> {
    matches!(bytes.first()?, 0x80..=0x9f | 0xdc..=0xdf).then_some(())?;
    let mut at = 0;
    // Values that are still to come.
    let mut open = 1u64;
    let number = |at: usize, length: usize| {
        let bytes = bytes.get(at..at + length)?;
        Some(
            bytes
                .iter()
                .fold(0u64, |sum, &byte| sum << 8 | u64::from(byte)),
        )
    };
    while open > 0 {
        open -= 1;
        let first = *bytes.get(at)?;
        at += 1;
        let (skip, more) = match first {
            0x00..=0x7f | 0xc0 | 0xc2 | 0xc3 | 0xe0..=0xff => (0, 0),
            0x80..=0x8f => (0, 2 * u64::from(first & 15)),
            0x90..=0x9f => (0, u64::from(first & 15)),
            0xa0..=0xbf => (u64::from(first & 31), 0),
            0xc1 => return None,
            0xc4..=0xc6 => (number(at, 1 << (first - 0xc4))? + (1 << (first - 0xc4)), 0),
            0xc7..=0xc9 => (
                number(at, 1 << (first - 0xc7))? + (1 << (first - 0xc7)) + 1,
                0,
            ),
            0xca | 0xce | 0xd2 => (4, 0),
            0xcb | 0xcf | 0xd3 => (8, 0),
            0xcc | 0xd0 => (1, 0),
            0xcd | 0xd1 => (2, 0),
            0xd4..=0xd8 => (1 + (1 << (first - 0xd4)), 0),
            0xd9..=0xdb => (number(at, 1 << (first - 0xd9))? + (1 << (first - 0xd9)), 0),
            0xdc | 0xdd => (2 << (first - 0xdc), number(at, 2 << (first - 0xdc))?),
            0xde | 0xdf => (2 << (first - 0xde), 2 * number(at, 2 << (first - 0xde))?),
        };
        at = at.checked_add(usize::try_from(skip).ok()?)?;
        open = open.checked_add(more)?;
        if at > bytes.len() {
            return None;
        }
    }
    Some(at)
}

/// The length of the map, array or tagged value of CBOR that these bytes begin with. One of
/// indefinite length is not recognised.
fn cbor(bytes: &[u8]) -> Option<usize> {
    matches!(bytes.first()? >> 5, 4..=6).then_some(())?;
    let mut at = 0;
    let mut open = 1u64;
    while open > 0 {
        open -= 1;
        let first = *bytes.get(at)?;
        at += 1;
        let length = match first & 31 {
            24..=27 => 1 << ((first & 31) - 24),
            28..=31 => return None,
            _ => 0,
        };
        let argument = match length {
            0 => u64::from(first & 31),
            _ => bytes
                .get(at..at + length)?
                .iter()
                .fold(0, |sum, &byte| sum << 8 | u64::from(byte)),
        };
        at += length;
        match first >> 5 {
            2 | 3 => at = at.checked_add(usize::try_from(argument).ok()?)?,
            4 => open = open.checked_add(argument)?,
            5 => open = open.checked_add(argument.checked_mul(2)?)?,
            6 => open = open.checked_add(1)?,
            _ => {}
        }
        if at > bytes.len() {
            return None;
        }
    }
    Some(at)
}

/// Characters of a preview.
const PREVIEW: usize = 120;

/// Bytes that a preview is made of at most.
pub const PREVIEW_BYTES: usize = 4 * PREVIEW;

/// The start of a payload in a line: text with control bytes as U+2400 onwards, and anything
/// else in hex. In text, bytes that are none stand in brackets, `caf[e9 20]was`: those that a
/// first byte has announced, as far as they are there, with the byte that breaks it off.
pub fn preview(content: &[u8], text: bool) -> String {
    let sound = |content: &[u8]| match str::from_utf8(content) {
        Ok(valid) => valid.chars().all(|c| !c.is_control() || c.is_whitespace()),
        // The last character may be cut because the content is.
        Err(error) => {
            let valid = &content[..error.valid_up_to()];
            let valid = str::from_utf8(valid).unwrap_or_default();
            error.error_len().is_none()
                && valid.chars().all(|c| !c.is_control() || c.is_whitespace())
        }
    };
    if !text && !sound(content) {
        return hex(&content[..content.len().min(PREVIEW / 3)]);
    }
    let mut out = String::new();
    let mut count = 0;
    let mut rest = content;
    while !rest.is_empty() && count < PREVIEW {
        let (valid, bad) = match str::from_utf8(rest) {
            Ok(valid) => (valid, 0),
            Err(error) => {
                let (valid, rest) = rest.split_at(error.valid_up_to());
                (str::from_utf8(valid).unwrap_or_default(), no_text(rest))
            }
        };
        for c in valid.chars().take(PREVIEW - count) {
            count += 1;
            out.push(match c {
                '\0'..='\x1f' => char::from_u32(0x2400 + c as u32).unwrap_or(c),
                '\x7f' => '\u{2421}',
                other => other,
            });
        }
        rest = &rest[valid.len()..];
        if bad == 0 {
            break;
        }
        if count < PREVIEW {
            let shown = format!("[{}]", hex(&rest[..bad]));
            count += shown.len();
            out.push_str(&shown);
        }
        rest = &rest[bad..];
    }
    out
}

/// How many bytes are no text from here on; none for a character that the end cuts. With the
/// byte that breaks a sequence off, which shows what is wrong.
fn no_text(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Err(error) = str::from_utf8(&bytes[at..])
        && error.valid_up_to() == 0
        && let Some(length) = error.error_len()
    {
        let begins = matches!(bytes[at], 0xc2..=0xf4);
        at = (at + length + usize::from(begins)).min(bytes.len());
    }
    at
}

fn hex(bytes: &[u8]) -> String {
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(" ")
}

/// Which direction a word names.
pub fn direction(word: &str) -> Option<Direction> {
    match word {
        "c2s" | "client" | "up" => Some(Direction::ClientToServer),
        "s2c" | "server" | "down" => Some(Direction::ServerToClient),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        let none = Context::default();
        let eio = Context {
            engine_io: true,
            ..none
        };
        for (content, text, context, expected) in [
            (&b""[..], true, none, Kind::Empty),
            (b"hello", true, none, Kind::Text),
            (b" {\"a\":1} ", true, none, Kind::Json),
            (b"[1]", true, none, Kind::Json),
            (b"42[\"chat\",1]", true, none, Kind::SocketIo),
            (b"40", true, none, Kind::SocketIo),
            (b"2", true, none, Kind::Text),
            (b"2", true, eio, Kind::EngineIo),
            (b"0{\"sid\":\"x\"}", true, none, Kind::EngineIo),
            (b"SEND\ndestination:/a\n\nhi\0", true, none, Kind::Stomp),
            (b"{\"type\":6}\x1e", true, none, Kind::SignalR),
            (
                b"{\"type\":\"next\"}",
                true,
                Context {
                    graphql: true,
                    ..none
                },
                Kind::GraphqlWs,
            ),
            (
                b"\x10\x0e\0\x04MQTT\x04\x02\0\x3c\0\x02ab",
                false,
                none,
                Kind::Mqtt,
            ),
            (&[0x81, 0xa1, b'a', 0x01], false, none, Kind::MessagePack),
            (
                &[0xdc, 0, 1, 0xcb, 0, 0, 0, 0, 0, 0, 0, 0],
                false,
                none,
                Kind::MessagePack,
            ),
            (&[0xa1, 0x61, b'a', 0x01], false, none, Kind::Cbor),
            (&[0x1f, 0x8b, 8, 0], false, none, Kind::Gzip),
            (&[0x28, 0xb5, 0x2f, 0xfd], false, none, Kind::Zstd),
            (&[1, 2, 3], false, none, Kind::Binary),
            (&[0x81], false, none, Kind::Binary),
        ] {
            assert_eq!(kind(content, text, context), expected, "{content:?}");
        }
    }

    #[test]
    fn lengths_that_lie_do_no_harm() {
        for bytes in [
            &[0xdf, 0xff, 0xff, 0xff, 0xff, 0][..],
            &[0x91, 0xc6, 0xff, 0xff, 0xff, 0xff],
            &[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0],
            &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0],
        ] {
            assert_eq!(kind(bytes, false, Context::default()), Kind::Binary);
        }
    }

    #[test]
    fn previews() {
        assert_eq!(preview(b"a\nb\0", true), "a\u{240a}b\u{2400}");
        assert_eq!(
            preview(&[0xff, 0xfe, 0, 1, 2, 3], false),
            "ff fe 00 01 02 03"
        );
        assert_eq!(preview("grü".as_bytes(), false), "grü");
        assert_eq!(preview(b"ab\xff\xffcdefg", true), "ab[ff ff]cdefg");
        assert_eq!(preview(b"caf\xe9 was", true), "caf[e9 20]was");
        assert_eq!(preview(b"cut \xe2\x82", true), "cut ");
        assert_eq!(preview(&[b'x'; 500], true).len(), 120);
    }
}
