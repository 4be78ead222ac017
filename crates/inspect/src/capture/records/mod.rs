//! Capture files as packets, however the bytes are cut.

mod pcap;
mod pcapng;

use super::error::{CaptureError, ErrorKind};
use super::limits::MAX_RECORD;
use super::notes::Notes;
use crate::flow::{Source, Time};

/// A packet as the file has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packet<'a> {
    pub source: Source,
    pub time: Time,
    pub link: u32,
    /// Its length on the wire; `data` may be shorter.
    pub original: u32,
    pub data: &'a [u8],
}

/// What a file tells of.
pub(super) enum Told<'a> {
    Packet(Packet<'a>),
    /// A key log of TLS.
    Secrets(&'a [u8]),
}

/// What a format says to the bytes at the start of a record.
enum Step<'a> {
    /// The record, or the next thing to be known of it, needs this many bytes from its start.
    More(u64),
    /// A record, and its length in bytes.
    Record(usize, Option<Found<'a>>),
}

/// What is in a record.
enum Found<'a> {
    Packet(FoundPacket<'a>),
    Secrets(&'a [u8]),
}

/// A packet in a record.
struct FoundPacket<'a> {
    time: Time,
    link: u32,
    original: u32,
    data: &'a [u8],
}

#[derive(Debug)]
enum Format {
    Pcap(pcap::Pcap),
    Pcapng(pcapng::Pcapng),
}

/// Reads a file, record after record. Records are parsed where they lie in the chunk; one that a
/// seam cuts is put together first.
#[derive(Debug)]
pub(super) struct Records {
    format: Format,
    /// The record that the last chunk ended in.
    begun: Vec<u8>,
    /// How long `begun` has to be before it is looked at again.
    needed: usize,
    /// Where in the file the next record begins.
    offset: u64,
    packets: u32,
}

impl Records {
    pub fn pcap() -> Self {
        Self::new(Format::Pcap(pcap::Pcap::default()))
    }

    pub fn pcapng() -> Self {
        Self::new(Format::Pcapng(pcapng::Pcapng::default()))
    }

    fn new(format: Format) -> Self {
        Self {
            format,
            begun: Vec::new(),
            needed: 0,
            offset: 0,
            packets: 0,
        }
    }

    pub const fn packets(&self) -> u32 {
        self.packets
    }

    pub fn push(
        &mut self,
        mut bytes: &[u8],
        notes: &mut Notes,
        each: &mut dyn FnMut(Told, &mut Notes),
    ) -> Result<(), CaptureError> {
        while !self.begun.is_empty() {
            let missing = self.needed - self.begun.len();
            let (taken, rest) = bytes.split_at(missing.min(bytes.len()));
            self.begun.extend_from_slice(taken);
            bytes = rest;
            if taken.len() < missing {
                return Ok(());
            }
            let mut begun = core::mem::take(&mut self.begun);
            if self.record(&begun, notes, each)?.is_some() {
                // It was asked for to the byte, so nothing is left of it.
                begun.clear();
            }
            self.begun = begun;
        }
        while !bytes.is_empty() {
            match self.record(bytes, notes, each)? {
                Some(length) => bytes = &bytes[length..],
                None => {
                    self.begun.extend_from_slice(bytes);
                    break;
                }
            }
        }
        Ok(())
    }

    /// Looks at the record at the start of `bytes`. Gives its length when it is whole.
    fn record(
        &mut self,
        bytes: &[u8],
        notes: &mut Notes,
        each: &mut dyn FnMut(Told, &mut Notes),
    ) -> Result<Option<usize>, CaptureError> {
        let here = Source {
            packet: self.packets + 1,
            offset: self.offset,
            record: None,
        };
        let step = match &mut self.format {
            Format::Pcap(pcap) => pcap.step(bytes),
            Format::Pcapng(pcapng) => pcapng.step(bytes, here, notes),
        };
        match step.map_err(|kind| self.fault(kind))? {
            Step::More(length) if length > MAX_RECORD as u64 => {
                Err(self.fault(ErrorKind::TooLong { length }))
            }
            Step::More(length) => {
                self.needed = length as usize;
                Ok(None)
            }
            Step::Record(length, found) => {
                match found {
                    None => {}
                    Some(Found::Secrets(key_log)) => each(Told::Secrets(key_log), notes),
                    Some(Found::Packet(found)) => {
                        self.packets += 1;
                        let packet = Packet {
                            source: Source {
                                packet: self.packets,
                                offset: self.offset + distance(bytes, found.data),
                                record: None,
                            },
                            time: found.time,
                            link: found.link,
                            original: found.original,
                            data: found.data,
                        };
                        each(Told::Packet(packet), notes);
                    }
                }
                self.offset += length as u64;
                Ok(Some(length))
            }
        }
    }

    pub fn finish(&self) -> Result<(), CaptureError> {
        if self.begun.is_empty() {
            return Ok(());
        }
        Err(self.fault(ErrorKind::Truncated {
            needed: self.needed as u64,
            present: self.begun.len() as u64,
        }))
    }

    const fn fault(&self, kind: ErrorKind) -> CaptureError {
        CaptureError {
            kind,
            offset: self.offset,
            packets: self.packets,
        }
    }
}

/// How far into `outer` the bytes of `inner` begin, which lie in it.
pub(super) fn distance(outer: &[u8], inner: &[u8]) -> u64 {
    (inner.as_ptr() as usize).wrapping_sub(outer.as_ptr() as usize) as u64
}
