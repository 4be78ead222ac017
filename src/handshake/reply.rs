//! HTTP answers other than 101.

use super::error::{ArgumentError, HandshakeError};
use super::fields::VERSION;
use super::headers::HeadWriter;

/// The whole HTTP/1.1 answer of a server that does not open a WebSocket: a
/// refusal of its own (401, 403, 404, 503...), a redirect, or a page for a
/// plain request.
///
/// Sets `Content-Length` and `Connection: close`, and unless `headers` has
/// another `Content-Type`, says the body is UTF-8 text. A 405 names the method
/// allowed and a 426 the protocol and version asked for.
///
/// ```
/// use ws4wasm::handshake::reject;
///
/// let reply = reject(403, &[], b"Not from that origin.").unwrap();
/// assert!(reply.starts_with(b"HTTP/1.1 403 Forbidden\r\n"));
/// let split = [("Location".into(), "/\r\nSet-Cookie: a=b".into())];
/// assert!(reject(302, &split, b"").is_err());
/// ```
pub fn reject(
    status: u16,
    headers: &[(String, String)],
    body: &[u8],
) -> Result<Vec<u8>, ArgumentError> {
    if !(200..=599).contains(&status) {
        return Err(ArgumentError::new(format!(
            "status {status} is not in the range 200 to 599"
        )));
    }
    // RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5.
    if matches!(status, 204 | 205 | 304) && !body.is_empty() {
        return Err(ArgumentError::new(format!("status {status} has no body")));
    }
    let typed = |(name, _): &(String, String)| name.eq_ignore_ascii_case("Content-Type");
    let mut reply = begin(status, body.len(), !headers.iter().any(typed));
    let own: &[&str] = match status {
        405 => &["Connection", "Allow"],
        426 => &["Connection", "Upgrade", "Sec-WebSocket-Version"],
        _ => &["Connection"],
    };
    reply.extra(headers, own)?;
    Ok([&reply.end(), body].concat())
}

impl HandshakeError {
    /// On a server, the whole HTTP/1.1 answer to send before closing the
    /// connection. Empty for a status that refuses nothing.
    pub fn reply(&self) -> Vec<u8> {
        match self.status {
            // RFC 9110 section 9.3.2: to a HEAD, the fields without what they speak of.
            400..=599 if self.bodiless => refusal_head(self.status, &self.message),
            400..=599 => refusal(self.status, &self.message),
            _ => Vec::new(),
        }
    }
}

/// The answer to a request that broke a rule of the handshake.
fn refusal(status: u16, message: &str) -> Vec<u8> {
    [&refusal_head(status, message), message.as_bytes()].concat()
}

/// The same without its body.
fn refusal_head(status: u16, message: &str) -> Vec<u8> {
    begin(status, message.len(), true).end()
}

fn begin(status: u16, length: usize, text: bool) -> HeadWriter {
    let mut reply = HeadWriter::new(&format!("HTTP/1.1 {status} {}", reason(status)));
    match status {
        // RFC 9110 section 8.6: none with a 204, and a 304's would speak of
        // the answer it stands for.
        204 | 304 => {}
        _ => {
            if text {
                reply.field("Content-Type", "text/plain; charset=utf-8");
            }
            reply.field("Content-Length", &length.to_string());
        }
    }
    match status {
        // RFC 9110 section 15.5.6.
        405 => reply.field("Allow", "GET"),
        // RFC 9110 section 15.5.22; RFC 6455 section 4.2.2, point 4.
        426 => {
            reply.field("Upgrade", "websocket");
            reply.field("Sec-WebSocket-Version", VERSION);
        }
        _ => {}
    }
    // RFC 9110 section 7.8: an Upgrade is listed in Connection.
    reply.field(
        "Connection",
        if status == 426 {
            "close, Upgrade"
        } else {
            "close"
        },
    );
    reply
}

/// The usual reason phrases; it may be empty (RFC 9112 section 4).
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        418 => "I'm a teapot",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        425 => "Too Early",
        426 => "Upgrade Required",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}
