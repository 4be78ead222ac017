//! Flows of mitmproxy: any tnetstring, as a file and as what is in a flow of a WebSocket.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws4wasm_fuzz::told::same_however_cut;

/// A dictionary with `websocket`, of which any bytes are the value.
fn flow(bytes: &[u8]) -> Vec<u8> {
    let inside = [&b"9:websocket;"[..], bytes].concat();
    [format!("{}:", inside.len()).as_bytes(), &inside, b"}"].concat()
}

fuzz_target!(|data: &[u8]| {
    let [way, given, bytes @ ..] = data else {
        return;
    };
    // Half of them have a start that leads further than chance does.
    let bytes = match given & 1 {
        0 => bytes.to_vec(),
        _ => flow(bytes),
    };
    same_however_cut(&bytes, *way);
});
