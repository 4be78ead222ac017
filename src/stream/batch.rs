//! What one call of the decoder gives: a table of records and the bytes they speak of.

use crate::Error;
use crate::frame::Header;

/// Most records of one batch. A decoder that has filled them returns early.
pub(crate) const MAX_RECORDS: usize = 4096;

/// The largest memory that is kept between inputs, in bytes: enough for what one read of a busy
/// socket gives.
const KEPT: usize = 256 * 1024;

/// What a [`Record`] tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum Kind {
    /// Payload of a text or binary message: the whole message when both [`flag::FIRST`] and
    /// [`flag::LAST`] are set, else a piece of it. Text is cut between code points only.
    /// `a` is the length in bytes of the message so far, `b` where in the input the bytes lay
    /// side by side, if they did, and one more than that.
    Data = 0,
    /// A close frame: `a` is the code (1005 when the frame had none), the bytes are the reason. The
    /// code's two bytes, if there are any, stand before them.
    Close = 1,
    /// A ping and its payload.
    Ping = 2,
    /// A pong and its payload.
    Pong = 3,
    /// A frame's header, before what the frame carries: `offset` is where it began, relative
    /// to the input (negative when in an earlier one); `length` and `a` are the low and high
    /// half of the payload length, `b` the masking key in little-endian order, `head` the
    /// first two bytes, and `flags` the header's length.
    Frame = 4,
    /// The peer broke a rule. The last record ever; see [`Batch::error`].
    Error = 5,
}

/// Bits of [`Record::flags`] in a record of [`Kind::Data`].
pub mod flag {
    /// Text, else binary.
    pub const TEXT: u8 = 1;
    /// Begins a message.
    pub const FIRST: u8 = 2;
    /// Ends a message.
    pub const LAST: u8 = 4;
    /// Text that is all ASCII.
    pub const ASCII: u8 = 8;
    /// The bytes were not copied: `offset` is one in the input.
    pub const INPUT: u8 = 16;
    /// Not set by the core: text that the wasm bindings have made UTF-16.
    pub const UTF16: u8 = 32;
    /// Not set by [`Decoder::decode`](crate::stream::Decoder::decode), which sees all of its
    /// input: bytes that were left there unseen, and are masked still. `b` is the key, turned to
    /// where they begin, in little-endian order.
    pub const MASKED: u8 = 64;
}

/// One thing that happened. The layout is fixed: JavaScript reads it as five 32-bit words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Record {
    /// What it is.
    pub kind: Kind,
    /// See [`flag`] and [`Kind::Frame`].
    pub flags: u8,
    /// For [`Kind::Frame`] the first two bytes of the header.
    pub head: [u8; 2],
    /// Where the bytes begin: in [`Batch::bytes`], or in the input with [`flag::INPUT`].
    pub offset: u32,
    /// How many bytes there are.
    pub length: u32,
    /// See [`Kind`].
    pub a: u32,
    /// See [`Kind`].
    pub b: u32,
}

impl Record {
    pub(crate) const fn new(kind: Kind, offset: usize, length: usize) -> Self {
        Self {
            kind,
            flags: 0,
            head: [0; 2],
            offset: offset as u32,
            length: length as u32,
            a: 0,
            b: 0,
        }
    }

    /// The record of a frame's header of `len` bytes that began at `begin` in the input.
    pub(crate) fn frame(header: &Header, len: usize, begin: isize) -> Self {
        let mut record = Self::new(Kind::Frame, 0, 0);
        let (bytes, _) = header.encode();
        record.head = [bytes[0], bytes[1]];
        record.flags = len as u8;
        record.offset = begin as i32 as u32;
        record.length = header.length as u32;
        record.a = (header.length >> 32) as u32;
        record.b = u32::from_le_bytes(header.key.unwrap_or_default());
        record
    }
}

/// Records and their bytes. Made once and used for any number of streams: every call of
/// [`Decoder::decode`](super::Decoder::decode) clears it first.
#[derive(Debug, Default)]
pub struct Batch {
    pub(crate) records: Vec<Record>,
    pub(crate) arena: Arena,
    pub(crate) error: Option<Error>,
    /// Compressed payload between unmasking and inflating.
    pub(crate) plain: Vec<u8>,
}

impl Batch {
    /// An empty batch that grows as needed.
    pub const fn new() -> Self {
        Self {
            records: Vec::new(),
            arena: Arena::new(),
            error: None,
            plain: Vec::new(),
        }
    }

    /// A batch that never reallocates while the inputs are at most `input` bytes long.
    pub fn with_capacity(input: usize) -> Self {
        let mut arena = Arena::new();
        arena.buf.resize(Self::room(input) + ARENA_SLACK, 0);
        Self {
            records: Vec::with_capacity(MAX_RECORDS),
            arena,
            error: None,
            plain: Vec::new(),
        }
    }

    /// The most bytes that a batch of an input of this length holds, but for the slack: as many
    /// as the input has, unless it is compressed.
    pub(crate) const fn room(input: usize) -> usize {
        const LEAST: usize = 64 * 1024;
        if input < LEAST { LEAST } else { input }
    }

    /// What happened, in wire order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The unmasked bytes that the records point into.
    pub fn bytes(&self) -> &[u8] {
        &self.arena.buf[..self.arena.len]
    }

    /// The error behind a record of [`Kind::Error`].
    pub const fn error(&self) -> Option<Error> {
        self.error
    }

    /// Lets go what a large input has made.
    pub(crate) fn shrink(&mut self) {
        self.clear();
        if self.arena.buf.len() > KEPT {
            self.arena.buf = Vec::new();
        }
        if self.plain.capacity() > KEPT {
            self.plain = Vec::new();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.records.clear();
        self.arena.len = 0;
        self.error = None;
    }
}

/// What one input can add to the arena beyond its own length: the control payload and the
/// cut code point that earlier inputs left behind.
pub(crate) const ARENA_SLACK: usize = 128;

/// Bytes written one after the other. Unlike a `Vec` it does not clear what it hands out, so
/// that nothing is written twice.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    buf: Vec<u8>,
    len: usize,
}

impl Arena {
    const fn new() -> Self {
        Self {
            buf: Vec::new(),
            len: 0,
        }
    }

    #[inline]
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The next `len` bytes, to be overwritten.
    #[inline]
    pub(crate) fn room(&mut self, len: usize) -> &mut [u8] {
        let end = self.len + len;
        if end > self.buf.len() {
            self.buf.resize(end.max(self.buf.len() * 2), 0);
        }
        let room = &mut self.buf[self.len..end];
        self.len = end;
        room
    }

    /// Takes back what was written from `len` on.
    #[inline]
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    #[inline]
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.room(bytes.len()).copy_from_slice(bytes);
    }

    #[inline]
    pub(crate) fn slice(&self, start: usize, end: usize) -> &[u8] {
        &self.buf[start..end]
    }

    #[cfg(feature = "js")]
    pub(crate) fn as_ptr(&self) -> *const u8 {
        self.buf.as_ptr()
    }
}
