//! The inspection: it has the connections take their bytes apart, and keeps within its memory.

use crate::connection::{Connection, Scratch, Tools};
use crate::flow::{Content, Direction, End, FlowId, FlowSink, Opened, Source, Time};
use crate::options::Options;
use crate::store::{NONE, Store};
use crate::tls::keylog::{KeyLog, Random};
use std::collections::{BTreeSet, HashMap};
use ws4wasm::Error;

/// Bytes are taken in pieces of this size, so that the limit of memory is watched.
const PIECE: usize = 64 * 1024;

/// What waits for keys takes this part of the memory at most.
const WAITING_PART: usize = 4;

/// Everything that was found in one file or in live traffic.
#[derive(Debug, Default)]
pub struct Inspection {
    options: Options,
    /// Frames, messages, violations.
    pub store: Store,
    connections: Vec<Option<Box<Connection>>>,
    scratch: Scratch,
    keys: KeyLog,
    /// The source carries keys of its own.
    carries_keys: bool,
    /// Connections that wait for their keys, by the name that those have.
    waiting: HashMap<Random, u32>,
    /// Memory of the connections.
    held: usize,
    /// The part of it that waits for keys.
    waits: usize,
    start: Option<Time>,
    end: Time,
    input: u64,
    dropped: u32,
    truncated: bool,
    revision: u64,
}

impl Inspection {
    /// An inspection of nothing yet.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    /// How it was made.
    pub const fn options(&self) -> &Options {
        &self.options
    }

    /// The connections that there are, by number.
    pub(crate) fn connections(&self) -> impl Iterator<Item = (u32, &Connection)> {
        let all = self.connections.iter().enumerate();
        all.filter_map(|(number, connection)| Some((number as u32, connection.as_deref()?)))
    }

    /// How many connections there have been.
    pub const fn connection_count(&self) -> u32 {
        self.connections.len() as u32
    }

    /// A connection, unless it was dropped.
    pub(crate) fn connection(&self, number: u32) -> Option<&Connection> {
        self.connections.get(number as usize)?.as_deref()
    }

    /// Time of the first event.
    pub fn first_time(&self) -> Time {
        self.start.unwrap_or(0)
    }

    /// Milliseconds since the first event.
    pub fn since_start(&self, time: Time) -> f64 {
        time.saturating_sub(self.first_time()) as f64 / 1e6
    }

    /// Time of the last event.
    pub const fn last_time(&self) -> Time {
        self.end
    }

    /// Bytes that were told.
    pub const fn input(&self) -> u64 {
        self.input
    }

    /// Connections that were dropped for memory's sake.
    pub const fn dropped(&self) -> u32 {
        self.dropped
    }

    /// Something was not looked at for memory's sake.
    pub const fn truncated(&self) -> bool {
        self.truncated
    }

    /// Changes with every change.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Memory that grows with the input, in bytes.
    pub fn memory(&self) -> usize {
        self.held + self.keys.memory() + self.store.memory()
    }

    /// The secrets that were given.
    pub(crate) const fn key_log(&self) -> &KeyLog {
        &self.keys
    }

    /// Whether what was read has keys of TLS in it.
    pub(crate) const fn carries_keys(&self) -> bool {
        self.carries_keys
    }

    /// Takes a key log (`SSLKEYLOGFILE`): what waits for its keys is read now. Gives how many
    /// secrets were in it.
    pub fn keys(&mut self, key_log: &[u8]) -> usize {
        let named = self.keys.add(key_log);
        let mut numbers: Vec<u32> = named
            .iter()
            .filter_map(|random| self.waiting.remove(random))
            .collect();
        numbers.sort_unstable();
        for number in numbers {
            self.revision += 1;
            self.with(number, |connection, tools| connection.keys_came(tools));
        }
        named.len()
    }

    /// The source is through: what is open is cut.
    pub fn finish(&mut self) {
        for number in 0..self.connections.len() as u32 {
            let time = self
                .connection(number)
                .map_or(0, |connection| connection.last);
            for direction in Direction::BOTH {
                self.end(number, direction, time, End::Cut);
            }
        }
    }

    /// The frame that a byte of a stream belongs to.
    pub fn frame_at(&self, connection: u32, direction: Direction, offset: u64) -> Option<u32> {
        let frames = self.store.frames.iter_from(0);
        let mut own = frames.filter(|(_, frame)| {
            let own = frame.connection == connection && frame.direction() == direction;
            own && !frame.is_hole()
        });
        let found = own.find(|(_, frame)| {
            let end = frame.payload().saturating_add(frame.length);
            frame.offset <= offset && offset < end
        });
        found.map(|(number, _)| number)
    }

    /// The index of the first byte that is not UTF-8 in the text message of a frame.
    pub fn bad_byte(&self, frame: u32) -> Option<u64> {
        let message = self.store.frames.get(frame)?.message;
        self.store.messages.get(message)?;
        let all = self
            .store
            .violations
            .iter_from(0)
            .map(|(_, violation)| violation);
        let mut its = all.filter(|violation| violation.message == Some(message));
        its.find_map(|violation| match violation.error {
            Some(Error::Text { index }) => Some(index),
            _ => None,
        })
    }

    fn seen(&mut self, time: Time) {
        self.start.get_or_insert(time);
        self.end = self.end.max(time);
        self.revision += 1;
    }

    /// Lets a connection work and keeps account of its memory.
    fn with(&mut self, flow: FlowId, work: impl FnOnce(&mut Connection, &mut Tools<'_>)) {
        // Out of the list, so that it can open others and give them what is theirs.
        let slot = self.connections.get_mut(flow as usize);
        let Some(mut connection) = slot.and_then(Option::take) else {
            return;
        };
        let (before, waited) = (connection.memory(), connection.waits());
        let mut tools = Tools {
            store: &mut self.store,
            scratch: &mut self.scratch,
            options: &self.options,
            keys: &self.keys,
            waiting: &mut self.waiting,
            connections: &mut self.connections,
            held: &mut self.held,
        };
        work(&mut connection, &mut tools);
        self.waits = self.waits + connection.waits() - waited;
        if self.waits > self.options.memory_limit / WAITING_PART && connection.waits() > 0 {
            self.waits -= connection.waits();
            connection.forget();
        }
        self.held = self.held + connection.memory() - before;
        self.connections[flow as usize] = Some(connection);
    }

    /// Whether a connection may take `length` more bytes. In live traffic others make room.
    fn room(&mut self, flow: FlowId, direction: Direction, length: usize) -> bool {
        let Some(connection) = self.connection(flow) else {
            return false;
        };
        if connection.truncated {
            return false;
        }
        let growth = connection.growth(direction, length);
        if self.memory() + growth <= self.options.memory_limit {
            return true;
        }
        if self.options.live {
            self.make_room(flow, growth);
        }
        let room = self.memory() + growth <= self.options.memory_limit;
        if !room {
            self.truncated = true;
            if let Some(Some(connection)) = self.connections.get_mut(flow as usize) {
                connection.truncate();
            }
        }
        room
    }

    /// Drops connections, the oldest first and those that are over before the others, until a
    /// tenth of the memory is free. One is kept.
    fn make_room(&mut self, keep: FlowId, growth: usize) {
        let aim = self.options.memory_limit - self.options.memory_limit / 10;
        let others = self.connections().filter(|(number, _)| *number != keep);
        let mut order: Vec<_> = others.map(|(number, c)| (!c.is_over(), number)).collect();
        order.sort_unstable();
        let mut gone = BTreeSet::new();
        // Blocks of frames go only as a whole, so the account is made after each handful.
        while self.memory() + growth > aim && !order.is_empty() {
            let some = order.len().div_ceil(8);
            for (_, number) in order.drain(..some) {
                if let Some(connection) = self.connections[number as usize].take() {
                    self.held -= connection.memory();
                    self.waits -= connection.waits();
                    self.dropped += 1;
                    gone.insert(number);
                }
            }
            self.release(&gone);
            gone.clear();
        }
    }

    fn release(&mut self, gone: &BTreeSet<u32>) {
        let Store {
            frames,
            messages,
            violations,
            ..
        } = &mut self.store;
        messages.release(|message| {
            let is_gone = frames
                .get(message.first)
                .is_some_and(|frame| gone.contains(&frame.connection));
            if is_gone {
                message.first = NONE;
            }
            is_gone
        });
        frames.release(|frame| {
            let is_gone = gone.contains(&frame.connection);
            if is_gone {
                frame.connection = NONE;
            }
            is_gone
        });
        violations.release(|violation| {
            let is_gone = gone.contains(&violation.connection);
            if is_gone {
                violation.connection = NONE;
            }
            is_gone
        });
    }
}

impl FlowSink for Inspection {
    fn open(&mut self, mut opened: Opened) -> FlowId {
        self.seen(opened.time);
        let number = self.connections.len() as u32;
        let told = self.options.treat.iter().rev();
        let told = told
            .filter(|treat| treat.is_about(number, &opened))
            .map(|t| t.websocket);
        opened.content = match (told.take(1).next(), opened.content) {
            (Some(true), Content::Unknown) => Content::WebSocket,
            (Some(false), _) => Content::Other,
            (_, content) => content,
        };
        let connection = Box::new(Connection::new(number, opened));
        self.held += connection.memory();
        self.connections.push(Some(connection));
        number
    }

    fn data(
        &mut self,
        flow: FlowId,
        direction: Direction,
        time: Time,
        source: Source,
        bytes: &[u8],
    ) {
        self.seen(time);
        self.input += bytes.len() as u64;
        let mut source = source;
        for piece in bytes.chunks(PIECE) {
            if !self.room(flow, direction, piece.len()) {
                return;
            }
            self.with(flow, |connection, tools| {
                connection.data(direction, time, source, piece, tools);
            });
            source.offset += piece.len() as u64;
        }
    }

    fn gap(&mut self, flow: FlowId, direction: Direction, time: Time, length: u64) {
        self.seen(time);
        self.with(flow, |connection, tools| {
            connection.gap(direction, time, length, tools)
        });
    }

    fn end(&mut self, flow: FlowId, direction: Direction, time: Time, how: End) {
        self.seen(time);
        self.with(flow, |connection, tools| {
            connection.end(direction, time, how, tools)
        });
    }

    fn secrets(&mut self, key_log: &[u8]) {
        self.carries_keys = true;
        self.keys(key_log);
    }
}
