//! Messages for servers that compress (RFC 7692): made and compressed beforehand, each on its own,
//! so that they are lawful with context takeover and without.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use std::io;

/// What is offered: with context takeover, as browsers do, and without.
pub const OFFER: &str = "permessage-deflate";
pub const OFFER_ALONE: &str =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// How many messages take turns. With context takeover a server would find one that is always the
/// same in what it has sent before.
const MESSAGES: u32 = 64;

/// What a message is sent without (RFC 7692 section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// JSON of that many bytes each, all different.
pub fn messages(bytes: usize) -> Vec<Vec<u8>> {
    (0..MESSAGES).map(|seed| json(seed, bytes)).collect()
}

/// Trades, as an exchange would tell them.
fn json(seed: u32, bytes: usize) -> Vec<u8> {
    const NAMES: [&str; 8] = [
        "ACME", "BOREAL", "CEDAR", "DELTA", "EMBER", "FJORD", "GRANITE", "HARBOR",
    ];
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut random = move |below: u32| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state % below
    };
    let mut out = String::from("[");
    while out.len() < bytes {
        let side = if random(2) == 0 { "buy" } else { "sell" };
        out.push_str(&format!(
            r#"{{"id":{},"name":"{}","side":"{side}","price":{}.{:02},"size":{}}},"#,
            random(1_000_000_000),
            NAMES[random(8) as usize],
            random(1000),
            random(100),
            random(500),
        ));
    }
    out.truncate(bytes - 1);
    out.push(']');
    out.into_bytes()
}

pub fn compress(message: &[u8]) -> Vec<u8> {
    let mut state = Compress::new(Compression::default(), false);
    let mut out = Vec::with_capacity(message.len() + 64);
    let done = state.compress_vec(message, &mut out, FlushCompress::Sync);
    assert!(
        done.is_ok() && out.ends_with(&TAIL),
        "compressed in one go: {done:?}"
    );
    out.truncate(out.len() - TAIL.len());
    out
}

/// The first message of a connection: it refers to nothing before it.
pub fn check_first(payload: &[u8], message: &[u8]) -> io::Result<()> {
    let mut plain = Vec::with_capacity(message.len() + 64);
    let payload = [payload, &TAIL].concat();
    let _ = Decompress::new(false).decompress_vec(&payload, &mut plain, FlushDecompress::Sync);
    if plain == message {
        Ok(())
    } else {
        Err(io::Error::other("this is not the echo, inflated"))
    }
}
