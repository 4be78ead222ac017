//! The inspector: every frame of a conversation, and everything that is wrong with it.
//!
//! A source (`capture`, or live traffic) tells of connections and their bytes through
//! [`flow::FlowSink`]. The [`Inspection`] takes them apart by the engine's own rules, and unlike
//! the engine it goes on after a fault. What it keeps are the bytes, once, and records of
//! fixed size for frames and messages ([`store`]); everything else is made when it is asked for.
//!
//! Nothing here panics on any input, and memory is linear in the input, up to
//! [`Options::memory_limit`].

pub mod bytes;
pub mod capture;
mod connection;
pub mod export;
pub mod filter;
pub mod flow;
mod http2;
mod inspection;
mod options;
pub mod payload;
pub mod recorder;
pub mod report;
pub mod rules;
mod session;
pub mod store;
mod tls;
pub mod view;
// What `ws4wasm/inspect` is made of; no part of the crate's interface.
#[cfg(feature = "js")]
#[doc(hidden)]
pub mod wasm;

pub use inspection::Inspection;
pub use options::{Deflate, Options, Treat, Which};
pub use session::{Session, Totals};

/// Whether these bytes are a key log of TLS, as `SSLKEYLOGFILE` makes it.
pub fn is_key_log(bytes: &[u8]) -> bool {
    tls::keylog::KeyLog::is_one(bytes)
}
