//! How much of a file may have to be read at once.

/// The longest record, in bytes. Wireshark's limit for a block is the same; a packet has 256 KiB
/// at most, or a little more where network cards join segments.
pub const MAX_RECORD: usize = 16 << 20;

/// As much text is read, in bytes.
pub const MAX_WHOLE: usize = 256 << 20;
