//! UTF-8 to UTF-16, 16 bytes at once.

use super::vector::Vector;

/// Transcodes `src`, which is valid, into `dst`, which is no shorter, and
/// returns how many code units that makes.
///
/// Takes 16 bytes at a time, wherever they start, and makes of each the code
/// unit that would be if a sequence ended there, from it and the three bytes
/// before; then drops those where none ends. That is the same work for every
/// script, with no branches to guess wrong.
pub(super) fn utf8_to_utf16<V: Vector>(src: &[u8], dst: &mut [u16]) -> usize {
    let (mut at, mut n) = (0, 0);
    let mut before = V::splat(0);
    // Where a sequence ends shows in the byte after, so one more is needed.
    while let Some(window) = src[at..].first_chunk()
        && let Some(out) = dst[n..].first_chunk_mut()
    {
        n += units(window, &mut before, out);
        at += 16;
    }
    // What is left, and zeros, each of which makes one unit too many.
    let rest = &src[at..];
    let mut window = [0; 17];
    window[..rest.len()].copy_from_slice(rest);
    let mut out = [0; 16];
    let count = units(&window, &mut before, &mut out) + rest.len() - 16;
    dst[n..n + count].copy_from_slice(&out[..count]);
    n + count
}

/// Writes the code units of the sequences that end in the first 16 bytes, and
/// the first unit of each that has its third byte of four there. Returns how
/// many. `before` is the 16 bytes before, and becomes these.
#[inline(always)]
fn units<V: Vector>(window: &[u8; 17], before: &mut V, out: &mut [u16; 16]) -> usize {
    let [front @ .., _] = window;
    let [_, back @ ..] = window;
    let bytes = V::load(front);
    let next = V::load(back);
    let prev1 = bytes.prev::<1>(*before);
    let prev2 = bytes.prev::<2>(*before);
    let prev3 = bytes.prev::<3>(*before);
    *before = bytes;
    if bytes.top_bits() == 0 {
        bytes.widen(out);
        return 16;
    }

    // In a sequence of up to three bytes: (1110xxxx 10)yyyyyy 10zzzzzz or
    // 110yyyyy 10zzzzzz or 0zzzzzzz give xxxxyyyy yyzzzzzz.
    let single = bytes.starts();
    let low = bytes.select(prev1.shl::<6>(), single.or(V::splat(0x3F)));
    let high = prev1.shr::<2>().and(V::splat(0x0F));
    let high = high.or(prev2.saturating_sub(V::splat(0xE0)).shl::<4>());
    let high = high.and_not(single);

    // The second unit of a sequence of four has the same low bits.
    let fourth = prev3.ge(V::splat(0xF0));
    let high = high.or(fourth.and(V::splat(0xDC)));

    // The first: 11110xxx 10yyyyyy 10zz.... give 110110xx yyyyyyzz once
    // 0x10000, that is 0x40 in the shifted value, is taken off.
    let third = prev2.ge(V::splat(0xF0));
    let first_low = prev1.shl::<2>().or(bytes.shr::<4>().and(V::splat(0x03)));
    let borrow = V::splat(0x3F).ge(first_low);
    let first_high = prev2.add(V::splat(0xD8_u8.wrapping_sub(0xF0))).add(borrow);
    let low = first_low.add(V::splat(0xC0)).select(low, third);
    let high = first_high.select(high, third);

    V::pack(low, high, third.or(next.starts()).top_bits(), out)
}

#[cfg(test)]
mod tests {
    use super::super::vector::Emulated;
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
}
