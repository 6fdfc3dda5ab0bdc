//! Log lines: one JSON object per line on the console, which Workers Logs indexes by field.

use worker::{console_debug, console_error, console_log, console_warn};

use crate::config::LogFormat;
use crate::ports::{Level, Reporter};
use crate::telemetry::pretty::pretty;

/// The console of the runtime. What level is wanted, the application decides.
#[derive(Debug, Clone, Copy)]
pub struct Console(pub LogFormat);

impl Reporter for Console {
    fn write(&self, level: Level, line: &serde_json::Value) {
        let line = match self.0 {
            LogFormat::Json => line.to_string(),
            LogFormat::Pretty => pretty(line),
        };
        match level {
            Level::Debug => console_debug!("{line}"),
            Level::Info => console_log!("{line}"),
            Level::Warn => console_warn!("{line}"),
            Level::Error => console_error!("{line}"),
        }
    }
}
