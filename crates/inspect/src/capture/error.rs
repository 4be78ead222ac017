//! Why reading a capture stopped, and where.

use super::limits::{MAX_RECORD, MAX_WHOLE};
use core::fmt;

/// A fault that ends the reading of an input. What came before it has been told to the sink.
/// Its text names what is wrong, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureError {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Where in the input, in bytes: the start of the record, line or value that is wrong.
    pub offset: u64,
    /// How many packets were read before.
    pub packets: u32,
}

/// What is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input ends inside a record that needs `needed` bytes, of which `present` are there.
    Truncated {
        /// The record's length in bytes.
        needed: u64,
        /// How much of it is there.
        present: u64,
    },
    /// A record contradicts its format.
    Damaged(&'static str),
    /// A record says that it is longer than [`MAX_RECORD`].
    TooLong {
        /// Its length as it says.
        length: u64,
    },
    /// A compressed file. The caller decompresses it: browsers and Node know how to.
    Compressed(&'static str),
    /// Text, HAR or another input that is read as a whole is longer than
    /// [`MAX_WHOLE`].
    TooMuchText,
    /// The input is empty.
    Empty,
    /// JSON that ends too soon, or is not JSON.
    Json(String),
    /// JSON that is not a HAR file.
    NotHar,
    /// Neither pcap nor pcapng, where it must be one of them.
    NotPackets,
    /// Text of which nobody knows how it spells bytes. The value is what is in the way.
    Text(String),
}

impl CaptureError {
    pub(super) const fn at(kind: ErrorKind, offset: u64) -> Self {
        Self {
            kind,
            offset,
            packets: 0,
        }
    }
}

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            offset,
            packets,
        } = self;
        let after = format_args!("at byte {offset}, after {packets} packets");
        match kind {
            ErrorKind::Truncated { needed, present } => write!(
                f,
                "the file ends inside a record: the one {after}, needs {needed} bytes and has \
                 {present}. What comes before it was read; copy or record the file again for \
                 the rest"
            ),
            ErrorKind::Damaged(what) => write!(
                f,
                "the file is damaged {after}: {what}. What comes before it was read; copy or \
                 record the file again for the rest"
            ),
            ErrorKind::TooLong { length } => write!(
                f,
                "the file is damaged {after}: a record there says that it has {length} bytes, \
                 and none is longer than {}. What comes before it was read",
                MAX_RECORD
            ),
            ErrorKind::Compressed(how) => write!(
                f,
                "the file is compressed with {how}: decompress it first"
            ),
            ErrorKind::TooMuchText => write!(
                f,
                "the text is longer than {} bytes, which is as much as is read: split it, or \
                 save it as a capture",
                MAX_WHOLE
            ),
            ErrorKind::Empty => f.write_str("the input is empty: nothing to read"),
            ErrorKind::Json(what) => write!(
                f,
                "the JSON is damaged at byte {offset}: {what}. What comes before it was read; \
                 export the HAR file again for the rest"
            ),
            ErrorKind::NotHar => f.write_str(
                "this is JSON, but neither a HAR file (an object with log.entries) nor an array \
                 of bytes: export the network log as HAR with content",
            ),
            ErrorKind::NotPackets => {
                f.write_str("this is neither pcap nor pcapng: only those have packets and keys")
            }
            ErrorKind::Text(what) => write!(
                f,
                "cannot tell which bytes this text spells: {what} at byte {offset}. Paste hex \
                 (a dump, or digits with or without spaces), base64, an array of bytes or a \
                 data URL"
            ),
        }
    }
}

impl core::error::Error for CaptureError {}
