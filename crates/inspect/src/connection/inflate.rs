//! permessage-deflate of one direction, followed by a third party.

use ws4wasm::deflate::{Inflater, Window};

/// How many compressed bytes lie between two notes of the window. A message that is looked at later
/// is inflated from the note before it on.
const BETWEEN_NOTES: u64 = 64 * 1024;

/// What the messages from one on may point back to.
#[derive(Debug)]
pub struct Note {
    /// The number of the first of them.
    pub message: u32,
    past: Box<[u8]>,
}

/// Follows one direction.
#[derive(Debug)]
pub struct Context {
    window: Window,
    /// No handshake has agreed on it.
    pub guessed: bool,
    /// None once the window is not known any more.
    inflater: Option<Inflater>,
    notes: Vec<Note>,
    noted: usize,
    since_note: u64,
    /// Compressed messages that were inflated, their bytes on the wire and their own.
    pub messages: u32,
    pub wire: u64,
    pub inflated: u64,
}

impl Context {
    pub fn new(window: Window, guessed: bool) -> Self {
        Self {
            window,
            guessed,
            inflater: Some(Inflater::new(window)),
            notes: Vec::new(),
            noted: 0,
            since_note: BETWEEN_NOTES,
            messages: 0,
            wire: 0,
            inflated: 0,
        }
    }

    pub const fn takeover(&self) -> bool {
        self.window.takeover()
    }

    /// A handshake has agreed on it, or a message has inflated as it should.
    pub const fn is_proven(&self) -> bool {
        !self.guessed || self.messages > 0
    }

    /// Bytes of memory: the notes, and the window of the inflater itself.
    pub const fn memory(&self) -> usize {
        self.noted + 32 * 1024
    }

    /// A compressed message begins. Gives nothing when it cannot be inflated.
    pub fn begin(&mut self, message: u32) -> Option<&mut Inflater> {
        if self.inflater.is_none() && !self.takeover() {
            self.inflater = Some(Inflater::new(self.window));
        }
        let inflater = self.inflater.as_mut()?;
        // Of a message that was left unfinished only the window stays, as when it is put through
        // once more.
        if inflater.is_under_way() {
            inflater.finish();
        }
        if self.window.takeover() && self.since_note >= BETWEEN_NOTES {
            self.since_note = 0;
            let past = inflater.past().into_boxed_slice();
            self.noted += past.len() + size_of::<Note>();
            self.notes.push(Note { message, past });
        }
        Some(inflater)
    }

    /// The one of the message under way.
    pub fn inflater(&mut self) -> Option<&mut Inflater> {
        self.inflater.as_mut()
    }

    /// This many compressed bytes went in.
    pub fn fed(&mut self, bytes: u64) {
        self.since_note += bytes;
    }

    /// From here on nobody knows the window.
    pub fn lose(&mut self) {
        self.inflater = None;
    }

    /// The first of the messages to put through before a message.
    pub fn replay_from(&self, message: u32) -> u32 {
        let index = self.notes.partition_point(|note| note.message <= message);
        index
            .checked_sub(1)
            .map_or(message, |index| self.notes[index].message)
    }

    /// What to inflate a message with, and the first of the messages to put through before it.
    pub fn replay(&self, message: u32) -> (Inflater, u32) {
        let index = self.notes.partition_point(|note| note.message <= message);
        match index.checked_sub(1).map(|index| &self.notes[index]) {
            Some(note) => (Inflater::with_past(self.window, &note.past), note.message),
            None => (Inflater::new(self.window), message),
        }
    }
}
