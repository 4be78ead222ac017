//! UTF-8 as it arrives: an incremental [`Validator`] that fails at the first
//! byte that cannot be right, and the way from UTF-8 to UTF-16.
//!
//! The loops of both, `fast`, are there twice. `simd128` is for wasm: two
//! algorithms, `lookup` and `transcode`, over the few primitives of `vector`.
//! Native tests run them too, on an emulated vector. `scalar` is for the rest.
//!
//! ```
//! use ws4wasm::utf8::Validator;
//! let mut utf8 = Validator::new();
//! let (head, tail) = "Grüße".as_bytes().split_at(3);
//! assert!(utf8.check(head).is_ok() && !utf8.is_complete());
//! assert!(utf8.check(tail).is_ok() && utf8.is_complete());
//! ```

pub mod dfa;
mod utf16;
mod validator;

#[cfg(any(test, all(target_arch = "wasm32", target_feature = "simd128")))]
mod lookup;
#[cfg(any(test, all(target_arch = "wasm32", target_feature = "simd128")))]
mod transcode;
#[cfg(any(test, all(target_arch = "wasm32", target_feature = "simd128")))]
mod vector;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod scalar;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use scalar as fast;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use simd128 as fast;

/// As the standard library has it, at the speed of what is native.
pub(crate) fn from_utf8(bytes: &[u8]) -> Option<&str> {
    #[cfg(target_arch = "wasm32")]
    return core::str::from_utf8(bytes).ok();
    #[cfg(not(target_arch = "wasm32"))]
    return simdutf8::basic::from_utf8(bytes).ok();
}

pub use dfa::{ACCEPT, DFA, REJECT};
pub use utf16::utf8_to_utf16;
pub(crate) use validator::incomplete_tail;
pub use validator::{Validation, Validator};
