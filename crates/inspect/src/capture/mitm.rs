//! mitmproxy's flow files (`mitmdump -w`): tnetstrings, one for each flow. A WebSocket is a flow
//! of HTTP with `websocket`, whose messages are whole; the frames told are made here.
//!
//! A tnetstring is its length in decimal, a colon, as many bytes, and a letter for the type.

use super::error::{CaptureError, ErrorKind};
use super::har::Message;
use super::notes::{NoteKind, Notes};
use crate::flow::{Content, Direction, End, Endpoint, FlowSink, Opened, Source, Time};
use ws4wasm::Opcode;

/// The longest flow that is read.
const MAX_FLOW: usize = 256 << 20;

/// The longest length, in digits, with its colon.
const MAX_LENGTH: usize = 12;

/// Lists and dictionaries in each other; a flow has some five.
const MAX_DEPTH: u32 = 32;

/// Whether a file has flows, by its beginning: the first entry of a dictionary, whose name has a
/// length and a type. None while that is too short.
pub(super) fn is_flows(start: &[u8]) -> Option<bool> {
    let (_, dictionary) = match length(start) {
        Length::Of(length, rest) if length > 4 => (length, rest),
        Length::Short => return None,
        _ => return Some(false),
    };
    match length(dictionary) {
        Length::Of(length, rest) if length <= 64 => {
            let kind = rest.get(length)?;
            Some(matches!(kind, b';' | b',') && rest[..length].is_ascii())
        }
        Length::Short => None,
        _ => Some(false),
    }
}

enum Length<'a> {
    Of(usize, &'a [u8]),
    Short,
    Wrong,
}

fn length(bytes: &[u8]) -> Length<'_> {
    let digits = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    match bytes.get(digits) {
        None if digits < MAX_LENGTH => Length::Short,
        Some(b':') if (1..MAX_LENGTH).contains(&digits) => {
            let number = std::str::from_utf8(&bytes[..digits]).ok();
            match number.and_then(|number| number.parse().ok()) {
                Some(length) => Length::Of(length, &bytes[digits + 1..]),
                None => Length::Wrong,
            }
        }
        _ => Length::Wrong,
    }
}

/// A value of a tnetstring.
#[derive(Debug, Clone, PartialEq)]
enum Value<'a> {
    Bytes(&'a [u8]),
    Number(f64),
    Bool(bool),
    Null,
    List(Vec<Value<'a>>),
    Dictionary(Vec<(&'a [u8], Value<'a>)>),
}

/// The value at the start of some bytes, and what follows it.
fn value(bytes: &[u8], depth: u32) -> Option<(Value<'_>, &[u8])> {
    let Length::Of(length, rest) = length(bytes) else {
        return None;
    };
    let data = rest.get(..length)?;
    let kind = *rest.get(length)?;
    let text = || std::str::from_utf8(data).ok();
    if depth > MAX_DEPTH {
        return None;
    }
    let value = match kind {
        b',' | b';' => Value::Bytes(data),
        b'#' | b'^' => Value::Number(text()?.parse().ok()?),
        b'!' => Value::Bool(data == b"true"),
        b'~' => Value::Null,
        b']' => {
            let mut list = Vec::new();
            let mut inside = data;
            while !inside.is_empty() {
                let (one, rest) = self::value(inside, depth + 1)?;
                list.push(one);
                inside = rest;
            }
            Value::List(list)
        }
        b'}' => {
            let mut entries = Vec::new();
            let mut inside = data;
            while !inside.is_empty() {
                let (name, rest) = self::value(inside, depth + 1)?;
                let Value::Bytes(name) = name else {
                    return None;
                };
                let (one, rest) = self::value(rest, depth + 1)?;
                entries.push((name, one));
                inside = rest;
            }
            Value::Dictionary(entries)
        }
        _ => return None,
    };
    Some((value, &rest[length + 1..]))
}

impl<'a> Value<'a> {
    fn get(&self, name: &str) -> Option<&Self> {
        let Self::Dictionary(entries) = self else {
            return None;
        };
        let mut found = entries.iter().filter(|(key, _)| *key == name.as_bytes());
        found.next().map(|(_, value)| value)
    }

    fn list(&self) -> &[Self] {
        match self {
            Self::List(list) => list,
            _ => &[],
        }
    }

    const fn bytes(&self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    fn text(&self) -> Option<String> {
        self.bytes()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    const fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn is_true(&self) -> bool {
        *self == Self::Bool(true)
    }
}

/// Reads a file, flow after flow.
#[derive(Debug, Default)]
pub(super) struct Flows {
    /// The flow that is not complete.
    begun: Vec<u8>,
    /// Bytes that it takes.
    needed: usize,
    /// Of the file before it.
    offset: u64,
}

impl Flows {
    pub fn push(
        &mut self,
        bytes: &[u8],
        notes: &mut Notes,
        sink: &mut dyn FlowSink,
    ) -> Result<(), CaptureError> {
        self.begun.extend_from_slice(bytes);
        if self.begun.len() < self.needed {
            return Ok(());
        }
        let begun = core::mem::take(&mut self.begun);
        let mut rest = &begun[..];
        self.needed = 0;
        while !rest.is_empty() {
            let needed = match length(rest) {
                Length::Of(length, behind) if length < MAX_FLOW => {
                    rest.len() - behind.len() + length + 1
                }
                Length::Short => break,
                _ => {
                    let kind = ErrorKind::Damaged("no flow of mitmproxy begins here");
                    return Err(CaptureError::at(kind, self.offset));
                }
            };
            let Some(whole) = rest.get(..needed) else {
                self.needed = needed;
                break;
            };
            match value(whole, 0) {
                Some((flow, _)) => tell(&flow, notes, sink),
                None => {
                    let kind = ErrorKind::Damaged("this flow is not made as flows are");
                    return Err(CaptureError::at(kind, self.offset));
                }
            }
            self.offset += needed as u64;
            rest = &rest[needed..];
        }
        self.begun = rest.to_vec();
        Ok(())
    }

    pub fn finish(&self) -> Result<(), CaptureError> {
        if self.begun.is_empty() {
            return Ok(());
        }
        let kind = ErrorKind::Truncated {
            needed: self.needed.max(self.begun.len() + 1) as u64,
            present: self.begun.len() as u64,
        };
        Err(CaptureError::at(kind, self.offset))
    }
}

/// Tells a flow, if it is one of a WebSocket.
fn tell(flow: &Value, notes: &mut Notes, sink: &mut dyn FlowSink) {
    let Some(websocket) = flow.get("websocket").filter(|one| **one != Value::Null) else {
        return;
    };
    let end = |name: &str, member: &str| {
        let end = flow.get(name).and_then(|connection| connection.get(member));
        let end = end.map(Value::list).unwrap_or_default();
        Endpoint {
            address: end.first().and_then(Value::text).unwrap_or_default(),
            port: end.get(1).and_then(Value::number).unwrap_or(0.0) as u16,
        }
    };
    let request = flow.get("request");
    let of = |name: &str| request.and_then(|request| request.get(name));
    let secure = of("scheme").and_then(Value::bytes) == Some(b"https");
    let host = of("authority")
        .and_then(Value::text)
        .filter(|host| !host.is_empty());
    let host = host.unwrap_or_else(|| {
        let host = of("host").and_then(Value::text).unwrap_or_default();
        let port = of("port").and_then(Value::number).unwrap_or(0.0);
        format!("{host}:{port}")
    });
    let path = of("path").and_then(Value::text).unwrap_or_default();
    let scheme = if secure { "wss" } else { "ws" };
    let started = of("timestamp_start").and_then(Value::number).unwrap_or(0.0);
    let client = ["peername", "address"].map(|name| end("client_conn", name));
    let server = ["peername", "ip_address", "address"].map(|name| end("server_conn", name));
    let first = |ends: &[Endpoint]| {
        let known = ends.iter().find(|end| end.port > 0);
        known.cloned().unwrap_or_default()
    };
    let id = sink.open(Opened {
        client: first(&client),
        server: first(&server),
        time: time(started),
        client_known: true,
        from_start: true,
        content: Content::Messages,
        url: Some(format!("{scheme}://{host}{path}")),
        secure,
    });
    let mut last = time(started);
    let messages = websocket
        .get("messages")
        .map(Value::list)
        .unwrap_or_default();
    for message in messages {
        let Some(message) = read(message.list()) else {
            notes.add(NoteKind::BadMessage, Source::default());
            continue;
        };
        last = message.time;
        message.tell(id, sink);
    }
    let code = websocket.get("close_code").and_then(Value::number);
    if let Some(code) = code.filter(|code| (1000.0..5000.0).contains(code)) {
        let by_client = websocket
            .get("closed_by_client")
            .is_some_and(Value::is_true);
        let at = websocket.get("timestamp_end").and_then(Value::number);
        last = at.map_or(last, time);
        // Those that are never on the wire (RFC 6455 section 7.4.1) say that there was none.
        let code = code as u16;
        if !matches!(code, 1005 | 1006 | 1015) {
            let reason = websocket.get("close_reason").and_then(Value::bytes);
            let payload = [&code.to_be_bytes()[..], reason.unwrap_or_default()].concat();
            let direction = Direction::BOTH[usize::from(!by_client)];
            Message::new(direction, last, Opcode::Close, &payload).tell(id, sink);
        }
    }
    let over = websocket
        .get("timestamp_end")
        .is_some_and(|end| *end != Value::Null);
    let how = if over { End::Fin } else { End::Cut };
    for direction in Direction::BOTH {
        sink.end(id, direction, last, how);
    }
}

/// `[type, from_client, content, timestamp, …]`.
fn read(message: &[Value]) -> Option<Message> {
    let [kind, from_client, content, at, ..] = message else {
        return None;
    };
    let opcode = match kind.number()? as u8 {
        1 => Opcode::Text,
        2 => Opcode::Binary,
        _ => return None,
    };
    let direction = Direction::BOTH[usize::from(!from_client.is_true())];
    Some(Message::new(
        direction,
        time(at.number()?),
        opcode,
        content.bytes()?,
    ))
}

/// Seconds since 1970, with microseconds.
fn time(seconds: f64) -> Time {
    ((seconds * 1e6).round() as u64).saturating_mul(1000)
}
