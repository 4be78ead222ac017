//! Messages: their limits, their bytes, and what may be added to them.

use ws4wasm::close_code::{self, is_sendable};
use ws4wasm::{MAX_CLOSE_REASON, MAX_CONTROL_PAYLOAD, Message, MessageError, Opcode};

type Make = fn(Vec<u8>) -> Result<Message, MessageError>;

/// What makes a ping and a pong.
const CONTROLS: [Make; 2] = [Message::ping, Message::pong];

// [RFC 6455 7.4.1-1, 7.4.1-2, 7.4.1-3]
#[test]
fn close_codes_that_may_be_sent() {
    let mut allowed = 0;
    for code in 0..=u16::MAX {
        // RFC 6455 section 7.4.1 and the IANA registry; 7.4.2.
        let expected = match code {
            1000..=1003 | 1007..=1014 | 3000..=4999 => true,
            0..=999 | 1004..=1006 | 1015..=2999 | 5000..=u16::MAX => false,
        };
        assert_eq!(is_sendable(code), expected, "{code}");
        let message = Message::close(code, "");
        if expected {
            allowed += 1;
            let payload = message.unwrap().payload().into_owned();
            assert_eq!(payload, [(code / 256) as u8, (code % 256) as u8]);
        } else {
            let error = message.unwrap_err();
            assert_eq!(error, MessageError::CloseCode(code));
            assert!(error.to_string().contains(&code.to_string()));
        }
    }
    assert_eq!(allowed, 4 + 8 + 2000);
}

#[test]
fn a_close_without_a_code_has_no_payload() {
    let close = Message::empty_close();
    assert_eq!(close.single(false), b"\x88\x00");
    let Message::Close { code, reason } = &close else {
        panic!()
    };
    assert_eq!((*code, &**reason), (close_code::NO_STATUS, ""));
    // Even one made by hand puts no 1005 on the wire.
    let odd = Message::Close {
        code: 1005,
        reason: "lost".into(),
    };
    assert_eq!(odd.single(false), b"\x88\x00");
}

#[test]
fn reasons_are_measured_in_bytes() {
    assert_eq!(MAX_CLOSE_REASON, 123);
    let longest = Message::close(1000, "é".repeat(61) + "!").unwrap();
    assert_eq!(longest.payload().len(), 125);
    assert_eq!(longest.single(false).len(), 127);
    let error = Message::close(1000, "é".repeat(62)).unwrap_err();
    assert_eq!(error, MessageError::ReasonTooLong(124));
    assert!(error.to_string().contains("124") && error.to_string().contains("123"));
    // The code is what is wrong first.
    let both = Message::close(1005, "x".repeat(200));
    assert_eq!(both, Err(MessageError::CloseCode(1005)));
}

// [RFC 6455 5.5-1]
#[test]
fn control_payloads_have_a_limit() {
    assert_eq!(MAX_CONTROL_PAYLOAD, 125);
    for make in CONTROLS {
        assert_eq!(make(vec![1; 125]).unwrap().single(false).len(), 127);
        assert_eq!(make(vec![1; 126]), Err(MessageError::ControlTooLong(126)));
        assert_eq!(
            make(vec![1; 70000]),
            Err(MessageError::ControlTooLong(70000))
        );
    }
    assert!(
        MessageError::ControlTooLong(126)
            .to_string()
            .contains("126")
    );
}

#[test]
fn single_frames() {
    for (message, frame) in [
        (Message::text("Hello"), &b"\x81\x05Hello"[..]),
        (Message::text(""), b"\x81\x00"),
        (Message::text("水"), b"\x81\x03\xe6\xb0\xb4"),
        (Message::binary(*b"\x00\xff"), b"\x82\x02\x00\xff"),
        (Message::ping("p").unwrap(), b"\x89\x01p"),
        (Message::pong("").unwrap(), b"\x8a\x00"),
        (Message::close(1000, "bye").unwrap(), b"\x88\x05\x03\xe8bye"),
        (Message::close(4999, "").unwrap(), b"\x88\x02\x13\x87"),
    ] {
        assert_eq!(message.single(false), frame);
        let masked = message.single(true);
        assert_eq!(masked.len(), frame.len() + 4);
        assert_eq!(masked[..2], [frame[0], frame[1] | 0x80]);
        let key = &masked[2..6];
        let payload: Vec<u8> = masked[6..]
            .iter()
            .enumerate()
            .map(|(i, b)| b ^ key[i % 4])
            .collect();
        assert_eq!(payload, frame[2..]);
    }
}

// [RFC 6455 5.2-5]
#[test]
fn lengths_take_their_shortest_form() {
    for (length, head) in [
        (125, &b"\x82\x7d"[..]),
        (126, b"\x82\x7e\x00\x7e"),
        (65535, b"\x82\x7e\xff\xff"),
        (65536, b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ] {
        let frame = Message::binary(vec![9; length]).single(false);
        assert_eq!(&frame[..head.len()], head);
        assert_eq!(frame.len(), head.len() + length);
    }
}

// [RFC 6455 6.1-4, 6.1-5]
#[test]
fn fragments() {
    let text = Message::text("ab");
    assert_eq!(text.fragment(true, false, false), b"\x01\x02ab");
    assert_eq!(text.fragment(false, false, false), b"\x00\x02ab");
    assert_eq!(text.fragment(false, true, false), b"\x80\x02ab");
    assert_eq!(text.fragment(true, true, false), text.single(false));
    let binary = Message::binary("");
    assert_eq!(binary.fragment(true, false, false), b"\x02\x00");
    let masked = binary.fragment(false, true, true);
    assert_eq!((masked.len(), &masked[..2]), (6, &b"\x80\x80"[..]));
}

#[test]
fn opcodes() {
    assert_eq!(Message::text("").opcode(), Opcode::Text);
    assert_eq!(Message::binary("").opcode(), Opcode::Binary);
    assert_eq!(Message::empty_close().opcode(), Opcode::Close);
    assert_eq!(Message::ping("").unwrap().opcode(), Opcode::Ping);
    assert_eq!(Message::pong("").unwrap().opcode(), Opcode::Pong);
}

#[test]
fn text_and_binary_grow_without_limit() {
    let mut text = Message::text("Gr");
    text.extend("üße".as_bytes()).unwrap();
    text.extend(b"").unwrap();
    assert_eq!(text, Message::text("Grüße"));
    let mut binary = Message::binary(*b"\xff");
    binary.extend(b"\x00\xc0").unwrap();
    binary.extend(&[7; 100_000]).unwrap();
    assert_eq!(binary.payload().len(), 100_003);
}

#[test]
fn text_takes_only_utf8_and_stays_as_it_was() {
    for (bad, index) in [(&b"\xff"[..], 0), (b"ok\xc0\xaf", 2), (b"\xe2\x82", 0)] {
        let refused = Err(MessageError::NotUtf8(index));
        let mut text = Message::text("kept");
        assert_eq!(text.extend(bad), refused);
        assert_eq!(text, Message::text("kept"));
        let mut close = Message::close(1000, "kept").unwrap();
        assert_eq!(close.extend(bad), refused);
        assert_eq!(close, Message::close(1000, "kept").unwrap());
    }
    assert!(MessageError::NotUtf8(2).to_string().contains('2'));
}

#[test]
fn control_messages_grow_to_their_limit() {
    for make in CONTROLS {
        let mut message = make(vec![1; 100]).unwrap();
        assert_eq!(
            message.extend(&[2; 26]),
            Err(MessageError::ControlTooLong(126))
        );
        assert_eq!(message.payload().len(), 100);
        message.extend(&[2; 25]).unwrap();
        assert_eq!(message.extend(&[3]), Err(MessageError::ControlTooLong(126)));
        assert_eq!(message.payload().len(), 125);
        message.extend(&[]).unwrap();
    }
    let mut close = Message::close(3000, "r".repeat(100)).unwrap();
    let too_long = close.extend("é".repeat(12).as_bytes());
    assert_eq!(too_long, Err(MessageError::ReasonTooLong(124)));
    close.extend("r".repeat(23).as_bytes()).unwrap();
    assert_eq!(close, Message::close(3000, "r".repeat(123)).unwrap());
    assert_eq!(close.payload().len(), 125);
}

#[test]
fn a_close_without_a_code_takes_no_reason() {
    let mut close = Message::empty_close();
    assert_eq!(close.extend(b"why"), Err(MessageError::CloseCode(1005)));
    close.extend(b"").unwrap();
    assert_eq!(close, Message::empty_close());
}
