//! What is exported as pcapng is read again as the same connections.

use ws4wasm_inspect::export::{Format, Secrets, export, holds_secrets};
use ws4wasm_inspect::flow::{
    Content, Direction, End, Endpoint, FlowId, FlowSink, Opened, Source,
};
use ws4wasm_inspect::{Inspection, Options, Session};

const UP: Direction = Direction::ClientToServer;
const DOWN: Direction = Direction::ServerToClient;

const REQUEST: &[u8] = b"GET /a HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const REFUSAL: &[u8] = b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno";

/// Live traffic between made-up ends, 1 ms from event to event.
struct Live {
    inspection: Inspection,
    time: u64,
}

impl Live {
    fn new() -> Self {
        Self {
            inspection: Inspection::new(Options::default()),
            time: 1_700_000_000_000_000_000,
        }
    }

    fn tick(&mut self) -> u64 {
        self.time += 1_000_000;
        self.time
    }

    fn open(&mut self, port: u16) -> FlowId {
        let end = |address: &str, port| Endpoint {
            address: address.into(),
            port,
        };
        let opened = Opened {
            client: end("192.0.2.1", port),
            server: end("192.0.2.2", 80),
            time: self.tick(),
            client_known: true,
            from_start: true,
            content: Content::WebSocket,
            ..Opened::default()
        };
        self.inspection.open(opened)
    }

    fn data(&mut self, flow: FlowId, direction: Direction, bytes: &[u8]) {
        let time = self.tick();
        self.inspection
            .data(flow, direction, time, Source::default(), bytes);
    }

    fn end(&mut self, flow: FlowId, direction: Direction, how: End) {
        let time = self.tick();
        self.inspection.end(flow, direction, time, how);
    }

    fn both(&mut self, flow: FlowId, answer: &[u8]) {
        self.data(flow, UP, REQUEST);
        self.data(flow, DOWN, answer);
    }
}

fn again(inspection: &Inspection, frames: Option<&[u32]>) -> Inspection {
    let file = export(inspection, Format::Pcapng, frames, Secrets::Shown);
    let mut session = Session::new(Options::default(), None);
    session.push(&file).unwrap();
    session.finish().unwrap();
    session.inspection
}

/// All that there is to say of the connections, but for times: ends are told together.
fn told(inspection: &Inspection) -> Vec<String> {
    let connections = inspection.report_connections().into_iter();
    let text = connections.map(|mut connection| {
        connection.last = 0.0;
        format!("{connection:?}")
    });
    let all = inspection.violations(0, usize::MAX, |_| true);
    let violations = all.iter().map(|violation| format!("{violation:?}"));
    text.chain(violations).collect()
}

fn conversation() -> Inspection {
    let mut live = Live::new();
    let refused = live.open(50_000);
    live.both(refused, REFUSAL);
    live.end(refused, DOWN, End::Fin);
    live.end(refused, UP, End::Fin);

    let unanswered = live.open(50_001);
    live.data(unanswered, UP, REQUEST);
    live.end(unanswered, DOWN, End::Reset);

    let cut_off = live.open(50_002);
    live.both(cut_off, RESPONSE);
    // A text message of 10 bytes of which 5 come, the last one inside a character.
    live.data(cut_off, UP, b"\x81\x8a\0\0\0\0caf\xc3\xa9 \xe4\xb8");
    live.end(cut_off, UP, End::Reset);

    let closed = live.open(50_003);
    live.both(closed, RESPONSE);
    live.data(closed, UP, b"\x88\x82\0\0\0\0\x03\xe8");
    live.data(closed, DOWN, b"\x88\x02\x03\xe8");
    live.end(closed, DOWN, End::Fin);
    live.end(closed, UP, End::Fin);

    let half_closed = live.open(50_004);
    live.both(half_closed, RESPONSE);
    live.data(half_closed, DOWN, b"\x81\x02hi");
    live.end(half_closed, DOWN, End::Fin);

    let holed = live.open(50_005);
    live.both(holed, RESPONSE);
    live.data(holed, DOWN, b"\x82\x0aab");
    let time = live.tick();
    live.inspection.gap(holed, DOWN, time, 4);
    live.data(holed, DOWN, b"cdef\x81\x02hi");

    let open = live.open(50_006);
    live.both(open, RESPONSE);
    live.data(open, UP, b"\x89\x80\0\0\0\0");
    live.inspection.finish();
    live.inspection
}

#[test]
fn all_connections_and_how_they_ended() {
    let inspection = conversation();
    assert_eq!(told(&again(&inspection, None)), told(&inspection));
}

#[test]
fn what_is_cut_off_is_no_bad_text() {
    let inspection = conversation();
    for inspection in [&inspection, &again(&inspection, None)] {
        let found = inspection.violations(0, usize::MAX, |v| v.connection == 2);
        let rules: Vec<_> = found.iter().map(|v| v.rule).collect();
        assert_eq!(rules, ["EndInFrame", "NoClose"]);
        let connection = inspection.report_connection(2).unwrap();
        let code = connection.close_code.unwrap();
        assert_eq!((code.client, code.server), (1006, 1006));
        let ends = connection.ended;
        assert_eq!((ends.c2s, ends.s2c), (Some("reset"), Some("reset")));
    }
    // Nor is it when only that frame is chosen.
    let frame = inspection.frame_at(2, UP, REQUEST.len() as u64).unwrap();
    let chosen = again(&inspection, Some(&[frame]));
    let found = chosen.violations(0, usize::MAX, |_| true);
    let rules: Vec<_> = found.iter().map(|v| v.rule).collect();
    assert_eq!(rules, ["EndInFrame", "NoClose"]);
}

#[test]
fn frames_of_which_the_wire_was_not_seen() {
    let mut inspection = Inspection::new(Options::default());
    let flow = inspection.open(Opened {
        content: Content::Messages,
        client_known: true,
        from_start: true,
        ..Opened::default()
    });
    inspection.data(flow, UP, 0, Source::default(), b"\x81\x02hi");
    inspection.finish();
    let again = again(&inspection, None);
    assert_eq!(again.store.frames.len(), 1);
    assert_eq!(again.report_connections()[0].status, Some(101));
}

fn holds(file: &[u8], text: &str) -> bool {
    file.windows(text.len())
        .any(|bytes| bytes == text.as_bytes())
}

/// Each of these is in the handshake, cut anywhere, of a connection with frames and of one that
/// was refused, whose second request is not even whole.
#[test]
fn secrets_do_not_leave_unless_asked() {
    const SECRETS: [&str; 4] = ["c00kie", "passw0rd", "t0ken", "set-c00kie"];
    let request = String::from_utf8_lossy(REQUEST).replace(
        "/a HTTP/1.1\r\n",
        "/a?x=1&token=t0ken HTTP/1.1\r\nCookie: a=c00kie\r\nAuthorization: Basic passw0rd\r\n",
    );
    let response = String::from_utf8_lossy(RESPONSE).replace(
        "Upgrade: websocket",
        "Set-Cookie: b=set-c00kie\r\nUpgrade: websocket",
    );
    for cut in 0..request.len() {
        let mut live = Live::new();
        let talk = live.open(50_000);
        live.data(talk, UP, &request.as_bytes()[..cut]);
        live.data(talk, UP, &request.as_bytes()[cut..]);
        live.data(talk, DOWN, response.as_bytes());
        live.data(talk, DOWN, b"\x81\x0cCookie: kept");
        let refused = live.open(50_001);
        live.data(refused, UP, request.as_bytes());
        live.data(refused, DOWN, REFUSAL);
        live.data(refused, UP, &request.as_bytes()[..cut]);
        let inspection = live.inspection;
        assert!(holds_secrets(&inspection));
        for (format, frames) in [
            (Format::Pcapng, None),
            (Format::Pcapng, Some(&[0][..])),
            (Format::Har, None),
        ] {
            let file = export(&inspection, format, frames, Secrets::Hidden);
            // A packet's end may be within a secret: what it is read as tells it whole.
            let read = match format {
                Format::Har => file.clone(),
                _ => {
                    let mut session = Session::new(Options::default(), None);
                    session.push(&file).unwrap();
                    session.finish().unwrap();
                    export(&session.inspection, Format::Har, None, Secrets::Shown)
                }
            };
            for secret in SECRETS {
                let told = holds(&file, secret) || holds(&read, secret);
                assert!(!told, "{secret} in {format:?}, cut at {cut}");
            }
            assert!(
                holds(&read, "Cookie: kept"),
                "messages are left as they are"
            );
            assert!(holds(&read, "x=1&token=*****"));
        }
        let shown = export(&inspection, Format::Har, None, Secrets::Shown);
        for secret in SECRETS {
            assert!(holds(&shown, secret), "{secret}");
        }
    }
    let mut live = Live::new();
    let plain = live.open(50_000);
    live.both(plain, RESPONSE);
    assert!(!holds_secrets(&live.inspection));
}

#[test]
fn a_reason_that_is_too_long_is_told_whole() {
    let reason = "because ".repeat(40);
    let mut live = Live::new();
    let flow = live.open(50_000);
    live.both(flow, RESPONSE);
    let length = (reason.len() as u16 + 2).to_be_bytes();
    let body = [&b"\x88\x7e"[..], &length, b"\x03\xe8", reason.as_bytes()].concat();
    live.data(flow, DOWN, &body);
    let frame = live.inspection.report_frame(0).unwrap();
    assert_eq!(frame.close.unwrap().reason, reason);
    let connection = live.inspection.report_connection(flow).unwrap();
    assert_eq!(connection.close.s2c.unwrap().reason, reason);
    let rules = frame.violations.iter().map(|violation| violation.rule);
    assert_eq!(rules.collect::<Vec<_>>(), ["ControlTooLong"]);
}
