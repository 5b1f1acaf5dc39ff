//! Runs the queries of the operator's page unchanged.

use sspr::audit::EventKind;
use sspr::method::ChallengeOption;
use sspr::testing::World;
use sspr::{Attempt, MethodKind};

use crate::sqlite_store::support::{Fixture, wait};

const PAGE: &str = include_str!("../../../src/manual/operating.rs");

/// The statements of the page, each with its number.
fn queries() -> Vec<String> {
    let lines: Vec<&str> = PAGE.lines().map(|line| line.trim_start_matches("//!")).collect();
    let text = lines.join("\n");
    let block = text.split("```sql").nth(1).and_then(|rest| rest.split("```").next());
    let statements = block.expect("a block of queries").split(';').map(str::trim);
    statements.filter(|sql| !sql.is_empty()).map(str::to_owned).collect()
}

#[test]
fn the_operators_queries_run_and_find_a_guess() {
    let fixture = Fixture::new();
    let world = wait(World::builder().store(fixture.open()).registered().open());
    wait(async {
        let reply = world.start().await;
        let by_mail = ChallengeOption::preferred(MethodKind::Email).into();
        let (reply, _) = world.challenged(&reply.ticket, &by_mail, World::MAIL).await;
        let guess = Attempt::code("00000000").expect("well formed");
        let refused = world.engine.reset().prove(&world.request(), &reply.ticket, &guess).await;
        assert!(refused.is_err(), "a wrong code");
    });
    let looking = fixture.raw();
    let queries = queries();
    assert_eq!(queries.len(), 7, "{queries:?}");
    let now = world.engine.now().unix_millis();
    let mut found = Vec::new();
    for sql in &queries {
        let mut statement = looking.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let mut rows = statement.query([now]).expect("it runs");
        let mut count = 0;
        while rows.next().expect("a row").is_some() {
            count += 1;
        }
        found.push(count);
    }
    // The counts of late work and of old rows are one row each; one tenant was guessed at.
    assert_eq!(found, [1, 1, 0, 0, 1, 0, 0]);
}

#[test]
fn the_page_names_events_that_exist() {
    for sql in queries() {
        if let Some(code) = sql.split("code = '").nth(1).and_then(|rest| rest.split('\'').next()) {
            assert!(EventKind::CODES.contains(&code), "{code}");
        }
    }
    assert!(EventKind::CODES.contains(&"blocked"));
}
