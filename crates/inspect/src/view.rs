//! The rows of a table: what a filter lets through, in the order of time.
//!
//! Frames are numbered as they are found. That is the order of time, unless a connection's bytes
//! could only be read later (the first frame had to be looked for, keys came after the capture).

use super::Inspection;
use super::bytes::Reader;
use super::filter::{Evaluator, Filter, Row, is_text, severity};
use super::flow::Time;
use super::payload::{self, Context, Kind};
use super::rules::Severity;
use super::store::{Frame, Message, NONE, flag};
use std::collections::{BTreeSet, HashMap};

/// What a table shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Every frame.
    Frames,
    /// A row for each message, and for what is part of none.
    Messages,
}

/// A row is a frame's number, and twice that plus one for a fragment of an unfolded message, so
/// that a message comes before its fragments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry(u64);

/// Where a row stands.
fn place(inspection: &Inspection, entry: Entry) -> (Time, Entry) {
    let frame = inspection.store.frames.get(entry.frame());
    (frame.map_or(0, |frame| frame.time), entry)
}

impl Entry {
    const fn row(frame: u32) -> Self {
        Self((frame as u64) << 1)
    }

    const fn fragment(frame: u32) -> Self {
        Self((frame as u64) << 1 | 1)
    }

    const fn frame(self) -> u32 {
        (self.0 >> 1) as u32
    }

    const fn is_fragment(self) -> bool {
        self.0 & 1 != 0
    }
}

/// The rows that a filter lets through.
#[derive(Debug)]
pub struct View {
    table: Table,
    filter: Filter,
    /// Holes are rows, too.
    holes: bool,
    /// In order. Frame numbers alone as long as there are no fragments between them.
    rows: Vec<u32>,
    /// Unfolded fragments, in order.
    fragments: BTreeSet<u32>,
    merged: Option<Vec<Entry>>,
    unfolded: BTreeSet<u32>,
    /// Everything before was looked at: frames, and violations.
    frames: u32,
    violations: u32,
    dropped: u32,
    /// Rows that were not complete when they were looked at.
    unfinished: BTreeSet<u32>,
}

/// A row, with all that a table shows of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<'a> {
    /// Number of the frame, the first one of a message.
    pub number: u32,
    /// The frame.
    pub frame: &'a Frame,
    /// The message, if the row stands for it.
    pub message: Option<&'a Message>,
    /// The length after inflating, of what is compressed.
    pub inflated: Option<u64>,
    /// Length of all headers.
    pub header_length: u64,
    /// 1 inside a message.
    pub depth: u8,
    /// The message's fragments are shown.
    pub unfolded: bool,
    /// All of it was there.
    pub complete: bool,
    /// The worst that was found.
    pub severity: Option<Severity>,
    /// The start of the payload.
    pub preview: String,
    /// What the payload is written in.
    pub kind: Kind,
    /// Ping, pong or what the subprotocol has for that.
    pub heartbeat: bool,
}

impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        (self.first, self.last, self.frames) == (other.first, other.last, other.frames)
    }
}

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        (self.connection, self.offset, self.flags)
            == (other.connection, other.offset, other.flags)
    }
}

impl View {
    /// The rows as they are now.
    pub fn new(inspection: &Inspection, table: Table, filter: Filter, holes: bool) -> Self {
        let mut view = Self {
            table,
            holes,
            filter,
            rows: Vec::new(),
            fragments: BTreeSet::new(),
            merged: None,
            unfolded: BTreeSet::new(),
            frames: 0,
            violations: 0,
            dropped: inspection.dropped(),
            unfinished: BTreeSet::new(),
        };
        view.update(inspection);
        view
    }

    /// What it shows.
    pub const fn table(&self) -> Table {
        self.table
    }

    /// The filter.
    pub const fn filter(&self) -> &Filter {
        &self.filter
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.merged.as_ref().map_or(self.rows.len(), Vec::len)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn entry(&self, index: usize) -> Option<Entry> {
        match &self.merged {
            Some(merged) => merged.get(index).copied(),
            None => self.rows.get(index).map(|&frame| Entry::row(frame)),
        }
    }

    /// Whether a frame has a row of its own here, and the message that the row stands for.
    fn row_of<'a>(
        &self,
        inspection: &'a Inspection,
        number: u32,
        frame: &'a Frame,
    ) -> Option<Row<'a>> {
        if frame.connection == NONE || (frame.is_hole() && !self.holes) {
            return None;
        }
        let row = Row {
            number,
            frame,
            message: None,
        };
        match (self.table, inspection.store.messages.get(frame.message)) {
            (Table::Frames, _) | (_, None) => Some(row),
            (_, Some(message)) if message.first == number => Some(Row {
                message: Some(message),
                ..row
            }),
            _ => None,
        }
    }

    fn is_finished(inspection: &Inspection, row: Row<'_>) -> bool {
        let message = inspection.store.messages.get(row.frame.message);
        let there = row.frame.flags & flag::COMPLETE != 0;
        let over = inspection
            .connection(row.frame.connection)
            .is_none_or(|c| c.is_over());
        over || (there && message.is_none_or(|message| message.complete))
    }

    /// Takes in what is new.
    pub fn update(&mut self, inspection: &Inspection) {
        let store = &inspection.store;
        let mut again = std::mem::take(&mut self.unfinished);
        // A violation may be found at a frame that was looked at before.
        for (_, violation) in store.violations.iter_from(self.violations) {
            again.extend(
                violation
                    .frame
                    .filter(|&frame| frame < self.frames)
                    .map(|frame| {
                        let message = store
                            .frames
                            .get(frame)
                            .and_then(|f| store.messages.get(f.message));
                        match (self.table, message) {
                            (Table::Messages, Some(message)) => message.first,
                            _ => frame,
                        }
                    }),
            );
        }
        self.violations = store.violations.len();
        let mut changed = false;
        if self.dropped != inspection.dropped() {
            self.dropped = inspection.dropped();
            let alive = |number: &u32| {
                store
                    .frames
                    .get(*number)
                    .is_some_and(|frame| frame.connection != NONE)
            };
            self.rows.retain(alive);
            self.fragments.retain(alive);
            again.retain(alive);
            changed = true;
        }

        let mut evaluator = Evaluator::new(inspection, &self.filter);
        let everything = self.filter.is_empty();
        let mut unfinished = BTreeSet::new();
        for number in again {
            let Some(row) = store
                .frames
                .get(number)
                .and_then(|f| self.row_of(inspection, number, f))
            else {
                continue;
            };
            if !Self::is_finished(inspection, row) {
                unfinished.insert(number);
            }
            let wanted = everything || evaluator.matches(row);
            match (self.find(inspection, number), wanted) {
                (Err(at), true) => {
                    self.rows.insert(at, number);
                    changed = true;
                }
                (Ok(at), false) => {
                    self.rows.remove(at);
                    changed = true;
                }
                _ => {}
            }
        }
        let before = self.rows.len();
        let mut last = (NONE, true);
        for (number, frame) in store.frames.iter_from(self.frames) {
            let Some(row) = self.row_of(inspection, number, frame) else {
                continue;
            };
            let there = frame.flags & flag::COMPLETE != 0;
            let message = store.messages.get(frame.message);
            if !(there && message.is_none_or(|message| message.complete)) {
                // Many frames of one connection follow each other.
                if last.0 != frame.connection {
                    let connection = inspection.connection(frame.connection);
                    last = (frame.connection, connection.is_none_or(|c| c.is_over()));
                }
                if !last.1 {
                    unfinished.insert(number);
                }
            }
            if everything || evaluator.matches(row) {
                self.rows.push(number);
            }
        }
        drop(evaluator);
        changed |= self.rows.len() != before;
        let key = |&number: &u32| place(inspection, Entry::row(number));
        let tail = &self.rows[before.saturating_sub(1)..];
        if !tail.is_sorted_by_key(key) {
            // Runs that are in order are merged.
            self.rows.sort_by_key(key);
        }
        self.frames = store.frames.len();
        self.unfinished = unfinished;
        let grown: Vec<u32> = self.unfolded.iter().copied().collect();
        for message in grown {
            changed |= self.take_fragments(inspection, message);
        }
        if changed {
            self.merge(inspection);
        }
    }

    fn find(&self, inspection: &Inspection, number: u32) -> Result<usize, usize> {
        let wanted = place(inspection, Entry::row(number));
        self.rows
            .binary_search_by_key(&wanted, |&row| place(inspection, Entry::row(row)))
    }

    /// Brings rows and fragments together.
    fn merge(&mut self, inspection: &Inspection) {
        if self.fragments.is_empty() {
            self.merged = None;
            return;
        }
        let mut all: Vec<Entry> = self.rows.iter().map(|&frame| Entry::row(frame)).collect();
        all.extend(self.fragments.iter().map(|&frame| Entry::fragment(frame)));
        all.sort_by_key(|&entry| place(inspection, entry));
        self.merged = Some(all);
    }

    fn take_fragments(&mut self, inspection: &Inspection, number: u32) -> bool {
        let Some(message) = inspection.store.messages.get(number) else {
            return false;
        };
        let before = self.fragments.len();
        if self.find(inspection, message.first).is_ok() {
            let frames = inspection
                .store
                .frames_of(message)
                .map(|(number, _)| number);
            self.fragments.extend(frames);
        }
        self.fragments.len() != before
    }

    /// Shows or hides the fragments of a message.
    pub fn unfold(&mut self, inspection: &Inspection, number: u32, unfolded: bool) {
        if self.table != Table::Messages {
            return;
        }
        let Some(message) = inspection.store.messages.get(number) else {
            return;
        };
        if unfolded {
            self.unfolded.insert(number);
            self.take_fragments(inspection, number);
        } else {
            self.unfolded.remove(&number);
            for (frame, _) in inspection.store.frames_of(message) {
                self.fragments.remove(&frame);
            }
        }
        self.merge(inspection);
    }

    /// The frame of each row.
    pub fn frames(&self) -> Vec<u32> {
        match &self.merged {
            Some(merged) => merged.iter().map(|entry| entry.frame()).collect(),
            None => self.rows.clone(),
        }
    }

    /// All frames that the rows stand for: those of messages, too, each once.
    pub fn all_frames(&self, inspection: &Inspection) -> Vec<u32> {
        if self.table == Table::Frames {
            return self.rows.clone();
        }
        let store = &inspection.store;
        let mut all = Vec::with_capacity(self.rows.len());
        for &number in &self.rows {
            match store
                .frames
                .get(number)
                .and_then(|frame| store.messages.get(frame.message))
            {
                Some(message) => all.extend(store.frames_of(message).map(|(number, _)| number)),
                None => all.push(number),
            }
        }
        all.sort_unstable();
        all
    }

    /// The row of a frame: its own, or that of its message.
    pub fn index_of(&self, inspection: &Inspection, number: u32) -> Option<usize> {
        let store = &inspection.store;
        let frame = store.frames.get(number)?;
        let first = store
            .messages
            .get(frame.message)
            .map(|message| message.first);
        let row = match (self.table, first) {
            (Table::Messages, Some(first)) => first,
            _ => number,
        };
        match &self.merged {
            None => self.find(inspection, row).ok(),
            Some(merged) => {
                let find = |entry: Entry| {
                    let wanted = place(inspection, entry);
                    merged.binary_search_by_key(&wanted, |&entry| place(inspection, entry))
                };
                find(Entry::fragment(number))
                    .or_else(|_| find(Entry::row(row)))
                    .ok()
            }
        }
    }

    fn row_at<'a>(&self, inspection: &'a Inspection, index: usize) -> Option<Row<'a>> {
        let entry = self.entry(index)?;
        let number = entry.frame();
        let frame = inspection.store.frames.get(number)?;
        if entry.is_fragment() {
            return Some(Row {
                number,
                frame,
                message: None,
            });
        }
        self.row_of(inspection, number, frame)
    }

    /// The next row from `from` on, which need not exist, that has a warning or an error.
    pub fn find_violation(
        &self,
        inspection: &Inspection,
        from: i64,
        forward: bool,
    ) -> Option<usize> {
        let is_one = |index: &usize| {
            let row = self.row_at(inspection, *index);
            row.and_then(|row| severity(inspection, row)) >= Some(Severity::Warning)
        };
        if forward {
            let start = usize::try_from(from.saturating_add(1)).unwrap_or(0);
            (start..self.len()).find(is_one)
        } else {
            let end = usize::try_from(from).unwrap_or(0).min(self.len());
            (0..end).rev().find(is_one)
        }
    }

    /// The rows from one on.
    pub fn lines<'a>(
        &self,
        inspection: &'a Inspection,
        from: usize,
        count: usize,
    ) -> Vec<Line<'a>> {
        let mut reader = Reader::new(inspection);
        let mut contexts = HashMap::new();
        let mut lines = Vec::new();
        for index in from..from.saturating_add(count).min(self.len()) {
            let Some(row) = self.row_at(inspection, index) else {
                continue;
            };
            let context = *contexts.entry(row.frame.connection).or_insert_with(|| {
                inspection
                    .connection(row.frame.connection)
                    .map(Context::of)
                    .unwrap_or_default()
            });
            let fragment = self.entry(index).is_some_and(Entry::is_fragment);
            let message = row.frame.message;
            let unfolded =
                !fragment && row.message.is_some() && self.unfolded.contains(&message);
            let mut line = line(inspection, &mut reader, row, context);
            line.unfolded = unfolded;
            line.depth |= u8::from(fragment);
            lines.push(line);
        }
        lines
    }
}

/// Holes that are as long as this are of a length that nobody knows.
const UNKNOWN: u64 = 1 << 40;

/// All that a table shows of a row.
pub fn line<'a>(
    inspection: &'a Inspection,
    reader: &mut Reader<'a>,
    row: Row<'a>,
    context: Context,
) -> Line<'a> {
    let Row {
        number,
        frame,
        message,
    } = row;
    let store = &inspection.store;
    let of = store.messages.get(frame.message);
    let text = is_text(inspection, frame);
    let mut content = Vec::new();
    // A frame shows what is in it, or what the whole message is when that cannot be told apart.
    let whole = message.is_some() || of.is_some_and(|of| of.frames == 1 || of.compressed);
    if whole {
        reader.content(frame, 64 * 1024, &mut content);
    } else {
        reader.payload(frame, 64 * 1024, &mut content);
    }
    let control = frame.is_control();
    let kind = match frame.head[0] & 15 {
        8 if content.is_empty() => Kind::Empty,
        8 => Kind::Text,
        _ => payload::kind(&content, text && !control, context),
    };
    let heartbeat =
        matches!(frame.head[0] & 15, 9 | 10) || payload::is_heartbeat(&content, kind);
    let start = &content[..content.len().min(payload::PREVIEW_BYTES)];
    let preview = match (frame.head[0] & 15, start) {
        _ if frame.is_hole() && frame.length < UNKNOWN => {
            format!("{} bytes are missing in the capture", frame.length)
        }
        _ if frame.is_hole() => "bytes are missing in the capture".to_owned(),
        (8, [a, b, reason @ ..]) => {
            let code = u16::from_be_bytes([*a, *b]);
            format!("{code} {}", payload::preview(reason, true))
                .trim_end()
                .to_owned()
        }
        _ => payload::preview(start, text && !control),
    };
    let header_length = match message {
        None => u64::from(frame.header_length),
        Some(message) if message.frames == 1 => u64::from(frame.header_length),
        Some(message) => store
            .frames_of(message)
            .map(|(_, frame)| u64::from(frame.header_length))
            .sum(),
    };
    Line {
        number,
        frame,
        message,
        // What a fragment alone has become is nobody's business but the inflater's.
        inflated: of
            .filter(|of| of.compressed && !of.opaque && of.complete)
            .filter(|of| message.is_some() || of.frames == 1)
            .map(|of| of.inflated),
        header_length,
        depth: u8::from(frame.flags & flag::INSIDE != 0),
        unfolded: false,
        complete: match message {
            Some(message) => message.complete && frame.flags & flag::COMPLETE != 0,
            None => frame.flags & flag::COMPLETE != 0,
        },
        severity: severity(inspection, row),
        preview,
        kind,
        heartbeat,
    }
}
