//! String and byte-string literals with escapes: Rust, C, Python, JavaScript, shells, or the
//! escapes alone.

use super::{Problem, Spelled};

pub(super) fn read(text: &str) -> Option<Result<Spelled, Problem>> {
    let quote = quoted(text);
    if !text.contains("\\x") && quote.is_none_or(|(_, is_bytes)| !is_bytes) {
        return None;
    }
    let mut bytes = Vec::new();
    let result = match quote {
        Some((mark, _)) => literals(text, mark, &mut bytes),
        None => {
            let begin = text.len() - text.trim_start().len();
            unescape(text.trim(), begin, None, &mut bytes).map(|_| ())
        }
    };
    Some(result.map(|()| Spelled::one("string literal", bytes)))
}

/// The quotation mark of the first literal, and whether it is marked as one of bytes.
fn quoted(text: &str) -> Option<(char, bool)> {
    let (at, mark) = text
        .char_indices()
        .find(|(_, c)| matches!(c, '"' | '\'' | '`'))?;
    let before = &text[..at];
    // Escapes in front of it: the text itself is none.
    if before.contains('\\') {
        return None;
    }
    let is_bytes = before.trim_end_matches('r').ends_with(['b', 'B']);
    Some((mark, is_bytes))
}

/// All literals of a text, joined, as compilers join them.
fn literals(text: &str, mark: char, bytes: &mut Vec<u8>) -> Result<(), Problem> {
    let mut at = 0;
    while let Some(found) = text[at..].find(mark) {
        let begin = at + found + mark.len_utf8();
        at = begin + unescape(&text[begin..], begin, Some(mark), bytes)?;
    }
    Ok(())
}

/// Takes the text up to the mark, or all of it. Gives how much that was, the mark included.
fn unescape(
    text: &str,
    begin: usize,
    mark: Option<char>,
    bytes: &mut Vec<u8>,
) -> Result<usize, Problem> {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let here = at;
        at += c.len_utf8();
        if Some(c) == mark {
            return Ok(at);
        }
        if c == '\\' {
            let length = escape(&text[at..], bytes);
            let problem = || Problem::new("an escape that no language has", begin + here);
            at += length.ok_or_else(problem)?;
        } else if mark.is_some() || !c.is_whitespace() {
            // Without a mark, lines and spaces between escapes are for the eye.
            bytes.extend_from_slice(&text.as_bytes()[here..at]);
        }
    }
    match mark {
        Some(mark) => Err(Problem::new(
            format!("a literal begins that no {mark} ends"),
            begin,
        )),
        None => Ok(at),
    }
}

/// What follows a backslash. Gives its length.
fn escape(text: &str, bytes: &mut Vec<u8>) -> Option<usize> {
    let &first = text.as_bytes().first()?;
    let plain = match first {
        b'x' => {
            let digits = count(&text[1..], 16, 2);
            bytes.push(u8::from_str_radix(&text[1..=digits], 16).ok()?);
            return Some(1 + digits);
        }
        b'u' | b'U' => {
            let braces = text[1..].starts_with('{');
            let most = match (braces, first) {
                (true, _) => 6,
                (false, b'u') => 4,
                _ => 8,
            };
            let begin = 1 + usize::from(braces);
            let end = begin + count(&text[begin..], 16, most);
            let code = u32::from_str_radix(&text[begin..end], 16).ok()?;
            match u8::try_from(code) {
                // Strings of bytes, as JavaScript has them.
                Ok(byte) => bytes.push(byte),
                Err(_) => bytes.extend(char::from_u32(code)?.encode_utf8(&mut [0; 4]).bytes()),
            }
            if braces && !text[end..].starts_with('}') {
                return None;
            }
            return Some(end + usize::from(braces));
        }
        b'0'..=b'7' => {
            let digits = count(text, 8, 3);
            let value = u32::from_str_radix(&text[..digits], 8).ok()?;
            bytes.push(u8::try_from(value).ok()?);
            return Some(digits);
        }
        b'\n' | b'\r' => {
            // The literal goes on in the next line.
            return Some(text.len() - text.trim_start().len());
        }
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'v' => 11,
        b'e' => 27,
        b'\\' | b'"' | b'\'' | b'`' | b'?' => first,
        _ => return None,
    };
    bytes.push(plain);
    Some(1)
}

/// How many digits of this radix a text begins with.
fn count(text: &str, radix: u32, most: usize) -> usize {
    let digits = text.chars().take(most);
    digits.take_while(|c| c.is_digit(radix)).count()
}
