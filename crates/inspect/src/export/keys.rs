//! The secrets of TLS, for whoever asks for them by name: a key log of some connections, and a
//! capture with a key log inside.

use crate::Inspection;
use crate::capture::{CaptureError, repack};
use crate::recorder::pcapng;

/// The secrets of the connections of these frames, or of all, as a key log (RFC 9850).
pub(super) fn key_log(inspection: &Inspection, frames: Option<&[u32]>) -> Vec<u8> {
    let frames = frames.map(|frames| {
        let all = frames.iter();
        all.filter_map(|&number| Some(inspection.store.frames.get(number)?.connection))
    });
    let mut chosen = vec![frames.is_none(); inspection.connection_count() as usize];
    // Streams of HTTP/2 share the TLS of their connection.
    for number in frames.into_iter().flatten() {
        let carrier = inspection.connection(number).and_then(|c| c.carrier);
        let carrier = carrier.map_or(number, |(carrier, _)| carrier);
        if let Some(chosen) = chosen.get_mut(carrier as usize) {
            *chosen = true;
        }
    }
    let mut out = Vec::new();
    for (number, connection) in inspection.connections() {
        let tls = connection.tls.as_ref();
        if let Some(random) = tls.and_then(|tls| tls.random())
            && chosen[number as usize]
        {
            inspection.key_log().write(random, &mut out);
        }
    }
    out
}

/// A capture (pcap or pcapng, not gzipped) as pcapng, with a key log in a Decryption Secrets Block
/// before its packets (draft-ietf-opsawg-pcapng section 4.7): the packets are as they were
/// recorded, and whoever has the file can read what was encrypted.
///
/// # Errors
/// It is no such capture, or damaged.
///
/// ```
/// use ws4wasm_inspect::export::with_keys;
/// let mut capture = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/// capture.extend([0xff, 0xff, 0, 0, 101, 0, 0, 0]);
/// let file = with_keys(&capture, b"# a key log")?;
/// assert!(file.starts_with(b"\x0a\x0d\x0d\x0a"));
/// assert!(file.ends_with(b"# a key log\0\x20\0\0\0"));
/// # Ok::<(), ws4wasm_inspect::capture::CaptureError>(())
/// ```
pub fn with_keys(capture: &[u8], key_log: &[u8]) -> Result<Vec<u8>, CaptureError> {
    let mut out = Vec::with_capacity(capture.len() + key_log.len() + 4096);
    pcapng::section(&mut out);
    pcapng::secrets(&mut out, key_log);
    repack(capture, &mut out)?;
    Ok(out)
}
