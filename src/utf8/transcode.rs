//! UTF-8 to UTF-16, 16 bytes at once.

use super::vector::{Vector, padded};
use core::mem::take;

static CONSTANTS: [[u8; 16]; 10] = [
    [0xBF; 16],
    [0xC0; 16],
    [0xE0; 16],
    [0xF0; 16],
    [0x0F; 16],
    [0xDC; 16],
    [0xFC; 16],
    [0x3F; 16],
    [0xD8_u8.wrapping_sub(0xF0); 16],
    [0xEF; 16],
];

/// Transcodes `src`, which is valid, into `dst`, which is no shorter, and
/// returns how many code units that makes.
///
/// Takes 16 bytes at a time, wherever they start, and makes of each the code
/// unit that would be if a sequence ended there, from it and the bytes
/// before; then drops those where none ends. That is the same work for every
/// script, with no branches to guess wrong but for ASCII and for sequences of
/// four bytes, which are either rare or many.
pub(super) fn utf8_to_utf16<V: Vector>(src: &[u8], dst: &mut [u16]) -> usize {
    let constants = V::constants(&CONSTANTS);
    let (mut src, mut rest) = (src, &mut *dst);
    let mut before = V::zero();
    // Where a sequence ends shows in the byte after, so one more is needed.
    while let Some(window) = src.first_chunk::<17>()
        && let Some(out) = rest.first_chunk_mut()
    {
        let [front @ .., _] = window;
        let [_, next @ ..] = window;
        let bytes = V::load(front);
        let n = if bytes.top_bits() == 0 {
            bytes.widen(out);
            16
        } else {
            units(bytes, before, V::load(next), &constants, out)
        };
        before = bytes;
        src = &src[16..];
        rest = &mut take(&mut rest)[n..];
    }

    // What is left, and zeros, each of which makes one unit too many.
    let bytes = V::load(&padded(src));
    let next = V::load(&padded(src.get(1..).unwrap_or(&[])));
    let mut out = [0; 16];
    let n = units(bytes, before, next, &constants, &mut out) - (16 - src.len());
    for (to, from) in rest.iter_mut().zip(&out[..n]) {
        *to = *from;
    }
    let room = rest.len() - n;
    dst.len() - room
}

/// Writes the code units of the sequences that end in `bytes`, and the first
/// unit of each whose third byte of four is there. Returns how many. `before`
/// is the bytes before, `next` is `bytes` one further on.
#[inline(always)]
fn units<V: Vector>(
    bytes: V,
    before: V,
    next: V,
    constants: &[V; 10],
    out: &mut [u16; 16],
) -> usize {
    let [xbf, xc0, xe0, xf0, x0f, xdc, xfc, x3f, d8_less_f0, xef] = *constants;
    let prev1 = bytes.prev::<1>(before);
    let prev2 = bytes.prev::<2>(before);

    // Sequences of up to three bytes: 1110xxxx 10yyyyyy 10zzzzzz, or
    // 110yyyyy 10zzzzzz, or 0zzzzzzz, make xxxxyyyy yyzzzzzz.
    let single = bytes.signed_gt(xbf);
    let low = bytes.select(prev1.shl::<6>(), single.or(x3f));
    let xxxx = prev2.saturating_sub(xe0).shl::<4>();
    // As signed numbers, continuation bytes are the least.
    let ends = next.signed_gt(xbf);

    // No lead byte of four is near.
    if !bytes
        .saturating_sub(xef)
        .or(before.saturating_sub(xef))
        .any()
    {
        let high = prev1.shr::<2>().and(x0f).or(xxxx).and_not(single);
        return V::pack(low, high, ends.top_bits(), out);
    }

    // The second unit for four bytes has the same low bits.
    let high = prev1.shr::<2>().and(x0f).or(xxxx.and(xf0)).and_not(single);
    let prev3 = bytes.prev::<3>(before);
    let high = prev3.ge(xf0).and(xdc).or(high);

    // The first: 11110xxx 10yyyyyy 10zz.... make 110110xx yyyyyyzz after
    // 0x10000, which is 0x40 of what is shifted here, has been taken off.
    let third = prev2.ge(xf0);
    let yyyyyyzz = prev1.shl::<2>().select(bytes.shr::<4>(), xfc);
    let borrow = x3f.ge(yyyyyyzz);
    let low = yyyyyyzz.add(xc0).select(low, third);
    let high = prev2.add(d8_less_f0).add(borrow).select(high, third);
    V::pack(low, high, ends.or(third).top_bits(), out)
}

#[cfg(test)]
mod tests {
    use super::super::vector::{Emulated, padded};
    use super::utf8_to_utf16;

    fn check(text: &str) {
        let mut units = vec![0; text.len()];
        let n = utf8_to_utf16::<Emulated>(text.as_bytes(), &mut units);
        assert!(
            units[..n].iter().copied().eq(text.encode_utf16()),
            "{text:?}"
        );
    }

    #[test]
    fn scalar_values() {
        // All of the first plane, which has all lengths, and some of each other.
        check(&(char::MIN..='\u{10FFF}').collect::<String>());
        check(&('\u{11000}'..=char::MAX).step_by(37).collect::<String>());
    }

    #[test]
    fn every_length_at_every_seam() {
        let text =
            "ab\u{7FF}\u{20AC}\u{1F600}\u{10FFFF} \u{E9}\u{800}\u{FFFF}\u{10000}".repeat(4);
        for (start, _) in text.char_indices().take(12) {
            for (end, _) in text.char_indices().filter(|&(end, _)| end >= start) {
                check(&text[start..end]);
            }
        }
    }

    #[test]
    fn nonsense_stays_within_bounds() {
        for fill in (0..=0xFF).step_by(3) {
            for length in 0..50 {
                let bytes: Vec<u8> = (0..length).map(|i| fill ^ (i << 4 & 0x30)).collect();
                let mut units = vec![0; bytes.len()];
                assert!(utf8_to_utf16::<Emulated>(&bytes, &mut units) <= bytes.len());
            }
        }
    }

    #[test]
    fn padding() {
        let bytes: [u8; 16] = core::array::from_fn(|i| i as u8 + 1);
        for length in 0..=16 {
            let mut expected = [0; 16];
            expected[..length].copy_from_slice(&bytes[..length]);
            assert_eq!(padded(&bytes[..length]), expected);
        }
    }
}
