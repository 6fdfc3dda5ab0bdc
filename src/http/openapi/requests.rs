//! The bodies of requests, as the description tells of them. What is read is said where it is read (`from_fields`); a test
//! holds the two together.
#![expect(dead_code, reason = "descriptions: nobody makes one")]

use utoipa::ToSchema;

use crate::http::grant::Delivery;

/// Body of a registration.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RegisterBody {
    email: String,
    password: String,
    name: Option<String>,
    #[serde(default)]
    delivery: Delivery,
}

/// Body of a log-in.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginBody {
    email: String,
    password: String,
    #[serde(default)]
    delivery: Delivery,
}

/// Body of a refresh; empty when the token is in the cookie.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefreshBody {
    refresh_token: Option<String>,
}

/// Body of a change of name.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileBody {
    /// The new name; null takes it away.
    #[schema(required)]
    name: Option<String>,
}

/// Body of a change of password.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordBody {
    current_password: String,
    new_password: String,
}

/// Body of a deletion: the password once more, since a token that was left behind on a shared device must not be enough.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeletionBody {
    password: String,
}

/// Body of a detection.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DetectBody {
    text: String,
    /// Whether another model, at a language-model provider, is to be asked too.
    #[serde(default)]
    second_opinion: bool,
}

/// Body of a batch.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"texts": [{"id": "first", "text": "A text to judge."}, {"text": "Another."}]}))]
pub(super) struct BatchBody {
    texts: Vec<ItemBody>,
}

/// One text of a batch.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ItemBody {
    id: Option<String>,
    text: String,
}

/// Whether to say what would go, and let nothing go.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PruneBody {
    #[serde(default)]
    dry_run: bool,
}
