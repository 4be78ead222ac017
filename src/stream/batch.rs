//! What one call of the decoder gives: a table of records and the bytes they are about.

use crate::frame::Header;
use crate::{DataKind, Error, Opcode};

/// Most records of one batch. A decoder that has filled them returns early.
pub(crate) const MAX_RECORDS: usize = if cfg!(feature = "js") { 4096 } else { 512 };

/// Memory of a batch that is larger than this is let go after an input, in bytes. One read of a busy
/// socket needs less.
const SPARE_MAX: usize = 256 * 1024;

/// What a record is about: its first byte.
pub(crate) mod kind {
    pub(crate) const DATA: u8 = 0;
    pub(crate) const CLOSE: u8 = 1;
    pub(crate) const PING: u8 = 2;
    pub(crate) const PONG: u8 = 3;
    pub(crate) const FRAME: u8 = 4;
    pub(crate) const ERROR: u8 = 5;
}

/// Flags of a record of data: its second byte.
pub(crate) mod flag {
    /// Text, else binary.
    pub(crate) const TEXT: u8 = 1;
    /// Begins a message.
    pub(crate) const FIRST: u8 = 2;
    /// Ends a message.
    pub(crate) const LAST: u8 = 4;
    /// A whole message.
    pub(crate) const WHOLE: u8 = FIRST | LAST;
    /// Text that is all ASCII.
    pub(crate) const ASCII: u8 = 8;
    /// The bytes were not copied: `offset` is one in the input.
    pub(crate) const INPUT: u8 = 16;
    /// Text that the bindings have made UTF-16; `offset` and `length` count its units.
    #[cfg(feature = "js")]
    pub(crate) const UTF16: u8 = 32;
    /// With [`INPUT`]: the bytes lay beyond what the decoder was shown, and are masked with `key`.
    pub(crate) const MASKED: u8 = 64;
}

/// One thing that happened. The layout is fixed, because the bindings have it read from memory: that
/// of a C union of the variants, [`WORDS`](Self::WORDS) words of 32 bits, the first of which has the
/// kind in its lowest byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Record {
    /// Payload of a text or binary message: all of it, or a piece. Text is cut between code points
    /// only.
    Data {
        /// See [`flag`].
        flags: u8,
        /// So that the whole first word can be compared at once.
        zero: [u8; 2],
        /// Where the bytes begin: in [`Batch::bytes`], or in the input with [`flag::INPUT`].
        offset: u32,
        length: u32,
        /// Where in the batch the run of messages ends that this one belongs to; left to the bindings.
        run_end: u32,
        /// One more than where in the input the bytes lay, if they lay there side by side; else 0.
        source: u32,
        /// With [`flag::MASKED`], little-endian and turned to where the bytes begin; else 0.
        key: u32,
    } = kind::DATA,
    /// A close frame; the bytes are its reason. The two of its code, if there are any, stand before
    /// them.
    Close {
        offset: u32,
        length: u32,
        /// 1005 when the frame had none (RFC 6455 section 7.1.5).
        code: u32,
    } = kind::CLOSE,
    /// A ping and its payload.
    Ping { offset: u32, length: u32 } = kind::PING,
    /// A pong and its payload.
    Pong { offset: u32, length: u32 } = kind::PONG,
    /// A frame's header, before what the frame carries.
    Frame {
        header_len: u8,
        /// The header's first two bytes.
        head: [u8; 2],
        /// Where it began, relative to the input: negative when in an earlier one.
        begin: i32,
        /// The two halves of the payload's length.
        length_low: u32,
        length_high: u32,
        /// Little-endian; 0 when the frame is not masked, which the head tells.
        key: u32,
    } = kind::FRAME,
    /// The peer broke a rule: [`Batch::error`]. The last record ever.
    Error = kind::ERROR,
}

impl Record {
    /// How many words of 32 bits it takes.
    pub(crate) const WORDS: usize = 6;

    /// Of a frame's header of `len` bytes that began at `begin` in the input.
    pub(crate) fn frame(header: &Header, len: usize, begin: isize) -> Self {
        let (bytes, _) = header.encode();
        Self::Frame {
            header_len: len as u8,
            head: [bytes[0], bytes[1]],
            begin: begin as i32,
            length_low: header.length as u32,
            length_high: (header.length >> 32) as u32,
            key: u32::from_le_bytes(header.key.unwrap_or_default()),
        }
    }
}

const _: () = assert!(size_of::<Record>() == 4 * Record::WORDS);

/// What a [`Decoder`](super::Decoder) tells: what happened, with its bytes where they lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part<'a> {
    /// Payload of a text or binary message: all of it when it is both the first and the last,
    /// else a piece. Text is UTF-8 that is cut between code points only.
    Data {
        /// Text or binary.
        kind: DataKind,
        /// The payload, unmasked and inflated.
        bytes: &'a [u8],
        /// Begins a message.
        first: bool,
        /// Ends a message.
        last: bool,
        /// Text that is all ASCII; it may be so without being told.
        ascii: bool,
    },
    /// A close frame. Nothing after it is looked at.
    Close {
        /// [`NO_STATUS`](crate::close_code::NO_STATUS) when the frame had none.
        code: u16,
        /// UTF-8.
        reason: &'a [u8],
    },
    /// A ping and its payload.
    Ping(&'a [u8]),
    /// A pong and its payload.
    Pong(&'a [u8]),
    /// A frame's header, before what the frame carries, with [`Config::frames`](super::Config).
    Frame {
        /// Where it began, relative to the input: negative when in an earlier one.
        begin: i32,
        /// The header's length in bytes, key included.
        header_len: u8,
        /// The header.
        header: Header,
    },
    /// The peer broke a rule. The last part ever.
    Error(Error),
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
    /// The bytes that were given away last, which come back when no message holds them any more.
    #[cfg(feature = "bytes")]
    given: ::bytes::Bytes,
}

impl Batch {
    /// An empty batch that grows as needed.
    pub const fn new() -> Self {
        Self {
            records: Vec::new(),
            arena: Arena::new(),
            error: None,
            plain: Vec::new(),
            #[cfg(feature = "bytes")]
            given: ::bytes::Bytes::new(),
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
            #[cfg(feature = "bytes")]
            given: ::bytes::Bytes::new(),
        }
    }

    /// The most bytes that a batch of an input of this length holds, but for the slack: as many
    /// as the input has, unless it is compressed.
    pub(crate) const fn room(input: usize) -> usize {
        const LEAST: usize = 64 * 1024;
        if input < LEAST { LEAST } else { input }
    }

    /// The bytes that parts point into where those of the input were not what was meant.
    pub fn bytes(&self) -> &[u8] {
        &self.arena.buf[..self.arena.len]
    }

    /// What happened, in wire order. `input` is what the decoder was given.
    #[inline(always)]
    pub fn parts<'a>(&'a self, input: &'a [u8]) -> impl Iterator<Item = Part<'a>> {
        self.records
            .iter()
            .filter_map(|record| self.part(record, self.bytes(), input))
    }

    /// What a record tells, where the batch's own bytes are in `arena`.
    // Not through memory: what is written there in bytes and read in words makes the processor wait.
    #[inline(always)]
    pub(crate) fn part<'a>(
        &'a self,
        record: &Record,
        arena: &'a [u8],
        input: &'a [u8],
    ) -> Option<Part<'a>> {
        let bytes = |offset: u32, length: u32| {
            &arena[offset as usize..offset as usize + length as usize]
        };
        Some(match *record {
            Record::Data {
                flags,
                offset,
                length,
                ..
            } => Part::Data {
                kind: if flags & flag::TEXT != 0 {
                    DataKind::Text
                } else {
                    DataKind::Binary
                },
                bytes: if flags & flag::INPUT != 0 {
                    &input[offset as usize..offset as usize + length as usize]
                } else {
                    bytes(offset, length)
                },
                first: flags & flag::FIRST != 0,
                last: flags & flag::LAST != 0,
                ascii: flags & flag::ASCII != 0,
            },
            Record::Close {
                offset,
                length,
                code,
            } => Part::Close {
                code: code as u16,
                reason: bytes(offset, length),
            },
            Record::Ping { offset, length } => Part::Ping(bytes(offset, length)),
            Record::Pong { offset, length } => Part::Pong(bytes(offset, length)),
            Record::Frame {
                header_len,
                head: [b0, b1],
                begin,
                length_low,
                length_high,
                key,
            } => Part::Frame {
                begin,
                header_len,
                header: Header {
                    fin: b0 & 0x80 != 0,
                    rsv: b0 >> 4 & 7,
                    opcode: Opcode::from_bits(b0 & 15)?,
                    key: (b1 & 0x80 != 0).then(|| key.to_le_bytes()),
                    length: u64::from(length_high) << 32 | u64::from(length_low),
                },
            },
            Record::Error => Part::Error(self.error?),
        })
    }

    /// Lets go what a large input has made.
    pub(crate) fn shrink(&mut self) {
        self.clear();
        if self.arena.buf.len() > SPARE_MAX {
            self.arena.buf = Vec::new();
        }
        if self.plain.capacity() > SPARE_MAX {
            self.plain = Vec::new();
        }
        #[cfg(feature = "bytes")]
        if self.given.len() > SPARE_MAX {
            self.given = ::bytes::Bytes::new();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.records.clear();
        self.arena.len = 0;
        self.error = None;
    }
}

impl Record {
    /// The kind of a whole message and where its bytes are, if these are the batch's own.
    #[inline]
    pub(crate) fn whole(&self) -> Option<(DataKind, core::ops::Range<usize>)> {
        let Self::Data {
            flags,
            offset,
            length,
            ..
        } = *self
        else {
            return None;
        };
        if flags & (flag::WHOLE | flag::INPUT) != flag::WHOLE {
            return None;
        }
        let kind = match flags & flag::TEXT {
            0 => DataKind::Binary,
            _ => DataKind::Text,
        };
        Some((kind, offset as usize..offset as usize + length as usize))
    }
}

impl Batch {
    /// Where the last whole text in the batch's bytes ends, if there are several.
    pub(crate) fn texts_end(&self) -> Option<usize> {
        let text = |record: &Record| match record.whole() {
            Some((DataKind::Text, range)) => Some(range.end),
            _ => None,
        };
        let mut ends = self.records.iter().filter_map(text);
        ends.next()?;
        ends.next_back()
    }
}

#[cfg(feature = "bytes")]
impl Batch {
    /// Whether there are texts, and all data is ASCII.
    pub(crate) fn is_ascii(&self) -> bool {
        let mut data = self.records.iter().filter_map(|record| match record {
            Record::Data { flags, .. } => Some(flags & (flag::TEXT | flag::ASCII)),
            _ => None,
        });
        let ascii = flag::TEXT | flag::ASCII;
        data.next() == Some(ascii) && data.all(|flags| flags == ascii)
    }

    /// The batch's bytes, shared and counted, for its whole messages to be slices of. None where
    /// that saves nothing: there are not two, and they do not fill half of the memory.
    ///
    /// What is full goes away itself, so that nothing is copied, and what was given away before
    /// takes its place if all of its messages are gone. What is not full is copied, so that a
    /// message never holds more than twice of what came with it.
    pub(crate) fn share(&mut self) -> Option<::bytes::Bytes> {
        use ::bytes::Bytes;
        let mut wholes = self.records.iter().filter_map(Record::whole);
        wholes.next()?;
        let size = self.arena.buf.len();
        if self.arena.len < size / 2 {
            wholes.next()?;
            return Some(Bytes::copy_from_slice(self.bytes()));
        }
        let given = core::mem::take(&mut self.given);
        let spare = if given.len() == size && given.is_unique() {
            Vec::from(given)
        } else {
            vec![0; size]
        };
        self.given = core::mem::replace(&mut self.arena.buf, spare).into();
        Some(self.given.slice(..self.arena.len))
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
