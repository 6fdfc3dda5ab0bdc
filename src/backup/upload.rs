//! Getting the dump into the bucket: equal parts, then one object, then the manifest.

use std::ops::Range;

use async_trait::async_trait;

use super::age::{CHUNK, SEALED_CHUNK, Sealer};
use super::catalog::{self, Record};
use super::digest::Digest;
use super::engine::{Engine, Stop};
use super::manifest::{
    Extent, FORMAT, Manifest, ObjectEntry, SqlText, TableEntry, Verified, manifest_key, object_key, verified_key,
};
use super::ports::{Journal, Waiting};
use super::state::{Phase, Run};
use crate::domain::time::rfc3339;
use crate::ports::{Pieces, PortError};

impl Engine<'_> {
    /// There is enough for a part. One byte more than that, since the last part must not be empty; or the end has come.
    pub(super) fn has_part_waiting(&self, run: &Run) -> bool {
        run.waiting > self.part_bytes() || run.phase == Phase::Upload && run.waiting > 0
    }

    /// Bytes of a part before encryption.
    fn part_bytes(&self) -> u64 {
        u64::from(self.settings.part_chunks) * CHUNK as u64
    }

    pub(super) async fn upload_part(&self, run: &mut Run) -> Result<(), Stop> {
        let key = object_key(&run.id, run.sealer.is_some());
        let Some(upload) = run.upload.clone() else {
            run.upload = Some(self.objects.begin(&key).await?);
            let Err(stop) = self.commit(run, Waiting::Keep).await else { return Ok(()) };
            // An upload that nobody remembers would lie there for a week.
            if self.load().await?.is_none_or(|stored| stored.upload != run.upload) {
                self.abandon_upload(run).await;
            }
            return Err(stop);
        };
        let last = run.waiting <= self.part_bytes();
        let taken = run.waiting.min(self.part_bytes());
        let size = match &run.sealer {
            Some(sealer) if last => sealer.sealed(taken),
            Some(_) => u64::from(self.settings.part_chunks) * SEALED_CHUNK as u64,
            None => taken,
        };
        let number =
            u16::try_from(run.parts.len() + 1).map_err(|_| Stop::Never("more parts than there can be".into()))?;
        let mut part = Part {
            journal: self.journal,
            sealer: run.sealer.as_mut(),
            object: &mut run.object,
            plain: 0..taken,
            last,
            left: size,
            digest: Digest::default(),
            lost: false,
        };
        let sent = self.objects.part(&key, &upload, number, size, &mut part).await;
        let Part { digest, lost, .. } = part;
        if lost {
            return Err(Stop::lost());
        }
        let tag = sent?;
        run.parts.push((Extent { bytes: digest.bytes(), sha256: digest.hex() }, tag));
        run.waiting -= taken;
        self.commit(run, Waiting::Drop(taken)).await
    }

    pub(super) async fn complete(&self, run: &mut Run) -> Result<(), Stop> {
        let key = object_key(&run.id, run.sealer.is_some());
        let upload = run.upload.clone().ok_or_else(Stop::lost)?;
        let numbers = (1_u16..).zip(&run.parts).map(|(number, (_, tag))| (number, tag.clone()));
        if let Err(error) = self.objects.complete(&key, &upload, &numbers.collect::<Vec<_>>()).await {
            // The answer of an earlier try may have been lost. What lies there is read and compared before it counts.
            if self.objects.size(&key).await? != Some(run.object.bytes()) {
                return Err(error.into());
            }
        }
        run.completed_at = Some(rfc3339(self.clock.now_ms()));
        run.stored = Some(Extent { bytes: run.object.bytes(), sha256: run.object.hex() });
        run.phase = Phase::Commit;
        self.commit(run, Waiting::Keep).await
    }

    /// The manifest is the commit.
    pub(super) async fn write_manifest(&self, run: &mut Run) -> Result<(), Stop> {
        let bytes = manifest_of(run)?.sealed().map_err(|error| Stop::Never(error.to_string()))?;
        let key = manifest_key(&run.id);
        let is_there = match self.objects.create(&key, bytes).await {
            Ok(made) => !made,
            // That one from an earlier try lies there already is told by a lock on the bucket in a way of its own.
            Err(error) if self.objects.size(&key).await?.is_none() => return Err(error.into()),
            Err(_) => true,
        };
        if is_there {
            self.stored_record(run).await?;
        }
        if let Some(sealer) = &mut run.sealer {
            sealer.forget();
        }
        run.phase = Phase::Load;
        run.cursor = super::page::Cursor::default();
        run.table = 0;
        run.object = Digest::default();
        self.commit(run, Waiting::Keep).await
    }

    /// What lies in the bucket, of which the manifest must say what this run knows.
    async fn stored_record(&self, run: &Run) -> Result<Record, Stop> {
        let record = catalog::record(self.objects, &run.id).await?;
        let own = manifest_of(run)?;
        // A deploy in the middle of a run changes the version of the program, and may have come between writing and reading.
        let says = |found: Manifest| Manifest { software: own.software.clone(), self_sha256: None, ..found } == own;
        record
            .filter(|record| serde_json::from_slice(&record.text).is_ok_and(says))
            .ok_or_else(|| Stop::Never("there is another manifest in the place of this one".into()))
    }

    /// Says that the backup has been restored, and empties the scratch database.
    pub(super) async fn attest(&self, run: &mut Run) -> Result<(), Stop> {
        let record = self.stored_record(run).await?;
        let verified = Verified {
            id: run.id.clone(),
            verified_at: rfc3339(self.clock.now_ms()),
            manifest_sha256: Digest::of(&record.text),
            rows: run.rows(),
            tables: run.tables.len() as u64,
            integrity: run.integrity.clone().unwrap_or_default(),
        };
        let text = serde_json::to_vec_pretty(&verified).map_err(|error| Stop::Never(error.to_string()))?;
        // One that lies there already is from an earlier try, and a lock on the bucket may hold it.
        let attested = record.backup(&run.id).and_then(|backup| backup.verified_at);
        if attested.is_none() {
            self.objects.replace(&verified_key(&run.id), text).await?;
        }
        self.scratch.clear().await?;
        run.phase = Phase::Prune;
        run.sealer = None;
        self.commit(run, Waiting::Keep).await
    }
}

/// A part on its way from the journal into the bucket, of which one piece at a time is in memory.
struct Part<'a> {
    journal: &'a dyn Journal,
    sealer: Option<&'a mut Sealer>,
    /// Of the whole object.
    object: &'a mut Digest,
    /// What of the bytes that wait is still to come.
    plain: Range<u64>,
    /// It is the last part.
    last: bool,
    /// Bytes that are still to be given out.
    left: u64,
    digest: Digest,
    /// The journal has fewer bytes than the run knows of.
    lost: bool,
}

#[async_trait]
impl Pieces for Part<'_> {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, PortError> {
        if self.plain.is_empty() {
            return Ok(None);
        }
        let wanted = (self.plain.end - self.plain.start).min(PIECE);
        let plain = self.journal.peek(self.plain.start, wanted).await?;
        if plain.len() as u64 != wanted {
            self.lost = true;
            return Err(PortError::Failed("the journal has fewer bytes than it should".into()));
        }
        self.plain.start += wanted;
        let bytes = match &mut self.sealer {
            Some(sealer) => {
                let last = self.last && self.plain.is_empty();
                sealer.seal(&plain, usize::try_from(self.left).unwrap_or(usize::MAX), last)?
            }
            None => plain,
        };
        self.left = self.left.saturating_sub(bytes.len() as u64);
        self.digest.update(&bytes);
        self.object.update(&bytes);
        Ok(Some(bytes))
    }
}

/// The manifest of a run that is complete.
pub(super) fn manifest(run: &Run) -> Option<Manifest> {
    let source = run.source.as_ref()?;
    let tables = source.schema.tables.iter().zip(&run.tables).map(|(table, count)| TableEntry {
        name: table.name.clone(),
        rows: count.rows,
        sha256: count.digest.hex(),
    });
    Some(Manifest {
        format: FORMAT,
        id: run.id.clone(),
        slot: run.slot.clone(),
        software: env!("CARGO_PKG_VERSION").into(),
        started_at: rfc3339(run.started_ms),
        as_of: rfc3339(source.at_ms),
        completed_at: run.completed_at.clone()?,
        consistency: source.consistency,
        bookmark: source.bookmark.clone(),
        migrations: source.migrations.clone(),
        schema_sha256: source.schema.hash.clone(),
        tables: tables.collect(),
        sequences: source.sequences.clone(),
        sql: SqlText { bytes: run.sql_bytes },
        object: ObjectEntry {
            key: object_key(&run.id, run.sealer.is_some()),
            extent: run.stored.clone()?,
            compression: "gzip".into(),
            encryption: run.sealer.is_some().then(|| "age".into()),
            members: run.members.clone(),
            parts: run.parts.iter().map(|(extent, _)| extent.clone()).collect(),
        },
        self_sha256: None,
    })
}

fn manifest_of(run: &Run) -> Result<Manifest, Stop> {
    manifest(run).ok_or_else(Stop::lost)
}

/// Chunks of a part: 5 MiB, the least that R2 takes, and a little more when they are encrypted.
pub const PART_CHUNKS: u32 = 80;
/// Bytes that are on their way at once: a whole chunk, as the cipher needs it.
const PIECE: u64 = CHUNK as u64;
