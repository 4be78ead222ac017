//! ws and wss URLs (RFC 6455 section 3), and the parts of them that requests
//! carry.

use super::error::ArgumentError;
use core::net::Ipv6Addr;

/// A ws or wss URL: where to connect and what to ask for there.
///
/// ```
/// use ws4wasm::handshake::Url;
///
/// let url = Url::parse("wss://[::1]:8443/chat?room=1").unwrap();
/// assert_eq!((url.secure, url.host.as_str(), url.port), (true, "[::1]", 8443));
/// assert_eq!((url.host_header().as_str(), url.target.as_str()), ("[::1]:8443", "/chat?room=1"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Url {
    /// Whether the scheme is wss.
    pub secure: bool,
    /// The host, an IPv6 address in its brackets.
    pub host: String,
    /// The port, 80 or 443 where the URL names none.
    pub port: u16,
    /// The path, at least "/", and the query.
    pub target: String,
}

impl Url {
    /// Parses a URL strictly: ASCII only, no user, no fragment.
    pub fn parse(url: &str) -> Result<Self, ArgumentError> {
        let error = |what| ArgumentError::new(format!("URL {url:?} {what}"));
        let Some((scheme, rest)) = split_scheme(url) else {
            return Err(error("is not absolute"));
        };
        let secure = scheme.eq_ignore_ascii_case("wss");
        if !secure && !scheme.eq_ignore_ascii_case("ws") {
            return Err(error("has a scheme other than ws and wss"));
        }
        if rest.contains('#') {
            return Err(error("has a fragment"));
        }
        let (authority, target) = split_path(rest);
        let Some((host, port)) = split_authority(authority) else {
            return Err(error("has no valid host and port"));
        };
        if !is_target(&target) {
            return Err(error("has a character that must be percent-encoded"));
        }
        let port = port.unwrap_or(default_port(secure));
        Ok(Self {
            secure,
            host: host.to_owned(),
            port,
            target,
        })
    }

    /// The value of the Host header: the port only where it is not the
    /// scheme's default (RFC 6455 section 4.1, point 4 of the requirements).
    pub fn host_header(&self) -> String {
        let Self { host, port, .. } = self;
        if *port == default_port(self.secure) {
            host.clone()
        } else {
            format!("{host}:{port}")
        }
    }
}

/// The scheme, and what follows its "://".
fn split_scheme(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once(':')?;
    Some((scheme, rest.strip_prefix("//")?))
}

/// RFC 6455 section 3.
fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

/// Splits and checks `uri-host [ ":" port ]` (RFC 9110 section 7.2, RFC 3986
/// section 3.2).
pub(super) fn split_authority(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let address = &rest[..rest.find(']')?];
        address.parse::<Ipv6Addr>().ok()?;
        authority.split_at(address.len() + 2)
    } else {
        let end = authority.find(':').unwrap_or(authority.len());
        let (host, port) = authority.split_at(end);
        if !is_reg_name(host) {
            return None;
        }
        (host, port)
    };
    match port {
        "" | ":" => Some((host, None)),
        _ => {
            let digits = port.strip_prefix(':')?;
            let valid = digits.bytes().all(|byte| byte.is_ascii_digit());
            Some((host, Some(digits.parse().ok().filter(|_| valid)?)))
        }
    }
}

/// A `reg-name` that is not empty, or an IPv4 address (RFC 3986 section 3.2.2).
fn is_reg_name(host: &str) -> bool {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte);
    let mut bytes = host.bytes();
    while let Some(byte) = bytes.next() {
        let escape = byte == b'%';
        let mut hex = || bytes.next().is_some_and(|byte| byte.is_ascii_hexdigit());
        if !(valid(byte) || escape && hex() && hex()) {
            return false;
        }
    }
    !host.is_empty()
}

/// A request target as far as HTTP cares: visible ASCII without a fragment
/// (RFC 9112 section 3.2, RFC 3986 section 2).
pub(super) fn is_target(target: &str) -> bool {
    !target.is_empty()
        && target
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'#')
}

/// Splits the target of a GET: its authority if it is in absolute form, and the
/// resource name (RFC 9112 section 3.2, RFC 6455 section 4.2.1, point 1).
pub(super) fn split_target(target: &str) -> Option<(Option<&str>, String)> {
    if target.starts_with('/') {
        return Some((None, target.to_owned()));
    }
    let (scheme, rest) = split_scheme(target)?;
    let known = |known: &&str| known.eq_ignore_ascii_case(scheme);
    ["http", "https", "ws", "wss"]
        .iter()
        .find(|scheme| known(scheme))?;
    let (authority, resource) = split_path(rest);
    Some((Some(authority), resource))
}

/// Splits what follows a scheme: the authority, and the path, at least "/",
/// with the query (RFC 6455 section 3).
fn split_path(rest: &str) -> (&str, String) {
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let slash = if path.starts_with('/') { "" } else { "/" };
    (authority, format!("{slash}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_urls() {
        for (url, host, port, header, target) in [
            ("ws://a", "a", 80, "a", "/"),
            ("WS://a:80/", "a", 80, "a", "/"),
            ("ws://a:443/", "a", 443, "a:443", "/"),
            ("wss://a:443/b?c=d/e", "a", 443, "a", "/b?c=d/e"),
            ("wss://a?b", "a", 443, "a", "/?b"),
            ("ws://a:/b", "a", 80, "a", "/b"),
            (
                "ws://127.0.0.1:9001/",
                "127.0.0.1",
                9001,
                "127.0.0.1:9001",
                "/",
            ),
            ("ws://[::1]", "[::1]", 80, "[::1]", "/"),
            (
                "ws://[2001:db8::1]:81/",
                "[2001:db8::1]",
                81,
                "[2001:db8::1]:81",
                "/",
            ),
            ("ws://a%20b/", "a%20b", 80, "a%20b", "/"),
        ] {
            let parsed = Url::parse(url).unwrap();
            assert_eq!(parsed.host, host);
            assert_eq!(parsed.port, port);
            assert_eq!(parsed.host_header(), header);
            assert_eq!(parsed.target, target);
            assert_eq!(parsed.secure, url.starts_with("wss"));
        }
    }

    #[test]
    fn refuses_other_urls() {
        for url in [
            "",
            "a",
            "/a",
            "ws:a",
            "ws:/a",
            "ws://",
            "ws:///a",
            "http://a/",
            "ws://a/#",
            "ws://a#b",
            "ws://u@a/",
            "ws://u:p@a/",
            "ws://a:65536/",
            "ws://a:+1/",
            "ws://a:x/",
            "ws://a:1:2/",
            "ws://::1/",
            "ws://[::1",
            "ws://[::1]x/",
            "ws://[fe80::1%25eth0]/",
            "ws://[1.2.3.4]/",
            "ws://a b/",
            "ws://a/b c",
            "ws://a/\r\nX: y",
            "ws://a\r\n/",
            "ws://\u{e9}/",
            "ws://a/\u{e9}",
            "ws://a%2/",
            "ws://a%zz/",
            "ws://a\\b/",
            " ws://a/",
            "ws://a/\0",
            "ws://?a",
            "ws://:80/",
        ] {
            assert!(Url::parse(url).is_err(), "{url:?}");
        }
    }

    #[test]
    fn splits_targets() {
        assert_eq!(split_target("/a?b"), Some((None, "/a?b".into())));
        assert_eq!(
            split_target("http://h:1/a?b"),
            Some((Some("h:1"), "/a?b".into()))
        );
        assert_eq!(split_target("WS://h"), Some((Some("h"), "/".into())));
        assert_eq!(split_target("http://h?a"), Some((Some("h"), "/?a".into())));
        assert_eq!(split_target("*"), None);
        assert_eq!(split_target("h:80"), None);
        assert_eq!(split_target("ftp://h/"), None);
    }
}
