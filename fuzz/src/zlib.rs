//! What zlib makes of one direction of compressed messages.

use flate2::{Decompress, FlushDecompress, Status};

/// What every message is sent without (RFC 7692 section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// How a message ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    Whole,
    /// It is no DEFLATE.
    Corrupt,
    /// It goes on behind a final block, of which zlib knows nothing.
    Final,
    /// More than was asked for.
    TooLong,
}

/// Whether these messages, all that there were, end as RFC 7692 section 7.2.1 wants it: what was
/// cut off is an empty block. zlib itself says nothing of a block that is broken off, nor of one
/// that takes those bytes for its own.
pub fn ends_with_a_block(messages: &[&[u8]]) -> bool {
    const MARK: [u8; 4] = [0x4d, 0x61, 0x72, 0x6b];
    let mut all = Vec::new();
    for message in messages.iter().filter(|message| !message.is_empty()) {
        all.extend_from_slice(message);
        all.extend(TAIL);
    }
    let inflate = |input: &[u8]| Inflater::new(15).run(input, usize::MAX);
    let (before, _) = inflate(&all);
    let (without, _) = inflate(&all[..all.len().saturating_sub(TAIL.len())]);
    // Another block behind it is read as one.
    all.extend([0, 4, 0, 0xfb, 0xff]);
    all.extend(MARK);
    before == without && inflate(&all) == ([&before, &MARK[..]].concat(), End::Whole)
}

/// The last of these messages as it should have been sent: some senders forget to cut off the end
/// of the empty block (RFC 7692 section 7.2.1).
pub fn without_tail<'a>(messages: &[&'a [u8]]) -> &'a [u8] {
    let Some((payload, before)) = messages.split_last() else {
        return &[];
    };
    match payload.strip_suffix(&TAIL) {
        Some(cut) if !cut.is_empty() && ends_with_a_block(&[before, &[cut]].concat()) => cut,
        _ => payload,
    }
}

/// zlib's inflater, which refuses to look back farther than the window that was agreed on.
pub struct Inflater(Decompress);

impl Inflater {
    pub fn new(window_bits: u8) -> Self {
        // A window of 8 bits is one that this binding does not offer.
        Self(Decompress::new_with_window_bits(false, window_bits.max(9)))
    }

    /// Forgets the messages before.
    pub fn reset(&mut self) {
        self.0.reset(false);
    }

    /// Inflates a message, up to `limit` bytes and one.
    pub fn message(&mut self, payload: &[u8], limit: usize) -> (Vec<u8>, End) {
        // No block at all is taken for an empty message, which is generous.
        if payload.is_empty() {
            return (Vec::new(), End::Whole);
        }
        self.run(&[payload, &TAIL].concat(), limit)
    }

    fn run(&mut self, input: &[u8], limit: usize) -> (Vec<u8>, End) {
        let mut out = Vec::new();
        let mut at = 0;
        loop {
            let mut block = [0; 4096];
            let (before_in, before_out) = (self.0.total_in(), self.0.total_out());
            let result = self
                .0
                .decompress(&input[at..], &mut block, FlushDecompress::Sync);
            at += (self.0.total_in() - before_in) as usize;
            let made = (self.0.total_out() - before_out) as usize;
            out.extend_from_slice(&block[..made]);
            if out.len() > limit {
                return (out, End::TooLong);
            }
            match result {
                Err(_) => return (out, End::Corrupt),
                Ok(Status::StreamEnd) => return (out, End::Final),
                Ok(_) if at == input.len() && made < block.len() => return (out, End::Whole),
                Ok(_) => {}
            }
        }
    }
}
