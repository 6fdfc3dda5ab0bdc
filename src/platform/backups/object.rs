//! The object that makes backups. Each alarm takes a few steps, within what one invocation may ask of D1, and sets the next.
//!
//! Before it works, an alarm sets itself again for later: should the process die, that one takes the run up. There is one
//! object, so there is one run at a time; a slot that has had its run gets no second one, and one whose time comes during
//! another's run waits for its end.
#![expect(missing_docs, reason = "the attribute adds a constructor and methods for the runtime, without documentation")]

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use serde_json::json;
use wasm_bindgen::JsValue;
use worker::{Delay, DurableObject, Env, Request, Response, Result, State, durable_object};

use super::journal::ObjectJournal;
use super::scratch::ScratchClient;
use super::{START, STATUS};
use crate::app::App;
use crate::backup::budget::Metered;
use crate::backup::catalog;
use crate::backup::engine::{Engine, Settings, Stop, pause_ms};
use crate::backup::manifest;
use crate::backup::state::{BY_HAND, Phase, Run, Turn};
use crate::backup::upload::PART_CHUNKS;
use crate::domain::time::rfc3339;
use crate::platform::{installation, objects};
use crate::ports::{BackupRun, BackupStatus, LastBackup, Level};
use crate::telemetry;

/// The object that makes backups.
#[durable_object(alarm)]
pub struct BackupObject {
    state: State,
    env: Env,
    /// The run as it was written down last, once it has been read or written: it is asked for often, and to read it means to
    /// parse it.
    known: AssertUnwindSafe<RefCell<Option<Run>>>,
    /// The newest good backup: readiness asks often, and looking means to list the bucket.
    newest: AssertUnwindSafe<RefCell<Option<Newest>>>,
}

/// What was found last, and when it was looked for, ms.
type Newest = (i64, Option<LastBackup>);

impl DurableObject for BackupObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env, known: AssertUnwindSafe(RefCell::default()), newest: AssertUnwindSafe(RefCell::default()) }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        objects::answer_call(self.who(), request, || self.forget(), |request| self.work(request)).await
    }

    async fn alarm(&self) -> Result<Response> {
        objects::run_alarm(self.who(), || self.forget(), self.go_on()).await
    }
}

impl BackupObject {
    fn who(&self) -> (&'static str, &Env) {
        ("BackupObject", &self.env)
    }

    fn forget(&self) {
        self.known.replace(None);
        self.newest.replace(None);
    }

    /// The run that is written down.
    async fn run(&self, engine: &Engine<'_>) -> Result<Option<Run>> {
        if self.known.borrow().is_none() {
            let run = engine.load().await.map_err(|error| format!("{error:?}"))?;
            self.known.replace(run);
        }
        Ok(self.known.borrow().clone())
    }

    /// A run that has been written down, unless that failed.
    fn written(&self, run: std::result::Result<Run, Stop>) -> Result<Run> {
        self.known.replace(run.as_ref().ok().cloned());
        run.map_err(|stop| stop.text().into())
    }

    async fn work(&self, mut request: Request) -> Result<Response> {
        let (app, hands) = (self.app()?, self.hands()?);
        let engine = hands.engine(app);
        let run = match request.path().as_str() {
            START => {
                let slot = objects::read(&mut request).await?;
                self.start(app, &engine, slot).await?
            }
            STATUS => self.run(&engine).await?,
            _ => return objects::no_such_path(),
        };
        if run.as_ref().is_some_and(|run| !run.phase.is_over()) {
            self.state.storage().set_alarm(1).await?;
        }
        let last = self.newest(app).await?;
        let waiting = self.state.storage().get(WAITING).await?;
        objects::answer(&BackupStatus { run: run.map(on_the_wire), last, waiting })
    }

    /// Begins a run for a slot if it is its turn; gives the run that there is then.
    async fn start(&self, app: &App, engine: &Engine<'_>, slot: String) -> Result<Option<Run>> {
        let run = self.run(engine).await?;
        match run.as_ref().map_or(Turn::Now, |run| run.turn(&slot)) {
            Turn::Had => {}
            // Whoever asks by hand is content with the run that goes on.
            Turn::Later if slot.starts_with(BY_HAND) => {}
            Turn::Later => self.state.storage().put(WAITING, slot).await?,
            Turn::Now => {
                let new = Run::new(new_id(app)?, slot, app.now_ms());
                let new = match run {
                    Some(run) => run.followed_by(new),
                    None => new,
                };
                let begun = engine.start(&new).await;
                return Ok(Some(self.written(begun.map(|()| new))?));
            }
        }
        Ok(run)
    }

    /// Begins the run of the slot that waited for the end of another, if one did.
    async fn start_waiting(&self, app: &App, engine: &Engine<'_>) -> Result<bool> {
        let Some(slot) = self.state.storage().get::<String>(WAITING).await? else { return Ok(false) };
        let run = self.start(app, engine, slot).await?;
        // After it has begun: should the process die before this line, the slot has had its run when it is looked at again.
        self.state.storage().delete(WAITING).await?;
        Ok(run.is_some_and(|run| !run.phase.is_over()))
    }

    /// What somebody else deletes from the bucket is missed a few minutes later.
    async fn newest(&self, app: &App) -> Result<Option<LastBackup>> {
        let now_ms = app.now_ms();
        if let Some((at_ms, newest)) = self.newest.borrow().as_ref()
            && (0..NEWEST_MS).contains(&(now_ms - at_ms))
        {
            return Ok(newest.clone());
        }
        let found =
            catalog::newest_verified(app.ports.objects.as_ref(), now_ms).await.map_err(|error| format!("{error:?}"))?;
        let newest = found.map(|backup| LastBackup {
            at_ms: catalog::at_ms(&backup.manifest),
            bytes: backup.manifest.object.extent.bytes,
            rows: backup.rows(),
            id: backup.manifest.id,
        });
        self.newest.replace(Some((now_ms, newest.clone())));
        Ok(newest)
    }

    async fn go_on(&self) -> Result<Response> {
        self.state.storage().set_alarm(WATCHDOG_MS).await?;
        let (app, hands) = (self.app()?, self.hands()?);
        let db = Metered::new(app.ports.db.as_ref());
        let engine = Engine { db: &db, ..hands.engine(app) };
        let next = match self.steps(app, &engine, &db).await? {
            Some(pause_ms) => Some(pause_ms),
            None => self.start_waiting(app, &engine).await?.then_some(1),
        };
        match next {
            Some(pause_ms) => self.state.storage().set_alarm(pause_ms).await?,
            None => self.state.storage().delete_alarm().await?,
        }
        Response::empty()
    }

    /// Takes as many steps as an invocation may; gives how long to wait for the next one, ms, and `None` after the last.
    ///
    /// Behind a pointer like the phases in [`Engine::step`], and for the same reason.
    fn steps<'a>(
        &'a self,
        app: &'a App,
        engine: &'a Engine<'_>,
        db: &'a Metered<'_>,
    ) -> LocalBoxFuture<'a, Result<Option<i64>>> {
        Box::pin(async move {
            let Some(mut run) = self.run(engine).await? else { return Ok(None) };
            let (mut steps, began) = (0, app.now_ms());
            while !run.phase.is_over() {
                // Nobody else writes while a run goes on.
                run = self.written(engine.step(run).await)?;
                steps += 1;
                if run.phase.is_over() {
                    self.newest.replace(None);
                    report(app, &run);
                    watch(app, &run);
                    break;
                }
                // Here D1 and the bucket answer within the same thread, and nobody else would come to speak until the alarm
                // is over.
                Delay::from(Duration::ZERO).await;
                if run.failures > 0 {
                    tell_failure(app, &run);
                }
                if run.failures > 0 || steps >= STEPS || !db.has_room() || app.now_ms() - began > INVOCATION_MS {
                    return Ok(Some(pause_ms(run.failures).max(1)));
                }
            }
            Ok(None)
        })
    }

    fn app(&self) -> Result<&'static App> {
        installation::of(&self.env).map_err(|_| "misconfigured".into())
    }

    fn hands(&self) -> Result<Hands> {
        let storage: JsValue = self.state.storage().as_raw().into();
        let scratch = ScratchClient::new(self.env.durable_object("SCRATCH")?);
        Ok(Hands { journal: ObjectJournal::new(storage), scratch })
    }
}

struct Hands {
    journal: ObjectJournal,
    scratch: ScratchClient,
}

impl Hands {
    fn engine<'a>(&'a self, app: &'a App) -> Engine<'a> {
        Engine {
            db: app.ports.db.as_ref(),
            objects: app.ports.objects.as_ref(),
            scratch: &self.scratch,
            journal: &self.journal,
            clock: app.ports.clock.as_ref(),
            entropy: app.ports.entropy.as_ref(),
            settings: Settings {
                recipient: app.config.backups.recipient.as_ref(),
                keep: &app.config.backups.keep,
                page_bytes: PAGE_BYTES,
                member_bytes: MEMBER_BYTES,
                part_chunks: PART_CHUNKS,
                small_bytes: SMALL_BYTES,
            },
        }
    }
}

fn new_id(app: &App) -> Result<String> {
    let mut chance = [0; 4];
    app.ports.entropy.fill(&mut chance).map_err(|error| format!("{error:?}"))?;
    Ok(manifest::new_id(app.now_ms(), u32::from_be_bytes(chance)))
}

fn on_the_wire(run: Run) -> BackupRun {
    let rows = run.rows();
    let phase = serde_json::to_value(run.phase).ok().and_then(|phase| phase.as_str().map(str::to_owned));
    BackupRun {
        id: run.id,
        slot: run.slot,
        phase: phase.unwrap_or_default(),
        started_ms: run.started_ms,
        rows,
        sql_bytes: run.sql_bytes,
        problem: run.problem,
    }
}

/// One line for each run that ends. A function of its own in WebAssembly, as [`BackupObject::steps`] is.
#[inline(never)]
fn report(app: &App, run: &Run) {
    let good = run.phase == Phase::Done;
    let level = if good && run.problem.is_none() { Level::Info } else { Level::Error };
    let line = json!({
        "timestamp": rfc3339(app.now_ms()),
        "severity_text": if level == Level::Info { "INFO" } else { "ERROR" },
        "body": "backup",
        "backup.id": run.id,
        "backup.slot": run.slot,
        "outcome": if good { "verified" } else { "failed" },
        "detail": run.problem,
        "backup.rows": run.rows(),
        "backup.bytes": run.stored.as_ref().map(|stored| stored.bytes),
        "duration_ms": app.now_ms() - run.started_ms,
        "restarts": run.restarts,
    });
    app.log(level, line);
}

/// One line for each step that failed and will be tried again. Apart like [`report`].
#[inline(never)]
fn tell_failure(app: &App, run: &Run) {
    let line = json!({
        "timestamp": rfc3339(app.now_ms()),
        "severity_text": "WARN",
        "body": "backup_step_failed",
        "backup.id": run.id,
        "phase": run.phase,
        "failures": run.failures,
        "detail": run.problem,
    });
    app.log(Level::Warn, line);
}

/// What somebody should look at: a run that failed, and one that found half of what the last good one did, or less.
fn watch(app: &App, run: &Run) {
    let (kind, detail) = if run.phase == Phase::Failed {
        ("backup_failed", run.problem.clone().unwrap_or_default())
    } else {
        let shrunken = run.shrunken();
        if shrunken.is_empty() {
            return;
        }
        ("backup_shrunk", shrunken.join("; "))
    };
    let now_ms = app.now_ms();
    app.log(
        Level::Error,
        json!({
            "timestamp": rfc3339(now_ms),
            "severity_text": "ERROR",
            "body": kind,
            "backup.id": run.id,
            "detail": detail,
        }),
    );
    telemetry::capture_alarm(app, kind, &detail, "backup");
}

/// Steps of one alarm, most of which ask D1 once and the others once or twice.
const STEPS: u32 = 16;
/// Under this name lies the slot that waits.
const WAITING: &str = "waiting";
/// For so long the newest backup is not looked for again.
const NEWEST_MS: i64 = 600_000;
const INVOCATION_MS: i64 = 15_000;
/// When the process dies, the run goes on after this.
const WATCHDOG_MS: i64 = 30_000;
/// On its way here a page is in memory half a dozen times.
const PAGE_BYTES: u32 = 400_000;
const MEMBER_BYTES: u32 = 400_000;
const SMALL_BYTES: u32 = 400_000;
