use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::domain::quota::Window;

const SECRET: &str = "9f2c1b7a4e8d3056af91c2d47b6e8035d1f4a7029c3b5e68d7f0a1b24c9e3f56";
const OLDER: &str = "q3Jx-T0vLw8sYf2ZkR6nB1uHd9eGm4Ca_pX7iVoKzWE";

fn parse(set: &[(&str, &str)]) -> Result<Config, Vec<Problem>> {
    let mut values = HashMap::from([("JWT_SECRET", SECRET)]);
    values.extend(set.iter().copied());
    Config::parse(|name| values.get(name).map(|text| (*text).to_owned()))
}

fn problems(set: &[(&str, &str)]) -> Vec<&'static str> {
    parse(set).map(|_| ()).unwrap_err().iter().map(|problem| problem.name).collect()
}

#[test]
fn the_defaults_are_complete_but_for_the_secret() {
    let config = parse(&[]).unwrap();
    assert_eq!(config.environment, Environment::Production);
    assert_eq!(config.log_level, Level::Info);
    assert_eq!(config.auth.access_token_seconds, 1_800);
    assert_eq!(config.auth.session, SessionRules { idle_ms: 30 * DAY_MS, absolute_ms: 90 * DAY_MS });
    assert_eq!(config.auth.max_sessions_per_user, 100);
    assert_eq!(config.auth.password, PasswordRules::default());
    assert_eq!(config.auth.throttle, ThrottleRules::default());
    assert_eq!((config.auth.keyring.issuer.as_str(), config.auth.keyring.audience.as_str()), ("edgekeep", "edgekeep"));
    assert!(config.auth.keyring.previous.is_none());
    let hashing = HashingConfig { memory_kib: 19_456, iterations: 2, parallelism: 1, pool: 4, queue: 16 };
    assert_eq!(config.hashing, hashing);
    assert_eq!(config.limits.detect.windows, [Window { limit: 10, seconds: 3_600 }]);
    assert_eq!(config.limits.login.to_string(), "5/minute;20/hour");
    assert_eq!(config.detect, DetectConfig { min_words: 50, max_chars: 100_000, batch_max_chars: 400_000 });
    assert_eq!(config.deadlines, DeadlinesConfig { db_ms: 5_000, do_ms: 5_000, probe_ms: 2_000 });
    assert!(config.cors_origins.is_empty());
    let none = Config::parse(|_| None).map(|_| ()).unwrap_err();
    assert_eq!(none, [Problem { name: "JWT_SECRET", message: "must be set".into() }]);
}

#[test]
fn every_setting_is_read_and_every_name_that_is_read_is_in_the_table() {
    let asked = std::cell::RefCell::new(Vec::new());
    let _ = Config::parse(|name| {
        asked.borrow_mut().push(name.to_owned());
        None
    });
    let mut asked = asked.into_inner();
    asked.sort_unstable();
    let mut listed: Vec<_> = SETTINGS.iter().map(|setting| setting.name.to_owned()).collect();
    listed.sort_unstable();
    assert_eq!(asked, listed);
    // and each of them is judged: nonsense is a problem wherever it stands
    for setting in SETTINGS {
        assert_eq!(problems(&[(setting.name, "\u{1}nonsense")]), [setting.name]);
    }
}

#[test]
fn tells_all_problems_at_once_in_the_order_of_the_table() {
    let found = problems(&[
        ("LOG_LEVEL", "loud"),
        ("DETECT_LIMIT", "10 an hour"),
        ("ARGON2_MEMORY_KIB", "19455"),
        ("ACCESS_TOKEN_MINUTES", "0"),
        ("ENVIRONMENT", "prod"),
        ("JWT_SECRET", "short"),
    ]);
    let expected =
        ["ENVIRONMENT", "JWT_SECRET", "ACCESS_TOKEN_MINUTES", "ARGON2_MEMORY_KIB", "DETECT_LIMIT", "LOG_LEVEL"];
    assert_eq!(found, expected);
}

#[test]
fn numbers_are_plain_and_within_bounds() {
    for (name, low, high) in [
        ("ACCESS_TOKEN_MINUTES", 1, 1_440),
        ("MAX_SESSIONS_PER_USER", 1, 1_000),
        ("PASSWORD_MIN_LENGTH", 8, 64),
        ("LOGIN_FREE_FAILURES", 1, 20),
        ("ARGON2_MEMORY_KIB", 19_456, 65_536),
        ("ARGON2_ITERATIONS", 2, 10),
        ("ARGON2_PARALLELISM", 1, 4),
        ("HASHER_POOL", 1, 64),
        ("HASHER_QUEUE", 1, 256),
        ("DETECT_MIN_WORDS", 1, 1_000),
        ("DETECT_MAX_CHARS", 1_000, 1_000_000),
        ("DETECT_BATCH_MAX_CHARS", 1_000, 1_000_000),
        ("DB_DEADLINE_MS", 100, 30_000),
        ("DO_DEADLINE_MS", 100, 30_000),
        ("PROBE_DEADLINE_MS", 100, 30_000),
    ] {
        for good in [low, high] {
            assert!(parse(&[(name, &good.to_string())]).is_ok(), "{name} {good}");
        }
        for bad in
            [(low - 1).to_string(), (high + 1).to_string(), format!("+{low}"), format!("0{low}"), format!(" {low}")]
        {
            assert_eq!(problems(&[(name, &bad)]), [name], "{bad}");
        }
        for bad in ["", "-1", "1.5", "1e3", "99999999999999999999", "ten", "٣"] {
            assert_eq!(problems(&[(name, bad)]), [name], "{bad}");
        }
        // the bounds that people read are the bounds that hold
        let meaning = SETTINGS.iter().find(|setting| setting.name == name).unwrap().meaning;
        assert!(meaning.contains(&format!("{low} to {high}")) || name == "MAX_SESSIONS_PER_USER", "{meaning}");
    }
}

#[test]
fn numbers_that_contradict_each_other_are_refused() {
    assert_eq!(problems(&[("SESSION_IDLE_DAYS", "91")]), ["SESSION_IDLE_DAYS"]);
    let waits = [("LOGIN_FIRST_WAIT_SECONDS", "60"), ("LOGIN_LONGEST_WAIT_SECONDS", "59")];
    assert_eq!(problems(&waits), ["LOGIN_FIRST_WAIT_SECONDS"]);
}

#[test]
fn a_secret_is_long_random_and_clean() {
    for good in [SECRET, OLDER, "correct-Horse-battery-staple-And-3-more", &SECRET.to_uppercase()] {
        assert!(parse(&[("JWT_SECRET", good)]).is_ok(), "{good}");
    }
    for bad in [
        "",
        "short",
        "q3Jx-T0vLw8sYf2ZkR6nB1uHd9eGm4C",
        &SECRET[..62],
        &"a".repeat(64),
        &"ab12".repeat(16),
        &"9f2c1b7a4e8d3056".repeat(4),
        "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "my-super-secret-key-that-is-long-enough-42",
        "CHANGE_ME_before_you_go_live_q3JxT0vLw8sYf2",
        "replace-this-q3JxT0vLw8sYf2ZkR6nB1uHd9eGm4C",
        "edgekeep-q3JxT0vLw8sYf2ZkR6nB1uHd9eGm4CapX7",
        &format!("{OLDER}\n"),
        &format!(" {OLDER}"),
        &format!("{OLDER}\u{0}x"),
    ] {
        assert_eq!(problems(&[("JWT_SECRET", bad)]), ["JWT_SECRET"], "{bad:?}");
    }
}

#[test]
fn a_rotation_keeps_the_previous_secret_which_is_another_one() {
    let config = parse(&[("JWT_SECRET_PREVIOUS", OLDER)]).unwrap();
    assert_ne!(config.auth.keyring.previous.unwrap().id(), config.auth.keyring.current.id());
    assert!(parse(&[("JWT_SECRET_PREVIOUS", "")]).unwrap().auth.keyring.previous.is_none());
    assert_eq!(problems(&[("JWT_SECRET_PREVIOUS", SECRET)]), ["JWT_SECRET_PREVIOUS"]);
    assert_eq!(problems(&[("JWT_SECRET_PREVIOUS", "short")]), ["JWT_SECRET_PREVIOUS"]);
}

#[test]
fn origins_are_exact_and_secure_outside_of_development() {
    let origins = |text, environment| {
        let config = parse(&[("CORS_ORIGINS", text), ("ENVIRONMENT", environment)])?;
        Ok::<_, Vec<Problem>>(config.cors_origins.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let both = "https://app.example.org, http://localhost:5173";
    assert_eq!(origins(both, "production").unwrap(), ["https://app.example.org", "http://localhost:5173"]);
    assert_eq!(origins("http://app.test", "development").unwrap(), ["http://app.test"]);
    assert_eq!(origins(" ", "production").unwrap().len(), 0);
    for bad in [
        "*",
        "null",
        "https://a.example/",
        "https://a.example,",
        "https://a.example,HTTPS://A.example",
        "http://a.example",
    ] {
        assert!(origins(bad, "production").is_err(), "{bad}");
    }
}

#[test]
fn tells_every_bad_entry_of_a_list() {
    let told = |name: &str, text: &str| {
        let problems = parse(&[(name, text)]).unwrap_err();
        assert!(problems.iter().all(|problem| problem.name == name), "{problems:?}");
        let entry = |problem: &Problem| problem.message.split_once(": ").map(|(entry, _)| entry.to_owned());
        problems.iter().map(|problem| entry(problem).unwrap_or_default()).collect::<Vec<_>>()
    };
    for (name, text, entries) in [
        ("CORS_ORIGINS", "*, https://x/, https://a.example, http://b.example, https://a.example", &[1, 2, 4, 5][..]),
        ("DETECT_LIMIT", "ten; 5/hour; 0/day; 1/fortnight", &[1, 3, 4]),
        ("LOGIN_LIMIT", ";", &[1, 2]),
        ("AI_PRICES", "a=1/1; b; c=1; d=x/1", &[2, 3, 4]),
        ("AI_BUDGET", "1/week; 2/day; x/month", &[1, 3]),
        ("AI_BUDGET_PER_ACCOUNT", "lots; little", &[1, 2]),
        ("SECOND_OPINION_PROVIDERS", "grok, openai, mistral, openai", &[1, 3, 4]),
        ("BACKUP_KEEP", "7y 4w 0m", &[1, 3]),
    ] {
        let expected: Vec<_> = entries.iter().map(|at| format!("entry {at}")).collect();
        assert_eq!(told(name, text), expected, "{name}");
    }
    // What is wrong with a list as a whole is told of one whose entries are good.
    for (name, text) in [("DETECT_LIMIT", "1/hour;2/hour"), ("AI_BUDGET", "1/day;2/day"), ("BACKUP_KEEP", "1d 2d")] {
        assert_eq!(problems(&[(name, text)]), [name]);
    }
    let both = [("SECOND_OPINION", "on"), ("OPENAI_API_KEY", KEY), ("GROQ_API_KEY", KEY), ("AI_PRICES", "m=1/1")];
    assert_eq!(problems(&both), ["GROQ_MODEL", "OPENAI_MODEL"]);
    let weak = [("JWT_SECRET", "short"), ("OPERATOR_TOKEN", "short")];
    assert_eq!(problems(&weak), ["JWT_SECRET", "OPERATOR_TOKEN", "OPERATOR_TOKEN"]);
}

#[test]
fn no_problem_quotes_a_value() {
    let marked = "Zq7-never-to-be-seen";
    for setting in SETTINGS {
        for problem in parse(&[(setting.name, marked)]).map(|_| ()).err().unwrap_or_default() {
            assert!(!problem.to_string().contains("Zq7"), "{problem}");
            assert!(problem.to_string().starts_with(setting.name));
        }
    }
    let text = format!("{:?}", parse(&[("JWT_SECRET_PREVIOUS", OLDER)]).unwrap());
    assert!(!text.contains(SECRET) && !text.contains(OLDER) && !text.contains("57, 102"), "{text}");
}

#[test]
fn the_readme_lists_every_setting_with_its_default() {
    let mut table = String::from("| name | default | meaning |\n|---|---|---|\n");
    for Setting { name, default, secret, meaning } in SETTINGS {
        let default = match default {
            None => "required".to_owned(),
            Some("") => "none".to_owned(),
            Some(text) => format!("`{text}`"),
        };
        let secret = if *secret { "**Secret.** " } else { "" };
        table += &format!("| `{name}` | {default} | {secret}{meaning} |\n");
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let written = readme.split("<!-- settings -->\n").nth(1).unwrap().split("<!-- /settings -->").next().unwrap();
    if std::env::var_os("EDGEKEEP_BLESS").is_some() {
        std::fs::write(path, readme.replace(written, &table)).unwrap();
        return;
    }
    assert_eq!(written, table, "README.md, between the `settings` marks");
}

#[test]
fn wrangler_toml_shows_the_defaults_as_they_are() {
    let file = include_str!("../../wrangler.toml");
    let vars = file.split("[vars]\n").nth(1).unwrap().split("\n[").next().unwrap();
    let lines: Vec<_> = vars.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    assert!(!lines.is_empty());
    for line in lines {
        let (name, value) = line.split_once(" = ").unwrap();
        let setting = SETTINGS.iter().find(|setting| setting.name == name).unwrap();
        assert!(!setting.secret, "{name} is a secret");
        assert_eq!(setting.default, Some(value.trim_matches('"')), "{name}");
    }
}

proptest! {
    #[test]
    fn answers_any_values(texts in prop::collection::vec(prop_oneof![any::<String>(), "[0-9]{1,6}(/[a-z]{1,6})?"], 40)) {
        let values: HashMap<_, _> = SETTINGS.iter().map(|setting| setting.name).zip(texts).collect();
        if let Err(problems) = Config::parse(|name| values.get(name).cloned()) {
            prop_assert!(!problems.is_empty());
        }
    }

    #[test]
    fn every_random_secret_is_taken(bytes in any::<[u8; 32]>()) {
        // Whole ranges of equal bytes are what proptest likes and chance does not.
        prop_assume!(bytes.iter().collect::<std::collections::HashSet<_>>().len() > 16);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        prop_assert!(parse(&[("JWT_SECRET", &hex)]).is_ok());
    }
}

#[test]
fn reports_go_where_the_dsn_says_or_through_the_tunnel() {
    let dsn = "https://0123456789abcdef@sentry.example/42";
    assert!(parse(&[]).unwrap().sentry.is_none(), "off without a DSN");
    let sentry = parse(&[("SENTRY_DSN", dsn), ("SENTRY_TRACES_SAMPLE_RATE", "1.0")]).unwrap().sentry.unwrap();
    assert_eq!(sentry.endpoint, "https://sentry.example/api/42/envelope/");
    assert_eq!((sentry.traces_sample_rate, sentry.deadline_ms), (1.0, 2_000));
    assert_eq!(sentry.auth("x/1"), "Sentry sentry_version=7, sentry_client=x/1, sentry_key=0123456789abcdef");
    assert!(!format!("{sentry:?}").contains("0123456789abcdef"));
    let tunnelled =
        parse(&[("SENTRY_DSN", dsn), ("SENTRY_TUNNEL", "https://tunnel.example/")]).unwrap().sentry.unwrap();
    assert_eq!(tunnelled.endpoint, "https://tunnel.example/");
    for bad in ["https://sentry.example/42", "nonsense", "https://key@sentry.example/"] {
        assert_eq!(problems(&[("SENTRY_DSN", bad)]), ["SENTRY_DSN"], "{bad}");
    }
    // The same address that Sentry's own reader finds.
    for good in [dsn, "http://k@127.0.0.1:9000/1", "https://key:old@sentry.example:8443/under/path/77"] {
        let theirs: sentry_core::types::Dsn = good.parse().unwrap();
        let ours = SentryConfig::parse(good, "").unwrap();
        assert_eq!(ours.endpoint, theirs.envelope_api_url().to_string());
        assert!(ours.auth("x").ends_with(&format!("sentry_key={}", theirs.public_key())));
    }
    for bad in [
        "ftp://k@h/1",
        "https://@h/1",
        "https://k@/1",
        "https://k@h/",
        "https://k@h/p",
        "https://k@h b/1",
        "https://k@h/1?x",
    ] {
        assert!(SentryConfig::parse(bad, "").is_none(), "{bad}");
    }
    for bad in ["-0.1", "1.1", "NaN", "", "1e-3", "+1"] {
        assert_eq!(problems(&[("SENTRY_TRACES_SAMPLE_RATE", bad)]), ["SENTRY_TRACES_SAMPLE_RATE"], "{bad}");
    }
}

const KEY: &str = "gsk_0123456789abcdefghij";

#[test]
fn a_second_opinion_needs_the_switch_a_key_and_a_price() {
    let names = |set: &[(&str, &str)]| {
        let config = parse(set).unwrap();
        config.opinion.providers.iter().map(|provider| provider.name).collect::<Vec<_>>()
    };
    let none: [&str; 0] = [];
    assert_eq!(names(&[]), none);
    assert_eq!(names(&[("SECOND_OPINION", "on")]), none);
    assert_eq!(names(&[("GROQ_API_KEY", KEY)]), none);
    assert_eq!(names(&[("SECOND_OPINION", "on"), ("OPENAI_API_KEY", KEY)]), ["openai"]);
    let both = [("SECOND_OPINION", "on"), ("OPENAI_API_KEY", KEY), ("GROQ_API_KEY", KEY)];
    assert_eq!(names(&both), ["groq", "openai"]);
    let order = |text| names(&[both[0], both[1], both[2], ("SECOND_OPINION_PROVIDERS", text)]);
    assert_eq!((order("openai, groq"), order("groq")), (vec!["openai", "groq"], vec!["groq"]));
    assert_eq!(problems(&[both[0], both[2], ("GROQ_MODEL", "unpriced")]), ["GROQ_MODEL"]);
    assert_eq!(problems(&[both[0], both[2], ("AI_PRICES", "gpt-4o-mini=1/2")]), ["GROQ_MODEL"]);
    assert_eq!(names(&[both[0], both[2], ("GROQ_MODEL", "m"), ("AI_PRICES", "m=0/0.000001")]), ["groq"]);
}

#[test]
fn what_a_second_opinion_is_made_of_is_judged_even_when_it_is_off() {
    for (name, bad) in [
        ("SECOND_OPINION", "yes"),
        ("SECOND_OPINION_PROVIDERS", "groq,groq"),
        ("SECOND_OPINION_PROVIDERS", ""),
        ("GROQ_API_KEY", "short"),
        ("GROQ_API_KEY", "has spaces in it, many"),
        ("OPENAI_API_KEY", "line\nbreak-and-more-of-it"),
        ("GROQ_BASE_URL", "http://api.example/v1"),
        ("GROQ_BASE_URL", "https://api.example/v1?key=1"),
        ("GROQ_BASE_URL", "https://user@api.example/v1"),
        ("OPENAI_BASE_URL", "api.example/v1"),
        ("OPENAI_MODEL", "a;b"),
        ("AI_PRICES", "m=1"),
        ("AI_PRICES", "m=-1/1"),
        ("AI_PRICES", ""),
        ("AI_BUDGET", "1/week"),
        ("AI_BUDGET_PER_ACCOUNT", "lots"),
        ("SECOND_OPINION_DEADLINE_MS", "999"),
        ("SECOND_OPINION_MAX_TOKENS", "0"),
        ("CIRCUIT_FAILURES", "0"),
        ("CIRCUIT_OPEN_SECONDS", "0"),
    ] {
        assert_eq!(problems(&[(name, bad)]), [name], "{bad}");
    }
    for good in ["http://localhost:8000/v1", "http://127.0.0.1:8000", "https://api.example/openai/v1/"] {
        assert!(parse(&[("OPENAI_BASE_URL", good)]).is_ok(), "{good}");
    }
    let text = format!("{:?}", parse(&[("SECOND_OPINION", "on"), ("GROQ_API_KEY", KEY)]).unwrap());
    assert!(!text.contains(KEY) && text.contains("ApiKey(..)"));
}
