//! The options of a store: endpoints, login, encryption, timeouts.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use crate::SecretText;
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
    prefix: String,
    pub(super) login: Option<(String, Arc<SecretText>)>,
    ca: Option<String>,
    client: Option<(String, Arc<SecretText>)>,
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
            prefix: Prefix::default().0,
            login: None,
            ca: None,
            client: None,
            server_name: None,
            timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(1),
            unencrypted: false,
            max_history: 5_000_000,
        }
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
        self.ca = Some(pem.to_owned());
        self
    }

    /// Presents this certificate, as PEM, to the servers.
    pub fn with_client_certificate(mut self, pem: &str, key: SecretText) -> Self {
        self.client = Some((pem.to_owned(), Arc::new(key)));
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

    /// One endpoint for each member. Nothing is sent yet.
    pub(super) fn endpoints(&self) -> PortResult<Vec<Endpoint>> {
        let allowed = Self::MIN_TIMEOUT..=Self::MAX_TIMEOUT;
        if !allowed.contains(&self.timeout) || !allowed.contains(&self.connect_timeout) {
            return Err(wrong("timeout: out of range, 100 milliseconds to 50 seconds allowed"));
        }
        if self.endpoints.is_empty() {
            return Err(wrong("endpoints: none given, at least one needed"));
        }
        self.endpoints.iter().map(|url| self.endpoint(url)).collect()
    }

    fn endpoint(&self, url: &str) -> PortResult<Endpoint> {
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
        let tuned = endpoint
            .connect_timeout(self.connect_timeout)
            .tcp_nodelay(true)
            // More frequent pings, or pings while idle, make etcd close the connection.
            .http2_keep_alive_interval(Duration::from_secs(10))
            .keep_alive_timeout(Duration::from_secs(5))
            .keep_alive_while_idle(false)
            .initial_stream_window_size(1 << 20)
            .initial_connection_window_size(4 << 20);
        if !secure {
            return Ok(tuned);
        }
        tuned.tls_config(self.tls()).map_err(|_| wrong("certificate or key: malformed PEM"))
    }

    fn tls(&self) -> ClientTlsConfig {
        let mut tls = match &self.ca {
            Some(pem) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)),
            None => ClientTlsConfig::new().with_native_roots(),
        };
        if let Some((pem, key)) = &self.client {
            tls = tls.identity(Identity::from_pem(pem, key.expose_secret()));
        }
        if let Some(name) = &self.server_name {
            tls = tls.domain_name(name);
        }
        tls
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn wrong(what: &'static str) -> PortError {
    PortError::denied().because(what)
}

impl fmt::Debug for EtcdOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EtcdOptions")
            .field("endpoints", &self.endpoints)
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
