//! Work is linear and little is held, however small the chunks. Counted, not timed.

use crate::wire::Frame;
use ws4wasm::Message;
use ws4wasm::stream::{Batch, Config, Decoder, Event, Part, Role, Stream};

/// What it takes to decode one message of `payload` in `fragment`-byte frames, fed one byte
/// at a time: records made, and bytes written into the batch.
fn work(opcode: u8, payload: &[u8], fragment: usize, partial: bool) -> (usize, usize) {
    let mut decoder = Decoder::new(Config {
        partial,
        max_fragments: u32::MAX,
        ..Config::default()
    });
    let mut batch = Batch::new();
    let (mut records, mut bytes, mut data) = (0, 0, 0);
    let mut largest = 0;
    for (at, piece) in payload.chunks(fragment).enumerate() {
        let mut frame = Frame::new(if at == 0 { opcode } else { 0 }, piece);
        frame.fin = (at + 1) * fragment >= payload.len();
        frame.key = Some([1, 2, 3, 4]);
        for byte in frame.encode() {
            assert_eq!(decoder.decode(&[byte], &mut batch), 1);
            records += batch.parts(&[byte]).count();
            bytes += batch.bytes().len();
            largest = largest.max(batch.bytes().len());
            data += batch
                .parts(&[byte])
                .map(|part| match part {
                    Part::Data { bytes, .. } => bytes.len(),
                    _ => 0,
                })
                .sum::<usize>();
        }
    }
    assert_eq!(data, payload.len(), "each byte is told of once");
    assert!(largest <= 4, "a byte and the start of a character");
    // A decoder holds no payload: all that it holds shows here.
    assert!(format!("{decoder:?}").len() < 1500);
    (records, bytes)
}

#[test]
fn one_message_in_chunks_of_one_byte_is_linear() {
    const N: usize = 1 << 19;
    let mixed = "añ水😀bcdef".as_bytes();
    let mixed: Vec<u8> = mixed
        .iter()
        .copied()
        .cycle()
        .take(mixed.len() * (N / 16))
        .collect();
    let half = mixed.len() / 2;
    for partial in [false, true] {
        let (r1, b1) = work(2, &vec![0xfe; N], N, partial);
        let (r2, b2) = work(2, &vec![0xfe; 2 * N], 2 * N, partial);
        assert_eq!((r2, b2), (2 * r1, 2 * b1));
        assert_eq!((r1, b1), (N, N));
        let (r1, b1) = work(1, &mixed[..half], half, partial);
        let (r2, b2) = work(1, &mixed, mixed.len(), partial);
        assert_eq!((r2, b2), (2 * r1, 2 * b1));
        assert!(r1 <= half && b1 <= 3 * half);
    }
}

#[test]
fn one_message_in_frames_of_one_byte_is_linear() {
    const N: usize = 1 << 15;
    let text = "añ水😀bcdefg".as_bytes();
    let text: Vec<u8> = text
        .iter()
        .copied()
        .cycle()
        .take(text.len() * (N / 16))
        .collect();
    for partial in [false, true] {
        let (r1, b1) = work(1, &text[..text.len() / 2], 1, partial);
        let (r2, b2) = work(1, &text, 1, partial);
        assert_eq!((r2, b2), (2 * r1, 2 * b1));
        assert!(r2 <= text.len() && b2 <= 3 * text.len());
    }
}

#[test]
fn a_message_of_1_mib_in_chunks_of_one_byte_comes_whole_and_not_twice_its_size() {
    let payload: Vec<u8> = (0..1u32 << 20).map(|i| ((i * 31) >> 3) as u8).collect();
    let frame = Frame::new(2, &payload[..])
        .masked(Some([9, 8, 7, 6]))
        .encode();
    let mut stream = Stream::new(Role::Server);
    let (last, head) = frame.split_last().unwrap();
    for byte in head {
        assert!(stream.receive(&[*byte]).is_empty());
    }
    let events = stream.receive(&[*last]);
    let [Event::Message(Message::Binary(got))] = &events[..] else {
        panic!("{} events", events.len())
    };
    assert!(*got == payload);
    assert!(got.capacity() <= 2 * payload.len());
}

#[test]
fn empty_fragments_leave_nothing_behind() {
    let mut stream = Stream::new(Role::Client);
    assert!(stream.receive(b"\x02\x01a").is_empty());
    let held = format!("{stream:?}").len();
    for _ in 0..1000 {
        assert!(stream.receive(&b"\x00\x00".repeat(100)).is_empty());
    }
    assert!(format!("{stream:?}").len() < held + 5000);
    assert_eq!(
        stream.receive(b"\x80\x01b"),
        [Event::Message(Message::binary(*b"ab"))]
    );
}

#[test]
fn what_was_collected_is_let_go_at_the_end() {
    for end in [&b"\x88\x00"[..], b"\x81\x00", b"\x83\x00"] {
        let mut stream = Stream::new(Role::Client);
        let mut first = b"\x02\x7e\xff\xff".to_vec();
        first.resize(4 + 65535, b'z');
        for chunk in first.chunks(100) {
            assert!(stream.receive(chunk).is_empty());
        }
        assert!(format!("{stream:?}").len() > 65535);
        assert_eq!(stream.receive(end).len(), 1);
        assert!(format!("{stream:?}").len() < 5000);
    }
}

#[test]
fn a_decoder_is_small() {
    assert!(size_of::<Decoder>() <= 256, "{}", size_of::<Decoder>());
}

#[test]
fn a_long_announced_length_takes_no_memory() {
    let mut stream = Stream::with_config(
        Role::Client,
        Config {
            max_frame_size: u64::MAX,
            max_message_size: u64::MAX,
            ..Config::default()
        },
    );
    assert!(
        stream
            .receive(b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xffabc")
            .is_empty()
    );
    assert_eq!(stream.wants(), (1 << 63) - 1 - 3);
    assert!(format!("{stream:?}").len() < 5000);
}

/// A stream that is used when its thread is at its end, and what all streams of the thread share
/// may be gone.
#[test]
fn while_a_thread_ends() {
    use std::cell::RefCell;

    struct Late(Option<Stream>);

    impl Late {
        fn receive(&mut self) {
            let stream = self.0.get_or_insert_with(|| Stream::new(Role::Server));
            let wire = Frame::new(1, *b"late").masked(Some([1, 2, 3, 4])).encode();
            assert_eq!(
                stream.receive(&wire),
                [Event::Message(Message::text("late"))]
            );
        }
    }

    impl Drop for Late {
        fn drop(&mut self) {
            self.receive();
        }
    }

    thread_local! {
        static BEFORE: RefCell<Late> = const { RefCell::new(Late(None)) };
        static AFTER: RefCell<Late> = const { RefCell::new(Late(None)) };
    }
    let thread = std::thread::spawn(|| {
        BEFORE.with(|_| ());
        Late(None).receive();
        AFTER.with_borrow_mut(Late::receive);
    });
    assert!(thread.join().is_ok());
}
