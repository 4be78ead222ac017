//! Makes captures: TCP connections as packets of Ethernet, in a pcap file. Checksums are zero,
//! as network cards that compute them leave them.

use ws4wasm_inspect::flow::Direction;

pub const UP: Direction = Direction::ClientToServer;
pub const DOWN: Direction = Direction::ServerToClient;

/// One TCP connection between 10.0.0.1:50000 and 10.0.0.2.
pub struct Talk {
    port: u16,
    sent: [u32; 2],
    pub packets: Vec<Vec<u8>>,
}

impl Talk {
    /// From the middle on.
    pub fn late(port: u16) -> Self {
        Self {
            port,
            sent: [1_000, 5_000],
            packets: Vec::new(),
        }
    }

    /// From the SYN on.
    pub fn new(port: u16) -> Self {
        let mut talk = Self::late(port);
        talk.packet(UP, 0x02, b"");
        talk.sent[0] += 1;
        talk.packet(DOWN, 0x12, b"");
        talk.sent[1] += 1;
        talk.packet(UP, 0x10, b"");
        talk
    }

    pub fn say(&mut self, way: Direction, bytes: &[u8]) -> &mut Self {
        self.packet(way, 0x18, bytes);
        self.sent[way as usize] = self.sent[way as usize].wrapping_add(bytes.len() as u32);
        self
    }

    /// Said, and not recorded.
    pub fn lose(&mut self, way: Direction, bytes: &[u8]) -> &mut Self {
        self.say(way, bytes);
        self.packets.pop();
        self
    }

    pub fn fin(&mut self) -> &mut Self {
        for way in [UP, DOWN] {
            self.packet(way, 0x11, b"");
            self.sent[way as usize] += 1;
        }
        self
    }

    fn packet(&mut self, way: Direction, flags: u8, payload: &[u8]) {
        let w = way as usize;
        let mut ports = [50_000_u16.to_be_bytes(), self.port.to_be_bytes()];
        let mut hosts = [[10, 0, 0, 1], [10, 0, 0, 2]];
        if way == DOWN {
            ports.reverse();
            hosts.reverse();
        }
        let acknowledged = if flags == 0x02 { 0 } else { self.sent[1 - w] };
        let length = (40 + payload.len()) as u16;
        let mut bytes = vec![0; 12];
        bytes.extend([8, 0, 0x45, 0]);
        bytes.extend(length.to_be_bytes());
        bytes.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
        bytes.extend(hosts.concat());
        bytes.extend(ports.concat());
        bytes.extend(self.sent[w].to_be_bytes());
        bytes.extend(acknowledged.to_be_bytes());
        bytes.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        bytes.extend(payload);
        self.packets.push(bytes);
    }

    /// The capture.
    pub fn pcap(&self) -> Vec<u8> {
        pcap(&self.packets, usize::MAX)
    }
}

/// A packet every 10 ms, each of this length at most.
pub fn pcap(packets: &[Vec<u8>], snap: usize) -> Vec<u8> {
    let words =
        |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|w| w.to_le_bytes()).collect() };
    let mut file = words(&[0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, 1]);
    for (at, packet) in packets.iter().enumerate() {
        let kept = &packet[..packet.len().min(snap)];
        let micros = at as u32 * 10_000;
        let head = [1_700_000_000 + micros / 1_000_000, micros % 1_000_000];
        file.extend(words(&head));
        file.extend(words(&[kept.len() as u32, packet.len() as u32]));
        file.extend(kept);
    }
    file
}

/// A frame; the client's is masked.
pub fn frame(way: Direction, b0: u8, payload: &[u8]) -> Vec<u8> {
    let mask = if way == UP { 0x80 } else { 0 };
    let mut bytes = vec![b0];
    match payload.len() {
        length @ 0..=125 => bytes.push(mask | length as u8),
        length => {
            bytes.push(mask | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
    }
    if way == DOWN {
        bytes.extend(payload);
        return bytes;
    }
    let key = [0x37, 0xfa, (payload.len() % 251) as u8, b0];
    bytes.extend(key);
    bytes.extend(
        payload
            .iter()
            .zip(key.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
    bytes
}

pub const REQUEST: &[u8] = b"GET /x HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";
pub const ANSWER: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
