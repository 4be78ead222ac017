//! The text of a filter, cut into tokens.

use super::problem::{Problem, problem};

/// A piece of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    Name(String),
    Text(String),
    Regex(String, String),
    Op(&'static str),
    Open,
    Close,
    Comma,
    End,
}

/// A token and where it stands.
#[derive(Debug, Clone)]
pub struct Placed {
    pub token: Token,
    pub start: usize,
    pub end: usize,
}

/// Cuts a text into tokens; the last one is the end.
pub fn tokens(text: &str) -> Result<Vec<Placed>, Problem> {
    let mut out = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        let rest = &text[at..];
        let op = ["!=", "<=", ">=", "==", ":", "=", "<", ">"]
            .into_iter()
            .find(|op| rest.starts_with(op));
        let token = match byte {
            _ if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'(' => Token::Open,
            b')' => Token::Close,
            b',' => Token::Comma,
            b'"' | b'\'' => Token::Text(quoted(text, &mut at, byte)?),
            b'/' => {
                let pattern = regex_source(text, &mut at)?;
                let flags: String = text[at + 1..]
                    .chars()
                    .take_while(char::is_ascii_alphabetic)
                    .collect();
                at += flags.len();
                Token::Regex(pattern, flags)
            }
            b'&' if rest.starts_with("&&") => {
                at += 1;
                Token::Name("and".into())
            }
            b'|' if rest.starts_with("||") => {
                at += 1;
                Token::Name("or".into())
            }
            _ if op.is_some() => {
                let op = op.unwrap_or_default();
                at += op.len() - 1;
                Token::Op(if op == "==" { "=" } else { op })
            }
            b'!' => Token::Name("not".into()),
            _ => {
                let ends = |c: char| c.is_whitespace() || "()\"',:=<>!&|".contains(c);
                let length = rest.find(ends).unwrap_or(rest.len());
                if length == 0 {
                    let end = at + rest.chars().next().map_or(1, char::len_utf8);
                    return Err(problem(
                        format!("{:?} has no meaning here.", &text[at..end]),
                        at,
                        end,
                        &[],
                    ));
                }
                at += length - 1;
                Token::Name(rest[..length].to_owned())
            }
        };
        at += 1;
        out.push(Placed {
            token,
            start,
            end: at,
        });
    }
    out.push(Placed {
        token: Token::End,
        start: text.len(),
        end: text.len(),
    });
    Ok(out)
}

/// Text up to the closing quote, where `at` then is.
fn quoted(text: &str, at: &mut usize, quote: u8) -> Result<String, Problem> {
    let start = *at;
    let mut out = String::new();
    let mut chars = text[start + 1..].char_indices();
    while let Some((index, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((_, 'n')) => out.push('\n'),
                Some((_, 'r')) => out.push('\r'),
                Some((_, 't')) => out.push('\t'),
                Some((_, '0')) => out.push('\0'),
                Some((_, other)) => out.push(other),
                None => break,
            },
            c if c == char::from(quote) => {
                *at = start + 1 + index;
                return Ok(out);
            }
            other => out.push(other),
        }
    }
    let quote = char::from(quote).to_string();
    Err(problem(
        "The text has no closing quote.",
        start,
        text.len(),
        &[&quote],
    ))
}

/// A pattern up to the closing slash, where `at` then is.
fn regex_source(text: &str, at: &mut usize) -> Result<String, Problem> {
    let start = *at;
    let mut out = String::new();
    let mut chars = text[start + 1..].char_indices();
    while let Some((index, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((_, '/')) => out.push('/'),
                Some((_, other)) => out.extend(['\\', other]),
                None => break,
            },
            '/' => {
                *at = start + 1 + index;
                return Ok(out);
            }
            other => out.push(other),
        }
    }
    Err(problem(
        "The pattern has no closing slash.",
        start,
        text.len(),
        &["/"],
    ))
}
