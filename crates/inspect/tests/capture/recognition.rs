//! What is a WebSocket and what is none: the beginning tells, or frames of both directions. None
//! is wrong, and none is missed.

use crate::generator::{ANSWER, DOWN, REQUEST, Talk, UP, frame, pcap};
use proptest::prelude::*;
use ws4wasm_inspect::flow::Direction;
use ws4wasm_inspect::report::Connection;
use ws4wasm_inspect::{Options, Session, Treat, Which};

fn session(file: &[u8], options: Options) -> Session {
    let mut session = Session::new(options, None);
    session.push(file).unwrap();
    session.finish().unwrap();
    session
}

fn open(file: &[u8]) -> Session {
    session(file, Options::default())
}

fn only(session: &Session) -> Connection {
    let mut all = session.inspection.report_connections();
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

/// What a frame is, in short.
type Told = (Direction, u8, String);

/// The rows, in order of time, and whether each is.
fn rows(session: &Session) -> Vec<Told> {
    filtered(session, "")
}

fn filtered(session: &Session, filter: &str) -> Vec<Told> {
    use ws4wasm_inspect::filter::Filter;
    use ws4wasm_inspect::view::{Table, View};
    let inspection = &session.inspection;
    let filter = Filter::parse(filter).unwrap();
    let all = View::new(inspection, Table::Frames, filter, true);
    let lines = all.lines(inspection, 0, 1000);
    assert!(lines.is_sorted_by_key(|line| line.frame.time));
    let told = lines.into_iter().map(|line| {
        let code = if line.frame.is_hole() {
            255
        } else {
            line.frame.head[0] & 15
        };
        (line.frame.direction(), code, line.preview)
    });
    told.collect()
}

/// Requests and answers of other protocols, as their clients and servers say them.
const OTHERS: &[(&str, u16, &[u8], &[u8])] = &[
    (
        "DNS",
        53,
        b"\x00\x1d\x22\x22\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01",
        b"\x00\x2d\x22\x22\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x5d\xb8\xd8\x22",
    ),
    (
        "SMB 2",
        445,
        b"\x00\x00\x00\x40\xfeSMB@\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
        b"\x00\x00\x00\x40\xfeSMB@\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    ),
    (
        "Kafka",
        9092,
        b"\x00\x00\x00\x18\x00\x12\x00\x03\x00\x00\x00\x01\x00\x0eapache-kafka\x00\x00",
        b"\x00\x00\x00\x0a\x00\x00\x00\x01\x00\x00\x01\x00\x00\x00",
    ),
    (
        "Modbus",
        502,
        b"\x81\x0a\x00\x00\x00\x06\x01\x03\x00\x6b\x00\x03",
        b"\x81\x0a\x00\x00\x00\x09\x01\x03\x06\x02\x2b\x00\x00\x00\x64",
    ),
    (
        "MQTT",
        1883,
        b"\x82\x09\x00\x01\x00\x04a/b/\x00",
        b"\x90\x03\x00\x01\x00",
    ),
    (
        "SSL 2",
        443,
        b"\x80\x1c\x01\x00\x02\x00\x03\x00\x00\x00\x10\x07\x00\xc00123456789abcdef",
        b"\x83\x04\x04\x00\x01\x00\x02\x02\xe0\x00\x03\x00\x10",
    ),
    (
        "STUN",
        3478,
        b"\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\x00\x03\x00\x04\x00\x00\x00\x00",
        b"\x01\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl",
    ),
    (
        "SMPP",
        2775,
        b"\x00\x00\x00\x10\x00\x00\x00\x15\x00\x00\x00\x00\x00\x00\x00\x01",
        b"\x00\x00\x00\x10\x80\x00\x00\x15\x00\x00\x00\x00\x00\x00\x00\x01",
    ),
    (
        "PPTP",
        1723,
        b"\x00\x0c\x00\x01\x1a\x2b\x3c\x4d\x00\x05\x00\x00",
        b"\x00\x0c\x00\x01\x1a\x2b\x3c\x4d\x00\x06\x00\x00",
    ),
    (
        "LDAP",
        389,
        b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00",
        b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00",
    ),
    ("Redis", 6379, b"*1\r\n$4\r\nPING\r\n", b"+PONG\r\n"),
    ("Redis, inline", 6379, b"GET key\r\n", b"$-1\r\n"),
    ("SMTP", 25, b"EHLO there\r\n", b"250-here\r\n250 8BITMIME\r\n"),
    (
        "OpenVPN",
        1194,
        b"\x00\x0e\x38\x01\x02\x03\x04\x05\x06\x07\x08\x00\x00\x00\x00\x00",
        b"\x00\x1a\x40\x08\x07\x06\x05\x04\x03\x02\x01\x01\x00\x00\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08\x00\x00\x00\x00",
    ),
    (
        "Kerberos",
        88,
        b"\x00\x00\x00\x0a\x6a\x08\x30\x06\xa1\x03\x02\x01\x05\x00",
        b"\x00\x00\x00\x0a\x7e\x08\x30\x06\xa1\x03\x02\x01\x05\x00",
    ),
];

#[test]
fn other_protocols_are_none() {
    for (name, port, asked, answered) in OTHERS {
        for late in [false, true] {
            let mut talk = if late {
                Talk::late(*port)
            } else {
                Talk::new(*port)
            };
            for _ in 0..5 {
                talk.say(UP, asked).say(DOWN, answered);
            }
            let session = open(&talk.fin().pcap());
            let found = only(&session);
            assert_ne!(found.transport, "websocket", "{name}, late: {late}");
            let totals = session.totals();
            assert_eq!(
                (totals.frames, totals.errors, totals.warnings),
                (0, 0, 0),
                "{name}"
            );
            assert_eq!(found.evidence, None);
        }
    }
}

#[test]
fn one_direction_of_another_protocol_is_none() {
    for (name, port, asked, answered) in OTHERS {
        for (way, said) in [(UP, asked), (DOWN, answered)] {
            let mut talk = Talk::late(*port);
            for _ in 0..9 {
                talk.say(way, said);
            }
            assert_ne!(only(&open(&talk.pcap())).transport, "websocket", "{name}");
        }
    }
}

proptest! {
    #[test]
    fn noise_is_none(
        said in prop::collection::vec(
            (any::<bool>(), prop::collection::vec(any::<u8>(), 1..300)),
            1..30,
        ),
        late in any::<bool>(),
    ) {
        let mut talk = if late { Talk::late(7) } else { Talk::new(7) };
        for (up, bytes) in &said {
            talk.say(if *up { UP } else { DOWN }, bytes);
        }
        for connection in open(&talk.pcap()).inspection.report_connections() {
            prop_assert_ne!(connection.transport, "websocket");
        }
    }
}

/// A conversation in frames, both ways by turns.
fn chat(talk: &mut Talk, count: usize) {
    for at in 0..count {
        let asked = format!("{{\"ask\":{at}}}");
        let told = format!("{{\"tell\":{at}}}");
        talk.say(UP, &frame(UP, 0x81, asked.as_bytes()));
        talk.say(DOWN, &frame(DOWN, 0x81, told.as_bytes()));
    }
}

#[test]
fn with_the_handshake_it_is_certain() {
    let mut talk = Talk::new(80);
    talk.say(UP, REQUEST).say(DOWN, ANSWER);
    chat(&mut talk, 1);
    let session = open(&talk.pcap());
    assert_eq!(only(&session).evidence, Some("handshake"));
    assert_eq!(session.totals().frames, 2);
}

#[test]
fn without_the_beginning_both_directions_tell() {
    let mut talk = Talk::late(80);
    chat(&mut talk, 2);
    let session = open(&talk.pcap());
    let found = only(&session);
    assert_eq!(
        (found.transport, found.evidence),
        ("websocket", Some("frames"))
    );
    let previews: Vec<_> = rows(&session).into_iter().map(|(.., text)| text).collect();
    assert_eq!(
        previews,
        ["{\"ask\":0}", "{\"tell\":0}", "{\"ask\":1}", "{\"tell\":1}"]
    );
    assert_eq!(session.totals().errors, 0);
}

#[test]
fn each_direction_finds_its_first_frame_inside_a_large_message() {
    let mut talk = Talk::late(80);
    let large = frame(DOWN, 0x81, "The quick brown fox. ".repeat(400).as_bytes());
    for piece in large[3000..].chunks(1400) {
        talk.say(DOWN, piece);
    }
    chat(&mut talk, 2);
    let session = open(&talk.pcap());
    assert_eq!(rows(&session).len(), 4, "{:#?}", rows(&session));
    assert_eq!(only(&session).evidence, Some("frames"));
}

#[test]
fn a_lost_part_of_the_handshake_loses_no_frames() {
    for lost in [UP, DOWN] {
        let mut talk = Talk::new(80);
        match lost {
            UP => talk.lose(UP, REQUEST).say(DOWN, ANSWER),
            DOWN => talk.say(UP, REQUEST).lose(DOWN, ANSWER),
        };
        chat(&mut talk, 3);
        let session = open(&talk.fin().pcap());
        let found = only(&session);
        assert_eq!(
            (found.transport, found.evidence),
            ("websocket", Some("part")),
            "{lost:?}"
        );
        assert_eq!(session.totals().frames, 6, "{lost:?}");
        assert_eq!(session.totals().errors, 0, "{lost:?}");
    }
}

#[test]
fn snapped_packets_show_what_is_whole() {
    let mut talk = Talk::new(80);
    talk.say(UP, REQUEST).say(DOWN, ANSWER);
    talk.say(UP, &frame(UP, 0x82, &[7; 100]));
    chat(&mut talk, 2);
    let session = open(&pcap(&talk.packets, 54 + 40));
    let codes: Vec<_> = rows(&session)
        .into_iter()
        .map(|(_, code, _)| code)
        .collect();
    assert_eq!(codes, [2, 255, 1, 1, 1, 1]);
    assert_eq!(only(&session).evidence, Some("part"));
}

#[test]
fn a_lost_segment_is_a_hole_in_the_order_of_time() {
    let mut talk = Talk::new(80);
    talk.say(UP, REQUEST).say(DOWN, ANSWER);
    chat(&mut talk, 1);
    talk.lose(DOWN, &frame(DOWN, 0x81, b"lost"));
    chat(&mut talk, 12);
    let session = open(&talk.pcap());
    let rows = rows(&session);
    assert_eq!(rows.len(), 27);
    let holes: Vec<_> = rows.iter().filter(|(_, code, _)| *code == 255).collect();
    assert_eq!(
        holes,
        [&(DOWN, 255, "6 bytes are missing in the capture".to_owned())]
    );
    assert_eq!(session.totals().frames, 26);
}

#[test]
fn filters_know_holes_and_evidence() {
    let mut talk = Talk::new(80);
    talk.lose(UP, REQUEST).say(DOWN, ANSWER);
    chat(&mut talk, 1);
    talk.lose(DOWN, &frame(DOWN, 0x81, b"lost"));
    chat(&mut talk, 12);
    let session = open(&talk.pcap());
    let count = |filter| filtered(&session, filter).len();
    let hole = [(DOWN, 255, "6 bytes are missing in the capture".to_owned())];
    // It has what a place in the capture has,
    for filter in [
        "hole",
        "not hole:0",
        "hole and conn:0 and dir:s2c",
        "hole and len:6",
    ] {
        assert_eq!(filtered(&session, filter), hole, "{filter}");
    }
    // nothing of what a frame has,
    for filter in [
        "hole and op:continuation,text",
        "hole and data",
        "hole and fin:0",
        "hole and kind:empty",
        "hole and /^/",
        "hole and hex:00",
    ] {
        assert_eq!(count(filter), 0, "{filter}");
    }
    // and stays where frames of another kind are hidden.
    assert_eq!(count("not heartbeat"), count(""));
    assert_eq!(count("evidence:part"), count(""));
    assert_eq!(count("evidence:frames,handshake"), 0);
    assert_eq!(count("not evidence:part"), 0);
}

#[test]
fn a_connection_is_what_somebody_says_it_is() {
    let (_, port, asked, answered) = OTHERS[0];
    let mut talk = Talk::new(port);
    talk.say(UP, asked).say(DOWN, answered);
    let treat = |which, websocket| Options {
        treat: vec![Treat { which, websocket }],
        ..Options::default()
    };
    let session_of = |options| session(&talk.pcap(), options);
    let told = session_of(treat(Which::Port(port), true));
    assert_eq!(only(&told).transport, "websocket");
    assert!(told.totals().frames > 0);
    assert_ne!(
        only(&session_of(treat(Which::Port(1), true))).transport,
        "websocket"
    );

    let mut talk = Talk::new(80);
    talk.say(UP, REQUEST).say(DOWN, ANSWER);
    chat(&mut talk, 1);
    let told = session(&talk.pcap(), treat(Which::Connection(0), false));
    assert_eq!(
        (only(&told).transport, told.totals().frames),
        ("unknown", 0)
    );
}

#[test]
fn a_way_through_proxies_is_followed() {
    let before: [&[(Direction, &[u8])]; 4] = [
        &[
            (UP, b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"),
            (DOWN, b"HTTP/1.1 200 OK\r\n\r\n"),
        ],
        &[
            (UP, b"\x05\x01\x00"),
            (DOWN, b"\x05\x00"),
            (UP, b"\x05\x01\x00\x03\x01a\x00\x50"),
            (DOWN, b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"),
        ],
        &[(UP, b"PROXY TCP4 192.0.2.1 192.0.2.2 5 80\r\n")],
        &[(UP, b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\x01\x02\x03\x04\x05\x06\x07\x08\x00\x01\x00\x50")],
    ];
    for steps in before {
        let mut talk = Talk::new(80);
        for (way, bytes) in steps {
            talk.say(*way, bytes);
        }
        talk.say(UP, REQUEST).say(DOWN, ANSWER);
        chat(&mut talk, 2);
        let session = open(&talk.pcap());
        assert_eq!(only(&session).evidence, Some("handshake"), "{steps:?}");
        assert_eq!(session.totals().frames, 4);
    }
}

#[test]
fn the_warning_of_no_close_is_at_the_last_frame_of_its_direction() {
    let mut talk = Talk::new(80);
    talk.say(UP, REQUEST).say(DOWN, ANSWER);
    talk.say(UP, &frame(UP, 0x81, b"one"))
        .say(DOWN, &frame(DOWN, 0x81, b"two"));
    let session = open(&talk.fin().pcap());
    let violations = session.inspection.violations(0, 9, |_| true);
    let [warning] = &violations[..] else {
        panic!("{violations:#?}")
    };
    assert_eq!(
        (warning.rule, warning.direction, warning.frame),
        ("NoClose", "c2s", Some(0))
    );
}
