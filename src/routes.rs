//! THE table of routes.

use http::Method;

use crate::config::Config;
use crate::domain::quota::Policy;
use crate::http::limits::Limit;
use crate::http::route::Route;
use crate::http::{accounts, detect, health, refresh, sessions};

/// Every route of the Worker. What is not here is 404.
#[must_use]
pub fn table() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/healthz").anyone(health::live),
        Route::new(Method::GET, "/readyz").anyone(health::ready),
        Route::new(Method::POST, "/api/v1/auth/register").limit(REGISTER).anyone(accounts::register),
        Route::new(Method::POST, "/api/v1/auth/login").limit(LOGIN).anyone(accounts::login),
        Route::new(Method::POST, "/api/v1/auth/refresh").limit(REFRESH).anyone(refresh::refresh),
        Route::new(Method::POST, "/api/v1/auth/logout").bearer(sessions::logout),
        Route::new(Method::GET, "/api/v1/auth/me").bearer(accounts::me),
        Route::new(Method::GET, "/api/v1/auth/sessions").bearer(sessions::list),
        Route::new(Method::DELETE, "/api/v1/auth/sessions").bearer(sessions::revoke_others),
        Route::new(Method::DELETE, "/api/v1/auth/sessions/{id}").bearer(sessions::revoke),
        Route::new(Method::POST, "/api/v1/ai-tools/detect")
            .body_limit(detect::BODY_LIMIT)
            .limit(DETECT)
            .bearer(detect::detect),
    ]
}

const REGISTER: Limit = limit("register", |config| &config.limits.register);
const LOGIN: Limit = limit("login", |config| &config.limits.login);
const REFRESH: Limit = limit("refresh", |config| &config.limits.refresh);
const DETECT: Limit = limit("detect", |config| &config.limits.detect);

const fn limit(name: &'static str, policy: fn(&Config) -> &Policy) -> Limit {
    Limit { name, policy }
}
