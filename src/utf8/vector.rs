//! The primitives that the fast paths are written in.

use core::hint::black_box;

/// 16 bytes to compute with at once. What is true of a lane is all ones in
/// it, what is false all zeros.
pub(super) trait Vector: Copy {
    /// The bytes in order.
    fn load(bytes: &[u8; 16]) -> Self;

    /// Loads what an algorithm needs again and again, before its loop. If
    /// the compiler saw that these are constants it would leave them to the
    /// engine, and V8 puts each together from integers wherever it is used:
    /// half of the time that `transcode` took.
    #[inline(always)]
    fn constants<const N: usize>(bytes: &'static [[u8; 16]; N]) -> [Self; N] {
        black_box(bytes).each_ref().map(Self::load)
    }

    /// Nothing but zeros.
    fn zero() -> Self;

    /// Bitwise and.
    fn and(self, other: Self) -> Self;

    /// Bitwise and with what `other` is not.
    fn and_not(self, other: Self) -> Self;

    /// Bitwise or.
    fn or(self, other: Self) -> Self;

    /// Bitwise exclusive or.
    fn xor(self, other: Self) -> Self;

    /// Where `mask` has a one the bit of `self`, else that of `other`.
    fn select(self, other: Self, mask: Self) -> Self;

    /// Wrapping addition.
    fn add(self, other: Self) -> Self;

    /// Subtraction that stops at zero.
    fn saturating_sub(self, other: Self) -> Self;

    /// The unsigned comparison `self >= other`.
    fn ge(self, other: Self) -> Self;

    /// The signed comparison `self > other`.
    fn signed_gt(self, other: Self) -> Self;

    /// Each pair of bytes, the second being the high one, shifted left.
    fn shl<const BITS: u32>(self) -> Self;

    /// Each pair of bytes, the second being the high one, shifted right.
    fn shr<const BITS: u32>(self) -> Self;

    /// Each byte of `self`, all below 16, replaced by that byte of `table`.
    fn look_up(self, table: Self) -> Self;

    /// The lanes moved up by `N`, 1 to 3: each is now beside the one `N`
    /// after it. The last of `before` move in.
    fn prev<const N: usize>(self, before: Self) -> Self;

    /// Whether any bit is set.
    fn any(self) -> bool;

    /// The lanes that are not zero, lane 0 in the lowest bit.
    fn lanes(self) -> u16;

    /// The top bit of every lane, lane 0 in the lowest bit.
    fn top_bits(self) -> u16;

    /// Writes the bytes as code units.
    fn widen(self, out: &mut [u16; 16]);

    /// Of the code units with these low and high bytes, writes those whose
    /// bit is set in `keep`, close together, and returns how many they are.
    /// What follows them in `out` may be overwritten.
    fn pack(low: Self, high: Self, keep: u16, out: &mut [u16; 16]) -> usize;
}

/// The bytes, of which there are up to 16, and zeros. A copy would be a call,
/// and for the short texts that this serves a dear one.
#[inline(always)]
pub(super) fn padded(bytes: &[u8]) -> [u8; 16] {
    if let Some(all) = bytes.first_chunk::<16>() {
        return *all;
    }
    // From both ends: the two halves overlap, and agree where they do.
    let (low, high) = if let Some(front) = bytes.first_chunk::<8>() {
        let back = bytes.last_chunk::<8>().unwrap_or(front);
        let beyond = 8 * (16 - bytes.len() as u32);
        let high = u64::from_le_bytes(*back).checked_shr(beyond).unwrap_or(0);
        (u64::from_le_bytes(*front), high)
    } else if let Some(front) = bytes.first_chunk::<4>() {
        let back = bytes.last_chunk::<4>().unwrap_or(front);
        let back = u64::from(u32::from_le_bytes(*back)) << (8 * (bytes.len() - 4));
        (u64::from(u32::from_le_bytes(*front)) | back, 0)
    } else {
        let join = |low, &byte| low << 8 | u64::from(byte);
        (bytes.iter().rev().fold(0, join), 0)
    };
    (u128::from(low) | u128::from(high) << 64).to_le_bytes()
}

/// A vector on a machine that has none: what the trait says, in plain Rust.
/// Native tests run the fast paths with it.
#[cfg(test)]
#[derive(Clone, Copy)]
pub(super) struct Emulated([u8; 16]);

#[cfg(test)]
impl Emulated {
    fn zip(self, other: Self, f: impl Fn(u8, u8) -> u8) -> Self {
        Self(core::array::from_fn(|i| f(self.0[i], other.0[i])))
    }

    fn pairs(self, f: impl Fn(u16) -> u16) -> Self {
        let mut bytes = self.0;
        for pair in bytes.as_chunks_mut().0 {
            *pair = f(u16::from_le_bytes(*pair)).to_le_bytes();
        }
        Self(bytes)
    }
}

#[cfg(test)]
fn truth(truth: bool) -> u8 {
    if truth { 0xFF } else { 0 }
}

#[cfg(test)]
impl Vector for Emulated {
    fn load(bytes: &[u8; 16]) -> Self {
        Self(*bytes)
    }

    fn zero() -> Self {
        Self([0; 16])
    }

    fn and(self, other: Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    fn and_not(self, other: Self) -> Self {
        self.zip(other, |a, b| a & !b)
    }

    fn or(self, other: Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    fn xor(self, other: Self) -> Self {
        self.zip(other, |a, b| a ^ b)
    }

    fn select(self, other: Self, mask: Self) -> Self {
        self.and(mask).or(other.and_not(mask))
    }

    fn add(self, other: Self) -> Self {
        self.zip(other, u8::wrapping_add)
    }

    fn saturating_sub(self, other: Self) -> Self {
        self.zip(other, u8::saturating_sub)
    }

    fn ge(self, other: Self) -> Self {
        self.zip(other, |a, b| truth(a >= b))
    }

    fn signed_gt(self, other: Self) -> Self {
        self.zip(other, |a, b| truth(a.cast_signed() > b.cast_signed()))
    }

    fn shl<const BITS: u32>(self) -> Self {
        self.pairs(|pair| pair << BITS)
    }

    fn shr<const BITS: u32>(self) -> Self {
        self.pairs(|pair| pair >> BITS)
    }

    fn look_up(self, table: Self) -> Self {
        Self(self.0.map(|index| table.0[usize::from(index)]))
    }

    fn prev<const N: usize>(self, before: Self) -> Self {
        Self(core::array::from_fn(|i| {
            if i < N {
                before.0[16 + i - N]
            } else {
                self.0[i - N]
            }
        }))
    }

    fn any(self) -> bool {
        self.0 != [0; 16]
    }

    fn lanes(self) -> u16 {
        (0..16).fold(0, |bits, i| bits | u16::from(self.0[i] != 0) << i)
    }

    fn top_bits(self) -> u16 {
        (0..16).fold(0, |bits, i| bits | u16::from(self.0[i] >> 7) << i)
    }

    fn widen(self, out: &mut [u16; 16]) {
        *out = self.0.map(u16::from);
    }

    fn pack(low: Self, high: Self, keep: u16, out: &mut [u16; 16]) -> usize {
        let kept = (0..16).filter(|i| keep >> i & 1 != 0);
        out.fill(0xDEAD);
        for (n, i) in kept.enumerate() {
            out[n] = u16::from_le_bytes([low.0[i], high.0[i]]);
        }
        keep.count_ones() as usize
    }
}
