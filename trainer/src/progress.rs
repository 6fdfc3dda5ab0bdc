//! Says on standard error what is being done and how long it will take.

use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Where progress goes, if anywhere.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Whether to say anything.
    pub loud: bool,
}

impl Progress {
    /// One line of its own.
    pub fn say(&self, line: &str) {
        if self.loud {
            write(&format!("{line}\n"));
        }
    }

    /// Begins a stage of `total` steps.
    pub fn stage(&self, name: &str, total: usize) -> Stage {
        Stage { loud: self.loud, name: name.to_owned(), total, began: Instant::now(), state: Mutex::new((0, None)) }
    }
}

/// A stage under way; says its time when it ends.
pub struct Stage {
    loud: bool,
    name: String,
    total: usize,
    began: Instant,
    state: Mutex<(usize, Option<Instant>)>,
}

impl Stage {
    /// One step done.
    pub fn tick(&self) {
        self.add(1);
    }

    /// Some steps done.
    pub fn add(&self, steps: usize) {
        let Ok(mut state) = self.state.lock() else {
            return;
        };
        state.0 += steps;
        let due = state.1.is_none_or(|last| last.elapsed() > Duration::from_secs(2));
        if self.loud && due {
            state.1 = Some(Instant::now());
            let spent = self.began.elapsed().as_secs_f64();
            let left = spent / state.0 as f64 * self.total.saturating_sub(state.0) as f64;
            write(&format!("  {}: {} of {}, about {left:.0} s left\n", self.name, state.0, self.total));
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if self.loud {
            write(&format!("  {}: {:.1} s\n", self.name, self.began.elapsed().as_secs_f64()));
        }
    }
}

/// Progress is a courtesy: a closed standard error does not stop the training.
fn write(line: &str) {
    let _ = std::io::stderr().write_all(line.as_bytes());
}
