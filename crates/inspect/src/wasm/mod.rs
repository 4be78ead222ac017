//! The bindings of the inspector, a wasm module of its own. They turn values into those of
//! JavaScript and back.

pub mod contract;
mod recorder;

use self::contract::direction;
use crate::bytes::Kind;
use crate::export::{Format, Secrets, export, holds_secrets};
use crate::filter::{Filter, Problem, complete};
use crate::flow::{Content, Endpoint, FlowSink, Opened, Source, Time};
use crate::report::{self, Lane};
use crate::view::{Table, View};
use crate::{Deflate, Options, Session, Treat, Which};
use js_sys::{Float64Array, Object, Reflect, Uint8Array, Uint32Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use ws4wasm::deflate::Parameters;
use ws4wasm::stream::Config;

fn to_js(value: &impl Serialize) -> JsValue {
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true);
    value.serialize(&serializer).unwrap_or(JsValue::UNDEFINED)
}

fn set(object: &Object, name: &str, value: impl Into<JsValue>) {
    // A plain object takes any property.
    let _ = Reflect::set(object, &JsValue::from_str(name), &value.into());
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawOptions {
    memory_limit: f64,
    live: bool,
    /// Undefined: to be found out; 0: none; else the parameters in the engine's packing.
    deflate: Option<RawDeflate>,
    sender: Option<u8>,
    limits: Option<RawLimits>,
    treat: Vec<RawTreat>,
}

#[derive(Deserialize)]
struct RawTreat {
    port: Option<u16>,
    connection: Option<u32>,
    websocket: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDeflate {
    on: bool,
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: u8,
    client_max_window_bits: u8,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawLimits {
    max_frame_size: Option<f64>,
    max_message_size: Option<f64>,
    max_fragments: Option<u32>,
}

impl RawTreat {
    fn treat(&self) -> Option<Treat> {
        let port = self.port.map(Which::Port);
        Some(Treat {
            which: port.or(self.connection.map(Which::Connection))?,
            websocket: self.websocket,
        })
    }
}

impl RawOptions {
    fn options(&self) -> Options {
        Options {
            memory_limit: self.memory_limit as usize,
            live: self.live,
            deflate: match &self.deflate {
                None => Deflate::Auto,
                Some(raw) if !raw.on => Deflate::Off,
                Some(raw) => Deflate::On(Parameters {
                    server_no_context_takeover: raw.server_no_context_takeover,
                    client_no_context_takeover: raw.client_no_context_takeover,
                    server_max_window_bits: raw.server_max_window_bits,
                    client_max_window_bits: raw.client_max_window_bits,
                }),
            },
            treat: self.treat.iter().filter_map(RawTreat::treat).collect(),
            limits: self.limits.as_ref().map(|limits| Config {
                max_frame_size: limits.max_frame_size.map_or(u64::MAX, |size| size as u64),
                max_message_size: limits.max_message_size.map_or(u64::MAX, |size| size as u64),
                max_fragments: limits.max_fragments.unwrap_or(u32::MAX),
                ..Config::default()
            }),
        }
    }
}

/// Whole milliseconds apart from the rest: as nanoseconds since 1970 they do not fit in a double.
fn nanoseconds(milliseconds: f64) -> Time {
    let rest = (milliseconds.fract() * 1e6).round() as Time;
    (milliseconds.trunc() as Time)
        .saturating_mul(1_000_000)
        .saturating_add(rest)
}

#[derive(Serialize)]
struct JsProblem {
    message: String,
    position: usize,
    length: usize,
    expected: Vec<String>,
}

/// Positions are counted as JavaScript does.
fn problem_of(text: &str, problem: Problem) -> JsValue {
    let units = |to: usize| text.get(..to).unwrap_or(text).encode_utf16().count();
    let position = units(problem.position);
    to_js(&JsProblem {
        position,
        length: units(problem.position + problem.length) - position,
        message: problem.message,
        expected: problem.expected,
    })
}

/// One inspection.
#[wasm_bindgen]
pub struct RawInspection {
    session: Session,
}

#[wasm_bindgen]
impl RawInspection {
    /// Options as `js/inspect/options.js` makes them.
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue) -> Result<Self, JsValue> {
        let raw: RawOptions = serde_wasm_bindgen::from_value(options)?;
        let session = Session::new(raw.options(), raw.sender.map(direction));
        Ok(Self { session })
    }

    /// The next bytes of a file. Throws a sentence.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), JsValue> {
        self.session
            .push(bytes)
            .map_err(|error| JsValue::from_str(&error.to_string()))
    }

    /// The file is complete. Throws a sentence.
    pub fn finish(&mut self) -> Result<(), JsValue> {
        self.session
            .finish()
            .map_err(|error| JsValue::from_str(&error.to_string()))
    }

    /// A key log of TLS. How many secrets were in it.
    pub fn keys(&mut self, key_log: &[u8]) -> u32 {
        self.session.keys(key_log) as u32
    }

    /// A new connection of live traffic.
    pub fn open(
        &mut self,
        client: String,
        client_port: u16,
        server: String,
        server_port: u16,
        time: f64,
        url: Option<String>,
    ) -> u32 {
        self.session.live().open(Opened {
            client: Endpoint {
                address: client,
                port: client_port,
            },
            server: Endpoint {
                address: server,
                port: server_port,
            },
            time: nanoseconds(time),
            client_known: true,
            from_start: true,
            content: Content::WebSocket,
            url,
            ..Opened::default()
        })
    }

    /// The next bytes of a connection.
    pub fn data(&mut self, connection: u32, way: u8, bytes: &[u8], time: f64) {
        let time = nanoseconds(time);
        self.session
            .live()
            .data(connection, direction(way), time, Source::default(), bytes);
    }

    /// Bytes that nobody has seen.
    pub fn gap(&mut self, connection: u32, way: u8, length: f64, time: f64) {
        self.session
            .live()
            .gap(connection, direction(way), nanoseconds(time), length as u64);
    }

    /// A direction has ended.
    pub fn end(&mut self, connection: u32, way: u8, how: u8, time: f64) {
        self.session.live().end(
            connection,
            direction(way),
            nanoseconds(time),
            contract::end(how),
        );
    }

    /// Sums.
    pub fn totals(&self) -> JsValue {
        to_js(&self.session.totals())
    }

    /// Changes with every change.
    pub fn revision(&self) -> f64 {
        self.session.inspection.revision() as f64
    }

    /// All connections.
    pub fn connections(&self) -> JsValue {
        to_js(&self.session.inspection.report_connections())
    }

    /// One of them.
    pub fn connection(&self, number: u32) -> JsValue {
        to_js(&self.session.inspection.report_connection(number))
    }

    /// How it began.
    pub fn handshake(&self, number: u32) -> JsValue {
        to_js(&self.session.inspection.report_handshake(number))
    }

    /// Everything about a frame.
    pub fn frame(&self, number: u32) -> JsValue {
        let detail = self.session.inspection.report_frame(number);
        let key = detail.as_ref().and_then(|detail| detail.masking_key);
        let value = to_js(&detail);
        if let (Some(key), Some(object)) = (key, value.dyn_ref::<Object>()) {
            set(object, "maskingKey", Uint8Array::from(&key[..]));
        }
        value
    }

    /// Bytes of a frame, of the kinds of the contract.
    pub fn bytes(&self, number: u32, kind: u8, from: f64, count: f64) -> JsValue {
        let kind = contract::kind(kind);
        let inspection = &self.session.inspection;
        let Some(piece) = inspection.piece(number, kind, from as u64, count as u64) else {
            return JsValue::UNDEFINED;
        };
        let runs: Vec<f64> = piece
            .runs
            .iter()
            .flat_map(|run| {
                let lengths = [run.at as f64, run.length as f64];
                let wire = [
                    run.offset as f64,
                    run.wire_length as f64,
                    f64::from(run.frame),
                ];
                lengths.into_iter().chain(wire)
            })
            .collect();
        let object = Object::new();
        set(&object, "bytes", Uint8Array::from(&piece.bytes[..]));
        set(&object, "from", piece.from as f64);
        set(&object, "length", piece.length as f64);
        set(&object, "runs", Float64Array::from(&runs[..]));
        let bad = inspection
            .bad_byte(number)
            .filter(|_| kind == Kind::Message);
        set(
            &object,
            "badByte",
            bad.map_or(JsValue::UNDEFINED, |bad| JsValue::from(bad as f64)),
        );
        object.into()
    }

    /// The frame of a byte.
    #[wasm_bindgen(js_name = frameAt)]
    pub fn frame_at(&self, connection: u32, way: u8, offset: f64) -> Option<u32> {
        self.session
            .inspection
            .frame_at(connection, direction(way), offset as u64)
    }

    /// Violations, of one connection or all, of one severity or all.
    pub fn violations(
        &self,
        connection: Option<u32>,
        severity: Option<String>,
        from: u32,
        count: u32,
    ) -> JsValue {
        let all =
            self.session
                .inspection
                .violations(from as usize, count as usize, |violation| {
                    connection.is_none_or(|connection| violation.connection == connection)
                        && severity.as_ref().is_none_or(|name| {
                            violation.rule.describe().severity.name() == name
                        })
                });
        to_js(&all)
    }

    /// Of everything, or of these frames.
    pub fn statistics(&self, frames: Option<Vec<u32>>) -> JsValue {
        to_js(&self.session.inspection.report_statistics(frames.as_deref()))
    }

    /// Columns for a plot.
    pub fn timeline(
        &self,
        frames: Option<Vec<u32>>,
        from: Option<f64>,
        to: Option<f64>,
        columns: u32,
        points: u32,
    ) -> JsValue {
        let inspection = &self.session.inspection;
        let (columns, points) = (columns as usize, points as usize);
        let found = inspection.report_timeline(frames.as_deref(), from, to, columns, points);
        let object = Object::new();
        set(&object, "from", found.from);
        set(&object, "step", found.step);
        set(&object, "columns", found.columns as f64);
        set(&object, "c2s", lane(&found.lanes.c2s));
        set(&object, "s2c", lane(&found.lanes.s2c));
        if let Some(points) = found.points {
            let list = Object::new();
            set(&list, "frame", Uint32Array::from(&points.frame[..]));
            set(&list, "time", Float64Array::from(&points.time[..]));
            set(&list, "length", Float64Array::from(&points.length[..]));
            set(&list, "flags", Uint8Array::from(&points.flags[..]));
            set(&object, "points", list);
        }
        object.into()
    }

    /// Whether `export` hides something unless it is told not to.
    #[wasm_bindgen(js_name = holdsSecrets)]
    pub fn holds_secrets(&self) -> bool {
        holds_secrets(&self.session.inspection)
    }

    /// A file of everything, or of these frames. Undefined for a format that there is not.
    pub fn export(
        &self,
        format: &str,
        frames: Option<Vec<u32>>,
        secrets: bool,
    ) -> Option<Vec<u8>> {
        let format = Format::from_name(format)?;
        let secrets = if secrets {
            Secrets::Shown
        } else {
            Secrets::Hidden
        };
        Some(export(
            &self.session.inspection,
            format,
            frames.as_deref(),
            secrets,
        ))
    }
}

fn lane(lane: &Lane) -> Object {
    let object = Object::new();
    set(&object, "frames", Uint32Array::from(&lane.frames[..]));
    set(&object, "bytes", Float64Array::from(&lane.bytes[..]));
    set(&object, "longest", Float64Array::from(&lane.longest[..]));
    set(&object, "control", Uint32Array::from(&lane.control[..]));
    set(&object, "errors", Uint32Array::from(&lane.errors[..]));
    object
}

/// The rows of a table.
#[wasm_bindgen]
pub struct RawView {
    view: View,
}

#[wasm_bindgen]
impl RawView {
    /// Throws what is wrong with the filter.
    #[wasm_bindgen(constructor)]
    pub fn new(
        of: &RawInspection,
        messages: bool,
        filter: &str,
        holes: bool,
    ) -> Result<Self, JsValue> {
        let parsed = Filter::parse(filter).map_err(|problem| problem_of(filter, problem))?;
        let table = if messages {
            Table::Messages
        } else {
            Table::Frames
        };
        Ok(Self {
            view: View::new(&of.session.inspection, table, parsed, holes),
        })
    }

    /// Takes in what is new.
    pub fn update(&mut self, of: &RawInspection) -> u32 {
        self.view.update(&of.session.inspection);
        self.length()
    }

    /// How many rows.
    pub fn length(&self) -> u32 {
        self.view.len() as u32
    }

    /// Some rows.
    pub fn rows(&self, of: &RawInspection, from: u32, count: u32) -> JsValue {
        let inspection = &of.session.inspection;
        let lines = self.view.lines(inspection, from as usize, count as usize);
        let rows: Vec<report::Row> = lines
            .into_iter()
            .map(|line| inspection.report_row(line))
            .collect();
        to_js(&rows)
    }

    /// The frame of each row.
    pub fn frames(&self) -> Vec<u32> {
        self.view.frames()
    }

    /// All frames that the rows stand for.
    #[wasm_bindgen(js_name = allFrames)]
    pub fn all_frames(&self, of: &RawInspection) -> Vec<u32> {
        self.view.all_frames(&of.session.inspection)
    }

    /// The row of a frame, or -1.
    #[wasm_bindgen(js_name = indexOf)]
    pub fn index_of(&self, of: &RawInspection, frame: u32) -> i32 {
        let index = self.view.index_of(&of.session.inspection, frame);
        index.map_or(-1, |index| index as i32)
    }

    /// The next row with a violation, or -1.
    #[wasm_bindgen(js_name = findViolation)]
    pub fn find_violation(&self, of: &RawInspection, from: f64, forward: bool) -> i32 {
        let found = self
            .view
            .find_violation(&of.session.inspection, from as i64, forward);
        found.map_or(-1, |index| index as i32)
    }

    /// Shows or hides fragments.
    pub fn unfold(&mut self, of: &RawInspection, message: u32, unfolded: bool) {
        self.view.unfold(&of.session.inspection, message, unfolded);
    }
}

/// Whether bytes are a key log.
#[wasm_bindgen(js_name = isKeyLog)]
pub fn is_key_log(bytes: &[u8]) -> bool {
    crate::is_key_log(bytes)
}

/// A capture with a key log inside. Throws a sentence.
#[wasm_bindgen(js_name = withKeys)]
pub fn with_keys(capture: &[u8], key_log: &[u8]) -> Result<Vec<u8>, JsValue> {
    crate::export::with_keys(capture, key_log)
        .map_err(|error| JsValue::from_str(&error.to_string()))
}

/// What is wrong with a filter.
#[wasm_bindgen(js_name = checkFilter)]
pub fn check_filter(text: &str) -> JsValue {
    match Filter::parse(text) {
        Ok(_) => JsValue::UNDEFINED,
        Err(problem) => problem_of(text, problem),
    }
}

#[derive(Serialize)]
struct JsCompletion {
    text: String,
    from: usize,
    to: usize,
    detail: String,
}

/// What could stand at a place of a filter, in UTF-16 units.
#[wasm_bindgen(js_name = completeFilter)]
pub fn complete_filter(text: &str, position: u32) -> JsValue {
    let mut units = 0;
    let at = text.char_indices().find(|(_, c)| {
        let here = units >= position as usize;
        units += c.len_utf16();
        here
    });
    let at = at.map_or(text.len(), |(at, _)| at);
    let count = |to: usize| text.get(..to).unwrap_or(text).encode_utf16().count();
    let all: Vec<_> = complete(text, at)
        .into_iter()
        .map(|completion| JsCompletion {
            from: count(completion.from),
            to: count(completion.to),
            text: completion.text,
            detail: completion.detail,
        })
        .collect();
    to_js(&all)
}

/// Every rule.
#[wasm_bindgen]
pub fn rules() -> JsValue {
    to_js(&report::rules())
}
