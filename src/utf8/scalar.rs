//! The fast paths of machines without a [`vector`](super). What is native has
//! that of simdutf8.

#[cfg(target_arch = "wasm32")]
use core::str::from_utf8;
#[cfg(not(target_arch = "wasm32"))]
use simdutf8::compat::from_utf8;

/// The length of a prefix of `bytes` that has no fault in it. Here, as it is
/// easily had, the longest.
pub(super) fn sound_prefix(bytes: &[u8]) -> usize {
    match from_utf8(bytes) {
        Ok(text) => text.len(),
        Err(error) => error.valid_up_to(),
    }
}

/// Transcodes `src`, which is valid, into `dst`, which is no shorter, and
/// returns how many code units that makes.
pub(super) fn utf8_to_utf16(src: &[u8], dst: &mut [u16]) -> usize {
    let mut rest = src;
    let mut n = 0;
    // Never more units than bytes, so there is room, even for bad input.
    let mut put = |unit: u32| {
        dst[n] = unit as u16;
        n += 1;
    };
    loop {
        while let Some((run, after)) = rest.split_first_chunk::<8>()
            && run.is_ascii()
        {
            run.iter().for_each(|&byte| put(u32::from(byte)));
            rest = after;
        }
        rest = match *rest {
            [a, ref rest @ ..] if a < 0x80 => {
                put(u32::from(a));
                rest
            }
            [a, b, ref rest @ ..] if a < 0xE0 => {
                put(bits(a, 0x1F) << 6 | bits(b, 0x3F));
                rest
            }
            [a, b, c, ref rest @ ..] if a < 0xF0 => {
                put(bits(a, 0x0F) << 12 | bits(b, 0x3F) << 6 | bits(c, 0x3F));
                rest
            }
            [a, b, c, d, ref rest @ ..] => {
                // 0xD7C0 is 0xD800 less the 0x10000 that surrogates leave out.
                let high = bits(a, 0x07) << 8 | bits(b, 0x3F) << 2 | bits(c, 0x30) >> 4;
                put(0xD7C0 + high);
                put(0xDC00 | bits(c, 0x0F) << 6 | bits(d, 0x3F));
                rest
            }
            // A sequence cut short, which valid text does not have.
            _ => break,
        };
    }
    n
}

fn bits(byte: u8, mask: u8) -> u32 {
    u32::from(byte & mask)
}
