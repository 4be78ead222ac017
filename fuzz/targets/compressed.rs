//! Any bytes at all towards ends that have agreed on compression: however they are cut they
//! give the same events, and where no frame has RSV1 those are the model's.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws4wasm_fuzz::{holds_compressed, parameters, reader};

fuzz_target!(|data: &[u8]| {
    if let [choice, server, client, way, bytes @ ..] = data {
        let (role, config) = reader(*choice);
        holds_compressed(bytes, role, config, parameters([*server, *client]), &[*way]);
    }
});
