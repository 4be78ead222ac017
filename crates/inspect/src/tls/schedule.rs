//! From secrets to keys: HKDF-Expand-Label of TLS 1.3 (RFC 8446 section 7.1) and the
//! pseudorandom function of TLS 1.2 (RFC 5246 section 5).

use super::keylog::{Random, Secret};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384};

/// The hash of a cipher suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    Sha256,
    Sha384,
}

/// HKDF-Expand-Label with an empty context. False when the secret is too short to be one.
pub fn expand_label(hash: Hash, secret: &Secret, label: &str, out: &mut [u8]) -> bool {
    let mut info = Vec::with_capacity(20);
    info.extend((out.len() as u16).to_be_bytes());
    info.push(6 + label.len() as u8);
    info.extend_from_slice(b"tls13 ");
    info.extend_from_slice(label.as_bytes());
    info.push(0);
    match hash {
        Hash::Sha256 => Hkdf::<Sha256>::from_prk(secret.bytes())
            .is_ok_and(|hkdf| hkdf.expand(&info, out).is_ok()),
        Hash::Sha384 => Hkdf::<Sha384>::from_prk(secret.bytes())
            .is_ok_and(|hkdf| hkdf.expand(&info, out).is_ok()),
    }
}

/// The secret after a key update (RFC 8446 section 7.2).
pub fn next_secret(hash: Hash, secret: &Secret) -> Option<Secret> {
    let mut next = [0; 48];
    let next = &mut next[..secret.bytes().len()];
    expand_label(hash, secret, "traffic upd", next).then(|| Secret::new(next))?
}

/// The key block of TLS 1.2 (RFC 5246 section 6.3). The master secret comes from the log, so it
/// makes no difference whether it is an extended one (RFC 7627).
pub fn key_block(
    hash: Hash,
    master: &Secret,
    server: &Random,
    client: &Random,
    length: usize,
) -> Vec<u8> {
    let seed = [&b"key expansion"[..], server, client].concat();
    let hmac = |parts: &[&[u8]]| match hash {
        Hash::Sha256 => code::<Hmac<Sha256>>(master.bytes(), parts),
        Hash::Sha384 => code::<Hmac<Sha384>>(master.bytes(), parts),
    };
    let mut block = Vec::new();
    let mut a = hmac(&[&seed]);
    while block.len() < length {
        block.extend(hmac(&[&a, &seed]));
        a = hmac(&[&a]);
    }
    block.truncate(length);
    block
}

/// A message authentication code.
pub fn code<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // HMAC takes keys of any length.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else {
        return Vec::new();
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
        digits
            .chunks(2)
            .map(|pair| (pair[0] << 4 | pair[1]) as u8)
            .collect()
    }

    /// RFC 8448 section 3: the server's application traffic secret and its key.
    #[test]
    fn keys_of_rfc_8448() {
        let secret = bytes("a11af9f05531f856ad47116b45a95032 8204b4f44bfb6b3a4b4f1f3fcb631643");
        let secret = Secret::new(&secret).unwrap();
        let (mut key, mut iv) = ([0; 16], [0; 12]);
        assert!(expand_label(Hash::Sha256, &secret, "key", &mut key));
        assert!(expand_label(Hash::Sha256, &secret, "iv", &mut iv));
        assert_eq!(key[..], bytes("9f02283b6c9c07efc26bb9f2ac92e356"));
        assert_eq!(iv[..], bytes("cf782b88dd83549aadf1e984"));
    }

    #[test]
    fn secrets_that_are_too_short_open_nothing() {
        let short = Secret::new(&[1; 32]).unwrap();
        assert_eq!(next_secret(Hash::Sha384, &short), None);
        assert!(next_secret(Hash::Sha256, &short).is_some());
    }
}
