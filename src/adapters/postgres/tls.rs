//! TLS to the server: its certificate is always verified, for its name.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::{refused, refused_because};
use crate::port::PortResult;

/// Trusts the authorities of these PEM texts and, if asked, those that the system trusts.
pub(super) fn connector(pems: &[String], system: bool) -> PortResult<MakeRustlsConnect> {
    let mut roots = RootCertStore::empty();
    for pem in pems {
        let mut found = false;
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let malformed = "a root certificate is malformed";
            let certificate =
                certificate.map_err(|error| refused_because(malformed, error.to_string()))?;
            roots.add(certificate).map_err(|error| refused_because(malformed, error))?;
            found = true;
        }
        // A text without a certificate would be read as none, and trust nobody.
        if !found {
            return Err(refused("no root certificate"));
        }
    }
    if system {
        // What cannot be read is left out, as it would be by other programs of the system.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if roots.is_empty() {
        return Err(refused("no authority is trusted: give its certificate"));
    }
    // Not the process-wide default, which a host may not have set, or set to another one.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| refused_because("TLS", error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
