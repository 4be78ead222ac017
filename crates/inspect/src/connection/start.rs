//! How a direction begins: what its first bytes are, and whose they are.
//!
//! After a SYN only a handshake makes a WebSocket, at the start or behind what a proxy has said.
//! Where the beginning is missing, frames of both directions do, by [`evidence`](super::evidence).

use super::evidence::Search;
use super::frames::Frames;
use super::guess::{self, Start};
use super::inflate::Context;
use super::stream::{Segment, Stream};
use super::{Connection, Evidence, Phase, Tools, Transport};
use crate::flow::{Content, Direction};
use crate::tls::Tls;
use crate::{Deflate, Options};
use ws4wasm::deflate::Parameters;

/// After this many bytes that could be anything, a stream is given up.
const UNCLEAR: usize = 4096;

/// Bytes that nobody needs go in pieces of this size.
const FORGET: u64 = 64 * 1024;

impl Connection {
    pub(super) fn start(
        &mut self,
        direction: Direction,
        tools: &mut Tools<'_>,
        last: bool,
    ) -> bool {
        let d = direction as usize;
        let hole = self.streams[d].hole_at(self.at[d]);
        if hole > 0 {
            self.at[d] += hole;
            self.missed = true;
            self.shared.whole = false;
            return true;
        }
        if self.opened.content != Content::Unknown {
            return self.start_given(direction, tools, last);
        }
        match &self.phases[1 - d] {
            // What the other direction is has been found already.
            Phase::Frames(_) => {
                self.phases[d] = self.unseen_frames(direction, tools.options);
                true
            }
            // It asks for a WebSocket, and what comes is no answer.
            Phase::Await if self.missed => match self.find_head(d, last) {
                Some(at) => {
                    self.at[d] = at;
                    self.phases[d] = Phase::Head;
                    true
                }
                None if self.streams[d].from(self.at[d]).is_empty() => false,
                None => {
                    self.answer_unseen(tools);
                    true
                }
            },
            _ if self.missed => self.start_unseen(direction, tools, last),
            _ => self.start_seen(direction, tools, last),
        }
    }

    /// Bytes of a WebSocket, as whoever gave them says, or messages of which the source has made
    /// frames.
    fn start_given(&mut self, direction: Direction, tools: &mut Tools<'_>, last: bool) -> bool {
        let d = direction as usize;
        let bytes = self.streams[d].from(self.at[d]);
        if bytes.is_empty() {
            return false;
        }
        if self.missed && self.opened.content == Content::WebSocket {
            return self.start_unseen(direction, tools, last);
        }
        let frames_there = matches!(self.phases[1 - d], Phase::Frames(_));
        if self.opened.content == Content::Messages || frames_there {
            return self.begin_frames(direction, tools.options);
        }
        match guess::start(bytes) {
            Start::Open if !last => return false,
            Start::Request => return self.begin_head(direction, Direction::ClientToServer),
            Start::Response => return self.begin_head(direction, Direction::ServerToClient),
            _ => {}
        }
        let bytes = &bytes[..bytes.len().min(UNCLEAR)];
        let walk = guess::walk(bytes);
        if !self.opened.client_known && !last {
            // Whose bytes they are is for the first frames to tell, of which enough must be
            // there: it makes no difference then how the bytes were cut.
            let behind = self.at[d] + bytes.len() as u64;
            let enough = walk.is_settled() || bytes.len() == UNCLEAR;
            if !enough && self.streams[d].hole_at(behind) == 0 {
                return false;
            }
        }
        // Clients mask (section 5.1).
        let direction = match walk.mostly_masked() {
            Some(true) => self.turn(direction, Direction::ClientToServer),
            Some(false) => self.turn(direction, Direction::ServerToClient),
            None => direction,
        };
        self.begin_frames(direction, tools.options)
    }

    /// The first bytes of a connection that was seen to begin.
    fn start_seen(&mut self, direction: Direction, tools: &mut Tools<'_>, last: bool) -> bool {
        let d = direction as usize;
        let bytes = self.streams[d].from(self.at[d]);
        let length = bytes.len();
        if bytes.is_empty() {
            return false;
        }
        match crate::http2::begins(bytes) {
            Some(true) => return self.enter_http2(direction, tools),
            None if !last => return false,
            _ => {}
        }
        match guess::spoken(bytes, last) {
            Start::Open if !last => return false,
            Start::Request => return self.begin_head(direction, Direction::ClientToServer),
            Start::Response => return self.begin_head(direction, Direction::ServerToClient),
            Start::Tls => return self.enter_tls(direction, tools),
            Start::Http2 | Start::Open | Start::Unknown => {}
        }
        if let Some(length) = guess::proxy_header(bytes) {
            self.at[d] += length as u64;
            return true;
        }
        // A proxy may have been asked for the way first (SOCKS), each with a segment of its own.
        if let Some(at) = self.find_head(d, last) {
            self.at[d] = at;
            return true;
        }
        if length > UNCLEAR || last {
            return self.other(self.transport);
        }
        false
    }

    /// A segment that begins as HTTP does. One that may do so is looked at again.
    fn find_head(&mut self, d: usize, last: bool) -> Option<u64> {
        let stream = &self.streams[d];
        let from = self.at[d].max(self.heads_from[d]);
        self.heads_from[d] = stream.end();
        for at in stream.starts_from(from) {
            match guess::spoken(stream.from(at), last) {
                Start::Request | Start::Response => return Some(at),
                Start::Open => {
                    self.heads_from[d] = at;
                    return None;
                }
                _ => {}
            }
        }
        None
    }

    /// The beginning was not seen: a head at a segment's start, or frames of both directions,
    /// tell what it is.
    fn start_unseen(
        &mut self,
        direction: Direction,
        tools: &mut Tools<'_>,
        last: bool,
    ) -> bool {
        let d = direction as usize;
        let first = self.streams[d].from(self.at[d]);
        let given = self.opened.content == Content::WebSocket;
        if self.transport == Transport::Unknown && !self.opened.from_start && !given {
            if guess::start(first) == Start::Tls {
                return self.enter_tls(direction, tools);
            }
            if crate::http2::begins(first) == Some(true) {
                return self.enter_http2(direction, tools);
            }
        }
        if let Some(at) = self.find_head(d, last) {
            let wanted = match guess::spoken(self.streams[d].from(at), last) {
                Start::Response => Direction::ServerToClient,
                _ => Direction::ClientToServer,
            };
            self.at[d] = at;
            return self.begin_head(direction, wanted);
        }
        for d in 0..2 {
            if matches!(self.phases[d], Phase::Start) {
                // With the client known, what it sends is masked, and nothing else is.
                let masked = self.opened.client_known.then_some(d == 0);
                self.searches[d].advance(&self.streams[d], masked, last);
            }
        }
        let [one, other] = &self.searches;
        let agreed = Search::agree(one, other);
        let crossed = || Search::agree(other, one).map(|[c, s]| [s, c]);
        if let Some(starts) = agreed.or_else(crossed) {
            let masked = if agreed.is_some() { 0 } else { 1 };
            self.at = starts;
            self.turn(Direction::BOTH[masked], Direction::ClientToServer);
            self.evidence = Some(Evidence::Frames);
            for direction in Direction::BOTH {
                self.begin_frames(direction, tools.options);
            }
            return true;
        }
        if last {
            return self.start_alone(tools);
        }
        let needed = self.searches[d].needed_from();
        if needed.saturating_sub(self.at[d]) > FORGET {
            self.streams[d].forget(needed);
            self.at[d] = needed;
        }
        false
    }

    /// Only one direction was recorded, or the other one has said nothing that is whole.
    fn start_alone(&mut self, tools: &mut Tools<'_>) -> bool {
        if self.opened.content == Content::WebSocket {
            // Somebody has said so, and less is enough.
            self.transport = Transport::WebSocket;
            self.evidence = Some(Evidence::Source);
            for direction in Direction::BOTH {
                self.phases[direction as usize] = self.unseen_frames(direction, tools.options);
            }
            return true;
        }
        let found = Direction::BOTH.into_iter().find_map(|direction| {
            let d = direction as usize;
            [true, false].into_iter().find_map(|masked| {
                let answered = self.shared.heard[1 - d];
                let at = self.searches[d].alone(masked, answered)?;
                Some((direction, masked, at))
            })
        });
        let Some((direction, masked, at)) = found else {
            return self.other(self.transport);
        };
        let wanted = Direction::BOTH[usize::from(!masked)];
        self.at[direction as usize] = at;
        let direction = self.turn(direction, wanted);
        self.evidence = Some(Evidence::Frames);
        self.begin_frames(direction, tools.options);
        let opposite = direction.opposite();
        self.phases[opposite as usize] = self.unseen_frames(opposite, tools.options);
        true
    }

    fn begin_head(&mut self, direction: Direction, wanted: Direction) -> bool {
        let direction = self.turn(direction, wanted);
        if matches!(self.transport, Transport::Unknown | Transport::Tls) {
            self.transport = Transport::Http;
        }
        self.phases[direction as usize] = Phase::Head;
        true
    }

    fn begin_frames(&mut self, direction: Direction, options: &Options) -> bool {
        self.transport = Transport::WebSocket;
        self.evidence.get_or_insert(Evidence::Source);
        self.phases[direction as usize] = self.fresh_frames(direction, options);
        true
    }

    /// Frames that begin here.
    pub(super) fn fresh_frames(&self, direction: Direction, options: &Options) -> Phase {
        let middle = !self.opened.from_start;
        let (context, guess) = self.deflate(direction, options);
        let at = self.at[direction as usize];
        Phase::Frames(Box::new(Frames::new(at, context, guess, middle)))
    }

    /// Frames that begin wherever they do, from here on.
    pub(super) fn unseen_frames(&self, direction: Direction, options: &Options) -> Phase {
        let (context, guess) = self.deflate(direction, options);
        let at = self.at[direction as usize];
        Phase::Frames(Box::new(Frames::lost(at, context, guess)))
    }

    /// permessage-deflate as far as it is known, and whether it may be there.
    fn deflate(&self, direction: Direction, options: &Options) -> (Option<Context>, bool) {
        let (agreed, guess) = match (self.handshake.deflate, options.deflate) {
            (Some(agreed), _) => (Some(agreed), false),
            (None, _) if self.handshake.is_whole() => (None, false),
            (None, Deflate::Auto) => (None, self.opened.content != Content::Messages),
            (None, Deflate::Off) => (None, false),
            (None, Deflate::On(parameters)) => (Some(parameters), false),
        };
        (
            agreed.map(|agreed| context(direction, &agreed, guess)),
            guess,
        )
    }

    /// Makes sure that what is taken for the bytes of this direction is so, if nobody knows
    /// better. Gives the direction that they have in the end.
    pub(super) fn turn(&mut self, direction: Direction, wanted: Direction) -> Direction {
        let untouched = matches!(self.phases, [Phase::Start, Phase::Start]);
        if direction == wanted || self.opened.client_known || !untouched {
            return direction;
        }
        self.turned = !self.turned;
        self.streams.swap(0, 1);
        self.at.swap(0, 1);
        self.bytes.swap(0, 1);
        self.ended.swap(0, 1);
        self.searches.swap(0, 1);
        self.heads_from.swap(0, 1);
        self.finished.swap(0, 1);
        self.shared.heard.swap(0, 1);
        std::mem::swap(&mut self.opened.client, &mut self.opened.server);
        wanted
    }

    /// The bytes are TLS from here on: what has come of them is taken over.
    fn enter_tls(&mut self, direction: Direction, tools: &mut Tools<'_>) -> bool {
        // Inside TLS they are nothing that anybody sends.
        if self.is_secure() {
            return self.other(Transport::Unknown);
        }
        let first = self.streams[direction as usize].read(self.at[direction as usize], 6);
        if let [22, .., kind] = first {
            // The hellos tell whose they are.
            match kind {
                1 => self.turn(direction, Direction::ClientToServer),
                2 => self.turn(direction, Direction::ServerToClient),
                _ => direction,
            };
        }
        self.transport = Transport::Tls;
        // What it carries is read from its beginning or not at all.
        self.missed = false;
        let mut tls = Box::new(Tls::new());
        for (direction, hole, segment, bytes) in in_order(&self.streams, self.at) {
            if hole > 0 {
                tls.gap(direction, segment.time, hole);
            }
            tls.push(direction, segment.time, segment.source, bytes);
        }
        for d in 0..2 {
            self.streams[d].truncate(self.at[d]);
        }
        self.tls = Some(tls);
        self.run_tls(tools);
        false
    }

    pub(super) fn other(&mut self, transport: Transport) -> bool {
        self.transport = transport;
        for d in 0..2 {
            self.phases[d] = Phase::Other;
            self.streams[d] = Stream::default();
            self.searches[d] = Search::default();
        }
        false
    }
}

/// What both directions have from these offsets on, in the order in which it came.
pub(super) fn in_order(
    streams: &[Stream; 2],
    mut at: [u64; 2],
) -> impl Iterator<Item = (Direction, u64, &Segment, &[u8])> {
    std::iter::from_fn(move || {
        let next = Direction::BOTH.into_iter().filter_map(|direction| {
            let d = direction as usize;
            let (hole, segment, bytes) = streams[d].next_piece(at[d])?;
            Some((direction, hole, segment, bytes))
        });
        let found =
            next.min_by_key(|(_, _, segment, _)| (segment.time, segment.source.packet))?;
        at[found.0 as usize] += found.1 + found.3.len() as u64;
        Some(found)
    })
}

/// What follows the compression of a direction.
pub(super) fn context(direction: Direction, agreed: &Parameters, guessed: bool) -> Context {
    let window = match direction {
        Direction::ClientToServer => agreed.client(),
        Direction::ServerToClient => agreed.server(),
    };
    Context::new(window, guessed)
}
