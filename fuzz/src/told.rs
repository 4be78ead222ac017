//! What a capture tells of an input: lawful events, and the same ones however it is cut.

use crate::cut;
use ws4wasm_inspect::capture::{Capture, MAX_RECORD};
use ws4wasm_inspect::flow::{Direction, End, FlowId, FlowSink, Opened, Source, Time};

/// Keeps what was told in a form in which cuts of raw bytes do not show.
#[derive(Default, PartialEq, Debug)]
pub struct Told {
    ended: Vec<[bool; 2]>,
    events: Vec<(FlowId, u8, u64, u32, Vec<u8>)>,
}

impl FlowSink for Told {
    fn open(&mut self, opened: Opened) -> FlowId {
        let flow = self.ended.len() as FlowId;
        self.ended.push([false; 2]);
        let text = format!("{opened:?}").into_bytes();
        self.events.push((flow, 9, opened.time, 0, text));
        flow
    }

    fn data(&mut self, flow: FlowId, way: Direction, time: Time, source: Source, bytes: &[u8]) {
        assert!(!bytes.is_empty() && bytes.len() <= MAX_RECORD);
        assert!(!self.ended[flow as usize][way as usize]);
        match self.events.last_mut() {
            Some((last, kind, _, 0, joined))
                if (*last, *kind) == (flow, way as u8) && source.packet == 0 =>
            {
                joined.extend_from_slice(bytes);
            }
            _ => {
                let event = (flow, way as u8, time, source.packet, bytes.to_vec());
                self.events.push(event);
            }
        }
    }

    fn gap(&mut self, flow: FlowId, way: Direction, time: Time, length: u64) {
        assert!(length > 0 && !self.ended[flow as usize][way as usize]);
        let length = length.to_be_bytes().to_vec();
        self.events.push((flow, 2 + way as u8, time, 0, length));
    }

    fn end(&mut self, flow: FlowId, way: Direction, time: Time, how: End) {
        let ended = &mut self.ended[flow as usize];
        assert!(!ended[way as usize]);
        ended[way as usize] = true;
        if how == End::Reset {
            *ended = [true; 2];
        }
        self.events
            .push((flow, 4 + way as u8, time, how as u32, Vec::new()));
    }
}

/// Panics where an input is not read the same in pieces as in one.
pub fn same_however_cut(bytes: &[u8], way: u8) {
    let read = |pieces: &[&[u8]]| {
        let (mut capture, mut told) = (Capture::new(None), Told::default());
        let mut result = Ok(());
        for piece in pieces {
            result = result.and(capture.push(piece, &mut told));
        }
        result = result.and(capture.finish(&mut told));
        let said = result.map_err(|error| error.to_string());
        let notes: Vec<_> = capture.notes().iter().map(ToString::to_string).collect();
        (told, said, notes, capture.format())
    };
    assert_eq!(read(&cut(bytes, way)), read(&[bytes]));
}
