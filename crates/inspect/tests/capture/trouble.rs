//! Inputs that are none, or are damaged: the error says what, where, and what to do.

use crate::files::file;
use crate::recorder::read;
use ws4wasm_inspect::capture::Format;
use ws4wasm_inspect::flow::{Content, Direction, End};

#[test]
fn errors_name_what_where_and_what_to_do() {
    let pcap = file("le-us.pcap");
    let pcapng = file("editcap.pcapng");
    let damaged = |file: &[u8], at: usize, bytes: &[u8]| {
        let mut file = file.to_vec();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    };
    let cases: [(Vec<u8>, &[&str]); 10] = [
        (vec![], &["empty"]),
        (
            pcap[..100].to_vec(),
            &[
                "ends inside a record",
                "byte 94",
                "after 1 packets",
                "has 6",
                "record the file again",
            ],
        ),
        (
            damaged(&pcap, 32, &[0xff; 4]),
            &["damaged at byte 24", "after 0 packets", "4294967311"],
        ),
        (
            damaged(&pcapng, 4, &[7]),
            &["damaged at byte 0", "length of a block"],
        ),
        (damaged(&pcapng, 8, &[7]), &["byte-order mark"]),
        (
            damaged(&pcapng, pcapng.len() - 4, &[7]),
            &["two different lengths", "after 11 packets"],
        ),
        (
            b"\x28\xb5\x2f\xfd----".to_vec(),
            &["zstd", "decompress it first"],
        ),
        (b"PK\x03\x04----".to_vec(), &["zip"]),
        (
            b"what is this?".to_vec(),
            &["'w' is no hex digit at byte 0", "Paste hex"],
        ),
        (
            file("gzipped.pcapng.gz")[..300].to_vec(),
            &["gzip", "ends too soon", "byte 300"],
        ),
    ];
    for (input, parts) in cases {
        let error = read(&input).result.expect_err("an error").to_string();
        for part in parts {
            assert!(error.contains(part), "{part:?} is not in {error:?}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_noted() {
    let mut pcap = file("le-us.pcap");
    pcap[20] = 105;
    let outcome = read(&pcap);
    assert_eq!(
        (outcome.result.clone(), outcome.recorder.flows()),
        (Ok(()), 0)
    );
    let notes = outcome.notes();
    assert!(
        notes[0].contains("12 packets of link type 105"),
        "{notes:?}"
    );
    assert!(
        notes[0].contains("the first is packet 1, byte 40"),
        "{notes:?}"
    );
    assert!(
        notes[1].contains("none of the 12 packets carries TCP"),
        "{notes:?}"
    );
}

#[test]
fn other_bytes_are_one_direction() {
    for input in [
        b"\x81\x05Hello".to_vec(),
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\n\r\n\x81\x80abcd".to_vec(),
        [&b"0123456789".repeat(300)[..], b"\0"].concat(),
        b"\x88".to_vec(),
    ] {
        let outcome = read(&input);
        assert_eq!(outcome.result, Ok(()));
        assert_eq!(outcome.capture.format(), Format::Raw);
        assert_eq!(outcome.recorder.bytes(0, Direction::ClientToServer), input);
        let opened = outcome.recorder.opened(0);
        assert_eq!(
            (opened.content, opened.client_known),
            (Content::WebSocket, false)
        );
        assert_eq!(
            outcome.recorder.ends(0),
            [(Direction::ClientToServer, End::Cut)]
        );
    }
}

#[test]
fn an_orderly_connection_ends_in_order() {
    let ends = read(&file("le-us.pcap")).recorder.ends(0);
    let expected = [
        (Direction::ServerToClient, End::Fin),
        (Direction::ClientToServer, End::Fin),
    ];
    assert_eq!(ends, expected);
}
