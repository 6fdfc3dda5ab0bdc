//! The table of all settings.

/// One setting of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Name of the variable or secret.
    pub name: &'static str,
    /// What holds when it is not set; `None`: it must be set. An empty default means none.
    pub default: Option<&'static str>,
    /// A secret (`wrangler secret put`), not a variable.
    pub secret: bool,
    /// What it means, in which unit, within which bounds.
    pub meaning: &'static str,
}

/// Every setting, in the order in which it is read and documented.
pub const SETTINGS: &[Setting] = &[
    var("ENVIRONMENT", "production", "Where this runs: `development`, `staging` or `production`"),
    Setting {
        name: "JWT_SECRET",
        default: None,
        secret: true,
        meaning: "Signs access tokens: at least 32 random bytes, as base64url or hex (`openssl rand -hex 32`)",
    },
    Setting {
        name: "JWT_SECRET_PREVIOUS",
        default: Some(""),
        secret: true,
        meaning: "The secret before a rotation: its tokens stay valid until they expire",
    },
    Setting {
        name: "OPERATOR_TOKEN",
        default: Some(""),
        secret: true,
        meaning: "Opens the operator's routes, which are absent without it: at least 32 random bytes, as for `JWT_SECRET`",
    },
    var("JWT_ISSUER", "edgekeep", "Claim `iss` of access tokens: 1 to 200 visible ASCII characters"),
    var("JWT_AUDIENCE", "edgekeep", "Claim `aud` of access tokens: 1 to 200 visible ASCII characters"),
    var("ACCESS_TOKEN_MINUTES", "30", "Lifetime of an access token, 1 to 1440"),
    var("SESSION_IDLE_DAYS", "30", "A session ends after so many days without a refresh, 1 to 365"),
    var("SESSION_ABSOLUTE_DAYS", "90", "A session ends so many days after log-in, 1 to 730"),
    var(
        "MAX_SESSIONS_PER_USER",
        "100",
        "Live sessions per account, 1 to 1000; beyond it the one unused for longest ends",
    ),
    var("PASSWORD_MIN_LENGTH", "12", "Characters of a new password, 8 to 64"),
    var(
        "LOGIN_FREE_FAILURES",
        "5",
        "Failed log-ins per account and address before waits begin, 1 to 20; all addresses new to the account together: ten times as many",
    ),
    var("LOGIN_FIRST_WAIT_SECONDS", "1", "The first wait, 1 to 60; it doubles with each further failure"),
    var("LOGIN_LONGEST_WAIT_SECONDS", "900", "The longest wait, 1 to 3600"),
    var("LOGIN_FORGET_HOURS", "24", "Failures are forgotten after so many hours without an attempt, 1 to 168"),
    var("LOGIN_KNOWN_ADDRESSES", "16", "Addresses per account that count their own failures, 1 to 64"),
    var("LOGIN_KNOWN_DAYS", "90", "Days after its last log-in for which an address is remembered, 1 to 365"),
    var("ARGON2_MEMORY_KIB", "19456", "Argon2id memory of one hash in KiB, 19456 to 65536"),
    var("ARGON2_ITERATIONS", "2", "Argon2id passes, 2 to 10"),
    var("ARGON2_PARALLELISM", "1", "Argon2id lanes, 1 to 4"),
    var("HASHER_POOL", "4", "Durable Objects that hash passwords, 1 to 64"),
    var("HASHER_QUEUE", "16", "Jobs that may wait in each of them, 1 to 256; beyond it the answer is 503"),
    var("DETECT_LIMIT", "10/hour", "Detections per account"),
    var("LOGIN_LIMIT", "5/minute;20/hour", "Log-ins per address"),
    var("REGISTER_LIMIT", "5/minute;20/hour", "Registrations per address"),
    var("REFRESH_LIMIT", "30/minute;300/hour", "Refreshes per address"),
    var("OPERATOR_LIMIT", "60/minute;1200/hour", "Calls of the operator's routes per address, refused ones included"),
    var("DETECT_MIN_WORDS", "50", "Words under which a text gets no verdict, 1 to 1000"),
    var("DETECT_MAX_CHARS", "100000", "Characters beyond which a text is refused, 1000 to 1000000"),
    var(
        "DETECT_BATCH_MAX_CHARS",
        "400000",
        "Characters of all texts of a batch together, beyond which it is refused, 1000 to 1000000",
    ),
    var("SECOND_OPINION", "off", "Second opinions of a language model: `off` or `on`"),
    Setting {
        name: "GROQ_API_KEY",
        default: Some(""),
        secret: true,
        meaning: "Key of Groq; without a key of either provider there is no second opinion",
    },
    Setting { name: "OPENAI_API_KEY", default: Some(""), secret: true, meaning: "Key of OpenAI" },
    var("SECOND_OPINION_PROVIDERS", "groq,openai", "Who is asked first, and who when that fails"),
    var("GROQ_BASE_URL", "https://api.groq.com/openai/v1", "Where Groq's chat completions API begins"),
    var("GROQ_MODEL", "openai/gpt-oss-20b", "Model asked there"),
    var(
        "OPENAI_BASE_URL",
        "https://api.openai.com/v1",
        "Where OpenAI's API begins, or that of another server that speaks it",
    ),
    var("OPENAI_MODEL", "gpt-4o-mini", "Model asked there"),
    var(
        "AI_PRICES",
        "openai/gpt-oss-20b=0.075/0.30;openai/gpt-oss-120b=0.15/0.60;gpt-4o-mini=0.15/0.60;gpt-4.1-mini=0.40/1.60",
        "Dollars per million tokens, `model=input/output`; a model without a price is not asked",
    ),
    var("AI_BUDGET", "1.00/day;20.00/month", "Dollars that second opinions may cost all accounts together, in UTC"),
    var("AI_BUDGET_PER_ACCOUNT", "0.05/day", "Dollars that they may cost one account"),
    var("SECOND_OPINION_DEADLINE_MS", "20000", "Wait for a second opinion, retries included, 1000 to 60000"),
    var("SECOND_OPINION_MAX_TOKENS", "1500", "Tokens of its answer, thinking included, 100 to 20000"),
    var("CIRCUIT_FAILURES", "5", "Failures in a row after which a provider is left alone, 1 to 100"),
    var("CIRCUIT_OPEN_SECONDS", "30", "For how long, 1 to 3600; doubles with each failed probe up to tenfold"),
    var("DB_DEADLINE_MS", "5000", "Wait for one call to the database, 100 to 30000"),
    var("DO_DEADLINE_MS", "5000", "Wait for one call to a Durable Object, 100 to 30000"),
    var("PROBE_DEADLINE_MS", "2000", "Wait for one probe of `/readyz`, 100 to 30000"),
    var(
        "BACKUP_KEEP",
        "7d 4w 12m",
        "Backups that stay: the newest of each of so many days, weeks and months; empty keeps all",
    ),
    var("BACKUP_PUBLIC_KEY", "", "Backups are encrypted for this key of `age-keygen`: `age1...`"),
    var("CORS_ORIGINS", "", "Origins besides its own whose pages may call, separated by commas"),
    Setting {
        name: "SENTRY_DSN",
        default: Some(""),
        secret: true,
        meaning: "Where errors are reported, as Sentry shows it under Client Keys; without it nothing is sent",
    },
    var("SENTRY_TUNNEL", "", "URL that takes the reports instead of the one in the DSN"),
    var("SENTRY_TRACES_SAMPLE_RATE", "0", "Share of traces that are sent, 0 to 1, by the trace id"),
    var("SENTRY_DEADLINE_MS", "2000", "Wait for Sentry after the answer, 100 to 10000"),
    var("LOG_FORMAT", "json", "How log lines look: `json`, or `pretty` for people"),
    var("LOG_LEVEL", "info", "Log lines below it are dropped: `debug`, `info`, `warn` or `error`"),
];

const fn var(name: &'static str, default: &'static str, meaning: &'static str) -> Setting {
    Setting { name, default: Some(default), secret: false, meaning }
}
