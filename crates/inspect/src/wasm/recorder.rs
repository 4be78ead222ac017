//! The bindings of the recorder. They throw sentences.

use super::contract::{direction, end};
use super::{nanoseconds, set};
use crate::flow::Endpoint;
use crate::recorder::{Recorder, RecorderError};
use js_sys::{Object, Uint8Array};
use std::net::SocketAddr;
use wasm_bindgen::prelude::*;

fn thrown(error: RecorderError) -> JsValue {
    JsValue::from_str(&error.to_string())
}

fn socket_address(address: String, port: u16) -> Option<SocketAddr> {
    let ip = Endpoint { address, port }.ip()?;
    Some(SocketAddr::new(ip, port))
}

/// Whether packets can have this address.
#[wasm_bindgen(js_name = isAddress)]
pub fn is_address(address: String) -> bool {
    socket_address(address, 0).is_some()
}

/// A capture that is written while things happen.
#[wasm_bindgen]
pub struct RawRecorder {
    recorder: Recorder,
}

#[wasm_bindgen]
impl RawRecorder {
    /// One of nothing yet.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default, reason = "JavaScript has no Default")]
    pub fn new() -> Self {
        Self {
            recorder: Recorder::new(),
        }
    }

    /// What a file begins with.
    pub fn head(&self) -> Vec<u8> {
        self.recorder.head()
    }

    /// A new connection: its number and its bytes. Undefined for what is no address.
    pub fn open(
        &mut self,
        client: String,
        client_port: u16,
        server: String,
        server_port: u16,
        time: f64,
    ) -> JsValue {
        let client = socket_address(client, client_port);
        let Some((client, server)) = client.zip(socket_address(server, server_port)) else {
            return JsValue::UNDEFINED;
        };
        let (connection, bytes) = self.recorder.open(client, server, nanoseconds(time));
        let object = Object::new();
        set(&object, "connection", connection);
        set(&object, "bytes", Uint8Array::from(&bytes[..]));
        object.into()
    }

    /// The next bytes of a connection.
    pub fn data(
        &mut self,
        connection: u32,
        way: u8,
        bytes: &[u8],
        time: f64,
    ) -> Result<Vec<u8>, JsValue> {
        self.recorder
            .data(connection, direction(way), nanoseconds(time), bytes)
            .map_err(thrown)
    }

    /// Bytes that nobody has seen.
    pub fn gap(
        &mut self,
        connection: u32,
        way: u8,
        length: f64,
        time: f64,
    ) -> Result<Vec<u8>, JsValue> {
        let (way, time) = (direction(way), nanoseconds(time));
        self.recorder
            .gap(connection, way, time, length as u64)
            .map_err(thrown)
    }

    /// A direction has ended, in one of the ways of the contract.
    pub fn end(
        &mut self,
        connection: u32,
        way: u8,
        how: u8,
        time: f64,
    ) -> Result<Vec<u8>, JsValue> {
        self.recorder
            .end(connection, direction(way), nanoseconds(time), end(how))
            .map_err(thrown)
    }

    /// How many connections have not ended.
    #[wasm_bindgen(js_name = openConnections)]
    pub fn open_connections(&self) -> u32 {
        self.recorder.open_connections() as u32
    }
}
