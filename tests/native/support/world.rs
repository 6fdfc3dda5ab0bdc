//! One installation: the real router, rules, SQL and migrations over ports in memory.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use edgekeep::app::App;
use edgekeep::config::Config;
use edgekeep::ports::Ports;
use http::Method;
use serde_json::{Value, json};

use super::background::TestBackground;
use super::budget::{MemoryBudget, MemoryCircuits};
use super::client::{Answer, Call};
use super::clock::TestClock;
use super::drill::TestDrill;
use super::entropy::TestEntropy;
use super::hashers::TestHasher;
use super::limits::{MemoryLimiter, MemoryThrottle};
use super::log::RecordingReporter;
use super::objects::MemoryObjects;
use super::outbound::TestOutbound;
use super::pages::TestPages;
use super::sqlite_db::SqliteDb;

/// An installation, and a hand on each of its ports.
pub struct World {
    pub app: App,
    pub db: Arc<SqliteDb>,
    pub objects: Arc<MemoryObjects>,
    pub limiter: Arc<MemoryLimiter>,
    pub throttle: Arc<MemoryThrottle>,
    pub hasher: Arc<TestHasher>,
    pub budget: Arc<MemoryBudget>,
    pub backups: Arc<super::backups::MemoryBackups>,
    pub circuits: Arc<MemoryCircuits>,
    pub outbound: Arc<TestOutbound>,
    pub pages: Arc<TestPages>,
    pub background: Arc<TestBackground>,
    pub log: Arc<RecordingReporter>,
    pub clock: Arc<TestClock>,
    pub entropy: Arc<TestEntropy>,
    secrets: Mutex<HashSet<String>>,
}

impl World {
    /// An installation with limits too wide to meet by accident, and hashes that cost nothing.
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// The same with these settings on top.
    pub fn with(settings: &[(&str, &str)]) -> Self {
        Self::assemble(settings, TestHasher::fast)
    }

    /// The same with real Argon2.
    pub fn with_real_hashes(settings: &[(&str, &str)]) -> Self {
        Self::assemble(settings, TestHasher::real)
    }

    fn assemble(settings: &[(&str, &str)], hasher: fn(Arc<TestEntropy>) -> TestHasher) -> Self {
        let config = config(settings);
        let clock = Arc::new(TestClock::fixed());
        let entropy = Arc::new(TestEntropy::default());
        let db = Arc::new(SqliteDb::migrated());
        let objects = Arc::new(MemoryObjects::empty());
        let limiter = Arc::new(MemoryLimiter::at(Arc::clone(&clock)));
        let throttle = Arc::new(MemoryThrottle::at(Arc::clone(&clock), config.auth.throttle));
        let hasher = Arc::new(hasher(Arc::clone(&entropy)));
        let backups = Arc::new(super::backups::MemoryBackups::default());
        let budget = Arc::new(MemoryBudget::at(Arc::clone(&clock)));
        let circuits = Arc::new(MemoryCircuits::at(Arc::clone(&clock)));
        let outbound = Arc::new(TestOutbound::default());
        let pages = Arc::new(TestPages::default());
        let background = Arc::new(TestBackground::default());
        let log = Arc::new(RecordingReporter::default());
        let ports = Ports {
            db: db.clone(),
            objects: objects.clone(),
            limiter: limiter.clone(),
            throttle: throttle.clone(),
            hasher: hasher.clone(),
            budget: budget.clone(),
            backups: backups.clone(),
            circuits: circuits.clone(),
            outbound: outbound.clone(),
            pages: None,
            background: background.clone(),
            reporter: log.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            drill: Arc::new(TestDrill),
        };
        let app = App::new(config, ports);
        let secrets = Mutex::default();
        Self {
            app,
            db,
            objects,
            limiter,
            throttle,
            hasher,
            budget,
            backups,
            circuits,
            outbound,
            pages,
            background,
            log,
            clock,
            entropy,
            secrets,
        }
    }

    /// The same installation deployed anew with other settings: the same database, clock and objects.
    pub fn reconfigured(&self, settings: &[(&str, &str)]) -> Self {
        Self {
            app: App::new(config(settings), self.app.ports.clone()),
            db: self.db.clone(),
            objects: self.objects.clone(),
            limiter: self.limiter.clone(),
            throttle: self.throttle.clone(),
            hasher: self.hasher.clone(),
            budget: self.budget.clone(),
            backups: self.backups.clone(),
            circuits: self.circuits.clone(),
            outbound: self.outbound.clone(),
            pages: self.pages.clone(),
            background: self.background.clone(),
            log: self.log.clone(),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            secrets: Mutex::default(),
        }
    }

    /// The same installation with a web app.
    pub fn with_pages(mut self) -> Self {
        self.app.ports.pages = Some(self.pages.clone());
        self
    }

    /// A request to be.
    pub fn call(&self, method: Method, path: &str) -> Call<'_> {
        Call::new(self, method, path)
    }

    /// A GET to be.
    pub fn get(&self, path: &str) -> Call<'_> {
        self.call(Method::GET, path)
    }

    /// A POST to be.
    pub fn post(&self, path: &str) -> Call<'_> {
        self.call(Method::POST, path)
    }

    /// A DELETE to be.
    pub fn delete(&self, path: &str) -> Call<'_> {
        self.call(Method::DELETE, path)
    }

    /// Sends a registration of this e-mail.
    pub async fn register(&self, email: &str) -> Answer {
        self.post(REGISTER).json(&json!({"email": email, "password": PASSWORD})).await
    }

    /// Sends a log-in with this e-mail and password.
    pub async fn login(&self, email: &str, password: &str) -> Answer {
        self.post(LOGIN).json(&json!({"email": email, "password": password})).await
    }

    /// Sends a refresh with the token in the body.
    pub async fn refresh(&self, refresh_token: &str) -> Answer {
        self.post(REFRESH).json(&json!({"refresh_token": refresh_token})).await
    }

    /// Asks who the owner of this access token is.
    pub async fn me(&self, access_token: &str) -> Answer {
        self.get(ME).bearer(access_token).send().await
    }

    /// Sends a text to the detector.
    pub async fn detect(&self, access_token: &str, text: &str) -> Answer {
        self.post(DETECT).bearer(access_token).json(&json!({"text": text})).await
    }

    /// Someone with an account and a session.
    pub async fn someone(&self, email: &str) -> Person {
        Person::of(&self.register(email).await.expect(201))
    }

    /// A further session of an account made by [`World::someone`].
    pub async fn logged_in(&self, email: &str) -> Person {
        Person::of(&self.login(email, PASSWORD).await.expect(200))
    }

    /// What must never be seen in the log from now on.
    pub fn keep_secret(&self, text: &str) {
        if text.len() >= SHORTEST_SECRET {
            self.secrets.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned());
        }
    }

    /// Fails when a text, such as a log line, holds anything that was to be kept secret.
    pub fn assert_free_of_secrets(&self, text: &str) {
        for secret in self.secrets.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            assert!(!text.contains(secret.as_str()), "{secret:?} is in {text}");
        }
    }

    /// Fails when any line of the log holds anything that was to be kept secret.
    pub fn assert_log_is_clean(&self) {
        for (_, line) in self.log.lines() {
            self.assert_free_of_secrets(&line.to_string());
        }
    }
}

/// Someone who is logged in.
#[derive(Debug, Clone)]
pub struct Person {
    pub access_token: String,
    pub refresh_token: String,
    pub user_id: String,
}

impl Person {
    /// From the answer to a registration, a log-in or a refresh.
    pub fn of(answer: &Answer) -> Self {
        Self {
            access_token: answer.text("/access_token"),
            refresh_token: answer.text("/refresh_token"),
            user_id: answer.text("/user/id"),
        }
    }
}

/// The configuration of the tests, with these settings on top.
pub fn config(settings: &[(&str, &str)]) -> Config {
    let lookup = |name: &str| {
        let found = settings.iter().chain(&SETTINGS).find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Config::parse(lookup).unwrap_or_else(|problems| panic!("configuration: {problems:?}"))
}

/// The claims of a token, unchecked.
pub fn claims(access_token: &str) -> Value {
    segment(access_token, 1)
}

/// One of the JSON segments of a token, unchecked.
pub fn segment(access_token: &str, at: usize) -> Value {
    use base64ct::Encoding as _;
    let text = access_token.split('.').nth(at).expect("a segment");
    let bytes = base64ct::Base64UrlUnpadded::decode_vec(text).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// A password that may be set.
pub const PASSWORD: &str = "granite otter lamp 47";
/// The secret that signs the tokens of the tests.
pub const SECRET: &str = "uaqXxjbb-_0gzVpEkoyIwQh8mZ3cB6rT9sLnF2dWy5M";

/// Opens the operator's routes.
pub const OPERATOR_TOKEN: &str = "fQ7mV2xLr9TzB4kNw8PcJ5sHd3GyEa6uXoKi1RbMnZ0";

pub const REGISTER: &str = "/api/v1/auth/register";
pub const LOGIN: &str = "/api/v1/auth/login";
pub const REFRESH: &str = "/api/v1/auth/refresh";
pub const LOGOUT: &str = "/api/v1/auth/logout";
pub const ME: &str = "/api/v1/auth/me";
pub const CHANGE_PASSWORD: &str = "/api/v1/auth/password";
pub const SESSIONS: &str = "/api/v1/auth/sessions";
pub const DETECT: &str = "/api/v1/ai-tools/detect";
pub const USAGE: &str = "/api/v1/usage";
pub const OPERATOR_USAGE: &str = "/api/v1/operator/usage";
pub const CRON_RUNS: &str = "/api/v1/operator/cron-runs";
pub const BATCH: &str = "/api/v1/ai-tools/detect/batch";

/// Below this a text is not a secret but a coincidence.
const SHORTEST_SECRET: usize = 8;

const SETTINGS: [(&str, &str); 6] = [
    ("JWT_SECRET", SECRET),
    ("OPERATOR_TOKEN", OPERATOR_TOKEN),
    ("REGISTER_LIMIT", "1000/hour"),
    ("LOGIN_LIMIT", "1000/hour"),
    ("REFRESH_LIMIT", "1000/hour"),
    ("CORS_ORIGINS", "https://app.example"),
];
