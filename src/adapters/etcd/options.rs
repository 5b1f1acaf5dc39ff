//! The options of a store: endpoints, login, encryption, timeouts.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tonic::codegen::http::Uri;
use tonic::transport::{Channel, Endpoint};

use super::connector::{Encrypted, bare};
use crate::SecretText;
use crate::adapters::tls::Trust;
use crate::port::{PortError, PortResult};

/// The prefix of all keys of one store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Prefix(String);

impl Prefix {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    fn parse(text: &str) -> PortResult<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
        if text.len() > 64 || !text.bytes().all(plain) || text == "/" || !text.ends_with('/') {
            return Err(wrong(
                "key prefix: must be 1 to 63 characters of A-Z a-z 0-9 - _ . / and a final /",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl Default for Prefix {
    fn default() -> Self {
        Self("sspr/".to_owned())
    }
}

/// Where the cluster is and how to connect to it.
///
/// `Debug` shows neither the password nor the client's key.
///
/// ```
/// use std::time::Duration;
/// use sspr::SecretText;
/// use sspr::adapters::etcd::EtcdOptions;
///
/// let options = EtcdOptions::new(["https://e1.contoso.example:2379", "https://e2.contoso.example:2379"])
///     .with_login("sspr", SecretText::from("correct horse"))
///     .with_timeout(Duration::from_secs(3));
/// assert!(!format!("{options:?}").contains("horse"));
/// ```
#[derive(Clone)]
#[must_use]
pub struct EtcdOptions {
    pub(super) endpoints: Vec<String>,
    /// In place of endpoints.
    channels: Vec<Channel>,
    prefix: String,
    pub(super) login: Option<(String, Arc<SecretText>)>,
    trust: Trust,
    server_name: Option<String>,
    pub(super) timeout: Duration,
    connect_timeout: Duration,
    unencrypted: bool,
    pub(super) max_history: u64,
}

impl EtcdOptions {
    /// The shortest time that a call may be given: 100 milliseconds.
    pub const MIN_TIMEOUT: Duration = Duration::from_millis(100);
    /// The longest: 50 seconds. The engine relies on a reply within a minute.
    pub const MAX_TIMEOUT: Duration = Duration::from_secs(50);

    /// A cluster, given by the client URLs of its members: `https://HOST:PORT`, or `http` on
    /// loopback.
    pub fn new<U: Into<String>>(endpoints: impl IntoIterator<Item = U>) -> Self {
        Self {
            endpoints: endpoints.into_iter().map(Into::into).collect(),
            channels: Vec::new(),
            prefix: Prefix::default().0,
            login: None,
            trust: Trust::default(),
            server_name: None,
            timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(1),
            unencrypted: false,
            max_history: 5_000_000,
        }
    }

    /// A cluster, given by channels of the host: one for each member, or one that leads to several. They
    /// decide how a connection is made and encrypted; the options for that have no effect. Each call has
    /// its own timeout, so a channel needs none.
    ///
    /// ```no_run
    /// use sspr::adapters::etcd::tonic::transport::Endpoint;
    /// use sspr::adapters::etcd::{EtcdOptions, EtcdStore};
    ///
    /// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
    /// let channel = Endpoint::from_static("http://127.0.0.1:2379").connect_lazy();
    /// let store = EtcdStore::connect(EtcdOptions::over([channel]).with_prefix("identity/")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn over(channels: impl IntoIterator<Item = Channel>) -> Self {
        Self { channels: channels.into_iter().collect(), ..Self::new::<String>([]) }
    }

    /// The prefix of all keys of this store; default `sspr/`. Stores with different prefixes share
    /// nothing. No prefix may begin with another store's.
    pub fn with_prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// Logs in as this user. The token is renewed automatically.
    pub fn with_login(mut self, user: &str, password: SecretText) -> Self {
        self.login = Some((user.to_owned(), Arc::new(password)));
        self
    }

    /// Trusts only these certificate authorities, as PEM. Default: those of the system.
    pub fn with_ca_certificates(mut self, pem: &str) -> Self {
        (self.trust.roots, self.trust.system_roots) = (vec![pem.to_owned()], false);
        self
    }

    /// Presents this certificate, as PEM, to the servers.
    pub fn with_client_certificate(mut self, pem: &str, key: SecretText) -> Self {
        self.trust.identity = Some((pem.to_owned(), Arc::new(key)));
        self
    }

    /// Encrypts with this configuration, of any provider, in place of one that this crate makes. It
    /// decides alone whom a connection trusts and what it presents.
    pub fn with_tls(mut self, config: Arc<ClientConfig>) -> Self {
        self.trust.config = Some(config);
        self
    }

    /// The name in the servers' certificates, if it differs from that in the URLs.
    pub fn with_server_name(mut self, name: &str) -> Self {
        self.server_name = Some(name.to_owned());
        self
    }

    /// How long a call may take; default five seconds.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long connecting may take; default one second.
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// **Allows `http` to other machines.** An attacker on the network then reads addresses and
    /// passwords, and can undo any limit.
    pub fn with_unencrypted_network(mut self) -> Self {
        self.unencrypted = true;
        self
    }

    /// How many revisions the cluster may have kept when the store is opened; default five million.
    /// More are a sign that the cluster is not compacted and will run out of space.
    pub fn with_max_history(mut self, revisions: u64) -> Self {
        self.max_history = revisions;
        self
    }

    pub(super) fn prefix(&self) -> PortResult<Prefix> {
        Prefix::parse(&self.prefix)
    }

    /// One channel for each member. Nothing is sent yet.
    pub(super) fn channels(&self) -> PortResult<Vec<Channel>> {
        if self.channels.is_empty() {
            return Ok(self.endpoints()?.iter().map(Member::channel).collect());
        }
        self.check_timeouts()?;
        Ok(self.channels.clone())
    }

    fn check_timeouts(&self) -> PortResult<()> {
        let allowed = Self::MIN_TIMEOUT..=Self::MAX_TIMEOUT;
        if allowed.contains(&self.timeout) && allowed.contains(&self.connect_timeout) {
            return Ok(());
        }
        Err(wrong("timeout: out of range, 100 milliseconds to 50 seconds allowed"))
    }

    /// One endpoint for each member.
    fn endpoints(&self) -> PortResult<Vec<Member>> {
        self.check_timeouts()?;
        if self.endpoints.is_empty() {
            return Err(wrong("endpoints: none given, at least one needed"));
        }
        let secure = self.endpoints.iter().any(|url| url.starts_with("https://"));
        let tls = if secure { Some(self.client_config()?) } else { None };
        self.endpoints.iter().map(|url| self.member(url, tls.as_ref())).collect()
    }

    fn member(&self, url: &str, tls: Option<&Arc<ClientConfig>>) -> PortResult<Member> {
        let bad = || wrong("endpoint: must have the form https://HOST:PORT");
        let endpoint = Endpoint::from_shared(url.to_owned()).map_err(|_| bad())?;
        let host = endpoint.uri().host().ok_or_else(bad)?.to_owned();
        if endpoint.uri().path() != "/" || endpoint.uri().query().is_some() || url.contains('@') {
            return Err(bad());
        }
        let secure = match endpoint.uri().scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(bad()),
        };
        if !secure && !self.unencrypted && !is_loopback(&host) {
            return Err(wrong(
                "endpoint: http to another machine needs `with_unencrypted_network`",
            ));
        }
        let Some(tls) = tls.filter(|_| secure) else {
            return Ok(Member { endpoint: self.tuned(endpoint), tls: None });
        };
        let expected = self.server_name.as_deref().unwrap_or(bare(&host)).to_owned();
        let name = ServerName::try_from(expected).map_err(|_| wrong("server name: malformed"))?;
        // tonic refuses `https` unless its own TLS is compiled in. The requests still name the real origin.
        let address = url.replacen("https", "http", 1).parse::<Uri>().map_err(|_| bad())?;
        Ok(Member {
            endpoint: self.tuned(Endpoint::from(address)).origin(endpoint.uri().clone()),
            tls: Some(Encrypted::new(Arc::clone(tls), name)),
        })
    }

    fn tuned(&self, endpoint: Endpoint) -> Endpoint {
        endpoint
            .connect_timeout(self.connect_timeout)
            .tcp_nodelay(true)
            // More frequent pings, or pings while idle, make etcd close the connection.
            .http2_keep_alive_interval(Duration::from_secs(10))
            .keep_alive_timeout(Duration::from_secs(5))
            .keep_alive_while_idle(false)
            .initial_stream_window_size(1 << 20)
            .initial_connection_window_size(4 << 20)
    }

    fn client_config(&self) -> PortResult<Arc<ClientConfig>> {
        let mut config =
            self.trust.client_config().map_err(|fault| PortError::denied().because(fault))?;
        // gRPC is HTTP/2, and etcd refuses a client that does not say so.
        Arc::make_mut(&mut config).alpn_protocols = vec![b"h2".to_vec()];
        Ok(config)
    }
}

/// A member of the cluster, to which nothing was sent yet.
struct Member {
    endpoint: Endpoint,
    tls: Option<Encrypted>,
}

impl Member {
    /// A channel that connects with its first request.
    fn channel(&self) -> Channel {
        match &self.tls {
            None => self.endpoint.connect_lazy(),
            Some(tls) => self.endpoint.connect_with_connector_lazy(tls.clone()),
        }
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || bare(host).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn wrong(what: &'static str) -> PortError {
    PortError::denied().because(what)
}

impl fmt::Debug for EtcdOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EtcdOptions")
            .field("endpoints", &self.endpoints)
            .field("channels", &self.channels.len())
            .field("prefix", &self.prefix)
            .field("user", &self.login.as_ref().map(|(user, _)| user))
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::PortErrorKind;

    fn kind<T>(result: PortResult<T>) -> Option<PortErrorKind> {
        result.err().map(|error| error.kind())
    }

    #[test]
    fn http_to_another_machine_needs_an_option() {
        for url in ["http://127.0.0.1:2379", "http://[::1]:2379", "http://localhost:1"] {
            assert_eq!(kind(EtcdOptions::new([url]).endpoints()), None, "{url}");
        }
        let remote = EtcdOptions::new(["http://192.0.2.1:2379"]);
        assert_eq!(kind(remote.endpoints()), Some(PortErrorKind::Denied));
        assert_eq!(kind(remote.with_unencrypted_network().endpoints()), None);
    }

    #[test]
    fn malformed_options_are_refused() {
        for url in
            ["", "ftp://127.0.0.1", "127.0.0.1:2379", "http://a:b@127.0.0.1", "http://[::1]/x"]
        {
            assert_eq!(
                kind(EtcdOptions::new([url]).endpoints()),
                Some(PortErrorKind::Denied),
                "{url}"
            );
        }
        assert_eq!(kind(EtcdOptions::new::<String>([]).endpoints()), Some(PortErrorKind::Denied));
        let local = || EtcdOptions::new(["http://127.0.0.1:2379"]);
        for timeout in [Duration::ZERO, Duration::from_secs(51)] {
            assert_eq!(
                kind(local().with_timeout(timeout).endpoints()),
                Some(PortErrorKind::Denied)
            );
        }
        for prefix in ["", "/", "a", "a b/", "\u{e9}/"] {
            let options = local().with_prefix(prefix);
            assert_eq!(kind(options.prefix()), Some(PortErrorKind::Denied), "{prefix}");
        }
    }

    #[test]
    fn no_secret_is_shown() {
        let secret = || SecretText::from("hidden");
        let options = EtcdOptions::new(["http://127.0.0.1:1"])
            .with_login("u", secret())
            .with_client_certificate("pem", secret());
        assert!(!format!("{options:?}").contains("hidden"));
    }
}
