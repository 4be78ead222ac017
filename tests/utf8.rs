//! The `utf8` module against the decoder of the standard library.

use core::str::from_utf8;
use proptest::prelude::*;
use ws4wasm::utf8::{ACCEPT, DFA, REJECT, Validation, Validator, utf8_to_utf16};

/// The index of the first byte that no following bytes could repair.
fn first_bad(bytes: &[u8]) -> Option<usize> {
    let error = from_utf8(bytes).err()?;
    // The standard library counts how much of a bad sequence could be right,
    // but at least one byte. A byte that starts nothing is bad itself.
    let could_be = match bytes[error.valid_up_to()] {
        0xC2..=0xF4 => error.error_len()?,
        _ => 0,
    };
    Some(error.valid_up_to() + could_be)
}

/// The same, by its definition.
fn first_bad_by_trial(bytes: &[u8]) -> Option<usize> {
    let repairs: [&[u8]; 6] = [
        &[],
        &[0x80],
        &[0x80, 0x80],
        &[0xA0, 0x80],
        &[0x80, 0x80, 0x80],
        &[0x90, 0x80, 0x80],
    ];
    (0..bytes.len()).find(|&last| {
        repairs
            .iter()
            .all(|repair| from_utf8(&[&bytes[..=last], repair].concat()).is_err())
    })
}

/// Feeds `chunks` and compares with what the reference says of the whole.
fn check<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) {
    let mut validator = Validator::new();
    let mut whole = Vec::new();
    let mut bad = None;
    for chunk in chunks {
        let before = whole.len();
        whole.extend_from_slice(chunk);
        let rejected = bad.is_some();
        bad = bad.or_else(|| first_bad(&whole));
        let expected = match bad {
            None => Validation {
                valid: true,
                ends_on_code_point: from_utf8(&whole).is_ok(),
                current_index: chunk.len(),
                total_index: whole.len() as u64,
            },
            Some(bad) => Validation {
                valid: false,
                ends_on_code_point: false,
                current_index: if rejected { 0 } else { bad - before },
                total_index: bad as u64,
            },
        };
        assert_eq!(
            validator.validate(chunk),
            expected,
            "{chunk:x?} of {whole:x?}"
        );
        check_tail(&validator, &whole, bad);
    }
}

/// Compares what the validator holds with what the input ends in.
fn check_tail(validator: &Validator, whole: &[u8], bad: Option<usize>) {
    let pending = match from_utf8(whole) {
        Err(error) if bad.is_none() => whole.len() - error.valid_up_to(),
        _ => 0,
    };
    assert_eq!(validator.pending(), pending, "{whole:x?}");
    assert_eq!(validator.is_complete(), bad.is_none() && pending == 0);
    assert_eq!(validator.state() == REJECT, bad.is_some());
    if let Ok(text) = from_utf8(whole) {
        let last = text.chars().next_back().map_or(0, u32::from);
        assert_eq!(validator.codepoint(), last, "{whole:x?}");
    }
}

fn check_whole(bytes: &[u8]) {
    assert_eq!(
        Validator::new().check(bytes).err(),
        first_bad(bytes),
        "{bytes:x?}"
    );
}

/// Bytes on both sides of every border that UTF-8 knows.
const BORDERS: [u8; 25] = [
    0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1,
    0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF3, 0xF4, 0xF5, 0xF8, 0xFF,
];

const SAMPLES: [&[u8]; 12] = [
    "a\u{E9}\u{20AC}\u{1F600}".as_bytes(),
    "\u{7FF}\u{800}\u{FFFF}\u{10000}".as_bytes(),
    "\u{D7FF}\u{E000}\u{10FFFF}".as_bytes(),
    b"a\xC0\x80b",
    b"\xE0\x80\x80",
    b"\xE2\x82\xAC\xED\xA0\x80",
    b"\xF0\x8F\xBF\xBF",
    b"\xC3\xA9\xF4\x90\x80\x80",
    b"ab\xF5\x80\x80\x80",
    b"\xE2\x82a\x82\xAC",
    b"\xF0\x9F\x98\xF0\x9F\x98\x80",
    b"\xC3\xA9\x80",
];

/// A generator of numbers that is the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % limit
    }

    /// Text in runs of one script, as texts are.
    fn text(&mut self, length: usize) -> String {
        let scripts = [
            0x20..0x7F,
            0x20..0x7F,
            0x400..0x460,
            0x4E00..0x9FFF,
            0x1F600..0x1F650,
        ];
        let mut text = String::new();
        while text.len() < length {
            let script = scripts[self.below(scripts.len())].clone();
            for _ in 0..=self.below(40) {
                let code = script.start + self.below(script.len()) as u32;
                text.extend(char::from_u32(code));
            }
        }
        text
    }
}

#[test]
fn references_agree() {
    for a in BORDERS {
        for b in BORDERS {
            for c in BORDERS {
                let bytes = [a, b, c];
                assert_eq!(first_bad(&bytes), first_bad_by_trial(&bytes), "{bytes:x?}");
            }
        }
    }
    for bytes in SAMPLES {
        assert_eq!(first_bad(bytes), first_bad_by_trial(bytes), "{bytes:x?}");
    }
}

// [RFC 6455 8.1-1]
#[test]
fn all_sequences_of_up_to_three_bytes() {
    for a in 0..=0xFF {
        check_whole(&[a]);
        for b in 0..=0xFF {
            check_whole(&[a, b]);
        }
    }
    std::thread::scope(|scope| {
        for half in [0..=0x7F, 0x80..=0xFF] {
            scope.spawn(move || {
                for a in half {
                    for b in 0..=0xFF {
                        for c in 0..=0xFF {
                            check_whole(&[a, b, c]);
                        }
                    }
                }
            });
        }
    });
}

#[test]
fn border_sequences_of_four_bytes() {
    for a in BORDERS {
        for b in BORDERS {
            for c in BORDERS {
                for d in BORDERS {
                    check_whole(&[a, b, c, d]);
                }
            }
        }
    }
}

#[test]
fn every_split_of_short_sequences() {
    for bytes in SAMPLES {
        for cuts in 0..1_u32 << (bytes.len() - 1) {
            // A set bit is a cut after that byte.
            let mut start = 0;
            check((0..bytes.len()).filter_map(|i| {
                let cut = cuts >> i & 1 != 0 || i + 1 == bytes.len();
                cut.then(|| &bytes[core::mem::replace(&mut start, i + 1)..=i])
            }));
        }
    }
}

#[test]
fn every_scalar_value() {
    let mut validator = Validator::new();
    let mut buffer = [0; 4];
    for char in char::MIN..=char::MAX {
        let bytes = char.encode_utf8(&mut buffer).as_bytes();
        for (i, &byte) in bytes.iter().enumerate() {
            assert_eq!(validator.pending(), i);
            let state = validator.decode(byte);
            assert_eq!(state == ACCEPT, i + 1 == bytes.len());
        }
        assert_eq!(validator.codepoint(), u32::from(char));
    }
}

#[test]
fn a_bad_byte_at_every_place() {
    let mut numbers = Numbers(1);
    for _ in 0..4 {
        let text = numbers.text(240).into_bytes();
        for at in 64..128 + 20 {
            for bad in BORDERS {
                let mut bytes = text.clone();
                bytes[at] = bad;
                // The seams of the fast path lie elsewhere for each start.
                let from = numbers.below(64);
                check_whole(&bytes);
                check_whole(&bytes[from..]);
                check_whole(&bytes[..at + 1]);
                check([&bytes[..from], &bytes[from..]]);
            }
        }
    }
}

#[test]
fn every_length() {
    let text = Numbers(2).text(300).into_bytes();
    for end in 0..text.len() {
        check([&text[..end]]);
        check([&text[..end / 3], &text[end / 3..end]]);
    }
}

#[test]
fn rejection_lasts_until_reset() {
    let mut validator = Validator::new();
    assert_eq!(validator.check(b"ab\xFF"), Err(2));
    for chunk in [&b"a"[..], b"", b"\x80", &[b'a'; 100]] {
        let expected = Validation {
            valid: false,
            ends_on_code_point: false,
            current_index: 0,
            total_index: 2,
        };
        assert_eq!(validator.validate(chunk), expected);
        assert_eq!(validator.decode(b'a'), REJECT);
    }
    validator.reset();
    assert_eq!(validator.check(b"a"), Ok(()));
    assert_eq!(validator.total(), 1);
}

#[test]
fn bytes_and_chunks_mix() {
    let mut validator = Validator::new();
    assert_eq!(validator.check(b"abc\xE2\x82"), Ok(()));
    let mut copy =
        Validator::from_parts(validator.state(), validator.codepoint(), validator.total());
    assert_eq!(copy.decode(0xAC), ACCEPT);
    assert_eq!((copy.codepoint(), copy.total()), (0x20AC, 6));
    assert_eq!(copy.validate(b"\xF0\x9F").total_index, 8);
}

#[test]
fn table_has_only_states_that_exist() {
    assert!(DFA[..256].iter().all(|&class| class < 12));
    assert!(DFA[256..].iter().all(|&state| state < 9));
    for state in 0..=0xFF {
        for byte in 0..=0xFF {
            let mut validator = Validator::from_parts(state, u32::MAX, u64::from(u32::MAX));
            validator.decode(byte);
        }
    }
}

fn check_utf16(text: &str) {
    // More room than needed, to see that none of it is taken.
    let mut units = vec![0xDEAD; text.len() + 1];
    let n = utf8_to_utf16(text.as_bytes(), &mut units[..text.len()]);
    assert!(
        units[..n].iter().copied().eq(text.encode_utf16()),
        "{text:?}"
    );
    assert_eq!(units[text.len()], 0xDEAD);
}

#[test]
fn utf16_of_every_scalar_value() {
    check_utf16(&(char::MIN..=char::MAX).collect::<String>());
    for char in (char::MIN..=char::MAX).step_by(7) {
        check_utf16(char.encode_utf8(&mut [0; 4]));
    }
}

#[test]
fn utf16_of_every_length() {
    let mut numbers = Numbers(3);
    for _ in 0..20 {
        let text = numbers.text(150);
        for (end, _) in text.char_indices() {
            check_utf16(&text[..end]);
        }
    }
}

#[test]
fn utf16_of_nonsense_stays_within_bounds() {
    let mut numbers = Numbers(4);
    for length in 0..2000 {
        let bytes: Vec<u8> = (0..length % 100)
            .map(|_| BORDERS[numbers.below(BORDERS.len())])
            .collect();
        let mut units = vec![0; bytes.len()];
        assert!(utf8_to_utf16(&bytes, &mut units) <= bytes.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_chunks_of_text(
        text in "[\\x00-\\x7F\u{400}-\u{45F}\u{4E00}-\u{9FFF}\u{1F600}-\u{1F64F}]{0,200}",
        bad in proptest::option::of((any::<prop::sample::Index>(), any::<u8>())),
        sizes in prop::collection::vec(0_usize..90, 1..20),
    ) {
        let mut bytes = text.into_bytes();
        if let (Some((at, byte)), false) = (bad, bytes.is_empty()) {
            *at.get_mut(&mut bytes) = byte;
        }
        let mut rest = &bytes[..];
        check(sizes.iter().map(|&size| {
            let (chunk, after) = rest.split_at(size.min(rest.len()));
            rest = after;
            chunk
        }));
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        check(bytes.chunks(7));
        check([&bytes[..]]);
    }

    #[test]
    fn any_text_to_utf16(text in "\\PC{0,100}") {
        check_utf16(&text);
    }
}
