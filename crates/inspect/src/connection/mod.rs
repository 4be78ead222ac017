//! One connection: what its bytes are, its handshake, and its two directions of frames.

mod evidence;
mod frames;
mod guess;
mod handshake;
mod http;
mod http2;
mod inflate;
mod shared;
mod start;
mod stream;

pub use frames::Frames;
pub use handshake::Handshake;
pub use http::{Field, Head};
pub use inflate::Context;
pub use shared::{Close, Ping, Scratch, Shared};
pub use stream::Stream;

use super::Options;
use super::flow::{Content, Direction, End, Opened, Source, Time};
use super::http2::Http2;
use super::rules::{Rule, Violation};
use super::store::Store;
use super::tls::keylog::{KeyLog, Random};
use super::tls::{self, Tls};
use evidence::Search;
use frames::Around;
use http::Body;
use std::collections::HashMap;
use ws4wasm::close_code;

/// Bodies are let go in pieces of this size.
const BODY: u64 = 64 * 1024;

/// Where a direction stands.
#[derive(Debug)]
enum Phase {
    /// Nobody knows yet what it is.
    Start,
    /// A head of HTTP is next.
    Head,
    Body(Body),
    /// The client has asked for a WebSocket; what it sends next depends on the answer.
    Await,
    Frames(Box<Frames>),
    /// Its streams are connections of their own.
    Http2,
    /// Not WebSocket: nothing is kept.
    Other,
}

/// What a connection carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Not clear yet, or never.
    Unknown,
    /// Handshake or frames.
    WebSocket,
    /// HTTP/1 without a WebSocket.
    Http,
    /// HTTP/2, whose WebSockets are connections of their own.
    Http2,
    /// TLS records.
    Tls,
}

impl Transport {
    /// As the JavaScript API says it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::WebSocket => "websocket",
            Self::Http => "http",
            Self::Http2 => "http2",
            Self::Tls => "tls",
        }
    }
}

/// Why a connection is taken for a WebSocket, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Evidence {
    /// Request and answer were seen whole.
    Handshake,
    /// Some of the handshake was seen.
    Part,
    /// Whoever gave the bytes has said so.
    Source,
    /// No handshake was seen; the bytes of both directions are frames by all rules.
    Frames,
}

impl Evidence {
    /// All, the surest first.
    pub const ALL: [Self; 4] = [Self::Handshake, Self::Part, Self::Source, Self::Frames];

    /// As the JavaScript API says it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Handshake => "handshake",
            Self::Part => "part",
            Self::Source => "source",
            Self::Frames => "frames",
        }
    }
}

/// One connection.
#[derive(Debug)]
pub struct Connection {
    /// What its source has told.
    pub opened: Opened,
    /// When the last event came.
    pub last: Time,
    /// Both directions as they came in.
    pub streams: [Stream; 2],
    /// What both see.
    pub shared: Shared,
    /// What it carries.
    pub transport: Transport,
    /// Its beginning.
    pub handshake: Handshake,
    /// How the directions ended.
    pub ended: [Option<End>; 2],
    /// The same of what they carry, which may wait for keys.
    finished: [Option<End>; 2],
    /// TLS, when that is what it carries.
    pub tls: Option<Box<Tls>>,
    /// The connection of HTTP/2 that this is a stream of, and the stream's number.
    pub carrier: Option<(u32, u32)>,
    http2: Option<Box<Http2>>,
    /// Streams that are connections, and the numbers that they have as such.
    streams_of: HashMap<u32, u32>,
    /// Bytes of each direction, kept or not.
    pub bytes: [u64; 2],
    /// Holes of each direction.
    pub gaps: u32,
    /// Not looked at to its end.
    pub truncated: bool,
    /// Why it is taken for a WebSocket.
    pub evidence: Option<Evidence>,
    /// Client and server are the other way round than the source thought.
    turned: bool,
    /// Bytes are missing where a handshake would be.
    missed: bool,
    searches: [Search; 2],
    /// Segments before this do not begin as HTTP does.
    heads_from: [u64; 2],
    phases: [Phase; 2],
    at: [u64; 2],
    told_no_close: bool,
}

/// What a connection needs of the inspection.
pub struct Tools<'a> {
    pub store: &'a mut Store,
    pub scratch: &'a mut Scratch,
    pub options: &'a Options,
    pub keys: &'a KeyLog,
    pub waiting: &'a mut HashMap<Random, u32>,
    pub connections: &'a mut Vec<Option<Box<Connection>>>,
    /// Memory of those connections.
    pub held: &'a mut usize,
}

impl Connection {
    /// A connection before its first byte.
    pub fn new(number: u32, opened: Opened) -> Self {
        let opened_from_start = opened.from_start;
        let other = opened.content == Content::Other;
        Self {
            last: opened.time,
            streams: Default::default(),
            shared: Shared::new(number, &opened),
            opened,
            transport: Transport::Unknown,
            handshake: Handshake::default(),
            ended: [None; 2],
            finished: [None; 2],
            tls: None,
            carrier: None,
            http2: None,
            streams_of: HashMap::new(),
            bytes: [0; 2],
            gaps: 0,
            truncated: false,
            evidence: None,
            turned: false,
            missed: !opened_from_start,
            searches: Default::default(),
            heads_from: [0; 2],
            phases: match other {
                true => [Phase::Other, Phase::Other],
                false => [Phase::Start, Phase::Start],
            },
            at: [0; 2],
            told_no_close: false,
        }
    }

    /// The frames of a direction, once there are any.
    pub fn frames(&self, direction: Direction) -> Option<&Frames> {
        match &self.phases[direction as usize] {
            Phase::Frames(frames) => Some(frames),
            _ => None,
        }
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        let frames = Direction::BOTH.into_iter().filter_map(|d| self.frames(d));
        let pairs = self.shared.pairs.capacity() * size_of::<(u32, u32)>();
        let streams: usize = self.streams.iter().map(Stream::memory).sum();
        let tls = self.tls.as_ref().map_or(0, |tls| tls.memory());
        let http2 = self.http2.as_ref().map_or(0, |http2| http2.memory());
        let http2 = http2 + self.streams_of.capacity() * size_of::<(u32, u32)>();
        let searches: usize = self.searches.iter().map(Search::memory).sum();
        size_of::<Self>()
            + pairs
            + searches
            + streams
            + tls
            + http2
            + frames.map(Frames::memory).sum::<usize>()
    }

    /// How much memory these bytes may take.
    pub fn growth(&self, direction: Direction, length: usize) -> usize {
        match &self.tls {
            // The queue of records may double, and so may the stream of what was in them.
            Some(tls) => {
                length + tls.memory() + self.streams[direction as usize].growth(length)
            }
            None => self.streams[direction as usize].growth(length),
        }
    }

    /// Bytes of memory that wait for keys.
    pub fn waits(&self) -> usize {
        let waits = self.tls.as_ref().filter(|tls| tls.waits_for().is_some());
        waits.map_or(0, |tls| tls.memory())
    }

    /// Lets go of what waits for keys.
    pub fn forget(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.forget();
        }
    }

    /// The bytes were inside TLS, here or where their source had them from.
    pub const fn is_secure(&self) -> bool {
        self.tls.is_some() || self.opened.secure
    }

    /// Nothing more comes.
    pub const fn is_over(&self) -> bool {
        self.ended[0].is_some() && self.ended[1].is_some()
    }

    const fn own(&self, direction: Direction) -> Direction {
        if self.turned {
            direction.opposite()
        } else {
            direction
        }
    }

    /// The next bytes of a direction.
    pub fn data(
        &mut self,
        direction: Direction,
        time: Time,
        source: Source,
        bytes: &[u8],
        tools: &mut Tools<'_>,
    ) {
        let direction = self.own(direction);
        let d = direction as usize;
        self.last = self.last.max(time);
        self.bytes[d] += bytes.len() as u64;
        self.shared.heard[d] = true;
        if self.ended[d].is_some() || self.truncated {
            return;
        }
        if let Some(tls) = &mut self.tls {
            if !matches!(self.phases, [Phase::Other, Phase::Other]) {
                tls.push(direction, time, source, bytes);
                self.run_tls(tools);
            }
            return;
        }
        self.plain(tls::Event::Data(direction, time, source, bytes), tools);
    }

    /// Goes on with TLS as far as bytes and keys go.
    fn run_tls(&mut self, tools: &mut Tools<'_>) {
        let Some(mut tls) = self.tls.take() else {
            return;
        };
        let keys = tools.keys;
        tls.run(keys, &mut |event| self.plain(event, tools));
        if let Some(random) = tls.waits_for() {
            tools.waiting.insert(*random, self.shared.connection);
        }
        self.tls = Some(tls);
    }

    /// Keys were given that may be for this connection.
    pub fn keys_came(&mut self, tools: &mut Tools<'_>) {
        self.run_tls(tools);
    }

    /// What TCP carries, or TLS in it.
    fn plain(&mut self, event: tls::Event<'_>, tools: &mut Tools<'_>) {
        match event {
            tls::Event::Data(direction, time, source, bytes) => {
                self.plain_data(direction, time, source, bytes, tools);
            }
            tls::Event::Gap(direction, time, length) => {
                self.plain_gap(direction, time, length, tools);
            }
            tls::Event::End(direction, time, how) => {
                self.plain_end(&[direction], time, how, tools);
            }
        }
    }

    fn plain_data(
        &mut self,
        direction: Direction,
        time: Time,
        source: Source,
        bytes: &[u8],
        tools: &mut Tools<'_>,
    ) {
        self.shared.now = time;
        let d = direction as usize;
        if matches!(self.phases[d], Phase::Other) || self.finished[d].is_some() {
            return;
        }
        if self.http2.is_some() {
            return self.with_http2(tools, |http2, out| {
                http2.push(direction, time, source, bytes, out);
            });
        }
        self.streams[d].push(time, source, bytes);
        self.advance(tools, false);
    }

    /// Bytes are missing.
    pub fn gap(
        &mut self,
        direction: Direction,
        time: Time,
        length: u64,
        tools: &mut Tools<'_>,
    ) {
        let direction = self.own(direction);
        self.last = self.last.max(time);
        self.gaps += 1;
        if let Some(tls) = &mut self.tls {
            if !matches!(self.phases, [Phase::Other, Phase::Other]) {
                tls.gap(direction, time, length);
                self.run_tls(tools);
            }
            return;
        }
        self.plain_gap(direction, time, length, tools);
    }

    fn plain_gap(
        &mut self,
        direction: Direction,
        time: Time,
        length: u64,
        tools: &mut Tools<'_>,
    ) {
        self.shared.whole = false;
        self.shared.now = time;
        if matches!(self.phases[direction as usize], Phase::Other) {
            return;
        }
        if self.http2.is_some() {
            return self.with_http2(tools, |http2, out| {
                http2.gap(direction, time, length, out);
            });
        }
        // Nobody knows how many: enough to leave every frame.
        let length = if length == 0 { 1 << 40 } else { length };
        self.streams[direction as usize].hole(length);
        self.advance(tools, false);
    }

    /// A direction ends.
    pub fn end(&mut self, direction: Direction, time: Time, how: End, tools: &mut Tools<'_>) {
        let direction = self.own(direction);
        self.last = self.last.max(time);
        let ending = match how {
            End::Reset => Direction::BOTH.to_vec(),
            End::Fin | End::Cut => vec![direction],
        };
        for direction in &ending {
            // What comes first counts: a reset, or the end of the capture, may follow it.
            self.ended[*direction as usize].get_or_insert(how);
        }
        let Some(tls) = &mut self.tls else {
            return self.plain_end(&ending, time, how, tools);
        };
        for direction in ending {
            tls.end(direction, time, how);
        }
        self.run_tls(tools);
    }

    fn plain_end(&mut self, ending: &[Direction], time: Time, how: End, tools: &mut Tools<'_>) {
        self.shared.now = time;
        for direction in ending {
            if self.finished[*direction as usize].is_some() {
                continue;
            }
            self.finished[*direction as usize] = Some(how);
            self.with_http2(tools, |http2, out| http2.finish(*direction, time, how, out));
        }
        self.advance(tools, self.finished.iter().all(Option::is_some));
        for direction in Direction::BOTH {
            let Some(how) = self.finished[direction as usize] else {
                continue;
            };
            if self.frames(direction).is_some_and(|frames| !frames.over) {
                self.with_frames(direction, tools, |frames, around| frames.end(around, how));
                self.watch_close(direction, how, tools);
            }
        }
    }

    /// Section 7.1.1: a WebSocket is closed by close frames, not by the end of TCP alone.
    fn watch_close(&mut self, direction: Direction, how: End, tools: &mut Tools<'_>) {
        let closed = Direction::BOTH
            .into_iter()
            .filter_map(|d| self.frames(d))
            .any(|frames| frames.close.is_some());
        if self.last_frame().is_none()
            || how == End::Cut
            || closed
            || self.told_no_close
            || self.opened.content == Content::Messages
        {
            return;
        }
        let text = match how {
            End::Reset => {
                "The connection was reset without a close frame: both sides report 1006."
            }
            _ => "TCP was ended without a close frame: both sides report 1006.",
        };
        let offset = self.streams[direction as usize].end().saturating_sub(1);
        self.told_no_close = true;
        tools.store.violate(Violation {
            rule: Rule::NoClose,
            connection: self.shared.connection,
            direction,
            offset,
            length: 1,
            bits: (0, 8),
            seen: offset,
            // The last that this direction has sent, as it was for that to close.
            frame: self
                .frames(direction)
                .and_then(Frames::last)
                .or(self.last_frame()),
            message: None,
            error: None,
            text: Some(text.into()),
            hint: None,
        });
    }

    /// The last frame of both directions.
    pub fn last_frame(&self) -> Option<u32> {
        let frames = Direction::BOTH.into_iter().filter_map(|d| self.frames(d));
        frames.filter_map(Frames::last).max()
    }

    /// Looks at nothing any more.
    pub fn truncate(&mut self) {
        self.truncated = true;
    }

    fn with_frames(
        &mut self,
        direction: Direction,
        tools: &mut Tools<'_>,
        work: impl FnOnce(&mut Frames, &mut Around<'_>),
    ) {
        let d = direction as usize;
        if let Phase::Frames(frames) = &mut self.phases[d] {
            let mut around = Around {
                store: tools.store,
                shared: &mut self.shared,
                scratch: tools.scratch,
                options: tools.options,
                stream: &self.streams[d],
                direction,
            };
            work(frames, &mut around);
        }
    }

    /// Goes as far as the bytes go; `last` when there will be no more of them.
    fn advance(&mut self, tools: &mut Tools<'_>, last: bool) {
        let mut more = true;
        while more {
            more = false;
            for direction in Direction::BOTH {
                more |= self.step(direction, tools, last);
            }
        }
    }

    /// True when something has changed that calls for another look.
    fn step(&mut self, direction: Direction, tools: &mut Tools<'_>, last: bool) -> bool {
        let d = direction as usize;
        match self.phases[d] {
            Phase::Start => self.start(direction, tools, last),
            Phase::Head => self.head(direction, tools),
            Phase::Body(body) => {
                let (at, next) = body.skip(&self.streams[d], self.at[d]);
                let moved = at != self.at[d];
                self.at[d] = at;
                if moved
                    && self.transport == Transport::Http
                    && self.streams[d].memory() as u64 > BODY
                {
                    self.streams[d].forget(at);
                }
                match next {
                    Some(next) if next == body && !moved => false,
                    Some(next) => {
                        self.phases[d] = Phase::Body(next);
                        moved
                    }
                    None => {
                        self.phases[d] = Phase::Head;
                        true
                    }
                }
            }
            Phase::Await => {
                let over = last && self.streams[d].end() > self.at[d];
                if over {
                    self.answer_unseen(tools);
                }
                over
            }
            Phase::Frames(_) => {
                self.with_frames(direction, tools, |frames, around| frames.advance(around));
                false
            }
            Phase::Http2 | Phase::Other => false,
        }
    }

    /// What each side would report of how it ended (section 7.1.5): 1005 and 1006 are never on
    /// the wire. None while it is not over.
    pub fn close_codes(&self) -> Option<[u16; 2]> {
        let code = |direction| {
            let frames: Option<&Frames> = self.frames(direction);
            frames
                .and_then(|frames| frames.close)
                .map(|close| close.code)
        };
        let (from_client, from_server) = (
            code(Direction::ClientToServer),
            code(Direction::ServerToClient),
        );
        let over = self.ended.iter().flatten().any(|how| *how != End::Cut);
        if from_client.is_none() && from_server.is_none() && !over {
            return None;
        }
        self.frames(Direction::ServerToClient)
            .or(self.frames(Direction::ClientToServer))?;
        // The first close frame that a side receives.
        let abnormal = close_code::ABNORMAL;
        Some([
            from_server.unwrap_or(abnormal),
            from_client.unwrap_or(abnormal),
        ])
    }
}
