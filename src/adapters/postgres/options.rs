//! The options of a store: server, login, encryption, timeouts.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::{refused, refused_because};
use super::schema::{BAD_SCHEMA, is_schema};
use crate::SecretText;
use crate::adapters::tls::Trust;
use crate::port::PortResult;

/// Where the server is and how to connect to it, for [`PostgresStore`](super::PostgresStore).
///
/// ```
/// use std::time::Duration;
///
/// use sspr::SecretText;
/// use sspr::adapters::postgres::PostgresOptions;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let password = SecretText::from("from your vault");
/// // Two hosts: the store connects to the writable one, also after a failover.
/// let options = PostgresOptions::parse("postgres://sspr_serve@db1.example,db2.example/identity")?
///     .with_password(&password)
///     .with_connections(24)
///     .with_statement_timeout(Duration::from_secs(2));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct PostgresOptions {
    config: Config,
    schema: String,
    connections: usize,
    connect_timeout: Duration,
    acquire_timeout: Duration,
    statement_timeout: Duration,
    trust: Trust,
    plain: bool,
}

/// Whether the connection is encrypted.
#[derive(Clone)]
pub(super) enum Encryption {
    None,
    Verified(MakeRustlsConnect),
}

/// The options after all checks.
pub(super) struct Checked {
    pub(super) config: Config,
    pub(super) encryption: Encryption,
    pub(super) schema: String,
    pub(super) connections: usize,
    pub(super) connect_timeout: Duration,
    pub(super) acquire_timeout: Duration,
    pub(super) statement_timeout: Duration,
}

impl Checked {
    /// How long it may take to find the writable host.
    pub(super) fn connect_timeout_of_all_hosts(&self) -> Duration {
        let hosts = u32::try_from(self.config.get_hosts().len()).unwrap_or(u32::MAX);
        self.connect_timeout.saturating_mul(hosts)
    }
}

impl PostgresOptions {
    /// The shortest of each timeout: 10 milliseconds.
    pub const MIN_TIMEOUT: Duration = Duration::from_millis(10);
    /// The longest of each timeout: 50 seconds. The engine relies on a reply within a minute.
    pub const MAX_TIMEOUT: Duration = Duration::from_secs(50);
    /// The largest number of connections.
    pub const MAX_CONNECTIONS: usize = 1_000;

    /// Parses an address, `postgres://role@host1,host2/database`, or `key=value` pairs, as [libpq]
    /// does. A Unix socket is given as a folder: `host=/run/postgresql user=sspr`.
    ///
    /// The parameter `sslmode=require` requires TLS on this machine as well. Weaker modes have no
    /// effect (see [`without_encryption`](Self::without_encryption)); stronger modes are refused,
    /// since a certificate is always verified.
    ///
    /// [libpq]: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
    ///
    /// # Errors
    ///
    /// `Denied` if the address is malformed or names no host. The error does not repeat it.
    pub fn parse(address: &str) -> PortResult<Self> {
        // The parser's error may quote the address, and with it a password.
        let config: Config = address.parse().map_err(|_| refused("address: malformed"))?;
        if config.get_hosts().is_empty() {
            return Err(refused("address: names no host"));
        }
        Ok(Self {
            config,
            schema: "sspr".to_owned(),
            connections: 16,
            connect_timeout: Duration::from_secs(5),
            acquire_timeout: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(5),
            trust: Trust::default(),
            plain: false,
        })
    }

    /// The password, if the address does not contain it. Default: none.
    pub fn with_password(mut self, password: &SecretText) -> Self {
        self.config.password(password.expose_secret());
        self
    }

    /// The schema that holds the tables: small letters, digits and `_`, at most 63. Default:
    /// `sspr`.
    pub fn with_schema(mut self, schema: &str) -> Self {
        schema.clone_into(&mut self.schema);
        self
    }

    /// The largest number of connections of one store, 1 to 1,000; further calls wait. Default: 16.
    pub fn with_connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// How long connecting to one host may take. Default: 5 seconds.
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long a call may wait for a free connection before it returns `Unavailable`. Default: 2
    /// seconds.
    pub fn with_acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// How long the server may work on one statement before it rolls it back. The store waits two
    /// more seconds for the reply. Default: 5 seconds.
    pub fn with_statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = timeout;
        self
    }

    /// Also trusts these certificate authorities, given as PEM, one or several in a text; and
    /// requires TLS on this machine as well.
    pub fn with_root_certificates(mut self, pem: &str) -> Self {
        self.trust.roots.push(pem.to_owned());
        self
    }

    /// Trusts only the authorities of [`with_root_certificates`](Self::with_root_certificates).
    /// Default: those of the system, which are read when the store connects.
    pub fn without_system_roots(mut self) -> Self {
        self.trust.system_roots = false;
        self
    }

    /// Encrypts with this configuration, of any provider, in place of one that this crate makes; and
    /// requires TLS on this machine as well. It decides alone whom a connection trusts.
    pub fn with_tls(mut self, config: Arc<ClientConfig>) -> Self {
        self.trust.config = Some(config);
        self
    }

    /// **Disables encryption**, also over a network, where an attacker can then read and change every
    /// record. Default: TLS with a verified certificate, except on a Unix socket or loopback.
    pub fn without_encryption(mut self) -> Self {
        self.plain = true;
        self
    }

    pub(super) fn check(&self) -> PortResult<Checked> {
        let mut config = self.config.clone();
        if !is_schema(&self.schema) {
            return Err(refused(BAD_SCHEMA));
        }
        if !(1..=Self::MAX_CONNECTIONS).contains(&self.connections) {
            return Err(refused("connections: out of range, 1 to 1000 allowed"));
        }
        for timeout in [self.connect_timeout, self.acquire_timeout, self.statement_timeout] {
            check_timeout(timeout)?;
        }
        let encryption = self.encryption()?;
        let mode = match encryption {
            Encryption::None => SslMode::Disable,
            Encryption::Verified(_) => SslMode::Require,
        };
        config.ssl_mode(mode).connect_timeout(self.connect_timeout);
        // Only the writable server is used: a standby may lag behind.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        config.tcp_user_timeout(self.statement_timeout.max(Duration::from_secs(5)));
        config.keepalives_idle(Duration::from_secs(30));
        if config.get_application_name().is_none() {
            config.application_name("sspr");
        }
        Ok(Checked {
            config,
            encryption,
            schema: self.schema.clone(),
            connections: self.connections,
            connect_timeout: self.connect_timeout,
            acquire_timeout: self.acquire_timeout,
            statement_timeout: self.statement_timeout,
        })
    }

    fn encryption(&self) -> PortResult<Encryption> {
        let asked = self.config.get_ssl_mode() == SslMode::Require
            || !self.trust.roots.is_empty()
            || self.trust.config.is_some();
        if self.plain && asked {
            return Err(refused("encryption: required and disabled at once"));
        }
        if self.plain || (self.stays_here() && !asked) {
            return Ok(Encryption::None);
        }
        let nameless = |host: &Host| !matches!(host, Host::Tcp(_));
        if self.config.get_hosts().iter().any(nameless) {
            let error = "a Unix socket has no host name for a certificate";
            return Err(refused_because("TLS", error));
        }
        let config = self.trust.client_config().map_err(|fault| refused(fault.to_string()))?;
        Ok(Encryption::Verified(MakeRustlsConnect::new(Arc::unwrap_or_clone(config))))
    }

    /// Whether no byte leaves this machine.
    fn stays_here(&self) -> bool {
        let addresses = self.config.get_hostaddrs();
        let here = |host: &Host| match host {
            Host::Tcp(name) => {
                name == "localhost"
                    || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
            }
            #[cfg(unix)]
            Host::Unix(_) => true,
        };
        self.config.get_hosts().iter().all(here) && addresses.iter().all(IpAddr::is_loopback)
    }
}

/// Refuses a timeout that is out of range.
pub(super) fn check_timeout(timeout: Duration) -> PortResult<()> {
    if (PostgresOptions::MIN_TIMEOUT..=PostgresOptions::MAX_TIMEOUT).contains(&timeout) {
        return Ok(());
    }
    Err(refused("timeout: out of range, 10 milliseconds to 50 seconds allowed"))
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("hosts", &self.config.get_hosts())
            .field("ports", &self.config.get_ports())
            .field("role", &self.config.get_user())
            .field("database", &self.config.get_dbname())
            .field("password", &self.config.get_password().is_some())
            .field("schema", &self.schema)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}
