//! The steps of a run, and what happens when one fails.
//!
//! A step that fails is tried again from what was written down last, so every step may happen twice: a page reads the same,
//! a part replaces itself, an object that is to be created and is there already is compared. After too many failures in a
//! row the run is given up: captures, upload and scratch database go, and what was made does not count.

use futures_util::future::BoxFuture;

use super::age::Recipient;
use super::manifest::object_key;
use super::ports::{Journal, Scratch, Waiting};
use super::retention::Policy;
use super::schema::Unreadable;
use super::state::{Phase, Run};
use crate::ports::{Clock, Db, DbError, Entropy, Objects, PortError};

/// A run's hands.
#[derive(Clone, Copy)]
pub struct Engine<'a> {
    /// What is backed up.
    pub db: &'a dyn Db,
    /// Where backups go.
    pub objects: &'a dyn Objects,
    /// Where they are restored to see whether they can be.
    pub scratch: &'a dyn Scratch,
    /// The memory of the run.
    pub journal: &'a dyn Journal,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Randomness for encryption.
    pub entropy: &'a dyn Entropy,
    /// How it is done.
    pub settings: Settings<'a>,
}

/// How backups are made and kept.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// For whom they are encrypted, when they are.
    pub recipient: Option<&'a Recipient>,
    /// Which are kept.
    pub keep: &'a Policy,
    /// About how many bytes of SQL a page has.
    pub page_bytes: u32,
    /// About how many bytes of SQL make a gzip member: a page or more. It is restored as a whole.
    pub member_bytes: u32,
    /// Chunks of 64 KiB in a part of the object.
    pub part_chunks: u32,
    /// Up to about how many bytes a database is read in one transaction.
    pub small_bytes: u32,
}

/// Why a step ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Something did not answer: the step may be tried again.
    Again(String),
    /// What has been read is worth nothing: the dump begins anew.
    Anew(String),
    /// It will never work.
    Never(String),
}

impl Stop {
    pub(super) fn lost() -> Self {
        Self::Never("the run has lost its thread".into())
    }

    /// What happened.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Again(text) | Self::Anew(text) | Self::Never(text) => text,
        }
    }
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Self::Again(format!("database: {error:?}"))
    }
}

impl From<PortError> for Stop {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Timeout => Self::Again("no answer within the deadline".into()),
            PortError::Failed(cause) | PortError::Defect(cause) => Self::Again(cause),
        }
    }
}

impl From<Unreadable> for Stop {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::Db(error) => error.into(),
            Unreadable::Unsupported(what) => Self::Never(what),
        }
    }
}

impl Engine<'_> {
    /// The run that is written down.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn load(&self) -> Result<Option<Run>, PortError> {
        let Some(text) = self.journal.load().await? else { return Ok(None) };
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| PortError::Failed(format!("journal: {:?}", error.classify())))
    }

    /// Writes down a new run, in place of one that is over.
    ///
    /// # Errors
    /// When it can't be written.
    pub async fn start(&self, run: &Run) -> Result<(), Stop> {
        self.commit(run, Waiting::Clear).await
    }

    /// Takes the next step of a run that is not over, and gives the run as it is then. A failure is written down in it.
    ///
    /// # Errors
    /// When not even that can be written down.
    pub async fn step(&self, run: Run) -> Result<Run, Stop> {
        let mut next = run.clone();
        match self.advance(&mut next).await {
            Ok(()) if next.failures == run.failures && next.failures > 0 => {
                next.failures = 0;
                Ok(next)
            }
            Ok(()) => Ok(next),
            Err(stop) => {
                let failed: BoxFuture<'_, _> = Box::pin(self.failed(run, stop));
                failed.await
            }
        }
    }

    /// Each phase is a future of its own, behind a pointer: all in one they compile into a single function of 36 KB, for whose
    /// optimisation the runtime takes 15 MiB.
    fn advance<'a>(&'a self, run: &'a mut Run) -> BoxFuture<'a, Result<(), Stop>> {
        if self.has_part_waiting(run) {
            return Box::pin(self.upload_part(run));
        }
        match run.phase {
            Phase::Begin => Box::pin(self.begin(run)),
            Phase::Rows => Box::pin(self.rows(run)),
            Phase::End => Box::pin(self.end(run)),
            Phase::Release => Box::pin(self.release(run)),
            Phase::Upload => Box::pin(self.complete(run)),
            Phase::Commit => Box::pin(self.write_manifest(run)),
            Phase::Load => Box::pin(self.load_back(run)),
            Phase::Compare => Box::pin(self.compare(run)),
            Phase::Attest => Box::pin(self.attest(run)),
            Phase::Prune => Box::pin(self.prune_and_end(run)),
            Phase::Done | Phase::Failed => Box::pin(std::future::ready(Ok(()))),
        }
    }

    async fn release(&self, run: &mut Run) -> Result<(), Stop> {
        self.release_captures().await?;
        run.phase = Phase::Upload;
        self.commit(run, Waiting::Keep).await
    }

    async fn prune_and_end(&self, run: &mut Run) -> Result<(), Stop> {
        // That old backups are still there is no fault of the new one.
        let pruned = self.prune(run).await;
        run.problem = pruned.err().map(|stop| format!("prune: {}", stop.text()));
        run.phase = Phase::Done;
        self.commit(run, Waiting::Clear).await
    }

    async fn failed(&self, run: Run, stop: Stop) -> Result<Run, Stop> {
        // The step may have been written down although its answer got lost: what is written counts, with its bytes.
        let mut run = self.load().await?.unwrap_or(run);
        run.problem = Some(stop.text().to_owned());
        run.failures += 1;
        let anew = matches!(stop, Stop::Anew(_)) && run.restarts < MOST_RESTARTS;
        if anew {
            self.abandon_upload(&run).await;
            run = run.anew();
            self.commit(&run, Waiting::Clear).await?;
        } else if !matches!(stop, Stop::Again(_)) || run.failures >= MOST_FAILURES {
            self.give_up(&mut run).await?;
        } else {
            self.commit(&run, Waiting::Keep).await?;
        }
        Ok(run)
    }

    /// Ends a run for good and takes away what it left.
    ///
    /// # Errors
    /// When that can't be written down. What could not be taken away is left to the next run.
    pub async fn give_up(&self, run: &mut Run) -> Result<(), Stop> {
        let _ = self.release_captures().await;
        self.abandon_upload(run).await;
        let _ = self.scratch.clear().await;
        run.phase = Phase::Failed;
        run.sealer = None;
        self.commit(run, Waiting::Clear).await
    }

    pub(super) async fn abandon_upload(&self, run: &Run) {
        if let (Some(upload), None) = (&run.upload, &run.completed_at) {
            let _ = self.objects.abort(&object_key(&run.id, run.sealer.is_some()), upload).await;
        }
    }

    pub(super) async fn commit(&self, run: &Run, waiting: Waiting) -> Result<(), Stop> {
        let text = serde_json::to_string(run).map_err(|error| Stop::Never(error.to_string()))?;
        Ok(self.journal.commit(&text, waiting).await?)
    }
}

/// Milliseconds to wait before the next step, after so many failures in a row.
#[must_use]
pub fn pause_ms(failures: u32) -> i64 {
    if failures == 0 { 0 } else { (500_i64 << failures.min(7)).min(60_000) }
}

/// About seven minutes of trying.
const MOST_FAILURES: u32 = 12;
const MOST_RESTARTS: u32 = 3;
