//! Frames of no stream, and what frames are made of.

use super::contract::{FRESH_KEY, UNMASKED};
use super::send::{begin, finish};
use super::{Engine, engine};
use crate::frame::{Header, Key, Parsed, check_reserved, mask};
use crate::{Opcode, close_code};
use wasm_bindgen::prelude::*;

/// Like [`stream_encode`](super::send::stream_encode), of no stream: `first` is the frame's first
/// byte; `masking` is [`UNMASKED`], [`FRESH_KEY`], or [`GIVEN_KEY`](super::contract::GIVEN_KEY) for
/// `key` (little-endian).
#[wasm_bindgen]
pub fn frame_encode(first: u32, masking: u32, key: u32, length: u32) -> i32 {
    engine(|e| finish(e, free_header(first, masking, key, u64::from(length))))
}

/// Like [`stream_begin`](super::send::stream_begin), of no stream; see [`frame_encode`].
#[wasm_bindgen]
pub fn frame_begin(first: u32, masking: u32, key: u32, length: f64) -> i32 {
    engine(|e| begin(e, free_header(first, masking, key, length as u64)))
}

fn free_header(first: u32, masking: u32, key: u32, length: u64) -> Header {
    Header {
        fin: first & 0x80 != 0,
        rsv: (first >> 4 & 7) as u8,
        opcode: Opcode::from_bits(first as u8 & 15).unwrap_or(Opcode::Binary),
        key: match masking {
            UNMASKED => None,
            FRESH_KEY => Some(mask::random_key()),
            _ => Some(key.to_le_bytes()),
        },
        length,
    }
}

/// Masks the next `length` bytes of a frame that was begun; they are at the start of the
/// output region.
#[wasm_bindgen]
pub fn mask_next(length: u32) {
    engine(|e| {
        let Engine { key, output, .. } = e;
        if let (Some(key), Some(bytes)) = (key, output.get_mut(..length as usize)) {
            mask::apply(bytes, *key);
            *key = mask::rotate(*key, u64::from(length));
        }
    });
}

/// Sets the key for [`mask_next`] without a frame.
#[wasm_bindgen]
pub fn mask_with(key: u32) {
    engine(|e| e.key = Some(Key::from(key.to_le_bytes())));
}

/// Reads a header from the first `length` bytes of the input region. Returns its length, with
/// the first two bytes, the payload length (low, high) and the key in `status`; or minus the
/// number of bytes that are needed; or 0 for a fault.
#[wasm_bindgen]
pub fn header_parse(length: u32) -> i32 {
    engine(|e| {
        let bytes = e.input.get(..length as usize).unwrap_or_default();
        // A frame alone has no extension that could define the reserved bits.
        let parsed = match bytes.first() {
            Some(&b0) => check_reserved(b0, 0).and_then(|()| Header::parse(bytes)),
            None => Ok(Parsed::Needs(2)),
        };
        match parsed {
            Ok(Parsed::Needs(needs)) => -(needs as i32),
            Ok(Parsed::Complete(header, len)) => {
                e.status[..5].copy_from_slice(&[
                    u32::from(bytes[0]),
                    u32::from(bytes[1]),
                    header.length as u32,
                    (header.length >> 32) as u32,
                    u32::from_le_bytes(header.key.unwrap_or_default()),
                ]);
                len as i32
            }
            Err(error) => {
                e.error = Some(error);
                0
            }
        }
    })
}

/// Whether a close frame may carry `code`.
#[wasm_bindgen]
pub fn close_code_is_sendable(code: u16) -> bool {
    close_code::is_sendable(code)
}

/// Whether an opcode is one of those that RFC 6455 section 5.2 defines.
#[wasm_bindgen]
pub fn opcode_is_defined(opcode: u8) -> bool {
    Opcode::from_bits(opcode).is_some()
}
