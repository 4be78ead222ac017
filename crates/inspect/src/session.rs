//! A file that is read, or live traffic, and what was found in it.

use super::capture::{Capture, CaptureError, Format};
use super::flow::Direction;
use super::{Inspection, Options};
use serde::Serialize;

/// One inspection and where its bytes come from.
#[derive(Debug)]
pub struct Session {
    /// What was found.
    pub inspection: Inspection,
    capture: Capture,
    live: bool,
}

/// Sums, in the shape of the JavaScript API.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "they are told in js/inspect/index.d.ts")]
pub struct Totals {
    pub format: &'static str,
    pub input: f64,
    pub connections: u32,
    pub frames: u32,
    pub messages: u32,
    pub errors: u32,
    pub warnings: u32,
    pub start: f64,
    pub end: f64,
    pub memory: f64,
    pub dropped: u32,
    pub truncated: bool,
    pub notes: Vec<String>,
}

impl Session {
    /// A session before its first byte. `sender` says who sent bytes of one direction.
    pub fn new(options: Options, sender: Option<Direction>) -> Self {
        Self {
            inspection: Inspection::new(options),
            capture: Capture::new(sender),
            live: false,
        }
    }

    /// The next bytes of a file.
    ///
    /// # Errors
    /// What makes it unreadable from here on.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), CaptureError> {
        self.capture.push(bytes, &mut self.inspection)
    }

    /// The file, or the live traffic, is complete.
    ///
    /// # Errors
    /// It ended too soon, or nobody knows what it is.
    pub fn finish(&mut self) -> Result<(), CaptureError> {
        let read = match self.live && self.capture.pushed() == 0 {
            true => Ok(()),
            false => self.capture.finish(&mut self.inspection),
        };
        self.inspection.finish();
        read
    }

    /// For live traffic, which goes in without a file.
    pub fn live(&mut self) -> &mut Inspection {
        self.live = true;
        &mut self.inspection
    }

    /// Sums.
    pub fn totals(&self) -> Totals {
        let Self {
            inspection,
            capture,
            live,
        } = self;
        let store = &inspection.store;
        let format = match capture.format() {
            _ if *live => "live",
            Format::Unknown => "unknown",
            Format::Pcap => "pcap",
            Format::Pcapng => "pcapng",
            Format::Har => "har",
            Format::Text => "text",
            Format::Raw => "raw",
        };
        let input = if *live {
            inspection.input()
        } else {
            capture.pushed()
        };
        let first = inspection.first_time();
        Totals {
            format,
            input: input as f64,
            connections: inspection.connection_count(),
            frames: store.frames.len(),
            messages: store.messages.len(),
            errors: store.errors,
            warnings: store.warnings,
            start: first as f64 / 1e6,
            end: inspection.since_start(inspection.last_time()),
            memory: inspection.memory() as f64,
            dropped: inspection.dropped(),
            truncated: inspection.truncated(),
            notes: capture.notes().iter().map(ToString::to_string).collect(),
        }
    }
}
