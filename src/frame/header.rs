//! The frame header codec (RFC 6455 section 5.2).

use super::{Key, check};
use crate::{Error, Opcode};

/// The longest header: two bytes, a 64-bit length and a masking key.
pub const MAX_HEADER_LEN: usize = 14;

/// A frame's header.
///
/// ```
/// use ws4wasm::Opcode;
/// use ws4wasm::frame::Header;
/// let header = Header { fin: true, rsv: 0, opcode: Opcode::Binary, key: None, length: 300 };
/// let (bytes, length) = header.encode();
/// assert_eq!(bytes[..length], [0x82, 126, 1, 44]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The last frame of its message.
    pub fin: bool,
    /// RSV1-3 as the bits 4, 2 and 1. Whether they may be set is the business of the
    /// extensions in use, so the codec passes them through.
    pub rsv: u8,
    /// What the frame carries.
    pub opcode: Opcode,
    /// The masking key, when the payload is masked.
    pub key: Option<Key>,
    /// The payload's length in bytes, below 2^63.
    pub length: u64,
}

/// What [`Header::parse`] made of the bytes at hand.
///
/// ```
/// use ws4wasm::frame::{Header, Parsed};
/// assert_eq!(Header::parse(b"\x81\x7e\x01"), Ok(Parsed::Needs(4)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parsed {
    /// The header, and its own length in bytes.
    Complete(Header, usize),
    /// The header needs at least this many bytes, counted from its start.
    Needs(usize),
}

impl Header {
    /// Reads a header from the start of `bytes`.
    ///
    /// Checks what the header alone can tell, each rule as soon as its byte is there and in
    /// wire order, so that the error does not depend on how the bytes were cut.
    ///
    /// # Errors
    /// [`Error::ReservedOpcode`], [`Error::FragmentedControl`], [`Error::ControlTooLong`],
    /// [`Error::NonMinimalLength`], [`Error::LengthTopBit`].
    #[inline]
    pub fn parse(bytes: &[u8]) -> Result<Parsed, Error> {
        let Some(&b0) = bytes.first() else {
            return Ok(Parsed::Needs(2));
        };
        let opcode = check::opcode(b0)?;
        let fin = b0 & 0x80 != 0;
        check::control_fin(b0)?;
        let Some(&b1) = bytes.get(1) else {
            return Ok(Parsed::Needs(2));
        };
        let masked = b1 & 0x80 != 0;
        let short = u64::from(b1 & 0x7f);
        check::control_length(b0, b1)?;
        let (length, length_end) = match short {
            126 => {
                let Some(&[a, b]) = bytes.get(2..4) else {
                    return Ok(Parsed::Needs(4));
                };
                (u64::from(u16::from_be_bytes([a, b])), 4)
            }
            127 => {
                // The top bit is known with the first of the eight bytes.
                if let Some(&first) = bytes.get(2) {
                    check::length_top_bit(first)?;
                }
                let Some(long) = bytes.get(2..10).and_then(|b| <[u8; 8]>::try_from(b).ok())
                else {
                    return Ok(Parsed::Needs(10));
                };
                (u64::from_be_bytes(long), 10)
            }
            _ => (short, 2),
        };
        check::length_minimal(length, length_end - 2)?;
        let (key, end) = if masked {
            let end = length_end + 4;
            let Some(key) = bytes
                .get(length_end..end)
                .and_then(|k| Key::try_from(k).ok())
            else {
                return Ok(Parsed::Needs(end));
            };
            (Some(key), end)
        } else {
            (None, length_end)
        };
        let rsv = b0 >> 4 & 7;
        Ok(Parsed::Complete(
            Self {
                fin,
                rsv,
                opcode,
                key,
                length,
            },
            end,
        ))
    }

    /// The header's bytes and how many of them count, with the shortest form of the length.
    #[inline]
    pub fn encode(&self) -> ([u8; MAX_HEADER_LEN], usize) {
        let mut out = [0; MAX_HEADER_LEN];
        self.write(&mut out);
        (out, self.encoded_len())
    }

    /// The number of bytes on the wire.
    pub(crate) const fn encoded_len(&self) -> usize {
        let len = match self.length {
            0..=125 => 2,
            126..=0xffff => 4,
            _ => 10,
        };
        if self.key.is_some() { len + 4 } else { len }
    }

    /// Writes it to the start of `out`, which has room for it. All copies are of fixed lengths:
    /// others are calls in WebAssembly.
    #[inline(always)]
    pub(crate) fn write(&self, out: &mut [u8]) {
        out[0] = u8::from(self.fin) << 7 | (self.rsv & 7) << 4 | self.opcode as u8;
        let masked = u8::from(self.key.is_some()) << 7;
        let len = match self.length {
            0..=125 => {
                out[1] = masked | self.length as u8;
                2
            }
            126..=0xffff => {
                out[1] = masked | 126;
                out[2..4].copy_from_slice(&(self.length as u16).to_be_bytes());
                4
            }
            _ => {
                out[1] = masked | 127;
                out[2..10].copy_from_slice(&self.length.to_be_bytes());
                10
            }
        };
        if let Some(key) = self.key {
            out[len..len + 4].copy_from_slice(&key);
        }
    }
}
