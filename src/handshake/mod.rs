//! The opening handshake (RFC 6455 section 4), both sides, without I/O.
//!
//! [`ServerHandshake`] takes a client's bytes in any pieces and gives a checked
//! [`Request`], whose [`accept`](Request::accept) builds the answer;
//! [`ClientHandshake`] builds the request and checks the answer. What comes
//! after the head is in `rest()`, for the stream. What the peer does wrong is a
//! [`HandshakeError`], whose [`reply`](HandshakeError::reply) a server sends;
//! what the caller does wrong is an [`ArgumentError`]. Servers with reasons of
//! their own to refuse use [`reject`].
//!
//! ```
//! use ws4wasm::handshake::{ClientHandshake, ClientOptions, ServerHandshake, ServerOptions};
//!
//! let mut client = ClientHandshake::new(ClientOptions::new("localhost", "/")).unwrap();
//! let mut server = ServerHandshake::new(ServerOptions::default());
//! let request = server.receive(client.request()).unwrap().expect("a whole request");
//! let reply = request.accept(None, &[], None).unwrap();
//! assert!(client.receive(&reply).unwrap().is_some());
//! ```

mod address;
mod agreed;
mod client;
#[cfg(feature = "deflate")]
mod deflate;
mod error;
mod extensions;
mod fields;
mod head;
mod headers;
mod reply;
mod server;
#[cfg(test)]
mod tests;
mod url;

pub use address::Address;
pub use agreed::Agreed;
pub use client::{ClientHandshake, ClientOptions, Response};
pub use error::{ArgumentError, HandshakeError};
pub use extensions::Extension;
pub use fields::accept_key;
#[cfg(feature = "js")]
pub(crate) use head::{MAX_HEADER_SIZE, MAX_HEADERS};
pub use head::{RequestHead, ResponseHead};
pub use headers::Headers;
pub use reply::reject;
pub use server::{Request, ServerHandshake, ServerOptions, select_protocol};
pub use url::Url;

/// The rules of section 4 one by one, for a third party: [`ServerHandshake`] stops at the first that
/// is broken, an inspector lists them all.
pub mod judge {
    pub use super::client::{Offered, ResponseRule, answered_extensions};
    pub use super::head::{read_request, read_response};
    pub use super::server::{RequestRule, offered_extensions, offered_protocols};
}
