//! Certificates for servers and their clients, made for one test.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa};
use rcgen::{Issuer, KeyPair};

/// The certificates of 127.0.0.1, also named `etcd.contoso.example`, and of a client, as PEM.
pub struct Certificates {
    pub ca: String,
    /// The certificate of a client, and its key.
    pub client: (String, String),
    /// An authority that has signed none of these.
    pub other_ca: String,
}

impl Certificates {
    /// Creates the certificates and writes them as `ca.pem`, `server.pem`, `server.key`,
    /// `client.pem` and `client.key`.
    pub fn write(folder: &Path) -> Self {
        Self::write_for(folder, &["127.0.0.1", "etcd.contoso.example"])
    }

    /// The same for a server with these names and addresses.
    pub fn write_for(folder: &Path, hosts: &[&str]) -> Self {
        let (ca, issuer) = authority("ca");
        let server = signed(&issuer, "server", hosts);
        let client = signed(&issuer, "client", &[]);
        let write =
            |name: &str, pem: &str| std::fs::write(folder.join(name), pem).expect("written");
        write("ca.pem", &ca);
        write("server.pem", &server.0);
        write("server.key", &server.1);
        write("client.pem", &client.0);
        write("client.key", &client.1);
        Self { ca, client, other_ca: authority("other").0 }
    }
}

fn authority(name: &str) -> (String, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let pem = params.self_signed(&key).expect("signed").pem();
    (pem, Issuer::new(params, key))
}

/// A certificate and its key.
fn signed(issuer: &Issuer<'_, KeyPair>, name: &str, hosts: &[&str]) -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).expect("names of hosts");
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    (params.signed_by(&key, issuer).expect("signed").pem(), key.serialize_pem())
}
