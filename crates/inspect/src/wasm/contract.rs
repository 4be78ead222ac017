//! The numbers that stand for words where JavaScript calls the inspector, written once. The build
//! makes `pkg/inspect/contract.js` of them (crates/contract).

use crate::Options;
use crate::bytes::Kind;
use crate::flow::{Direction, End};

const CLIENT: u8 = Direction::ClientToServer as u8;
const SERVER: u8 = Direction::ServerToClient as u8;

pub(super) const fn direction(number: u8) -> Direction {
    match number {
        CLIENT => Direction::ClientToServer,
        _ => Direction::ServerToClient,
    }
}

const FIN: u8 = End::Fin as u8;
const RESET: u8 = End::Reset as u8;
const CUT: u8 = End::Cut as u8;

pub(super) const fn end(number: u8) -> End {
    match number {
        FIN => End::Fin,
        RESET => End::Reset,
        _ => End::Cut,
    }
}

const WIRE: u8 = Kind::Wire as u8;
const UNMASKED: u8 = Kind::Unmasked as u8;
const INFLATED: u8 = Kind::Inflated as u8;
const MESSAGE: u8 = Kind::Message as u8;

pub(super) const fn kind(number: u8) -> Kind {
    match number {
        WIRE => Kind::Wire,
        UNMASKED => Kind::Unmasked,
        INFLATED => Kind::Inflated,
        _ => Kind::Message,
    }
}

/// What each is, its name, its value.
pub const ALL: &[(&str, &str, i64)] = &[
    (
        "From the client to the server.",
        "CLIENT_TO_SERVER",
        CLIENT as i64,
    ),
    (
        "From the server to the client.",
        "SERVER_TO_CLIENT",
        SERVER as i64,
    ),
    ("A direction ended in order.", "END_FIN", FIN as i64),
    ("It ended by a reset.", "END_RESET", RESET as i64),
    (
        "The record of it ends; the connection may go on.",
        "END_CUT",
        CUT as i64,
    ),
    (
        "Bytes of a frame as they came, header and all.",
        "BYTES_WIRE",
        WIRE as i64,
    ),
    ("Its payload.", "BYTES_UNMASKED", UNMASKED as i64),
    (
        "What its compressed payload became.",
        "BYTES_INFLATED",
        INFLATED as i64,
    ),
    ("The whole message.", "BYTES_MESSAGE", MESSAGE as i64),
    (
        "Memory that grows with the input where no limit is given, in bytes.",
        "DEFAULT_MEMORY_LIMIT",
        Options::DEFAULT_MEMORY_LIMIT as i64,
    ),
];
