use crate::handshake::{ArgumentError, HandshakeError, ResponseHead};
use crate::stream::SendError;
use core::fmt;
use std::io;

/// What the functions of this module give.
///
/// See [the module](super) for an example.
pub type Result<T, E = Error> = core::result::Result<T, E>;

/// Why a connection did not come about, or ended, or why a message was not sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The transport failed.
    Io(io::Error),
    /// The transport ended without a closing handshake: 1006 in RFC 6455 section 7.1.5.
    Unfinished,
    /// The peer broke a rule. It was told so by a close frame with
    /// [`close_code`](crate::Error::close_code).
    Protocol(crate::Error),
    /// The message may not be sent: nothing of it was.
    Send(SendError),
    /// Something took longer than [`Options`](super::Options) allow.
    Timeout(Timeout),
    /// The peer's part of the opening handshake was wrong.
    Handshake(HandshakeError),
    /// The server answered by something else than a WebSocket.
    Refused {
        /// The answer, with all of its headers; `http::Response` with the feature `http`.
        head: Box<ResponseHead>,
        /// The beginning of its body, as far as it came along with the head.
        body: Vec<u8>,
    },
    /// An argument that cannot go into a handshake, such as a URL.
    Argument(ArgumentError),
}

/// What took too long.
///
/// See [`Options`](super::Options) for an example of what sets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Timeout {
    /// The opening handshake.
    Handshake,
    /// Any sign of life after a ping.
    Ping,
    /// The closing handshake.
    Close,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Unfinished => f.write_str("the peer hung up without a close frame"),
            Self::Protocol(error) => error.fmt(f),
            Self::Send(error) => error.fmt(f),
            Self::Timeout(Timeout::Handshake) => {
                f.write_str("the opening handshake took longer than handshake_timeout")
            }
            Self::Timeout(Timeout::Ping) => {
                f.write_str("nothing was heard for ping_timeout after a ping")
            }
            Self::Timeout(Timeout::Close) => {
                f.write_str("the closing handshake took longer than close_timeout")
            }
            Self::Handshake(error) => error.fmt(f),
            Self::Refused { head, .. } => {
                write!(f, "the server answered {}, not 101", head.status)
            }
            Self::Argument(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Protocol(error) => Some(error),
            Self::Send(error) => Some(error),
            Self::Handshake(error) => Some(error),
            Self::Argument(error) => Some(error),
            Self::Unfinished | Self::Timeout(_) | Self::Refused { .. } => None,
        }
    }
}

macro_rules! from {
    ($($variant:ident($from:ty)),*) => { $(
        impl From<$from> for Error {
            fn from(error: $from) -> Self {
                Self::$variant(error)
            }
        }
    )* };
}
from!(
    Io(io::Error),
    Protocol(crate::Error),
    Send(SendError),
    Handshake(HandshakeError),
    Argument(ArgumentError)
);
