//! Logs of browsers and proxies that are made here, in the shapes that those give them.

use crate::generator::{ANSWER, DOWN, REQUEST, UP, frame};
use crate::recorder::read as read_cut;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ws4wasm_inspect::capture::Format;
use ws4wasm_inspect::{Options, Session};

fn read(file: &[u8], step: usize) -> Session {
    let mut session = Session::new(Options::default(), None);
    for piece in file.chunks(step) {
        session.push(piece).unwrap();
    }
    session.finish().unwrap();
    session
}

/// A net-log with these events: `[type, source, params]` each, a millisecond apart.
fn netlog(events: &[(u32, i64, String)], end: &str) -> String {
    let constants = r#"{"constants":{"logEventTypes":{"SOCKET_ALIVE":1,"TCP_CONNECT":2,
        "SSL_CONNECT":3,"SOCKET_BYTES_SENT":4,"SOCKET_BYTES_RECEIVED":5,
        "SSL_SOCKET_BYTES_SENT":6,"SSL_SOCKET_BYTES_RECEIVED":7,"URL_REQUEST_START_JOB":8,
        "WEBSOCKET_SENT_FRAME_HEADER":9,"WEBSOCKET_RECV_FRAME_HEADER":10},
        "timeTickOffset":"1700000000000"},"#;
    let events: Vec<String> = events
        .iter()
        .enumerate()
        .map(|(at, (kind, source, params))| {
            let phase = if *kind == 2 { 2 } else { u32::from(*kind == 3) };
            format!(
                r#"{{"params":{params},"phase":{phase},"source":{{"id":{source},"type":10}},"time":"{at}","type":{kind}}}"#
            )
        })
        .collect();
    format!("{constants}\n\"events\": [\n{}{end}", events.join(",\n"))
}

fn bytes(kind: u32, source: i64, bytes: &[u8]) -> (u32, i64, String) {
    let encoded = STANDARD.encode(bytes);
    let params = format!(r#"{{"byte_count":{},"bytes":"{encoded}"}}"#, bytes.len());
    (kind, source, params)
}

fn connected(source: i64) -> (u32, i64, String) {
    let params = r#"{"local_address":"127.0.0.1:5000","remote_address":"[::1]:443"}"#;
    (2, source, params.into())
}

const END: &str = "],\n\"polledData\": [{}]}\n";

#[test]
fn a_socket_shows_what_was_inside_its_tls() {
    let events = [
        connected(7),
        (3, 7, "{}".into()),
        bytes(4, 7, b"\x16\x03\x01 ciphertext"),
        bytes(6, 7, REQUEST),
        bytes(4, 7, b"\x17\x03\x03 ciphertext"),
        bytes(7, 7, ANSWER),
        bytes(6, 7, &frame(UP, 0x81, b"hi")),
        bytes(7, 7, &frame(DOWN, 0x81, b"there")),
    ];
    for end in [END, ""] {
        let log = netlog(&events, end);
        for step in [1, 17, 1 << 20] {
            let session = read(log.as_bytes(), step);
            let totals = session.totals();
            assert_eq!(
                (totals.format, totals.frames, totals.errors),
                ("netlog", 2, 0)
            );
            assert_eq!(totals.start, 1_700_000_000_003.0);
            let all = session.inspection.report_connections();
            let [one] = &all[..] else { panic!("{all:#?}") };
            assert_eq!(one.url.as_deref(), Some("wss://a/x"));
            assert_eq!((one.client.port, &one.server.address[..]), (5000, "::1"));
            let notes = totals.notes.join(" ");
            assert_eq!(notes.contains("has no end"), end.is_empty(), "{notes}");
        }
    }
}

#[test]
fn without_bytes_there_are_headers_and_a_note() {
    let header = |kind, opcode, length| {
        let params = format!(
            r#"{{"final":true,"masked":{},"opcode":{opcode},"payload_length":{length}}}"#,
            kind == 9
        );
        (kind, 3, params)
    };
    let log = netlog(
        &[
            (8, 3, r#"{"url":"wss://h:9/p"}"#.into()),
            (4, 7, r#"{"byte_count":100}"#.into()),
            header(9, 1, 70_000),
            header(10, 2, 0),
            header(10, 8, 2),
        ],
        END,
    );
    let session = read(log.as_bytes(), 100);
    let totals = session.totals();
    assert_eq!((totals.frames, totals.errors, totals.warnings), (3, 0, 0));
    assert!(
        totals.notes[0].contains("Include raw bytes"),
        "{:?}",
        totals.notes
    );
    let one = session.inspection.report_connection(0).unwrap();
    assert_eq!(one.url.as_deref(), Some("wss://h:9/p"));
    let lengths: Vec<u64> = session
        .inspection
        .store
        .frames
        .iter_from(0)
        .map(|(_, f)| f.length)
        .collect();
    assert_eq!(lengths, [70_000, 0, 2]);
}

#[test]
fn flows_of_mitmproxy() {
    let text = |text: &str| format!("{}:{text};", text.len());
    let raw = |text: &str| format!("{}:{text},", text.len());
    let entry = |name: &str, value: String| text(name) + &value;
    let wrap = |kind: char, inside: String| format!("{}:{inside}{kind}", inside.len());
    let message = |up: bool, content: &str, at: &str| {
        let up = wrap('!', up.to_string());
        let at = format!("{}:{at}^", at.len());
        wrap(']', format!("1:1#{up}{}{at}5:false!5:false!", raw(content)))
    };
    let messages =
        message(true, "up", "1700000001.5") + &message(false, "down", "1700000001.75");
    let websocket = entry("messages", wrap(']', messages))
        + &entry("closed_by_client", "4:true!".into())
        + &entry("close_code", "4:1000#".into())
        + &entry("close_reason", text("bye"))
        + &entry("timestamp_end", "12:1700000002.5^".into());
    let request = entry("host", text("h"))
        + &entry("port", "2:80#".into())
        + &entry("scheme", raw("http"))
        + &entry("authority", raw(""))
        + &entry("path", raw("/p"));
    let flow = wrap(
        '}',
        entry("websocket", wrap('}', websocket)) + &entry("request", wrap('}', request)),
    );
    let plain = wrap(
        '}',
        entry("type", text("http")) + &entry("websocket", "0:~".into()),
    );
    let file = plain + &flow;
    for step in [1, 10, 1 << 20] {
        let session = read(file.as_bytes(), step);
        let totals = session.totals();
        assert_eq!(
            (totals.format, totals.frames, totals.messages),
            ("mitmproxy", 3, 2)
        );
        assert_eq!(totals.errors, 0);
        let one = session.inspection.report_connection(0).unwrap();
        assert_eq!(one.url.as_deref(), Some("ws://h:80/p"));
        assert_eq!(one.close.c2s.unwrap().reason, "bye");
    }
    let mut cut = Session::new(Options::default(), None);
    cut.push(&file.as_bytes()[..file.len() - 3]).unwrap();
    assert!(
        cut.finish()
            .unwrap_err()
            .to_string()
            .contains("ends inside")
    );
}

#[test]
fn times_of_har_in_seconds_and_milliseconds() {
    for time in ["1700000000.5", "1700000000500.0"] {
        let har = format!(
            r#"{{"log":{{"entries":[{{"request":{{"url":"ws://h/"}},"_webSocketMessages":
            [{{"type":"send","time":{time},"opcode":1,"data":"x"}}]}}]}}}}"#
        );
        assert_eq!(
            read(har.as_bytes(), 99).totals().start,
            1_700_000_000_500.0,
            "{time}"
        );
    }
}

/// What a file is must not depend on how it is cut: found by the fuzz targets `flows` and `printed`.
#[test]
fn what_is_no_log_is_none_however_it_is_cut() {
    let late = format!("{}{{\"constants\"{{ ]x", " ".repeat(300));
    assert_eq!(read_cut(late.as_bytes()).capture.format(), Format::Text);
    read_cut(b"             {                \"constants\"  } \xb5[  \"constants\"  } \xb5[ ");
    read_cut(b"        \xb5[  ");
}
