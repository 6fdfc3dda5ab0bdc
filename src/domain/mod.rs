//! Pure rules: e-mail, password, token, session, quota, time, ids. No runtime, no HTTP, no SQL.
//!
//! Time and randomness are arguments. A value that exists is valid: handlers receive [`email::Email`] or
//! [`password::NewPassword`], never a `String`. What a parser refuses, it refuses with a text for people.

pub mod address;
pub mod budget;
pub mod circuit;
pub mod day;
pub mod email;
pub mod id;
pub mod name;
pub mod origin;
pub mod password;
pub mod quota;
pub mod session;
pub mod throttle;
pub mod time;
pub mod token;
pub mod uptime;
