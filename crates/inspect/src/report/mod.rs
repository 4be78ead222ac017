//! What the inspector tells of what it has found, in the shapes of the JavaScript API: numbers
//! as JavaScript has them, times in milliseconds since the first event.
//!
//! The types are those of `js/inspect/index.d.ts`; what each member means stands there.
#![allow(missing_docs, reason = "they are told in js/inspect/index.d.ts")]

mod connection;
mod frame;
mod row;
mod statistics;
mod timeline;
mod violation;

pub use connection::{Connection, DeflateParameters, Endpoint, Handshake};
pub use frame::{Field, FrameDetail};
pub use row::Row;
pub use statistics::{Quantiles, Statistics};
pub use timeline::{Lane, Points, Timeline};
pub use violation::{RuleLine, Violation, rules};

use super::flow::Direction;
use ws4wasm::Opcode;

/// As the JavaScript API says it.
pub const fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::ClientToServer => "c2s",
        Direction::ServerToClient => "s2c",
    }
}

/// The same for an opcode.
pub const fn opcode_name(opcode: Option<Opcode>) -> &'static str {
    match opcode {
        None => "reserved",
        Some(Opcode::Continuation) => "continuation",
        Some(Opcode::Text) => "text",
        Some(Opcode::Binary) => "binary",
        Some(Opcode::Close) => "close",
        Some(Opcode::Ping) => "ping",
        Some(Opcode::Pong) => "pong",
    }
}

/// A value for each direction.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Both<T> {
    pub c2s: T,
    pub s2c: T,
}

impl<T> Both<T> {
    fn of(mut make: impl FnMut(Direction) -> T) -> Self {
        Self {
            c2s: make(Direction::ClientToServer),
            s2c: make(Direction::ServerToClient),
        }
    }

    fn get_mut(&mut self, direction: Direction) -> &mut T {
        match direction {
            Direction::ClientToServer => &mut self.c2s,
            Direction::ServerToClient => &mut self.s2c,
        }
    }
}
