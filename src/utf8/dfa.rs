//! The table of Bjoern Hoehrmann's "Flexible and Economical UTF-8 Decoder".
//!
//! ```
//! use ws4wasm::utf8::{ACCEPT, DFA};
//! let class = DFA[usize::from(b'a')];
//! assert_eq!(DFA[256 + usize::from(ACCEPT) * 16 + usize::from(class)], ACCEPT);
//! ```

/// The state between two code points.
pub const ACCEPT: u8 = 0;

/// The state after a byte that cannot be right. No byte leads out of it.
pub const REJECT: u8 = 1;

/// The automaton: the classes of the 256 byte values, then for each of the
/// nine states a row of 16 transitions, found at `256 + state * 16 + class`.
///
/// | state | is owed |
/// |---|---|
/// | 0 | nothing: [`ACCEPT`] |
/// | 1 | [`REJECT`] |
/// | 2 | one continuation byte |
/// | 3 | two continuation bytes |
/// | 4 | `A0`-`BF`, then one more: a three-byte form that is not too long (`E0`) |
/// | 5 | `80`-`9F`, then one more: not a surrogate (`ED`) |
/// | 6 | `90`-`BF`, then two more: a four-byte form that is not too long (`F0`) |
/// | 7 | three continuation bytes (`F1`-`F3`) |
/// | 8 | `80`-`8F`, then two more: not above U+10FFFF (`F4`) |
///
/// See [the module](self) for an example.
#[rustfmt::skip]
pub static DFA: [u8; 400] = [
    // Byte classes.
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    8, 8, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    10, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 3, 3, 11, 6, 6, 6, 5, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8,
    // Transitions, a row a state.
    0, 1, 2, 3, 5, 8, 7, 1, 1, 1, 4, 6, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1,
    1, 2, 1, 1, 1, 1, 1, 2, 1, 2, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 2, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 3, 1, 3, 1, 1, 1, 1, 1, 1,
    1, 3, 1, 1, 1, 1, 1, 3, 1, 3, 1, 1, 1, 1, 1, 1,
    1, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
];

/// The state after `byte` in `state`, and the class of the byte.
pub(super) fn step(state: u8, byte: u8) -> (u8, u8) {
    let class = DFA[usize::from(byte)];
    let next = DFA[256 + usize::from(state) * 16 + usize::from(class)];
    (next, class)
}
