//! Protected records, opened: AEAD of TLS 1.3 (RFC 8446 section 5.2) and of TLS 1.2 (RFC 5288,
//! RFC 7905), and CBC with HMAC in both orders (RFC 5246 section 6.2.3.2, RFC 7366).

use super::keylog::{Random, Secret};
use super::schedule::{Hash, code, expand_label, key_block};
use aes::cipher::{BlockModeDecrypt, InnerIvInit, KeyInit};
use aes::{Aes128, Aes256};
use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes128Gcm, Aes256Gcm, Nonce, Tag};
use chacha20poly1305::ChaCha20Poly1305;
use hmac::Hmac;
use sha1::Sha1;
use sha2::{Sha256, Sha384};
use std::fmt;
use std::ops::Range;
use tls_parser::{TlsCipherEnc, TlsCipherEncMode, TlsCipherMac, TlsCipherSuite, TlsPRF};

/// Length of an authentication tag of AEAD.
const TAG: usize = 16;

/// Length of a block of AES.
const BLOCK: usize = 16;

/// The header of a record: type, version, length.
pub const HEADER: usize = 5;

/// What a cipher suite asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suite {
    /// As IANA has it.
    pub name: &'static str,
    pub hash: Hash,
    bulk: Bulk,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bulk {
    Aes128Gcm,
    Aes256Gcm,
    ChaCha20Poly1305,
    Cbc { key: usize, mac: HmacHash },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HmacHash {
    Sha1,
    Sha256,
    Sha384,
}

impl HmacHash {
    const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
        }
    }

    fn code(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Sha1 => code::<Hmac<Sha1>>(key, parts),
            Self::Sha256 => code::<Hmac<Sha256>>(key, parts),
            Self::Sha384 => code::<Hmac<Sha384>>(key, parts),
        }
    }
}

impl Suite {
    /// None when it is one that is not opened here.
    pub fn new(suite: &TlsCipherSuite) -> Option<Self> {
        let bulk = match (&suite.enc, &suite.enc_mode, suite.enc_size) {
            (TlsCipherEnc::Aes, TlsCipherEncMode::Gcm, 128) => Bulk::Aes128Gcm,
            (TlsCipherEnc::Aes, TlsCipherEncMode::Gcm, 256) => Bulk::Aes256Gcm,
            (TlsCipherEnc::Chacha20_Poly1305, ..) => Bulk::ChaCha20Poly1305,
            (TlsCipherEnc::Aes, TlsCipherEncMode::Cbc, size @ (128 | 256)) => Bulk::Cbc {
                key: usize::from(size) / 8,
                mac: match suite.mac {
                    TlsCipherMac::HmacSha1 => HmacHash::Sha1,
                    TlsCipherMac::HmacSha256 => HmacHash::Sha256,
                    TlsCipherMac::HmacSha384 => HmacHash::Sha384,
                    _ => return None,
                },
            },
            _ => return None,
        };
        Some(Self {
            name: suite.name,
            hash: match suite.prf {
                TlsPRF::Sha384 => Hash::Sha384,
                _ => Hash::Sha256,
            },
            bulk,
        })
    }

    /// How many bytes a record has beyond its content in TLS 1.2, where it is always the same.
    pub const fn overhead(&self) -> Option<usize> {
        match self.bulk {
            Bulk::Aes128Gcm | Bulk::Aes256Gcm => Some(8 + TAG),
            Bulk::ChaCha20Poly1305 => Some(TAG),
            Bulk::Cbc { .. } => None,
        }
    }

    const fn key_length(&self) -> usize {
        match self.bulk {
            Bulk::Aes128Gcm => 16,
            Bulk::Aes256Gcm | Bulk::ChaCha20Poly1305 => 32,
            Bulk::Cbc { key, .. } => key,
        }
    }

    fn key(&self, key: &[u8]) -> Option<Key> {
        Some(match self.bulk {
            Bulk::Aes128Gcm => Key::Aes128Gcm(Aes128Gcm::new_from_slice(key).ok()?),
            Bulk::Aes256Gcm => Key::Aes256Gcm(Aes256Gcm::new_from_slice(key).ok()?),
            Bulk::ChaCha20Poly1305 => {
                Key::ChaCha20Poly1305(ChaCha20Poly1305::new_from_slice(key).ok()?)
            }
            Bulk::Cbc { key: 16, .. } => Key::Aes128Cbc(Aes128::new_from_slice(key).ok()?),
            Bulk::Cbc { .. } => Key::Aes256Cbc(Aes256::new_from_slice(key).ok()?),
        })
    }
}

enum Key {
    Aes128Gcm(Aes128Gcm),
    Aes256Gcm(Aes256Gcm),
    ChaCha20Poly1305(ChaCha20Poly1305),
    Aes128Cbc(Aes128),
    Aes256Cbc(Aes256),
}

/// How records of TLS 1.2 are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// TLS 1.3: the type is inside, behind the content.
    Thirteen,
    /// The part of the nonce that changes stands before the ciphertext.
    ExplicitNonce,
    /// The nonce is made of the number of the record.
    ImplicitNonce,
    Cbc {
        mac: HmacHash,
        encrypt_then_mac: bool,
    },
}

/// Opens the records of one direction.
pub struct Opener {
    key: Key,
    iv: [u8; 12],
    mac_key: Vec<u8>,
    layout: Layout,
    /// The number of the next record.
    pub next: u64,
}

/// Keys are for no log.
impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener").field("next", &self.next).finish()
    }
}

/// A record that was opened: what it holds, and where in its body that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub content: u8,
    pub range: Range<usize>,
}

impl Opener {
    /// For a traffic secret of TLS 1.3 (RFC 8446 section 7.3).
    pub fn thirteen(suite: &Suite, secret: &Secret) -> Option<Self> {
        let mut key = [0; 32];
        let key = &mut key[..suite.key_length()];
        let mut iv = [0; 12];
        let made = expand_label(suite.hash, secret, "key", key)
            && expand_label(suite.hash, secret, "iv", &mut iv);
        made.then_some(Self {
            key: suite.key(key)?,
            iv,
            mac_key: Vec::new(),
            layout: Layout::Thirteen,
            next: 0,
        })
    }

    /// For the master secret of TLS 1.2: the client's and the server's.
    pub fn twelve(
        suite: &Suite,
        master: &Secret,
        server: &Random,
        client: &Random,
        encrypt_then_mac: bool,
    ) -> Option<[Self; 2]> {
        let (layout, mac_length, iv_length) = match suite.bulk {
            Bulk::Aes128Gcm | Bulk::Aes256Gcm => (Layout::ExplicitNonce, 0, 4),
            Bulk::ChaCha20Poly1305 => (Layout::ImplicitNonce, 0, 12),
            Bulk::Cbc { mac, .. } => {
                let layout = Layout::Cbc {
                    mac,
                    encrypt_then_mac,
                };
                (layout, mac.length(), 0)
            }
        };
        let key_length = suite.key_length();
        let length = 2 * (mac_length + key_length + iv_length);
        let block = key_block(suite.hash, master, server, client, length);
        let (mac_keys, rest) = block.split_at_checked(2 * mac_length)?;
        let (keys, ivs) = rest.split_at_checked(2 * key_length)?;
        let one = |side: usize| {
            let part = |of: &[u8], length: usize| of[side * length..][..length].to_vec();
            let mut iv = [0; 12];
            iv[..iv_length].copy_from_slice(&part(ivs, iv_length));
            Some(Self {
                key: suite.key(&part(keys, key_length))?,
                iv,
                mac_key: part(mac_keys, mac_length),
                layout,
                next: 0,
            })
        };
        Some([one(0)?, one(1)?])
    }

    /// Opens the record with a number, in place. None when it does not prove to be that one, and
    /// then its body is as it was.
    pub fn open(&self, number: u64, header: [u8; HEADER], body: &mut [u8]) -> Option<Opened> {
        match self.layout {
            Layout::Thirteen => {
                let sealed = body.len().checked_sub(TAG)?;
                self.aead(self.nonce(number), &header, body)?;
                // Zeros may follow the type (RFC 8446 section 5.4).
                let end = body[..sealed].iter().rposition(|&byte| byte != 0)?;
                Some(Opened {
                    content: body[end],
                    range: 0..end,
                })
            }
            Layout::ExplicitNonce | Layout::ImplicitNonce => {
                let explicit = match self.layout {
                    Layout::ExplicitNonce => 8,
                    _ => 0,
                };
                let length = body.len().checked_sub(explicit + TAG)?;
                let (nonce, sealed) = body.split_at_mut(explicit);
                let nonce = match explicit {
                    0 => self.nonce(number),
                    _ => {
                        let mut whole = self.iv;
                        whole[4..].copy_from_slice(nonce);
                        whole
                    }
                };
                self.aead(nonce, &associated(number, header, length), sealed)?;
                Some(Opened {
                    content: header[0],
                    range: explicit..explicit + length,
                })
            }
            Layout::Cbc {
                mac,
                encrypt_then_mac: true,
            } => {
                let length = body.len().checked_sub(mac.length())?;
                let (sealed, tag) = body.split_at(length);
                let head = associated(number, header, length);
                if mac.code(&self.mac_key, &[&head, sealed]) != tag {
                    return None;
                }
                let mut plain = self.cbc(sealed)?;
                plain.truncate(unpadded(&plain)?);
                self.put_back(header, body, &plain)
            }
            Layout::Cbc {
                mac,
                encrypt_then_mac: false,
            } => {
                let mut plain = self.cbc(body)?;
                plain.truncate(unpadded(&plain)?);
                let length = plain.len().checked_sub(mac.length())?;
                let (content, tag) = plain.split_at(length);
                let head = associated(number, header, length);
                if mac.code(&self.mac_key, &[&head, content]) != tag {
                    return None;
                }
                plain.truncate(length);
                self.put_back(header, body, &plain)
            }
        }
    }

    fn put_back(&self, header: [u8; HEADER], body: &mut [u8], plain: &[u8]) -> Option<Opened> {
        body.get_mut(..plain.len())?.copy_from_slice(plain);
        Some(Opened {
            content: header[0],
            range: 0..plain.len(),
        })
    }

    /// RFC 8446 section 5.3, RFC 7905 section 2.
    fn nonce(&self, number: u64) -> [u8; 12] {
        let mut nonce = self.iv;
        for (byte, part) in nonce[4..].iter_mut().zip(number.to_be_bytes()) {
            *byte ^= part;
        }
        nonce
    }

    /// Ciphertext and its tag. Nothing is changed unless the tag is right.
    fn aead(&self, nonce: [u8; 12], associated: &[u8], sealed: &mut [u8]) -> Option<()> {
        let length = sealed.len().checked_sub(TAG)?;
        let (text, tag) = sealed.split_at_mut(length);
        let tag = Tag::try_from(&*tag).ok()?;
        let nonce = Nonce::from(nonce);
        match &self.key {
            Key::Aes128Gcm(key) => {
                key.decrypt_inout_detached(&nonce, associated, text.into(), &tag)
            }
            Key::Aes256Gcm(key) => {
                key.decrypt_inout_detached(&nonce, associated, text.into(), &tag)
            }
            Key::ChaCha20Poly1305(key) => {
                key.decrypt_inout_detached(&nonce, associated, text.into(), &tag)
            }
            Key::Aes128Cbc(_) | Key::Aes256Cbc(_) => return None,
        }
        .ok()
    }

    /// The first block is the initialization vector.
    fn cbc(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        fn decrypt<C>(key: &C, iv: &[u8; BLOCK], blocks: &mut [[u8; BLOCK]]) -> Option<()>
        where
            C: Clone
                + aes::cipher::BlockCipherDecrypt
                + aes::cipher::BlockSizeUser<BlockSize = aes::cipher::consts::U16>,
        {
            let mut mode = cbc::Decryptor::inner_iv_slice_init(key.clone(), iv).ok()?;
            for block in blocks {
                mode.decrypt_block(block.into());
            }
            Some(())
        }
        let (iv, sealed) = sealed.split_first_chunk::<BLOCK>()?;
        let mut plain = sealed.to_vec();
        let (blocks, []) = plain.as_chunks_mut::<BLOCK>() else {
            return None;
        };
        match &self.key {
            Key::Aes128Cbc(key) => decrypt(key, iv, blocks)?,
            Key::Aes256Cbc(key) => decrypt(key, iv, blocks)?,
            _ => return None,
        }
        Some(plain)
    }
}

/// What is authenticated with a record of TLS 1.2: its number, and its header with the length
/// of the content.
fn associated(number: u64, header: [u8; HEADER], length: usize) -> [u8; 13] {
    let mut all = [0; 13];
    all[..8].copy_from_slice(&number.to_be_bytes());
    all[8..11].copy_from_slice(&header[..3]);
    all[11..].copy_from_slice(&(length as u16).to_be_bytes());
    all
}

/// How long the content is before the padding of CBC, each byte of which tells its length.
fn unpadded(plain: &[u8]) -> Option<usize> {
    let &padding = plain.last()?;
    let length = plain.len().checked_sub(usize::from(padding) + 1)?;
    let right = plain[length..].iter().all(|&byte| byte == padding);
    right.then_some(length)
}
