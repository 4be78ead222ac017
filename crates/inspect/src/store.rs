//! What is kept of frames and messages: records of fixed size in blocks, numbered in wire order
//! over all connections. A million frames with a message each take some 90 MB.

use super::flow::{Direction, Time};
use super::rules::{Severity, Violation};
use ws4wasm::Opcode;
use ws4wasm::frame::Key;

/// Records in blocks: they never move, and blocks whose records are all released go away
/// without a change of numbers.
#[derive(Debug)]
pub struct Blocks<T> {
    blocks: Vec<Option<Block<T>>>,
    len: u32,
    held: usize,
}

#[derive(Debug)]
struct Block<T> {
    items: Vec<T>,
    released: usize,
}

const BLOCK: usize = 4096;

impl<T> Default for Blocks<T> {
    fn default() -> Self {
        Self {
            blocks: Vec::new(),
            len: 0,
            held: 0,
        }
    }
}

impl<T> Blocks<T> {
    /// How many there have been, released ones too.
    pub const fn len(&self) -> u32 {
        self.len
    }

    /// Whether there has been none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of memory.
    pub const fn memory(&self) -> usize {
        self.held * BLOCK * size_of::<T>()
    }

    /// Adds a record and gives its number.
    pub fn push(&mut self, item: T) -> u32 {
        let number = self.len;
        if (number as usize).is_multiple_of(BLOCK) {
            self.blocks.push(Some(Block {
                items: Vec::with_capacity(BLOCK),
                released: 0,
            }));
            self.held += 1;
        }
        if let Some(Some(block)) = self.blocks.last_mut() {
            block.items.push(item);
        }
        self.len += 1;
        number
    }

    /// The record of a number; released ones may be gone.
    #[inline]
    pub fn get(&self, number: u32) -> Option<&T> {
        let block = self.blocks.get(number as usize / BLOCK)?.as_ref()?;
        block.items.get(number as usize % BLOCK)
    }

    /// The same, to change it.
    #[inline]
    pub fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        let block = self.blocks.get_mut(number as usize / BLOCK)?.as_mut()?;
        block.items.get_mut(number as usize % BLOCK)
    }

    /// Records with their numbers, from a number on.
    pub fn iter_from(&self, from: u32) -> impl Iterator<Item = (u32, &T)> {
        let first = from as usize / BLOCK;
        self.blocks
            .iter()
            .enumerate()
            .skip(first)
            .filter_map(|(index, block)| Some((index, block.as_ref()?)))
            .flat_map(|(index, block)| {
                let base = index * BLOCK;
                block
                    .items
                    .iter()
                    .enumerate()
                    .map(move |(i, item)| ((base + i) as u32, item))
            })
            .skip_while(move |(number, _)| *number < from)
    }

    /// Calls `gone` for each record; releases those that it says yes to.
    pub fn release(&mut self, mut gone: impl FnMut(&mut T) -> bool) {
        for slot in &mut self.blocks {
            let Some(block) = slot else { continue };
            for item in &mut block.items {
                block.released += usize::from(gone(item));
            }
            if block.released == BLOCK {
                *slot = None;
                self.held -= 1;
            }
        }
    }
}

/// No frame, message or connection has this number.
pub const NONE: u32 = u32::MAX;

/// Bits of [`Frame::flags`].
pub mod flag {
    /// From server to client.
    pub const S2C: u16 = 1;
    /// All of it was there.
    pub const COMPLETE: u16 = 2;
    /// Of a message that is compressed.
    pub const COMPRESSED: u16 = 4;
    /// A control frame inside a message of its direction.
    pub const INSIDE: u16 = 8;
    /// A hint was given about it.
    pub const HINT: u16 = 16;
    /// A warning.
    pub const WARNING: u16 = 32;
    /// A rule was broken.
    pub const ERROR: u16 = 64;
    /// The header itself was not complete: as many bytes of it as there were.
    pub const CUT_HEADER: u16 = 128;
}

/// A frame. Its bytes are in its connection's stream.
#[derive(Debug, Clone)]
pub struct Frame {
    /// First byte of the header in the stream.
    pub offset: u64,
    /// The payload length that it announces.
    pub length: u64,
    /// When the header was complete.
    pub time: Time,
    /// Milliseconds since the frame before on the same connection.
    pub since: f32,
    /// Its connection; [`NONE`] once that was dropped.
    pub connection: u32,
    /// The masking key, zeros without one.
    pub key: Key,
    /// Its message; [`NONE`] for control frames and for what is no part of any.
    pub message: u32,
    /// The next frame of the same message.
    pub next: u32,
    /// See [`flag`].
    pub flags: u16,
    /// The first two bytes.
    pub head: [u8; 2],
    /// Length of the header.
    pub header_length: u8,
}

impl Frame {
    /// Whose bytes it is of.
    pub const fn direction(&self) -> Direction {
        if self.flags & flag::S2C == 0 {
            Direction::ClientToServer
        } else {
            Direction::ServerToClient
        }
    }

    /// The opcode; none for reserved ones.
    pub const fn opcode(&self) -> Option<Opcode> {
        Opcode::from_bits(self.head[0] & 15)
    }

    /// Ping, pong, close, and reserved ones of that kind.
    pub const fn is_control(&self) -> bool {
        self.head[0] & 8 != 0
    }

    /// The last frame of its message.
    pub const fn fin(&self) -> bool {
        self.head[0] & 0x80 != 0
    }

    /// Whether it has a masking key.
    pub const fn masked(&self) -> bool {
        self.head[1] & 0x80 != 0
    }

    /// First byte of the payload in the stream.
    pub const fn payload(&self) -> u64 {
        self.offset + self.header_length as u64
    }

    /// The worst that was found about it.
    pub const fn severity(&self) -> Option<Severity> {
        if self.flags & flag::ERROR != 0 {
            Some(Severity::Error)
        } else if self.flags & flag::WARNING != 0 {
            Some(Severity::Warning)
        } else if self.flags & flag::HINT != 0 {
            Some(Severity::Hint)
        } else {
            None
        }
    }
}

/// A data message.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its frames, linked by [`Frame::next`].
    pub first: u32,
    /// The last one so far.
    pub last: u32,
    /// How many.
    pub frames: u32,
    /// Text, else binary.
    pub text: bool,
    /// RSV1 says so, and it was agreed on or guessed.
    pub compressed: bool,
    /// Ended as it should, without holes.
    pub complete: bool,
    /// It was not inflated: what it points back to is not known, or it does not inflate.
    pub opaque: bool,
    /// Payload bytes of its frames, as they announce it.
    pub length: u64,
    /// Bytes of the message; of a compressed one as far as it was inflated.
    pub inflated: u64,
}

/// All that was found.
#[derive(Debug, Default)]
pub struct Store {
    /// Frames in wire order.
    pub frames: Blocks<Frame>,
    /// Messages in the order in which they began.
    pub messages: Blocks<Message>,
    /// In the order found.
    pub violations: Blocks<Violation>,
    /// How many errors and warnings.
    pub errors: u32,
    /// See `errors`.
    pub warnings: u32,
}

impl Store {
    /// Notes a violation, and at its frame that there is one.
    pub fn violate(&mut self, violation: Violation) {
        let severity = violation.rule.describe().severity;
        let bit = match severity {
            Severity::Hint => flag::HINT,
            Severity::Warning => flag::WARNING,
            Severity::Error => flag::ERROR,
        };
        match severity {
            Severity::Hint => {}
            Severity::Warning => self.warnings += 1,
            Severity::Error => self.errors += 1,
        }
        if let Some(frame) = violation.frame.and_then(|frame| self.frames.get_mut(frame)) {
            frame.flags |= bit;
        }
        self.violations.push(violation);
    }

    /// The frames of a message, in order.
    pub fn frames_of(&self, message: &Message) -> impl Iterator<Item = (u32, &Frame)> {
        let mut next = message.first;
        std::iter::from_fn(move || {
            let number = next;
            let frame = self.frames.get(number)?;
            next = frame.next;
            Some((number, frame))
        })
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        self.frames.memory() + self.messages.memory() + self.violations.memory()
    }
}
