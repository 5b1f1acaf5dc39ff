//! Connections that are kept for the next mail.
//!
//! Own, and not that of `lettre`: a call here ends at its time limit wherever it stands, and
//! whoever calls may drop it at any point. A connection that is half way through a mail must then
//! be closed, never taken for an idle one; and nothing is spawned.

use std::sync::Mutex;
use std::time::Duration;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::Rset;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::adapters::memory::lock;
use crate::domain::time::Timestamp;

/// How long a connection may be idle: below the five minutes that a server has to wait (RFC 5321,
/// 4.5.3.2.7), and below what firewalls remember.
const IDLE: Duration = Duration::from_secs(60);

pub(super) struct Pool {
    slots: Semaphore,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Timestamp,
}

impl Pool {
    pub(super) fn new(size: usize) -> Self {
        Self { slots: Semaphore::new(size), idle: Mutex::default() }
    }

    /// Leave to use one connection, as long as it is held.
    pub(super) async fn slot(&self) -> Option<SemaphorePermit<'_>> {
        // Never closed, so never an error.
        self.slots.acquire().await.ok()
    }

    /// An idle connection that still answers; no mail of a call before is open on it.
    pub(super) async fn take(
        &self,
        now: Timestamp,
        patience: Duration,
    ) -> Option<AsyncSmtpConnection> {
        loop {
            let mut idle = lock(&self.idle).pop()?;
            // A clock that went back says nothing about how long the connection has waited.
            if now < idle.since || now.since(idle.since) > IDLE {
                continue;
            }
            if let Ok(Ok(_)) = timeout(patience, idle.connection.command(Rset)).await {
                return Some(idle.connection);
            }
        }
    }

    /// Keeps a connection whose last command was answered.
    pub(super) fn put(&self, connection: AsyncSmtpConnection, now: Timestamp) {
        lock(&self.idle).push(Idle { connection, since: now });
    }
}
