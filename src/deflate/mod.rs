//! permessage-deflate (RFC 7692): what is agreed on, and the two halves that do it.
//!
//! A stream keeps the last of what went through it, and only that: 32 KiB received and 8 KiB
//! sent at most, as much as there really was at first, nothing without context takeover. The
//! large states of zlib (45 KiB to inflate, some 370 KiB to deflate) stand in a pool that all
//! streams share. A stream that finds its state still there goes on with it; another one is
//! brought up to date from what it has kept. So what many idle connections cost does not depend
//! on zlib, and no stream loses its context to another.
//!
//! How a stream is given it is shown at
//! [`Stream::with_deflate`](crate::stream::Stream::with_deflate); what is under it, at [`Inflater`].

mod deflater;
mod history;
mod inflater;
mod pool;
#[cfg(test)]
mod tests;

pub(crate) use deflater::Deflater;
pub use inflater::{Fed, Inflater};

/// States of zlib that a stream has for itself: outside of WebAssembly, where there is one thread
/// and nobody to share a lock with.
#[cfg(not(target_arch = "wasm32"))]
type Own<C> = Option<Option<Box<C>>>;

/// What both ends agreed on (RFC 7692 section 7.1), or what one of them wants: then the window
/// sizes are the largest it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    /// The server begins every message with an empty window (section 7.1.1.1).
    pub server_no_context_takeover: bool,
    /// The client begins every message with an empty window (section 7.1.1.2).
    pub client_no_context_takeover: bool,
    /// The server's LZ77 window has 2 to this power bytes, 8 to 15 (section 7.1.2.1).
    pub server_max_window_bits: u8,
    /// The client's LZ77 window has 2 to this power bytes, 8 to 15 (section 7.1.2.2).
    pub client_max_window_bits: u8,
}

impl Default for Parameters {
    /// Windows of 32 KiB that are kept from message to message, both ways.
    fn default() -> Self {
        Self {
            server_no_context_takeover: false,
            client_no_context_takeover: false,
            server_max_window_bits: MAX_WINDOW_BITS,
            client_max_window_bits: MAX_WINDOW_BITS,
        }
    }
}

/// Smallest and largest window (section 7.1.2).
pub(crate) const MIN_WINDOW_BITS: u8 = 8;
pub(crate) const MAX_WINDOW_BITS: u8 = 15;

/// How many sizes of window there are.
pub(crate) const WINDOWS: usize = (MAX_WINDOW_BITS - MIN_WINDOW_BITS + 1) as usize;

impl Parameters {
    /// What the server's compression keeps to.
    pub const fn server(&self) -> Window {
        Window::new(self.server_max_window_bits, self.server_no_context_takeover)
    }

    /// What the client's compression keeps to.
    pub const fn client(&self) -> Window {
        Window::new(self.client_max_window_bits, self.client_no_context_takeover)
    }
}

/// One direction of [`Parameters`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    bits: u8,
    takeover: bool,
}

impl Window {
    const fn new(bits: u8, no_takeover: bool) -> Self {
        // A size that does not exist becomes the nearest that does.
        let bits = if bits < MIN_WINDOW_BITS {
            MIN_WINDOW_BITS
        } else if bits > MAX_WINDOW_BITS {
            MAX_WINDOW_BITS
        } else {
            bits
        };
        Self {
            bits,
            takeover: !no_takeover,
        }
    }

    /// Whether it goes on from message to message.
    pub const fn takeover(self) -> bool {
        self.takeover
    }

    const fn size(self) -> usize {
        1 << self.bits
    }

    /// The window of a [`Deflater`] that begins every message anew.
    const fn alone(bits: u8) -> Self {
        Self::new(bits, true)
    }

    /// Counts the [`WINDOWS`].
    pub(crate) const fn index(self) -> usize {
        (self.bits - MIN_WINDOW_BITS) as usize
    }
}

/// How hard the sending side tries; nothing that the peer has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compression {
    /// 0 (none) to 9 (smallest). Default: 4, and 1 for messages of less than 512 bytes with
    /// context takeover. Those take a quarter of the time that way, because no codes are made
    /// for them, and get little longer. From 4 to 6 costs twice the time for a twentieth less.
    pub level: Option<u8>,
    /// Memory of the deflater, 1 to 9. Default 8.
    pub mem_level: u8,
    /// Whole messages of fewer bytes go out as they are. Default: 32 with context takeover,
    /// because a message then repeats what those before it have said; 256 without, because one
    /// that stands alone has little to repeat and a block's own tables to pay for.
    pub threshold: Option<u64>,
    /// The stream keeps states of zlib of its own, some 400 KiB once both directions were used,
    /// instead of sharing some with all others. Default false. For connections that are always
    /// busy; [`set_pool_size`] is for many that are so now and then.
    /// In WebAssembly it changes nothing: there is one thread, and no lock to share.
    pub dedicated: bool,
}

impl Default for Compression {
    fn default() -> Self {
        Self {
            level: None,
            mem_level: 8,
            threshold: None,
            dedicated: false,
        }
    }
}

/// How many states of zlib are kept for all streams of a process unless
/// [`set_pool_size`] says otherwise: so many to deflate, and so many to inflate. They are made as
/// connections need them, so this is the number of busy connections up to which none waits for
/// another's state; 64 in WebAssembly, 256 elsewhere, which is 106 MB when all are in use.
pub const DEFAULT_POOL_SIZE: usize = if cfg!(target_arch = "wasm32") {
    64
} else {
    256
};

#[cfg(not(target_arch = "wasm32"))]
static POOL_SIZE: std::sync::atomic::AtomicUsize =
    std::sync::atomic::AtomicUsize::new(DEFAULT_POOL_SIZE);

/// Sets how many states of zlib the streams of this process share, at least 1: of up to 370 KiB
/// each to deflate, and as many of 45 KiB to inflate. When more connections than this are busy in
/// turns, most messages wait until a state has been brought up to date. Connections that are busy
/// all the time are better served by [`Compression::dedicated`]. A smaller pool gets small as it is
/// used. In WebAssembly it always has [`DEFAULT_POOL_SIZE`].
///
/// ```
/// ws4wasm::deflate::set_pool_size(1024);
/// ```
#[cfg(not(target_arch = "wasm32"))]
pub fn set_pool_size(size: usize) {
    POOL_SIZE.store(size.max(1), std::sync::atomic::Ordering::Relaxed);
}

fn pool_size() -> usize {
    #[cfg(not(target_arch = "wasm32"))]
    return POOL_SIZE.load(std::sync::atomic::Ordering::Relaxed);
    #[cfg(target_arch = "wasm32")]
    DEFAULT_POOL_SIZE
}

/// What a flush ends with, and what every message is sent without (section 7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
