//! Texts judged that are yet to be written down.
//!
//! One count is one write, and a busy isolate judges many texts a second: so counts gather here for two seconds and go to
//! the database in one statement, after the answers that they belong to. What gathers is lost with the isolate: these counts
//! are for people to look at, and decide nothing (limits and budgets are counted before, where they are exact).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;

use crate::app::App;
use crate::domain::time::rfc3339;
use crate::ports::Level;
use crate::store::usage::{self, Count};

/// The counts of one isolate.
#[derive(Debug, Clone, Default)]
pub struct Tally(Arc<Mutex<Gathering>>);

#[derive(Debug, Default)]
struct Gathering {
    counts: BTreeMap<(i64, String), u32>,
    /// When the write that was arranged is to begin, ms.
    due_ms: Option<i64>,
}

impl Tally {
    /// Counts texts of an account on a day. Gives how long to wait before [`write_down`], when nobody has been told yet.
    fn add(&self, user_id: &str, day: i64, detections: u32, now_ms: i64) -> Option<u32> {
        let mut gathering = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = gathering.counts.entry((day, user_id.to_owned())).or_default();
        *count = count.saturating_add(detections);
        if gathering.counts.len() >= MOST {
            return Some(0);
        }
        // Who was to write may have ended with its request: then another is told. A clock that jumps back does no harm.
        let arranged = |due_ms: &i64| (due_ms - GATHER_MS..due_ms + OVERDUE_MS).contains(&now_ms);
        if gathering.due_ms.as_ref().is_some_and(arranged) {
            return None;
        }
        gathering.due_ms = Some(now_ms + GATHER_MS);
        u32::try_from(GATHER_MS).ok()
    }

    fn take(&self) -> Vec<Count> {
        let Gathering { counts, .. } = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        counts.into_iter().map(|((day, user_id), detections)| Count { day, user_id, detections }).collect()
    }
}

/// Counts texts that were judged: nobody waits for it.
pub fn record(app: &App, user_id: &str, day: i64, detections: u32) {
    if let Some(wait_ms) = app.tally.add(user_id, day, detections, app.now_ms()) {
        let writer = app.clone();
        app.ports.background.spawn_after(wait_ms, Box::pin(async move { write_down(&writer).await }));
    }
}

/// Writes down what has gathered. A write that fails is a line in the log: it may have happened, and counting twice is worse.
pub async fn write_down(app: &App) {
    let counts = app.tally.take();
    if counts.is_empty() {
        return;
    }
    if let Err(error) = usage::count(app.ports.db.as_ref(), &counts).await {
        let detections: u64 = counts.iter().map(|count| u64::from(count.detections)).sum();
        let line = json!({
            "timestamp": rfc3339(app.now_ms()),
            "severity_text": "WARN",
            "body": "usage",
            "exception.message": format!("{detections} detections not counted: {error:?}"),
        });
        app.log(Level::Warn, line);
    }
}

/// How long counts gather: long enough that a busy isolate writes seldom, well within what the runtime allows after an answer.
const GATHER_MS: i64 = 2_000;
/// A write that has not begun so long after its time will not.
const OVERDUE_MS: i64 = 10_000;
/// Accounts and days that are kept at most; a hundred bytes each.
const MOST: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_counts_are_one_write() {
        let tally = Tally::default();
        assert_eq!(tally.add("ada", 1, 1, 0), Some(2_000));
        assert_eq!(tally.add("ada", 1, 20, 1_000), None, "somebody was told");
        assert_eq!(tally.add("bob", 1, 3, 1_999), None);
        let count = |user_id: &str, detections| Count { day: 1, user_id: user_id.into(), detections };
        assert_eq!(tally.take(), [count("ada", 21), count("bob", 3)]);
        assert_eq!(tally.take(), []);
        assert_eq!(tally.add("ada", 1, 1, 2_000), Some(2_000), "after a write the next is told again");
    }

    #[test]
    fn a_writer_that_never_came_is_replaced() {
        let tally = Tally::default();
        assert_eq!(tally.add("ada", 1, 1, 0), Some(2_000));
        assert_eq!(tally.add("ada", 1, 1, 11_999), None);
        assert_eq!(tally.add("ada", 1, 1, 12_000), Some(2_000));
        assert_eq!(tally.add("ada", 1, 1, 5_000), Some(2_000), "also when the clock has jumped back");
        assert_eq!(tally.take()[0].detections, 4);
    }

    #[test]
    fn more_than_may_be_kept_is_written_at_once() {
        let tally = Tally::default();
        let told = |n: usize| tally.add(&n.to_string(), 1, 1, 0);
        assert_eq!((0..MOST).map(told).filter(Option::is_some).count(), 2);
        assert_eq!(tally.take().len(), MOST);
    }

    #[test]
    fn a_count_does_not_wrap() {
        let tally = Tally::default();
        tally.add("ada", 1, u32::MAX, 0);
        tally.add("ada", 1, 1, 0);
        assert_eq!(tally.take()[0].detections, u32::MAX);
    }
}
