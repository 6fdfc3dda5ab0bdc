//! The ports: all that the application asks of the world outside, as few and as low as is useful.
//!
//! The Worker plugs in D1, Durable Objects and R2 (`platform/`); the native tests plug in real SQLite, the same limit and
//! throttle rules in memory, and doubles that fail on the n-th call. Every method may fail, and says how.

mod backups;
mod bare;
mod drill;
mod outbound;

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::BoxFuture;

use crate::domain::budget::{Look, Reserve, Reserved, Settle, Settled, Spending};
use crate::domain::circuit;
use crate::domain::password::{Password, PhcString};
use crate::domain::quota::{Decision, Policy};
use crate::domain::throttle::Wait;
use crate::store::value::{Row, Statement};
use crate::telemetry::line::Line;

pub use backups::{BackupRun, BackupStatus, Backups, LastBackup};
pub use bare::Bare;
pub use drill::{Abort, Drill};
pub use outbound::{Outbound, OutboundRequest, OutboundResponse};

/// What one installation is plugged into. Cheap to clone.
#[derive(Clone)]
pub struct Ports {
    /// SQL: D1 in the Worker.
    pub db: Arc<dyn Db>,
    /// Backups and other large objects: R2 in the Worker.
    pub objects: Arc<dyn Objects>,
    /// Exact limits: one Durable Object per key in the Worker.
    pub limiter: Arc<dyn Limiter>,
    /// Waits after wrong passwords: one Durable Object per account, and per session that asks once more, in the Worker.
    pub throttle: Arc<dyn Throttle>,
    /// Password hashing away from the isolate that serves requests.
    pub hasher: Arc<dyn Hasher>,
    /// What may be spent on others: one ledger, in one Durable Object in the Worker.
    pub budget: Arc<dyn Budget>,
    /// Who is left alone for a while: one Durable Object per name in the Worker.
    pub circuits: Arc<dyn Circuits>,
    /// The runs of backups: one Durable Object in the Worker.
    pub backups: Arc<dyn Backups>,
    /// HTTP servers elsewhere.
    pub outbound: Arc<dyn Outbound>,
    /// The server of the web app's files, in an installation that has a web app.
    pub pages: Option<Arc<dyn Outbound>>,
    /// Work that outlives the answer. The one port that belongs to a request.
    pub background: Arc<dyn Background>,
    /// Where log lines go.
    pub reporter: Arc<dyn Reporter>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Cryptographic randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Faults on command, for the routes under `/__debug`.
    pub drill: Arc<dyn Drill>,
}

/// SQL over one database. Statements are constants; values are always bound.
#[async_trait]
pub trait Db: Send + Sync {
    /// Runs a statement that only reads, and gives its rows. May be retried once by the implementation.
    ///
    /// # Errors
    /// See [`DbError`].
    async fn query(&self, statement: Statement) -> Result<Vec<Row>, DbError>;

    /// Runs statements in one transaction: all of them or none. Gives the rows of each (empty for a plain write).
    /// Never retried.
    ///
    /// # Errors
    /// See [`DbError`]; nothing of the batch has happened then, except after [`DbError::Timeout`] and
    /// [`DbError::Unavailable`], when it may have.
    async fn batch(&self, statements: Vec<Statement>) -> Result<Vec<Outcome>, DbError>;

    /// Runs one writing statement. Never retried.
    ///
    /// # Errors
    /// As for [`Db::batch`].
    async fn execute(&self, statement: Statement) -> Result<Outcome, DbError> {
        let mut outcomes = self.batch(vec![statement]).await?;
        outcomes.pop().ok_or_else(|| DbError::Other("a batch of one gave no outcome".into()))
    }

    /// A mark of the database's state now, to which its own history can be wound back; `None` where there is no such thing.
    async fn bookmark(&self) -> Option<String> {
        None
    }
}

/// What one statement of a batch did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// Rows returned (`RETURNING`, or a `SELECT` within the batch).
    pub rows: Vec<Row>,
    /// Rows inserted, updated or deleted, together with those that went with them and those that a running backup has
    /// captured: to know what a statement itself hit, count the rows of its `RETURNING`.
    pub changes: u64,
}

/// How a statement failed. The text is for the log, never for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DbError {
    /// A `UNIQUE` or `PRIMARY KEY` constraint: `table.column` as SQLite names it.
    Unique(String),
    /// Another constraint: foreign key, check, not null.
    Constraint(String),
    /// The database did not answer within the deadline.
    Timeout,
    /// The database could not be reached or was reset; trying again later may help.
    Unavailable(String),
    /// A row was not of the shape that the reader expected.
    Shape(String),
    /// Anything else: a defect.
    Other(String),
}

/// Bytes that are asked for a piece at a time, so that nobody has to hold them all.
#[async_trait]
pub trait Pieces: Send {
    /// The next piece, never an empty one; `None` after the last.
    ///
    /// # Errors
    /// When it can't be had.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, PortError>;
}

/// Objects by key.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Size in bytes of the object at `key`, `None` when there is none.
    ///
    /// # Errors
    /// When the store does not answer.
    async fn size(&self, key: &str) -> Result<Option<u64>, PortError>;

    /// Bytes of the object at `key`, all of them or `length` from `offset`; `None` when there is no object.
    ///
    /// # Errors
    /// When the store does not answer.
    async fn read(&self, key: &str, range: Option<(u64, u64)>) -> Result<Option<Vec<u8>>, PortError>;

    /// Puts an object where there is none. `false`: there is one already, and it stays.
    ///
    /// # Errors
    /// When the store does not answer; the object may be there all the same.
    async fn create(&self, key: &str, bytes: Vec<u8>) -> Result<bool, PortError>;

    /// Puts an object, over whatever is there.
    ///
    /// # Errors
    /// As for [`Objects::create`].
    async fn replace(&self, key: &str, bytes: Vec<u8>) -> Result<(), PortError>;

    /// Begins an object that comes in parts, and gives the id of the upload.
    ///
    /// # Errors
    /// When the store does not answer.
    async fn begin(&self, key: &str) -> Result<String, PortError>;

    /// Uploads one part of so many bytes, numbered from 1: at least 5 MiB and all of one size, but for the last. The same
    /// number again replaces it. Gives its tag.
    ///
    /// # Errors
    /// When the store does not answer, or the pieces end early or can't be had.
    async fn part(
        &self,
        key: &str,
        upload: &str,
        number: u16,
        size: u64,
        pieces: &mut dyn Pieces,
    ) -> Result<String, PortError>;

    /// Makes one object of the parts: numbers and tags in order.
    ///
    /// # Errors
    /// When the store does not answer or does not know the upload, which it forgets when it is complete.
    async fn complete(&self, key: &str, upload: &str, parts: &[(u16, String)]) -> Result<(), PortError>;

    /// Forgets an upload and its parts.
    ///
    /// # Errors
    /// When the store does not answer.
    async fn abort(&self, key: &str, upload: &str) -> Result<(), PortError>;

    /// Every key that begins with `prefix`, with its size in bytes, in order.
    ///
    /// # Errors
    /// When the store does not answer.
    async fn list(&self, prefix: &str) -> Result<Vec<(String, u64)>, PortError>;

    /// Deletes an object; there need not be one.
    ///
    /// # Errors
    /// When the store does not answer, or a lock on the bucket keeps the object.
    async fn delete(&self, key: &str) -> Result<(), PortError>;
}

/// Exact limits.
#[async_trait]
pub trait Limiter: Send + Sync {
    /// Asks to admit `cost` calls at once, now, under `policy` for `key`: all of them count, or none does.
    ///
    /// # Errors
    /// When the limiter does not answer; the calls then must not pass.
    async fn take(&self, key: &LimitKey, policy: &Policy, cost: u32) -> Result<Decision, PortError>;

    /// Answers when limiters can be reached at all.
    ///
    /// # Errors
    /// When they can't.
    async fn ping(&self) -> Result<(), PortError>;
}

/// Whom a limit is counted against: the name of the policy and the subject, for instance `detect` and an account id.
/// The subject of an address is its canonical form, see [`crate::domain::address`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LimitKey {
    /// Name of the policy, as in `RateLimit-Policy`.
    pub policy: &'static str,
    /// Account id, or canonical address.
    pub subject: String,
}

/// Waits after wrong passwords. An account, or a session that asks for the password once more, is named by a digest.
#[async_trait]
pub trait Throttle: Send + Sync {
    /// Counts an attempt as failed before it is made, or says how long to wait. Counting first is what keeps parallel
    /// guesses from slipping through.
    ///
    /// # Errors
    /// When the throttle does not answer; the attempt then must not be made.
    async fn begin(&self, account: &str, address: &str) -> Result<Wait, PortError>;

    /// Takes the count back after a right password, and remembers the address as one from which the account logs in.
    ///
    /// # Errors
    /// When the throttle does not answer.
    async fn succeed(&self, account: &str, address: &str) -> Result<(), PortError>;

    /// Takes the count back after an attempt that never came to a comparison, since something did not answer.
    ///
    /// # Errors
    /// When the throttle does not answer; the attempt then stays counted.
    async fn withdraw(&self, account: &str, address: &str) -> Result<(), PortError>;
}

/// The ledger of what is spent on others.
#[async_trait]
pub trait Budget: Send + Sync {
    /// Reserves the worst case of a call before it is made.
    ///
    /// # Errors
    /// When the ledger does not answer: then the call must not be made. Its worst case may count as spent.
    async fn reserve(&self, asked: &Reserve) -> Result<Reserved, PortError>;

    /// Gives back what the call did not use.
    ///
    /// # Errors
    /// When the ledger does not answer: then the worst case may stay spent.
    async fn settle(&self, asked: &Settle) -> Result<Settled, PortError>;

    /// What was spent.
    ///
    /// # Errors
    /// When the ledger does not answer.
    async fn spending(&self, asked: &Look) -> Result<Spending, PortError>;
}

/// Circuit breakers by name.
#[async_trait]
pub trait Circuits: Send + Sync {
    /// Whether a call to `name` may pass.
    ///
    /// # Errors
    /// When the breaker does not answer.
    async fn admit(&self, name: &str, rules: &circuit::Rules) -> Result<circuit::Passage, PortError>;

    /// How a call that had passed went.
    ///
    /// # Errors
    /// When the breaker does not answer.
    async fn report(&self, name: &str, rules: &circuit::Rules, ok: bool) -> Result<(), PortError>;
}

/// Password hashing.
#[async_trait]
pub trait Hasher: Send + Sync {
    /// Hashes a new password with the configured parameters and a fresh salt.
    ///
    /// # Errors
    /// [`HashError::Busy`] when the queue is full.
    async fn hash(&self, password: &Password) -> Result<PhcString, HashError>;

    /// Compares a password with a stored hash, in time that does not depend on the outcome.
    ///
    /// # Errors
    /// [`HashError::Busy`] when the queue is full; [`HashError::Failed`] for a stored hash that can't be read.
    async fn verify(&self, password: &Password, stored: &PhcString) -> Result<Verification, HashError>;
}

/// What the comparison of a password found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The password is the right one.
    pub matches: bool,
    /// A new hash to store, when the password is right and the stored one was made with other parameters than now.
    pub rehashed: Option<PhcString>,
}

/// Why there is no hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HashError {
    /// The queue is full: try again after so many seconds.
    Busy {
        /// Seconds to wait, at least 1.
        retry_after: u64,
    },
    /// It went wrong; the text is for the log.
    Failed(String),
    /// As for [`PortError::Defect`].
    Defect(String),
}

/// Work that outlives the answer: it begins, and nobody waits for it. What it has to say it says to the log.
pub trait Background: Send + Sync {
    /// Begins the work.
    fn spawn(&self, work: BoxFuture<'static, ()>);

    /// Begins the work after so many milliseconds, seconds at the most: the runtime does not let an event live on for long.
    fn spawn_after(&self, milliseconds: u32, work: BoxFuture<'static, ()>);
}

/// A port that could not do its work; the text is for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortError {
    /// No answer within the deadline.
    Timeout,
    /// It failed.
    Failed(String),
    /// It panicked, and has reported that itself: trying again will not help.
    Defect(String),
}

/// Where log lines go: one JSON object per line.
pub trait Reporter: Send + Sync {
    /// Writes one line at a level.
    fn write(&self, level: Level, line: &Line<'_>);
}

/// How much a log line matters. Ordered: `Debug < Info < Warn < Error`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Detail for whoever looks for a fault.
    Debug,
    /// What happened.
    Info,
    /// Something to look at when it goes on.
    Warn,
    /// Something is broken.
    Error,
}

/// The time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00:00Z. In Workers it stands still during computation.
    fn now_ms(&self) -> i64;

    /// Waits. What is to end by a deadline races with this.
    async fn sleep(&self, milliseconds: u32);
}

/// Cryptographic randomness.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with random bytes.
    ///
    /// # Errors
    /// When the system has none to give.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PortError>;
}
