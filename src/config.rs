//! Configuration: every number of the installation, read once, strictly, with all problems told at once.
//!
//! Values come as text, from the `[vars]` and secrets of the Worker. [`SETTINGS`] lists every name with its default and its
//! meaning; the defaults there are the very texts that are read when a name is not set. No problem ever quotes a value, since
//! a secret may have been put under the wrong name.

mod opinion;
mod read;
mod secret;
mod sentry;
mod settings;

pub use opinion::{ApiKey, OpinionConfig, Provider};
pub use read::{Problem, names};
pub use sentry::SentryConfig;
pub use settings::{SETTINGS, Setting};

use crate::backup::age::Recipient;
use crate::backup::retention::Policy as Retention;
use crate::domain::origin::Origin;
use crate::domain::password::PasswordRules;
use crate::domain::quota::Policy;
use crate::domain::session::SessionRules;
use crate::domain::throttle::Rules as ThrottleRules;
use crate::domain::time::{DAY_MS, HOUR_MS, SECOND_MS};
use crate::domain::token::access::Keyring;
use crate::domain::token::operator::OperatorToken;
use crate::hashing::Cost;
use crate::ports::Level;
use read::Reader;

/// The whole configuration. A value that exists is complete and within bounds.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where this installation runs.
    pub environment: Environment,
    /// Accounts, sessions and tokens.
    pub auth: AuthConfig,
    /// Opens the operator's routes; without it there are none.
    pub operator: Option<OperatorToken>,
    /// Password hashing.
    pub hashing: HashingConfig,
    /// Limits on calls.
    pub limits: LimitsConfig,
    /// Detection.
    pub detect: DetectConfig,
    /// The second opinion.
    pub opinion: OpinionConfig,
    /// Backups.
    pub backups: BackupsConfig,
    /// How long to wait for others.
    pub deadlines: DeadlinesConfig,
    /// Origins besides its own whose pages may call; none by default.
    pub cors_origins: Vec<Origin>,
    /// Where errors are reported; `None`: nowhere.
    pub sentry: Option<SentryConfig>,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Log lines below this level are not written.
    pub log_level: Level,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people who look at a terminal.
    Pretty,
}

/// Where an installation runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// A laptop: origins without TLS are allowed.
    Development,
    /// A rehearsal.
    Staging,
    /// The real thing.
    Production,
}

impl Environment {
    /// As it is written in the configuration, in logs and in error reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }
}

/// Accounts, sessions and tokens.
#[derive(Debug, Clone)]
pub struct AuthConfig {
    /// Signs and verifies access tokens.
    pub keyring: Keyring,
    /// Lifetime of an access token.
    pub access_token_seconds: i64,
    /// Lifetime of a session.
    pub session: SessionRules,
    /// Live sessions per account; beyond it the one unused for longest ends.
    pub max_sessions_per_user: u32,
    /// What a new password must be.
    pub password: PasswordRules,
    /// Waits after failed log-ins.
    pub throttle: ThrottleRules,
}

/// Password hashing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashingConfig {
    /// Argon2id memory in KiB.
    pub memory_kib: u32,
    /// Argon2id passes.
    pub iterations: u32,
    /// Argon2id lanes.
    pub parallelism: u32,
    /// Objects that hash.
    pub pool: u32,
    /// Jobs that may wait in each; one more is refused.
    pub queue: u32,
}

/// Limits on calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitsConfig {
    /// Detections per account.
    pub detect: Policy,
    /// Log-ins per address.
    pub login: Policy,
    /// Registrations per address.
    pub register: Policy,
    /// Refreshes per address.
    pub refresh: Policy,
    /// Calls of the operator's routes per address.
    pub operator: Policy,
}

/// Detection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DetectConfig {
    /// Words under which there is no verdict.
    pub min_words: usize,
    /// Characters beyond which a text is refused.
    pub max_chars: usize,
    /// Characters beyond which the texts of a batch, all together, are refused.
    pub batch_max_chars: usize,
}

/// Backups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupsConfig {
    /// Which stay.
    pub keep: Retention,
    /// For whom they are encrypted; nobody: they are not.
    pub recipient: Option<Recipient>,
}

impl BackupsConfig {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let keep = read_keep(reader);
        let recipient = reader.parsed("BACKUP_PUBLIC_KEY", |text| match text {
            "" => Ok(None),
            key => Recipient::parse(key).map(Some).ok_or("must be a public key of age: `age1...`"),
        });
        Some(Self { keep: keep?, recipient: recipient? })
    }
}

fn read_keep(reader: &mut Reader<'_>) -> Option<Retention> {
    let text = reader.text(KEEP)?;
    reader.entries(KEEP, text.split_ascii_whitespace(), |word| Retention::parse(word).map_err(str::to_owned))?;
    Retention::parse(&text).map_err(|message| reader.problem(KEEP, message)).ok()
}

/// How long to wait for others, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeadlinesConfig {
    /// One call to the database.
    pub db_ms: u32,
    /// One call to a Durable Object.
    pub do_ms: u32,
    /// One probe of readiness.
    pub probe_ms: u32,
}

impl Config {
    /// Reads the configuration. `lookup` gives the text set for a name, `None` when there is none.
    ///
    /// # Errors
    /// Every problem that there is, in the order of [`SETTINGS`].
    pub fn parse(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader::new(&lookup);
        let environment = reader.choice("ENVIRONMENT", &ENVIRONMENTS);
        let auth = AuthConfig::read(&mut reader);
        let operator = reader.operator();
        let hashing = HashingConfig::read(&mut reader);
        let limits = LimitsConfig::read(&mut reader);
        let detect = DetectConfig::read(&mut reader);
        let secure_only = environment != Some(Environment::Development);
        let opinion = OpinionConfig::read(&mut reader, secure_only);
        let deadlines = DeadlinesConfig::read(&mut reader);
        let backups = BackupsConfig::read(&mut reader);
        let cors_origins = reader.origins("CORS_ORIGINS", secure_only);
        let sentry = reader.sentry();
        let log_format = reader.choice("LOG_FORMAT", &FORMATS);
        let log_level = reader.choice("LOG_LEVEL", &LEVELS);
        let config = (|| {
            Some(Self {
                environment: environment?,
                auth: auth?,
                operator: operator?,
                hashing: hashing?,
                limits: limits?,
                detect: detect?,
                opinion: opinion?,
                backups: backups?,
                deadlines: deadlines?,
                cors_origins: cors_origins?,
                sentry: sentry?,
                log_format: log_format?,
                log_level: log_level?,
            })
        })();
        reader.finish(config)
    }
}

// Each part reads all of its fields before it gives up, so that all problems are told at once.

impl AuthConfig {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let keyring = reader.keyring();
        let access_minutes = reader.number("ACCESS_TOKEN_MINUTES", 1..=1_440);
        let idle_days = reader.number("SESSION_IDLE_DAYS", 1..=365);
        let absolute_days = reader.number("SESSION_ABSOLUTE_DAYS", 1..=730);
        let max_sessions_per_user = reader.number("MAX_SESSIONS_PER_USER", 1..=1_000);
        let min_length = reader.number("PASSWORD_MIN_LENGTH", 8..=64);
        let throttle = read_throttle(reader);
        if idle_days > absolute_days && absolute_days.is_some() {
            reader.problem("SESSION_IDLE_DAYS", "must not be more than SESSION_ABSOLUTE_DAYS");
        }
        Some(Self {
            keyring: keyring?,
            access_token_seconds: i64::from(access_minutes?) * 60,
            session: SessionRules {
                idle_ms: i64::from(idle_days?) * DAY_MS,
                absolute_ms: i64::from(absolute_days?) * DAY_MS,
            },
            max_sessions_per_user: max_sessions_per_user?,
            password: PasswordRules { min_length: min_length? as usize },
            throttle: throttle?,
        })
    }
}

fn read_throttle(reader: &mut Reader<'_>) -> Option<ThrottleRules> {
    let free_failures = reader.number("LOGIN_FREE_FAILURES", 1..=20);
    let first = reader.number("LOGIN_FIRST_WAIT_SECONDS", 1..=60);
    let longest = reader.number("LOGIN_LONGEST_WAIT_SECONDS", 1..=3_600);
    let forget = reader.number("LOGIN_FORGET_HOURS", 1..=168);
    let addresses = reader.number("LOGIN_KNOWN_ADDRESSES", 1..=64);
    let known_days = reader.number("LOGIN_KNOWN_DAYS", 1..=365);
    if first > longest && longest.is_some() {
        reader.problem("LOGIN_FIRST_WAIT_SECONDS", "must not be more than LOGIN_LONGEST_WAIT_SECONDS");
    }
    Some(ThrottleRules {
        free_failures: free_failures?,
        first_wait_ms: i64::from(first?) * SECOND_MS,
        longest_wait_ms: i64::from(longest?) * SECOND_MS,
        forget_after_ms: i64::from(forget?) * HOUR_MS,
        known_addresses: addresses? as usize,
        known_for_ms: i64::from(known_days?) * DAY_MS,
    })
}

impl HashingConfig {
    /// What one hash costs. The decoy for unknown accounts and the hashers must agree on it, or the time of a log-in tells.
    #[must_use]
    pub fn cost(&self) -> Cost {
        Cost { memory_kib: self.memory_kib, passes: self.iterations, lanes: self.parallelism }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let memory_kib = reader.number("ARGON2_MEMORY_KIB", 19_456..=65_536);
        let iterations = reader.number("ARGON2_ITERATIONS", 2..=10);
        let parallelism = reader.number("ARGON2_PARALLELISM", 1..=4);
        let pool = reader.number("HASHER_POOL", 1..=64);
        let queue = reader.number("HASHER_QUEUE", 1..=256);
        Some(Self {
            memory_kib: memory_kib?,
            iterations: iterations?,
            parallelism: parallelism?,
            pool: pool?,
            queue: queue?,
        })
    }
}

impl LimitsConfig {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let detect = reader.policy("DETECT_LIMIT");
        let login = reader.policy("LOGIN_LIMIT");
        let register = reader.policy("REGISTER_LIMIT");
        let refresh = reader.policy("REFRESH_LIMIT");
        let operator = reader.policy("OPERATOR_LIMIT");
        Some(Self { detect: detect?, login: login?, register: register?, refresh: refresh?, operator: operator? })
    }
}

impl DetectConfig {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let min_words = reader.number("DETECT_MIN_WORDS", 1..=1_000);
        let max_chars = reader.number("DETECT_MAX_CHARS", 1_000..=1_000_000);
        let batch_max_chars = reader.number("DETECT_BATCH_MAX_CHARS", 1_000..=1_000_000);
        Some(Self {
            min_words: min_words? as usize,
            max_chars: max_chars? as usize,
            batch_max_chars: batch_max_chars? as usize,
        })
    }
}

impl DeadlinesConfig {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let db_ms = reader.number("DB_DEADLINE_MS", 100..=30_000);
        let do_ms = reader.number("DO_DEADLINE_MS", 100..=30_000);
        let probe_ms = reader.number("PROBE_DEADLINE_MS", 100..=30_000);
        Some(Self { db_ms: db_ms?, do_ms: do_ms?, probe_ms: probe_ms? })
    }
}

const KEEP: &str = "BACKUP_KEEP";

const ENVIRONMENTS: [(&str, Environment); 3] = [
    ("development", Environment::Development),
    ("staging", Environment::Staging),
    ("production", Environment::Production),
];

const FORMATS: [(&str, LogFormat); 2] = [("json", LogFormat::Json), ("pretty", LogFormat::Pretty)];

const LEVELS: [(&str, Level); 4] =
    [("debug", Level::Debug), ("info", Level::Info), ("warn", Level::Warn), ("error", Level::Error)];

#[cfg(test)]
mod tests;
