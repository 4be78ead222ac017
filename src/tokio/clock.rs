//! What has to happen when nothing happens.

use super::Options;
use ::tokio::time::{Instant, Sleep, sleep_until};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::time::Duration;

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// To ask the peer whether it is there.
    Ping,
    /// To give the peer up: it has not said so.
    Silence,
    /// To close: there is nothing to say any more.
    Idle,
    /// To end a closing handshake that does not.
    Close,
}

/// The clock of the receiving half. The timer is made when it is needed, and set anew when it has
/// run out and not with every message.
#[derive(Debug)]
pub(super) struct Clock {
    timer: Option<Pin<Box<Sleep>>>,
    /// When something came, and when a text or binary message did.
    heard: Instant,
    data: Instant,
    /// A ping was sent, and nothing has come since.
    pinged: Option<Instant>,
    needed: bool,
}

/// Far enough to be never, and not so far that it cannot be added.
const NEVER: Duration = Duration::from_secs(60 * 60 * 24 * 365);

impl Clock {
    pub(super) fn new(options: &Options) -> Self {
        let now = Instant::now();
        Self {
            timer: None,
            heard: now,
            data: now,
            pinged: None,
            needed: options.ping_interval.is_some() || options.idle_timeout.is_some(),
        }
    }

    /// Something came.
    pub(super) fn heard(&mut self) {
        if self.needed {
            self.heard = Instant::now();
            self.pinged = None;
        }
    }

    /// A text or binary message came.
    pub(super) fn data(&mut self) {
        if self.needed {
            self.data = self.heard;
        }
    }

    pub(super) fn pinged(&mut self) {
        self.pinged = Some(Instant::now());
    }

    /// Ready when something is due.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        options: &Options,
        closed: Option<Instant>,
        sent: impl FnOnce() -> Instant,
    ) -> Poll<Due> {
        let next = match closed {
            Some(closed) => Some((after(closed, options.close_timeout), Due::Close)),
            None if self.needed => self.next(options, sent()),
            None => None,
        };
        let Some((at, due)) = next else {
            return Poll::Pending;
        };
        ready!(self.poll_until(cx, at));
        Poll::Ready(due)
    }

    fn next(&self, options: &Options, sent: Instant) -> Option<(Instant, Due)> {
        let alive = match (self.pinged, options.ping_interval) {
            (Some(pinged), _) => Some((after(pinged, options.ping_timeout), Due::Silence)),
            (None, Some(interval)) => Some((after(self.heard, interval), Due::Ping)),
            (None, None) => None,
        };
        let last = self.data.max(sent);
        let idle = options
            .idle_timeout
            .map(|idle| (after(last, idle), Due::Idle));
        match (alive, idle) {
            (Some(alive), Some(idle)) => Some(if idle.0 < alive.0 { idle } else { alive }),
            (alive, idle) => alive.or(idle),
        }
    }

    /// Ready at this time. The time is looked at first: while a peer that never stops sending uses
    /// up what tokio allows a task at once, a timer is never ready.
    pub(super) fn poll_until(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        if Instant::now() >= at {
            return Poll::Ready(());
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if timer.deadline() > at {
            timer.as_mut().reset(at);
        }
        loop {
            ready!(timer.as_mut().poll(cx));
            if timer.deadline() >= at {
                return Poll::Ready(());
            }
            timer.as_mut().reset(at);
        }
    }
}

pub(super) fn after(time: Instant, wait: Duration) -> Instant {
    time + wait.min(NEVER)
}
