//! Masking (RFC 6455 section 5.3) and the masking keys.
//!
//! One file for each way to do it: `simd128` for wasm, `portable` for the others.
//!
//! ```
//! use ws4wasm::frame::mask;
//! let key = mask::random_key();
//! let mut data = *b"Hello";
//! mask::apply(&mut data, key);
//! // Unmasked in two pieces: the key is turned to where the second begins.
//! let mut plain = [0; 5];
//! mask::unmask_into(&mut plain[..3], &data[..3], key);
//! mask::unmask_into(&mut plain[3..], &data[3..], mask::rotate(key, 3));
//! assert_eq!(&plain, b"Hello");
//! ```

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod portable;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use portable as fast;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use simd128 as fast;

use std::cell::RefCell;

/// A masking key, in wire order.
///
/// See [the module](self) for an example.
pub type Key = [u8; 4];

/// The key as it stands `offset` bytes into the payload.
///
/// See [the module](self) for an example.
#[inline]
pub fn rotate(key: Key, offset: u64) -> Key {
    u32::from_le_bytes(key)
        .rotate_right((offset & 3) as u32 * 8)
        .to_le_bytes()
}

/// Masks or unmasks `data` in place; the first byte meets `key[0]`.
///
/// See [the module](self) for an example.
#[inline]
pub fn apply(data: &mut [u8], key: Key) {
    fast::apply(data, key);
}

/// Unmasks `src` into `dst` and says whether the result is ASCII, in one pass.
/// A key of zeros copies.
///
/// ```
/// use ws4wasm::frame::mask;
/// let mut plain = [0; 2];
/// assert!(mask::unmask_into(&mut plain, b"hi", [0; 4]));
/// assert!(!mask::unmask_into(&mut plain, "ß".as_bytes(), [0; 4]));
/// ```
///
/// # Panics
/// When the lengths differ.
#[inline]
pub fn unmask_into(dst: &mut [u8], src: &[u8], key: Key) -> bool {
    assert!(
        dst.len() == src.len(),
        "dst and src must have the same length"
    );
    fast::unmask_into(dst, src, key)
}

/// What is less than a block: four bytes at a time, the last ones one by one.
#[inline]
fn short(dst: &mut [u8], src: &[u8], key: Key) -> bool {
    let word = u32::from_le_bytes(key);
    let mut seen = 0;
    let (to, to_rest) = dst.as_chunks_mut::<4>();
    let (from, from_rest) = src.as_chunks::<4>();
    for (to, from) in to.iter_mut().zip(from) {
        let plain = u32::from_le_bytes(*from) ^ word;
        seen |= plain;
        *to = plain.to_le_bytes();
    }
    for ((to, from), k) in to_rest.iter_mut().zip(from_rest).zip(key) {
        *to = from ^ k;
        seen |= u32::from(*to);
    }
    seen & 0x8080_8080 == 0
}

/// Bytes drawn from the system's generator at a time: one call for many frames, since a call
/// costs microseconds, above all from wasm.
const POOL: usize = 4096;

struct Pool {
    bytes: Vec<u8>,
    used: usize,
}

thread_local! {
    static KEYS: RefCell<Pool> = const { RefCell::new(Pool { bytes: Vec::new(), used: 0 }) };
}

/// A fresh masking key from the system's cryptographic generator, as RFC 6455 sections 5.3
/// and 10.3 ask: unpredictable and used once.
///
/// See [the module](self) for an example.
///
/// # Panics
/// When the platform has no source of randomness: without one no client may speak
/// WebSocket at all.
pub fn random_key() -> Key {
    KEYS.with_borrow_mut(|pool| {
        if pool.used == pool.bytes.len() {
            pool.bytes.resize(POOL, 0);
            getrandom::fill(&mut pool.bytes).expect("the platform has no source of randomness");
            pool.used = 0;
        }
        let mut key = Key::default();
        key.copy_from_slice(&pool.bytes[pool.used..pool.used + 4]);
        pool.used += 4;
        key
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The RFC's own formula (section 5.3).
    fn reference(data: &[u8], key: Key) -> Vec<u8> {
        data.iter()
            .enumerate()
            .map(|(i, b)| b ^ key[i % 4])
            .collect()
    }

    // [RFC 6455 6.2-5]
    #[test]
    fn agrees_with_the_formula_at_every_length_and_rotation() {
        let key = [0xbe, 0x04, 0xe6, 0x6a];
        let data: Vec<u8> = (0..400u32).map(|i| (i * 7) as u8).collect();
        let whole = reference(&data, key);
        for start in 0..20 {
            for end in start..data.len() {
                let rotated = rotate(key, start as u64);
                let mut copy = data[start..end].to_vec();
                apply(&mut copy, rotated);
                assert_eq!(copy, whole[start..end]);
                let mut out = vec![0; end - start];
                let ascii = unmask_into(&mut out, &data[start..end], rotated);
                assert_eq!(out, whole[start..end]);
                assert_eq!(ascii, out.is_ascii());
            }
        }
    }

    #[test]
    fn one_byte_above_ascii_is_seen_wherever_it_stands() {
        for len in (0..70).chain(250..300) {
            let mut dst = vec![0; len];
            assert!(unmask_into(&mut dst, &vec![b'a'; len], [0; 4]));
            for at in 0..len {
                let mut src = vec![b'a'; len];
                src[at] = 0x80;
                assert!(!unmask_into(&mut dst, &src, [0; 4]));
            }
        }
    }

    #[test]
    fn keys_are_not_reused() {
        let mut keys: Vec<_> = (0..1000).map(|_| random_key()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert!(keys.len() > 990);
    }
}
