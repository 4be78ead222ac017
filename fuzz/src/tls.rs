//! A sender of TLS 1.3 for the tests of the inspector: hellos without cryptography in them, and
//! records sealed with keys that are in its log.

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes128Gcm, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;

const RANDOM: [u8; 32] = [0xab; 32];
const SECRETS: [[u8; 32]; 2] = [[1; 32], [2; 32]];

/// The key log of every connection here. Without secrets of the handshake, which is not sealed.
pub fn key_log() -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let line = |label, secret: &[u8]| format!("{label} {} {}\n", hex(&RANDOM), hex(secret));
    line("CLIENT_TRAFFIC_SECRET_0", &SECRETS[0]) + &line("SERVER_TRAFFIC_SECRET_0", &SECRETS[1])
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u16).to_be_bytes();
    [&[kind, 3, 3][..], &length, body].concat()
}

fn hello(kind: u8, rest: &[u8]) -> Vec<u8> {
    let body = [&[3, 3][..], &RANDOM, &[0], rest].concat();
    let length = (body.len() as u32).to_be_bytes();
    record(22, &[&[kind][..], &length[1..], &body].concat())
}

/// The ClientHello, with no more in it than what is read.
pub fn client_hello() -> Vec<u8> {
    hello(1, &[0, 2, 0x13, 1, 1, 0])
}

/// A ServerHello that chooses TLS_AES_128_GCM_SHA256.
pub fn server_hello() -> Vec<u8> {
    hello(2, &[0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4])
}

/// Seals the records of one side.
pub struct Sealer {
    key: Aes128Gcm,
    iv: [u8; 12],
    next: u64,
}

impl Sealer {
    /// 0: the client, 1: the server.
    pub fn new(side: usize) -> Self {
        let hkdf = Hkdf::<Sha256>::from_prk(&SECRETS[side]).expect("a secret");
        let (mut key, mut iv) = ([0; 16], [0; 12]);
        hkdf.expand(b"\0\x10\x09tls13 key\0", &mut key)
            .expect("a length");
        hkdf.expand(b"\0\x0c\x08tls13 iv\0", &mut iv)
            .expect("a length");
        Self {
            key: Aes128Gcm::new(&key.into()),
            iv,
            next: 0,
        }
    }

    /// A record of application data.
    pub fn seal(&mut self, content: &[u8]) -> Vec<u8> {
        let mut body = [content, &[23]].concat();
        let length = (body.len() as u16 + 16).to_be_bytes();
        let header = [23, 3, 3, length[0], length[1]];
        let mut nonce = self.iv;
        for (byte, part) in nonce[4..].iter_mut().zip(self.next.to_be_bytes()) {
            *byte ^= part;
        }
        self.next += 1;
        let nonce = Nonce::from(nonce);
        let tag = self
            .key
            .encrypt_inout_detached(&nonce, &header, body.as_mut_slice().into())
            .expect("a record");
        body.extend_from_slice(&tag);
        record(23, &body)
    }
}
