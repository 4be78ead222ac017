//! The sending side: which frame may go out next, and its bytes.

use crate::frame::{self, Header, mask};
use crate::{DataKind, Message, MessageError, Opcode};
use core::fmt;

/// Why a frame may not be sent. Nothing is changed by the attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// A close frame was sent, or the stream failed (RFC 6455 sections 5.5.1 and 7.1.7).
    Closed,
    /// A new message while a fragmented one is not finished (section 5.4).
    MessageOpen,
    /// A continuation with no message to continue (section 5.4).
    NoMessage,
    /// The message itself may not be sent.
    Message(MessageError),
}

impl From<MessageError> for SendError {
    fn from(error: MessageError) -> Self {
        Self::Message(error)
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "the stream is closed for sending",
            Self::MessageOpen => {
                "a fragmented message is not finished: send its last fragment first"
            }
            Self::NoMessage => "there is no fragmented message to continue",
            Self::Message(error) => return error.fmt(f),
        })
    }
}

impl core::error::Error for SendError {}

/// Keeps the order of outgoing frames lawful and masks them as the role asks.
#[derive(Debug, Clone)]
pub struct Sender {
    always_mask: bool,
    in_message: bool,
    begun: bool,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The peer broke a rule: one close frame may still tell it so (RFC 6455 section 7.1.7).
    Failed,
    Closed,
}

impl Sender {
    /// A sender at the start of a connection. Clients mask, servers do not (RFC 6455
    /// section 5.1).
    pub const fn new(always_mask: bool) -> Self {
        Self {
            always_mask,
            in_message: false,
            begun: false,
            state: State::Open,
        }
    }

    /// Whether frames are masked.
    pub const fn always_mask(&self) -> bool {
        self.always_mask
    }

    /// Changes whether frames are masked. Once a frame was sent it is too late, and false is
    /// returned.
    #[must_use]
    pub const fn set_always_mask(&mut self, mask: bool) -> bool {
        if !self.begun {
            self.always_mask = mask;
        }
        !self.begun
    }

    /// Whether messages may no longer be sent: our close frame is out, or the stream failed.
    pub fn is_closed(&self) -> bool {
        self.state != State::Open
    }

    /// Our close frame is out by other ways than [`control`](Self::control).
    pub const fn close(&mut self) {
        self.state = State::Closed;
    }

    /// The peer broke a rule: nothing but one close frame may follow.
    pub fn fail(&mut self) {
        if self.state == State::Open {
            self.state = State::Failed;
        }
    }

    /// The header for the next frame of a data message of `length` bytes, with a fresh key
    /// if frames are masked. `kind` counts for the first frame only; the others are
    /// continuations.
    ///
    /// # Errors
    /// [`SendError`] when this frame may not come now.
    pub fn data(
        &mut self,
        kind: DataKind,
        first: bool,
        fin: bool,
        length: u64,
    ) -> Result<Header, SendError> {
        match (self.is_closed(), first, self.in_message) {
            (true, ..) => return Err(SendError::Closed),
            (_, true, true) => return Err(SendError::MessageOpen),
            (_, false, false) => return Err(SendError::NoMessage),
            _ => {}
        }
        self.begun = true;
        self.in_message = !fin;
        let opcode = if first {
            kind.opcode()
        } else {
            Opcode::Continuation
        };
        Ok(Header {
            fin,
            rsv: 0,
            opcode,
            key: self.key(),
            length,
        })
    }

    /// The header for a control frame. A close closes the sender.
    ///
    /// # Errors
    /// [`SendError::Closed`]
    pub fn control(&mut self, opcode: Opcode, length: u64) -> Result<Header, SendError> {
        match (self.state, opcode) {
            (State::Open, _) | (State::Failed, Opcode::Close) => {}
            _ => return Err(SendError::Closed),
        }
        self.begun = true;
        if opcode == Opcode::Close {
            self.state = State::Closed;
        }
        Ok(Header {
            fin: true,
            rsv: 0,
            opcode,
            key: self.key(),
            length,
        })
    }

    /// Appends a whole message as one frame to `out`.
    ///
    /// # Errors
    /// [`SendError`]
    pub fn message(&mut self, message: &Message, out: &mut Vec<u8>) -> Result<(), SendError> {
        message.check()?;
        let payload = message.payload();
        let length = payload.len() as u64;
        let header = match message {
            Message::Text(_) => self.data(DataKind::Text, true, true, length)?,
            Message::Binary(_) => self.data(DataKind::Binary, true, true, length)?,
            _ => self.control(message.opcode(), length)?,
        };
        frame::write(out, header, &payload);
        Ok(())
    }

    fn key(&self) -> Option<mask::Key> {
        self.always_mask.then(mask::random_key)
    }
}
