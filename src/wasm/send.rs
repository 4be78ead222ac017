//! What streams send: frames, made where JavaScript has put their payload.

use super::contract::{
    FRAME_AS_IT_IS, FRAME_COMPRESS, FRAME_FIN, FRAME_FIRST, REFUSED_CLOSED,
    REFUSED_MESSAGE_OPEN, REFUSED_NO_MESSAGE,
};
use super::stream::Endpoint;
use super::{Engine, engine};
use crate::frame::{Header, MAX_HEADER_LEN, mask};
use crate::stream::{Place, SendError, Sender};
use crate::{DataKind, Opcode};
use core::ops::Range;
use slab::Slab;
use wasm_bindgen::prelude::*;

const fn place(frame: u32) -> Place {
    Place {
        first: frame & FRAME_FIRST != 0,
        fin: frame & FRAME_FIN != 0,
    }
}

const fn choice(frame: u32) -> Option<bool> {
    match (frame & FRAME_COMPRESS != 0, frame & FRAME_AS_IT_IS != 0) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

/// Why there is no frame: the negative results of the functions below.
const fn refusal(error: SendError) -> i32 {
    match error {
        // Messages are checked in JavaScript, so that leaves the others.
        SendError::Closed | SendError::Message(_) => REFUSED_CLOSED,
        SendError::MessageOpen => REFUSED_MESSAGE_OPEN,
        SendError::NoMessage => REFUSED_NO_MESSAGE,
    }
}

fn sender(streams: &mut Slab<Box<Endpoint>>, stream: u32) -> Result<&mut Sender, SendError> {
    let endpoint = streams.get_mut(stream as usize).ok_or(SendError::Closed)?;
    Ok(&mut endpoint.sender)
}

#[inline(always)]
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
            build(
                sender,
                frame,
                &mut e.output,
                length as usize,
                &mut e.deflated,
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

/// Makes the frames of `count` messages of one stream, side by side. The table says what each is
/// and how long; their payloads stand in the output region behind the room for a header, one after
/// the other. Returns the length of all the frames; `status` is how many were made, where they are,
/// and why the next one was not, or 0.
#[wasm_bindgen]
pub fn stream_frames(stream: u32, count: u32) -> u32 {
    engine(|e| {
        let Engine {
            streams,
            output,
            deflated,
            frames,
            table,
            ..
        } = e;
        let mut end = 0;
        let mut payloads = output.get(MAX_HEADER_LEN..).unwrap_or_default();
        let mut made = 0;
        let mut why = 0;
        match sender(streams, stream) {
            Ok(sender) => {
                for &[frame, length] in table.iter().take(count as usize) {
                    let Some((payload, others)) = payloads.split_at_checked(length as usize)
                    else {
                        break;
                    };
                    payloads = others;
                    match append(sender, frame, payload, deflated, frames, end) {
                        Ok(next) => end = next,
                        Err(error) => {
                            why = refusal(error);
                            break;
                        }
                    }
                    made += 1;
                }
            }
            Err(error) => why = refusal(error),
        }
        e.status[..3].copy_from_slice(&[made, frames.as_ptr() as u32, why as u32]);
        end as u32
    })
}

/// Makes a frame behind those in `frames`, which end at `start`. Gives where this one ends. Bytes behind
/// that are left from earlier calls: a payload is masked where it is copied, and clearing its place before
/// that would be a pass over it more.
#[inline(always)]
fn append(
    sender: &mut Sender,
    frame: u32,
    payload: &[u8],
    deflated: &mut Vec<u8>,
    frames: &mut Vec<u8>,
    start: usize,
) -> Result<usize, SendError> {
    let data = frame & 8 == 0;
    let compressed = data && sender.deflated(place(frame), payload, choice(frame), deflated)?;
    let payload = if compressed { deflated } else { payload };
    let header = next_header(sender, frame, payload.len() as u64, compressed)?;
    let body = start + header.encoded_len();
    let end = body + payload.len();
    if end > frames.len() {
        frames.resize(end.max(2 * frames.len()), 0);
    }
    header.write(&mut frames[start..body]);
    match header.key {
        Some(key) => {
            mask::unmask_into(&mut frames[body..end], payload, key);
        }
        None => frames[body..end].copy_from_slice(payload),
    }
    Ok(end)
}

/// Makes a frame of the `length` bytes that stand in `room` behind the place for a header, which
/// become others when they are compressed. Gives where the frame is.
fn build(
    sender: &mut Sender,
    frame: u32,
    room: &mut [u8],
    mut length: usize,
    deflated: &mut Vec<u8>,
) -> Result<Range<usize>, SendError> {
    let payload = MAX_HEADER_LEN;
    let data = frame & 8 == 0;
    let bytes = &room[payload..payload + length];
    let compressed = data && sender.deflated(place(frame), bytes, choice(frame), deflated)?;
    if compressed {
        length = deflated.len();
        room[payload..payload + length].copy_from_slice(deflated);
    }
    let header = next_header(sender, frame, length as u64, compressed)?;
    let start = complete(room, payload, header);
    Ok(start..payload + length)
}

/// Puts the header before the payload, and masks that if it must be. Gives where it begins.
#[inline(always)]
fn complete(room: &mut [u8], payload: usize, header: Header) -> usize {
    let start = payload - header.encoded_len();
    header.write(&mut room[start..payload]);
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
    header.write(&mut e.output);
    e.key = header.key;
    e.status[0] = u32::from(header.key.is_some());
    header.encoded_len() as i32
}
