//! Cuts a JSON document into the values that are looked at one by one, so that a log of any
//! length goes through in bounded memory. It knows brackets and strings; what is in a value is
//! for a parser.

use memchr::memchr2;

/// Longer values are left out.
const MAX_VALUE: usize = 64 << 20;

/// The longest name at the top that anyone asks for, and some more.
const MAX_NAME: usize = 64;

/// A value of the object at the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// `constants`, an object.
    Constants,
    /// One of `events`, an array of objects.
    Event,
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cut<'a> {
    Value(Place, &'a [u8]),
    /// One that is too long to be kept.
    TooLong,
}

#[derive(Debug, Default)]
pub(super) struct Cutter {
    depth: u32,
    in_string: bool,
    escaped: bool,
    /// The last string at the top: a name, if a value follows.
    name: Vec<u8>,
    in_events: bool,
    /// What is being collected, and from which depth.
    value: Vec<u8>,
    place: Option<(Place, u32)>,
    too_long: bool,
}

/// Brackets do not match.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unbalanced {
    /// Where, in the bytes given.
    pub at: usize,
}

impl Cutter {
    /// The document has begun and not ended.
    pub const fn is_open(&self) -> bool {
        self.depth > 0
    }

    pub fn push(
        &mut self,
        bytes: &[u8],
        each: &mut dyn FnMut(Cut<'_>),
    ) -> Result<(), Unbalanced> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.in_string {
                at += self.string(&bytes[at..]);
                continue;
            }
            match byte {
                b'"' => {
                    self.in_string = true;
                    self.name.clear();
                }
                b'{' | b'[' => self.open(byte),
                b'}' | b']' => {
                    let Some(depth) = self.depth.checked_sub(1) else {
                        return Err(Unbalanced { at });
                    };
                    self.depth = depth;
                    self.in_events &= depth > 1;
                }
                _ => {}
            }
            self.collect(&[byte]);
            at += 1;
            if matches!(byte, b'}' | b']')
                && let Some((place, from)) = self.place
                && self.depth == from
            {
                self.place = None;
                match std::mem::take(&mut self.too_long) {
                    true => each(Cut::TooLong),
                    false => each(Cut::Value(place, &self.value)),
                }
                self.value.clear();
            }
        }
        Ok(())
    }

    fn open(&mut self, byte: u8) {
        let place = match (self.depth, byte) {
            (1, b'{') if self.name == b"constants" => Some(Place::Constants),
            (2, b'{') if self.in_events => Some(Place::Event),
            _ => None,
        };
        if let (Some(place), None) = (place, self.place) {
            self.place = Some((place, self.depth));
        }
        self.in_events |= self.depth == 1 && byte == b'[' && self.name == b"events";
        self.depth = self.depth.saturating_add(1);
    }

    /// The rest of a string, as far as it is there. How long that is.
    fn string(&mut self, bytes: &[u8]) -> usize {
        if std::mem::take(&mut self.escaped) {
            self.collect(&bytes[..1]);
            return 1;
        }
        let length = match memchr2(b'"', b'\\', bytes) {
            None => bytes.len(),
            Some(at) => {
                self.escaped = bytes[at] == b'\\';
                self.in_string = self.escaped;
                at + 1
            }
        };
        if self.depth == 1 && self.place.is_none() {
            let text = bytes[..length].strip_suffix(b"\"");
            let text = text.unwrap_or(&bytes[..length]);
            let room = MAX_NAME.saturating_sub(self.name.len());
            self.name.extend_from_slice(&text[..text.len().min(room)]);
        }
        self.collect(&bytes[..length]);
        length
    }

    fn collect(&mut self, bytes: &[u8]) {
        if self.place.is_none() {
            return;
        }
        self.too_long |= self.value.len() + bytes.len() > MAX_VALUE;
        if self.too_long {
            self.value = Vec::new();
        } else {
            self.value.extend_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cut, Cutter, Place, Unbalanced};

    fn cut(text: &str, step: usize) -> Vec<(Place, String)> {
        let mut cutter = Cutter::default();
        let mut found = Vec::new();
        for piece in text.as_bytes().chunks(step) {
            let each = &mut |cut: Cut<'_>| match cut {
                Cut::Value(place, bytes) => {
                    found.push((place, String::from_utf8(bytes.to_vec()).unwrap()));
                }
                Cut::TooLong => panic!("nothing is long"),
            };
            cutter.push(piece, each).unwrap();
        }
        found
    }

    #[test]
    fn finds_values_however_the_text_is_cut() {
        let text = r#" {"constants": {"a":"}\"{", "events":[{}]},
            "x": [{"no": 1}], "events": [ {"b":[{}]},
            {"c\\":"[ \u005d"}], "events2": [{}]}"#;
        let expected = [
            (Place::Constants, r#"{"a":"}\"{", "events":[{}]}"#),
            (Place::Event, r#"{"b":[{}]}"#),
            (Place::Event, r#"{"c\\":"[ \u005d"}"#),
        ];
        let expected = expected.map(|(place, text)| (place, text.to_owned()));
        for step in [1, 2, 3, 7, 1000] {
            assert_eq!(cut(text, step), expected, "{step}");
        }
    }

    #[test]
    fn brackets_must_match() {
        let mut cutter = Cutter::default();
        let told = cutter.push(b"{}]", &mut |_| ());
        assert_eq!(told, Err(Unbalanced { at: 2 }));
        assert!(!cutter.is_open());
        assert!(cutter.push(b"{\"events\":[", &mut |_| ()).is_ok());
        assert!(cutter.is_open());
    }
}
