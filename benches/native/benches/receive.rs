//! `cargo bench`: masked frames as a server receives them, by the core of ws4wasm, and by
//! tungstenite, fastwebsockets, tokio-websockets and web-socket. The same bytes for all, in one
//! process, in interleaved rounds; prints a line of JSON for each workload.

use fastwebsockets::WebSocket as FastWebSocket;
use futures_util::StreamExt;
use std::future::Future;
use std::hint::black_box;
use std::io::Read;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use tokio::io::BufReader;
use tungstenite::protocol::{Role as TungsteniteRole, WebSocket};
use ws4wasm::stream::{Batch, Config, Decoder, Event, Part, Role, Stream};
use ws4wasm::{Message, MessageRef};
use ws4wasm_native_bench::{CHUNK, Source};

const KIB: usize = 1024;
const ENGLISH: &str = "The quick brown fox jumps over the lazy dog, 4711 times. ";
const MIXED: &str = "Zażółć gęślą jaźń. Съешь ещё этих булок. いろはにほへと ちりぬるを。 \
                     我能吞下玻璃而不伤身体。 نص حكيم. हिन्दी में लिखा। Some ASCII 😀🎉👍. ";

/// Gives what was received: messages and a sum that depends on each.
type Receiver = Box<dyn FnMut() -> u64>;

fn main() {
    // `cargo bench` passes --bench, `cargo test --benches` does not: then once round suffices.
    let full = std::env::args().any(|arg| arg == "--full");
    let (rounds, budget) = if full { (21, 20) } else { (5, 5) };
    // `-- "text 16 B"`: that workload only.
    let only = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    for (name, text, size) in [
        ("text 16 B", Some(ENGLISH), 16),
        ("text 125 B", Some(ENGLISH), 125),
        ("text 1 KiB", Some(ENGLISH), KIB),
        ("text 1 KiB, multilingual", Some(MIXED), KIB),
        ("binary 125 B", None, 125),
        ("binary 16 KiB", None, 16 * KIB),
        ("binary 1 MiB", None, KIB * KIB),
    ] {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let count = (2 * KIB * KIB / size).max(4);
        let bytes = wire(text, size, count);
        let peers: Vec<(&str, Receiver)> = vec![
            ("tungstenite", tungstenite(bytes.clone(), count)),
            ("fastwebsockets", fastwebsockets(bytes.clone(), count)),
            ("tokio-websockets", tokio_websockets(bytes.clone(), count)),
            ("web-socket", web_socket(bytes.clone(), count)),
            ("ws4wasm Decoder", decoder(bytes.clone())),
            ("ws4wasm Stream", stream(bytes.clone())),
            ("ws4wasm Stream, shared", shared(bytes.clone())),
            ("ws4wasm Stream, borrowed", borrowed(bytes)),
        ];
        let rates = measure(peers, rounds, Duration::from_millis(budget), count);
        println!(
            r#"{{"workload":"{name}","bytes":{},"messages":{count},"rates":{{{}}}}}"#,
            size * count,
            rates.join(","),
        );
    }
}

fn measure(
    mut peers: Vec<(&str, Receiver)>,
    rounds: usize,
    budget: Duration,
    count: usize,
) -> Vec<String> {
    let expected = peers[0].1();
    for (name, receive) in &mut peers {
        assert_eq!(receive(), expected, "{name} receives something else");
    }
    let mut rates = vec![Vec::new(); peers.len()];
    for round in 0..rounds {
        for i in 0..peers.len() {
            let index = (i + round) % peers.len();
            let begun = Instant::now();
            let mut passes = 0;
            while begun.elapsed() < budget {
                assert_eq!(black_box(peers[index].1()), expected);
                passes += 1;
            }
            rates[index].push((passes * count) as f64 / begun.elapsed().as_secs_f64());
        }
    }
    let list = |rates: &Vec<f64>| {
        let rates: Vec<_> = rates.iter().map(|rate| format!("{rate:.0}")).collect();
        rates.join(",")
    };
    let lines = peers.iter().zip(&rates);
    lines
        .map(|((name, _), rates)| format!(r#""{name}":[{}]"#, list(rates)))
        .collect()
}

/// What a message adds to the sum; its payload has been looked at.
fn sum(payload: &[u8]) -> u64 {
    (payload.len() + usize::from(payload[payload.len() / 2])) as u64
}

fn tungstenite(bytes: Vec<u8>, count: usize) -> Receiver {
    let mut socket =
        WebSocket::from_raw_socket(Source::new(bytes), TungsteniteRole::Server, None);
    Box::new(move || {
        let message = || sum(&socket.read().expect("a message").into_data());
        std::iter::repeat_with(message).take(count).sum()
    })
}

fn fastwebsockets(bytes: Vec<u8>, count: usize) -> Receiver {
    let mut socket =
        FastWebSocket::after_handshake(Source::new(bytes), fastwebsockets::Role::Server);
    Box::new(move || {
        (0..count)
            .map(|_| sum(&ready(socket.read_frame()).expect("a frame").payload))
            .sum()
    })
}

fn tokio_websockets(bytes: Vec<u8>, count: usize) -> Receiver {
    let builder = tokio_websockets::ServerBuilder::new();
    let mut socket = builder.serve(Source::new(bytes));
    Box::new(move || {
        (0..count)
            .map(|_| {
                let message = ready(socket.next())
                    .expect("a message")
                    .expect("a lawful one");
                sum(message.as_payload())
            })
            .sum()
    })
}

/// It does not check that text is UTF-8.
fn web_socket(bytes: Vec<u8>, count: usize) -> Receiver {
    let source = BufReader::with_capacity(CHUNK, Source::new(bytes));
    let mut socket = web_socket::WebSocket::server(source);
    Box::new(move || {
        (0..count)
            .map(|_| match ready(socket.recv()) {
                Ok(web_socket::Event::Data { data, .. }) => sum(&data),
                other => panic!("{other:?}"),
            })
            .sum()
    })
}

/// The source never makes anybody wait.
fn ready<F: Future>(future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("the source is always ready"),
    }
}

/// The core alone: messages as slices of its batch, pieces of long ones one by one.
fn decoder(bytes: Vec<u8>) -> Receiver {
    let mut buffer = vec![0; CHUNK];
    let total = bytes.len();
    let mut source = Source::new(bytes);
    let mut decoder = Decoder::new(Config::default());
    let mut batch = Batch::with_capacity(CHUNK);
    // A long message comes in pieces; its middle is looked for as in a whole one.
    let mut message = Vec::new();
    Box::new(move || {
        let mut read = 0;
        let mut all = 0;
        while read < total {
            let length = source.read(&mut buffer).expect("bytes");
            read += length;
            let mut at = 0;
            while at < length {
                let input = &buffer[at..length];
                at += decoder.decode(input, &mut batch);
                for part in batch.parts(input) {
                    let Part::Data {
                        bytes, first, last, ..
                    } = part
                    else {
                        panic!("{part:?}");
                    };
                    if first && last {
                        all += sum(bytes);
                        continue;
                    }
                    message.extend_from_slice(bytes);
                    if last {
                        all += sum(&message);
                        message.clear();
                    }
                }
            }
        }
        all
    })
}

/// `receive`: every message owns its memory.
fn stream(bytes: Vec<u8>) -> Receiver {
    let mut buffer = vec![0; CHUNK];
    let total = bytes.len();
    let mut source = Source::new(bytes);
    let mut stream = Stream::new(Role::Server);
    Box::new(move || {
        let mut read = 0;
        let mut all = 0;
        while read < total {
            let length = source.read(&mut buffer).expect("bytes");
            read += length;
            for event in stream.receive(&buffer[..length]) {
                all += match event {
                    Event::Message(Message::Text(text)) => sum(text.as_bytes()),
                    Event::Message(Message::Binary(bytes)) => sum(&bytes),
                    other => panic!("unexpected {other:?}"),
                };
            }
        }
        all
    })
}

/// `receive_shared`: messages are slices of memory that is shared and counted, as tungstenite's are.
fn shared(bytes: Vec<u8>) -> Receiver {
    use ws4wasm::shared::Message;
    let mut buffer = vec![0; CHUNK];
    let total = bytes.len();
    let mut source = Source::new(bytes);
    let mut stream = Stream::new(Role::Server);
    Box::new(move || {
        let mut read = 0;
        let mut all = 0;
        while read < total {
            let length = source.read(&mut buffer).expect("bytes");
            read += length;
            stream.receive_shared(&buffer[..length], |event| {
                all += match event {
                    Event::Message(Message::Text(text)) => sum(text.as_bytes()),
                    Event::Message(Message::Binary(bytes)) => sum(&bytes),
                    other => panic!("unexpected {other:?}"),
                };
            });
        }
        all
    })
}

/// `receive_ref`: messages are borrowed.
fn borrowed(bytes: Vec<u8>) -> Receiver {
    let mut buffer = vec![0; CHUNK];
    let total = bytes.len();
    let mut source = Source::new(bytes);
    let mut stream = Stream::new(Role::Server);
    Box::new(move || {
        let mut read = 0;
        let mut all = 0;
        while read < total {
            let length = source.read(&mut buffer).expect("bytes");
            read += length;
            stream.receive_ref(&buffer[..length], |event| {
                all += match event {
                    Event::Message(MessageRef::Text(text)) => sum(text.as_bytes()),
                    Event::Message(MessageRef::Binary(bytes)) => sum(bytes),
                    other => panic!("unexpected {other:?}"),
                };
            });
        }
        all
    })
}

/// Masked frames, all keys different.
fn wire(text: Option<&str>, size: usize, count: usize) -> Vec<u8> {
    let mut state = 42u32;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    };
    let mut out = Vec::new();
    for _ in 0..count {
        let payload = match text {
            Some(text) => fill(text, size, random() as usize),
            None => (0..size).map(|_| random() as u8).collect(),
        };
        out.push(if text.is_some() { 0x81 } else { 0x82 });
        match size {
            0..=125 => out.push(0x80 | size as u8),
            126..=0xffff => {
                out.push(0x80 | 126);
                out.extend((size as u16).to_be_bytes());
            }
            _ => {
                out.push(0x80 | 127);
                out.extend((size as u64).to_be_bytes());
            }
        }
        let key = random().to_le_bytes();
        out.extend(key);
        out.extend(payload.iter().zip(key.iter().cycle()).map(|(a, b)| a ^ b));
    }
    out
}

/// `size` bytes of whole characters, from somewhere in `text` on.
fn fill(text: &str, size: usize, start: usize) -> Vec<u8> {
    let skip = start % text.chars().count();
    let mut out = String::new();
    for char in text.chars().cycle().skip(skip) {
        if out.len() + char.len_utf8() > size {
            break;
        }
        out.push(char);
    }
    out.push_str(&".".repeat(size - out.len()));
    out.into_bytes()
}
