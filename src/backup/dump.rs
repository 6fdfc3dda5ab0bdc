//! Reading the database: the first half of a run.

use std::borrow::Cow;

use super::capture;
use super::digest::Digest;
use super::engine::{Engine, Stop};
use super::literal;
use super::manifest::{Consistency, Sequence};
use super::page::{self, Cursor, Page, SMALL, Source, Stretch};
use super::ports::Waiting;
use super::schema::{self, Schema, Table};
use super::state::{Count, Phase, Run, Snapshot};
use super::writer::{self, LargeRow};
use crate::ports::{Db, DbError, Outcome};
use crate::store::value::{Row, Statement};

impl Engine<'_> {
    /// Begins a dump: a small database is read here and now in one transaction, on a large one captures begin.
    pub(super) async fn begin(&self, run: &mut Run) -> Result<(), Stop> {
        self.release_captures().await?;
        *run = Run { failures: run.failures, restarts: run.restarts, ..run.anew() };
        if let Some(recipient) = self.settings.recipient {
            run.sealer = Some(super::age::Sealer::new(recipient, self.entropy)?);
        }
        let schema = schema::read(self.db).await?;
        if self.begin_small(run, &schema).await? {
            return Ok(());
        }
        let install = capture::install(&schema);
        let made = install.len();
        let mut batch = snapshot_statements(&schema);
        let before = batch.len();
        batch.extend(install);
        batch.push(Statement::new(FINGERPRINT, []));
        let outcomes = self.db.batch(batch).await?;
        let fingerprint = fingerprint(outcomes.get(before + made).map_or(&[], |outcome| &outcome.rows))?;
        let consistency = Consistency::CapturedChanges;
        self.snapshot(run, &schema, &outcomes, consistency, fingerprint).await?;
        run.phase = Phase::Rows;
        // Nothing may be read before it is written down that captures are there.
        let head = writer::head(&schema);
        self.put(run, &head).await
    }

    /// All of a small database in one transaction. `false`: it is not small.
    async fn begin_small(&self, run: &mut Run, schema: &Schema) -> Result<bool, Stop> {
        let tables = &schema.tables;
        if tables.len() > SMALL_TABLES || self.settings.small_bytes == 0 {
            return Ok(false);
        }
        let bytes = self.settings.small_bytes / u32::try_from(tables.len().max(1)).unwrap_or(u32::MAX);
        let mut cursors = vec![Cursor { rows: SMALL_ROWS, ..Cursor::default() }; tables.len()];
        for _ in 0..2 {
            let mut batch = snapshot_statements(schema);
            let before = batch.len();
            let pages =
                tables.iter().zip(&cursors).map(|(table, cursor)| page::query(table, Source::Now, cursor, bytes));
            batch.extend(pages);
            let outcomes = self.db.batch(batch).await?;
            let mut texts = Vec::new();
            let (mut again, mut counts) = (false, Vec::new());
            for (at, (table, cursor)) in tables.iter().zip(&mut cursors).enumerate() {
                let rows = outcomes.get(before + at).map_or(&[][..], |outcome| &outcome.rows);
                match page::read(table, cursor, rows)? {
                    Page::Rows { lines, more: false, .. } => {
                        counts.push(counted(Count::default(), &lines));
                        texts.push(writer::rows(table, &lines));
                    }
                    Page::Again => {
                        again = true;
                        cursor.exact = true;
                    }
                    Page::Rows { .. } | Page::Large(_) => return Ok(false),
                }
            }
            if again {
                continue;
            }
            self.snapshot(run, schema, &outcomes, Consistency::OneTransaction, String::new()).await?;
            run.tables = counts;
            run.table = tables.len();
            run.phase = Phase::End;
            let sql = writer::head(schema) + &texts.concat();
            self.put(run, &sql).await?;
            return Ok(true);
        }
        Ok(false)
    }

    async fn snapshot(
        &self,
        run: &mut Run,
        schema: &Schema,
        outcomes: &[Outcome],
        consistency: Consistency,
        fingerprint: String,
    ) -> Result<(), Stop> {
        if schema::from_outcomes(outcomes)? != *schema {
            return Err(Stop::Anew("the schema changed while the dump began".into()));
        }
        let mut extra = outcomes.iter().skip(SCHEMA_STATEMENTS);
        let mut sequences = Vec::new();
        if schema.sequences {
            for row in extra.next().map_or(&[][..], |outcome| &outcome.rows) {
                sequences.push(Sequence { table: row.text("name")?, seq: row.text("seq")? });
            }
        }
        let mut migrations = Vec::new();
        if has_migrations(schema) {
            for row in extra.next().map_or(&[][..], |outcome| &outcome.rows) {
                migrations.push(row.text("name")?);
            }
        }
        run.tables = vec![Count::default(); schema.tables.len()];
        run.source = Some(Snapshot {
            schema: schema.clone(),
            at_ms: self.clock.now_ms(),
            consistency,
            fingerprint,
            sequences,
            migrations,
            bookmark: self.db.bookmark().await,
        });
        Ok(())
    }

    /// Reads pages until they make a few members, which are written down together.
    pub(super) async fn rows(&self, run: &mut Run) -> Result<(), Stop> {
        let source = run.source.clone().ok_or_else(Stop::lost)?;
        let (mut sql, mut packed) = (String::new(), Vec::new());
        let before = run.members.len();
        for _ in 0..PAGES {
            let Some(table) = source.schema.tables.get(run.table) else {
                run.phase = Phase::End;
                break;
            };
            let from = Source::Captured(run.table);
            let rows = self.db.query(page::query(table, from, &run.cursor, self.settings.page_bytes)).await?;
            match page::read(table, &run.cursor, &rows)? {
                Page::Again if run.cursor.exact => return Err(Stop::lost()),
                Page::Again => run.cursor.exact = true,
                Page::Rows { lines, next, more, rows } => {
                    sql.push_str(&writer::rows(table, &lines));
                    if let Some(count) = run.tables.get_mut(run.table) {
                        *count = counted(std::mem::take(count), &lines);
                    }
                    if more {
                        // What asks for the exact way is rare: the next page may do without.
                        run.cursor = Cursor { after: next, rows, exact: false };
                    } else {
                        run.table += 1;
                        run.cursor = Cursor::default();
                    }
                }
                Page::Large(key) => {
                    let counted = run.tables.get_mut(run.table).ok_or_else(Stop::lost)?;
                    sql.push_str(&large(self.db, table, from, &key, counted).await?);
                    run.cursor.after = Some(key);
                    // One such row may ask as often as a step may.
                    break;
                }
            }
            if sql.len() >= self.settings.member_bytes as usize {
                self.pack(run, &std::mem::take(&mut sql), &mut packed).await?;
            }
            if run.members.len() >= before + MEMBERS {
                break;
            }
        }
        self.pack(run, &sql, &mut packed).await?;
        self.write_down(run, packed).await
    }

    /// Nothing but rows may have changed since the instant of the dump.
    pub(super) async fn end(&self, run: &mut Run) -> Result<(), Stop> {
        let source = run.source.as_ref().ok_or_else(Stop::lost)?;
        if source.consistency == Consistency::CapturedChanges {
            let rows = self.db.query(Statement::new(FINGERPRINT, [])).await?;
            if fingerprint(&rows)? != source.fingerprint {
                return Err(Stop::Anew("the schema changed during the dump".into()));
            }
        }
        let tail = writer::tail(&source.schema, &source.sequences);
        run.phase = Phase::Release;
        self.put(run, &tail).await
    }

    /// Takes captures away, whichever run they are of.
    pub(super) async fn release_captures(&self) -> Result<(), Stop> {
        let left = self.db.query(Statement::new(capture::LEFT, [])).await?;
        let mut batch = Vec::new();
        for row in &left {
            batch.push(capture::remove(&row.text("type")?, &row.text("name")?));
        }
        self.db.batch(batch).await?;
        Ok(())
    }

    /// Writes SQL down as a member of its own.
    async fn put(&self, run: &mut Run, sql: &str) -> Result<(), Stop> {
        let mut packed = Vec::new();
        self.pack(run, sql, &mut packed).await?;
        self.write_down(run, packed).await
    }

    /// Compresses SQL to one more member, and hands it to the scratch database when it can't be read back later.
    async fn pack(&self, run: &mut Run, sql: &str, packed: &mut Vec<u8>) -> Result<(), Stop> {
        if sql.is_empty() {
            return Ok(());
        }
        let member = writer::gzip(sql).map_err(|error| Stop::Again(format!("gzip: {error}")))?;
        packed.extend_from_slice(&member);
        run.sql_bytes += sql.len() as u64;
        run.members.push(member.len() as u64);
        run.waiting += member.len() as u64;
        if run.sealer.is_some() {
            self.scratch.load(&run.id, run.members.len() as u64 - 1, member).await?;
        }
        Ok(())
    }

    async fn write_down(&self, run: &Run, packed: Vec<u8>) -> Result<(), Stop> {
        self.commit(run, if packed.is_empty() { Waiting::Keep } else { Waiting::Append(packed) }).await
    }
}

fn snapshot_statements(schema: &Schema) -> Vec<Statement> {
    let mut batch = schema::statements();
    if schema.sequences {
        batch.push(capture::sequences());
    }
    if has_migrations(schema) {
        batch.push(Statement::new(MIGRATIONS, []));
    }
    batch
}

fn has_migrations(schema: &Schema) -> bool {
    schema.tables.iter().any(|table| table.name == "d1_migrations")
}

/// A count with lines added to it.
pub(super) fn counted(mut count: Count, lines: &[Cow<'_, str>]) -> Count {
    for line in lines {
        count.digest.update(line.as_bytes());
        count.digest.update(b"\n");
    }
    count.rows += lines.len() as u64;
    count
}

/// Fetches a row too large for a page, value by value and piece by piece; gives its statements.
pub(super) async fn large(
    db: &dyn Db,
    table: &Table,
    source: Source,
    key: &[String],
    counted: &mut Count,
) -> Result<String, Stop> {
    let gone = || Stop::Again("a large row is gone".into());
    let mut row = LargeRow::default();
    for from in (0..table.columns.len()).step_by(COLUMNS) {
        let columns = from..table.columns.len().min(from + COLUMNS);
        let answer = db.query(page::large_values(table, source, key, columns.clone())).await?;
        let values = answer.first().ok_or_else(gone)?;
        let bytes_of = |at: usize| -> Result<u64, DbError> {
            Ok(values.optional_integer(&format!("n{at}"))?.unwrap_or(0).unsigned_abs())
        };
        let mut stretches = Vec::new();
        for column in columns.clone() {
            let all = bytes_of(column)?;
            let offsets = (0..all).step_by(PIECE).filter(|_| all > u64::from(SMALL));
            stretches.extend(offsets.map(|from| Stretch { column, from, bytes: (all - from).min(PIECE as u64) }));
        }
        let mut groups = grouped(&stretches).into_iter();
        let mut fetched = std::collections::VecDeque::new();
        for at in columns {
            if at > 0 {
                counted.digest.update(b",");
            }
            let kind = values.text(&format!("t{at}"))?;
            let bytes = bytes_of(at)?;
            if bytes <= u64::from(SMALL) {
                let literal = small(values, at, &kind)?;
                counted.digest.update(literal.as_bytes());
                row.value(literal);
                continue;
            }
            let cast = if kind == "text" { ("CAST(X'", "' AS TEXT)", "TEXT") } else { ("X'", "'", "BLOB") };
            counted.digest.update(cast.0.as_bytes());
            for _ in (0..bytes).step_by(PIECE) {
                if fetched.is_empty() {
                    let group = groups.next().ok_or_else(gone)?;
                    let answer = db.query(page::large_pieces(table, source, key, group)).await?;
                    let pieces = answer.first().ok_or_else(gone)?;
                    for number in 0..group.len() {
                        fetched.push_back(pieces.text(&format!("p{number}"))?);
                    }
                }
                let hex = fetched.pop_front().ok_or_else(gone)?;
                counted.digest.update(hex.as_bytes());
                for piece in hex.as_bytes().chunks(STATEMENT_PIECE) {
                    row.piece(std::str::from_utf8(piece).unwrap_or_default());
                }
            }
            counted.digest.update(cast.1.as_bytes());
            row.pieced(cast.2);
        }
    }
    counted.digest.update(b"\n");
    counted.rows += 1;
    Ok(row.finish(table))
}

/// Stretches that are fetched together: as many in a row as are not too many bytes.
fn grouped(stretches: &[Stretch]) -> Vec<&[Stretch]> {
    let mut groups = Vec::new();
    let mut rest = stretches;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fit = rest.iter().take_while(|stretch| {
            bytes += stretch.bytes;
            bytes <= PIECE as u64
        });
        let (group, after) = rest.split_at(fit.count().max(1));
        groups.push(group);
        rest = after;
    }
    groups
}

fn small(values: &Row, at: usize, kind: &str) -> Result<String, DbError> {
    let shown = |values: &Row| values.text(&format!("s{at}"));
    let bytes = || Ok(literal::unhex(&shown(values)?).unwrap_or_default());
    Ok(match kind {
        "text" => literal::text(&bytes()?),
        "blob" => literal::blob(&bytes()?),
        "integer" => shown(values)?,
        "real" => {
            let quoted = shown(values)?;
            match literal::sure_real(&quoted) {
                Some(number) => literal::real(number),
                None => literal::real(values.real(&format!("r{at}"))?),
            }
        }
        _ => "NULL".into(),
    })
}

fn fingerprint(rows: &[Row]) -> Result<String, DbError> {
    let mut digest = Digest::default();
    for row in rows {
        for column in ["type", "name", "tbl_name", "sql"] {
            digest.update(row.text(column)?.as_bytes());
            digest.update(&[0]);
        }
    }
    Ok(digest.hex())
}

/// Everything in the schema, captures too.
const FINGERPRINT: &str = "SELECT type, name, tbl_name, sql FROM sqlite_schema
WHERE sql IS NOT NULL AND substr(name, 1, 4) <> '_cf_' AND substr(name, 1, 7) <> 'sqlite_' ORDER BY type, name";
const MIGRATIONS: &str = "SELECT name FROM d1_migrations ORDER BY id";
/// How many statements [`schema::statements`] are.
const SCHEMA_STATEMENTS: usize = 4;
/// Tables of a database that is read in one transaction.
const SMALL_TABLES: usize = 30;
const SMALL_ROWS: u32 = 4_096;
/// Pages of one step at most: an invocation may ask the database so and so often.
pub(super) const PAGES: u32 = 8;
/// Members of one step. What is written down costs the same for one and for two; what is read back is better small.
const MEMBERS: usize = 2;
/// Columns of a large row that are asked for at once.
const COLUMNS: usize = 20;
/// Bytes of a large value that are fetched at once.
const PIECE: usize = 256 * 1024;
/// Hex digits of a piece in one statement.
const STATEMENT_PIECE: usize = 24_000;
