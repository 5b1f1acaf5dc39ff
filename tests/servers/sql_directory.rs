//! The directory over a table on a PostgreSQL server.

#![cfg(all(feature = "sql-directory", feature = "postgres", feature = "conformance"))]

#[path = "../support/sql_users.rs"]
mod sql_users;

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use sspr::adapters::postgres::PostgresOptions;
use sspr::adapters::sql_directory::{SqlConfig, SqlDirectory};
use sspr::conformance::{Ability, DirectoryUnderTest, PortHarness};
use sspr::facts::WriteOutcome;
use sspr::port::{PortErrorKind, PortResult};
use tokio::runtime::Runtime;

use self::sql_users::{
    FIRST, HostDatabase, SECOND, SqlUsers, passes, set, user_table, with_one_user,
};
use crate::servers::postgres::Postgres;

sspr::conformance_tests!(directory: on_postgres, OnPostgres);

struct OnPostgres;

impl PortHarness<dyn DirectoryUnderTest> for OnPostgres {
    fn make(&self) -> Arc<dyn DirectoryUnderTest> {
        Arc::new(Schema::users())
    }

    fn drive(&self, work: Pin<Box<dyn Future<Output = ()> + Send + '_>>) {
        static RUNTIME: OnceLock<Runtime> = OnceLock::new();
        RUNTIME.get_or_init(|| Runtime::new().expect("a runtime")).block_on(work);
    }
}

/// A schema of the shared server, with a role of its own.
struct Schema {
    server: &'static Postgres,
    name: String,
    is_cut_off: AtomicBool,
}

impl Schema {
    fn users() -> SqlUsers<Self> {
        let server = Postgres::shared();
        let name = server.fresh();
        server.sql(&format!(
            "CREATE SCHEMA {name}; CREATE ROLE {name} LOGIN PASSWORD 'served';
             GRANT USAGE ON SCHEMA {name} TO {name};"
        ));
        let users =
            SqlUsers::in_database(Self { server, name, is_cut_off: AtomicBool::new(false) });
        let name = &users.database.name;
        // What the manual asks for, and no more.
        let written = "\"hash; --\", lock, temporary, until, since, number";
        users.run(&format!(
            "GRANT SELECT ON ALL TABLES IN SCHEMA {name} TO {name};
             GRANT UPDATE ({written}) ON USERS TO {name}"
        ));
        users
    }

    fn options(&self) -> PostgresOptions {
        let url = self.server.url_of(&self.name, "served", "postgres");
        PostgresOptions::parse(&url).expect("sound").with_connections(3)
    }
}

#[async_trait]
impl HostDatabase for Schema {
    fn run(&self, sql: &str) {
        self.server.sql(sql);
    }

    fn schema(&self) -> Option<String> {
        Some(self.name.clone())
    }

    async fn open(&self, config: SqlConfig) -> PortResult<SqlDirectory> {
        config.postgres(&self.options()).await
    }

    fn cut_off(&self, off: bool) -> Ability {
        if self.is_cut_off.swap(off, Ordering::Relaxed) != off {
            let login = if off { "NOLOGIN" } else { "LOGIN" };
            let name = &self.name;
            self.server.sql(&format!(
                "ALTER ROLE {name} {login};
                 SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{name}'"
            ));
        }
        Ability::Has
    }
}

/// Ends the session of the write, as a crash would, or raises an error, at the row or at the commit.
fn trigger(at_commit: bool, what: &str) -> String {
    let kind =
        if at_commit { "CREATE CONSTRAINT TRIGGER t AFTER" } else { "CREATE TRIGGER t BEFORE" };
    let when = if at_commit { "DEFERRABLE INITIALLY DEFERRED" } else { "" };
    format!(
        "CREATE FUNCTION IN.f() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
         $$BEGIN {what}; RETURN new; END$$;
         {kind} UPDATE ON USERS {when} FOR EACH ROW EXECUTE FUNCTION IN.f()"
    )
}

#[tokio::test]
async fn what_is_lost_before_the_commit_is_not_written_and_in_it_is_unknown() {
    for (at_commit, what, outcome) in [
        (false, "PERFORM pg_terminate_backend(pg_backend_pid())", WriteOutcome::Unreachable),
        (true, "PERFORM pg_terminate_backend(pg_backend_pid())", WriteOutcome::Indeterminate),
        (false, "RAISE EXCEPTION 'frozen'", WriteOutcome::AdminActionRequired),
        (true, "RAISE check_violation", WriteOutcome::AdminActionRequired),
        (false, "new.\"hash; --\" := 'cut'", WriteOutcome::AdminActionRequired),
    ] {
        let users = with_one_user(Schema::users()).await;
        users.run(&trigger(at_commit, what));
        let reply = set(&*users.directory(), SECOND, |_| {}).await;
        assert_eq!(reply.outcome, outcome, "{what}: {reply:?}");
        users.run("DROP TRIGGER t ON USERS");
        assert_eq!(passes(&*users.directory(), FIRST).await, Ok(true), "{what}: changed");
        assert_eq!(
            set(&*users.directory(), SECOND, |_| {}).await.outcome,
            WriteOutcome::Written,
            "{what}"
        );
    }
}

#[tokio::test]
async fn a_write_that_another_one_overtakes_is_unknown_and_undone() {
    let users = with_one_user(Schema::users()).await;
    let directory = users.directory();
    // Two at once, from one state of the row: at most one is under the condition that it read.
    let (one, other) = tokio::join!(
        set(&*directory, SECOND, |_| {}),
        set(&*directory, "The third password 3!", |_| {})
    );
    let written = [(&one, SECOND), (&other, "The third password 3!")];
    let mut holds = 0;
    for (reply, password) in written {
        let is_it = passes(&*directory, password).await.expect("checked");
        holds += usize::from(is_it);
        let known = matches!(reply.outcome, WriteOutcome::Written | WriteOutcome::Indeterminate);
        assert!(known && (!is_it || reply.outcome == WriteOutcome::Written), "{reply:?}");
    }
    assert_eq!(holds, 1);
}

#[tokio::test]
async fn a_right_or_a_column_that_is_missing_is_refused_at_the_start() {
    let users = Schema::users();
    let config = || SqlConfig::new(user_table(users.database.schema())).with_hash_cost(8, 1);
    assert!(users.database.open(config()).await.is_ok());
    let mut table = user_table(users.database.schema());
    table.mail = Some("e-mail".to_owned());
    let other = SqlConfig::new(table).with_hash_cost(8, 1);
    let refused = users.database.open(other).await.expect_err("no such column");
    assert_eq!(refused.kind(), PortErrorKind::Denied);
    users.run(&format!("REVOKE UPDATE (lock) ON USERS FROM {}", users.database.name));
    let refused = users.database.open(config()).await.expect_err("no right to unlock");
    assert_eq!(refused.kind(), PortErrorKind::Denied);
}
