//! The incremental validator.

use super::dfa::{self, ACCEPT, REJECT};
use super::fast;

/// Validates UTF-8 that comes in chunks, cut anywhere. It keeps one state of
/// the [automaton](super::dfa) and a partial code point, never a byte.
///
/// ```
/// use ws4wasm::utf8::{REJECT, Validator};
/// let mut utf8 = Validator::new();
/// assert_eq!(utf8.check(b"caf\xc3"), Ok(()));
/// assert_eq!(utf8.pending(), 1);
/// assert_eq!(utf8.check(b"!"), Err(0));
/// assert_eq!(utf8.state(), REJECT);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Validator {
    state: u8,
    codepoint: u32,
    total: u64,
}

/// What [`Validator::validate`] says of a chunk.
///
/// ```
/// use ws4wasm::utf8::Validator;
/// let said = Validator::new().validate(b"ab\xff");
/// assert_eq!((said.valid, said.current_index), (false, 2));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validation {
    /// Whether everything fed so far can still be, or already is, UTF-8.
    pub valid: bool,
    /// Whether it also ends where a code point ends.
    pub ends_on_code_point: bool,
    /// The length of the chunk, or, in it, the index of the first byte that
    /// cannot be right.
    pub current_index: usize,
    /// The same, counted from the last reset.
    pub total_index: u64,
}

impl Validator {
    /// A validator before its first byte.
    pub const fn new() -> Self {
        Self::from_parts(ACCEPT, 0, 0)
    }

    /// A validator as it was when it had this [`state`](Self::state),
    /// [`codepoint`](Self::codepoint) and [`total`](Self::total). A state
    /// that does not exist is [`REJECT`].
    pub const fn from_parts(state: u8, codepoint: u32, total: u64) -> Self {
        let state = if state > 8 { REJECT } else { state };
        Self {
            state,
            codepoint,
            total,
        }
    }

    /// The state of the automaton: [`ACCEPT`], [`REJECT`], or another when a
    /// code point is unfinished.
    pub const fn state(&self) -> u8 {
        self.state
    }

    /// The last code point, when the state is [`ACCEPT`]; otherwise as much
    /// of it as has arrived.
    pub const fn codepoint(&self) -> u32 {
        self.codepoint
    }

    /// How many bytes have been accepted since the last reset. Once a byte is
    /// rejected this is its index, and stays it.
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// Whether what was fed is valid and ends on a code point.
    pub const fn is_complete(&self) -> bool {
        self.state == ACCEPT
    }

    /// How many bytes (0 to 3) of an unfinished code point the input ends in.
    pub const fn pending(&self) -> usize {
        // States 2 and 3 are shared by sequences of several lengths. How far
        // they are shows in the value so far, because no form is overlong.
        match (self.state, self.codepoint) {
            (ACCEPT | REJECT, _) => 0,
            (2, 0x400..) => 3,
            (2, 0x20..) | (3, 0x10..) => 2,
            _ => 1,
        }
    }

    /// Forgets everything, a rejection too.
    pub const fn reset(&mut self) {
        *self = Self::new();
    }

    /// Takes one byte and returns the new [`state`](Self::state).
    pub fn decode(&mut self, byte: u8) -> u8 {
        let (state, class) = dfa::step(self.state, byte);
        self.codepoint = if self.state == ACCEPT {
            (0xFF >> class) & u32::from(byte)
        } else {
            (self.codepoint << 6) | u32::from(byte & 0x3F)
        };
        self.state = state;
        self.total += u64::from(state != REJECT);
        state
    }

    /// Takes a chunk and says how things stand. Once a byte is rejected, each
    /// later call finds the same, at index 0 of its chunk, until
    /// [`reset`](Self::reset).
    pub fn validate(&mut self, chunk: &[u8]) -> Validation {
        let result = self.check(chunk);
        Validation {
            valid: result.is_ok(),
            ends_on_code_point: self.is_complete(),
            current_index: result.err().unwrap_or(chunk.len()),
            total_index: self.total,
        }
    }

    /// Takes a chunk.
    ///
    /// # Errors
    ///
    /// The index in this chunk of the first byte that cannot be right: the
    /// one that no following bytes could repair. 0 after an earlier error.
    pub fn check(&mut self, chunk: &[u8]) -> Result<(), usize> {
        if self.state == REJECT {
            return Err(0);
        }
        // The code point that the chunks before left unfinished,
        let mut at = 0;
        while self.state != ACCEPT && at < chunk.len() {
            self.step(chunk, &mut at)?;
        }
        // all that can be taken at speed,
        let sound = at + fast::sound_prefix(&chunk[at..]);
        let whole = last_start(chunk, at, sound);
        self.total += (whole - at) as u64;
        at = whole;
        // and the last code point, whole or not, or up to the bad byte.
        while at < chunk.len() {
            self.step(chunk, &mut at)?;
        }
        Ok(())
    }

    fn step(&mut self, chunk: &[u8], at: &mut usize) -> Result<(), usize> {
        if self.decode(chunk[*at]) == REJECT {
            return Err(*at);
        }
        *at += 1;
        Ok(())
    }
}

/// Where the last code point of `bytes[from..to]` starts. A lead byte is near
/// unless the bytes are bad.
fn last_start(bytes: &[u8], from: usize, to: usize) -> usize {
    bytes[from..to]
        .iter()
        .rposition(|&byte| byte & 0xC0 != 0x80)
        .map_or(from, |index| from + index)
}

/// How many bytes at the end of `text`, which is right so far, begin a code point that is
/// not complete.
pub(crate) fn incomplete_tail(text: &[u8]) -> usize {
    for (back, byte) in text.iter().rev().take(3).enumerate() {
        let needs = match byte {
            0x80..=0xbf => continue,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0.. => 4,
            _ => 1,
        };
        return if back + 1 < needs { back + 1 } else { 0 };
    }
    0
}
