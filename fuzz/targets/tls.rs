//! TLS in two ways. Any bytes as both directions: no panic, and the same findings however they
//! are cut. And sealed frames, of whose bytes some are lost or changed: what is found are frames
//! that were sent, in their order.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws4wasm_fuzz::cut;
use ws4wasm_fuzz::tls::{client_hello, damaged, data, end, open, server_hello};
use ws4wasm_inspect::flow::Direction;
use ws4wasm_inspect::{Inspection, Options};

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

fuzz_target!(|input: &[u8]| {
    match input {
        [way, rest @ ..] if way & 1 == 0 => any_bytes(*way, rest),
        [_, rest @ ..] => {
            damaged(rest);
        }
        [] => {}
    }
});
