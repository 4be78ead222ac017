//! What RFC 6455 and the design say that bytes mean, told in the plainest way: all at once,
//! with the standard library's UTF-8. And the same in the events of a real stream.

use crate::wire::{Found, walk, xor};
use ws4wasm::stream::{Config, Event, FrameInfo, Role, Stream};
use ws4wasm::{DataKind, Error, Message};

/// What bytes come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Messages and at last the error, if there is one.
    pub events: Vec<Event>,
    /// How many bytes were looked at.
    pub used: usize,
    pub closed: bool,
    /// How many headers of the walk are right as headers.
    pub headers: usize,
    /// What there is of a message not finished, up to a code point's end.
    pub pending: Option<(DataKind, Vec<u8>)>,
}

/// Where text goes wrong: the first byte that nothing after it could repair.
pub fn bad_byte(text: &[u8]) -> Option<usize> {
    let error = core::str::from_utf8(text).err()?;
    let start = error.valid_up_to();
    // std counts the bytes that could have begun a character. One that could not is bad itself.
    let begun = error.error_len()?;
    let lead = matches!(text[start], 0xc2..=0xf4);
    Some(if lead { start + begun } else { start })
}

pub fn whole_characters(text: &[u8]) -> usize {
    core::str::from_utf8(text).map_or_else(|e| e.valid_up_to(), str::len)
}

fn sendable(code: u16) -> bool {
    (1000..5000).contains(&code)
        && !(1004..=1006).contains(&code)
        && !(1015..3000).contains(&code)
}

fn text(bytes: &[u8]) -> String {
    core::str::from_utf8(bytes).unwrap().to_owned()
}

/// The outcome of `bytes` at one end.
pub fn outcome(bytes: &[u8], role: Role, config: &Config) -> Outcome {
    let mut out = Outcome {
        events: Vec::new(),
        used: 0,
        closed: false,
        headers: 0,
        pending: None,
    };
    let mut open: Option<(DataKind, Vec<u8>, u32)> = None;
    let end = judge(bytes, role, config, &mut out, &mut open);
    if let Err((error, used)) = end {
        out.used = used;
        out.closed = true;
        let close = Message::Close {
            code: error.close_code(),
            reason: error.to_string(),
        };
        out.events.push(Event::Error { error, close });
    } else if !out.closed {
        out.used = bytes.len();
    }
    out.pending = open.map(|(kind, mut data, _)| {
        if kind == DataKind::Text {
            data.truncate(whole_characters(&data));
        }
        (kind, data)
    });
    out
}

fn judge(
    bytes: &[u8],
    role: Role,
    config: &Config,
    out: &mut Outcome,
    open: &mut Option<(DataKind, Vec<u8>, u32)>,
) -> Result<(), (Error, usize)> {
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let (b0, opcode) = (rest[0], rest[0] % 16);
        let (fin, control) = (b0 >= 128, opcode >= 8);
        let first = |error| Err((error, at + 1));
        match opcode {
            _ if b0 / 16 % 8 != 0 => return first(Error::ReservedBits(b0 / 16 % 8)),
            3..=7 | 11..=15 => return first(Error::ReservedOpcode(opcode)),
            8..=10 if !fin => return first(Error::FragmentedControl),
            0 if open.is_none() => return first(Error::UnexpectedContinuation),
            1 | 2 if open.is_some() => return first(Error::ExpectedContinuation),
            _ => {}
        }
        let Some(&b1) = rest.get(1) else {
            return Ok(());
        };
        match (role, b1 >= 128) {
            (Role::Server, false) => return Err((Error::MaskMissing, at + 2)),
            (Role::Client, true) => return Err((Error::MaskForbidden, at + 2)),
            _ if control && b1 % 128 > 125 => return Err((Error::ControlTooLong, at + 2)),
            _ => {}
        }
        if b1 % 128 == 127 && rest.get(2).is_some_and(|b| *b >= 128) {
            return Err((Error::LengthTopBit, at + 3));
        }
        let (size, least) = match b1 % 128 {
            126 => (2, 126),
            127 => (8, 65536),
            _ => (0, 0),
        };
        if rest.len() < 2 + size {
            return Ok(());
        }
        let digits = if size == 0 {
            &[b1 % 128][..]
        } else {
            &rest[2..2 + size]
        };
        let length = digits.iter().fold(0, |n, b| n * 256 + u64::from(*b));
        if length < least {
            return Err((Error::NonMinimalLength(length), at + 2 + size));
        }
        let key_size = if b1 >= 128 { 4 } else { 0 };
        let body = at + 2 + size + key_size;
        if bytes.len() < body {
            return Ok(());
        }
        let key = (key_size > 0).then(|| <[u8; 4]>::try_from(&bytes[body - 4..body]).unwrap());
        let there = (bytes.len() - body).min(usize::try_from(length).unwrap_or(usize::MAX));
        let payload = xor(&bytes[body..body + there], key);
        let complete = there as u64 == length;
        out.headers += 1;
        if control {
            if complete {
                let message = match opcode {
                    9 => Message::Ping(payload),
                    10 => Message::Pong(payload),
                    _ => closing(&payload).map_err(|e| (e, body + there))?,
                };
                out.events.push(Event::Message(message));
                if opcode == 8 {
                    out.used = body + there;
                    out.closed = true;
                    return Ok(());
                }
            }
        } else {
            data((opcode, fin, length), &payload, body, config, out, open)?;
        }
        at = body + there;
    }
    Ok(())
}

fn data(
    (opcode, fin, length): (u8, bool, u64),
    payload: &[u8],
    body: usize,
    config: &Config,
    out: &mut Outcome,
    open: &mut Option<(DataKind, Vec<u8>, u32)>,
) -> Result<(), (Error, usize)> {
    let kind = if opcode == 1 {
        DataKind::Text
    } else {
        DataKind::Binary
    };
    let (kind, mut message, frames) = match open.clone() {
        Some(message) => message,
        None => (kind, Vec::new(), 0),
    };
    let sum = u128::from(length) + message.len() as u128;
    let too_much = if length > config.max_frame_size {
        let limit = config.max_frame_size;
        Some(Error::FrameTooLarge { length, limit })
    } else if sum > u128::from(config.max_message_size) {
        let limit = config.max_message_size;
        let length = u64::try_from(sum).unwrap();
        Some(Error::MessageTooLarge { length, limit })
    } else if frames + 1 > config.max_fragments {
        let limit = config.max_fragments;
        Some(Error::TooManyFragments { limit })
    } else {
        None
    };
    if let Some(error) = too_much {
        return Err((error, body));
    }
    let before = message.len();
    message.extend_from_slice(payload);
    *open = Some((kind, message.clone(), frames + 1));
    let complete = payload.len() as u64 == length;
    if kind == DataKind::Text {
        if let Some(index) = bad_byte(&message) {
            let error = Error::Text {
                index: index as u64,
            };
            return Err((error, body + index - before + 1));
        }
        if complete && fin && whole_characters(&message) < message.len() {
            let index = message.len() as u64;
            return Err((Error::Text { index }, body + payload.len()));
        }
    }
    if complete && fin {
        *open = None;
        out.events.push(Event::Message(match kind {
            DataKind::Text => Message::Text(text(&message)),
            DataKind::Binary => Message::Binary(message),
        }));
    }
    Ok(())
}

fn closing(body: &[u8]) -> Result<Message, Error> {
    if body.is_empty() {
        return Ok(Message::Close {
            code: 1005,
            reason: String::new(),
        });
    }
    if body.len() == 1 {
        return Err(Error::CloseBodyTooShort);
    }
    let (code, reason) = (u16::from(body[0]) * 256 + u16::from(body[1]), &body[2..]);
    if !sendable(code) {
        return Err(Error::CloseCode(code));
    }
    if whole_characters(reason) < reason.len() {
        let index = bad_byte(reason).unwrap_or(reason.len()) as u64;
        return Err(Error::CloseReason { index });
    }
    Ok(Message::Close {
        code,
        reason: text(reason),
    })
}

/// What a real stream makes of the chunks, and the stream as it stands then.
pub fn feed<'a>(
    role: Role,
    config: Config,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Event>, Stream) {
    let mut stream = Stream::with_config(role, config);
    let mut events = Vec::new();
    for chunk in chunks {
        events.extend(stream.receive(chunk));
    }
    (events, stream)
}

/// Feeds as many bytes as the stream says that it wants, each time.
pub fn feed_wanted(role: Role, config: Config, bytes: &[u8]) -> (Vec<Event>, Stream) {
    let mut stream = Stream::with_config(role, config);
    let mut events = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let wants = stream.wants();
        assert!(wants >= 1);
        let (now, later) = rest.split_at(rest.len().min(wants.min(1 << 40) as usize));
        events.extend(stream.receive(now));
        rest = later;
    }
    (events, stream)
}

/// The real stream's events, in every mode, are those of the model.
pub fn agree(expected: &Outcome, bytes: &[u8], role: Role, config: Config, cut: &[&[u8]]) {
    let (events, stream) = feed(role, config, cut.iter().copied());
    assert_eq!(events, expected.events);
    check_end(expected, bytes, &stream);
}

pub fn check_end(expected: &Outcome, bytes: &[u8], stream: &Stream) {
    assert_eq!(stream.is_closed(), expected.closed);
    assert_eq!(stream.ignored(), (bytes.len() - expected.used) as u64);
    assert!(stream.wants() >= 1);
}

/// With `frames`: each header as the walk finds it, before what its frame carries.
pub fn agree_frames(
    expected: &Outcome,
    bytes: &[u8],
    role: Role,
    config: Config,
    cut: &[&[u8]],
) {
    let config = Config {
        frames: true,
        ..config
    };
    let (events, stream) = feed(role, config, cut.iter().copied());
    let mut carried = expected.events.iter();
    let mut all = Vec::new();
    for found in walk(bytes).iter().take(expected.headers) {
        all.push(Event::Frame(info(found)));
        if found.complete() && (found.frame.fin || found.frame.opcode >= 8) {
            all.extend(carried.next().cloned());
        }
    }
    all.extend(carried.cloned());
    assert_eq!(events, all);
    check_end(expected, bytes, &stream);
}

fn info(found: &Found) -> FrameInfo {
    let mut header = ws4wasm::frame::Header {
        fin: found.frame.fin,
        rsv: found.frame.rsv,
        opcode: ws4wasm::Opcode::Continuation,
        key: found.frame.key,
        length: found.length,
    };
    header.opcode = match found.frame.opcode {
        0 => ws4wasm::Opcode::Continuation,
        1 => ws4wasm::Opcode::Text,
        2 => ws4wasm::Opcode::Binary,
        8 => ws4wasm::Opcode::Close,
        9 => ws4wasm::Opcode::Ping,
        _ => ws4wasm::Opcode::Pong,
    };
    FrameInfo {
        offset: found.offset as u64,
        header_len: found.header_len as u8,
        header,
    }
}

/// With `partial`: the pieces joined are the messages, flags and code points are right, and
/// what came of a message that did not end is there as well. Gives the events with pieces
/// that stand side by side joined, which no cut may change.
pub fn agree_partial(
    expected: &Outcome,
    bytes: &[u8],
    role: Role,
    config: Config,
    cut: &[&[u8]],
) -> Vec<Event> {
    let config = Config {
        partial: true,
        ..config
    };
    let (events, stream) = feed(role, config, cut.iter().copied());
    check_end(expected, bytes, &stream);
    let mut messages = Vec::new();
    let mut joined: Vec<Event> = Vec::new();
    let mut open: Option<(DataKind, Vec<u8>)> = None;
    for event in events {
        let Event::Fragment {
            kind,
            data,
            first,
            last,
        } = event
        else {
            if !matches!(event, Event::Frame(_)) {
                messages.push(event.clone());
            }
            joined.push(event);
            continue;
        };
        assert_eq!(
            first,
            open.is_none(),
            "first is set on the first piece alone"
        );
        assert!(last || !data.is_empty(), "an empty piece tells nothing");
        assert!(kind == DataKind::Binary || core::str::from_utf8(&data).is_ok());
        let (whole_kind, whole) = open.get_or_insert((kind, Vec::new()));
        assert_eq!(*whole_kind, kind);
        whole.extend_from_slice(&data);
        if last {
            let (_, whole) = open.take().unwrap();
            messages.push(Event::Message(match kind {
                DataKind::Text => Message::Text(text(&whole)),
                DataKind::Binary => Message::Binary(whole),
            }));
        }
        match joined.last_mut() {
            Some(Event::Fragment {
                data: before,
                last: ended,
                ..
            }) if !*ended => {
                before.extend_from_slice(&data);
                *ended = last;
            }
            _ => joined.push(Event::Fragment {
                kind,
                data,
                first,
                last,
            }),
        }
    }
    assert_eq!(messages, expected.events);
    let pending = expected
        .pending
        .clone()
        .filter(|(_, data)| !data.is_empty());
    assert_eq!(open, pending);
    joined
}
