//! Input that can only be read once all of it is there: text.

use super::error::{CaptureError, ErrorKind};
use super::limits::MAX_WHOLE;
use ws4wasm::utf8::Validator;

/// Text so far.
#[derive(Debug, Default)]
pub(super) struct Whole {
    bytes: Vec<u8>,
    validator: Validator,
}

impl Whole {
    /// Adds bytes. False when they show that this is no text; they are kept all the same.
    pub fn push(&mut self, bytes: &[u8]) -> Result<bool, CaptureError> {
        if self.bytes.len() + bytes.len() > MAX_WHOLE {
            let kind = ErrorKind::TooMuchText;
            return Err(CaptureError::at(kind, self.bytes.len() as u64));
        }
        self.bytes.extend_from_slice(bytes);
        let printable = !bytes.iter().any(|&byte| is_control(byte));
        Ok(printable && self.validator.check(bytes).is_ok())
    }

    pub fn take(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.bytes)
    }
}

/// No text has these. Tabs, line and form feeds and the escapes of terminals may be in one.
const fn is_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | 0x0b | 0x0c | b'\r' | 0x1b) || byte == 0x7f
}
