//! Sessions of a pool that belongs to the host: their settings are the host's before and after a call.

use std::time::Duration;

use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use super::connect::set_up;
use super::error::{at_connect, refused};
use crate::port::{PortError, PortResult};

/// What [`set_up`] changes.
const SETTINGS: [&str; 4] = [
    "statement_timeout",
    "client_min_messages",
    "default_transaction_isolation",
    "synchronous_commit",
];

/// Gives a session the settings of this store, in one round trip. Returns the statement that gives it back
/// its own.
pub(super) async fn borrow(client: &Client, statement_timeout: Duration) -> PortResult<String> {
    let settings = SETTINGS.map(|name| format!("current_setting('{name}')")).join(", ");
    let sql = format!("SELECT {IN_TRANSACTION}, {settings}; {}", set_up(statement_timeout));
    let replies = client.simple_query(&sql).await.map_err(at_connect)?;
    let silent = || refused("the server did not show its settings");
    let shown = replies.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let row = shown.ok_or_else(silent)?;
    if row.get(0) != Some("f") {
        let open = "postgres: the pool handed out a connection inside a transaction, it was closed";
        return Err(PortError::unavailable().because(open));
    }
    give_back(row).ok_or_else(silent)
}

/// Whether an earlier statement began the transaction: a simple query outside one begins at the time of its
/// transaction. Its commit would not be durable, and an error would undo the host's work.
const IN_TRANSACTION: &str = "now() <> statement_timestamp()";

fn give_back(row: &SimpleQueryRow) -> Option<String> {
    let mut calls = Vec::new();
    for (column, name) in (1..).zip(SETTINGS) {
        let value = row.get(column)?.replace('\'', "''");
        calls.push(format!("set_config('{name}', '{value}', false)"));
    }
    Some(format!("SELECT {}", calls.join(", ")))
}
