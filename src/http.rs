//! The opening handshake in the types of the crate [`http`], for servers and clients whose
//! HTTP is somebody else's: hyper, axum, and all that is built on them.
//!
//! A server answers with what [`accept`] gives and goes on with the connection that its HTTP
//! library hands over; with the feature `tokio` that is `WebSocketStream::new`.
//!
//! ```
//! use ws4wasm::handshake::ServerOptions;
//! let asked = http::Request::get("/chat")
//!     .header("Host", "example.com")
//!     .header("Connection", "Upgrade")
//!     .header("Upgrade", "websocket")
//!     .header("Sec-WebSocket-Version", "13")
//!     .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
//!     .body(())
//!     .unwrap();
//! let (response, _agreed) = ws4wasm::http::accept(&asked, &ServerOptions::default()).unwrap();
//! assert_eq!(response.status(), 101);
//! assert_eq!(response.headers()["Sec-WebSocket-Accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
//!
//! let plain = http::Request::get("/").header("Host", "example.com").body(()).unwrap();
//! let error = ws4wasm::http::accept(&plain, &ServerOptions::default()).unwrap_err();
//! let refusal: http::Response<String> = (&error).into();
//! assert_eq!((refusal.status().as_u16(), &refusal.headers()["Upgrade"]), (426, &"websocket".parse().unwrap()));
//! ```

use crate::handshake::{
    Agreed, ArgumentError, ClientOptions, HandshakeError, Headers, Request, RequestHead,
    ResponseHead, ServerOptions, judge,
};
use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};

/// A server's answer to a client's request, and what both ends have agreed on by it. More headers
/// may be added to the answer.
///
/// See [the module](self) for an example.
///
/// # Errors
/// What is wrong with the request. As `http::Response<String>` it is the answer to send.
pub fn accept<B>(
    request: &::http::Request<B>,
    options: &ServerOptions,
) -> Result<(::http::Response<()>, Agreed), HandshakeError> {
    let request = Request::try_from(request)?;
    let agreed = options.select(&request);
    let reply = request
        .answer(&agreed, &[])
        .map_err(|error| HandshakeError::internal(error.to_string()))?;
    let head = judge::read_response(&reply)?;
    Ok(((&head).into(), agreed))
}

impl<B> TryFrom<&::http::Request<B>> for Request {
    type Error = HandshakeError;

    /// Checks it as a server's side of the handshake does (RFC 6455 section 4.2.1).
    fn try_from(request: &::http::Request<B>) -> Result<Self, HandshakeError> {
        let head = RequestHead {
            method: request.method().to_string(),
            target: request.uri().to_string(),
            minor_version: u8::from(request.version() == Version::HTTP_11),
            headers: request.headers().into(),
        };
        match Self::check(&head) {
            Ok(request) => Ok(Self { head, ..request }),
            Err(error) => Err(error.to(&head.method)),
        }
    }
}

impl<B> TryFrom<&::http::Request<B>> for ClientOptions {
    type Error = ArgumentError;

    /// What this request asks for: its URI, which names the host or leaves that to the Host
    /// header, its subprotocols and its headers. Those of the handshake itself are left out:
    /// they are made anew.
    fn try_from(request: &::http::Request<B>) -> Result<Self, ArgumentError> {
        if request.method() != Method::GET {
            return Err(ArgumentError::new(format!(
                "request with the method {}: a WebSocket is asked for by GET",
                request.method()
            )));
        }
        let headers = Headers::from(request.headers());
        let uri = request.uri();
        let mut options = match (uri.scheme(), uri.authority(), headers.get("Host")) {
            (Some(_), ..) => Self::from_url(&uri.to_string())?,
            (_, Some(authority), _) => Self::new(authority.as_str(), target(uri)),
            (_, _, Some(host)) => Self::new(host, target(uri)),
            _ => {
                return Err(ArgumentError::new(
                    "request without a host: its URI or a Host header must name one",
                ));
            }
        };
        options.protocols = headers
            .tokens("Sec-WebSocket-Protocol")
            .map(str::to_owned)
            .collect();
        options.extensions = headers.get("Sec-WebSocket-Extensions").map(str::to_owned);
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let others = headers.iter().filter(|(name, _)| !is_own(name)).map(own);
        options.headers.extend(others);
        Ok(options)
    }
}

fn target(uri: &::http::Uri) -> &str {
    uri.path_and_query().map_or("/", |path| path.as_str())
}

/// Whether the handshake makes this header itself.
fn is_own(name: &str) -> bool {
    ["Host", "Upgrade", "Connection"]
        .iter()
        .any(|own| own.eq_ignore_ascii_case(name))
        || name
            .get(.."Sec-WebSocket-".len())
            .is_some_and(|start| start.eq_ignore_ascii_case("Sec-WebSocket-"))
}

/// The bytes of a value become the characters U+0000-U+00FF, so nothing is lost.
impl From<&HeaderMap> for Headers {
    fn from(map: &HeaderMap) -> Self {
        let field = |(name, value): (&HeaderName, &HeaderValue)| {
            let value: String = value.as_bytes().iter().copied().map(char::from).collect();
            (
                name.as_str().to_owned(),
                value.trim_matches([' ', '\t']).to_owned(),
            )
        };
        Self::from_pairs(map.iter().map(field).collect())
    }
}

/// Fields that HTTP does not allow are left out; there are none in what was received.
impl From<&Headers> for HeaderMap {
    fn from(headers: &Headers) -> Self {
        let field = |(name, value): (&str, &str)| {
            let bytes: Option<Vec<u8>> =
                value.chars().map(|char| u8::try_from(char).ok()).collect();
            Some((
                HeaderName::from_bytes(name.as_bytes()).ok()?,
                HeaderValue::from_bytes(&bytes?).ok()?,
            ))
        };
        let mut map = Self::new();
        for (name, value) in headers.iter().filter_map(field) {
            map.append(name, value);
        }
        map
    }
}

/// An answer as it came, with all of its headers: one that opened a WebSocket, or a refusal.
impl From<&ResponseHead> for ::http::Response<()> {
    fn from(head: &ResponseHead) -> Self {
        let mut response = Self::new(());
        *response.status_mut() =
            StatusCode::from_u16(head.status).unwrap_or(StatusCode::BAD_GATEWAY);
        *response.version_mut() = match head.minor_version {
            0 => Version::HTTP_10,
            _ => Version::HTTP_11,
        };
        *response.headers_mut() = (&head.headers).into();
        response
    }
}

/// The answer of a server to a request that is no handshake, with the headers that belong to it:
/// `Allow` with a 405, `Upgrade` and `Sec-WebSocket-Version` with a 426.
impl From<&HandshakeError> for ::http::Response<String> {
    fn from(error: &HandshakeError) -> Self {
        let reply = error.reply();
        let at = reply.windows(4).position(|end| end == b"\r\n\r\n");
        let (head, body) = reply.split_at(at.map_or(0, |at| at + 4));
        match judge::read_response(head) {
            Ok(head) => {
                let mut response = ::http::Response::<()>::from(&head);
                // The connection and the length are the HTTP library's.
                for name in [::http::header::CONTENT_LENGTH, ::http::header::CONNECTION] {
                    response.headers_mut().remove(name);
                }
                if head.status == 426 {
                    response.headers_mut().insert(
                        ::http::header::CONNECTION,
                        HeaderValue::from_static("Upgrade"),
                    );
                }
                response.map(|()| String::from_utf8_lossy(body).into_owned())
            }
            // What a client made of an answer is no answer of a server.
            Err(_) => {
                let mut response = Self::new(error.message.clone());
                *response.status_mut() = StatusCode::BAD_GATEWAY;
                response
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handshake::ClientHandshake;

    #[test]
    fn a_request_and_its_answer() {
        let asked = ::http::Request::get("wss://user:word@example.com:8443/chat?room=1")
            .header("Cookie", "a=b")
            .header("Sec-WebSocket-Key", "of the caller's own")
            .header("Sec-WebSocket-Protocol", "news, chat")
            .body(())
            .unwrap();
        let options = ClientOptions::try_from(&asked).unwrap();
        assert_eq!(options.host, "example.com:8443");
        assert_eq!(options.target, "/chat?room=1");
        assert_eq!(options.protocols, ["news", "chat"]);
        let names: Vec<_> = options.headers.iter().map(|(name, _)| &name[..]).collect();
        assert_eq!(names, ["Authorization", "cookie"]);

        let mut client = ClientHandshake::new(options).unwrap();
        let head = judge::read_request(client.request()).unwrap();
        let mut request = ::http::Request::get(&head.target).body(()).unwrap();
        *request.headers_mut() = (&head.headers).into();
        let options = ServerOptions {
            protocols: vec!["chat".into()],
            ..ServerOptions::default()
        };
        let (response, agreed) = accept(&request, &options).unwrap();
        assert_eq!(agreed.protocol.as_deref(), Some("chat"));
        let mut wire = b"HTTP/1.1 101 Switching Protocols\r\n".to_vec();
        for (name, value) in response.headers() {
            wire.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        wire.extend(b"\r\n");
        let opened = client.receive(&wire).unwrap().expect("a whole response");
        assert_eq!(opened.protocol.as_deref(), Some("chat"));
    }

    #[test]
    fn refusals_keep_their_headers() {
        let post = ::http::Request::post("/")
            .header("Host", "a")
            .body(())
            .unwrap();
        let error = accept(&post, &ServerOptions::default()).unwrap_err();
        let answer: ::http::Response<String> = (&error).into();
        assert_eq!(answer.status(), 405);
        assert_eq!(answer.headers()["Allow"], "GET");
        assert!(answer.body().contains("GET"));
        assert!(ClientOptions::try_from(&post).is_err());

        let mut client = ClientHandshake::new(ClientOptions::new("a", "/")).unwrap();
        let refused =
            b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"caf\xe9\"\r\n\r\n";
        assert!(client.receive(refused).is_err());
        let response = ::http::Response::<()>::from(client.refused().unwrap());
        assert_eq!(response.status(), 401);
        let realm = response.headers()["WWW-Authenticate"].as_bytes();
        assert_eq!(realm, b"Basic realm=\"caf\xe9\"");
    }
}
