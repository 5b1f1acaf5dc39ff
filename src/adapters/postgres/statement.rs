//! The condition that each statement places on its session.
//!
//! A pooler in transaction mode shares one session of the server between clients. Three things
//! would then go wrong without an error. A statement prepared under a name could be one that
//! another client prepared under the same name, in another schema: the driver numbers its
//! statements, and two processes count alike. The settings of the session, such as
//! `synchronous_commit`, could be another client's. And a table could be found by another client's
//! `search_path`. So each statement names its schema, and checks its name and the settings.
//! [`refuse_pooler`] reports a pooler clearly when the store opens; the condition holds at every
//! call, even if the pooler's mode changes later.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_postgres::{Client, SimpleQueryMessage, Statement};

use super::error::{at_connect, refused};
use super::sql;
use crate::port::PortResult;

/// The statements of a store, written with its parameters.
pub(super) struct Statements {
    /// Quoted wherever it is used.
    pub(super) schema: String,
    pub(super) statement_timeout: Duration,
    /// By the text under `sql`. Each is put together once and not at each call.
    named: Mutex<HashMap<&'static str, Arc<NamedSql>>>,
}

/// The text of a statement, and the name that is sent with its parameters to identify it.
pub(super) struct NamedSql {
    pub(super) sql: String,
    pub(super) name: String,
}

/// A prepared statement.
pub(super) struct Prepared {
    pub(super) statement: Statement,
    pub(super) named: Arc<NamedSql>,
}

impl Statements {
    pub(super) fn new(schema: String, statement_timeout: Duration) -> Self {
        Self { schema, statement_timeout, named: Mutex::default() }
    }

    /// The statement for a text under `sql`.
    pub(super) fn named(&self, sql: &'static str) -> Arc<NamedSql> {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(named.entry(sql).or_insert_with(|| Arc::new(self.write(sql))))
    }

    fn write(&self, sql: &str) -> NamedSql {
        let (schema, template) = (&self.schema, sql::expand(sql));
        let name = format!("{schema} {:08x}", sum(&template));
        let ok = condition(parameters(&template) + 1, &name, self.statement_timeout);
        let sql = template.replace("{ok}", &ok).replace("{s}", &format!("\"{schema}\""));
        NamedSql { sql, name }
    }
}

/// A condition that is true, or an error of class `22`, so that the statement is certainly rolled
/// back.
///
/// None of the texts cast here is constant, or the server would cast it during planning.
fn condition(parameter: usize, name: &str, statement_timeout: Duration) -> String {
    let timeout = shown(statement_timeout);
    format!(
        "CASE WHEN ${parameter}::text <> '{name}' THEN CAST('{SHARED} has another client''s \
         statement for ' || ${parameter}::text AS boolean) \
         WHEN current_setting('transaction_isolation') <> 'read committed' \
         OR current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') \
         OR current_setting('statement_timeout') <> '{timeout}' \
         THEN CAST('{SHARED} has settings that are not this store''s, statement_timeout ' \
         || current_setting('statement_timeout') AS boolean) ELSE true END"
    )
}

/// How the server shows a time below a minute that was set in milliseconds.
fn shown(time: Duration) -> String {
    match time.as_millis() {
        millis if millis % 1_000 == 0 => format!("{}s", millis / 1_000),
        millis => format!("{millis}ms"),
    }
}

/// The beginning of each error text of the condition.
const SHARED: &str = "a session shared by a pooler (pool_mode = session is needed)";

/// The highest parameter number of a statement.
fn parameters(sql: &str) -> usize {
    let digits =
        |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    sql.split('$').skip(1).filter_map(|text| text[..digits(text)].parse().ok()).max().unwrap_or(0)
}

/// FNV-1a, 32 bits. A test checks that it differs for all statements of a release.
fn sum(sql: &str) -> u32 {
    sql.bytes().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Refuses a pooler that shares the server's sessions between clients.
///
/// Without a pooler, or with one that pools sessions, each connection keeps a server process of its
/// own. Two connections ask for their process in turns, with a repetition for poolers that hand out
/// the session that was idle longest.
pub(super) async fn refuse_pooler(client: &Client, other: &Client) -> PortResult<()> {
    let (first, second) = (process(client).await?, process(other).await?);
    let mut shared = first == second;
    for (asked, before) in [(client, &first), (client, &first), (other, &second), (client, &first)]
    {
        shared |= process(asked).await? != *before;
    }
    if shared {
        return Err(refused(
            "a pooler in transaction mode shares the server's sessions, so settings and prepared \
             statements are mixed with those of other clients: use pool_mode = session, or connect to the \
             server itself",
        ));
    }
    Ok(())
}

/// The server process of a connection, queried without a prepared statement.
async fn process(client: &Client) -> PortResult<String> {
    let reply = client.simple_query("SELECT pg_backend_pid()").await.map_err(at_connect)?;
    let value = reply.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    value.ok_or_else(|| refused("the server did not name its process"))
}

#[cfg(test)]
mod tests {
    use super::super::sql_tests::all;
    use super::*;

    #[test]
    fn each_statement_has_a_name_of_its_own_in_each_schema() {
        let mut names = std::collections::BTreeSet::new();
        for schema in ["sspr", "other"] {
            let statements = Statements::new(schema.to_owned(), Duration::from_secs(5));
            for text in all() {
                let NamedSql { sql, name } = statements.write(&text);
                assert!(!sql.contains(['{', '}']), "{sql}");
                assert_eq!(sql.contains(&format!("<> '{name}'")), text.contains("{ok}"), "{sql}");
                names.insert(name);
            }
        }
        assert_eq!(names.len(), 2 * all().len());
    }

    #[test]
    fn a_statement_is_written_once_for_a_store() {
        let statements = Statements::new("sspr".to_owned(), Duration::from_secs(5));
        let first = statements.named(sql::LOAD);
        assert_eq!(first.sql, statements.write(sql::LOAD).sql);
        assert!(Arc::ptr_eq(&first, &statements.named(sql::LOAD)));
        assert_ne!(first.name, statements.named(sql::DUE).name);
    }

    /// Covers the range of the options: 10 milliseconds to 50 seconds.
    #[test]
    fn a_time_is_written_as_the_server_shows_it() {
        for (millis, text) in
            [(10, "10ms"), (999, "999ms"), (1_000, "1s"), (1_500, "1500ms"), (50_000, "50s")]
        {
            assert_eq!(shown(Duration::from_millis(millis)), text);
        }
        assert!(super::super::PostgresOptions::MAX_TIMEOUT < Duration::from_secs(60));
    }

    #[test]
    fn the_condition_takes_the_parameter_after_the_last() {
        assert_eq!(parameters("SELECT $1, $12::int[], $2"), 12);
        assert_eq!(parameters("SELECT 1"), 0);
    }
}
