//! Packets and keys of one capture, written again: what else pcapng knows of them is left out.

use super::error::{CaptureError, ErrorKind};
use super::notes::Notes;
use super::records::Told;
use super::records_of;
use crate::recorder::pcapng;

/// Appends the packets of a capture to a section of pcapng, each with its time, its length on the
/// wire and an interface of its link type.
pub(crate) fn repack(capture: &[u8], out: &mut Vec<u8>) -> Result<(), CaptureError> {
    let Some((_, mut records)) = records_of(capture) else {
        return Err(CaptureError::at(ErrorKind::NotPackets, 0));
    };
    let mut links = Vec::new();
    records.push(capture, &mut Notes::default(), &mut |told, _| match told {
        Told::Secrets(key_log) => pcapng::secrets(out, key_log),
        Told::Packet(packet) => {
            let known = links.iter().position(|link| *link == packet.link);
            let interface = known.unwrap_or_else(|| {
                pcapng::interface(out, packet.link as u16);
                links.push(packet.link);
                links.len() - 1
            });
            let original = packet.original.max(packet.data.len() as u32);
            pcapng::packet_of(out, interface as u32, packet.time, original, packet.data);
        }
    })?;
    records.finish()
}
