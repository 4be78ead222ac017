//! URLs as people write them.

use super::{ArgumentError, ClientOptions, Url};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::borrow::Cow;

/// A URL as people write it: where to connect, what to ask for there, and as whom.
///
/// Beside the ws and wss URLs that [`Url::parse`] takes this knows `http:` and `https:`, which
/// mean the same (WHATWG Websockets, section 3.1), a user and password, and with the feature `idn`
/// names of hosts beyond ASCII (UTS #46).
///
/// ```
/// use ws4wasm::handshake::Address;
/// let address = Address::parse("https://alice:open%20sesame@example.com/chat").unwrap();
/// assert!(address.url.secure);
/// assert_eq!((address.url.host.as_str(), address.url.port), ("example.com", 443));
/// // RFC 7617: the base64 of "alice:open sesame".
/// assert_eq!(address.authorization.as_deref(), Some("Basic YWxpY2U6b3BlbiBzZXNhbWU="));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Address {
    /// Where to connect and what to ask for.
    pub url: Url,
    /// The value of the Authorization header, where the URL names a user (RFC 7617).
    pub authorization: Option<String>,
}

impl Address {
    /// Parses such a URL.
    ///
    /// # Errors
    /// What is wrong with it. A password in it is not repeated.
    pub fn parse(text: &str) -> Result<Self, ArgumentError> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Url::parse(text).map(Self::from);
        };
        let scheme = match scheme {
            _ if scheme.eq_ignore_ascii_case("http") => "ws",
            _ if scheme.eq_ignore_ascii_case("https") => "wss",
            other => other,
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (user, authority) = match authority.rsplit_once('@') {
            Some((user, authority)) => (Some(user), authority),
            None => (None, authority),
        };
        let authority = ascii(authority)?;
        Ok(Self {
            url: Url::parse(&format!("{scheme}://{authority}{path}"))?,
            authorization: user.map(basic).transpose()?,
        })
    }
}

impl From<Url> for Address {
    fn from(url: Url) -> Self {
        Self {
            url,
            authorization: None,
        }
    }
}

impl From<Address> for ClientOptions {
    fn from(Address { url, authorization }: Address) -> Self {
        let mut options = Self::new(url.host_header(), url.target);
        let header = authorization.map(|value| ("Authorization".to_owned(), value));
        options.headers.extend(header);
        options
    }
}

impl ClientOptions {
    /// Asks for what a URL names, as [`Address`] reads it; that also says where to connect.
    ///
    /// ```
    /// use ws4wasm::handshake::ClientOptions;
    /// let options = ClientOptions::from_url("wss://alice:secret@example.com/chat").unwrap();
    /// assert_eq!((options.host.as_str(), options.target.as_str()), ("example.com", "/chat"));
    /// assert_eq!(options.headers[0].0, "Authorization");
    /// ```
    ///
    /// # Errors
    /// What is wrong with the URL.
    pub fn from_url(url: &str) -> Result<Self, ArgumentError> {
        Ok(Address::parse(url)?.into())
    }
}

/// Without the password.
impl core::fmt::Debug for Address {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Address")
            .field("url", &self.url)
            .field("authorization", &self.authorization.as_ref().map(|_| "…"))
            .finish()
    }
}

/// The authority with the host's name in ASCII.
fn ascii(authority: &str) -> Result<Cow<'_, str>, ArgumentError> {
    if authority.is_ascii() {
        return Ok(Cow::Borrowed(authority));
    }
    #[cfg(feature = "idn")]
    {
        let end = authority.find(':').unwrap_or(authority.len());
        let (host, port) = authority.split_at(end);
        match idna::domain_to_ascii_strict(host) {
            Ok(host) => Ok(Cow::Owned(format!("{host}{port}"))),
            Err(_) => Err(ArgumentError::new(format!(
                "URL with the host {host:?}, which is no valid internationalised domain name"
            ))),
        }
    }
    #[cfg(not(feature = "idn"))]
    Err(ArgumentError::new(format!(
        "URL with the host {authority:?}: names beyond ASCII need the crate's feature \"idn\", \
         or their form in ASCII (xn--...)"
    )))
}

/// The credentials of a user and password with percent-encoding (RFC 7617 section 2).
fn basic(user: &str) -> Result<String, ArgumentError> {
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let (name, password) = (decoded(name)?, decoded(password)?);
    let wrong = |what| ArgumentError::new(format!("URL with credentials that {what}"));
    if name.contains(&b':') {
        return Err(wrong("have a colon in the user's name"));
    }
    if name.iter().chain(&password).any(u8::is_ascii_control) {
        return Err(wrong("have a control character"));
    }
    let pair = [&name[..], b":", &password].concat();
    Ok(format!("Basic {}", STANDARD.encode(pair)))
}

fn decoded(text: &str) -> Result<Vec<u8>, ArgumentError> {
    let wrong = || {
        ArgumentError::new("URL with credentials whose percent-encoding is not two digits each")
    };
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || {
            let digit = char::from(bytes.next()?).to_digit(16)?;
            u8::try_from(digit).ok()
        };
        let (high, low) = (digit().ok_or_else(wrong)?, digit().ok_or_else(wrong)?);
        out.push(high << 4 | low);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, secure, header, target, authorization) in [
            ("ws://a/b", false, "a", "/b", None),
            ("http://a:81?q", false, "a:81", "/?q", None),
            ("HTTPS://a", true, "a", "/", None),
            ("ws://u@a/", false, "a", "/", Some("Basic dTo=")),
            ("ws://u:p@a:9/", false, "a:9", "/", Some("Basic dTpw")),
            (
                "ws://u:p:q@[::1]/",
                false,
                "[::1]",
                "/",
                Some("Basic dTpwOnE="),
            ),
            ("ws://u:p@q@a/", false, "a", "/", Some("Basic dTpwQHE=")),
            ("ws://a/@b", false, "a", "/@b", None),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.url.secure, secure, "{text}");
            assert_eq!(address.url.host_header(), header, "{text}");
            assert_eq!(address.url.target, target, "{text}");
            assert_eq!(address.authorization.as_deref(), authorization, "{text}");
        }
    }

    #[test]
    fn refuses_other_urls_and_keeps_passwords_to_itself() {
        for text in [
            "",
            "a",
            "ftp://a/",
            "http:///a",
            "ws://a/#b",
            "ws://a#@b/",
            "ws://secret%@a/",
            "ws://secret%4@a/",
            "ws://u:secret%zz@a/",
            "ws://secret%3Ab@a/",
            "ws://secret%0d%0a@a/",
            "ws://u:secret@a b/",
            "ws://u:secret@/",
        ] {
            let error = Address::parse(text).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
        let address = Address::parse("ws://u:secret@a/").unwrap();
        assert!(!format!("{address:?}").contains("secret"));
        assert!(!format!("{address:?}").contains("Basic"));
    }

    #[test]
    fn names_beyond_ascii() {
        let parsed = Address::parse("wss://bücher.example:8443/");
        #[cfg(feature = "idn")]
        assert_eq!(
            parsed.unwrap().url.host_header(),
            "xn--bcher-kva.example:8443"
        );
        #[cfg(not(feature = "idn"))]
        assert!(parsed.unwrap_err().to_string().contains("idn"));
        assert!(Address::parse("wss://\u{e9} \u{e9}/").is_err());
    }
}
