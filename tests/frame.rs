//! The header codec and masking against RFC 6455 and against a second reading of its section
//! 5.2, written here.

use proptest::prelude::*;
use ws4wasm::frame::{self, Header, MAX_HEADER_LEN, Parsed, check_reserved, mask};
use ws4wasm::{Error, Message, Opcode};

const OPCODES: [Opcode; 6] = [
    Opcode::Continuation,
    Opcode::Text,
    Opcode::Binary,
    Opcode::Close,
    Opcode::Ping,
    Opcode::Pong,
];

fn header(fin: bool, opcode: Opcode, key: Option<[u8; 4]>, length: u64) -> Header {
    Header {
        fin,
        rsv: 0,
        opcode,
        key,
        length,
    }
}

fn encoded(header: Header) -> Vec<u8> {
    let (bytes, len) = header.encode();
    bytes[..len].to_vec()
}

/// The examples of RFC 6455 section 5.7: a header's fields, its bytes, the payload's bytes.
// [RFC 6455 5.3-1, 6.1-3, 6.2-1]
#[test]
fn examples_of_the_rfc() {
    let key = Some([0x37, 0xfa, 0x21, 0x3d]);
    let hello = &b"Hello"[..];
    let masked = &b"\x7f\x9f\x4d\x51\x58"[..];
    for (header, head, payload, wire) in [
        (
            header(true, Opcode::Text, None, 5),
            &b"\x81\x05"[..],
            hello,
            hello,
        ),
        (
            header(true, Opcode::Text, key, 5),
            b"\x81\x85\x37\xfa\x21\x3d",
            hello,
            masked,
        ),
        (
            header(false, Opcode::Text, None, 3),
            b"\x01\x03",
            b"Hel",
            b"Hel",
        ),
        (
            header(true, Opcode::Continuation, None, 2),
            b"\x80\x02",
            b"lo",
            b"lo",
        ),
        (
            header(true, Opcode::Ping, None, 5),
            b"\x89\x05",
            hello,
            hello,
        ),
        (
            header(true, Opcode::Pong, key, 5),
            b"\x8a\x85\x37\xfa\x21\x3d",
            hello,
            masked,
        ),
        (
            header(true, Opcode::Binary, None, 256),
            b"\x82\x7e\x01\x00",
            &[5; 256],
            &[5; 256],
        ),
        (
            header(true, Opcode::Binary, None, 65536),
            b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00",
            &[5; 65536],
            &[5; 65536],
        ),
    ] {
        assert_eq!(
            Header::parse(head),
            Ok(Parsed::Complete(header, head.len()))
        );
        assert_eq!(encoded(header), head);
        let mut frame = Vec::new();
        frame::write(&mut frame, header, payload);
        assert_eq!(frame, [head, wire].concat());
    }
}

#[test]
fn the_example_of_the_seed() {
    let key = [0xbe, 0x04, 0xe6, 0x6a];
    let mut frame = b"kept".to_vec();
    frame::write(
        &mut frame,
        header(true, Opcode::Text, Some(key), 0),
        b"hello world",
    );
    let wire = b"\x81\x8b\xbe\x04\xe6\x6a\xd6\x61\x8a\x06\xd1\x24\x91\x05\xcc\x68\x82";
    assert_eq!(frame, [&b"kept"[..], wire].concat());
    // Fed as bytes[0], then bytes[1], it wants 1 byte, then 4.
    assert_eq!(Header::parse(&wire[..1]), Ok(Parsed::Needs(2)));
    assert_eq!(Header::parse(&wire[..2]), Ok(Parsed::Needs(2 + 4)));
    let parsed = header(true, Opcode::Text, Some(key), 11);
    assert_eq!(Header::parse(wire), Ok(Parsed::Complete(parsed, 6)));
    let mut text = wire[6..].to_vec();
    mask::apply(&mut text, key);
    assert_eq!(text, b"hello world");
}

/// Section 5.2 read a second time. The lengths are looked at as numbers of base 256.
fn reference(bytes: &[u8]) -> Result<Parsed, Error> {
    let byte = |at: usize| bytes.get(at).copied();
    let Some(first) = byte(0) else {
        return Ok(Parsed::Needs(2));
    };
    let (fin, rsv, code) = (first / 128 == 1, first / 16 % 8, first % 16);
    let named = OPCODES.iter().find(|opcode| **opcode as u8 == code);
    let Some(opcode) = named else {
        return Err(Error::ReservedOpcode(code));
    };
    let control = code >= 8;
    if control && !fin {
        return Err(Error::FragmentedControl);
    }
    let Some(second) = byte(1) else {
        return Ok(Parsed::Needs(2));
    };
    let (masked, short) = (second / 128 == 1, second % 128);
    if control && short >= 126 {
        return Err(Error::ControlTooLong);
    }
    let digits = [0, 2, 8][usize::from(short >= 126) + usize::from(short == 127)];
    if digits == 8 && byte(2).is_some_and(|top| top >= 128) {
        return Err(Error::LengthTopBit);
    }
    if bytes.len() < 2 + digits {
        return Ok(Parsed::Needs(2 + digits));
    }
    let number = bytes[2..2 + digits]
        .iter()
        .fold(0u64, |n, digit| n * 256 + u64::from(*digit));
    let length = if digits == 0 {
        u64::from(short)
    } else {
        number
    };
    if length < [0, 126, 65536][digits.div_ceil(4)] {
        return Err(Error::NonMinimalLength(length));
    }
    let end = 2 + digits + if masked { 4 } else { 0 };
    if bytes.len() < end {
        return Ok(Parsed::Needs(end));
    }
    let key = masked.then(|| bytes[end - 4..end].try_into().unwrap());
    Ok(Parsed::Complete(
        Header {
            fin,
            rsv,
            opcode: *opcode,
            key,
            length,
        },
        end,
    ))
}

/// Every pair of first bytes, with every kind of length behind it, cut everywhere.
#[test]
fn all_pairs_of_first_bytes() {
    // As 64 bits, and their first 16 as 16 bits.
    let lengths: [u64; 14] = [
        0,
        5 << 48,
        125 << 48,
        126 << 48,
        0x7fff << 48,
        65535,
        65536,
        (1 << 32) + 5,
        (1 << 32) - 1,
        (1 << 53) + 1,
        (1 << 63) - 1,
        1 << 63,
        (1 << 63) + 5,
        u64::MAX,
    ];
    for pair in 0..=u16::MAX {
        for length in lengths {
            let mut bytes = [0; 14];
            bytes[..2].copy_from_slice(&pair.to_be_bytes());
            bytes[2..10].copy_from_slice(&length.to_be_bytes());
            bytes[10..].copy_from_slice(&[0xde, 0xad, 0xbe, 0xef]);
            let parsed = Header::parse(&bytes);
            assert_eq!(parsed, reference(&bytes), "{bytes:02x?}");
            if let Ok(Parsed::Complete(header, len)) = parsed {
                assert_eq!(encoded(header), bytes[..len]);
            }
            // Shorter lengths do not read further, so one length is enough to cut.
            if length == lengths[7] {
                for cut in 0..bytes.len() {
                    let parsed = Header::parse(&bytes[..cut]);
                    assert_eq!(parsed, reference(&bytes[..cut]), "{:02x?}", &bytes[..cut]);
                    assert!(!matches!(parsed, Ok(Parsed::Needs(n)) if n <= cut));
                }
            }
        }
    }
}

#[test]
fn what_a_parser_asks_for_is_what_it_needs() {
    for key in [None, Some([1, 2, 3, 4])] {
        for length in [0, 125, 126, 65535, 65536, (1 << 32) + 5, (1 << 63) - 1] {
            let bytes = encoded(header(true, Opcode::Binary, key, length));
            let mut have = 0;
            let mut asked = Vec::new();
            loop {
                match Header::parse(&bytes[..have]).unwrap() {
                    Parsed::Needs(n) => asked.push(n),
                    Parsed::Complete(_, len) => {
                        assert_eq!((len, have), (bytes.len(), bytes.len()));
                        break;
                    }
                }
                assert!(*asked.last().unwrap() > have);
                have = *asked.last().unwrap();
            }
            assert!(asked.len() <= 3 && bytes.len() <= MAX_HEADER_LEN);
        }
    }
}

#[test]
fn reserved_bits_are_passed_through_by_the_codec_and_checked_apart() {
    for rsv in 0..8u8 {
        for opcode in OPCODES {
            let header = Header {
                rsv,
                ..header(true, opcode, None, 1)
            };
            let bytes = encoded(header);
            assert_eq!(Header::parse(&bytes), Ok(Parsed::Complete(header, 2)));
            for allowed in 0..8u8 {
                let bad = rsv & !allowed;
                let expected = if bad == 0 {
                    Ok(())
                } else {
                    Err(Error::ReservedBits(bad))
                };
                assert_eq!(check_reserved(bytes[0], allowed), expected);
            }
        }
    }
}

#[test]
fn every_error_has_its_close_code_and_says_what_is_wrong() {
    let limit = 10;
    for (error, code, says) in [
        (Error::ReservedBits(5), 1002, "RSV1 RSV3"),
        (Error::ReservedOpcode(3), 1002, "3"),
        (Error::FragmentedControl, 1002, "FIN"),
        (Error::ControlTooLong, 1002, "125"),
        (Error::NonMinimalLength(5), 1002, "5"),
        (Error::LengthTopBit, 1002, "top bit"),
        (Error::MaskMissing, 1002, "not masked"),
        (Error::MaskForbidden, 1002, "masked"),
        (Error::UnexpectedContinuation, 1002, "continu"),
        (Error::ExpectedContinuation, 1002, "fragment"),
        (Error::CloseBodyTooShort, 1002, "one byte"),
        (Error::CloseCode(1005), 1002, "1005"),
        (Error::CloseReason { index: 7 }, 1007, "7"),
        (Error::Text { index: 7 }, 1007, "7"),
        (
            Error::FrameTooLarge {
                length: u64::MAX,
                limit,
            },
            1009,
            "18446744073709551615",
        ),
        (
            Error::MessageTooLarge {
                length: u64::MAX,
                limit: u64::MAX,
            },
            1009,
            "maxMessageSize",
        ),
        (Error::TooManyFragments { limit: 9 }, 1009, "9"),
    ] {
        assert_eq!(error.close_code(), code);
        assert!(error.to_string().contains(says), "{error}");
        // It fits as the reason of the close frame that answers it.
        assert!(Message::close(code, error.to_string()).is_ok());
        assert_eq!(error.index().is_some(), code == 1007);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn any_bytes_are_read_as_the_reference_reads_them(
        bytes in proptest::collection::vec(any::<u8>(), 0..20),
    ) {
        prop_assert_eq!(Header::parse(&bytes), reference(&bytes));
    }

    #[test]
    fn a_header_comes_back_from_its_bytes(
        fin: bool,
        rsv in 0..8u8,
        which in 0..6usize,
        key: Option<[u8; 4]>,
        bits in 0..64u32,
        length: u64,
        tail: [u8; 3],
    ) {
        let opcode = OPCODES[which];
        let control = opcode as u8 >= 8;
        let length = if control { length % 126 } else { length >> 1 >> bits };
        let header = Header { fin: fin || control, rsv, opcode, key, length };
        let bytes = encoded(header);
        let more = [&bytes[..], &tail].concat();
        prop_assert_eq!(Header::parse(&more), Ok(Parsed::Complete(header, bytes.len())));
        prop_assert_eq!(reference(&more), Ok(Parsed::Complete(header, bytes.len())));
    }

    #[test]
    fn masking_is_the_formula_of_the_rfc(
        data in proptest::collection::vec(any::<u8>(), 0..200),
        key: [u8; 4],
        cut: prop::sample::Index,
    ) {
        // transformed-octet-i = original-octet-i XOR masking-key-octet-(i MOD 4)
        let expected: Vec<u8> = data.iter().enumerate().map(|(i, b)| b ^ key[i % 4]).collect();
        let mut whole = data.clone();
        mask::apply(&mut whole, key);
        prop_assert_eq!(&whole, &expected);
        let at = cut.index(data.len() + 1);
        let mut halves = data.clone();
        mask::apply(&mut halves[..at], key);
        mask::apply(&mut halves[at..], mask::rotate(key, at as u64));
        prop_assert_eq!(&halves, &expected);
        let mut back = vec![0; data.len()];
        let ascii = mask::unmask_into(&mut back, &expected, key);
        prop_assert_eq!(ascii, data.is_ascii());
        prop_assert_eq!(back, data);
    }
}
