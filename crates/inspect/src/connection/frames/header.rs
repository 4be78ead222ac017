//! Headers: read without judgement, then judged by every rule.

use super::super::guess;
use super::{Around, Frames, IMPLAUSIBLE};
use crate::flow::Direction;
use crate::rules::{Hint, Rule, Violation};
use crate::store::{Frame, NONE, flag};
use std::task::Poll;
use ws4wasm::Error;
use ws4wasm::deflate::{Inflater, Parameters};
use ws4wasm::frame::{Key, RSV1, check, mask};

/// A fault of a header: where it shows, counted from the frame's start, and the bits concerned.
struct Fault {
    error: Error,
    byte: u64,
    length: u32,
    bits: (u8, u8),
    seen: u64,
}

impl Frames {
    pub(super) fn header(&mut self, around: &mut Around<'_>) -> bool {
        let bytes = around.stream.read(self.at, 14);
        let Some(&b0) = bytes.first() else {
            return self.hole(around);
        };
        let b1 = bytes.get(1).copied();
        let extended = match b1.unwrap_or(0) & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let masked = b1.unwrap_or(0) & 0x80 != 0;
        let header_length = 2 + extended + if masked { 4 } else { 0 };
        let cut = bytes.len() < header_length;
        if cut {
            // More may come, unless a hole follows.
            let behind = self.at + bytes.len() as u64;
            if around.stream.hole_at(behind) > 0 {
                self.lose(
                    around,
                    "Bytes are missing inside the header of a frame.",
                    true,
                );
                return true;
            }
            if !self.over {
                return false;
            }
        }
        let length = match (extended, bytes.get(2..2 + extended)) {
            (0, _) => u64::from(b1.unwrap_or(0) & 0x7f),
            (_, Some(long)) => long.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)),
            (_, None) => 0,
        };
        let mut key = Key::default();
        if masked && !cut {
            key.copy_from_slice(&bytes[header_length - 4..header_length]);
        }

        let agreed = self.deflate.is_some() || self.guess_deflate;
        let first_length_byte = bytes.get(2).copied().filter(|_| extended == 8);
        let whole_length = bytes.len() >= 2 + extended;
        let mut faults = Faults::default();
        let open = self.open.is_some();
        let rsv = check::check_reserved(b0, check::allowed_reserved(b0, agreed));
        faults.add(rsv, 0, 1, (1, 3), 0);
        faults.add(check::opcode(b0).map(drop), 0, 1, (4, 4), 0);
        faults.add(check::control_fin(b0), 0, 1, (0, 1), 0);
        if !self.unsure {
            faults.add(check::sequence(b0, open), 0, 1, (4, 4), 0);
        }
        if let Some(b1) = b1 {
            if around.shared.wire {
                let expected = around.direction == Direction::ClientToServer;
                faults.add(check::masking(b1, expected), 1, 1, (0, 1), 1);
            }
            faults.add(check::control_length(b0, b1), 1, 1, (1, 7), 1);
        }
        if let Some(first) = first_length_byte {
            faults.add(check::length_top_bit(first), 2, 1, (0, 1), 2);
        }
        if b1.is_some() && whole_length && length >> 63 == 0 {
            let minimal = check::length_minimal(length, extended);
            faults.add(minimal, 2, extended as u32, (0, 8), 1 + extended as u64);
        }

        // What bytes look like is told once and for all, so enough of them must be there.
        let strange = faults.found > 0 && faults.are_strange(b1);
        let hint = match strange {
            true => match guess::hint(around.stream.read(self.at, guess::LOOK as u64)) {
                Poll::Ready(hint) => hint,
                Poll::Pending if self.more_may_come(around, guess::LOOK as u64) => {
                    return false;
                }
                Poll::Pending => {
                    guess::last_hint(around.stream.read(self.at, guess::LOOK as u64))
                }
            },
            false => None,
        };
        let compressed = faults.found > 0 && self.seems_compressed(&faults, b0, agreed);
        if compressed {
            let enough = header_length as u64 + length.min(ENOUGH);
            if self.more_may_come(around, enough) {
                return false;
            }
        }

        // The hot way is that of headers that break no rule.
        let number = self.push_frame(
            around,
            b0,
            b1.unwrap_or(0),
            length,
            key,
            header_length,
            bytes.len(),
        );
        if faults.found > 0 || self.close.is_some() {
            let hint = hint.or_else(|| compressed.then(|| inflates(around, number)).flatten());
            self.told_deflate |= compressed;
            self.report(around, number, &faults, hint, strange, agreed);
        } else {
            self.implausible = 0;
        }
        if cut {
            self.at = around.stream.end();
            return false;
        }
        let start = self.at;
        self.at += header_length as u64;
        if self.is_lost() {
            return true;
        }
        if masked {
            self.watch_key(around, number, key, start + header_length as u64 - 4);
        }
        self.enter(around, number, b0, length, key);
        true
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a header")]
    fn push_frame(
        &mut self,
        around: &mut Around<'_>,
        b0: u8,
        b1: u8,
        length: u64,
        key: Key,
        header_length: usize,
        present: usize,
    ) -> u32 {
        let shown = header_length.min(present);
        let last = self.at + shown as u64 - 1;
        let time = around
            .stream
            .time_from(&mut self.segment, last)
            .max(self.latest);
        self.latest = time;
        let before = around.shared.last_frame.replace(time).unwrap_or(time);
        let since = time.saturating_sub(before) as f64 / 1e6;
        let mut flags = around.side();
        if b0 & 8 != 0 && self.open.is_some() {
            flags |= flag::INSIDE;
        }
        if present < header_length {
            flags |= flag::CUT_HEADER;
        }
        self.frames += 1;
        self.frame = around.store.frames.push(Frame {
            offset: self.at,
            length,
            time,
            since: since as f32,
            connection: around.shared.connection,
            key,
            message: NONE,
            next: NONE,
            flags,
            head: [b0, b1],
            header_length: shown as u8,
        });
        self.frame
    }

    /// Whether fewer than `wanted` bytes are there from here on, and others may follow.
    fn more_may_come(&self, around: &Around<'_>, wanted: u64) -> bool {
        let there = around.stream.read(self.at, wanted).len() as u64;
        !self.over && there < wanted && around.stream.hole_at(self.at + there) == 0
    }

    /// RSV1 on a data frame for the first time, and nobody has agreed on what it means.
    fn seems_compressed(&self, faults: &Faults, b0: u8, agreed: bool) -> bool {
        let mut errors = faults.iter().map(|fault| &fault.error);
        !agreed
            && !self.told_deflate
            && matches!(b0 & 15, 1 | 2)
            && errors.any(|error| *error == Error::ReservedBits(RSV1))
    }

    /// Tells what is wrong with a header, and whether there is sense in going on.
    fn report(
        &mut self,
        around: &mut Around<'_>,
        number: u32,
        faults: &Faults,
        hint: Option<Hint>,
        strange: bool,
        agreed: bool,
    ) {
        let mut untold = hint;
        for fault in faults.iter() {
            let rule = match fault.error {
                Error::ReservedBits(RSV1) if agreed => Rule::Rsv1NotFirst,
                ref error => Rule::of(error),
            };
            let mut bits = fault.bits;
            if let Error::ReservedBits(set) = fault.error {
                // The first of them that is set, to the last.
                let from = set.leading_zeros() as u8 - 5;
                let to = 2 - set.trailing_zeros() as u8;
                bits = (1 + from, to - from + 1);
            }
            around.store.violate(Violation {
                rule,
                connection: around.shared.connection,
                direction: around.direction,
                offset: self.at + fault.byte,
                length: fault.length,
                bits,
                seen: self.at + fault.seen,
                frame: Some(number),
                message: None,
                error: Some(fault.error),
                text: None,
                hint: untold.take(),
            });
        }
        if self.close.is_some() && !self.told_after_close {
            self.told_after_close = true;
            self.tell(around, Rule::AfterClose, self.at, Some(number), None);
        }
        let unlikely = strange
            || faults.iter().any(|fault| {
                matches!(fault.error, Error::NonMinimalLength(_))
                    || fault.error == Error::UnexpectedContinuation
            });
        self.implausible = if unlikely { self.implausible + 1 } else { 0 };
        let foreign = strange
            && hint
                .is_some_and(|hint| !matches!(hint, Hint::Gzip | Hint::Zstd | Hint::Deflate));
        if faults
            .iter()
            .any(|fault| fault.error == Error::LengthTopBit)
        {
            self.lose(around, "No frame is as long as this one says.", false);
        } else if foreign {
            self.lose(around, "These bytes are no WebSocket frames.", false);
        } else if self.implausible >= IMPLAUSIBLE {
            let text = "Too many frames in a row are none that anyone would send.";
            self.lose(around, text, false);
        }
    }

    /// Sections 5.3 and 10.3: keys are fresh.
    fn watch_key(&mut self, around: &mut Around<'_>, number: u32, key: Key, at: u64) {
        let repeated = self.last_key.replace(key) == Some(key);
        if repeated && !self.told_mask && around.shared.wire {
            self.told_mask = true;
            let text = if key == [0; 4] {
                "The masking key is zero, again: nothing is masked."
            } else {
                "The masking key is that of the frame before."
            };
            self.tell(around, Rule::MaskRepeated, at, Some(number), Some(text));
        }
    }
}

/// The faults of a header, in the order in which a strict receiver finds them.
#[derive(Default)]
struct Faults {
    list: [Option<Fault>; 8],
    found: usize,
}

impl Faults {
    #[inline]
    fn add(
        &mut self,
        result: Result<(), Error>,
        byte: u64,
        length: u32,
        bits: (u8, u8),
        seen: u64,
    ) {
        if let Err(error) = result {
            self.list[self.found] = Some(Fault {
                error,
                byte,
                length,
                bits,
                seen,
            });
            self.found += 1;
        }
    }

    /// Bits that frames do not have: perhaps these are none.
    fn are_strange(&self, b1: Option<u8>) -> bool {
        self.iter().any(|fault| match fault.error {
            Error::ReservedBits(bits) => bits != RSV1,
            Error::ReservedOpcode(_)
            | Error::FragmentedControl
            | Error::ControlTooLong
            | Error::LengthTopBit => true,
            Error::UnexpectedContinuation => b1 != Some(0),
            _ => false,
        })
    }

    fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.list.iter().flatten()
    }
}

/// How many bytes of a payload tell whether it inflates.
const ENOUGH: u64 = 4096;

/// Whether what is there of a frame's payload inflates.
fn inflates(around: &Around<'_>, number: u32) -> Option<Hint> {
    let frame = around.store.frames.get(number)?;
    let mut plain = around
        .stream
        .read(frame.payload(), frame.length.min(ENOUGH))
        .to_vec();
    mask::apply(&mut plain, frame.key);
    let mut inflater = Inflater::new(Parameters::default().server());
    let fed = inflater.feed(&plain, &mut vec![0; 64 * 1024]);
    let whole = plain.len() as u64 == frame.length;
    let good = !fed.corrupt && fed.made > 0 && (!whole || inflater.finish());
    good.then_some(Hint::Deflate)
}
