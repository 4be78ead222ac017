//! Hex digits with anything usual between them, or decimal numbers.

use super::Spelled;

/// The byte that two hex digits spell.
pub(super) fn byte(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    Some((digit(high)? << 4 | digit(low)?) as u8)
}

/// The bytes of an even number of hex digits.
pub(super) fn hex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| byte(*pair.first()?, *pair.get(1)?));
    bytes.collect()
}

pub(super) fn read(text: &str) -> Option<Spelled> {
    let text = text.trim().trim_matches(['"', '\'', '`', '<', '>']);
    let separator = |c: char| c.is_whitespace() || ",:;-|_.".contains(c);
    let mut tokens = text
        .split(separator)
        .filter(|token| !token.is_empty())
        .peekable();
    tokens.peek()?;
    if let Some(bytes) = decimal(tokens.clone()) {
        return Some(Spelled::one("decimal numbers", bytes));
    }
    let mut bytes = Vec::with_capacity(text.len() / 2);
    for token in tokens {
        let digits = ["0x", "0X", "\\x", "x"]
            .iter()
            .find_map(|prefix| token.strip_prefix(prefix))
            .unwrap_or(token);
        let digits = digits.strip_suffix(['h', 'H']).unwrap_or(digits);
        if let [single] = digits.as_bytes() {
            // "1 5 a0": one digit is a small byte.
            bytes.push(byte(b'0', *single)?);
        } else {
            bytes.extend(hex(digits)?);
        }
    }
    Some(Spelled::one("hex digits", bytes))
}

/// Numbers up to 255, of which one at least cannot be hex of one byte.
fn decimal<'a>(tokens: impl Iterator<Item = &'a str> + Clone) -> Option<Vec<u8>> {
    let is_padded = |token: &str| token.len() > 1 && token.starts_with('0');
    if !tokens.clone().any(|token| token.len() == 3) || tokens.clone().any(is_padded) {
        return None;
    }
    tokens.map(|token| token.parse().ok()).collect()
}
