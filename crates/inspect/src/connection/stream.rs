//! The bytes of one direction, as they came in, and when and where.

use crate::flow::{Source, Time};

/// Bytes that came together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// The first of them.
    pub offset: u64,
    /// When.
    pub time: Time,
    /// Where from.
    pub source: Source,
}

/// Bytes that are missing.
#[derive(Debug, Clone, Copy)]
struct Hole {
    offset: u64,
    length: u64,
    /// Where in memory.
    at: usize,
}

impl Hole {
    const fn end(&self) -> u64 {
        self.offset + self.length
    }
}

/// A stream with holes. Offsets count the holes, memory does not hold them.
#[derive(Debug, Default)]
pub struct Stream {
    bytes: Vec<u8>,
    /// Offset of the first byte held.
    base: u64,
    /// Offset behind the last byte.
    end: u64,
    holes: Vec<Hole>,
    segments: Vec<Segment>,
}

impl Stream {
    /// Offset behind the last byte.
    pub const fn end(&self) -> u64 {
        self.end
    }

    /// Bytes of memory.
    pub const fn memory(&self) -> usize {
        self.bytes.capacity()
            + self.segments.capacity() * size_of::<Segment>()
            + self.holes.capacity() * size_of::<Hole>()
    }

    /// How many bytes [`push`](Self::push) may take from the system for these.
    pub const fn growth(&self, length: usize) -> usize {
        let free = self.bytes.capacity() - self.bytes.len();
        if length <= free {
            0
        } else if length > self.bytes.capacity() {
            length
        } else {
            self.bytes.capacity()
        }
    }

    pub fn push(&mut self, time: Time, source: Source, bytes: &[u8]) {
        // What overtook a late segment could not be read before that came.
        let time = self
            .segments
            .last()
            .map_or(time, |last| last.time.max(time));
        let follows = self.segments.last().is_some_and(|last| {
            let (one, other) = (last.source, source);
            last.time == time && one.packet == other.packet && one.record == other.record
        });
        if !follows {
            self.segments.push(Segment {
                offset: self.end,
                time,
                source,
            });
        }
        self.bytes.extend_from_slice(bytes);
        self.end += bytes.len() as u64;
    }

    pub fn hole(&mut self, length: u64) {
        let at = self.bytes.len();
        self.holes.push(Hole {
            offset: self.end,
            length,
            at,
        });
        self.end = self.end.saturating_add(length);
    }

    /// Lets go of all that is before this offset, or of everything.
    pub fn forget(&mut self, before: u64) {
        let Some(at) = self.place(before.min(self.end)) else {
            return;
        };
        self.bytes.drain(..at.min(self.bytes.len()));
        self.bytes.shrink_to_fit();
        self.base = before.min(self.end);
        self.holes.retain(|hole| hole.offset >= before);
        for hole in &mut self.holes {
            hole.at -= at;
        }
        let keep = self.segment_index(before);
        self.segments.drain(..keep);
        self.segments.shrink_to_fit();
    }

    /// Takes back all from this offset on.
    pub fn truncate(&mut self, offset: u64) {
        if let Some(at) = self.place(offset).filter(|_| offset < self.end) {
            self.bytes.truncate(at);
            self.holes.retain(|hole| hole.end() <= offset);
            self.segments.retain(|segment| segment.offset < offset);
            self.end = offset;
        }
    }

    /// Where in memory an offset is. None when it was let go.
    fn place(&self, offset: u64) -> Option<usize> {
        let at = offset.checked_sub(self.base)?;
        let before = self.holes.partition_point(|hole| hole.offset < offset);
        Some(
            match before.checked_sub(1).map(|index| &self.holes[index]) {
                Some(hole) => hole.at + offset.saturating_sub(hole.end()) as usize,
                None => at as usize,
            },
        )
    }

    /// The hole that this offset is in, or else the next one.
    fn next_hole(&self, offset: u64) -> Option<&Hole> {
        self.holes
            .get(self.holes.partition_point(|hole| hole.end() <= offset))
    }

    /// The bytes from an offset on, up to the next hole or the end.
    #[inline]
    pub fn from(&self, offset: u64) -> &[u8] {
        if self.holes.is_empty() {
            let at = offset.wrapping_sub(self.base) as usize;
            return self.bytes.get(at..).unwrap_or_default();
        }
        let Some(at) = self.place(offset) else {
            return &[];
        };
        let end = match self.next_hole(offset) {
            Some(hole) if hole.offset <= offset => at,
            Some(hole) => hole.at,
            None => self.bytes.len(),
        };
        self.bytes.get(at..end).unwrap_or_default()
    }

    /// At most `length` bytes from an offset on, up to the next hole or the end.
    #[inline]
    pub fn read(&self, offset: u64, length: u64) -> &[u8] {
        let bytes = self.from(offset);
        &bytes[..usize::try_from(length).map_or(bytes.len(), |length| length.min(bytes.len()))]
    }

    /// How many bytes are missing from this offset on.
    pub fn hole_at(&self, offset: u64) -> u64 {
        match self.next_hole(offset) {
            Some(hole) if hole.offset <= offset => hole.end() - offset,
            _ => 0,
        }
    }

    /// Nothing of it was let go.
    pub const fn is_whole(&self) -> bool {
        self.base == 0
    }

    /// What came in together from an offset on, up to the next hole, and how many bytes are
    /// missing before it. None at the end.
    pub fn next_piece(&self, offset: u64) -> Option<(u64, &Segment, &[u8])> {
        let hole = self.hole_at(offset);
        let at = offset.saturating_add(hole);
        let index = self.segment_index(at);
        let segment = self.segments.get(index)?;
        let end = self
            .segments
            .get(index + 1)
            .map_or(self.end, |next| next.offset);
        let bytes = self.read(at, end.saturating_sub(at));
        (hole > 0 || !bytes.is_empty()).then_some((hole, segment, bytes))
    }

    fn segment_index(&self, offset: u64) -> usize {
        self.segments
            .partition_point(|segment| segment.offset <= offset)
            .saturating_sub(1)
    }

    /// Where what came in together begins, from an offset on.
    pub fn starts_from(&self, offset: u64) -> impl Iterator<Item = u64> {
        let first = self
            .segments
            .partition_point(|segment| segment.offset < offset);
        self.segments[first..].iter().map(|segment| segment.offset)
    }

    /// What the byte at this offset came with.
    pub fn segment(&self, offset: u64) -> Option<&Segment> {
        self.segments.get(self.segment_index(offset))
    }

    /// The same, from what was found for an earlier offset: `hint` is set to where to go on.
    #[inline]
    pub fn time_from(&self, hint: &mut usize, offset: u64) -> Time {
        if self
            .segments
            .get(*hint)
            .is_none_or(|segment| segment.offset > offset)
        {
            *hint = self.segment_index(offset);
        }
        while self
            .segments
            .get(*hint + 1)
            .is_some_and(|next| next.offset <= offset)
        {
            *hint += 1;
        }
        self.segments.get(*hint).map_or(0, |segment| segment.time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(packet: u32) -> Source {
        Source {
            packet,
            ..Source::default()
        }
    }

    #[test]
    fn holes_count_and_are_not_held() {
        let mut stream = Stream::default();
        stream.push(1, at(1), b"abc");
        stream.hole(5);
        stream.push(2, at(2), b"def");
        stream.push(2, at(2), b"g");
        assert_eq!(stream.end(), 12);
        assert_eq!(stream.from(1), b"bc");
        assert_eq!((stream.from(3), stream.hole_at(3)), (&b""[..], 5));
        assert_eq!((stream.from(5), stream.hole_at(5)), (&b""[..], 3));
        assert_eq!(stream.read(8, 3), b"def");
        assert_eq!(stream.from(12), b"");
        assert_eq!(stream.from(99), b"");
        assert_eq!(stream.segment(9).unwrap().source.packet, 2);
        let mut pieces = Vec::new();
        let mut offset = 0;
        while let Some((hole, segment, bytes)) = stream.next_piece(offset) {
            pieces.push((hole, segment.time, bytes));
            offset += hole + bytes.len() as u64;
        }
        assert_eq!(pieces, [(0, 1, &b"abc"[..]), (5, 2, b"defg")]);
        stream.forget(9);
        assert_eq!(stream.from(9), b"efg");
        assert_eq!(stream.from(2), b"");
        assert_eq!(stream.segment(10).unwrap().time, 2);
    }
}
