//! The receiving half (RFC 7692 section 7.2.2).

use super::history::History;
use super::pool::{Owner, Pool};
use super::{MAX_WINDOW_BITS, TAIL, Window};
use core::fmt;
use zlib_rs::{Inflate, InflateFlush, Status};

/// 45 KiB each with a full window.
static POOL: Pool<Context> = Pool::new();

/// How many final blocks a message may have: `FINALS`, and one more for every `BYTES_PER_FINAL` of
/// its bytes. After each the state of zlib is made anew, which costs far more than the two bytes
/// that such a block takes.
const FINALS: u64 = 8;
const BYTES_PER_FINAL: u64 = 256;

/// An empty block that is stored, the last bytes of which are [`TAIL`], and a byte behind it.
const EMPTY_BLOCK_AND_MORE: [u8; 6] = [0x00, 0x00, 0x00, 0xff, 0xff, 0x00];

/// What one call of [`Inflater::feed`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fed {
    /// Bytes taken.
    pub used: usize,
    /// Bytes written.
    pub made: usize,
    /// What follows is no DEFLATE.
    pub corrupt: bool,
}

/// Its window is the largest, whatever was agreed on: how far back a message may point inside
/// of itself zlib does not check in the same way for all cuts of the bytes.
struct Context(Inflate);

/// Inflates the messages of one direction.
///
/// ```
/// use ws4wasm::deflate::{Inflater, Parameters};
/// let mut inflater = Inflater::new(Parameters::default().server());
/// // RFC 7692 section 7.2.3.1.
/// let mut out = [0; 16];
/// let fed = inflater.feed(b"\xf2\x48\xcd\xc9\xc9\x07\x00", &mut out);
/// assert_eq!(&out[..fed.made], b"Hello");
/// assert!(inflater.finish() && !fed.corrupt);
/// ```
pub struct Inflater {
    window: Window,
    owner: Owner,
    history: History,
    /// While a message is under way.
    context: Option<Context>,
    /// Compressed bytes of this message so far, and final blocks among them.
    fed: u64,
    finals: u64,
    /// The last byte fed ended a final block.
    ended: bool,
    /// The last bytes fed.
    last: [u8; TAIL.len()],
    /// With [`Compression::dedicated`](super::Compression::dedicated): its own state, between two
    /// messages.
    #[cfg(not(target_arch = "wasm32"))]
    own: super::Own<Context>,
}

impl Inflater {
    /// An inflater before its first message.
    pub fn new(window: Window) -> Self {
        Self {
            window,
            owner: Owner::new(),
            history: History::new(window.size()),
            context: None,
            fed: 0,
            finals: 0,
            ended: false,
            last: [0; TAIL.len()],
            #[cfg(not(target_arch = "wasm32"))]
            own: None,
        }
    }

    /// The same with a state of zlib of its own; see
    /// [`Compression::dedicated`](super::Compression::dedicated).
    #[must_use]
    pub fn dedicated(#[cfg_attr(target_arch = "wasm32", expect(unused_mut))] mut self) -> Self {
        #[cfg(not(target_arch = "wasm32"))]
        {
            self.own = Some(None);
        }
        self
    }

    /// An inflater as it was between two messages, when [`past`](Self::past) told this.
    pub fn with_past(window: Window, past: &[u8]) -> Self {
        let mut inflater = Self::new(window);
        inflater.history.push(past);
        inflater
    }

    /// The bytes that the next message may point back to, oldest first.
    pub fn past(&self) -> Vec<u8> {
        self.history.parts().concat()
    }

    /// Takes bytes of a message until they are used up or `out` is full. When it is full there
    /// may be more to come without any further input.
    pub fn feed(&mut self, input: &[u8], out: &mut [u8]) -> Fed {
        let mut fed = Fed {
            used: 0,
            made: 0,
            corrupt: false,
        };
        while fed.used < input.len() || (fed.used == 0 && self.context.is_some()) {
            self.ended = false;
            let room = &mut out[fed.made..];
            let (used, made, status) =
                self.context()
                    .run(&input[fed.used..], room, InflateFlush::NoFlush);
            self.history.push(&room[..made]);
            fed.used += used;
            fed.made += made;
            self.fed += used as u64;
            match status {
                Some(Status::StreamEnd) => self.end_block(),
                Some(_) => break,
                None => fed.corrupt = true,
            }
            if self.finals > FINALS + self.fed / BYTES_PER_FINAL {
                fed.corrupt = true;
            }
            if fed.corrupt || fed.made == out.len() {
                break;
            }
        }
        self.note(&input[..fed.used]);
        fed
    }

    /// Keeps the last bytes fed.
    fn note(&mut self, input: &[u8]) {
        let size = self.last.len();
        let new = &input[input.len().saturating_sub(size)..];
        self.last.copy_within(new.len().., 0);
        self.last[size - new.len()..].copy_from_slice(new);
    }

    /// Whether a message has begun and not been finished.
    pub const fn is_under_way(&self) -> bool {
        self.fed > 0
    }

    /// A block with BFINAL may be followed by others (section 7.2.3.4 has one by an empty
    /// block), and they may point back to what was before it. For zlib it is the end.
    fn end_block(&mut self) {
        self.finals += 1;
        self.ended = true;
        self.drop_context();
    }

    /// The message is complete. Tells whether it ended where a message may: in front of the
    /// bytes that its sender has cut off.
    pub fn finish(&mut self) -> bool {
        // An empty payload, and one that ended with a final block, need no tail.
        let complete = self.fed == 0 || self.ended || self.at_tail();
        (self.fed, self.finals, self.ended) = (0, 0, false);
        if self.window.takeover {
            self.owner.advance();
        } else {
            self.history.clear();
        }
        if let Some(context) = self.context.take() {
            // With a smaller window a message must not see more of those before it.
            let keep = complete && self.window.takeover && self.window.bits == MAX_WINDOW_BITS;
            #[cfg(not(target_arch = "wasm32"))]
            if keep && let Some(own) = &mut self.own {
                *own = Some(Box::new(context));
                return complete;
            }
            POOL.put(keep.then_some(self.owner), context);
        }
        complete
    }

    /// Whether the bytes that were cut off complete a block and nothing else. The byte behind
    /// them shows it: with `Block` the inflater stops in front of the next block.
    ///
    /// A sender may have forgotten to cut them off (section 7.2.1), which loses nothing. Then the
    /// next block is to begin here: a message that ends with the first bits of an empty block,
    /// which are 0, does not end with a byte of ones.
    fn at_tail(&mut self) -> bool {
        let from = if self.last == TAIL { 0 } else { 1 };
        let probe = &EMPTY_BLOCK_AND_MORE[from..];
        let mut none = [0; 8];
        let (used, made, status) = self.context().run(probe, &mut none, InflateFlush::Block);
        status.is_some() && (used, made) == (probe.len() - 1, 0)
    }

    fn context(&mut self) -> &mut Context {
        #[cfg(not(target_arch = "wasm32"))]
        if self.context.is_none()
            && let Some(own) = &mut self.own
        {
            self.context = own.take().map(|context| *context);
        }
        self.context.get_or_insert_with(|| {
            POOL.take(self.owner)
                .unwrap_or_else(|| Context::restored(&self.history))
        })
    }

    fn drop_context(&mut self) {
        if let Some(context) = self.context.take() {
            POOL.put(None, context);
        }
    }

    /// Lets the shared state go; the next message makes it anew from the window.
    pub fn release(&self) {
        POOL.forget(self.owner);
    }
}

impl Context {
    fn restored(history: &History) -> Self {
        let spare = POOL.spare(|_| true).map(|Self(mut inflate)| {
            inflate.reset(false);
            inflate
        });
        let mut inflate = spare.unwrap_or_else(|| Inflate::new(false, MAX_WINDOW_BITS));
        for part in history.parts() {
            if !part.is_empty() {
                // A raw stream takes any.
                let _ = inflate.set_dictionary(part);
            }
        }
        Self(inflate)
    }

    /// Bytes used, bytes made, and `None` for bytes that are no DEFLATE.
    fn run(
        &mut self,
        input: &[u8],
        out: &mut [u8],
        flush: InflateFlush,
    ) -> (usize, usize, Option<Status>) {
        let (before_in, before_out) = (self.0.total_in(), self.0.total_out());
        let status = self.0.decompress(input, out, flush).ok();
        let used = self.0.total_in() - before_in;
        let made = self.0.total_out() - before_out;
        (used as usize, made as usize, status)
    }
}

impl Drop for Inflater {
    fn drop(&mut self) {
        self.drop_context();
        self.release();
    }
}

impl fmt::Debug for Inflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflater")
            .field("window", &self.window)
            .field("in_message", &self.context.is_some())
            .finish_non_exhaustive()
    }
}
