//! Log lines kept for a test to read.

use std::sync::{Mutex, PoisonError};

use edgekeep::ports::{Level, Reporter};
use edgekeep::telemetry::line::Line;
use serde_json::Value;

/// Keeps every line.
#[derive(Default)]
pub struct RecordingReporter(Mutex<Vec<(Level, Value)>>);

impl RecordingReporter {
    /// All lines so far.
    pub fn lines(&self) -> Vec<(Level, Value)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The newest line.
    pub fn last(&self) -> Value {
        self.lines().pop().map(|(_, line)| line).expect("a log line")
    }
}

impl Reporter for RecordingReporter {
    fn write(&self, level: Level, line: &Line<'_>) {
        let line = serde_json::to_value(line).expect("a line is JSON");
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((level, line));
    }
}
