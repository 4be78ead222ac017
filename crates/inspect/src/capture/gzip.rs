//! gzip (RFC 1952), one member or several.

use super::error::{CaptureError, ErrorKind};
use core::fmt;
use zlib_rs::{Inflate, InflateFlush, Status};

/// How much is inflated at a time, in bytes: what a file holds may be a thousand times as long.
const STEP: usize = 256 << 10;

pub(super) struct Gunzip {
    inflate: Inflate,
    out: Vec<u8>,
    /// Bytes of the compressed file so far.
    taken: u64,
    /// Between two members, or after the last one.
    between: bool,
    /// What follows is not gzip: padding, which tools ignore.
    padding: bool,
}

impl Default for Gunzip {
    fn default() -> Self {
        Self {
            inflate: new_inflate(),
            out: vec![0; STEP],
            taken: 0,
            between: true,
            padding: false,
        }
    }
}

/// Window bits of 16 and more ask for gzip's header and check.
fn new_inflate() -> Inflate {
    Inflate::new(true, 16 + 15)
}

impl Gunzip {
    pub fn push(
        &mut self,
        mut bytes: &[u8],
        each: &mut dyn FnMut(&[u8]) -> Result<(), CaptureError>,
    ) -> Result<(), CaptureError> {
        while !bytes.is_empty() && !self.padding {
            if self.between {
                // The first member was recognised; after it, anything else is padding.
                self.padding = self.taken > 0 && bytes[0] != 0x1f;
                if self.padding {
                    return Ok(());
                }
                self.between = false;
            }
            let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
            let status = self
                .inflate
                .decompress(bytes, &mut self.out, InflateFlush::NoFlush);
            let used = (self.inflate.total_in() - before_in) as usize;
            let made = (self.inflate.total_out() - before_out) as usize;
            self.taken += used as u64;
            bytes = &bytes[used..];
            if made > 0 {
                each(&self.out[..made])?;
            }
            match status {
                Ok(Status::StreamEnd) => {
                    self.inflate = new_inflate();
                    self.between = true;
                }
                Ok(_) if used == 0 && made == 0 => break,
                Ok(_) => {}
                Err(_) => {
                    let kind = ErrorKind::Damaged("its gzip compression is broken here");
                    return Err(CaptureError::at(kind, self.taken));
                }
            }
        }
        self.drain(each)
    }

    /// More may come out when nothing more goes in.
    fn drain(
        &mut self,
        each: &mut dyn FnMut(&[u8]) -> Result<(), CaptureError>,
    ) -> Result<(), CaptureError> {
        while !self.between && !self.padding {
            let before = self.inflate.total_out();
            let status = self
                .inflate
                .decompress(&[], &mut self.out, InflateFlush::NoFlush);
            let made = (self.inflate.total_out() - before) as usize;
            if made > 0 {
                each(&self.out[..made])?;
            }
            if matches!(status, Ok(Status::StreamEnd)) {
                self.inflate = new_inflate();
                self.between = true;
            }
            if made == 0 {
                break;
            }
        }
        Ok(())
    }

    pub fn finish(&self) -> Result<(), CaptureError> {
        if self.between || self.padding {
            return Ok(());
        }
        let kind = ErrorKind::Damaged("its gzip compression ends too soon");
        Err(CaptureError::at(kind, self.taken))
    }
}

impl fmt::Debug for Gunzip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gunzip")
            .field("taken", &self.taken)
            .finish_non_exhaustive()
    }
}
