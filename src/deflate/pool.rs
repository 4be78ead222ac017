//! The states of zlib that all streams share.

use super::pool_size;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Whose state it is, and how many messages it has seen: one that has missed some is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner {
    id: usize,
    messages: u64,
}

impl Owner {
    /// An owner that there was not before.
    pub(super) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            messages: 0,
        }
    }

    /// The owner after one more message.
    pub(super) const fn advance(&mut self) {
        self.messages += 1;
    }
}

struct Slot<C> {
    owner: Option<Owner>,
    context: C,
}

/// States of zlib, at most [`pool_size`] of them, the one that was used last at the end.
pub(super) struct Pool<C> {
    slots: Mutex<Vec<Slot<C>>>,
    /// In place of the size that is set for the process, with which other tests run.
    #[cfg(test)]
    size: Option<usize>,
}

impl<C> Pool<C> {
    pub(super) const fn new() -> Self {
        Self {
            slots: Mutex::new(Vec::new()),
            #[cfg(test)]
            size: None,
        }
    }

    #[cfg(test)]
    pub(super) const fn of(size: usize) -> Self {
        Self {
            slots: Mutex::new(Vec::new()),
            size: Some(size),
        }
    }

    fn size(&self) -> usize {
        #[cfg(test)]
        if let Some(size) = self.size {
            return size;
        }
        pool_size()
    }

    fn slots(&self) -> MutexGuard<'_, Vec<Slot<C>>> {
        // Nothing in here can leave the list half changed.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state that `owner` has put in, if nobody has taken it since.
    pub(super) fn take(&self, owner: Owner) -> Option<C> {
        let mut slots = self.slots();
        let index = slots.iter().rposition(|slot| slot.owner == Some(owner))?;
        Some(slots.remove(index).context)
    }

    /// A state to begin anew with: nobody's, and of those the one that was used last, which the
    /// processor's caches still hold; or when the pool is full, that which was not used for longest.
    /// `None`: make one.
    pub(super) fn spare(&self, suits: impl Fn(&C) -> bool) -> Option<C> {
        let mut slots = self.slots();
        let full = slots.len() >= self.size();
        let free = |slot: &Slot<C>| slot.owner.is_none() && suits(&slot.context);
        let index = slots.iter().rposition(free).or_else(|| {
            full.then(|| slots.iter().position(|slot| suits(&slot.context)))
                .flatten()
        })?;
        Some(slots.remove(index).context)
    }

    /// Keeps a state, for its owner if it has one.
    pub(super) fn put(&self, owner: Option<Owner>, context: C) {
        let mut slots = self.slots();
        while slots.len() >= self.size() {
            let free = slots.iter().position(|slot| slot.owner.is_none());
            slots.remove(free.unwrap_or(0));
        }
        slots.push(Slot { owner, context });
    }

    /// The owner is gone, or idle: its state is for anybody.
    pub(super) fn forget(&self, owner: Owner) {
        let mut slots = self.slots();
        if let Some(slot) = slots.iter_mut().find(|slot| slot.owner == Some(owner)) {
            slot.owner = None;
        }
    }

    /// How many states are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.slots().len()
    }
}
