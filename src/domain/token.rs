//! Tokens: the signed access token that says who calls, and the random refresh token that renews it.

pub mod access;
pub mod operator;
pub mod refresh;
