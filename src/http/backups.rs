//! For the operator: backups made, listed, handed out and let go.

use bytes::Bytes;
use http::StatusCode;
use serde::Serialize;

use super::body::JsonInput;
use super::call::Call;
use super::fields::Fields;
use super::reply::Reply;
use crate::backup::catalog::{self, Backup, Record};
use crate::backup::manifest::is_id;
use crate::backup::state::BY_HAND;
use crate::domain::time::rfc3339;
use crate::error::{Error, Result};
use crate::ports::{BackupRun, BackupStatus};

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct BackupsBody {
    /// Complete backups, the oldest first.
    backups: Vec<BackupBody>,
    /// The latest run, whether it goes on or is over.
    #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
    run: Option<RunBody>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct BackupBody {
    id: String,
    slot: String,
    as_of: String,
    rows: u64,
    bytes: u64,
    encrypted: bool,
    /// Mark for D1 Time Travel.
    #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
    bookmark: Option<String>,
    /// `null`: it has not been restored, and does not count yet.
    #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
    verified_at: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct RunBody {
    id: String,
    slot: String,
    phase: String,
    started_at: String,
    rows: u64,
    sql_bytes: u64,
    #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
    problem: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct BackupDetail {
    /// `null`: it can't be read.
    #[cfg_attr(not(target_arch = "wasm32"), schema(required, value_type = Option<Object>))]
    manifest: Option<serde_json::Value>,
    /// The manifest as it lies in the bucket, byte by byte: its digests are of this text.
    manifest_text: String,
    /// SHA-256 of the manifest that was restored and compared. Where `manifest_text` has another, it was changed since.
    #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
    attested_sha256: Option<String>,
    #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
    verified_at: Option<String>,
}

/// Whether to say what would go, and let nothing go.
pub struct Prune(bool);

impl JsonInput for Prune {
    const MAY_BE_EMPTY: bool = true;

    fn from_fields(fields: &mut Fields<'_>, _: &Call) -> Option<Self> {
        fields.flag("dry_run").map(Self)
    }
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct VerdictsBody {
    dry_run: bool,
    /// Newest first.
    backups: Vec<VerdictBody>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct VerdictBody {
    id: String,
    stays: bool,
    reasons: Vec<String>,
}

/// Complete backups and the latest run.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list(call: Call, (): ()) -> Result<Reply> {
    let status = call.app.ports.backups.status().await?;
    reply(&call, StatusCode::OK, status).await
}

/// Begins a backup, unless one goes on.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn start(call: Call, (): ()) -> Result<Reply> {
    let slot = format!("{BY_HAND}{}", rfc3339(call.now_ms));
    let status = call.app.ports.backups.start(&slot).await?;
    reply(&call, StatusCode::ACCEPTED, status).await
}

async fn reply(call: &Call, status: StatusCode, standing: BackupStatus) -> Result<Reply> {
    let backups = catalog::all(call.app.ports.objects.as_ref()).await?;
    let backups = backups.into_iter().map(on_the_wire).collect();
    Reply::json(status, &BackupsBody { backups, run: standing.run.map(run_on_the_wire) })
}

/// One backup with its manifest as it lies in the bucket, also one that is damaged or of a newer version: who restores it
/// must know which.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Unavailable`].
pub async fn show(call: Call, (): ()) -> Result<Reply> {
    let objects = call.app.ports.objects.as_ref();
    let id = own_id(&call)?;
    let record = catalog::record(objects, id).await?.ok_or(Error::NotFound)?;
    let backup = record.backup(id);
    let Record { text, verified } = record;
    let detail = BackupDetail {
        manifest: serde_json::from_slice(&text).ok(),
        manifest_text: String::from_utf8_lossy(&text).into_owned(),
        attested_sha256: verified.map(|verified| verified.manifest_sha256),
        verified_at: backup.and_then(|backup| backup.verified_at),
    };
    Reply::json(StatusCode::OK, &detail)
}

/// One part of a backup's object, numbered from 1.
///
/// # Errors
/// As [`show`].
pub async fn part(call: Call, (): ()) -> Result<Reply> {
    let object = find(&call).await?.manifest.object;
    let number: usize = call.param("number").parse().map_err(|_| Error::NotFound)?;
    let before = number.checked_sub(1).ok_or(Error::NotFound)?;
    let part = object.parts.get(before).ok_or(Error::NotFound)?;
    let offset = object.parts.iter().take(before).map(|part| part.bytes).sum();
    let bytes = call.app.ports.objects.read(&object.key, Some((offset, part.bytes))).await?;
    Ok(Reply::bytes(Bytes::from(bytes.ok_or(Error::NotFound)?)))
}

/// Lets backups go that the policy does not keep, or says which.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn prune(call: Call, Prune(dry_run): Prune) -> Result<Reply> {
    let (objects, keep) = (call.app.ports.objects.as_ref(), &call.app.config.backups.keep);
    let verdicts = catalog::verdicts(objects, keep, call.now_ms).await?;
    if !dry_run {
        catalog::prune(objects, keep, call.now_ms).await?;
    }
    let backups = verdicts.into_iter().map(|verdict| VerdictBody {
        stays: verdict.stays(),
        id: verdict.id,
        reasons: verdict.reasons,
    });
    Reply::json(StatusCode::OK, &VerdictsBody { dry_run, backups: backups.collect() })
}

async fn find(call: &Call) -> Result<Backup> {
    catalog::one(call.app.ports.objects.as_ref(), own_id(call)?).await?.ok_or(Error::NotFound)
}

fn own_id(call: &Call) -> Result<&str> {
    let id = call.param("id");
    if is_id(id) { Ok(id) } else { Err(Error::NotFound) }
}

fn on_the_wire(Backup { manifest, verified_at }: Backup) -> BackupBody {
    BackupBody {
        rows: manifest.tables.iter().map(|table| table.rows).sum(),
        bytes: manifest.object.extent.bytes,
        encrypted: manifest.object.encryption.is_some(),
        id: manifest.id,
        slot: manifest.slot,
        as_of: manifest.as_of,
        bookmark: manifest.bookmark,
        verified_at,
    }
}

fn run_on_the_wire(run: BackupRun) -> RunBody {
    let BackupRun { id, slot, phase, started_ms, rows, sql_bytes, problem } = run;
    RunBody { id, slot, phase, started_at: rfc3339(started_ms), rows, sql_bytes, problem }
}
