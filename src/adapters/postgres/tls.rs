//! TLS to the server, always with a verified certificate for its name.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::{refused, refused_because};
use crate::port::PortResult;

/// Whether the connection is encrypted.
#[derive(Clone)]
pub(super) enum Encryption {
    None,
    Verified(MakeRustlsConnect),
}

/// Trusts the authorities of these PEM texts and, with `system`, those that the system trusts.
pub(super) fn connector(pems: &[String], system: bool) -> PortResult<MakeRustlsConnect> {
    let mut roots = RootCertStore::empty();
    for pem in pems {
        let mut found = false;
        for parsed in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let malformed = "root certificates: malformed";
            let certificate =
                parsed.map_err(|error| refused_because(malformed, error.to_string()))?;
            roots.add(certificate).map_err(|error| refused_because(malformed, error))?;
            found = true;
        }
        // A text without a certificate would otherwise add no authority without an error.
        if !found {
            return Err(refused("root certificates: a text without one"));
        }
    }
    if system {
        // Unreadable certificates are skipped, as other programs of the system do.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if roots.is_empty() {
        return Err(refused("root certificates: none, add one with `with_root_certificates`"));
    }
    // The process-wide default may be missing, or another provider.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| refused_because("TLS", error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
