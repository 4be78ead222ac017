//! HTTP/2 (RFC 9113), as far as WebSockets in it go (RFC 8441): header fields and DATA of the
//! streams that ask for one. Everything else is passed over.
//!
//! Memory: header blocks and what they become are bounded by [`MAX_BLOCK`], HPACK's table by
//! [`MAX_TABLE`], and nothing is kept of streams that are no WebSocket.

mod frame;

pub use frame::begins;

use super::flow::{Direction, End, Source, Time};
use frame::{Frame, HEADER, PREFACE, flag, kind};
use loona_hpack::Decoder;
use std::collections::HashMap;
use std::fmt;

/// A header block, and the fields in it, are no longer.
const MAX_BLOCK: usize = 64 << 10;

/// HPACK's table is no larger, whatever the peers agree on.
const MAX_TABLE: usize = 256 << 10;

/// HPACK's table before anybody asks for another (RFC 9113 section 6.5.2).
const TABLE: usize = 4096;

/// SETTINGS_HEADER_TABLE_SIZE and SETTINGS_ENABLE_CONNECT_PROTOCOL.
const HEADER_TABLE_SIZE: u16 = 1;
const ENABLE_CONNECT_PROTOCOL: u16 = 8;

/// A field of a header block: name and value, bytes as U+0000 to U+00FF.
pub type Field = (String, String);

/// What happens to a stream that asks for a WebSocket.
#[derive(Debug)]
pub enum Event<'a> {
    /// A request or the answer to it.
    Head(Vec<Field>),
    /// The WebSocket's bytes.
    Data(&'a [u8]),
    /// Bytes are missing: how many, or 0 when nobody knows.
    Gap(u64),
    /// END_STREAM or RST_STREAM.
    End(End),
    /// The client did not wait for SETTINGS_ENABLE_CONNECT_PROTOCOL, or the server has not sent
    /// it (RFC 8441 section 3).
    NotEnabled,
    /// The setting has a value that it must not have (RFC 8441 section 3).
    WrongSetting(&'static str),
}

/// Where and when.
#[derive(Debug, Clone, Copy)]
pub struct At {
    pub stream: u32,
    pub direction: Direction,
    pub time: Time,
    pub source: Source,
}

/// One connection.
#[derive(Debug)]
pub struct Http2 {
    halves: [Half; 2],
    /// Streams that ask for a WebSocket, until they are over.
    streams: HashMap<u32, Stream>,
    /// What the server's SETTINGS say; none before the first of them.
    connect_protocol: Option<bool>,
    /// The connection's beginning was seen, so what was not seen was not sent.
    from_start: bool,
}

#[derive(Debug, Default)]
struct Stream {
    answered: bool,
    ended: [bool; 2],
    /// The client did not wait for the server's SETTINGS.
    early: bool,
}

struct Half {
    /// Bytes of the preface that are still to come.
    preface: usize,
    state: State,
    buffer: Vec<u8>,
    hpack: Decoder<'static>,
    /// An estimate of the table's size.
    table: usize,
    most_table: usize,
    /// Header blocks cannot be read any more: one was missed.
    deaf: bool,
    /// Nobody knows where frames begin.
    lost: bool,
    block: Option<Block>,
}

/// A header block under way.
#[derive(Debug)]
struct Block {
    stream: u32,
    end_stream: bool,
    /// A promise: its fields are of another stream.
    promise: bool,
    bytes: Vec<u8>,
    too_long: bool,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Header,
    Payload(Frame),
    /// The length of the padding is next.
    Padding(Frame),
    Data {
        stream: u32,
        data: usize,
        padding: usize,
        end: bool,
    },
    Skip(usize),
}

impl fmt::Debug for Half {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = f.debug_struct("Half");
        all.field("state", &self.state).field("lost", &self.lost);
        all.finish_non_exhaustive()
    }
}

impl Half {
    fn new(preface: usize) -> Self {
        let mut hpack = Decoder::new();
        hpack.set_max_allowed_table_size(TABLE);
        Self {
            preface,
            state: State::Header,
            buffer: Vec::new(),
            hpack,
            table: 0,
            most_table: TABLE,
            deaf: false,
            lost: false,
            block: None,
        }
    }
}

impl Http2 {
    /// Before the first byte.
    pub fn new(from_start: bool) -> Self {
        Self {
            halves: [Half::new(PREFACE.len()), Half::new(0)],
            streams: HashMap::new(),
            connect_protocol: None,
            from_start,
        }
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        let half = |half: &Half| {
            let block = half
                .block
                .as_ref()
                .map_or(0, |block| block.bytes.capacity());
            half.buffer.capacity() + block + half.table
        };
        size_of::<Self>()
            + self.halves.iter().map(half).sum::<usize>()
            + self.streams.capacity() * size_of::<(u32, Stream)>()
    }

    /// The next bytes of a direction.
    pub fn push(
        &mut self,
        direction: Direction,
        time: Time,
        source: Source,
        mut bytes: &[u8],
        out: &mut dyn FnMut(At, Event<'_>),
    ) {
        let d = direction as usize;
        if self.halves[d].lost {
            // What comes first in a record or a segment often begins a frame.
            let streams = &self.streams;
            if !frame::seems(bytes, |stream| streams.contains_key(&stream)) {
                return;
            }
            self.halves[d].lost = false;
        }
        let mut at = At {
            stream: 0,
            direction,
            time,
            source,
        };
        loop {
            let half = &mut self.halves[d];
            let took = match half.state {
                _ if half.preface > 0 => {
                    let took = half.preface.min(bytes.len());
                    half.preface -= took;
                    took
                }
                State::Header => {
                    let took = (HEADER - half.buffer.len()).min(bytes.len());
                    half.buffer.extend_from_slice(&bytes[..took]);
                    if let Some(header) = half.buffer.first_chunk::<HEADER>() {
                        let frame = Frame::read(*header);
                        half.buffer.clear();
                        self.begin(&mut at, frame, out);
                    }
                    took
                }
                State::Padding(frame) => {
                    let Some(&padding) = bytes.first() else {
                        return;
                    };
                    let padding = usize::from(padding).min(frame.length - 1);
                    half.state = State::Data {
                        stream: frame.stream,
                        data: frame.length - 1 - padding,
                        padding,
                        end: frame.has(flag::END_STREAM),
                    };
                    1
                }
                State::Data {
                    stream,
                    data,
                    padding,
                    end,
                } => {
                    let took = data.min(bytes.len());
                    at.stream = stream;
                    if took > 0 {
                        out(at, Event::Data(&bytes[..took]));
                    }
                    let left = data - took;
                    self.halves[d].state = match left {
                        0 => State::Skip(padding),
                        data => State::Data {
                            stream,
                            data,
                            padding,
                            end,
                        },
                    };
                    if left == 0 && end {
                        self.end_stream(at, out);
                    }
                    took
                }
                State::Skip(left) => {
                    let took = left.min(bytes.len());
                    half.state = match left - took {
                        0 => State::Header,
                        left => State::Skip(left),
                    };
                    took
                }
                State::Payload(frame) => {
                    let took = (frame.length - half.buffer.len()).min(bytes.len());
                    half.buffer.extend_from_slice(&bytes[..took]);
                    if half.buffer.len() == frame.length {
                        let payload = std::mem::take(&mut half.buffer);
                        half.state = State::Header;
                        at.stream = frame.stream;
                        self.frame(at, frame, &payload, out);
                    }
                    took
                }
            };
            bytes = &bytes[took..];
            if at.source.record.is_none() {
                at.source.offset += took as u64;
            }
            if bytes.is_empty() {
                // What is complete without another byte.
                let waits = match self.halves[d].state {
                    State::Data { data, .. } => data > 0,
                    State::Skip(left) => left > 0,
                    State::Payload(frame) => frame.length > 0,
                    State::Header | State::Padding(_) => true,
                };
                if waits {
                    return;
                }
            }
        }
    }

    /// The header of a frame.
    fn begin(&mut self, at: &mut At, frame: Frame, out: &mut dyn FnMut(At, Event<'_>)) {
        let half = &mut self.halves[at.direction as usize];
        at.stream = frame.stream;
        let mut ends = false;
        let state = match frame.kind {
            kind::DATA if self.streams.contains_key(&frame.stream) => {
                match frame.has(flag::PADDED) {
                    true if frame.length > 0 => State::Padding(frame),
                    _ => State::Data {
                        stream: frame.stream,
                        data: frame.length,
                        padding: 0,
                        end: frame.has(flag::END_STREAM),
                    },
                }
            }
            kind::HEADERS | kind::CONTINUATION | kind::PUSH_PROMISE
                if frame.length > MAX_BLOCK =>
            {
                half.deaf = true;
                half.block = None;
                ends = frame.kind == kind::HEADERS && frame.has(flag::END_STREAM);
                State::Skip(frame.length)
            }
            kind::HEADERS
            | kind::CONTINUATION
            | kind::PUSH_PROMISE
            | kind::RST_STREAM
            | kind::SETTINGS
                if frame.length <= MAX_BLOCK =>
            {
                State::Payload(frame)
            }
            _ => State::Skip(frame.length),
        };
        half.state = match state {
            State::Skip(0) => State::Header,
            other => other,
        };
        if ends {
            self.end_stream(*at, out);
        }
    }

    /// A whole frame.
    fn frame(
        &mut self,
        at: At,
        frame: Frame,
        payload: &[u8],
        out: &mut dyn FnMut(At, Event<'_>),
    ) {
        let d = at.direction as usize;
        match frame.kind {
            kind::HEADERS | kind::PUSH_PROMISE => {
                let promise = frame.kind == kind::PUSH_PROMISE;
                let bytes = fragment(frame, payload, promise);
                self.halves[d].block = Some(Block {
                    stream: frame.stream,
                    end_stream: !promise && frame.has(flag::END_STREAM),
                    promise,
                    bytes: bytes.to_vec(),
                    too_long: false,
                });
            }
            kind::CONTINUATION => {
                if let Some(block) = &mut self.halves[d].block {
                    block.too_long |= block.bytes.len() + payload.len() > MAX_BLOCK;
                    if !block.too_long {
                        block.bytes.extend_from_slice(payload);
                    }
                }
            }
            kind::RST_STREAM => return self.end(at, End::Reset, out),
            kind::SETTINGS if !frame.has(flag::ACK) => return self.settings(at, payload, out),
            _ => return,
        }
        if frame.has(flag::END_HEADERS)
            && let Some(block) = self.halves[d].block.take()
        {
            self.block(at, block, out);
        }
    }

    /// A whole header block.
    fn block(&mut self, mut at: At, block: Block, out: &mut dyn FnMut(At, Event<'_>)) {
        let half = &mut self.halves[at.direction as usize];
        at.stream = block.stream;
        if block.too_long {
            half.deaf = true;
        }
        let mut fields = Vec::new();
        if !half.deaf {
            let text = |bytes: &[u8]| bytes.iter().copied().map(char::from).collect::<String>();
            let mut length = 0;
            let result = half.hpack.decode_with_cb(&block.bytes, |name, value| {
                length += name.len() + value.len() + 32;
                // One byte may stand for all of a long field.
                if length <= MAX_BLOCK {
                    fields.push((text(&name), text(&value)));
                }
            });
            half.table = (half.table + length.min(MAX_BLOCK)).min(half.most_table);
            half.deaf = result.is_err();
        }
        let readable = !half.deaf && !block.promise;
        if readable {
            self.head(at, fields, out);
        }
        if block.end_stream {
            self.end_stream(at, out);
        }
    }

    /// The fields of a request or an answer.
    fn head(&mut self, at: At, fields: Vec<Field>, out: &mut dyn FnMut(At, Event<'_>)) {
        let get = |name: &str| fields.iter().find(|field| field.0 == name);
        match at.direction {
            Direction::ClientToServer => {
                let known = self.streams.contains_key(&at.stream);
                if known || !asks_for_websocket(&fields) {
                    return;
                }
                let early = self.connect_protocol.is_none();
                let refused = self.connect_protocol == Some(false);
                let uses = get(":protocol").is_some();
                let stream = Stream {
                    early: early && uses,
                    ..Stream::default()
                };
                self.streams.insert(at.stream, stream);
                out(at, Event::Head(fields));
                if refused && uses && self.from_start {
                    out(at, Event::NotEnabled);
                }
            }
            Direction::ServerToClient => {
                let informational =
                    get(":status").is_some_and(|(_, status)| status.starts_with('1'));
                if let Some(stream) = self.streams.get_mut(&at.stream)
                    && !informational
                    && !stream.answered
                {
                    stream.answered = true;
                    out(at, Event::Head(fields));
                }
            }
        }
    }

    fn settings(&mut self, at: At, payload: &[u8], out: &mut dyn FnMut(At, Event<'_>)) {
        let is_server = at.direction == Direction::ServerToClient;
        for setting in payload.chunks_exact(6) {
            let [a, b, c, d, e, f] = *setting else {
                continue;
            };
            let value = u32::from_be_bytes([c, d, e, f]);
            match u16::from_be_bytes([a, b]) {
                HEADER_TABLE_SIZE => {
                    // It is about what the other side encodes.
                    let half = &mut self.halves[at.direction.opposite() as usize];
                    let most = (value as usize)
                        .clamp(TABLE, MAX_TABLE)
                        .max(half.most_table);
                    half.most_table = most;
                    half.hpack.set_max_allowed_table_size(most);
                }
                ENABLE_CONNECT_PROTOCOL if is_server => {
                    let wrong = match (value, self.connect_protocol) {
                        (2.., _) => Some("it is neither 0 nor 1"),
                        (0, Some(true)) => Some("it was 1 before and must not be 0 then"),
                        _ => None,
                    };
                    if let Some(wrong) = wrong {
                        let streams: Vec<u32> = self.streams.keys().copied().collect();
                        for stream in streams {
                            out(At { stream, ..at }, Event::WrongSetting(wrong));
                        }
                    }
                    self.connect_protocol = Some(value == 1);
                }
                _ => {}
            }
        }
        if is_server {
            self.connect_protocol.get_or_insert(false);
            let mut early: Vec<u32> = Vec::new();
            for (number, stream) in &mut self.streams {
                if std::mem::take(&mut stream.early) {
                    early.push(*number);
                }
            }
            early.sort_unstable();
            for stream in early.into_iter().filter(|_| self.from_start) {
                let at = At {
                    stream,
                    direction: Direction::ClientToServer,
                    ..at
                };
                out(at, Event::NotEnabled);
            }
        }
    }

    /// END_STREAM.
    fn end_stream(&mut self, at: At, out: &mut dyn FnMut(At, Event<'_>)) {
        self.end(at, End::Fin, out);
    }

    fn end(&mut self, at: At, how: End, out: &mut dyn FnMut(At, Event<'_>)) {
        let Some(stream) = self.streams.get_mut(&at.stream) else {
            return;
        };
        out(at, Event::End(how));
        stream.ended[at.direction as usize] = true;
        if how == End::Reset || stream.ended == [true; 2] {
            self.streams.remove(&at.stream);
        }
    }

    /// Bytes are missing; 0 when nobody knows how many.
    pub fn gap(
        &mut self,
        direction: Direction,
        time: Time,
        length: u64,
        out: &mut dyn FnMut(At, Event<'_>),
    ) {
        let half = &mut self.halves[direction as usize];
        let mut at = At {
            stream: 0,
            direction,
            time,
            source: Source::default(),
        };
        match &mut half.state {
            _ if half.lost => return,
            State::Data { stream, data, .. } if 0 < length && length < *data as u64 => {
                *data -= length as usize;
                at.stream = *stream;
                return out(at, Event::Gap(length));
            }
            State::Skip(left) if 0 < length && length < *left as u64 => {
                *left -= length as usize;
                return;
            }
            _ => {}
        }
        half.lost = true;
        half.deaf = true;
        half.preface = 0;
        half.state = State::Header;
        half.buffer.clear();
        half.block = None;
        let mut streams: Vec<u32> = self.streams.keys().copied().collect();
        streams.sort_unstable();
        for stream in streams {
            at.stream = stream;
            out(at, Event::Gap(0));
        }
    }

    /// The connection ends: so do the streams that it has.
    pub fn finish(
        &mut self,
        direction: Direction,
        time: Time,
        how: End,
        out: &mut dyn FnMut(At, Event<'_>),
    ) {
        let mut streams: Vec<u32> = self.streams.keys().copied().collect();
        streams.sort_unstable();
        for stream in streams {
            let at = At {
                stream,
                direction,
                time,
                source: Source::default(),
            };
            let ended = self.streams[&stream].ended[direction as usize];
            if !ended {
                self.end(at, how, out);
            }
        }
    }
}

/// The part of a header block in a frame (RFC 9113 sections 6.2 and 6.6).
fn fragment(frame: Frame, payload: &[u8], promise: bool) -> &[u8] {
    let mut bytes = payload;
    let mut padding = 0;
    if frame.has(flag::PADDED)
        && let Some((&length, rest)) = bytes.split_first()
    {
        padding = usize::from(length);
        bytes = rest;
    }
    let before = match (promise, frame.has(flag::PRIORITY)) {
        (true, _) => 4,
        (false, true) => 5,
        (false, false) => 0,
    };
    let end = bytes.len().saturating_sub(padding);
    bytes.get(before..end).unwrap_or_default()
}

/// Whether a request asks for a WebSocket, well or badly.
fn asks_for_websocket(fields: &[Field]) -> bool {
    fields.iter().any(|(name, value)| match name.as_str() {
        ":protocol" => value.eq_ignore_ascii_case("websocket"),
        "sec-websocket-key" | "sec-websocket-version" => true,
        _ => false,
    })
}
