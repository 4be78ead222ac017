//! pcap, in both byte orders, with microseconds or nanoseconds
//! (draft-ietf-opsawg-pcap).

use super::super::error::ErrorKind;
use super::{Found, Step};
use pcap_parser::nom::{Err, Needed};
use pcap_parser::pcap::{
    LegacyPcapBlock, PcapHeader, parse_pcap_frame, parse_pcap_frame_be,
    parse_pcap_frame_modified, parse_pcap_header,
};

/// The header of the file, once it was read.
#[derive(Debug, Default)]
pub(super) struct Pcap(Option<PcapHeader>);

const FILE_HEADER: u64 = 24;

impl Pcap {
    pub fn step<'a>(&mut self, bytes: &'a [u8]) -> Result<Step<'a>, ErrorKind> {
        let Some(header) = &self.0 else {
            if (bytes.len() as u64) < FILE_HEADER {
                return Ok(Step::More(FILE_HEADER));
            }
            let (_, header) = parse_pcap_header(bytes)
                .map_err(|_| ErrorKind::Damaged("the file header is none of pcap"))?;
            self.0 = Some(header);
            return Ok(Step::Record(FILE_HEADER as usize, None));
        };
        let parse = match header {
            header if header.is_modified_format() => parse_pcap_frame_modified,
            header if header.is_bigendian() => parse_pcap_frame_be,
            _ => parse_pcap_frame,
        };
        match parse(bytes) {
            Ok((rest, frame)) => Ok(Step::Record(
                bytes.len() - rest.len(),
                Some(found(header, &frame)),
            )),
            Err(Err::Incomplete(Needed::Size(more))) => {
                Ok(Step::More(bytes.len() as u64 + more.get() as u64))
            }
            Err(_) => Err(ErrorKind::Damaged("this is no record of pcap")),
        }
    }
}

fn found<'a>(header: &PcapHeader, frame: &LegacyPcapBlock<'a>) -> Found<'a> {
    let unit = if header.is_nanosecond_precision() {
        1
    } else {
        1000
    };
    Found {
        time: u64::from(frame.ts_sec) * 1_000_000_000 + u64::from(frame.ts_usec) * unit,
        // The upper bits say how long the Ethernet checksum is, which IP's length leaves out.
        link: header.network.0 as u32 & 0xffff,
        original: frame.origlen,
        data: frame.data,
    }
}
