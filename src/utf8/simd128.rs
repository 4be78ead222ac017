//! The vector of WebAssembly.
#![allow(unsafe_code, reason = "v128 is loaded and stored through pointers")]

use super::vector::Vector;
use super::{lookup, transcode};
use core::arch::wasm32::*;

/// See `lookup`.
pub(super) fn sound_prefix(bytes: &[u8]) -> usize {
    lookup::sound_prefix::<v128>(bytes)
}

/// See `transcode`.
pub(super) fn utf8_to_utf16(src: &[u8], dst: &mut [u16]) -> usize {
    transcode::utf8_to_utf16::<v128>(src, dst)
}

impl Vector for v128 {
    #[inline(always)]
    fn load(bytes: &[u8; 16]) -> Self {
        // SAFETY: the 16 bytes are readable; wasm loads need no alignment.
        unsafe { v128_load(bytes.as_ptr().cast()) }
    }

    #[inline(always)]
    fn zero() -> Self {
        u8x16_splat(0)
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        v128_and(self, other)
    }

    #[inline(always)]
    fn and_not(self, other: Self) -> Self {
        v128_andnot(self, other)
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        v128_or(self, other)
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        v128_xor(self, other)
    }

    #[inline(always)]
    fn select(self, other: Self, mask: Self) -> Self {
        v128_bitselect(self, other, mask)
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        u8x16_add(self, other)
    }

    #[inline(always)]
    fn saturating_sub(self, other: Self) -> Self {
        u8x16_sub_sat(self, other)
    }

    #[inline(always)]
    fn ge(self, other: Self) -> Self {
        u8x16_ge(self, other)
    }

    #[inline(always)]
    fn signed_gt(self, other: Self) -> Self {
        i8x16_gt(self, other)
    }

    #[inline(always)]
    fn shl<const BITS: u32>(self) -> Self {
        u16x8_shl(self, BITS)
    }

    #[inline(always)]
    fn shr<const BITS: u32>(self) -> Self {
        u16x8_shr(self, BITS)
    }

    #[inline(always)]
    fn look_up(self, table: Self) -> Self {
        u8x16_swizzle(table, self)
    }

    #[inline(always)]
    #[rustfmt::skip]
    fn prev<const N: usize>(self, before: Self) -> Self {
        match N {
            1 => u8x16_shuffle::<15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30>(before, self),
            2 => u8x16_shuffle::<14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29>(before, self),
            3 => u8x16_shuffle::<13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28>(before, self),
            _ => unreachable!(),
        }
    }

    #[inline(always)]
    fn any(self) -> bool {
        v128_any_true(self)
    }

    #[inline(always)]
    fn lanes(self) -> u16 {
        u8x16_bitmask(u8x16_ne(self, u8x16_splat(0)))
    }

    #[inline(always)]
    fn top_bits(self) -> u16 {
        u8x16_bitmask(self)
    }

    #[inline(always)]
    fn widen(self, out: &mut [u16; 16]) {
        let (halves, _) = out.as_chunks_mut::<8>();
        store(u16x8_extend_low_u8x16(self), &mut halves[0]);
        store(u16x8_extend_high_u8x16(self), &mut halves[1]);
    }

    #[inline(always)]
    #[rustfmt::skip]
    fn pack(low: Self, high: Self, keep: u16, out: &mut [u16; 16]) -> usize {
        let [keep_front, keep_back] = keep.to_le_bytes();
        let kept = kept(keep_front, keep_back);
        let low = u8x16_swizzle(low, kept);
        let high = u8x16_swizzle(high, kept);
        let front = u8x16_shuffle::<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>(low, high);
        let back = u8x16_shuffle::<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>(low, high);
        let n = keep_front.count_ones() as usize;
        if let Some(out) = out.first_chunk_mut() {
            store(front, out);
        }
        if let Some(out) = out[n..].first_chunk_mut() {
            store(back, out);
        }
        n + keep_back.count_ones() as usize
    }
}

fn store(units: v128, out: &mut [u16; 8]) {
    // SAFETY: the 16 bytes are writable; wasm stores need no alignment.
    unsafe { v128_store(out.as_mut_ptr().cast(), units) }
}

/// The lanes whose bit is set in `front` or, from lane 8 on, in `back`, those of each close together.
#[inline(always)]
fn kept(front: u8, back: u8) -> v128 {
    static LANES: [[u8; 8]; 256] = {
        let mut table = [[0; 8]; 256];
        let mut keep = 0;
        while keep < 256 {
            let (mut n, mut lane) = (0, 0);
            while lane < 8 {
                if keep >> lane & 1 != 0 {
                    table[keep][n] = lane as u8;
                    n += 1;
                }
                lane += 1;
            }
            keep += 1;
        }
        table
    };
    let front = LANES[usize::from(front)].as_ptr();
    let back = LANES[usize::from(back)].as_ptr();
    // SAFETY: there are 8 bytes to read of each; wasm loads need no alignment.
    let lanes = unsafe { v128_load64_lane::<1>(v128_load64_zero(front.cast()), back.cast()) };
    v128_or(lanes, u64x2(0, 0x0808_0808_0808_0808))
}
