//! Fragmented IP datagrams (RFC 791 section 3.2, RFC 8200 section 4.5), put together.

use super::notes::{NoteKind, Notes};
use super::records::Packet;
use crate::flow::Source;
use core::net::IpAddr;
use etherparse::defrag::IpDefragBuf;
use etherparse::{IpFragOffset, Ipv6ExtensionSlice, LaxNetSlice, LaxSlicedPacket, ip_number};
use std::collections::VecDeque;

/// The payload of a whole datagram.
pub(super) type Datagram = Vec<u8>;

/// Datagrams that are put together at the same time, of 64 KiB each at most. The oldest one makes
/// room.
const MAX_DATAGRAMS: usize = 64;

/// Datagrams of which fragments have come. Only TCP's are kept.
#[derive(Debug, Default)]
pub(super) struct Fragments(VecDeque<Partial>);

#[derive(Debug)]
struct Partial {
    key: (IpAddr, IpAddr, u32),
    buffer: IpDefragBuf,
    first: Source,
}

struct Fragment<'a> {
    id: u32,
    offset: IpFragOffset,
    more: bool,
    payload: &'a [u8],
}

impl Fragments {
    /// Adds the fragment in this packet, if it is one. Gives the datagram that it completes.
    pub fn add(
        &mut self,
        sliced: &LaxSlicedPacket,
        from: IpAddr,
        to: IpAddr,
        packet: &Packet,
        notes: &mut Notes,
    ) -> Option<Datagram> {
        let fragment = fragment(sliced)?;
        let key = (from, to, fragment.id);
        let at = self.0.iter().position(|partial| partial.key == key);
        let at = at.unwrap_or_else(|| self.begin(key, packet.source, notes));
        let buffer = &mut self.0[at].buffer;
        if buffer
            .add(fragment.offset, fragment.more, fragment.payload)
            .is_err()
        {
            // It contradicts the others; they may still be completed.
            notes.add(NoteKind::Headers, packet.source);
            return None;
        }
        if !buffer.is_complete() {
            return None;
        }
        let (datagram, _) = self.0.remove(at)?.buffer.take_bufs();
        Some(datagram)
    }

    fn begin(&mut self, key: (IpAddr, IpAddr, u32), first: Source, notes: &mut Notes) -> usize {
        if self.0.len() == MAX_DATAGRAMS {
            self.drop_oldest(notes);
        }
        let buffer = IpDefragBuf::new(ip_number::TCP, Vec::new(), Vec::new());
        self.0.push_back(Partial { key, buffer, first });
        self.0.len() - 1
    }

    fn drop_oldest(&mut self, notes: &mut Notes) {
        if let Some(partial) = self.0.pop_front() {
            notes.add(NoteKind::Fragments, partial.first);
        }
    }

    pub fn finish(&mut self, notes: &mut Notes) {
        while !self.0.is_empty() {
            self.drop_oldest(notes);
        }
    }
}

fn fragment<'a>(sliced: &LaxSlicedPacket<'a>) -> Option<Fragment<'a>> {
    match sliced.net.as_ref()? {
        LaxNetSlice::Ipv4(ip) if ip.payload().fragmented => {
            (ip.header().protocol() == ip_number::TCP).then(|| Fragment {
                id: u32::from(ip.header().identification()),
                offset: ip.header().fragments_offset(),
                more: ip.header().more_fragments(),
                payload: ip.payload().payload,
            })
        }
        LaxNetSlice::Ipv6(ip) if ip.payload().fragmented => {
            let header =
                ip.extensions()
                    .clone()
                    .into_iter()
                    .find_map(|header| match header {
                        Ipv6ExtensionSlice::Fragment(header) => Some(header),
                        _ => None,
                    })?;
            // What follows the fragment header belongs to what was cut, and is not looked at.
            (header.next_header() == ip_number::TCP).then(|| Fragment {
                id: header.identification(),
                offset: header.fragment_offset(),
                more: header.more_fragments(),
                payload: ip.payload().payload,
            })
        }
        _ => None,
    }
}
