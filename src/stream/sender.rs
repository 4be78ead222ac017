//! The sending side: which frame may go out next, and its bytes.

use super::Deflater;
use crate::frame::{self, Header, RSV1, mask};
use crate::{DataKind, MessageError, MessageRef, Opcode};
use core::fmt;

/// Why a frame may not be sent. Nothing is changed by the attempt.
///
/// ```
/// use ws4wasm::stream::{Role, SendError, Stream};
/// let mut stream = Stream::new(Role::Server);
/// let mut out = Vec::new();
/// stream.close(1000, "", &mut out).unwrap();
/// assert_eq!(stream.send("too late", &mut out), Err(SendError::Closed));
/// ```
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

/// Where in its message a data frame stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The first frame, else a continuation.
    pub(crate) first: bool,
    /// The last frame.
    pub(crate) fin: bool,
}

impl Place {
    /// A message that is one frame.
    pub(crate) const WHOLE: Self = Self {
        first: true,
        fin: true,
    };
}

/// Keeps the order of outgoing frames lawful and masks them as the role asks.
#[derive(Debug)]
pub(crate) struct Sender {
    always_mask: bool,
    in_message: bool,
    /// The open message is compressed.
    compressed: bool,
    /// permessage-deflate, if it was agreed on.
    deflater: Option<Box<Deflater>>,
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
    pub(crate) const fn new(always_mask: bool) -> Self {
        Self {
            always_mask,
            in_message: false,
            compressed: false,
            deflater: None,
            begun: false,
            state: State::Open,
        }
    }

    /// Compresses messages from now on.
    #[cfg(feature = "deflate")]
    pub(crate) fn set_deflater(&mut self, deflater: Deflater) {
        self.deflater = Some(Box::new(deflater));
    }

    /// Lets the memory go that streams share; see [`Stream::release`](super::Stream::release).
    pub(crate) fn release(&self) {
        if let Some(deflater) = &self.deflater {
            deflater.release();
        }
    }

    /// Whether messages may no longer be sent: our close frame is out, or the stream failed.
    pub(crate) fn is_closed(&self) -> bool {
        self.state != State::Open
    }

    /// The peer broke a rule: nothing but one close frame may follow.
    pub(crate) fn fail(&mut self) {
        if self.state == State::Open {
            self.state = State::Failed;
        }
    }

    /// Whether a data frame may come now.
    ///
    /// # Errors
    /// [`SendError`] when it may not.
    pub(crate) fn check(&self, first: bool) -> Result<(), SendError> {
        match (self.is_closed(), first, self.in_message) {
            (true, ..) => Err(SendError::Closed),
            (_, true, true) => Err(SendError::MessageOpen),
            (_, false, false) => Err(SendError::NoMessage),
            _ => Ok(()),
        }
    }

    /// Whether the next frame belongs to a compressed message. `choice` and the payload's
    /// length count for the first frame: without a choice a whole message is compressed from
    /// the threshold on, and one that comes in fragments always.
    pub(crate) fn compresses(&self, place: Place, length: u64, choice: Option<bool>) -> bool {
        match &self.deflater {
            Some(deflater) if place.first => {
                choice.unwrap_or(!place.fin || length >= deflater.threshold())
            }
            deflater => deflater.is_some() && self.compressed,
        }
    }

    /// The window of a deflater that begins every message with an empty one.
    #[cfg(feature = "deflate")]
    pub(crate) fn window_alone(&self) -> Option<crate::deflate::Window> {
        self.deflater
            .as_ref()
            .and_then(|deflater| deflater.window_alone())
    }

    /// Appends the compressed form of a piece of the next frame's payload to `out`. `last`: no
    /// more of the message follows. What was compressed must be sent, or
    /// [`discard`](Self::discard) be called.
    pub(crate) fn deflate(&mut self, piece: &[u8], last: bool, out: &mut Vec<u8>) {
        if let Some(deflater) = &mut self.deflater {
            deflater.compress(piece, last, out);
        }
    }

    /// Writes the payload of the next frame to `out` in its compressed form; or tells that it
    /// goes out as it is.
    ///
    /// # Errors
    /// [`SendError`] when this frame may not come now; nothing was compressed.
    pub(crate) fn deflated(
        &mut self,
        place: Place,
        payload: &[u8],
        choice: Option<bool>,
        out: &mut Vec<u8>,
    ) -> Result<bool, SendError> {
        self.check(place.first)?;
        if !self.compresses(place, payload.len() as u64, choice) {
            return Ok(false);
        }
        out.clear();
        self.deflate(payload, place.fin, out);
        // What did not get shorter is sent as it is, where the window of later messages does
        // not have it.
        let whole = place.first && place.fin;
        let remembered = self.deflater.as_ref().is_some_and(|d| d.takeover());
        Ok(!whole || remembered || choice == Some(true) || out.len() < payload.len())
    }

    /// The header for the next frame of a data message of `length` bytes, with a fresh key
    /// if frames are masked. `kind` and `compressed` count for the first frame only; the
    /// others are continuations.
    ///
    /// # Errors
    /// [`SendError`] when this frame may not come now.
    #[inline(always)]
    pub(crate) fn data(
        &mut self,
        kind: DataKind,
        place: Place,
        length: u64,
        compressed: bool,
    ) -> Result<Header, SendError> {
        let Place { first, fin } = place;
        self.check(first)?;
        self.begun = true;
        self.in_message = !fin;
        if first {
            self.compressed = compressed;
        }
        let opcode = if first {
            kind.opcode()
        } else {
            Opcode::Continuation
        };
        Ok(Header {
            fin,
            // RFC 7692 section 6: on the first frame of a message only.
            rsv: if first && compressed { RSV1 } else { 0 },
            opcode,
            key: self.key(),
            length,
        })
    }

    /// The header for a control frame. A close closes the sender.
    ///
    /// # Errors
    /// [`SendError::Closed`]
    pub(crate) fn control(&mut self, opcode: Opcode, length: u64) -> Result<Header, SendError> {
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

    /// Appends a whole message as one frame to `out`; for `choice` see
    /// [`compresses`](Self::compresses).
    ///
    /// # Errors
    /// [`SendError`]
    pub(crate) fn message(
        &mut self,
        message: MessageRef<'_>,
        choice: Option<bool>,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        message.check()?;
        let payload = message.payload();
        let kind = match message {
            MessageRef::Text(_) => DataKind::Text,
            MessageRef::Binary(_) => DataKind::Binary,
            _ => {
                let header = self.control(message.opcode(), payload.len() as u64)?;
                frame::write(out, header, &payload);
                return Ok(());
            }
        };
        self.frame(kind, Place::WHOLE, &payload, choice, out)
    }

    /// Appends the next frame of a data message to `out`.
    ///
    /// # Errors
    /// [`SendError`]; nothing is appended.
    pub(crate) fn frame(
        &mut self,
        kind: DataKind,
        place: Place,
        payload: &[u8],
        choice: Option<bool>,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        let mut deflated = Vec::new();
        let compressed = self.deflated(place, payload, choice, &mut deflated)?;
        let payload = if compressed { &deflated } else { payload };
        let header = self.data(kind, place, payload.len() as u64, compressed)?;
        frame::write(out, header, payload);
        Ok(())
    }

    /// Appends a data message's frame without its payload, which then has to follow it as it is;
    /// or nothing, and tells so, where the payload has to be changed: masked, or compressed.
    ///
    /// # Errors
    /// [`SendError`]; nothing is appended.
    #[cfg(feature = "tokio")]
    pub(crate) fn head(
        &mut self,
        kind: DataKind,
        length: u64,
        out: &mut Vec<u8>,
    ) -> Result<bool, SendError> {
        if self.always_mask || self.compresses(Place::WHOLE, length, None) {
            return Ok(false);
        }
        let (head, head_len) = self.data(kind, Place::WHOLE, length, false)?.encode();
        out.extend_from_slice(&head[..head_len]);
        Ok(true)
    }

    fn key(&self) -> Option<mask::Key> {
        self.always_mask.then(mask::random_key)
    }
}

/// What the bindings need beyond what a [`Stream`](super::Stream) does.
#[cfg(any(test, feature = "js"))]
impl Sender {
    /// Changes whether frames are masked. Once a frame was sent it is too late, and false is
    /// returned.
    #[must_use]
    pub(crate) const fn set_always_mask(&mut self, mask: bool) -> bool {
        if !self.begun {
            self.always_mask = mask;
        }
        !self.begun
    }
}

#[cfg(feature = "js")]
impl Sender {
    /// Our close frame is out by other ways than [`control`](Self::control).
    pub(crate) const fn close(&mut self) {
        self.state = State::Closed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masking_can_be_set_until_a_frame_is_out() {
        let mut sender = Sender::new(false);
        assert!(sender.set_always_mask(true));
        let header = sender.data(DataKind::Text, Place::WHOLE, 5, false).unwrap();
        assert!(header.key.is_some());
        assert!(!sender.set_always_mask(false));
        let header = sender.data(DataKind::Text, Place::WHOLE, 5, false).unwrap();
        assert!(header.key.is_some());
    }

    #[test]
    fn after_a_fault_one_close_frame_may_follow() {
        let mut sender = Sender::new(true);
        sender.fail();
        assert!(sender.is_closed());
        assert_eq!(sender.control(Opcode::Ping, 0), Err(SendError::Closed));
        assert!(sender.control(Opcode::Close, 0).is_ok());
        assert_eq!(sender.control(Opcode::Close, 0), Err(SendError::Closed));
    }
}
