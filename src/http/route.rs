//! A route: method, path, who may call, limit, body limit, handler.
//!
//! A [`Draft`] becomes a [`Route`] only by [`Draft::anyone`], [`Draft::bearer`] or [`Draft::operator`]: a route that does not say who may call
//! it does not compile. A handler for a principal can't be mounted where there is none, since it takes one.

use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::{Method, Response};

use super::bearer;
use super::body::Input;
use super::call::{Call, Principal};
use super::limits::{self, Limit};
use super::problem;
use super::reply::{Event, Reply};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::telemetry::scope;

type Answer = (Result<Reply>, Option<limits::Quota>, Option<String>);
type Handler = Arc<dyn Fn(Call, Body) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync>;

/// One row of the table in [`crate::routes`].
#[derive(Clone)]
pub struct Route {
    /// Method; GET serves HEAD too.
    pub method: Method,
    /// Template, as axum writes it; also `http.route` in the log.
    pub path: &'static str,
    /// Who may call.
    pub caller: Caller,
    /// The limit on calls, when there is one.
    pub limit: Option<Limit>,
    handler: Handler,
}

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Anyone, known or not.
    Anyone,
    /// Whoever holds a valid access token of a live session.
    Bearer,
    /// Whoever holds the operator's token. The route is absent from an installation that has none.
    Operator,
}

/// A route that does not yet say who may call it.
pub struct Draft {
    method: Method,
    path: &'static str,
    limit: Option<Limit>,
    body_limit: fn(&Config) -> usize,
}

impl Route {
    /// Runs the route's checks and its handler.
    pub async fn run(&self, call: Call, body: Body) -> Response<Bytes> {
        let request_id = call.request_id.clone();
        let (result, quota, user_id) = (self.handler)(call, body).await;
        let mut response = match result {
            Ok(reply) => reply.into_response(),
            Err(error) => problem::respond(&error, &request_id),
        };
        if let Some(quota) = quota {
            limits::describe(response.headers_mut(), quota.name, &quota.policy, &quota.decision);
        }
        if let (Some(event), Some(_)) = (response.extensions_mut().get_mut::<Event>(), &user_id) {
            event.user_id = user_id;
        }
        response
    }
}

impl Draft {
    /// Begins a route. Without more said it takes bodies of up to 16 KiB and has no limit on calls.
    #[must_use]
    pub fn new(method: Method, path: &'static str) -> Self {
        Self { method, path, limit: None, body_limit: |_| 16 * 1024 }
    }

    /// Largest body in bytes.
    #[must_use]
    pub fn body_limit(mut self, bytes: fn(&Config) -> usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// A limit on calls: per account behind a bearer token, per address elsewhere.
    #[must_use]
    pub fn limit(mut self, limit: Limit) -> Self {
        self.limit = Some(limit);
        self
    }

    /// For anyone. The input is read before the limit counts: a request that is refused for its form costs no quota.
    #[must_use]
    pub fn anyone<I, F, Fut>(self, handler: F) -> Route
    where
        I: Input + 'static,
        F: Fn(Call, I) -> Fut + Copy + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply>> + Send + 'static,
    {
        let Self { limit, body_limit, .. } = self;
        let run = move |mut call: Call, body| -> Pin<Box<dyn Future<Output = Answer> + Send>> {
            Box::pin(async move {
                let input = match I::read(&call, body, body_limit(&call.app.config)).await {
                    Ok(input) => input,
                    Err(error) => return (Err(error), None, None),
                };
                if let Err(error) = admit(&mut call, limit, None, input.cost()).await {
                    return (Err(error), None, None);
                }
                let quota = call.quota.clone();
                (handler(call, input).await, quota, None)
            })
        };
        self.finish(Caller::Anyone, Arc::new(run))
    }

    /// For whoever proves who they are; the handler gets the principal.
    #[must_use]
    pub fn bearer<I, F, Fut>(self, handler: F) -> Route
    where
        I: Input + 'static,
        F: Fn(Call, Principal, I) -> Fut + Copy + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply>> + Send + 'static,
    {
        let Self { limit, body_limit, .. } = self;
        let run = move |mut call: Call, body| -> Pin<Box<dyn Future<Output = Answer> + Send>> {
            Box::pin(async move {
                let principal = match bearer::authenticate(&call).await {
                    Ok(principal) => principal,
                    Err(error) => return (Err(error), None, None),
                };
                if let Some(scope) = scope::current() {
                    scope.set_user(&principal.user.id);
                }
                let user_id = Some(principal.user.id.clone());
                let input = match I::read(&call, body, body_limit(&call.app.config)).await {
                    Ok(input) => input,
                    Err(error) => return (Err(error), None, user_id),
                };
                if let Err(error) = admit(&mut call, limit, Some(&principal), input.cost()).await {
                    return (Err(error), None, user_id);
                }
                let quota = call.quota.clone();
                (handler(call, principal, input).await, quota, user_id)
            })
        };
        self.finish(Caller::Bearer, Arc::new(run))
    }

    /// For the operator. The limit, which every such route must have, counts before the token is compared: guesses count.
    #[must_use]
    pub fn operator<I, F, Fut>(self, limit: Limit, handler: F) -> Route
    where
        I: Input + 'static,
        F: Fn(Call, I) -> Fut + Copy + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply>> + Send + 'static,
    {
        let body_limit = self.body_limit;
        let run = move |mut call: Call, body| -> Pin<Box<dyn Future<Output = Answer> + Send>> {
            Box::pin(async move {
                if let Err(error) = admit(&mut call, Some(limit), None, 1).await {
                    return (Err(error), None, None);
                }
                let quota = call.quota.clone();
                if let Err(error) = bearer::require_operator(&call) {
                    return (Err(error), quota, None);
                }
                let input = match I::read(&call, body, body_limit(&call.app.config)).await {
                    Ok(input) => input,
                    Err(error) => return (Err(error), quota, None),
                };
                let done = handler(call, input).await;
                (done.map(|reply| reply.or_event("authz_admin")), quota, None)
            })
        };
        self.limit(limit).finish(Caller::Operator, Arc::new(run))
    }

    fn finish(self, caller: Caller, handler: Handler) -> Route {
        Route { method: self.method, path: self.path, caller, limit: self.limit, handler }
    }
}

async fn admit(call: &mut Call, limit: Option<Limit>, principal: Option<&Principal>, cost: u32) -> Result<(), Error> {
    if let Some(limit) = limit {
        call.quota = Some(limits::admit(call, limit, principal, cost).await?);
    }
    Ok(())
}
