//! Connections to a list of servers that are each as good as the others.
//!
//! One server is used until it fails: what was written there can be read back there, before the others
//! have it. Calls end at their timeout or may be dropped at any point; a connection in the middle of a
//! request is then closed. Nothing is spawned.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::connection::{LdapConnection, start_tls};
use super::fault::{LdapCause, LdapFault, LdapReply, LdapStage};
use super::outcome::code;
use crate::adapters::memory::lock;
use crate::port::Clock;
use crate::{SecretText, Timestamp};

/// How long a connection may be idle: less than the usual timeouts of firewalls and servers.
const IDLE: Duration = Duration::from_secs(60);

/// How a connection is encrypted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Transport {
    Ldaps,
    StartTls,
    ClearOnLoopback,
}

/// A server, and the name that its certificate must be for.
pub(super) struct LdapServer {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) name: ServerName<'static>,
}

/// What connections to all servers share.
pub(super) struct PoolSettings {
    pub(super) transport: Transport,
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) login: (String, SecretText),
    /// How long one server may take until a connection is ready.
    pub(super) patience: Duration,
    pub(super) clock: Arc<dyn Clock>,
}

pub(super) struct LdapPool {
    servers: Vec<LdapServer>,
    settings: Arc<PoolSettings>,
    slots: Semaphore,
    idle: Mutex<Vec<IdleConnection>>,
    preferred: AtomicUsize,
}

struct IdleConnection {
    connection: LdapConnection,
    server: usize,
    since: Timestamp,
}

/// A connection in use. It goes back to the pool if its last request got its result.
pub(super) struct Lease<'a> {
    pool: &'a LdapPool,
    connection: Option<LdapConnection>,
    server: usize,
    _slot: SemaphorePermit<'a>,
}

impl Lease<'_> {
    pub(super) fn connection(&mut self) -> LdapReply<&mut LdapConnection> {
        let gone = || LdapFault::new(LdapStage::Queue, LdapCause::Lost("returned".to_owned()));
        self.connection.as_mut().ok_or_else(gone)
    }

    pub(super) const fn server(&self) -> usize {
        self.server
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        match self.connection.take() {
            Some(connection) if connection.is_reusable() => {
                let since = self.pool.settings.clock.now();
                let idle = IdleConnection { connection, server: self.server, since };
                lock(&self.pool.idle).push(idle);
            }
            // Its last request has no result: the next call begins with another server.
            _ => self.pool.avoid(self.server),
        }
    }
}

impl LdapPool {
    pub(super) fn new(servers: Vec<LdapServer>, settings: Arc<PoolSettings>, size: usize) -> Self {
        let (slots, idle, preferred) =
            (Semaphore::new(size), Mutex::default(), AtomicUsize::new(0));
        Self { servers, settings, slots, idle, preferred }
    }

    pub(super) fn servers(&self) -> &[LdapServer] {
        &self.servers
    }

    fn avoid(&self, server: usize) {
        let next = (server + 1) % self.servers.len();
        // If another call has chosen meanwhile, that choice stands.
        let _ = self.preferred.compare_exchange(server, next, Ordering::Relaxed, Ordering::Relaxed);
    }

    async fn slot(&self) -> LdapReply<SemaphorePermit<'_>> {
        let closed = |_| LdapFault::new(LdapStage::Queue, LdapCause::Late);
        self.slots.acquire().await.map_err(closed)
    }

    /// A connection of the service account, to the server in use or to the next that responds.
    pub(super) async fn lease(&self, stage: &mut LdapStage) -> LdapReply<Lease<'_>> {
        *stage = LdapStage::Queue;
        let slot = self.slot().await?;
        let (server, connection) = self.connected(stage).await?;
        Ok(Lease { pool: self, connection: Some(connection), server, _slot: slot })
    }

    async fn connected(&self, stage: &mut LdapStage) -> LdapReply<(usize, LdapConnection)> {
        let first = self.preferred.load(Ordering::Relaxed);
        let mut last = LdapFault::new(LdapStage::Connect, LdapCause::Late);
        for n in 0..self.servers.len() {
            let server = (first + n) % self.servers.len();
            let opened = match self.take_idle(server).await {
                Some(connection) => Ok(connection),
                None => self.open(server, stage).await,
            };
            match opened {
                Ok(connection) => {
                    self.preferred.store(server, Ordering::Relaxed);
                    return Ok((server, connection));
                }
                Err(fault) if fault.may_go_elsewhere() => last = fault,
                Err(fault) => return Err(fault),
            }
        }
        Err(last)
    }

    async fn take_idle(&self, server: usize) -> Option<LdapConnection> {
        loop {
            let mut idle = self.pop_idle(server)?;
            let now = self.settings.clock.now();
            // After a clock step backwards the idle time is unknown.
            if now < idle.since || now.since(idle.since) > IDLE {
                continue;
            }
            if idle.connection.is_quiet().await {
                return Some(idle.connection);
            }
        }
    }

    fn pop_idle(&self, server: usize) -> Option<IdleConnection> {
        let mut all = lock(&self.idle);
        let found = all.iter().rposition(|idle| idle.server == server)?;
        Some(all.swap_remove(found))
    }

    /// Opens a connection to one server and binds as the service account.
    pub(super) async fn open(
        &self,
        server: usize,
        stage: &mut LdapStage,
    ) -> LdapReply<LdapConnection> {
        let (name, password) = &self.settings.login;
        let mut connection = self.unbound(server, stage).await?;
        *stage = LdapStage::Bind;
        let late = |_| LdapFault::new(LdapStage::Connect, LdapCause::Late);
        let bound = timeout(self.settings.patience, connection.bind(name, password));
        let result = bound.await.map_err(late)??;
        match result.code {
            code::SUCCESS => Ok(connection),
            _ => Err(LdapFault::refused(LdapStage::Bind, result)),
        }
    }

    /// Whether a bind with this name and password succeeds, on a connection of its own to the server
    /// in use. Returns the whole result.
    pub(super) async fn bind(
        &self,
        server: usize,
        name: &str,
        password: &SecretText,
        stage: &mut LdapStage,
    ) -> LdapReply<super::message::OperationResult> {
        let mut connection = self.unbound(server, stage).await?;
        *stage = LdapStage::Bind;
        connection.bind(name, password).await
    }

    /// Connects and encrypts.
    async fn unbound(&self, server: usize, stage: &mut LdapStage) -> LdapReply<LdapConnection> {
        *stage = LdapStage::Connect;
        let late = |_| LdapFault::new(LdapStage::Connect, LdapCause::Late);
        let opened = timeout(self.settings.patience, self.encrypted(&self.servers[server], stage));
        opened.await.map_err(late)?
    }

    async fn encrypted(
        &self,
        server: &LdapServer,
        stage: &mut LdapStage,
    ) -> LdapReply<LdapConnection> {
        let lost = |error| LdapFault::io(LdapStage::Connect, &error);
        let mut tcp =
            TcpStream::connect((server.host.as_str(), server.port)).await.map_err(lost)?;
        // Otherwise a small request may wait for an acknowledgement. An error only makes it slower.
        tcp.set_nodelay(true).ok();
        let Some(config) = &self.settings.tls else {
            return Ok(LdapConnection::new(tcp));
        };
        *stage = LdapStage::Tls;
        if self.settings.transport == Transport::StartTls {
            start_tls(&mut tcp).await?;
        }
        let connector = TlsConnector::from(Arc::clone(config));
        let failed = |error| LdapFault::io(LdapStage::Tls, &error);
        let stream = connector.connect(server.name.clone(), tcp).await.map_err(failed)?;
        Ok(LdapConnection::new(stream))
    }
}
