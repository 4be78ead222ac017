//! What a word of a filter and its values mean.

use super::node::{Node, join};
use super::problem::{Problem, problem};
use super::words::{self, Number, OPCODES, Takes, Word};
use crate::connection::Evidence;
use crate::payload::{self, Kind};
use crate::rules::Rule;
use memchr::memmem::Finder;
use regex::bytes::RegexBuilder;

/// A value, and from where to where it stands.
pub type Value = (String, usize, usize);

/// The test that a word makes with an operator and values.
pub fn node(word: &Word, op: &str, values: &[Value]) -> Result<Node, Problem> {
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
        Takes::Direction => bits(word, values, &|value| {
            payload::direction(&value.to_ascii_lowercase())
                .map(|direction| 1 << direction as u8)
        })
        .map(Node::Direction),
        Takes::Opcode => bits(word, values, &|value| {
            let named = OPCODES
                .iter()
                .find(|(name, _)| value.eq_ignore_ascii_case(name));
            let number = || value.parse().ok().filter(|&number: &u32| number < 16);
            named
                .map(|(_, bits)| *bits)
                .or_else(|| number().map(|number| 1 << number))
        })
        .map(Node::Opcode),
        Takes::Rule => {
            let mut all = Vec::new();
            for value in values {
                let named = |name: &str| name.eq_ignore_ascii_case(&value.0);
                let before = all.len();
                all.extend(Rule::ALL.iter().copied().filter(|rule| {
                    let described = rule.describe();
                    named(described.name) || described.tags.iter().any(|tag| named(tag))
                }));
                if all.len() == before {
                    return Err(unknown_at(word, value));
                }
            }
            Ok(Node::Rule(all))
        }
        Takes::Kind => bits(word, values, &|value| {
            let mut all = Kind::ALL.into_iter();
            all.find(|kind| kind.name().eq_ignore_ascii_case(value))
                .map(|kind| 1 << kind as u8)
        })
        .map(Node::Kind),
        Takes::Evidence => bits(word, values, &|value| {
            let mut all = Evidence::ALL.into_iter();
            all.find(|evidence| evidence.name().eq_ignore_ascii_case(value))
                .map(|evidence| 1 << evidence as u8)
        })
        .map(Node::Evidence),
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

/// What all values stand for, as bits.
fn bits(
    word: &Word,
    values: &[Value],
    read: &dyn Fn(&str) -> Option<u16>,
) -> Result<u16, Problem> {
    let mut sum = 0;
    for value in values {
        sum |= read(&value.0).ok_or_else(|| unknown_at(word, value))?;
    }
    Ok(sum)
}

fn unknown_at(word: &Word, (value, start, end): &Value) -> Problem {
    unknown(word, value, *start, *end)
}

fn unknown(word: &Word, value: &str, start: usize, end: usize) -> Problem {
    let message = format!("{value:?} is no value of {}: {}.", word.name, word.detail);
    problem(message, start, end, &words::values(word.takes))
}

/// A search for bytes.
pub fn find(bytes: &[u8], start: usize, end: usize) -> Result<Node, Problem> {
    if bytes.is_empty() {
        return Err(problem("There is nothing to search for.", start, end, &[]));
    }
    Ok(Node::Find(Box::new(Finder::new(bytes).into_owned())))
}

/// A search for a pattern.
pub fn regex(pattern: &str, flags: &str, start: usize, end: usize) -> Result<Node, Problem> {
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
