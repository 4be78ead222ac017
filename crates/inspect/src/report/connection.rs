use super::frame::close_reason;
use super::{Both, Violation, direction_name};
use crate::Inspection;
use crate::connection::{self as parts, Head, Transport};
use crate::flow::{self, Direction, End};
use crate::rules::{Rule, Severity};
use serde::Serialize;
use ws4wasm::deflate::Parameters;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Endpoint {
    pub address: String,
    pub port: u16,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeflateParameters {
    pub server_no_context_takeover: bool,
    pub client_no_context_takeover: bool,
    pub server_max_window_bits: u8,
    pub client_max_window_bits: u8,
    pub guessed: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Close {
    pub code: u16,
    pub reason: String,
    pub frame: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CloseCode {
    pub client: u16,
    pub server: u16,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tls {
    pub version: Option<&'static str>,
    pub cipher: Option<&'static str>,
    pub server_name: Option<String>,
    pub alpn: Option<String>,
    pub early_data: bool,
    pub decrypted: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Http2 {
    pub connection: u32,
    pub stream: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    pub connection: u32,
    pub client: Endpoint,
    pub server: Endpoint,
    pub client_known: bool,
    pub from_start: bool,
    pub opened: f64,
    pub last: f64,
    pub ended: Both<Option<&'static str>>,
    pub verdict: &'static str,
    pub transport: &'static str,
    pub evidence: Option<&'static str>,
    pub tls: Option<Tls>,
    pub http2: Option<Http2>,
    pub explanation: Option<String>,
    pub url: Option<String>,
    pub status: Option<u16>,
    pub subprotocol: Option<String>,
    pub deflate: Option<DeflateParameters>,
    pub extensions: Option<String>,
    pub frames: Both<u32>,
    pub messages: Both<u32>,
    pub bytes: Both<f64>,
    pub close: Both<Option<Close>>,
    pub close_code: Option<CloseCode>,
    pub errors: u32,
    pub warnings: u32,
    pub gaps: u32,
    pub truncated: bool,
}

#[derive(Debug, Serialize)]
pub struct HttpField {
    pub name: String,
    pub value: String,
    pub offset: f64,
    pub length: u32,
    pub meaning: Option<&'static str>,
    pub section: Option<&'static str>,
    pub violations: Vec<Violation>,
}

#[derive(Debug, Serialize)]
pub struct HttpHead {
    pub direction: &'static str,
    pub offset: f64,
    pub length: u32,
    pub time: f64,
    pub line: String,
    pub method: Option<String>,
    pub target: Option<String>,
    pub status: Option<u16>,
    pub headers: Vec<HttpField>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Handshake {
    pub request: Option<HttpHead>,
    pub response: Option<HttpHead>,
    pub expected_accept: Option<String>,
    pub before: Vec<HttpHead>,
    pub violations: Vec<Violation>,
}

/// What the fields of a handshake do: name, meaning, section of RFC 6455.
const FIELDS: [(&str, &str, &str); 10] = [
    (
        "Host",
        "The host, and port, that the client wants to reach",
        "4.1",
    ),
    (
        "Upgrade",
        "Asks for, or agrees on, the change to WebSocket",
        "4.1",
    ),
    (
        "Connection",
        "Says that Upgrade is for this hop only",
        "4.1",
    ),
    (
        "Sec-WebSocket-Key",
        "16 random bytes in base64 that the answer must prove to have read",
        "4.1",
    ),
    (
        "Sec-WebSocket-Version",
        "The version of the protocol: 13",
        "4.1",
    ),
    (
        "Sec-WebSocket-Accept",
        "SHA-1 of the key and a constant, in base64",
        "4.2.2",
    ),
    (
        "Sec-WebSocket-Protocol",
        "Subprotocols on offer, or the one that was chosen",
        "4.1",
    ),
    (
        "Sec-WebSocket-Extensions",
        "Extensions on offer, or those agreed on",
        "9.1",
    ),
    (
        "Origin",
        "The page that asks; every browser sends it",
        "10.2",
    ),
    ("Cookie", "Credentials, as with any request", "10.5"),
];

fn endpoint(endpoint: &flow::Endpoint) -> Endpoint {
    Endpoint {
        address: endpoint.address.clone(),
        port: endpoint.port,
    }
}

const fn end_name(end: End) -> &'static str {
    match end {
        End::Fin => "fin",
        End::Reset => "reset",
        End::Cut => "cut",
    }
}

fn deflate(parameters: &Parameters, guessed: bool) -> DeflateParameters {
    DeflateParameters {
        server_no_context_takeover: parameters.server_no_context_takeover,
        client_no_context_takeover: parameters.client_no_context_takeover,
        server_max_window_bits: parameters.server_max_window_bits,
        client_max_window_bits: parameters.client_max_window_bits,
        guessed,
    }
}

impl Inspection {
    /// All connections.
    pub fn report_connections(&self) -> Vec<Connection> {
        let mut counts = vec![(0, 0); self.connection_count() as usize];
        for (_, violation) in self.store.violations.iter_from(0) {
            if let Some(count) = counts.get_mut(violation.connection as usize) {
                match violation.rule.describe().severity {
                    Severity::Error => count.0 += 1,
                    Severity::Warning => count.1 += 1,
                    Severity::Hint => {}
                }
            }
        }
        let one =
            |(number, connection)| self.report_one(number, connection, counts[number as usize]);
        self.connections().map(one).collect()
    }

    /// One connection.
    pub fn report_connection(&self, number: u32) -> Option<Connection> {
        let connection = self.connection(number)?;
        let mut count = (0, 0);
        for (_, violation) in self.store.violations.iter_from(0) {
            if violation.connection == number {
                match violation.rule.describe().severity {
                    Severity::Error => count.0 += 1,
                    Severity::Warning => count.1 += 1,
                    Severity::Hint => {}
                }
            }
        }
        Some(self.report_one(number, connection, count))
    }

    fn report_one(
        &self,
        number: u32,
        connection: &parts::Connection,
        (errors, warnings): (u32, u32),
    ) -> Connection {
        let handshake = &connection.handshake;
        let response = handshake.response.as_ref();
        let status = response.map(Head::status);
        let refused = response.is_some_and(|response| !response.agrees());
        let verdict = match (connection.transport, status, errors, warnings) {
            _ if refused => "refused",
            (Transport::WebSocket, _, 0, 0) => "ok",
            (Transport::WebSocket, _, 0, _) => "warning",
            (Transport::WebSocket, ..) => "error",
            _ => "other",
        };
        let guessed = || {
            let contexts = Direction::BOTH
                .into_iter()
                .filter_map(|d| connection.frames(d));
            let guessed = contexts
                .filter_map(|f| f.deflate.as_ref())
                .any(|context| context.guessed);
            guessed.then(|| deflate(&Parameters::default(), true))
        };
        let field = |name| response.and_then(|r| r.get(name)).map(str::to_owned);
        let host = handshake
            .request
            .as_ref()
            .and_then(|request| request.get("Host").or(request.get(":authority")));
        let opened = &connection.opened;
        let url = handshake.request.as_ref().map(|request| match host {
            Some(host) if request.target().starts_with('/') => {
                let scheme = if connection.is_secure() { "wss" } else { "ws" };
                format!("{scheme}://{host}{}", request.target())
            }
            _ => request.target().to_owned(),
        });
        let carrier = connection
            .carrier
            .and_then(|(number, _)| self.connection(number));
        let tls = connection
            .tls
            .as_ref()
            .or(carrier.and_then(|carrier| carrier.tls.as_ref()));
        Connection {
            connection: number,
            client: endpoint(&opened.client),
            server: endpoint(&opened.server),
            client_known: opened.client_known,
            from_start: opened.from_start,
            opened: self.since_start(opened.time),
            last: self.since_start(connection.last),
            ended: Both::of(|d| connection.ended[d as usize].map(end_name)),
            verdict,
            transport: connection.transport.name(),
            evidence: connection.evidence.map(parts::Evidence::name),
            http2: connection
                .carrier
                .map(|(connection, stream)| Http2 { connection, stream }),
            tls: tls.map(|tls| {
                let summary = tls.summary();
                Tls {
                    version: summary.version,
                    cipher: summary.cipher,
                    server_name: summary.server_name.map(str::to_owned),
                    alpn: summary.alpn.map(str::to_owned),
                    early_data: summary.early_data,
                    decrypted: summary.decrypted,
                }
            }),
            explanation: connection.tls.as_ref().and_then(|tls| tls.explanation()),
            url: url.or_else(|| opened.url.clone()),
            status,
            subprotocol: field("Sec-WebSocket-Protocol"),
            deflate: handshake
                .deflate
                .map(|agreed| deflate(&agreed, false))
                .or_else(guessed),
            extensions: field("Sec-WebSocket-Extensions"),
            frames: Both::of(|d| connection.frames(d).map_or(0, |frames| frames.frames)),
            messages: Both::of(|d| connection.frames(d).map_or(0, |frames| frames.messages)),
            bytes: Both::of(|d| connection.bytes[d as usize] as f64),
            close: Both::of(|d| self.report_close(connection, d)),
            close_code: connection
                .close_codes()
                .map(|[client, server]| CloseCode { client, server }),
            errors,
            warnings,
            gaps: connection.gaps,
            truncated: connection.truncated,
        }
    }

    fn report_close(
        &self,
        connection: &parts::Connection,
        direction: Direction,
    ) -> Option<Close> {
        let close = connection.frames(direction)?.close?;
        let frame = self.store.frames.get(close.frame)?;
        Some(Close {
            code: close.code,
            reason: close_reason(connection, frame),
            frame: close.frame,
        })
    }

    /// The opening handshake of a connection, and what is wrong with it.
    pub fn report_handshake(&self, number: u32) -> Option<Handshake> {
        let connection = self.connection(number)?;
        let handshake = &connection.handshake;
        let is_its = |rule: Rule| rule.describe().tags.contains(&"handshake");
        let found = |from: f64, length: u32, direction: &str| {
            let all =
                self.violations(0, usize::MAX, |v| v.connection == number && is_its(v.rule));
            let inside =
                |v: &Violation| v.offset >= from && v.offset < from + f64::from(length.max(1));
            all.into_iter()
                .filter(|v| v.direction == direction && inside(v))
                .collect()
        };
        let head = |head: &Head| {
            let is_request = head.direction == Direction::ClientToServer;
            let direction = direction_name(head.direction);
            let headers = head.fields.iter().map(|field| {
                let known = FIELDS
                    .iter()
                    .find(|(name, ..)| field.name.eq_ignore_ascii_case(name));
                HttpField {
                    name: field.name.clone(),
                    value: field.value.clone(),
                    offset: field.offset as f64,
                    length: field.length,
                    meaning: known.map(|(_, meaning, _)| *meaning),
                    section: known.map(|(.., section)| *section),
                    violations: found(field.offset as f64, field.length, direction),
                }
            });
            HttpHead {
                direction,
                offset: head.offset as f64,
                length: head.length,
                time: self.since_start(head.time),
                line: head.line.clone(),
                method: is_request.then(|| head.method().to_owned()),
                target: is_request.then(|| head.target().to_owned()),
                status: (!is_request).then(|| head.status()),
                headers: headers.collect(),
            }
        };
        Some(Handshake {
            request: handshake.request.as_ref().map(head),
            response: handshake.response.as_ref().map(head),
            expected_accept: handshake.accept().map(str::to_owned),
            before: handshake.before.iter().map(head).collect(),
            violations: self
                .violations(0, usize::MAX, |v| v.connection == number && is_its(v.rule)),
        })
    }
}
