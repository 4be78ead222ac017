//! HTTP/1.1 before the frames: where heads and bodies end, and what is wrong with a handshake.

use super::stream::Stream;
use crate::flow::{Direction, Time};
use crate::rules::Rule;
use ws4wasm::deflate::Parameters;
use ws4wasm::handshake::judge::{
    Offered, RequestRule, ResponseRule, answered_extensions, offered_extensions,
    offered_protocols, read_request, read_response,
};
use ws4wasm::handshake::{Extension, RequestHead, ResponseHead, accept_key};

/// A head may not be longer than this, or it is none.
pub const MAX_HEAD: usize = 64 * 1024;

/// A header field as it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// As received.
    pub name: String,
    /// Without whitespace around it; bytes as U+0000 to U+00FF.
    pub value: String,
    /// The line in the stream.
    pub offset: u64,
    /// Its length without the line end.
    pub length: u32,
}

impl Field {
    fn is_of_websocket(&self) -> bool {
        const START: &str = "sec-websocket";
        let start = self.name.get(..START.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(START))
    }
}

/// The head of a request or a response, read without judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Who sent it.
    pub direction: Direction,
    /// Its first byte in the stream.
    pub offset: u64,
    /// With the empty line at its end.
    pub length: u32,
    /// When its last byte came.
    pub time: Time,
    /// The first line.
    pub line: String,
    /// Its fields in order.
    pub fields: Vec<Field>,
    /// Bytes of it are missing: there may have been more fields.
    pub cut: bool,
}

/// Something wrong with a head.
pub struct Finding {
    pub rule: Rule,
    pub offset: u64,
    pub length: u32,
    pub text: String,
}

/// How the bytes behind a head end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    None,
    Length(u64),
    /// The line with the length of a chunk is next.
    Chunked,
    /// Inside a chunk: how many bytes are to come, its line end included.
    Chunk(u64),
    /// The lines behind the last chunk.
    Trailer,
    UntilEnd,
}

impl Head {
    /// Reads the head that begins at an offset. `Ok(None)` while it is not complete, an error
    /// when it is too long to be one.
    pub fn read(
        stream: &Stream,
        offset: u64,
        direction: Direction,
    ) -> Result<Option<Self>, ()> {
        let bytes = stream.from(offset);
        let bytes = &bytes[..bytes.len().min(MAX_HEAD)];
        let Some(length) = end_of_head(bytes) else {
            return if bytes.len() == MAX_HEAD {
                Err(())
            } else {
                Ok(None)
            };
        };
        Ok(Some(Self::parse(
            stream,
            offset,
            direction,
            &bytes[..length],
        )))
    }

    /// Reads what is there of a head that a hole cuts: its lines before that. None when that is
    /// not even the first one.
    pub fn read_cut(stream: &Stream, offset: u64, direction: Direction) -> Option<Self> {
        let bytes = stream.from(offset);
        let mut bytes = &bytes[..bytes.len().min(MAX_HEAD)];
        // Of a line that is cut, a name may be whole, a value never surely is.
        let last = bytes
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map(|at| at + 1);
        if last.is_some_and(|last| bytes[last..].contains(&b':')) {
            bytes = &bytes[..last?];
        }
        let mut head = Self::parse(stream, offset, direction, bytes);
        let known = match direction {
            Direction::ClientToServer => head.line.split(' ').count() > 2,
            Direction::ServerToClient => head.status() != 0,
        };
        head.cut = true;
        known.then_some(head)
    }

    fn parse(stream: &Stream, offset: u64, direction: Direction, bytes: &[u8]) -> Self {
        let length = bytes.len();
        let mut lines = Vec::new();
        let mut at = 0;
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            let shown = line.trim_ascii_end();
            lines.push((offset + at as u64, shown));
            at += line.len();
        }
        let text = |bytes: &[u8]| bytes.iter().copied().map(char::from).collect::<String>();
        // Empty lines may come before a request (RFC 9112 section 2.2).
        let mut lines = lines.into_iter().skip_while(|(_, line)| line.is_empty());
        let line = lines
            .next()
            .map_or_else(String::new, |(_, line)| text(line));
        let fields = lines
            .filter(|(_, line)| !line.is_empty())
            .map(|(offset, line)| {
                let colon = line
                    .iter()
                    .position(|&byte| byte == b':')
                    .unwrap_or(line.len());
                let value = line.get(colon + 1..).unwrap_or_default();
                Field {
                    name: text(&line[..colon]),
                    value: text(value.trim_ascii()),
                    offset,
                    length: line.len() as u32,
                }
            })
            .collect();
        let time = stream
            .segment(offset + length as u64 - 1)
            .map_or(0, |segment| segment.time);
        Self {
            direction,
            offset,
            length: length as u32,
            time,
            line,
            fields,
            cut: false,
        }
    }

    /// Offset behind it.
    pub const fn end(&self) -> u64 {
        self.offset + self.length as u64
    }

    fn words(&self) -> (&str, &str) {
        let mut words = self.line.splitn(3, ' ');
        (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        )
    }

    /// Of a request.
    pub fn method(&self) -> &str {
        self.words().0
    }

    /// Of a request.
    pub fn target(&self) -> &str {
        self.words().1
    }

    /// Of a response; 0 when there is none to be read.
    pub fn status(&self) -> u16 {
        self.words().1.parse().unwrap_or(0)
    }

    /// The fields of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Field> {
        self.fields
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
    }

    /// The first value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        let named = |field: &&Field| field.name.eq_ignore_ascii_case(name);
        self.fields
            .iter()
            .find(named)
            .map(|field| field.value.as_str())
    }

    fn has(&self, name: &str, token: &str) -> bool {
        let lists = self.all(name).flat_map(|field| field.value.split(','));
        lists
            .into_iter()
            .any(|element| element.trim().eq_ignore_ascii_case(token))
    }

    /// Whether it asks for a WebSocket, well or badly.
    pub fn asks_for_websocket(&self) -> bool {
        self.has("Upgrade", "websocket")
            || self.get("Sec-WebSocket-Key").is_some()
            || self.get("Sec-WebSocket-Version").is_some()
            || (self.cut && self.fields.iter().any(|field| field.is_of_websocket()))
    }

    /// RFC 9112 section 6.3.
    pub fn body(&self, answers: Option<&str>) -> Body {
        let is_response = self.direction == Direction::ServerToClient;
        let status = self.status();
        if is_response && (answers == Some("HEAD") || matches!(status, 100..=199 | 204 | 304)) {
            return Body::None;
        }
        if self.has("Transfer-Encoding", "chunked") {
            return Body::Chunked;
        }
        match self
            .get("Content-Length")
            .and_then(|length| length.parse().ok())
        {
            Some(length) => Body::Length(length),
            None if is_response => Body::UntilEnd,
            None => Body::None,
        }
    }

    fn raw<'a>(&self, stream: &'a Stream) -> &'a [u8] {
        stream.read(self.offset, u64::from(self.length))
    }

    pub(super) fn finding(
        &self,
        rule: Rule,
        field: Option<&str>,
        text: impl Into<String>,
    ) -> Finding {
        let field = field.and_then(|name| self.all(name).next());
        let (offset, length) = match field {
            Some(field) => (field.offset, field.length),
            None => (self.offset, self.line.len() as u32),
        };
        Finding {
            rule,
            offset,
            length,
            text: text.into(),
        }
    }

    /// What is wrong with a request for a WebSocket.
    pub fn judge_request(&self, stream: &Stream) -> (Vec<Finding>, Asked) {
        let mut findings = Vec::new();
        let mut asked = Asked::default();
        let head = match read_request(self.raw(stream)) {
            Ok(head) => head,
            Err(error) => {
                findings.push(self.finding(Rule::RequestMalformed, None, error.message));
                return (findings, asked);
            }
        };
        for rule in RequestRule::ALL {
            if let Err(error) = rule.check(&head) {
                let (rule, field) = Rule::of_request(rule);
                findings.push(self.finding(rule, field, error.message));
            }
        }
        asked.accept = head.headers.get("Sec-WebSocket-Key").map(accept_key);
        self.take_offers(&head, &mut asked, &mut findings);
        (findings, asked)
    }

    /// Subprotocols and extensions on offer.
    fn take_offers(&self, head: &RequestHead, asked: &mut Asked, findings: &mut Vec<Finding>) {
        asked.protocols = offered_protocols(&head.headers).unwrap_or_default();
        asked.extensions = offered_extensions(&head.headers).unwrap_or_default();
        for wrong in Parameters::wrong_offers(&asked.extensions) {
            let text = format!("The offer of permessage-deflate has {wrong}.");
            let field = Some("Sec-WebSocket-Extensions");
            findings.push(self.finding(Rule::DeflateOffer, field, text));
        }
    }

    /// What is wrong with an extended CONNECT (RFC 8441). What is the same in HTTP/1.1 is judged
    /// by the same rules, on the same fields.
    pub fn judge_connect(&self) -> (Vec<Finding>, Asked) {
        let mut findings = self.connect_findings();
        let mut asked = Asked::default();
        match read_request(&self.as_http1("GET / HTTP/1.1")) {
            Ok(head) => {
                for rule in [
                    RequestRule::Version,
                    RequestRule::Origin,
                    RequestRule::Protocols,
                    RequestRule::Extensions,
                ] {
                    if let Err(error) = rule.check(&head) {
                        let (rule, field) = Rule::of_request(rule);
                        findings.push(self.finding(rule, field, error.message));
                    }
                }
                self.take_offers(&head, &mut asked, &mut findings);
            }
            Err(error) => {
                findings.push(self.finding(Rule::RequestMalformed, None, error.message));
            }
        }
        (findings, asked)
    }

    /// The same of the answer, and what it agrees on.
    pub fn judge_connect_answer(
        &self,
        asked: Option<&Asked>,
    ) -> (Vec<Finding>, Option<Parameters>) {
        let mut findings = self.connect_answer_findings();
        if !self.agrees() {
            return (findings, None);
        }
        match read_response(&self.as_http1("HTTP/1.1 101 x")) {
            Ok(head) => {
                let rules = [ResponseRule::Extensions, ResponseRule::Protocol];
                self.judge_rules(&rules, &head, asked, &mut findings);
                let deflate = self.agreed(&head, asked, &mut findings);
                (findings, deflate)
            }
            Err(error) => {
                findings.push(self.finding(Rule::ResponseMalformed, None, error.message));
                (findings, None)
            }
        }
    }

    /// The fields of HTTP/2 behind a line of HTTP/1.1, less those that begin with a colon.
    fn as_http1(&self, line: &str) -> Vec<u8> {
        let mut text = format!("{line}\r\n");
        for field in self
            .fields
            .iter()
            .filter(|field| !field.name.starts_with(':'))
        {
            text.push_str(&format!("{}: {}\r\n", field.name, field.value));
        }
        text.push_str("\r\n");
        text.chars().map(|c| c as u8).collect()
    }

    /// It opens the WebSocket: 101, or 2xx in HTTP/2 (RFC 8441 section 5.1).
    pub fn agrees(&self) -> bool {
        match self.is_http2() {
            true => matches!(self.status(), 200..=299),
            false => self.status() == 101,
        }
    }

    /// Its fields are those of a stream of HTTP/2.
    pub fn is_http2(&self) -> bool {
        match self.direction {
            Direction::ClientToServer => self.line.ends_with(" HTTP/2"),
            Direction::ServerToClient => self.line.starts_with("HTTP/2 "),
        }
    }

    /// What is wrong with the answer to it, and what it agrees on.
    pub fn judge_response(
        &self,
        stream: &Stream,
        asked: Option<&Asked>,
    ) -> (Vec<Finding>, Option<Parameters>) {
        let mut findings = Vec::new();
        let head = match read_response(self.raw(stream)) {
            Ok(head) => head,
            Err(error) => {
                findings.push(self.finding(Rule::ResponseMalformed, None, error.message));
                return (findings, None);
            }
        };
        if !self.judge_rules(&ResponseRule::ALL, &head, asked, &mut findings) {
            // An answer that refuses need not be more.
            return (findings, None);
        }
        let deflate = self.agreed(&head, asked, &mut findings);
        (findings, deflate)
    }

    /// False when it refuses.
    fn judge_rules(
        &self,
        rules: &[ResponseRule],
        head: &ResponseHead,
        asked: Option<&Asked>,
        findings: &mut Vec<Finding>,
    ) -> bool {
        let none = Asked::default();
        let held_against = asked.unwrap_or(&none);
        let offered = Offered {
            accept: held_against.accept.as_deref().unwrap_or_default(),
            protocols: &held_against.protocols,
            extensions: &held_against.extensions,
        };
        for &rule in rules {
            let needs_request = matches!(
                rule,
                ResponseRule::Accept | ResponseRule::Extensions | ResponseRule::Protocol
            );
            if needs_request
                && (asked.is_none()
                    || (rule == ResponseRule::Accept && held_against.accept.is_none()))
            {
                continue;
            }
            if let Err(error) = rule.check(head, &offered) {
                let (rule, field) = Rule::of_response(rule);
                findings.push(self.finding(rule, field, error.message));
                if rule == Rule::ResponseStatus {
                    return false;
                }
            }
        }
        true
    }

    /// What the answer agrees on of permessage-deflate.
    fn agreed(
        &self,
        head: &ResponseHead,
        asked: Option<&Asked>,
        findings: &mut Vec<Finding>,
    ) -> Option<Parameters> {
        let answers = answered_extensions(head).unwrap_or_default();
        let agreed = match asked {
            Some(asked) => Parameters::negotiated(&asked.extensions, &answers),
            None => Parameters::default().agreed(&answers),
        };
        agreed.unwrap_or_else(|what| {
            let text = format!("The answer's permessage-deflate has {what}.");
            let field = Some("Sec-WebSocket-Extensions");
            findings.push(self.finding(Rule::DeflateAnswer, field, text));
            // Both sides may well go on with it.
            Parameters::default()
                .agreed(&answers)
                .unwrap_or(Some(Parameters::default()))
        })
    }
}

/// What a request has asked for, to hold the answer against.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub accept: Option<String>,
    pub protocols: Vec<String>,
    pub extensions: Vec<Extension>,
}

/// The length of the head that these bytes begin with, its empty line included.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let blank = bytes
        .iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'))
        .count();
    let mut at = blank;
    loop {
        let line = bytes[at..].iter().position(|&byte| byte == b'\n')?;
        at += line + 1;
        match bytes.get(at..)? {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
}

impl Body {
    /// Goes on in a body. The new offset, and the new state; `None` when it is complete.
    pub fn skip(self, stream: &Stream, at: u64) -> (u64, Option<Self>) {
        let available = stream.end().saturating_sub(at);
        let line = |at: u64| {
            let bytes = stream.read(at, 4096);
            bytes
                .iter()
                .position(|&byte| byte == b'\n')
                .map(|end| &bytes[..=end])
        };
        match self {
            Self::None | Self::Length(0) => (at, None),
            Self::UntilEnd => (stream.end(), Some(self)),
            Self::Length(left) => {
                let take = left.min(available);
                (
                    at + take,
                    (left > take).then_some(Self::Length(left - take)),
                )
            }
            Self::Chunk(left) => {
                let take = left.min(available);
                let next = if left > take {
                    Self::Chunk(left - take)
                } else {
                    Self::Chunked
                };
                (at + take, Some(next))
            }
            Self::Chunked => match line(at) {
                None => (at, Some(self)),
                Some(text) => {
                    let digits = text.split(|byte| !byte.is_ascii_hexdigit()).next();
                    let digits = std::str::from_utf8(digits.unwrap_or_default()).unwrap_or("");
                    let next = match u64::from_str_radix(digits, 16) {
                        Ok(0) => Self::Trailer,
                        Ok(length) => Self::Chunk(length.saturating_add(2)),
                        Err(_) => Self::UntilEnd,
                    };
                    (at + text.len() as u64, Some(next))
                }
            },
            Self::Trailer => match line(at) {
                None => (at, Some(self)),
                Some(text) => {
                    let next = (!text.trim_ascii().is_empty()).then_some(self);
                    (at + text.len() as u64, next)
                }
            },
        }
    }
}
