//! The configuration of a delivery by SMTP.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::extension::ClientId;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use super::SmtpDelivery;
use super::pool::Pool;
use super::session::{Login, Security, Server};
use super::stream::Tls;
use crate::adapters::render::{EnglishText, Renderer};
use crate::adapters::tls::Trust;
use crate::facts::EmailAddress;
use crate::port::{Clock, PortError, PortResult, SystemClock};
use crate::{SecretText, TenantId};

/// The mail server and how to send; [`build`](Self::build) turns it into an [`SmtpDelivery`].
///
/// ```
/// use std::time::Duration;
///
/// use sspr::adapters::smtp::SmtpConfig;
/// use sspr::SecretText;
/// use sspr::facts::EmailAddress;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let password = || SecretText::from("from your vault");
/// let sender = EmailAddress::parse("no-reply@contoso.example")?;
/// let delivery = SmtpConfig::starttls("smtp.contoso.example", &sender)
///     .with_login("sspr", password())
///     .with_timeout(Duration::from_secs(10))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct SmtpConfig {
    transport: Transport,
    host: String,
    port: u16,
    sender: EmailAddress,
    senders: HashMap<TenantId, EmailAddress>,
    login: Option<(String, SecretText)>,
    trust: Trust,
    hello: Option<String>,
    timeout: Duration,
    connections: usize,
    renderer: Arc<dyn Renderer>,
    clock: Arc<dyn Clock>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Transport {
    StartTls,
    ImplicitTls,
    ClearOnLoopback,
}

impl SmtpConfig {
    /// The shortest timeout of a call: 100 milliseconds.
    pub const MIN_TIMEOUT: Duration = Duration::from_millis(100);
    /// The longest: 50 seconds. The engine relies on a result within a minute.
    pub const MAX_TIMEOUT: Duration = Duration::from_secs(50);
    /// The largest number of connections.
    pub const MAX_CONNECTIONS: usize = 32;

    /// Connects on port 587 and begins TLS by `STARTTLS`. A server that does not offer it is sent
    /// nothing.
    ///
    /// `host` is a name or an IP address; the server's certificate must be for it.
    pub fn starttls(host: &str, sender: &EmailAddress) -> Self {
        Self::new(Transport::StartTls, host, 587, sender)
    }

    /// Connects on port 465 with TLS from the first byte (RFC 8314, 3.3).
    pub fn implicit_tls(host: &str, sender: &EmailAddress) -> Self {
        Self::new(Transport::ImplicitTls, host, 465, sender)
    }

    /// **Without encryption**, to a server on this port of this machine (`127.0.0.1`), such as a local
    /// relay or a mail catcher. Other machines cannot be reached in this way, and a login is refused.
    pub fn unencrypted_on_loopback(port: u16, sender: &EmailAddress) -> Self {
        let host = Ipv4Addr::LOCALHOST.to_string();
        Self::new(Transport::ClearOnLoopback, &host, port, sender)
    }

    fn new(transport: Transport, host: &str, port: u16, sender: &EmailAddress) -> Self {
        Self {
            transport,
            host: host.to_owned(),
            port,
            sender: sender.clone(),
            senders: HashMap::new(),
            login: None,
            trust: Trust::default(),
            hello: None,
            timeout: Duration::from_secs(30),
            connections: 4,
            renderer: Arc::new(EnglishText),
            clock: Arc::new(SystemClock),
        }
    }

    /// Uses another port.
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Logs in by `PLAIN` or, if the server lacks it, `LOGIN`, after TLS has begun. Default: no
    /// login.
    pub fn with_login(mut self, user: &str, password: SecretText) -> Self {
        self.login = Some((user.to_owned(), password));
        self
    }

    /// Also trusts these certificate authorities, given as PEM, one or several in a text.
    pub fn with_root_certificates(mut self, pem: &str) -> Self {
        self.trust.roots.push(pem.to_owned());
        self
    }

    /// Trusts only the authorities of [`with_root_certificates`](Self::with_root_certificates).
    /// Default: those of the system, which are read when the delivery is built.
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

    /// The name that greets the server: this machine's full name or IP address. Default:
    /// `127.0.0.1`, which submission servers accept.
    pub fn with_hello(mut self, name: &str) -> Self {
        self.hello = Some(name.to_owned());
        self
    }

    /// How long one call may take, from the wait for a connection to the server's last reply: 100
    /// milliseconds to 50 seconds. Default: 30 seconds.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The largest number of connections, used and idle, 1 to 32; further calls wait. Default: 4. A
    /// connection that was idle for a minute is not used again.
    pub fn with_connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// Sends mail of this tenant from an address of its own.
    pub fn with_tenant_sender(mut self, tenant: TenantId, sender: &EmailAddress) -> Self {
        self.senders.insert(tenant, sender.clone());
        self
    }

    /// Renders messages with this renderer. Default: [`EnglishText`].
    pub fn with_renderer(mut self, renderer: impl Renderer + 'static) -> Self {
        self.renderer = Arc::new(renderer);
        self
    }

    /// Dates mail, and checks its expiry, by this clock, which must be the engine's. Default: the
    /// system clock.
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Checks the configuration, without connecting.
    ///
    /// # Errors
    ///
    /// `Denied` if a value is out of range, a name or a certificate is malformed, there is a login
    /// without TLS, or there is no provider for TLS.
    pub fn build(self) -> PortResult<SmtpDelivery> {
        if !is_host(&self.host) {
            return Err(wrong("host: must be a host name or an IP address"));
        }
        if !(Self::MIN_TIMEOUT..=Self::MAX_TIMEOUT).contains(&self.timeout) {
            return Err(wrong("timeout: out of range, 100 milliseconds to 50 seconds allowed"));
        }
        if !(1..=Self::MAX_CONNECTIONS).contains(&self.connections) {
            return Err(wrong("connections: out of range, 1 to 32 allowed"));
        }
        if self.login.is_some() && self.transport == Transport::ClearOnLoopback {
            return Err(wrong("login: needs TLS"));
        }
        let server = Server {
            port: self.port,
            security: self.security()?,
            hello: self.hello()?,
            login: self.login.map(|(user, password)| Login { user, password }),
            patience: self.timeout / 3,
            host: self.host,
        };
        Ok(SmtpDelivery {
            server,
            pool: Pool::new(self.connections),
            timeout: self.timeout,
            sender: self.sender,
            senders: self.senders,
            renderer: self.renderer,
            clock: self.clock,
        })
    }

    fn security(&self) -> PortResult<Security> {
        let kind = match self.transport {
            Transport::StartTls => Security::StartTls,
            Transport::ImplicitTls => Security::Implicit,
            Transport::ClearOnLoopback => return Ok(Security::ClearOnLoopback),
        };
        let config = self.trust.client_config().map_err(|fault| wrong(&fault.to_string()))?;
        let name = ServerName::try_from(self.host.clone())
            .map_err(|_| wrong("host: no name that a certificate can be for"))?;
        Ok(kind(Tls::new(config, name)))
    }

    fn hello(&self) -> PortResult<ClientId> {
        let Some(name) = &self.hello else {
            return Ok(ClientId::Ipv4(Ipv4Addr::LOCALHOST));
        };
        match name.parse() {
            Ok(IpAddr::V4(address)) => Ok(ClientId::Ipv4(address)),
            Ok(IpAddr::V6(address)) => Ok(ClientId::Ipv6(address)),
            Err(_) if is_host(name) => Ok(ClientId::Domain(name.clone())),
            Err(_) => Err(wrong("hello: must be a host name or an IP address")),
        }
    }
}

/// Whether the text is a name in the form of DNS, or an IP address.
fn is_host(host: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    host.parse::<IpAddr>().is_ok() || (1..=253).contains(&host.len()) && host.bytes().all(plain)
}

fn wrong(what: &str) -> PortError {
    PortError::denied().because(format!("smtp: {what}"))
}

impl fmt::Debug for SmtpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { transport, host, port, sender, login, .. } = self;
        f.debug_struct("SmtpConfig")
            .field("transport", transport)
            .field("host", host)
            .field("port", port)
            .field("sender", sender)
            .field("login", &login.is_some())
            .finish_non_exhaustive()
    }
}
