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

use std::time::Duration;

use tokio_postgres::{Client, SimpleQueryMessage, Statement};

use super::error::{at_connect, refused};
use super::sql;
use crate::port::PortResult;

/// The parameters from which a store writes its statements.
pub(super) struct Template {
    /// Quoted wherever it is used.
    pub(super) schema: String,
    pub(super) statement_timeout: Duration,
}

/// A prepared statement, and the name that is sent with its parameters to identify it.
pub(super) struct Prepared {
    pub(super) statement: Statement,
    pub(super) name: String,
}

impl Template {
    /// The text of a statement, and its name.
    pub(super) fn write(&self, sql: &str) -> (String, String) {
        let (schema, sql) = (&self.schema, sql::expand(sql));
        let name = format!("{schema} {:08x}", sum(&sql));
        let ok = condition(parameters(&sql) + 1, &name, self.statement_timeout);
        (sql.replace("{ok}", &ok).replace("{s}", &format!("\"{schema}\"")), name)
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
            let template =
                Template { schema: schema.to_owned(), statement_timeout: Duration::from_secs(5) };
            for sql in all() {
                let (text, name) = template.write(&sql);
                assert!(!text.contains(['{', '}']), "{text}");
                assert_eq!(text.contains(&format!("<> '{name}'")), sql.contains("{ok}"), "{text}");
                names.insert(name);
            }
        }
        assert_eq!(names.len(), 2 * all().len());
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
