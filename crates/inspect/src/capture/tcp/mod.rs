//! TCP segments as connections, each with two streams of bytes (RFC 9293).
//!
//! Memory is bounded: [`MAX_CONNECTIONS`] are followed at a time, and segments that wait for
//! others take [`half::MAX_HELD`] in each direction and [`MAX_HELD_IN_ALL`] together.

mod connection;
mod half;
mod history;
#[cfg(test)]
mod tests;

use super::notes::{NoteKind, Notes};
use super::packet::{End, Segment};
use crate::flow::FlowSink;
use connection::Connection;
use std::collections::HashMap;

/// Connections that are followed at the same time. When there are more, those that were silent
/// for longest are taken to be over.
const MAX_CONNECTIONS: usize = 65_536;

/// Bytes that wait for others to come before them, in all connections.
const MAX_HELD_IN_ALL: usize = 64 << 20;

/// What all connections share.
#[derive(Debug, Default)]
struct Shared {
    /// Memory of segments that wait.
    held: usize,
    /// Connections that remember what they told last.
    histories: usize,
}

/// The connections of a capture.
#[derive(Debug, Default)]
pub(super) struct Connections {
    /// By both ends, the lower one first.
    open: HashMap<[End; 2], Connection>,
    shared: Shared,
}

impl Connections {
    pub fn segment(&mut self, segment: &Segment, notes: &mut Notes, sink: &mut dyn FlowSink) {
        let (ends, side) = if segment.from <= segment.to {
            ([segment.from, segment.to], 0)
        } else {
            ([segment.to, segment.from], 1)
        };
        if let Some(connection) = self.open.get_mut(&ends) {
            if !connection.is_over_by(side, segment) {
                connection.segment(side, segment, &mut self.shared, notes, sink);
                return self.bound_held(segment, notes, sink);
            }
            connection.finish(segment.time, &mut self.shared, sink);
            self.open.remove(&ends);
        }
        // What is left of a connection that was over before the capture began tells nothing.
        if segment.syn || !segment.payload.is_empty() {
            if self.open.len() >= MAX_CONNECTIONS {
                self.end_silent(segment, sink);
            }
            let mut connection = Connection::new(ends, segment);
            connection.segment(side, segment, &mut self.shared, notes, sink);
            self.open.insert(ends, connection);
        }
    }

    fn bound_held(&mut self, segment: &Segment, notes: &mut Notes, sink: &mut dyn FlowSink) {
        if self.shared.held > MAX_HELD_IN_ALL {
            notes.add(NoteKind::Memory, segment.source);
            for connection in in_order(self.open.values_mut()) {
                connection.give_up(segment.time, &mut self.shared, sink);
            }
        }
    }

    /// Ends a quarter of all, so that this is not to be done for every new one.
    fn end_silent(&mut self, segment: &Segment, sink: &mut dyn FlowSink) {
        let mut last: Vec<u32> = self.open.values().map(|c| c.last_packet).collect();
        let quarter = last.len() / 4;
        let (_, &mut limit, _) = last.select_nth_unstable(quarter);
        let silent = self.open.values_mut().filter(|c| c.last_packet <= limit);
        for connection in in_order(silent) {
            connection.finish(segment.time, &mut self.shared, sink);
        }
        self.open.retain(|_, c| c.last_packet > limit);
    }

    /// The capture is over.
    pub fn finish(&mut self, sink: &mut dyn FlowSink) {
        for connection in in_order(self.open.values_mut()) {
            connection.finish(connection.last_time, &mut self.shared, sink);
        }
        self.open.clear();
    }
}

/// Connections by their first packet: a map's order is any.
fn in_order<'a>(
    connections: impl Iterator<Item = &'a mut Connection>,
) -> Vec<&'a mut Connection> {
    let mut connections: Vec<_> = connections.collect();
    connections.sort_unstable_by_key(|connection| connection.first_packet);
    connections
}
