//! The bytes of one direction that have not become records yet, and where each came from.

use super::cipher::HEADER;
use crate::flow::{End, Source, Time};
use std::collections::VecDeque;

/// Content and what protects it are no longer than this (RFC 5246 section 6.2.3; TLS 1.3 allows
/// less).
const MAX_BODY: usize = (1 << 14) + 2048;

/// What came, in order.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// Offset behind it.
    end: u64,
    order: u64,
    time: Time,
    source: Source,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Bytes, the first of them at this offset.
    Bytes(u64),
    /// Bytes that are missing; offsets do not count them.
    Hole(u64),
    End(End),
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A record, header and body: its length in all.
    Record(usize),
    /// Bytes that are no record's start.
    Stray,
    /// `before` bytes of a record whose rest is missing, or nothing of it; `whole` is its length
    /// if that is known.
    Hole {
        before: usize,
        length: u64,
        whole: Option<usize>,
    },
    /// The end, and the bytes of a record before it.
    End(usize, End),
}

/// A queue of bytes.
#[derive(Debug, Default)]
pub struct Input {
    buffer: Vec<u8>,
    /// Where in the buffer the first byte is that was not taken.
    start: usize,
    /// Its offset, not counting holes.
    at: u64,
    pieces: VecDeque<Piece>,
}

impl Input {
    /// Bytes that wait.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// The same, to open a record where it is.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.buffer[self.start..]
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        self.buffer.capacity() + self.pieces.capacity() * size_of::<Piece>()
    }

    fn end(&self) -> u64 {
        self.at + self.bytes().len() as u64
    }

    pub fn push(&mut self, order: u64, time: Time, source: Source, bytes: &[u8]) {
        if self.start > 0 && self.start >= self.buffer.len() / 2 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        let kind = Kind::Bytes(self.end());
        self.buffer.extend_from_slice(bytes);
        self.piece(order, time, source, kind);
    }

    pub fn hole(&mut self, order: u64, time: Time, length: u64) {
        self.piece(order, time, Source::default(), Kind::Hole(length));
    }

    pub fn finish(&mut self, order: u64, time: Time, how: End) {
        self.piece(order, time, Source::default(), Kind::End(how));
    }

    fn piece(&mut self, order: u64, time: Time, source: Source, kind: Kind) {
        self.pieces.push_back(Piece {
            end: self.end(),
            order,
            time,
            source,
            kind,
        });
    }

    /// Bytes up to the next hole, or to the end of what is there.
    pub fn together(&self) -> &[u8] {
        let stop = self.stop().map_or(self.end(), |piece| piece.end);
        &self.bytes()[..(stop - self.at) as usize]
    }

    fn stop(&self) -> Option<&Piece> {
        let is_stop = |piece: &&Piece| !matches!(piece.kind, Kind::Bytes(_));
        // Holes are rare, and pieces few unless they wait for keys.
        self.pieces.iter().find(is_stop)
    }

    /// What comes next, and when it was complete. None while more must come.
    pub fn next(&self) -> Option<(u64, Next)> {
        let bytes = self.bytes();
        let stop = self.pieces.front()?;
        let whole = match bytes.first_chunk::<HEADER>() {
            _ if !matches!(stop.kind, Kind::Bytes(_)) => None,
            Some(header) => match body_length(*header) {
                Some(length) => Some(HEADER + length),
                None => {
                    let there = self.together();
                    if there.len() >= HEADER {
                        return Some((stop.order, Next::Stray));
                    }
                    None
                }
            },
            None => None,
        };
        // In the order of offsets, so the first one that reaches far enough, or stops it.
        for piece in &self.pieces {
            let before = (piece.end - self.at) as usize;
            match (piece.kind, whole) {
                (Kind::Bytes(_), Some(whole)) if before >= whole => {
                    return Some((piece.order, Next::Record(whole)));
                }
                (Kind::Bytes(_), _) => {}
                (Kind::Hole(length), _) => {
                    let whole = whole.filter(|_| before >= HEADER);
                    let hole = Next::Hole {
                        before,
                        length,
                        whole,
                    };
                    return Some((piece.order, hole));
                }
                (Kind::End(how), _) => return Some((piece.order, Next::End(before, how))),
            }
        }
        None
    }

    /// Where the bytes from `from` to `to`, counted from here, came from: the first of them, the
    /// last of them, and the time of the last.
    pub fn place(&self, from: usize, to: usize) -> (Source, Source, Time) {
        let piece_of = |offset: u64| {
            let mut all = self.pieces.iter();
            all.find(|piece| matches!(piece.kind, Kind::Bytes(start) if start <= offset && offset < piece.end))
        };
        let first = piece_of(self.at + from as u64);
        let last = piece_of(self.at + (to as u64).max(1) - 1);
        let source = |piece: Option<&Piece>, offset: u64| match piece {
            Some(Piece {
                source,
                kind: Kind::Bytes(start),
                ..
            }) => Source {
                offset: source.offset + (offset - start),
                ..*source
            },
            _ => Source::default(),
        };
        (
            source(first, self.at + from as u64),
            source(last, self.at + (to as u64).max(1) - 1),
            last.map_or(0, |piece| piece.time),
        )
    }

    /// The time of what comes first.
    pub fn time(&self) -> Time {
        self.pieces.front().map_or(0, |piece| piece.time)
    }

    /// Takes `count` bytes.
    pub fn take(&mut self, count: usize) {
        self.start += count;
        self.at += count as u64;
        while let Some(piece) = self.pieces.front() {
            if !matches!(piece.kind, Kind::Bytes(_)) || piece.end > self.at {
                break;
            }
            self.pieces.pop_front();
        }
        if self.start == self.buffer.len() {
            self.buffer.clear();
            self.start = 0;
        }
    }

    /// Takes the bytes before a hole or the end, and that, too.
    pub fn take_stop(&mut self) {
        if let Some(end) = self.stop().map(|piece| piece.end) {
            self.take((end - self.at) as usize);
            self.pieces.pop_front();
        }
    }

    /// The time of the first hole, or of the end.
    pub fn stop_time(&self) -> Time {
        self.stop().map_or(0, |piece| piece.time)
    }

    /// Lets go of everything but the end.
    pub fn forget_bytes(&mut self) {
        let end = self.end();
        let ends = self
            .pieces
            .iter()
            .filter(|piece| matches!(piece.kind, Kind::End(_)));
        let pieces = ends.map(|piece| Piece { end, ..*piece }).collect();
        *self = Self {
            at: end,
            pieces,
            ..Self::default()
        };
    }
}

/// The length of a record's body; none when this is no header of one.
pub fn body_length(header: [u8; HEADER]) -> Option<usize> {
    match header {
        [20..=24, 3, 0..=4, high, low] => {
            let length = usize::from(u16::from_be_bytes([high, low]));
            (length <= MAX_BODY).then_some(length)
        }
        _ => None,
    }
}
