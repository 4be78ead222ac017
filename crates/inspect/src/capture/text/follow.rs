//! Wireshark's and tshark's "Follow Stream": a heading, then what both sides sent, that of the
//! server behind a tab (or four spaces), as a hex dump or as lines of hex digits.

use super::digits::hex;
use super::{Piece, Problem, Spelled, dump};
use crate::flow::Direction;

pub(super) fn read(text: &str) -> Option<Result<Spelled, Problem>> {
    const HEADING: [&str; 4] = ["===", "Follow: ", "Filter: ", "Node "];
    let is_heading = |line: &&str| HEADING.iter().any(|start| line.starts_with(start));
    let headed = text.lines().any(|line| is_heading(&line));
    let body: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty() && !is_heading(line))
        .collect();
    raw(&body, headed).or_else(|| {
        let dump = || dump::read(&body.join("\n"));
        headed.then(dump).flatten()
    })
}

fn raw(body: &[&str], headed: bool) -> Option<Result<Spelled, Problem>> {
    let of_server = |line: &str| line.starts_with(['\t', ' ']);
    // Without the heading, digits of two kinds of lines are what tells.
    let both = body.iter().any(|line| of_server(line)) && body.iter().any(|l| !of_server(l));
    if !headed && !both {
        return None;
    }
    let mut pieces: Vec<Piece> = Vec::new();
    for line in body {
        let bytes = hex(line.trim()).filter(|bytes| !bytes.is_empty())?;
        let direction = Some(Direction::BOTH[usize::from(of_server(line))]);
        match pieces.last_mut() {
            Some(last) if last.direction == direction => last.bytes.extend(bytes),
            _ => pieces.push(Piece { direction, bytes }),
        }
    }
    let how = "followed stream";
    (!pieces.is_empty()).then_some(Ok(Spelled { how, pieces }))
}
