//! The `Sec-WebSocket-Extensions` header (RFC 6455 section 9.1).

use super::error::ArgumentError;
use super::headers::is_token;
use core::fmt;

/// One extension, offered or agreed. `Display` writes it as in the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Its registered name, a token.
    pub name: String,
    /// Its parameters in their order: a token, and a token as its value.
    pub params: Vec<(String, Option<String>)>,
}

impl Extension {
    /// Parses the value of a `Sec-WebSocket-Extensions` header: one extension
    /// or more.
    ///
    /// ```
    /// use ws4wasm::handshake::Extension;
    ///
    /// let offer = "permessage-deflate; client_max_window_bits; server_max_window_bits=\"10\", x";
    /// let list = Extension::parse_list(offer).unwrap();
    /// assert_eq!(list[0].params[1], ("server_max_window_bits".into(), Some("10".into())));
    /// assert_eq!(
    ///     Extension::format_list(&list),
    ///     "permessage-deflate; client_max_window_bits; server_max_window_bits=10, x"
    /// );
    /// ```
    pub fn parse_list(value: &str) -> Result<Vec<Self>, ArgumentError> {
        let mut list = Vec::new();
        let mut cursor = Cursor(value);
        while !cursor.end() {
            // Empty elements count for nothing (RFC 9110 section 5.6.1.2).
            if !cursor.eat(',') {
                let extension = cursor
                    .extension()
                    .filter(|_| cursor.end() || cursor.eat(','));
                list.extend(Some(extension.ok_or_else(invalid)?));
            }
        }
        // extension-list = 1#extension
        if list.is_empty() {
            Err(invalid())
        } else {
            Ok(list)
        }
    }

    /// Writes a list as the value of a `Sec-WebSocket-Extensions` header.
    pub fn format_list(list: &[Self]) -> String {
        list.iter()
            .map(Self::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// Checks an answer: extensions that were offered, each at most once
    /// (RFC 6455 sections 4.1 and 9.1).
    pub(super) fn check_agreed(agreed: &[Self], offered: &[Self]) -> Result<(), &'static str> {
        // Stops at the latest one after the number of names offered.
        for (index, extension) in agreed.iter().enumerate() {
            let same = |other: &Self| other.name == extension.name;
            if !offered.iter().any(same) {
                return Err("an extension that was not offered");
            }
            if agreed[..index].iter().any(same) {
                return Err("the same extension twice");
            }
        }
        Ok(())
    }
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (name, value) in &self.params {
            write!(f, "; {name}")?;
            if let Some(value) = value {
                write!(f, "={value}")?;
            }
        }
        Ok(())
    }
}

fn invalid() -> ArgumentError {
    ArgumentError::new("extensions do not follow the grammar of RFC 6455 section 9.1")
}

/// What is left to parse. Each method skips the whitespace before it (the
/// implied LWS of the grammar's RFC 2616) and moves on only where it matches.
struct Cursor<'a>(&'a str);

impl Cursor<'_> {
    fn end(&mut self) -> bool {
        self.0 = self.0.trim_start_matches([' ', '\t']);
        self.0.is_empty()
    }

    fn eat(&mut self, expected: char) -> bool {
        let rest = if self.end() {
            None
        } else {
            self.0.strip_prefix(expected)
        };
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// extension = extension-token *( ";" extension-param )
    fn extension(&mut self) -> Option<Extension> {
        let name = self.token()?;
        let mut params = Vec::new();
        while self.eat(';') {
            params.push(self.param()?);
        }
        Some(Extension { name, params })
    }

    /// extension-param = token [ "=" (token | quoted-string) ]
    fn param(&mut self) -> Option<(String, Option<String>)> {
        let name = self.token()?;
        let value = match (self.eat('='), self.eat('"')) {
            (true, true) => Some(self.quoted()?),
            (true, false) => Some(self.token()?),
            (false, true) => return None,
            (false, false) => None,
        };
        Some((name, value))
    }

    fn token(&mut self) -> Option<String> {
        self.end();
        let end = self
            .0
            .find([' ', '\t', ',', ';', '=', '"'])
            .unwrap_or(self.0.len());
        let (token, rest) = self.0.split_at(end);
        self.0 = rest;
        is_token(token).then(|| token.to_owned())
    }

    /// A quoted-string behind its opening quote; without its quoting it must
    /// be a token.
    fn quoted(&mut self) -> Option<String> {
        let mut value = String::new();
        let mut chars = self.0.chars();
        loop {
            match chars.next()? {
                '"' => break,
                '\\' => value.push(chars.next()?),
                other => value.push(other),
            }
        }
        self.0 = chars.as_str();
        is_token(&value).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_prints() {
        for (value, printed) in [
            ("a", "a"),
            (" a ,\tb", "a, b"),
            (",, a ,, b,", "a, b"),
            ("a;b", "a; b"),
            ("a ; b = c ; d=\"e\"", "a; b=c; d=e"),
            ("a; b=\"\\e\\f\"", "a; b=ef"),
            ("foo, bar; baz=2", "foo, bar; baz=2"),
            ("a; b; b, a", "a; b; b, a"),
        ] {
            let list = Extension::parse_list(value).unwrap();
            assert_eq!(Extension::format_list(&list), printed);
            assert_eq!(Extension::parse_list(printed).unwrap(), list);
        }
    }

    #[test]
    fn refuses_the_rest() {
        for value in [
            "",
            " ",
            ",",
            ";",
            "a;",
            "a;;b",
            "a; =b",
            "a; b=",
            "a; b=,",
            "a b",
            "a; b c",
            "a; b=c d",
            "a=b",
            "a; b=\"",
            "a; b=\"\"",
            "a; b=\"c d\"",
            "a; b=\"c,d\"",
            "a; b=\"c\\\"",
            "a; b\"c\"",
            "a; b=\"c\"d",
            "a; b=c\"d\"",
            "a/b",
            "\u{e9}",
            "a; b=\"\u{e9}\"",
            "a\0",
            "a; b==c",
        ] {
            assert!(Extension::parse_list(value).is_err(), "{value:?}");
        }
    }

    #[test]
    fn an_answer_keeps_to_the_offer() {
        let list = |value| Extension::parse_list(value).unwrap();
        let check =
            |agreed, offer| Extension::check_agreed(&list(agreed), &list(offer)).is_ok();
        assert!(check("b; x=1", "a, b, a; y"));
        assert!(!check("c", "a, b"));
        assert!(!check("a, a", "a, a; y"));
    }
}
