//! Close codes (RFC 6455 section 7.4): which of them may travel in a close frame, which of them
//! answers which fault, and the reading of such a frame.
//!
//! ```
//! use ws4wasm::{Error, close_code};
//! let (code, reason) = close_code::parse(b"\x03\xe8done").unwrap();
//! assert_eq!((code, reason), (close_code::NORMAL, &b"done"[..]));
//! assert_eq!(Error::MaskMissing.close_code(), close_code::PROTOCOL_ERROR);
//! ```

use crate::Error;
use crate::utf8::Validator;

/// Normal closure: the purpose of the connection is fulfilled.
pub const NORMAL: u16 = 1000;
/// The peer broke the protocol.
pub const PROTOCOL_ERROR: u16 = 1002;
/// Reported locally when a close frame carried no code. Never on the wire.
pub const NO_STATUS: u16 = 1005;
/// Reported locally when a connection ended without a close frame. Never on
/// the wire.
pub const ABNORMAL: u16 = 1006;
/// The endpoint goes away, or there is nothing to say any more.
pub const GOING_AWAY: u16 = 1001;
/// A payload that is not what its type says, such as text that is not UTF-8.
pub const INVALID_PAYLOAD: u16 = 1007;
/// A message larger than the receiver takes.
pub const TOO_LARGE: u16 = 1009;
/// The endpoint met a condition of its own that kept it from going on.
pub const INTERNAL_ERROR: u16 = 1011;

/// Whether a close frame may carry `code`: 1000-1003, 1007-1014 (RFC 6455
/// section 7.4.1 and the IANA registry) and 3000-4999 (section 7.4.2). The
/// same rule holds for what is sent and what is received.
///
/// ```
/// use ws4wasm::close_code::is_sendable;
/// assert!(is_sendable(1000) && is_sendable(4999));
/// assert!(!is_sendable(1005) && !is_sendable(1006) && !is_sendable(1015));
/// ```
pub const fn is_sendable(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

impl Error {
    /// The close code to answer this fault with (RFC 6455 section 7.4.1).
    pub const fn close_code(&self) -> u16 {
        match self {
            Self::CloseReason { .. } | Self::Text { .. } | Self::Inflate => INVALID_PAYLOAD,
            Self::FrameTooLarge { .. }
            | Self::MessageTooLarge { .. }
            | Self::TooManyFragments { .. } => TOO_LARGE,
            _ => PROTOCOL_ERROR,
        }
    }
}

/// Reads the payload of a close frame (sections 5.5.1 and 7.4): nothing, or a code that may be sent
/// and a reason in UTF-8. Gives the code, [`NO_STATUS`] when there was none, and the reason.
///
/// ```
/// use ws4wasm::{Error, close_code};
/// assert_eq!(close_code::parse(b""), Ok((close_code::NO_STATUS, &b""[..])));
/// assert_eq!(close_code::parse(&1006_u16.to_be_bytes()), Err(Error::CloseCode(1006)));
/// ```
///
/// # Errors
/// [`Error::CloseBodyTooShort`], [`Error::CloseCode`] or [`Error::CloseReason`].
pub fn parse(payload: &[u8]) -> Result<(u16, &[u8]), Error> {
    match payload {
        [] => Ok((NO_STATUS, &[])),
        [_] => Err(Error::CloseBodyTooShort),
        [a, b, reason @ ..] => {
            let code = u16::from_be_bytes([*a, *b]);
            if !is_sendable(code) {
                return Err(Error::CloseCode(code));
            }
            let mut utf8 = Validator::new();
            match utf8.check(reason) {
                Ok(()) if utf8.is_complete() => Ok((code, reason)),
                Ok(()) => Err(Error::CloseReason {
                    index: reason.len() as u64,
                }),
                Err(index) => Err(Error::CloseReason {
                    index: index as u64,
                }),
            }
        }
    }
}
