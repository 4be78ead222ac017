//! One direction of a connection: segments in, bytes in order out. The first bytes that were
//! seen count.

use super::super::notes::{NoteKind, Notes};
use super::super::packet::Segment;
use super::history::History;
use crate::flow::{Direction, End, FlowId, FlowSink, Source, Time};
use std::collections::BTreeMap;

/// Memory for segments that wait for those before them. When they take more, the first hole is
/// given up.
pub(super) const MAX_HELD: usize = 4 << 20;

/// What a waiting segment takes besides its bytes, about.
pub(super) const OVERHEAD: usize = 128;

/// Segments further ahead than this are not this stream's. No window is larger (RFC 7323
/// section 2.3).
const MAX_AHEAD: i64 = 1 << 30;

/// How many more packets of the connection a hole stays open for once the other side has
/// acknowledged what is in it. Where several queues are recorded, an acknowledgement may stand
/// before what it acknowledges.
const PATIENCE: u8 = 8;

/// How far behind an acknowledgement the first segment that was seen may begin for the stream to
/// begin there.
const MAX_FIRST_HOLE: u32 = 1 << 20;

/// Where a direction's bytes go.
pub(super) struct Out<'a> {
    pub flow: FlowId,
    pub direction: Direction,
    pub sink: &'a mut dyn FlowSink,
    /// Memory of segments that wait, in all connections.
    pub held: &'a mut usize,
}

/// Positions count bytes from the first one that is told, or from the SYN.
#[derive(Debug, Default)]
pub(super) struct Half {
    started: bool,
    /// The position of the next byte to tell, and its sequence number.
    next: u64,
    sequence: u32,
    /// The sequence number of the SYN.
    pub initial: Option<u32>,
    /// What the other side has acknowledged last.
    pub acknowledged: Option<u32>,
    /// The same as a position, where it is furthest. Valid once started.
    acknowledged_to: u64,
    fin: Option<u64>,
    /// Segments after a hole, by position. They do not overlap.
    held: BTreeMap<u64, Held>,
    held_size: usize,
    impatience: u8,
    pub ended: bool,
    pub history: Option<History>,
}

#[derive(Debug)]
struct Held {
    bytes: Vec<u8>,
    cut: u32,
    time: Time,
    source: Source,
}

impl Held {
    fn piece(&self) -> Piece<'_> {
        Piece {
            bytes: &self.bytes,
            time: self.time,
            source: self.source,
        }
    }
}

/// Bytes of a segment.
#[derive(Clone, Copy)]
struct Piece<'a> {
    bytes: &'a [u8],
    time: Time,
    source: Source,
}

impl<'a> Piece<'a> {
    fn split(self, at: usize) -> (Self, Self) {
        let (before, after) = self.bytes.split_at(at.min(self.bytes.len()));
        let mut later = self.source;
        if later.offset != 0 {
            later.offset += before.len() as u64;
        }
        (
            Self {
                bytes: before,
                ..self
            },
            Self {
                bytes: after,
                source: later,
                ..self
            },
        )
    }
}

impl Half {
    /// How far from the next byte a sequence number is.
    pub fn distance(&self, sequence: u32) -> i64 {
        if !self.started {
            return 0;
        }
        i64::from(sequence.wrapping_sub(self.sequence) as i32)
    }

    /// The sequence number of position 0, if it is known.
    pub fn first(&self) -> Option<u32> {
        let first = self.sequence.wrapping_sub(self.next as u32);
        self.started.then_some(first)
    }

    /// Memory of the segments that wait.
    pub const fn held_size(&self) -> usize {
        self.held_size
    }

    fn position(&self, sequence: u32) -> i64 {
        self.next as i64 + self.distance(sequence)
    }

    /// A SYN.
    pub fn begin(&mut self, sequence: u32) {
        if self.initial.is_none() {
            self.initial = Some(sequence);
            self.start(sequence.wrapping_add(1));
        }
    }

    fn start(&mut self, sequence: u32) {
        if !self.started {
            self.started = true;
            self.sequence = sequence;
            if let Some(acknowledged) = self.acknowledged {
                self.acknowledge(acknowledged);
            }
        }
    }

    /// Data of which the capture missed the beginning. What the other side has acknowledged says
    /// where it was.
    fn start_in_the_middle(&mut self, sequence: u32, length: usize) {
        let start = match self.acknowledged {
            Some(expected) if sequence.wrapping_sub(expected) < MAX_FIRST_HOLE => expected,
            // A probe whether the other side is alive (RFC 9293 section 3.8.4).
            Some(expected) if length <= 1 && sequence.wrapping_add(1) == expected => expected,
            _ => sequence,
        };
        self.start(start);
    }

    pub fn acknowledge(&mut self, sequence: u32) {
        self.acknowledged = Some(sequence);
        let distance = self.distance(sequence);
        if self.started && 0 < distance && distance <= MAX_AHEAD {
            let position = self.next + distance as u64;
            self.acknowledged_to = self.acknowledged_to.max(position);
        }
    }

    /// The payload of a segment.
    pub fn data(&mut self, segment: &Segment, notes: &mut Notes, out: Option<&mut Out>) {
        let Some(out) = out else { return };
        let first = segment.sequence.wrapping_add(u32::from(segment.syn));
        if !self.started {
            self.start_in_the_middle(first, segment.payload.len());
        }
        let piece = Piece {
            bytes: segment.payload,
            time: segment.time,
            source: segment.source,
        };
        let ahead = self.distance(first);
        let old = usize::try_from(ahead.saturating_neg()).unwrap_or(0);
        let (again, new) = piece.split(old);
        if !again.bytes.is_empty() {
            self.repeated(again, old, notes);
        }
        if new.bytes.is_empty() {
            return;
        }
        let position = self.next + ahead.max(0) as u64;
        let after_end = self.ended || self.fin.is_some_and(|fin| position >= fin);
        if after_end || ahead > MAX_AHEAD {
            notes.add(NoteKind::OutOfPlace, segment.source);
        } else if position == self.next {
            self.impatience = 0;
            self.tell_new(new, notes, out);
            self.tell_held(out);
            if position + new.bytes.len() as u64 == self.next {
                self.skip_cut(segment.cut, segment.time, out);
            }
        } else {
            self.hold(position, new, segment.cut, notes, out);
        }
    }

    /// Bytes that were told before. `back` is how long ago the first of them was.
    fn repeated(&self, piece: Piece, back: usize, notes: &mut Notes) {
        let bytes = piece.bytes;
        if self.initial.is_none() && back as u64 > self.next {
            return notes.add(NoteKind::BeforeStart, piece.source);
        }
        // A probe whether the other side is alive carries one byte of any value.
        let probe = back == 1 && bytes.len() == 1;
        let history = self.history.as_ref();
        if !probe && history.is_some_and(|history| !history.may_have(back as u64, bytes)) {
            notes.add(NoteKind::Overlap, piece.source);
        }
    }

    /// Tells bytes that begin at `next`, up to where others were seen first.
    fn tell_new(&mut self, mut piece: Piece, notes: &mut Notes, out: &mut Out) {
        while !piece.bytes.is_empty() {
            let free = match self.held.first_key_value() {
                Some((&start, _)) => (start - self.next) as usize,
                None => piece.bytes.len(),
            };
            let (before, after) = piece.split(free);
            self.tell(before, out);
            piece = after;
            if piece.bytes.is_empty() {
                return;
            }
            let Some(held) = self.take_first(out) else {
                return;
            };
            let (same, after) = piece.split(held.bytes.len());
            if !held.bytes.starts_with(same.bytes) {
                notes.add(NoteKind::Overlap, piece.source);
            }
            self.tell(held.piece(), out);
            piece = after;
            if piece.bytes.is_empty() {
                self.skip_cut(held.cut, held.time, out);
            }
        }
    }

    /// Tells what waited for `next`.
    fn tell_held(&mut self, out: &mut Out) {
        while self
            .held
            .first_key_value()
            .is_some_and(|(&start, _)| start == self.next)
        {
            if let Some(held) = self.take_first(out) {
                self.tell(held.piece(), out);
                self.skip_cut(held.cut, held.time, out);
            }
        }
    }

    fn take_first(&mut self, out: &mut Out) -> Option<Held> {
        let (_, held) = self.held.pop_first()?;
        let size = held.bytes.len() + OVERHEAD;
        self.held_size -= size;
        *out.held -= size;
        Some(held)
    }

    fn tell(&mut self, piece: Piece, out: &mut Out) {
        let bytes = piece.bytes;
        if bytes.is_empty() {
            return;
        }
        out.sink
            .data(out.flow, out.direction, piece.time, piece.source, bytes);
        if let Some(history) = &mut self.history {
            history.push(bytes);
        }
        self.advance(bytes.len() as u64);
    }

    fn advance(&mut self, length: u64) {
        self.next += length;
        self.sequence = self.sequence.wrapping_add(length as u32);
    }

    /// Bytes that were on the wire and are not in the capture: nothing will bring them, unless
    /// they were sent again already.
    fn skip_cut(&mut self, cut: u32, time: Time, out: &mut Out) {
        let free = match self.held.first_key_value() {
            Some((&start, _)) => start - self.next,
            None => u64::from(cut),
        };
        self.gap(free.min(u64::from(cut)), time, out);
    }

    fn gap(&mut self, length: u64, time: Time, out: &mut Out) {
        if length == 0 {
            return;
        }
        out.sink.gap(out.flow, out.direction, time, length);
        if let Some(history) = &mut self.history {
            history.interrupt();
        }
        self.advance(length);
    }

    /// Keeps bytes for later: those that were not seen yet.
    fn hold(
        &mut self,
        mut position: u64,
        mut piece: Piece,
        mut cut: u32,
        notes: &mut Notes,
        out: &mut Out,
    ) {
        let mut differs = false;
        // One that begins before, and reaches to here.
        let before = self.held.range(..=position).next_back();
        if let Some((&start, held)) = before {
            let end = start + held.bytes.len() as u64;
            if end > position {
                let known = &held.bytes[(position - start) as usize..];
                let (same, after) = piece.split(known.len());
                differs |= !known.starts_with(same.bytes);
                position = end;
                piece = after;
            }
        }
        while !piece.bytes.is_empty() {
            let end = position + piece.bytes.len() as u64;
            let Some((&start, held)) = self.held.range(position..end).next() else {
                self.insert(position, piece, cut, out);
                break;
            };
            let known = held.bytes.len();
            let (free, rest) = piece.split((start - position) as usize);
            let (same, after) = rest.split(known);
            differs |= !held.bytes.starts_with(same.bytes);
            if !free.bytes.is_empty() {
                self.insert(position, free, 0, out);
            }
            position = start + known as u64;
            piece = after;
            if piece.bytes.is_empty() {
                cut = 0;
            }
        }
        if differs {
            notes.add(NoteKind::Overlap, piece.source);
        }
        while self.held_size > MAX_HELD {
            notes.add(NoteKind::Memory, piece.source);
            self.give_up_hole(piece.time, out);
        }
    }

    fn insert(&mut self, position: u64, piece: Piece, cut: u32, out: &mut Out) {
        let held = Held {
            bytes: piece.bytes.to_vec(),
            cut,
            time: piece.time,
            source: piece.source,
        };
        let size = held.bytes.len() + OVERHEAD;
        self.held_size += size;
        *out.held += size;
        self.held.insert(position, held);
    }

    pub fn fin(&mut self, segment: &Segment) {
        let length = segment.payload.len() as u32 + segment.cut + u32::from(segment.syn);
        let last = segment.sequence.wrapping_add(length);
        if !self.started {
            self.start(last);
        }
        let position = self.position(last);
        if self.fin.is_none() && position >= self.next as i64 {
            self.fin = Some(position as u64);
        }
    }

    /// After a packet of the connection: ends what is complete, and gives up a hole that the
    /// other side has acknowledged.
    pub fn settle(&mut self, segment: &Segment, mut out: Option<&mut Out>) {
        if self.ended {
            return;
        }
        if let (Some(end), Some(out)) = (self.hole_end(), out.as_deref_mut())
            && self.acknowledged_to >= end
        {
            self.impatience += 1;
            if self.impatience > PATIENCE {
                self.give_up_hole(segment.time, out);
            }
        }
        self.end_at_fin(segment.time, out);
    }

    fn end_at_fin(&mut self, time: Time, out: Option<&mut Out>) {
        if self.fin == Some(self.next) && !self.ended {
            self.ended = true;
            if let Some(out) = out {
                // Whatever claims to lie behind it.
                while self.take_first(out).is_some() {}
                out.sink.end(out.flow, out.direction, time, End::Fin);
            }
        }
    }

    /// Bytes are missing that may still come.
    pub fn waits(&self) -> bool {
        !self.ended && self.hole_end().is_some()
    }

    /// Where the first hole ends: at a segment that waits, or at the end of the stream.
    fn hole_end(&self) -> Option<u64> {
        let held = self.held.first_key_value().map(|(&start, _)| start);
        held.or(self.fin.filter(|&fin| fin > self.next))
    }

    fn give_up_hole(&mut self, time: Time, out: &mut Out) {
        self.impatience = 0;
        if let Some(end) = self.hole_end() {
            self.gap(end - self.next, time, out);
            self.tell_held(out);
        }
    }

    /// Tells all that waits, with gaps between.
    pub fn give_up(&mut self, time: Time, out: &mut Out) {
        while !self.held.is_empty() {
            self.give_up_hole(time, out);
        }
    }

    /// The capture is over, or the connection is.
    pub fn finish(&mut self, time: Time, out: &mut Out) {
        self.give_up(time, out);
        if self.ended {
            return;
        }
        let fin = self.fin.filter(|&fin| fin >= self.next);
        let end = fin.unwrap_or_else(|| {
            // One byte more than was seen is a FIN that was not.
            let seen = self.next + 1;
            if self.acknowledged_to > seen {
                self.acknowledged_to
            } else {
                self.next
            }
        });
        self.gap(end - self.next, time, out);
        self.end_at_fin(time, Some(out));
        if !self.ended {
            self.ended = true;
            out.sink.end(out.flow, out.direction, time, End::Cut);
        }
    }
}
