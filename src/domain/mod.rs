//! Pure rules: e-mail, password, token, session, quota, time, ids. No runtime, no HTTP, no SQL.

pub mod password;
pub mod quota;
pub mod throttle;
