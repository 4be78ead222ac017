//! pcapng (draft-ietf-opsawg-pcapng): sections in either byte order, interfaces with any clock,
//! packets in the enhanced, the simple and the obsolete block. Other blocks are skipped.

use super::super::error::ErrorKind;
use super::super::notes::{NoteKind, Notes};
use super::{Found, Step};
use crate::flow::{Source, Time};
use pcap_parser::pcapng::{Block, parse_block_be, parse_block_le};
use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{InterfaceDescriptionBlock, OptionCode, SHB_MAGIC};

/// The block that the enhanced one has replaced; old captures have it.
const OBSOLETE_PACKET: u32 = 2;

/// No machine has as many. More of them are not packets, but memory.
const MAX_INTERFACES: usize = 65_536;

/// The section that is being read.
#[derive(Debug, Default)]
pub(super) struct Pcapng {
    big_endian: bool,
    interfaces: Vec<Interface>,
    /// That of the last packet: simple blocks have none of their own.
    time: Time,
}

#[derive(Debug)]
struct Interface {
    link: u32,
    /// 0: no limit.
    snap_length: u32,
    clock: Clock,
}

impl Pcapng {
    pub fn step<'a>(
        &mut self,
        bytes: &'a [u8],
        here: Source,
        notes: &mut Notes,
    ) -> Result<Step<'a>, ErrorKind> {
        // Type and length; for a section's header the mark, too, that tells the byte order.
        let Some(kind) = self.u32_at(bytes, 0) else {
            return Ok(Step::More(8));
        };
        // The same in both byte orders.
        if kind == SHB_MAGIC {
            match bytes.get(8..12) {
                None => return Ok(Step::More(12)),
                Some([0x1a, 0x2b, 0x3c, 0x4d]) => self.big_endian = true,
                Some([0x4d, 0x3c, 0x2b, 0x1a]) => self.big_endian = false,
                Some(_) => {
                    return Err(ErrorKind::Damaged("a section has no byte-order mark"));
                }
            }
        }
        let Some(length) = self.u32_at(bytes, 4) else {
            return Ok(Step::More(8));
        };
        if length < 12 || length % 4 != 0 {
            return Err(ErrorKind::Damaged("the length of a block is not lawful"));
        }
        let Some(block) = bytes.get(..length as usize) else {
            return Ok(Step::More(u64::from(length)));
        };
        if self.u32_at(block, block.len() - 4) != Some(length) {
            return Err(ErrorKind::Damaged(
                "a block gives two different lengths at its ends",
            ));
        }
        Ok(Step::Record(
            block.len(),
            self.block(kind, block, here, notes)?,
        ))
    }

    /// A whole block. The parser would ask for more bytes where a length inside points out of
    /// it: here that is damage.
    fn block<'a>(
        &mut self,
        kind: u32,
        block: &'a [u8],
        here: Source,
        notes: &mut Notes,
    ) -> Result<Option<Found<'a>>, ErrorKind> {
        if kind == OBSOLETE_PACKET {
            return self.obsolete_packet(block, here, notes);
        }
        let parse = if self.big_endian {
            parse_block_be
        } else {
            parse_block_le
        };
        let (_, block) =
            parse(block).map_err(|_| ErrorKind::Damaged("a block contradicts its length"))?;
        match block {
            Block::SectionHeader(_) => self.interfaces.clear(),
            Block::InterfaceDescription(interface) => self.interface(&interface)?,
            Block::EnhancedPacket(packet) => {
                let ticks = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                let data = packet
                    .data
                    .get(..packet.caplen as usize)
                    .unwrap_or(packet.data);
                return Ok(self.packet(packet.if_id, ticks, packet.origlen, data, here, notes));
            }
            Block::SimplePacket(packet) => {
                let Some(interface) = self.interfaces.first() else {
                    notes.add(NoteKind::UnknownInterface, here);
                    return Ok(None);
                };
                let limit = match interface.snap_length {
                    0 => packet.origlen,
                    limit => packet.origlen.min(limit),
                };
                return Ok(Some(Found {
                    time: self.time,
                    link: interface.link,
                    original: packet.orig_len(),
                    data: packet.data.get(..limit as usize).unwrap_or(packet.data),
                }));
            }
            _ => {}
        }
        Ok(None)
    }

    fn interface(&mut self, block: &InterfaceDescriptionBlock) -> Result<(), ErrorKind> {
        if self.interfaces.len() == MAX_INTERFACES {
            return Err(ErrorKind::Damaged("a section has too many interfaces"));
        }
        // The parser's own reading of these takes the offset for little endian, and no powers
        // of two.
        let option = |code| {
            let found = block.options.iter().find(|option| option.code == code);
            found.map(|option| option.value.as_ref())
        };
        let offset = option(OptionCode::IfTsoffset)
            .and_then(|value| value.first_chunk())
            .map_or(0, |&value| match self.big_endian {
                true => i64::from_be_bytes(value),
                false => i64::from_le_bytes(value),
            });
        let resolution = option(OptionCode::IfTsresol).and_then(|value| value.first());
        self.interfaces.push(Interface {
            link: block.linktype.0 as u32 & 0xffff,
            snap_length: block.snaplen,
            clock: Clock {
                resolution: resolution.copied().unwrap_or(6),
                offset,
            },
        });
        Ok(())
    }

    /// Appendix A of the draft: interface and drops in 16 bits each, then as in the enhanced one.
    fn obsolete_packet<'a>(
        &mut self,
        block: &'a [u8],
        here: Source,
        notes: &mut Notes,
    ) -> Result<Option<Found<'a>>, ErrorKind> {
        let field = |at| {
            // The last four bytes are the length, again.
            let inside = block.len().checked_sub(4).is_some_and(|end| at + 4 <= end);
            inside.then(|| self.u32_at(block, at)).flatten()
        };
        let parse = || {
            let word = field(8)?;
            let interface = if self.big_endian {
                word >> 16
            } else {
                word & 0xffff
            };
            let ticks = u64::from(field(12)?) << 32 | u64::from(field(16)?);
            let (captured, original) = (field(20)? as usize, field(24)?);
            let data = block[28..block.len() - 4].get(..captured)?;
            Some((interface, ticks, original, data))
        };
        let (interface, ticks, original, data) =
            parse().ok_or(ErrorKind::Damaged("a packet is longer than its block"))?;
        Ok(self.packet(interface, ticks, original, data, here, notes))
    }

    fn packet<'a>(
        &mut self,
        interface: u32,
        ticks: u64,
        original: u32,
        data: &'a [u8],
        here: Source,
        notes: &mut Notes,
    ) -> Option<Found<'a>> {
        let Some(interface) = self.interfaces.get(interface as usize) else {
            notes.add(NoteKind::UnknownInterface, here);
            return None;
        };
        self.time = interface.clock.time(ticks);
        Some(Found {
            time: self.time,
            link: interface.link,
            original,
            data,
        })
    }

    fn u32_at(&self, bytes: &[u8], at: usize) -> Option<u32> {
        let &bytes = bytes.get(at..)?.first_chunk()?;
        Some(match self.big_endian {
            true => u32::from_be_bytes(bytes),
            false => u32::from_le_bytes(bytes),
        })
    }
}

/// How an interface counts time.
#[derive(Debug, Clone, Copy)]
struct Clock {
    /// `if_tsresol`: ticks of 10^-n seconds, or of 2^-n where the top bit is set.
    resolution: u8,
    /// `if_tsoffset`: seconds to add.
    offset: i64,
}

impl Clock {
    fn time(self, ticks: u64) -> Time {
        let exponent = u32::from(self.resolution & 0x7f);
        let nanoseconds = if self.resolution & 0x80 != 0 {
            let scaled = (u128::from(ticks) * 1_000_000_000) >> exponent;
            u64::try_from(scaled).unwrap_or(u64::MAX)
        } else if exponent <= 9 {
            ticks.saturating_mul(10_u64.pow(9 - exponent))
        } else {
            let divisor = 10_u64.checked_pow(exponent - 9);
            divisor.map_or(0, |divisor| ticks / divisor)
        };
        let offset = self.offset.unsigned_abs().saturating_mul(1_000_000_000);
        if self.offset < 0 {
            nanoseconds.saturating_sub(offset)
        } else {
            nanoseconds.saturating_add(offset)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;

    fn time(resolution: u8, offset: i64, ticks: u64) -> u64 {
        Clock { resolution, offset }.time(ticks)
    }

    #[test]
    fn every_resolution_is_nanoseconds() {
        assert_eq!(time(0, 0, 3), 3_000_000_000);
        assert_eq!(time(3, 0, 3), 3_000_000);
        assert_eq!(time(6, 0, 1_500_000), 1_500_000_000);
        assert_eq!(time(9, 0, 7), 7);
        assert_eq!(time(12, 0, 7_999), 7);
        assert_eq!(time(127, 0, u64::MAX), 0);
        assert_eq!(time(0x80 | 10, 0, 1024 + 512), 1_500_000_000);
        assert_eq!(time(0x80 | 32, 0, 5 << 31), 2_500_000_000);
        assert_eq!(time(0x80 | 127, 0, u64::MAX), 0);
        assert_eq!(time(0x80, 0, 2), 2_000_000_000);
    }

    #[test]
    fn offsets_are_added_and_nothing_overflows() {
        assert_eq!(time(6, 10, 1), 10_000_001_000);
        assert_eq!(time(0, -2, 5), 3_000_000_000);
        assert_eq!(time(0, -9, 5), 0);
        assert_eq!(time(0, i64::MAX, u64::MAX), u64::MAX);
        assert_eq!(time(0, i64::MIN, u64::MAX), u64::MAX - u64::MAX);
        assert_eq!(time(0x80, i64::MAX, u64::MAX), u64::MAX);
    }
}
