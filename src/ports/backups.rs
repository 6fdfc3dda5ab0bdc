//! The runs of backups, as the application sees them.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::PortError;

/// The runs of backups, of which one goes on at a time.
#[async_trait]
pub trait Backups: Send + Sync {
    /// Begins a backup for this slot, unless the slot has had its own; either way, how things stand then. While another goes
    /// on, a slot of the schedule waits for its end.
    ///
    /// # Errors
    /// When it can't be asked.
    async fn start(&self, slot: &str) -> Result<BackupStatus, PortError>;

    /// How things stand. A run that has lost its alarm gets a new one.
    ///
    /// # Errors
    /// When it can't be asked.
    async fn status(&self) -> Result<BackupStatus, PortError>;
}

/// How things stand with backups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupStatus {
    /// The latest run.
    pub run: Option<BackupRun>,
    /// The latest backup that is complete and has been restored.
    pub last: Option<LastBackup>,
    /// A slot whose run begins when this one is over.
    #[serde(default)]
    pub waiting: Option<String>,
}

/// The latest run of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupRun {
    /// Id of the backup that it makes.
    pub id: String,
    /// For what it is made.
    pub slot: String,
    /// Where it is.
    pub phase: String,
    /// When it began, ms since 1970.
    pub started_ms: i64,
    /// Rows read so far.
    pub rows: u64,
    /// Bytes of SQL so far.
    pub sql_bytes: u64,
    /// What went wrong last.
    pub problem: Option<String>,
}

/// The latest good backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastBackup {
    /// Its id.
    pub id: String,
    /// As of when it is, ms since 1970.
    pub at_ms: i64,
    /// Bytes of the object.
    pub bytes: u64,
    /// Its rows.
    pub rows: u64,
}
