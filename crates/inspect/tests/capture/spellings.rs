//! What tools print of bytes, as `make.py` has kept it, means these bytes.

use crate::recorder::{read, read_pieces};
use std::fs;
use ws4wasm_inspect::capture::Format;
use ws4wasm_inspect::flow::Direction;

#[test]
fn tools_print_what_is_read() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/capture/spellings.json"
    );
    let text = fs::read_to_string(path).unwrap();
    let all: Vec<[String; 3]> = serde_json::from_str(&text).unwrap();
    assert!(all.len() > 150);
    let mut wrong = Vec::new();
    for [command, text, hex] in all {
        let outcome = read_pieces([text.as_bytes()]);
        let bytes = match outcome.result {
            Ok(()) => outcome.recorder.bytes(0, Direction::ClientToServer),
            Err(_) => Vec::new(),
        };
        let bytes: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        if bytes != hex {
            wrong.push(format!("{command}: {bytes}, not {hex}\n{text}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn text_may_spell_a_capture() {
    let file = crate::files::file("le-us.pcap");
    let zipped = crate::files::file("gzipped.pcapng.gz");
    for file in [file, zipped] {
        let direct = read_pieces([&file[..]]);
        let hex: String = file.iter().map(|byte| format!("{byte:02x}\n")).collect();
        let pasted = read(hex.as_bytes());
        assert_eq!(pasted.result, Ok(()));
        assert_eq!(pasted.recorder.events, direct.recorder.events);
        assert_eq!(pasted.capture.format(), Format::Text);
    }
}
