//! Masking eight bytes at a time; the compiler makes the vector instructions of the target
//! (SSE2, NEON) of the loops. On x86-64 the same loops are there a second time, with those of
//! AVX2, for processors that have them: a program is seldom built for such only.

#![cfg_attr(target_arch = "x86_64", expect(unsafe_code))]

use super::{Key, short};

/// From how many bytes on it pays to ask what the processor has.
#[cfg(target_arch = "x86_64")]
const WIDE: usize = 256;

const WORD: usize = 8;

#[inline]
fn wide(key: Key) -> u64 {
    let word = u64::from(u32::from_le_bytes(key));
    word << 32 | word
}

#[inline]
pub(super) fn apply(data: &mut [u8], key: Key) {
    #[cfg(target_arch = "x86_64")]
    if data.len() >= WIDE && is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { apply_avx2(data, key) };
    }
    apply_words(data, key);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn apply_avx2(data: &mut [u8], key: Key) {
    apply_words(data, key);
}

#[inline(always)]
fn apply_words(data: &mut [u8], key: Key) {
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
    #[cfg(target_arch = "x86_64")]
    if src.len() >= WIDE && is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { unmask_into_avx2(dst, src, key) };
    }
    unmask_words_into(dst, src, key)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn unmask_into_avx2(dst: &mut [u8], src: &[u8], key: Key) -> bool {
    unmask_words_into(dst, src, key)
}

#[inline(always)]
fn unmask_words_into(dst: &mut [u8], src: &[u8], key: Key) -> bool {
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
