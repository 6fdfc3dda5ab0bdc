//! What each route is for, in words, and which bodies it takes and gives.

use serde_json::{Value, json};

use super::requests::{
    BatchBody, DeletionBody, DetectBody, LoginBody, PasswordBody, ProfileBody, PruneBody, RefreshBody, RegisterBody,
};
use super::{Operation, Schemas};
use crate::http::backups::{BackupDetail, BackupsBody, VerdictsBody};
use crate::http::batch::BatchReply;
use crate::http::cron_runs::CronRunsBody;
use crate::http::detect::DetectReply;
use crate::http::grant::{TokenBody, UserBody};
use crate::http::health::{Live, Ready};
use crate::http::route::Route;
use crate::http::sessions::{RevokedBody, SessionsBody};
use crate::http::status::StatusBody;
use crate::http::usage::{InstallationBody, UsageBody};

/// The groups of routes.
pub(super) const TAGS: [(&str, &str); 4] = [
    ("accounts", "Register, log in, refresh, log out, sessions"),
    ("detection", "Was this text written by a machine?"),
    ("health", "Is it alive, is it ready"),
    ("operator", "For whoever runs the installation"),
];

/// The description of a route; `None` when nobody wrote one.
pub(super) fn describe(schemas: &mut Schemas, route: &Route) -> Option<Operation> {
    let method = route.method.as_str();
    account(schemas, method, route.path)
        .or_else(|| detection(schemas, method, route.path))
        .or_else(|| health(schemas, method, route.path))
        .or_else(|| operator(schemas, method, route.path))
}

fn account(schemas: &mut Schemas, method: &str, path: &str) -> Option<Operation> {
    let operation = |id, summary, description| plain(id, "accounts", summary, description);
    Some(match (method, path) {
        ("POST", "/api/v1/auth/register") => Operation {
            request: schemas.json::<RegisterBody>(),
            answers: vec![(201, "The account, logged in", Some(schemas.of::<TokenBody>()))],
            problems: &[409],
            ..operation("register", "Make an account", "Makes an account and logs it in. A taken e-mail is 409.")
        },
        ("POST", "/api/v1/auth/login") => Operation {
            request: schemas.json::<LoginBody>(),
            answers: vec![(200, "A session", Some(schemas.of::<TokenBody>()))],
            problems: &[401],
            ..operation(
                "login",
                "Log in",
                "Opens a session. An unknown e-mail and a wrong password get the same answer in the same time. \
                 Failures of one account make growing waits: 429 with `Retry-After`.",
            )
        },
        ("POST", "/api/v1/auth/refresh") => Operation {
            request: schemas.json::<RefreshBody>(),
            request_optional: true,
            answers: vec![(200, "The next tokens of the session", Some(schemas.of::<TokenBody>()))],
            problems: &[401, 403],
            security: Some(json!([{}, {"refreshCookie": []}])),
            ..operation(
                "refresh",
                "Renew the access token",
                "Gives a new access token and the successor of the refresh token, which comes in the body or as the \
                 cookie. A token whose successor has been used is a copy in other hands: the session ends.",
            )
        },
        ("POST", "/api/v1/auth/logout") => Operation {
            answers: vec![(204, "The session is over", None)],
            problems: &[403],
            ..operation("logout", "Log out", "Ends the session of the access token, from the next request on.")
        },
        ("GET", "/api/v1/auth/me") => Operation {
            answers: vec![(200, "The account", Some(schemas.of::<UserBody>()))],
            ..operation("me", "Who am I", "The account behind the access token.")
        },
        ("PATCH", "/api/v1/auth/me") => Operation {
            request: schemas.json::<ProfileBody>(),
            answers: vec![(200, "The account as it is now", Some(schemas.of::<UserBody>()))],
            ..operation("rename", "Change the name", "Changes the name of the account, or takes it away.")
        },
        ("POST", "/api/v1/auth/password") => Operation {
            request: schemas.json::<PasswordBody>(),
            answers: vec![(
                200,
                "The password is changed; how many other sessions ended",
                Some(schemas.of::<RevokedBody>()),
            )],
            ..operation(
                "changePassword",
                "Change the password",
                "Sets another password and ends every other session. Asks for the old one; wrong guesses make the session \
                 wait as failed log-ins do.",
            )
        },
        ("DELETE", "/api/v1/auth/me") => Operation {
            request: schemas.json::<DeletionBody>(),
            answers: vec![(204, "The account is gone", None)],
            problems: &[403],
            ..operation(
                "deleteMe",
                "Delete the account",
                "Deletes the account with its sessions and tokens, at once and for good. Asks for the password once \
                 more; a wrong one is 400 and makes the session wait as a failed log-in does.",
            )
        },
        ("GET", "/api/v1/usage") => Operation {
            answers: vec![(200, "Days, limits and what is left", Some(schemas.of::<UsageBody>()))],
            ..operation(
                "usage",
                "What was used, what is left",
                "Detections and the cost of second opinions on each of the last 30 days, in UTC, and what is left of the \
                 limits. Detections are counted a moment after their answer.",
            )
        },
        ("GET", "/api/v1/auth/sessions") => Operation {
            answers: vec![(200, "Live sessions", Some(schemas.of::<SessionsBody>()))],
            ..operation("listSessions", "List sessions", "The live sessions of the account, with device and last use.")
        },
        ("DELETE", "/api/v1/auth/sessions") => Operation {
            answers: vec![(200, "How many were revoked", Some(schemas.of::<RevokedBody>()))],
            ..operation("revokeOtherSessions", "Revoke all other sessions", "Ends every session but the one that asks.")
        },
        ("DELETE", "/api/v1/auth/sessions/{id}") => Operation {
            answers: vec![(200, "How many were revoked", Some(schemas.of::<RevokedBody>()))],
            ..operation("revokeSession", "Revoke a session", "Ends one session of the account.")
        },
        _ => return None,
    })
}

fn detection(schemas: &mut Schemas, method: &str, path: &str) -> Option<Operation> {
    let operation = |id, summary, description| plain(id, "detection", summary, description);
    Some(match (method, path) {
        ("POST", "/api/v1/ai-tools/detect") => Operation {
            request: Some(json!({
                "application/json": {"schema": schemas.of::<DetectBody>()},
                "multipart/form-data": {"schema": file_form()},
            })),
            answers: vec![(200, "The verdict", Some(schemas.of::<DetectReply>()))],
            problems: &[422],
            ..operation(
                "detect",
                "Judge a text",
                "Judges a text, or a `.txt`, `.md`, `.docx` or `.pdf` file. The text is neither stored nor logged. A verdict \
                 is evidence, never proof: it must not be the only ground for a decision about a person. `confidence` \
                 says how often an `ai` or a `human` is wrong; that of `mixed` is always `medium`: at most 1 in 100 texts \
                 that a person wrote alone is called so (0 of 1036 on the dev texts of MODEL.md). With `second_opinion` the text is also sent to a language-model provider, and only then; whatever comes of it \
                 stands in a block of its own.",
            )
        },
        ("POST", "/api/v1/ai-tools/detect/batch") => Operation {
            request: Some(json!({
                "application/json": {"schema": schemas.of::<BatchBody>()},
                "multipart/form-data": {"schema": files_form()},
            })),
            answers: vec![(200, "The verdicts, in the order of the texts", Some(schemas.of::<BatchReply>()))],
            problems: &[422],
            ..operation(
                "detectBatch",
                "Judge several texts",
                "Judges 1 to 20 texts, or as many files, each a part named `file`; each file's verdict comes with the text \
                 that was read. Each counts as one call; they pass as a whole or not at all.",
            )
        },
        _ => return None,
    })
}

fn health(schemas: &mut Schemas, method: &str, path: &str) -> Option<Operation> {
    let operation = |id, summary, description| plain(id, "health", summary, description);
    Some(match (method, path) {
        ("GET", "/healthz") => Operation {
            answers: vec![(200, "It runs", Some(schemas.of::<Live>()))],
            ..operation("live", "Is it alive", "Answers whenever the Worker runs; asks nobody.")
        },
        ("GET", "/readyz") => Operation {
            answers: vec![
                (200, "Every part answers", Some(schemas.of::<Ready>())),
                (503, "Some part does not answer", Some(schemas.of::<Ready>())),
            ],
            ..operation("ready", "Is it ready", "Asks the parts that a request needs, each under a deadline.")
        },
        ("GET", "/api/v1/status") => Operation {
            answers: vec![(200, "State, availability and incidents", Some(schemas.of::<StatusBody>()))],
            ..operation(
                "status",
                "How available has it been",
                "The state of each part, its availability over 24 hours, 7, 30 and 90 days and on each of the last 90 days in \
                 UTC, by probes every five minutes, and the incidents derived from them. What was not probed is null. At \
                 most half a minute old.",
            )
        },
        _ => return None,
    })
}

fn operator(schemas: &mut Schemas, method: &str, path: &str) -> Option<Operation> {
    let operation = |id, summary, description| plain(id, "operator", summary, description);
    Some(match (method, path) {
        ("GET", "/api/v1/operator/usage") => Operation {
            answers: vec![(200, "Days, budget and top spenders", Some(schemas.of::<InstallationBody>()))],
            ..operation(
                "installationUsage",
                "What all accounts used",
                "Detections and the cost of second opinions of all accounts together on each of the last 30 days, in UTC, \
                 what is left of the budget, and the accounts that spent most.",
            )
        },
        ("GET", "/api/v1/operator/cron-runs") => Operation {
            answers: vec![(200, "The runs", Some(schemas.of::<CronRunsBody>()))],
            ..operation(
                "listCronRuns",
                "List scheduled runs",
                "The latest scheduled runs and how they went, newest first.",
            )
        },
        ("GET", "/api/v1/operator/backups") => Operation {
            answers: vec![(200, "Backups and the latest run", Some(schemas.of::<BackupsBody>()))],
            ..operation("listBackups", "List backups", "Complete backups, the oldest first, and the latest run.")
        },
        ("POST", "/api/v1/operator/backups") => Operation {
            answers: vec![(202, "A run goes on", Some(schemas.of::<BackupsBody>()))],
            ..operation(
                "startBackup",
                "Make a backup",
                "Begins a backup, unless one goes on. The list says how it goes.",
            )
        },
        ("POST", "/api/v1/operator/backups/prune") => Operation {
            request: schemas.json::<PruneBody>(),
            request_optional: true,
            answers: vec![(200, "Each backup with the reasons why it stays", Some(schemas.of::<VerdictsBody>()))],
            ..operation(
                "pruneBackups",
                "Let backups go",
                "Deletes what `BACKUP_KEEP` does not keep, or says what that is.",
            )
        },
        ("GET", "/api/v1/operator/backups/{id}") => Operation {
            answers: vec![(200, "The backup", Some(schemas.of::<BackupDetail>()))],
            problems: &[404],
            ..operation("showBackup", "Show a backup", "One backup with its manifest as it lies in the bucket.")
        },
        ("GET", "/api/v1/operator/backups/{id}/parts/{number}") => Operation {
            answers: vec![(200, "The bytes of the part, as `application/octet-stream`", None)],
            problems: &[404],
            ..operation(
                "readBackupPart",
                "Read a part",
                "One part of the object, numbered from 1: all in order are the object.",
            )
        },
        _ => return None,
    })
}

/// A description without bodies.
fn plain(id: &'static str, tag: &'static str, summary: &'static str, description: &'static str) -> Operation {
    Operation {
        id,
        tag,
        summary,
        description,
        request: None,
        request_optional: false,
        answers: Vec::new(),
        problems: &[],
        security: None,
    }
}

fn files_form() -> Value {
    let file = json!({"type": "string", "format": "binary", "description": "At most 5 MiB, and 10 MiB all together"});
    json!({
        "type": "object",
        "required": ["file"],
        "additionalProperties": false,
        "properties": {"file": {"type": "array", "minItems": 1, "maxItems": 20, "items": file}},
    })
}

fn file_form() -> Value {
    json!({
        "type": "object",
        "required": ["file"],
        "additionalProperties": false,
        "properties": {"file": {"type": "string", "format": "binary", "description": "At most 5 MiB"},
            "second_opinion": {"type": "string", "enum": ["true", "false"]},
        },
    })
}
