//! What is sent is what the peer must get, in lawful frames.

use crate::wire::{Frame, walk};
use proptest::prelude::*;
use std::collections::HashSet;
use ws4wasm::stream::{Event, Role, SendError, Stream};
use ws4wasm::{DataKind, Message, MessageError};

fn pair(role: Role) -> (Stream, Stream) {
    let other = if role == Role::Server {
        Role::Client
    } else {
        Role::Server
    };
    (Stream::new(role), Stream::new(other))
}

/// The frames in `wire`, whose headers must be in their shortest form and masked as `role`
/// masks.
fn frames(wire: &[u8], role: Role) -> Vec<Frame> {
    let found = walk(wire);
    let total: usize = found
        .iter()
        .map(|f| f.header_len + f.frame.payload.len())
        .sum();
    assert_eq!(total, wire.len());
    for one in &found {
        assert!(one.complete());
        assert_eq!(one.frame.key.is_some(), role == Role::Client);
        assert_eq!(one.frame.rsv, 0);
        let end = one.offset + one.header_len + one.frame.payload.len();
        assert_eq!(one.frame.encode(), wire[one.offset..end]);
    }
    found.into_iter().map(|one| one.frame).collect()
}

// [RFC 6455 5.1-1, 5.1-3, 5.2-1, 5.3-1, 5.4-1, 6.1-3, 6.1-4, 6.1-5, 6.1-6]
#[test]
fn whole_messages_of_every_kind_and_length() {
    for role in [Role::Server, Role::Client] {
        let (mut sender, mut receiver) = pair(role);
        let mut wire = Vec::new();
        let mut sent = Vec::new();
        for n in [0, 1, 15, 16, 17, 125, 126, 127, 65535, 65536, 70000] {
            sent.push(Message::text("x".repeat(n)));
            sent.push(Message::binary(vec![0xfe; n]));
        }
        sent.push(Message::text("Grüße, 水 und 😀"));
        sent.push(Message::ping(vec![]).unwrap());
        sent.push(Message::pong(vec![7; 125]).unwrap());
        sent.push(Message::close(4999, "é".repeat(61)).unwrap());
        for message in &sent {
            sender.send(message, &mut wire).unwrap();
        }
        let frames = frames(&wire, role);
        assert_eq!(frames.len(), sent.len());
        for (frame, message) in frames.iter().zip(&sent) {
            assert!(frame.fin);
            assert_eq!(frame.opcode, message.opcode() as u8);
            assert_eq!(frame.payload, *message.payload());
        }
        let events: Vec<_> = sent.into_iter().map(Event::Message).collect();
        assert_eq!(receiver.receive(&wire), events);
    }
}

// [RFC 6455 5.3-2]
#[test]
fn every_frame_of_a_client_has_its_own_key() {
    let mut client = Stream::new(Role::Client);
    let mut wire = Vec::new();
    for _ in 0..500 {
        client.send(&Message::text("a"), &mut wire).unwrap();
    }
    let keys: HashSet<_> = frames(&wire, Role::Client).iter().map(|f| f.key).collect();
    assert!(keys.len() >= 499, "{} keys", keys.len());
}

#[test]
fn send_appends() {
    let mut server = Stream::new(Role::Server);
    let mut wire = b"before".to_vec();
    server.send(&Message::text("Hello"), &mut wire).unwrap();
    assert_eq!(wire, b"before\x81\x05Hello");
}

// [RFC 6455 5.4-3]
#[test]
fn fragments_and_what_may_come_between_them() {
    for role in [Role::Server, Role::Client] {
        let (mut sender, mut receiver) = pair(role);
        let mut wire = Vec::new();
        let out = &mut wire;
        let open = Err(SendError::MessageOpen);
        let none = Err(SendError::NoMessage);
        assert_eq!(
            sender.send_fragment(DataKind::Text, b"x", false, true, None, out),
            none
        );
        assert_eq!(
            sender.send_fragment(DataKind::Text, b"x", false, false, None, out),
            none
        );
        assert!(out.is_empty());
        sender
            .send_fragment(DataKind::Text, b"\xe2\x82", true, false, None, out)
            .unwrap();
        let before = out.clone();
        assert_eq!(
            sender.send_fragment(DataKind::Text, b"x", true, false, None, out),
            open
        );
        assert_eq!(
            sender.send_fragment(DataKind::Binary, b"x", true, true, None, out),
            open
        );
        assert_eq!(sender.send(&Message::text("x"), out), open);
        assert_eq!(sender.send(&Message::binary("x"), out), open);
        assert_eq!(*out, before);
        sender.send(&Message::ping("p").unwrap(), out).unwrap();
        sender
            .send_fragment(DataKind::Text, b"", false, false, None, out)
            .unwrap();
        sender.send(&Message::pong("q").unwrap(), out).unwrap();
        // The kind counts for the first fragment only.
        sender
            .send_fragment(DataKind::Binary, b"\xac", false, true, None, out)
            .unwrap();
        assert_eq!(
            sender.send_fragment(DataKind::Text, b"x", false, true, None, out),
            none
        );
        sender
            .send_fragment(DataKind::Binary, b"\xff", true, true, None, out)
            .unwrap();
        let shape: Vec<_> = frames(&wire, role)
            .iter()
            .map(|f| (f.opcode, f.fin))
            .collect();
        let expected = [
            (1, false),
            (9, true),
            (0, false),
            (10, true),
            (0, true),
            (2, true),
        ];
        assert_eq!(shape, expected);
        let events = [
            Message::Ping(b"p".to_vec()),
            Message::Pong(b"q".to_vec()),
            Message::text("€"),
            Message::binary(*b"\xff"),
        ];
        assert_eq!(receiver.receive(&wire), events.map(Event::Message));
    }
}

// [RFC 6455 5.5.1-3, 6.1-1]
#[test]
fn nothing_is_sent_after_a_close() {
    for role in [Role::Server, Role::Client] {
        let (mut sender, mut receiver) = pair(role);
        let mut wire = Vec::new();
        sender
            .send_fragment(DataKind::Text, b"unfinished", true, false, None, &mut wire)
            .unwrap();
        sender.close(1001, "away", &mut wire).unwrap();
        let end = wire.len();
        let closed = Err(SendError::Closed);
        for message in [
            Message::text("x"),
            Message::binary("x"),
            Message::Ping(vec![]),
            Message::Pong(vec![]),
            Message::close(1000, "").unwrap(),
            Message::empty_close(),
        ] {
            assert_eq!(sender.send(&message, &mut wire), closed);
        }
        for first in [true, false] {
            let fragment =
                sender.send_fragment(DataKind::Text, b"", first, true, None, &mut wire);
            assert_eq!(fragment, closed);
        }
        // Once is enough.
        sender.close(1000, "again", &mut wire).unwrap();
        assert_eq!(wire.len(), end);
        let away = Message::close(1001, "away").unwrap();
        assert_eq!(receiver.receive(&wire), [Event::Message(away)]);
        // Our close does not stop what the peer still sends.
        let mut late = Vec::new();
        let (mut peer, _) = (receiver, ());
        peer.send(&Message::text("late"), &mut late).unwrap();
        assert_eq!(
            sender.receive(&late),
            [Event::Message(Message::text("late"))]
        );
        assert!(!sender.is_closed());
    }
}

#[test]
fn a_received_close_leaves_ours_to_be_sent() {
    let (mut server, mut client) = pair(Role::Server);
    let (mut to_client, mut to_server) = (Vec::new(), Vec::new());
    client.close(3000, "done", &mut to_server).unwrap();
    let close = Message::close(3000, "done").unwrap();
    assert_eq!(server.receive(&to_server), [Event::Message(close.clone())]);
    assert!(server.is_closed());
    server
        .send(&Message::text("one more"), &mut to_client)
        .unwrap();
    server.send(&close, &mut to_client).unwrap();
    let events = [Message::text("one more"), close].map(Event::Message);
    assert_eq!(client.receive(&to_client), events);
}

// [RFC 6455 6.1-2, 7.1.7-3]
#[test]
fn after_the_peers_fault_one_close_may_go_out() {
    let mut server = Stream::new(Role::Server);
    let events = server.receive(b"\x83\x00");
    let [Event::Error { close, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    // What came before it could be answered; from the next call on nothing can.
    assert_eq!(server.receive(b"\x81\x80more"), []);
    let mut wire = Vec::new();
    assert_eq!(
        server.send(&Message::text("x"), &mut wire),
        Err(SendError::Closed)
    );
    assert_eq!(
        server.send(&Message::Pong(vec![]), &mut wire),
        Err(SendError::Closed)
    );
    assert_eq!(
        server.send_fragment(DataKind::Text, b"", true, true, None, &mut wire),
        Err(SendError::Closed)
    );
    assert!(wire.is_empty());
    server.send(close, &mut wire).unwrap();
    assert_eq!(server.send(close, &mut wire), Err(SendError::Closed));
    let mut client = Stream::new(Role::Client);
    assert_eq!(client.receive(&wire), [Event::Message(close.clone())]);
}

// [RFC 6455 7.4.1-1, 7.4.1-2, 7.4.1-3]
#[test]
fn a_close_that_may_not_be_sent() {
    for code in [
        0, 999, 1004, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535,
    ] {
        let mut server = Stream::new(Role::Server);
        let mut wire = Vec::new();
        let refused = Err(MessageError::CloseCode(code));
        assert_eq!(server.close(code, "", &mut wire), refused);
        assert!(wire.is_empty());
        // It may be tried again.
        server.close(1000, "", &mut wire).unwrap();
        assert_eq!(wire, b"\x88\x02\x03\xe8");
    }
    let mut server = Stream::new(Role::Server);
    let mut wire = Vec::new();
    let long = "r".repeat(124);
    let refused = Err(MessageError::ReasonTooLong(124));
    assert_eq!(server.close(1000, &long, &mut wire), refused);
    assert!(wire.is_empty());
    // 1005 stands for no code and never goes out.
    server.close(1005, "", &mut wire).unwrap();
    assert_eq!(wire, b"\x88\x00");
}

#[test]
fn the_errors_say_what_is_wrong() {
    for error in [
        SendError::Closed,
        SendError::MessageOpen,
        SendError::NoMessage,
    ] {
        assert!(error.to_string().len() > 20);
    }
}

#[derive(Debug, Clone)]
enum Step {
    Whole(Message),
    Fragment(DataKind, Vec<u8>, bool, bool),
}

fn step() -> impl Strategy<Value = Step> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..120);
    let message = prop_oneof![
        "[a-zé水😀]{0,40}".prop_map(Message::Text),
        bytes().prop_map(Message::Binary),
        bytes().prop_map(Message::Ping),
        bytes().prop_map(Message::Pong),
    ];
    let fragment =
        ("[a-zé水😀]{0,40}", any::<[bool; 3]>()).prop_map(|(data, [text, first, last])| {
            let kind = if text {
                DataKind::Text
            } else {
                DataKind::Binary
            };
            Step::Fragment(kind, data.into_bytes(), first, last)
        });
    prop_oneof![message.prop_map(Step::Whole), fragment]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_is_accepted_arrives(steps in proptest::collection::vec(step(), 0..25), server in any::<bool>()) {
        let role = if server { Role::Server } else { Role::Client };
        let (mut sender, mut receiver) = pair(role);
        let (mut wire, mut events) = (Vec::new(), Vec::new());
        let mut open: Option<(DataKind, Vec<u8>)> = None;
        for step in steps {
            let before = wire.len();
            let (result, expected) = match step {
                Step::Whole(message) => {
                    let data = matches!(message, Message::Text(_) | Message::Binary(_));
                    let blocked = data && open.is_some();
                    let result = sender.send(&message, &mut wire);
                    if !blocked {
                        events.push(Event::Message(message));
                    }
                    (result, if blocked { Err(SendError::MessageOpen) } else { Ok(()) })
                }
                Step::Fragment(kind, data, first, last) => {
                    let result = sender.send_fragment(kind, &data, first, last, None, &mut wire);
                    let expected = match (first, open.is_some()) {
                        (true, true) => Err(SendError::MessageOpen),
                        (false, false) => Err(SendError::NoMessage),
                        _ => Ok(()),
                    };
                    if expected.is_ok() {
                        let (kind, mut whole) = open.take().unwrap_or((kind, Vec::new()));
                        whole.extend(data);
                        if last {
                            events.push(Event::Message(match kind {
                                DataKind::Text => Message::Text(String::from_utf8(whole).unwrap()),
                                DataKind::Binary => Message::Binary(whole),
                            }));
                        } else {
                            open = Some((kind, whole));
                        }
                    }
                    (result, expected)
                }
            };
            prop_assert_eq!(result, expected);
            prop_assert!(result.is_ok() || wire.len() == before);
        }
        frames(&wire, role);
        prop_assert_eq!(receiver.receive(&wire), events);
    }
}

// [RFC 6455 5.5-1, 7.4.1-1, 7.4.1-2]
#[test]
fn nothing_illegal_leaves_whatever_the_caller_built() {
    let mut server = Stream::new(Role::Server);
    let mut wire = Vec::new();
    for message in [
        Message::Ping(vec![0; 126]),
        Message::Pong(vec![0; 126]),
        Message::Close {
            code: 999,
            reason: String::new(),
        },
        Message::Close {
            code: 1006,
            reason: String::new(),
        },
        Message::Close {
            code: 1005,
            reason: "lost".into(),
        },
        Message::Close {
            code: 1000,
            reason: "x".repeat(124),
        },
    ] {
        assert!(matches!(
            server.send(&message, &mut wire),
            Err(SendError::Message(_))
        ));
    }
    assert!(server.close(1005, "lost", &mut wire).is_err());
    assert_eq!(wire, b"");
    assert!(!server.is_closed());
}

// [RFC 6455 5.6-1]
#[test]
fn fragments_of_text_are_whole_utf8_together() {
    let text = "aé🎉".as_bytes();
    for cut in 0..=text.len() {
        let mut server = Stream::new(Role::Server);
        let mut wire = Vec::new();
        let (head, tail) = text.split_at(cut);
        server
            .send_fragment(DataKind::Text, head, true, false, None, &mut wire)
            .unwrap();
        let before = wire.clone();
        for bad in [&b"\xff"[..], b"\xf0\x9f"] {
            let refused =
                server.send_fragment(DataKind::Text, bad, false, true, None, &mut wire);
            assert!(
                matches!(refused, Err(SendError::Message(_))),
                "cut at {cut}"
            );
            assert_eq!(wire, before);
        }
        server
            .send_fragment(DataKind::Text, tail, false, true, None, &mut wire)
            .unwrap();
        let events = Stream::new(Role::Client).receive(&wire);
        assert_eq!(events, [Event::Message(Message::text("aé🎉"))]);
    }
}

#[test]
fn what_comes_before_a_fault_is_answered() {
    let mut server = Stream::new(Role::Server);
    let events = server.receive(b"\x89\x80\0\0\0\0\x83\x80\0\0\0\0");
    let mut wire = Vec::new();
    for event in events {
        match event {
            Event::Message(Message::Ping(data)) => {
                server.send(&Message::Pong(data), &mut wire).unwrap();
            }
            Event::Error { close, .. } => server.send(&close, &mut wire).unwrap(),
            other => panic!("{other:?}"),
        }
    }
    let answers = Stream::new(Role::Client).receive(&wire);
    assert!(matches!(
        answers[..],
        [
            Event::Message(Message::Pong(_)),
            Event::Message(Message::Close { code: 1002, .. })
        ]
    ));
}
