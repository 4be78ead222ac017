//! Any bytes as both directions of HTTP/2: no panic, the same findings however they are cut, and
//! memory that stays in proportion. A third of the input is the server's.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws4wasm_fuzz::cut;
use ws4wasm_inspect::flow::{Direction, End, FlowSink, Opened, Source};
use ws4wasm_inspect::{Inspection, Options};

/// A stream that is a WebSocket, so that inputs may go on from there: the client's preface,
/// SETTINGS, and a request; the server's SETTINGS and answer.
const CLIENT: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\
    \0\0\x3c\x01\x04\0\0\0\x01\
    \x02\x07CONNECT\x40\x09:protocol\x09websocket\x87\x84\x01\x09localhost\
    \x40\x15sec-websocket-version\x0213";
const SERVER: &[u8] = b"\0\0\x06\x04\0\0\0\0\0\0\x08\0\0\0\x01\0\0\x01\x01\x04\0\0\0\x01\x88";

/// What an input of a few kilobytes may come to: HPACK's tables and fields are bounded.
const MOST: usize = 64 << 20;

fn inspect(client: &[&[u8]], server: &[&[u8]]) -> Inspection {
    let mut inspection = Inspection::new(Options::default());
    let flow = inspection.open(Opened {
        client_known: true,
        from_start: true,
        ..Opened::default()
    });
    let both = [
        (Direction::ClientToServer, client),
        (Direction::ServerToClient, server),
    ];
    for (direction, pieces) in both {
        for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
            inspection.data(flow, direction, 0, Source::default(), piece);
        }
    }
    for direction in Direction::BOTH {
        inspection.end(flow, direction, 0, End::Fin);
    }
    inspection
}

fn told(inspection: &Inspection) -> String {
    let violations = inspection.violations(0, usize::MAX, |_| true);
    let connections = inspection.report_connections();
    format!("{connections:?} {violations:?}")
}

fuzz_target!(|data: &[u8]| {
    let Some((&way, bytes)) = data.split_first() else {
        return;
    };
    let (client, server) = bytes.split_at(bytes.len() - bytes.len() / 3);
    // The other half of the ways has nothing in front.
    let begun = way & 1 == 0;
    let (before, answer) = if begun {
        (CLIENT, SERVER)
    } else {
        (&[][..], &[][..])
    };
    let (client, server) = ([before, client].concat(), [answer, server].concat());
    let whole = inspect(&[&client], &[&server]);
    assert!(whole.memory() < MOST);
    let pieces = inspect(&cut(&client, way), &cut(&server, way));
    assert_eq!(told(&pieces), told(&whole));
    for number in 0..whole.connection_count() {
        whole.report_handshake(number);
    }
});
