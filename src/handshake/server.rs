//! The server's side (RFC 6455 section 4.2).

use super::error::{ArgumentError, HandshakeError};
use super::extensions::Extension;
use super::fields::{OWN_HEADERS, VERSION, accept_key, check_protocols};
use super::head::{HeadReader, Kind, MAX_HEADER_SIZE, MAX_HEADERS, Phase, RequestHead};
use super::headers::{HeadWriter, Headers};
use super::url::{split_authority, split_target};

/// What a server speaks, and the limits of its [`ServerHandshake`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerOptions {
    /// The subprotocols it speaks. Of those that a client offers, the first that is among them is
    /// [selected](Self::select); a client that offers others only gets none. Default none.
    pub protocols: Vec<String>,
    /// The permessage-deflate it agrees to, where a client offers it (RFC 7692). Default none.
    #[cfg(feature = "deflate")]
    pub deflate: Option<crate::deflate::Parameters>,
    /// The most bytes a request's head may have, its last CRLF included.
    /// Default 16 KiB.
    pub max_header_size: usize,
    /// The most header fields it may have. Default 100.
    pub max_headers: usize,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            protocols: Vec::new(),
            #[cfg(feature = "deflate")]
            deflate: None,
            max_header_size: MAX_HEADER_SIZE,
            max_headers: MAX_HEADERS,
        }
    }
}

/// A client's opening handshake, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The request as it came: target, headers.
    pub head: RequestHead,
    /// The path and query asked for: the target without scheme and host, which
    /// only a request through a proxy has.
    pub resource: String,
    /// The host, and port if named, that the client wants to reach.
    pub host: String,
    /// The value of Sec-WebSocket-Key.
    pub key: String,
    /// The value of Origin, which every browser sends.
    pub origin: Option<String>,
    /// The subprotocols offered, in the client's order of preference.
    pub protocols: Vec<String>,
    /// The extensions offered, in the client's order of preference.
    pub extensions: Vec<Extension>,
}

/// The server's side of the opening handshake: bytes in, a [`Request`] out.
///
/// ```
/// use ws4wasm::handshake::{ServerHandshake, ServerOptions, select_protocol};
///
/// let mut handshake = ServerHandshake::new(ServerOptions::default());
/// let bytes = b"GET /chat HTTP/1.1\r\nHost: example.com\r\n\
///     Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
///     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat\r\n\
///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x80";
/// let (first, second) = bytes.split_at(50);
/// assert_eq!(handshake.receive(first), Ok(None));
/// match handshake.receive(second) {
///     Ok(Some(request)) => {
///         let protocol = select_protocol(&request.protocols, &["chat"]);
///         let reply = request.accept(protocol, &[], None).unwrap();
///         assert!(reply.starts_with(b"HTTP/1.1 101 Switching Protocols\r\n"));
///         assert_eq!(handshake.rest(), b"\x81\x80"); // for the stream
///     }
///     Ok(None) => { /* read on */ }
///     Err(error) => { /* send error.reply() and close */ }
/// }
/// ```
#[derive(Debug)]
pub struct ServerHandshake {
    reader: HeadReader,
    phase: Phase,
    refused: Option<RequestHead>,
    rest: Vec<u8>,
}

impl ServerHandshake {
    /// Waits for a request.
    pub fn new(options: ServerOptions) -> Self {
        let ServerOptions {
            max_header_size,
            max_headers,
            ..
        } = options;
        let reader = HeadReader::new(Kind::Request, max_header_size, max_headers);
        Self {
            reader,
            phase: Phase::Head,
            refused: None,
            rest: Vec::new(),
        }
    }

    /// Takes any bytes: `None` while more are needed, then the request, once.
    /// What is fed after it is added to [`rest`](Self::rest), with no limit but
    /// the caller's. An error stays: it comes again, whatever is fed.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<Option<Request>, HandshakeError> {
        if let Some(over) = self.phase.over(bytes, &mut self.rest) {
            return over;
        }
        let outcome = self.advance(bytes);
        self.phase.record(&outcome);
        outcome
    }

    /// The head of a request that was refused but is well-formed HTTP: a
    /// server may answer a plain GET with a page.
    pub fn refused(&self) -> Option<&RequestHead> {
        self.refused.as_ref()
    }

    /// The bytes received after the request's head.
    pub fn rest(&self) -> &[u8] {
        &self.rest
    }

    fn advance(&mut self, bytes: &[u8]) -> Result<Option<Request>, HandshakeError> {
        let Some(rest) = self.reader.push(bytes)? else {
            return Ok(None);
        };
        self.rest = rest.to_vec();
        let head = self.reader.request()?;
        match Request::check(&head) {
            Ok(request) => Ok(Some(Request { head, ..request })),
            Err(error) => {
                let error = error.to(&head.method);
                self.refused = Some(head);
                Err(error)
            }
        }
    }
}

impl Request {
    /// Builds the answer that opens the WebSocket (RFC 6455 section 4.2.2):
    /// with the protocol chosen, one of those offered, with `extensions`, the
    /// value of Sec-WebSocket-Extensions agreed on, and with headers of the
    /// server's own, such as cookies.
    pub fn accept(
        &self,
        protocol: Option<&str>,
        headers: &[(String, String)],
        extensions: Option<&str>,
    ) -> Result<Vec<u8>, ArgumentError> {
        let mut reply = HeadWriter::new("HTTP/1.1 101 Switching Protocols");
        reply.field("Upgrade", "websocket");
        reply.field("Connection", "Upgrade");
        reply.field("Sec-WebSocket-Accept", &accept_key(&self.key));
        if let Some(protocol) = protocol {
            if !self.protocols.iter().any(|offered| offered == protocol) {
                return Err(ArgumentError::new(format!(
                    "protocol {protocol:?} was not offered by the client"
                )));
            }
            reply.field("Sec-WebSocket-Protocol", protocol);
        }
        if let Some(extensions) = extensions {
            let agreed = Extension::parse_list(extensions)?;
            Extension::check_agreed(&agreed, &self.extensions)
                .map_err(|what| ArgumentError::new(format!("extensions have {what}")))?;
            reply.field("Sec-WebSocket-Extensions", &Extension::format_list(&agreed));
        }
        reply.extra(headers, &OWN_HEADERS)?;
        Ok(reply.end())
    }

    /// Leaves `head` to the caller.
    pub(crate) fn check(head: &RequestHead) -> Result<Self, HandshakeError> {
        for rule in RequestRule::ALL {
            rule.check(head)?;
        }
        let (authority, resource) = split_target(&head.target).unwrap_or_default();
        let field = |name| head.headers.get(name);
        Ok(Self {
            head: RequestHead::default(),
            resource,
            host: authority.or(field("Host")).unwrap_or_default().to_owned(),
            key: field("Sec-WebSocket-Key").unwrap_or_default().to_owned(),
            origin: field("Origin").map(str::to_owned),
            protocols: offered_protocols(&head.headers)?,
            extensions: offered_extensions(&head.headers)?,
        })
    }
}

/// What RFC 6455 section 4.2.1 asks of a request.
///
/// ```
/// use ws4wasm::handshake::judge::{RequestRule, read_request};
/// let head = read_request(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
/// let broken = RequestRule::ALL.iter().filter(|rule| rule.check(&head).is_err());
/// assert!(broken.count() > 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestRule {
    /// It is a GET (point 1).
    Method,
    /// It is HTTP/1.1 (point 1).
    HttpVersion,
    /// The target is a path or an http URL (point 1).
    Target,
    /// There is one Host (point 2).
    Host,
    /// Upgrade lists `websocket` (point 3).
    Upgrade,
    /// Connection lists `Upgrade` (point 4).
    Connection,
    /// There is no body, which could not be told from frames (RFC 9112 section 11.2).
    Body,
    /// Sec-WebSocket-Version is 13 (point 6).
    Version,
    /// Sec-WebSocket-Key is 16 bytes in base64 (point 5).
    Key,
    /// There is at most one Origin (point 7).
    Origin,
    /// The subprotocols are unique tokens (point 8).
    Protocols,
    /// The extensions follow their grammar (point 9).
    Extensions,
}

impl RequestRule {
    /// In the order in which they are told to the client.
    pub const ALL: [Self; 12] = [
        Self::Method,
        Self::HttpVersion,
        Self::Target,
        Self::Host,
        Self::Upgrade,
        Self::Connection,
        Self::Body,
        Self::Version,
        Self::Key,
        Self::Origin,
        Self::Protocols,
        Self::Extensions,
    ];

    /// Whether the request keeps to it.
    ///
    /// # Errors
    /// What is wrong with it, and the status to refuse it with.
    pub fn check(self, head: &RequestHead) -> Result<(), HandshakeError> {
        let headers = &head.headers;
        let once = |name| headers.single(name).map_err(HandshakeError::bad_request);
        let demand = |kept, status, message: &str| match kept {
            true => Ok(()),
            false => Err(HandshakeError::new(status, message)),
        };
        match self {
            // Point 1: a GET, HTTP/1.1 or higher.
            Self::Method => demand(
                head.method == "GET",
                405,
                "The method of a WebSocket handshake must be GET.",
            ),
            Self::HttpVersion => demand(
                head.minor_version == 1,
                400,
                "The HTTP version must be 1.1.",
            ),
            Self::Target => demand(
                split_target(&head.target).is_some(),
                400,
                "The request target must be a path or an http URL.",
            ),
            // Point 2; RFC 9112 section 3.2: exactly one valid Host, and an
            // authority in the target goes before it.
            Self::Host => {
                demand(
                    once("Host")?.is_some_and(|host| split_authority(host).is_some()),
                    400,
                    "A Host header with a host and optional port is needed.",
                )?;
                let authority = split_target(&head.target).and_then(|(host, _)| host);
                demand(
                    authority.is_none_or(|host| split_authority(host).is_some()),
                    400,
                    "The request target must name a valid host.",
                )
            }
            // Points 3 and 4.
            Self::Upgrade => demand(
                headers.has_token("Upgrade", "websocket"),
                426,
                "This is a WebSocket server: Upgrade must be websocket.",
            ),
            Self::Connection => demand(
                headers.has_token("Connection", "upgrade"),
                400,
                "The Connection header must list Upgrade.",
            ),
            // What follows the head is frames. A body would be taken for them, or
            // they for a body by some proxy (RFC 9112 section 11.2).
            Self::Body => demand(
                headers.get("Transfer-Encoding").is_none()
                    && headers
                        .get_all("Content-Length")
                        .all(|length| length == "0"),
                400,
                "A WebSocket handshake must not have a body.",
            ),
            // Point 6, and section 4.2.2, point 4.
            Self::Version => demand(
                once("Sec-WebSocket-Version")? == Some(VERSION),
                426,
                "The Sec-WebSocket-Version must be 13.",
            ),
            // Point 5.
            Self::Key => demand(
                once("Sec-WebSocket-Key")?.is_some_and(is_key),
                400,
                "Sec-WebSocket-Key must be 16 bytes in base64.",
            ),
            Self::Origin => once("Origin").map(drop),
            Self::Protocols => offered_protocols(headers).map(drop),
            Self::Extensions => offered_extensions(headers).map(drop),
        }
    }
}

/// The protocol to speak: the first of those offered, which are in the client's
/// order of preference (RFC 6455 section 4.1, point 10), that is supported.
///
/// ```
/// use ws4wasm::handshake::select_protocol;
/// let offered = ["chat.v2".into(), "chat".into()];
/// assert_eq!(select_protocol(&offered, &["chat", "chat.v2"]), Some("chat.v2"));
/// ```
pub fn select_protocol<'a>(offered: &[String], supported: &[&'a str]) -> Option<&'a str> {
    let find = |offered: &String| supported.iter().find(|supported| **supported == offered);
    offered.iter().find_map(find).copied()
}

/// Base64 of 16 bytes. As in RFC 6455's own example of section 4.1, the bits
/// left over in the last character may be any.
fn is_key(key: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    key.strip_suffix("==")
        .is_some_and(|digits| digits.len() == 22 && digits.bytes().all(digit))
}

/// The subprotocols that a request offers: one list over all fields of that name, if there are any
/// (section 11.3.4).
///
/// ```
/// use ws4wasm::handshake::judge;
/// let head = b"GET /a HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Protocol: a, b\r\n\r\n";
/// let headers = judge::read_request(head).unwrap().headers;
/// assert_eq!(judge::offered_protocols(&headers).unwrap(), ["a", "b"]);
/// ```
///
/// # Errors
/// When they are not unique tokens.
pub fn offered_protocols(headers: &Headers) -> Result<Vec<String>, HandshakeError> {
    let protocols: Vec<_> = headers
        .tokens("Sec-WebSocket-Protocol")
        .map(str::to_owned)
        .collect();
    let present = headers.get("Sec-WebSocket-Protocol").is_some();
    if (present && protocols.is_empty()) || check_protocols(&protocols).is_err() {
        let message = "Sec-WebSocket-Protocol must list unique tokens.";
        return Err(HandshakeError::bad_request(message));
    }
    Ok(protocols)
}

/// The extensions that a request offers. A field over several lines is one list (section 9.1).
///
/// See [`offered_protocols`] for an example.
///
/// # Errors
/// When they do not follow their grammar.
pub fn offered_extensions(headers: &Headers) -> Result<Vec<Extension>, HandshakeError> {
    let mut extensions = Vec::new();
    for value in headers.get_all("Sec-WebSocket-Extensions") {
        let Ok(list) = Extension::parse_list(value) else {
            let message =
                "Sec-WebSocket-Extensions must follow the grammar of RFC 6455 section 9.1.";
            return Err(HandshakeError::bad_request(message));
        };
        extensions.extend(list);
    }
    Ok(extensions)
}
