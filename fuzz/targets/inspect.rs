//! Any bytes as one direction of a connection: no panic, the same findings however they are cut,
//! and every report can be made.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws4wasm_fuzz::cut;
use ws4wasm_inspect::bytes::Kind;
use ws4wasm_inspect::export::{Format, Secrets, export};
use ws4wasm_inspect::filter::Filter;
use ws4wasm_inspect::flow::{Content, Direction, End, FlowSink, Opened, Source};
use ws4wasm_inspect::view::{Table, View};
use ws4wasm_inspect::{Inspection, Options};

fn inspect(pieces: &[&[u8]]) -> Inspection {
    let mut inspection = Inspection::new(Options::default());
    let flow = inspection.open(Opened {
        from_start: true,
        content: Content::WebSocket,
        ..Opened::default()
    });
    for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
        inspection.data(flow, Direction::ClientToServer, 0, Source::default(), piece);
    }
    for direction in Direction::BOTH {
        inspection.end(flow, direction, 0, End::Fin);
    }
    inspection
}

fn told(inspection: &Inspection) -> Vec<String> {
    let all = inspection.violations(0, usize::MAX, |_| true);
    all.iter()
        .map(|violation| format!("{violation:?}"))
        .collect()
}

fuzz_target!(|data: &[u8]| {
    let Some((&first, bytes)) = data.split_first() else {
        return;
    };
    let whole = inspect(&[bytes]);
    assert_eq!(told(&inspect(&cut(bytes, first))), told(&whole));
    for number in 0..whole.store.frames.len().min(32) {
        assert!(whole.report_frame(number).is_some());
        for kind in [Kind::Wire, Kind::Unmasked, Kind::Inflated, Kind::Message] {
            assert!(whole.piece(number, kind, 0, 4096).is_some());
        }
    }
    whole.report_statistics(None);
    whole.report_timeline(None, None, None, 10, 10);
    // One of each for an input: all of them took ten times as long as the inspection.
    let table = [Table::Frames, Table::Messages][usize::from(first >> 2 & 1)];
    let filter = Filter::parse("not heartbeat (err or \"a\" or kind:json)").expect("a filter");
    View::new(&whole, table, filter, true).lines(&whole, 0, 32);
    let format = [Format::Json, Format::Har, Format::Pcapng, Format::Vector];
    export(
        &whole,
        format[usize::from(first & 3)],
        None,
        Secrets::Hidden,
    );
    let _ = Filter::parse(&String::from_utf8_lossy(bytes));
});
