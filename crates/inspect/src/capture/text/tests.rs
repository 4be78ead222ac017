//! What people paste. What tools print is in tests/capture/spellings.json.

use super::{Piece, read};
use crate::flow::Direction;

fn spelled(text: &str) -> (&'static str, Vec<u8>) {
    let spelled = read(text).unwrap_or_else(|problem| panic!("{text:?}: {problem:?}"));
    let bytes = spelled.pieces.iter().flat_map(|piece| &piece.bytes);
    (spelled.how, bytes.copied().collect())
}

#[test]
fn hello_in_every_spelling() {
    for (how, text) in [
        ("hex digits", "810548656c6c6f"),
        ("hex digits", "810548656C6C6F\n"),
        ("hex digits", "81 05 48 65 6c 6c 6f"),
        ("hex digits", "81:05:48:65:6c:6c:6f"),
        ("hex digits", "81-05-48-65-6c-6c-6f"),
        ("hex digits", "0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f"),
        ("hex digits", "0x8105 0x48656c6c6f"),
        ("hex digits", "81 5 48 65 6c 6c 6f"),
        ("hex digits", "81h 05h 48h 65h 6ch 6ch 6fh"),
        ("hex digits", "\"810548656c6c6f\""),
        ("hex digits", "8105 4865\n  6c6c 6f"),
        ("decimal numbers", "129, 5, 72, 101, 108, 108, 111"),
        ("string literal", r"\x81\x05Hello"),
        ("string literal", r#"b"\x81\x05Hello""#),
        ("string literal", r"b'\x81\x05Hello'"),
        ("string literal", r#"b"\x81\x05" b"He\x6clo""#),
        ("string literal", r"'\x81\x05Hello'"),
        ("string literal", r"$'\x81\x05\110ello'"),
        (
            "string literal",
            "let frame = b\"\\x81\\x05\\\n    Hello\";",
        ),
        ("string literal", r#""\u{81}\u0005\x48ello""#),
        ("array of bytes", "[129, 5, 72, 101, 108, 108, 111]"),
        ("array of bytes", "[129,5,72,101,108,108,111,]"),
        (
            "array of bytes",
            "[0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]",
        ),
        (
            "array of bytes",
            "vec![0x81u8, 5, 0b0100_1000, 0o145, 108_u8, 108, 111]",
        ),
        (
            "array of bytes",
            "&[0x81, 0x05, 0x48, 101, 108, 108, 111][..]",
        ),
        (
            "array of bytes",
            "new Uint8Array([129, 5, 72, 101, 108, 108, 111])",
        ),
        (
            "array of bytes",
            "Uint8Array(7) [\n  129, 5, 72, 101,\n  108, 108, 111\n]",
        ),
        (
            "array of bytes",
            r#"{"type":"Buffer","data":[129,5,72,101,108,108,111]}"#,
        ),
        (
            "array of bytes",
            r#"{"0":129,"1":5,"2":72,"3":101,"4":108,"5":108,"6":111}"#,
        ),
        (
            "array of bytes",
            "unsigned char f[7] = {0x81, /* 5 */ 0x05, 0x48,\n 0x65, 0x6c, 0x6c, 0x6f}; // end",
        ),
        (
            "array of bytes",
            "new byte[] {(byte)0x81, 5, 72, 101, 108, 108, 111}",
        ),
        ("array of bytes", "[-127, 5, 72, 101, 108, 108, 111]"),
        ("array of bytes", "[81, 05, 48, 65, 6c, 6c, 6f]"),
        ("array of bytes", "bytes([129, 5, 72, 101, 108, 108, 111])"),
        ("Node Buffer", "<Buffer 81 05 48 65 6c 6c 6f>"),
        ("base64", "gQVIZWxsbw=="),
        ("base64", "gQVIZWxsbw"),
        ("base64", "gQVI\r\nZWxs\r\nbw=="),
        ("base64", "\"gQVIZWxsbw==\""),
        (
            "data URL",
            "data:application/octet-stream;base64,gQVIZWxsbw==",
        ),
        ("data URL", "data:;base64,gQVIZWxsbw%3D%3D"),
        ("data URL", "data:text/plain,%81%05Hello"),
        (
            "hex dump",
            "0000   81 05 48 65 6c 6c 6f                              ..Hello",
        ),
        ("hex dump", "0000  81 05 48 65 6c 6c 6f"),
        (
            "hex dump",
            "00000000: 8105 4865 6c6c 6f                        ..Hello",
        ),
        (
            "hex dump",
            "\t0x0000:  8105 4865 6c6c 6f                          ..Hello",
        ),
        (
            "hex dump",
            "00000000  81 05 48 65 6c 6c 6f                              |..Hello|\r\n00000007\r\n",
        ),
    ] {
        assert_eq!(spelled(text), (how, b"\x81\x05Hello".to_vec()), "{text}");
    }
}

#[test]
fn urlsafe_base64_and_prefixed_digits() {
    assert_eq!(spelled("-_-_").1, [0xfb, 0xff, 0xbf]);
    assert_eq!(spelled("+/+/").1, [0xfb, 0xff, 0xbf]);
    // All of these are hex digits: hex it is.
    assert_eq!(spelled("abcd").1, [0xab, 0xcd]);
}

#[test]
fn a_followed_stream_tells_who_sent_what() {
    let text = "\
00000000  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a   GET / HT TP/1.1..
00000010  0d 0a                                              ..
    00000000  48 54 54 50 2f 31 2e 31  20 31 30 31 0d 0a 0d 0a   HTTP/1.1  101....
    00000010  81 02 61 62                                        ..ab
00000012  88 80 61 62 63 64                                  ..abcd
";
    let spelled = read(text).unwrap();
    let piece = |direction, bytes: &[u8]| Piece {
        direction: Some(direction),
        bytes: bytes.to_vec(),
    };
    let (client, server) = (Direction::ClientToServer, Direction::ServerToClient);
    assert_eq!(
        spelled.pieces,
        [
            piece(client, b"GET / HTTP/1.1\r\n\r\n"),
            piece(server, b"HTTP/1.1 101\r\n\r\n\x81\x02ab"),
            piece(client, b"\x88\x80abcd"),
        ]
    );
    let text = "char peer0_0[] = { /* Packet 4 */\n0x47, 0x45 };\nchar peer1_0[] = { /* Packet 6 */\n0x48 };\n\
                char peer0_1[] = {\n0x81 };";
    assert_eq!(
        read(text).unwrap().pieces,
        [
            piece(client, b"GE"),
            piece(server, b"H"),
            piece(client, b"\x81")
        ]
    );
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (text, what, at) in [
        ("   ", "nothing but space", 0),
        ("hello world", "'h' is no hex digit", 0),
        ("81 05 4", "", 0),
        ("81 05 48q", "'q' is no hex digit", 8),
        ("81 054", "a hex digit too few", 6),
        ("[1, 2, 256]", "\"256\" is no number", 7),
        ("b\"\\x81\\q\"", "an escape that no language has", 6),
        ("b\"\\x81", "no \" ends", 2),
        ("data:;base64", "without a comma", 0),
        ("data:;base64,!", "base64 is wrong", 13),
        ("<Buffer 81 05 ... 9 more bytes>", "left bytes out", 14),
    ] {
        match read(text) {
            Err(problem) => {
                assert!(problem.what.contains(what), "{text}: {problem:?}");
                assert_eq!(problem.at, at, "{text}: {problem:?}");
            }
            // One digit alone is a byte.
            Ok(_) => assert_eq!(what, "", "{text}"),
        }
    }
}

proptest::proptest! {
    /// No text makes it panic.
    #[test]
    fn any_text_is_survived(text in "\\PC{0,60}", dump in "[0-9a-f :|*.\n]{0,120}", array in "[-0-9a-fx\\[\\]{},:\"'\\\\/*\n u]{0,60}") {
        for text in [text, dump, array] {
            let _ = read(&text);
        }
    }
}
