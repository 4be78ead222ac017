//! Who is to blame: [`HandshakeError`] the peer, [`ArgumentError`] the caller.

use core::fmt;

/// The peer broke a rule of the opening handshake, or passed a limit of ours.
/// Terminal for the handshake that reports it.
///
/// ```
/// use ws4wasm::handshake::{ServerHandshake, ServerOptions};
/// let mut server = ServerHandshake::new(ServerOptions::default());
/// let error = server.receive(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap_err();
/// assert_eq!(error.status, 426);
/// assert!(error.reply().starts_with(b"HTTP/1.1 426 Upgrade Required\r\n"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HandshakeError {
    /// On a server, the status to answer with: 400, 405, 426 or 431. On a
    /// client, the status of a well-formed answer other than 101, else 0.
    pub status: u16,
    /// One sentence: what was wrong and what is expected. ASCII, without
    /// anything the peer sent.
    pub message: String,
    /// The request was a HEAD, whose answer has no body.
    pub(super) bodiless: bool,
}

impl HandshakeError {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            bodiless: false,
        }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    /// What should not happen.
    #[cfg(feature = "http")]
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(500, message)
    }

    /// The error on a server, when it answers a request of this method.
    pub(crate) fn to(self, method: &str) -> Self {
        let bodiless = method == "HEAD";
        Self { bodiless, ..self }
    }

    /// The error on a client, where no answer with a status is due.
    pub(super) fn on_client(self) -> Self {
        Self { status: 0, ..self }
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl core::error::Error for HandshakeError {}

/// An argument of the caller that may not go on the wire. The message names
/// the argument.
///
/// ```
/// let error = ws4wasm::handshake::Address::parse("ftp://example.com").unwrap_err();
/// assert!(error.to_string().contains("ftp"), "{error}");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgumentError(String);

impl ArgumentError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for ArgumentError {}
