//! Any bytes at all, towards both ends: the model's events and no others, however they are cut.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws4wasm_fuzz::{holds, reader};

fuzz_target!(|data: &[u8]| {
    // The first two bytes choose the reader and the cut, so that vectors make good seeds.
    if let [choice, way, bytes @ ..] = data {
        let (role, config) = reader(*choice);
        holds(bytes, role, config, &[*way]);
    }
});
