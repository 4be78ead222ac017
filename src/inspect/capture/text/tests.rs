use super::{Piece, read};
use crate::inspect::flow::Direction;

fn spelled(text: &str) -> (&'static str, Vec<u8>) {
    let spelled = read(text).unwrap_or_else(|problem| panic!("{text:?}: {problem:?}"));
    let bytes = spelled.pieces.iter().flat_map(|piece| &piece.bytes);
    (spelled.how, bytes.copied().collect())
}
