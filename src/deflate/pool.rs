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

/// Of the states that are taken from their owners, one in this number is that which was not used for
/// longest. The others are the one that was used last: when more owners take turns than there are
/// states, each would find that its own is gone, if the oldest went every time, and whoever takes one
/// that the processor's caches hold is done sooner. The oldest must go now and then all the same, or
/// the states of owners that are idle would stay theirs.
const OLDEST_IN: usize = 16;

struct Slots<C> {
    /// The one that was used last at the end.
    list: Vec<Slot<C>>,
    /// How many were taken from their owners.
    taken: usize,
}

/// States of zlib, at most [`pool_size`] of them.
pub(super) struct Pool<C> {
    slots: Mutex<Slots<C>>,
    /// In place of the size that is set for the process, with which other tests run.
    #[cfg(test)]
    size: Option<usize>,
}

impl<C> Slots<C> {
    const fn new() -> Mutex<Self> {
        Mutex::new(Self {
            list: Vec::new(),
            taken: 0,
        })
    }

    fn remove(&mut self, index: usize) -> C {
        self.list.remove(index).context
    }

    /// Which one its owner has to give away.
    fn next(&mut self, suits: impl Fn(&C) -> bool) -> Option<usize> {
        self.taken = self.taken.wrapping_add(1);
        let suits = |slot: &Slot<C>| suits(&slot.context);
        if self.taken.is_multiple_of(OLDEST_IN) {
            self.list.iter().position(suits)
        } else {
            self.list.iter().rposition(suits)
        }
    }
}

impl<C> Pool<C> {
    pub(super) const fn new() -> Self {
        Self {
            slots: Slots::new(),
            #[cfg(test)]
            size: None,
        }
    }

    #[cfg(test)]
    pub(super) const fn of(size: usize) -> Self {
        Self {
            slots: Slots::new(),
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

    fn slots(&self) -> MutexGuard<'_, Slots<C>> {
        // Nothing in here can leave the list half changed.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state that `owner` has put in, if nobody has taken it since.
    pub(super) fn take(&self, owner: Owner) -> Option<C> {
        let mut slots = self.slots();
        let own = |slot: &Slot<C>| slot.owner == Some(owner);
        let index = slots.list.iter().rposition(own)?;
        Some(slots.remove(index))
    }

    /// A state to begin anew with: nobody's, and of those the one that was used last; or when the pool
    /// is full, somebody's. `None`: make one.
    pub(super) fn spare(&self, suits: impl Fn(&C) -> bool) -> Option<C> {
        let mut slots = self.slots();
        let free = |slot: &Slot<C>| slot.owner.is_none() && suits(&slot.context);
        let index = match slots.list.iter().rposition(free) {
            Some(index) => index,
            None if slots.list.len() < self.size() => return None,
            None => slots.next(suits)?,
        };
        Some(slots.remove(index))
    }

    /// Keeps a state, for its owner if it has one.
    pub(super) fn put(&self, owner: Option<Owner>, context: C) {
        let mut slots = self.slots();
        while slots.list.len() >= self.size() {
            let free = slots.list.iter().position(|slot| slot.owner.is_none());
            slots.remove(free.unwrap_or(0));
        }
        slots.list.push(Slot { owner, context });
    }

    /// The owner is gone, or idle: its state is for anybody.
    pub(super) fn forget(&self, owner: Owner) {
        let mut slots = self.slots();
        if let Some(slot) = slots.list.iter_mut().find(|slot| slot.owner == Some(owner)) {
            slot.owner = None;
        }
    }

    /// How many states are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.slots().list.len()
    }
}
