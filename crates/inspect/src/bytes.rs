//! The bytes behind the records: payload unmasked, messages joined and inflated. They are made
//! from the stream when they are asked for.

use super::Inspection;
use super::connection::{Connection, Context, Stream};
use super::flow::Direction;
use super::store::{Frame, Message, Store};
use std::collections::HashMap;
use ws4wasm::Error;
use ws4wasm::deflate::Inflater;
use ws4wasm::frame::mask;
use ws4wasm::utf8::Validator;

/// Room to inflate in.
const ROOM: usize = 64 * 1024;

/// How many inflaters stay between messages.
const CURSORS: usize = 64;

/// A message of which only the start is wanted is inflated no further than this.
const START: usize = 256 * 1024;

/// Appends the payload of a frame, unmasked, as far as it is there: up to the first hole, and no
/// more than `most` bytes.
pub(super) fn unmask(stream: &Stream, frame: &Frame, most: u64, out: &mut Vec<u8>) {
    let bytes = stream.read(frame.payload(), frame.length.min(most));
    let start = out.len();
    out.extend_from_slice(bytes);
    if frame.masked() {
        mask::apply(&mut out[start..], frame.key);
    }
}

/// Puts bytes through an inflater. What they become goes to `take`, which says whether to go
/// on. False when they do not inflate.
fn inflate(
    inflater: &mut Inflater,
    bytes: &[u8],
    room: &mut [u8],
    mut take: impl FnMut(&[u8]) -> bool,
) -> bool {
    let mut used = 0;
    loop {
        let fed = inflater.feed(&bytes[used..], room);
        used += fed.used;
        if !take(&room[..fed.made]) || fed.corrupt {
            return !fed.corrupt;
        }
        if fed.made < room.len() && used == bytes.len() {
            return true;
        }
    }
}

/// An inflater that stands before a message, whose earlier messages were put through.
fn before(
    store: &Store,
    stream: &Stream,
    context: &Context,
    connection: u32,
    direction: Direction,
    number: u32,
) -> Inflater {
    let (mut inflater, first) = context.replay(number);
    catch_up(
        store,
        stream,
        &mut inflater,
        connection,
        direction,
        first,
        number,
    );
    inflater
}

/// Puts the messages `first` up to `number` of a direction through an inflater.
fn catch_up(
    store: &Store,
    stream: &Stream,
    inflater: &mut Inflater,
    connection: u32,
    direction: Direction,
    first: u32,
    number: u32,
) {
    let mut room = vec![0; ROOM];
    for (_, message) in store
        .messages
        .iter_from(first)
        .take_while(|(n, _)| *n < number)
    {
        if is_compressed(store, message, connection, direction) && !message.opaque {
            for (_, frame) in store.frames_of(message) {
                let mut plain = Vec::new();
                unmask(stream, frame, u64::MAX, &mut plain);
                inflate(inflater, &plain, &mut room, |_| true);
            }
            inflater.finish();
        }
    }
}

fn is_compressed(
    store: &Store,
    message: &Message,
    connection: u32,
    direction: Direction,
) -> bool {
    message.compressed
        && store.frames.get(message.first).is_some_and(|frame| {
            frame.connection == connection && frame.direction() == direction
        })
}

/// What a receiver finds wrong with a compressed message that takes it byte by byte.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Faults {
    /// The first fault, and the offset in the stream of the byte that shows it.
    pub first: Option<(Error, u64)>,
    /// Where it inflates no further. Only looked for when there is no other fault before it, or
    /// when asked.
    pub corrupt: Option<u64>,
}

/// The faults of a compressed message. Bytes from `end` on do not count, and unless `on`, nor do
/// those behind the first fault.
pub(super) fn faults(
    store: &Store,
    stream: &Stream,
    context: &Context,
    number: u32,
    end: u64,
    limit: u64,
    on: bool,
) -> Faults {
    let mut faults = Faults::default();
    let message = store.messages.get(number);
    let first = message.and_then(|message| store.frames.get(message.first));
    let (Some(message), Some(first)) = (message, first) else {
        return faults;
    };
    let mut inflater = before(
        store,
        stream,
        context,
        first.connection,
        first.direction(),
        number,
    );
    let mut utf8 = Validator::new();
    let mut length = 0;
    let mut room = vec![0; ROOM];
    for (_, frame) in store.frames_of(message) {
        let mut plain = Vec::new();
        unmask(
            stream,
            frame,
            end.saturating_sub(frame.payload()),
            &mut plain,
        );
        for (index, byte) in plain.iter().enumerate() {
            let at = frame.payload() + index as u64;
            let sound = inflate(&mut inflater, &[*byte], &mut room, |made| {
                if faults.first.is_some() {
                    return true;
                }
                let allowed = usize::try_from(limit - length).unwrap_or(usize::MAX);
                let good = &made[..made.len().min(allowed)];
                if message.text
                    && let Err(index) = utf8.check(good)
                {
                    let index = length + index as u64;
                    faults.first = Some((Error::Text { index }, at));
                } else if made.len() > allowed {
                    let length = limit.saturating_add(1);
                    faults.first = Some((Error::MessageTooLarge { length, limit }, at));
                }
                length += good.len() as u64;
                on || faults.first.is_none()
            });
            if !sound {
                faults.corrupt = Some(at);
                faults.first.get_or_insert((Error::Inflate, at));
            }
            if !sound || (faults.first.is_some() && !on) {
                return faults;
            }
        }
    }
    faults
}

/// Where bytes were on the wire: `length` bytes from `at` on were made of `wire_length` bytes
/// from `offset` on, in a frame. Byte for byte where both lengths are equal, together otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Index of the first byte.
    pub at: u64,
    /// How many.
    pub length: u64,
    /// Offset in the stream.
    pub offset: u64,
    /// How many there.
    pub wire_length: u64,
    /// Number of the frame.
    pub frame: u32,
}

/// Which bytes of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// As it came, header and all.
    Wire,
    /// Its payload.
    Unmasked,
    /// What its compressed payload became.
    Inflated,
    /// The whole message.
    Message,
}

/// Some bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Piece {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Index of the first.
    pub from: u64,
    /// How many there are altogether.
    pub length: u64,
    /// Where they came from.
    pub runs: Vec<Run>,
}

impl Inspection {
    /// Bytes of a frame or its message, with where they came from.
    pub fn piece(&self, number: u32, kind: Kind, from: u64, count: u64) -> Option<Piece> {
        let frame = self.store.frames.get(number)?;
        let connection = self.connection(frame.connection)?;
        let stream = &connection.streams[frame.direction() as usize];
        let message = self.store.messages.get(frame.message);
        let compressed = message.filter(|message| message.compressed);
        Some(match (kind, message, compressed) {
            (Kind::Wire, ..) => {
                let length = u64::from(frame.header_length).saturating_add(frame.length);
                let there = stream.read(frame.offset, length);
                let start = (from as usize).min(there.len());
                let end = start + ((there.len() - start) as u64).min(count) as usize;
                Piece {
                    bytes: there[start..end].to_vec(),
                    from: start as u64,
                    length: there.len() as u64,
                    runs: vec![Run {
                        at: start as u64,
                        length: (end - start) as u64,
                        offset: frame.offset + start as u64,
                        wire_length: (end - start) as u64,
                        frame: number,
                    }],
                }
            }
            (Kind::Inflated | Kind::Message, Some(message), Some(_)) => {
                let mut collect = Collect::new(from, count);
                let only = (kind == Kind::Inflated).then_some(number);
                self.inflate_runs(connection, frame, message, only, &mut collect);
                collect.piece
            }
            (Kind::Message, Some(message), None) => {
                let mut collect = Collect::new(from, count);
                for (number, frame) in self.store.frames_of(message) {
                    collect.frame(stream, number, frame);
                }
                collect.piece
            }
            _ => {
                let mut collect = Collect::new(from, count);
                collect.frame(stream, number, frame);
                collect.piece
            }
        })
    }

    fn inflate_runs(
        &self,
        connection: &Connection,
        frame: &Frame,
        message: &Message,
        only: Option<u32>,
        collect: &mut Collect,
    ) {
        let direction = frame.direction();
        let stream = &connection.streams[direction as usize];
        let context = connection
            .frames(direction)
            .and_then(|frames| frames.deflate.as_ref());
        let Some(context) = context.filter(|_| !message.opaque || message.inflated > 0) else {
            return;
        };
        let store = &self.store;
        let mut inflater = before(
            store,
            stream,
            context,
            frame.connection,
            direction,
            frame.message,
        );
        let mut room = vec![0; ROOM];
        for (number, frame) in store.frames_of(message) {
            let mut plain = Vec::new();
            unmask(stream, frame, u64::MAX, &mut plain);
            let wanted = only.is_none_or(|only| only == number);
            for (index, byte) in plain.iter().enumerate() {
                let offset = frame.payload() + index as u64;
                let good = inflate(&mut inflater, &[*byte], &mut room, |made| {
                    if wanted {
                        collect.together(made, offset, number);
                    }
                    true
                });
                if !good {
                    return;
                }
            }
            if only == Some(number) {
                return;
            }
        }
    }
}

/// Gathers what is wanted of bytes that pass by.
struct Collect {
    piece: Piece,
    end: u64,
}

impl Collect {
    fn new(from: u64, count: u64) -> Self {
        let piece = Piece {
            from,
            ..Piece::default()
        };
        Self {
            piece,
            end: from.saturating_add(count),
        }
    }

    /// The part of `length` bytes at the present place that is wanted.
    fn wanted(&mut self, length: u64) -> Option<(u64, u64)> {
        let at = self.piece.length;
        self.piece.length += length;
        let start = self.piece.from.max(at);
        let end = self.end.min(at + length);
        (start < end).then(|| (start - at, end - at))
    }

    fn frame(&mut self, stream: &Stream, number: u32, frame: &Frame) {
        let there = stream.read(frame.payload(), frame.length);
        let at = self.piece.length;
        let Some((start, end)) = self.wanted(there.len() as u64) else {
            return;
        };
        let from = self.piece.bytes.len();
        self.piece
            .bytes
            .extend_from_slice(&there[start as usize..end as usize]);
        if frame.masked() {
            mask::apply(
                &mut self.piece.bytes[from..],
                mask::rotate(frame.key, start),
            );
        }
        self.piece.runs.push(Run {
            at: at + start,
            length: end - start,
            offset: frame.payload() + start,
            wire_length: end - start,
            frame: number,
        });
    }

    fn together(&mut self, made: &[u8], offset: u64, frame: u32) {
        let at = self.piece.length;
        let wanted = self.wanted(made.len() as u64);
        // A byte that makes nothing by itself counts to the next one's making.
        let Some((start, end)) = wanted else { return };
        self.piece
            .bytes
            .extend_from_slice(&made[start as usize..end as usize]);
        match self.piece.runs.last_mut() {
            Some(run) if run.frame == frame && run.offset + run.wire_length > offset => {
                run.length += end - start;
            }
            last => {
                let begin = match last {
                    Some(run) if run.frame == frame => run.offset + run.wire_length,
                    _ => offset,
                };
                self.piece.runs.push(Run {
                    at: at + start,
                    length: end - start,
                    offset: begin,
                    wire_length: offset + 1 - begin,
                    frame,
                });
            }
        }
    }
}

/// Reads one message after the other. Compressed ones of a direction are inflated on from where
/// the last one ended.
pub struct Reader<'a> {
    inspection: &'a Inspection,
    cursors: HashMap<(u32, Direction), (Inflater, u32)>,
    room: Vec<u8>,
}

impl<'a> Reader<'a> {
    /// A reader at the start.
    pub fn new(inspection: &'a Inspection) -> Self {
        Self {
            inspection,
            cursors: HashMap::new(),
            room: Vec::new(),
        }
    }

    /// The payload of a frame as it came: as much as there is.
    pub fn wire(&self, frame: &Frame) -> &'a [u8] {
        match self.inspection.connection(frame.connection) {
            Some(connection) => {
                let stream = &connection.streams[frame.direction() as usize];
                stream.read(frame.payload(), frame.length)
            }
            None => &[],
        }
    }

    /// The payload of a frame, unmasked: as much as there is, and no more than `most` bytes.
    pub fn payload(&self, frame: &Frame, most: usize, out: &mut Vec<u8>) {
        out.clear();
        if let Some(connection) = self.inspection.connection(frame.connection) {
            let stream = &connection.streams[frame.direction() as usize];
            unmask(stream, frame, most as u64, out);
        }
    }

    /// What a frame is about: the whole message that it is of, joined and inflated, or the
    /// payload of a control frame. No more than `most` bytes.
    pub fn content(&mut self, frame: &Frame, most: usize, out: &mut Vec<u8>) {
        let store = &self.inspection.store;
        let Some(message) = store.messages.get(frame.message) else {
            return self.payload(frame, most, out);
        };
        if !message.compressed {
            if message.frames == 1 {
                return self.payload(frame, most, out);
            }
            out.clear();
            let Some(connection) = self.inspection.connection(frame.connection) else {
                return;
            };
            let stream = &connection.streams[frame.direction() as usize];
            for (_, frame) in store.frames_of(message) {
                let left = most - out.len().min(most);
                unmask(stream, frame, left as u64, out);
                if out.len() >= most {
                    return;
                }
            }
            return;
        }
        out.clear();
        self.inflate(frame, message, most, out);
    }

    fn inflate(&mut self, frame: &Frame, message: &Message, most: usize, out: &mut Vec<u8>) {
        let number = frame.message;
        let direction = frame.direction();
        let key = (frame.connection, direction);
        let Some(connection) = self.inspection.connection(frame.connection) else {
            return;
        };
        let stream = &connection.streams[direction as usize];
        let context = connection
            .frames(direction)
            .and_then(|frames| frames.deflate.as_ref());
        let Some(context) = context.filter(|_| !message.opaque || message.inflated > 0) else {
            return;
        };
        let store = &self.inspection.store;
        let cursor = self
            .cursors
            .remove(&key)
            .filter(|(_, next)| *next <= number);
        let mut inflater = match cursor {
            Some((mut inflater, next)) if context.replay_from(number) <= next => {
                catch_up(
                    store,
                    stream,
                    &mut inflater,
                    frame.connection,
                    direction,
                    next,
                    number,
                );
                inflater
            }
            _ => before(store, stream, context, frame.connection, direction, number),
        };
        self.room.resize(ROOM, 0);
        let mut plain = Vec::new();
        let mut whole = true;
        let mut total = 0;
        for (_, frame) in store.frames_of(message) {
            plain.clear();
            unmask(stream, frame, u64::MAX, &mut plain);
            whole &= inflate(&mut inflater, &plain, &mut self.room, |made| {
                let left = most - out.len().min(most);
                out.extend_from_slice(&made[..made.len().min(left)]);
                total += made.len();
                out.len() < most || total < START
            });
            whole &= out.len() < most || total < START;
            if !whole {
                return;
            }
        }
        if inflater.finish() && !message.opaque {
            if self.cursors.len() >= CURSORS {
                self.cursors.clear();
            }
            self.cursors.insert(key, (inflater, number + 1));
        }
    }
}
