//! How a direction begins: what its first bytes are, and whose they are.

use super::frames::Frames;
use super::guess::{self, Start};
use super::inflate::Context;
use super::stream::Stream;
use super::{Connection, Phase, Tools, Transport};
use crate::flow::{Content, Direction};
use crate::{Deflate, Options};
use ws4wasm::deflate::Parameters;

/// After this many bytes that could be anything, a stream is given up.
const UNCLEAR: usize = 4096;

impl Connection {
    pub(super) fn start(
        &mut self,
        direction: Direction,
        tools: &mut Tools<'_>,
        last: bool,
    ) -> bool {
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
    pub(super) fn fresh_frames(
        &self,
        direction: Direction,
        options: &Options,
        middle: bool,
    ) -> Phase {
        let (agreed, guess) = match options.deflate {
            Deflate::Auto => (None, self.opened.content != Content::Messages),
            Deflate::Off => (None, false),
            Deflate::On(parameters) => (Some(parameters), false),
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

    pub(super) fn other(&mut self, transport: Transport) -> bool {
        self.transport = transport;
        for d in 0..2 {
            self.phases[d] = Phase::Other;
            self.streams[d] = Stream::default();
        }
        false
    }
}

/// What follows the compression of a direction.
pub(super) fn context(direction: Direction, agreed: &Parameters, guessed: bool) -> Context {
    let window = match direction {
        Direction::ClientToServer => agreed.client(),
        Direction::ServerToClient => agreed.server(),
    };
    Context::new(window, guessed)
}
