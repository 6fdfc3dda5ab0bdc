//! One hash for all n-grams. It is part of the model: another hash needs another model file.

/// Hash of the bytes of one word (FNV-1a with a final mix).
pub fn bytes(bytes: impl Iterator<Item = u8>) -> u64 {
    mix(bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)))
}

/// Appends a word's hash to the hash of what stands before it.
pub fn chain(before: u64, word: u64) -> u64 {
    mix(before.rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(word))
}

/// The last step of splitmix64.
pub fn mix(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
