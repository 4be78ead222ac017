//! The events of a net-log that are looked at, in the shapes that Chromium gives them
//! (net/log/file_net_log_observer.cc, net/log/net_log_event_type_list.h).

use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;

/// What the numbers in the events mean.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Constants {
    pub log_event_types: HashMap<String, u32>,
    /// Milliseconds since 1970 at tick 0. A string in logs of older versions.
    #[serde(default)]
    pub time_tick_offset: Number,
}

/// A number, or a string that spells it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Number(pub f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either<'a> {
            Number(f64),
            #[serde(borrow)]
            Text(Cow<'a, str>),
        }
        match Either::deserialize(json)? {
            Either::Number(number) => Ok(Self(number)),
            Either::Text(text) => text.parse().map(Self).map_err(serde::de::Error::custom),
        }
    }
}

/// Of whatever kind an event is.
#[derive(Debug, Deserialize)]
pub(super) struct Event {
    pub source: Source,
    pub time: Number,
    #[serde(rename = "type")]
    pub kind: u32,
    #[serde(default)]
    pub phase: u32,
}

/// Phase of an event: something begins.
pub(super) const BEGIN: u32 = 1;
/// It ends.
pub(super) const END: u32 = 2;

#[derive(Debug, Deserialize)]
pub(super) struct Source {
    /// Below 0 for those of other processes.
    pub id: i64,
}

/// What an event says, where its kind is one of [`Kind`].
#[derive(Debug, Deserialize)]
pub(super) struct With<T> {
    pub params: Option<T>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Bytes<'a> {
    #[serde(default)]
    pub byte_count: u64,
    #[serde(borrow, default)]
    pub bytes: Option<Cow<'a, str>>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Connected {
    #[serde(default)]
    pub local_address: String,
    #[serde(default)]
    pub remote_address: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Failed {
    #[serde(default)]
    pub net_error: i32,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Url {
    #[serde(default)]
    pub url: String,
}

/// The head of a request or a response.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Head {
    /// The first line of a request; that of a response is the first of `headers`.
    #[serde(default)]
    pub line: String,
    #[serde(default)]
    pub headers: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FrameHeader {
    #[serde(rename = "final")]
    pub fin: bool,
    pub masked: bool,
    pub opcode: u8,
    pub payload_length: u64,
    pub reserved1: bool,
    pub reserved2: bool,
    pub reserved3: bool,
}

/// The kinds of events that are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Alive,
    Connect,
    Tls,
    Sent,
    Received,
    TlsSent,
    TlsReceived,
    ReadError,
    RequestStart,
    RequestHead,
    ResponseHead,
    FrameSent,
    FrameReceived,
}

impl Kind {
    pub const NAMES: [(&'static str, Self); 13] = [
        ("SOCKET_ALIVE", Self::Alive),
        ("TCP_CONNECT", Self::Connect),
        ("SSL_CONNECT", Self::Tls),
        ("SOCKET_BYTES_SENT", Self::Sent),
        ("SOCKET_BYTES_RECEIVED", Self::Received),
        ("SSL_SOCKET_BYTES_SENT", Self::TlsSent),
        ("SSL_SOCKET_BYTES_RECEIVED", Self::TlsReceived),
        ("SOCKET_READ_ERROR", Self::ReadError),
        ("URL_REQUEST_START_JOB", Self::RequestStart),
        ("HTTP_TRANSACTION_SEND_REQUEST_HEADERS", Self::RequestHead),
        ("HTTP_TRANSACTION_READ_RESPONSE_HEADERS", Self::ResponseHead),
        ("WEBSOCKET_SENT_FRAME_HEADER", Self::FrameSent),
        ("WEBSOCKET_RECV_FRAME_HEADER", Self::FrameReceived),
    ];
}
