//! One connection: what its bytes are, its handshake, and its two directions of frames.

mod frames;
mod guess;
mod handshake;
mod http;
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
use super::rules::{Rule, Violation};
use super::store::Store;
use frames::Around;
use http::Body;
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
    /// The preface of HTTP/2.
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
    /// Bytes of each direction, kept or not.
    pub bytes: [u64; 2],
    /// Holes of each direction.
    pub gaps: u32,
    /// Not looked at to its end.
    pub truncated: bool,
    /// Client and server are the other way round than the source thought.
    turned: bool,
    phases: [Phase; 2],
    at: [u64; 2],
    told_no_close: bool,
}

/// What a connection needs of the inspection.
pub struct Tools<'a> {
    pub store: &'a mut Store,
    pub scratch: &'a mut Scratch,
    pub options: &'a Options,
}

impl Connection {
    /// A connection before its first byte.
    pub fn new(number: u32, opened: Opened) -> Self {
        Self {
            last: opened.time,
            streams: Default::default(),
            shared: Shared::new(number, &opened),
            opened,
            transport: Transport::Unknown,
            handshake: Handshake::default(),
            ended: [None; 2],
            bytes: [0; 2],
            gaps: 0,
            truncated: false,
            turned: false,
            phases: [Phase::Start, Phase::Start],
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
        size_of::<Self>() + pairs + streams + frames.map(Frames::memory).sum::<usize>()
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
        let d = self.own(direction) as usize;
        self.last = self.last.max(time);
        self.bytes[d] += bytes.len() as u64;
        self.shared.heard[d] = true;
        if matches!(self.phases[d], Phase::Other) || self.ended[d].is_some() || self.truncated {
            return;
        }
        let at = self.streams[d].end();
        self.streams[d].push(time, source, bytes);
        if let Phase::Frames(frames) = &mut self.phases[d]
            && frames.is_lost()
        {
            frames.resume(&self.streams[d], at);
        }
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
        if matches!(self.phases[direction as usize], Phase::Other) {
            return;
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
        for direction in ending {
            // What comes first counts: a reset, or the end of the capture, may follow it.
            self.ended[direction as usize].get_or_insert(how);
        }
        self.advance(tools, self.is_over());
        for direction in Direction::BOTH {
            let Some(how) = self.ended[direction as usize] else {
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
        let nothing = self.last_frame().is_none();
        if nothing
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
            frame: self.last_frame(),
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
                    self.phases[d] = self.fresh_frames(direction, tools.options, false);
                }
                over
            }
            Phase::Frames(_) => {
                self.with_frames(direction, tools, |frames, around| frames.advance(around));
                false
            }
            Phase::Other => false,
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
