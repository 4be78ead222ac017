//! The sending half (RFC 7692 section 7.2.1).

use super::history::History;
use super::pool::{Owner, Pool};
use super::{Compression, TAIL, Window};
use core::fmt;
use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Status};

/// Up to 370 KiB each.
static POOL: Pool<Context> = Pool::new();

/// What is kept of the window to make a state anew. Nobody has to use all of a window, and the
/// last of it is what matters most; to take in the whole of it would take four times as long.
const RECALL: usize = 8 * 1024;

/// Thresholds unless one is given; see [`Compression::threshold`].
const THRESHOLD_TAKEOVER: u64 = 32;
const THRESHOLD_ALONE: u64 = 256;

/// Levels unless one is given; see [`Compression::level`].
const LEVEL: u8 = 4;
const SHORT_LEVEL: u8 = 1;
const SHORT: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spec {
    mem_level: u8,
    bits: u8,
}

struct Context {
    deflate: Deflate,
    spec: Spec,
    level: u8,
}

/// Compresses the messages of one direction.
pub(crate) struct Deflater {
    spec: Spec,
    takeover: bool,
    level: Option<u8>,
    threshold: u64,
    owner: Owner,
    history: History,
    /// With [`Compression::dedicated`]: its own state, once there is one.
    #[cfg(not(target_arch = "wasm32"))]
    own: super::Own<Context>,
}

impl Deflater {
    pub(crate) fn new(window: Window, compression: &Compression) -> Self {
        let alone = if window.takeover {
            THRESHOLD_TAKEOVER
        } else {
            THRESHOLD_ALONE
        };
        Self {
            spec: Spec {
                mem_level: compression.mem_level.clamp(1, 9),
                // zlib has no window of 256 bytes. With one of 512 it looks back by no more
                // than 512 - 262 bytes, which one of 256 can follow.
                bits: window.bits.max(9),
            },
            takeover: window.takeover,
            level: compression.level,
            threshold: compression.threshold.unwrap_or(alone),
            owner: Owner::new(),
            history: History::new(window.size().min(RECALL)),
            #[cfg(not(target_arch = "wasm32"))]
            own: compression.dedicated.then_some(None),
        }
    }

    /// The length from which a message is worth compressing.
    pub(crate) const fn threshold(&self) -> u64 {
        self.threshold
    }

    /// Whether what was compressed is part of the window of later messages, so that it must
    /// be sent.
    pub(crate) const fn takeover(&self) -> bool {
        self.takeover
    }

    /// Its window, when every message begins with an empty one.
    pub(crate) const fn window_alone(&self) -> Option<Window> {
        if self.takeover {
            None
        } else {
            Some(Window::alone(self.spec.bits))
        }
    }

    /// Appends the compressed form of a piece of a message to `out`, all of it: the peer can
    /// inflate as far as the piece goes. `last` is the message's last piece.
    pub(crate) fn compress(&mut self, piece: &[u8], last: bool, out: &mut Vec<u8>) {
        if !piece.is_empty() {
            let mut context = self
                .take()
                .unwrap_or_else(|| Context::restored(self.spec, &self.history));
            context.set_level(self.level(piece.len()));
            context.run(piece, out);
            self.history.push(piece);
            self.owner.advance();
            let keep = self.takeover || !last;
            self.put(keep, context);
            if last && out.ends_with(&TAIL) {
                out.truncate(out.len() - TAIL.len());
            }
        } else if last {
            // Section 7.2.3.6: the header of an empty block, without the tail.
            out.push(0);
        }
        if last && !self.takeover {
            self.begin_anew();
        }
    }

    /// The next message begins with an empty window. Where the last piece of this one was empty,
    /// its state is still here.
    fn begin_anew(&mut self) {
        #[cfg(not(target_arch = "wasm32"))]
        if let Some(own) = &mut self.own
            && let Some(context) = own.take()
        {
            POOL.put(None, *context);
        }
        self.release();
        self.history.clear();
    }

    fn take(&mut self) -> Option<Context> {
        #[cfg(not(target_arch = "wasm32"))]
        if let Some(own) = &mut self.own {
            return own.take().map(|context| *context);
        }
        POOL.take(self.owner)
    }

    fn put(&mut self, keep: bool, context: Context) {
        #[cfg(not(target_arch = "wasm32"))]
        if keep && let Some(own) = &mut self.own {
            *own = Some(Box::new(context));
            return;
        }
        POOL.put(keep.then_some(self.owner), context);
    }

    fn level(&self, length: usize) -> u8 {
        let short = self.takeover && length < SHORT;
        let default = if short { SHORT_LEVEL } else { LEVEL };
        self.level.unwrap_or(default).min(9)
    }

    /// Lets the shared state go; the next message makes it anew from the window.
    pub(crate) fn release(&self) {
        POOL.forget(self.owner);
    }
}

impl Context {
    fn restored(spec: Spec, history: &History) -> Self {
        let spare = POOL.spare(|context| context.spec == spec);
        let mut context = if let Some(mut context) = spare {
            context.deflate.reset();
            context
        } else {
            let config = DeflateConfig {
                level: i32::from(LEVEL),
                window_bits: -i32::from(spec.bits),
                mem_level: i32::from(spec.mem_level),
                ..DeflateConfig::default()
            };
            Self {
                deflate: Deflate::new_with_config(config),
                spec,
                level: LEVEL,
            }
        };
        for part in history.parts() {
            if !part.is_empty() {
                // A raw stream takes any.
                let _ = context.deflate.set_dictionary(part);
            }
        }
        context
    }

    /// Between messages, when everything is flushed.
    fn set_level(&mut self, level: u8) {
        if level != self.level && self.deflate.set_level(i32::from(level)).is_ok() {
            self.level = level;
        }
    }

    fn run(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        let mut used = 0;
        loop {
            let at = out.len();
            // As zlib's own bound for any level and memory, and the flush.
            let left = piece.len() - used;
            out.resize(at + left + left / 8 + 64, 0);
            let (before_in, before_out) = (self.deflate.total_in(), self.deflate.total_out());
            let status =
                self.deflate
                    .compress(&piece[used..], &mut out[at..], DeflateFlush::SyncFlush);
            used += (self.deflate.total_in() - before_in) as usize;
            let end = at + (self.deflate.total_out() - before_out) as usize;
            let full = end == out.len();
            out.truncate(end);
            // There is no other outcome for a state that was set up right.
            debug_assert!(matches!(status, Ok(Status::Ok | Status::BufError)));
            if !full {
                return;
            }
        }
    }
}

impl Drop for Deflater {
    fn drop(&mut self) {
        self.release();
    }
}

impl fmt::Debug for Deflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deflater")
            .field("spec", &self.spec)
            .field("takeover", &self.takeover)
            .finish_non_exhaustive()
    }
}
