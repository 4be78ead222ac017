//! Vectors as in `tests/vectors`: the bytes of each direction, and what the engine makes of them.

use super::{by_connection, hex, wire};
use crate::Inspection;
use crate::connection::Connection;
use crate::flow::Direction;
use crate::report::direction_name;
use serde_json::{Map, Value, json};
use ws4wasm::deflate::{Compression, Parameters};
use ws4wasm::stream::{Event, Role, Stream};
use ws4wasm::{ErrorKind, Message};

pub(super) fn write(inspection: &Inspection, frames: &[u32]) -> Vec<u8> {
    let mut vectors = Vec::new();
    for (number, connection, frames) in by_connection(inspection, frames) {
        for direction in Direction::BOTH {
            let own = frames
                .iter()
                .filter(|(_, frame)| frame.direction() == direction);
            let bytes: Vec<Vec<u8>> = own
                .filter_map(|(_, frame)| wire(connection, frame))
                .collect();
            if !bytes.is_empty() {
                let name = format!("connection {number}, {}", direction_name(direction));
                vectors.push(vector(&name, connection, direction, &bytes));
            }
        }
    }
    let mut out = serde_json::to_vec_pretty(&vectors).unwrap_or_default();
    out.push(b'\n');
    out
}

fn vector(
    name: &str,
    connection: &Connection,
    direction: Direction,
    frames: &[Vec<u8>],
) -> Value {
    let (role, role_name) = match direction {
        Direction::ClientToServer => (Role::Server, "server"),
        Direction::ServerToClient => (Role::Client, "client"),
    };
    let agreed = connection.handshake.deflate.or_else(|| {
        let context = connection.frames(direction)?.deflate.as_ref()?;
        context.guessed.then(Parameters::default)
    });
    let mut stream = Stream::new(role);
    if let Some(agreed) = agreed {
        stream = stream.with_deflate(agreed, Compression::default());
    }
    let events = frames.iter().flat_map(|bytes| stream.receive(bytes));
    let events: Vec<Value> = events.collect::<Vec<_>>().iter().map(event).collect();
    let mut vector = Map::new();
    vector.insert("name".into(), name.into());
    vector.insert("role".into(), role_name.into());
    if let Some(agreed) = agreed {
        let deflate = json!({
            "serverNoContextTakeover": agreed.server_no_context_takeover,
            "clientNoContextTakeover": agreed.client_no_context_takeover,
            "serverMaxWindowBits": agreed.server_max_window_bits,
            "clientMaxWindowBits": agreed.client_max_window_bits,
        });
        vector.insert("deflate".into(), deflate);
    }
    let bytes: Vec<String> = frames.iter().map(|bytes| hex(bytes, "")).collect();
    vector.insert("bytes".into(), json!(bytes));
    vector.insert("events".into(), Value::Array(events));
    Value::Object(vector)
}

fn event(event: &Event) -> Value {
    match event {
        Event::Message(Message::Text(text)) => json!({ "type": "text", "data": text }),
        Event::Message(Message::Binary(bytes)) => {
            json!({ "type": "binary", "hex": hex(bytes, "") })
        }
        Event::Message(Message::Ping(bytes)) => {
            json!({ "type": "ping", "hex": hex(bytes, "") })
        }
        Event::Message(Message::Pong(bytes)) => {
            json!({ "type": "pong", "hex": hex(bytes, "") })
        }
        Event::Message(Message::Close { code, reason }) => {
            json!({ "type": "close", "code": code, "reason": reason })
        }
        Event::Error { error, .. } => {
            let class = match error.kind() {
                ErrorKind::FrameTooLarge => "FrameTooLargeException",
                ErrorKind::UnsupportedFrameType => "UnsupportedFrameTypeException",
                ErrorKind::TextFrameEncoding => "TextFrameEncodingException",
                ErrorKind::InvalidBytes => "InvalidBytesError",
                // `Protocol`, which is what an error is that is none of the others.
                _ => "ProtocolException",
            };
            let rule = crate::rules::Rule::of(error).describe().name;
            let mut told = json!({
                "type": "error",
                "class": class,
                "code": error.close_code(),
                "rule": rule,
            });
            if let (Some(index), Some(told)) = (error.index(), told.as_object_mut()) {
                told.insert("index".into(), json!(index));
            }
            told
        }
        // `Fragment` and `Frame` come with options that are not set here.
        _ => Value::Null,
    }
}
