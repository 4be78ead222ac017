//! The client's side (RFC 6455 section 4.1).

use super::error::{ArgumentError, HandshakeError};
use super::extensions::Extension;
use super::fields::{OWN_HEADERS, VERSION, accept_key, check_protocols};
use super::head::{HeadReader, Kind, MAX_HEADER_SIZE, MAX_HEADERS, Phase, ResponseHead};
use super::headers::HeadWriter;
use super::url::{is_target, split_authority};
use base64::{Engine, engine::general_purpose::STANDARD};

/// The most interim answers that are skipped before the final one.
const MAX_INTERIM: usize = 16;

/// What a client asks for, and the limits of its [`ClientHandshake`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientOptions {
    /// The value of the Host header.
    pub host: String,
    /// The path and query.
    pub target: String,
    /// The subprotocols to offer, the preferred one first.
    pub protocols: Vec<String>,
    /// Headers of the client's own, such as Origin, cookies, credentials.
    pub headers: Vec<(String, String)>,
    /// The extensions to offer: the value of Sec-WebSocket-Extensions.
    pub extensions: Option<String>,
    /// permessage-deflate to offer, before those (RFC 7692). Default none.
    #[cfg(feature = "deflate")]
    pub deflate: Option<crate::deflate::Parameters>,
    /// The most bytes a response's head may have, its last CRLF included.
    /// Default 16 KiB.
    pub max_header_size: usize,
    /// The most header fields it may have. Default 100.
    pub max_headers: usize,
}

impl ClientOptions {
    /// Asks this host (with its port, unless it is the scheme's default) for
    /// this path and query.
    pub fn new(host: impl Into<String>, target: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            target: target.into(),
            protocols: Vec::new(),
            headers: Vec::new(),
            extensions: None,
            #[cfg(feature = "deflate")]
            deflate: None,
            max_header_size: MAX_HEADER_SIZE,
            max_headers: MAX_HEADERS,
        }
    }
}

/// A server's answer that opened the WebSocket, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The answer as it came.
    pub head: ResponseHead,
    /// The subprotocol the server chose, one of those offered.
    pub protocol: Option<String>,
    /// The extensions the server agreed to, each one of those offered.
    pub extensions: Vec<Extension>,
    /// What the server agreed to of the permessage-deflate offered.
    #[cfg(feature = "deflate")]
    pub deflate: Option<crate::deflate::Parameters>,
}

/// The client's side of the opening handshake: the request's bytes out, the
/// answer's bytes in, a [`Response`] out.
///
/// ```
/// use ws4wasm::handshake::{ClientHandshake, ClientOptions, ServerHandshake, ServerOptions};
///
/// let options = ClientOptions {
///     protocols: vec!["chat".into()],
///     ..ClientOptions::from_url("ws://localhost:8080/room").unwrap()
/// };
/// let mut client = ClientHandshake::new(options).unwrap();
/// let mut server = ServerHandshake::new(ServerOptions::default());
///
/// let request = server.receive(client.request()).unwrap().expect("a whole request");
/// assert_eq!((request.host.as_str(), request.resource.as_str()), ("localhost:8080", "/room"));
///
/// let reply = request.accept(Some("chat"), &[], None).unwrap();
/// let response = client.receive(&reply).unwrap().expect("a whole response");
/// assert_eq!(response.protocol.as_deref(), Some("chat"));
/// assert_eq!(client.rest(), b""); // what came after it, for the stream
/// ```
#[derive(Debug)]
pub struct ClientHandshake {
    request: Vec<u8>,
    accept: String,
    protocols: Vec<String>,
    extensions: Vec<Extension>,
    #[cfg(feature = "deflate")]
    deflate: Option<crate::deflate::Parameters>,
    reader: HeadReader,
    phase: Phase,
    interim: usize,
    refused: Option<ResponseHead>,
    rest: Vec<u8>,
}

impl ClientHandshake {
    /// Makes the request, with a key from the system's random source.
    pub fn new(options: ClientOptions) -> Result<Self, ArgumentError> {
        // Section 4.1, point 7: a nonce of 16 bytes, chosen at random.
        let mut key = [0; 16];
        getrandom::fill(&mut key)
            .map_err(|error| ArgumentError::new(format!("key: no random bytes: {error}")))?;
        Self::with_key(options, key)
    }

    /// Makes the request with a key of the caller's: new for each connection,
    /// and not to be guessed.
    pub fn with_key(options: ClientOptions, key: [u8; 16]) -> Result<Self, ArgumentError> {
        let key = STANDARD.encode(key);
        #[cfg_attr(not(feature = "deflate"), expect(unused_mut))]
        let mut extensions = match &options.extensions {
            Some(offer) => Extension::parse_list(offer)?,
            None => Vec::new(),
        };
        #[cfg(feature = "deflate")]
        if let Some(deflate) = options.deflate {
            extensions.insert(0, deflate.offer());
        }
        Ok(Self {
            request: write_request(&options, &key, &extensions)?,
            accept: accept_key(&key),
            extensions,
            #[cfg(feature = "deflate")]
            deflate: options.deflate,
            reader: HeadReader::new(
                Kind::Response,
                options.max_header_size,
                options.max_headers,
            ),
            protocols: options.protocols,
            phase: Phase::Head,
            interim: 0,
            refused: None,
            rest: Vec::new(),
        })
    }

    /// The bytes to send first.
    pub fn request(&self) -> &[u8] {
        &self.request
    }

    /// Takes any bytes: `None` while more are needed, then the response, once.
    /// What is fed after it is added to [`rest`](Self::rest), with no limit but
    /// the caller's. An error stays: it comes again, whatever is fed.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<Option<Response>, HandshakeError> {
        if let Some(over) = self.phase.over(bytes, &mut self.rest) {
            return over;
        }
        let outcome = self.advance(bytes);
        self.phase.record(&outcome);
        outcome
    }

    /// The head of an answer that did not open the WebSocket but is well-formed
    /// HTTP: it may be a redirect, or ask for credentials.
    pub fn refused(&self) -> Option<&ResponseHead> {
        self.refused.as_ref()
    }

    /// The bytes received after the answer's head: frames, or after an error
    /// the beginning of a body, as far as it came along with the head.
    pub fn rest(&self) -> &[u8] {
        &self.rest
    }

    fn advance(&mut self, mut bytes: &[u8]) -> Result<Option<Response>, HandshakeError> {
        let head = loop {
            let Some(rest) = self.reader.push(bytes).map_err(HandshakeError::on_client)? else {
                return Ok(None);
            };
            let head = self.reader.response().map_err(HandshakeError::on_client)?;
            // RFC 9110 section 15.2: other 1xx answers come before the final
            // one and need not be understood.
            if head.status == 101 || head.status >= 200 {
                self.rest = rest.to_vec();
                break head;
            }
            self.interim += 1;
            if self.interim > MAX_INTERIM {
                return Err(refuse("The server sent too many interim answers."));
            }
            bytes = rest;
        };
        match self.check(&head) {
            Ok(response) => Ok(Some(Response { head, ..response })),
            Err(error) => {
                self.refused = Some(head);
                Err(error)
            }
        }
    }

    /// Leaves `head` to the caller.
    fn check(&self, head: &ResponseHead) -> Result<Response, HandshakeError> {
        let offered = Offered {
            accept: &self.accept,
            protocols: &self.protocols,
            extensions: &self.extensions,
        };
        for rule in ResponseRule::ALL {
            rule.check(head, &offered)?;
        }
        let extensions = answered_extensions(head)?;
        #[cfg(feature = "deflate")]
        let deflate = match &self.deflate {
            Some(offered) => offered.agreed(&extensions).map_err(|what| {
                refuse(format!("The answer's permessage-deflate has {what}."))
            })?,
            None => None,
        };
        Ok(Response {
            head: ResponseHead::default(),
            protocol: head
                .headers
                .get("Sec-WebSocket-Protocol")
                .map(str::to_owned),
            extensions,
            #[cfg(feature = "deflate")]
            deflate,
        })
    }
}

/// What an answer is held against.
#[derive(Debug, Clone, Copy)]
pub struct Offered<'a> {
    /// The Sec-WebSocket-Accept that is due.
    pub accept: &'a str,
    /// The subprotocols that the request offered.
    pub protocols: &'a [String],
    /// The extensions that it offered.
    pub extensions: &'a [Extension],
}

/// What the end of RFC 6455 section 4.1 asks of an answer.
///
/// See [`RequestRule`](super::judge::RequestRule) for an example of the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseRule {
    /// It is 101 (point 1).
    Status,
    /// It is HTTP/1.1, which has Upgrade (RFC 9110 section 7.8).
    HttpVersion,
    /// Upgrade is `websocket` (point 2).
    Upgrade,
    /// Connection lists `Upgrade` (point 3).
    Connection,
    /// Sec-WebSocket-Accept answers the key (point 4).
    Accept,
    /// The extensions are some of those offered (point 5).
    Extensions,
    /// The subprotocol is one of those offered (point 6).
    Protocol,
}

impl ResponseRule {
    /// In the order in which they are looked at.
    pub const ALL: [Self; 7] = [
        Self::Status,
        Self::HttpVersion,
        Self::Upgrade,
        Self::Connection,
        Self::Accept,
        Self::Extensions,
        Self::Protocol,
    ];

    /// Whether the answer keeps to it.
    ///
    /// # Errors
    /// What is wrong with it; its status is 0, or the answer's own when it is that.
    pub fn check(
        self,
        head: &ResponseHead,
        offered: &Offered<'_>,
    ) -> Result<(), HandshakeError> {
        let once = |name| head.headers.single(name).map_err(refuse);
        let demand = |kept, message: &str| match kept {
            true => Ok(()),
            false => Err(refuse(message)),
        };
        match self {
            // Point 1.
            Self::Status if head.status == 101 => Ok(()),
            Self::Status => {
                let message = format!("The server answered {}, not 101.", head.status);
                Err(HandshakeError::new(head.status, message))
            }
            // RFC 9110 section 7.8: there is no Upgrade in HTTP/1.0.
            Self::HttpVersion => demand(
                head.minor_version == 1,
                "The HTTP version of the answer must be 1.1.",
            ),
            // Points 2 and 3.
            Self::Upgrade => demand(
                once("Upgrade")?.is_some_and(|value| value.eq_ignore_ascii_case("websocket")),
                "The answer's Upgrade header must be websocket.",
            ),
            Self::Connection => demand(
                head.headers.has_token("Connection", "upgrade"),
                "The answer's Connection header must list Upgrade.",
            ),
            // Point 4.
            Self::Accept => demand(
                once("Sec-WebSocket-Accept")? == Some(offered.accept),
                "Sec-WebSocket-Accept does not match the key that was sent.",
            ),
            // Point 5.
            Self::Extensions => {
                let extensions = answered_extensions(head)?;
                Extension::check_agreed(&extensions, offered.extensions)
                    .map_err(|what| refuse(format!("Sec-WebSocket-Extensions has {what}.")))
            }
            // Point 6. Without the field, no subprotocol is spoken.
            Self::Protocol => demand(
                once("Sec-WebSocket-Protocol")?
                    .is_none_or(|chosen| offered.protocols.iter().any(|p| p == chosen)),
                "Sec-WebSocket-Protocol is not one that was offered.",
            ),
        }
    }
}

/// What Sec-WebSocket-Extensions says. A field over several lines is one list (section 9.1).
///
/// See [`offered_protocols`](super::judge::offered_protocols) for an example of the same.
///
/// # Errors
/// When it does not follow its grammar.
pub fn answered_extensions(head: &ResponseHead) -> Result<Vec<Extension>, HandshakeError> {
    let mut extensions = Vec::new();
    for value in head.headers.get_all("Sec-WebSocket-Extensions") {
        let Ok(list) = Extension::parse_list(value) else {
            return Err(refuse(
                "Sec-WebSocket-Extensions does not follow its grammar.",
            ));
        };
        extensions.extend(list);
    }
    Ok(extensions)
}

/// An answer that is none of the server's own choosing.
fn refuse(message: impl Into<String>) -> HandshakeError {
    HandshakeError::new(0, message)
}

/// The request of section 4.1, its fields in the order of section 1.3.
fn write_request(
    options: &ClientOptions,
    key: &str,
    extensions: &[Extension],
) -> Result<Vec<u8>, ArgumentError> {
    let ClientOptions {
        host,
        target,
        protocols,
        headers,
        ..
    } = options;
    if split_authority(host).is_none() {
        return Err(ArgumentError::new(format!(
            "host {host:?} is not a host and port"
        )));
    }
    if !target.starts_with('/') || !is_target(target) {
        return Err(ArgumentError::new(format!(
            "target {target:?} is not a path with percent-encoding and without fragment"
        )));
    }
    check_protocols(protocols)?;
    let mut request = HeadWriter::new(&format!("GET {target} HTTP/1.1"));
    request.field("Host", host);
    request.field("Upgrade", "websocket");
    request.field("Connection", "Upgrade");
    request.field("Sec-WebSocket-Key", key);
    request.extra(headers, &OWN_HEADERS)?;
    if !protocols.is_empty() {
        request.field("Sec-WebSocket-Protocol", &protocols.join(", "));
    }
    request.field("Sec-WebSocket-Version", VERSION);
    if !extensions.is_empty() {
        request.field(
            "Sec-WebSocket-Extensions",
            &Extension::format_list(extensions),
        );
    }
    Ok(request.end())
}
