//! Ports that leave a trail: each call becomes a step of the event that makes it. A step has no values: the text of a
//! statement is a constant of the sources, of a key or an address nothing is told.

use std::sync::Arc;

use async_trait::async_trait;
use http::HeaderValue;

use super::scope::{self, Step};
use crate::domain::password::{Password, PhcString};
use crate::domain::quota::{Decision, Policy};
use crate::domain::throttle::Wait;
use crate::ports::{
    Clock, Db, DbError, HashError, Hasher, LimitKey, Limiter, Objects, Outbound, OutboundRequest, OutboundResponse,
    Outcome, Pieces, PortError, Ports, Throttle, Verification,
};
use crate::store::value::{Row, Statement};

/// The same ports, with a trail.
#[must_use]
pub fn observed(ports: Ports) -> Ports {
    let clock = &ports.clock;
    Ports {
        db: Arc::new(Observed { inner: ports.db, clock: Arc::clone(clock) }),
        objects: Arc::new(Observed { inner: ports.objects, clock: Arc::clone(clock) }),
        limiter: Arc::new(Observed { inner: ports.limiter, clock: Arc::clone(clock) }),
        throttle: Arc::new(Observed { inner: ports.throttle, clock: Arc::clone(clock) }),
        hasher: Arc::new(Observed { inner: ports.hasher, clock: Arc::clone(clock) }),
        outbound: Arc::new(Observed { inner: ports.outbound, clock: Arc::clone(clock) }),
        pages: ports.pages.map(|inner| -> Arc<dyn Outbound> { Arc::new(Observed { inner, clock: Arc::clone(clock) }) }),
        ..ports
    }
}

/// Does work that is no call of a port as a step of the event: detection, for instance.
pub fn step<T>(clock: &dyn Clock, op: &'static str, what: &str, work: impl FnOnce() -> T) -> T {
    let from_ms = clock.now_ms();
    let done = work();
    if let Some(scope) = scope::current() {
        scope.add(Step { op, what: what.to_owned(), from_ms, to_ms: clock.now_ms(), failed: None });
    }
    done
}

struct Observed<P: ?Sized> {
    inner: Arc<P>,
    clock: Arc<dyn Clock>,
}

impl<P: ?Sized> Observed<P> {
    async fn step<T, E>(
        &self,
        op: &'static str,
        what: String,
        failed: fn(&E) -> &'static str,
        call: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        let Some(scope) = scope::current() else { return call.await };
        let from_ms = self.clock.now_ms();
        let done = call.await;
        scope.add(Step { op, what, from_ms, to_ms: self.clock.now_ms(), failed: done.as_ref().err().map(failed) });
        done
    }
}

#[async_trait]
impl Db for Observed<dyn Db> {
    async fn query(&self, statement: Statement) -> Result<Vec<Row>, DbError> {
        self.step("db.query", statement.shown().to_owned(), db_failure, self.inner.query(statement)).await
    }

    async fn batch(&self, statements: Vec<Statement>) -> Result<Vec<Outcome>, DbError> {
        let texts: Vec<_> = statements.iter().take(STATEMENTS).map(Statement::shown).collect();
        self.step("db.batch", texts.join("; "), db_failure, self.inner.batch(statements)).await
    }

    async fn bookmark(&self) -> Option<String> {
        self.inner.bookmark().await
    }
}

#[async_trait]
impl Objects for Observed<dyn Objects> {
    async fn size(&self, key: &str) -> Result<Option<u64>, PortError> {
        self.step("r2.head", "object".to_owned(), port_failure, self.inner.size(key)).await
    }

    async fn read(&self, key: &str, range: Option<(u64, u64)>) -> Result<Option<Vec<u8>>, PortError> {
        self.step("r2.get", "object".to_owned(), port_failure, self.inner.read(key, range)).await
    }

    async fn create(&self, key: &str, bytes: Vec<u8>) -> Result<bool, PortError> {
        self.step("r2.put", "new object".to_owned(), port_failure, self.inner.create(key, bytes)).await
    }

    async fn replace(&self, key: &str, bytes: Vec<u8>) -> Result<(), PortError> {
        self.step("r2.put", "object".to_owned(), port_failure, self.inner.replace(key, bytes)).await
    }

    async fn begin(&self, key: &str) -> Result<String, PortError> {
        self.step("r2.upload", "begin".to_owned(), port_failure, self.inner.begin(key)).await
    }

    async fn part(
        &self,
        key: &str,
        upload: &str,
        number: u16,
        size: u64,
        pieces: &mut dyn Pieces,
    ) -> Result<String, PortError> {
        let call = self.inner.part(key, upload, number, size, pieces);
        self.step("r2.upload", "part".to_owned(), port_failure, call).await
    }

    async fn complete(&self, key: &str, upload: &str, parts: &[(u16, String)]) -> Result<(), PortError> {
        let call = self.inner.complete(key, upload, parts);
        self.step("r2.upload", "complete".to_owned(), port_failure, call).await
    }

    async fn abort(&self, key: &str, upload: &str) -> Result<(), PortError> {
        self.step("r2.upload", "abort".to_owned(), port_failure, self.inner.abort(key, upload)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(String, u64)>, PortError> {
        self.step("r2.list", "objects".to_owned(), port_failure, self.inner.list(prefix)).await
    }

    async fn delete(&self, key: &str) -> Result<(), PortError> {
        self.step("r2.delete", "object".to_owned(), port_failure, self.inner.delete(key)).await
    }
}

#[async_trait]
impl Limiter for Observed<dyn Limiter> {
    async fn take(&self, key: &LimitKey, policy: &Policy, cost: u32) -> Result<Decision, PortError> {
        let what = format!("limiter {}", key.policy);
        self.step("durable_object", what, port_failure, self.inner.take(key, policy, cost)).await
    }

    async fn ping(&self) -> Result<(), PortError> {
        self.step("durable_object", "limiter ping".to_owned(), port_failure, self.inner.ping()).await
    }
}

#[async_trait]
impl Throttle for Observed<dyn Throttle> {
    async fn begin(&self, account: &str, address: &str) -> Result<Wait, PortError> {
        let call = self.inner.begin(account, address);
        self.step("durable_object", "throttle begin".to_owned(), port_failure, call).await
    }

    async fn succeed(&self, account: &str, address: &str) -> Result<(), PortError> {
        let call = self.inner.succeed(account, address);
        self.step("durable_object", "throttle succeed".to_owned(), port_failure, call).await
    }

    async fn withdraw(&self, account: &str, address: &str) -> Result<(), PortError> {
        let call = self.inner.withdraw(account, address);
        self.step("durable_object", "throttle withdraw".to_owned(), port_failure, call).await
    }
}

#[async_trait]
impl Hasher for Observed<dyn Hasher> {
    async fn hash(&self, password: &Password) -> Result<PhcString, HashError> {
        self.step("durable_object", "hasher hash".to_owned(), hash_failure, self.inner.hash(password)).await
    }

    async fn verify(&self, password: &Password, stored: &PhcString) -> Result<Verification, HashError> {
        let call = self.inner.verify(password, stored);
        self.step("durable_object", "hasher verify".to_owned(), hash_failure, call).await
    }
}

#[async_trait]
impl Outbound for Observed<dyn Outbound> {
    /// Hands the trace on too.
    async fn send(&self, mut request: OutboundRequest) -> Result<OutboundResponse, PortError> {
        if let Some(Ok(value)) = scope::current().map(|scope| HeaderValue::from_str(&scope.trace.to_string())) {
            request.headers.insert("traceparent", value);
        }
        // The host and nothing behind it: a path may hold a key.
        let host = request.url.split('/').nth(2).unwrap_or_default();
        let host = host.rsplit('@').next().unwrap_or_default();
        let what = format!("{} {host}", request.method);
        self.step("http.client", what, port_failure, self.inner.send(request)).await
    }
}

fn db_failure(error: &DbError) -> &'static str {
    match error {
        DbError::Unique(_) => "unique",
        DbError::Constraint(_) => "constraint",
        DbError::Timeout => "timeout",
        DbError::Unavailable(_) => "unavailable",
        DbError::Shape(_) => "shape",
        DbError::Other(_) => "other",
    }
}

fn port_failure(error: &PortError) -> &'static str {
    match error {
        PortError::Timeout => "timeout",
        PortError::Failed(_) => "failed",
        PortError::Defect(_) => "defect",
    }
}

fn hash_failure(error: &HashError) -> &'static str {
    match error {
        HashError::Busy { .. } => "busy",
        HashError::Failed(_) => "failed",
        HashError::Defect(_) => "defect",
    }
}

/// Statements of a batch that are told.
const STATEMENTS: usize = 4;
