//! The one error type of the application: what the client sees and what the log sees are two texts.
//!
//! A variant says everything that its answer needs; [`Error::cause`] is for the log and never leaves the Worker.

use http::StatusCode;

use crate::domain::quota::{Decision, Policy};
use crate::extract::Refusal;
use crate::ports::{DbError, HashError, PortError};
use crate::telemetry::defect::Defect;
use crate::telemetry::stack::Frame;

/// Result of a handler.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// The body is not JSON; the text says where it stops being so, without quoting it.
    InvalidJson(String),
    /// Fields that can't be accepted.
    InvalidInput(Vec<FieldProblem>),
    /// No credential, or one that is malformed, forged, expired or revoked. Which of them is for the log only.
    Unauthenticated(&'static str),
    /// Unknown e-mail or wrong password: never said which.
    InvalidCredentials,
    /// A refresh token that is not good any more.
    InvalidRefreshToken {
        /// Whose session was revoked, for the log: the token had been replaced and its successor used.
        revoked_of: Option<String>,
        /// It came in a cookie, which the answer removes.
        cookie: bool,
    },
    /// A request with a cookie from another origin.
    OriginNotAllowed,
    /// No such route or no such thing.
    NotFound,
    /// The route exists for other methods.
    MethodNotAllowed,
    /// The e-mail has an account.
    EmailTaken,
    /// The body is larger than the route takes.
    BodyTooLarge {
        /// Bytes.
        limit: usize,
    },
    /// The text is longer than the detector takes.
    TextTooLong {
        /// Characters.
        limit: usize,
    },
    /// The body is not `application/json` in UTF-8.
    UnsupportedMediaType,
    /// The body is not the `multipart/form-data` that it says it is.
    InvalidMultipart,
    /// A file that no text can be taken out of.
    File(Refusal),
    /// One of several files that no text can be taken out of.
    OneOfFiles {
        /// Which one, from 1 on.
        number: usize,
        /// Why.
        refusal: Refusal,
    },
    /// Over a limit.
    RateLimited {
        /// Name of the policy.
        name: &'static str,
        /// Its windows.
        policy: Policy,
        /// What the limiter said.
        decision: Decision,
        /// How many calls the request counts for.
        cost: u32,
    },
    /// Too many failed log-ins of this account: wait.
    TooManyAttempts {
        /// Milliseconds.
        wait_ms: i64,
    },
    /// Full: come back.
    Busy {
        /// Seconds.
        retry_after: u64,
    },
    /// Something that the request needs does not answer.
    Unavailable(String),
    /// The configuration is bad; what is wrong was logged.
    Misconfigured,
    /// A defect; see [`Error::internal`].
    Internal(Defect),
    /// A defect that has been reported where it showed: a panic, here or in an object.
    Panicked(String),
}

/// One field that can't be accepted.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub struct FieldProblem {
    /// Name of the field, dotted when nested; empty for the body as a whole.
    pub field: String,
    /// What is wrong and what would be right, for people.
    pub message: String,
}

impl FieldProblem {
    /// A problem with a field.
    pub fn new(field: &str, message: impl ToString) -> Self {
        Self { field: field.to_owned(), message: message.to_string() }
    }
}

impl Error {
    /// A defect, found here.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::Internal(Defect::new(message.into()))
    }

    /// The stack of where a defect was found, the innermost function first.
    #[must_use]
    pub fn frames(&self) -> &[Frame] {
        match self {
            Self::Internal(defect) => defect.frames(),
            _ => &[],
        }
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::InvalidJson(_) | Self::InvalidMultipart | Self::InvalidInput(_) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated(_) | Self::InvalidCredentials | Self::InvalidRefreshToken { .. } => {
                StatusCode::UNAUTHORIZED
            }
            Self::OriginNotAllowed => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::EmailTaken => StatusCode::CONFLICT,
            Self::BodyTooLarge { .. } | Self::TextTooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::File(refusal) | Self::OneOfFiles { refusal, .. } => match refusal {
                Refusal::UnknownKind | Refusal::NotWhatItSays(_) | Refusal::OldOrProtectedWord => {
                    StatusCode::UNSUPPORTED_MEDIA_TYPE
                }
                Refusal::TooMuch(_) | Refusal::TooLong(_) => StatusCode::PAYLOAD_TOO_LARGE,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            },
            Self::RateLimited { .. } | Self::TooManyAttempts { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy { .. } | Self::Unavailable(_) | Self::Misconfigured => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) | Self::Panicked(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable code that programs go by.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidJson(_) => "invalid_json",
            Self::InvalidInput(_) => "invalid_input",
            Self::Unauthenticated(_) => "unauthenticated",
            Self::InvalidCredentials => "invalid_credentials",
            Self::InvalidRefreshToken { .. } => "invalid_refresh_token",
            Self::OriginNotAllowed => "origin_not_allowed",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::EmailTaken => "email_taken",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::TextTooLong { .. } => "text_too_long",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::InvalidMultipart => "invalid_multipart",
            Self::File(refusal) | Self::OneOfFiles { refusal, .. } => match refusal {
                Refusal::UnknownKind | Refusal::NotWhatItSays(_) | Refusal::OldOrProtectedWord => "unsupported_file",
                Refusal::UnknownEncoding | Refusal::Damaged(_) => "unreadable_file",
                Refusal::Protected => "protected_file",
                Refusal::NoText(_) | Refusal::NoCharacters => "no_text_in_file",
                Refusal::TooMuch(_) => "file_too_large",
                Refusal::TooLong(_) => "text_too_long",
            },
            Self::RateLimited { .. } => "rate_limited",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::Busy { .. } => "busy",
            Self::Unavailable(_) => "unavailable",
            Self::Misconfigured => "misconfigured",
            Self::Internal(_) | Self::Panicked(_) => "internal",
        }
    }

    /// What happened and what to do about it, for the client.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::InvalidJson(place) => format!("The body is not valid JSON: {place}."),
            Self::InvalidInput(_) => "Some fields can't be accepted; `errors` says which and why.".into(),
            Self::Unauthenticated(_) => "Send a valid access token as `Authorization: Bearer ...`. \
                 Refresh it or log in again when it has expired."
                .into(),
            Self::InvalidCredentials => "E-mail and password do not match an account.".into(),
            Self::InvalidRefreshToken { .. } => "The refresh token is not valid any more. Log in again.".into(),
            Self::OriginNotAllowed => "Requests with a cookie are taken from the application's own origin only.".into(),
            Self::NotFound => "There is nothing here.".into(),
            Self::MethodNotAllowed => "This route does not take this method; `Allow` lists those it takes.".into(),
            Self::EmailTaken => "This e-mail has an account already. Log in instead.".into(),
            Self::BodyTooLarge { limit } => format!("The body is larger than the {limit} bytes that this route takes."),
            Self::TextTooLong { limit } => format!("There are more than {limit} characters of text. Send it in parts."),
            Self::UnsupportedMediaType => {
                "Send the body as `Content-Type: application/json`, in UTF-8, not compressed. \
                 Routes that take a file take it as `multipart/form-data`."
                    .into()
            }
            Self::InvalidMultipart => "The body is not valid `multipart/form-data`.".into(),
            Self::File(refusal) => refusal.to_string(),
            Self::OneOfFiles { number, refusal } => format!("File {number}: {refusal}"),
            Self::RateLimited { policy, cost: 0 | 1, .. } => {
                format!("The limit of {policy} is used up. `Retry-After` says when there is room again.")
            }
            Self::RateLimited { policy, decision, cost, .. } => {
                let left = decision.windows.iter().map(|window| window.remaining).min().unwrap_or(0);
                let advice = match decision.retry_after_ms {
                    Some(_) => "Send fewer, or wait for `Retry-After`.",
                    None => "So many are never admitted at once: send fewer.",
                };
                format!(
                    "This request counts as {cost} calls, and {left} are left of {policy}; none was counted. {advice}"
                )
            }
            Self::TooManyAttempts { .. } => {
                "Too many failed log-ins for this account. `Retry-After` says when to try again.".into()
            }
            Self::Busy { .. } => "Too much to do at the moment. `Retry-After` says when to try again.".into(),
            Self::Unavailable(_) => "Something that this request needs does not answer. Try again shortly.".into(),
            Self::Misconfigured => {
                "The service is not configured correctly. Its operator finds the reason in the log.".into()
            }
            Self::Internal(_) | Self::Panicked(_) => {
                "Something went wrong on our side. Quote `request_id` when you report it.".into()
            }
        }
    }

    /// What the log is told besides status and code.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        match self {
            Self::Unauthenticated(cause) => Some(cause),
            Self::Unavailable(cause) | Self::Panicked(cause) => Some(cause),
            Self::Internal(defect) => Some(defect.message()),
            _ => None,
        }
    }

    /// `Retry-After` in whole seconds, rounded up, where waiting helps.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::RateLimited { decision, .. } => decision.retry_after_ms.map(seconds_up),
            Self::TooManyAttempts { wait_ms } => Some(seconds_up(*wait_ms)),
            Self::Busy { retry_after } => Some(*retry_after),
            Self::Unavailable(_) => Some(1),
            _ => None,
        }
    }
}

/// Milliseconds as whole seconds, rounded up: a client that waits as told must find room. At least 1.
#[must_use]
pub fn seconds_up(milliseconds: i64) -> u64 {
    u64::try_from(milliseconds).unwrap_or(0).div_ceil(1000).max(1)
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TooLong(limit) => Self::TextTooLong { limit },
            refusal => Self::File(refusal),
        }
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Timeout => Self::Unavailable("database: no answer within the deadline".into()),
            DbError::Unavailable(cause) => Self::Unavailable(format!("database: {cause}")),
            DbError::Unique(column) => Self::internal(format!("database: unexpected conflict on {column}")),
            DbError::Constraint(cause) => Self::internal(format!("database: constraint: {cause}")),
            DbError::Shape(cause) => Self::internal(format!("database: {cause}")),
            DbError::Other(cause) => Self::internal(format!("database: {cause}")),
        }
    }
}

impl From<HashError> for Error {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy { retry_after } => Self::Busy { retry_after },
            HashError::Failed(cause) => Self::Unavailable(format!("hasher: {cause}")),
            HashError::Defect(cause) => Self::Panicked(format!("hasher: {cause}")),
        }
    }
}

impl From<PortError> for Error {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Timeout => Self::Unavailable("no answer within the deadline".into()),
            PortError::Failed(cause) => Self::Unavailable(cause),
            PortError::Defect(cause) => Self::Panicked(cause),
        }
    }
}
