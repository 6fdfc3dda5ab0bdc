//! What a step of a backup asks of the database at most: one invocation may ask 50 times on the free plan.

use edgekeep::backup::budget::{INVOCATION, Metered, STEP};
use edgekeep::backup::engine::Engine;
use edgekeep::backup::state::Phase;

use crate::support::backups::Bench;
use crate::support::sqlite_db::SqliteDb;

const ID: &str = "20260102T030405Z-00000001";

/// The menagerie, and rows that are as costly as a row can be: 2 MB in as many columns as there may be.
fn costly() -> SqliteDb {
    let db = SqliteDb::empty();
    db.script(include_str!("menagerie.sql")).expect("the menagerie");
    let columns: Vec<_> = (0..90).map(|at| format!("c{at}")).collect();
    let values: Vec<_> = (0..90).map(|at| format!("zeroblob({})", if at % 9 == 0 { 130_000 } else { 8_000 })).collect();
    let (columns, values) = (columns.join(","), values.join(","));
    db.script(&format!("CREATE TABLE wide ({columns}); INSERT INTO wide VALUES ({values}), ({values})")).expect("rows");
    db
}

#[tokio::test]
async fn no_step_asks_more_often_than_its_budget_and_no_invocation_more_than_the_free_plan_allows() {
    let bench = Bench { page_bytes: 100_000, ..Bench::over(costly()) };
    bench.start(ID).await;
    let (mut most_of_a_step, mut most_of_an_invocation, mut invocations) = (0, 0, 0);
    let mut over = false;
    while !over {
        // As the object takes steps: while there is room for one more.
        let db = Metered::new(bench.db.as_ref());
        let engine = Engine { db: &db, ..bench.engine() };
        while !over && db.has_room() {
            let before = db.asked();
            let run = engine.load().await.unwrap().unwrap();
            let run = engine.step(run).await.unwrap();
            most_of_a_step = most_of_a_step.max(db.asked() - before);
            over = run.phase.is_over();
            assert_ne!(run.phase, Phase::Failed, "{:?}", run.problem);
        }
        most_of_an_invocation = most_of_an_invocation.max(db.asked());
        invocations += 1;
    }
    assert!(most_of_a_step <= STEP, "a step asked {most_of_a_step} times");
    assert!(most_of_a_step > 12, "a wide row is costly: {most_of_a_step}");
    assert!(
        most_of_an_invocation <= INVOCATION && INVOCATION <= 50,
        "an invocation asked {most_of_an_invocation} times"
    );
    assert!(invocations > 2);
}
