//! Validation of 16 bytes at once, by the algorithm of John Keiser and Daniel
//! Lemire, "Validating UTF-8 In Less Than One Instruction Per Byte" (2020).
//!
//! Whatever can be wrong with two neighbouring bytes shows in three nibbles:
//! both of the first and the upper one of the second. A table for each nibble
//! says which faults it allows; a fault that all three allow is there. That
//! leaves third and fourth bytes that are missing or too many.

use super::vector::{Vector, padded};

/// A lead byte or ASCII where a continuation byte is due.
const TOO_SHORT: u8 = 1 << 0;
/// ASCII, then a continuation byte.
const TOO_LONG: u8 = 1 << 1;
/// `E0` with less than `A0`.
const OVERLONG_3: u8 = 1 << 2;
/// `F4` with `90` or more, `F5` and up with anything from there.
const TOO_LARGE: u8 = 1 << 3;
/// `ED` with `A0` or more.
const SURROGATE: u8 = 1 << 4;
/// `C0` or `C1`.
const OVERLONG_2: u8 = 1 << 5;
/// `F5` and up with less than `90`.
const TOO_LARGE_1000: u8 = 1 << 6;
/// `F0` with less than `90`. Shares a bit with the one above.
const OVERLONG_4: u8 = 1 << 6;
/// Two continuation bytes. Right if they are third or fourth.
const TWO_CONTS: u8 = 1 << 7;
/// What the low nibble of the first byte says nothing about.
const CARRY: u8 = TOO_SHORT | TOO_LONG | TWO_CONTS;

#[rustfmt::skip]
const FIRST_HIGH: [u8; 16] = [
    TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
    TWO_CONTS, TWO_CONTS, TWO_CONTS, TWO_CONTS,
    TOO_SHORT | OVERLONG_2,
    TOO_SHORT,
    TOO_SHORT | OVERLONG_3 | SURROGATE,
    TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4,
];

#[rustfmt::skip]
const FIRST_LOW: [u8; 16] = {
    const BEYOND: u8 = CARRY | TOO_LARGE | TOO_LARGE_1000;
    [
        CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4,
        CARRY | OVERLONG_2,
        CARRY,
        CARRY,
        CARRY | TOO_LARGE,
        BEYOND, BEYOND, BEYOND, BEYOND, BEYOND, BEYOND, BEYOND, BEYOND,
        BEYOND | SURROGATE,
        BEYOND, BEYOND,
    ]
};

#[rustfmt::skip]
const SECOND_HIGH: [u8; 16] = {
    const CONT: u8 = TOO_LONG | OVERLONG_2 | TWO_CONTS;
    [
        TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
        CONT | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4,
        CONT | OVERLONG_3 | TOO_LARGE,
        CONT | SURROGATE | TOO_LARGE,
        CONT | SURROGATE | TOO_LARGE,
        TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
    ]
};

/// The greatest bytes that, where they are, leave nothing unfinished.
const HIGHEST: [u8; 16] = {
    let mut highest = [0xFF; 16];
    highest[13] = 0xF0 - 1;
    highest[14] = 0xE0 - 1;
    highest[15] = 0xC0 - 1;
    highest
};

static CONSTANTS: [[u8; 16]; 8] = [
    HIGHEST,
    FIRST_HIGH,
    FIRST_LOW,
    SECOND_HIGH,
    [0x0F; 16],
    [0x80; 16],
    [0xE0 - 0x80; 16],
    [0xF0 - 0x80; 16],
];

/// The length of a prefix of `bytes`, which start on a code point, that has
/// nothing wrong in it before its last code point. That one may be unfinished
/// or be the first fault. It is all of `bytes`, or ends less than 64 bytes
/// before a fault shows.
pub(super) fn sound_prefix<V: Vector>(bytes: &[u8]) -> usize {
    let constants = V::constants(&CONSTANTS);
    let faults = |bytes, before| faults(bytes, before, &constants);
    let highest = constants[0];

    let mut checked = 0;
    let mut before = V::zero();

    while let Some(block) = bytes[checked..].first_chunk::<64>() {
        let [a, b, c, d]: [V; 4] = lanes(block);
        let is_ascii = a.or(b).or(c.or(d)).top_bits() == 0;
        let faults = if is_ascii {
            // ASCII, so nothing may be unfinished.
            before.saturating_sub(highest)
        } else {
            let front = faults(a, before).or(faults(b, a));
            front.or(faults(c, b)).or(faults(d, c))
        };
        if faults.any() {
            return checked;
        }
        before = d;
        checked += 64;
        if is_ascii {
            checked += ascii_run::<V>(&bytes[checked..]);
        }
    }

    let (blocks, rest) = bytes[checked..].as_chunks::<16>();
    for block in blocks {
        let block = V::load(block);
        if faults(block, before).any() {
            return checked;
        }
        before = block;
        checked += 16;
    }

    // Where the rest is unfinished, the first of the zeros is a fault.
    let faults = faults(V::load(&padded(rest)), before).lanes();
    if faults.trailing_zeros() as usize >= rest.len() {
        checked = bytes.len();
    }
    checked
}

/// The length of the ASCII that `bytes` begin with, in steps of 256: behind
/// ASCII that is nothing that could be wrong, and one look is enough for a step.
#[inline(always)]
fn ascii_run<V: Vector>(bytes: &[u8]) -> usize {
    let (steps, _) = bytes.as_chunks::<256>();
    let is_ascii = |step: &&[u8; 256]| {
        let (blocks, _) = step.as_chunks::<64>();
        let all = blocks.iter().fold(V::zero(), |all, block| {
            let [a, b, c, d]: [V; 4] = lanes(block);
            all.or(a.or(b).or(c.or(d)))
        });
        all.top_bits() == 0
    };
    256 * steps.iter().take_while(is_ascii).count()
}

#[inline(always)]
fn lanes<V: Vector>(block: &[u8; 64]) -> [V; 4] {
    let (lanes, _) = block.as_chunks::<16>();
    [0, 1, 2, 3].map(|i| V::load(&lanes[i]))
}

/// Not zero if there is a fault in `bytes` that shows by their last one.
#[inline(always)]
fn faults<V: Vector>(bytes: V, before: V, constants: &[V; 8]) -> V {
    let [_, first_high, first_low, second_high, x0f, x80, x60, x70] = *constants;
    let prev1 = bytes.prev::<1>(before);
    let prev2 = bytes.prev::<2>(before);
    let prev3 = bytes.prev::<3>(before);

    let of_two = (prev1.shr::<4>().and(x0f).look_up(first_high))
        .and(prev1.and(x0f).look_up(first_low))
        .and(bytes.shr::<4>().and(x0f).look_up(second_high));

    // 0x80 where a third or a fourth byte is due, which is where TWO_CONTS
    // has to be.
    let third = prev2.saturating_sub(x60);
    let fourth = prev3.saturating_sub(x70);
    third.or(fourth).and(x80).xor(of_two)
}

#[cfg(test)]
mod tests {
    use super::super::vector::Emulated;
    use super::sound_prefix;
    use core::str::from_utf8;

    /// Whether the promise is kept for `bytes`, and enough of them are taken.
    fn check(bytes: &[u8]) {
        let sound = sound_prefix::<Emulated>(bytes);
        let whole = bytes[..sound].iter().rposition(|byte| byte & 0xC0 != 0x80);
        let whole = whole.unwrap_or(0);
        assert!(from_utf8(&bytes[..whole]).is_ok(), "{sound} of {bytes:x?}");

        match from_utf8(bytes) {
            Ok(text) => assert_eq!(sound, text.len()),
            Err(error) => assert!(error.valid_up_to() < sound + 64, "{bytes:x?}"),
        }
    }

    #[test]
    fn pairs_across_every_seam() {
        for first in 0x7F..=0xFF {
            // Its low nibble is in no table.
            for second in (0x03..=0xFF).step_by(0x10) {
                for third in [b'a', 0x80, 0xBF] {
                    let mut bytes = [b'a'; 68];
                    for at in [0, 14, 15, 40, 62, 63, 65] {
                        bytes[at..at + 3].copy_from_slice(&[first, second, third]);
                        check(&bytes);
                        bytes[at..at + 3].fill(b'a');
                    }
                }
            }
        }
    }

    #[test]
    fn a_bad_byte_anywhere() {
        let text = "ab\u{7FF}\u{20AC}\u{1F600}\u{10FFFF} \u{E9}\u{800}\u{D7FF}\u{10000}"
            .repeat(8)
            .into_bytes();
        for length in 0..text.len() {
            check(&text[..length]);
        }
        for at in 0..text.len() {
            for bad in [
                b'a', 0x80, 0xBF, 0xC0, 0xC3, 0xE0, 0xED, 0xF0, 0xF4, 0xF5, 0xFF,
            ] {
                let mut bytes = text.clone();
                bytes[at] = bad;
                check(&bytes);
            }
        }
    }

    #[test]
    fn a_code_point_unfinished_before_ascii() {
        for lead in ["\u{20AC}", "\u{E9}", "\u{1F600}"] {
            for cut in 1..lead.len() {
                for at in (40..90).chain(300..420) {
                    let mut bytes = vec![b'a'; 900];
                    bytes[at..at + cut].copy_from_slice(&lead.as_bytes()[..cut]);
                    check(&bytes);
                }
            }
        }
    }
}
