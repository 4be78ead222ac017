//! What an inspection is told beforehand.

use crate::flow::Opened;
use ws4wasm::deflate::Parameters;
use ws4wasm::stream::Config;

/// What is to be known beforehand.
#[derive(Debug, Clone)]
pub struct Options {
    /// Memory that grows with the input, in bytes. Default [`Options::DEFAULT_MEMORY_LIMIT`].
    pub memory_limit: usize,
    /// At the limit connections are dropped, the oldest first, instead of new bytes.
    pub live: bool,
    /// What RSV1 means where no handshake was seen.
    pub deflate: Deflate,
    /// What some connections are, whatever they look like.
    pub treat: Vec<Treat>,
    /// Limits of a receiver; masking and what is reported does not count.
    pub limits: Option<Config>,
}

impl Options {
    /// 1 GiB.
    pub const DEFAULT_MEMORY_LIMIT: usize = 1 << 30;
}

impl Default for Options {
    fn default() -> Self {
        Self {
            memory_limit: Self::DEFAULT_MEMORY_LIMIT,
            live: false,
            deflate: Deflate::Auto,
            treat: Vec::new(),
            limits: None,
        }
    }
}

/// What connections are to be taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Treat {
    /// Which ones.
    pub which: Which,
    /// WebSocket, or else anything but that.
    pub websocket: bool,
}

/// Names connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those to a port of the server's, or from it.
    Port(u16),
    /// One, by its number: that is the same whenever a file is read.
    Connection(u32),
}

impl Treat {
    pub(crate) fn is_about(&self, number: u32, opened: &Opened) -> bool {
        match self.which {
            Which::Port(port) => opened.server.port == port || opened.client.port == port,
            Which::Connection(one) => one == number,
        }
    }
}

/// permessage-deflate where no handshake was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deflate {
    /// Taken to be there if the first message with RSV1 inflates.
    Auto,
    /// Not agreed on.
    Off,
    /// Agreed on.
    On(Parameters),
}
