use super::{Row, Violation, opcode_name};
use crate::Inspection;
use crate::bytes::{Reader, unmask};
use crate::connection::Connection;
use crate::filter;
use crate::flow::{Content, Direction};
use crate::payload::Context;
use crate::store::{Frame, flag};
use crate::view;
use serde::Serialize;
use ws4wasm::close_code;

/// Frames of a message that are listed.
const LISTED: usize = 1000;

#[derive(Debug, Serialize)]
pub struct Field {
    pub name: &'static str,
    pub tshark: &'static str,
    pub bit: f64,
    pub bits: f64,
    pub value: Option<Value>,
    pub meaning: String,
    pub section: &'static str,
    pub violations: Vec<u32>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Value {
    Number(f64),
    Hex(String),
}

#[derive(Debug, Serialize)]
pub struct CloseBody {
    pub code: u16,
    pub name: &'static str,
    pub reason: String,
    pub sendable: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pair {
    pub frame: u32,
    pub round_trip: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageDetail {
    pub message: u32,
    pub opcode: &'static str,
    pub frames: Vec<u32>,
    pub frame_count: u32,
    pub length: f64,
    pub compressed: bool,
    pub inflated: Option<f64>,
    pub complete: bool,
}

#[derive(Debug, Serialize)]
pub struct Packets {
    pub first: u32,
    pub last: u32,
    pub offset: f64,
}

/// TLS records, counted from 1 in their direction.
#[derive(Debug, Serialize)]
pub struct Records {
    pub first: u32,
    pub last: u32,
}

#[derive(Debug, Serialize)]
pub struct Times {
    pub first: f64,
    pub last: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FrameDetail {
    pub row: Row,
    pub offset: f64,
    pub header_length: u8,
    pub payload_length: f64,
    pub present: f64,
    pub fields: Vec<Field>,
    #[serde(skip)]
    pub masking_key: Option<[u8; 4]>,
    pub close: Option<CloseBody>,
    pub pair: Option<Pair>,
    pub message: Option<MessageDetail>,
    pub packets: Option<Packets>,
    pub records: Option<Records>,
    pub time: Times,
    pub violations: Vec<Violation>,
}

/// Names of close codes (RFC 6455 section 7.4.1 and the IANA registry).
pub const fn close_name(code: u16) -> &'static str {
    match code {
        1000 => "Normal Closure",
        1001 => "Going Away",
        1002 => "Protocol Error",
        1003 => "Unsupported Data",
        1005 => "No Status Received",
        1006 => "Abnormal Closure",
        1007 => "Invalid Frame Payload Data",
        1008 => "Policy Violation",
        1009 => "Message Too Big",
        1010 => "Mandatory Extension",
        1011 => "Internal Error",
        1012 => "Service Restart",
        1013 => "Try Again Later",
        1014 => "Bad Gateway",
        1015 => "TLS Handshake",
        3000 => "Unauthorized",
        3003 => "Forbidden",
        3008 => "Timeout",
        3001..=3999 => "registered with IANA by libraries and applications",
        4000..=4999 => "private use",
        _ => "reserved",
    }
}

impl Inspection {
    /// Everything about a frame.
    pub fn report_frame(&self, number: u32) -> Option<FrameDetail> {
        let frame = self.store.frames.get(number).filter(|f| !f.is_hole())?;
        let connection = self.connection(frame.connection)?;
        let stream = &connection.streams[frame.direction() as usize];
        let row = filter::Row {
            number,
            frame,
            message: None,
        };
        let mut reader = Reader::new(self);
        let line = view::line(self, &mut reader, row, Context::of(connection));
        let header = u64::from(frame.header_length);
        let present = stream
            .read(frame.offset, header.saturating_add(frame.length))
            .len();
        let last = frame.offset + (present as u64).max(1) - 1;
        let (first_seen, last_seen) = (stream.segment(frame.offset), stream.segment(last));
        let packets = first_seen
            .zip(last_seen)
            .filter(|(first, _)| first.source.packet > 0);
        let violations = match frame.severity() {
            None => Vec::new(),
            Some(_) => self.violations(0, usize::MAX, |v| v.frame == Some(number)),
        };
        Some(FrameDetail {
            row: self.report_row(line),
            offset: frame.offset as f64,
            header_length: frame.header_length,
            payload_length: frame.length as f64,
            present: present as f64,
            fields: fields(connection, frame, &violations),
            masking_key: frame.masked().then_some(frame.key),
            close: (frame.head[0] & 15 == 8).then(|| close_body(connection, frame)),
            pair: self.pair(connection, number),
            message: self.message_of(frame),
            packets: packets.map(|(first, last)| Packets {
                first: match first.source.record {
                    Some(record) => record.first_packet,
                    None => first.source.packet,
                },
                last: last.source.packet,
                offset: match first.source.record {
                    Some(_) => first.source.offset,
                    None => first.source.offset + (frame.offset - first.offset),
                } as f64,
            }),
            records: packets.and_then(|(first, last)| {
                Some(Records {
                    first: first.source.record?.number,
                    last: last.source.record?.number,
                })
            }),
            time: Times {
                first: self.since_start(first_seen.map_or(frame.time, |segment| segment.time)),
                last: self.since_start(last_seen.map_or(frame.time, |segment| segment.time)),
            },
            violations,
        })
    }

    fn pair(&self, connection: &Connection, number: u32) -> Option<Pair> {
        let pairs = &connection.shared.pairs;
        let &(ping, pong) = pairs
            .iter()
            .find(|(ping, pong)| *ping == number || *pong == number)?;
        let time = |number| {
            self.store
                .frames
                .get(number)
                .map(|frame: &Frame| frame.time)
        };
        let round_trip = time(pong)?.saturating_sub(time(ping)?) as f64 / 1e6;
        Some(Pair {
            frame: if ping == number { pong } else { ping },
            round_trip,
        })
    }

    fn message_of(&self, frame: &Frame) -> Option<MessageDetail> {
        let message = self.store.messages.get(frame.message)?;
        let first = self.store.frames.get(message.first)?;
        let frames = self.store.frames_of(message).map(|(number, _)| number);
        Some(MessageDetail {
            message: frame.message,
            opcode: opcode_name(first.opcode()),
            frames: frames.take(LISTED).collect(),
            frame_count: message.frames,
            length: message.length as f64,
            compressed: message.compressed,
            inflated: (message.compressed && !message.opaque)
                .then_some(message.inflated as f64),
            complete: message.complete,
        })
    }
}

fn close_body(connection: &Connection, frame: &Frame) -> CloseBody {
    let code = filter::close_code_of(connection, frame).unwrap_or(close_code::NO_STATUS);
    CloseBody {
        code,
        name: close_name(code),
        reason: close_reason(connection, frame),
        sendable: close_code::is_sendable(code) || frame.length == 0,
    }
}

/// A reason has 123 bytes at most (section 5.5); one that is longer is shown, too, up to here.
const MAX_REASON: u64 = 64 << 10;

/// The reason in a close frame, as far as it is text.
pub(super) fn close_reason(connection: &Connection, frame: &Frame) -> String {
    let mut body = Vec::new();
    let stream = &connection.streams[frame.direction() as usize];
    unmask(stream, frame, MAX_REASON, &mut body);
    String::from_utf8_lossy(body.get(2..).unwrap_or_default()).into_owned()
}

/// The parts of a frame (section 5.2), each with the violations that concern its bits.
fn fields(connection: &Connection, frame: &Frame, violations: &[Violation]) -> Vec<Field> {
    let [b0, b1] = frame.head;
    let header = f64::from(frame.header_length) * 8.0;
    let mut fields = Vec::new();
    let mut add = |name, tshark, bit: f64, bits: f64, value, meaning: String, section| {
        // Of a header that is cut there may be less.
        let is_there = bit < header || bits > 0.0 && bit == header && frame.length > 0;
        if !is_there || (frame.flags & flag::CUT_HEADER != 0 && bit + bits > header) {
            return;
        }
        let concerns = |violation: &&Violation| {
            let start =
                (violation.offset - frame.offset as f64) * 8.0 + f64::from(violation.bit);
            let length = match violation.length {
                0 | 1 => f64::from(violation.bits),
                more => f64::from(more) * 8.0,
            };
            start < bit + bits && start + length > bit
        };
        let violations = violations
            .iter()
            .filter(concerns)
            .map(|v| v.violation)
            .collect();
        fields.push(Field {
            name,
            tshark,
            bit,
            bits,
            value,
            meaning,
            section,
            violations,
        });
    };
    let number = |value: u64| Some(Value::Number(value as f64));
    let bit = |mask: u8| u64::from(b0 & mask != 0);
    let fin = match (frame.fin(), frame.is_control()) {
        (true, true) => "a control frame is always whole",
        (true, false) if b0 & 15 == 0 => "the last frame of its message",
        (true, false) => "the whole message, in one frame",
        (false, _) => "more frames of this message follow",
    };
    add(
        "FIN",
        "websocket.fin",
        0.0,
        1.0,
        number(bit(0x80)),
        fin.into(),
        "5.2",
    );
    let compressed = frame.flags & flag::COMPRESSED != 0;
    let (rsv1, section) = match (b0 & 0x40 != 0, compressed) {
        (true, true) => (
            "permessage-deflate: the message is compressed",
            "RFC 7692 6",
        ),
        (true, false) => ("set, but no extension defines it here", "5.2"),
        (false, true) => (
            "only the first frame of a compressed message has it",
            "RFC 7692 6",
        ),
        (false, false) => ("not compressed", "5.2"),
    };
    add(
        "RSV1",
        "websocket.rsv",
        1.0,
        1.0,
        number(bit(0x40)),
        rsv1.into(),
        section,
    );
    let reserved = |set: bool| {
        if set {
            "set, but no extension defines it"
        } else {
            "reserved"
        }
    };
    add(
        "RSV2",
        "websocket.rsv",
        2.0,
        1.0,
        number(bit(0x20)),
        reserved(b0 & 0x20 != 0).into(),
        "5.2",
    );
    add(
        "RSV3",
        "websocket.rsv",
        3.0,
        1.0,
        number(bit(0x10)),
        reserved(b0 & 0x10 != 0).into(),
        "5.2",
    );
    let opcode = opcode_name(frame.opcode()).to_owned();
    add(
        "opcode",
        "websocket.opcode",
        4.0,
        4.0,
        number(u64::from(b0 & 15)),
        opcode,
        "5.2",
    );
    let mask = match (frame.masked(), frame.direction()) {
        _ if connection.opened.content == Content::Messages => {
            "not known: messages were recorded, and no headers"
        }
        (true, Direction::ClientToServer) => "masked, as a client must",
        (false, Direction::ClientToServer) => "not masked, which a client must",
        (true, Direction::ServerToClient) => "masked, which a server must not",
        (false, Direction::ServerToClient) => "not masked, as a server's frames are",
    };
    add(
        "MASK",
        "websocket.mask",
        8.0,
        1.0,
        number(u64::from(frame.masked())),
        mask.into(),
        "5.1",
    );
    let short = b1 & 0x7f;
    let (meaning, extended) = match short {
        126 => ("the next 16 bits are the length".to_owned(), 16.0),
        127 => ("the next 64 bits are the length".to_owned(), 64.0),
        bytes => (format!("{bytes} bytes of payload"), 0.0),
    };
    add(
        "Payload len",
        "websocket.payload_length",
        9.0,
        7.0,
        number(u64::from(short)),
        meaning,
        "5.2",
    );
    if extended > 0.0 {
        let name = if short == 126 {
            "websocket.payload_length_ext_16"
        } else {
            "websocket.payload_length_ext_64"
        };
        let meaning = format!("{} bytes of payload", frame.length);
        add(
            "Extended payload length",
            name,
            16.0,
            extended,
            number(frame.length),
            meaning,
            "5.2",
        );
    }
    let mut at = 16.0 + extended;
    if frame.masked() {
        let hex: String = frame.key.iter().map(|byte| format!("{byte:02x}")).collect();
        let meaning = "each byte of the payload is XORed with these four, in turn".to_owned();
        add(
            "Masking-key",
            "websocket.masking_key",
            at,
            32.0,
            Some(Value::Hex(hex)),
            meaning,
            "5.3",
        );
        at += 32.0;
    }
    let bits = frame.length as f64 * 8.0;
    if b0 & 15 == 8 && frame.length >= 2 {
        let code = filter::close_code_of(connection, frame).unwrap_or(close_code::NO_STATUS);
        let name = close_name(code).to_owned();
        add(
            "Status code",
            "websocket.payload.close.status_code",
            at,
            16.0,
            number(u64::from(code)),
            name,
            "7.4",
        );
        if frame.length > 2 {
            let meaning = format!("{} bytes of UTF-8 for people to read", frame.length - 2);
            add(
                "Reason",
                "websocket.payload.close.reason",
                at + 16.0,
                bits - 16.0,
                None,
                meaning,
                "5.5.1",
            );
        }
    } else if frame.length > 0 {
        let meaning = match (frame.masked(), compressed) {
            (true, true) => "masked and compressed",
            (true, false) => "masked",
            (false, true) => "compressed",
            (false, false) => "as it is",
        };
        add(
            "Payload data",
            "websocket.payload",
            at,
            bits,
            None,
            format!("{} bytes, {meaning}", frame.length),
            "5.2",
        );
    }
    fields
}
