//! Masking with the vectors of wasm, which the compiler does not find by itself.
#![allow(unsafe_code, reason = "vector loads and stores take raw pointers")]

use super::{Key, rotate, short};
use core::arch::wasm32::{
    i32x4_splat, u8x16_bitmask, u32x4_splat, v128, v128_load, v128_or, v128_store, v128_xor,
};

const BLOCK: usize = 16;

#[inline]
fn wide(key: Key) -> v128 {
    u32x4_splat(u32::from_le_bytes(key))
}

#[inline]
pub(super) fn apply(data: &mut [u8], key: Key) {
    let wide = wide(key);
    let mut blocks = data.chunks_exact_mut(BLOCK);
    for block in &mut blocks {
        let at = block.as_mut_ptr().cast::<v128>();
        // SAFETY: a block has 16 bytes; the instructions need no alignment.
        unsafe { v128_store(at, v128_xor(v128_load(at), wide)) };
    }
    for (byte, k) in blocks.into_remainder().iter_mut().zip(key.iter().cycle()) {
        *byte ^= k;
    }
}

/// Both slices are of one length.
#[inline]
pub(super) fn unmask_into(dst: &mut [u8], src: &[u8], key: Key) -> bool {
    let len = src.len();
    if len < BLOCK {
        return short(dst, src, key);
    }
    let keys = wide(key);
    let mut seen = i32x4_splat(0);
    let mut block = |at: usize, keys: v128| {
        let from = src[at..at + BLOCK].as_ptr().cast::<v128>();
        let to = dst[at..at + BLOCK].as_mut_ptr().cast::<v128>();
        // SAFETY: both slices have 16 bytes; the instructions need no alignment.
        let plain = unsafe {
            let plain = v128_xor(v128_load(from), keys);
            v128_store(to, plain);
            plain
        };
        seen = v128_or(seen, plain);
    };
    let mut at = 0;
    while at + BLOCK <= len {
        block(at, keys);
        at += BLOCK;
    }
    // The last block may overlap the one before it: it writes the same bytes again.
    if at < len {
        let at = len - BLOCK;
        block(at, wide(rotate(key, at as u64)));
    }
    u8x16_bitmask(seen) == 0
}
