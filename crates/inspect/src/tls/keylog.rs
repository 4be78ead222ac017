//! Key logs as browsers and TLS libraries write them where `SSLKEYLOGFILE` says so (RFC 9850):
//! lines of a label, the client's random and a secret, all but the label in hex.

use std::collections::HashMap;
use std::fmt;

/// Connections whose keys are kept. More are no log of one capture, but memory.
const MAX_SESSIONS: usize = 1 << 18;

/// What names a connection in a key log: the random bytes of its ClientHello.
pub type Random = [u8; 32];

/// A secret of TLS: 48 bytes for TLS 1.2, as long as the hash for TLS 1.3.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret {
    bytes: [u8; 48],
    length: u8,
}

impl Secret {
    /// None when it is longer than any.
    pub fn new(secret: &[u8]) -> Option<Self> {
        let mut bytes = [0; 48];
        bytes.get_mut(..secret.len())?.copy_from_slice(secret);
        Some(Self {
            bytes,
            length: secret.len() as u8,
        })
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// Secrets are for no log.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Which secret of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Label {
    /// The master secret of TLS 1.2.
    Master,
    /// TLS 1.3: what the client sends before the server has answered.
    ClientEarly,
    /// TLS 1.3: the handshake, client to server.
    ClientHandshake,
    /// TLS 1.3: the handshake, server to client.
    ServerHandshake,
    /// TLS 1.3: application data before the first key update, client to server.
    ClientTraffic,
    /// The same, server to client.
    ServerTraffic,
}

/// Labels of the file. Those of later secrets (`CLIENT_TRAFFIC_SECRET_1`) are not needed, because
/// they follow from the first, and `EXPORTER_SECRET` opens nothing.
const LABELS: [(&str, Label); 6] = [
    ("CLIENT_RANDOM", Label::Master),
    ("CLIENT_EARLY_TRAFFIC_SECRET", Label::ClientEarly),
    ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", Label::ClientHandshake),
    ("SERVER_HANDSHAKE_TRAFFIC_SECRET", Label::ServerHandshake),
    ("CLIENT_TRAFFIC_SECRET_0", Label::ClientTraffic),
    ("SERVER_TRAFFIC_SECRET_0", Label::ServerTraffic),
];

/// All secrets that were given.
#[derive(Debug, Default)]
pub struct KeyLog {
    sessions: HashMap<Random, [Option<Secret>; 6]>,
}

impl KeyLog {
    /// Whether these bytes are a key log: its first line that says anything is one of its lines.
    pub fn is_one(bytes: &[u8]) -> bool {
        let mut lines = lines(bytes);
        lines.next().is_some_and(|line| read(line).is_some())
    }

    /// Takes the lines of a key log. Gives the connections that it has secrets of, as often as
    /// they are named; other lines count for nothing, since such files are appended to by
    /// programs that crash.
    pub fn add(&mut self, bytes: &[u8]) -> Vec<Random> {
        let mut named = Vec::new();
        for (label, random, secret) in lines(bytes).filter_map(read) {
            let full = self.sessions.len() >= MAX_SESSIONS;
            if full && !self.sessions.contains_key(&random) {
                continue;
            }
            if let Some(label) = label {
                let session = self.sessions.entry(random).or_default();
                session[label as usize] = Some(secret);
                named.push(random);
            }
        }
        named
    }

    /// A secret of a connection.
    pub fn get(&self, random: &Random, label: Label) -> Option<Secret> {
        self.sessions.get(random)?[label as usize]
    }

    /// Writes the lines of a connection, as they are in the file.
    pub fn write(&self, random: &Random, out: &mut Vec<u8>) {
        let Some(secrets) = self.sessions.get(random) else {
            return;
        };
        for (name, label) in LABELS {
            if let Some(secret) = &secrets[label as usize] {
                out.extend_from_slice(name.as_bytes());
                for bytes in [&random[..], secret.bytes()] {
                    out.push(b' ');
                    out.extend(bytes.iter().flat_map(|byte| digits(*byte)));
                }
                out.push(b'\n');
            }
        }
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        self.sessions.capacity() * size_of::<(Random, [Option<Secret>; 6])>()
    }
}

/// Lines that say anything, without whitespace around them.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r'));
    let lines = lines.map(<[u8]>::trim_ascii);
    lines.filter(|line| !line.is_empty() && !line.starts_with(b"#"))
}

/// A line: its label, if it is one that is needed, the random and the secret.
fn read(line: &[u8]) -> Option<(Option<Label>, Random, Secret)> {
    let mut words = line.split(|byte| *byte == b' ');
    let label = str::from_utf8(words.next()?).ok()?;
    let is_word = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if label.is_empty() || !label.bytes().all(is_word) {
        return None;
    }
    let mut random = [0; 32];
    let mut secret = [0; 48];
    if hex(words.next()?, &mut random)? != 32 {
        return None;
    }
    let length = hex(words.next()?, &mut secret)?;
    if words.next().is_some() || !matches!(length, 32 | 48) {
        return None;
    }
    let known = LABELS.iter().find(|(name, _)| *name == label);
    Some((
        known.map(|(_, label)| *label),
        random,
        Secret::new(&secret[..length])?,
    ))
}

/// A byte as digits of hex.
fn digits(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [byte >> 4, byte & 15].map(|half| DIGITS[usize::from(half)])
}

/// Digits of hex as bytes: how many there are.
fn hex(digits: &[u8], out: &mut [u8]) -> Option<usize> {
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    let out = out.get_mut(..pairs.len())?;
    for (byte, [high, low]) in out.iter_mut().zip(pairs) {
        let digit = |c: u8| char::from(c).to_digit(16);
        *byte = (digit(*high)? << 4 | digit(*low)?) as u8;
    }
    Some(pairs.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(label: &str, random: u8, secret: u8) -> String {
        format!(
            "{label} {} {}",
            format!("{random:02x}").repeat(32),
            format!("{secret:02X}").repeat(48)
        )
    }

    #[test]
    fn lines_of_a_log_and_other_lines() {
        let mut log = KeyLog::default();
        let text = [
            "# made by hand".to_owned(),
            line("CLIENT_RANDOM", 1, 0xab),
            "\r".to_owned(),
            line("SERVER_TRAFFIC_SECRET_0", 2, 3),
            line("EXPORTER_SECRET", 2, 4),
            "CLIENT_RANDOM 01 02".to_owned(),
            line("CLIENT_RANDOM", 4, 5) + "0",
            line("CLIENT_RANDOM", 5, 5) + " more",
        ];
        let text = text.join("\n");
        assert!(KeyLog::is_one(text.as_bytes()));
        assert_eq!(log.add(text.as_bytes()), [[1; 32], [2; 32]]);
        let master = log.get(&[1; 32], Label::Master).unwrap();
        assert_eq!(master.bytes(), [0xab; 48]);
        assert_eq!(log.get(&[1; 32], Label::ServerTraffic), None);
        assert!(log.get(&[2; 32], Label::ServerTraffic).is_some());
        assert!(log.get(&[4; 32], Label::Master).is_none());
        assert!(log.get(&[5; 32], Label::Master).is_none());
        let mut written = Vec::new();
        log.write(&[1; 32], &mut written);
        log.write(&[9; 32], &mut written);
        let one = line("CLIENT_RANDOM", 1, 0xab).replace("AB", "ab") + "\n";
        assert_eq!(str::from_utf8(&written), Ok(one.as_str()));
        assert!(!format!("{log:?}").contains("171"), "secrets are not shown");
    }

    #[test]
    fn what_is_no_log() {
        for text in [
            "",
            "# only this",
            "GET / HTTP/1.1",
            "81 05 48 65",
            "CLIENT_RANDOM",
        ] {
            assert!(!KeyLog::is_one(text.as_bytes()), "{text}");
            assert!(KeyLog::default().add(text.as_bytes()).is_empty());
        }
    }
}
