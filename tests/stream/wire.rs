//! Frames by hand: an encoder and a header walk that share nothing with the crate.

/// One frame as it goes on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub fin: bool,
    pub rsv: u8,
    pub opcode: u8,
    pub key: Option<[u8; 4]>,
    pub payload: Vec<u8>,
}

/// How a length is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Shortest,
    Bits16,
    Bits64,
}

impl Frame {
    pub fn new(opcode: u8, payload: impl Into<Vec<u8>>) -> Self {
        Self {
            fin: true,
            rsv: 0,
            opcode,
            key: None,
            payload: payload.into(),
        }
    }

    /// Masked under `key` towards a server, bare towards a client.
    pub fn masked(mut self, key: Option<[u8; 4]>) -> Self {
        self.key = key;
        self
    }

    pub fn encode(&self) -> Vec<u8> {
        self.encode_as(Form::Shortest, self.payload.len() as u64)
    }

    /// With a length of its own choosing, true or not.
    pub fn encode_as(&self, form: Form, length: u64) -> Vec<u8> {
        let mask = if self.key.is_some() { 128 } else { 0 };
        let mut out = vec![if self.fin { 128 } else { 0 } + self.rsv * 16 + self.opcode];
        let form = match form {
            Form::Shortest if length > 65535 => Form::Bits64,
            Form::Shortest if length > 125 => Form::Bits16,
            other => other,
        };
        match form {
            Form::Shortest => out.push(mask + length as u8),
            Form::Bits16 => {
                out.push(mask + 126);
                out.push((length / 256) as u8);
                out.push((length % 256) as u8);
            }
            Form::Bits64 => {
                out.push(mask + 127);
                for place in (0..8).rev() {
                    out.push((length >> (place * 8)) as u8);
                }
            }
        }
        out.extend(self.key.unwrap_or_default().iter().take(match self.key {
            Some(_) => 4,
            None => 0,
        }));
        out.extend(xor(&self.payload, self.key));
        out
    }
}

/// Masks or unmasks, byte by byte as the RFC has it.
pub fn xor(data: &[u8], key: Option<[u8; 4]>) -> Vec<u8> {
    let key = key.unwrap_or_default();
    let mut out = Vec::with_capacity(data.len());
    for (i, byte) in data.iter().enumerate() {
        out.push(byte ^ key[i % 4]);
    }
    out
}

/// A frame found in bytes, judged by nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub offset: usize,
    pub header_len: usize,
    /// As announced.
    pub length: u64,
    /// As much of the payload as there is, unmasked.
    pub frame: Frame,
}

impl Found {
    pub fn complete(&self) -> bool {
        self.frame.payload.len() as u64 == self.length
    }
}

/// All frames whose header is complete.
pub fn walk(bytes: &[u8]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut offset = 0;
    while bytes.len() - offset >= 2 {
        let rest = &bytes[offset..];
        let masked = rest[1] >= 128;
        let size = match rest[1] % 128 {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let header_len = 2 + size + if masked { 4 } else { 0 };
        if rest.len() < header_len {
            break;
        }
        let mut length = u64::from(rest[1] % 128);
        if size > 0 {
            length = 0;
            for byte in &rest[2..2 + size] {
                length = length * 256 + u64::from(*byte);
            }
        }
        let key = masked.then(|| {
            let k = &rest[2 + size..header_len];
            [k[0], k[1], k[2], k[3]]
        });
        let body = &rest[header_len..];
        let there = if length > body.len() as u64 {
            body.len()
        } else {
            length as usize
        };
        found.push(Found {
            offset,
            header_len,
            length,
            frame: Frame {
                fin: rest[0] >= 128,
                rsv: rest[0] / 16 % 8,
                opcode: rest[0] % 16,
                key,
                payload: xor(&body[..there], key),
            },
        });
        offset += header_len + there;
    }
    found
}
