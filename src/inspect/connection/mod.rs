//! One connection: what its bytes are, its handshake, and its two directions of frames.

mod frames;
mod guess;
mod http;
mod inflate;
mod stream;

pub use frames::Frames;
pub use http::{Field, Head};
pub use inflate::Context;
pub use stream::Stream;

use super::Options;
use super::flow::{Content, Direction, End, Opened, Source, Time};
use super::rules::{Rule, Violation};
use super::store::Store;
use crate::close_code;
use crate::deflate::Parameters;
use frames::Around;
use guess::Start;
use http::{Asked, Body, Finding};
use std::collections::VecDeque;

/// Heads that are kept of what came before the handshake.
const KEPT_HEADS: usize = 16;

/// Pings that wait for their pong.
const WAITING_PINGS: usize = 64;

/// So much of a stream may be unclear before it is given up.
const UNCLEAR: usize = 4096;

/// Bodies are let go in pieces of this size.
const BODY: u64 = 64 * 1024;

/// Room to unmask and inflate in.
#[derive(Debug)]
pub struct Scratch {
    pub plain: Vec<u8>,
    pub out: Vec<u8>,
}

impl Scratch {
    /// Of each.
    pub const SIZE: usize = 64 * 1024;
}

impl Default for Scratch {
    fn default() -> Self {
        Self {
            plain: vec![0; Self::SIZE],
            out: vec![0; Self::SIZE],
        }
    }
}

/// A close frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close {
    /// Its number.
    pub frame: u32,
    /// Its code, 1005 without one.
    pub code: u16,
}

/// A ping that waits for its pong.
#[derive(Debug)]
pub struct Ping {
    /// Its number.
    pub frame: u32,
    /// What the pong must repeat.
    pub payload: Box<[u8]>,
}

/// What both directions see.
#[derive(Debug)]
pub struct Shared {
    /// Number of the connection.
    pub connection: u32,
    /// The bytes are those of the wire, so that masking counts.
    pub wire: bool,
    /// Nothing was missed at the start.
    pub from_start: bool,
    /// When the last frame came.
    pub last_frame: Option<Time>,
    /// Both directions have bytes.
    heard: [bool; 2],
    waiting: [VecDeque<Ping>; 2],
    /// Pings and their pongs, in the order of the pongs.
    pub pairs: Vec<(u32, u32)>,
    /// How many pings each direction has sent.
    pub pings: [u32; 2],
}

impl Shared {
    fn ping(&mut self, direction: Direction, ping: Ping) {
        let waiting = &mut self.waiting[direction as usize];
        self.pings[direction as usize] += 1;
        if waiting.len() == WAITING_PINGS {
            waiting.pop_front();
        }
        waiting.push_back(ping);
    }

    /// Section 5.5.3: a pong repeats the payload of the ping that it answers; those before it
    /// may stay without an answer.
    fn pong(&mut self, direction: Direction, frame: u32, payload: &[u8]) -> bool {
        let waiting = &mut self.waiting[direction.opposite() as usize];
        let Some(index) = waiting.iter().rposition(|ping| *ping.payload == *payload) else {
            return false;
        };
        self.pairs.push((waiting[index].frame, frame));
        waiting.drain(..=index);
        true
    }

    fn hears_both(&self) -> bool {
        self.from_start && self.heard == [true; 2]
    }
}

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

/// The opening handshake, as far as it was seen.
#[derive(Debug, Default)]
pub struct Handshake {
    /// The request that asks for a WebSocket.
    pub request: Option<Head>,
    /// The answer to it.
    pub response: Option<Head>,
    /// What was agreed on.
    pub deflate: Option<Parameters>,
    /// Other messages of HTTP before it: the last of them.
    pub before: VecDeque<Head>,
    asked: Option<Asked>,
    /// Methods of requests that wait for their answer.
    waiting: VecDeque<String>,
}

impl Handshake {
    /// Sec-WebSocket-Accept as the request's key asks for it.
    pub fn accept(&self) -> Option<&str> {
        self.asked.as_ref()?.accept.as_deref()
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
    /// Client and server are not who the source thought.
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
        let shared = Shared {
            connection: number,
            wire: opened.content != Content::Messages,
            from_start: opened.from_start,
            last_frame: None,
            heard: [false; 2],
            waiting: Default::default(),
            pairs: Vec::new(),
            pings: [0; 2],
        };
        Self {
            last: opened.time,
            opened,
            streams: Default::default(),
            shared,
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

    /// Section 7.1.1: who ends TCP without a close frame has not closed the WebSocket.
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

    fn start(&mut self, direction: Direction, tools: &mut Tools<'_>, last: bool) -> bool {
        let d = direction as usize;
        let bytes = self.streams[d].from(self.at[d]);
        if bytes.is_empty() {
            let hole = self.streams[d].hole_at(self.at[d]);
            self.at[d] += hole;
            return hole > 0;
        }
        let frames_there = matches!(self.phases[1 - d], Phase::Frames(_));
        let content = self.opened.content;
        if content == Content::Messages || frames_there {
            return self.begin_frames(direction, tools.options);
        }
        let wants = match guess::start(bytes) {
            Start::Open if !last => return false,
            Start::Request => Some(Direction::ClientToServer),
            Start::Response => Some(Direction::ServerToClient),
            Start::Tls if content == Content::Unknown => return self.other(Transport::Tls),
            Start::Http2 if content == Content::Unknown => return self.other(Transport::Http2),
            _ => None,
        };
        if let Some(wanted) = wants {
            let direction = self.turn(direction, wanted);
            if self.transport == Transport::Unknown {
                self.transport = Transport::Http;
            }
            self.phases[direction as usize] = Phase::Head;
            return true;
        }
        let bytes = match content {
            Content::WebSocket => &bytes[..bytes.len().min(UNCLEAR)],
            _ => bytes,
        };
        let walk = guess::walk(bytes);
        if content == Content::WebSocket && !self.opened.client_known && !last {
            // Whose bytes they are is for the first frames to tell, of which enough must be
            // there: it makes no difference then how the bytes were cut.
            let behind = self.at[d] + bytes.len() as u64;
            let enough = walk.is_settled() || bytes.len() == UNCLEAR;
            if !enough && self.streams[d].hole_at(behind) == 0 {
                return false;
            }
        }
        if content == Content::Unknown && !walk.convincing() {
            if walk.broken || bytes.len() > UNCLEAR || last {
                return self.other(Transport::Unknown);
            }
            return false;
        }
        // Clients mask (section 5.1).
        let direction = match walk.mostly_masked() {
            Some(true) => self.turn(direction, Direction::ClientToServer),
            Some(false) => self.turn(direction, Direction::ServerToClient),
            None => direction,
        };
        self.begin_frames(direction, tools.options)
    }

    fn begin_frames(&mut self, direction: Direction, options: &Options) -> bool {
        self.transport = Transport::WebSocket;
        let middle = !self.opened.from_start;
        self.phases[direction as usize] = self.fresh_frames(direction, options, middle);
        true
    }

    /// Frames without a handshake that has said anything about them.
    fn fresh_frames(&self, direction: Direction, options: &Options, middle: bool) -> Phase {
        let (agreed, guess) = match options.deflate {
            super::Deflate::Auto => (None, self.opened.content != Content::Messages),
            super::Deflate::Off => (None, false),
            super::Deflate::On(parameters) => (Some(parameters), false),
        };
        let context = agreed.map(|agreed| context(direction, &agreed, guess));
        let at = self.at[direction as usize];
        Phase::Frames(Box::new(Frames::new(at, context, guess, middle)))
    }

    /// Makes sure that what is taken for the bytes of this direction is so, if nobody knows
    /// better. Gives the direction that they have in the end.
    fn turn(&mut self, direction: Direction, wanted: Direction) -> Direction {
        let untouched = matches!(self.phases, [Phase::Start, Phase::Start]);
        if direction == wanted || self.opened.client_known || !untouched {
            return direction;
        }
        self.turned = !self.turned;
        self.streams.swap(0, 1);
        self.at.swap(0, 1);
        self.bytes.swap(0, 1);
        self.ended.swap(0, 1);
        self.shared.heard.swap(0, 1);
        std::mem::swap(&mut self.opened.client, &mut self.opened.server);
        wanted
    }

    fn other(&mut self, transport: Transport) -> bool {
        self.transport = transport;
        for d in 0..2 {
            self.phases[d] = Phase::Other;
            self.streams[d] = Stream::default();
        }
        false
    }

    fn head(&mut self, direction: Direction, tools: &mut Tools<'_>) -> bool {
        let d = direction as usize;
        let at = self.at[d];
        if self.streams[d].hole_at(at) > 0 {
            return self.other(Transport::Http);
        }
        match Head::read(&self.streams[d], at, direction) {
            Ok(None) => {
                let behind = at + self.streams[d].from(at).len() as u64;
                if self.streams[d].hole_at(behind) > 0 {
                    self.other(Transport::Http);
                }
                false
            }
            Err(()) => self.other(Transport::Http),
            Ok(Some(head)) => {
                self.at[d] = head.end();
                match direction {
                    Direction::ClientToServer => self.request(head, tools),
                    Direction::ServerToClient => self.response(head, tools),
                }
                true
            }
        }
    }

    fn request(&mut self, head: Head, tools: &mut Tools<'_>) {
        let d = Direction::ClientToServer as usize;
        if matches!(self.phases[1 - d], Phase::Start) && self.streams[1 - d].end() == 0 {
            self.phases[1 - d] = Phase::Head;
        }
        self.handshake.waiting.push_back(head.method().to_owned());
        if self.handshake.waiting.len() > KEPT_HEADS {
            self.handshake.waiting.pop_front();
        }
        if !head.asks_for_websocket() {
            self.phases[d] = Phase::Body(head.body(None));
            self.keep(head);
            return;
        }
        if let Some(earlier) = self.handshake.request.take() {
            self.keep(earlier);
        }
        self.transport = Transport::WebSocket;
        let (findings, asked) = head.judge_request(&self.streams[d]);
        self.tell(Direction::ClientToServer, findings, tools);
        self.handshake.asked = Some(asked);
        self.handshake.request = Some(head);
        self.phases[d] = Phase::Await;
    }

    fn response(&mut self, head: Head, tools: &mut Tools<'_>) {
        let d = Direction::ServerToClient as usize;
        let status = head.status();
        if matches!(status, 100 | 102..=199) {
            self.keep(head);
            return;
        }
        let method = self.handshake.waiting.pop_front();
        let for_websocket = self.handshake.request.is_some()
            && self.handshake.response.is_none()
            && self.handshake.waiting.is_empty();
        let opens = status == 101 && (head.asks_for_websocket() || for_websocket);
        if !for_websocket && !opens && head.get("Sec-WebSocket-Accept").is_none() {
            self.phases[d] = Phase::Body(head.body(method.as_deref()));
            self.keep(head);
            return;
        }
        self.transport = Transport::WebSocket;
        let asked = self.handshake.asked.as_ref();
        let (findings, deflate) = head.judge_response(&self.streams[d], asked);
        self.tell(Direction::ServerToClient, findings, tools);
        if status == 101 {
            self.handshake.deflate = deflate;
            self.watch_early(&head, tools);
            for direction in Direction::BOTH {
                let d = direction as usize;
                if matches!(self.phases[d], Phase::Frames(_)) {
                    continue;
                }
                let at = self.at[d];
                let context = deflate.map(|agreed| context(direction, &agreed, false));
                let frames = Frames::new(at, context, false, false);
                self.phases[d] = Phase::Frames(Box::new(frames));
            }
        } else {
            // The client may ask again.
            self.phases[d] = Phase::Body(head.body(method.as_deref()));
            if matches!(self.phases[0], Phase::Await) {
                self.phases[0] = Phase::Head;
            }
        }
        self.handshake.response = Some(head);
    }

    /// Section 4.1: the client waits for the answer.
    fn watch_early(&mut self, response: &Head, tools: &mut Tools<'_>) {
        let Some(request) = &self.handshake.request else {
            return;
        };
        let end = request.end();
        let sent = self.streams[0]
            .segment(end)
            .filter(|_| self.streams[0].end() > end);
        let early = sent.is_some_and(|segment| segment.time < response.time);
        if early && self.opened.content != Content::Messages {
            let finding = Finding {
                rule: Rule::EarlyData,
                offset: end,
                length: 1,
                text: "The client has sent frames before the answer came.".into(),
            };
            self.tell(Direction::ClientToServer, vec![finding], tools);
        }
    }

    fn keep(&mut self, head: Head) {
        if self.handshake.before.len() == KEPT_HEADS {
            self.handshake.before.pop_front();
        }
        self.handshake.before.push_back(head);
    }

    fn tell(&self, direction: Direction, findings: Vec<Finding>, tools: &mut Tools<'_>) {
        for Finding {
            rule,
            offset,
            length,
            text,
        } in findings
        {
            tools.store.violate(Violation {
                rule,
                connection: self.shared.connection,
                direction,
                offset,
                length,
                bits: (0, 8),
                seen: offset + u64::from(length.max(1)) - 1,
                frame: None,
                message: None,
                error: None,
                text: Some(text.into()),
                hint: None,
            });
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

fn context(direction: Direction, agreed: &Parameters, guessed: bool) -> Context {
    let window = match direction {
        Direction::ClientToServer => agreed.client(),
        Direction::ServerToClient => agreed.server(),
    };
    Context::new(window, guessed)
}
