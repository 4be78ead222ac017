//! Payload: unmasked, inflated and validated as it comes; nothing of it is kept.

use super::super::Scratch;
use super::{Around, COMPARED_MAX, Frames, MAX_INFLATED, Payload};
use crate::bytes;
use crate::rules::{Rule, Violation};
use ws4wasm::Error;
use ws4wasm::frame::{RSV1, mask};

impl Frames {
    /// Takes payload. False when there is no more of it now.
    pub(super) fn some_payload(&mut self, around: &mut Around<'_>) -> bool {
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
            // All of it at once, unless it is too long to be one.
            Payload::Control if (bytes.len() as u64) < self.remaining => {
                let behind = self.at + bytes.len() as u64;
                let frame = around.store.frames.get(self.frame);
                let fits = frame.is_some_and(|frame| frame.length <= COMPARED_MAX);
                if fits && stream.hole_at(behind) == 0 {
                    return false;
                }
                if fits {
                    self.payload = Payload::Plain;
                }
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

    pub(super) fn text(&mut self, around: &mut Around<'_>, bytes: &[u8]) {
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

    pub(super) fn compressed(&mut self, around: &mut Around<'_>, bytes: &[u8]) {
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
        let proven = context.is_proven();
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
        if corrupt || (unfair && proven) {
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
    /// it once more, byte by byte, up to `end`. When it is corrupt it may have another fault
    /// before that.
    pub(super) fn locate(&mut self, around: &mut Around<'_>, end: u64, corrupt: bool) {
        let (Some(open), Some(context)) = (&mut self.open, &self.deflate) else {
            return;
        };
        let number = open.number;
        open.lost |= corrupt;
        self.payload = open.payload();
        let told = std::mem::replace(&mut open.judged, true);
        if corrupt && !context.is_proven() {
            self.guessed_wrong(around, number);
            return;
        }
        let limit = around
            .options
            .limits
            .map_or(u64::MAX, |limits| limits.max_message_size);
        let found = bytes::faults(
            around.store,
            around.stream,
            context,
            number,
            end,
            limit,
            corrupt,
        );
        let guessed = context.guessed;
        let first = found.first.filter(|(error, _)| *error != Error::Inflate);
        if !told && let Some((error, at)) = first {
            self.broken(around, error, at, at, 1);
        }
        if corrupt && guessed {
            self.guessed_wrong(around, number);
        } else if corrupt {
            let at = found.corrupt.unwrap_or(end - 1);
            self.broken(around, Error::Inflate, at, at, 1);
            self.lose_window(around, number, "");
        }
    }

    /// RSV1 was taken for compression, which this is not.
    pub(super) fn guessed_wrong(&mut self, around: &mut Around<'_>, number: u32) {
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
            Some((frame, offset)) if only && around.shared.whole => {
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
    pub(super) fn lose_window(&mut self, around: &mut Around<'_>, number: u32, text: &str) {
        if let Some(context) = &mut self.deflate {
            context.lose();
        }
        if let Some(message) = around.store.messages.get_mut(number) {
            message.opaque = true;
        }
        if !text.is_empty() {
            let number = self.frame;
            let at = around
                .store
                .frames
                .get(number)
                .map_or(0, |frame| frame.offset);
            self.tell(around, Rule::NotInflated, at, Some(number), Some(text));
        }
    }
}
