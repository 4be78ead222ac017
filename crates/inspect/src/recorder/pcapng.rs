//! The blocks of pcapng that are needed (draft-ietf-opsawg-pcapng sections 4.1 to 4.3 and 4.7),
//! little-endian. pcap-parser can write them, too; that feature of it brings all of `futures`.

use crate::flow::Time;

/// LINKTYPE_RAW: packets begin with IP.
const RAW: u16 = 101;

/// What each file of the recorder begins with.
pub(super) fn head() -> Vec<u8> {
    let mut out = Vec::new();
    section(&mut out);
    interface(&mut out, RAW);
    out
}

/// A section; its length is not known.
pub(crate) fn section(out: &mut Vec<u8>) {
    let version = [1, 0, 0, 0];
    let length = u64::MAX.to_le_bytes();
    block(
        out,
        0x0a0d_0d0a,
        &[&0x1a2b_3c4du32.to_le_bytes(), &version, &length],
    );
}

/// An interface, whose times are in nanoseconds.
pub(crate) fn interface(out: &mut Vec<u8>, link: u16) {
    // if_tsresol, then the end of the options.
    let options = [9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0];
    block(out, 1, &[&link.to_le_bytes(), &[0; 6], &options]);
}

/// A key log of TLS (section 4.7): it opens what comes behind it.
pub(crate) fn secrets(out: &mut Vec<u8>, key_log: &[u8]) {
    let length = (key_log.len() as u32).to_le_bytes();
    block(out, 10, &[b"KSLT", &length, key_log]);
}

/// A packet of the recorder's interface, whole.
pub(super) fn packet(out: &mut Vec<u8>, time: Time, packet: &[u8]) {
    packet_of(out, 0, time, packet.len() as u32, packet);
}

/// A packet; `original` is how long it was on the wire.
pub(crate) fn packet_of(
    out: &mut Vec<u8>,
    interface: u32,
    time: Time,
    original: u32,
    packet: &[u8],
) {
    let (high, low) = ((time >> 32) as u32, time as u32);
    let fields = [interface, high, low, packet.len() as u32, original].map(u32::to_le_bytes);
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
