//! Backups over real SQLite: every type, one instant, every fault, and nothing that counts without having been restored.

use edgekeep::backup::catalog;
use edgekeep::backup::digest::Digest;
use edgekeep::backup::manifest::{Consistency, FORMAT, Manifest, manifest_key, object_key, verified_key};
use edgekeep::backup::retention::Policy;
use edgekeep::backup::state::{Phase, Run};
use edgekeep::backup::writer::{self, END};
use edgekeep::ports::{Clock as _, Objects as _, PortError};

use crate::support::age::Identity;
use crate::support::backups::{Bench, gunzipped};
use crate::support::faults::Fault;
use crate::support::sqlite_db::SqliteDb;

const ID: &str = "20260102T030405Z-00000001";

/// A database of everything that SQLite has and D1 takes.
fn menagerie() -> SqliteDb {
    let db = SqliteDb::empty();
    db.script(MENAGERIE).expect("the menagerie");
    db
}

fn manifest(bench: &Bench, id: &str) -> Manifest {
    serde_json::from_slice(&bench.objects.look(&manifest_key(id)).expect("a manifest")).expect("JSON")
}

/// The dump loaded by SQLite as it is.
fn restored(sql: &str) -> SqliteDb {
    let db = SqliteDb::empty();
    db.script("PRAGMA foreign_keys = OFF").unwrap();
    db.script(sql).unwrap_or_else(|error| panic!("the dump does not load: {error}"));
    db
}

fn assert_same(found: &SqliteDb, wanted: &[(String, Vec<Vec<String>>)]) {
    let found = found.cells();
    assert_eq!(
        found.iter().map(|(name, rows)| (name, rows.len())).collect::<Vec<_>>(),
        wanted.iter().map(|(name, rows)| (name, rows.len())).collect::<Vec<_>>()
    );
    for ((name, found), (_, wanted)) in found.iter().zip(wanted) {
        for (at, (found, wanted)) in found.iter().zip(wanted).enumerate() {
            assert_eq!(found, wanted, "{name}, row {at}");
        }
    }
}

fn schema_of(db: &SqliteDb) -> Vec<String> {
    let rows = db.look("SELECT coalesce(sql, '') AS sql FROM sqlite_schema ORDER BY type, name", []);
    rows.iter().map(|row| row.text("sql").unwrap()).collect()
}

fn assert_good(run: &Run) {
    assert_eq!((run.phase, run.problem.as_deref()), (Phase::Done, None), "{:?}", run.problem);
}

#[tokio::test]
async fn every_value_survives_however_large_the_database() {
    for small_bytes in [0, 50_000_000] {
        let bench = Bench { small_bytes, ..Bench::over(menagerie()) };
        let (cells, schema) = (bench.db.cells(), schema_of(&bench.db));
        assert_good(&bench.run(ID).await);
        let back = restored(&bench.sql(ID));
        assert_same(&back, &cells);
        assert_eq!(schema_of(&back), schema);
        assert_eq!(schema_of(&bench.db), schema, "captures are taken away");
        let sequence = |db: &SqliteDb| db.number("SELECT seq FROM sqlite_sequence WHERE name = 'counted'", []);
        assert_eq!(sequence(&back), sequence(&bench.db));
        assert_eq!(
            manifest(&bench, ID).tables.iter().map(|table| table.rows).sum::<u64>(),
            cells.iter().map(|(_, rows)| rows.len() as u64).sum::<u64>()
        );
    }
}

#[tokio::test]
async fn a_small_database_is_read_in_one_transaction_and_a_large_one_by_captures() {
    let db = SqliteDb::migrated();
    let bench = Bench { small_bytes: 500_000, ..Bench::over(db) };
    assert_good(&bench.run(ID).await);
    assert_eq!(manifest(&bench, ID).consistency, Consistency::OneTransaction);
    let sql: Vec<_> = bench.db.take_statements().into_iter().map(|statement| statement.sql).collect();
    assert!(!sql.iter().any(|sql| sql.contains("CREATE TRIGGER")), "{sql:?}");
    let bench = Bench::over(SqliteDb::migrated());
    assert_good(&bench.run(ID).await);
    assert_eq!(manifest(&bench, ID).consistency, Consistency::CapturedChanges);
}

#[tokio::test]
async fn data_stands_on_one_line_and_no_statement_is_too_long_for_d1() {
    let bench = Bench::over(menagerie());
    assert_good(&bench.run(ID).await);
    let sql = bench.sql(ID);
    for statement in sql.split(";\n") {
        assert!(statement.len() < 100_000, "{} bytes: {:.80}", statement.len(), statement);
    }
    assert!(!sql.contains("BEGIN TRANSACTION") && !sql.contains('\r') && !sql.contains('\0'));
}

/// Writes of every kind, many of which push rows out, move keys or go on to other tables.
fn disturb(db: &SqliteDb, seed: u32) {
    let n = seed % 400;
    let m = seed.wrapping_mul(7919) % 400;
    let scripts = [
        format!("INSERT OR REPLACE INTO plain (id, a, b, c) VALUES ({n}, 'new{seed}', {m}, x'00')"),
        format!("UPDATE plain SET a = a || 'x' WHERE id % 7 = {}", seed % 7),
        format!("DELETE FROM plain WHERE id BETWEEN {n} AND {}", n + 2),
        format!("UPDATE OR REPLACE plain SET id = {m} WHERE id = {n}"),
        format!("INSERT INTO plain (id, a) VALUES ({n}, 'up') ON CONFLICT (id) DO UPDATE SET a = 'up{seed}'"),
        format!("INSERT OR REPLACE INTO uniques (id, u, v, w) VALUES ({}, 'u{n}', {m}, 'W{m}')", 1_000 + seed),
        format!("UPDATE OR REPLACE uniques SET u = 'u{n}', v = {m}, w = 'w{n}' WHERE id = {m}"),
        format!("REPLACE INTO keyed VALUES ('K{n}', {m}, 'seed{seed}')"),
        format!("UPDATE OR REPLACE keyed SET a = 'k{m}' WHERE a = 'k{n}'"),
        format!("DELETE FROM keyed WHERE b = {m}"),
        format!("DELETE FROM parents WHERE id = {n}"),
        format!("DELETE FROM trees WHERE id = {}", n % 60),
        format!("INSERT INTO counted (v) VALUES ('later{seed}')"),
        format!(
            "UPDATE accounts SET money = money - 5 WHERE id = {}; UPDATE vaults SET money = money + 5 WHERE id = {}",
            n % 50,
            m % 50
        ),
        "UPDATE large SET b = x'ff' WHERE id = 1".into(),
        format!("INSERT OR IGNORE INTO uniques (id, u, v, w) VALUES ({n}, 'u{n}', {m}, 'x')"),
        format!("UPDATE moving SET v = v + 1 WHERE id = {n}"),
    ];
    let script = &scripts[seed as usize % scripts.len()];
    db.script(script).unwrap_or_else(|error| panic!("{script}: {error}"));
}

#[tokio::test]
async fn is_of_one_instant_whatever_is_written_meanwhile() {
    for round in 0..6 {
        let bench = Bench { page_bytes: 3_000, ..Bench::over(menagerie()) };
        bench.start(ID).await;
        let wanted = bench.db.cells();
        assert_eq!(bench.step().await.unwrap().phase, Phase::Rows);
        let mut seed = round * 1_000;
        loop {
            let run = bench.step().await.unwrap();
            if run.phase.is_over() {
                assert_good(&run);
                break;
            }
            for _ in 0..8 {
                seed += 1;
                disturb(&bench.db, seed);
            }
        }
        assert!(seed > round * 1_000 + 300, "only {seed} changes");
        assert_same(&restored(&bench.sql(ID)), &wanted);
        assert_ne!(bench.db.cells(), wanted);
    }
}

#[tokio::test]
async fn value_moved_between_tables_during_a_dump_is_neither_lost_nor_doubled() {
    let bench = Bench { page_bytes: 1_000, ..Bench::over(menagerie()) };
    bench.start(ID).await;
    let done = std::sync::atomic::AtomicBool::new(false);
    let writer = async {
        let mut moves = 0_u32;
        while !done.load(std::sync::atomic::Ordering::Relaxed) {
            moves += 1;
            let sql = format!(
                "UPDATE accounts SET money = money - 1 WHERE id = {0}; UPDATE vaults SET money = money + 1 WHERE id = {0}",
                moves % 50
            );
            bench.db.script(&format!("BEGIN; {sql}; COMMIT")).unwrap();
            tokio::task::yield_now().await;
        }
        moves
    };
    let dump = async {
        let run = bench.finish().await;
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        run
    };
    let (run, moves) = tokio::join!(dump, writer);
    assert_good(&run);
    assert!(moves > 50, "{moves} moves");
    let sum = "SELECT (SELECT sum(money) FROM accounts) + (SELECT sum(money) FROM vaults)";
    assert_eq!(restored(&bench.sql(ID)).number(sum, []), bench.db.number(sum, []));
}

#[tokio::test]
async fn captures_are_in_nobodys_way() {
    let quiet = menagerie();
    let bench = Bench { page_bytes: 3_000, ..Bench::over(menagerie()) };
    bench.start(ID).await;
    bench.step().await.unwrap();
    for seed in 0..600 {
        disturb(&quiet, seed);
        disturb(&bench.db, seed);
    }
    assert_eq!(bench.db.cells(), quiet.cells(), "the same writes have the same effect");
}

#[tokio::test]
async fn a_fault_of_any_call_loses_nothing() {
    no_fault_loses_anything(faulty, |bench| bench.sql(ID)).await;
}

#[tokio::test]
async fn a_fault_of_any_call_loses_nothing_of_what_is_encrypted() {
    let plain = faulty();
    assert_good(&plain.run(ID).await);
    let identity = Identity::new();
    let encrypted = || Bench { recipient: Some(identity.recipient()), ..faulty() };
    let sql = no_fault_loses_anything(encrypted, |bench| {
        gunzipped(&identity.open(&bench.objects.look(&object_key(ID, true)).expect("the object")))
    });
    assert_eq!(sql.await, plain.sql(ID));
}

/// Takes a run to its end for each call that it makes, which fails or loses its answer. Gives the SQL that all of them made.
async fn no_fault_loses_anything(new: impl Fn() -> Bench, sql_of: impl Fn(&Bench) -> String) -> String {
    // How many calls an undisturbed run makes.
    let calm = new();
    assert_good(&calm.run(ID).await);
    let calls =
        [calm.db.faults.calls(), calm.objects.faults.calls(), calm.journal.faults.calls(), calm.scratch.faults.calls()];
    assert!(calls[0] > 20 && calls[1] > 15, "{calls:?}");
    let sql = sql_of(&calm);
    for (port, calls) in calls.into_iter().enumerate() {
        for n in 1..=calls {
            for lose in [false, true] {
                let bench = new();
                bench.start(ID).await;
                let error = || PortError::Failed("on command".into());
                let fault = if lose { Fault::Lose(error()) } else { Fault::Fail(error()) };
                let database = edgekeep::ports::DbError::Unavailable("on command".into());
                match port {
                    0 => bench.db.faults.on(n, if lose { Fault::Lose(database) } else { Fault::Fail(database) }),
                    1 => bench.objects.faults.on(n, fault),
                    2 => bench.journal.faults.on(n, fault),
                    _ => bench.scratch.faults.on(n, fault),
                }
                // Nothing counts before it is complete and restored.
                let run = loop {
                    let step = bench.step().await;
                    let listed = catalog::one(bench.objects.as_ref(), ID).await.unwrap_or_default();
                    let run = bench.engine().load().await.unwrap().unwrap();
                    if let Some(backup) = listed {
                        assert!(bench.objects.look(&backup.manifest.object.key).is_some());
                        assert!(backup.verified_at.is_none() || run.phase as u8 >= Phase::Attest as u8);
                    }
                    if step.is_ok_and(|run| run.phase.is_over()) {
                        break run;
                    }
                };
                assert_eq!(run.phase, Phase::Done, "port {port}, call {n}: {:?}", run.problem);
                assert_eq!(sql_of(&bench), sql, "port {port}, call {n}");
                // An upload whose id was lost on its way can't be aborted; R2 forgets it after a week.
                assert!(bench.objects.open_uploads() <= usize::from(lose && port == 1));
                assert_eq!(schema_of(&bench.db), schema_of(&calm.db));
            }
        }
    }
    sql
}

#[tokio::test]
async fn a_part_that_goes_in_pieces_is_the_part_that_goes_at_once() {
    let pieces = || Bench { part_chunks: 6, ..Bench::over(incompressible(25)) };
    let bench = pieces();
    assert_good(&bench.run(ID).await);
    let calm = Bench::over(incompressible(25));
    assert_good(&calm.run(ID).await);
    assert_eq!(bench.sql(ID), calm.sql(ID));
    let parts = manifest(&bench, ID).object.parts;
    assert!(parts.len() > 1 && parts[0].bytes == 6 << 16, "{parts:?}");

    // A journal that has lost bytes is found out before anything counts.
    let bench = pieces();
    bench.start(ID).await;
    while bench.journal.waiting() <= 6 << 16 {
        bench.step().await.unwrap();
    }
    bench.step().await.unwrap();
    bench.journal.truncate(5 << 16);
    let run = bench.finish().await;
    assert_eq!(run.phase, Phase::Failed);
    assert_eq!(run.problem.as_deref(), Some("the run has lost its thread"));
    assert_eq!(bench.objects.open_uploads(), 0);
}

/// Small enough to be dumped a few hundred times, large enough for pages, large rows and several parts.
fn faulty() -> Bench {
    Bench { page_bytes: 60_000, ..Bench::over(incompressible(7)) }
}

/// So many large rows, and a few small ones.
fn incompressible(rows: u32) -> SqliteDb {
    let db = SqliteDb::empty();
    db.script(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b BLOB);
         CREATE TABLE k (x TEXT, y INT, PRIMARY KEY (x, y)) WITHOUT ROWID;
         INSERT INTO k VALUES ('a', 1), ('a', 2), ('b', 1);",
    )
    .unwrap();
    // Nothing that could be compressed, the same each time.
    let mut state = 1_u64;
    for id in 1..=rows {
        let mut hex = String::new();
        while hex.len() < 60_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            hex.push_str(&format!("{:08x}", state >> 32));
        }
        db.script(&format!("INSERT INTO a VALUES ({id}, x'{hex}')")).unwrap();
    }
    db
}

#[tokio::test]
async fn gives_up_on_what_never_works_and_cleans_up() {
    let bench = Bench::over(menagerie());
    let schema = schema_of(&bench.db);
    bench.start(ID).await;
    for _ in 0..5 {
        bench.step().await.unwrap();
    }
    bench.objects.faults.always(Fault::Fail(PortError::Timeout));
    let run = bench.finish().await;
    assert_eq!(run.phase, Phase::Failed);
    assert_eq!(schema_of(&bench.db), schema, "captures are taken away");
    assert_eq!(bench.journal.waiting(), 0);
    assert!(catalog::all(bench.objects.as_ref()).await.is_err());
    bench.objects.faults.heal();
    assert_eq!(catalog::all(bench.objects.as_ref()).await.unwrap(), []);
}

#[tokio::test]
async fn begins_anew_when_the_schema_changes_and_refuses_what_it_cannot_back_up() {
    let bench = Bench { page_bytes: 3_000, ..Bench::over(menagerie()) };
    bench.start(ID).await;
    bench.step().await.unwrap();
    bench.db.script("ALTER TABLE plain ADD COLUMN later TEXT DEFAULT 'x'").unwrap();
    let run = bench.finish().await;
    assert_eq!((run.phase, run.restarts), (Phase::Done, 1));
    assert_same(&restored(&bench.sql(ID)), &bench.db.cells());

    let bench = Bench::over(SqliteDb::empty());
    bench.db.script("CREATE VIRTUAL TABLE words USING fts5(word)").unwrap();
    let run = bench.run(ID).await;
    assert_eq!(run.phase, Phase::Failed);
    assert!(run.problem.unwrap().contains("words"));
}

#[tokio::test]
async fn what_a_dead_run_has_left_is_taken_away_by_the_next() {
    let bench = Bench::over(menagerie());
    let schema = schema_of(&bench.db);
    bench.start(ID).await;
    for _ in 0..4 {
        bench.step().await.unwrap();
    }
    assert_ne!(schema_of(&bench.db), schema);
    // Another run, whose journal knows nothing of the first.
    let next = "20260103T030405Z-00000002";
    assert_good(&bench.run(next).await);
    assert_eq!(schema_of(&bench.db), schema);
    assert_same(&restored(&bench.sql(next)), &bench.db.cells());
}

#[tokio::test]
async fn a_flipped_bit_anywhere_is_found() {
    let bench = faulty();
    let (run, key, whole) = bits_flipped_are_found(&bench, |_, _| ()).await;
    bench.objects.plant(&key, whole);
    bench.engine().start(&run).await.unwrap();
    assert_good(&bench.finish().await);
    // A manifest that is not the one that was verified is not verified.
    let mut text = bench.objects.look(&manifest_key(ID)).unwrap();
    let at = text.windows(4).position(|part| part == b"rows").unwrap();
    text[at + 7] ^= 1;
    bench.objects.plant(&manifest_key(ID), text);
    let backup = catalog::one(bench.objects.as_ref(), ID).await.unwrap();
    assert!(backup.is_none_or(|backup| backup.verified_at.is_none()));
}

#[tokio::test]
async fn a_flipped_bit_of_what_is_encrypted_is_found() {
    let bench = Bench { recipient: Some(Identity::new().recipient()), ..faulty() };
    bits_flipped_are_found(&bench, |part, failed| {
        let told = format!("verification: part {part} in the bucket is not what was put there");
        assert_eq!(failed.problem, Some(told));
    })
    .await;
}

/// Flips one bit of each part's first, middle and last byte, one after the other, and gives each part's number and the run that
/// failed for it to `look`. What comes back is the run before it looks at the object, its key, and the object as it was.
async fn bits_flipped_are_found(bench: &Bench, look: impl Fn(u16, Run)) -> (Run, String, Vec<u8>) {
    bench.start(ID).await;
    let run = bench.until(Phase::Load).await;
    let key = object_key(ID, bench.recipient.is_some());
    let whole = bench.objects.look(&key).unwrap();
    let parts = manifest(bench, ID).object.parts;
    assert!(parts.len() > 1, "{} parts", parts.len());
    let mut from = 0;
    for (number, part) in (1..).zip(&parts) {
        for at in [from, from + part.bytes / 2, from + part.bytes - 1] {
            let mut bytes = whole.clone();
            bytes[usize::try_from(at).unwrap()] ^= 0x10;
            bench.objects.plant(&key, bytes);
            bench.engine().start(&run).await.unwrap();
            let failed = bench.finish().await;
            assert_eq!(failed.phase, Phase::Failed, "byte {at}");
            assert!(bench.objects.look(&verified_key(ID)).is_none(), "byte {at}");
            look(number, failed);
        }
        from += part.bytes;
    }
    (run, key, whole)
}

#[tokio::test]
async fn a_manifest_vouches_for_itself() {
    let bench = Bench::over(menagerie());
    assert_good(&bench.run(ID).await);
    let text = String::from_utf8(bench.objects.look(&manifest_key(ID)).unwrap()).unwrap();
    let digest = manifest(&bench, ID).self_sha256.expect("a digest of itself");
    assert_eq!(Digest::of(text.replace(&digest, &"0".repeat(64)).as_bytes()), digest);
    let without = Manifest { self_sha256: None, ..manifest(&bench, ID) };
    let old = serde_json::to_vec_pretty(&without).unwrap();
    assert!(!String::from_utf8_lossy(&old).contains("self_sha256"));
    bench.objects.plant(&manifest_key(ID), old);
    assert_eq!(
        catalog::one(bench.objects.as_ref(), ID).await.unwrap().unwrap().manifest,
        without,
        "as those of before"
    );
}

#[tokio::test]
async fn a_run_that_another_version_takes_up_attests_the_manifest_that_lies_there() {
    let bench = Bench::over(menagerie());
    bench.start(ID).await;
    bench.until(Phase::Load).await;
    let before = Manifest { self_sha256: None, software: "0.0.9".into(), ..manifest(&bench, ID) };
    bench.objects.plant(&manifest_key(ID), serde_json::to_vec_pretty(&before).unwrap());
    assert_good(&bench.finish().await);
    let backup = catalog::one(bench.objects.as_ref(), ID).await.unwrap().unwrap();
    assert!(backup.verified_at.is_some());
}

#[tokio::test]
async fn a_manifest_that_changed_before_it_was_attested_is_not_attested() {
    let bench = Bench::over(menagerie());
    bench.start(ID).await;
    bench.until(Phase::Load).await;
    let other = Manifest { as_of: "2027-01-02T03:04:05.000Z".into(), ..manifest(&bench, ID) };
    bench.objects.plant(&manifest_key(ID), other.sealed().unwrap());
    assert_eq!(bench.finish().await.phase, Phase::Failed);
    assert!(bench.objects.look(&verified_key(ID)).is_none());
}

#[tokio::test]
async fn what_a_newer_version_made_is_left_alone() {
    let bench = Bench::over(menagerie());
    assert_good(&bench.run(ID).await);
    let newer = Manifest { format: FORMAT + 1, ..manifest(&bench, ID) };
    bench.objects.plant(&manifest_key(ID), newer.sealed().unwrap());
    assert_eq!(catalog::one(bench.objects.as_ref(), ID).await.unwrap(), None);
    assert_eq!(catalog::verdicts(bench.objects.as_ref(), &Policy::default(), i64::MAX).await.unwrap(), []);
}

#[tokio::test]
async fn only_a_whole_dump_ends_with_its_mark() {
    for small_bytes in [0, 50_000_000] {
        let bench = Bench { small_bytes, ..Bench::over(menagerie()) };
        assert_good(&bench.run(ID).await);
        let object = bench.objects.look(&object_key(ID, false)).unwrap();
        let (mut sql, mut from) = (String::new(), 0);
        for size in manifest(&bench, ID).object.members {
            assert!(!sql.ends_with(END), "half of it does not");
            let to = from + usize::try_from(size).unwrap();
            sql += &writer::gunzip(&object[from..to]).unwrap();
            from = to;
        }
        assert!(sql.ends_with(END) && sql == bench.sql(ID));
    }
}

#[tokio::test]
async fn rows_that_did_not_survive_the_restore_are_seen() {
    let bench = faulty();
    bench.start(ID).await;
    bench.until(Phase::Compare).await;
    bench.scratch.db().script("UPDATE k SET y = 3 WHERE x = 'b'").unwrap();
    let run = bench.finish().await;
    assert_eq!(run.phase, Phase::Failed);
    assert!(run.problem.unwrap().contains("table k"), "it says where");
    assert!(bench.objects.look(&verified_key(ID)).is_none());
}

#[tokio::test]
async fn passes_over_foreign_objects_and_keeps_what_the_policy_keeps() {
    let bench = Bench { small_bytes: 500_000, keep: Policy::parse("2d").unwrap(), ..Bench::over(SqliteDb::migrated()) };
    let foreign = [
        "backups/readme.txt",
        "backups/x/manifest.json",
        "backups/20260101T000000Z-0000000f/manifest.json",
        "else/20260101T000000Z-0000000f/manifest.json",
    ];
    for key in foreign {
        bench.objects.plant(key, b"{\"format\": 1}".to_vec());
    }
    let day = edgekeep::domain::time::DAY_MS;
    for n in 2..6 {
        assert_good(&bench.run(&format!("2026010{n}T030405Z-00000001")).await);
        bench.clock.advance(day);
    }
    let left: Vec<_> =
        catalog::all(bench.objects.as_ref()).await.unwrap().into_iter().map(|backup| backup.manifest.id).collect();
    assert_eq!(left, ["20260104T030405Z-00000001", "20260105T030405Z-00000001"]);
    let keys = bench.objects.keys();
    assert!(foreign.iter().all(|key| keys.contains(&(*key).to_owned())));
    assert_eq!(keys.len(), foreign.len() + 6, "{keys:?}");
    // The clock jumps back: nothing goes, the newest stays.
    bench.clock.advance(-30 * day);
    assert_good(&bench.run("20251207T030405Z-00000001").await);
    assert_eq!(catalog::all(bench.objects.as_ref()).await.unwrap().len(), 3);
    let newest = catalog::newest_verified(bench.objects.as_ref(), bench.clock.now_ms()).await.unwrap();
    assert_eq!(
        newest.unwrap().manifest.id,
        "20251207T030405Z-00000001",
        "what is dated in the future says nothing of today"
    );
}

const MENAGERIE: &str = include_str!("menagerie.sql");

#[tokio::test]
async fn the_one_before_is_the_newest_that_was_restored() {
    let bench = faulty();
    let ids = ["20260101T000000Z-00000001", "20260102T000000Z-00000001", "20260103T000000Z-00000001"];
    for id in ids {
        assert_good(&bench.run(id).await);
    }
    let before = |id: &'static str| async { catalog::verified_before(bench.objects.as_ref(), id).await.unwrap() };
    assert_eq!(before(ids[2]).await.unwrap().manifest.id, ids[1]);
    assert_eq!(before(ids[0]).await, None);
    bench.objects.delete(&edgekeep::backup::manifest::verified_key(ids[1])).await.unwrap();
    assert_eq!(before(ids[2]).await.unwrap().manifest.id, ids[0], "one that was not restored does not count");
}

#[tokio::test]
async fn a_backup_that_shrank_pushes_nothing_out_and_the_next_does() {
    let bench = Bench { keep: Policy::parse("7d").unwrap(), ..Bench::over(SqliteDb::empty()) };
    bench.db.script("CREATE TABLE people (id INTEGER PRIMARY KEY); WITH n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100) INSERT INTO people SELECT n FROM n").unwrap();
    let kept = || async { catalog::all(bench.objects.as_ref()).await.unwrap().len() };
    assert_good(&bench.run("20260101T000000Z-00000001").await);
    bench.clock.advance(1_000);
    assert_good(&bench.run("20260101T010000Z-00000001").await);
    bench.clock.advance(1_000);
    assert_eq!(kept().await, 1, "two of one day");
    bench.db.script("DELETE FROM people WHERE id > 50").unwrap();
    let run = bench.run("20260101T020000Z-00000001").await;
    assert_good(&run);
    let all = "all tables have 50 rows, and 100 in the backup before".to_owned();
    let own = "table people has 50 rows, and 100 in the backup before".to_owned();
    assert_eq!((run.shrunken(), kept().await), (vec![all, own], 2));
    bench.clock.advance(1_000);
    let run = bench.run("20260101T030000Z-00000001").await;
    assert_good(&run);
    assert_eq!((run.shrunken(), kept().await), (vec![], 1));
}

#[tokio::test]
async fn a_table_that_was_emptied_is_told_beside_a_larger_one() {
    let bench = Bench::over(SqliteDb::empty());
    let fill = |table: &str, rows: u32| {
        let numbers = format!("WITH n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {rows})");
        bench.db.script(&format!("{numbers} INSERT INTO {table} SELECT n FROM n")).unwrap();
    };
    bench.db.script("CREATE TABLE people (id INTEGER PRIMARY KEY); CREATE TABLE logs (id INTEGER PRIMARY KEY); CREATE TABLE few (id INTEGER PRIMARY KEY)").unwrap();
    fill("people", 44);
    fill("few", 3);
    fill("logs", 5_000);
    assert_good(&bench.run("20260101T000000Z-00000001").await);
    bench.db.script("DELETE FROM people; DELETE FROM few").unwrap();
    let run = bench.run("20260102T000000Z-00000001").await;
    assert_good(&run);
    assert_eq!(run.shrunken(), ["table people has 0 rows, and 44 in the backup before"]);
    bench.db.script("DROP TABLE logs").unwrap();
    let run = bench.run("20260103T000000Z-00000001").await;
    assert_good(&run);
    let told = [
        "all tables have 0 rows, and 5000 in the backup before",
        "table logs has 0 rows, and 5000 in the backup before",
    ];
    assert_eq!(run.shrunken(), told, "one that is gone has none");
}

#[tokio::test]
async fn no_name_of_a_table_or_column_is_in_the_way() {
    let names = ["t", "f", "w", "found", "fit", "line", "lines", "k0", "c0", "q0", "n0", "total", "x"];
    let columns: Vec<_> = names.iter().map(|name| format!("{name} TEXT")).collect();
    let values: Vec<_> = names.iter().map(|name| format!("'{name}'")).collect();
    for small_bytes in [0, 1_000_000] {
        let db = SqliteDb::empty();
        for name in names {
            let columns = columns.join(", ");
            db.script(&format!("CREATE TABLE {name} ({columns}); INSERT INTO {name} VALUES ({})", values.join(", ")))
                .unwrap();
        }
        let bench = Bench { small_bytes, ..Bench::over(db) };
        let run = bench.run(ID).await;
        assert_good(&run);
        assert_eq!(run.rows(), names.len() as u64);
    }
}

#[tokio::test]
async fn a_bucket_that_can_not_be_pruned_is_no_fault_of_the_backup() {
    let bench = faulty();
    bench.start(ID).await;
    bench.until(Phase::Prune).await;
    bench.objects.faults.always(Fault::Fail(PortError::Failed("on command".into())));
    let run = bench.finish().await;
    assert_eq!((run.phase, run.problem.as_deref()), (Phase::Done, Some("prune: on command")));
    bench.objects.faults.heal();
    let backup = catalog::one(bench.objects.as_ref(), ID).await.unwrap().unwrap();
    assert!(backup.verified_at.is_some());
}

/// Four backups of four days, of which a policy of one day lets three go.
async fn four_days() -> (Bench, [&'static str; 4]) {
    let bench = Bench { small_bytes: 500_000, ..Bench::over(SqliteDb::migrated()) };
    let ids = [
        "20260102T030405Z-00000001",
        "20260103T030405Z-00000001",
        "20260104T030405Z-00000001",
        "20260105T030405Z-00000001",
    ];
    for id in ids {
        assert_good(&bench.run(id).await);
        bench.clock.advance(edgekeep::domain::time::DAY_MS);
    }
    (bench, ids)
}

fn keys_of(bench: &Bench, id: &str) -> usize {
    bench.objects.keys().iter().filter(|key| key.contains(id)).count()
}

#[tokio::test]
async fn what_a_lock_keeps_is_in_the_way_of_nothing_older() {
    let (bench, ids) = four_days().await;
    let policy = Policy::parse("1d").unwrap();
    let prune = || async { catalog::prune(bench.objects.as_ref(), &policy, bench.clock.now_ms()).await };
    let locked = [verified_key(ids[2]), manifest_key(ids[2]), object_key(ids[2], false)];
    bench.objects.lock(locked.iter().map(String::as_str));
    assert!(prune().await.is_err(), "it says that something was kept");
    assert_eq!(ids.map(|id| keys_of(&bench, id)), [0, 0, 3, 3]);
    // What was written last is let go last: until then all of it stays.
    bench.objects.lock([verified_key(ids[2]).as_str()]);
    assert!(prune().await.is_err());
    assert_eq!(keys_of(&bench, ids[2]), 3);
    let backup = catalog::one(bench.objects.as_ref(), ids[2]).await.unwrap().unwrap();
    assert!(backup.verified_at.is_some());
    bench.objects.lock([]);
    assert_eq!(prune().await.unwrap(), [ids[2]]);
    assert_eq!(keys_of(&bench, ids[2]), 0);
}

#[tokio::test]
async fn what_went_half_does_not_count_and_goes_the_next_time() {
    let policy = Policy::parse("1d").unwrap();
    let (calm, _) = four_days().await;
    let before = calm.objects.faults.calls();
    assert_eq!(catalog::prune(calm.objects.as_ref(), &policy, calm.clock.now_ms()).await.unwrap().len(), 3);
    for n in 1..=calm.objects.faults.calls() - before {
        for lose in [false, true] {
            let (bench, ids) = four_days().await;
            let error = PortError::Failed("on command".into());
            bench.objects.faults.on(n, if lose { Fault::Lose(error) } else { Fault::Fail(error) });
            assert!(catalog::prune(bench.objects.as_ref(), &policy, bench.clock.now_ms()).await.is_err(), "call {n}");
            for id in ids {
                let backup = catalog::one(bench.objects.as_ref(), id).await.unwrap();
                let counts = backup.is_some_and(|backup| backup.verified_at.is_some());
                assert!(!counts || keys_of(&bench, id) == 3, "call {n}: {id} looks whole");
            }
            catalog::prune(bench.objects.as_ref(), &policy, bench.clock.now_ms()).await.unwrap();
            assert_eq!(ids.map(|id| keys_of(&bench, id)), [0, 0, 0, 3], "call {n}");
        }
    }
}

#[tokio::test]
async fn a_manifest_is_written_once_under_a_lock_too() {
    is_written_once_under_a_lock(Phase::Commit, &manifest_key(ID)).await;
}

#[tokio::test]
async fn an_attestation_is_written_once_under_a_lock_too() {
    is_written_once_under_a_lock(Phase::Attest, &verified_key(ID)).await;
}

/// An object is written in a phase, that it was is not written down, and from then on a lock holds it.
async fn is_written_once_under_a_lock(phase: Phase, key: &str) {
    let bench = faulty();
    bench.start(ID).await;
    bench.until(phase).await;
    bench.journal.faults.fail_on(1, PortError::Failed("on command".into()));
    bench.step().await.unwrap();
    let text = bench.objects.look(key).expect("the object");
    bench.objects.lock([key]);
    bench.clock.advance(1_000);
    assert_good(&bench.finish().await);
    assert_eq!(bench.objects.look(key), Some(text));
}
