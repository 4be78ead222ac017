//! Whether bytes are WebSocket frames, where no handshake has said so: the capture began later,
//! or lost some of it.
//!
//! A segment's start may be that of a frame. From each, headers are followed one by one. A
//! header that no sender makes, text that is none, a mask where there may be none end it; what
//! fits gives points, about one for each bit that chance would have had to guess.

use super::stream::Stream;
use ws4wasm::close_code;
use ws4wasm::frame::{Key, RSV1, check, mask};
use ws4wasm::utf8::Validator;

/// Enough where it is known that frames are there, and only not where they begin.
const ENOUGH: u32 = 10;

/// What each direction must have, and both together, before a connection is called a WebSocket.
const EACH: u32 = 8;
const BOTH: u32 = 22;

/// The same where the other direction says nothing at all, and the least number of frames.
const ALONE: u32 = 40;
const ALONE_FRAMES: u32 = 3;

/// Starts that are followed at the same time in a direction.
const MOST: usize = 32;

/// Bytes of a payload that are looked at.
const LOOK: u64 = 256;

/// Frames that may begin at a segment's start.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Where.
    pub start: u64,
    masked: bool,
    /// The next header, or the payload under way.
    at: u64,
    payload: Option<Payload>,
    points: u32,
    /// Frames that are no continuation of something unseen.
    frames: u32,
    /// Frames whose content is what it should be: text, close codes, anything under a mask.
    telling: u32,
    /// Whether a message is open; nobody knows at first.
    open: Option<bool>,
}

#[derive(Debug, Clone)]
struct Payload {
    b0: u8,
    key: Key,
    length: u64,
    judged: bool,
}

/// That bytes are no frames.
struct Broken;

impl Candidate {
    const fn new(start: u64, masked: bool) -> Self {
        Self {
            start,
            masked,
            at: start,
            payload: None,
            points: 0,
            frames: 0,
            telling: 0,
            open: None,
        }
    }

    /// Goes as far as the bytes go; `over` when there will be no more.
    fn advance(&mut self, stream: &Stream, over: bool) -> Result<(), Broken> {
        loop {
            let more = match &self.payload {
                None => self.header(stream)?,
                Some(payload) if !payload.judged => self.content(stream, over)?,
                Some(_) => self.end_of_frame(stream),
            };
            if !more {
                return Ok(());
            }
        }
    }

    fn header(&mut self, stream: &Stream) -> Result<bool, Broken> {
        let bytes = stream.read(self.at, 14);
        let [b0, b1, rest @ ..] = bytes else {
            return Ok(false);
        };
        let (b0, b1) = (*b0, *b1);
        let fair = [
            check::check_reserved(b0, check::allowed_reserved(b0, true)),
            check::opcode(b0).map(drop),
            check::control_fin(b0),
            check::control_length(b0, b1),
            check::masking(b1, self.masked),
            self.open.map_or(Ok(()), |open| check::sequence(b0, open)),
        ];
        if fair.iter().any(Result::is_err) {
            return Err(Broken);
        }
        let extended = match b1 & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let key_length = if self.masked { 4 } else { 0 };
        let Some(rest) = rest.get(..extended + key_length) else {
            return Ok(false);
        };
        let (long, key) = rest.split_at(extended);
        let length = match extended {
            0 => u64::from(b1 & 0x7f),
            _ => long.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)),
        };
        // Nobody begins a message with nothing and goes on; zeros, which are many, look like it.
        let hollow = length == 0 && b0 & 0x88 == 0;
        if hollow || length >= 1 << 40 || check::length_minimal(length, extended).is_err() {
            return Err(Broken);
        }
        let continues = b0 & 15 == 0;
        if !continues || self.open == Some(true) {
            self.frames += 1;
        }
        self.points += u32::from(!continues) * 2;
        self.points += u32::from(b0 & 0x80 != 0) * 2;
        self.points += u32::from(b0 >> 4 & RSV1 == 0 && b0 & 0x8f != 0);
        if b0 & 8 == 0 {
            self.open = Some(b0 & 0x80 == 0);
        }
        let mut payload = Payload {
            b0,
            key: Key::default(),
            length,
            judged: false,
        };
        payload.key[..key_length].copy_from_slice(key);
        self.payload = Some(payload);
        self.at += (2 + extended + key_length) as u64;
        Ok(true)
    }

    /// Text is text, and a close frame has a code.
    fn content(&mut self, stream: &Stream, over: bool) -> Result<bool, Broken> {
        let Some(payload) = &mut self.payload else {
            return Ok(false);
        };
        let wanted = payload.length.min(LOOK);
        let mut bytes = [0; LOOK as usize];
        let there = stream.read(self.at, wanted);
        let short = (there.len() as u64) < wanted;
        if short && !over && stream.hole_at(self.at + there.len() as u64) == 0 {
            return Ok(false);
        }
        payload.judged = true;
        let bytes = &mut bytes[..there.len()];
        mask::unmask_into(bytes, there, payload.key);
        let whole = payload.length == bytes.len() as u64;
        let text = payload.b0 & 15 == 1 && payload.b0 >> 4 & RSV1 == 0;
        self.telling += u32::from(self.masked || payload.b0 & 15 == 8 || text);
        match payload.b0 & 15 {
            1 if text => {
                let mut validator = Validator::new();
                if validator.check(bytes).is_err()
                    || (whole && payload.b0 & 0x80 != 0 && !validator.is_complete())
                {
                    return Err(Broken);
                }
                let printed = bytes.iter().filter(|&&byte| is_printed(byte)).count() as u32;
                // Some subprotocols end with a control character; none is made of them.
                if (bytes.len() as u32 - printed) * 4 > bytes.len() as u32 {
                    return Err(Broken);
                }
                // Unmasked with a wrong key nothing is text; bytes as they are often are.
                self.points += printed.min(if self.masked { 8 } else { 4 });
            }
            8 if whole => {
                close_code::parse(bytes).map_err(|_| Broken)?;
                self.points += if bytes.is_empty() { 0 } else { 6 };
            }
            _ => {}
        }
        Ok(true)
    }

    /// Whoever writes a frame hands it on at once, so that a segment often ends where it does.
    fn end_of_frame(&mut self, stream: &Stream) -> bool {
        let Some(payload) = &self.payload else {
            return false;
        };
        let end = self.at.saturating_add(payload.length);
        if stream.end() < end {
            return false;
        }
        let meets = stream.end() == end
            || stream.hole_at(end) > 0
            || stream.segment(end).is_some_and(|s| s.offset == end);
        if meets && payload.b0 & 0x8f != 0 {
            self.points += match (self.masked, payload.length) {
                (_, 0) => 3,
                (false, _) => 6,
                (true, _) => 9,
            };
        }
        self.at = end;
        self.payload = None;
        true
    }
}

const fn is_printed(byte: u8) -> bool {
    byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r')
}

/// Looks for the first frame of a direction.
#[derive(Debug, Default)]
pub struct Search {
    candidates: Vec<Candidate>,
    /// Segments before this are candidates, or were.
    looked: u64,
}

impl Search {
    /// Segments that begin at an offset or later are looked at.
    pub const fn from(offset: u64) -> Self {
        Self {
            candidates: Vec::new(),
            looked: offset,
        }
    }

    /// Takes in what is new. `masked` is told where it is known.
    pub fn advance(&mut self, stream: &Stream, masked: Option<bool>, over: bool) {
        for start in stream.starts_from(self.looked) {
            let both = [true, false];
            let wanted = both
                .into_iter()
                .filter(|&one| masked.is_none_or(|known| known == one));
            self.candidates
                .extend(wanted.map(|masked| Candidate::new(start, masked)));
        }
        self.looked = self.looked.max(stream.end());
        self.candidates
            .retain_mut(|candidate| candidate.advance(stream, over).is_ok());
        while self.candidates.len() > MOST {
            let least = |c: &(usize, &Candidate)| (c.1.points, usize::MAX - c.0);
            let worst = self.candidates.iter().enumerate().min_by_key(least);
            let Some((worst, _)) = worst else { return };
            self.candidates.remove(worst);
        }
    }

    /// Bytes before this are needed no more.
    pub fn needed_from(&self) -> u64 {
        let first = self.candidates.iter().map(|candidate| candidate.start);
        first.min().unwrap_or(self.looked)
    }

    /// The first with this number of points.
    fn first(&self, masked: bool, points: u32) -> Option<&Candidate> {
        let mut own = self.candidates.iter().filter(|c| c.masked == masked);
        own.find(|c| c.points >= points && c.frames > 0)
    }

    /// Where frames begin again in a direction that has frames.
    pub fn found(&self, masked: bool) -> Option<u64> {
        let found = self.first(masked, ENOUGH);
        found.map(|candidate| candidate.start)
    }

    /// Where both directions of a WebSocket begin, given that of the client and that of the
    /// server.
    pub fn agree(client: &Self, server: &Self) -> Option<[u64; 2]> {
        let client = client.first(true, EACH)?;
        let server = server.first(false, EACH)?;
        let enough = client.points + server.points >= BOTH;
        enough.then_some([client.start, server.start])
    }

    /// Where a direction begins that nothing answers, or only what is no whole frame.
    pub fn alone(&self, masked: bool, answered: bool) -> Option<u64> {
        let found = self.first(masked, if answered { 2 * ALONE } else { ALONE });
        let found =
            found.filter(|candidate| candidate.frames.min(candidate.telling) >= ALONE_FRAMES);
        found.map(|candidate| candidate.start)
    }

    /// Bytes of memory.
    pub const fn memory(&self) -> usize {
        self.candidates.capacity() * size_of::<Candidate>()
    }
}
