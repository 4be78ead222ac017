//! One direction of TLS: its records, and the keys that it has come to.

use super::cipher::{HEADER, Opened, Opener};
use super::input::{Input, Next, body_length};
use super::keylog::Secret;
use super::{MAX_MESSAGE, MAX_WORK, content};

/// The shortest record that is protected.
const SHORTEST: u64 = (HEADER + 17) as u64;

/// Records that a hole is thought to have swallowed at most.
const MAX_SWALLOWED: u64 = 4096;

/// Which keys protect records of TLS 1.3. TLS 1.2 has those of the last one only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Epoch {
    Early = 0,
    Handshake = 1,
    Traffic = 2,
}

impl Epoch {
    /// This one and those that follow.
    pub fn on(self) -> impl Iterator<Item = Self> {
        let all = [Self::Early, Self::Handshake, Self::Traffic];
        all.into_iter().skip(self as usize)
    }
}

/// Behind a hole that has swallowed nobody knows how many records.
#[derive(Debug)]
pub struct Lost {
    swallowed: u64,
}

/// One direction.
#[derive(Debug)]
pub struct Side {
    pub input: Input,
    /// Records so far.
    pub records: u32,
    /// In a row that no key has opened.
    pub closed: u32,
    pub epoch: Epoch,
    pub openers: [Option<Opener>; 3],
    /// That of the traffic, for key updates.
    pub secret: Option<Secret>,
    /// TLS 1.2: it has said that what follows is protected.
    pub protected: bool,
    /// It cannot go on without a key, or without what the other side says.
    pub waits: bool,
    /// Nothing is looked at any more.
    pub dead: bool,
    pub lost: Option<Lost>,
    /// Bytes that were put through a cipher in vain.
    work: usize,
    /// Bytes of a damaged record that are still to come.
    pub skip: usize,
    /// Handshake messages are not whole.
    pub deaf: bool,
    /// Records of each epoch that were damaged before their opener was made.
    passed: [u64; 3],
    message: Vec<u8>,
    /// Bytes of a message that is not read.
    skip_message: usize,
}

/// What came of looking for a record.
pub enum Search {
    Found(usize, Opened),
    /// It goes on with more bytes.
    More,
    NoKey,
    Lost,
}

impl Side {
    pub fn new() -> Self {
        Self {
            input: Input::default(),
            records: 0,
            closed: 0,
            epoch: Epoch::Handshake,
            openers: Default::default(),
            secret: None,
            protected: false,
            waits: false,
            dead: false,
            lost: None,
            work: 0,
            skip: 0,
            deaf: false,
            passed: [0; 3],
            message: Vec::new(),
            skip_message: 0,
        }
    }

    pub fn memory(&self) -> usize {
        self.input.memory() + self.message.capacity()
    }

    /// Looks at nothing any more but the end.
    pub fn die(&mut self) {
        self.dead = true;
        self.input.forget_bytes();
        self.message = Vec::new();
        self.openers = Default::default();
        self.lost = None;
    }

    /// What comes next, behind what is left of a damaged record.
    pub fn next(&mut self) -> Option<(u64, Next)> {
        while self.skip > 0 {
            let there = self.input.together().len().min(self.skip);
            self.input.take(there);
            self.skip -= there;
            if self.skip > 0 {
                match self.input.next()? {
                    (_, Next::Hole { length, .. })
                        if length > 0 && length <= self.skip as u64 =>
                    {
                        self.input.take_stop();
                        self.skip -= length as usize;
                    }
                    (_, Next::Hole { .. } | Next::End(..)) => self.skip = 0,
                    _ => return None,
                }
            }
        }
        self.input.next()
    }

    /// Sets the means to open records of an epoch.
    pub fn set(&mut self, epoch: Epoch, mut opener: Opener) {
        opener.next = self.passed[epoch as usize];
        self.openers[epoch as usize] = Some(opener);
    }

    /// Opens the first record, if it is the next one of this epoch.
    pub fn open(&mut self, epoch: Epoch, length: usize) -> Option<Opened> {
        self.open_within(epoch, length, 0)
    }

    /// Opens the first record, if it is one of the next of this epoch.
    fn open_within(&mut self, epoch: Epoch, length: usize, swallowed: u64) -> Option<Opened> {
        let opener = self.openers[epoch as usize].as_mut()?;
        let record = self.input.bytes_mut().get_mut(..length)?;
        let (header, body) = record.split_first_chunk_mut::<HEADER>()?;
        for number in opener.next..=opener.next.saturating_add(swallowed) {
            if let Some(opened) = opener.open(number, *header, body) {
                opener.next = number + 1;
                self.epoch = epoch;
                self.work = self.work.saturating_sub(8 * length);
                return Some(opened);
            }
            self.work += length;
            if self.work > MAX_WORK {
                break;
            }
        }
        None
    }

    /// A protected record is damaged: the next one has a later number.
    pub fn pass(&mut self) {
        match &mut self.openers[self.epoch as usize] {
            Some(opener) => opener.next += 1,
            None => self.passed[self.epoch as usize] += 1,
        }
    }

    /// Bytes are missing, and with them where records begin.
    pub fn lose(&mut self, length: u64) {
        let swallowed = match length {
            0 => MAX_SWALLOWED,
            length => (length / SHORTEST + 2).min(MAX_SWALLOWED),
        };
        let lost = self.lost.get_or_insert(Lost { swallowed: 0 });
        lost.swallowed = (lost.swallowed + swallowed).min(MAX_SWALLOWED);
    }

    /// Looks whether the first bytes are a record of ours, and else goes on to the next that
    /// look like one.
    pub fn search(&mut self) -> Search {
        let Some(lost) = self.lost.take() else {
            return Search::More;
        };
        if self.openers.iter().all(Option::is_none) {
            self.lost = Some(lost);
            return Search::NoKey;
        }
        let there = self.input.together();
        let whole = there
            .first_chunk::<HEADER>()
            .and_then(|header| body_length(*header))
            .map(|length| HEADER + length)
            .filter(|whole| *whole <= there.len());
        if let Some(whole) = whole {
            for epoch in self.epoch.on() {
                let found = self.open_within(epoch, whole, lost.swallowed);
                if let Some(opened) = found {
                    return Search::Found(whole, opened);
                }
            }
            if self.work > MAX_WORK {
                return Search::Lost;
            }
        }
        let there = self.input.together();
        let looks = |at: &usize| {
            let begins = matches!(there[*at], content::CHANGE..=content::DATA);
            begins && there.get(at + 1).is_none_or(|&major| major == 3)
        };
        let next = (1..there.len()).find(looks).unwrap_or(there.len());
        self.input.take(next);
        self.lost = Some(lost);
        Search::More
    }

    /// Handshake messages that are whole with these bytes: their types and bodies.
    pub fn messages(&mut self, mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
        let mut all = Vec::new();
        if self.deaf {
            // Nobody knows where messages begin but for one that fills its record.
            if let [super::message::KEY_UPDATE, 0, 0, 1, _] = bytes {
                all.push((bytes[0], bytes[4..].to_vec()));
            }
            return all;
        }
        while !bytes.is_empty() {
            let skipped = self.skip_message.min(bytes.len());
            self.skip_message -= skipped;
            bytes = &bytes[skipped..];
            let wanted = match self.message.first_chunk::<4>() {
                None => 4,
                Some(&[kind, a, b, c]) => {
                    let length = u32::from_be_bytes([0, a, b, c]) as usize;
                    if length > MAX_MESSAGE {
                        self.message.clear();
                        self.skip_message = length;
                        continue;
                    }
                    if self.message.len() == 4 + length {
                        all.push((kind, self.message[4..].to_vec()));
                        self.message.clear();
                        continue;
                    }
                    4 + length
                }
            };
            let (taken, rest) = bytes.split_at((wanted - self.message.len()).min(bytes.len()));
            self.message.extend_from_slice(taken);
            bytes = rest;
            if let Some(&[kind, a, b, c]) = self.message.first_chunk::<4>()
                && self.message.len() == 4 + u32::from_be_bytes([0, a, b, c]) as usize
            {
                all.push((kind, self.message[4..].to_vec()));
                self.message.clear();
            }
        }
        all
    }
}
