//! A backup's world: a database to dump, a bucket, a scratch database, and a journal that survives what does not.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use edgekeep::backup::age::Recipient;
use edgekeep::backup::engine::{Engine, Settings, Stop};
use edgekeep::backup::ports::{Journal, Scratch, Waiting};
use edgekeep::backup::retention::Policy;
use edgekeep::backup::state::{Phase, Run};
use edgekeep::backup::verify::{self, Counting};
use edgekeep::backup::writer::gunzip;
use edgekeep::ports::{BackupStatus, Backups, Db, DbError, Outcome, PortError};
use edgekeep::store::value::{Row, Statement};

use super::clock::TestClock;
use super::entropy::TestEntropy;
use super::faults::Faults;
use super::objects::MemoryObjects;
use super::sqlite_db::SqliteDb;

/// Everything that a run touches.
pub struct Bench {
    pub db: Arc<SqliteDb>,
    pub objects: Arc<MemoryObjects>,
    pub scratch: MemoryScratch,
    pub journal: MemoryJournal,
    pub clock: TestClock,
    pub entropy: TestEntropy,
    pub keep: Policy,
    pub recipient: Option<Recipient>,
    pub page_bytes: u32,
    pub small_bytes: u32,
    pub part_chunks: u32,
}

impl Bench {
    /// Over this database, which is read as a large one is.
    pub fn over(db: SqliteDb) -> Self {
        Self {
            db: Arc::new(db),
            objects: Arc::new(MemoryObjects::empty()),
            scratch: MemoryScratch::empty(),
            journal: MemoryJournal::default(),
            clock: TestClock::fixed(),
            entropy: TestEntropy::default(),
            keep: Policy::default(),
            recipient: None,
            page_bytes: 20_000,
            small_bytes: 0,
            part_chunks: 1,
        }
    }

    pub fn engine(&self) -> Engine<'_> {
        Engine {
            db: self.db.as_ref(),
            objects: self.objects.as_ref(),
            scratch: &self.scratch,
            journal: &self.journal,
            clock: &self.clock,
            entropy: &self.entropy,
            settings: Settings {
                recipient: self.recipient.as_ref(),
                keep: &self.keep,
                page_bytes: self.page_bytes,
                member_bytes: self.page_bytes,
                small_bytes: self.small_bytes,
                part_chunks: self.part_chunks,
            },
        }
    }

    /// Starts a run and takes it to its end.
    pub async fn run(&self, id: &str) -> Run {
        self.start(id).await;
        self.finish().await
    }

    pub async fn start(&self, id: &str) {
        let run = Run::new(id.into(), "test".into(), edgekeep::ports::Clock::now_ms(&self.clock));
        self.engine().start(&run).await.expect("a start");
    }

    /// One step from what is written down, as another process would take it.
    pub async fn step(&self) -> Result<Run, Stop> {
        let run = self.engine().load().await?.expect("a run");
        self.engine().step(run).await
    }

    /// Takes the run to where it has reached this phase.
    pub async fn until(&self, phase: Phase) -> Run {
        loop {
            let run = self.step().await.expect("a step");
            assert!(!run.phase.is_over(), "{:?}: {:?}", run.phase, run.problem);
            if run.phase == phase {
                return run;
            }
        }
    }

    /// Takes the run to its end.
    pub async fn finish(&self) -> Run {
        for _ in 0..200_000 {
            if let Ok(run) = self.step().await
                && run.phase.is_over()
            {
                return run;
            }
        }
        panic!("the run does not end: {:?}", self.engine().load().await);
    }

    /// The SQL of a backup that is not encrypted.
    pub fn sql(&self, id: &str) -> String {
        let bytes = self.objects.look(&edgekeep::backup::manifest::object_key(id, false)).expect("the object");
        gunzipped(&bytes)
    }
}

/// The text of gzip members, one after the other.
pub fn gunzipped(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut decoder = flate2::read::MultiGzDecoder::new(bytes);
    std::io::Read::read_to_string(&mut decoder, &mut text).expect("gzip of UTF-8");
    text
}

/// A journal in memory.
pub struct MemoryJournal {
    held: Mutex<(Option<String>, Vec<u8>)>,
    /// Its plan of faults, for commits.
    pub faults: Faults<PortError>,
}

impl Default for MemoryJournal {
    fn default() -> Self {
        Self { held: Mutex::default(), faults: Faults::none() }
    }
}

impl MemoryJournal {
    fn held(&self) -> MutexGuard<'_, (Option<String>, Vec<u8>)> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes that wait.
    pub fn waiting(&self) -> usize {
        self.held().1.len()
    }

    /// Loses all but so many of the bytes that wait.
    pub fn truncate(&self, bytes: usize) {
        self.held().1.truncate(bytes);
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn load(&self) -> Result<Option<String>, PortError> {
        Ok(self.held().0.clone())
    }

    async fn commit(&self, run: &str, waiting: Waiting) -> Result<(), PortError> {
        let work = || {
            let mut held = self.held();
            held.0 = Some(run.to_owned());
            match waiting {
                Waiting::Keep => {}
                Waiting::Append(bytes) => held.1.extend_from_slice(&bytes),
                Waiting::Drop(bytes) => drop(held.1.drain(..usize::try_from(bytes).expect("a size"))),
                Waiting::Clear => held.1.clear(),
            }
            Ok(())
        };
        self.faults.pass(work).await
    }

    async fn peek(&self, from: u64, bytes: u64) -> Result<Vec<u8>, PortError> {
        let held = self.held();
        let place = |at: u64| held.1.len().min(usize::try_from(at).expect("a size"));
        Ok(held.1[place(from)..place(from + bytes)].to_vec())
    }
}

/// A database, and which member of which object it has loaded last.
type Held = (Arc<SqliteDb>, Option<(String, u64)>);

/// A scratch database on SQLite.
pub struct MemoryScratch {
    held: Mutex<Held>,
    /// Its plan of faults, for loads.
    pub faults: Faults<PortError>,
}

impl MemoryScratch {
    pub fn empty() -> Self {
        Self { held: Mutex::new((Arc::new(SqliteDb::empty()), None)), faults: Faults::none() }
    }

    /// The database as it is now.
    pub fn db(&self) -> Arc<SqliteDb> {
        Arc::clone(&self.held().0)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Db for MemoryScratch {
    async fn query(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        self.db().query(statement).await
    }

    async fn batch(&self, statements: Vec<Statement>) -> Result<Vec<Outcome>, DbError> {
        self.db().batch(statements).await
    }
}

#[async_trait]
impl Scratch for MemoryScratch {
    async fn count(&self, asked: Counting) -> Result<Counting, PortError> {
        let db = self.db();
        verify::count(db.as_ref(), asked).await.map_err(|stop| PortError::Failed(stop.text().to_owned()))
    }

    async fn load(&self, run: &str, member: u64, bytes: Vec<u8>) -> Result<(), PortError> {
        let work = || {
            let mut held = self.held();
            if member == 0 {
                *held = (Arc::new(SqliteDb::empty()), None);
                held.0.script("PRAGMA foreign_keys = OFF").expect("no checks");
            } else if held.1.as_ref().is_some_and(|(own, last)| own == run && *last >= member) {
                return Ok(());
            } else if held.1 != Some((run.to_owned(), member - 1)) {
                return Err(PortError::Failed("scratch: not the next member".into()));
            }
            let sql = gunzip(&bytes).map_err(|error| PortError::Failed(error.to_string()))?;
            held.0.script(&sql).map_err(PortError::Failed)?;
            held.1 = Some((run.to_owned(), member));
            Ok(())
        };
        self.faults.pass(work).await
    }

    async fn clear(&self) -> Result<(), PortError> {
        *self.held() = (Arc::new(SqliteDb::empty()), None);
        Ok(())
    }
}

/// The runs of an installation, as a test says they stand.
pub struct MemoryBackups {
    pub standing: Mutex<BackupStatus>,
    pub slots: Mutex<Vec<String>>,
    /// Its plan of faults.
    pub faults: Faults<PortError>,
}

impl Default for MemoryBackups {
    fn default() -> Self {
        Self { standing: Mutex::default(), slots: Mutex::default(), faults: Faults::none() }
    }
}

#[async_trait]
impl Backups for MemoryBackups {
    async fn start(&self, slot: &str) -> Result<BackupStatus, PortError> {
        let work = || {
            self.slots.lock().unwrap_or_else(PoisonError::into_inner).push(slot.to_owned());
            Ok(self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone())
        };
        self.faults.pass(work).await
    }

    async fn status(&self) -> Result<BackupStatus, PortError> {
        self.faults.pass(|| Ok(self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone())).await
    }
}
