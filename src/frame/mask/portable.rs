//! Masking eight bytes at a time; the compiler makes the vector instructions of the target
//! (SSE2, AVX2, NEON) of the loops.

use super::{Key, short};

const WORD: usize = 8;

#[inline]
fn wide(key: Key) -> u64 {
    let word = u64::from(u32::from_le_bytes(key));
    word << 32 | word
}

#[inline]
pub(super) fn apply(data: &mut [u8], key: Key) {
    let wide = wide(key);
    let (words, rest) = data.as_chunks_mut::<WORD>();
    for word in words {
        *word = (u64::from_le_bytes(*word) ^ wide).to_le_bytes();
    }
    for (byte, k) in rest.iter_mut().zip(key.iter().cycle()) {
        *byte ^= k;
    }
}

/// Both slices are of one length.
#[inline]
pub(super) fn unmask_into(dst: &mut [u8], src: &[u8], key: Key) -> bool {
    let wide = wide(key);
    let (to, to_rest) = dst.as_chunks_mut::<WORD>();
    let (from, from_rest) = src.as_chunks::<WORD>();
    let mut seen = 0;
    for (to, from) in to.iter_mut().zip(from) {
        let plain = u64::from_le_bytes(*from) ^ wide;
        seen |= plain;
        *to = plain.to_le_bytes();
    }
    let ascii = short(to_rest, from_rest, key);
    ascii && seen & 0x8080_8080_8080_8080 == 0
}
