//! Turns a file or pasted text, in pieces of any size, into connections and their bytes
//! ([`flow`](super::flow)). Nothing here knows of WebSocket, except that messages of a HAR file
//! become frames.
//!
//! | input | told by | becomes |
//! |---|---|---|
//! | pcap, pcapng | the first four bytes | its TCP connections |
//! | gzip | the first two bytes | what is in it |
//! | net-log | JSON that begins with `constants` | its sockets |
//! | flows of mitmproxy | a tnetstring of a dictionary | a connection for each WebSocket |
//! | HAR | JSON with `log.entries` | a connection for each `_webSocketMessages` |
//! | text | UTF-8 without control characters | the bytes it spells (hex, base64, arrays) |
//! | anything else | | the bytes of one direction |
//!
//! Steps: `records` finds packets in a file, `packet` and `fragments` find segments in packets,
//! `tcp` makes streams of segments.
//!
//! ```
//! use ws4wasm_inspect::capture::{Capture, Format};
//! use ws4wasm_inspect::flow::{Direction, End, FlowId, FlowSink, Opened, Source, Time};
//!
//! #[derive(Default)]
//! struct Bytes(Vec<u8>);
//! impl FlowSink for Bytes {
//!     fn open(&mut self, _: Opened) -> FlowId { 0 }
//!     fn data(&mut self, _: FlowId, _: Direction, _: Time, _: Source, bytes: &[u8]) {
//!         self.0.extend_from_slice(bytes);
//!     }
//!     fn gap(&mut self, _: FlowId, _: Direction, _: Time, _: u64) {}
//!     fn end(&mut self, _: FlowId, _: Direction, _: Time, _: End) {}
//! }
//!
//! let mut sink = Bytes::default();
//! let mut capture = Capture::new(None);
//! capture.push(b"00000000: 8105 486", &mut sink)?;
//! capture.push(b"5 6c6c 6f   ..Hello", &mut sink)?;
//! capture.finish(&mut sink)?;
//! assert_eq!(sink.0, b"\x81\x05Hello");
//! assert_eq!(capture.format(), Format::Text);
//! assert_eq!(capture.spelling(), Some("hex dump"));
//! # Ok::<(), ws4wasm_inspect::capture::CaptureError>(())
//! ```

mod error;
mod fragments;
mod gzip;
mod har;
mod limits;
mod mitm;
mod netlog;
mod notes;
mod packet;
mod records;
mod repack;
mod tcp;
mod text;
mod tunnels;
mod whole;

pub use error::{CaptureError, ErrorKind};
pub use limits::{MAX_RECORD, MAX_WHOLE};
pub use notes::{Note, NoteKind};
pub(crate) use repack::repack;

use super::flow::{Content, Direction, End, Endpoint, FlowId, FlowSink, Opened, Source, Time};
use gzip::Gunzip;
use mitm::Flows;
use netlog::NetLog;
use notes::Notes;
use packet::Packets;
use records::{Records, Told};
use tcp::Connections;
use whole::Whole;

/// What an input turned out to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// Too few bytes yet.
    #[default]
    Unknown,
    /// A pcap file.
    Pcap,
    /// A pcapng file.
    Pcapng,
    /// A HAR file.
    Har,
    /// A net-log of Chromium.
    NetLog,
    /// Flows of mitmproxy.
    Mitm,
    /// Text that spells bytes.
    Text,
    /// Bytes of one direction of a connection.
    Raw,
}

/// Reads one file or text.
#[derive(Debug)]
pub struct Capture {
    /// Set where bytes of one direction are given, and it is known which one.
    sender: Option<Direction>,
    is_gzip: bool,
    gunzip: Option<Box<Gunzip>>,
    input: Input,
    format: Format,
    spelling: Option<&'static str>,
    notes: Notes,
    pushed: u64,
}

/// What the input is, as far as it is known.
#[derive(Debug)]
enum Input {
    /// Too few bytes to tell.
    Start(Vec<u8>),
    Packets(Box<PacketFile>),
    NetLog(Box<NetLog>),
    Flows(Flows),
    /// Nothing but text so far.
    Text(Whole),
    Raw(Raw),
    /// Finished, or failed.
    Over,
}

#[derive(Debug)]
struct PacketFile {
    records: Records,
    packets: Packets,
    connections: Connections,
}

/// Bytes of one direction.
#[derive(Debug)]
struct Raw {
    flow: FlowId,
    direction: Direction,
    offset: u64,
}

/// As many bytes tell a capture from all else.
const MAGIC: usize = 4;

/// The most that is waited for where those are not enough.
const LOOK: usize = 256;

/// The reader of a capture file that begins so.
fn records_of(start: &[u8]) -> Option<(Format, Records)> {
    Some(match start.first_chunk()? {
        // Microseconds and nanoseconds in both byte orders, and Kuznetzov's longer records.
        [0xa1, 0xb2, 0xc3, 0xd4]
        | [0xd4, 0xc3, 0xb2, 0xa1]
        | [0xa1, 0xb2, 0x3c, 0x4d]
        | [0x4d, 0x3c, 0xb2, 0xa1]
        | [0x34, 0xcd, 0xb2, 0xa1] => (Format::Pcap, Records::pcap()),
        [0x0a, 0x0d, 0x0d, 0x0a] => (Format::Pcapng, Records::pcapng()),
        _ => return None,
    })
}

impl Capture {
    /// `sender` says who sent the bytes, where bytes of one direction are given. Without it they
    /// are told as the client's, and which end that is as not known.
    pub fn new(sender: Option<Direction>) -> Self {
        Self {
            sender,
            is_gzip: false,
            gunzip: None,
            input: Input::Start(Vec::new()),
            format: Format::Unknown,
            spelling: None,
            notes: Notes::default(),
            pushed: 0,
        }
    }

    /// What the input is. For text it is known at the end only.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// For text, how it spells bytes, for example "hex dump".
    pub const fn spelling(&self) -> Option<&'static str> {
        self.spelling
    }

    /// The input is compressed with gzip. Offsets are then those of what is in it.
    pub const fn is_gzip(&self) -> bool {
        self.is_gzip
    }

    /// What could not be read or was strange so far, each kind once.
    pub fn notes(&self) -> &[Note] {
        self.notes.all()
    }

    /// How many bytes were pushed.
    pub const fn pushed(&self) -> u64 {
        self.pushed
    }

    /// How many packets were read.
    pub const fn packets(&self) -> u32 {
        match &self.input {
            Input::Packets(file) => file.records.packets(),
            _ => 0,
        }
    }

    /// The next bytes of the input.
    ///
    /// # Errors
    /// What makes it unreadable from here on. What was good has been told, all connections have
    /// been ended, and what is pushed later is ignored.
    pub fn push(&mut self, bytes: &[u8], sink: &mut dyn FlowSink) -> Result<(), CaptureError> {
        self.pushed += bytes.len() as u64;
        let result = self.take(bytes, sink);
        self.close_after(result, sink)
    }

    /// The input is complete.
    ///
    /// # Errors
    /// It ended too soon, or nobody knows what it is. What was good has been told.
    pub fn finish(&mut self, sink: &mut dyn FlowSink) -> Result<(), CaptureError> {
        let result = match &self.gunzip {
            Some(gunzip) if !matches!(self.input, Input::Over) => gunzip.finish(),
            _ => Ok(()),
        };
        if result.is_err() && matches!(self.input, Input::Start(_)) {
            // Too little came out to guess at.
            self.input = Input::Over;
        }
        let inner = self.end(sink);
        result.and(inner)
    }

    fn close_after(
        &mut self,
        result: Result<(), CaptureError>,
        sink: &mut dyn FlowSink,
    ) -> Result<(), CaptureError> {
        if result.is_err() {
            let _ = self.end(sink);
        }
        result
    }

    fn take(&mut self, bytes: &[u8], sink: &mut dyn FlowSink) -> Result<(), CaptureError> {
        if self.gunzip.is_none() {
            return self.plain(bytes, sink);
        }
        if matches!(self.input, Input::Over) {
            return Ok(());
        }
        let Some(mut gunzip) = self.gunzip.take() else {
            return Ok(());
        };
        let result = gunzip.push(bytes, &mut |plain| self.plain(plain, sink));
        self.gunzip = Some(gunzip);
        result
    }

    /// Bytes that are not compressed, or not any more.
    fn plain(&mut self, bytes: &[u8], sink: &mut dyn FlowSink) -> Result<(), CaptureError> {
        match &mut self.input {
            Input::Start(start) => {
                start.extend_from_slice(bytes);
                // The magic number of pcapng looks like the space before a text.
                let told = || records_of(start).is_some() || log(start).is_some();
                if start.len() >= LOOK || (start.len() >= MAGIC && told()) {
                    let start = core::mem::take(start);
                    return self.begin(&start, sink);
                }
                Ok(())
            }
            Input::Packets(file) => file.push(bytes, &mut self.notes, sink),
            Input::NetLog(log) => log.push(bytes, &mut self.notes, sink),
            Input::Flows(flows) => flows.push(bytes, &mut self.notes, sink),
            Input::Text(whole) => {
                if whole.push(bytes)? {
                    return Ok(());
                }
                // A byte that no text has: all of it is what it is.
                let bytes = whole.take();
                self.input = Input::Raw(self.open_raw(sink));
                self.plain(&bytes, sink)
            }
            Input::Raw(raw) => {
                raw.push(bytes, sink);
                Ok(())
            }
            Input::Over => Ok(()),
        }
    }

    /// Enough bytes to tell what it is.
    fn begin(&mut self, start: &[u8], sink: &mut dyn FlowSink) -> Result<(), CaptureError> {
        if let Some(records) = self.records(start) {
            self.input = Input::Packets(Box::new(PacketFile {
                records,
                packets: Packets::default(),
                connections: Connections::default(),
            }));
            return self.plain(start, sink);
        }
        if start.starts_with(&[0x1f, 0x8b]) && !self.is_gzip {
            self.input = Input::Start(Vec::new());
            self.is_gzip = true;
            self.gunzip = Some(Box::default());
            return self.take(start, sink);
        }
        let compressed = match start {
            [0x1f, 0x8b, ..] => Some("gzip, twice"),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zstd"),
            [0xfd, b'7', b'z', b'X', ..] => Some("xz"),
            [0x04, 0x22, 0x4d, 0x18, ..] => Some("lz4"),
            [b'P', b'K', 3, 4, ..] => Some("zip"),
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some("bzip2"),
            _ => None,
        };
        if let Some(how) = compressed {
            return Err(CaptureError::at(ErrorKind::Compressed(how), 0));
        }
        (self.input, self.format) = match log(start) {
            Some(Some(Format::NetLog)) => (Input::NetLog(Box::default()), Format::NetLog),
            Some(Some(Format::Mitm)) => (Input::Flows(Flows::default()), Format::Mitm),
            _ => (Input::Text(Whole::default()), Format::Unknown),
        };
        self.plain(start, sink)
    }

    /// The reader of a capture file that begins so. Sets the format.
    fn records(&mut self, start: &[u8]) -> Option<Records> {
        let (format, records) = records_of(start)?;
        if self.spelling.is_none() {
            self.format = format;
        }
        Some(records)
    }

    /// Bytes of one direction follow.
    fn open_raw(&mut self, sink: &mut dyn FlowSink) -> Raw {
        if self.spelling.is_none() {
            self.format = Format::Raw;
        }
        Raw {
            flow: open_bytes(self.sender.is_some(), sink),
            direction: self.sender.unwrap_or(Direction::ClientToServer),
            offset: 0,
        }
    }

    /// Ends what is open, and reads what could only be read as a whole.
    fn end(&mut self, sink: &mut dyn FlowSink) -> Result<(), CaptureError> {
        match core::mem::replace(&mut self.input, Input::Over) {
            Input::Over => Ok(()),
            Input::Packets(file) => (*file).finish(&mut self.notes, sink),
            Input::NetLog(mut log) => log.finish(&mut self.notes, sink),
            Input::Flows(flows) => flows.finish(),
            Input::Raw(raw) => {
                raw.finish(sink);
                Ok(())
            }
            Input::Start(start) if start.is_empty() => {
                Err(CaptureError::at(ErrorKind::Empty, 0))
            }
            Input::Start(start) if matches!(log(&start), Some(Some(_))) => {
                self.begin(&start, sink)?;
                self.end(sink)
            }
            Input::Start(start) => {
                let mut whole = Whole::default();
                if whole.push(&start)? {
                    return self.text(&start, sink);
                }
                let mut raw = self.open_raw(sink);
                raw.push(&start, sink);
                raw.finish(sink);
                Ok(())
            }
            Input::Text(mut whole) => {
                let bytes = whole.take();
                self.text(&bytes, sink)
            }
        }
    }

    /// Text, all of it.
    fn text(&mut self, bytes: &[u8], sink: &mut dyn FlowSink) -> Result<(), CaptureError> {
        // It may end inside a character, which is for whoever reads it then.
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start_matches('\u{feff}');
        let json = text.trim_start().starts_with('{');
        if text::is_http(text) {
            let mut raw = self.open_raw(sink);
            raw.push(bytes, sink);
            raw.finish(sink);
            return Ok(());
        }
        if json {
            match har::read(text, &mut self.notes, sink) {
                Err(error) if error.kind == ErrorKind::NotHar => {}
                result => {
                    self.format = Format::Har;
                    return result;
                }
            }
        }
        self.format = Format::Text;
        if let Some(packets) = self.printed(text, sink) {
            self.spelling = Some("hex dump of packets");
            return packets;
        }
        let spelled = match text::read(text) {
            Ok(spelled) => spelled,
            Err(_) if json => return Err(CaptureError::at(ErrorKind::NotHar, 0)),
            Err(problem) => {
                let kind = ErrorKind::Text(problem.what);
                return Err(CaptureError::at(kind, problem.at as u64));
            }
        };
        self.spelling = Some(spelled.how);
        if let [piece] = &spelled.pieces[..]
            && (piece.bytes.starts_with(&[0x1f, 0x8b]) || self.records(&piece.bytes).is_some())
        {
            self.begin(&piece.bytes, sink)?;
            let gunzip = self
                .gunzip
                .as_ref()
                .map_or(Ok(()), |gunzip| gunzip.finish());
            return gunzip.and(self.end(sink));
        }
        self.pieces(&spelled.pieces, sink);
        Ok(())
    }

    /// Packets that a tool has printed, if the text is that.
    fn printed(
        &mut self,
        text: &str,
        sink: &mut dyn FlowSink,
    ) -> Option<Result<(), CaptureError>> {
        let printed = text::packets::read(text);
        // Ethernet, IP, Linux' "any" of both kinds: what most of them are.
        let tcp = |&link: &u32| {
            let packets = printed.iter().enumerate();
            packets
                .filter(|(at, one)| packet::is_tcp_packet(&one.packet(*at, link)))
                .count()
        };
        let link = [1, 101, 113, 276].into_iter().rev().max_by_key(tcp)?;
        if tcp(&link) == 0 {
            return None;
        }
        let mut file = PacketFile {
            records: Records::pcap(),
            packets: Packets::default(),
            connections: Connections::default(),
        };
        let sink = &mut Pasted(sink);
        for (at, one) in printed.iter().enumerate() {
            file.packet(&one.packet(at, link), &mut self.notes, sink);
        }
        Some(file.finish(&mut self.notes, sink))
    }

    /// What text spelled, perhaps of both directions.
    fn pieces(&self, pieces: &[text::Piece], sink: &mut dyn FlowSink) {
        let told = pieces.iter().any(|piece| piece.direction.is_some());
        let flow = open_bytes(told || self.sender.is_some(), sink);
        let mut seen = [false; 2];
        for piece in pieces {
            let direction = piece
                .direction
                .or(self.sender)
                .unwrap_or(Direction::ClientToServer);
            seen[direction as usize] = true;
            if !piece.bytes.is_empty() {
                sink.data(flow, direction, 0, Source::default(), &piece.bytes);
            }
        }
        for direction in Direction::BOTH {
            if seen[direction as usize] {
                sink.end(flow, direction, 0, End::Cut);
            }
        }
    }
}

/// A log that is read as it comes, by its beginning. None while that may become one.
fn log(start: &[u8]) -> Option<Option<Format>> {
    // No more than that, or it would depend on how the input is cut.
    let start = start.get(..LOOK).unwrap_or(start);
    let netlog = netlog::is_netlog(start)?;
    let flows = mitm::is_flows(start)?;
    Some(match (netlog, flows) {
        (true, _) => Some(Format::NetLog),
        (_, true) => Some(Format::Mitm),
        _ => None,
    })
}

/// A connection of which somebody gave the bytes.
fn open_bytes(client_known: bool, sink: &mut dyn FlowSink) -> FlowId {
    sink.open(Opened {
        client: Endpoint::default(),
        server: Endpoint::default(),
        time: 0,
        client_known,
        from_start: true,
        content: Content::WebSocket,
        ..Opened::default()
    })
}

impl text::packets::Printed {
    fn packet(&self, at: usize, link: u32) -> records::Packet<'_> {
        records::Packet {
            source: Source {
                packet: at as u32 + 1,
                ..Source::default()
            },
            time: self.time,
            link,
            original: self.bytes.len() as u32,
            data: &self.bytes,
        }
    }
}

/// Whoever pastes a packet from the middle of a connection wants to see the frames in it.
struct Pasted<'a>(&'a mut dyn FlowSink);

impl FlowSink for Pasted<'_> {
    fn open(&mut self, mut opened: Opened) -> FlowId {
        if !opened.from_start {
            opened.content = Content::WebSocket;
        }
        self.0.open(opened)
    }

    fn data(&mut self, flow: FlowId, way: Direction, time: Time, source: Source, bytes: &[u8]) {
        self.0.data(flow, way, time, source, bytes);
    }

    fn gap(&mut self, flow: FlowId, way: Direction, time: Time, length: u64) {
        self.0.gap(flow, way, time, length);
    }

    fn end(&mut self, flow: FlowId, way: Direction, time: Time, how: End) {
        self.0.end(flow, way, time, how);
    }
}

impl PacketFile {
    fn packet(
        &mut self,
        packet: &records::Packet<'_>,
        notes: &mut Notes,
        sink: &mut dyn FlowSink,
    ) {
        let connections = &mut self.connections;
        self.packets.packet(packet, notes, &mut |segment, notes| {
            connections.segment(&segment, notes, sink);
        });
    }

    fn push(
        &mut self,
        bytes: &[u8],
        notes: &mut Notes,
        sink: &mut dyn FlowSink,
    ) -> Result<(), CaptureError> {
        let Self {
            records,
            packets,
            connections,
        } = self;
        records.push(bytes, notes, &mut |told, notes| match told {
            Told::Packet(packet) => packets.packet(&packet, notes, &mut |segment, notes| {
                connections.segment(&segment, notes, sink);
            }),
            Told::Secrets(key_log) => sink.secrets(key_log),
        })
    }

    fn finish(
        mut self,
        notes: &mut Notes,
        sink: &mut dyn FlowSink,
    ) -> Result<(), CaptureError> {
        self.connections.finish(sink);
        self.packets.finish(notes);
        let count = u64::from(self.records.packets());
        if count > 0 && self.packets.tcp == 0 {
            notes.add_many(NoteKind::NoTcp, Source::default(), count);
        }
        self.records.finish()
    }
}

impl Raw {
    fn push(&mut self, bytes: &[u8], sink: &mut dyn FlowSink) {
        if bytes.is_empty() {
            return;
        }
        let source = Source {
            offset: self.offset,
            ..Source::default()
        };
        const NO_CLOCK: Time = 0;
        sink.data(self.flow, self.direction, NO_CLOCK, source, bytes);
        self.offset += bytes.len() as u64;
    }

    fn finish(self, sink: &mut dyn FlowSink) {
        sink.end(self.flow, self.direction, 0, End::Cut);
    }
}
