use super::{direction_name, opcode_name};
use crate::Inspection;
use crate::store::NONE;
use crate::view::Line;
use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    pub kind: &'static str,
    pub frame: u32,
    pub message: Option<u32>,
    pub connection: u32,
    pub direction: &'static str,
    pub time: f64,
    pub since_last: f64,
    pub opcode: &'static str,
    pub code: u8,
    pub fin: bool,
    pub rsv1: bool,
    pub rsv2: bool,
    pub rsv3: bool,
    pub masked: bool,
    pub length: f64,
    pub inflated: Option<f64>,
    pub offset: f64,
    pub header_length: f64,
    pub fragments: u32,
    pub depth: u8,
    pub unfolded: bool,
    pub complete: bool,
    pub severity: Option<&'static str>,
    pub preview: String,
    pub payload_kind: &'static str,
    pub heartbeat: bool,
}

impl Inspection {
    /// A row as it is told.
    pub fn report_row(&self, line: Line<'_>) -> Row {
        let frame = line.frame;
        let message = line.message;
        let b0 = frame.head[0];
        Row {
            kind: if message.is_some() {
                "message"
            } else {
                "frame"
            },
            frame: line.number,
            message: (frame.message != NONE).then_some(frame.message),
            connection: frame.connection,
            direction: direction_name(frame.direction()),
            time: self.since_start(frame.time),
            since_last: f64::from(frame.since),
            opcode: opcode_name(frame.opcode()),
            code: b0 & 15,
            fin: message.map_or(frame.fin(), |message| message.complete),
            rsv1: b0 & 0x40 != 0,
            rsv2: b0 & 0x20 != 0,
            rsv3: b0 & 0x10 != 0,
            masked: frame.masked(),
            length: message.map_or(frame.length, |message| message.length) as f64,
            inflated: line.inflated.map(|length| length as f64),
            offset: frame.offset as f64,
            header_length: line.header_length as f64,
            fragments: message.map_or(1, |message| message.frames),
            depth: line.depth,
            unfolded: line.unfolded,
            complete: line.complete,
            severity: line.severity.map(|severity| severity.name()),
            preview: line.preview,
            payload_kind: line.kind.name(),
            heartbeat: line.heartbeat,
        }
    }
}
