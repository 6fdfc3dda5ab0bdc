//! What lies in the bucket: complete backups, whatever else may lie there beside them.

use serde::Serialize;

use super::digest::Digest;
use super::engine::{Engine, Stop};
use super::manifest::{FORMAT, Manifest, PREFIX, Verified, id_of, manifest_key, object_key, verified_key};
use super::retention::{Kept, Policy, Verdict, forget};
use super::state::Run;
use crate::ports::{Objects, PortError};

/// A complete backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// What it is.
    pub manifest: Manifest,
    /// When it was restored and compared; none: it does not count yet.
    pub verified_at: Option<String>,
}

/// All complete backups, the oldest first. What is no backup is passed over.
///
/// # Errors
/// When the store does not answer.
pub async fn all(objects: &dyn Objects) -> Result<Vec<Backup>, PortError> {
    let mut found = Vec::new();
    for (key, _) in objects.list(PREFIX).await? {
        if let Some(id) = id_of(&key)
            && let Some(backup) = one(objects, id).await?
        {
            found.push(backup);
        }
    }
    Ok(found)
}

/// One backup; `None` when there is no such one, its manifest is not its own, or it is of a format that a newer version writes.
///
/// # Errors
/// When the store does not answer.
pub async fn one(objects: &dyn Objects, id: &str) -> Result<Option<Backup>, PortError> {
    Ok(record(objects, id).await?.and_then(|record| record.backup(id)))
}

/// What lies in the bucket under the name of a backup, whether it makes sense or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The manifest, byte by byte.
    pub text: Vec<u8>,
    /// The attestation beside it, of whichever manifest.
    pub verified: Option<Verified>,
}

impl Record {
    /// The backup of that id, if the record is one's: see [`one`].
    #[must_use]
    pub fn backup(&self, id: &str) -> Option<Backup> {
        let manifest: Manifest = serde_json::from_slice(&self.text).ok()?;
        // Its keys are taken as they stand when it is read and when it is deleted: they must be its own.
        let own_key = object_key(id, manifest.object.encryption.is_some());
        if manifest.format > FORMAT || manifest.id != id || manifest.object.key != own_key {
            return None;
        }
        let is_own = |verified: &&Verified| verified.id == id && verified.manifest_sha256 == Digest::of(&self.text);
        let verified = self.verified.as_ref().filter(is_own);
        Some(Backup { manifest, verified_at: verified.map(|verified| verified.verified_at.clone()) })
    }
}

/// The record of a backup; `None` when there is no manifest.
///
/// # Errors
/// When the store does not answer.
pub async fn record(objects: &dyn Objects, id: &str) -> Result<Option<Record>, PortError> {
    let Some(text) = objects.read(&manifest_key(id), None).await? else { return Ok(None) };
    let verified = objects.read(&verified_key(id), None).await?;
    Ok(Some(Record { text, verified: verified.and_then(|text| serde_json::from_slice(&text).ok()) }))
}

/// The newest backup that has been restored. One that is dated in the future says nothing of how things stand.
///
/// # Errors
/// When the store does not answer.
pub async fn newest_verified(objects: &dyn Objects, now_ms: i64) -> Result<Option<Backup>, PortError> {
    newest(objects, |backup| at_ms(&backup.manifest) <= now_ms).await
}

impl Backup {
    /// Rows of all tables.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.manifest.tables.iter().map(|table| table.rows).sum()
    }
}

/// The newest backup before this one that has been restored.
///
/// # Errors
/// When the store does not answer.
pub async fn verified_before(objects: &dyn Objects, id: &str) -> Result<Option<Backup>, PortError> {
    newest(objects, |earlier| earlier.manifest.id.as_str() < id).await
}

async fn newest(objects: &dyn Objects, wanted: impl Fn(&Backup) -> bool) -> Result<Option<Backup>, PortError> {
    let keys = objects.list(PREFIX).await?;
    for id in keys.iter().rev().filter_map(|(key, _)| id_of(key)) {
        let found = one(objects, id).await?;
        if let Some(backup) = found.filter(|backup| backup.verified_at.is_some() && wanted(backup)) {
            return Ok(Some(backup));
        }
    }
    Ok(None)
}

/// What a policy says of all backups, newest first.
///
/// # Errors
/// When the store does not answer.
pub async fn verdicts(objects: &dyn Objects, policy: &Policy, now_ms: i64) -> Result<Vec<Verdict>, PortError> {
    let kept: Vec<_> = all(objects)
        .await?
        .iter()
        .map(|backup| Kept {
            id: backup.manifest.id.clone(),
            at_ms: at_ms(&backup.manifest),
            verified: backup.verified_at.is_some(),
        })
        .collect();
    Ok(forget(policy, &kept, now_ms))
}

/// As of when a backup is. A manifest whose time can't be read is of the future: it stays.
#[must_use]
pub fn at_ms(manifest: &Manifest) -> i64 {
    chrono::DateTime::parse_from_rfc3339(&manifest.as_of).map_or(i64::MAX, |time| time.timestamp_millis())
}

/// Deletes what a policy lets go; gives the ids. The attestation goes first: a backup that is half gone must not count. It is
/// also what a lock on the bucket lets go last. The manifest goes last: as long as it is there, the next run finds the rest.
///
/// # Errors
/// When the store does not answer, or a lock keeps an object: after all the others have gone.
pub async fn prune(objects: &dyn Objects, policy: &Policy, now_ms: i64) -> Result<Vec<String>, PortError> {
    let mut gone = Vec::new();
    let mut kept = None;
    for verdict in verdicts(objects, policy, now_ms).await?.into_iter().filter(|verdict| !verdict.stays()) {
        match let_go(objects, &verdict.id).await {
            Ok(()) => gone.push(verdict.id),
            Err(error) => kept = kept.or(Some(error)),
        }
    }
    kept.map_or(Ok(gone), Err)
}

async fn let_go(objects: &dyn Objects, id: &str) -> Result<(), PortError> {
    let Some(backup) = one(objects, id).await? else { return Ok(()) };
    for key in [verified_key(id), backup.manifest.object.key, manifest_key(id)] {
        objects.delete(&key).await?;
    }
    Ok(())
}

impl Engine<'_> {
    /// Lets go what the policy does not keep. A backup that shrank may be a mishap and pushes nothing out before somebody has
    /// looked at it: the next one does.
    pub(super) async fn prune(&self, run: &mut Run) -> Result<(), Stop> {
        let before = verified_before(self.objects, &run.id).await?;
        let tables = before.into_iter().flat_map(|backup| backup.manifest.tables);
        run.before = tables.map(|table| (table.name, table.rows)).collect();
        if run.shrunken().is_empty() {
            prune(self.objects, self.settings.keep, self.clock.now_ms()).await?;
        }
        Ok(())
    }
}
