//! Encryption in the age format, version 1, for one X25519 recipient (`age1...`): <https://age-encryption.org/v1>.
//!
//! The Worker holds the public key alone. What it keeps of a run that is going on, the key of that one file, goes with the
//! run; no earlier backup can be read from here.

use std::fmt;

use base64ct::{Base64Unpadded, Encoding as _};
use bech32::Hrp;
use bech32::primitives::decode::CheckedHrpstring;
use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::ports::{Entropy, PortError};

/// A public key: `age1...`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient([u8; 32]);

impl Recipient {
    /// Reads `age1...`; `None` when it is no such key.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let checked = CheckedHrpstring::new::<bech32::Bech32>(text).ok()?;
        let bytes: Vec<u8> = checked.byte_iter().collect();
        let is_age = checked.hrp() == Hrp::parse("age").ok()?;
        bytes.try_into().ok().filter(|_| is_age).map(Self)
    }
}

/// The encryption of one file, which can be put down and taken up again.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Sealer {
    key: [u8; 32],
    /// Number of the next chunk.
    chunk: u64,
    /// What is encrypted and has not been given out, at first the header.
    carry: Vec<u8>,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer {{ chunk: {} }}", self.chunk)
    }
}

impl Sealer {
    /// Begins a file for this recipient.
    ///
    /// # Errors
    /// When there is no randomness, or the key is one that no secret belongs to.
    pub fn new(recipient: &Recipient, entropy: &dyn Entropy) -> Result<Self, PortError> {
        let mut file_key = Zeroizing::new([0; 16]);
        let mut ephemeral = Zeroizing::new([0; 32]);
        let mut nonce = [0; 16];
        entropy.fill(file_key.as_mut())?;
        entropy.fill(ephemeral.as_mut())?;
        entropy.fill(&mut nonce)?;
        let ephemeral = StaticSecret::from(*ephemeral);
        let share = PublicKey::from(&ephemeral);
        let shared = ephemeral.diffie_hellman(&PublicKey::from(recipient.0));
        if !shared.was_contributory() {
            return Err(PortError::Failed("the public key is a weak one".into()));
        }
        let salt = [share.as_bytes().as_slice(), &recipient.0].concat();
        let wrap = derive(Some(&salt), shared.as_bytes(), b"age-encryption.org/v1/X25519")?;
        let body = seal(&wrap, [0; 12], file_key.as_ref())?;
        let mut header = format!(
            "age-encryption.org/v1\n-> X25519 {}\n{}\n---",
            Base64Unpadded::encode_string(share.as_bytes()),
            Base64Unpadded::encode_string(&body)
        );
        let mac_key = derive(None, file_key.as_ref(), b"header")?;
        let mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(mac_key.as_ref());
        let mut mac = mac.map_err(|_| PortError::Failed("age: no header key".into()))?;
        mac.update(header.as_bytes());
        header.push(' ');
        header.push_str(&Base64Unpadded::encode_string(&mac.finalize().into_bytes()));
        header.push('\n');
        let mut carry = header.into_bytes();
        carry.extend_from_slice(&nonce);
        Ok(Self { key: *derive(Some(&nonce), file_key.as_ref(), b"payload")?, chunk: 0, carry })
    }

    /// Forgets the key: the file is complete.
    pub fn forget(&mut self) {
        self.key = [0; 32];
    }

    /// How many bytes [`Sealer::seal`] makes of so many in all, with what it has carried over.
    #[must_use]
    pub fn sealed(&self, plain: u64) -> u64 {
        self.carry.len() as u64 + plain + plain.div_ceil(CHUNK as u64) * (SEALED_CHUNK - CHUNK) as u64
    }

    /// Encrypts whole chunks of [`CHUNK`] bytes, and with `last` the end of the file, which must not be empty unless the
    /// file is. Gives out `size` bytes, or all that there is at the end.
    ///
    /// # Errors
    /// When the file has more chunks than the format can count.
    pub fn seal(&mut self, plain: &[u8], size: usize, last: bool) -> Result<Vec<u8>, PortError> {
        let mut out = std::mem::take(&mut self.carry);
        out.reserve(plain.len() + plain.len() / CHUNK * 16 + 16);
        let mut chunks = plain.chunks(CHUNK).peekable();
        while let Some(chunk) = chunks.next() {
            let ends = last && chunks.peek().is_none();
            let mut nonce = [0; 12];
            if let Some(counter) = nonce.get_mut(3..11) {
                counter.copy_from_slice(&self.chunk.to_be_bytes());
            }
            if let Some(flag) = nonce.last_mut() {
                *flag = u8::from(ends);
            }
            self.chunk += 1;
            out.extend_from_slice(&seal(&self.key, nonce, chunk)?);
        }
        if !last && out.len() > size {
            self.carry = out.split_off(size);
        }
        Ok(out)
    }
}

fn derive(salt: Option<&[u8]>, secret: &[u8], purpose: &[u8]) -> Result<Zeroizing<[u8; 32]>, PortError> {
    let mut key = Zeroizing::new([0; 32]);
    let derived = Hkdf::<Sha256>::new(salt, secret).expand(purpose, key.as_mut());
    derived.map_err(|_| PortError::Failed("age: no key".into()))?;
    Ok(key)
}

fn seal(key: &[u8; 32], nonce: [u8; 12], plain: &[u8]) -> Result<Vec<u8>, PortError> {
    let cipher = ChaCha20Poly1305::new(&Key::from(*key));
    cipher.encrypt(&Nonce::from(nonce), plain).map_err(|_| PortError::Failed("age: can't encrypt".into()))
}

/// Plain bytes of one chunk.
pub const CHUNK: usize = 64 * 1024;
/// Encrypted bytes of one chunk.
pub const SEALED_CHUNK: usize = CHUNK + 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seals_the_same_bytes_at_once_and_piece_by_piece() {
        let plain: Vec<u8> = (0..7 * CHUNK + 1_000).map(|at| (at % 251) as u8).collect();
        let (part, size) = (3 * CHUNK, 3 * SEALED_CHUNK);
        let new = || Sealer { key: [7; 32], chunk: 0, carry: b"a header".to_vec() };
        let (mut whole, mut pieced) = (new(), new());
        for (at, plain) in plain.chunks(part).enumerate() {
            let last = at == 2;
            let told = if last { whole.sealed(plain.len() as u64) } else { size as u64 };
            let wanted = whole.seal(plain, size, last).unwrap();
            assert_eq!(wanted.len() as u64, told);
            let mut found = Vec::new();
            let pieces: Vec<_> = plain.chunks(2 * CHUNK).collect();
            for (at, piece) in pieces.iter().enumerate() {
                let ends = last && at + 1 == pieces.len();
                found.extend(pieced.seal(piece, size.saturating_sub(found.len()), ends).unwrap());
            }
            assert!(found == wanted, "part {at}");
        }
        assert!(whole == pieced);
    }
}
