//! Payload of data frames: unmasked, inflated, validated, and told in records.

use super::{Decoder, Open, Run, State};
use crate::Error;
use crate::frame::mask;
use crate::stream::batch::{Batch, Record, flag};
use crate::utf8::incomplete_tail;
use core::ops::Range;

/// Binary payload that is not masked and at least this long is not copied, even when it is
/// only part of a message.
const IN_PLACE: usize = 4096;

/// How much is inflated in one step, in bytes of output, at least and at most.
const MIN_INFLATED: usize = 1024;
const MAX_INFLATED: usize = 64 * 1024;

/// How much of a masked, compressed payload is unmasked in one step.
const PLAIN: usize = 16 * 1024;

impl Decoder {
    /// Payload of a data frame.
    #[inline]
    pub(super) fn data(
        &mut self,
        input: &[u8],
        beyond: usize,
        at: &mut usize,
        batch: &mut Batch,
        run: &mut Run,
    ) -> Result<(), Error> {
        let remaining = usize::try_from(self.remaining).unwrap_or(usize::MAX);
        let offset = *at;
        let sight = input.len() - offset;
        if self.open == Open::Binary && (!self.masked || beyond > 0) {
            let take = remaining.min(sight + beyond);
            let done = self.remaining == take as u64;
            let whole = done && self.fin && !self.begun && run.start == batch.arena.len();
            let stays = if self.masked {
                take > sight
            } else {
                whole || take >= IN_PLACE
            };
            if stays {
                self.flush(batch, run, false);
                *at += take;
                self.remaining -= take as u64;
                self.length += take as u64;
                let (flags, key) = if self.masked {
                    (flag::INPUT | flag::MASKED, u32::from_le_bytes(self.key))
                } else {
                    (flag::INPUT, 0)
                };
                let source = offset as u32 + 1;
                self.push_data(
                    batch,
                    offset..offset + take,
                    source,
                    key,
                    flags,
                    done && self.fin,
                );
                self.key = mask::rotate(self.key, take as u64);
                if done {
                    self.end_frame();
                }
                return Ok(());
            }
        }

        let take = remaining.min(sight);
        let src = &input[offset..offset + take];
        *at += take;
        self.remaining -= take as u64;
        let done = self.remaining == 0;
        self.put_tail(batch, run);
        let start = batch.arena.len();
        run.source = if start == run.start {
            offset as u32 + 1
        } else {
            0
        };
        let ascii = mask::unmask_into(batch.arena.room(take), src, self.key);
        if self.masked && !done {
            self.key = mask::rotate(self.key, take as u64);
        }
        if let Err(index) = self.check_text(batch, run, start, ascii) {
            // What follows the bad byte is not looked at, however it came.
            *at = offset + index + 1;
            return Err(self.not_utf8(index));
        }
        self.length += take as u64;
        if done {
            self.finish_frame(batch, run)
        } else {
            Ok(())
        }
    }

    /// Payload of a data frame of a compressed message, or more of what an earlier one holds.
    pub(super) fn inflate(
        &mut self,
        input: &[u8],
        at: &mut usize,
        batch: &mut Batch,
        run: &mut Run,
    ) -> Result<(), Error> {
        self.put_tail(batch, run);
        let start = batch.arena.len();
        let left = Batch::room(input.len()).saturating_sub(start);
        if left < MIN_INFLATED {
            run.full = true;
            return Ok(());
        }
        let limit = self.config.max_message_size;
        // A byte more than may be shows that the message is too long.
        let allowed = usize::try_from(limit - self.length).unwrap_or(usize::MAX);
        let payload = &input[*at..];
        let take =
            usize::try_from(self.remaining).map_or(payload.len(), |n| n.min(payload.len()));
        let room = left
            .min(allowed.saturating_add(1))
            .min(MAX_INFLATED.min(take.saturating_mul(8).max(MIN_INFLATED)));
        let Batch { arena, plain, .. } = batch;
        let src = if self.masked {
            let take = take.min(PLAIN);
            plain.resize(PLAIN, 0);
            mask::unmask_into(&mut plain[..take], &payload[..take], self.key);
            &plain[..take]
        } else {
            &payload[..take]
        };
        let Some(inflater) = &mut self.inflater else {
            return Err(Error::Inflate);
        };
        run.source = 0;
        let fed = inflater.feed(src, arena.room(room));
        run.inflated = true;
        *at += fed.used;
        self.remaining -= fed.used as u64;
        self.key = mask::rotate(self.key, fed.used as u64);
        self.pending = fed.made == room;

        let good = fed.made.min(allowed);
        arena.truncate(start + good);
        let ascii = arena.slice(start, start + good).is_ascii();
        self.check_text(batch, run, start, ascii)
            .map_err(|index| self.not_utf8(index))?;
        self.length += good as u64;
        if fed.made > allowed {
            let length = limit.saturating_add(1);
            return Err(Error::MessageTooLarge { length, limit });
        }
        if fed.corrupt {
            return Err(Error::Inflate);
        }
        if self.remaining == 0 && !self.pending {
            return self.finish_frame(batch, run);
        }
        Ok(())
    }

    /// The start of a code point that the last batch ended in goes before what follows.
    #[inline]
    fn put_tail(&mut self, batch: &mut Batch, run: &mut Run) {
        if self.tail_len > 0 {
            batch.arena.push(&self.tail[..self.tail_len as usize]);
            self.tail_len = 0;
            run.ascii = false;
        }
    }

    /// Section 8.1, for what the open message has in the arena from `start` on. Fails with the
    /// index, there, of the first byte that cannot be right.
    #[inline]
    fn check_text(
        &mut self,
        batch: &mut Batch,
        run: &mut Run,
        start: usize,
        ascii: bool,
    ) -> Result<(), usize> {
        run.ascii &= ascii;
        if self.open != Open::Text || (ascii && self.utf8.is_complete()) {
            return Ok(());
        }
        let checked = self.utf8.check(batch.arena.slice(start, batch.arena.len()));
        if let Err(index) = checked {
            if self.config.partial {
                let good = batch.arena.slice(run.start, start + index);
                let end = start + index - incomplete_tail(good);
                self.push_run(batch, run, end, false);
            }
            run.start = batch.arena.len();
        }
        checked
    }

    fn not_utf8(&self, index: usize) -> Error {
        Error::Text {
            index: self.length + index as u64,
        }
    }

    /// The payload of a data frame is complete.
    #[inline]
    pub(super) fn finish_frame(
        &mut self,
        batch: &mut Batch,
        run: &mut Run,
    ) -> Result<(), Error> {
        if self.fin {
            if self.compressed && !self.inflater.as_mut().is_some_and(|i| i.finish()) {
                return Err(Error::Inflate);
            }
            if self.open == Open::Text && !self.utf8.is_complete() {
                return Err(Error::Text { index: self.length });
            }
            self.flush(batch, run, true);
        }
        self.end_frame();
        Ok(())
    }

    #[inline]
    fn end_frame(&mut self) {
        self.state = State::Header;
        if self.fin {
            self.open = Open::No;
        }
    }

    /// Records what the open message has in the batch; a code point cut at the end is held
    /// back.
    #[inline]
    pub(super) fn flush(&mut self, batch: &mut Batch, run: &mut Run, last: bool) {
        let mut end = batch.arena.len();
        if !last && self.open == Open::Text && !self.utf8.is_complete() && end > run.start {
            let tail = incomplete_tail(batch.arena.slice(run.start, end));
            self.tail[..tail].copy_from_slice(batch.arena.slice(end - tail, end));
            self.tail_len = tail as u8;
            end -= tail;
        }
        if last || end > run.start {
            self.push_run(batch, run, end, last);
        }
        run.start = batch.arena.len();
    }

    #[inline]
    fn push_run(&mut self, batch: &mut Batch, run: &mut Run, end: usize, last: bool) {
        let ascii = if run.ascii && self.open == Open::Text {
            flag::ASCII
        } else {
            0
        };
        if last || end > run.start {
            self.push_data(batch, run.start..end, run.source, 0, ascii, last);
        }
        run.ascii = true;
    }

    #[inline]
    fn push_data(
        &mut self,
        batch: &mut Batch,
        bytes: Range<usize>,
        source: u32,
        key: u32,
        flags: u8,
        last: bool,
    ) {
        let text = self.open == Open::Text;
        batch.records.push(Record::Data {
            flags: flags
                | if text { flag::TEXT } else { 0 }
                | if self.begun { 0 } else { flag::FIRST }
                | if last { flag::LAST } else { 0 },
            zero: [0; 2],
            offset: bytes.start as u32,
            length: bytes.len() as u32,
            run_end: 0,
            source,
            key,
        });
        self.begun = true;
    }
}

/// For payload that is read to where it stays.
impl Decoder {
    /// How much is missing of a binary frame that nothing but unmasking is left to be done to, if
    /// that is at least [`IN_PLACE`] bytes.
    pub(crate) fn payload(&self) -> Option<usize> {
        let plain = self.state == State::Data && self.open == Open::Binary && !self.compressed;
        let remaining = usize::try_from(self.remaining).ok()?;
        (plain && !self.config.partial && remaining >= IN_PLACE).then_some(remaining)
    }

    /// Takes bytes of it, not more than are missing, and unmasks them. Tells whether they complete
    /// the message.
    pub(crate) fn take_payload(&mut self, bytes: &mut [u8]) -> bool {
        let length = bytes.len() as u64;
        if self.masked {
            mask::apply(bytes, self.key);
            self.key = mask::rotate(self.key, length);
        }
        self.remaining -= length;
        self.length += length;
        // What a record tells of later is not the message's first piece.
        self.begun = true;
        if self.remaining > 0 {
            return false;
        }
        self.end_frame();
        self.fin
    }
}
