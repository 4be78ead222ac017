//! The receiving state machine: raw bytes in, records out.

use super::Config;
use super::Inflater;
use super::batch::{Batch, Kind, MAX_RECORDS, Record, flag};
use crate::frame::{Header, Key, MAX_HEADER_LEN, Parsed, check_reserved, mask};
use crate::utf8::{Validator, incomplete_tail};
use crate::{Error, Opcode, close_code};

/// As the bit of [`Header::rsv`].
const RSV1: u8 = 4;

/// Binary payload that is not masked and at least this long is not copied, even when it is
/// only part of a message.
const IN_PLACE: usize = 4096;

/// What is inflated in one step, in bytes of output: no fewer, no more.
const MIN_INFLATED: usize = 1024;
const MAX_INFLATED: usize = 64 * 1024;

/// So much of a masked, compressed payload is unmasked in one step.
const PLAIN: usize = 16 * 1024;

/// More records than one step of the decoder and what follows the last one can add.
const STEP_RECORDS: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Collecting a header.
    Header,
    /// Inside the payload of a data frame.
    Data,
    /// Inside the payload of a control frame.
    Control,
    /// A close frame came, or an error ended it all (RFC 6455 section 5.5.1 and 7.1.7).
    Closed,
}

/// The message that data frames are building up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    No,
    Text,
    Binary,
}

/// Turns bytes, cut anywhere, into [`Record`]s. It holds what a frame or a code point left
/// unfinished, at most some 150 bytes, and never a message: collecting the pieces of those is
/// the caller's.
///
/// ```
/// use ws4wasm::stream::{Batch, Config, Decoder, Kind};
/// let mut decoder = Decoder::new(Config { expect_masking: false, ..Config::default() });
/// let mut batch = Batch::new();
/// let used = decoder.decode(b"\x81\x02hi", &mut batch);
/// assert_eq!((used, batch.records()[0].kind, batch.bytes()), (4, Kind::Data, &b"hi"[..]));
/// ```
#[derive(Debug)]
pub struct Decoder {
    config: Config,
    state: State,
    open: Open,
    /// Bytes have come.
    started: bool,
    /// A record of the open message has been given, so the next one is not its first.
    begun: bool,
    /// FIN of the current data frame.
    fin: bool,
    /// Opcode of the current control frame.
    control: Opcode,
    /// The key, turned to where the payload stands; zeros when there is none.
    key: Key,
    masked: bool,
    utf8: Validator,
    fragments: u32,
    /// Bytes of the current frame's payload that are still to come.
    remaining: u64,
    /// Bytes of the open message so far.
    length: u64,
    /// A header in the making, or else the cut code point that ended the last input.
    held: [u8; MAX_HEADER_LEN],
    held_len: u8,
    tail: [u8; 3],
    tail_len: u8,
    /// A control payload in the making.
    control_payload: Vec<u8>,
    ignored: u64,
    /// permessage-deflate, if it was agreed on.
    inflater: Option<Box<Inflater>>,
    /// The open message is compressed.
    compressed: bool,
    /// There may be more of it without further input.
    pending: bool,
    /// That is so, and the input was at its end: its last byte was given back, and is not to be
    /// looked at again.
    gave_back: bool,
}

/// The bytes of the open message that this input put into the batch and that no record has
/// told of yet.
struct Run {
    start: usize,
    ascii: bool,
    /// Where in the input it lies, if it lies there as it does in the arena; plus one.
    input: u32,
    /// Something was inflated, so the batch may hold more than the input has.
    inflated: bool,
    /// The batch has no room for more of it.
    full: bool,
}

impl Decoder {
    /// A decoder at the start of a connection.
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            state: State::Header,
            open: Open::No,
            started: false,
            begun: false,
            fin: false,
            control: Opcode::Ping,
            key: [0; 4],
            masked: false,
            utf8: Validator::new(),
            fragments: 0,
            remaining: 0,
            length: 0,
            held: [0; MAX_HEADER_LEN],
            held_len: 0,
            tail: [0; 3],
            tail_len: 0,
            control_payload: Vec::new(),
            ignored: 0,
            inflater: None,
            compressed: false,
            pending: false,
            gave_back: false,
        }
    }

    /// Takes compressed messages from now on.
    #[cfg(feature = "deflate")]
    pub(crate) fn set_inflater(&mut self, inflater: Inflater) {
        self.inflater = Some(Box::new(inflater));
    }

    /// Lets the memory go that streams share; see [`Stream::release`](super::Stream::release).
    pub fn release(&self) {
        if let Some(inflater) = &self.inflater {
            inflater.release();
        }
    }

    /// The rules in force.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Changes whether frames must be masked. Once bytes have come it is too late, and false is
    /// returned.
    #[must_use]
    pub const fn set_expect_masking(&mut self, expect: bool) -> bool {
        if !self.started {
            self.config.expect_masking = expect;
        }
        !self.started
    }

    /// Whether a close frame or an error has ended the stream.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// How many bytes came after the end and were not looked at.
    pub const fn ignored(&self) -> u64 {
        self.ignored
    }

    /// How many bytes complete what is under way: the header's next step or the payload. At
    /// least 1; 2 between frames.
    pub fn wants(&self) -> u64 {
        match self.state {
            State::Closed => 1,
            State::Data | State::Control => self.remaining,
            State::Header => {
                let held = &self.held[..self.held_len as usize];
                match Header::parse(held) {
                    Ok(Parsed::Needs(needs)) => (needs - held.len()) as u64,
                    _ => 1,
                }
            }
        }
    }

    /// Takes bytes and fills `batch` with what they mean. Returns how many it took: fewer
    /// than there are only when the batch is full, and then the rest is to be fed again. That
    /// may be none at all, while a compressed message gives more than a batch holds.
    pub fn decode(&mut self, input: &[u8], batch: &mut Batch) -> usize {
        self.decode_start(input, 0, batch)
    }

    /// As [`decode`](Self::decode), with only the start of the input at hand: `beyond` bytes of
    /// it are left out. Binary payload that is not masked goes unseen, so more may be taken than
    /// there is.
    pub(crate) fn decode_start(
        &mut self,
        input: &[u8],
        beyond: usize,
        batch: &mut Batch,
    ) -> usize {
        batch.clear();
        self.started |= !input.is_empty();
        let mut run = Run {
            start: 0,
            ascii: true,
            input: 0,
            inflated: false,
            full: false,
        };
        let room = Batch::room(input.len());
        let mut at = usize::from(self.gave_back).min(input.len());
        self.gave_back = false;
        while at < input.len() || self.pending {
            let over = run.inflated && batch.arena.len() + (input.len() - at) > room;
            if run.full || over || batch.records.len() >= MAX_RECORDS - STEP_RECORDS {
                break;
            }
            if self.whole(input, &mut at, batch, &mut run) {
                continue;
            }
            let step = match self.state {
                State::Header => self.header(input, &mut at, batch, &mut run),
                State::Data if self.compressed => self.inflate(input, &mut at, batch, &mut run),
                State::Data => self.data(input, beyond, &mut at, batch, &mut run),
                State::Control => self.control(input, &mut at, batch, &mut run),
                State::Closed => {
                    self.ignored += (input.len() - at) as u64;
                    at = input.len();
                    Ok(())
                }
            };
            if let Err(error) = step {
                self.fail(error, batch, &mut run);
            }
        }
        self.flush(batch, &mut run, false);
        if self.pending && at > 0 && at == input.len() {
            self.gave_back = true;
            at -= 1;
        }
        at
    }

    /// The common case in one go: a text or binary message of up to 65,535 bytes that is one
    /// frame, stands whole in the input and breaks no rule. Everything else, and every fault,
    /// is left untouched for the steps below, which decide.
    #[inline]
    fn whole(&self, input: &[u8], at: &mut usize, batch: &mut Batch, run: &mut Run) -> bool {
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

    #[inline]
    fn header(
        &mut self,
        input: &[u8],
        at: &mut usize,
        batch: &mut Batch,
        run: &mut Run,
    ) -> Result<(), Error> {
        let held = self.held_len as usize;
        let rest = &input[*at..];
        let (bytes, begin) = if held == 0 {
            (rest, *at as isize)
        } else {
            let take = rest.len().min(MAX_HEADER_LEN - held);
            self.held[held..held + take].copy_from_slice(&rest[..take]);
            (&self.held[..held + take], *at as isize - held as isize)
        };
        let parsed = match self.parse(bytes) {
            Ok(parsed) => parsed,
            Err(error) => {
                // The bytes after the one that shows the fault are not looked at, however
                // they came.
                let seen = (1..bytes.len()).find(|&n| self.parse(&bytes[..n]).is_err());
                *at = (begin + seen.unwrap_or(bytes.len()) as isize) as usize;
                return Err(error);
            }
        };
        match parsed {
            Parsed::Needs(_) => {
                if held == 0 {
                    self.held[..rest.len()].copy_from_slice(rest);
                }
                self.held_len = (held + rest.len()) as u8;
                *at = input.len();
                Ok(())
            }
            Parsed::Complete(header, len) => {
                self.held_len = 0;
                *at = (begin + len as isize) as usize;
                self.enter(header, len, begin, batch, run)
            }
        }
    }

    /// Section 5.1, and the fragmentation rules of 5.4: what the second byte and the state
    /// can tell. They go before what later bytes can break, as they do when bytes come one
    /// by one.
    #[inline]
    fn parse(&self, bytes: &[u8]) -> Result<Parsed, Error> {
        // RFC 7692 section 6: RSV1 on the first frame of a message only.
        let starts_message = matches!(bytes[0] & 15, 1 | 2);
        let rsv1 = starts_message && self.inflater.is_some();
        check_reserved(bytes[0], if rsv1 { RSV1 } else { 0 })?;
        let parsed = Header::parse(bytes);
        let first_byte_error = matches!(
            parsed,
            Err(Error::ReservedOpcode(_) | Error::FragmentedControl)
        );
        if !first_byte_error {
            match (bytes[0] & 15, self.open) {
                (0, Open::No) => return Err(Error::UnexpectedContinuation),
                (1 | 2, Open::Text | Open::Binary) => return Err(Error::ExpectedContinuation),
                _ => {}
            }
            if let Some(b1) = bytes.get(1) {
                match (b1 & 0x80 != 0, self.config.expect_masking) {
                    (false, true) => return Err(Error::MaskMissing),
                    (true, false) => return Err(Error::MaskForbidden),
                    _ => {}
                }
            }
        }
        parsed
    }

    /// A header is complete: the limits, and on to its payload.
    #[inline]
    fn enter(
        &mut self,
        header: Header,
        len: usize,
        begin: isize,
        batch: &mut Batch,
        run: &mut Run,
    ) -> Result<(), Error> {
        if self.config.frames {
            if self.config.partial {
                self.flush(batch, run, false);
            }
            batch.records.push(Record::frame(&header, len, begin));
        }
        self.masked = header.key.is_some();
        self.key = header.key.unwrap_or_default();
        self.remaining = header.length;
        if header.opcode.is_control() {
            self.control = header.opcode;
            self.state = State::Control;
            self.flush(batch, run, false);
            if header.length == 0 {
                return self.finish_control(&[], batch, run);
            }
            return Ok(());
        }
        match header.opcode {
            Opcode::Text => self.begin(Open::Text, &header),
            Opcode::Binary => self.begin(Open::Binary, &header),
            _ => {}
        }
        // The length is compared as the 64-bit number it is before anything is made of it.
        let limit = self.config.max_frame_size;
        if header.length > limit {
            return Err(Error::FrameTooLarge {
                length: header.length,
                limit,
            });
        }
        let limit = self.config.max_message_size;
        let length = self.length.saturating_add(header.length);
        // How long a compressed one will be, only inflating it tells.
        if length > limit && !self.compressed {
            return Err(Error::MessageTooLarge { length, limit });
        }
        let limit = self.config.max_fragments;
        self.fragments = self.fragments.saturating_add(1);
        if self.fragments > limit {
            return Err(Error::TooManyFragments { limit });
        }
        self.fin = header.fin;
        self.state = State::Data;
        if header.length == 0 {
            return self.finish_frame(batch, run);
        }
        Ok(())
    }

    #[inline]
    fn begin(&mut self, open: Open, header: &Header) {
        self.open = open;
        self.compressed = header.rsv & RSV1 != 0;
        self.begun = false;
        self.length = 0;
        self.fragments = 0;
        self.utf8 = Validator::new();
    }

    /// Payload of a data frame.
    #[inline]
    fn data(
        &mut self,
        input: &[u8],
        beyond: usize,
        at: &mut usize,
        batch: &mut Batch,
        run: &mut Run,
    ) -> Result<(), Error> {
        let remaining = usize::try_from(self.remaining).unwrap_or(usize::MAX);
        let offset = *at;
        if self.open == Open::Binary && !self.masked {
            let take = remaining.min(input.len() - offset + beyond);
            let done = self.remaining == take as u64;
            let whole = done && self.fin && !self.begun && run.start == batch.arena.len();
            if whole || take >= IN_PLACE {
                self.flush(batch, run, false);
                *at += take;
                self.remaining -= take as u64;
                self.length += take as u64;
                let input = offset as u32 + 1;
                self.push_data(batch, offset, take, input, flag::INPUT, done && self.fin);
                if done {
                    self.end_frame();
                }
                return Ok(());
            }
        }

        let take = remaining.min(input.len() - offset);
        let src = &input[offset..offset + take];
        *at += take;
        self.remaining -= take as u64;
        let done = self.remaining == 0;
        self.put_tail(batch, run);
        let start = batch.arena.len();
        run.input = if start == run.start {
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
    fn inflate(
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
        run.input = 0;
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
    fn finish_frame(&mut self, batch: &mut Batch, run: &mut Run) -> Result<(), Error> {
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
    fn flush(&mut self, batch: &mut Batch, run: &mut Run, last: bool) {
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
            self.push_data(batch, run.start, end - run.start, run.input, ascii, last);
        }
        run.ascii = true;
    }

    #[inline]
    fn push_data(
        &mut self,
        batch: &mut Batch,
        offset: usize,
        length: usize,
        input: u32,
        flags: u8,
        last: bool,
    ) {
        let mut record = Record::new(Kind::Data, offset, length);
        record.flags = flags
            | if self.open == Open::Text {
                flag::TEXT
            } else {
                0
            }
            | if self.begun { 0 } else { flag::FIRST }
            | if last { flag::LAST } else { 0 };
        record.a = u32::try_from(self.length).unwrap_or(u32::MAX);
        record.b = input;
        batch.records.push(record);
        self.begun = true;
    }

    /// Payload of a control frame.
    fn control(
        &mut self,
        input: &[u8],
        at: &mut usize,
        batch: &mut Batch,
        run: &mut Run,
    ) -> Result<(), Error> {
        // 125 at most, as the header codec has checked.
        let take = (self.remaining as usize).min(input.len() - *at);
        let src = &input[*at..*at + take];
        *at += take;
        self.remaining -= take as u64;
        let mut plain = [0; 125];
        mask::unmask_into(&mut plain[..take], src, self.key);
        self.key = mask::rotate(self.key, take as u64);
        if self.remaining > 0 {
            self.control_payload.extend_from_slice(&plain[..take]);
            return Ok(());
        }
        if self.control_payload.is_empty() {
            return self.finish_control(&plain[..take], batch, run);
        }
        let mut whole = core::mem::take(&mut self.control_payload);
        whole.extend_from_slice(&plain[..take]);
        self.finish_control(&whole, batch, run)
    }

    fn finish_control(
        &mut self,
        payload: &[u8],
        batch: &mut Batch,
        run: &mut Run,
    ) -> Result<(), Error> {
        let offset = batch.arena.len();
        let record = match self.control {
            Opcode::Ping => Record::new(Kind::Ping, offset, payload.len()),
            Opcode::Pong => Record::new(Kind::Pong, offset, payload.len()),
            _ => {
                let (code, reason) = close_code::parse(payload)?;
                let mut record = Record::new(Kind::Close, offset, reason.len());
                record.a = u32::from(code);
                batch.arena.push(reason);
                batch.records.push(record);
                run.start = batch.arena.len();
                self.end();
                return Ok(());
            }
        };
        batch.arena.push(payload);
        batch.records.push(record);
        run.start = batch.arena.len();
        self.state = State::Header;
        Ok(())
    }

    fn fail(&mut self, error: Error, batch: &mut Batch, run: &mut Run) {
        if self.config.partial {
            // What was good is delivered whichever way the bytes were cut.
            self.flush(batch, run, false);
        }
        run.start = batch.arena.len();
        batch.records.push(Record::new(Kind::Error, 0, 0));
        batch.error = Some(error);
        self.end();
    }

    /// Nothing is interpreted from here on; what was held is let go.
    fn end(&mut self) {
        self.state = State::Closed;
        self.open = Open::No;
        self.tail_len = 0;
        self.control_payload = Vec::new();
        self.pending = false;
        self.inflater = None;
    }
}
