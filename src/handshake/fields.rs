//! What the fields of a handshake say on either side.

use super::error::ArgumentError;
use super::headers::is_token;
use base64::{Engine, engine::general_purpose::STANDARD};
use std::collections::BinaryHeap;

/// The one version of the protocol (RFC 6455 section 4.1, point 9).
pub(super) const VERSION: &str = "13";

/// Headers that are the handshake's to set.
pub(super) const OWN_HEADERS: [&str; 8] = [
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
pub(super) fn check_protocols(protocols: &[String]) -> Result<(), ArgumentError> {
    if let Some(protocol) = protocols.iter().find(|p| !is_token(p)) {
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
