//! Control frames (RFC 6455 section 5.5).

use super::super::{Close, Ping};
use super::{Around, COMPARED_MAX, Frames};
use crate::rules::Rule;
use crate::store::Frame;
use ws4wasm::frame::mask;
use ws4wasm::{Error, close_code};

impl Frames {
    pub(super) fn control(&mut self, around: &mut Around<'_>, number: u32, frame: &Frame) {
        let start = frame.payload();
        let masked = around.stream.read(start, frame.length.min(COMPARED_MAX));
        let mut plain = [0; COMPARED_MAX as usize];
        let plain = &mut plain[..masked.len()];
        mask::unmask_into(plain, masked, frame.key);
        match frame.head[0] & 15 {
            8 => self.close(around, number, frame, plain),
            9 => around.shared.ping(
                around.direction,
                Ping {
                    frame: number,
                    payload: (&*plain).into(),
                },
            ),
            _ => {
                let matched = around.shared.pong(around.direction, number, plain);
                if !matched && around.shared.hears_both() {
                    let text = "No ping with this payload is waiting for a pong.";
                    self.tell(
                        around,
                        Rule::PongUnmatched,
                        frame.offset,
                        Some(number),
                        Some(text),
                    );
                }
            }
        }
    }

    pub(super) fn close(
        &mut self,
        around: &mut Around<'_>,
        number: u32,
        frame: &Frame,
        plain: &[u8],
    ) {
        let code = match plain {
            [a, b, ..] => u16::from_be_bytes([*a, *b]),
            _ => close_code::NO_STATUS,
        };
        self.close.get_or_insert(Close {
            frame: number,
            code,
        });
        // What was unfinished stays so.
        self.open = None;
        // A longer one has been told of.
        if frame.length > COMPARED_MAX {
            return;
        }
        if let Err(error) = close_code::parse(plain) {
            let start = frame.payload();
            let (offset, length) = match error {
                Error::CloseCode(_) => (start, 2),
                Error::CloseReason { index } => (start + 2 + index, 1),
                _ => (start, 1),
            };
            let end = self.at - 1;
            self.broken(around, error, offset.min(end), end, length);
        }
    }
}
