//! THE table of routes.

use http::Method;

use crate::config::Config;
use crate::domain::quota::Policy;
use crate::http::limits::Limit;
use crate::http::route::{Draft, Route};
use crate::http::{
    accounts, backups, batch, cron_runs, debug, deletion, detect, health, profile, refresh, sessions, status, usage,
};

/// Every route of the Worker. What is not here is 404.
#[must_use]
pub fn table() -> Vec<Route> {
    vec![
        Draft::new(Method::GET, "/healthz").anyone(health::live),
        Draft::new(Method::GET, "/readyz").anyone(health::ready),
        Draft::new(Method::GET, "/api/v1/status").anyone(status::status),
        Draft::new(Method::POST, "/api/v1/auth/register").limit(REGISTER).anyone(accounts::register),
        Draft::new(Method::POST, "/api/v1/auth/login").limit(LOGIN).anyone(accounts::login),
        Draft::new(Method::POST, "/api/v1/auth/refresh").limit(REFRESH).anyone(refresh::refresh),
        Draft::new(Method::POST, "/api/v1/auth/logout").bearer(sessions::logout),
        Draft::new(Method::GET, "/api/v1/auth/me").bearer(accounts::me),
        Draft::new(Method::PATCH, "/api/v1/auth/me").bearer(profile::rename),
        Draft::new(Method::POST, "/api/v1/auth/password").limit(PASSWORD).bearer(profile::change_password),
        Draft::new(Method::DELETE, "/api/v1/auth/me").limit(DELETION).bearer(deletion::delete),
        Draft::new(Method::GET, "/api/v1/auth/sessions").bearer(sessions::list),
        Draft::new(Method::DELETE, "/api/v1/auth/sessions").bearer(sessions::revoke_others),
        Draft::new(Method::DELETE, "/api/v1/auth/sessions/{id}").bearer(sessions::revoke),
        Draft::new(Method::POST, "/api/v1/ai-tools/detect")
            .body_limit(detect::body_limit)
            .limit(DETECT)
            .bearer(detect::detect),
        Draft::new(Method::POST, "/api/v1/ai-tools/detect/batch")
            .body_limit(batch::body_limit)
            .limit(DETECT)
            .bearer(batch::detect),
        Draft::new(Method::GET, "/api/v1/usage").bearer(usage::of_account),
        Draft::new(Method::GET, "/api/v1/operator/usage").operator(OPERATOR, usage::of_all),
        Draft::new(Method::GET, "/api/v1/operator/cron-runs").operator(OPERATOR, cron_runs::list),
        Draft::new(Method::GET, "/api/v1/operator/backups").operator(OPERATOR, backups::list),
        Draft::new(Method::POST, "/api/v1/operator/backups").operator(OPERATOR, backups::start),
        Draft::new(Method::POST, "/api/v1/operator/backups/prune").operator(OPERATOR, backups::prune),
        Draft::new(Method::GET, "/api/v1/operator/backups/{id}").operator(OPERATOR, backups::show),
        Draft::new(Method::GET, "/api/v1/operator/backups/{id}/parts/{number}").operator(OPERATOR, backups::part),
    ]
}

/// The routes that exist besides, where `ENVIRONMENT` is `development`.
#[must_use]
pub fn debug_table() -> Vec<Route> {
    vec![
        Draft::new(Method::GET, "/__debug/error").anyone(debug::error),
        Draft::new(Method::GET, "/__debug/panic").anyone(debug::panic),
        Draft::new(Method::GET, "/__debug/panic-in-background").anyone(debug::panic_in_background),
        Draft::new(Method::GET, "/__debug/panic-in-object").anyone(debug::panic_in_object),
        Draft::new(Method::GET, "/__debug/abort").anyone(debug::abort),
        Draft::new(Method::GET, "/__debug/abort/{how}").anyone(debug::abort),
    ]
}

const REGISTER: Limit = limit("register", |config| &config.limits.register);
const LOGIN: Limit = limit("login", |config| &config.limits.login);
// As a log-in, which it resembles; counted apart, per account.
const PASSWORD: Limit = limit("password", |config| &config.limits.login);
const REFRESH: Limit = limit("refresh", |config| &config.limits.refresh);
// As guesses at a password, deletions are log-ins.
const DELETION: Limit = limit("deletion", |config| &config.limits.login);
/// Detections, single and in batches.
pub(crate) const DETECT: Limit = limit("detect", |config| &config.limits.detect);
const OPERATOR: Limit = limit("operator", |config| &config.limits.operator);

const fn limit(name: &'static str, policy: fn(&Config) -> &Policy) -> Limit {
    Limit { name, policy }
}
