//! A pool of connections for further mail.
//!
//! `lettre` has a pool, too, but calls here end at their timeout or may be dropped at any point. A
//! connection in the middle of a mail must then be closed instead of counting as idle. And this
//! pool spawns nothing.

use std::sync::Mutex;
use std::time::Duration;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::Rset;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::Timestamp;
use crate::adapters::memory::lock;

/// How long a connection may be idle: less than the five minutes that a server must wait (RFC 5321,
/// 4.5.3.2.7) and than the usual timeouts of firewalls.
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

    /// A permit to use one connection while it is held.
    pub(super) async fn slot(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed, so there is no error.
        self.slots.acquire().await.ok()
    }

    /// An idle connection that still responds, with no earlier mail open on it.
    pub(super) async fn take(
        &self,
        now: Timestamp,
        patience: Duration,
    ) -> Option<AsyncSmtpConnection> {
        loop {
            let mut idle = lock(&self.idle).pop()?;
            // After a clock step backwards the idle time is unknown.
            if now < idle.since || now.since(idle.since) > IDLE {
                continue;
            }
            if let Ok(Ok(_)) = timeout(patience, idle.connection.command(Rset)).await {
                return Some(idle.connection);
            }
        }
    }

    /// Keeps a connection whose last command got a reply.
    pub(super) fn put(&self, connection: AsyncSmtpConnection, now: Timestamp) {
        lock(&self.idle).push(Idle { connection, since: now });
    }
}
