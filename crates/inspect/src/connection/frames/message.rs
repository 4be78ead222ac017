//! Messages: how frames begin, continue and end them.

use super::super::inflate::Context;
use super::{Around, Frames, Open, Payload, State};
use crate::flow::Direction;
use crate::store::{Message, flag};
use ws4wasm::Error;
use ws4wasm::deflate::Parameters;
use ws4wasm::frame::{Key, RSV1};
use ws4wasm::utf8::{REJECT, Validator};

impl Frames {
    /// The header is complete: on to the payload.
    pub(super) fn enter(
        &mut self,
        around: &mut Around<'_>,
        number: u32,
        b0: u8,
        length: u64,
        key: Key,
    ) {
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
    pub(super) fn watch_limits(&mut self, around: &mut Around<'_>, length: u64) {
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

    pub(super) fn begin_message(
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

    pub(super) fn continue_message(
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

    pub(super) fn finish_frame(&mut self, around: &mut Around<'_>) {
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

    /// True when the message that ends here has inflated to its end.
    fn finish_inflating(&mut self, around: &mut Around<'_>) -> bool {
        let (Some(open), Some(context)) = (&self.open, &mut self.deflate) else {
            return false;
        };
        if !open.compressed || open.lost {
            return false;
        }
        let ended = context.inflater().is_some_and(|i| i.finish());
        // Compression was guessed and is proven now, so that its text is to be judged.
        if ended && !context.is_proven() && !open.judged {
            let limit = around
                .options
                .limits
                .map_or(u64::MAX, |limits| limits.max_message_size);
            if open.utf8.state() == REJECT || open.length > limit {
                self.locate(around, self.at, false);
            }
        }
        ended
    }

    pub(super) fn finish_message(&mut self, around: &mut Around<'_>, end: u64) {
        self.unsure = false;
        let ended = self.finish_inflating(around);
        let Some(mut open) = self.open.take() else {
            return;
        };
        if open.compressed && !open.lost && !ended {
            open.lost = true;
            if self.deflate.as_ref().is_some_and(|context| context.guessed) {
                self.guessed_wrong(around, open.number);
            } else {
                self.broken_message(around, Error::Inflate, end, end, 1, open.number);
                self.lose_window(around, open.number, "");
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
}
