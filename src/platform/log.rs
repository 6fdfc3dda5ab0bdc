//! Log lines: one JSON object per line on the console, which Workers Logs indexes by field.

use super::edge;
use crate::config::LogFormat;
use crate::ports::{Level, Reporter};
use crate::telemetry::line::Line;
use crate::telemetry::pretty::pretty;

/// The console of the runtime. What level is wanted, the application decides.
#[derive(Debug, Clone, Copy)]
pub struct Console(pub LogFormat);

impl Reporter for Console {
    fn write(&self, level: Level, line: &Line<'_>) {
        // Names and values have a form in JSON: writing them can't fail.
        let line = match self.0 {
            LogFormat::Json => serde_json::to_string(line).unwrap_or_default(),
            LogFormat::Pretty => serde_json::to_value(line).map(|line| pretty(&line)).unwrap_or_default(),
        };
        match level {
            Level::Debug => edge::print_debug(&line),
            Level::Info => edge::print_info(&line),
            Level::Warn => edge::print_warning(&line),
            Level::Error => edge::print_error(&line),
        }
    }
}
