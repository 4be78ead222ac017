//! From a filter's text to what it means.
//!
//! ```text
//! or    = and *( ("or" / "||") and )
//! and   = not *( [ "and" / "&&" ] not )
//! not   = ("not" / "!") not / "(" or ")" / test
//! test  = "text" / /regex/[i] / word [ op value *( "," value ) ]
//! op    = ":" / "=" / "!=" / "<" / "<=" / ">" / ">="
//! value = number [unit] / number ".." number / name / "text"
//! ```

use super::words::{self, Flag, Number, OPCODES, Takes, Word};
use crate::inspect::payload::{self, Kind};
use crate::inspect::rules::Rule;
use memchr::memmem::Finder;
use regex::bytes::{Regex, RegexBuilder};

/// How deep parentheses and `not` may nest.
const DEPTH: u32 = 64;

/// What a filter asks of a row.
#[derive(Debug)]
pub enum Node {
    /// Nothing.
    All,
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
    /// A number within one of these, ends included.
    Number(Number, Vec<(f64, f64)>),
    Flag(Flag, bool),
    /// One of both directions, as bits.
    Direction(u8),
    /// One of these opcodes, as bits.
    Opcode(u16),
    /// One of these rules was broken; any, when there is none.
    Rule(Vec<Rule>),
    Kind(Vec<Kind>),
    Protocol(Vec<String>),
    Find(Box<Finder<'static>>),
    Regex(Box<Regex>),
}

/// What is wrong with a filter's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// In a sentence.
    pub message: String,
    /// Where in the text, in bytes.
    pub position: usize,
    /// How many bytes are concerned.
    pub length: usize,
    /// What could stand there.
    pub expected: Vec<String>,
}

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

fn problem(message: impl Into<String>, start: usize, end: usize, expected: &[&str]) -> Problem {
    Problem {
        message: message.into(),
        position: start,
        length: end - start,
        expected: expected.iter().map(|&text| text.to_owned()).collect(),
    }
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

/// Reads a filter.
pub fn parse(text: &str) -> Result<Node, Problem> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        depth: 0,
    };
    if parser.peek().token == Token::End {
        return Ok(Node::All);
    }
    let node = parser.or()?;
    let next = parser.peek();
    match next.token {
        Token::End => Ok(node),
        Token::Close => Err(problem(
            "This parenthesis closes none.",
            next.start,
            next.end,
            &["and", "or"],
        )),
        _ => Err(problem(
            "A test cannot begin like this.",
            next.start,
            next.end,
            &["and", "or", "not", "("],
        )),
    }
}

struct Parser<'a> {
    tokens: &'a [Placed],
    at: usize,
    depth: u32,
}

impl Parser<'_> {
    fn peek(&self) -> &Placed {
        // The end is never passed.
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn next(&mut self) -> Placed {
        let placed = self.peek().clone();
        self.at += 1;
        placed
    }

    fn keyword(&self) -> Option<String> {
        match &self.peek().token {
            Token::Name(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        }
    }

    fn or(&mut self) -> Result<Node, Problem> {
        let mut parts = vec![self.and()?];
        while self.keyword().as_deref() == Some("or") {
            self.at += 1;
            parts.push(self.and()?);
        }
        Ok(join(parts, Node::Or))
    }

    fn and(&mut self) -> Result<Node, Problem> {
        let mut parts = vec![self.not()?];
        loop {
            match (&self.peek().token, self.keyword().as_deref()) {
                (_, Some("and")) => {
                    self.at += 1;
                    parts.push(self.not()?);
                }
                (_, Some("or"))
                | (Token::End | Token::Close | Token::Comma | Token::Op(_), _) => {
                    return Ok(join(parts, Node::And));
                }
                _ => parts.push(self.not()?),
            }
        }
    }

    fn not(&mut self) -> Result<Node, Problem> {
        let placed = self.next();
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(problem(
                "This is nested too deeply.",
                placed.start,
                placed.end,
                &[],
            ));
        }
        let node = match placed.token {
            Token::Name(ref name) if name.eq_ignore_ascii_case("not") => {
                Node::Not(Box::new(self.not()?))
            }
            Token::Open => {
                let inner = self.or()?;
                let close = self.next();
                if close.token != Token::Close {
                    return Err(problem(
                        "A closing parenthesis is missing.",
                        close.start,
                        close.end,
                        &[")"],
                    ));
                }
                inner
            }
            Token::Text(text) => find(text.as_bytes(), placed.start, placed.end)?,
            Token::Regex(pattern, flags) => regex(&pattern, &flags, placed.start, placed.end)?,
            Token::Name(ref name) => self.test(name, &placed)?,
            Token::End => {
                return Err(problem(
                    "A test is missing.",
                    placed.start,
                    placed.end,
                    &begins(),
                ));
            }
            Token::Close | Token::Comma | Token::Op(_) => {
                return Err(problem(
                    "A test cannot begin like this.",
                    placed.start,
                    placed.end,
                    &begins(),
                ));
            }
        };
        self.depth -= 1;
        Ok(node)
    }

    fn test(&mut self, name: &str, placed: &Placed) -> Result<Node, Problem> {
        let Some(word) = words::find(name) else {
            let message = format!(
                "Nothing is called {name:?}. In quotes it is searched for in messages."
            );
            return Err(problem(message, placed.start, placed.end, &begins()));
        };
        let op = match self.peek().token {
            Token::Op(op) => op,
            _ => return self.bare(word, placed),
        };
        let op_at = self.next();
        let orders = matches!(word.takes, Takes::Number(_));
        if !orders && !matches!(op, ":" | "=" | "!=") {
            let message = format!("{} has no order.", word.name);
            return Err(problem(message, op_at.start, op_at.end, &[":", "!="]));
        }
        let mut values = vec![self.value(word)?];
        while self.peek().token == Token::Comma {
            self.at += 1;
            values.push(self.value(word)?);
        }
        if values.len() > 1 && !matches!(op, ":" | "=" | "!=") {
            return Err(problem(
                "A list needs ':' before it.",
                op_at.start,
                op_at.end,
                &[":", "!="],
            ));
        }
        let node = node(word, op, &values)?;
        Ok(if op == "!=" {
            Node::Not(Box::new(node))
        } else {
            node
        })
    }

    /// A word alone.
    fn bare(&self, word: &Word, placed: &Placed) -> Result<Node, Problem> {
        match word.takes {
            Takes::Flag(flag) => Ok(Node::Flag(flag, true)),
            Takes::Rule => Ok(Node::Flag(Flag::Error, true)),
            Takes::Number(Number::Message) => {
                Ok(Node::Number(Number::Message, vec![(0.0, f64::MAX)]))
            }
            takes => {
                let message = format!("{} needs a value: {}.", word.name, word.detail);
                let mut expected = vec![":"];
                if let Takes::Number(_) = takes {
                    expected.extend(["<", ">", "<=", ">=", "!="]);
                }
                Err(problem(message, placed.end, placed.end, &expected))
            }
        }
    }

    fn value(&mut self, word: &Word) -> Result<(String, usize, usize), Problem> {
        let placed = self.next();
        match placed.token {
            Token::Name(text) | Token::Text(text) => Ok((text, placed.start, placed.end)),
            _ => {
                let message = format!("A value of {} is missing: {}.", word.name, word.detail);
                let expected = words::values(word.takes);
                Err(problem(message, placed.start, placed.end, &expected))
            }
        }
    }
}

fn begins() -> Vec<&'static str> {
    let names = words::WORDS.iter().map(|word| word.name);
    names.chain(["not", "(", "\"", "/"]).collect()
}

fn join(mut parts: Vec<Node>, make: impl FnOnce(Vec<Node>) -> Node) -> Node {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            // What costs little decides first; the order does not matter to the result.
            parts.sort_by_key(Node::cost);
            make(parts)
        }
    }
}

impl Node {
    /// How much it costs to ask, roughly.
    fn cost(&self) -> u8 {
        match self {
            Self::Not(inner) => inner.cost(),
            Self::And(parts) | Self::Or(parts) => {
                parts.iter().map(Self::cost).max().unwrap_or(0)
            }
            Self::Rule(_) | Self::Protocol(_) | Self::Number(Number::Code, _) => 1,
            Self::Flag(Flag::Heartbeat, _) => 2,
            Self::Find(_) | Self::Kind(_) => 3,
            Self::Regex(_) => 4,
            _ => 0,
        }
    }
}

type Value = (String, usize, usize);

fn node(word: &Word, op: &str, values: &[Value]) -> Result<Node, Problem> {
    match word.takes {
        Takes::Number(number) => {
            let ranges: Result<Vec<_>, _> = values
                .iter()
                .map(|value| range(number, op, value))
                .collect();
            Ok(Node::Number(number, ranges?))
        }
        Takes::Flag(flag) => match values {
            [(value, start, end)] => match value.as_str() {
                "1" | "true" | "yes" => Ok(Node::Flag(flag, true)),
                "0" | "false" | "no" => Ok(Node::Flag(flag, false)),
                _ => Err(unknown(word, value, *start, *end)),
            },
            _ => Err(problem(
                "Only one value fits here.",
                values[1].1,
                values[1].2,
                &["1", "0"],
            )),
        },
        Takes::Direction => each(values, |value| {
            payload::direction(&value.to_ascii_lowercase())
                .map(|direction| 1 << direction as u8)
        })
        .map(|bits: Vec<u8>| Node::Direction(bits.iter().fold(0, |sum, bit| sum | bit)))
        .map_err(|at| unknown_at(word, at)),
        Takes::Opcode => each(values, |value| {
            let named = OPCODES
                .iter()
                .find(|(name, _)| value.eq_ignore_ascii_case(name));
            let number = || value.parse().ok().filter(|&number: &u32| number < 16);
            named
                .map(|(_, bits)| *bits)
                .or_else(|| number().map(|number| 1 << number))
        })
        .map(|bits: Vec<u16>| Node::Opcode(bits.iter().fold(0, |sum, bit| sum | bit)))
        .map_err(|at| unknown_at(word, at)),
        Takes::Rule => each(values, |value| {
            let named = |rule: &&Rule| {
                let described = rule.describe();
                described.name.eq_ignore_ascii_case(value)
                    || described
                        .tags
                        .iter()
                        .any(|tag| tag.eq_ignore_ascii_case(value))
            };
            let rules: Vec<Rule> = Rule::ALL.iter().filter(named).copied().collect();
            (!rules.is_empty()).then_some(rules)
        })
        .map(|rules| Node::Rule(rules.concat()))
        .map_err(|at| unknown_at(word, at)),
        Takes::Kind => each(values, |value| {
            Kind::ALL
                .into_iter()
                .find(|kind| kind.name().eq_ignore_ascii_case(value))
        })
        .map(Node::Kind)
        .map_err(|at| unknown_at(word, at)),
        Takes::Protocol => Ok(Node::Protocol(
            values.iter().map(|(value, ..)| value.clone()).collect(),
        )),
        Takes::Hex => {
            let parts: Result<Vec<Node>, Problem> = values
                .iter()
                .map(|(value, start, end)| find(&hex(value, *start, *end)?, *start, *end))
                .collect();
            Ok(join(parts?, Node::Or))
        }
        Takes::Text => {
            let parts: Result<Vec<Node>, Problem> = values
                .iter()
                .map(|(value, start, end)| find(value.as_bytes(), *start, *end))
                .collect();
            Ok(join(parts?, Node::Or))
        }
    }
}

fn each<T>(values: &[Value], read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, &Value> {
    values
        .iter()
        .map(|value| read(&value.0).ok_or(value))
        .collect()
}

fn unknown_at(word: &Word, (value, start, end): &Value) -> Problem {
    unknown(word, value, *start, *end)
}

fn unknown(word: &Word, value: &str, start: usize, end: usize) -> Problem {
    let message = format!("{value:?} is no value of {}: {}.", word.name, word.detail);
    problem(message, start, end, &words::values(word.takes))
}

fn find(bytes: &[u8], start: usize, end: usize) -> Result<Node, Problem> {
    if bytes.is_empty() {
        return Err(problem("There is nothing to search for.", start, end, &[]));
    }
    Ok(Node::Find(Box::new(Finder::new(bytes).into_owned())))
}

fn regex(pattern: &str, flags: &str, start: usize, end: usize) -> Result<Node, Problem> {
    if flags.chars().any(|flag| !"ismx".contains(flag)) {
        return Err(problem(
            "A pattern's flags are i, s, m and x.",
            start,
            end,
            &[],
        ));
    }
    let has = |flag| flags.contains(flag);
    // Bytes, not characters: messages need not be text, and the tables of Unicode are large.
    let built = RegexBuilder::new(pattern)
        .unicode(false)
        .case_insensitive(has('i'))
        .dot_matches_new_line(has('s'))
        .multi_line(has('m'))
        .ignore_whitespace(has('x'))
        .size_limit(1 << 20)
        .build();
    match built {
        Ok(regex) => Ok(Node::Regex(Box::new(regex))),
        Err(error) => {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            let last = last.trim_start_matches("error: ");
            Err(problem(
                format!("The pattern cannot be read: {last}."),
                start,
                end,
                &[],
            ))
        }
    }
}

fn hex(text: &str, start: usize, end: usize) -> Result<Vec<u8>, Problem> {
    let wrong = || problem("Hex is pairs of the digits 0-9 and a-f.", start, end, &[]);
    let text = text.replace("0x", "").replace("\\x", "");
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| !b" ,:-".contains(byte))
        .collect();
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return Err(wrong());
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pair = |pair: &[u8]| Some((digit(pair[0])? << 4 | digit(pair[1])?) as u8);
    digits
        .chunks(2)
        .map(|digits| pair(digits).ok_or_else(wrong))
        .collect()
}

fn range(number: Number, op: &str, value: &Value) -> Result<(f64, f64), Problem> {
    let (text, start, end) = value;
    let read = |text: &str| {
        quantity(number, text).ok_or_else(|| {
            let example = match number {
                Number::Time | Number::Since => "such as 100ms or 1.5s",
                Number::Length | Number::Inflated | Number::Offset => "such as 125 or 64k",
                _ => "such as 2",
            };
            problem(
                format!("{text:?} is no number, {example}."),
                *start,
                *end,
                &[],
            )
        })
    };
    if let Some((from, to)) = text.split_once("..") {
        if !matches!(op, ":" | "=" | "!=") {
            return Err(problem(
                "A range needs ':' before it.",
                *start,
                *end,
                &[":"],
            ));
        }
        let from = if from.is_empty() {
            f64::MIN
        } else {
            read(from)?
        };
        let to = if to.is_empty() { f64::MAX } else { read(to)? };
        return Ok((from, to));
    }
    let value = read(text)?;
    Ok(match op {
        "<" => (f64::MIN, value.next_down()),
        "<=" => (f64::MIN, value),
        ">" => (value.next_up(), f64::MAX),
        ">=" => (value, f64::MAX),
        _ => (value, value),
    })
}

fn quantity(number: Number, text: &str) -> Option<f64> {
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let factor = match number {
        Number::Time | Number::Since => match unit {
            "ms" | "" => 1.0,
            "us" | "µs" => 1e-3,
            "ns" => 1e-6,
            "s" => 1e3,
            "m" | "min" => 60e3,
            "h" => 3600e3,
            _ => return None,
        },
        Number::Length | Number::Inflated | Number::Offset => {
            match unit.to_ascii_lowercase().as_str() {
                "" | "b" => 1.0,
                "k" | "kib" => 1024.0,
                "kb" => 1e3,
                "m" | "mib" => 1_048_576.0,
                "mb" => 1e6,
                "g" | "gib" => 1_073_741_824.0,
                _ => return None,
            }
        }
        _ if unit.is_empty() => 1.0,
        _ => return None,
    };
    digits.parse::<f64>().ok().map(|value| value * factor)
}
