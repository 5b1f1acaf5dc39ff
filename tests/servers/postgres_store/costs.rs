//! The cost of a call, counted by the server.

use sspr::adapters::memory::{MemoryDirectory, MemoryInbox};
use sspr::policy::Scope;
use sspr::port::Clock as _;
use sspr::port::SystemClock;
use sspr::testing::internals::Accounts;
use sspr::{
    Actor, Attempt, Engine, Keys, Policy, PolicySettings, Request, RoleId, SecretBytes, Source,
};

use crate::postgres_store::support::{Fixture, apply, tenant, wait};
use crate::servers::postgres::Postgres;
use crate::servers::wait_for;

fn keys() -> Keys {
    let secret = |byte| SecretBytes::new(vec![byte; 32]);
    Keys::new(secret(1), 1, secret(2)).unwrap()
}

fn policy() -> Policy {
    let mut settings = PolicySettings::default();
    settings.scope = Scope::All;
    Policy::new(settings).unwrap()
}

/// The first words of each statement on a table of the store, with its count.
fn counted(server: &Postgres) -> String {
    server.sql(
        "SELECT string_agg(split_part(query, ' ', 1) || ' ' || calls, ',' ORDER BY query) \
         FROM pg_stat_statements WHERE query ~ '(record|event|counter)' AND query !~ 'pg_stat'",
    )
}

#[test]
fn a_wrong_guess_is_one_read_and_one_write_and_past_the_budget_one_read() {
    let server = Postgres::start_with(&[("shared_preload_libraries", "pg_stat_statements")], &[]);
    server.sql("CREATE EXTENSION pg_stat_statements");
    let fixture = Fixture::on(&server.url());
    let store = fixture.open();
    let engine = Engine::builder()
        .keys(keys())
        .store(store.clone())
        .directory(MemoryDirectory::new())
        .sessions(sspr::port::NoSessions)
        .delivery(MemoryInbox::new());
    let engine = wait(engine.open()).unwrap();
    let admin = Actor::service("root", [RoleId::parse("Global Administrator").unwrap()]);
    wait(engine.admin(&tenant(), &admin).put_policy(&policy(), None)).unwrap();
    let accounts = Accounts::new(keys(), tenant(), policy(), SystemClock.now());
    for number in 0..2 {
        wait(accounts.put(&store, number)).unwrap();
    }
    let request = Request::new(tenant(), Source::parse("203.0.113.7"));
    let wrong = Attempt::code("00000000").unwrap();
    let guess = |number| {
        let ticket = accounts.ticket(number);
        let answer = wait(engine.reset().prove(&request, &ticket, &wrong));
        assert!(matches!(answer, Err(sspr::Error::Refused(_))), "{answer:?}");
    };
    // Reads the policy, which the engine then caches.
    guess(0);
    server.sql("SELECT pg_stat_statements_reset()");
    let before = engine.stats().comparisons;
    guess(1);
    assert_eq!(engine.stats().comparisons, before + 1);
    assert_eq!(counted(&server), "SELECT 1,WITH 1");
    while engine.stats().comparisons < before + 5 {
        guess(1);
    }
    server.sql("SELECT pg_stat_statements_reset()");
    guess(1);
    assert_eq!(engine.stats().comparisons, before + 5, "the budget is spent");
    assert_eq!(counted(&server), "SELECT 1");
}

/// Most changes of a record, and of a bucket's head, write no index entry.
#[test]
fn changes_stay_on_their_page() {
    let fixture = Fixture::new();
    let store = fixture.open();
    for version in 1..=200 {
        apply(&store, 1, version);
    }
    store.close();
    let raw = fixture.raw();
    let share = |table: &str| {
        raw.one(&format!(
            "SELECT n_tup_hot_upd * 100 / n_tup_upd FROM pg_stat_user_tables \
             WHERE relname = '{table}' AND schemaname = current_schema() AND n_tup_upd >= 199"
        ))
    };
    for table in ["record", "event_head"] {
        let found = wait_for("the server's counts", || share(table).parse::<u32>().ok());
        assert!(found >= 90, "{table}: {found}%");
    }
}
