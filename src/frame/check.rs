//! What a frame's header may say: one function for each rule, each told only the bytes that it
//! needs. The strict decoder stops at the first that fails; the inspector asks them all.
//!
//! ```
//! use ws4wasm::{Error, frame::check};
//! // A ping without FIN whose length takes more than seven bits: two rules at once.
//! let [b0, b1] = [0x09, 0x7e];
//! assert_eq!(check::control_fin(b0), Err(Error::FragmentedControl));
//! assert_eq!(check::control_length(b0, b1), Err(Error::ControlTooLong));
//! ```

use crate::{Error, Opcode};

/// Limit of a control frame's payload, in bytes (RFC 6455 section 5.5).
const MAX_CONTROL: u64 = 125;

/// As the bit of [`Header::rsv`](super::Header::rsv): with permessage-deflate, a compressed
/// message (RFC 7692 section 6).
pub const RSV1: u8 = 4;

/// Section 5.2: RSV1-3 of a frame's first byte must be 0 unless an extension defines them;
/// `allowed` has those that one does, as the bits 4, 2 and 1.
///
/// ```
/// use ws4wasm::{Error, frame::check};
/// assert_eq!(check::check_reserved(0xc1, check::RSV1), Ok(()));
/// assert_eq!(check::check_reserved(0xc1, 0), Err(Error::ReservedBits(4)));
/// ```
///
/// # Errors
/// [`Error::ReservedBits`] with those set in vain.
#[inline]
pub const fn check_reserved(b0: u8, allowed: u8) -> Result<(), Error> {
    match b0 >> 4 & 7 & !allowed {
        0 => Ok(()),
        bits => Err(Error::ReservedBits(bits)),
    }
}

/// RFC 7692 section 6: RSV1 on the first frame of a message only, and only once
/// permessage-deflate is agreed on. The bits that [`check_reserved`] is to allow.
///
/// ```
/// use ws4wasm::frame::check;
/// assert_eq!(check::allowed_reserved(0xc1, true), check::RSV1);
/// // A continuation has none.
/// assert_eq!(check::allowed_reserved(0xc0, true), 0);
/// ```
#[inline]
pub const fn allowed_reserved(b0: u8, deflate: bool) -> u8 {
    let starts_message = matches!(b0 & 15, 1 | 2);
    if starts_message && deflate { RSV1 } else { 0 }
}

/// Section 5.2: the opcodes that there are.
///
/// ```
/// use ws4wasm::{Error, frame::check};
/// assert_eq!(check::opcode(0x83), Err(Error::ReservedOpcode(3)));
/// ```
///
/// # Errors
/// [`Error::ReservedOpcode`] for one of the others.
#[inline]
pub const fn opcode(b0: u8) -> Result<Opcode, Error> {
    match Opcode::from_bits(b0 & 15) {
        Some(opcode) => Ok(opcode),
        None => Err(Error::ReservedOpcode(b0 & 15)),
    }
}

/// Section 5.5: control frames are not fragmented.
///
/// ```
/// use ws4wasm::{Error, frame::check};
/// assert_eq!(check::control_fin(0x09), Err(Error::FragmentedControl));
/// ```
///
/// # Errors
/// [`Error::FragmentedControl`] for one without FIN.
#[inline]
pub const fn control_fin(b0: u8) -> Result<(), Error> {
    match b0 & 0x88 {
        0x08 => Err(Error::FragmentedControl),
        _ => Ok(()),
    }
}

/// Section 5.4: a continuation continues a message that is `open`, and while one is, no other
/// begins.
///
/// ```
/// use ws4wasm::{Error, frame::check};
/// assert_eq!(check::sequence(0x80, false), Err(Error::UnexpectedContinuation));
/// ```
///
/// # Errors
/// [`Error::UnexpectedContinuation`] or [`Error::ExpectedContinuation`].
#[inline]
pub const fn sequence(b0: u8, open: bool) -> Result<(), Error> {
    match (b0 & 15, open) {
        (0, false) => Err(Error::UnexpectedContinuation),
        (1 | 2, true) => Err(Error::ExpectedContinuation),
        _ => Ok(()),
    }
}

/// Section 5.1: clients mask, servers do not.
///
/// ```
/// use ws4wasm::{Error, frame::check};
/// assert_eq!(check::masking(0x05, true), Err(Error::MaskMissing));
/// ```
///
/// # Errors
/// [`Error::MaskMissing`] or [`Error::MaskForbidden`].
#[inline]
pub const fn masking(b1: u8, expected: bool) -> Result<(), Error> {
    match (b1 & 0x80 != 0, expected) {
        (false, true) => Err(Error::MaskMissing),
        (true, false) => Err(Error::MaskForbidden),
        _ => Ok(()),
    }
}

/// Section 5.5: control frames carry at most 125 bytes.
///
/// ```
/// use ws4wasm::{Error, frame::check};
/// assert_eq!(check::control_length(0x89, 0x7e), Err(Error::ControlTooLong));
/// ```
///
/// # Errors
/// [`Error::ControlTooLong`] for one that announces more.
#[inline]
pub const fn control_length(b0: u8, b1: u8) -> Result<(), Error> {
    if b0 & 8 != 0 && (b1 & 0x7f) as u64 > MAX_CONTROL {
        return Err(Error::ControlTooLong);
    }
    Ok(())
}

/// Section 5.2: the most significant bit of a 64-bit length must be 0. `first` is the first of
/// its eight bytes.
///
/// ```
/// use ws4wasm::{Error, frame::check};
/// assert_eq!(check::length_top_bit(0x80), Err(Error::LengthTopBit));
/// ```
///
/// # Errors
/// [`Error::LengthTopBit`] when it is not.
#[inline]
pub const fn length_top_bit(first: u8) -> Result<(), Error> {
    match first & 0x80 {
        0 => Ok(()),
        _ => Err(Error::LengthTopBit),
    }
}

/// Section 5.2: "the minimal number of bytes MUST be used". `extended` is how many bytes the
/// length has beyond the seven bits: 0, 2 or 8.
///
/// ```
/// use ws4wasm::{Error, frame::check};
/// assert_eq!(check::length_minimal(125, 2), Err(Error::NonMinimalLength(125)));
/// ```
///
/// # Errors
/// [`Error::NonMinimalLength`] when more were used.
#[inline]
pub const fn length_minimal(length: u64, extended: usize) -> Result<(), Error> {
    if (extended == 2 && length < 126) || (extended == 8 && length <= 0xffff) {
        return Err(Error::NonMinimalLength(length));
    }
    Ok(())
}
