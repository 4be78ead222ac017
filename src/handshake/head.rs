//! The head of an HTTP/1.1 message: collected from bytes in any pieces within
//! limits, and parsed once.

use super::error::HandshakeError;
use super::headers::{Headers, is_tchar};
use super::url::is_target;
use core::mem;

/// The default limit on the bytes of a head.
pub(crate) const MAX_HEADER_SIZE: usize = 16 * 1024;
/// The default limit on the header fields of a head.
pub(crate) const MAX_HEADERS: usize = 100;

/// The head of a well-formed HTTP/1.x request.
///
/// See [`judge::read_request`](super::judge::read_request) for an example.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestHead {
    /// The method.
    pub method: String,
    /// The request target: visible ASCII.
    pub target: String,
    /// The x of HTTP/1.x.
    pub minor_version: u8,
    /// The header fields.
    pub headers: Headers,
}

/// The head of a well-formed HTTP/1.x response.
///
/// See [`judge::read_response`](super::judge::read_response) for an example.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResponseHead {
    /// The status code.
    pub status: u16,
    /// The x of HTTP/1.x.
    pub minor_version: u8,
    /// The header fields.
    pub headers: Headers,
}

/// Which of the two heads is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Request,
    Response,
}

/// How far a handshake is.
#[derive(Debug)]
pub(super) enum Phase {
    Head,
    Done,
    Failed(HandshakeError),
}

impl Phase {
    /// What comes of bytes that are fed when the handshake is over: after a
    /// failure the same again, after success nothing, and they are kept.
    pub(super) fn over<T>(
        &self,
        bytes: &[u8],
        rest: &mut Vec<u8>,
    ) -> Option<Result<Option<T>, HandshakeError>> {
        match self {
            Self::Head => None,
            Self::Done => {
                rest.extend_from_slice(bytes);
                Some(Ok(None))
            }
            Self::Failed(error) => Some(Err(error.clone())),
        }
    }

    /// Moves on by the outcome of what was fed.
    pub(super) fn record<T>(&mut self, outcome: &Result<Option<T>, HandshakeError>) {
        match outcome {
            Ok(None) => {}
            Ok(Some(_)) => *self = Self::Done,
            Err(error) => *self = Self::Failed(error.clone()),
        }
    }
}

/// Where in the head the next byte stands.
#[derive(Debug, Clone, Copy)]
enum At {
    /// After this many bytes of the start line's first word.
    Start(usize),
    /// After the CR of an empty line before the start line.
    BlankCr,
    /// Inside a line.
    Line,
    /// After the CR of a line.
    Cr,
    /// At the start of a header line, or of the empty line that ends the head.
    LineStart,
    /// After the CR of that empty line.
    LastCr,
    /// After the head.
    End,
}

/// Collects a head, looking at each byte once.
///
/// Only what decides the head's end and its limits is judged here, and what
/// can be told early: a line ends with CRLF and nothing else (RFC 9112 section
/// 2.2), and no other control byte but tab is inside it. httparse judges the
/// rest when the head is whole.
#[derive(Debug)]
pub(super) struct HeadReader {
    kind: Kind,
    max_size: usize,
    max_headers: usize,
    /// buffer.len() <= max_size
    buffer: Vec<u8>,
    /// fields <= max_headers
    fields: usize,
    at: At,
}

impl HeadReader {
    pub(super) fn new(kind: Kind, max_size: usize, max_headers: usize) -> Self {
        let (buffer, fields, at) = (Vec::new(), 0, At::Start(0));
        Self {
            kind,
            max_size,
            max_headers,
            buffer,
            fields,
            at,
        }
    }

    /// Takes bytes in. `Some` holds what follows the head, which is then whole
    /// and due to be parsed.
    pub(super) fn push<'a>(
        &mut self,
        bytes: &'a [u8],
    ) -> Result<Option<&'a [u8]>, HandshakeError> {
        let room = self.max_size - self.buffer.len();
        for (index, &byte) in bytes.iter().enumerate() {
            if index == room {
                return Err(self.too_large(format!("{} bytes", self.max_size)));
            }
            self.at = self.next(byte)?;
            if let At::End = self.at {
                let (head, rest) = bytes.split_at(index + 1);
                self.buffer.extend_from_slice(head);
                return Ok(Some(rest));
            }
        }
        self.buffer.extend_from_slice(bytes);
        Ok(None)
    }

    fn next(&mut self, byte: u8) -> Result<At, HandshakeError> {
        match (self.at, byte, self.kind) {
            // RFC 9112 section 2.2: a server ignores empty lines that come
            // before the request line.
            (At::Start(0), b'\r', Kind::Request) => Ok(At::BlankCr),
            (At::BlankCr, b'\n', _) => Ok(At::Start(0)),
            // RFC 9112 section 3: method SP request-target SP HTTP-version.
            (At::Start(n), b' ', Kind::Request) if n > 0 => Ok(At::Line),
            (At::Start(n), _, Kind::Request) if is_tchar(byte) => Ok(At::Start(n + 1)),
            // RFC 9112 section 4: HTTP-version SP status-code SP [reason].
            (At::Start(4), b'/', Kind::Response) => Ok(At::Line),
            (At::Start(n), _, Kind::Response) if b"HTTP".get(n) == Some(&byte) => {
                Ok(At::Start(n + 1))
            }
            (At::Line, b'\r', _) => Ok(At::Cr),
            (At::Cr, b'\n', _) => Ok(At::LineStart),
            (At::LineStart, b'\r', _) => Ok(At::LastCr),
            (At::LastCr, b'\n', _) => Ok(At::End),
            (At::LineStart | At::Line, b'\t' | b' '..=b'~' | 0x80.., _) => {
                if let At::LineStart = self.at {
                    if self.fields == self.max_headers {
                        return Err(self.too_large(format!("{} headers", self.max_headers)));
                    }
                    self.fields += 1;
                }
                Ok(At::Line)
            }
            (At::Start(_), ..) => Err(self.malformed("it does not begin like one")),
            _ => Err(self.malformed("a control byte or a line end other than CRLF")),
        }
    }

    /// Parses the request that `push` has completed.
    pub(super) fn request(&mut self) -> Result<RequestHead, HandshakeError> {
        let head = mem::take(&mut self.buffer);
        let mut fields = vec![httparse::EMPTY_HEADER; self.fields];
        let mut request = httparse::Request::new(&mut fields);
        self.parsed(request.parse(&head))?;
        let target = request.path.unwrap_or_default();
        if !is_target(target) {
            return Err(self.malformed("invalid request target"));
        }
        Ok(RequestHead {
            method: request.method.unwrap_or_default().to_owned(),
            target: target.to_owned(),
            minor_version: request.version.unwrap_or_default(),
            headers: Headers::received(request.headers),
        })
    }

    /// Parses the response that `push` has completed, and makes ready for
    /// another.
    pub(super) fn response(&mut self) -> Result<ResponseHead, HandshakeError> {
        let head = mem::take(&mut self.buffer);
        let mut fields = vec![httparse::EMPTY_HEADER; mem::take(&mut self.fields)];
        self.at = At::Start(0);
        let mut response = httparse::Response::new(&mut fields);
        self.parsed(response.parse(&head))?;
        // RFC 9110 section 15: a status is in the range 100 to 599.
        match response.code {
            Some(status @ 100..=599) => Ok(ResponseHead {
                status,
                minor_version: response.version.unwrap_or_default(),
                headers: Headers::received(response.headers),
            }),
            _ => Err(self.malformed("invalid status")),
        }
    }

    /// What httparse thinks of a head that has its last line.
    fn parsed(&self, status: httparse::Result<usize>) -> Result<(), HandshakeError> {
        match status {
            Ok(httparse::Status::Complete(_)) => Ok(()),
            Ok(httparse::Status::Partial) => Err(self.malformed("incomplete")),
            Err(error) => Err(self.malformed(&error.to_string())),
        }
    }

    fn noun(&self) -> &'static str {
        match self.kind {
            Kind::Request => "request",
            Kind::Response => "response",
        }
    }

    fn malformed(&self, what: &str) -> HandshakeError {
        let noun = self.noun();
        HandshakeError::bad_request(format!("Not a well-formed HTTP/1.1 {noun}: {what}."))
    }

    /// RFC 6585 section 5.
    fn too_large(&self, limit: String) -> HandshakeError {
        let noun = self.noun();
        let message = format!("The head of the {noun} is over the limit of {limit}.");
        HandshakeError::new(431, message)
    }
}

/// Parses a request's whole head, which nothing follows.
///
/// ```
/// use ws4wasm::handshake::judge;
/// let head = b"GET /a HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Protocol: a, b\r\n\r\n";
/// let head = judge::read_request(head).unwrap();
/// assert_eq!((&head.method[..], &head.target[..]), ("GET", "/a"));
/// ```
///
/// # Errors
/// What is not HTTP/1.1 about it.
pub fn read_request(head: &[u8]) -> Result<RequestHead, HandshakeError> {
    let mut reader = HeadReader::new(Kind::Request, head.len(), head.len());
    match reader.push(head)? {
        Some(_) => reader.request(),
        None => Err(reader.malformed("incomplete")),
    }
}

/// Parses a response's whole head, which nothing follows.
///
/// ```
/// use ws4wasm::handshake::judge;
/// let head = judge::read_response(b"HTTP/1.1 403 Forbidden\r\n\r\n").unwrap();
/// assert_eq!(head.status, 403);
/// ```
///
/// # Errors
/// What is not HTTP/1.1 about it.
pub fn read_response(head: &[u8]) -> Result<ResponseHead, HandshakeError> {
    let mut reader = HeadReader::new(Kind::Response, head.len(), head.len());
    match reader.push(head)? {
        Some(_) => reader.response(),
        None => Err(reader.malformed("incomplete")),
    }
}
