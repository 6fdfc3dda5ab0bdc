//! The cheapest question that shows that the database answers and that the migrations were applied.

use crate::ports::{Db, DbError};
use crate::store::value::Statement;

/// Reads the one row of `installation`.
///
/// # Errors
/// As [`Db::query`]; [`DbError::Shape`] when the row is missing.
pub async fn probe(db: &dyn Db) -> Result<(), DbError> {
    let rows = db.query(Statement::new("SELECT sessions_not_before FROM installation WHERE id = 1", [])).await?;
    rows.first().map(drop).ok_or_else(|| DbError::Shape("table installation is empty".into()))
}
