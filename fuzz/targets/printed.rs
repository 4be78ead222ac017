//! Dumps of packets and followed streams, as tools print them: any digits behind any offsets.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws4wasm_fuzz::told::same_however_cut;

/// The start of what tcpdump prints.
const START: &[u8] =
    b"20:11:34.198375 IP a > b: x\n\t0x0000:  4500 003c 4317 4000 4006 f9a2 7f00 0001  E\n";

fuzz_target!(|data: &[u8]| {
    let [way, given, bytes @ ..] = data else {
        return;
    };
    // Half of them have a start that leads further than chance does.
    let bytes = match given & 1 {
        0 => bytes.to_vec(),
        _ => [START, bytes].concat(),
    };
    same_however_cut(&bytes, *way);
});
