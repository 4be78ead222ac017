//! The short way for messages that are whole and lawful.

use super::{Decoder, Open, Run, State};
use crate::frame::mask;
use crate::stream::batch::{Batch, Kind, Record, flag};
use crate::utf8::Validator;

impl Decoder {
    /// The common case in one go: a text or binary message of up to 65,535 bytes that is one
    /// frame, stands whole in the input and breaks no rule. Everything else, and every fault,
    /// is left untouched for the steps below, which decide.
    #[inline]
    pub(super) fn whole(
        &self,
        input: &[u8],
        at: &mut usize,
        batch: &mut Batch,
        run: &mut Run,
    ) -> bool {
        let between = self.state == State::Header
            && self.held_len == 0
            && self.open == Open::No
            && self.config.max_fragments > 0;
        let rest = &input[*at..];
        let Some(&[b0, b1]) = rest.first_chunk() else {
            return false;
        };
        let text = match b0 {
            0x81 => flag::TEXT,
            0x82 => 0,
            _ => return false,
        };
        let masked = b1 & 0x80 != 0;
        if !between || self.config.frames || masked != self.config.expect_masking {
            return false;
        }
        let (length, key_at) = match (b1 & 0x7f, rest.get(2..4)) {
            (short @ 0..=125, _) => (usize::from(short), 2),
            (126, Some(&[a, b])) => (usize::from(u16::from_be_bytes([a, b])), 4),
            _ => return false,
        };
        let minimal = key_at == 2 || length > 125;
        let limit = self.config.max_frame_size.min(self.config.max_message_size);
        let start = if masked { key_at + 4 } else { key_at };
        let (true, Some(payload)) = (
            minimal && length as u64 <= limit,
            rest.get(start..start + length),
        ) else {
            return false;
        };
        let mut record = Record::new(Kind::Data, *at + start, length);
        record.flags = text | flag::FIRST | flag::LAST;
        record.a = length as u32;
        record.b = record.offset + 1;
        if !masked && text == 0 {
            record.flags |= flag::INPUT;
        } else {
            let offset = batch.arena.len();
            let key = if masked {
                rest[key_at..start].try_into().unwrap_or_default()
            } else {
                [0; 4]
            };
            let ascii = mask::unmask_into(batch.arena.room(length), payload, key);
            if text != 0 && ascii {
                record.flags |= flag::ASCII;
            } else if text != 0 {
                let mut utf8 = Validator::new();
                let checked = utf8.check(batch.arena.slice(offset, offset + length));
                if checked.is_err() || !utf8.is_complete() {
                    batch.arena.truncate(offset);
                    return false;
                }
            }
            record.offset = offset as u32;
        }
        batch.records.push(record);
        run.start = batch.arena.len();
        *at += start + length;
        true
    }
}
