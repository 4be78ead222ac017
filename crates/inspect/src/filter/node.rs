//! What a filter means: a tree of tests.

use super::words::{Flag, Number};
use crate::rules::Rule;
use memchr::memmem::Finder;
use regex::bytes::Regex;

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
    Direction(u16),
    /// One of these opcodes, as bits.
    Opcode(u16),
    /// One of these rules was broken; any, when there is none.
    Rule(Vec<Rule>),
    /// One of these, as bits.
    Kind(u16),
    Protocol(Vec<String>),
    /// One of these, as bits.
    Evidence(u16),
    Find(Box<Finder<'static>>),
    Regex(Box<Regex>),
}

pub fn join(mut parts: Vec<Node>, make: impl FnOnce(Vec<Node>) -> Node) -> Node {
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
            Self::Rule(_)
            | Self::Protocol(_)
            | Self::Evidence(_)
            | Self::Number(Number::Code, _) => 1,
            Self::Flag(Flag::Heartbeat, _) => 2,
            Self::Find(_) | Self::Kind(_) => 3,
            Self::Regex(_) => 4,
            _ => 0,
        }
    }
}
