//! The filter language: which frames or messages to show. Its words are in `words`, its grammar
//! is in `parse`, what words and values mean is in `values`,
//! and what comes of it is a tree, in `node`.

mod node;
mod parse;
mod problem;
mod tokens;
mod values;
mod words;

pub use problem::Problem;

use super::Inspection;
use super::bytes::Reader;
use super::connection::Connection;
use super::payload::{self, Context, Kind};
use super::rules::Severity;
use super::store::{Frame, Message, NONE, flag};
use node::Node;
use std::collections::{HashMap, HashSet};
use tokens::Token;
use words::{Flag, Number, Takes};
use ws4wasm::close_code;
use ws4wasm::frame::{RSV1, mask};

/// How many bytes of a message are looked at to tell what it is written in.
const KIND_BYTES: usize = 64 * 1024;

/// A filter that was read.
#[derive(Debug)]
pub struct Filter {
    text: String,
    node: Node,
}

impl Filter {
    /// Reads a filter; an empty one lets everything through.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    ///
    /// ```
    /// use ws4wasm_inspect::filter::Filter;
    /// assert!(Filter::parse("dir:c2s op:text,ping len>125 not heartbeat").is_ok());
    /// let problem = Filter::parse("op:txet").unwrap_err();
    /// assert_eq!((problem.position, problem.length), (3, 4));
    /// assert!(problem.expected.contains(&"text".to_owned()));
    /// ```
    pub fn parse(text: &str) -> Result<Self, Problem> {
        Ok(Self {
            text: text.to_owned(),
            node: parse::parse(text)?,
        })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it lets everything through.
    pub const fn is_empty(&self) -> bool {
        matches!(self.node, Node::All)
    }
}

/// What may be written in place of a part of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What to write.
    pub text: String,
    /// From here,
    pub from: usize,
    /// to here, in bytes.
    pub to: usize,
    /// What it means.
    pub detail: String,
}

/// What could stand where the cursor is.
pub fn complete(text: &str, position: usize) -> Vec<Completion> {
    let position = (0..=position.min(text.len()))
        .rev()
        .find(|&at| text.is_char_boundary(at));
    let before = &text[..position.unwrap_or(0)];
    let Ok(tokens) = tokens::tokens(before) else {
        return Vec::new();
    };
    let tokens = &tokens[..tokens.len() - 1];
    // A name that ends at the cursor is being written.
    let (written, rest) = match tokens.split_last() {
        Some((last, rest)) if last.end == before.len() => match &last.token {
            Token::Name(name) => (Some((name.as_str(), last.start)), rest),
            _ => (None, tokens),
        },
        _ => (None, tokens),
    };
    let (prefix, from) = written.unwrap_or(("", before.len()));
    let prefix = prefix.to_ascii_lowercase();
    let make = |text: String, detail: &str| Completion {
        text,
        from,
        to: before.len(),
        detail: detail.to_owned(),
    };
    let fits = |name: &str| name.to_ascii_lowercase().starts_with(&prefix);
    // Behind an operator, or a comma in its list: a value.
    let list = rest
        .iter()
        .rposition(|placed| matches!(placed.token, Token::Op(_)));
    if let Some(op) = list.filter(|&op| {
        rest[op + 1..].chunks(2).all(|pair| {
            matches!(pair, [value, comma] if matches!(value.token, Token::Name(_) | Token::Text(_)) && comma.token == Token::Comma)
        })
    }) {
        let word = op.checked_sub(1).and_then(|index| match &rest[index].token {
            Token::Name(name) => words::find(name),
            _ => None,
        });
        let values = word.map(|word| words::values(word.takes)).unwrap_or_default();
        return values
            .into_iter()
            .filter(|value| fits(value))
            .map(|value| make(value.to_owned(), word.map_or("", |word| word.detail)))
            .collect();
    }
    let words = words::WORDS.iter().filter(|word| fits(word.name));
    let mut all: Vec<_> = words
        .map(|word| {
            let more = match word.takes {
                Takes::Flag(_) => "",
                Takes::Number(number)
                    if !matches!(
                        number,
                        Number::Connection | Number::Code | Number::Frame | Number::Message
                    ) =>
                {
                    ">"
                }
                Takes::Rule => "",
                _ => ":",
            };
            make(format!("{}{more}", word.name), word.detail)
        })
        .collect();
    for (name, detail) in [
        ("not", "the opposite of what follows"),
        ("or", "one of both"),
        ("and", "both; may be left out"),
    ] {
        if fits(name) && (name == "not" || !rest.is_empty()) {
            all.push(make(name.to_owned(), detail));
        }
    }
    all
}

/// Asks a filter about rows.
pub struct Evaluator<'a> {
    inspection: &'a Inspection,
    filter: &'a Filter,
    reader: Reader<'a>,
    content: Vec<u8>,
    /// Whose content that is: a frame, or the first frame of its message.
    content_of: u32,
    contexts: HashMap<u32, Context>,
    last_context: (u32, Context),
    /// For each test of rules, by its address: the frames where they were broken.
    broken: HashMap<*const Node, HashSet<u32>>,
}

/// A row: a frame, or a message with its first frame.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// Number of the frame.
    pub number: u32,
    /// The frame.
    pub frame: &'a Frame,
    /// The message, if the row stands for it.
    pub message: Option<&'a Message>,
}

impl<'a> Evaluator<'a> {
    /// For one pass over the rows.
    pub fn new(inspection: &'a Inspection, filter: &'a Filter) -> Self {
        let mut evaluator = Self {
            inspection,
            filter,
            reader: Reader::new(inspection),
            content: Vec::new(),
            content_of: NONE,
            contexts: HashMap::new(),
            last_context: (NONE, Context::default()),
            broken: HashMap::new(),
        };
        evaluator.look_for_rules(&filter.node);
        evaluator
    }

    fn look_for_rules(&mut self, node: &'a Node) {
        match node {
            Node::Not(inner) => self.look_for_rules(inner),
            Node::And(parts) | Node::Or(parts) => {
                parts.iter().for_each(|part| self.look_for_rules(part));
            }
            Node::Rule(rules) => {
                let all = self.inspection.store.violations.iter_from(0);
                let frames = all
                    .filter(|(_, violation)| rules.contains(&violation.rule))
                    .filter_map(|(_, violation)| violation.frame)
                    .collect();
                self.broken.insert(node, frames);
            }
            _ => {}
        }
    }

    /// Whether the filter lets a row through.
    #[inline]
    pub fn matches(&mut self, row: Row<'_>) -> bool {
        let filter = self.filter;
        self.ask(&filter.node, row)
    }

    fn ask(&mut self, node: &Node, row: Row<'_>) -> bool {
        let Row { frame, .. } = row;
        match node {
            Node::All => true,
            Node::Not(inner) => !self.ask(inner, row),
            Node::And(parts) => parts.iter().all(|part| self.ask(part, row)),
            Node::Or(parts) => parts.iter().any(|part| self.ask(part, row)),
            Node::Number(number, ranges) => {
                let fits = |value: f64| {
                    ranges
                        .iter()
                        .any(|&(from, to)| from <= value && value <= to)
                };
                self.number(*number, row).is_some_and(fits)
            }
            // A hole has a place, a time and a length, and nothing else that frames have.
            Node::Flag(flag, _) if frame.is_hole() && *flag != Flag::Hole => false,
            Node::Opcode(_) | Node::Kind(_) | Node::Find(_) | Node::Regex(_)
                if frame.is_hole() =>
            {
                false
            }
            Node::Flag(flag, wanted) => self.flag(*flag, row) == *wanted,
            Node::Direction(bits) => bits & 1 << frame.direction() as u8 != 0,
            Node::Opcode(bits) => bits & 1 << (frame.head[0] & 15) != 0,
            Node::Rule(_) => self.rule(node, row),
            Node::Kind(bits) => bits & 1 << self.kind(row) as u8 != 0,
            Node::Protocol(protocols) => {
                let connection = self.inspection.connection(frame.connection);
                let response = connection.and_then(|c| c.handshake.response.as_ref());
                let agreed = response.and_then(|r| r.get("Sec-WebSocket-Protocol"));
                agreed.is_some_and(|agreed| {
                    protocols.iter().any(|p| p.eq_ignore_ascii_case(agreed))
                })
            }
            Node::Evidence(bits) => {
                let connection = self.inspection.connection(frame.connection);
                let evidence = connection.and_then(|c| c.evidence);
                evidence.is_some_and(|evidence| bits & 1 << evidence as u8 != 0)
            }
            Node::Find(finder) => finder.find(self.content(row, usize::MAX)).is_some(),
            Node::Regex(regex) => regex.is_match(self.content(row, usize::MAX)),
        }
    }

    /// The content of a row's message. What is neither masked nor compressed nor in pieces is
    /// where it is; the rest is made once for several tests or fragments.
    fn content(&mut self, row: Row<'_>, most: usize) -> &[u8] {
        let Row { number, frame, .. } = row;
        let message = self.inspection.store.messages.get(frame.message);
        let of = message.map_or(number, |message| message.first);
        if message.is_none_or(|message| message.frames == 1 && !message.compressed) {
            // Nearly all rows, so they take no detours.
            let there = self.reader.wire(frame);
            if !frame.masked() {
                return there;
            }
            if of != self.content_of {
                let wanted = &there[..there.len().min(most)];
                self.content.resize(wanted.len(), 0);
                mask::unmask_into(&mut self.content, wanted, frame.key);
                self.content_of = if wanted.len() == there.len() {
                    of
                } else {
                    NONE
                };
            }
        } else if of != self.content_of {
            self.reader.content(row.frame, most, &mut self.content);
            self.content_of = if most == usize::MAX { of } else { NONE };
        }
        &self.content
    }

    fn context(&mut self, connection: u32) -> Context {
        // Rows of one connection often follow each other.
        if self.last_context.0 != connection {
            let inspection = self.inspection;
            let context = *self.contexts.entry(connection).or_insert_with(|| {
                inspection
                    .connection(connection)
                    .map(Context::of)
                    .unwrap_or_default()
            });
            self.last_context = (connection, context);
        }
        self.last_context.1
    }

    fn kind(&mut self, row: Row<'_>) -> Kind {
        let text = is_text(self.inspection, row.frame);
        let context = self.context(row.frame.connection);
        payload::kind(self.content(row, KIND_BYTES), text, context)
    }

    fn number(&self, number: Number, row: Row<'_>) -> Option<f64> {
        let Row { frame, message, .. } = row;
        let of_frame = || self.inspection.store.messages.get(frame.message);
        Some(match number {
            Number::Length => message.map_or(frame.length, |message| message.length) as f64,
            Number::Inflated => message.or_else(of_frame)?.inflated as f64,
            Number::Header => f64::from(frame.header_length),
            Number::Fragments => f64::from(message.or_else(of_frame)?.frames),
            Number::Offset => frame.offset as f64,
            Number::Frame => f64::from(row.number),
            Number::Message => {
                if frame.message == NONE {
                    return None;
                }
                f64::from(frame.message)
            }
            Number::Connection => f64::from(frame.connection),
            Number::Time => self.inspection.since_start(frame.time),
            Number::Since => f64::from(frame.since),
            Number::Code => return self.code(row),
        })
    }

    /// The code of a close frame, or 1006 for the last frame before an end without one.
    fn code(&self, row: Row<'_>) -> Option<f64> {
        let connection = self.inspection.connection(row.frame.connection)?;
        if row.frame.head[0] & 15 == 8 {
            return close_code_of(connection, row.frame).map(f64::from);
        }
        let abnormal = connection.close_codes() == Some([close_code::ABNORMAL; 2]);
        let last = || connection.last_frame() == Some(row.number);
        (abnormal && last()).then_some(f64::from(close_code::ABNORMAL))
    }

    fn flag(&mut self, flag: Flag, row: Row<'_>) -> bool {
        let Row { frame, message, .. } = row;
        let bit = |bit: u8| frame.head[0] & bit != 0;
        match flag {
            // A message is as its first frame is, but for what its last one says.
            Flag::Fin => message.map_or(frame.fin(), |message| message.complete),
            Flag::Rsv1 => bit(RSV1 << 4),
            Flag::Rsv2 => bit(0x20),
            Flag::Rsv3 => bit(0x10),
            Flag::Masked => frame.masked(),
            Flag::Compressed => frame.flags & flag::COMPRESSED != 0,
            Flag::Complete => match message {
                Some(message) => message.complete,
                None => frame.flags & flag::COMPLETE != 0,
            },
            Flag::Fragmented => {
                let message = self.inspection.store.messages.get(frame.message);
                message.is_some_and(|message| message.frames > 1)
            }
            Flag::Control => frame.is_control(),
            Flag::Data => frame.head[0] & 15 < 3,
            Flag::Inside => frame.flags & flag::INSIDE != 0,
            Flag::Error => severity(self.inspection, row) == Some(Severity::Error),
            Flag::Warning => match message {
                None => frame.flags & flag::WARNING != 0,
                Some(message) => {
                    let mut frames = self.inspection.store.frames_of(message);
                    frames.any(|(_, frame)| frame.flags & flag::WARNING != 0)
                }
            },
            Flag::Heartbeat => self.heartbeat(row),
            Flag::Hole => frame.is_hole(),
        }
    }

    fn heartbeat(&mut self, row: Row<'_>) -> bool {
        if matches!(row.frame.head[0] & 15, 9 | 10) {
            return true;
        }
        let Some(message) = self.inspection.store.messages.get(row.frame.message) else {
            return false;
        };
        let context = self.context(row.frame.connection);
        if !payload::may_be_heartbeat(message.inflated, context) {
            return false;
        }
        let kind = self.kind(row);
        payload::is_heartbeat(self.content(row, KIND_BYTES), kind)
    }

    fn rule(&self, node: &Node, row: Row<'_>) -> bool {
        let Some(frames) = self.broken.get(&std::ptr::from_ref(node)) else {
            return false;
        };
        if frames.is_empty() {
            return false;
        }
        match row.message {
            None => row.frame.severity().is_some() && frames.contains(&row.number),
            Some(message) => {
                let mut all = self.inspection.store.frames_of(message);
                all.any(|(number, frame)| {
                    frame.severity().is_some() && frames.contains(&number)
                })
            }
        }
    }
}

/// Whether a frame is of a text message.
pub(super) fn is_text(inspection: &Inspection, frame: &Frame) -> bool {
    match inspection.store.messages.get(frame.message) {
        Some(message) => message.text,
        None => frame.head[0] & 15 == 1,
    }
}

/// The worst that was found about a row.
pub(super) fn severity(inspection: &Inspection, row: Row<'_>) -> Option<Severity> {
    match row.message {
        None => row.frame.severity(),
        Some(message) if message.frames == 1 => row.frame.severity(),
        Some(message) => {
            let frames = inspection.store.frames_of(message);
            frames.filter_map(|(_, frame)| frame.severity()).max()
        }
    }
}

/// The code of a close frame, 1005 without one.
pub(super) fn close_code_of(connection: &Connection, frame: &Frame) -> Option<u16> {
    let stream = &connection.streams[frame.direction() as usize];
    let mut body = Vec::new();
    super::bytes::unmask(stream, frame, 2, &mut body);
    Some(match body[..] {
        [a, b] => u16::from_be_bytes([a, b]),
        _ => close_code::NO_STATUS,
    })
}
