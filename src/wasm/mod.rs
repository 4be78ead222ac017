//! The bindings: what JavaScript calls. They move bytes and numbers; every rule of the protocol is
//! the core's, and what they choose themselves is how text and bytes cross over fastest.
//!
//! JavaScript and the engine share fixed regions of linear memory: JavaScript writes bytes into
//! one, makes one call with plain numbers, and reads the results through cached views. No
//! call on the way of a message allocates. Streams are named by small numbers.

pub mod contract;
mod frame;
mod handshake;
mod send;
mod stream;
mod utf8;

use self::contract::{MESSAGES, REGION, STATUS_WORDS};
use crate::Error;
use crate::frame::{Key, MAX_HEADER_LEN};
use crate::stream::{ARENA_SLACK, Batch};
use serde::Serialize;
use slab::Slab;
use std::cell::RefCell;
use wasm_bindgen::prelude::*;

/// What deflate may add to a region of bytes that do not compress.
const DEFLATE_MORE: usize = REGION / 8 + 64;

/// Units of each half of the UTF-16 region: as many as there can be bytes of text.
const WIDE: usize = REGION + ARENA_SLACK;

/// What all streams of this instance share.
struct Engine {
    /// Bytes from JavaScript.
    input: Vec<u8>,
    /// What the decoder made of them.
    batch: Batch,
    /// Text that is not ASCII, as UTF-16: of records in the first half, of what JavaScript has
    /// gathered in the second.
    wide: Vec<u16>,
    /// Outgoing payload, with room for a header before it.
    output: Vec<u8>,
    /// The same, compressed.
    deflated: Vec<u8>,
    /// Frames that leave together.
    frames: Vec<u8>,
    /// What each of them is, and the length of its payload.
    table: Vec<[u32; 2]>,
    /// How long a run of ASCII texts may always be, in bytes; see `mark_runs`.
    text_run: u32,
    /// The platform makes strings of UTF-8 faster than of UTF-16.
    takes_utf8: bool,
    /// Further results of the last call.
    status: [u32; STATUS_WORDS],
    /// The key of the frame in the making, turned to where its payload stands.
    key: Option<Key>,
    /// What the last failed call found.
    error: Option<Error>,
    streams: Slab<Box<stream::Endpoint>>,
}

impl Engine {
    fn new() -> Self {
        Self {
            input: vec![0; REGION],
            batch: Batch::with_capacity(REGION),
            wide: vec![0; 2 * WIDE],
            output: vec![0; MAX_HEADER_LEN + REGION + DEFLATE_MORE],
            deflated: Vec::new(),
            frames: Vec::with_capacity(REGION + REGION / 4),
            table: vec![[0; 2]; MESSAGES],
            text_run: 0,
            takes_utf8: false,
            status: [0; STATUS_WORDS],
            key: None,
            error: None,
            streams: Slab::new(),
        }
    }
}

thread_local! {
    static ENGINE: RefCell<Engine> = RefCell::new(Engine::new());
    static FAILURE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Notes what a panic says. The trap that follows tells nobody why.
#[wasm_bindgen(start)]
fn note_panics() {
    std::panic::set_hook(Box::new(|panic| {
        // A panic here would be one too many.
        FAILURE.with(|failure| {
            if let Ok(mut failure) = failure.try_borrow_mut() {
                failure.get_or_insert_with(|| panic.to_string());
            }
        });
    }));
}

/// What the first panic said, if it was one that stopped this instance.
#[wasm_bindgen]
pub fn failure() -> Option<String> {
    FAILURE.with_borrow(Clone::clone)
}

/// No JavaScript runs inside, so the engine is never borrowed twice; except by a call after
/// one that has trapped, which must not go on with what that has left behind.
fn engine<T>(f: impl FnOnce(&mut Engine) -> T) -> T {
    ENGINE.with_borrow_mut(f)
}

/// Where the regions are: input and its size, records, arena, the halves of
/// UTF-16, output, the table of messages and its size, status. A run of ASCII texts of `text_run`
/// bytes may always become one string. Text that is not ASCII becomes UTF-16, unless the platform
/// `takes_utf8`.
#[wasm_bindgen]
pub fn layout(text_run: u32, takes_utf8: bool) -> Box<[u32]> {
    engine(|e| {
        e.text_run = text_run;
        e.takes_utf8 = takes_utf8;
        Box::new([
            e.input.as_ptr() as u32,
            REGION as u32,
            e.batch.records.as_ptr() as u32,
            e.batch.arena.as_ptr() as u32,
            e.wide.as_ptr() as u32,
            e.wide[WIDE..].as_ptr() as u32,
            e.output.as_ptr() as u32,
            e.table.as_ptr() as u32,
            MESSAGES as u32,
            e.status.as_ptr() as u32,
        ]) as Box<[u32]>
    })
}

/// A violation, for JavaScript to make an exception of.
#[derive(Serialize)]
struct Fault {
    kind: u8,
    rule: &'static str,
    code: u16,
    message: String,
    index: Option<f64>,
}

/// The fault behind the last call that reported one.
///
/// A result, which has several values: V8 11 (Node 20) aborts the process when optimised code is
/// thrown away while it waits for a call whose one value is a reference. A test looks at all
/// exports.
#[wasm_bindgen]
pub fn take_error() -> Result<JsValue, JsValue> {
    let fault = engine(|e| e.error.take()).map(|error| Fault {
        kind: error.kind() as u8,
        rule: error.rule(),
        code: error.close_code(),
        message: error.to_string(),
        index: error.index().map(|index| index as f64),
    });
    Ok(serde_wasm_bindgen::to_value(&fault)?)
}
