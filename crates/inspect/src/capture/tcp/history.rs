//! The bytes told last, to compare with those that are sent again.

/// How many bytes are remembered at least, where there were that many; at most twice as many. A
/// segment that is sent again is seldom older.
const REMEMBERED: usize = 16 << 10;

#[derive(Debug, Default)]
pub(super) struct History {
    bytes: Vec<u8>,
}

impl History {
    pub fn push(&mut self, bytes: &[u8]) {
        if bytes.len() >= REMEMBERED {
            self.bytes.clear();
            self.bytes
                .extend_from_slice(&bytes[bytes.len() - REMEMBERED..]);
            return;
        }
        if self.bytes.len() + bytes.len() > 2 * REMEMBERED {
            self.bytes.drain(..self.bytes.len() - REMEMBERED);
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Bytes are missing here: what came before is older than can be asked for.
    pub fn interrupt(&mut self) {
        self.bytes.clear();
    }

    /// These bytes were told before, and `back` bytes ago was the first of them. False where
    /// that is known to be wrong.
    pub fn may_have(&self, back: u64, bytes: &[u8]) -> bool {
        let known = self.bytes.len() as u64;
        let unknown = (back.saturating_sub(known) as usize).min(bytes.len());
        let from = known.saturating_sub(back) as usize;
        let told = &self.bytes[from..];
        let bytes = &bytes[unknown..];
        let both = told.len().min(bytes.len());
        told[..both] == bytes[..both]
    }
}

#[cfg(test)]
mod tests {
    use super::{History, REMEMBERED};

    #[test]
    fn compares_what_it_remembers() {
        let mut history = History::default();
        assert!(history.may_have(3, b"abc"));
        history.push(b"hello");
        assert!(history.may_have(5, b"hello"));
        assert!(history.may_have(4, b"el"));
        assert!(!history.may_have(4, b"eL"));
        assert!(history.may_have(9, b"????hel"));
        assert!(!history.may_have(9, b"????heL"));
        assert!(history.may_have(2, b"lo and more"));
        history.interrupt();
        assert!(history.may_have(5, b"other"));
    }

    #[test]
    fn is_bounded_and_keeps_the_newest() {
        let mut history = History::default();
        for i in 0..10_000_u32 {
            history.push(&i.to_be_bytes().repeat(4));
            assert!(history.bytes.len() <= 2 * REMEMBERED);
        }
        assert!(history.may_have(16, &9999_u32.to_be_bytes().repeat(4)));
        history.push(&vec![7; 5 * REMEMBERED]);
        assert_eq!(history.bytes.len(), REMEMBERED);
        assert!(!history.may_have(1, &[8]));
    }
}
