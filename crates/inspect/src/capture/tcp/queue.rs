//! What a connection holds back while one of its directions waits for a segment, so that both
//! directions come in the order of their packets.

use super::half::OVERHEAD;
use crate::flow::{Direction, End, FlowId, FlowSink, Opened, Source, Time};

/// Events of one connection that are to be told later.
#[derive(Debug, Default)]
pub(super) struct Queue {
    events: Vec<Event>,
    /// Memory that they take.
    pub size: usize,
    /// The packet that is being looked at.
    pub packet: u32,
}

#[derive(Debug)]
struct Event {
    direction: Direction,
    time: Time,
    packet: u32,
    what: What,
}

#[derive(Debug)]
enum What {
    Data(Source, Box<[u8]>),
    Gap(u64),
    End(End),
}

impl Queue {
    pub const fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    fn add(&mut self, direction: Direction, time: Time, packet: u32, what: What) {
        let bytes = match &what {
            What::Data(_, bytes) => bytes.len(),
            What::Gap(_) | What::End(_) => 0,
        };
        self.size += bytes + OVERHEAD;
        self.events.push(Event {
            direction,
            time,
            packet,
            what,
        });
    }

    /// Tells all of it, in the order of the packets, as far as that of each stream allows it:
    /// what comes before in a stream may have been in a later packet.
    pub fn flush(&mut self, flow: FlowId, sink: &mut dyn FlowSink) {
        let mut events = core::mem::take(&mut self.events);
        self.size = 0;
        // A hole is where the bytes behind it are.
        let mut next: [Option<(u32, Time)>; 2] = [None; 2];
        for event in events.iter_mut().rev() {
            let next = &mut next[event.direction as usize];
            match (&event.what, *next) {
                (What::Gap(_), Some((packet, time))) => {
                    (event.packet, event.time) = (packet, time);
                }
                (What::Gap(_) | What::End(_), _) => {}
                (What::Data(..), _) => *next = Some((event.packet, event.time)),
            }
        }
        let mut last = [0; 2];
        for event in &mut events {
            let last = &mut last[event.direction as usize];
            *last = event.packet.max(*last);
            event.packet = *last;
        }
        events.sort_by_key(|event| event.packet);
        for event in events {
            let Event {
                direction, time, ..
            } = event;
            match event.what {
                What::Data(source, bytes) => sink.data(flow, direction, time, source, &bytes),
                What::Gap(length) => sink.gap(flow, direction, time, length),
                What::End(how) => sink.end(flow, direction, time, how),
            }
        }
    }
}

impl FlowSink for Queue {
    fn open(&mut self, _: Opened) -> FlowId {
        debug_assert!(false, "nothing waits in a connection that was not told of");
        FlowId::MAX
    }

    fn data(&mut self, _: FlowId, way: Direction, time: Time, source: Source, bytes: &[u8]) {
        self.add(way, time, source.packet, What::Data(source, bytes.into()));
    }

    fn gap(&mut self, _: FlowId, way: Direction, time: Time, length: u64) {
        self.add(way, time, self.packet, What::Gap(length));
    }

    fn end(&mut self, _: FlowId, way: Direction, time: Time, how: End) {
        self.add(way, time, self.packet, What::End(how));
    }
}
