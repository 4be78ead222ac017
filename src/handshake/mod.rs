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

mod client;
#[cfg(feature = "deflate")]
mod deflate;
mod error;
mod extensions;
mod head;
mod headers;
mod reply;
mod server;
#[cfg(test)]
mod tests;
mod url;

pub use client::{ClientHandshake, ClientOptions, Response};
pub use error::{ArgumentError, HandshakeError};
pub use extensions::Extension;
pub use head::{RequestHead, ResponseHead};
pub use headers::Headers;
pub use reply::reject;
pub use server::{Request, ServerHandshake, ServerOptions, select_protocol};
pub use url::Url;

/// The rules of section 4 one by one, for those who look on: what the handshakes above stop at,
/// an inspector lists.
pub mod judge {
    pub use super::client::{Offered, ResponseRule, answered_extensions};
    pub use super::head::{read_request, read_response};
    pub use super::server::{RequestRule, offered_extensions, offered_protocols};
}

use base64::{Engine, engine::general_purpose::STANDARD};
use std::collections::BinaryHeap;

/// The one version of the protocol (RFC 6455 section 4.1, point 9).
const VERSION: &str = "13";

/// Headers that are the handshake's to set.
const OWN_HEADERS: [&str; 8] = [
    "Host",
    "Upgrade",
    "Connection",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Version",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Extensions",
];

/// The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (RFC 6455 section
/// 4.2.2, point 5).
///
/// ```
/// use ws4wasm::handshake::accept_key;
///
/// assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// ```
pub fn accept_key(key: &str) -> String {
    let mut sha1 = sha1_smol::Sha1::new();
    sha1.update(key.as_bytes());
    sha1.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    STANDARD.encode(sha1.digest().bytes())
}

/// Subprotocols on offer are tokens and unique (RFC 6455 section 4.1, point
/// 10).
fn check_protocols(protocols: &[String]) -> Result<(), ArgumentError> {
    if let Some(protocol) = protocols.iter().find(|p| !headers::is_token(p)) {
        return Err(ArgumentError::new(format!(
            "protocol {protocol:?} is not a token"
        )));
    }
    // There may be thousands in a peer's head. A heap is the smallest code that sorts them.
    let sorted = BinaryHeap::from_iter(protocols).into_sorted_vec();
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        let protocol = pair[0];
        return Err(ArgumentError::new(format!(
            "protocol {protocol:?} is offered twice"
        )));
    }
    Ok(())
}
