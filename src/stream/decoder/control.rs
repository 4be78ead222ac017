//! Control frames (RFC 6455 section 5.5).

use super::{Decoder, Run, State};
use crate::frame::mask;
use crate::stream::batch::{Batch, Record};
use crate::{Error, Opcode, close_code};

impl Decoder {
    /// Payload of a control frame.
    pub(super) fn control(
        &mut self,
        input: &[u8],
        at: &mut usize,
        batch: &mut Batch,
        run: &mut Run,
    ) -> Result<(), Error> {
        // 125 at most, as the header codec has checked.
        let take = (self.remaining as usize).min(input.len() - *at);
        let src = &input[*at..*at + take];
        *at += take;
        self.remaining -= take as u64;
        let mut plain = [0; 125];
        mask::unmask_into(&mut plain[..take], src, self.key);
        self.key = mask::rotate(self.key, take as u64);
        if self.remaining > 0 {
            self.control_payload.extend_from_slice(&plain[..take]);
            return Ok(());
        }
        if self.control_payload.is_empty() {
            return self.finish_control(&plain[..take], batch, run);
        }
        let mut whole = core::mem::take(&mut self.control_payload);
        whole.extend_from_slice(&plain[..take]);
        self.finish_control(&whole, batch, run)
    }

    pub(super) fn finish_control(
        &mut self,
        payload: &[u8],
        batch: &mut Batch,
        run: &mut Run,
    ) -> Result<(), Error> {
        let offset = batch.arena.len() as u32;
        let length = payload.len() as u32;
        let record = match self.control {
            Opcode::Ping => Record::Ping { offset, length },
            Opcode::Pong => Record::Pong { offset, length },
            _ => {
                let (code, reason) = close_code::parse(payload)?;
                // The code goes along, so that the payload can be sent back as it came.
                let start = payload.len() - reason.len();
                batch.records.push(Record::Close {
                    offset: offset + start as u32,
                    length: reason.len() as u32,
                    code: u32::from(code),
                });
                batch.arena.push(payload);
                run.start = batch.arena.len();
                self.end();
                return Ok(());
            }
        };
        batch.arena.push(payload);
        batch.records.push(record);
        run.start = batch.arena.len();
        self.state = State::Header;
        Ok(())
    }
}
