//! The primitives that the fast paths are written in.

/// 16 bytes to compute with at once. What is true of a lane is all ones in
/// it, what is false all zeros.
pub(super) trait Vector: Copy {
    /// The bytes in order.
    fn load(bytes: &[u8; 16]) -> Self;

    /// The byte in every lane.
    fn splat(byte: u8) -> Self;

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

    /// Every byte shifted left.
    fn shl<const BITS: u32>(self) -> Self;

    /// Every byte shifted right.
    fn shr<const BITS: u32>(self) -> Self;

    /// Each byte of `self`, all below 16, replaced by that byte of `table`.
    fn look_up(self, table: Self) -> Self;

    /// The lanes moved up by `N`, 1 to 3: each is now beside the one `N`
    /// after it. The last of `before` move in.
    fn prev<const N: usize>(self, before: Self) -> Self;

    /// Where the byte is not a continuation byte.
    fn starts(self) -> Self;

    /// Whether any bit is set.
    fn any(self) -> bool;

    /// The top bit of every lane, lane 0 in the lowest bit.
    fn top_bits(self) -> u16;

    /// Writes the bytes as code units.
    fn widen(self, out: &mut [u16; 16]);

    /// Of the code units with these low and high bytes, writes those whose
    /// bit is set in `keep`, close together, and returns how many they are.
    /// What follows them in `out` may be overwritten.
    fn pack(low: Self, high: Self, keep: u16, out: &mut [u16; 16]) -> usize;
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

    fn truth(self, f: impl Fn(u8) -> bool) -> Self {
        Self(self.0.map(|byte| if f(byte) { 0xFF } else { 0 }))
    }
}

#[cfg(test)]
impl Vector for Emulated {
    fn load(bytes: &[u8; 16]) -> Self {
        Self(*bytes)
    }

    fn splat(byte: u8) -> Self {
        Self([byte; 16])
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
        self.zip(other, |a, b| if a >= b { 0xFF } else { 0 })
    }

    fn shl<const BITS: u32>(self) -> Self {
        Self(self.0.map(|byte| byte << BITS))
    }

    fn shr<const BITS: u32>(self) -> Self {
        Self(self.0.map(|byte| byte >> BITS))
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

    fn starts(self) -> Self {
        self.truth(|byte| byte & 0xC0 != 0x80)
    }

    fn any(self) -> bool {
        self.0 != [0; 16]
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
