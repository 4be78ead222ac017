//! What the two hellos say of a connection: who it is for, and how it is encrypted.

use super::keylog::Random;
use tls_parser::{
    TlsCipherSuite, TlsVersion, parse_tls_handshake_client_hello,
    parse_tls_handshake_server_hello,
};

/// The random of a ServerHello that is a HelloRetryRequest (RFC 8446 section 4.1.3).
const RETRY: Random = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8,
    0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8,
    0x33, 0x9c,
];

/// Names are no longer (RFC 1035 section 2.3.4).
const MAX_NAME: usize = 255;

/// What is known of a ClientHello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientHello {
    pub random: Random,
    pub server_name: Option<String>,
    /// It may send application data before it has an answer.
    pub early_data: bool,
}

/// What is known of a ServerHello.
#[derive(Debug, Clone)]
pub struct ServerHello {
    pub random: Random,
    /// The server asks for another ClientHello.
    pub retry: bool,
    pub version: TlsVersion,
    /// None when nobody has registered it.
    pub suite: Option<&'static TlsCipherSuite>,
    pub encrypt_then_mac: bool,
    /// In TLS 1.3 it comes later, encrypted.
    pub alpn: Option<String>,
}

/// The body of a handshake message of type 1.
pub fn client_hello(body: &[u8]) -> Option<ClientHello> {
    let (_, hello) = parse_tls_handshake_client_hello(body).ok()?;
    let mut found = ClientHello {
        random: hello.random.try_into().ok()?,
        server_name: None,
        early_data: false,
    };
    for (kind, value) in extensions(hello.ext.unwrap_or_default()) {
        match kind {
            0 => found.server_name = server_name(value),
            42 => found.early_data = true,
            _ => {}
        }
    }
    Some(found)
}

/// The body of a handshake message of type 2.
pub fn server_hello(body: &[u8]) -> Option<ServerHello> {
    let (_, hello) = parse_tls_handshake_server_hello(body).ok()?;
    let random = hello.random.try_into().ok()?;
    let mut found = ServerHello {
        random,
        retry: random == RETRY,
        version: hello.version,
        suite: TlsCipherSuite::from_id(hello.cipher.0),
        encrypt_then_mac: false,
        alpn: None,
    };
    for (kind, value) in extensions(hello.ext.unwrap_or_default()) {
        match (kind, value) {
            // supported_versions: one, the chosen one (RFC 8446 section 4.2.1).
            (43, &[high, low]) => {
                found.version = TlsVersion(u16::from_be_bytes([high, low]));
            }
            (22, []) => found.encrypt_then_mac = true,
            (16, value) => found.alpn = alpn(value),
            _ => {}
        }
    }
    Some(found)
}

/// What EncryptedExtensions say: the protocol chosen, and whether early data is taken.
pub fn encrypted_extensions(body: &[u8]) -> (Option<String>, bool) {
    let all = body.get(2..).unwrap_or_default();
    let mut chosen = None;
    let mut early_data = false;
    for (kind, value) in extensions(all) {
        match kind {
            16 => chosen = alpn(value),
            42 => early_data = true,
            _ => {}
        }
    }
    (chosen, early_data)
}

/// Type and value of each, as far as they are whole. The parser of the crate gives up all of
/// them where one is of a form that it does not expect.
fn extensions(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (&[a, b, c, d], rest) = bytes.split_first_chunk()?;
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([c, d])))?;
        bytes = rest;
        Some((u16::from_be_bytes([a, b]), value))
    })
}

/// A list of names, the first of which is a host's (RFC 6066 section 3).
fn server_name(value: &[u8]) -> Option<String> {
    let (&[_, _, kind, high, low], rest) = value.split_first_chunk()?;
    let length = usize::from(u16::from_be_bytes([high, low]));
    text(rest.get(..length).filter(|_| kind == 0)?)
}

/// A list of one name (RFC 7301 section 3.1).
fn alpn(value: &[u8]) -> Option<String> {
    let length = usize::from(*value.get(2)?);
    text(value.get(3..3 + length)?)
}

fn text(name: &[u8]) -> Option<String> {
    let plain = name.len() <= MAX_NAME && name.iter().all(u8::is_ascii_graphic);
    plain.then(|| name.iter().copied().map(char::from).collect())
}
