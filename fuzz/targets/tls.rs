//! TLS in two ways. Any bytes as both directions: no panic, and the same findings however they
//! are cut. And sealed frames, of whose bytes some are lost or changed: what is found are frames
//! that were sent, in their order.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws4wasm_fuzz::cut;
use ws4wasm_fuzz::tls::{Sealer, client_hello, key_log, server_hello};
use ws4wasm_inspect::bytes::Kind;
use ws4wasm_inspect::flow::{Direction, End, FlowId, FlowSink, Opened, Source};
use ws4wasm_inspect::store::flag;
use ws4wasm_inspect::{Inspection, Options};

const REQUEST: &[u8] =
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

fn open(inspection: &mut Inspection) -> FlowId {
    inspection.keys(key_log().as_bytes());
    inspection.open(Opened {
        client_known: true,
        from_start: true,
        ..Opened::default()
    })
}

fn data(inspection: &mut Inspection, flow: FlowId, direction: Direction, bytes: &[u8]) {
    if !bytes.is_empty() {
        inspection.data(flow, direction, 0, Source::default(), bytes);
    }
}

fn end(inspection: &mut Inspection, flow: FlowId) {
    for direction in Direction::BOTH {
        inspection.end(flow, direction, 0, End::Fin);
    }
}

fn told(inspection: &Inspection) -> String {
    let violations = inspection.violations(0, usize::MAX, |_| true);
    format!("{:?} {violations:?}", inspection.report_connections())
}

fn any_bytes(way: u8, bytes: &[u8]) {
    let (client, server) = bytes.split_at(bytes.len() / 2);
    let client = [&client_hello(), client].concat();
    let server = [&server_hello(), server].concat();
    let inspect = |way: u8| {
        let mut inspection = Inspection::new(Options::default());
        let flow = open(&mut inspection);
        for (direction, bytes) in Direction::BOTH.into_iter().zip([&client, &server]) {
            for piece in cut(bytes, way) {
                data(&mut inspection, flow, direction, piece);
            }
        }
        end(&mut inspection, flow);
        told(&inspection)
    };
    assert_eq!(inspect(way), inspect(0));
}

/// Each frame of the server has its number in it, so a wrong one would show.
fn damaged(bytes: &[u8]) {
    let (mut client, mut server) = (Sealer::new(0), Sealer::new(1));
    let mut inspection = Inspection::new(Options::default());
    let flow = open(&mut inspection);
    let (up, down) = (Direction::ClientToServer, Direction::ServerToClient);
    data(&mut inspection, flow, up, &client_hello());
    data(&mut inspection, flow, down, &server_hello());
    data(&mut inspection, flow, up, &client.seal(REQUEST));
    data(&mut inspection, flow, down, &server.seal(RESPONSE));
    let text = |number: usize| format!("message number {number:04}");
    for (number, change) in bytes.chunks_exact(4).take(32).enumerate() {
        let text = text(number);
        let frame = [&[0x81, text.len() as u8], text.as_bytes()].concat();
        let mut record = server.seal(&frame);
        let at = usize::from(change[1]) % record.len();
        let length = 1 + usize::from(change[2]) % (record.len() - at);
        match change[0] % 8 {
            0 => record[at] ^= change[3] | 1,
            1 => {
                data(&mut inspection, flow, down, &record[..at]);
                let told = if change[3] & 1 == 0 { length as u64 } else { 0 };
                inspection.gap(flow, down, 0, told);
                record.drain(..at + length);
            }
            2 => {
                inspection.gap(flow, down, 0, record.len() as u64);
                record.clear();
            }
            _ => {}
        }
        data(&mut inspection, flow, down, &record);
    }
    end(&mut inspection, flow);
    let mut last = None;
    for (number, frame) in inspection.store.frames.iter_from(0) {
        if frame.flags & flag::COMPLETE == 0 {
            continue;
        }
        let piece = inspection
            .piece(number, Kind::Unmasked, 0, 64)
            .expect("a frame");
        let found = String::from_utf8(piece.bytes).expect("text");
        let known = (0..32).find(|&number| text(number) == found);
        assert!(known > last, "{found:?} after {last:?}");
        last = known;
    }
}

fuzz_target!(|data: &[u8]| {
    match data {
        [way, rest @ ..] if way & 1 == 0 => any_bytes(*way, rest),
        [_, rest @ ..] => damaged(rest),
        [] => {}
    }
});
