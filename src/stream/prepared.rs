//! Messages that go to many connections.

use super::{Place, SendError, Sender};
use crate::DataKind;
use crate::frame::{self, Header, RSV1};
use std::sync::Arc;
#[cfg(feature = "deflate")]
use std::sync::OnceLock;

/// A text or binary message made into frames once, to be sent to any number of connections
/// ([`SendHalf::send_prepared`](super::SendHalf::send_prepared)).
///
/// A server's connection without compression gets the finished frame. One that has agreed on
/// permessage-deflate *without context takeover* gets a frame that was compressed once for all
/// of them (once for each size of window). With context takeover every connection has a past of
/// its own, so there the message is compressed for each. A client masks every frame with a fresh
/// key, so from a client only the compression is shared.
///
/// Cloning it copies nothing.
///
/// ```
/// use ws4wasm::deflate::{Compression, Parameters};
/// use ws4wasm::stream::{Prepared, Role, SendHalf};
/// let alone = Parameters { server_no_context_takeover: true, ..Parameters::default() };
/// let news = Prepared::text(&"one for all, and all for one; ".repeat(100));
/// for _ in 0..1000 {
///     let mut sending = SendHalf::new(Role::Server).with_deflate(alone, Compression::default());
///     let mut out = Vec::new();
///     sending.send_prepared(&news, &mut out).unwrap();
///     assert!(out.len() < 100);
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Prepared(Arc<Forms>);

#[derive(Debug)]
struct Forms {
    kind: DataKind,
    /// A server's frame.
    plain: Vec<u8>,
    /// The same compressed, for each window; `None` where that is no shorter.
    #[cfg(feature = "deflate")]
    deflated: [OnceLock<Option<Vec<u8>>>; crate::deflate::WINDOWS],
}

impl Prepared {
    /// Of a text.
    pub fn text(text: &str) -> Self {
        Self::new(DataKind::Text, text.as_bytes())
    }

    /// Of bytes.
    pub fn binary(bytes: &[u8]) -> Self {
        Self::new(DataKind::Binary, bytes)
    }

    fn new(kind: DataKind, payload: &[u8]) -> Self {
        let mut plain = Vec::new();
        write(&mut plain, kind, false, payload);
        Self(Arc::new(Forms {
            kind,
            plain,
            #[cfg(feature = "deflate")]
            deflated: Default::default(),
        }))
    }

    /// Text or binary.
    pub fn kind(&self) -> DataKind {
        self.0.kind
    }

    /// The payload, uncompressed.
    pub fn payload(&self) -> &[u8] {
        let frame = &self.0.plain;
        &frame[payload_at(frame)..]
    }

    pub(super) fn append(
        &self,
        sender: &mut Sender,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        sender.check(true)?;
        let forms = &*self.0;
        #[cfg(feature = "deflate")]
        if sender.compresses(Place::WHOLE, self.payload().len() as u64, None) {
            let payload = self.payload();
            let Some(window) = sender.window_alone() else {
                return sender.frame(forms.kind, Place::WHOLE, payload, None, out);
            };
            let made = forms.deflated[window.index()].get_or_init(|| self.deflate(window));
            if let Some(frame) = made {
                return self.write(sender, frame, true, out);
            }
        }
        self.write(sender, &forms.plain, false, out)
    }

    /// `frame` is a server's.
    fn write(
        &self,
        sender: &mut Sender,
        frame: &[u8],
        compressed: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        let payload = &frame[payload_at(frame)..];
        let length = payload.len() as u64;
        let header = sender.data(self.0.kind, Place::WHOLE, length, compressed)?;
        if header.key.is_none() {
            out.extend_from_slice(frame);
        } else {
            frame::write(out, header, payload);
        }
        Ok(())
    }

    #[cfg(feature = "deflate")]
    fn deflate(&self, window: crate::deflate::Window) -> Option<Vec<u8>> {
        let compression = crate::deflate::Compression::default();
        let mut deflated = Vec::new();
        crate::deflate::Deflater::new(window, &compression).compress(
            self.payload(),
            true,
            &mut deflated,
        );
        let shorter = deflated.len() < self.payload().len();
        shorter.then(|| {
            let mut frame = Vec::new();
            write(&mut frame, self.0.kind, true, &deflated);
            frame
        })
    }
}

/// Where the payload of a frame without a key begins (RFC 6455 section 5.2).
fn payload_at(frame: &[u8]) -> usize {
    match frame[1] {
        127 => 10,
        126 => 4,
        _ => 2,
    }
}

fn write(out: &mut Vec<u8>, kind: DataKind, compressed: bool, payload: &[u8]) {
    let header = Header {
        fin: true,
        // RFC 7692 section 6.
        rsv: if compressed { RSV1 } else { 0 },
        opcode: kind.opcode(),
        key: None,
        length: 0,
    };
    frame::write(out, header, payload);
}
