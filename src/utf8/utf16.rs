//! From UTF-8 to UTF-16.

use super::fast;

/// Transcodes `src`, which has been validated, to UTF-16 code units at the
/// front of `dst`, and returns how many they are. The rest of `dst` may be
/// overwritten too. A `src` that is not UTF-8 gives nonsense, but no panic.
///
/// ```
/// let mut units = [0; 6];
/// let length = ws4wasm::utf8::utf8_to_utf16("😀!".as_bytes(), &mut units);
/// assert_eq!(units[..length], [0xd83d, 0xde00, 0x21]);
/// ```
///
/// # Panics
///
/// When `dst` is shorter than `src`. Text never takes more units than bytes.
pub fn utf8_to_utf16(src: &[u8], dst: &mut [u16]) -> usize {
    assert!(dst.len() >= src.len());
    fast::utf8_to_utf16(src, dst)
}
