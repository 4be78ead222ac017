//! What a stream allows.

use crate::Error;

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
    /// [`Config::DEFAULT`].
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Config {
    /// A server's: masking expected, messages and frames up to 16 MiB, 131,072 fragments.
    pub const DEFAULT: Self = Self {
        expect_masking: true,
        max_frame_size: 16 << 20,
        max_message_size: 16 << 20,
        max_fragments: 131_072,
        partial: false,
        frames: false,
    };

    /// Whether a data frame of this payload length may be the message's `fragments`th, after
    /// `before` bytes of it. Lengths are compared as the 64-bit numbers they are before
    /// anything is made of them. How long a `compressed` message is, only inflating it tells.
    ///
    /// # Errors
    /// [`Error::FrameTooLarge`], [`Error::MessageTooLarge`] or [`Error::TooManyFragments`].
    pub fn check_limits(
        &self,
        length: u64,
        before: u64,
        fragments: u32,
        compressed: bool,
    ) -> Result<(), Error> {
        let limit = self.max_frame_size;
        if length > limit {
            return Err(Error::FrameTooLarge { length, limit });
        }
        let limit = self.max_message_size;
        let length = before.saturating_add(length);
        if length > limit && !compressed {
            return Err(Error::MessageTooLarge { length, limit });
        }
        let limit = self.max_fragments;
        if fragments > limit {
            return Err(Error::TooManyFragments { limit });
        }
        Ok(())
    }
}
