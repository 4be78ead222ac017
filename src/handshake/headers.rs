//! Header fields: what came in, and the one gate for what goes out.

use super::error::ArgumentError;

/// The header fields of a received head, in their order.
///
/// Names are kept as received and compared without regard to case. The bytes
/// of a value become the characters U+0000-U+00FF, so nothing is lost.
///
/// ```
/// use ws4wasm::handshake::judge;
/// let head = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\n\r\n";
/// let headers = judge::read_request(head).unwrap().headers;
/// assert_eq!(headers.get("host"), Some("x"));
/// assert!(headers.has_token("connection", "upgrade"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// All fields in the order received.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of the first field of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// The values of every field of this name.
    pub fn get_all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let named = move |(n, _): &(&str, &str)| n.eq_ignore_ascii_case(name);
        self.iter().filter(named).map(|(_, value)| value)
    }

    /// The elements of a comma-separated list over every field of this name,
    /// trimmed, without the empty ones (RFC 9110 section 5.6.1.2).
    pub fn tokens<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.get_all(name)
            .flat_map(|value| value.split(','))
            .map(trim)
            .filter(|element| !element.is_empty())
    }

    /// Whether that list has this element, in any case.
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.tokens(name)
            .any(|element| element.eq_ignore_ascii_case(token))
    }

    /// The value of a field that may come at most once (RFC 9110 section 5.3).
    pub(super) fn single(&self, name: &str) -> Result<Option<&str>, String> {
        let mut values = self.get_all(name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            (_, Some(_)) => Err(format!("The {name} header may come only once.")),
        }
    }

    /// Of fields whose values are trimmed.
    #[cfg(feature = "http")]
    pub(crate) fn from_pairs(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// Takes over what the parser found.
    pub(super) fn received(fields: &[httparse::Header<'_>]) -> Self {
        let field = |field: &httparse::Header<'_>| {
            let value: String = field.value.iter().copied().map(char::from).collect();
            (field.name.to_owned(), trim(&value).to_owned())
        };
        Self(fields.iter().map(field).collect())
    }
}

/// Without optional whitespace at either end (RFC 9110 section 5.6.3).
fn trim(value: &str) -> &str {
    value.trim_matches([' ', '\t'])
}

/// A `tchar` (RFC 9110 section 5.6.2).
pub(super) fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// A `token` (RFC 9110 section 5.6.2).
pub(super) fn is_token(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(is_tchar)
}

/// Writes a head. What the caller chose passes through `extra`, which is what
/// keeps CR and LF out of it.
pub(super) struct HeadWriter(Vec<u8>);

impl HeadWriter {
    pub(super) fn new(start_line: &str) -> Self {
        Self(format!("{start_line}\r\n").into_bytes())
    }

    /// A field of our own, valid by construction.
    pub(super) fn field(&mut self, name: &str, value: &str) {
        let value = value.chars().filter_map(|c| u8::try_from(c).ok());
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b": ");
        self.0.extend(value);
        self.0.extend_from_slice(b"\r\n");
    }

    /// The caller's fields. The handshake's own, `reserved`, may not be among
    /// them, nor those that would give the message another length.
    pub(super) fn extra(
        &mut self,
        headers: &[(String, String)],
        reserved: &[&str],
    ) -> Result<(), ArgumentError> {
        const FRAMING: [&str; 2] = ["Content-Length", "Transfer-Encoding"];
        for (name, value) in headers {
            // RFC 9110 section 5.1: field-name = token.
            if !is_token(name) {
                return Err(ArgumentError::new(format!(
                    "header name {name:?} is not a token"
                )));
            }
            let own = |own: &&str| own.eq_ignore_ascii_case(name);
            if FRAMING.iter().chain(reserved).any(own) {
                return Err(ArgumentError::new(format!(
                    "header {name:?} is set by the handshake itself"
                )));
            }
            // RFC 9110 section 5.5: visible characters, space, tab, obs-text.
            let allowed = |c| matches!(c, '\t' | ' '..='~' | '\u{80}'..='\u{ff}');
            if !value.chars().all(allowed) {
                return Err(ArgumentError::new(format!(
                    "value of header {name:?} has a character that may not be in a header"
                )));
            }
            self.field(name, value);
        }
        Ok(())
    }

    /// The blank line, and the finished bytes.
    pub(super) fn end(mut self) -> Vec<u8> {
        self.0.extend_from_slice(b"\r\n");
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&str, &[u8])]) -> Headers {
        let field = |&(name, value)| httparse::Header { name, value };
        Headers::received(&fields.iter().map(field).collect::<Vec<_>>())
    }

    #[test]
    fn looks_up_in_any_case_and_lists_over_all_fields() {
        let headers = headers(&[
            ("Connection", b"keep-alive, ,Upgrade"),
            ("X", b" caf\xe9\t"),
            ("CONNECTION", b"\t, foo ,"),
        ]);
        assert_eq!(headers.get("connection"), Some("keep-alive, ,Upgrade"));
        assert_eq!(headers.get_all("connection").count(), 2);
        let tokens: Vec<_> = headers.tokens("Connection").collect();
        assert_eq!(tokens, ["keep-alive", "Upgrade", "foo"]);
        assert!(headers.has_token("cOnnection", "uPGRADE"));
        assert!(!headers.has_token("Connection", "up"));
        assert_eq!(headers.get("x"), Some("caf\u{e9}"));
        assert_eq!(headers.single("x"), Ok(Some("caf\u{e9}")));
        assert_eq!(headers.single("y"), Ok(None));
        assert!(headers.single("connection").is_err());
        assert_eq!(headers.len(), 3);
        assert!(!headers.is_empty());
        // Names that objects of scripting languages inherit are names like any other.
        assert_eq!(headers.get("__proto__"), None);
    }

    #[test]
    fn writes_only_what_may_be_in_a_header() {
        let extra = |name: &str, value: &str| {
            let mut writer = HeadWriter::new("X");
            writer.extra(&[(name.into(), value.into())], &["Upgrade"])?;
            Ok::<_, ArgumentError>(writer.end())
        };
        assert_eq!(
            extra("A", "b\tc \u{e9}").unwrap(),
            b"X\r\nA: b\tc \xe9\r\n\r\n"
        );
        assert_eq!(extra("A", "").unwrap(), b"X\r\nA: \r\n\r\n");
        for name in [
            "",
            "a b",
            "a:",
            "a\r\nb",
            "\u{e9}",
            "uPGRADE",
            "content-length",
        ] {
            let error = extra(name, "x").unwrap_err().to_string();
            assert!(error.contains(&format!("{name:?}")), "{error}");
        }
        for value in [
            "a\rb",
            "a\nb",
            "a\r\nB: c",
            "\0",
            "\x1b",
            "\x7f",
            "\u{100}",
            "\u{10a}",
        ] {
            let error = extra("Name", value).unwrap_err().to_string();
            assert!(error.contains("\"Name\""), "{error}");
        }
    }
}
