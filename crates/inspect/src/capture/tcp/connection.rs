//! One connection: which end is the client, when it begins and ends, which segment belongs.

use super::super::notes::{NoteKind, Notes};
use super::super::packet::{End as SocketEnd, Segment};
use super::Shared;
use super::half::{Half, MAX_HELD, Out};
use super::history::History;
use super::queue::Queue;
use crate::flow::{Content, Direction, End, Endpoint, FlowId, FlowSink, Opened, Time};

/// Connections that keep a [`History`] at the same time. Others are not compared with what is
/// sent again.
const MAX_HISTORIES: usize = 512;

/// How far a segment may lie from the rest of a connection that has ended and still belong to it,
/// in bytes. Beyond, it is one of a new connection of which the capture missed the start.
const STRAY: u64 = 16 << 20;

#[derive(Debug)]
pub(super) struct Connection {
    /// As the key of the map has them. `halves` are what each of them sends.
    ends: [SocketEnd; 2],
    halves: [Half; 2],
    /// The side that sent a SYN, or was sent the answer to one.
    client: Option<usize>,
    flow: Option<FlowId>,
    /// Which side is the client, as the sink was told.
    client_told: usize,
    first_time: Time,
    pub first_packet: u32,
    pub last_time: Time,
    pub last_packet: u32,
    reset: bool,
    /// What both directions tell while one of them waits.
    queue: Queue,
}

impl Connection {
    pub fn new(ends: [SocketEnd; 2], first: &Segment) -> Self {
        Self {
            ends,
            halves: [Half::default(), Half::default()],
            client: None,
            flow: None,
            client_told: 0,
            first_time: first.time,
            first_packet: first.source.packet,
            last_time: first.time,
            last_packet: first.source.packet,
            reset: false,
            queue: Queue::default(),
        }
    }

    fn is_closed(&self) -> bool {
        self.reset || self.halves.iter().all(|half| half.ended)
    }

    /// The segment is the first of a later connection between the same ends.
    pub fn is_over_by(&self, side: usize, segment: &Segment) -> bool {
        let half = &self.halves[side];
        if !segment.syn {
            let far = half.distance(segment.sequence).unsigned_abs() > STRAY;
            return self.is_closed() && !segment.payload.is_empty() && far;
        }
        if self.reset {
            return true;
        }
        if let Some(initial) = half.initial {
            return initial != segment.sequence;
        }
        // Its SYN was not seen before: it may have been recorded late.
        let first = segment.sequence.wrapping_add(1);
        match (half.first(), half.acknowledged) {
            (Some(seen), _) => seen != first,
            (None, Some(acknowledged)) => acknowledged != first,
            (None, None) => self.is_closed() || !self.is_answered_by(side, segment),
        }
    }

    /// A SYN with an acknowledgement that fits the SYN of the other side, perhaps with data.
    fn is_answered_by(&self, side: usize, segment: &Segment) -> bool {
        let (initial, acknowledged) = (self.halves[1 - side].initial, segment.acknowledges);
        let (Some(initial), Some(acknowledged)) = (initial, acknowledged) else {
            return false;
        };
        (1..0x1_0000).contains(&acknowledged.wrapping_sub(initial))
    }

    pub fn segment(
        &mut self,
        side: usize,
        segment: &Segment,
        shared: &mut Shared,
        notes: &mut Notes,
        sink: &mut dyn FlowSink,
    ) {
        self.in_order(segment.source.packet, shared, sink, |own, shared, sink| {
            own.take(side, segment, shared, notes, sink);
        });
    }

    /// While a direction waits, both go into the queue.
    fn in_order(
        &mut self,
        packet: u32,
        shared: &mut Shared,
        sink: &mut dyn FlowSink,
        work: impl FnOnce(&mut Self, &mut Shared, &mut dyn FlowSink),
    ) {
        if self.queue.is_empty() && !self.waits() {
            return work(self, shared, sink);
        }
        let mut queue = core::mem::take(&mut self.queue);
        let before = queue.size;
        queue.packet = packet;
        work(self, shared, &mut queue);
        shared.held = shared.held + queue.size - before;
        // When that takes too much memory, order is what is given up, not bytes.
        let held: usize = self.halves.iter().map(Half::held_size).sum();
        if !self.waits() || queue.size + held > MAX_HELD {
            shared.held -= queue.size;
            if let Some(flow) = self.flow {
                queue.flush(flow, sink);
            }
        }
        self.queue = queue;
    }

    fn waits(&self) -> bool {
        !self.reset && self.flow.is_some() && self.halves.iter().any(Half::waits)
    }

    fn take(
        &mut self,
        side: usize,
        segment: &Segment,
        shared: &mut Shared,
        notes: &mut Notes,
        sink: &mut dyn FlowSink,
    ) {
        self.last_packet = segment.source.packet;
        self.last_time = segment.time;
        if segment.syn {
            let client = if segment.acknowledges.is_some() {
                1 - side
            } else {
                side
            };
            self.client.get_or_insert(client);
            self.halves[side].begin(segment.sequence);
        }
        if segment.reset {
            return self.reset(side, segment, shared, sink);
        }
        if let Some(acknowledged) = segment.acknowledges {
            self.halves[1 - side].acknowledge(acknowledged);
        }
        if !segment.payload.is_empty() {
            if self.reset || (self.flow.is_none() && self.is_closed()) {
                notes.add(NoteKind::OutOfPlace, segment.source);
                return;
            }
            self.open(side, shared, sink);
            let mut out = self.out(side, shared, sink);
            let half = &mut self.halves[side];
            half.data(segment, notes, out.as_mut());
        }
        if segment.fin {
            self.halves[side].fin(segment);
        }
        for side in [1 - side, side] {
            let mut out = self.out(side, shared, sink);
            self.halves[side].settle(segment, out.as_mut());
        }
        if self.is_closed() {
            self.forget(shared);
        }
    }

    /// Tells the sink of the connection, with its first byte. Without one it is no matter of
    /// anybody, and scans of ports are many.
    fn open(&mut self, sender: usize, shared: &mut Shared, sink: &mut dyn FlowSink) {
        if self.flow.is_some() {
            return;
        }
        let client = self.client.unwrap_or_else(|| self.guess_client(sender));
        let endpoint = |(address, port): SocketEnd| Endpoint {
            address: address.to_string(),
            port,
        };
        self.client_told = client;
        self.flow = Some(sink.open(Opened {
            client: endpoint(self.ends[client]),
            server: endpoint(self.ends[1 - client]),
            time: self.first_time,
            client_known: self.client.is_some(),
            from_start: self.client.is_some(),
            content: Content::Unknown,
            ..Opened::default()
        }));
        if shared.histories < MAX_HISTORIES {
            shared.histories += 1;
            for half in &mut self.halves {
                half.history = Some(History::default());
            }
        }
    }

    /// Servers have the lower port. Where both are the same, whoever speaks first is the client.
    fn guess_client(&self, sender: usize) -> usize {
        match self.ends[0].1.cmp(&self.ends[1].1) {
            core::cmp::Ordering::Less => 1,
            core::cmp::Ordering::Greater => 0,
            core::cmp::Ordering::Equal => sender,
        }
    }

    fn direction(&self, side: usize) -> Direction {
        if side == self.client_told {
            Direction::ClientToServer
        } else {
            Direction::ServerToClient
        }
    }

    fn out<'a>(
        &self,
        side: usize,
        shared: &'a mut Shared,
        sink: &'a mut dyn FlowSink,
    ) -> Option<Out<'a>> {
        Some(Out {
            flow: self.flow?,
            direction: self.direction(side),
            sink,
            held: &mut shared.held,
        })
    }

    /// RFC 5961 section 3 wants a reset to fit to the byte; who records sees less than the
    /// receiver, so near is enough. One from nowhere is somebody's attack.
    fn reset(
        &mut self,
        side: usize,
        segment: &Segment,
        shared: &mut Shared,
        sink: &mut dyn FlowSink,
    ) {
        let far = self.halves[side].distance(segment.sequence).unsigned_abs() > STRAY;
        if self.reset || (far && segment.sequence != 0) {
            return;
        }
        self.reset = true;
        self.tell_all(segment.time, shared, sink);
        let open = [side, 1 - side]
            .into_iter()
            .find(|&side| !self.halves[side].ended);
        if let (Some(flow), Some(side)) = (self.flow, open) {
            sink.end(flow, self.direction(side), segment.time, End::Reset);
        }
        for half in &mut self.halves {
            half.ended = true;
        }
        self.forget(shared);
    }

    /// What was held back is told, with gaps for what is missing.
    pub fn give_up(&mut self, time: Time, shared: &mut Shared, sink: &mut dyn FlowSink) {
        self.in_order(self.last_packet, shared, sink, |own, shared, sink| {
            own.tell_all(time, shared, sink);
        });
    }

    fn tell_all(&mut self, time: Time, shared: &mut Shared, sink: &mut dyn FlowSink) {
        for side in [0, 1] {
            if let Some(mut out) = self.out(side, shared, sink) {
                self.halves[side].give_up(time, &mut out);
            }
        }
    }

    /// Nothing more will be seen of it.
    pub fn finish(&mut self, time: Time, shared: &mut Shared, sink: &mut dyn FlowSink) {
        self.in_order(u32::MAX, shared, sink, |own, shared, sink| {
            for side in [own.client_told, 1 - own.client_told] {
                let Some(mut out) = own.out(side, shared, sink) else {
                    break;
                };
                own.halves[side].finish(time, &mut out);
            }
        });
        self.forget(shared);
    }

    /// Memory of segments that wait.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.queue.size + self.halves.iter().map(Half::held_size).sum::<usize>()
    }

    fn forget(&mut self, shared: &mut Shared) {
        if self.halves[0].history.is_some() {
            shared.histories -= 1;
        }
        for half in &mut self.halves {
            half.history = None;
        }
    }
}
