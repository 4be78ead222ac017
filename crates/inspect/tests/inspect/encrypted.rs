//! Captures of real TLS and HTTP/2, with truth files beside them: what is found is the same,
//! keys before or after the capture, whole and in pieces. They are in `encrypted` of the folder that
//! `WS4WASM_CAPTURES` names; without them nothing is compared, and that is said.

use serde_json::Value;
use std::path::PathBuf;
use ws4wasm_inspect::bytes::Kind;
use ws4wasm_inspect::filter::Filter;
use ws4wasm_inspect::report::direction_name;
use ws4wasm_inspect::view::{Table, View};
use ws4wasm_inspect::{Options, Session};

fn folder() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/captures");
    let captures = std::env::var_os("WS4WASM_CAPTURES").map_or(beside, PathBuf::from);
    let folder = captures.join("encrypted");
    if folder.join("truth").is_dir() {
        return Some(folder);
    }
    eprintln!(
        "skipped: no captures with truth/*.json in {}",
        folder.display()
    );
    None
}

/// A capture read with its keys: before it, or after it.
fn read(capture: &[u8], keys: Option<&[u8]>, after: bool, chunk: usize) -> Session {
    let mut session = Session::new(Options::default(), None);
    if let Some(keys) = keys.filter(|_| !after) {
        assert!(session.keys(keys) > 0);
    }
    for piece in capture.chunks(chunk) {
        session.push(piece).unwrap();
    }
    if let Some(keys) = keys.filter(|_| after) {
        session.keys(keys);
    }
    session.finish().unwrap();
    session
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What was found, in the lines of the truth: per direction, as those between them depend on
/// packets.
fn frames(session: &Session, connection: u32, direction: &str) -> Vec<String> {
    let inspection = &session.inspection;
    let view = View::new(inspection, Table::Frames, Filter::parse("").unwrap(), false);
    let mut all = Vec::new();
    for line in view.lines(inspection, 0, usize::MAX) {
        let frame = line.frame;
        if frame.connection != connection || direction_name(frame.direction()) != direction {
            continue;
        }
        let head = inspection
            .piece(line.number, Kind::Unmasked, 0, 32)
            .unwrap();
        let close = inspection
            .report_frame(line.number)
            .and_then(|frame| frame.close);
        all.push(format!(
            "{} fin={} rsv1={} masked={} {} {} {}",
            frame.head[0] & 15,
            frame.fin(),
            frame.head[0] & 0x40 != 0,
            frame.masked(),
            frame.length,
            hex(&head.bytes),
            match (frame.head[0] & 15, close) {
                (8, close) => close.map_or(1005, |close| close.code),
                _ => 0,
            },
        ));
    }
    all
}

fn expected(connection: &Value, direction: &str) -> Vec<String> {
    let frames = connection["frames"].as_array().unwrap().iter();
    let own = frames.filter(|frame| frame["dir"] == direction);
    own.map(|frame| {
        format!(
            "{} fin={} rsv1={} masked={} {} {} {}",
            frame["opcode"],
            frame["fin"],
            frame["rsv1"],
            frame["masked"],
            frame["length"],
            frame["head"].as_str().unwrap(),
            frame["close"].as_u64().unwrap_or(0),
        )
    })
    .collect()
}

/// What differs from the truth, in sentences.
fn compare(truth: &Value, session: &Session) -> Vec<String> {
    let mut problems = Vec::new();
    let found = session.inspection.report_connections();
    let mut left: Vec<_> = found
        .iter()
        .filter(|c| c.frames.c2s + c.frames.s2c > 0)
        .collect();
    for connection in truth["connections"].as_array().unwrap() {
        let path = connection["path"].as_str().unwrap();
        let port = connection["client"]["port"].as_u64().unwrap();
        let mine = found.iter().find(|c| {
            c.url.as_deref().is_some_and(|url| url.ends_with(path))
                && u64::from(c.client.port) == port
        });
        let Some(mine) = mine else {
            let seen: Vec<_> = found
                .iter()
                .map(|c| (&c.url, c.transport, &c.explanation))
                .collect();
            problems.push(format!("{path}: not found among {seen:?}"));
            continue;
        };
        left.retain(|c| c.connection != mine.connection);
        if connection["status"] != mine.status.map_or(Value::Null, Value::from) {
            problems.push(format!("{path}: status {:?}", mine.status));
        }
        for direction in ["c2s", "s2c"] {
            let (ours, theirs) = (
                frames(session, mine.connection, direction),
                expected(connection, direction),
            );
            if ours != theirs {
                let at = ours.iter().zip(&theirs).position(|(a, b)| a != b);
                let at = at.unwrap_or(ours.len().min(theirs.len()));
                problems.push(format!(
                    "{path} {direction} {at}: {} frames for {}: {:?}, not {:?}",
                    ours.len(),
                    theirs.len(),
                    ours.get(at),
                    theirs.get(at)
                ));
            }
        }
    }
    for connection in left {
        problems.push(format!("{:?} is not there", connection.url));
    }
    problems
}

#[test]
fn captures_agree_with_their_truth() {
    let Some(folder) = folder() else { return };
    let only = std::env::var("ONLY").unwrap_or_default();
    let mut problems = Vec::new();
    let mut truths: Vec<_> = std::fs::read_dir(folder.join("truth"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    truths.sort();
    let mut compared = 0;
    for path in truths {
        let truth: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        if truth["kind"] != "capture" {
            continue;
        }
        for capture in truth["captures"].as_array().unwrap() {
            let name = capture["file"].as_str().unwrap();
            if !name.contains(&only) {
                continue;
            }
            let bytes = std::fs::read(folder.join(name)).unwrap();
            let keys = capture["keys"].as_str();
            let keys = keys.map(|keys| std::fs::read(folder.join(keys)).unwrap());
            for (after, chunk) in [
                (false, usize::MAX),
                (true, usize::MAX),
                (false, 1),
                (true, 1000),
            ] {
                let session = read(&bytes, keys.as_deref(), after, chunk);
                let found = compare(&truth, &session);
                if let Some(first) = found.first() {
                    problems.push(format!("{name} after={after} chunk={chunk}: {first}"));
                }
                compared += 1;
            }
        }
    }
    assert!(compared > 0, "there are no captures");
    assert!(
        problems.is_empty(),
        "{} of {compared}:\n{}",
        problems.len(),
        problems.join("\n")
    );
}
