//! The other side of encryption: who has the identity, opens the file (<https://age-encryption.org/v1>).

use base64ct::{Base64Unpadded, Encoding as _};
use chacha20poly1305::aead::Aead as _;
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit as _, Nonce};
use edgekeep::backup::age::Recipient;
use hkdf::Hkdf;
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};

/// A secret key.
pub struct Identity(StaticSecret);

impl Identity {
    /// The same each time.
    pub fn new() -> Self {
        Self(StaticSecret::from([7; 32]))
    }

    /// For whom to encrypt.
    pub fn recipient(&self) -> Recipient {
        let hrp = bech32::Hrp::parse("age").expect("letters");
        let text = bech32::encode::<bech32::Bech32>(hrp, PublicKey::from(&self.0).as_bytes()).expect("short");
        Recipient::parse(&text).expect("a public key")
    }

    /// What a file holds; it must be whole, to the chunk that says that it is the last.
    pub fn open(&self, file: &[u8]) -> Vec<u8> {
        let end = file.windows(4).position(|four| four == b"\n---").expect("an end of the header");
        let header = std::str::from_utf8(&file[..end]).expect("text");
        let mut lines = header.lines();
        assert_eq!(lines.next(), Some("age-encryption.org/v1"));
        let share = lines.next().and_then(|line| line.strip_prefix("-> X25519 ")).expect("for one key");
        let share: [u8; 32] = Base64Unpadded::decode_vec(share).expect("base64").try_into().expect("a key");
        let body = Base64Unpadded::decode_vec(lines.next().expect("a wrapped key")).expect("base64");
        let shared = self.0.diffie_hellman(&PublicKey::from(share));
        let salt = [share, *PublicKey::from(&self.0).as_bytes()].concat();
        let wrap = derived(Some(&salt), shared.as_bytes(), b"age-encryption.org/v1/X25519");
        let file_key = opened(&wrap, [0; 12], &body).expect("the key of the file");

        let from = end + 1 + file[end + 1..].iter().position(|byte| *byte == b'\n').expect("a last line") + 1;
        let (nonce, sealed) = file[from..].split_at(16);
        let key = derived(Some(nonce), &file_key, b"payload");
        let chunks: Vec<_> = sealed.chunks((64 << 10) + 16).collect();
        let mut plain = Vec::new();
        for (at, chunk) in chunks.iter().enumerate() {
            let mut nonce = [0; 12];
            nonce[3..11].copy_from_slice(&(at as u64).to_be_bytes());
            nonce[11] = u8::from(at + 1 == chunks.len());
            plain.extend(opened(&key, nonce, chunk).unwrap_or_else(|| panic!("chunk {at} of {}", chunks.len())));
        }
        plain
    }
}

fn derived(salt: Option<&[u8]>, secret: &[u8], purpose: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(salt, secret).expand(purpose, &mut key).expect("32 bytes");
    key
}

fn opened(key: &[u8; 32], nonce: [u8; 12], sealed: &[u8]) -> Option<Vec<u8>> {
    ChaCha20Poly1305::new(&Key::from(*key)).decrypt(&Nonce::from(nonce), sealed).ok()
}
