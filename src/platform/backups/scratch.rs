//! The database that backups are restored into to see whether they can be: the SQLite of an object of its own.
//!
//! Data is loaded member by member, each in one transaction with its number, so that a member is there once or not at all.
//! Foreign keys are not enforced while rows come in the order of their keys; they are checked at the end.
#![expect(missing_docs, reason = "the attribute adds a constructor and methods for the runtime, without documentation")]

use async_trait::async_trait;
use futures_util::future::LocalBoxFuture;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use worker::send::SendFuture;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

use super::journal::rows;
use crate::backup::ports::Scratch;
use crate::backup::verify::{self, Counting};
use crate::backup::{sql, writer};
use crate::platform::{d1, d1_text, edge, objects};
use crate::ports::{Db, DbError, Outcome, PortError};
use crate::store::value::{Row, Statement};

/// A database to be thrown away.
#[durable_object(fetch)]
pub struct ScratchObject {
    state: State,
    env: Env,
}

impl DurableObject for ScratchObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        objects::answer_call(("ScratchObject", &self.env), request, || {}, |request| self.work(request)).await
    }
}

impl ScratchObject {
    /// Each call is a future of its own, behind a pointer: one function for all of them would be a large one for the runtime
    /// to optimise.
    async fn work(&self, request: Request) -> Result<Response> {
        let path = request.path();
        let work: LocalBoxFuture<'_, Result<Response>> = match path.split('/').collect::<Vec<_>>().as_slice() {
            ["", "load", run, member] => {
                Box::pin(self.load(request, (*run).to_owned(), member.parse().unwrap_or(u64::MAX)))
            }
            ["", "query"] => Box::pin(self.query(request)),
            ["", "count"] => Box::pin(self.count(request)),
            ["", "clear"] => Box::pin(self.clear()),
            _ => return objects::no_such_path(),
        };
        work.await
    }

    async fn query(&self, mut request: Request) -> Result<Response> {
        let statements: Vec<String> = objects::read(&mut request).await?;
        let storage = self.storage();
        let mut answers = Vec::new();
        for sql in &statements {
            let rows = edge::sql_rows(&storage, sql).map_err(|error| edge::message(&error))?;
            answers.push(edge::text(&rows).ok_or("scratch: no text")?);
        }
        Response::from_bytes(format!("[{}]", answers.join(",")).into_bytes())
    }

    async fn count(&self, mut request: Request) -> Result<Response> {
        let asked: Counting = objects::read(&mut request).await?;
        let counted = verify::count(&Local { storage: self.storage() }, asked).await;
        objects::answer(&counted.map_err(|stop| stop.text().to_owned())?)
    }

    async fn clear(&self) -> Result<Response> {
        self.state.storage().delete_all().await?;
        objects::answer(&())
    }

    fn storage(&self) -> JsValue {
        self.state.storage().as_raw().into()
    }

    async fn load(&self, request: Request, run: String, member: u64) -> Result<Response> {
        let bytes = edge::bytes(&JsFuture::from(edge::whole(request.inner())).await?);
        if member == 0 {
            self.state.storage().delete_all().await?;
        }
        self.run_script(&run, member, &bytes)?;
        objects::answer(&())
    }

    fn run_script(&self, run: &str, member: u64, bytes: &[u8]) -> Result<()> {
        let script = writer::gunzip(bytes).map_err(|error| error.to_string())?;
        let storage = self.storage();
        let exec = |sql: &str| edge::sql_once(&storage, sql);
        // Outside a transaction, or it does nothing. From here to the end there is no await.
        exec("PRAGMA foreign_keys = OFF").and_then(|()| exec(CREATE)).map_err(|error| edge::message(&error))?;
        let last = rows(&storage, LAST).map_err(|error| format!("{error:?}"))?;
        let last = last.first().map(|row| Ok::<_, DbError>((row.text("run")?, row.integer("member")?))).transpose();
        let last = last.map_err(|error| format!("{error:?}"))?;
        let number = i64::try_from(member).unwrap_or(i64::MAX);
        match last {
            Some((own, last)) if own == run && last >= number => return Ok(()),
            Some((own, last)) if own == run && last == number - 1 => {}
            None if number == 0 => {}
            _ => return Err("scratch: not the next member".into()),
        }
        let mut load = || {
            for statement in sql::statements(&script) {
                // Each file of SQL turns the checks off by itself, in a way that ends with a transaction.
                if !statement.starts_with("PRAGMA ") {
                    exec(&format!("{statement}\n{THEN}"))?;
                }
            }
            exec(&format!("INSERT OR REPLACE INTO _edgekeep_loaded VALUES (1, {}, {number})", sql::text(run)))
        };
        // An error in the middle takes back what came before it, which would be in the way of the next try.
        edge::transaction(&storage, &mut load).map_err(|error| edge::message(&error))?;
        Ok(())
    }
}

/// The object's own SQLite.
struct Local {
    storage: JsValue,
}

#[async_trait]
impl Db for Local {
    async fn query(&self, statement: Statement) -> std::result::Result<Vec<Row>, DbError> {
        let values = d1_text::values(&statement.values)?;
        let page = edge::sql_page(&self.storage, &statement.sql, &values);
        d1::rows(&page.map_err(|error| DbError::Other(edge::message(&error)))?)
    }

    async fn batch(&self, _: Vec<Statement>) -> std::result::Result<Vec<Outcome>, DbError> {
        Err(DbError::Other("scratch: nothing is written but by loading".into()))
    }
}

/// The scratch database as the run sees it.
pub(super) struct ScratchClient {
    objects: objects::Objects,
}

impl ScratchClient {
    pub(super) fn new(namespace: worker::ObjectNamespace) -> Self {
        Self { objects: objects::Objects::new(namespace, DEADLINE_MS) }
    }

    async fn ask(&self, statements: &[Statement]) -> std::result::Result<Vec<Vec<Row>>, DbError> {
        let body = serde_json::to_vec(&statements.iter().map(|statement| &statement.sql).collect::<Vec<_>>());
        let body = body.map_err(|error| DbError::Other(error.to_string()))?;
        let answer = self.objects.send(NAME, "/query", &body).await;
        d1_text::many(&answer.map_err(|error| DbError::Unavailable(format!("{error:?}")))?)
    }
}

#[async_trait]
impl Db for ScratchClient {
    async fn query(&self, statement: Statement) -> std::result::Result<Vec<Row>, DbError> {
        let answers = SendFuture::new(async { self.ask(&[statement]).await }).await?;
        answers.into_iter().next().ok_or_else(|| DbError::Shape("scratch: no answer".into()))
    }

    async fn batch(&self, statements: Vec<Statement>) -> std::result::Result<Vec<Outcome>, DbError> {
        let answers = SendFuture::new(async { self.ask(&statements).await }).await?;
        Ok(answers.into_iter().map(|rows| Outcome { rows, changes: 0 }).collect())
    }
}

#[async_trait]
impl Scratch for ScratchClient {
    async fn load(&self, run: &str, member: u64, bytes: Vec<u8>) -> std::result::Result<(), PortError> {
        let path = format!("/load/{run}/{member}");
        SendFuture::new(async { self.objects.send(NAME, &path, &bytes).await.map(drop) }).await
    }

    async fn count(&self, asked: Counting) -> std::result::Result<Counting, PortError> {
        SendFuture::new(async { self.objects.tell(NAME, "/count", &asked).await }).await
    }

    async fn clear(&self) -> std::result::Result<(), PortError> {
        SendFuture::new(async { self.objects.tell(NAME, "/clear", &()).await }).await
    }
}

const NAME: &str = "scratch";
/// Loading a member takes longer than an ordinary call.
const DEADLINE_MS: u64 = 25_000;
/// What follows each statement: a text must have one in it, and what is cut from a script may be a comment.
const THEN: &str = "SELECT 1";
const CREATE: &str = "CREATE TABLE IF NOT EXISTS _edgekeep_loaded (id INTEGER PRIMARY KEY, run TEXT, member INTEGER)";
const LAST: &str = "SELECT run, member FROM _edgekeep_loaded";
