//! What packets carry other packets in: the header is skipped, what is inside is read on.

use etherparse::{EtherType, IpNumber, LaxSlicedPacket, ip_number};

/// As many are taken off a packet; more than anybody puts around one.
pub(super) const MAX_LAYERS: usize = 8;

/// A packet inside another one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Inner<'a> {
    Ethernet(&'a [u8]),
    Ip(&'a [u8]),
    /// By its ether type.
    Other(u16, &'a [u8]),
}

impl<'a> Inner<'a> {
    pub fn slice(self) -> Result<LaxSlicedPacket<'a>, ()> {
        match self {
            Self::Ethernet(bytes) => LaxSlicedPacket::from_ethernet(bytes).map_err(|_| ()),
            Self::Ip(bytes) => LaxSlicedPacket::from_ip(bytes).map_err(|_| ()),
            Self::Other(kind, bytes) => {
                Ok(LaxSlicedPacket::from_ether_type(EtherType(kind), bytes))
            }
        }
    }
}

/// What a packet carries, if that is a packet.
pub(super) fn inside<'a>(sliced: &LaxSlicedPacket<'a>) -> Option<Inner<'a>> {
    if let Some(ip) = sliced.ip_payload() {
        if ip.fragmented {
            return None;
        }
        return match ip.ip_number {
            IpNumber::IPV4 | IpNumber::IPV6 => Some(Inner::Ip(ip.payload)),
            ip_number::GRE => gre(ip.payload),
            ip_number::MPLS_IN_IP => mpls(ip.payload),
            ip_number::UDP => udp(ip.payload),
            _ => None,
        };
    }
    let ether = sliced.ether_payload()?;
    by_type(ether.ether_type.0, ether.payload)
}

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const MPLS: [u16; 2] = [0x8847, 0x8848];
const PPPOE: u16 = 0x8864;
/// Transparent Ethernet bridging.
const BRIDGED: u16 = 0x6558;

/// What is no IP itself.
fn by_type(kind: u16, bytes: &[u8]) -> Option<Inner<'_>> {
    match kind {
        PPPOE => ppp(bytes.get(6..)?),
        kind if MPLS.contains(&kind) => mpls(bytes),
        BRIDGED => Some(Inner::Ethernet(bytes)),
        _ => None,
    }
}

fn of_type(kind: u16, bytes: &[u8]) -> Option<Inner<'_>> {
    match kind {
        IPV4 | IPV6 => Some(Inner::Ip(bytes)),
        kind => by_type(kind, bytes).or(Some(Inner::Other(kind, bytes))),
    }
}

/// RFC 1661: the protocol, after what HDLC puts before it (RFC 1662).
pub(super) fn ppp(bytes: &[u8]) -> Option<Inner<'_>> {
    let bytes = bytes.strip_prefix(&[0xff, 0x03]).unwrap_or(bytes);
    match bytes {
        [0x00, 0x21 | 0x57, ip @ ..] | [0x21 | 0x57, ip @ ..] => Some(Inner::Ip(ip)),
        _ => None,
    }
}

/// RFC 3032. What the labels carry is not said: IP shows itself; Ethernet may have a control word
/// of zeros before it (RFC 4448).
fn mpls(mut bytes: &[u8]) -> Option<Inner<'_>> {
    loop {
        let [_, _, third, _, rest @ ..] = bytes else {
            return None;
        };
        bytes = rest;
        if third & 1 != 0 {
            break;
        }
    }
    match bytes.first()? >> 4 {
        4 | 6 => Some(Inner::Ip(bytes)),
        0 => Some(Inner::Ethernet(bytes.get(4..)?)),
        _ => Some(Inner::Ethernet(bytes)),
    }
}

/// RFC 2784, 2890; version 1 is that of PPTP (RFC 2637 section 4.1), ERSPAN is Cisco's.
fn gre(bytes: &[u8]) -> Option<Inner<'_>> {
    let word = |at: usize| Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    let (flags, kind) = (word(0)?, word(2)?);
    // Checksum, key, sequence and acknowledgement; routing is a thing of the past.
    let optional = [0x8000, 0x2000, 0x1000, 0x0080];
    let version = flags & 7;
    let present = optional
        .iter()
        .filter(|&&bit| flags & bit != 0 && (bit != 0x0080 || version == 1));
    if flags & 0x4000 != 0 {
        return None;
    }
    let rest = bytes.get(4 + 4 * present.count()..)?;
    match kind {
        0x880b => ppp(rest),
        // ERSPAN: type I has no header of its own and no sequence number.
        0x88be if flags & 0x1000 == 0 => Some(Inner::Ethernet(rest)),
        0x88be => Some(Inner::Ethernet(rest.get(8..)?)),
        0x22eb => {
            let subheader = rest.get(11)? & 1 != 0;
            Some(Inner::Ethernet(
                rest.get(if subheader { 20 } else { 12 }..)?,
            ))
        }
        kind => of_type(kind, rest),
    }
}

/// VXLAN (RFC 7348), its generic extension, Geneve (RFC 8926), GTP-U (3GPP TS 29.281), by their
/// ports.
fn udp(bytes: &[u8]) -> Option<Inner<'_>> {
    let [a, b, c, d, _, _, _, _, rest @ ..] = bytes else {
        return None;
    };
    let ports = [u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d])];
    let [_, to] = ports;
    match to {
        // Linux had 8472 before there was a number.
        4789 | 8472 if rest.first()? & 0x08 != 0 => Some(Inner::Ethernet(rest.get(8..)?)),
        4790 => match rest.get(3)? {
            1 | 2 => Some(Inner::Ip(rest.get(8..)?)),
            3 => Some(Inner::Ethernet(rest.get(8..)?)),
            _ => None,
        },
        6081 => {
            let options = usize::from(rest.first()? & 0x3f) * 4;
            let kind = u16::from_be_bytes([*rest.get(2)?, *rest.get(3)?]);
            of_type(kind, rest.get(8 + options..)?)
        }
        _ if ports.contains(&2152) => gtp(rest),
        _ => None,
    }
}

/// A G-PDU of version 1.
fn gtp(bytes: &[u8]) -> Option<Inner<'_>> {
    let (flags, kind) = (*bytes.first()?, *bytes.get(1)?);
    if flags >> 5 != 1 || kind != 0xff {
        return None;
    }
    if flags & 7 == 0 {
        return Some(Inner::Ip(bytes.get(8..)?));
    }
    let mut next = *bytes.get(11)?;
    let mut rest = bytes.get(12..)?;
    // Extension headers count their length in words of four bytes, themselves included.
    while next != 0 {
        let length = usize::from(*rest.first()?) * 4;
        next = *rest.get(length.checked_sub(1)?)?;
        rest = rest.get(length..)?;
    }
    Some(Inner::Ip(rest))
}

#[cfg(test)]
mod tests {
    use super::{Inner, gre, gtp, mpls, ppp, udp};

    #[test]
    fn headers_are_skipped() {
        let ip = [0x45, 0, 0, 20];
        let with = |header: &[u8]| [header, &ip[..]].concat();
        let vxlan = with(&[0, 9, 0x12, 0xb5, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 7, 0]);
        assert_eq!(udp(&vxlan), Some(Inner::Ethernet(&ip)));
        let geneve = [
            0, 9, 0x17, 0xc1, 0, 0, 0, 0, 1, 0, 8, 0, 0, 0, 7, 0, 9, 9, 9, 9,
        ];
        assert_eq!(udp(&with(&geneve)), Some(Inner::Ip(&ip)));
        assert_eq!(
            gre(&with(&[0x20, 0, 8, 0, 1, 2, 3, 4])),
            Some(Inner::Ip(&ip))
        );
        assert_eq!(
            gre(&with(&[
                0x30, 0x81, 0x88, 0x0b, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0x21
            ])),
            Some(Inner::Ip(&ip))
        );
        assert_eq!(
            mpls(&with(&[0, 0, 0x10, 64, 0, 0, 0x21, 64])),
            Some(Inner::Ip(&ip))
        );
        assert_eq!(ppp(&with(&[0xff, 3, 0, 0x21])), Some(Inner::Ip(&ip)));
        assert_eq!(
            gtp(&with(&[0x30, 0xff, 0, 4, 0, 0, 0, 1])),
            Some(Inner::Ip(&ip))
        );
        let extended = [0x34, 0xff, 0, 12, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0x10, 9, 0];
        assert_eq!(gtp(&with(&extended)), Some(Inner::Ip(&ip)));
    }

    #[test]
    fn what_is_cut_or_strange_is_nothing() {
        for length in 0..16 {
            let zeros = vec![0; length];
            assert_eq!(gtp(&zeros), None);
            assert_eq!(udp(&zeros), None);
            assert_eq!(mpls(&zeros), None);
        }
        assert_eq!(
            gtp(&[0x34, 0xff, 0, 12, 0, 0, 0, 1, 0, 0, 0, 0x85, 0, 0]),
            None
        );
    }
}
