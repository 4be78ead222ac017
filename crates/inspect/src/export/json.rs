//! JSON as `tshark -T json` writes it, with tshark's names: only what is of WebSocket, and what
//! tells whose it is.

use super::{both, hex, payload};
use crate::Inspection;
use crate::store::{Frame, flag};
use serde_json::{Map, Value, json};

pub(super) fn write(inspection: &Inspection, frames: &[u32]) -> Vec<u8> {
    let mut out = b"[\n".to_vec();
    let mut first = true;
    for &number in frames {
        let Some(frame) = inspection.store.frames.get(number) else {
            continue;
        };
        let Some(value) = packet(inspection, frame) else {
            continue;
        };
        if !first {
            out.extend_from_slice(b",\n");
        }
        first = false;
        // Writing to memory does not fail.
        let _ = serde_json::to_writer(&mut out, &value);
    }
    out.extend_from_slice(b"\n]\n");
    out
}

fn packet(inspection: &Inspection, frame: &Frame) -> Option<Value> {
    let connection = inspection.connection(frame.connection)?;
    let (from, to) = both(frame.direction());
    let ends = [&connection.opened.client, &connection.opened.server];
    let last = frame
        .payload()
        .saturating_add(frame.length)
        .saturating_sub(1);
    let stream = &connection.streams[from];
    let segment = stream.segment(last.min(stream.end().saturating_sub(1)))?;
    let seconds = format!(
        "{}.{:09}",
        segment.time / 1_000_000_000,
        segment.time % 1_000_000_000
    );
    let ip = if ends[from].address.contains(':') {
        "ipv6"
    } else {
        "ip"
    };
    Some(json!({
        "_index": "packets",
        "_type": "doc",
        "_score": null,
        "_source": { "layers": {
            "frame": {
                "frame.time_epoch": seconds,
                "frame.number": segment.source.packet.to_string(),
            },
            ip: {
                format!("{ip}.src"): ends[from].address,
                format!("{ip}.dst"): ends[to].address,
            },
            "tcp": {
                "tcp.srcport": ends[from].port.to_string(),
                "tcp.dstport": ends[to].port.to_string(),
                "tcp.stream": frame.connection.to_string(),
            },
            "websocket": websocket(frame, &payload(connection, frame)),
        } },
    }))
}

fn websocket(frame: &Frame, plain: &[u8]) -> Value {
    let [b0, b1] = frame.head;
    let mut fields = Map::new();
    let mut add = |name: &str, value: String| {
        fields.insert(format!("websocket.{name}"), Value::String(value));
    };
    add("fin", (b0 >> 7).to_string());
    add("rsv", format!("0x{:02x}", b0 >> 4 & 7));
    add("opcode", (b0 & 15).to_string());
    add("mask", (b1 >> 7).to_string());
    add("payload_length", (b1 & 0x7f).to_string());
    match b1 & 0x7f {
        126 => add("payload_length_ext_16", frame.length.to_string()),
        127 => add("payload_length_ext_64", frame.length.to_string()),
        _ => {}
    }
    if frame.masked() {
        add("masking_key", hex(&frame.key, ":"));
    }
    if frame.head[0] & 15 == 8 && plain.len() >= 2 {
        add(
            "payload.close.status_code",
            u16::from_be_bytes([plain[0], plain[1]]).to_string(),
        );
        add(
            "payload.close.reason",
            String::from_utf8_lossy(&plain[2..]).into_owned(),
        );
    }
    let compressed = frame.flags & flag::COMPRESSED != 0;
    match b0 & 15 {
        0 => add("payload.continue", hex(plain, ":")),
        1 if !compressed => add("payload.text", String::from_utf8_lossy(plain).into_owned()),
        9 => add("payload.ping", hex(plain, ":")),
        10 => add("payload.pong", hex(plain, ":")),
        3..=7 | 11.. => add("payload.unknown", hex(plain, ":")),
        _ => {}
    }
    add("payload", hex(plain, ":"));
    Value::Object(fields)
}
