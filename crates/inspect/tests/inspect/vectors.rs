//! The vectors of `tests/vectors`, as far as the inspector needs them.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use ws4wasm::deflate::Parameters;
use ws4wasm::stream::{Config, Role};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Vector {
    role: String,
    #[serde(default)]
    pub deflate: Option<BTreeMap<String, serde_json::Value>>,
    #[serde(default)]
    options: Options,
    bytes: Pieces,
    #[serde(skip)]
    compressed: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Options {
    max_frame_size: Option<u64>,
    max_message_size: Option<u64>,
    max_fragments: Option<u32>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Pieces {
    One(String),
    Many(Vec<Piece>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Piece {
    Once(String),
    Repeated { hex: String, repeat: usize },
}

impl Vector {
    pub fn role(&self) -> Role {
        match self.role.as_str() {
            "server" => Role::Server,
            "client" => Role::Client,
            other => panic!("role {other}"),
        }
    }

    pub fn config(&self) -> Config {
        let default = Config::default();
        let Options {
            max_frame_size,
            max_message_size,
            max_fragments,
        } = self.options;
        Config {
            max_frame_size: max_frame_size
                .or(max_message_size)
                .unwrap_or(default.max_frame_size),
            max_message_size: max_message_size.unwrap_or(default.max_message_size),
            max_fragments: max_fragments.unwrap_or(default.max_fragments),
            ..default
        }
    }

    pub fn parameters(&self) -> Option<Parameters> {
        let set = |name: &str| {
            let deflate = self.deflate.as_ref()?;
            deflate.get(name).cloned()
        };
        let flag = |name: &str| set(name).is_some_and(|value| value == true);
        let bits = |name: &str| {
            set(name)
                .and_then(|value| value.as_u64())
                .map_or(15, |bits| bits as u8)
        };
        self.compressed.then(|| Parameters {
            server_no_context_takeover: flag("serverNoContextTakeover"),
            client_no_context_takeover: flag("clientNoContextTakeover"),
            server_max_window_bits: bits("serverMaxWindowBits"),
            client_max_window_bits: bits("clientMaxWindowBits"),
        })
    }

    pub fn bytes(&self) -> Vec<u8> {
        let hex: String = match &self.bytes {
            Pieces::One(one) => one.clone(),
            Pieces::Many(many) => many
                .iter()
                .map(|piece| match piece {
                    Piece::Once(one) => one.clone(),
                    Piece::Repeated { hex, repeat } => hex.repeat(*repeat),
                })
                .collect(),
        };
        let digits = hex.as_bytes();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
        digits.chunks(2).map(|pair| byte(pair).unwrap()).collect()
    }
}

pub fn load() -> Vec<Vector> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    let mut all = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let json = std::fs::read_to_string(&path).unwrap();
        let mut vectors: Vec<Vector> = serde_json::from_str(&json)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for vector in &mut vectors {
            vector.compressed = path.ends_with("deflate.json");
        }
        all.extend(vectors);
    }
    assert!(all.len() >= 200, "{} vectors", all.len());
    all
}
