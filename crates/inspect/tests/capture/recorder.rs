//! A sink that keeps everything, and checks that the rules of a sink are kept.

use ws4wasm_inspect::capture::{Capture, CaptureError};
use ws4wasm_inspect::flow::{Direction, End, FlowId, FlowSink, Opened, Source, Time};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Open(FlowId, Opened),
    Data(FlowId, Direction, Time, Source, Vec<u8>),
    Gap(FlowId, Direction, Time, u64),
    End(FlowId, Direction, Time, End),
}

#[derive(Debug, Default)]
pub struct Recorder {
    pub events: Vec<Event>,
    ended: Vec<[bool; 2]>,
}

impl FlowSink for Recorder {
    fn open(&mut self, opened: Opened) -> FlowId {
        let flow = self.ended.len() as FlowId;
        self.ended.push([false; 2]);
        self.events.push(Event::Open(flow, opened));
        flow
    }

    fn data(&mut self, flow: FlowId, way: Direction, time: Time, source: Source, bytes: &[u8]) {
        assert!(!bytes.is_empty());
        assert!(
            !self.ended[flow as usize][way as usize],
            "data after the end"
        );
        self.events
            .push(Event::Data(flow, way, time, source, bytes.to_vec()));
    }

    fn gap(&mut self, flow: FlowId, way: Direction, time: Time, length: u64) {
        assert!(
            !self.ended[flow as usize][way as usize],
            "a gap after the end"
        );
        assert!(length > 0);
        self.events.push(Event::Gap(flow, way, time, length));
    }

    fn end(&mut self, flow: FlowId, way: Direction, time: Time, how: End) {
        let ended = &mut self.ended[flow as usize];
        assert!(!ended[way as usize], "two ends");
        ended[way as usize] = true;
        if how == End::Reset {
            *ended = [true; 2];
        }
        self.events.push(Event::End(flow, way, time, how));
    }
}

impl Recorder {
    pub fn flows(&self) -> usize {
        self.ended.len()
    }

    pub fn opened(&self, flow: usize) -> &Opened {
        let mut opened = self.events.iter().filter_map(|event| match event {
            Event::Open(id, opened) if *id as usize == flow => Some(opened),
            _ => None,
        });
        opened.next().expect("no such flow")
    }

    /// The bytes of one direction. A gap is as many asterisks.
    pub fn bytes(&self, flow: usize, direction: Direction) -> Vec<u8> {
        let mut all = Vec::new();
        for event in &self.events {
            match event {
                Event::Data(id, way, _, _, bytes)
                    if (*id as usize, *way) == (flow, direction) =>
                {
                    all.extend_from_slice(bytes);
                }
                Event::Gap(id, way, _, length) if (*id as usize, *way) == (flow, direction) => {
                    all.resize(all.len() + *length as usize, b'*');
                }
                _ => {}
            }
        }
        all
    }

    pub fn ends(&self, flow: usize) -> Vec<(Direction, End)> {
        let ends = self.events.iter().filter_map(|event| match event {
            Event::End(id, way, _, how) if *id as usize == flow => Some((*way, *how)),
            _ => None,
        });
        ends.collect()
    }

    /// Neighbouring bytes in one piece, for inputs that have no packets.
    pub fn joined(&self) -> Vec<Event> {
        let mut joined: Vec<Event> = Vec::new();
        for event in &self.events {
            if let (Some(Event::Data(flow, way, ..)), Event::Data(flow2, way2, _, source, more)) =
                (joined.last(), event)
                && (flow, way) == (flow2, way2)
                && source.packet == 0
                && let Some(Event::Data(.., bytes)) = joined.last_mut()
            {
                bytes.extend_from_slice(more);
                continue;
            }
            joined.push(event.clone());
        }
        joined
    }
}

pub struct Outcome {
    pub recorder: Recorder,
    pub capture: Capture,
    pub result: Result<(), CaptureError>,
}

impl Outcome {
    pub fn notes(&self) -> Vec<String> {
        self.capture
            .notes()
            .iter()
            .map(ToString::to_string)
            .collect()
    }
}

/// Reads the pieces of an input.
pub fn read_pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut recorder = Recorder::default();
    let mut capture = Capture::new(None);
    let mut result = Ok(());
    for piece in pieces {
        result = result.and(capture.push(piece, &mut recorder));
    }
    result = result.and(capture.finish(&mut recorder));
    Outcome {
        recorder,
        capture,
        result,
    }
}

/// Reads an input whole, and makes sure that it is the same in pieces.
pub fn read(input: &[u8]) -> Outcome {
    let whole = read_pieces([input]);
    for size in [1, 2, 3, 7, 64, 1000] {
        let cut = read_pieces(input.chunks(size));
        assert_eq!(
            cut.recorder.joined(),
            whole.recorder.joined(),
            "pieces of {size}"
        );
        assert_eq!(cut.result, whole.result, "pieces of {size}");
        assert_eq!(cut.notes(), whole.notes(), "pieces of {size}");
        assert_eq!(cut.capture.format(), whole.capture.format());
        assert_eq!(cut.capture.spelling(), whole.capture.spelling());
    }
    whole
}
