//! What a handler may touch: the configuration and the ports, and nothing else.

use std::sync::Arc;

use crate::config::Config;
use crate::domain::id;
use crate::error::Result;
use crate::health;
use crate::http::status;
use crate::ports::{Background, Level, Ports};
use crate::tally::Tally;
use crate::telemetry::line::Line;
use crate::telemetry::observed::observed;
use crate::telemetry::sentry::Sentry;

/// One installation. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// Parsed once per isolate.
    pub config: Arc<Config>,
    /// The world outside. Calls to it leave a trail, see [`crate::telemetry::observed`].
    pub ports: Ports,
    /// Reports of errors; `None` when nobody wants them.
    pub sentry: Option<Arc<Sentry>>,
    /// How the parts answered of late.
    pub health: health::Latest,
    /// What was last said of their availability.
    pub status: status::Latest,
    /// Texts judged that are yet to be written down.
    pub tally: Tally,
}

impl App {
    /// An application over its ports.
    #[must_use]
    pub fn new(config: Config, ports: Ports) -> Self {
        let environment = config.environment.as_str();
        let sentry = config.sentry.clone().map(|config| {
            let (clock, entropy) = (Arc::clone(&ports.clock), Arc::clone(&ports.entropy));
            Arc::new(Sentry::new(config, environment, clock, entropy, Arc::clone(&ports.outbound)))
        });
        Self {
            config: Arc::new(config),
            ports: observed(ports),
            sentry,
            health: health::Latest::default(),
            status: status::Latest::default(),
            tally: Tally::default(),
        }
    }

    /// The same installation for one request, whose background work this takes.
    #[must_use]
    pub fn for_request(&self, background: Arc<dyn Background>) -> Self {
        let mut app = self.clone();
        app.ports.background = background;
        app
    }

    /// Now, in ms since 1970.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.ports.clock.now_ms()
    }

    /// A new unique id.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn new_id(&self) -> Result<String> {
        Ok(id::new_id(self.ports.entropy.as_ref(), self.now_ms())?)
    }

    /// Writes one log line, when its level is one that is wanted.
    pub fn log<'a>(&self, level: Level, line: impl Into<Line<'a>>) {
        if level >= self.config.log_level {
            self.ports.reporter.write(level, &line.into());
        }
    }
}
