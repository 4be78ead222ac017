//! The three blocks of pcapng that are needed (draft-ietf-opsawg-pcapng sections 4.1 to 4.3),
//! little-endian. pcap-parser can write them, too; that feature of it brings all of `futures`.

use crate::flow::Time;

/// LINKTYPE_RAW: packets begin with IP.
const RAW: u16 = 101;

/// What each file begins with: its length is not known, and times are in nanoseconds.
pub(super) fn head() -> Vec<u8> {
    let mut section = Vec::new();
    section.extend(0x1a2b_3c4du32.to_le_bytes());
    section.extend([1, 0, 0, 0]);
    section.extend(u64::MAX.to_le_bytes());
    let mut interface = Vec::new();
    interface.extend(RAW.to_le_bytes());
    interface.extend([0; 6]);
    // if_tsresol: nanoseconds. Then the end of the options.
    interface.extend([9, 0, 1, 0, 9, 0, 0, 0]);
    interface.extend([0; 4]);
    let mut out = Vec::new();
    block(&mut out, 0x0a0d_0d0a, &[&section]);
    block(&mut out, 1, &[&interface]);
    out
}

/// A packet, whole.
pub(super) fn packet(out: &mut Vec<u8>, time: Time, packet: &[u8]) {
    let interface = 0;
    let (high, low) = ((time >> 32) as u32, time as u32);
    let length = packet.len() as u32;
    let fields = [interface, high, low, length, length].map(u32::to_le_bytes);
    block(out, 6, &[fields.as_flattened(), packet]);
}

/// Its type, its length, what is in it, its length again.
fn block(out: &mut Vec<u8>, kind: u32, body: &[&[u8]]) {
    let inside: usize = body.iter().map(|part| part.len()).sum();
    let padding = inside.next_multiple_of(4) - inside;
    let length = ((inside + padding + 12) as u32).to_le_bytes();
    out.extend(kind.to_le_bytes());
    out.extend(length);
    for part in body {
        out.extend_from_slice(part);
    }
    out.resize(out.len() + padding, 0);
    out.extend(length);
}
