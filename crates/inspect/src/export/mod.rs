//! Files made of what was found: for Wireshark, for tools that read tshark's JSON or HAR, and for
//! this project's tests.

mod har;
mod json;
mod keys;
mod pcapng;
mod secrets;
mod vector;

pub use keys::with_keys;
pub use secrets::{Secrets, holds_secrets};

use super::Inspection;
use super::bytes::unmask;
use super::connection::Connection;
use super::flow::Direction;
use super::store::{Frame, NONE};
use std::collections::BTreeMap;

/// What kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// As `tshark -T json` writes it.
    Json,
    /// HAR 1.2 with `_webSocketMessages`.
    Har,
    /// A capture, with TCP made up around the frames.
    Pcapng,
    /// As in `tests/vectors`.
    Vector,
    /// The secrets of TLS that open the connections (RFC 9850).
    KeyLog,
}

impl Format {
    /// By the name that the JavaScript API has for it.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "json" => Self::Json,
            "har" => Self::Har,
            "pcapng" => Self::Pcapng,
            "vector" => Self::Vector,
            "keylog" => Self::KeyLog,
            _ => return None,
        })
    }
}

/// A file's bytes: of everything, or of these frames. All but JSON take messages as a whole.
pub fn export(
    inspection: &Inspection,
    format: Format,
    frames: Option<&[u32]>,
    secrets: Secrets,
) -> Vec<u8> {
    let all = frames.is_none();
    let whole = || selected(inspection, frames, true);
    match format {
        Format::Json => json::write(inspection, &selected(inspection, frames, false)),
        Format::Har => har::write(inspection, &whole(), secrets),
        Format::Pcapng if all => pcapng::write_all(inspection, &whole(), secrets),
        Format::Pcapng => pcapng::write(inspection, &whole(), secrets),
        Format::Vector => vector::write(inspection, &whole()),
        Format::KeyLog => keys::key_log(inspection, frames),
    }
}

fn selected(inspection: &Inspection, frames: Option<&[u32]>, whole: bool) -> Vec<u32> {
    let store = &inspection.store;
    let alive = |number: &u32| {
        store
            .frames
            .get(*number)
            .is_some_and(|frame| frame.connection != NONE && !frame.is_hole())
    };
    let Some(frames) = frames else {
        return (0..store.frames.len()).filter(alive).collect();
    };
    let mut all: Vec<u32> = frames.iter().copied().filter(alive).collect();
    if whole {
        let messages: Vec<u32> = all
            .iter()
            .filter_map(|&number| Some(store.frames.get(number)?.message))
            .filter(|&message| message != NONE)
            .collect();
        for message in messages {
            if let Some(message) = store.messages.get(message).filter(|m| m.frames > 1) {
                all.extend(store.frames_of(message).map(|(number, _)| number));
            }
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// A connection and those of its frames that were chosen, in order, with their numbers.
type Chosen<'a> = (u32, &'a Connection, Vec<(u32, &'a Frame)>);

/// The chosen frames of each connection.
fn by_connection<'a>(inspection: &'a Inspection, frames: &[u32]) -> Vec<Chosen<'a>> {
    let mut all: BTreeMap<u32, Vec<(u32, &Frame)>> = BTreeMap::new();
    for &number in frames {
        if let Some(frame) = inspection.store.frames.get(number) {
            all.entry(frame.connection)
                .or_default()
                .push((number, frame));
        }
    }
    let with = |(number, frames)| Some((number, inspection.connection(number)?, frames));
    all.into_iter().filter_map(with).collect()
}

fn payload(connection: &Connection, frame: &Frame) -> Vec<u8> {
    let mut out = Vec::new();
    unmask(
        &connection.streams[frame.direction() as usize],
        frame,
        u64::MAX,
        &mut out,
    );
    out
}

/// A frame as it came, as far as it came. What is missing inside it is zeros, so that the next
/// one stays in its place; none when that would be too much.
fn wire(connection: &Connection, frame: &Frame) -> Option<Vec<u8>> {
    const MOST: u64 = 1 << 20;
    let stream = &connection.streams[frame.direction() as usize];
    let end = frame
        .payload()
        .saturating_add(frame.length)
        .min(stream.end());
    let mut bytes = Vec::new();
    let mut at = frame.offset;
    while at < end {
        let there = stream.read(at, end - at);
        let missing = stream.hole_at(at).min(end - at);
        if missing > MOST || (missing == 0 && there.is_empty()) {
            return None;
        }
        bytes.extend_from_slice(there);
        bytes.resize(bytes.len() + missing as usize, 0);
        at += there.len() as u64 + missing;
    }
    Some(bytes)
}

fn hex(bytes: &[u8], between: &str) -> String {
    let mut out = String::with_capacity(bytes.len() * (2 + between.len()));
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 {
            out.push_str(between);
        }
        let digit = |n: u8| char::from_digit(u32::from(n), 16).unwrap_or('0');
        out.extend([digit(byte >> 4), digit(byte & 15)]);
    }
    out
}

const fn both(direction: Direction) -> (usize, usize) {
    let d = direction as usize;
    (d, 1 - d)
}
