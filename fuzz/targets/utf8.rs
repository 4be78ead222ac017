//! UTF-8 in pieces against the standard library: the same verdict, and the first byte that
//! nothing could repair. UTF-16 against the standard library's.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws4wasm::utf8::{Validator, utf8_to_utf16};
use ws4wasm_fuzz::cut;
use ws4wasm_fuzz::model::{bad_byte, whole_characters};

fuzz_target!(|data: &[u8]| {
    let [way, bytes @ ..] = data else { return };
    // The vector code begins at some length only, and the seams are where it is tried.
    let padded = [&vec![b'a'; usize::from(way % 67)], bytes].concat();
    check(&padded, *way);
    check(&[bytes, bytes, bytes].concat(), way.wrapping_add(1));
});

fn check(bytes: &[u8], way: u8) {
    let bad = bad_byte(bytes);
    for way in [0, 1, way] {
        let mut validator = Validator::new();
        let mut at = 0;
        let mut found = None;
        for piece in cut(bytes, way) {
            let result = validator.check(piece);
            found = found.or(result.err().map(|index| at + index));
            at += piece.len();
        }
        assert_eq!(found, bad, "way {way}");
        assert_eq!(validator.is_complete(), core::str::from_utf8(bytes).is_ok());
        if bad.is_none() {
            assert_eq!(validator.pending(), bytes.len() - whole_characters(bytes));
            assert_eq!(validator.total(), bytes.len() as u64);
        }
    }
    let mut units = vec![0; bytes.len()];
    let count = utf8_to_utf16(bytes, &mut units);
    if let Ok(text) = core::str::from_utf8(bytes) {
        assert!(text.encode_utf16().eq(units[..count].iter().copied()));
    }
}
