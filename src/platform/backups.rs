//! Backups in the Worker: the object that makes them, step by step and alarm by alarm, and the one that they are restored into.

mod journal;
mod object;
mod scratch;

pub use object::BackupObject;
pub use scratch::ScratchObject;

use async_trait::async_trait;
use worker::ObjectNamespace;
use worker::send::SendFuture;

use super::objects::Objects;
use crate::ports::{BackupStatus, Backups, PortError};

/// The one object that makes backups.
pub struct BackupObjects {
    objects: Objects,
}

impl BackupObjects {
    /// It must answer within so many milliseconds.
    #[must_use]
    pub fn new(namespace: ObjectNamespace, deadline_ms: u64) -> Self {
        Self { objects: Objects::new(namespace, deadline_ms) }
    }
}

#[async_trait]
impl Backups for BackupObjects {
    async fn start(&self, slot: &str) -> Result<BackupStatus, PortError> {
        SendFuture::new(async { self.objects.tell(THE_ONE, START, &slot).await }).await
    }

    async fn status(&self) -> Result<BackupStatus, PortError> {
        SendFuture::new(async { self.objects.tell(THE_ONE, STATUS, &()).await }).await
    }
}

const THE_ONE: &str = "backups";
const START: &str = "/start";
const STATUS: &str = "/status";
