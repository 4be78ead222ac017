//! Lawful conversations with some of their bytes changed: deep states are reached that bytes
//! by chance do not reach. All cuts give the same events, and they are the model's.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use ws4wasm::stream::Role;
use ws4wasm_fuzz::wire::{Form, Frame};
use ws4wasm_fuzz::{Change, change, holds, reader};

#[derive(Debug, Arbitrary)]
struct Input {
    reader: u8,
    key: [u8; 4],
    messages: Vec<Message>,
    close: Option<(u16, String)>,
    frame_changes: Vec<FrameChange>,
    changes: Vec<Change>,
    ways: [u8; 2],
}

#[derive(Debug, Arbitrary)]
enum Message {
    Text(Vec<Part<String>>),
    Binary(Vec<Part<Vec<u8>>>),
    /// Text whose fragments end inside of characters.
    CutText(String, Vec<u8>),
    /// As many bytes as make the longer forms of a length.
    Long(bool, Length),
}

#[derive(Debug, Arbitrary)]
enum Length {
    Around126(u8),
    Around65536(u8),
}

/// A fragment and the control frames after it.
#[derive(Debug, Arbitrary)]
struct Part<T> {
    data: T,
    controls: Vec<(bool, Vec<u8>)>,
}

#[derive(Debug, Arbitrary)]
enum FrameChange {
    /// The frame with this number has another first byte.
    Head(u8, u8),
    /// Its length is written in a longer form.
    Longer(u8, bool),
    /// It says a length that is not its own.
    Lie(u8, u64),
    /// It is masked when it must not be, or the other way round.
    Mask(u8),
    Swap(u8, u8),
    Repeat(u8),
}

fuzz_target!(|input: Input| {
    let (role, config) = reader(input.reader);
    let frames = frames(&input, role);
    let mut wire = encode(&frames, &input.frame_changes);
    change(&mut wire, &input.changes);
    holds(&wire, role, config, &input.ways);
});

fn frames(input: &Input, role: Role) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut long = 0;
    for message in &input.messages {
        match message {
            Message::Text(parts) => push(&mut frames, 1, parts.iter().map(Part::bytes)),
            Message::Binary(parts) => push(&mut frames, 2, parts.iter().map(Part::bytes)),
            Message::CutText(text, cuts) => {
                let bytes = text.as_bytes();
                let mut at: Vec<_> = cuts
                    .iter()
                    .map(|c| usize::from(*c) % (bytes.len() + 1))
                    .collect();
                at.extend([0, bytes.len()]);
                at.sort_unstable();
                let parts = at.windows(2).map(|w| (bytes[w[0]..w[1]].to_vec(), &[][..]));
                push(&mut frames, 1, parts);
            }
            // Time goes into more of them that other inputs use better.
            Message::Long(..) if long == 2 => {}
            Message::Long(text, length) => {
                long += 1;
                let length = match length {
                    Length::Around126(n) => 120 + usize::from(n % 16),
                    Length::Around65536(n) => 65_530 + usize::from(n % 12),
                };
                let part = (vec![b'a'; length], &[][..]);
                push(&mut frames, if *text { 1 } else { 2 }, [part].into_iter());
            }
        }
    }
    if let Some((code, reason)) = &input.close {
        let mut body = code.to_be_bytes().to_vec();
        body.extend(reason.bytes().take(123));
        frames.push(Frame::new(8, body));
    }
    for frame in &mut frames {
        frame.key = (role == Role::Server).then_some(input.key);
    }
    frames
}

type Controls<'a> = &'a [(bool, Vec<u8>)];

impl<T: AsRef<[u8]>> Part<T> {
    fn bytes(&self) -> (Vec<u8>, Controls<'_>) {
        (self.data.as_ref().to_vec(), &self.controls)
    }
}

fn push<'a>(
    frames: &mut Vec<Frame>,
    opcode: u8,
    parts: impl ExactSizeIterator<Item = (Vec<u8>, Controls<'a>)>,
) {
    let count = parts.len();
    for (i, (data, controls)) in parts.enumerate() {
        let mut frame = Frame::new(if i == 0 { opcode } else { 0 }, data);
        frame.fin = i + 1 == count;
        frames.push(frame);
        for (ping, data) in controls {
            let data = &data[..data.len().min(125)];
            frames.push(Frame::new(if *ping { 9 } else { 10 }, data));
        }
    }
}

fn encode(frames: &[Frame], changes: &[FrameChange]) -> Vec<u8> {
    let mut frames: Vec<_> = frames
        .iter()
        .map(|f| (f.clone(), Form::Shortest, None))
        .collect();
    for change in changes {
        let count = frames.len();
        let at = |n: &u8| usize::from(*n) % count.max(1);
        match change {
            _ if count == 0 => {}
            FrameChange::Head(n, b0) => {
                let frame = &mut frames[at(n)].0;
                (frame.fin, frame.rsv, frame.opcode) = (b0 & 128 != 0, b0 >> 4 & 7, b0 & 15);
            }
            FrameChange::Longer(n, most) => {
                frames[at(n)].1 = if *most { Form::Bits64 } else { Form::Bits16 };
            }
            FrameChange::Lie(n, length) => {
                let form = if *length > 65_535 {
                    Form::Bits64
                } else {
                    Form::Shortest
                };
                (frames[at(n)].1, frames[at(n)].2) = (form, Some(*length));
            }
            FrameChange::Mask(n) => {
                let key = &mut frames[at(n)].0.key;
                *key = if key.is_some() {
                    None
                } else {
                    Some([1, 2, 3, 4])
                };
            }
            FrameChange::Swap(a, b) => frames.swap(at(a), at(b)),
            FrameChange::Repeat(n) => frames.push(frames[at(n)].clone()),
        }
    }
    frames
        .iter()
        .flat_map(|(frame, form, length)| {
            frame.encode_as(*form, length.unwrap_or(frame.payload.len() as u64))
        })
        .collect()
}
