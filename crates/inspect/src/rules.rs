//! The rules that the inspector knows, and what it says of a case where one is broken.
//!
//! What a frame may be is decided by the engine itself; here its errors get the section that
//! they come from. Added are the rules of the handshake, which it decides as well, and what
//! only a third party can see.

use super::flow::Direction;
use ws4wasm::Error;
use ws4wasm::handshake::judge::{RequestRule, ResponseRule};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Severity {
    /// Worth knowing, nobody's fault.
    Hint = 0,
    /// Allowed, or nobody can tell, but likely not meant.
    Warning = 1,
    /// A peer has broken a rule.
    Error = 2,
}

impl Severity {
    /// As the JavaScript API says it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hint => "hint",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What a rule is and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Description {
    /// Its name; those of [`Error`] keep theirs.
    pub name: &'static str,
    /// How bad it is to break it.
    pub severity: Severity,
    /// Where it stands.
    pub rfc: &'static str,
    /// The section there.
    pub section: &'static str,
    /// What it demands.
    pub summary: &'static str,
    /// What `err:` in a filter finds it by.
    pub tags: &'static [&'static str],
    /// The engine's error, for its close code.
    error: Option<Error>,
}

impl Description {
    /// The close code that is due (RFC 6455 section 7.4.1), if any.
    pub fn close_code(&self) -> Option<u16> {
        self.error.map(|error| error.close_code())
    }
}

macro_rules! rules {
    (@error) => { None };
    (@error $error:expr) => { Some($error) };
    ($($name:ident $severity:ident $rfc:literal $section:literal [$($tag:literal)*] $summary:literal $(=> $error:expr)?;)*) => {
        /// Names a rule.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "the table says what each is")]
        pub enum Rule { $($name),* }

        impl Rule {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its line of the table.
            pub fn describe(self) -> &'static Description {
                &TABLE[self as usize]
            }
        }

        static TABLE: &[Description] = &[$(Description {
            name: stringify!($name),
            severity: Severity::$severity,
            rfc: concat!("RFC ", $rfc),
            section: $section,
            summary: $summary,
            tags: &[$($tag),*],
            error: rules!(@error $($error)?),
        }),*];
    };
}

rules! {
    // Frames.
    ReservedBits Error "6455" "5.2" ["rsv"] "RSV1, RSV2 and RSV3 must be 0 unless an extension that was negotiated defines them." => Error::ReservedBits(7);
    Rsv1NotFirst Error "7692" "6" ["rsv" "deflate"] "RSV1 is set on the first frame of a message only, and never on a control frame." => Error::ReservedBits(4);
    ReservedOpcode Error "6455" "5.2" ["opcode"] "Opcodes 3-7 and 11-15 are reserved." => Error::ReservedOpcode(3);
    FragmentedControl Error "6455" "5.5" ["control" "fragment" "fin"] "Control frames must not be fragmented." => Error::FragmentedControl;
    ControlTooLong Error "6455" "5.5" ["control" "length"] "Control frames have a payload of 125 bytes or less." => Error::ControlTooLong;
    NonMinimalLength Error "6455" "5.2" ["length"] "The payload length is written in as few bytes as it needs." => Error::NonMinimalLength(0);
    LengthTopBit Error "6455" "5.2" ["length"] "The most significant bit of a 64-bit length must be 0." => Error::LengthTopBit;
    MaskMissing Error "6455" "5.1" ["mask"] "A client masks all frames that it sends." => Error::MaskMissing;
    MaskForbidden Error "6455" "5.1" ["mask"] "A server masks no frame." => Error::MaskForbidden;
    UnexpectedContinuation Error "6455" "5.4" ["fragment"] "A continuation frame continues a message that an earlier frame has begun." => Error::UnexpectedContinuation;
    ExpectedContinuation Error "6455" "5.4" ["fragment"] "The fragments of one message are not mixed with those of another." => Error::ExpectedContinuation;
    AfterClose Error "6455" "5.5.1" ["close"] "After a close frame nothing more is sent.";
    CloseBodyTooShort Error "6455" "5.5.1" ["close"] "The body of a close frame is empty, or begins with a code of two bytes." => Error::CloseBodyTooShort;
    CloseCode Error "6455" "7.4" ["close" "code"] "A close frame carries 1000-1003, 1007-1014 or 3000-4999." => Error::CloseCode(0);
    CloseReason Error "6455" "5.5.1" ["close" "utf8"] "The reason of a close frame is UTF-8." => Error::CloseReason { index: 0 };
    Text Error "6455" "8.1" ["utf8" "text"] "A text message is UTF-8." => Error::Text { index: 0 };
    Inflate Error "7692" "7.2.2" ["deflate"] "A compressed message is DEFLATE, less its last four bytes 00 00 ff ff." => Error::Inflate;
    // Limits that the caller has set.
    FrameTooLarge Error "6455" "7.4.1" ["limit" "length"] "A frame is no larger than its receiver takes." => Error::FrameTooLarge { length: 0, limit: 0 };
    MessageTooLarge Error "6455" "7.4.1" ["limit" "length"] "A message is no larger than its receiver takes." => Error::MessageTooLarge { length: 0, limit: 0 };
    TooManyFragments Error "6455" "7.4.1" ["limit" "fragment"] "A message comes in no more fragments than its receiver takes." => Error::TooManyFragments { limit: 0 };
    // The handshake.
    EarlyData Error "6455" "4.1" ["handshake"] "A client waits for the answer before it sends anything more.";
    RequestMalformed Error "6455" "4.1" ["handshake" "http"] "The handshake is a well-formed HTTP/1.1 request.";
    RequestMethod Error "6455" "4.1" ["handshake"] "The method of the request is GET.";
    RequestVersion Error "6455" "4.1" ["handshake"] "The request is HTTP/1.1 or higher.";
    RequestTarget Error "6455" "4.1" ["handshake"] "The target of the request is a path or an http URL.";
    RequestHost Error "6455" "4.1" ["handshake"] "The request has one Host header.";
    RequestUpgrade Error "6455" "4.1" ["handshake"] "The request's Upgrade header has websocket.";
    RequestConnection Error "6455" "4.1" ["handshake"] "The request's Connection header has Upgrade.";
    RequestBody Error "6455" "4.1" ["handshake"] "The request has no body.";
    RequestWsVersion Error "6455" "4.1" ["handshake"] "Sec-WebSocket-Version is 13.";
    RequestKey Error "6455" "4.1" ["handshake"] "Sec-WebSocket-Key is 16 bytes in base64.";
    RequestOrigin Error "6455" "4.1" ["handshake"] "There is at most one Origin header.";
    RequestProtocols Error "6455" "4.1" ["handshake" "protocol"] "Sec-WebSocket-Protocol lists tokens, each once.";
    RequestExtensions Error "6455" "9.1" ["handshake" "extension"] "Sec-WebSocket-Extensions follows its grammar.";
    DeflateOffer Warning "7692" "7.1" ["handshake" "extension" "deflate"] "An offer of permessage-deflate has parameters that RFC 7692 defines, each once, with values as they should be; others are declined.";
    ResponseMalformed Error "6455" "4.2.2" ["handshake" "http"] "The answer is well-formed HTTP/1.1.";
    ResponseStatus Warning "6455" "4.1" ["handshake"] "A server that accepts answers 101.";
    ResponseVersion Error "6455" "4.2.2" ["handshake"] "The answer is HTTP/1.1.";
    ResponseUpgrade Error "6455" "4.2.2" ["handshake"] "The answer's Upgrade header is websocket.";
    ResponseConnection Error "6455" "4.2.2" ["handshake"] "The answer's Connection header has Upgrade.";
    ResponseAccept Error "6455" "4.2.2" ["handshake"] "Sec-WebSocket-Accept answers the key of the request.";
    ResponseExtensions Error "6455" "4.2.2" ["handshake" "extension"] "The answer names extensions that were offered, each once.";
    ResponseProtocol Error "6455" "4.2.2" ["handshake" "protocol"] "The answer names one of the subprotocols that were offered.";
    DeflateAnswer Error "7692" "7.1" ["handshake" "extension" "deflate"] "The answer's permessage-deflate keeps to an offer.";
    // The handshake in HTTP/2.
    ConnectNotEnabled Error "8441" "3" ["handshake" "http2"] "A client uses :protocol after the server has sent SETTINGS_ENABLE_CONNECT_PROTOCOL = 1.";
    ConnectSetting Error "8441" "3" ["handshake" "http2"] "SETTINGS_ENABLE_CONNECT_PROTOCOL is 0 or 1, and not 0 after it was 1.";
    ConnectRequest Error "8441" "4" ["handshake" "http2"] "The request is a CONNECT with :protocol = websocket, :scheme, :path and :authority.";
    ConnectScheme Error "8441" "5" ["handshake" "http2"] ":scheme is https for wss: and http for ws:.";
    ConnectFields Error "8441" "5" ["handshake" "http2"] "Connection, Upgrade and Host are not part of HTTP/2.";
    ConnectKey Warning "8441" "5" ["handshake" "http2"] "Sec-WebSocket-Key and Sec-WebSocket-Accept have no part in HTTP/2.";
    ConnectStatus Warning "8441" "5" ["handshake" "http2"] "A server that accepts answers 2xx.";
    // What only a third party sees.
    PongUnmatched Warning "6455" "5.5.3" ["pong" "control"] "A pong repeats the payload of a ping; unasked ones are allowed and mean nothing.";
    MaskRepeated Warning "6455" "5.3" ["mask"] "Each frame has a fresh masking key that cannot be foreseen.";
    NoClose Warning "6455" "7.1.1" ["close" "end"] "A WebSocket is closed by close frames before TCP is.";
    EndInFrame Warning "6455" "7.1.7" ["end"] "The connection ended inside a frame or a message.";
    FramingLost Warning "6455" "5.2" ["framing"] "From here on nobody can tell where frames begin.";
    HandshakeUnseen Hint "6455" "1.3" ["handshake" "gap"] "A part of the opening handshake is missing in the capture, and is not judged.";
    Hole Hint "6455" "5.2" ["gap"] "Bytes are missing in the capture.";
    NotInflated Hint "7692" "7.2.2" ["deflate"] "The message points back to messages that were not seen, or is too large to be inflated here.";
}

impl Rule {
    /// The rule of an engine's error.
    pub const fn of(error: &Error) -> Self {
        match error {
            Error::ReservedBits(_) => Self::ReservedBits,
            Error::ReservedOpcode(_) => Self::ReservedOpcode,
            Error::FragmentedControl => Self::FragmentedControl,
            Error::ControlTooLong => Self::ControlTooLong,
            Error::NonMinimalLength(_) => Self::NonMinimalLength,
            Error::LengthTopBit => Self::LengthTopBit,
            Error::MaskMissing => Self::MaskMissing,
            Error::MaskForbidden => Self::MaskForbidden,
            Error::UnexpectedContinuation => Self::UnexpectedContinuation,
            Error::ExpectedContinuation => Self::ExpectedContinuation,
            Error::CloseBodyTooShort => Self::CloseBodyTooShort,
            Error::CloseCode(_) => Self::CloseCode,
            Error::CloseReason { .. } => Self::CloseReason,
            Error::Text { .. } => Self::Text,
            Error::Inflate => Self::Inflate,
            Error::FrameTooLarge { .. } => Self::FrameTooLarge,
            Error::MessageTooLarge { .. } => Self::MessageTooLarge,
            Error::TooManyFragments { .. } => Self::TooManyFragments,
            // None today: what the engine stops at, nothing after it can be relied on.
            _ => Self::FramingLost,
        }
    }

    /// The rule of the handshake's request, and the header that is concerned; none for the
    /// request line.
    pub(super) const fn of_request(rule: RequestRule) -> (Self, Option<&'static str>) {
        match rule {
            RequestRule::Method => (Self::RequestMethod, None),
            RequestRule::HttpVersion => (Self::RequestVersion, None),
            RequestRule::Target => (Self::RequestTarget, None),
            RequestRule::Host => (Self::RequestHost, Some("Host")),
            RequestRule::Upgrade => (Self::RequestUpgrade, Some("Upgrade")),
            RequestRule::Connection => (Self::RequestConnection, Some("Connection")),
            RequestRule::Body => (Self::RequestBody, Some("Content-Length")),
            RequestRule::Version => (Self::RequestWsVersion, Some("Sec-WebSocket-Version")),
            RequestRule::Key => (Self::RequestKey, Some("Sec-WebSocket-Key")),
            RequestRule::Origin => (Self::RequestOrigin, Some("Origin")),
            RequestRule::Protocols => (Self::RequestProtocols, Some("Sec-WebSocket-Protocol")),
            RequestRule::Extensions => {
                (Self::RequestExtensions, Some("Sec-WebSocket-Extensions"))
            }
        }
    }

    /// The same for the answer.
    pub(super) const fn of_response(rule: ResponseRule) -> (Self, Option<&'static str>) {
        match rule {
            ResponseRule::Status => (Self::ResponseStatus, None),
            ResponseRule::HttpVersion => (Self::ResponseVersion, None),
            ResponseRule::Upgrade => (Self::ResponseUpgrade, Some("Upgrade")),
            ResponseRule::Connection => (Self::ResponseConnection, Some("Connection")),
            ResponseRule::Accept => (Self::ResponseAccept, Some("Sec-WebSocket-Accept")),
            ResponseRule::Extensions => {
                (Self::ResponseExtensions, Some("Sec-WebSocket-Extensions"))
            }
            ResponseRule::Protocol => (Self::ResponseProtocol, Some("Sec-WebSocket-Protocol")),
        }
    }
}

/// What bytes look like that should have been a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// An HTTP request: 'G' is RSV1 and opcode 7.
    HttpRequest,
    /// An HTTP response: 'H' is RSV1 and opcode 8.
    HttpResponse,
    /// The preface of HTTP/2.
    Http2,
    /// A TLS record.
    Tls,
    /// A gzip file.
    Gzip,
    /// Zstandard.
    Zstd,
    /// JSON or other text without a frame around it.
    Text,
    /// The payload inflates although permessage-deflate was not agreed on.
    Deflate,
    /// A version of the protocol before RFC 6455: 00, text, ff.
    Hixie,
}

impl Hint {
    /// In a sentence.
    pub const fn text(self) -> &'static str {
        match self {
            Self::HttpRequest => {
                "These bytes look like an HTTP request: G (0x47) reads as RSV1 and opcode 7."
            }
            Self::HttpResponse => {
                "These bytes look like an HTTP response: H (0x48) reads as RSV1 and opcode 8, a close frame."
            }
            Self::Http2 => "These bytes look like the preface of HTTP/2.",
            Self::Tls => {
                "These bytes look like a TLS record: the traffic is encrypted, or wss: was spoken to a port for ws:."
            }
            Self::Gzip => "These bytes look like gzip.",
            Self::Zstd => "These bytes look like Zstandard.",
            Self::Text => "These bytes look like plain text without a frame around it.",
            Self::Deflate => {
                "The payload inflates: the sender compresses although permessage-deflate was not agreed on."
            }
            Self::Hixie => {
                "These bytes look like a frame of a draft before RFC 6455 (00, text, ff)."
            }
        }
    }
}

/// A rule that was broken, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which rule.
    pub rule: Rule,
    /// Number of the connection.
    pub connection: u32,
    /// Whose bytes they are.
    pub direction: Direction,
    /// First byte concerned, in its direction's stream.
    pub offset: u64,
    /// How many bytes are concerned.
    pub length: u32,
    /// First bit concerned of the first byte, 0 the most significant, and how many.
    pub bits: (u8, u8),
    /// The byte that shows it: there a strict receiver stops.
    pub seen: u64,
    /// Number of the frame.
    pub frame: Option<u32>,
    /// Number of the message.
    pub message: Option<u32>,
    /// The engine's error.
    pub error: Option<Error>,
    /// What there is to say of this case beyond the rule.
    pub text: Option<Box<str>>,
    /// What the bytes look like instead.
    pub hint: Option<Hint>,
}

impl Violation {
    /// One sentence about this case.
    pub fn sentence(&self) -> String {
        match (&self.text, &self.error) {
            (Some(text), _) => text.to_string(),
            (None, Some(error)) => {
                let text = error.to_string();
                let mut chars = text.chars();
                let first = chars.next().map(|c| c.to_ascii_uppercase());
                first.into_iter().chain(chars).chain(['.']).collect()
            }
            (None, None) => self.rule.describe().summary.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let mut names = Vec::new();
        for &rule in Rule::ALL {
            let described = rule.describe();
            assert!(!described.tags.is_empty(), "{rule:?}");
            assert!(described.summary.ends_with('.'), "{rule:?}");
            assert!(described.section.starts_with(|c: char| c.is_ascii_digit()));
            names.push(described.name);
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Rule::ALL.len());
    }

    #[test]
    fn errors_have_the_rule_of_their_name() {
        for &rule in Rule::ALL {
            let Some(error) = rule.describe().error else {
                continue;
            };
            if rule != Rule::Rsv1NotFirst {
                assert_eq!(Rule::of(&error), rule);
                let name = format!("{error:?}");
                assert!(name.starts_with(rule.describe().name), "{name}");
            }
        }
    }
}
