//! The frames of one direction: found, judged by every rule, and kept. Unlike the engine's
//! decoder it goes on after a fault, as long as the headers tell where the next frame begins.

mod control;
mod header;
mod message;
mod payload;

use super::evidence::Search;
use super::inflate::Context;
use super::stream::Stream;
use super::{Close, Scratch, Shared};
use crate::Options;
use crate::flow::{Direction, End, Time};
use crate::rules::{Rule, Severity, Violation};
use crate::store::{Frame, NONE, Store, flag};
use ws4wasm::Error;
use ws4wasm::frame::{Key, mask};
use ws4wasm::utf8::Validator;

/// After this many frames in a row that no sender would make, they are taken for noise.
const IMPLAUSIBLE: u32 = 32;

/// A message that becomes larger than this is not inflated to its end.
const MAX_INFLATED: u64 = 256 << 20;

/// The largest control payload that a pong is compared with.
const COMPARED_MAX: u64 = 125;

/// What surrounds the frames of a direction.
pub struct Around<'a> {
    pub store: &'a mut Store,
    pub shared: &'a mut Shared,
    pub scratch: &'a mut Scratch,
    pub options: &'a Options,
    pub stream: &'a Stream,
    pub direction: Direction,
}

impl Around<'_> {
    /// The direction in a frame's flags.
    fn side(&self) -> u16 {
        match self.direction {
            Direction::ClientToServer => 0,
            Direction::ServerToClient => flag::S2C,
        }
    }
}

/// What the payload at hand is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Payload {
    /// Of no message, or there is nothing to check.
    Plain,
    Text,
    Compressed,
    Control,
}

/// The message that is being built up.
#[derive(Debug)]
struct Open {
    number: u32,
    text: bool,
    compressed: bool,
    utf8: Validator,
    /// Bytes so far, inflated.
    length: u64,
    /// Its text or size is judged no more: a fault was found, or bytes are missing.
    judged: bool,
    /// It is not followed any more: it does not inflate, or nobody knows how it would.
    lost: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Header,
    Payload,
    /// Where frames begin is not known, or not any more.
    Lost,
}

/// Where the frames of a direction stand.
#[derive(Debug)]
pub struct Frames {
    /// Everything before this was looked at.
    pub at: u64,
    /// Nothing more comes.
    pub over: bool,
    state: State,
    /// While that is [`State::Lost`]: how to find it again. None where bytes are wrong, not
    /// missing.
    search: Option<Box<Search>>,
    /// The frame under way, what is to come of its payload, and the key turned to there.
    frame: u32,
    remaining: u64,
    key: Key,
    payload: Payload,
    open: Option<Open>,
    /// Whether a message is open is not known: nobody saw what came before.
    unsure: bool,
    pub deflate: Option<Context>,
    /// Whether it is for the first RSV1 to tell that there is compression.
    guess_deflate: bool,
    pub close: Option<Close>,
    told_after_close: bool,
    told_mask: bool,
    told_deflate: bool,
    last_key: Option<Key>,
    implausible: u32,
    segment: usize,
    /// Time of the last row: a segment that was recorded late makes those behind it late, as it
    /// does for whoever receives them.
    latest: Time,
    pub frames: u32,
    pub messages: u32,
}

impl Frames {
    /// From an offset on; `middle` when what came before it was not seen.
    pub fn new(at: u64, deflate: Option<Context>, guess_deflate: bool, middle: bool) -> Self {
        Self {
            at,
            over: false,
            state: State::Header,
            search: None,
            frame: NONE,
            remaining: 0,
            key: Key::default(),
            payload: Payload::Plain,
            open: None,
            unsure: middle,
            deflate,
            guess_deflate,
            close: None,
            told_after_close: false,
            told_mask: false,
            told_deflate: false,
            last_key: None,
            implausible: 0,
            segment: 0,
            latest: 0,
            frames: 0,
            messages: 0,
        }
    }

    const fn is_lost(&self) -> bool {
        matches!(self.state, State::Lost)
    }

    /// The number of the last one.
    pub fn last(&self) -> Option<u32> {
        (self.frame != NONE).then_some(self.frame)
    }

    /// Goes as far as the bytes go.
    pub fn advance(&mut self, around: &mut Around<'_>) {
        loop {
            let more = match self.state {
                State::Header => self.header(around),
                State::Payload => self.some_payload(around),
                State::Lost => self.find(around),
            };
            if !more {
                return;
            }
        }
    }

    /// Nothing more will come.
    pub fn end(&mut self, around: &mut Around<'_>, how: End) {
        self.over = true;
        self.advance(around);
        let cut = |frame: &Frame| frame.flags & flag::CUT_HEADER != 0;
        let inside = match self.state {
            State::Header => {
                self.open.is_some() || around.store.frames.get(self.frame).is_some_and(cut)
            }
            State::Payload => true,
            State::Lost => false,
        };
        if inside && how != End::Cut {
            let frame = (self.frame != NONE).then_some(self.frame);
            let at = around.stream.end().saturating_sub(1);
            self.tell(around, Rule::EndInFrame, at, frame, None);
        }
    }

    /// Bytes are missing here, or have not come yet. False when nothing can be done.
    fn hole(&mut self, around: &mut Around<'_>) -> bool {
        let length = around.stream.hole_at(self.at);
        if length == 0 {
            return false;
        }
        if around.shared.wire {
            self.latest = self.latest.max(around.shared.now);
            around.store.holes += 1;
            around.store.frames.push(Frame {
                offset: self.at,
                length,
                time: self.latest,
                since: 0.0,
                connection: around.shared.connection,
                key: Key::default(),
                message: NONE,
                next: NONE,
                flags: flag::HOLE | flag::COMPLETE | around.side(),
                head: [0; 2],
                header_length: 0,
            });
        }
        if self.state == State::Header || length > self.remaining {
            self.at += length;
            let text = "Bytes are missing, and nobody knows where the next frame begins.";
            self.lose(around, text, true);
            return true;
        }
        let frame = self.frame;
        let text = format!("{length} bytes are missing in the capture.");
        if around.shared.wire {
            self.tell(around, Rule::Hole, self.at, Some(frame), Some(&text));
        }
        self.at += length;
        self.remaining -= length;
        self.key = mask::rotate(self.key, length);
        if self.payload != Payload::Control {
            let number = self.open.as_mut().map(|open| {
                open.judged = true;
                open.lost = true;
                (open.number, open.compressed)
            });
            if let Some((number, true)) = number {
                self.lose_window(around, number, "");
            }
        }
        self.payload = Payload::Plain;
        true
    }

    /// From an offset on that is in the middle of nobody knows what.
    pub fn lost(at: u64, deflate: Option<Context>, guess_deflate: bool) -> Self {
        let mut frames = Self::new(at, deflate, guess_deflate, true);
        frames.go_astray(true);
        frames
    }

    fn lose(&mut self, around: &mut Around<'_>, text: &str, hole: bool) {
        let frame = (self.frame != NONE).then_some(self.frame);
        self.tell(around, Rule::FramingLost, self.at, frame, Some(text));
        self.go_astray(hole);
    }

    fn go_astray(&mut self, hole: bool) {
        self.state = State::Lost;
        self.open = None;
        self.search = hole.then(|| Box::new(Search::from(self.at)));
        if let Some(context) = &mut self.deflate {
            context.lose();
        }
    }

    /// Looks for the next frame after a hole. True when it is found.
    fn find(&mut self, around: &Around<'_>) -> bool {
        let found = self.search.as_mut().and_then(|search| {
            // Clients mask (section 5.1).
            let masked = around.direction == Direction::ClientToServer;
            search.advance(around.stream, Some(masked), self.over);
            search.found(masked)
        });
        self.at = found.unwrap_or(around.stream.end());
        if found.is_none() {
            return false;
        }
        self.search = None;
        self.unsure = true;
        self.state = State::Header;
        self.implausible = 0;
        true
    }

    /// A fault of the message under way.
    fn broken(
        &mut self,
        around: &mut Around<'_>,
        error: Error,
        offset: u64,
        seen: u64,
        length: u32,
    ) {
        let number = self.open.as_ref().map_or(NONE, |open| open.number);
        self.broken_message(around, error, offset, seen, length, number);
    }

    fn broken_message(
        &self,
        around: &mut Around<'_>,
        error: Error,
        offset: u64,
        seen: u64,
        length: u32,
        message: u32,
    ) {
        around.store.violate(Violation {
            rule: Rule::of(&error),
            connection: around.shared.connection,
            direction: around.direction,
            offset,
            length,
            bits: (0, 8),
            seen,
            frame: Some(self.frame),
            message: (message != NONE).then_some(message),
            error: Some(error),
            text: None,
            hint: None,
        });
    }

    /// Something that is none of the engine's errors.
    fn tell(
        &self,
        around: &mut Around<'_>,
        rule: Rule,
        offset: u64,
        frame: Option<u32>,
        text: Option<&str>,
    ) {
        debug_assert!(rule.describe().severity != Severity::Error || rule == Rule::AfterClose);
        around.store.violate(Violation {
            rule,
            connection: around.shared.connection,
            direction: around.direction,
            offset,
            length: 1,
            bits: (0, 8),
            seen: offset,
            frame,
            message: None,
            error: None,
            text: text.map(Into::into),
            hint: None,
        });
    }

    pub fn memory(&self) -> usize {
        let search = self.search.as_ref().map_or(0, |search| search.memory());
        search + self.deflate.as_ref().map_or(0, Context::memory)
    }
}

impl Open {
    const fn payload(&self) -> Payload {
        match (self.lost, self.compressed, self.text && !self.judged) {
            (true, ..) | (_, false, false) => Payload::Plain,
            (_, true, _) => Payload::Compressed,
            (_, false, true) => Payload::Text,
        }
    }
}
