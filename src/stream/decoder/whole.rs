//! The short way for messages that are whole and lawful.

use super::{Decoder, MAX_RECORDS, Open, Run, STEP_RECORDS, State};
use crate::frame::mask;
use crate::stream::Config;
use crate::stream::batch::{Batch, Kind, Record, flag};
use crate::utf8::Validator;

impl Decoder {
    /// The common case in one go: text and binary messages of up to 65,535 bytes that are one
    /// frame each, stand whole in the input and break no rule. Everything else, and every fault,
    /// is left untouched for the steps below, which decide.
    #[inline]
    pub(super) fn whole(&self, input: &[u8], at: &mut usize, batch: &mut Batch, run: &mut Run) {
        let Config {
            expect_masking,
            max_frame_size,
            max_message_size,
            max_fragments,
            frames,
            ..
        } = self.config;
        let between = self.state == State::Header
            && self.held_len == 0
            && self.open == Open::No
            && max_fragments > 0;
        if !between || frames {
            return;
        }
        let limit = max_frame_size.min(max_message_size);
        while batch.records.len() < MAX_RECORDS - STEP_RECORDS {
            let rest = &input[*at..];
            let Some(&[b0, b1]) = rest.first_chunk() else {
                break;
            };
            let text = match b0 {
                0x81 => flag::TEXT,
                0x82 => 0,
                _ => break,
            };
            let masked = b1 & 0x80 != 0;
            if masked != expect_masking {
                break;
            }
            let (length, key_at) = match (b1 & 0x7f, rest.get(2..4)) {
                (short @ 0..=125, _) => (usize::from(short), 2),
                (126, Some(&[a, b])) => (usize::from(u16::from_be_bytes([a, b])), 4),
                _ => break,
            };
            let minimal = key_at == 2 || length > 125;
            let start = if masked { key_at + 4 } else { key_at };
            let (true, Some(payload)) = (
                minimal && length as u64 <= limit,
                rest.get(start..start + length),
            ) else {
                break;
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
                        break;
                    }
                }
                record.offset = offset as u32;
            }
            batch.records.push(record);
            *at += start + length;
            if run.inflated {
                // There may not be room for all that the input has.
                break;
            }
        }
        run.start = batch.arena.len();
    }
}
