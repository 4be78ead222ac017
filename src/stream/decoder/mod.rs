//! The receiving state machine: raw bytes in, records out. Here are its state and its loop; the
//! steps are in the modules below.

mod control;
mod header;
mod payload;
mod whole;

use super::Config;
use super::Inflater;
use super::batch::{Batch, MAX_RECORDS, Record};
use crate::frame::{Header, Key, MAX_HEADER_LEN, Parsed};
use crate::utf8::Validator;
use crate::{Error, Opcode};

/// More records than one step of the decoder and what follows the last one can add.
const STEP_RECORDS: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Collecting a header.
    Header,
    /// Inside the payload of a data frame.
    Data,
    /// Inside the payload of a control frame.
    Control,
    /// A close frame came, or an error ended it all (RFC 6455 section 5.5.1 and 7.1.7).
    Closed,
}

/// The message that data frames are building up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    No,
    Text,
    Binary,
}

/// Turns bytes, cut anywhere, into [`Part`](super::Part)s. It holds what a frame or a code point left
/// unfinished, at most some 150 bytes, and never a message: collecting the pieces of those is
/// the caller's.
///
/// ```
/// use ws4wasm::DataKind;
/// use ws4wasm::stream::{Batch, Config, Decoder, Part};
/// let mut decoder = Decoder::new(Config { expect_masking: false, ..Config::default() });
/// let mut batch = Batch::new();
/// let input = b"\x81\x02hi";
/// assert_eq!(decoder.decode(input, &mut batch), 4);
/// let Some(Part::Data { kind, bytes, first, last, .. }) = batch.parts(input).next() else {
///     panic!("no data");
/// };
/// assert_eq!((kind, bytes, first, last), (DataKind::Text, &b"hi"[..], true, true));
/// ```
#[derive(Debug)]
pub struct Decoder {
    config: Config,
    state: State,
    open: Open,
    /// Bytes have come.
    started: bool,
    /// A record of the open message has been given, so the next one is not its first.
    begun: bool,
    /// FIN of the current data frame.
    fin: bool,
    /// Opcode of the current control frame.
    control: Opcode,
    /// The key, turned to where the payload stands; zeros when there is none.
    key: Key,
    masked: bool,
    utf8: Validator,
    fragments: u32,
    /// Bytes of the current frame's payload that are still to come.
    remaining: u64,
    /// Bytes of the open message so far.
    length: u64,
    /// A header in the making, or else the cut code point that ended the last input.
    held: [u8; MAX_HEADER_LEN],
    held_len: u8,
    tail: [u8; 3],
    tail_len: u8,
    /// A control payload in the making.
    control_payload: Vec<u8>,
    ignored: u64,
    /// permessage-deflate, if it was agreed on.
    inflater: Option<Box<Inflater>>,
    /// The open message is compressed.
    compressed: bool,
    /// There may be more of it without further input.
    pending: bool,
    /// That is so, and the input was at its end: its last byte was given back, and is not to be
    /// looked at again.
    gave_back: bool,
}

/// The bytes of the open message that this input put into the batch and that no record has
/// told of yet.
struct Run {
    start: usize,
    ascii: bool,
    /// One more than where in the input it lies, if it lies there side by side; else 0.
    source: u32,
    /// Something was inflated, so the batch may hold more than the input has.
    inflated: bool,
    /// The batch has no room for more of it.
    full: bool,
}

impl Decoder {
    /// A decoder at the start of a connection.
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            state: State::Header,
            open: Open::No,
            started: false,
            begun: false,
            fin: false,
            control: Opcode::Ping,
            key: [0; 4],
            masked: false,
            utf8: Validator::new(),
            fragments: 0,
            remaining: 0,
            length: 0,
            held: [0; MAX_HEADER_LEN],
            held_len: 0,
            tail: [0; 3],
            tail_len: 0,
            control_payload: Vec::new(),
            ignored: 0,
            inflater: None,
            compressed: false,
            pending: false,
            gave_back: false,
        }
    }

    /// Takes compressed messages from now on: with the window of what the other side sends,
    /// [`Parameters::client`](crate::deflate::Parameters::client) on a server.
    #[cfg(feature = "deflate")]
    pub fn set_inflater(&mut self, inflater: Inflater) {
        self.inflater = Some(Box::new(inflater));
    }

    /// Lets the memory go that streams share; see [`Stream::release`](super::Stream::release).
    pub fn release(&self) {
        if let Some(inflater) = &self.inflater {
            inflater.release();
        }
    }

    /// The rules in force.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Changes whether frames must be masked. Once bytes have come it is too late, and false is
    /// returned.
    #[must_use]
    pub const fn set_expect_masking(&mut self, expect: bool) -> bool {
        if !self.started {
            self.config.expect_masking = expect;
        }
        !self.started
    }

    /// Whether a close frame or an error has ended the stream.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// How many bytes came after the end and were not looked at.
    pub const fn ignored(&self) -> u64 {
        self.ignored
    }

    /// How many bytes complete what is under way: the header's next step or the payload. At
    /// least 1; 2 between frames.
    pub fn wants(&self) -> u64 {
        match self.state {
            State::Closed => 1,
            State::Data | State::Control => self.remaining,
            State::Header => {
                let held = &self.held[..self.held_len as usize];
                match Header::parse(held) {
                    Ok(Parsed::Needs(needs)) => (needs - held.len()) as u64,
                    _ => 1,
                }
            }
        }
    }

    /// Takes bytes and fills `batch` with what they mean. Returns how many it took: fewer
    /// than there are only when the batch is full, and then the rest is to be fed again. That
    /// may be none at all, while a compressed message gives more than a batch holds.
    pub fn decode(&mut self, input: &[u8], batch: &mut Batch) -> usize {
        self.decode_start(input, 0, batch)
    }

    /// As [`decode`](Self::decode), with only the start of the input at hand: `beyond` bytes of
    /// it are left out. Binary payload goes unseen, and what is masked is left so, so more may be
    /// taken than there is.
    pub(crate) fn decode_start(
        &mut self,
        input: &[u8],
        beyond: usize,
        batch: &mut Batch,
    ) -> usize {
        batch.clear();
        self.started |= !input.is_empty();
        let mut run = Run {
            start: 0,
            ascii: true,
            source: 0,
            inflated: false,
            full: false,
        };
        let room = Batch::room(input.len());
        let mut at = usize::from(self.gave_back).min(input.len());
        self.gave_back = false;
        while at < input.len() || self.pending {
            let over = run.inflated && batch.arena.len() + (input.len() - at) > room;
            if run.full || over || batch.records.len() >= MAX_RECORDS - STEP_RECORDS {
                break;
            }
            let begun = at;
            self.messages(input, &mut at, batch, &mut run);
            if at == begun {
                self.fragments(input, &mut at, batch, &mut run);
            }
            if at > begun {
                continue;
            }
            let step = match self.state {
                State::Header => self.header(input, &mut at, batch, &mut run),
                State::Data if self.compressed => self.inflate(input, &mut at, batch, &mut run),
                State::Data => self.data(input, beyond, &mut at, batch, &mut run),
                State::Control => self.control(input, &mut at, batch, &mut run),
                State::Closed => {
                    self.ignored += (input.len() - at) as u64;
                    at = input.len();
                    Ok(())
                }
            };
            if let Err(error) = step {
                self.fail(error, batch, &mut run);
            }
        }
        self.flush(batch, &mut run, false);
        if self.pending && at > 0 && at == input.len() {
            self.gave_back = true;
            at -= 1;
        }
        at
    }

    fn fail(&mut self, error: Error, batch: &mut Batch, run: &mut Run) {
        if self.config.partial {
            // What was good is delivered whichever way the bytes were cut.
            self.flush(batch, run, false);
        }
        run.start = batch.arena.len();
        batch.records.push(Record::Error);
        batch.error = Some(error);
        self.end();
    }

    /// Nothing is interpreted from here on; what was held is let go.
    fn end(&mut self) {
        self.state = State::Closed;
        self.open = Open::No;
        self.tail_len = 0;
        self.control_payload = Vec::new();
        self.pending = false;
        self.inflater = None;
    }
}
