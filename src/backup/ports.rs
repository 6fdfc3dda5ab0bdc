//! What a run asks of the world besides the ports of the application.

use async_trait::async_trait;

use super::verify::Counting;
use crate::ports::{Db, PortError};

/// The memory of a run, which outlives its process.
#[async_trait]
pub trait Journal: Send + Sync {
    /// The run as it was written down last.
    ///
    /// # Errors
    /// When it can't be read.
    async fn load(&self) -> Result<Option<String>, PortError>;

    /// Writes a run down, adds bytes behind those that wait and takes some away from before them: all of it or nothing.
    ///
    /// # Errors
    /// When it can't be written; then nothing has changed.
    async fn commit(&self, run: &str, waiting: Waiting) -> Result<(), PortError>;

    /// So many bytes of those that wait, behind the first `from` of them, or fewer when there are fewer.
    ///
    /// # Errors
    /// When they can't be read.
    async fn peek(&self, from: u64, bytes: u64) -> Result<Vec<u8>, PortError>;
}

/// What becomes of the bytes that wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    /// They stay.
    Keep,
    /// These come behind them.
    Append(Vec<u8>),
    /// So many of the first go.
    Drop(u64),
    /// All go.
    Clear,
}

/// A database that is there to be restored into and thrown away.
#[async_trait]
pub trait Scratch: Db {
    /// Runs the SQL of one gzip member of a dump. Member 0 empties the database first; one that has been loaded already is
    /// not loaded again.
    ///
    /// # Errors
    /// When it is not the next one, or its SQL fails.
    async fn load(&self, run: &str, member: u64, bytes: Vec<u8>) -> Result<(), PortError>;

    /// Counts the rows of the next few pages of a table, as [`super::verify::count`] does.
    ///
    /// # Errors
    /// When it does not answer, or a page can't be read.
    async fn count(&self, asked: Counting) -> Result<Counting, PortError>;

    /// Empties it.
    ///
    /// # Errors
    /// When it does not answer.
    async fn clear(&self) -> Result<(), PortError>;
}
