//! The manifest: what a backup is, written last. Where there is no manifest there is no backup.

use serde::{Deserialize, Serialize};

use super::digest::Digest;
use crate::domain::time::rfc3339;

/// What stands in `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this format.
    pub format: u32,
    /// Id of the backup; sorts by time.
    pub id: String,
    /// For what it was made: a day, or by hand.
    pub slot: String,
    /// Version of the program that made it.
    pub software: String,
    /// When the run began, RFC 3339.
    pub started_at: String,
    /// The one instant as of which everything in it is.
    pub as_of: String,
    /// When it was complete.
    pub completed_at: String,
    /// How it came to be as of one instant.
    pub consistency: Consistency,
    /// Mark for D1 Time Travel, taken right after that instant.
    pub bookmark: Option<String>,
    /// Names of the migrations that were applied.
    pub migrations: Vec<String>,
    /// SHA-256 over the schema.
    pub schema_sha256: String,
    /// Every table in the order of the dump.
    pub tables: Vec<TableEntry>,
    /// Where automatic row ids stand.
    pub sequences: Vec<Sequence>,
    /// The SQL text.
    pub sql: SqlText,
    /// The object as it lies in the bucket.
    pub object: ObjectEntry,
    /// SHA-256 of the text of the manifest with zeros in the place of these digits, so that a change of any bit is found also
    /// where nobody has attested it yet, and in a copy far from the bucket. Manifests of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_sha256: Option<String>,
}

impl Manifest {
    /// The text that is written, which vouches for itself.
    ///
    /// # Errors
    /// Never in practice: it goes to memory.
    pub fn sealed(mut self) -> serde_json::Result<Vec<u8>> {
        self.self_sha256 = Some(UNSEALED.into());
        let text = serde_json::to_string_pretty(&self)?;
        Ok(text.replacen(&seal(UNSEALED), &seal(&Digest::of(text.as_bytes())), 1).into_bytes())
    }
}

fn seal(digest: &str) -> String {
    format!("\"self_sha256\": \"{digest}\"")
}

/// How a dump came to be as of one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consistency {
    /// Everything was read in one transaction.
    OneTransaction,
    /// What changed while it was read was captured as it had been before.
    CapturedChanges,
}

/// One table of a dump.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableEntry {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// SHA-256 over its rows in the order of the key: the literals of a row with commas between, and a line feed.
    pub sha256: String,
}

/// The last automatic row id of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    /// The table.
    pub table: String,
    /// The number as a literal.
    pub seq: String,
}

/// The text of a dump. What stands in it is vouched for by the digest of the object and by those of the tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlText {
    /// Its bytes.
    pub bytes: u64,
}

/// Bytes and their digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// How many.
    pub bytes: u64,
    /// SHA-256 as hex.
    pub sha256: String,
}

/// The object of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectEntry {
    /// Its key.
    pub key: String,
    /// Its bytes and their digest.
    #[serde(flatten)]
    pub extent: Extent,
    /// How the SQL was compressed: `gzip`, one member after the other.
    pub compression: String,
    /// How it is encrypted: `age` (v1, X25519), or not.
    pub encryption: Option<String>,
    /// Sizes of the gzip members, each of whole statements; of what was encrypted, where it is.
    pub members: Vec<u64>,
    /// Its parts in order, all of one size but the last.
    pub parts: Vec<Extent>,
}

/// What stands in `verified.json`: the backup has been restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Id of the backup.
    pub id: String,
    /// When it had been restored and compared, RFC 3339.
    pub verified_at: String,
    /// SHA-256 of the manifest that it was compared with.
    pub manifest_sha256: String,
    /// Rows compared.
    pub rows: u64,
    /// Tables compared.
    pub tables: u64,
    /// What SQLite said of the restored database.
    pub integrity: String,
}

/// The version of the format that this program writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// Key of the object of a backup.
#[must_use]
pub fn object_key(id: &str, encrypted: bool) -> String {
    format!("{PREFIX}{id}/dump.sql.gz{}", if encrypted { ".age" } else { "" })
}

/// Key of its manifest.
#[must_use]
pub fn manifest_key(id: &str) -> String {
    format!("{PREFIX}{id}/{MANIFEST}")
}

/// Key of the attestation that it was restored.
#[must_use]
pub fn verified_key(id: &str) -> String {
    format!("{PREFIX}{id}/verified.json")
}

/// The id in the key of a manifest.
#[must_use]
pub fn id_of(key: &str) -> Option<&str> {
    let id = key.strip_prefix(PREFIX)?.strip_suffix(MANIFEST)?.strip_suffix('/')?;
    is_id(id).then_some(id)
}

/// An id of a time (ms since 1970) and of chance: `20261123T032300Z-1f2e3d4c`. It sorts by time to the millisecond, of which the
/// first three digits after the hyphen are the thousandths: of two backups in one second it must be known which came before.
#[must_use]
pub fn new_id(now_ms: i64, chance: u32) -> String {
    let time: String = rfc3339(now_ms).chars().filter(|letter| !matches!(letter, '-' | ':')).take(15).collect();
    format!("{time}Z-{:03x}{:05x}", now_ms.rem_euclid(1_000), chance & 0xf_ffff)
}

/// The text is the id of a backup: `20261123T032300Z-1f2e3d4c`.
#[must_use]
pub fn is_id(id: &str) -> bool {
    let shape = |at: usize, byte: u8| match at {
        8 => byte == b'T',
        15 => byte == b'Z',
        16 => byte == b'-',
        0..=14 => byte.is_ascii_digit(),
        _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
    };
    id.len() == 25 && id.bytes().enumerate().all(|(at, byte)| shape(at, byte))
}

/// Everything of a backup lies under this, so that one lock on the bucket covers it.
pub const PREFIX: &str = "backups/";
const MANIFEST: &str = "manifest.json";
const UNSEALED: &str = "0000000000000000000000000000000000000000000000000000000000000000";

#[cfg(test)]
mod tests {
    use super::{is_id, new_id};

    #[test]
    fn ids_sort_by_time_within_a_second_too() {
        let first = 1_790_000_000_000;
        let ids: Vec<_> = [0, 1, 9, 15, 16, 255, 256, 999, 1_000].map(|after| new_id(first + after, u32::MAX)).into();
        assert!(ids.is_sorted() && ids.iter().all(|id| is_id(id)), "{ids:?}");
        assert!(new_id(first, u32::MAX) < new_id(first + 1, 0), "whatever chance says");
        assert_ne!(new_id(first, 1), new_id(first, 2));
    }
}
