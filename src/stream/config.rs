//! What a stream allows.

/// Limits and rules of a [`Decoder`](super::Decoder).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// Frames must be masked (a server's side), else they must not be (RFC 6455 section 5.1).
    pub expect_masking: bool,
    /// Largest payload a data frame may announce, in bytes.
    pub max_frame_size: u64,
    /// Largest message, in bytes over all its fragments.
    pub max_message_size: u64,
    /// Most frames a message may come in. Empty ones count.
    pub max_fragments: u32,
    /// Report payload as it arrives, in wire order with all else.
    pub partial: bool,
    /// Report every frame's header.
    pub frames: bool,
}

impl Default for Config {
    /// A server's: masking expected, messages and frames up to 16 MiB, 131,072 fragments.
    fn default() -> Self {
        Self {
            expect_masking: true,
            max_frame_size: 16 << 20,
            max_message_size: 16 << 20,
            max_fragments: 131_072,
            partial: false,
            frames: false,
        }
    }
}
