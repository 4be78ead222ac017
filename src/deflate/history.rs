//! The last bytes of a direction: all that a zlib state has to know of the past.

/// A ring that grows with what is written, up to its limit.
#[derive(Debug)]
pub(super) struct History {
    ring: Vec<u8>,
    /// Where the next byte goes once the ring is full: also where the oldest one is.
    next: usize,
    limit: usize,
}

impl History {
    pub(super) const fn new(limit: usize) -> Self {
        Self {
            ring: Vec::new(),
            next: 0,
            limit,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(self.limit)..];
        let free = self.limit - self.ring.len();
        let (bytes, rest) = bytes.split_at(bytes.len().min(free));
        if self.ring.capacity() - self.ring.len() < bytes.len() {
            let more = bytes.len().max(self.ring.len());
            self.ring.reserve_exact(more.min(free));
        }
        self.ring.extend_from_slice(bytes);
        let (end, start) = rest.split_at(rest.len().min(self.limit - self.next));
        self.ring[self.next..self.next + end.len()].copy_from_slice(end);
        self.ring[..start.len()].copy_from_slice(start);
        if !rest.is_empty() {
            self.next = (self.next + rest.len()) % self.limit;
        }
    }

    /// The bytes, oldest first.
    pub(super) fn parts(&self) -> [&[u8]; 2] {
        let (newer, older) = self.ring.split_at(self.next);
        [older, newer]
    }

    /// Lets all of it go.
    pub(super) fn clear(&mut self) {
        self.ring = Vec::new();
        self.next = 0;
    }
}
