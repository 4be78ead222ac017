//! HAR files as Chromium, Playwright and Firefox write them.

use crate::recorder::{Event, read, read_pieces};
use ws4wasm_inspect::capture::{ErrorKind, Format, NoteKind};
use ws4wasm_inspect::flow::{Content, Direction};

/// The shape that Chromium exports: an extension first, keys in the order of the alphabet. The
/// messages are those of Chromium's own test of its export.
const CHROMIUM: &str = r#"{
  "log": {
    "version": "1.2",
    "creator": { "name": "WebInspector", "version": "537.36" },
    "pages": [],
    "entries": [
      { "request": { "method": "GET", "url": "http://127.0.0.1:8880/", "headers": [] },
        "response": { "status": 200, "content": { "text": "{\"_webSocketMessages\": []}" } } },
      {
        "_connectionId": "12",
        "_resourceType": "websocket",
        "_webSocketMessages": [
          { "type": "send", "time": 1558730482.5071, "opcode": 1, "data": "text message" },
          { "type": "receive", "time": 1558730482.507943, "opcode": 1, "data": "gr\u00fc\u00df \"dich\"" },
          { "type": "send", "time": 1558730482.51, "opcode": 2, "data": "YmluYXJ5IG1lc3NhZ2U=" },
          { "type": "receive", "time": 1558730483, "opcode": 2, "data": "YmluYXJ5IG1lc3NhZ2U" },
          { "type": "receive", "time": 1558730483.1, "opcode": 2, "data": "not base64!" },
          { "type": "error", "time": 1558730484, "opcode": -1, "data": "Invalid frame header" }
        ],
        "request": { "method": "GET", "url": "ws://127.0.0.1:8880/echo", "httpVersion": "HTTP/1.1" },
        "response": { "status": 101 },
        "serverIPAddress": "127.0.0.1",
        "startedDateTime": "2019-05-24T20:41:22.500Z"
      }
    ]
  }
}"#;

#[test]
fn chromium() {
    let outcome = read(CHROMIUM.as_bytes());
    assert_eq!(outcome.result, Ok(()));
    assert_eq!(outcome.capture.format(), Format::Har);
    let recorder = &outcome.recorder;
    assert_eq!(recorder.flows(), 1);
    let opened = recorder.opened(0);
    assert_eq!(opened.content, Content::Messages);
    assert_eq!(opened.url.as_deref(), Some("ws://127.0.0.1:8880/echo"));
    assert_eq!(
        (&*opened.server.address, opened.server.port),
        ("127.0.0.1", 8880)
    );
    let sent = b"\x81\x0ctext message\x82\x0ebinary message";
    assert_eq!(recorder.bytes(0, Direction::ClientToServer), sent);
    let received = [
        b"\x81\x0d".as_slice(),
        "grüß \"dich\"".as_bytes(),
        b"\x82\x0ebinary message",
    ];
    assert_eq!(
        recorder.bytes(0, Direction::ServerToClient),
        received.concat()
    );
    let times = recorder.events.iter().filter_map(|event| match event {
        Event::Data(_, _, time, ..) => Some(*time),
        _ => None,
    });
    let times: Vec<_> = times.collect();
    assert_eq!(
        times[..2],
        [1_558_730_482_507_100_000, 1_558_730_482_507_943_000]
    );
    let kinds: Vec<_> = outcome
        .capture
        .notes()
        .iter()
        .map(|note| note.kind)
        .collect();
    assert_eq!(kinds, [NoteKind::BadMessage, NoteKind::BrowserError]);
}

/// Playwright's has the request first. Firefox has none of the messages.
#[test]
fn playwright_and_firefox() {
    let playwright = r#"{"log":{"version":"1.2","creator":{"name":"Playwright","version":"1.61.0"},"entries":[
        {"startedDateTime":"2026-06-02T10:00:00.000Z","time":-1,
         "request":{"method":"GET","url":"wss://example.com/socket?x=1","headers":[],"headersSize":-1},
         "response":{"status":101,"statusText":"Switching Protocols","_transferSize":9},
         "_resourceType":"websocket",
         "_webSocketMessages":[{"type":"send","time":1780394400.25,"opcode":2,"data":"AAEC"},
                               {"type":"receive","time":1780394400.5,"opcode":1,"data":"hi"}]}]}}"#;
    let outcome = read(playwright.as_bytes());
    assert_eq!(outcome.result, Ok(()));
    let opened = outcome.recorder.opened(0);
    assert_eq!(
        (&*opened.server.address, opened.server.port),
        ("example.com", 443)
    );
    assert_eq!(
        outcome.recorder.bytes(0, Direction::ClientToServer),
        b"\x82\x03\0\x01\x02"
    );
    assert_eq!(
        outcome.recorder.bytes(0, Direction::ServerToClient),
        b"\x81\x02hi"
    );

    let firefox = r#"{"log":{"version":"1.2","creator":{"name":"Firefox","version":"140.0"},"entries":[
        {"pageref":"page_1","startedDateTime":"2025-06-24T10:00:00.000+02:00",
         "request":{"method":"GET","url":"wss://example.com/","headers":[{"name":"Upgrade","value":"websocket"}]},
         "response":{"status":101}}]}}"#;
    let outcome = read(firefox.as_bytes());
    assert_eq!((outcome.result, outcome.recorder.flows()), (Ok(()), 0));
    assert_eq!(outcome.capture.notes()[0].kind, NoteKind::NoMessages);
}

#[test]
fn a_cut_file_gives_what_was_good() {
    let first = CHROMIUM.find("gr\\u00fc").unwrap();
    let whole = read_pieces([CHROMIUM.as_bytes()]);
    for length in CHROMIUM.find("log").unwrap()..CHROMIUM.len() {
        let cut = read_pieces([&CHROMIUM.as_bytes()[..length]]);
        let error = cut.result.expect_err("it is cut");
        if length > first + 30 {
            assert!(matches!(error.kind, ErrorKind::Json(_)), "{error}");
            assert!(
                error.offset <= length as u64 && error.offset + 80 > length as u64,
                "{error}"
            );
            let sent = cut.recorder.bytes(0, Direction::ServerToClient);
            assert!(sent.starts_with(b"\x81\x0d"));
            assert!(
                whole
                    .recorder
                    .bytes(0, Direction::ServerToClient)
                    .starts_with(&sent)
            );
        }
    }
}

#[test]
fn other_json_is_no_har() {
    for text in ["{}", r#"{"log":{}}"#, r#"{"a":{"log":1}}"#, "{"] {
        let error = read(text.as_bytes()).result.expect_err(text);
        assert!(error.to_string().contains("HAR"), "{error}");
    }
}
