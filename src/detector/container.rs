//! The model file's outer form: a header, a table of sections, the sections. Little-endian, aligned to 16 bytes.
//!
//! ```text
//! 0  magic "EKMODEL\0"      8 bytes
//! 8  format version         u32
//! 12 number of sections     u32
//! 16 length of the payload  u64   all behind the header
//! 24 zero                   u64
//! 32 SHA-256 of the payload 32 bytes
//! 64 section table          (id u32, zero u32, offset u32 from the payload's start, length u32) each
//! .. sections, each padded with zeros to 16 bytes
//! ```
//!
//! This file names nothing of the crate: build.rs compiles it too, to check the file before it is embedded.

use sha2::{Digest, Sha256};

/// First bytes of a model file.
pub const MAGIC: [u8; 8] = *b"EKMODEL\0";
/// Version of the format: of this container and of the meaning of its sections.
pub const VERSION: u32 = 4;
/// Length of the header in bytes.
pub const HEADER: usize = 64;
/// Sections start at multiples of this.
pub const ALIGN: usize = 16;

/// Why a model file is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerError {
    /// Shorter than it says or than a header, or with a header that is not that of its payload.
    Truncated,
    /// Not a model file.
    Magic,
    /// A model file of another format version.
    Version(u32),
    /// The payload is not what the header's SHA-256 says.
    Hash,
    /// A section lies outside the payload or off its alignment.
    Section(u32),
}

impl std::fmt::Display for ContainerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Truncated => write!(f, "the model file is truncated"),
            Self::Magic => write!(f, "this is not a model file"),
            Self::Version(found) => {
                write!(f, "the model file has format version {found}, this code reads {VERSION}: train again")
            }
            Self::Hash => write!(f, "the model file is damaged: its SHA-256 does not match"),
            Self::Section(id) => write!(f, "section {id} of the model file is malformed"),
        }
    }
}

impl std::error::Error for ContainerError {}

/// A parsed container. Holds no copy of the bytes.
#[derive(Debug, Clone)]
pub struct Container<'a> {
    sections: Vec<(u32, &'a [u8])>,
    digest: [u8; 32],
}

impl<'a> Container<'a> {
    /// Reads header and section table. Does not hash: see [`verify`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ContainerError> {
        if bytes.get(..8) != Some(&MAGIC[..]) {
            return Err(ContainerError::Magic);
        }
        let version = word(bytes, 8)?;
        if version != VERSION {
            return Err(ContainerError::Version(version));
        }
        let count = word(bytes, 12)?;
        let payload = payload(bytes)?;
        let mut sections = Vec::new();
        for index in 0..count {
            let at = usize::try_from(index).ok().and_then(|i| i.checked_mul(16)).ok_or(ContainerError::Truncated)?;
            let id = word(payload, at)?;
            let offset = length(word(payload, at + 8)?)?;
            let size = length(word(payload, at + 12)?)?;
            let end = offset.checked_add(size).ok_or(ContainerError::Section(id))?;
            let section = payload.get(offset..end).filter(|_| offset % ALIGN == 0);
            sections.push((id, section.ok_or(ContainerError::Section(id))?));
        }
        // The hash covers the payload alone; this ties the header's other fields to it.
        let table = length(count)?.checked_mul(16).ok_or(ContainerError::Truncated)?;
        let begins = if count == 0 { payload.len() } else { length(word(payload, 8)?)? };
        let reserved = bytes.get(24..32).is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0));
        if begins != table || !reserved {
            return Err(ContainerError::Truncated);
        }
        let digest = bytes.get(32..HEADER).and_then(|hash| hash.try_into().ok()).ok_or(ContainerError::Truncated)?;
        Ok(Self { sections, digest })
    }

    /// The bytes of a section.
    pub fn section(&self, id: u32) -> Result<&'a [u8], ContainerError> {
        self.sections.iter().find(|(found, _)| *found == id).map(|&(_, bytes)| bytes).ok_or(ContainerError::Section(id))
    }

    /// The SHA-256 of the payload as the header states it.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }
}

/// Checks the header and the SHA-256 of the payload.
pub fn verify(bytes: &[u8]) -> Result<(), ContainerError> {
    let stated = Container::parse(bytes)?.digest;
    let found: [u8; 32] = Sha256::digest(payload(bytes)?).into();
    (found == stated).then_some(()).ok_or(ContainerError::Hash)
}

/// Builds a file of these sections. For the trainer.
pub fn build(sections: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut payload = Vec::new();
    let mut offset = (sections.len() * 16).next_multiple_of(ALIGN);
    for (id, bytes) in sections {
        for field in [*id, 0, short(offset), short(bytes.len())] {
            payload.extend(field.to_le_bytes());
        }
        offset += bytes.len().next_multiple_of(ALIGN);
    }
    for (_, bytes) in sections {
        payload.extend(bytes);
        payload.resize(payload.len().next_multiple_of(ALIGN), 0);
    }
    let mut file = Vec::with_capacity(HEADER + payload.len());
    file.extend(MAGIC);
    file.extend(VERSION.to_le_bytes());
    file.extend(short(sections.len()).to_le_bytes());
    file.extend((payload.len() as u64).to_le_bytes());
    file.extend([0; 8]);
    file.extend(Sha256::digest(&payload));
    file.extend(payload);
    file
}

fn payload(bytes: &[u8]) -> Result<&[u8], ContainerError> {
    let stated = u64::from(word(bytes, 16)?) | (u64::from(word(bytes, 20)?) << 32);
    let payload = bytes.get(HEADER..).ok_or(ContainerError::Truncated)?;
    (payload.len() as u64 == stated).then_some(payload).ok_or(ContainerError::Truncated)
}

fn word(bytes: &[u8], at: usize) -> Result<u32, ContainerError> {
    at.checked_add(4)
        .and_then(|end| bytes.get(at..end))
        .and_then(|four| four.try_into().ok())
        .map(u32::from_le_bytes)
        .ok_or(ContainerError::Truncated)
}

fn length(value: u32) -> Result<usize, ContainerError> {
    usize::try_from(value).map_err(|_| ContainerError::Truncated)
}

fn short(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
