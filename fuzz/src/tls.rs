//! A sender of TLS 1.3 for the tests of the inspector: hellos without cryptography in them, and
//! records sealed with keys that are in its log.

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes128Gcm, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use ws4wasm_inspect::bytes::Kind;
use ws4wasm_inspect::flow::{Direction, End, FlowId, FlowSink, Opened, Source};
use ws4wasm_inspect::store::flag;
use ws4wasm_inspect::{Inspection, Options};

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

const REQUEST: &[u8] =
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// A connection with keys.
pub fn open(inspection: &mut Inspection) -> FlowId {
    inspection.keys(key_log().as_bytes());
    inspection.open(Opened {
        client_known: true,
        from_start: true,
        ..Opened::default()
    })
}

/// The next bytes of a direction.
pub fn data(inspection: &mut Inspection, flow: FlowId, direction: Direction, bytes: &[u8]) {
    if !bytes.is_empty() {
        inspection.data(flow, direction, 0, Source::default(), bytes);
    }
}

/// Both directions end.
pub fn end(inspection: &mut Inspection, flow: FlowId) {
    for direction in Direction::BOTH {
        inspection.end(flow, direction, 0, End::Fin);
    }
}

/// A record of the server for each four bytes, which may change or lose some of it. What is found
/// are frames that were sent, in their order: each has its number in it. Gives how many.
pub fn damaged(bytes: &[u8]) -> usize {
    let (mut client, mut server) = (Sealer::new(0), Sealer::new(1));
    let mut inspection = Inspection::new(Options::default());
    let flow = open(&mut inspection);
    let (up, down) = (Direction::ClientToServer, Direction::ServerToClient);
    data(&mut inspection, flow, up, &client_hello());
    data(&mut inspection, flow, down, &server_hello());
    data(&mut inspection, flow, up, &client.seal(REQUEST));
    data(&mut inspection, flow, down, &server.seal(RESPONSE));
    let text = |number: usize| format!("message number {number:04}");
    for (number, change) in bytes.chunks_exact(4).take(32).enumerate() {
        let text = text(number);
        let frame = [&[0x81, text.len() as u8], text.as_bytes()].concat();
        let mut record = server.seal(&frame);
        let at = usize::from(change[1]) % record.len();
        let length = 1 + usize::from(change[2]) % (record.len() - at);
        match change[0] % 8 {
            0 => record[at] ^= change[3] | 1,
            1 => {
                data(&mut inspection, flow, down, &record[..at]);
                let told = if change[3] & 1 == 0 { length as u64 } else { 0 };
                inspection.gap(flow, down, 0, told);
                record.drain(..at + length);
            }
            2 => {
                inspection.gap(flow, down, 0, record.len() as u64);
                record.clear();
            }
            _ => {}
        }
        data(&mut inspection, flow, down, &record);
    }
    end(&mut inspection, flow);
    let mut last = None;
    let mut all = 0;
    for (number, frame) in inspection.store.frames.iter_from(0) {
        if frame.is_hole() || frame.flags & flag::COMPLETE == 0 {
            continue;
        }
        let piece = inspection
            .piece(number, Kind::Unmasked, 0, 64)
            .expect("a frame");
        let found = String::from_utf8(piece.bytes).expect("text");
        let known = (0..32).find(|&number| text(number) == found);
        assert!(known > last, "{found:?} after {last:?}");
        last = known;
        all += 1;
    }
    all
}
