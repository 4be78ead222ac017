//! The frames of one direction: found, judged by every rule, and kept. Unlike the engine's
//! decoder it goes on after a fault, as long as the headers tell where the next frame begins.

use super::guess;
use super::inflate::Context;
use super::stream::Stream;
use super::{Close, Ping, Scratch, Shared};
use crate::deflate::{Inflater, Parameters};
use crate::frame::{Key, RSV1, check, mask};
use crate::inspect::Options;
use crate::inspect::bytes;
use crate::inspect::flow::{Direction, End, Time};
use crate::inspect::rules::{Hint, Rule, Severity, Violation};
use crate::inspect::store::{Frame, Message, NONE, Store, flag};
use crate::utf8::Validator;
use crate::{Error, close_code};

/// So many frames in a row that no sender would make, and they are taken for noise.
const IMPLAUSIBLE: u32 = 32;

/// A message that becomes larger than this is not inflated to its end.
const MAX_INFLATED: u64 = 256 << 20;

/// The largest control payload that a pong is compared with.
const PING: u64 = 125;

/// What surrounds the frames of a direction.
pub struct Around<'a> {
    pub store: &'a mut Store,
    pub shared: &'a mut Shared,
    pub scratch: &'a mut Scratch,
    pub options: &'a Options,
    pub stream: &'a Stream,
    pub direction: Direction,
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
    /// Where frames begin is not known any more; after a hole it may show again.
    Lost {
        hole: bool,
    },
}

/// Where the frames of a direction stand.
#[derive(Debug)]
pub struct Frames {
    /// Everything before this was looked at.
    pub at: u64,
    state: State,
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
    pub frames: u32,
    pub messages: u32,
}

/// A fault of a header: where it shows, counted from the frame's start, and the bits concerned.
struct Fault {
    error: Error,
    byte: u64,
    length: u32,
    bits: (u8, u8),
    seen: u64,
}

impl Frames {
    /// From an offset on; `middle` when what came before it was not seen.
    pub fn new(at: u64, deflate: Option<Context>, guess_deflate: bool, middle: bool) -> Self {
        Self {
            at,
            state: State::Header,
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
            frames: 0,
            messages: 0,
        }
    }

    pub const fn is_lost(&self) -> bool {
        matches!(self.state, State::Lost { .. })
    }

    /// The number of the last one.
    pub fn last(&self) -> Option<u32> {
        (self.frame != NONE).then_some(self.frame)
    }

    /// Goes as far as the bytes go.
    pub fn advance(&mut self, around: &mut Around<'_>) {
        loop {
            let more = match self.state {
                State::Header => self.header(around, false),
                State::Payload => self.some_payload(around),
                State::Lost { .. } => {
                    self.at = around.stream.end();
                    false
                }
            };
            if !more {
                return;
            }
        }
    }

    /// Nothing more will come.
    pub fn end(&mut self, around: &mut Around<'_>, how: End) {
        self.advance(around);
        let inside = match self.state {
            State::Header => {
                if self.at < around.stream.end() {
                    self.header(around, true);
                    true
                } else {
                    self.open.is_some()
                }
            }
            State::Payload => true,
            State::Lost { .. } => false,
        };
        if inside && how != End::Cut {
            let frame = (self.frame != NONE).then_some(self.frame);
            let at = around.stream.end().saturating_sub(1);
            self.tell(around, Rule::EndInFrame, at, frame, None);
        }
    }

    fn header(&mut self, around: &mut Around<'_>, last: bool) -> bool {
        let bytes = around.stream.read(self.at, 14);
        let Some(&b0) = bytes.first() else {
            return self.hole(around);
        };
        let b1 = bytes.get(1).copied();
        let extended = match b1.unwrap_or(0) & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let masked = b1.unwrap_or(0) & 0x80 != 0;
        let header_length = 2 + extended + if masked { 4 } else { 0 };
        let cut = bytes.len() < header_length;
        if cut && !last {
            // More may come, unless a hole follows.
            let behind = self.at + bytes.len() as u64;
            if around.stream.hole_at(behind) > 0 {
                self.lose(
                    around,
                    "Bytes are missing inside the header of a frame.",
                    true,
                );
                return true;
            }
            return false;
        }
        let length = match (extended, bytes.get(2..2 + extended)) {
            (0, _) => u64::from(b1.unwrap_or(0) & 0x7f),
            (_, Some(long)) => long.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)),
            (_, None) => 0,
        };
        let mut key = Key::default();
        if masked && !cut {
            key.copy_from_slice(&bytes[header_length - 4..header_length]);
        }

        let agreed = self.deflate.is_some() || self.guess_deflate;
        let first_length_byte = bytes.get(2).copied().filter(|_| extended == 8);
        let whole_length = bytes.len() >= 2 + extended;
        let mut faults = Faults::default();
        let open = self.open.is_some();
        let rsv = check::check_reserved(b0, check::allowed_reserved(b0, agreed));
        faults.add(rsv, 0, 1, (1, 3), 0);
        faults.add(check::opcode(b0).map(drop), 0, 1, (4, 4), 0);
        faults.add(check::control_fin(b0), 0, 1, (0, 1), 0);
        if !self.unsure {
            faults.add(check::sequence(b0, open), 0, 1, (4, 4), 0);
        }
        if let Some(b1) = b1 {
            if around.shared.wire {
                let expected = around.direction == Direction::ClientToServer;
                faults.add(check::masking(b1, expected), 1, 1, (0, 1), 1);
            }
            faults.add(check::control_length(b0, b1), 1, 1, (1, 7), 1);
        }
        if let Some(first) = first_length_byte {
            faults.add(check::length_top_bit(first), 2, 1, (0, 1), 2);
        }
        if b1.is_some() && whole_length && length >> 63 == 0 {
            let minimal = check::length_minimal(length, extended);
            faults.add(minimal, 2, extended as u32, (0, 8), 1 + extended as u64);
        }

        // What follows is only for those that break no rule; the hot way.
        let number = self.push_frame(
            around,
            b0,
            b1.unwrap_or(0),
            length,
            key,
            header_length,
            bytes.len(),
        );
        if faults.found > 0 || self.close.is_some() {
            self.report(around, number, &faults, b0, agreed);
        } else {
            self.implausible = 0;
        }
        if cut {
            self.at = around.stream.end();
            return false;
        }
        let start = self.at;
        self.at += header_length as u64;
        if self.is_lost() {
            return true;
        }
        if masked {
            self.watch_key(around, number, key, start + header_length as u64 - 4);
        }
        self.enter(around, number, b0, length, key);
        true
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a header")]
    fn push_frame(
        &mut self,
        around: &mut Around<'_>,
        b0: u8,
        b1: u8,
        length: u64,
        key: Key,
        header_length: usize,
        present: usize,
    ) -> u32 {
        let shown = header_length.min(present);
        let last = self.at + shown as u64 - 1;
        let time = around.stream.time_from(&mut self.segment, last);
        let before = around.shared.last_frame.replace(time).unwrap_or(time);
        let since = time.saturating_sub(before) as f64 / 1e6;
        let mut flags = 0;
        if around.direction == Direction::ServerToClient {
            flags |= flag::S2C;
        }
        if b0 & 8 != 0 && self.open.is_some() {
            flags |= flag::INSIDE;
        }
        if present < header_length {
            flags |= flag::CUT_HEADER;
        }
        self.frames += 1;
        self.frame = around.store.frames.push(Frame {
            offset: self.at,
            length,
            time,
            since: since as f32,
            connection: around.shared.connection,
            key,
            message: NONE,
            next: NONE,
            flags,
            head: [b0, b1],
            header_length: shown as u8,
        });
        self.frame
    }

    /// Tells what is wrong with a header, and whether there is sense in going on.
    fn report(
        &mut self,
        around: &mut Around<'_>,
        number: u32,
        faults: &Faults,
        b0: u8,
        agreed: bool,
    ) {
        let bytes = around.stream.read(self.at, 64);
        // Bits that frames do not have: perhaps these are none.
        let strange = faults.iter().any(|fault| {
            matches!(
                fault.error,
                Error::ReservedBits(1..=3 | 5..=7)
                    | Error::ReservedOpcode(_)
                    | Error::FragmentedControl
                    | Error::ControlTooLong
                    | Error::LengthTopBit
            ) || (fault.error == Error::UnexpectedContinuation && bytes.get(1) != Some(&0))
        });
        let mut hint = if strange { guess::hint(bytes) } else { None };
        for fault in faults.iter() {
            let rule = match fault.error {
                Error::ReservedBits(RSV1) if agreed => Rule::Rsv1NotFirst,
                ref error => Rule::of(error),
            };
            let mut bits = fault.bits;
            if let Error::ReservedBits(set) = fault.error {
                // The first of them that is set, to the last.
                let from = set.leading_zeros() as u8 - 5;
                let to = 2 - set.trailing_zeros() as u8;
                bits = (1 + from, to - from + 1);
                if set == RSV1 && !agreed && matches!(b0 & 15, 1 | 2) && !self.told_deflate {
                    self.told_deflate = true;
                    hint = hint.or_else(|| inflates(around, number));
                }
            }
            around.store.violate(Violation {
                rule,
                connection: around.shared.connection,
                direction: around.direction,
                offset: self.at + fault.byte,
                length: fault.length,
                bits,
                seen: self.at + fault.seen,
                frame: Some(number),
                message: None,
                error: Some(fault.error),
                text: None,
                hint: hint.take(),
            });
        }
        if self.close.is_some() && !self.told_after_close {
            self.told_after_close = true;
            self.tell(around, Rule::AfterClose, self.at, Some(number), None);
        }
        let unlikely = strange
            || faults.iter().any(|fault| {
                matches!(fault.error, Error::NonMinimalLength(_))
                    || fault.error == Error::UnexpectedContinuation
            });
        self.implausible = if unlikely { self.implausible + 1 } else { 0 };
        let foreign = strange
            && guess::hint(bytes).is_some_and(|hint| hint != Hint::Gzip && hint != Hint::Zstd);
        if faults
            .iter()
            .any(|fault| fault.error == Error::LengthTopBit)
        {
            self.lose(around, "No frame is as long as this one says.", false);
        } else if foreign {
            self.lose(around, "These bytes are no WebSocket frames.", false);
        } else if self.implausible >= IMPLAUSIBLE {
            let text = "Too many frames in a row are none that anyone would send.";
            self.lose(around, text, false);
        }
    }

    /// Sections 5.3 and 10.3: keys are fresh.
    fn watch_key(&mut self, around: &mut Around<'_>, number: u32, key: Key, at: u64) {
        let repeated = self.last_key.replace(key) == Some(key);
        if repeated && !self.told_mask && around.shared.wire {
            self.told_mask = true;
            let text = if key == [0; 4] {
                "The masking key is zero, again: nothing is masked."
            } else {
                "The masking key is that of the frame before."
            };
            self.tell(around, Rule::MaskRepeated, at, Some(number), Some(text));
        }
    }

    /// The header is complete: on to the payload.
    fn enter(&mut self, around: &mut Around<'_>, number: u32, b0: u8, length: u64, key: Key) {
        self.remaining = length;
        self.key = key;
        self.state = State::Payload;
        self.payload = match b0 & 15 {
            0 => self.continue_message(around, number, length),
            1 | 2 => self.begin_message(around, number, b0, length),
            8..=10 => Payload::Control,
            _ => Payload::Plain,
        };
        if b0 & 8 == 0 {
            self.watch_limits(around, length);
        }
    }

    /// What a receiver with limits would say of a data frame of this length.
    fn watch_limits(&mut self, around: &mut Around<'_>, length: u64) {
        let (Some(limits), Some(open)) = (&around.options.limits, &mut self.open) else {
            return;
        };
        let Some(message) = around.store.messages.get(open.number) else {
            return;
        };
        let before = match open.compressed {
            true => open.length,
            false => message.length.saturating_sub(length),
        };
        let checked = limits.check_limits(length, before, message.frames, open.compressed);
        if let (Err(error), false) = (checked, open.judged) {
            open.judged = true;
            self.payload = open.payload();
            self.broken(around, error, self.at - 1, self.at - 1, 1);
        }
    }

    fn begin_message(
        &mut self,
        around: &mut Around<'_>,
        number: u32,
        b0: u8,
        length: u64,
    ) -> Payload {
        let rsv1 = b0 >> 4 & RSV1 != 0;
        if rsv1 && self.deflate.is_none() && self.guess_deflate {
            let agreed = Parameters::default();
            let window = match around.direction {
                Direction::ClientToServer => agreed.client(),
                Direction::ServerToClient => agreed.server(),
            };
            self.deflate = Some(Context::new(window, true));
        }
        let compressed = rsv1 && self.deflate.is_some();
        let text = b0 & 15 == 1;
        self.messages += 1;
        let message = around.store.messages.push(Message {
            first: number,
            last: number,
            frames: 1,
            text,
            compressed,
            complete: false,
            opaque: false,
            length,
            inflated: 0,
        });
        if let Some(frame) = around.store.frames.get_mut(number) {
            frame.message = message;
            if compressed {
                frame.flags |= flag::COMPRESSED;
            }
        }
        let mut open = Open {
            number: message,
            text,
            compressed,
            utf8: Validator::new(),
            length: 0,
            judged: false,
            lost: false,
        };
        self.unsure = false;
        if compressed
            && self
                .deflate
                .as_mut()
                .is_some_and(|d| d.begin(message).is_none())
        {
            open.lost = true;
            if let Some(message) = around.store.messages.get_mut(message) {
                message.opaque = true;
            }
        }
        let payload = open.payload();
        self.open = Some(open);
        payload
    }

    fn continue_message(
        &mut self,
        around: &mut Around<'_>,
        number: u32,
        length: u64,
    ) -> Payload {
        let Some(open) = &self.open else {
            return Payload::Plain;
        };
        let Some(message) = around.store.messages.get_mut(open.number) else {
            return Payload::Plain;
        };
        let before = message.last;
        message.last = number;
        message.frames = message.frames.saturating_add(1);
        message.length = message.length.saturating_add(length);
        if let Some(before) = around.store.frames.get_mut(before) {
            before.next = number;
        }
        if let Some(frame) = around.store.frames.get_mut(number) {
            frame.message = open.number;
            if open.compressed {
                frame.flags |= flag::COMPRESSED;
            }
        }
        open.payload()
    }

    /// Takes payload. False when there is no more of it now.
    fn some_payload(&mut self, around: &mut Around<'_>) -> bool {
        if self.remaining == 0 {
            self.finish_frame(around);
            return true;
        }
        let stream = around.stream;
        let bytes = stream.read(self.at, self.remaining);
        if bytes.is_empty() {
            return self.hole(around);
        }
        match self.payload {
            Payload::Plain => {}
            Payload::Text => self.text(around, bytes),
            Payload::Compressed => self.compressed(around, bytes),
            // All of it at once.
            Payload::Control
                if (bytes.len() as u64) < self.remaining && self.remaining <= PING =>
            {
                let behind = self.at + bytes.len() as u64;
                if stream.hole_at(behind) == 0 {
                    return false;
                }
                self.payload = Payload::Plain;
            }
            Payload::Control => {}
        }
        self.at += bytes.len() as u64;
        self.remaining -= bytes.len() as u64;
        if self.remaining > 0 {
            self.key = mask::rotate(self.key, bytes.len() as u64);
        } else {
            self.finish_frame(around);
        }
        true
    }

    fn text(&mut self, around: &mut Around<'_>, bytes: &[u8]) {
        let Some(open) = &mut self.open else { return };
        let mut key = self.key;
        let mut at = self.at;
        for bytes in bytes.chunks(Scratch::SIZE) {
            let room = &mut around.scratch.plain[..bytes.len()];
            let ascii = mask::unmask_into(room, bytes, key);
            key = mask::rotate(key, bytes.len() as u64);
            let sound = ascii && open.utf8.is_complete();
            if !sound && let Err(index) = open.utf8.check(room) {
                open.judged = true;
                self.payload = Payload::Plain;
                let bad = at + index as u64;
                let error = Error::Text {
                    index: open.length + index as u64,
                };
                self.broken(around, error, bad, bad, 1);
                return;
            }
            open.length += bytes.len() as u64;
            at += bytes.len() as u64;
        }
    }

    fn compressed(&mut self, around: &mut Around<'_>, bytes: &[u8]) {
        let (Some(open), Some(context)) = (&mut self.open, &mut self.deflate) else {
            return;
        };
        let limit = around
            .options
            .limits
            .map_or(u64::MAX, |limits| limits.max_message_size);
        let mut key = self.key;
        let mut corrupt = false;
        let mut unfair = false;
        'all: for bytes in bytes.chunks(Scratch::SIZE) {
            let plain = &mut around.scratch.plain[..bytes.len()];
            mask::unmask_into(plain, bytes, key);
            key = mask::rotate(key, bytes.len() as u64);
            context.fed(bytes.len() as u64);
            let mut used = 0;
            loop {
                let Some(inflater) = context.inflater() else {
                    break 'all;
                };
                let room = &mut around.scratch.out[..];
                let fed = inflater.feed(&plain[used..], room);
                used += fed.used;
                let made = &room[..fed.made];
                if !open.judged && !unfair {
                    let fair = !open.text
                        || (made.is_ascii() && open.utf8.is_complete())
                        || open.utf8.check(made).is_ok();
                    unfair = !fair || open.length + fed.made as u64 > limit;
                }
                open.length += fed.made as u64;
                corrupt = fed.corrupt;
                if corrupt || open.length > MAX_INFLATED {
                    break 'all;
                }
                if fed.made < room.len() && used == plain.len() {
                    break;
                }
            }
        }
        let too_large = open.length > MAX_INFLATED;
        if corrupt || unfair {
            self.locate(around, self.at + bytes.len() as u64, corrupt);
        }
        if too_large
            && let Some(open) = &mut self.open
            && !open.lost
        {
            open.lost = true;
            let number = open.number;
            self.payload = Payload::Plain;
            self.lose_window(
                around,
                number,
                "The message is too large to be inflated here.",
            );
        }
    }

    /// A compressed message has a fault somewhere: finds the byte that shows it, by inflating
    /// it once more, byte by byte, up to `end`.
    fn locate(&mut self, around: &mut Around<'_>, end: u64, corrupt: bool) {
        let (Some(open), Some(context)) = (&mut self.open, &self.deflate) else {
            return;
        };
        let number = open.number;
        open.lost |= corrupt;
        self.payload = open.payload();
        let told = std::mem::replace(&mut open.judged, true);
        if corrupt && context.guessed {
            self.guessed_wrong(around, number);
            return;
        }
        let limit = around
            .options
            .limits
            .map_or(u64::MAX, |limits| limits.max_message_size);
        let found =
            bytes::first_fault(around.store, around.stream, context, number, end, limit);
        if !told && let Some((error, at)) = found {
            self.broken(around, error, at, at, 1);
        }
        if corrupt {
            if told || found.is_some_and(|(error, _)| error != Error::Inflate) {
                self.broken(around, Error::Inflate, end - 1, end - 1, 1);
            }
            self.lose_window(around, number, "");
        }
    }

    /// RSV1 was taken for compression, which this is not.
    fn guessed_wrong(&mut self, around: &mut Around<'_>, number: u32) {
        let first = around
            .store
            .messages
            .get(number)
            .map(|message| message.first);
        let first =
            first.and_then(|first| around.store.frames.get(first).map(|f| (first, f.offset)));
        let only = self
            .deflate
            .as_ref()
            .is_some_and(|context| context.messages == 0);
        match first {
            // The first one, and nothing was before it that it could point back to.
            Some((frame, offset)) if only && around.shared.from_start => {
                self.deflate = None;
                self.guess_deflate = false;
                if let Some(message) = around.store.messages.get_mut(number) {
                    message.compressed = false;
                    message.opaque = true;
                }
                let error = Error::ReservedBits(RSV1);
                around.store.violate(Violation {
                    rule: Rule::ReservedBits,
                    connection: around.shared.connection,
                    direction: around.direction,
                    offset,
                    length: 1,
                    bits: (1, 1),
                    seen: offset,
                    frame: Some(frame),
                    message: Some(number),
                    error: Some(error),
                    text: None,
                    hint: None,
                });
            }
            _ => self.lose_window(
                around,
                number,
                "The message points back to messages that were not seen.",
            ),
        }
    }

    /// Compressed messages from here on cannot be read.
    fn lose_window(&mut self, around: &mut Around<'_>, number: u32, text: &str) {
        if let Some(context) = &mut self.deflate {
            context.lose();
        }
        if let Some(message) = around.store.messages.get_mut(number) {
            message.opaque = true;
        }
        if !text.is_empty() {
            let frame = self.frame;
            self.tell(around, Rule::NotInflated, self.at, Some(frame), Some(text));
        }
    }

    fn finish_frame(&mut self, around: &mut Around<'_>) {
        self.state = State::Header;
        let number = self.frame;
        let Some(frame) = around.store.frames.get_mut(number) else {
            return;
        };
        frame.flags |= flag::COMPLETE;
        let fin = frame.fin();
        let end = self.at - 1;
        match (self.payload, frame.is_control(), frame.head[0] & 15) {
            (Payload::Control, ..) => {
                let frame = frame.clone();
                self.control(around, number, &frame);
            }
            (_, false, 0..=2) if fin => self.finish_message(around, end),
            _ => {}
        }
    }

    fn finish_message(&mut self, around: &mut Around<'_>, end: u64) {
        self.unsure = false;
        let Some(mut open) = self.open.take() else {
            return;
        };
        if open.compressed && !open.lost {
            let context = self.deflate.as_mut();
            let ended = context
                .and_then(Context::inflater)
                .is_some_and(|i| i.finish());
            if !ended {
                open.lost = true;
                if self.deflate.as_ref().is_some_and(|context| context.guessed) {
                    self.guessed_wrong(around, open.number);
                } else {
                    self.broken_message(around, Error::Inflate, end, end, 1, open.number);
                    self.lose_window(around, open.number, "");
                }
            }
        }
        if !open.judged && !open.lost && open.text && !open.utf8.is_complete() {
            // As much of the unfinished character as this frame has.
            let here = around
                .store
                .frames
                .get(self.frame)
                .map_or(0, |frame| frame.length);
            let pending = if open.compressed {
                0
            } else {
                (open.utf8.pending() as u64).min(here)
            };
            let error = Error::Text { index: open.length };
            let at = end - pending.saturating_sub(1);
            self.broken_message(around, error, at, end, pending.max(1) as u32, open.number);
        }
        let Some(message) = around.store.messages.get_mut(open.number) else {
            return;
        };
        message.complete = true;
        message.inflated = if open.compressed {
            open.length
        } else {
            message.length
        };
        if open.compressed
            && !open.lost
            && let Some(context) = &mut self.deflate
        {
            context.messages += 1;
            context.wire += message.length;
            context.inflated += open.length;
        }
    }

    fn control(&mut self, around: &mut Around<'_>, number: u32, frame: &Frame) {
        let start = frame.payload();
        let masked = around.stream.read(start, frame.length.min(PING));
        let mut plain = [0; PING as usize];
        let plain = &mut plain[..masked.len()];
        mask::unmask_into(plain, masked, frame.key);
        match frame.head[0] & 15 {
            8 => self.close(around, number, frame, plain),
            9 => around.shared.ping(
                around.direction,
                Ping {
                    frame: number,
                    payload: (&*plain).into(),
                },
            ),
            _ => {
                let matched = around.shared.pong(around.direction, number, plain);
                if !matched && around.shared.hears_both() {
                    let text = "No ping with this payload is waiting for a pong.";
                    self.tell(
                        around,
                        Rule::PongUnmatched,
                        frame.offset,
                        Some(number),
                        Some(text),
                    );
                }
            }
        }
    }

    fn close(&mut self, around: &mut Around<'_>, number: u32, frame: &Frame, plain: &[u8]) {
        let code = match plain {
            [a, b, ..] => u16::from_be_bytes([*a, *b]),
            _ => close_code::NO_STATUS,
        };
        self.close.get_or_insert(Close {
            frame: number,
            code,
        });
        // What was unfinished stays so.
        self.open = None;
        // A longer one has been told of.
        if frame.length > PING {
            return;
        }
        if let Err(error) = close_code::parse(plain) {
            let start = frame.payload();
            let (offset, length) = match error {
                Error::CloseCode(_) => (start, 2),
                Error::CloseReason { index } => (start + 2 + index, 1),
                _ => (start, 1),
            };
            let end = self.at - 1;
            self.broken(around, error, offset.min(end), end, length);
        }
    }

    /// Bytes are missing here, or have not come yet. False when nothing can be done.
    fn hole(&mut self, around: &mut Around<'_>) -> bool {
        let length = around.stream.hole_at(self.at);
        if length == 0 {
            return false;
        }
        if self.state == State::Header || length > self.remaining {
            self.at += length;
            let text = "Bytes are missing, and nobody knows where the next frame begins.";
            self.lose(around, text, true);
            return true;
        }
        let frame = self.frame;
        let text = format!("{length} bytes are missing in the capture.");
        self.tell(around, Rule::Hole, self.at, Some(frame), Some(&text));
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

    fn lose(&mut self, around: &mut Around<'_>, text: &str, hole: bool) {
        self.state = State::Lost { hole };
        self.open = None;
        let frame = (self.frame != NONE).then_some(self.frame);
        self.tell(around, Rule::FramingLost, self.at, frame, Some(text));
    }

    /// Whether headers can be found again at the start of what came in last: they must look
    /// like it.
    pub fn resume(&mut self, stream: &Stream, at: u64) -> bool {
        let lost = self.state == State::Lost { hole: true };
        if !lost || !guess::walk(stream.from(at)).convincing() {
            return false;
        }
        self.at = at;
        self.unsure = true;
        self.state = State::Header;
        self.implausible = 0;
        self.open = None;
        if let Some(context) = &mut self.deflate {
            context.lose();
        }
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
        self.deflate.as_ref().map_or(0, Context::memory)
    }

    /// Time of the byte before an offset.
    pub fn time_before(&mut self, stream: &Stream, offset: u64) -> Time {
        stream.time_from(&mut self.segment, offset.saturating_sub(1))
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

/// The faults of a header, in the order in which a strict receiver finds them.
#[derive(Default)]
struct Faults {
    list: [Option<Fault>; 8],
    found: usize,
}

impl Faults {
    #[inline]
    fn add(
        &mut self,
        result: Result<(), Error>,
        byte: u64,
        length: u32,
        bits: (u8, u8),
        seen: u64,
    ) {
        if let Err(error) = result {
            self.list[self.found] = Some(Fault {
                error,
                byte,
                length,
                bits,
                seen,
            });
            self.found += 1;
        }
    }

    fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.list.iter().flatten()
    }
}

/// Whether what is there of a frame's payload inflates.
fn inflates(around: &Around<'_>, number: u32) -> Option<Hint> {
    const ENOUGH: u64 = 4096;
    let frame = around.store.frames.get(number)?;
    let mut plain = around
        .stream
        .read(frame.payload(), frame.length.min(ENOUGH))
        .to_vec();
    mask::apply(&mut plain, frame.key);
    let mut inflater = Inflater::new(Parameters::default().server());
    let fed = inflater.feed(&plain, &mut vec![0; 64 * 1024]);
    let whole = plain.len() as u64 == frame.length;
    let good = !fed.corrupt && fed.made > 0 && (!whole || inflater.finish());
    good.then_some(Hint::Deflate)
}
