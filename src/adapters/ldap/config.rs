//! The configuration of a directory over LDAP.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use super::pool::{LdapPool, LdapServer, PoolSettings, Transport};
use super::profile::{LdapKind, LdapProfile};
use super::shared::LdapDirectory;
use super::tenant::LdapTenant;
use super::value::folded_name;
use crate::adapters::tls::Trust;
use crate::port::{Clock, PortError, PortResult, SystemClock};
use crate::{SecretText, TenantId};

/// The servers, the service account and the tenants; [`build`](Self::build) turns it into an
/// [`LdapDirectory`].
///
/// ```
/// use sspr::adapters::ldap::{LdapConfig, LdapProfile, LdapTenant};
/// use sspr::facts::TenantFacts;
/// use sspr::{SecretText, TenantId};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let password = SecretText::from("from your vault");
/// let contoso = LdapTenant::new(TenantFacts::new("Contoso"), "OU=Staff,DC=corp,DC=example");
/// let directory = LdapConfig::ldaps(
///     LdapProfile::active_directory(),
///     &["dc1.corp.example", "dc2.corp.example"],
/// )
/// .with_login("CN=sspr,OU=Services,DC=corp,DC=example", password)
/// .with_tenant(TenantId::parse("contoso")?, contoso)
/// # ;
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct LdapConfig {
    profile: LdapProfile,
    transport: Transport,
    servers: Vec<String>,
    writers: Vec<String>,
    login: Option<(String, SecretText)>,
    tenants: HashMap<TenantId, LdapTenant>,
    trust: Trust,
    timeout: Duration,
    connections: usize,
    clock: Arc<dyn Clock>,
}

impl LdapConfig {
    /// The shortest timeout of a call: 100 milliseconds.
    pub const MIN_TIMEOUT: Duration = Duration::from_millis(100);
    /// The longest: 50 seconds. The engine relies on a result within a minute.
    pub const MAX_TIMEOUT: Duration = Duration::from_secs(50);
    /// The largest number of connections.
    pub const MAX_CONNECTIONS: usize = 64;

    /// Connects with TLS from the first byte, on port 636 where a server names no other
    /// (`dc1.corp.example:3269`).
    ///
    /// The first server that responds is used until it fails, so that what was written can be read
    /// back. Each is a name or an IP address, which its certificate must be for.
    pub fn ldaps(profile: LdapProfile, servers: &[&str]) -> Self {
        Self::new(profile, Transport::Ldaps, servers)
    }

    /// Connects on port 389 and begins TLS by StartTLS. A server that refuses it is sent nothing else.
    pub fn starttls(profile: LdapProfile, servers: &[&str]) -> Self {
        Self::new(profile, Transport::StartTls, servers)
    }

    /// **Without encryption**, to a server on this port of this machine (`127.0.0.1`), for
    /// development. Other machines cannot be reached in this way, nor as
    /// [servers for writes](Self::with_write_servers).
    pub fn unencrypted_on_loopback(profile: LdapProfile, port: u16) -> Self {
        let server = format!("{}:{port}", Ipv4Addr::LOCALHOST);
        Self::new(profile, Transport::ClearOnLoopback, &[&server])
    }

    fn new(profile: LdapProfile, transport: Transport, servers: &[&str]) -> Self {
        Self {
            profile,
            transport,
            servers: owned(servers),
            writers: Vec::new(),
            login: None,
            tenants: HashMap::new(),
            trust: Trust::default(),
            timeout: Duration::from_secs(15),
            connections: 8,
            clock: Arc::new(SystemClock),
        }
    }

    /// Writes to these servers, and checks passwords there: for replicas that only answer searches.
    ///
    /// Each [`find`](crate::port::Directory::find) then also connects to one of them. If none can be
    /// reached, the user's writeback is reported as unreachable, and a reset is refused before it
    /// begins instead of at its end.
    pub fn with_write_servers(mut self, servers: &[&str]) -> Self {
        self.writers = owned(servers);
        self
    }

    /// The account that reads and writes: its name (DN, or a user principal name in Active
    /// Directory) and its password.
    pub fn with_login(mut self, name: &str, password: SecretText) -> Self {
        self.login = Some((name.to_owned(), password));
        self
    }

    /// Serves this tenant. The users of two tenants must be below different entries, and neither
    /// below the other.
    pub fn with_tenant(mut self, id: TenantId, tenant: LdapTenant) -> Self {
        self.tenants.insert(id, tenant);
        self
    }

    /// Also trusts these certificate authorities, given as PEM, one or several in a text.
    pub fn with_root_certificates(mut self, pem: &str) -> Self {
        self.trust.roots.push(pem.to_owned());
        self
    }

    /// Trusts only the authorities of [`with_root_certificates`](Self::with_root_certificates).
    /// Default: those of the system, which are read when the directory is built.
    pub fn without_system_roots(mut self) -> Self {
        self.trust.system_roots = false;
        self
    }

    /// Encrypts with this configuration, of any provider, in place of one that this crate makes. It
    /// decides alone whom a connection trusts.
    pub fn with_tls(mut self, config: Arc<ClientConfig>) -> Self {
        self.trust.config = Some(config);
        self
    }

    /// How long one call may take, from the wait for a connection to the last reply: 100 milliseconds
    /// to 50 seconds. Default: 15 seconds. A third of it is the most that one server gets to accept a
    /// connection.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The largest number of connections, used and idle, 1 to 64; further calls wait. Default: 8. A
    /// connection that was idle for a minute is not used again. A check of a password opens one more
    /// and closes it.
    pub fn with_connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// Tells whether an account has expired by this clock, which should be the engine's. Default: the
    /// system clock.
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Checks the configuration, without connecting: see [`LdapDirectory::check`] for that.
    ///
    /// # Errors
    ///
    /// `Denied` if a value is out of range or missing, a server or a certificate is malformed, two
    /// tenants overlap, there is no provider for TLS, or a password would be sent in clear to another
    /// machine or to Active Directory.
    pub fn build(mut self) -> PortResult<LdapDirectory> {
        if !(Self::MIN_TIMEOUT..=Self::MAX_TIMEOUT).contains(&self.timeout) {
            return Err(wrong("timeout: out of range, 100 milliseconds to 50 seconds allowed"));
        }
        if !(1..=Self::MAX_CONNECTIONS).contains(&self.connections) {
            return Err(wrong("connections: out of range, 1 to 64 allowed"));
        }
        let clear = self.transport == Transport::ClearOnLoopback;
        if clear && self.profile.kind == LdapKind::ActiveDirectory {
            return Err(wrong("Active Directory: needs TLS, it refuses passwords in clear"));
        }
        if self.profile.names.is_empty() {
            return Err(wrong("profile: `names` is empty, at least one attribute needed"));
        }
        self.check_tenants()?;
        let Some((name, password)) = self.login.take() else {
            return Err(wrong("login: missing, call `with_login`"));
        };
        // An empty name or password would be an anonymous bind, which servers report as a success.
        if name.is_empty() || password.expose_secret().is_empty() {
            return Err(wrong("login: name and password must not be empty"));
        }
        let settings = Arc::new(PoolSettings {
            transport: self.transport,
            tls: self.client_config()?,
            login: (name, password),
            patience: self.timeout / 3,
            clock: Arc::clone(&self.clock),
        });
        let pool = |servers: &[String]| -> PortResult<LdapPool> {
            let parsed: PortResult<Vec<_>> =
                servers.iter().map(|server| self.server(server)).collect();
            Ok(LdapPool::new(parsed?, Arc::clone(&settings), self.connections))
        };
        if self.servers.is_empty() {
            return Err(wrong("servers: none"));
        }
        let readers = pool(&self.servers)?;
        let writers = (!self.writers.is_empty()).then(|| pool(&self.writers)).transpose()?;
        Ok(LdapDirectory::new(
            self.profile,
            self.tenants,
            readers,
            writers,
            self.timeout,
            self.clock,
        ))
    }

    fn check_tenants(&self) -> PortResult<()> {
        let bases: Vec<String> = self
            .tenants
            .values()
            .map(|tenant| format!(",{}", folded_name(&tenant.users)))
            .collect();
        for (n, base) in bases.iter().enumerate() {
            let others = bases.iter().enumerate().filter(|(other, _)| *other != n);
            if base == "," || others.map(|(_, other)| other).any(|other| other.ends_with(base)) {
                return Err(wrong("tenants: the users of one are below those of another"));
            }
        }
        Ok(())
    }

    fn client_config(&self) -> PortResult<Option<Arc<ClientConfig>>> {
        if self.transport == Transport::ClearOnLoopback {
            return Ok(None);
        }
        self.trust.client_config().map(Some).map_err(|fault| wrong(&fault.to_string()))
    }

    /// The server named `host`, `host:port` or `[address]:port`.
    fn server(&self, text: &str) -> PortResult<LdapServer> {
        let malformed =
            || wrong("servers: must be a host name or an IP address, with or without a port");
        let default = if self.transport == Transport::Ldaps { 636 } else { 389 };
        let (host, port) = match text.rsplit_once(':') {
            _ if text.parse::<IpAddr>().is_ok() => (text, default),
            Some((host, port)) => (host, port.parse().map_err(|_| malformed())?),
            None => (text, default),
        };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let is_here = bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if self.transport == Transport::ClearOnLoopback && !is_here {
            return Err(wrong("servers: without encryption it must be an address of this machine"));
        }
        let name = ServerName::try_from(bare.to_owned()).map_err(|_| malformed())?;
        Ok(LdapServer { host: bare.to_owned(), port, name })
    }
}

fn owned(servers: &[&str]) -> Vec<String> {
    servers.iter().map(|server| (*server).to_owned()).collect()
}

fn wrong(what: &str) -> PortError {
    PortError::denied().because(format!("ldap: {what}"))
}

impl fmt::Debug for LdapConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { transport, servers, writers, login, .. } = self;
        f.debug_struct("LdapConfig")
            .field("transport", transport)
            .field("servers", servers)
            .field("writers", writers)
            .field("login", &login.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_in_clear_goes_to_this_machine_alone() {
        let clear = LdapConfig::unencrypted_on_loopback(LdapProfile::open_ldap(), 10_389);
        let server = clear.server(&clear.servers[0]).expect("an address");
        assert!(server.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()));
        assert_eq!((clear.servers.len(), server.port), (1, 10_389));
        // The writers are connected to in the same way.
        let elsewhere = clear
            .with_write_servers(&["ldap.contoso.example"])
            .with_login("cn=sspr", SecretText::from("a secret"));
        assert!(elsewhere.build().is_err());
    }
}
