//! Any file and any text, as a capture: no panic, lawful events, and the same ones however it is
//! cut. The second byte may put the start of a capture in front, so that there are packets.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws4wasm_fuzz::told::same_however_cut;

/// The starts of a pcap file for Ethernet and one for IP, and of a pcapng file.
const STARTS: [&[u8]; 3] = [
    b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x01\0\0\0",
    b"\xa1\xb2\x3c\x4d\0\x02\0\x04\0\0\0\0\0\0\0\0\0\x04\0\0\0\0\0\x65",
    b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0\
      \x01\0\0\0\x14\0\0\0\x01\0\0\0\0\0\0\0\x14\0\0\0",
];

fuzz_target!(|data: &[u8]| {
    let [way, start, bytes @ ..] = data else {
        return;
    };
    let start = STARTS.get(usize::from(*start)).copied().unwrap_or_default();
    let bytes = [start, bytes].concat();
    same_however_cut(&bytes, *way);
});
