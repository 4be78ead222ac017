//! A packet as the TCP segment in it: link layer, IP, fragments.

use super::fragments::{Datagram, Fragments};
use super::notes::{NoteKind, Notes};
use super::records::{Packet, distance};
use crate::flow::{Source, Time};
use core::net::IpAddr;
use etherparse::{
    EtherType, IpNumber, LaxNetSlice, LaxSlicedPacket, TcpSlice, TransportSlice, ip_number,
};

/// An address and a port.
pub(super) type End = (IpAddr, u16);

/// A TCP segment, and where it was seen.
#[derive(Debug, Clone)]
pub(super) struct Segment<'a> {
    pub from: End,
    pub to: End,
    pub sequence: u32,
    /// The acknowledgement, if it is one.
    pub acknowledges: Option<u32>,
    pub syn: bool,
    pub fin: bool,
    pub reset: bool,
    pub payload: &'a [u8],
    /// How many bytes of payload followed on the wire that were not recorded.
    pub cut: u32,
    pub time: Time,
    /// Where the payload is.
    pub source: Source,
}

/// Looks into packets.
#[derive(Debug, Default)]
pub(super) struct Packets {
    fragments: Fragments,
    /// How many packets carried TCP.
    pub tcp: u64,
}

impl Packets {
    /// Gives the TCP segment in a packet to `each`, if there is one, or if it is completed by
    /// this fragment.
    pub fn packet(
        &mut self,
        packet: &Packet,
        notes: &mut Notes,
        each: &mut dyn FnMut(Segment, &mut Notes),
    ) {
        let Ok(sliced) = slice(packet, notes) else {
            return;
        };
        let Some(LaxNetSlice::Ipv4(_) | LaxNetSlice::Ipv6(_)) = sliced.net else {
            return;
        };
        if sliced.stop_err.is_some() {
            // What is neither IP nor TCP may look as it likes.
            if is_tcp(&sliced) {
                self.tcp += 1;
                notes.add(NoteKind::Headers, packet.source);
            }
            return;
        }
        let (Some(from), Some(to)) = addresses(&sliced) else {
            return;
        };
        if let Some(TransportSlice::Tcp(tcp)) = &sliced.transport {
            self.tcp += 1;
            let cut = cut(&sliced, packet);
            if cut > 0 {
                notes.add(NoteKind::Cut, packet.source);
            }
            let inside = distance(packet.data, tcp.payload());
            let mut segment = segment(tcp, from, to, packet);
            segment.cut = cut;
            segment.source.offset += inside;
            each(segment, notes);
        } else if let Some(datagram) = self.fragments.add(&sliced, from, to, packet, notes) {
            self.tcp += 1;
            self.whole(&datagram, from, to, packet, notes, each);
        }
    }

    /// A datagram put together of fragments: its bytes lie in no one place of the file.
    fn whole(
        &self,
        datagram: &Datagram,
        from: IpAddr,
        to: IpAddr,
        packet: &Packet,
        notes: &mut Notes,
        each: &mut dyn FnMut(Segment, &mut Notes),
    ) {
        match TcpSlice::from_slice(datagram) {
            Ok(tcp) => {
                let mut segment = segment(&tcp, from, to, packet);
                segment.source.offset = 0;
                each(segment, notes);
            }
            Err(_) => notes.add(NoteKind::Headers, packet.source),
        }
    }

    pub fn finish(&mut self, notes: &mut Notes) {
        self.fragments.finish(notes);
    }
}

/// Splits a packet into its headers. The error means that it is nothing to look at.
fn slice<'a>(packet: &Packet<'a>, notes: &mut Notes) -> Result<LaxSlicedPacket<'a>, ()> {
    let data = packet.data;
    let after = |header: usize| data.get(header..).ok_or(());
    let ip = |data| LaxSlicedPacket::from_ip(data).map_err(|_| ());
    let ether_type = |at: usize, header: usize| {
        let kind = data.get(at..at + 2).ok_or(())?;
        let kind = EtherType(u16::from_be_bytes([kind[0], kind[1]]));
        Ok(LaxSlicedPacket::from_ether_type(kind, after(header)?))
    };
    // https://www.tcpdump.org/linktypes.html
    let sliced = match packet.link {
        // NULL and LOOP: the address family of whoever recorded it, in four bytes. IP's own
        // version says the same.
        0 | 108 => ip(after(4)?),
        1 => LaxSlicedPacket::from_ethernet(data).map_err(|_| ()),
        // RAW, also by the numbers that BSD's libpcap has for it; IPV4 and IPV6.
        101 | 12 | 14 | 228 | 229 => ip(data),
        // LINUX_SLL and LINUX_SLL2.
        113 => ether_type(14, 16),
        276 => ether_type(0, 20),
        link => {
            notes.add(NoteKind::LinkType(link), packet.source);
            return Err(());
        }
    };
    // The header of the link layer, or IP's, is cut or no such thing.
    sliced.map_err(|()| notes.add(NoteKind::Headers, packet.source))
}

fn addresses(sliced: &LaxSlicedPacket) -> (Option<IpAddr>, Option<IpAddr>) {
    match &sliced.net {
        Some(LaxNetSlice::Ipv4(ip)) => (
            Some(ip.header().source_addr().into()),
            Some(ip.header().destination_addr().into()),
        ),
        Some(LaxNetSlice::Ipv6(ip)) => (
            Some(ip.header().source_addr().into()),
            Some(ip.header().destination_addr().into()),
        ),
        _ => (None, None),
    }
}

fn is_tcp(sliced: &LaxSlicedPacket) -> bool {
    protocol(sliced) == Some(ip_number::TCP)
}

fn protocol(sliced: &LaxSlicedPacket) -> Option<IpNumber> {
    match &sliced.net {
        Some(LaxNetSlice::Ipv4(ip)) => Some(ip.payload().ip_number),
        Some(LaxNetSlice::Ipv6(ip)) => Some(ip.payload().ip_number),
        _ => None,
    }
}

/// How many bytes of the IP packet were not recorded.
fn cut(sliced: &LaxSlicedPacket, packet: &Packet) -> u32 {
    let (announced, header, payload) = match &sliced.net {
        Some(LaxNetSlice::Ipv4(ip)) => (
            usize::from(ip.header().total_len()),
            ip.header().slice().len()
                + ip.extensions().auth.map_or(0, |auth| auth.slice().len()),
            ip.payload(),
        ),
        Some(LaxNetSlice::Ipv6(ip)) => (
            usize::from(ip.header().payload_length()),
            ip.extensions().slice().len(),
            ip.payload(),
        ),
        _ => return 0,
    };
    if announced == 0 {
        // Network cards that cut segments themselves are given longer ones than a length fits
        // into, and those have 0. What was on the wire is then all that was in the packet.
        return packet.original.saturating_sub(packet.data.len() as u32);
    }
    if payload.incomplete {
        announced.saturating_sub(header + payload.payload.len()) as u32
    } else {
        0
    }
}

fn segment<'a>(tcp: &TcpSlice<'a>, from: IpAddr, to: IpAddr, packet: &Packet) -> Segment<'a> {
    Segment {
        from: (from, tcp.source_port()),
        to: (to, tcp.destination_port()),
        sequence: tcp.sequence_number(),
        acknowledges: tcp.ack().then(|| tcp.acknowledgment_number()),
        syn: tcp.syn(),
        fin: tcp.fin(),
        reset: tcp.rst(),
        payload: tcp.payload(),
        cut: 0,
        time: packet.time,
        source: packet.source,
    }
}
