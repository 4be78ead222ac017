//! The short way for frames that stand whole in the input and are lawful. Everything else, and
//! every fault, is left untouched for the other steps, which decide.

use super::{Decoder, MAX_RECORDS, Open, Run, STEP_RECORDS, State};
use crate::frame::{Key, check, mask};
use crate::stream::batch::{Batch, Record, flag};
use crate::utf8::Validator;

/// A frame with up to 65,535 bytes of payload, all there.
struct Whole<'a> {
    header_len: usize,
    key: Key,
    payload: &'a [u8],
}

/// The frame that `rest` begins with, if there is one whose length takes as few bytes as
/// it can (RFC 6455 section 5.2), masked or not as expected.
#[inline(always)]
fn whole_frame(rest: &[u8], masked: bool) -> Option<Whole<'_>> {
    let &[_, b1] = rest.first_chunk()?;
    let (length, key_at) = match (b1 & 0x7f, rest.get(2..4)) {
        (short @ 0..=125, _) => (usize::from(short), 2),
        (126, Some(&[a, b])) => (usize::from(u16::from_be_bytes([a, b])), 4),
        _ => return None,
    };
    let minimal = key_at == 2 || length > 125;
    if !minimal || masked != (b1 & 0x80 != 0) {
        return None;
    }
    let header_len = if masked { key_at + 4 } else { key_at };
    let payload = rest.get(header_len..header_len + length)?;
    let key = if masked {
        rest[key_at..header_len].try_into().unwrap_or_default()
    } else {
        [0; 4]
    };
    Some(Whole {
        header_len,
        key,
        payload,
    })
}

impl Decoder {
    /// Between frames, and no frame is to be told of on its own.
    #[inline]
    fn between(&self) -> bool {
        self.state == State::Header && self.held_len == 0 && !self.config.frames
    }

    /// The common case in one go: text and binary messages that are one frame each.
    #[inline]
    pub(super) fn messages(
        &self,
        input: &[u8],
        at: &mut usize,
        batch: &mut Batch,
        run: &mut Run,
    ) {
        let config = self.config;
        if !self.between() || self.open != Open::No || config.max_fragments == 0 {
            return;
        }
        let limit = config.max_frame_size.min(config.max_message_size);
        while batch.records.len() < MAX_RECORDS - STEP_RECORDS {
            let rest = &input[*at..];
            let text = match rest.first() {
                Some(0x81) => flag::TEXT,
                Some(0x82) => 0,
                _ => break,
            };
            let Some(frame) = whole_frame(rest, config.expect_masking) else {
                break;
            };
            let length = frame.payload.len();
            if length as u64 > limit {
                break;
            }
            let source = *at + frame.header_len;
            let mut flags = text | flag::WHOLE;
            let mut offset = source;
            if !config.expect_masking && text == 0 {
                flags |= flag::INPUT;
            } else {
                offset = batch.arena.len();
                let room = batch.arena.room(length);
                let ascii = mask::unmask_into(room, frame.payload, frame.key);
                if text != 0 && ascii {
                    flags |= flag::ASCII;
                } else if text != 0 {
                    let mut utf8 = Validator::new();
                    let checked = utf8.check(batch.arena.slice(offset, offset + length));
                    if checked.is_err() || !utf8.is_complete() {
                        batch.arena.truncate(offset);
                        break;
                    }
                }
            }
            batch.records.push(Record::Data {
                flags,
                zero: [0; 2],
                offset: offset as u32,
                length: length as u32,
                run_end: 0,
                source: source as u32 + 1,
                key: 0,
            });
            *at += frame.header_len + length;
            if run.inflated {
                // There may not be room for all that the input has.
                break;
            }
        }
        run.start = batch.arena.len();
    }

    /// The frames of a message in several (RFC 6455 section 5.4), up to its last.
    #[inline]
    pub(super) fn fragments(
        &mut self,
        input: &[u8],
        at: &mut usize,
        batch: &mut Batch,
        run: &mut Run,
    ) {
        let masked = self.config.expect_masking;
        while self.between() && self.tail_len == 0 && !run.inflated {
            let rest = &input[*at..];
            let Some(&b0 @ (0x01 | 0x02 | 0x00 | 0x80)) = rest.first() else {
                return;
            };
            let first = b0 & 0x0f != 0;
            if check::sequence(b0, self.open != Open::No).is_err()
                || (!first && self.compressed)
            {
                return;
            }
            let (open, before, fragments, mut utf8) = match b0 {
                0x01 => (Open::Text, 0, 0, Validator::new()),
                0x02 => (Open::Binary, 0, 0, Validator::new()),
                _ => (self.open, self.length, self.fragments, self.utf8),
            };
            let Some(frame) = whole_frame(rest, masked) else {
                return;
            };
            let length = frame.payload.len();
            let fragments = fragments.saturating_add(1);
            let limits = self
                .config
                .check_limits(length as u64, before, fragments, false);
            // What is not copied is for the other steps, and so are frames with nothing in them.
            let copied = (open == Open::Text || masked) && length > 0;
            if limits.is_err() || !copied {
                return;
            }
            let start = batch.arena.len();
            let ascii = mask::unmask_into(batch.arena.room(length), frame.payload, frame.key);
            let last = b0 & 0x80 != 0;
            if open == Open::Text && !(ascii && utf8.is_complete()) {
                let checked = utf8.check(batch.arena.slice(start, start + length));
                if checked.is_err() || (last && !utf8.is_complete()) {
                    batch.arena.truncate(start);
                    return;
                }
            }
            if first {
                self.open = open;
                self.compressed = false;
                self.begun = false;
            }
            self.utf8 = utf8;
            self.length = before + length as u64;
            self.fragments = fragments;
            run.ascii &= ascii;
            run.source = if start == run.start {
                (*at + frame.header_len) as u32 + 1
            } else {
                0
            };
            *at += frame.header_len + length;
            if last {
                self.flush(batch, run, true);
                self.open = Open::No;
                return;
            }
        }
    }
}
