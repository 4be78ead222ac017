//! Frames (RFC 6455 section 5.2): the header codec, masking, and whole frames.
//!
//! ```
//! use ws4wasm::frame::{Header, Parsed, mask};
//! // RFC 6455 section 5.7: a masked text.
//! let frame = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
//! let Parsed::Complete(header, length) = Header::parse(frame).unwrap() else { panic!() };
//! let mut payload = frame[length..].to_vec();
//! mask::apply(&mut payload, header.key.unwrap());
//! assert_eq!(payload, b"Hello");
//! ```

pub mod check;
mod header;
pub mod mask;

pub use check::{RSV1, check_reserved};
pub use header::{Header, MAX_HEADER_LEN, Parsed};
pub use mask::Key;

/// Appends one frame, header and payload, to `out`; masked when the header has a key.
/// `header.length` is set from `payload`.
///
/// ```
/// use ws4wasm::{Opcode, frame};
/// let header = frame::Header {
///     fin: true,
///     rsv: 0,
///     opcode: Opcode::Text,
///     key: Some([0xbe, 0x04, 0xe6, 0x6a]),
///     length: 0,
/// };
/// let mut bytes = Vec::new();
/// frame::write(&mut bytes, header, b"hello world");
/// assert_eq!(bytes[..6], [0x81, 0x8b, 0xbe, 0x04, 0xe6, 0x6a]);
/// ```
pub fn write(out: &mut Vec<u8>, mut header: Header, payload: &[u8]) {
    header.length = payload.len() as u64;
    let (head, head_len) = header.encode();
    out.reserve(head_len + payload.len());
    out.extend_from_slice(&head[..head_len]);
    let start = out.len();
    out.extend_from_slice(payload);
    if let Some(key) = header.key {
        mask::apply(&mut out[start..], key);
    }
}
