//! How much one invocation may ask of the database: 50 times on the free plan.
//!
//! A step asks a bounded number of times, whatever is in the database; before each step there must be room for that many.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;

use crate::ports::{Db, DbError, Outcome};
use crate::store::value::{Row, Statement};

/// A database that counts how often it is asked. A batch is one call.
pub struct Metered<'a> {
    db: &'a dyn Db,
    asked: AtomicU32,
}

impl<'a> Metered<'a> {
    /// Counts from zero.
    #[must_use]
    pub fn new(db: &'a dyn Db) -> Self {
        Self { db, asked: AtomicU32::new(0) }
    }

    /// How often it was asked.
    #[must_use]
    pub fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }

    /// There is room for one more step.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.asked() + STEP <= INVOCATION
    }

    fn count(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
    }
}

#[async_trait]
impl Db for Metered<'_> {
    async fn query(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        self.count();
        self.db.query(statement).await
    }

    async fn batch(&self, statements: Vec<Statement>) -> Result<Vec<Outcome>, DbError> {
        self.count();
        self.db.batch(statements).await
    }

    async fn bookmark(&self) -> Option<String> {
        self.count();
        self.db.bookmark().await
    }
}

/// Times that a step asks at most: the pages of a member, or a row of 2 MB in as many columns as there can be.
pub const STEP: u32 = 32;
/// Times that an invocation asks at most. The rest is for the tries that a read has when D1 is not at home.
pub const INVOCATION: u32 = 44;
