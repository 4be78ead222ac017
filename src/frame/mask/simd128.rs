//! Masking with the vectors of wasm, which the compiler does not find by itself.
#![allow(unsafe_code, reason = "vector loads and stores take raw pointers")]

use super::{Key, rotate, short};
use core::arch::wasm32::{
    i32x4_splat, u8x16_bitmask, u32x4_splat, v128, v128_load, v128_or, v128_store, v128_xor,
};

const BLOCK: usize = 16;
/// Blocks that are worked on at a time: the loop around one would take as long as the work.
const WIDE: usize = 4 * BLOCK;

#[inline]
fn wide(key: Key) -> v128 {
    u32x4_splat(u32::from_le_bytes(key))
}

/// Unmasks a block from one place to another, or to the same, and gives what it became.
///
/// # Safety
/// `BLOCK` bytes must be there to read and to write.
#[inline]
unsafe fn block(to: *mut u8, from: *const u8, keys: v128) -> v128 {
    // SAFETY: as the caller says; the instructions need no alignment.
    unsafe {
        let plain = v128_xor(v128_load(from.cast()), keys);
        v128_store(to.cast(), plain);
        plain
    }
}

/// Four blocks, and the bits that any byte of them has.
///
/// # Safety
/// `WIDE` bytes must be there to read and to write.
#[inline]
unsafe fn blocks(to: *mut u8, from: *const u8, keys: v128) -> v128 {
    // SAFETY: as the caller says.
    unsafe {
        let a = block(to, from, keys);
        let b = block(to.add(BLOCK), from.add(BLOCK), keys);
        let c = block(to.add(2 * BLOCK), from.add(2 * BLOCK), keys);
        let d = block(to.add(3 * BLOCK), from.add(3 * BLOCK), keys);
        v128_or(v128_or(a, b), v128_or(c, d))
    }
}

#[inline]
pub(super) fn apply(data: &mut [u8], key: Key) {
    let Some(last) = data.len().checked_sub(BLOCK) else {
        return few(data, key);
    };
    let keys = wide(key);
    // The last block may overlap the one before it, so it is read before that is masked.
    let turned = wide(rotate(key, last as u64));
    // SAFETY: `BLOCK` bytes follow `last`; the instruction needs no alignment.
    let end = unsafe { v128_xor(v128_load(data.as_ptr().add(last).cast()), turned) };
    let (wide, rest) = data.as_chunks_mut::<WIDE>();
    for chunk in wide {
        let at = chunk.as_mut_ptr();
        // SAFETY: the chunk has as many bytes.
        unsafe { blocks(at, at, keys) };
    }
    let (short, _) = rest.as_chunks_mut::<BLOCK>();
    for chunk in short {
        let at = chunk.as_mut_ptr();
        // SAFETY: the chunk has as many bytes.
        unsafe { block(at, at, keys) };
    }
    // SAFETY: as above.
    unsafe { v128_store(data.as_mut_ptr().add(last).cast(), end) };
}

/// What is less than a block.
fn few(data: &mut [u8], key: Key) {
    let word = u32::from_le_bytes(key);
    let (words, rest) = data.as_chunks_mut::<4>();
    for four in words {
        *four = (u32::from_le_bytes(*four) ^ word).to_le_bytes();
    }
    for (byte, k) in rest.iter_mut().zip(key) {
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
    let (to, to_rest) = dst.as_chunks_mut::<WIDE>();
    let (from, from_rest) = src.as_chunks::<WIDE>();
    for (to, from) in to.iter_mut().zip(from) {
        // SAFETY: the chunks have as many bytes.
        seen = v128_or(seen, unsafe {
            blocks(to.as_mut_ptr(), from.as_ptr(), keys)
        });
    }
    let (to, _) = to_rest.as_chunks_mut::<BLOCK>();
    let (from, rest) = from_rest.as_chunks::<BLOCK>();
    for (to, from) in to.iter_mut().zip(from) {
        // SAFETY: the chunks have as many bytes.
        seen = v128_or(seen, unsafe { block(to.as_mut_ptr(), from.as_ptr(), keys) });
    }
    // The last block may overlap the one before it: it writes the same bytes again.
    if !rest.is_empty() {
        let keys = wide(rotate(key, (len - BLOCK) as u64));
        let (to, from) = (&mut dst[len - BLOCK..], &src[len - BLOCK..]);
        // SAFETY: both have as many bytes.
        seen = v128_or(seen, unsafe { block(to.as_mut_ptr(), from.as_ptr(), keys) });
    }
    u8x16_bitmask(seen) == 0
}
