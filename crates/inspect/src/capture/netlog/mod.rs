//! Chromium's net-log (`chrome://net-export`, `--log-net-log`): the bytes of its sockets, where
//! they were recorded, decrypted for those with TLS; else what the log says of WebSockets, which
//! is their heads and the headers of their frames.
//!
//! A log is an object with `constants`, which give the numbers their names, and `events`. A
//! browser that is killed leaves one without an end.

mod cutter;
mod event;

use super::error::{CaptureError, ErrorKind};
use super::notes::{NoteKind, Notes};
use crate::flow::{Content, Direction, End, Endpoint, FlowId, FlowSink, Opened, Source, Time};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cutter::{Cut, Cutter, Place};
use event::{
    BEGIN, Bytes, Connected, Constants, END, Event, Failed, FrameHeader, Head, Kind, Url, With,
};
use serde::Deserialize;
use std::collections::HashMap;

/// Sockets and requests that are known at the same time. A browser has some hundred.
const MAX_KNOWN: usize = 65_536;

/// Whether a JSON text is a net-log, by its beginning. None while that is too short.
pub(super) fn is_netlog(start: &[u8]) -> Option<bool> {
    const NAME: &[u8] = b"\"constants\"";
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let (first, inside) = start.trim_ascii_start().split_first()?;
    if *first != b'{' {
        return Some(false);
    }
    let name = inside.trim_ascii_start();
    match name.get(..NAME.len()) {
        Some(name) => Some(name == NAME),
        None if NAME.starts_with(name) => None,
        None => Some(false),
    }
}

/// Reads a log, event by event.
#[derive(Debug, Default)]
pub(super) struct NetLog {
    cutter: Cutter,
    kinds: HashMap<u32, Kind>,
    known: bool,
    /// Milliseconds since 1970 at tick 0.
    epoch: f64,
    sockets: HashMap<i64, Socket>,
    requests: HashMap<i64, Request>,
    /// The log has the bytes of sockets.
    has_bytes: bool,
    /// Bytes of the log before those at hand.
    offset: u64,
    last: Time,
}

/// A socket of the browser's.
#[derive(Debug, Default)]
struct Socket {
    client: Endpoint,
    server: Endpoint,
    /// It was seen to connect, or the log began later.
    from_start: bool,
    /// It has TLS: its own bytes are ciphertext.
    secure: bool,
    flow: Option<FlowId>,
    /// The directions of the flow that have ended.
    over: [bool; 2],
}

impl Socket {
    fn end(&mut self, direction: Direction, time: Time, how: End, sink: &mut dyn FlowSink) {
        let over = &mut self.over[direction as usize];
        if let Some(flow) = self.flow.filter(|_| !*over) {
            sink.end(flow, direction, time, how);
            *over = true;
            self.over = if how == End::Reset {
                [true; 2]
            } else {
                self.over
            };
        }
    }

    /// Nothing more comes; what comes later is another flow's.
    fn finish(&mut self, time: Time, how: End, sink: &mut dyn FlowSink) {
        for direction in Direction::BOTH {
            self.end(direction, time, how, sink);
        }
        self.flow = None;
        self.over = [false; 2];
    }
}

/// A request of the browser's for a WebSocket.
#[derive(Debug, Default)]
struct Request {
    url: String,
    /// The head of the request, and when it was sent. Whether the log has bytes, which would
    /// tell better, is clear once the answer has come.
    sent: Option<(Time, String)>,
    flow: Option<FlowId>,
}

/// Where events are told.
struct Out<'a> {
    notes: &'a mut Notes,
    sink: &'a mut dyn FlowSink,
}

impl NetLog {
    pub fn push(
        &mut self,
        bytes: &[u8],
        notes: &mut Notes,
        sink: &mut dyn FlowSink,
    ) -> Result<(), CaptureError> {
        let mut cutter = core::mem::take(&mut self.cutter);
        let mut problem = None;
        let mut out = Out { notes, sink };
        let cut = cutter.push(bytes, &mut |cut| {
            if problem.is_none() {
                problem = self.value(cut, &mut out).err();
            }
        });
        self.cutter = cutter;
        if let Some(problem) = problem {
            return Err(problem);
        }
        if let Err(unbalanced) = cut {
            let kind = ErrorKind::Json("a bracket is closed that was not opened".into());
            return Err(CaptureError::at(kind, self.offset + unbalanced.at as u64));
        }
        self.offset += bytes.len() as u64;
        Ok(())
    }

    /// The log is complete, or what there is of it.
    pub fn finish(
        &mut self,
        notes: &mut Notes,
        sink: &mut dyn FlowSink,
    ) -> Result<(), CaptureError> {
        let mut sockets: Vec<_> = self.sockets.values_mut().collect();
        sockets.sort_unstable_by_key(|socket| socket.flow);
        for socket in sockets {
            socket.finish(self.last, End::Cut, sink);
        }
        let requests = self.requests.values().filter_map(|request| request.flow);
        let mut requests: Vec<_> = requests.collect();
        requests.sort_unstable();
        for flow in requests {
            for direction in Direction::BOTH {
                sink.end(flow, direction, self.last, End::Cut);
            }
        }
        if !self.known {
            return Err(CaptureError::at(ErrorKind::NotHar, 0));
        }
        if self.cutter.is_open() {
            notes.add(NoteKind::NoEnd, Source::default());
        }
        Ok(())
    }

    fn value(&mut self, cut: Cut<'_>, out: &mut Out<'_>) -> Result<(), CaptureError> {
        match cut {
            Cut::TooLong => out.notes.add(NoteKind::BadEvent, Source::default()),
            Cut::Value(Place::Constants, text) => {
                let constants: Constants = serde_json::from_slice(text)
                    .map_err(|_| CaptureError::at(ErrorKind::NotHar, 0))?;
                self.known = true;
                self.epoch = constants.time_tick_offset.0;
                let names = Kind::NAMES.into_iter().filter_map(|(name, kind)| {
                    Some((*constants.log_event_types.get(name)?, kind))
                });
                self.kinds = names.collect();
            }
            Cut::Value(Place::Event, text) => {
                let known = serde_json::from_slice::<Event>(text);
                let Ok(event) = known else {
                    out.notes.add(NoteKind::BadEvent, Source::default());
                    return Ok(());
                };
                let Some(&kind) = self.kinds.get(&event.kind) else {
                    return Ok(());
                };
                if self.event(&event, kind, text, out).is_none() {
                    out.notes.add(NoteKind::BadEvent, Source::default());
                }
            }
        }
        Ok(())
    }

    /// None for an event that is not what its kind is.
    fn event(
        &mut self,
        event: &Event,
        kind: Kind,
        text: &[u8],
        out: &mut Out<'_>,
    ) -> Option<()> {
        let time = self.time(event);
        self.last = self.last.max(time);
        let id = event.source.id;
        match kind {
            Kind::Alive if event.phase == END => self.gone(id, time, out),
            Kind::Alive => {}
            Kind::Connect => {
                let socket = self.socket(id)?;
                socket.from_start = true;
                if event.phase == END
                    && let Some(connected) = params::<Connected>(text)?
                {
                    socket.client = endpoint(&connected.local_address);
                    socket.server = endpoint(&connected.remote_address);
                }
            }
            Kind::Tls if event.phase == BEGIN => {
                let socket = self.socket(id)?;
                // What came before was for a proxy: the way to where the TLS is spoken.
                socket.finish(time, End::Fin, out.sink);
                socket.secure = true;
            }
            Kind::Tls => {}
            Kind::Sent | Kind::Received | Kind::TlsSent | Kind::TlsReceived => {
                self.bytes(
                    id,
                    kind,
                    time,
                    &params::<Bytes>(text)?.unwrap_or_default(),
                    out,
                )?;
            }
            Kind::ReadError => {
                let failed = params::<Failed>(text)?.unwrap_or_default();
                /// net_error_list.h
                const CONNECTION_RESET: i32 = -101;
                let socket = self.socket(id)?;
                if failed.net_error == CONNECTION_RESET {
                    socket.end(Direction::ServerToClient, time, End::Reset, out.sink);
                }
            }
            Kind::RequestStart => {
                let url = params::<Url>(text)?.unwrap_or_default().url;
                if url.starts_with("ws") && self.requests.len() < MAX_KNOWN {
                    self.requests.entry(id).or_default().url = url;
                }
            }
            Kind::RequestHead | Kind::ResponseHead => {
                let head = params::<Head>(text)?.unwrap_or_default();
                self.head(id, kind, time, &head, out);
            }
            Kind::FrameSent | Kind::FrameReceived => {
                let header = params::<FrameHeader>(text)?.unwrap_or_default();
                self.frame_header(id, kind, time, &header, out);
            }
        }
        Some(())
    }

    fn time(&self, event: &Event) -> Time {
        let milliseconds = (self.epoch + event.time.0).max(0.0);
        // A whole number in all versions so far.
        (milliseconds.round() as u64).saturating_mul(1_000_000)
    }

    fn socket(&mut self, id: i64) -> Option<&mut Socket> {
        if self.sockets.len() >= MAX_KNOWN && !self.sockets.contains_key(&id) {
            return None;
        }
        Some(self.sockets.entry(id).or_default())
    }

    fn gone(&mut self, id: i64, time: Time, out: &mut Out<'_>) {
        if let Some(mut socket) = self.sockets.remove(&id) {
            socket.finish(time, End::Fin, out.sink);
        }
    }

    fn bytes(
        &mut self,
        id: i64,
        kind: Kind,
        time: Time,
        bytes: &Bytes,
        out: &mut Out<'_>,
    ) -> Option<()> {
        let over_tls = matches!(kind, Kind::TlsSent | Kind::TlsReceived);
        let direction = match kind {
            Kind::Sent | Kind::TlsSent => Direction::ClientToServer,
            _ => Direction::ServerToClient,
        };
        let socket = self.socket(id)?;
        if over_tls && !socket.secure {
            // Its handshake was before the log.
            socket.secure = true;
            socket.finish(time, End::Cut, out.sink);
        }
        if socket.secure && !over_tls {
            return Some(());
        }
        if bytes.byte_count == 0 && direction == Direction::ServerToClient {
            socket.end(direction, time, End::Fin, out.sink);
            return Some(());
        }
        let Some(encoded) = bytes.bytes.as_deref() else {
            if let Some(flow) = socket.flow.filter(|_| !socket.over[direction as usize]) {
                out.sink.gap(flow, direction, time, bytes.byte_count);
            }
            return Some(());
        };
        let plain = STANDARD.decode(encoded).ok()?;
        if plain.is_empty() || socket.over[direction as usize] {
            return Some(());
        }
        let flow = *socket.flow.get_or_insert_with(|| {
            out.sink.open(Opened {
                client: socket.client.clone(),
                server: socket.server.clone(),
                time,
                client_known: true,
                from_start: socket.from_start,
                secure: socket.secure,
                ..Opened::default()
            })
        });
        out.sink
            .data(flow, direction, time, Source::default(), &plain);
        self.has_bytes = true;
        Some(())
    }

    /// A head, where the log has no bytes: written as it was on the wire.
    fn head(&mut self, id: i64, kind: Kind, time: Time, head: &Head, out: &mut Out<'_>) {
        let line = head.line.trim_end();
        let lines = std::iter::once(line).chain(head.headers.iter().map(String::as_str));
        let lines = lines.filter(|line| !line.is_empty());
        let text: String = lines
            .flat_map(|line| [line, "\r\n"])
            .chain(["\r\n"])
            .collect();
        if kind == Kind::RequestHead {
            if let Some(request) = self.requests.get_mut(&id) {
                request.sent = Some((time, text));
            }
        } else if let Some(flow) = self.request(id, time, out) {
            let answer = Direction::ServerToClient;
            out.sink
                .data(flow, answer, time, Source::default(), text.as_bytes());
        }
    }

    /// The header of a frame, and a hole for what was in it.
    fn frame_header(
        &mut self,
        id: i64,
        kind: Kind,
        time: Time,
        header: &FrameHeader,
        out: &mut Out<'_>,
    ) {
        let direction = match kind {
            Kind::FrameSent => Direction::ClientToServer,
            _ => Direction::ServerToClient,
        };
        let Some(flow) = self.request(id, time, out) else {
            return;
        };
        out.notes.add(NoteKind::NoBytes, Source::default());
        let bit = |set: bool, bit: u8| if set { bit } else { 0 };
        let b0 = bit(header.fin, 0x80)
            | bit(header.reserved1, 0x40)
            | bit(header.reserved2, 0x20)
            | bit(header.reserved3, 0x10)
            | header.opcode & 15;
        let mask = bit(header.masked, 0x80);
        let length = header.payload_length;
        let mut bytes = vec![b0];
        match length {
            0..=125 => bytes.push(mask | length as u8),
            126..=0xffff => {
                bytes.push(mask | 126);
                bytes.extend_from_slice(&(length as u16).to_be_bytes());
            }
            _ => {
                bytes.push(mask | 127);
                bytes.extend_from_slice(&length.to_be_bytes());
            }
        }
        if header.masked {
            bytes.extend_from_slice(&[0; 4]);
        }
        out.sink
            .data(flow, direction, time, Source::default(), &bytes);
        if length > 0 {
            out.sink.gap(flow, direction, time, length);
        }
    }

    /// The connection of a request for a WebSocket, in a log without bytes.
    fn request(&mut self, id: i64, time: Time, out: &mut Out<'_>) -> Option<FlowId> {
        if self.has_bytes {
            return None;
        }
        let request = self.requests.get_mut(&id)?;
        if let Some(flow) = request.flow {
            return Some(flow);
        }
        let url = ws4wasm::handshake::Url::parse(&request.url);
        let server = url.map_or_else(
            |_| Endpoint::default(),
            |url| Endpoint {
                address: url.host.trim_matches(['[', ']']).to_owned(),
                port: url.port,
            },
        );
        let sent = request.sent.take();
        let flow = out.sink.open(Opened {
            server,
            time: sent.as_ref().map_or(time, |(time, _)| *time),
            client_known: true,
            from_start: true,
            content: Content::Headers,
            url: Some(request.url.clone()),
            secure: request.url.starts_with("wss:"),
            ..Opened::default()
        });
        if let Some((time, text)) = sent {
            let way = Direction::ClientToServer;
            out.sink
                .data(flow, way, time, Source::default(), text.as_bytes());
        }
        request.flow = Some(flow);
        Some(flow)
    }
}

/// What an event says. Two options: the outer one is none if that is not as it should be.
fn params<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Option<Option<T>> {
    serde_json::from_slice::<With<T>>(text)
        .ok()
        .map(|with| with.params)
}

/// `127.0.0.1:80`, `[::1]:80`.
fn endpoint(text: &str) -> Endpoint {
    let (address, port) = text.rsplit_once(':').unwrap_or((text, ""));
    Endpoint {
        address: address.trim_matches(['[', ']']).to_owned(),
        port: port.parse().unwrap_or(0),
    }
}
