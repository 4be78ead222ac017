//! Every file that `make.py` made, and every recorded one, against tshark.

use crate::recorder::{Event, Outcome, read, read_pieces};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use ws4wasm_inspect::capture::{ErrorKind, Format, NoteKind};
use ws4wasm_inspect::flow::{Direction, Endpoint};

fn folder(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(name)
}

pub fn file(name: &str) -> Vec<u8> {
    fs::read(folder("tests/capture/files").join(name)).expect(name)
}

fn expected() -> BTreeMap<String, Value> {
    let text =
        fs::read_to_string(folder("tests/capture/expected.json")).expect("expected.json");
    serde_json::from_str(&text).expect("JSON")
}

/// What tshark knows of a file, with the file.
fn all() -> Vec<(String, Vec<u8>, Value)> {
    let recorded = folder("../shared/captures");
    if !recorded.is_dir() {
        println!(
            "skipped: the recorded captures, {} is not here",
            recorded.display()
        );
    }
    let mut all = Vec::new();
    for (name, expected) in expected() {
        let made = folder("tests/capture/files").join(&name);
        let path = if made.exists() {
            made
        } else {
            recorded.join(&name)
        };
        if let Ok(bytes) = fs::read(path) {
            all.push((name, bytes, expected));
        }
    }
    assert!(all.len() >= 30);
    all
}

fn hex(text: &Value) -> Vec<u8> {
    let text = text.as_str().expect("hex");
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.map(byte).collect()
}

/// As tshark writes them.
fn node(endpoint: &Endpoint) -> String {
    match endpoint.address.contains(':') {
        true => format!("[{}]:{}", endpoint.address, endpoint.port),
        false => format!("{}:{}", endpoint.address, endpoint.port),
    }
}

#[test]
fn streams_are_those_of_tshark() {
    for (name, bytes, expected) in all() {
        // It puts nothing in the place of what was cut off, and shows a probe's byte.
        if ["snapped.pcap", "simple-le.pcapng", "simple-be.pcapng"].contains(&&*name) {
            continue;
        }
        let outcome = read(&bytes);
        assert_eq!(outcome.result, Ok(()), "{name}");
        let streams = expected["streams"].as_array().unwrap();
        assert_eq!(outcome.recorder.flows(), streams.len(), "{name}");
        for (flow, stream) in streams.iter().enumerate() {
            let opened = outcome.recorder.opened(flow);
            for (direction, from) in [
                (Direction::ClientToServer, &opened.client),
                (Direction::ServerToClient, &opened.server),
            ] {
                let index = usize::from(stream["nodes"][1] == node(from).as_str());
                assert_eq!(stream["nodes"][index], node(from).as_str(), "{name}");
                let bytes = outcome.recorder.bytes(flow, direction);
                assert_eq!(bytes, hex(&stream["sent"][index]), "{name} {direction:?}");
            }
        }
    }
}

/// In a file without trouble every payload is told as it stands in its packet.
#[test]
fn packets_times_and_places_are_those_of_tshark() {
    for (name, bytes, expected) in all() {
        if ["noisy.pcap", "simple-le.pcapng", "simple-be.pcapng"].contains(&&*name) {
            continue;
        }
        let outcome = read(&bytes);
        let mut packets = expected["packets"].as_array().unwrap().iter();
        for event in &outcome.recorder.events {
            let Event::Data(flow, direction, time, source, payload) = event else {
                continue;
            };
            let packet = packets.next().expect("more data than tshark has");
            assert_eq!(packet[0], source.packet, "{name}");
            let time = format!("{}.{:09}", time / 1_000_000_000, time % 1_000_000_000);
            assert_eq!(packet[1], time.as_str(), "{name}");
            assert_eq!(&hex(&packet[4]), payload, "{name}");
            let opened = outcome.recorder.opened(*flow as usize);
            let from = [&opened.client, &opened.server][*direction as usize];
            assert_eq!(packet[2], from.address.as_str(), "{name}");
            assert_eq!(packet[3], from.port, "{name}");
            if source.offset != 0 && !outcome.capture.is_gzip() {
                assert!(
                    bytes[source.offset as usize..].starts_with(payload),
                    "{name}"
                );
            } else {
                assert!(
                    outcome.capture.is_gzip() || name.contains("fragments"),
                    "{name}"
                );
            }
        }
        assert_eq!(packets.next(), None, "{name}: tshark has more");
    }
}

#[test]
fn files_are_recognised() {
    for (name, bytes, _) in all() {
        let capture = read_pieces([&bytes[..]]).capture;
        let format = match name.contains(".pcapng") {
            true => Format::Pcapng,
            false => Format::Pcap,
        };
        assert_eq!(
            (capture.format(), capture.is_gzip()),
            (format, name.ends_with(".gz")),
            "{name}"
        );
    }
}

/// A cut file is read as far as it goes.
#[test]
fn every_cut_gives_what_was_good() {
    for (name, bytes, _) in all() {
        let whole = read_pieces([&bytes[..]]);
        let data = |outcome: &Outcome| {
            let is_data = |event: &&Event| matches!(event, Event::Open(..) | Event::Data(..));
            let events = outcome.recorder.events.iter().filter(is_data);
            events.cloned().collect::<Vec<_>>()
        };
        let all = data(&whole);
        let mut most = 0;
        for length in 0..bytes.len() {
            let cut = read_pieces([&bytes[..length]]);
            if length < 4 {
                continue;
            }
            let some = data(&cut);
            // At its end what waited in vain is told, which in the whole file had to wait longer.
            if !["noisy.pcap", "ip-fragments.pcap"].contains(&&*name) {
                assert!(all.starts_with(&some), "{name} cut at {length}");
                assert!(some.len() >= most, "{name} cut at {length}");
            }
            most = some.len();
            let Err(error) = cut.result else {
                continue;
            };
            let text = error.to_string();
            if !cut.capture.is_gzip() {
                let ErrorKind::Truncated { needed, present } = error.kind else {
                    panic!("{name} cut at {length}: {text}");
                };
                assert_eq!(error.offset + present, length as u64, "{text}");
                assert!(needed > present, "{text}");
                assert_eq!(error.packets, cut.capture.packets().max(error.packets));
                assert!(
                    text.contains(&format!("at byte {}", error.offset)),
                    "{text}"
                );
            }
        }
        assert_eq!(most, all.len().min(most.max(all.len() - 1)), "{name}");
    }
}

/// Damage anywhere is neither a panic nor a hang, and the same in pieces.
#[test]
fn every_damaged_byte_is_survived() {
    let files = all();
    let small = files.iter().filter(|(_, bytes, _)| bytes.len() <= 4000);
    std::thread::scope(|scope| {
        for (name, bytes, _) in small {
            scope.spawn(move || survives_damage(name, bytes));
        }
    });
}

fn survives_damage(name: &str, bytes: &[u8]) {
    for at in 0..bytes.len() {
        let values = [0, 0xff, bytes[at] ^ 0x80];
        for (index, &value) in values.iter().enumerate() {
            if value == bytes[at] {
                continue;
            }
            let mut damaged = bytes.to_vec();
            damaged[at] = value;
            let whole = read_pieces([&damaged[..]]);
            // The last one is damage always; the others take turns, as two readings of each take
            // twice as long.
            if index == 2 || at % 2 == index {
                let cut = read_pieces(damaged.chunks(97));
                let same = cut.recorder.joined() == whole.recorder.joined();
                assert!(
                    same && cut.result == whole.result,
                    "{name}, {value} at {at}"
                );
            }
        }
    }
}

#[test]
fn cut_packets_become_gaps() {
    let whole = read(&file("le-us.pcap")).recorder;
    // 100 bytes of each packet: 54 of headers, 46 of payload.
    let snapped = read(&file("snapped.pcap"));
    for direction in Direction::BOTH {
        let sent = whole.bytes(0, direction);
        let seen = snapped.recorder.bytes(0, direction);
        assert_eq!(seen.len(), sent.len());
        let differ = seen.iter().zip(&sent).filter(|(a, b)| a != b).count();
        assert!(differ > 0);
        assert!(seen.iter().zip(&sent).all(|(a, b)| a == b || *a == b'*'));
    }
    let notes = snapped.capture.notes();
    assert!(
        notes
            .iter()
            .any(|note| note.kind == NoteKind::Cut && note.count == 3)
    );
    assert!(snapped.notes()[0].contains("tcpdump -s 0"));
    // The lengths of simple blocks say the same, with other limits.
    for name in ["simple-le.pcapng", "simple-be.pcapng"] {
        let snapped = read(&file(name));
        assert_eq!(snapped.result, Ok(()));
        for direction in Direction::BOTH {
            let sent = whole.bytes(0, direction);
            let seen = snapped.recorder.bytes(0, direction);
            assert_eq!(seen.len(), sent.len(), "{name}");
            assert!(
                seen.iter().zip(&sent).all(|(a, b)| a == b || *a == b'*'),
                "{name}"
            );
        }
    }
}
