//! The UTF-8 validator. It owns nothing: its few numbers live in the JavaScript object.

use super::engine;
use crate::utf8::{DFA, Validator};
use wasm_bindgen::prelude::*;

/// One byte. Returns the new state; `status[0]` is the code point so far.
#[wasm_bindgen]
pub fn utf8_decode(state: u8, codepoint: u32, byte: u8) -> u8 {
    let mut validator = Validator::from_parts(state, codepoint, 0);
    let state = validator.decode(byte);
    engine(|e| e.status[0] = validator.codepoint());
    state
}

/// The first `length` bytes of the input region. Returns the index of the bad byte, or
/// `length`; `status[0]` is the new state.
#[wasm_bindgen]
pub fn utf8_validate(state: u8, length: u32) -> u32 {
    engine(|e| {
        let mut validator = Validator::from_parts(state, 0, 0);
        let bytes = e.input.get(..length as usize).unwrap_or_default();
        let index = validator.validate(bytes).current_index;
        e.status[0] = u32::from(validator.state());
        index as u32
    })
}

/// The table of the automaton.
#[wasm_bindgen]
pub fn utf8_dfa() -> Box<[u8]> {
    DFA.to_vec().into_boxed_slice()
}
