//! SHA-256 that can be put down and taken up again: a backup outlives the process that began it.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::compress256;
use sha2::digest::generic_array::GenericArray;

/// A digest in the making.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    state: [u32; 8],
    bytes: u64,
    /// What does not fill a block yet.
    rest: Vec<u8>,
}

impl Default for Digest {
    fn default() -> Self {
        Self { state: START, bytes: 0, rest: Vec::new() }
    }
}

impl Digest {
    /// The digest of these bytes as hex.
    #[must_use]
    pub fn of(bytes: &[u8]) -> String {
        let mut digest = Self::default();
        digest.update(bytes);
        digest.hex()
    }

    /// Bytes so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes more bytes in.
    pub fn update(&mut self, mut bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        if !self.rest.is_empty() {
            let (head, tail) = bytes.split_at(bytes.len().min(BLOCK - self.rest.len()));
            self.rest.extend_from_slice(head);
            bytes = tail;
            if self.rest.len() == BLOCK {
                compress256(&mut self.state, &[*GenericArray::from_slice(&self.rest)]);
                self.rest.clear();
            }
        }
        let mut blocks = bytes.chunks_exact(BLOCK);
        for block in &mut blocks {
            compress256(&mut self.state, std::slice::from_ref(GenericArray::from_slice(block)));
        }
        self.rest.extend_from_slice(blocks.remainder());
    }

    /// The digest of what came in so far, as 64 hex digits.
    #[must_use]
    pub fn hex(&self) -> String {
        let mut last = self.clone();
        let bits = self.bytes.wrapping_mul(8);
        let zeros = (2 * BLOCK - 9 - self.rest.len()) % BLOCK;
        let mut end = vec![0x80];
        end.resize(1 + zeros, 0);
        end.extend_from_slice(&bits.to_be_bytes());
        last.update(&end);
        last.state.iter().fold(String::with_capacity(64), |mut hex, word| {
            let _ = write!(hex, "{word:08x}");
            hex
        })
    }
}

const BLOCK: usize = 64;
const START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest as _, Sha256};

    use super::*;

    fn reference(bytes: &[u8]) -> String {
        Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    proptest! {
        #[test]
        fn is_sha_256_however_the_bytes_come_and_whenever_it_is_put_down(
            bytes in proptest::collection::vec(any::<u8>(), 0..400), cuts in proptest::collection::vec(0_usize..400, 0..6)
        ) {
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            let mut digest = Digest::default();
            let mut from = 0;
            for cut in cuts.into_iter().chain([bytes.len()]) {
                digest.update(&bytes[from..cut]);
                from = cut;
                digest = serde_json::from_str(&serde_json::to_string(&digest).unwrap()).unwrap();
            }
            prop_assert_eq!(digest.hex(), reference(&bytes));
            prop_assert_eq!(digest.bytes(), bytes.len() as u64);
        }
    }
}
