//! HAR files: `_webSocketMessages`, which Chromium's developer tools and Playwright write. They
//! have whole messages, so the frames told are made here: not fragmented, not masked.
//!
//! `{ type: 'send' | 'receive' | 'error', time: seconds, opcode, data }`, where `data` is text for
//! opcode 1 and base64 for all others; `error` has opcode -1 and what the browser says.

use super::error::{CaptureError, ErrorKind};
use super::notes::{NoteKind, Notes};
use crate::flow::{Content, Direction, End, Endpoint, FlowSink, Opened, Source, Time};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use core::fmt;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use ws4wasm::Opcode;
use ws4wasm::frame::{self, Header};
use ws4wasm::handshake::Url;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Tells the connections in a HAR file. JSON that is something else is
/// [`ErrorKind::NotHar`].
pub(super) fn read(
    text: &str,
    notes: &mut Notes,
    sink: &mut dyn FlowSink,
) -> Result<(), CaptureError> {
    let mut reader = Reader {
        notes,
        sink,
        entry: Entry::default(),
        has_entries: false,
    };
    let mut json = serde_json::Deserializer::from_str(text);
    let read = json
        .deserialize_map(Root(&mut reader))
        .and_then(|()| json.end());
    // What was read of an entry before the text broke off.
    reader.tell();
    match read {
        Ok(()) if reader.has_entries => Ok(()),
        Ok(()) => Err(CaptureError::at(ErrorKind::NotHar, 0)),
        // Broken before it could be known.
        Err(_) if !reader.has_entries && !text.contains("\"log\"") => {
            Err(CaptureError::at(ErrorKind::NotHar, 0))
        }
        Err(error) => Err(CaptureError::at(
            ErrorKind::Json(error.to_string()),
            offset(text, error.line(), error.column()) as u64,
        )),
    }
}

/// Where in the text a line and a column are, both counted from 1, the column in bytes.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before = text.split_inclusive('\n').take(line.saturating_sub(1));
    before.map(str::len).sum::<usize>() + column.saturating_sub(1)
}

struct Reader<'a> {
    notes: &'a mut Notes,
    sink: &'a mut dyn FlowSink,
    entry: Entry,
    has_entries: bool,
}

/// A request of the browser's, as far as it was read.
#[derive(Default)]
struct Entry {
    is_websocket: bool,
    url: String,
    address: String,
    messages: Vec<Message>,
}

struct Message {
    direction: Direction,
    time: Time,
    /// In `frames` of all of them.
    bytes: Vec<u8>,
}

impl Reader<'_> {
    /// Tells what was read of an entry.
    fn tell(&mut self) {
        let entry = core::mem::take(&mut self.entry);
        let Some(first) = entry.messages.first() else {
            if entry.is_websocket {
                self.notes.add(NoteKind::NoMessages, Source::default());
            }
            return;
        };
        let (host, port) =
            Url::parse(&entry.url).map_or((String::new(), 0), |url| (url.host, url.port));
        let host = host.trim_matches(['[', ']']).to_owned();
        let address = if entry.address.is_empty() {
            host
        } else {
            entry.address
        };
        let mut end = first.time;
        let flow = self.sink.open(Opened {
            client: Endpoint::default(),
            server: Endpoint { address, port },
            time: first.time,
            client_known: true,
            from_start: true,
            content: Content::Messages,
            url: (!entry.url.is_empty()).then_some(entry.url),
        });
        for message in &entry.messages {
            let Message {
                direction,
                time,
                bytes,
            } = message;
            self.sink
                .data(flow, *direction, *time, Source::default(), bytes);
            end = *time;
        }
        for direction in Direction::BOTH {
            self.sink.end(flow, direction, end, End::Cut);
        }
    }

    fn message(&mut self, message: &RawMessage) {
        let direction = match message.kind.as_deref() {
            Some("send" | "sent") => Direction::ClientToServer,
            Some("receive" | "received") => Direction::ServerToClient,
            Some("error") => {
                self.notes.add(NoteKind::BrowserError, Source::default());
                return;
            }
            _ => return self.bad_message(),
        };
        let data = message.data.as_deref().unwrap_or_default();
        let opcode = message.opcode.unwrap_or(1.0);
        let known = (0.0..16.0).contains(&opcode) && opcode.fract() == 0.0;
        let opcode = known.then(|| Opcode::from_bits(opcode as u8)).flatten();
        let payload = match opcode {
            None | Some(Opcode::Continuation) => None,
            Some(Opcode::Text) => Some(data.as_bytes().to_vec()),
            Some(_) => BASE64.decode(data).ok(),
        };
        let (Some(opcode), Some(payload)) = (opcode, payload) else {
            return self.bad_message();
        };
        let mut bytes = Vec::with_capacity(payload.len() + 10);
        let header = Header {
            fin: true,
            rsv: 0,
            opcode,
            key: None,
            length: payload.len() as u64,
        };
        frame::write(&mut bytes, header, &payload);
        self.entry.messages.push(Message {
            direction,
            time: time(message.time.unwrap_or(0.0)),
            bytes,
        });
    }

    fn bad_message(&mut self) {
        self.notes.add(NoteKind::BadMessage, Source::default());
    }
}

/// Browsers give seconds since 1970 with microseconds; more digits a number of 64 bits has not.
fn time(seconds: f64) -> Time {
    ((seconds * 1e6).round() as u64).saturating_mul(1000)
}

/// The object at the top. Its visitors hand what they read to the [`Reader`] at once, so that
/// it is not lost when the text breaks off.
struct Root<'a, 'r>(&'a mut Reader<'r>);

impl<'de> Visitor<'de> for Root<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object with log")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<str>>()? {
            match &*key {
                "log" => map.next_value_seed(Log(self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// `log`, then `log.entries`, then an entry, then its messages.
macro_rules! seed {
    ($name:ident, $deserialize:ident) => {
        impl<'de> DeserializeSeed<'de> for $name<'_, '_> {
            type Value = ();

            fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
                json.$deserialize(self)
            }
        }
    };
}

struct Log<'a, 'r>(&'a mut Reader<'r>);
seed!(Log, deserialize_any);

impl<'de> Visitor<'de> for Log<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a log with entries")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<str>>()? {
            match &*key {
                "entries" => map.next_value_seed(Entries(self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

struct Entries<'a, 'r>(&'a mut Reader<'r>);
seed!(Entries, deserialize_seq);

impl<'de> Visitor<'de> for Entries<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an array of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.0.has_entries = true;
        while entries.next_element_seed(OneEntry(self.0))?.is_some() {
            self.0.tell();
        }
        Ok(())
    }
}

struct OneEntry<'a, 'r>(&'a mut Reader<'r>);
seed!(OneEntry, deserialize_map);

impl<'de> Visitor<'de> for OneEntry<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an entry")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let reader = self.0;
        while let Some(key) = map.next_key::<Cow<str>>()? {
            let entry = &mut reader.entry;
            match &*key {
                "_webSocketMessages" => {
                    entry.is_websocket = true;
                    map.next_value_seed(Messages(reader))?;
                }
                "_resourceType" => {
                    let kind = map.next_value::<Option<Cow<str>>>()?;
                    entry.is_websocket |= kind.as_deref() == Some("websocket");
                }
                "serverIPAddress" => {
                    let address = map.next_value::<Option<String>>()?.unwrap_or_default();
                    entry.address = address.trim_matches(['[', ']']).to_owned();
                }
                "request" => {
                    let url = map.next_value::<Request>()?.url;
                    // Firefox says neither what it is nor what was said.
                    let scheme = url.get(..3).unwrap_or_default();
                    entry.is_websocket |= scheme.starts_with("ws");
                    entry.url = url;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

#[derive(serde::Deserialize)]
struct Request {
    #[serde(default)]
    url: String,
}

struct Messages<'a, 'r>(&'a mut Reader<'r>);
seed!(Messages, deserialize_seq);

impl<'de> Visitor<'de> for Messages<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an array of WebSocket messages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut messages: A) -> Result<(), A::Error> {
        while let Some(message) = messages.next_element::<RawMessage>()? {
            self.0.message(&message);
        }
        Ok(())
    }
}

#[derive(serde::Deserialize)]
struct RawMessage<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Option<Cow<'a, str>>,
    #[serde(default)]
    time: Option<f64>,
    #[serde(default)]
    opcode: Option<f64>,
    #[serde(borrow, default)]
    data: Option<Cow<'a, str>>,
}
