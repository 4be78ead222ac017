//! The opening handshake. Once a connection, so plain bindgen and serde values.

use super::stream::{pack, unpack};
use crate::deflate::Parameters;
use crate::handshake::{
    ArgumentError, ClientHandshake, ClientOptions, Extension, HandshakeError, Headers, Request,
    ServerHandshake, ServerOptions, accept_key, reject, select_protocol,
};
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// The value of Sec-WebSocket-Accept for a Sec-WebSocket-Key.
#[wasm_bindgen(js_name = acceptKey)]
pub fn accept_key_js(key: &str) -> String {
    accept_key(key)
}

#[derive(Serialize)]
struct JsRequest<'a> {
    method: &'a str,
    url: &'a str,
    headers: String,
    protocols: &'a [String],
    extensions: String,
}

#[derive(Serialize)]
struct JsRefusal<'a> {
    status: u16,
    message: &'a str,
    #[serde(with = "serde_bytes_array")]
    reply: Vec<u8>,
    request: Option<JsRequest<'a>>,
}

/// Bytes as a `Uint8Array`, which serde would make an array of numbers.
mod serde_bytes_array {
    pub(super) fn serialize<S: serde::Serializer>(
        bytes: &[u8],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }
}

/// One string for all fields, a line each, because each string costs a call of JavaScript's
/// decoder. No name has a colon in it, and neither has a line feed.
fn lines(headers: &Headers) -> String {
    let lines: Vec<_> = headers
        .iter()
        .map(|(name, value)| format!("{name}:{value}"))
        .collect();
    lines.join("\n")
}

/// Names and values, one after the other.
fn paired(flat: Vec<String>) -> Vec<(String, String)> {
    let mut flat = flat.into_iter();
    core::iter::from_fn(|| Some((flat.next()?, flat.next()?))).collect()
}

fn to_js(value: &impl Serialize) -> JsValue {
    serde_wasm_bindgen::to_value(value).unwrap_or(JsValue::UNDEFINED)
}

fn argument(error: ArgumentError) -> JsValue {
    JsValue::from_str(&error.to_string())
}

/// The server's side.
#[wasm_bindgen]
pub struct RawServerHandshake {
    machine: ServerHandshake,
    request: Option<Request>,
    agreed: Option<Parameters>,
}

#[wasm_bindgen]
impl RawServerHandshake {
    /// Limits of the request's head.
    #[wasm_bindgen(constructor)]
    pub fn new(max_header_size: u32, max_headers: u32) -> Self {
        let options = ServerOptions {
            max_header_size: max_header_size as usize,
            max_headers: max_headers as usize,
            ..ServerOptions::default()
        };
        Self {
            machine: ServerHandshake::new(options),
            request: None,
            agreed: None,
        }
    }

    /// The request when it is complete, else undefined. Throws a refusal.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<JsValue, JsValue> {
        match self.machine.receive(bytes) {
            Ok(None) => Ok(JsValue::UNDEFINED),
            Ok(Some(request)) => {
                let value = to_js(&JsRequest {
                    method: &request.head.method,
                    url: &request.resource,
                    headers: lines(&request.head.headers),
                    protocols: &request.protocols,
                    extensions: Extension::format_list(&request.extensions),
                });
                self.request = Some(request);
                Ok(value)
            }
            Err(error) => Err(self.refusal(&error)),
        }
    }

    fn refusal(&self, error: &HandshakeError) -> JsValue {
        let request = self.machine.refused().map(|head| JsRequest {
            method: &head.method,
            url: &head.target,
            headers: lines(&head.headers),
            protocols: &[],
            extensions: String::new(),
        });
        to_js(&JsRefusal {
            status: error.status,
            message: &error.message,
            reply: error.reply(),
            request,
        })
    }

    /// What came after the request's head.
    pub fn rest(&self) -> Vec<u8> {
        self.machine.rest().to_vec()
    }

    /// The reply that opens the WebSocket, with permessage-deflate if it is wanted and was
    /// offered. Throws a string that says what may not be in it.
    pub fn accept(
        &mut self,
        protocol: Option<String>,
        headers: Vec<String>,
        deflate: Option<u32>,
    ) -> Result<Vec<u8>, JsValue> {
        let headers = paired(headers);
        let request = self
            .request
            .as_ref()
            .ok_or("there is no request to accept")?;
        self.agreed = deflate.and_then(|wanted| unpack(wanted).select(&request.extensions));
        let extensions = self.extensions();
        request
            .accept(protocol.as_deref(), &headers, extensions.as_deref())
            .map_err(argument)
    }

    /// The permessage-deflate that was agreed on.
    pub fn agreed(&self) -> Option<u32> {
        self.agreed.map(pack)
    }

    /// The same as in the reply.
    pub fn extensions(&self) -> Option<String> {
        self.agreed.map(|agreed| agreed.answer().to_string())
    }
}

/// The first of the offered protocols that is supported.
#[wasm_bindgen(js_name = selectProtocol)]
pub fn select_protocol_js(offered: Vec<String>, supported: Vec<String>) -> Option<String> {
    let supported: Vec<&str> = supported.iter().map(String::as_str).collect();
    select_protocol(&offered, &supported).map(str::to_owned)
}

/// An HTTP answer that does not open a WebSocket.
#[wasm_bindgen(js_name = rejectReply)]
pub fn reject_js(status: u16, headers: Vec<String>, body: &[u8]) -> Result<Vec<u8>, JsValue> {
    let headers = paired(headers);
    reject(status, &headers, body).map_err(argument)
}

#[derive(Serialize)]
struct JsResponse<'a> {
    status: u16,
    headers: String,
    protocol: Option<&'a str>,
    extensions: String,
    deflate: Option<u32>,
}

#[derive(Serialize)]
struct JsClientRefusal<'a> {
    status: u16,
    message: &'a str,
    response: Option<JsResponse<'a>>,
}

/// The client's side.
#[wasm_bindgen]
pub struct RawClientHandshake {
    machine: ClientHandshake,
}

#[wasm_bindgen]
impl RawClientHandshake {
    /// What to ask for. Throws a string that says what may not be asked.
    #[wasm_bindgen(constructor)]
    pub fn new(
        host: String,
        target: String,
        protocols: Vec<String>,
        headers: Vec<String>,
        max_header_size: u32,
        max_headers: u32,
        deflate: Option<u32>,
    ) -> Result<Self, JsValue> {
        let options = ClientOptions {
            protocols,
            deflate: deflate.map(unpack),
            headers: paired(headers),
            max_header_size: max_header_size as usize,
            max_headers: max_headers as usize,
            ..ClientOptions::new(host, target)
        };
        Ok(Self {
            machine: ClientHandshake::new(options).map_err(argument)?,
        })
    }

    /// The bytes to send first.
    pub fn request(&self) -> Vec<u8> {
        self.machine.request().to_vec()
    }

    /// The response when it is complete, else undefined. Throws a refusal.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<JsValue, JsValue> {
        match self.machine.receive(bytes) {
            Ok(None) => Ok(JsValue::UNDEFINED),
            Ok(Some(response)) => Ok(to_js(&JsResponse {
                status: response.head.status,
                headers: lines(&response.head.headers),
                protocol: response.protocol.as_deref(),
                extensions: Extension::format_list(&response.extensions),
                deflate: response.deflate.map(pack),
            })),
            Err(error) => {
                let response = self.machine.refused().map(|head| JsResponse {
                    status: head.status,
                    headers: lines(&head.headers),
                    protocol: None,
                    extensions: String::new(),
                    deflate: None,
                });
                let HandshakeError {
                    status, message, ..
                } = &error;
                Err(to_js(&JsClientRefusal {
                    status: *status,
                    message,
                    response,
                }))
            }
        }
    }

    /// What came after the response's head.
    pub fn rest(&self) -> Vec<u8> {
        self.machine.rest().to_vec()
    }
}
