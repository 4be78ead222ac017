//! Headers: which frame may come (RFC 6455 sections 5.1, 5.2, 5.4) and how large.

use super::{Decoder, Open, Run, State};
use crate::frame::{Header, MAX_HEADER_LEN, Parsed, RSV1, check};
use crate::stream::batch::{Batch, Record};
use crate::utf8::Validator;
use crate::{Error, Opcode};

impl Decoder {
    #[inline]
    pub(super) fn header(
        &mut self,
        input: &[u8],
        at: &mut usize,
        batch: &mut Batch,
        run: &mut Run,
    ) -> Result<(), Error> {
        let held = self.held_len as usize;
        let rest = &input[*at..];
        let (bytes, begin) = if held == 0 {
            (rest, *at as isize)
        } else {
            let take = rest.len().min(MAX_HEADER_LEN - held);
            self.held[held..held + take].copy_from_slice(&rest[..take]);
            (&self.held[..held + take], *at as isize - held as isize)
        };
        let parsed = match self.parse(bytes) {
            Ok(parsed) => parsed,
            Err(error) => {
                // The bytes after the one that shows the fault are not looked at, however
                // they came.
                let seen = (1..bytes.len()).find(|&n| self.parse(&bytes[..n]).is_err());
                *at = (begin + seen.unwrap_or(bytes.len()) as isize) as usize;
                return Err(error);
            }
        };
        match parsed {
            Parsed::Needs(_) => {
                if held == 0 {
                    self.held[..rest.len()].copy_from_slice(rest);
                }
                self.held_len = (held + rest.len()) as u8;
                *at = input.len();
                Ok(())
            }
            Parsed::Complete(header, len) => {
                self.held_len = 0;
                *at = (begin + len as isize) as usize;
                self.enter(header, len, begin, batch, run)
            }
        }
    }

    /// Section 5.1, and the fragmentation rules of 5.4: what the second byte and the state
    /// can tell. They go before what later bytes can break, as they do when bytes come one
    /// by one.
    #[inline]
    fn parse(&self, bytes: &[u8]) -> Result<Parsed, Error> {
        let allowed = check::allowed_reserved(bytes[0], self.inflater.is_some());
        check::check_reserved(bytes[0], allowed)?;
        let parsed = Header::parse(bytes);
        let first_byte_error = matches!(
            parsed,
            Err(Error::ReservedOpcode(_) | Error::FragmentedControl)
        );
        if !first_byte_error {
            check::sequence(bytes[0], self.open != Open::No)?;
            if let Some(&b1) = bytes.get(1) {
                check::masking(b1, self.config.expect_masking)?;
            }
        }
        parsed
    }

    /// A header is complete: the limits, and on to its payload.
    #[inline]
    fn enter(
        &mut self,
        header: Header,
        len: usize,
        begin: isize,
        batch: &mut Batch,
        run: &mut Run,
    ) -> Result<(), Error> {
        if self.config.frames {
            if self.config.partial {
                self.flush(batch, run, false);
            }
            batch.records.push(Record::frame(&header, len, begin));
        }
        self.masked = header.key.is_some();
        self.key = header.key.unwrap_or_default();
        self.remaining = header.length;
        if header.opcode.is_control() {
            self.control = header.opcode;
            self.state = State::Control;
            self.flush(batch, run, false);
            if header.length == 0 {
                return self.finish_control(&[], batch, run);
            }
            return Ok(());
        }
        match header.opcode {
            Opcode::Text => self.begin(Open::Text, &header),
            Opcode::Binary => self.begin(Open::Binary, &header),
            _ => {}
        }
        self.fragments = self.fragments.saturating_add(1);
        self.config.check_limits(
            header.length,
            self.length,
            self.fragments,
            self.compressed,
        )?;
        self.fin = header.fin;
        self.state = State::Data;
        if header.length == 0 {
            return self.finish_frame(batch, run);
        }
        Ok(())
    }

    #[inline]
    fn begin(&mut self, open: Open, header: &Header) {
        self.open = open;
        self.compressed = header.rsv & RSV1 != 0;
        self.begun = false;
        self.length = 0;
        self.fragments = 0;
        self.utf8 = Validator::new();
    }
}
