//! TLS of the adapters that connect to a server: whom a connection trusts, and which crate does the
//! cryptography.
//!
//! Each configuration names its provider. The process-wide default of `rustls` is neither read nor set: it
//! belongs to the host.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::SecretText;

/// Whom a connection trusts, and what it presents: the options that the builders of all adapters share.
#[derive(Clone)]
pub(super) struct Trust {
    /// A configuration that was handed in, in place of all else.
    pub(super) config: Option<Arc<ClientConfig>>,
    /// Authorities as PEM, one or several in a text.
    pub(super) roots: Vec<String>,
    /// Whether the authorities that the system trusts count too.
    pub(super) system_roots: bool,
    /// A certificate as PEM and its key.
    pub(super) identity: Option<(String, Arc<SecretText>)>,
}

impl Default for Trust {
    fn default() -> Self {
        Self { config: None, roots: Vec::new(), system_roots: true, identity: None }
    }
}

/// Why there is no configuration. Every text can be shown: none holds a key.
#[derive(Debug, thiserror::Error)]
pub(super) enum TlsFault {
    #[error("TLS: no provider, add the feature `tls-aws-lc-rs` or `tls-ring`, or call `with_tls`")]
    #[cfg_attr(
        any(feature = "tls-aws-lc-rs", feature = "tls-ring"),
        expect(dead_code, reason = "a provider is compiled in")
    )]
    NoProvider,
    #[error("TLS: `with_tls` and certificates are both given, the configuration must hold them")]
    Twice,
    #[error("root certificates: a text without one")]
    RootMissing,
    #[error("root certificates: malformed")]
    RootMalformed,
    #[error("root certificates: none, add one with `with_root_certificates`")]
    NoRoots,
    #[error("certificate or key: malformed PEM")]
    Identity,
    #[error("TLS: {0}")]
    Refused(rustls::Error),
}

impl Trust {
    /// The configuration that was handed in, or one for TLS 1.2 or later.
    pub(super) fn client_config(&self) -> Result<Arc<ClientConfig>, TlsFault> {
        match &self.config {
            Some(_) if !self.roots.is_empty() || self.identity.is_some() => Err(TlsFault::Twice),
            Some(config) => Ok(Arc::clone(config)),
            None => own_config(self).map(Arc::new),
        }
    }
}

fn own_config(trust: &Trust) -> Result<ClientConfig, TlsFault> {
    let roots = roots(trust)?;
    let builder = ClientConfig::builder_with_provider(provider()?)
        .with_safe_default_protocol_versions()
        .map_err(TlsFault::Refused)?
        .with_root_certificates(roots);
    let Some((pem, key)) = &trust.identity else {
        return Ok(builder.with_no_client_auth());
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let key = PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes());
    let (Ok(chain), Ok(key)) = (chain, key) else {
        return Err(TlsFault::Identity);
    };
    builder.with_client_auth_cert(chain, key).map_err(|_| TlsFault::Identity)
}

/// With both features, the one that `rustls` itself prefers.
fn provider() -> Result<Arc<CryptoProvider>, TlsFault> {
    #[cfg(feature = "tls-aws-lc-rs")]
    return Ok(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    #[cfg(all(feature = "tls-ring", not(feature = "tls-aws-lc-rs")))]
    return Ok(Arc::new(rustls::crypto::ring::default_provider()));
    #[cfg(not(any(feature = "tls-aws-lc-rs", feature = "tls-ring")))]
    return Err(TlsFault::NoProvider);
}

fn roots(trust: &Trust) -> Result<RootCertStore, TlsFault> {
    let mut roots = RootCertStore::empty();
    for pem in &trust.roots {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let read = certificate.map_err(|_| TlsFault::RootMalformed)?;
            roots.add(read).map_err(|_| TlsFault::RootMalformed)?;
        }
        // A text without a certificate would otherwise add no authority without an error.
        if roots.len() == before {
            return Err(TlsFault::RootMissing);
        }
    }
    if trust.system_roots {
        // Unreadable certificates are skipped, as other programs of the system do.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if roots.is_empty() {
        return Err(TlsFault::NoRoots);
    }
    Ok(roots)
}
