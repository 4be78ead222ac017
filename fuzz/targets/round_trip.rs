//! What one end sends, the other takes; and so does tungstenite.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use std::io::{Cursor, Read, Write};
use tungstenite::protocol::{Role as TheirRole, WebSocket, WebSocketConfig};
use ws4wasm::stream::{Event, Role, SendError, Stream};
use ws4wasm::{DataKind, Message};
use ws4wasm_fuzz::cut;

#[derive(Debug, Arbitrary)]
struct Input {
    server_sends: bool,
    sends: Vec<Send>,
    close: Option<(u16, String)>,
    way: u8,
}

#[derive(Debug, Arbitrary)]
enum Send {
    Text(String),
    Binary(Vec<u8>),
    Zeros(u32),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    /// A message in fragments, with a ping after each.
    Fragments(bool, Vec<Vec<u8>>),
}

fuzz_target!(|input: Input| {
    let (ours, theirs) = if input.server_sends {
        (Role::Server, Role::Client)
    } else {
        (Role::Client, Role::Server)
    };
    let mut sender = Stream::new(ours);
    let mut wire = Vec::new();
    let mut sent = Vec::new();
    for send in &input.sends {
        // Byte by byte through two readers, more takes seconds and shows nothing else.
        if matches!(send, Send::Zeros(_)) && wire.len() > 100_000 {
            continue;
        }
        carry_out(send, &mut sender, &mut wire, &mut sent);
    }
    if let Some((code, reason)) = &input.close {
        let before = wire.len();
        if sender.close(*code, reason, &mut wire).is_ok() {
            let (code, reason) = (*code, reason.clone());
            sent.push(Message::Close { code, reason });
            let late = sender.send(&Message::text("late"), &mut wire);
            assert_eq!(late, Err(SendError::Closed));
        } else {
            assert_eq!(wire.len(), before, "what may not be sent leaves nothing");
        }
    }

    let mut receiver = Stream::new(theirs);
    let events: Vec<_> = cut(&wire, input.way)
        .into_iter()
        .flat_map(|piece| receiver.receive(piece))
        .collect();
    let expected: Vec<_> = sent.iter().cloned().map(Event::Message).collect();
    assert_eq!(events, expected);
    assert_eq!(receiver.ignored(), 0);
    // It does not know 1014, which IANA has registered since.
    if !matches!(sent.last(), Some(Message::Close { code: 1014, .. })) {
        assert_eq!(read_by_tungstenite(wire, theirs), sent);
    }
});

fn carry_out(send: &Send, sender: &mut Stream, wire: &mut Vec<u8>, sent: &mut Vec<Message>) {
    let message = match send {
        Send::Text(text) => Message::text(text),
        Send::Binary(bytes) => Message::binary(bytes.as_slice()),
        Send::Zeros(length) => Message::binary(vec![0; *length as usize % 70_000]),
        Send::Ping(data) => Message::Ping(data.clone()),
        Send::Pong(data) => Message::Pong(data.clone()),
        Send::Fragments(text, parts) => {
            fragments(*text, parts, sender, wire, sent);
            return;
        }
    };
    let before = wire.len();
    if sender.send(&message, wire).is_ok() {
        sent.push(message);
    } else {
        assert!(
            message.payload().len() > 125,
            "only what is too long is refused"
        );
        assert_eq!(wire.len(), before);
    }
}

fn fragments(
    text: bool,
    parts: &[Vec<u8>],
    sender: &mut Stream,
    wire: &mut Vec<u8>,
    sent: &mut Vec<Message>,
) {
    let whole = parts.concat();
    let message = match String::from_utf8(whole) {
        Ok(whole) if text => Message::Text(whole),
        // A part that is refused would leave its message open.
        Err(_) if text => return,
        Ok(whole) => Message::Binary(whole.into_bytes()),
        Err(error) => Message::Binary(error.into_bytes()),
    };
    let kind = if text {
        DataKind::Text
    } else {
        DataKind::Binary
    };
    for (i, part) in parts.iter().enumerate() {
        let last = i + 1 == parts.len();
        sender
            .send_fragment(kind, part, i == 0, last, None, wire)
            .unwrap();
        if !last {
            let refused = sender.send(&Message::text("between"), wire);
            assert_eq!(refused, Err(SendError::MessageOpen));
            let ping = Message::Ping(vec![i as u8]);
            sender.send(&ping, wire).unwrap();
            sent.push(ping);
        }
    }
    if !parts.is_empty() {
        sent.push(message);
    }
}

/// Bytes to read, and no limit to what may be written.
struct Wire(Cursor<Vec<u8>>);

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn read_by_tungstenite(wire: Vec<u8>, role: Role) -> Vec<Message> {
    let role = match role {
        Role::Server => TheirRole::Server,
        Role::Client => TheirRole::Client,
    };
    let config = WebSocketConfig::default();
    let mut socket = WebSocket::from_raw_socket(Wire(Cursor::new(wire)), role, Some(config));
    let mut messages = Vec::new();
    loop {
        use tungstenite::{Error, Message as Theirs, error::ProtocolError};
        match socket.read() {
            Ok(Theirs::Text(text)) => messages.push(Message::text(text.as_str())),
            Ok(Theirs::Binary(bytes)) => messages.push(Message::binary(bytes.as_ref())),
            Ok(Theirs::Ping(bytes)) => messages.push(Message::Ping(bytes.to_vec())),
            Ok(Theirs::Pong(bytes)) => messages.push(Message::Pong(bytes.to_vec())),
            Ok(Theirs::Close(Some(frame))) => messages.push(Message::Close {
                code: frame.code.into(),
                reason: frame.reason.as_str().to_owned(),
            }),
            Ok(Theirs::Close(None)) => messages.push(Message::empty_close()),
            Ok(other) => panic!("{other:?} was not sent"),
            // The end of the bytes, with a close frame before it and without.
            Err(Error::ConnectionClosed) => return messages,
            Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => {
                return messages;
            }
            Err(error) => panic!("tungstenite refuses what we sent: {error:?}"),
        }
    }
}
