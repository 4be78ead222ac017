//! TLS between TCP and what it carries: records in, their content out, where there are keys.
//!
//! What comes is kept until it is a record, and records that need a key until somebody gives
//! it. Both directions go on in the order in which their bytes came, so that it makes no
//! difference whether the keys were there before.
//!
//! A record proves which one it is, so after a hole the next one is found by trying; nothing that
//! does not prove it is ever shown. Memory: what waits is bounded by the caller
//! ([`Tls::forget`]), handshake messages by [`MAX_MESSAGE`], work after holes by [`MAX_WORK`].

mod cipher;
mod hello;
mod input;
pub mod keylog;
mod schedule;
mod side;

use super::flow::{Direction, End, Source, Time};
use cipher::{Opener, Suite};
use hello::{ClientHello, ServerHello};
use keylog::{KeyLog, Label, Random};
use side::{Epoch, Side};
use std::borrow::Cow;
use tls_parser::TlsVersion;

/// Handshake messages that are read are no longer; others are skipped.
const MAX_MESSAGE: usize = 64 << 10;

/// Bytes of a direction that are put through a cipher in vain to find records behind holes; those
/// that open make up for eight times as many.
const MAX_WORK: usize = 64 << 20;

/// Records in a row that no key opens, and the keys are those of another connection.
const MAX_CLOSED: u32 = 64;

/// What TLS carries.
#[derive(Debug)]
pub enum Event<'a> {
    /// The content of a record.
    Data(Direction, Time, Source, &'a [u8]),
    /// Content is missing: how many bytes, or 0 when nobody knows.
    Gap(Direction, Time, u64),
    /// Nothing more comes in this direction.
    End(Direction, Time, End),
}

/// Why nothing, or not everything, is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Problem {
    /// Neither hello is in the capture.
    Late,
    /// A cipher suite or version that is not opened here.
    Unsupported,
    /// There are keys, and they do not fit.
    WrongKeys,
    /// What waited for keys was let go.
    Forgotten,
    /// After a hole no record was found.
    Lost,
    /// It stopped being TLS.
    Broken,
}

/// TLS of one connection.
#[derive(Debug)]
pub struct Tls {
    sides: [Side; 2],
    client: Option<ClientHello>,
    server: Option<ServerHello>,
    suite: Option<Suite>,
    /// Said by the server where it is encrypted.
    alpn: Option<String>,
    early_accepted: Option<bool>,
    /// The server has asked for another ClientHello, so this is TLS 1.3.
    retried: bool,
    /// How many pushes there were.
    order: u64,
    /// Records opened, of application data.
    opened: u32,
    problem: Option<Problem>,
}

/// What there is to say of TLS itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary<'a> {
    pub version: Option<&'static str>,
    pub cipher: Option<&'static str>,
    pub server_name: Option<&'a str>,
    pub alpn: Option<&'a str>,
    /// The client wanted to send data before it had an answer.
    pub early_data: bool,
    /// Keys opened some of it.
    pub decrypted: bool,
}

impl Default for Tls {
    fn default() -> Self {
        Self::new()
    }
}

impl Tls {
    /// Before the first byte.
    pub fn new() -> Self {
        Self {
            sides: [Side::new(), Side::new()],
            client: None,
            server: None,
            suite: None,
            alpn: None,
            early_accepted: None,
            retried: false,
            order: 0,
            opened: 0,
            problem: None,
        }
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        size_of::<Self>() + self.sides.iter().map(Side::memory).sum::<usize>()
    }

    /// The next bytes of a direction. They are looked at by [`run`](Self::run).
    pub fn push(&mut self, direction: Direction, time: Time, source: Source, bytes: &[u8]) {
        self.order += 1;
        let side = &mut self.sides[direction as usize];
        if !side.dead {
            side.input.push(self.order, time, source, bytes);
        }
    }

    /// Bytes are missing; 0 when nobody knows how many.
    pub fn gap(&mut self, direction: Direction, time: Time, length: u64) {
        self.order += 1;
        let side = &mut self.sides[direction as usize];
        if !side.dead {
            side.input.hole(self.order, time, length);
        }
    }

    /// A direction has ended.
    pub fn end(&mut self, direction: Direction, time: Time, how: End) {
        self.order += 1;
        let side = &mut self.sides[direction as usize];
        side.input.finish(self.order, time, how);
    }

    /// The connection's name in a key log, while it waits for its keys.
    pub fn waits_for(&self) -> Option<&Random> {
        let waits = self.sides.iter().any(|side| side.waits);
        self.client
            .as_ref()
            .filter(|_| waits)
            .map(|hello| &hello.random)
    }

    /// The connection's name in a key log, once the client has said it.
    pub fn random(&self) -> Option<&Random> {
        self.client.as_ref().map(|hello| &hello.random)
    }

    /// Lets go of what waits for keys, for memory's sake.
    pub fn forget(&mut self) {
        self.give_up(Problem::Forgotten);
    }

    fn give_up(&mut self, problem: Problem) {
        self.problem = Some(problem);
        for side in &mut self.sides {
            side.die();
        }
    }

    /// Goes as far as bytes and keys go.
    pub fn run(&mut self, keys: &KeyLog, out: &mut dyn FnMut(Event<'_>)) {
        for side in &mut self.sides {
            side.waits = false;
        }
        loop {
            let mut first: Option<(u64, Direction, input::Next)> = None;
            for direction in Direction::BOTH {
                let side = &mut self.sides[direction as usize];
                if !side.waits
                    && let Some((order, next)) = side.next()
                    && first.is_none_or(|(before, ..)| order < before)
                {
                    first = Some((order, direction, next));
                }
            }
            let Some((_, direction, next)) = first else {
                return;
            };
            let before = (self.server.is_some(), self.early_accepted);
            if !self.step(direction, next, keys, out) {
                self.sides[direction as usize].waits = true;
            } else if before != (self.server.is_some(), self.early_accepted) {
                // What the other side was waiting for.
                self.sides[direction.opposite() as usize].waits = false;
            }
        }
    }

    /// False when it cannot go on without a key, or without what the other side says.
    fn step(
        &mut self,
        direction: Direction,
        next: input::Next,
        keys: &KeyLog,
        out: &mut dyn FnMut(Event<'_>),
    ) -> bool {
        use input::Next;
        let d = direction as usize;
        match next {
            Next::End(_, how) => {
                let side = &mut self.sides[d];
                let time = side.input.stop_time();
                side.input.take_stop();
                side.die();
                out(Event::End(direction, time, how));
                true
            }
            Next::Hole {
                before,
                length,
                whole,
            } => {
                self.hole(direction, before, length, whole, out);
                true
            }
            Next::Stray if self.sides[d].lost.is_none() => {
                if self.opened == 0 {
                    self.give_up(Problem::Broken);
                } else {
                    self.damage(direction, 1, out);
                }
                true
            }
            Next::Stray => self.search(direction, keys, out),
            Next::Record(_) if self.sides[d].lost.is_some() => {
                self.search(direction, keys, out)
            }
            Next::Record(length) => self.record(direction, length, keys, out),
        }
    }

    /// A whole record.
    fn record(
        &mut self,
        direction: Direction,
        length: usize,
        keys: &KeyLog,
        out: &mut dyn FnMut(Event<'_>),
    ) -> bool {
        let d = direction as usize;
        let content = self.sides[d].input.bytes()[0];
        let is_data = content == content::DATA;
        if self.client.is_none() && self.server.is_none() && is_data {
            self.give_up(Problem::Late);
            return true;
        }
        let protected = match &self.server {
            // Before the answer a client may send early data only (RFC 8446 section 4.2.10).
            None if is_data && direction == Direction::ServerToClient => {
                self.give_up(Problem::Late);
                return true;
            }
            None if is_data || (content == content::CHANGE && !self.retried) => return false,
            None => false,
            Some(server) if is_thirteen(server) => is_data,
            Some(_) => self.sides[d].protected,
        };
        if !protected {
            let side = &mut self.sides[d];
            side.records += 1;
            let body = side.input.bytes()[cipher::HEADER..length].to_vec();
            side.input.take(length);
            self.content(direction, content, &body);
            return true;
        }
        match self.open(direction, length, keys) {
            Found::Opened(opened) => {
                self.deliver(direction, length, opened, out);
                true
            }
            Found::NoKey => false,
            Found::Closed if self.sides[d].epoch == Epoch::Traffic && self.opened > 0 => {
                self.damage(direction, length, out);
                true
            }
            Found::Closed => {
                // A record of the handshake whose keys are not in the log, or early data that was
                // refused.
                let side = &mut self.sides[d];
                side.input.take(length);
                side.records += 1;
                side.closed += 1;
                if side.closed >= MAX_CLOSED {
                    self.give_up(Problem::WrongKeys);
                } else if self.opened == 0 {
                    self.problem = Some(Problem::WrongKeys);
                }
                true
            }
        }
    }

    /// The record of this length, if it is one, is not what was sent. Where the next one begins
    /// is to be found.
    fn damage(&mut self, direction: Direction, length: usize, out: &mut dyn FnMut(Event<'_>)) {
        let side = &mut self.sides[direction as usize];
        out(Event::Gap(direction, side.input.time(), 0));
        side.input.take(1);
        side.deaf = true;
        side.lose(length.max(1 << 14) as u64);
    }

    /// Tells what a record holds.
    fn deliver(
        &mut self,
        direction: Direction,
        length: usize,
        opened: cipher::Opened,
        out: &mut dyn FnMut(Event<'_>),
    ) {
        let side = &mut self.sides[direction as usize];
        side.records += 1;
        side.closed = 0;
        let (first, last, time) = side.input.place(0, length);
        let range = opened.range.start + cipher::HEADER..opened.range.end + cipher::HEADER;
        if opened.content == content::DATA {
            self.opened += 1;
            self.problem = None;
            if !range.is_empty() {
                let source = Source {
                    packet: last.packet,
                    offset: first.offset,
                    record: Some(super::flow::Record {
                        number: side.records,
                        first_packet: first.packet,
                    }),
                };
                let bytes = &side.input.bytes()[range];
                out(Event::Data(direction, time, source, bytes));
            }
            side.input.take(length);
        } else {
            let body = side.input.bytes()[range].to_vec();
            side.input.take(length);
            self.content(direction, opened.content, &body);
        }
    }

    /// What is no application data.
    fn content(&mut self, direction: Direction, content: u8, body: &[u8]) {
        match content {
            content::HANDSHAKE => {
                for (kind, message) in self.sides[direction as usize].messages(body) {
                    self.message(direction, kind, &message);
                }
            }
            content::CHANGE => {
                // In TLS 1.3 it means nothing (RFC 8446 appendix D.4).
                let thirteen = self.server.as_ref().is_some_and(is_thirteen);
                if !thirteen && !self.retried {
                    let side = &mut self.sides[direction as usize];
                    side.protected = true;
                    side.epoch = Epoch::Traffic;
                    side.openers = Default::default();
                }
            }
            _ => {}
        }
    }

    /// A handshake message (RFC 8446 section 4, RFC 5246 section 7.4).
    fn message(&mut self, direction: Direction, kind: u8, body: &[u8]) {
        let d = direction as usize;
        match (kind, direction) {
            (message::CLIENT_HELLO, Direction::ClientToServer) => {
                if let Some(hello) = hello::client_hello(body) {
                    if hello.early_data {
                        self.sides[d].epoch = Epoch::Early;
                    }
                    self.client = Some(hello);
                }
            }
            (message::SERVER_HELLO, Direction::ServerToClient) => {
                let Some(hello) = hello::server_hello(body) else {
                    return;
                };
                if hello.retry {
                    // Early data is refused with it (RFC 8446 section 4.2.10).
                    self.early_accepted = Some(false);
                    self.retried = true;
                    return;
                }
                self.suite = hello
                    .suite
                    .filter(|_| matches!(hello.version.0, 0x0303 | 0x0304))
                    .and_then(Suite::new);
                if self.suite.is_none() {
                    self.problem = Some(Problem::Unsupported);
                    for side in &mut self.sides {
                        side.die();
                    }
                }
                self.server = Some(hello);
            }
            (message::ENCRYPTED_EXTENSIONS, Direction::ServerToClient) => {
                let (alpn, early) = hello::encrypted_extensions(body);
                self.alpn = alpn;
                self.early_accepted = Some(early);
            }
            (message::END_OF_EARLY_DATA, _) => self.sides[d].epoch = Epoch::Handshake,
            (message::FINISHED, _) if self.server.as_ref().is_some_and(is_thirteen) => {
                self.sides[d].epoch = Epoch::Traffic;
                if direction == Direction::ServerToClient {
                    self.early_accepted.get_or_insert(false);
                }
            }
            (message::KEY_UPDATE, _) => self.update(d),
            _ => {}
        }
    }

    /// The side's later records have keys that follow from those that it has.
    fn update(&mut self, d: usize) {
        let side = &mut self.sides[d];
        if let (Some(secret), Some(suite)) = (side.secret, &self.suite) {
            let next = schedule::next_secret(suite.hash, &secret);
            side.secret = next;
            side.openers[Epoch::Traffic as usize] =
                next.and_then(|secret| Opener::thirteen(suite, &secret));
        }
    }

    /// The means to open records of a side in an epoch, if its keys are there.
    fn opener(&mut self, direction: Direction, epoch: Epoch, keys: &KeyLog) -> Option<()> {
        let d = direction as usize;
        if self.sides[d].openers[epoch as usize].is_some() {
            return Some(());
        }
        let (client, server) = (self.client.as_ref()?, self.server.as_ref()?);
        let suite = self.suite.as_ref()?;
        let opener = if is_thirteen(server) {
            let label = match (epoch, direction) {
                (Epoch::Early, _) => Label::ClientEarly,
                (Epoch::Handshake, Direction::ClientToServer) => Label::ClientHandshake,
                (Epoch::Handshake, Direction::ServerToClient) => Label::ServerHandshake,
                (Epoch::Traffic, Direction::ClientToServer) => Label::ClientTraffic,
                (Epoch::Traffic, Direction::ServerToClient) => Label::ServerTraffic,
            };
            let secret = keys.get(&client.random, label)?;
            if epoch == Epoch::Traffic {
                self.sides[d].secret = Some(secret);
            }
            Opener::thirteen(suite, &secret)?
        } else {
            let master = keys.get(&client.random, Label::Master)?;
            let [first, second] = Opener::twelve(
                suite,
                &master,
                &server.random,
                &client.random,
                server.encrypt_then_mac,
            )?;
            match direction {
                Direction::ClientToServer => first,
                Direction::ServerToClient => second,
            }
        };
        self.sides[d].set(epoch, opener);
        Some(())
    }

    /// Opens the first record, with the keys of this epoch or of a later one.
    fn open(&mut self, direction: Direction, length: usize, keys: &KeyLog) -> Found {
        let d = direction as usize;
        let mut any = false;
        for epoch in self.sides[d].epoch.on() {
            if epoch == Epoch::Early {
                match self.early_accepted {
                    None => return Found::NoKey,
                    Some(false) => continue,
                    Some(true) => {}
                }
            }
            if self.opener(direction, epoch, keys).is_none() {
                continue;
            }
            any = true;
            if let Some(opened) = self.sides[d].open(epoch, length) {
                return Found::Opened(opened);
            }
        }
        // What no key opens may be opened by one that is still to come.
        let has_last = self.sides[d].openers[Epoch::Traffic as usize].is_some();
        if any && has_last {
            Found::Closed
        } else {
            Found::NoKey
        }
    }

    /// Bytes are missing.
    fn hole(
        &mut self,
        direction: Direction,
        before: usize,
        length: u64,
        whole: Option<usize>,
        out: &mut dyn FnMut(Event<'_>),
    ) {
        let thirteen = self.server.as_ref().is_some_and(is_thirteen);
        let side = &mut self.sides[direction as usize];
        let time = side.input.stop_time();
        let content = side.input.bytes().first().copied();
        side.input.take_stop();
        side.deaf = true;
        let missing = whole.map(|whole| (whole - before) as u64);
        if let Some(missing) = missing.filter(|&missing| length > 0 && length <= missing) {
            // The hole is inside one record, and where the next one begins is known.
            side.skip = (missing - length) as usize;
            side.records += 1;
            let protected = match thirteen {
                true => content == Some(content::DATA),
                false => side.protected,
            };
            if protected {
                side.pass();
            }
            let overhead = self.suite.as_ref().and_then(Suite::overhead);
            let body = whole.unwrap_or(0).saturating_sub(cipher::HEADER);
            if content == Some(content::DATA) {
                let told = match (thirteen, overhead) {
                    (false, Some(overhead)) => body.saturating_sub(overhead),
                    // Padding and the type are inside, so nobody knows.
                    _ => 0,
                };
                out(Event::Gap(direction, time, told as u64));
            }
            return;
        }
        side.lose(length);
        if self.client.is_some() || self.server.is_some() {
            out(Event::Gap(direction, time, 0));
        }
    }

    /// Looks for the first record behind a hole.
    fn search(
        &mut self,
        direction: Direction,
        keys: &KeyLog,
        out: &mut dyn FnMut(Event<'_>),
    ) -> bool {
        let d = direction as usize;
        if self.server.is_none() {
            self.give_up(Problem::Late);
            return true;
        }
        for epoch in self.sides[d].epoch.on() {
            let _ = self.opener(direction, epoch, keys);
        }
        match self.sides[d].search() {
            side::Search::Found(length, opened) => {
                self.sides[d].protected = true;
                self.deliver(direction, length, opened, out);
                true
            }
            side::Search::More => true,
            side::Search::NoKey => false,
            side::Search::Lost => {
                self.problem = Some(Problem::Lost);
                self.sides[d].die();
                true
            }
        }
    }

    /// What there is to say of it.
    pub fn summary(&self) -> Summary<'_> {
        let server = self.server.as_ref();
        let client = self.client.as_ref();
        Summary {
            version: server.map(|server| version_name(server.version)),
            cipher: server.and_then(|server| Some(server.suite?.name)),
            server_name: client.and_then(|client| client.server_name.as_deref()),
            alpn: self
                .alpn
                .as_deref()
                .or(server.and_then(|server| server.alpn.as_deref())),
            early_data: client.is_some_and(|client| client.early_data),
            decrypted: self.opened > 0,
        }
    }

    /// Why not everything is shown, in one sentence.
    pub fn explanation(&self) -> Option<String> {
        let summary = self.summary();
        let version = summary.version.unwrap_or("TLS");
        let name = summary
            .server_name
            .map_or(Cow::Borrowed(""), |name| format!(" to {name}").into());
        let waits = self.sides.iter().any(|side| side.waits);
        Some(match self.problem {
            None if waits && self.opened == 0 => format!(
                "This is {version}{name}, and its keys are not known: open a key log (start Chrome, Firefox or curl with SSLKEYLOGFILE=keys.log in the environment, Node with --tls-keylog=keys.log), or let the traffic pass through the recording proxy (ws4wasm inspect --target wss://…), or record the browser's own log (chrome://net-export, with raw bytes)."
            ),
            None => return None,
            Some(Problem::Late) => format!(
                "This is TLS whose handshake is not in the capture, and without it no key can be found: record from before the connection is opened{name}."
            ),
            Some(Problem::Unsupported) => {
                let cipher = summary.cipher.unwrap_or("an unknown cipher suite");
                format!(
                    "This is {version}{name} with {cipher}, which is not decrypted here: TLS 1.2 and 1.3 with AES-GCM, ChaCha20-Poly1305 or AES-CBC are."
                )
            }
            Some(Problem::WrongKeys) => format!(
                "This is {version}{name}, and the keys that were given for it do not open it."
            ),
            Some(Problem::Forgotten) => format!(
                "This is {version}{name}; it was too large to be kept until its keys come: give the key log before the capture."
            ),
            Some(Problem::Lost) => format!(
                "This is {version}{name}; bytes are missing in the capture, and behind them no record was found that the keys open."
            ),
            Some(Problem::Broken) => {
                format!("This is {version}{name} up to bytes that are no TLS record.")
            }
        })
    }
}

/// What came of trying to open a record.
enum Found {
    Opened(cipher::Opened),
    NoKey,
    Closed,
}

/// Types of records (RFC 8446 section 5.1, RFC 5246 section 6.2.1).
mod content {
    pub const CHANGE: u8 = 20;
    pub const HANDSHAKE: u8 = 22;
    pub const DATA: u8 = 23;
}

/// Types of handshake messages (RFC 8446 section 4).
mod message {
    pub const CLIENT_HELLO: u8 = 1;
    pub const SERVER_HELLO: u8 = 2;
    pub const END_OF_EARLY_DATA: u8 = 5;
    pub const ENCRYPTED_EXTENSIONS: u8 = 8;
    pub const FINISHED: u8 = 20;
    pub const KEY_UPDATE: u8 = 24;
}

fn is_thirteen(server: &ServerHello) -> bool {
    server.version == TlsVersion::Tls13
}

fn version_name(version: TlsVersion) -> &'static str {
    match version {
        TlsVersion::Tls13 => "TLS 1.3",
        TlsVersion::Tls12 => "TLS 1.2",
        TlsVersion::Tls11 => "TLS 1.1",
        TlsVersion::Tls10 => "TLS 1.0",
        TlsVersion::Ssl30 => "SSL 3.0",
        _ => "TLS",
    }
}
