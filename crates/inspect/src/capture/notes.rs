//! What a source could not read, or found strange, while it went on. Each kind is kept once,
//! with its count and the first place, so that a bad capture does not fill the memory.

use super::super::flow::Source;
use core::fmt;

/// A kind of trouble that does not stop the reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoteKind {
    /// Packets of a link type that is not read.
    LinkType(u32),
    /// Packets that name an interface which the file does not describe.
    UnknownInterface,
    /// Packets that are shorter in the capture than they were on the wire.
    Cut,
    /// Headers of Ethernet, IP or TCP that contradict themselves, or are cut.
    Headers,
    /// IP datagrams of which not all fragments are there.
    Fragments,
    /// A segment was sent again with other bytes; the first ones count.
    Overlap,
    /// Bytes that lie before the first one told of a connection that the capture did not see
    /// begin.
    BeforeStart,
    /// Data after the end of its connection, or too far from the rest of it.
    OutOfPlace,
    /// Holes given up because the segments after them took too much memory.
    Memory,
    /// No packet carried TCP. The count is that of the packets.
    NoTcp,
    /// A WebSocket connection in a HAR file without its messages.
    NoMessages,
    /// A message in a HAR file that could not be understood.
    BadMessage,
    /// An error that the browser noted in a HAR file.
    BrowserError,
}

/// A kind of trouble, how often it was met, and where first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Note {
    /// What.
    pub kind: NoteKind,
    /// How often.
    pub count: u64,
    /// The first place.
    pub first: Source,
}

/// All kinds met so far.
#[derive(Debug, Default)]
pub(super) struct Notes(Vec<Note>);

/// Link types are numbers of 16 bits; a file may name many, and a reader needs few.
const MAX_NOTES: usize = 64;

impl Notes {
    pub fn add(&mut self, kind: NoteKind, first: Source) {
        self.add_many(kind, first, 1);
    }

    pub fn add_many(&mut self, kind: NoteKind, first: Source, count: u64) {
        if let Some(note) = self.0.iter_mut().find(|note| note.kind == kind) {
            note.count += count;
        } else if self.0.len() < MAX_NOTES {
            self.0.push(Note { kind, count, first });
        }
    }

    pub fn all(&self) -> &[Note] {
        &self.0
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, count, first } = self;
        match kind {
            NoteKind::LinkType(link) => {
                write!(
                    f,
                    "{count} packets of link type {link} were skipped: only 0, 1, 101, "
                )?;
                f.write_str(
                    "108, 113, 276, 228 and 229 are read. Record with another link type",
                )
            }
            NoteKind::UnknownInterface => write!(
                f,
                "{count} packets were skipped: they name an interface that the file does not \
                 describe"
            ),
            NoteKind::Cut => write!(
                f,
                "{count} packets were cut short when they were recorded; what is missing is \
                 shown as gaps. Record whole packets (tcpdump -s 0)"
            ),
            NoteKind::Headers => write!(
                f,
                "{count} packets were skipped: their IP or TCP headers are damaged or cut"
            ),
            NoteKind::Fragments => write!(
                f,
                "{count} IP datagrams were skipped: fragments of them are missing"
            ),
            NoteKind::Overlap => write!(
                f,
                "{count} segments repeat bytes with other values; the first ones are shown"
            ),
            NoteKind::BeforeStart => write!(
                f,
                "{count} segments were skipped: they lie before the first one that was seen of \
                 their connection"
            ),
            NoteKind::OutOfPlace => write!(
                f,
                "{count} segments were skipped: they come after the end of their connection, \
                 or far from the rest of it"
            ),
            NoteKind::Memory => write!(
                f,
                "{count} times a hole was given up early, to bound memory; a segment that \
                 comes even later is missing"
            ),
            NoteKind::NoTcp => write!(f, "none of the {count} packets carries TCP"),
            NoteKind::NoMessages => write!(
                f,
                "{count} WebSocket connections have no messages in the HAR file: not every \
                 browser exports them (Chromium and Playwright do)"
            ),
            NoteKind::BadMessage => write!(
                f,
                "{count} messages of the HAR file were skipped: no base64, or no known type"
            ),
            NoteKind::BrowserError => write!(
                f,
                "{count} connections failed in the browser, as the HAR file says"
            ),
        }?;
        match (first.packet, first.offset, count) {
            (0, 0, _) => Ok(()),
            (0, offset, _) => write!(f, " (the first at byte {offset})"),
            (packet, 0, _) => write!(f, " (the first is packet {packet})"),
            (packet, offset, _) => write!(f, " (the first is packet {packet}, byte {offset})"),
        }
    }
}
