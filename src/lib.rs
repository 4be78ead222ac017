//! WebSocket (RFC 6455) with permessage-deflate (RFC 7692): a sans-IO protocol engine, raw bytes
//! in, typed messages out, and messages into bytes; and over it, by features, connections on tokio
//! and the types of other people's HTTP.
//!
//! The engine does no I/O and knows no runtime, so it fits any transport. Compiled to WebAssembly
//! it is the npm package `ws4wasm`.
//!
//! | module | what is there |
//! |---|---|
//! | `tokio` | servers and clients, with the feature of that name |
//! | `http` | the opening handshake for axum, hyper and their like, with the feature of that name |
//! | `shared` | messages over `bytes::Bytes`, with the feature `bytes` |
//! | [`stream`] | [`Stream`](stream::Stream): both directions of a connection, and its halves; the decoder under it |
//! | [`handshake`] | the opening handshake of servers and clients (section 4) |
//! | `deflate` | permessage-deflate (RFC 7692), with the feature of that name, which is on by default |
//! | [`frame`] | the header codec and masking (section 5) |
//! | [`utf8`] | the incremental validator (section 8.1) |
//! | [`close_code`] | the close codes and which may be sent (section 7.4) |
//!
//! ```
//! use ws4wasm::stream::{Event, Role, Stream};
//! use ws4wasm::Message;
//! let mut stream = Stream::new(Role::Client);
//! let events = stream.receive(b"\x81\x05Hello");
//! assert_eq!(events, [Event::Message(Message::text("Hello"))]);
//! ```

pub mod close_code;
#[cfg(feature = "deflate")]
pub mod deflate;
mod error;
pub mod frame;
pub mod handshake;
#[cfg(feature = "http")]
pub mod http;
mod message;
mod message_ref;
mod opcode;
#[cfg(feature = "bytes")]
pub mod shared;
pub mod stream;
#[cfg(feature = "tokio")]
pub mod tokio;
pub mod utf8;
// What the npm package is made of; no part of the crate's interface.
#[cfg(feature = "js")]
#[doc(hidden)]
pub mod wasm;

pub use error::{Error, ErrorKind};
pub use message::Message;
pub use message_ref::{MAX_CLOSE_REASON, MAX_CONTROL_PAYLOAD, MessageError, MessageRef};
pub use opcode::{DataKind, Opcode};

/// The programs in the guide for Rust run with the tests.
#[cfg(all(doctest, feature = "deflate", feature = "http", feature = "tokio"))]
#[doc = include_str!("../docs/rust.md")]
struct Guide;
