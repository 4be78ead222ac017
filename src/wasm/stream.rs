//! Streams, and what they receive. What they send is in [`send`](super::send).

use super::contract::{
    DEFLATE_BITS_MASK, DEFLATE_CLIENT_BITS, DEFLATE_CLIENT_NO_TAKEOVER, DEFLATE_SERVER_BITS,
    DEFLATE_SERVER_NO_TAKEOVER, GATHERED, STREAM_ALWAYS_MASK, STREAM_EXPECT_MASKING,
    STREAM_FRAMES, STREAM_PARTIAL, STREAM_TEXT_BYTES,
};
use super::{Engine, WIDE, engine};
use crate::deflate::{Compression, Parameters};
use crate::stream::{Batch, Config, Decoder, Record, Role, Sender, flag, set_deflate};
use crate::utf8::utf8_to_utf16;
use wasm_bindgen::prelude::*;

/// One end of a connection.
pub(super) struct Endpoint {
    decoder: Decoder,
    pub(super) sender: Sender,
    /// Text is given as its bytes.
    text_bytes: bool,
}

/// Makes a stream; JavaScript has checked and completed the options. A limit of Infinity
/// becomes the largest number there is. The rules are bits: serde would do for options as well,
/// but its readers bring the printing of floats along, 9 KB of the compressed module.
#[wasm_bindgen]
pub fn stream_new(
    rules: u32,
    max_frame_size: f64,
    max_message_size: f64,
    max_fragments: u32,
) -> u32 {
    let decoder = Decoder::new(Config {
        expect_masking: rules & STREAM_EXPECT_MASKING != 0,
        max_frame_size: max_frame_size as u64,
        max_message_size: max_message_size as u64,
        max_fragments,
        partial: rules & STREAM_PARTIAL != 0,
        frames: rules & STREAM_FRAMES != 0,
    });
    let sender = Sender::new(rules & STREAM_ALWAYS_MASK != 0);
    let text_bytes = rules & STREAM_TEXT_BYTES != 0;
    engine(|e| {
        e.streams.insert(Box::new(Endpoint {
            decoder,
            sender,
            text_bytes,
        })) as u32
    })
}

/// Agreed parameters of permessage-deflate in one number, as the contract has it.
pub(super) const fn unpack(agreed: u32) -> Parameters {
    Parameters {
        server_max_window_bits: (agreed >> DEFLATE_SERVER_BITS & DEFLATE_BITS_MASK) as u8,
        client_max_window_bits: (agreed >> DEFLATE_CLIENT_BITS & DEFLATE_BITS_MASK) as u8,
        server_no_context_takeover: agreed >> DEFLATE_SERVER_NO_TAKEOVER & 1 != 0,
        client_no_context_takeover: agreed >> DEFLATE_CLIENT_NO_TAKEOVER & 1 != 0,
    }
}

/// See [`unpack`].
pub(super) const fn pack(agreed: Parameters) -> u32 {
    (agreed.server_max_window_bits as u32) << DEFLATE_SERVER_BITS
        | (agreed.client_max_window_bits as u32) << DEFLATE_CLIENT_BITS
        | (agreed.server_no_context_takeover as u32) << DEFLATE_SERVER_NO_TAKEOVER
        | (agreed.client_no_context_takeover as u32) << DEFLATE_CLIENT_NO_TAKEOVER
}

/// Gives a new stream permessage-deflate. A level, memory level or threshold of
/// [`DEFLATE_DEFAULT`](super::contract::DEFLATE_DEFAULT) is left to [`Compression`].
#[wasm_bindgen]
pub fn stream_set_deflate(
    stream: u32,
    client: bool,
    agreed: u32,
    level: i32,
    mem_level: i32,
    threshold: f64,
) {
    let defaults = Compression::default();
    let compression = Compression {
        level: u8::try_from(level).ok(),
        mem_level: u8::try_from(mem_level).unwrap_or(defaults.mem_level),
        threshold: (threshold >= 0.0).then_some(threshold as u64),
        ..defaults
    };
    let role = if client { Role::Client } else { Role::Server };
    engine(|e| {
        if let Some(Endpoint {
            decoder, sender, ..
        }) = e.streams.get_mut(stream as usize).map(Box::as_mut)
        {
            set_deflate(decoder, sender, role, unpack(agreed), compression);
        }
    });
}

/// Lets the shared states of zlib go that a stream has used.
#[wasm_bindgen]
pub fn stream_release(stream: u32) {
    engine(|e| {
        if let Some(endpoint) = e.streams.get(stream as usize) {
            endpoint.decoder.release();
            endpoint.sender.release();
        }
    });
}

/// Lets a stream go.
#[wasm_bindgen]
pub fn stream_free(stream: u32) {
    engine(|e| e.streams.try_remove(stream as usize));
}

/// Whether outgoing frames are masked; false when a frame has gone out already.
#[wasm_bindgen]
pub fn stream_set_always_mask(stream: u32, mask: bool) -> bool {
    engine(|e| {
        e.streams
            .get_mut(stream as usize)
            .is_some_and(|s| s.sender.set_always_mask(mask))
    })
}

/// Whether incoming frames must be masked; false when bytes have come already.
#[wasm_bindgen]
pub fn stream_set_expect_masking(stream: u32, expect: bool) -> bool {
    engine(|e| {
        e.streams
            .get_mut(stream as usize)
            .is_some_and(|s| s.decoder.set_expect_masking(expect))
    })
}

/// Decodes `length` bytes of the input region from `offset`; `beyond` more follow them that are
/// not there. Returns the number of records; `status[0]` is how many bytes were taken.
#[wasm_bindgen]
pub fn stream_receive(stream: u32, offset: u32, length: u32, beyond: u32) -> u32 {
    engine(|e| {
        let Engine {
            input,
            batch,
            wide,
            status,
            error,
            streams,
            text_run,
            takes_utf8,
            ..
        } = e;
        let Some(endpoint) = streams.get_mut(stream as usize) else {
            return 0;
        };
        let Some(bytes) = input.get(offset as usize..(offset + length) as usize) else {
            return 0;
        };
        status[0] = endpoint.decoder.decode_start(bytes, beyond as usize, batch) as u32;
        let partial = endpoint.decoder.config().partial;
        if endpoint.text_bytes {
            leave_bytes(&mut batch.records);
        } else if !*takes_utf8 {
            widen(batch, &mut wide[..WIDE], partial);
        }
        if !partial {
            mark_runs(&mut batch.records, *text_run);
        }
        if batch.error.is_some() {
            *error = batch.error;
        }
        batch.records.len() as u32
    })
}

/// Text that stays bytes is alike, whatever is in it.
fn leave_bytes(records: &mut [Record]) {
    for record in records {
        if let Record::Data { flags, .. } = record {
            *flags &= !flag::ASCII;
        }
    }
}

/// Turns text that is not ASCII into UTF-16, which JavaScript decodes far faster.
fn widen(batch: &mut Batch, wide: &mut [u16], partial: bool) {
    let mut used = 0;
    for record in &mut batch.records {
        let Record::Data {
            flags,
            offset,
            length,
            ..
        } = record
        else {
            continue;
        };
        if *flags & (flag::TEXT | flag::ASCII) != flag::TEXT {
            continue;
        }
        if *flags & flag::WHOLE != flag::WHOLE && *length < GATHERED && !partial {
            continue;
        }
        let start = *offset as usize;
        let bytes = batch.arena.slice(start, start + *length as usize);
        let units = utf8_to_utf16(bytes, &mut wide[used..]);
        *flags |= flag::UTF16;
        *offset = used as u32;
        *length = units as u32;
        used += units;
    }
}

/// Whole messages that stand together in the arena, a run, leave it together: JavaScript makes one
/// string of ASCII texts, or one piece of memory of bytes, and cuts each message out of it. What is
/// cut out keeps all of that alive. So a run may be this many times as long as the shortest message
/// in it, or as long as a run may always be.
const TEXT_SHARE: u32 = 16;
const BYTES_SHARE: u32 = 4;
/// How long a run of bytes may always be: what Node's own pool of small buffers keeps alive for one
/// of them.
const BYTES_RUN: u32 = 8192;

/// Tells each such message where its run ends.
fn mark_runs(records: &mut [Record], text_run: u32) {
    const ASCII: u8 = flag::WHOLE | flag::TEXT | flag::ASCII;
    const TEXT_BYTES: u8 = flag::WHOLE | flag::TEXT;
    let mut rest = records;
    while let Some(&first) = rest.first() {
        let (alike, start, always, share) = match first {
            Record::Data {
                flags: ASCII,
                offset,
                ..
            } => (ASCII, offset, text_run, TEXT_SHARE),
            Record::Data {
                flags: alike @ (flag::WHOLE | TEXT_BYTES),
                offset,
                ..
            } => (alike, offset, BYTES_RUN, BYTES_SHARE),
            _ => {
                rest = &mut rest[1..];
                continue;
            }
        };
        let mut end = start;
        let mut most = u32::MAX;
        let mut count = 0;
        for record in rest.iter() {
            let Record::Data {
                flags,
                offset,
                length,
                ..
            } = *record
            else {
                break;
            };
            most = most.min(always.max(share.wrapping_mul(length)));
            let so_far = (end - start).wrapping_add(length);
            if flags != alike || offset != end || (count > 0 && so_far > most) {
                break;
            }
            end += length;
            count += 1;
        }
        let (run, others) = rest.split_at_mut(count);
        for record in run {
            if let Record::Data { run_end, .. } = record {
                *run_end = end;
            }
        }
        rest = others;
    }
}

/// Decodes the UTF-8, known to be right, that stands at the start of the output region. Returns
/// how many units there are in the second half of the UTF-16 region, or -1 when it is ASCII
/// and can be taken as it is. The first half may still be read for other records.
#[wasm_bindgen]
pub fn decode_gathered(length: u32) -> i32 {
    engine(|e| {
        let bytes = e.output.get(..length as usize).unwrap_or_default();
        if bytes.is_ascii() {
            return -1;
        }
        utf8_to_utf16(bytes, &mut e.wide[WIDE..]) as i32
    })
}

/// How many bytes complete what is under way.
#[wasm_bindgen]
pub fn stream_wants(stream: u32) -> f64 {
    engine(|e| {
        e.streams
            .get(stream as usize)
            .map_or(1.0, |s| s.decoder.wants() as f64)
    })
}

/// How many bytes came after the end.
#[wasm_bindgen]
pub fn stream_ignored(stream: u32) -> f64 {
    engine(|e| {
        e.streams
            .get(stream as usize)
            .map_or(0.0, |s| s.decoder.ignored() as f64)
    })
}

/// Our close message was handed out: nothing may be sent after it.
#[wasm_bindgen]
pub fn stream_close(stream: u32) {
    engine(|e| {
        if let Some(endpoint) = e.streams.get_mut(stream as usize) {
            endpoint.sender.close();
        }
    });
}

/// The peer broke a rule, and our side knows: nothing but a close message may be sent.
#[wasm_bindgen]
pub fn stream_fail(stream: u32) {
    engine(|e| {
        if let Some(endpoint) = e.streams.get_mut(stream as usize) {
            endpoint.sender.fail();
        }
    });
}

/// Whether messages may no longer be sent.
#[wasm_bindgen]
pub fn stream_is_closed(stream: u32) -> bool {
    engine(|e| {
        e.streams
            .get(stream as usize)
            .is_none_or(|s| s.sender.is_closed())
    })
}
