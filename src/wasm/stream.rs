//! Streams.

use super::{Engine, WIDE, engine};
use crate::deflate::{Compression, Parameters};
use crate::frame::{Header, MAX_HEADER_LEN, mask};
use crate::stream::{
    Batch, Config, Decoder, Kind, Place, Record, Role, SendError, Sender, flag, set_deflate,
};
use crate::utf8::utf8_to_utf16;
use crate::{DataKind, Opcode};
use core::ops::Range;
use slab::Slab;
use wasm_bindgen::prelude::*;

/// One end of a connection.
pub(super) struct Endpoint {
    decoder: Decoder,
    sender: Sender,
}

/// Shorter pieces of text stay UTF-8: JavaScript gathers them before it decodes.
const GATHERED: u32 = 16 * 1024;

// Bits of the `rules` of `stream_new`. Serde would do for options as well, but its readers
// bring the printing of floats along, 9 KB of the compressed module.
const ALWAYS_MASK: u32 = 1;
const EXPECT_MASKING: u32 = 2;
const PARTIAL: u32 = 4;
const FRAMES: u32 = 8;

/// Makes a stream; JavaScript has checked and completed the options. A limit of Infinity
/// becomes the largest number there is.
#[wasm_bindgen]
pub fn stream_new(
    rules: u32,
    max_frame_size: f64,
    max_message_size: f64,
    max_fragments: u32,
) -> u32 {
    let decoder = Decoder::new(Config {
        expect_masking: rules & EXPECT_MASKING != 0,
        max_frame_size: max_frame_size as u64,
        max_message_size: max_message_size as u64,
        max_fragments,
        partial: rules & PARTIAL != 0,
        frames: rules & FRAMES != 0,
    });
    let sender = Sender::new(rules & ALWAYS_MASK != 0);
    engine(|e| e.streams.insert(Box::new(Endpoint { decoder, sender })) as u32)
}

/// Agreed parameters of permessage-deflate in one number: the window bits of the server and of
/// the client, 4 bits each, then whether these go without context takeover.
pub(super) const fn unpack(agreed: u32) -> Parameters {
    Parameters {
        server_max_window_bits: agreed as u8 & 15,
        client_max_window_bits: (agreed >> 4) as u8 & 15,
        server_no_context_takeover: agreed >> 8 & 1 != 0,
        client_no_context_takeover: agreed >> 9 & 1 != 0,
    }
}

/// See [`unpack`].
pub(super) const fn pack(agreed: Parameters) -> u32 {
    agreed.server_max_window_bits as u32
        | (agreed.client_max_window_bits as u32) << 4
        | (agreed.server_no_context_takeover as u32) << 8
        | (agreed.client_no_context_takeover as u32) << 9
}

/// Gives a new stream permessage-deflate. A negative level, memory level or threshold is the
/// default.
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
    };
    let role = if client { Role::Client } else { Role::Server };
    engine(|e| {
        if let Some(Endpoint { decoder, sender }) =
            e.streams.get_mut(stream as usize).map(Box::as_mut)
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

/// A frame that was made is not sent; see [`Sender::discard`].
#[wasm_bindgen]
pub fn stream_discard(stream: u32) {
    engine(|e| {
        if let Some(endpoint) = e.streams.get_mut(stream as usize) {
            endpoint.sender.discard();
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
            ..
        } = e;
        let Some(endpoint) = streams.get_mut(stream as usize) else {
            return 0;
        };
        let Some(bytes) = input.get(offset as usize..(offset + length) as usize) else {
            return 0;
        };
        status[0] = endpoint.decoder.decode_start(bytes, beyond as usize, batch) as u32;
        widen(batch, &mut wide[..WIDE], endpoint.decoder.config().partial);
        mark_runs(&mut batch.records, *text_run);
        if batch.error().is_some() {
            *error = batch.error();
        }
        batch.records.len() as u32
    })
}

/// Turns text that is not ASCII into UTF-16, which JavaScript decodes far faster.
fn widen(batch: &mut Batch, wide: &mut [u16], partial: bool) {
    let mut used = 0;
    for record in &mut batch.records {
        const WHOLE: u8 = flag::FIRST | flag::LAST;
        let text = record.kind == Kind::Data && record.flags & flag::TEXT != 0;
        if !text || record.flags & flag::ASCII != 0 {
            continue;
        }
        if record.flags & WHOLE != WHOLE && record.length < GATHERED && !partial {
            continue;
        }
        let start = record.offset as usize;
        let bytes = batch.arena.slice(start, start + record.length as usize);
        let units = utf8_to_utf16(bytes, &mut wide[used..]);
        record.flags |= flag::UTF16;
        record.offset = used as u32;
        record.length = units as u32;
        used += units;
    }
}

/// Whole messages that stand together in the arena leave it together, and each is cut out of what
/// they became: ASCII texts of one string, bytes of one piece of memory. What is cut out keeps
/// all of that alive, so a run is no longer than so many times the shortest message in it, or
/// than what may always be.
const TEXT_SHARE: u32 = 16;
const BYTES_SHARE: u32 = 4;
/// As much as Node's own pool of small buffers keeps alive for one of them.
const BYTES_RUN: u32 = 8192;

/// Has `a` of each such message say where its run ends.
fn mark_runs(records: &mut [Record], text_run: u32) {
    const BYTES: u8 = flag::FIRST | flag::LAST;
    const ASCII: u8 = BYTES | flag::TEXT | flag::ASCII;
    let mut rest = records;
    while let Some(&first) = rest.first() {
        let (always, share) = match (first.kind, first.flags) {
            (Kind::Data, ASCII) => (text_run, TEXT_SHARE),
            (Kind::Data, BYTES) => (BYTES_RUN, BYTES_SHARE),
            _ => {
                rest = &mut rest[1..];
                continue;
            }
        };
        let mut end = first.offset;
        let mut most = u32::MAX;
        let mut count = 0;
        for record in rest.iter() {
            let alike = record.kind == first.kind && record.flags == first.flags;
            most = most.min(always.max(share.wrapping_mul(record.length)));
            let length = (end - first.offset).wrapping_add(record.length);
            if !alike || record.offset != end || (count > 0 && length > most) {
                break;
            }
            end += record.length;
            count += 1;
        }
        let (run, others) = rest.split_at_mut(count);
        for record in run {
            record.a = end;
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

// Which frame a call is about: the opcode and these bits. The last two are the choice whether
// the message is compressed, if there is one.
const FIRST: u32 = 16;
const FIN: u32 = 32;
const COMPRESS: u32 = 64;
const AS_IT_IS: u32 = 128;

const fn place(frame: u32) -> Place {
    Place {
        first: frame & FIRST != 0,
        fin: frame & FIN != 0,
    }
}

const fn choice(frame: u32) -> Option<bool> {
    match (frame & COMPRESS != 0, frame & AS_IT_IS != 0) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

/// Why there is no frame: the negative results of the functions below.
const fn refusal(error: SendError) -> i32 {
    match error {
        // Messages are checked in JavaScript, so that leaves the others.
        SendError::Closed | SendError::Message(_) => -1,
        SendError::MessageOpen => -2,
        SendError::NoMessage => -3,
    }
}

/// The queue is too full for a frame.
const NO_ROOM: i32 = -4;

fn sender(streams: &mut Slab<Box<Endpoint>>, stream: u32) -> Result<&mut Sender, SendError> {
    let endpoint = streams.get_mut(stream as usize).ok_or(SendError::Closed)?;
    Ok(&mut endpoint.sender)
}

fn next_header(
    sender: &mut Sender,
    frame: u32,
    length: u64,
    compressed: bool,
) -> Result<Header, SendError> {
    let kind = match Opcode::from_bits(frame as u8 & 15) {
        Some(Opcode::Text) => DataKind::Text,
        Some(control) if control.is_control() => return sender.control(control, length),
        _ => DataKind::Binary,
    };
    sender.data(kind, place(frame), length, compressed)
}

/// Makes a frame of the payload that stands in the output region behind the room for a
/// header. Returns where the frame begins, or why there is none; `status[0]` is the length of
/// its payload, which may be compressed.
#[wasm_bindgen]
pub fn stream_encode(stream: u32, frame: u32, length: u32) -> i32 {
    engine(|e| {
        let built = sender(&mut e.streams, stream).and_then(|sender| {
            let (room, deflated) = (&mut e.output, &mut e.deflated);
            build(
                sender,
                frame,
                room,
                MAX_HEADER_LEN,
                length as usize,
                deflated,
            )
        });
        match built {
            Ok(Range { start, end }) => {
                e.status[0] = (end - MAX_HEADER_LEN) as u32;
                start as i32
            }
            Err(error) => refusal(error),
        }
    })
}

/// Makes a frame in the queue region, from `at` on, to leave together with those before it. The
/// payload stands there already, `gap` bytes on, which is best where it belongs behind the
/// header; or, when `gap` is 0, where [`stream_encode`] has it. Returns the frame's length, why
/// there is none, or [`NO_ROOM`], which changes nothing.
#[wasm_bindgen]
pub fn stream_queue(stream: u32, frame: u32, length: u32, at: u32, gap: u32) -> i32 {
    engine(|e| {
        let (length, at, gap) = (length as usize, at as usize, gap as usize);
        let most = MAX_HEADER_LEN + length + length / 8 + 64;
        let room = match e.queue.get_mut(at..) {
            Some(room) if most <= room.len() => room,
            _ => return NO_ROOM,
        };
        let built = sender(&mut e.streams, stream).and_then(|sender| {
            let deflated = &mut e.deflated;
            if gap > 0 {
                let built = build(sender, frame, room, gap, length, deflated)?;
                if built.start > 0 {
                    room.copy_within(built.clone(), 0);
                }
                return Ok(built.len());
            }
            let built = build(
                sender,
                frame,
                &mut e.output,
                MAX_HEADER_LEN,
                length,
                deflated,
            )?;
            room[..built.len()].copy_from_slice(&e.output[built.clone()]);
            Ok(built.len())
        });
        built.map_or_else(refusal, |length| length as i32)
    })
}

/// Makes a frame of the `length` bytes that stand in `room` from `payload` on, which may become
/// others when they are compressed, and move when there is too little room for the header
/// before them. Gives where the frame is.
fn build(
    sender: &mut Sender,
    frame: u32,
    room: &mut [u8],
    mut payload: usize,
    mut length: usize,
    deflated: &mut Vec<u8>,
) -> Result<Range<usize>, SendError> {
    let data = frame & 8 == 0;
    let bytes = &room[payload..payload + length];
    let compressed = data && sender.deflated(place(frame), bytes, choice(frame), deflated)?;
    if compressed {
        length = deflated.len();
        room[payload..payload + length].copy_from_slice(deflated);
    }
    let header = next_header(sender, frame, length as u64, compressed)?;
    let (_, len) = header.encode();
    if len > payload {
        room.copy_within(payload..payload + length, len);
        payload = len;
    }
    let start = complete(room, payload, header);
    Ok(start..payload + length)
}

/// Puts the header before the payload, and masks that if it must be. Gives where it begins.
fn complete(room: &mut [u8], payload: usize, header: Header) -> usize {
    let (bytes, len) = header.encode();
    let start = payload - len;
    room[start..payload].copy_from_slice(&bytes[..len]);
    if let Some(key) = header.key {
        let end = payload + header.length as usize;
        if let Some(payload) = room.get_mut(payload..end) {
            mask::apply(payload, key);
        }
    }
    start
}

/// Compresses the piece of a payload that stands in the output region behind the room for a
/// header, and puts the result in its place. Returns its length. `last`: no more of the
/// message follows.
#[wasm_bindgen]
pub fn stream_deflate(stream: u32, length: u32, last: bool) -> u32 {
    engine(|e| {
        let Engine {
            streams,
            output,
            deflated,
            ..
        } = e;
        deflated.clear();
        let payload = &mut output[MAX_HEADER_LEN..];
        if let Ok(sender) = sender(streams, stream) {
            sender.deflate(&payload[..length as usize], last, deflated);
        }
        payload[..deflated.len()].copy_from_slice(deflated);
        deflated.len() as u32
    })
}

/// Begins a frame whose payload is more than a region holds, or goes out as it is: writes the
/// header at the start of the output region and returns its length, or why there is none. 0
/// when the payload belongs to a compressed message and is not `compressed` yet: it goes through
/// [`stream_deflate`] first. When `status[0]` is not 0 the payload goes through [`mask_next`].
///
/// [`mask_next`]: super::frame::mask_next
#[wasm_bindgen]
pub fn stream_begin(stream: u32, frame: u32, length: f64, compressed: bool) -> i32 {
    engine(|e| {
        let length = length as u64;
        let header = sender(&mut e.streams, stream).and_then(|sender| {
            sender.check(place(frame).first)?;
            if !compressed && sender.compresses(place(frame), length, choice(frame)) {
                return Ok(None);
            }
            next_header(sender, frame, length, compressed).map(Some)
        });
        match header {
            Ok(Some(header)) => begin(e, header),
            Ok(None) => 0,
            Err(error) => refusal(error),
        }
    })
}

pub(super) fn finish(e: &mut Engine, header: Header) -> i32 {
    complete(&mut e.output, MAX_HEADER_LEN, header) as i32
}

pub(super) fn begin(e: &mut Engine, header: Header) -> i32 {
    let (bytes, len) = header.encode();
    e.output[..len].copy_from_slice(&bytes[..len]);
    e.key = header.key;
    e.status[0] = u32::from(header.key.is_some());
    len as i32
}
