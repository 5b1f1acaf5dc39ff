//! TLS to a real server.

use std::sync::OnceLock;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use sspr::adapters::postgres::{PostgresOptions, PostgresStore};
use sspr::port::PortErrorKind;

use crate::postgres_store::support::{Fixture, apply, kind, wait};
use crate::servers::postgres::Postgres;

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server with a certificate for `localhost`, and the authority that signed it.
fn server() -> &'static (Postgres, String) {
    static SERVER: OnceLock<(Postgres, String)> = OnceLock::new();
    SERVER.get_or_init(|| {
        let (authority, key) = (authority(), KeyPair::generate().unwrap());
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        let files = [("server.crt", certificate.pem()), ("server.key", key.serialize_pem())];
        let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
        (Postgres::start_with(&[("ssl", "on")], &files), authority.pem())
    })
}

fn options(host: &str) -> PostgresOptions {
    let (server, _) = server();
    let url = server.url().replace("127.0.0.1", host);
    PostgresOptions::parse(&url).unwrap().without_system_roots()
}

#[test]
fn a_connection_to_a_server_of_a_trusted_authority_is_encrypted() {
    let (server, authority) = server();
    let fixture = Fixture::on(&server.url());
    let url = fixture.named(&server.url().replace("127.0.0.1", "localhost"));
    let options = PostgresOptions::parse(&url).unwrap().without_system_roots();
    let options = options.with_root_certificates(authority).with_schema(&fixture.schema);
    let store = wait(PostgresStore::connect(&options)).unwrap();
    apply(&store, 1, 1);
    let encrypted = format!(
        "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
         WHERE application_name = '{}' AND ssl AND version LIKE 'TLSv1%'",
        fixture.schema
    );
    assert_eq!(fixture.raw().one(&encrypted), "1");
}

#[test]
fn a_server_of_another_authority_is_refused() {
    let other = authority().pem();
    let options = options("localhost").with_root_certificates(&other);
    let wrong = kind_of(wait(PostgresStore::connect(&options)));
    assert!(wrong.contains("invalid peer certificate"), "{wrong}");
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let (_, authority) = server();
    let options = options("127.0.0.1").with_root_certificates(authority);
    let wrong = kind_of(wait(PostgresStore::connect(&options)));
    assert!(wrong.contains("not valid for name"), "{wrong}");
}

#[test]
fn a_server_without_tls_is_refused_if_tls_is_required() {
    let (_, authority) = server();
    let plain = Postgres::shared().url().replace("127.0.0.1", "localhost");
    let options = PostgresOptions::parse(&plain).unwrap().with_root_certificates(authority);
    assert_eq!(kind(wait(PostgresStore::connect(&options))), PortErrorKind::Unavailable);
}

/// Checks that the error is `Unavailable`; returns its cause.
fn kind_of(connected: sspr::port::PortResult<PostgresStore>) -> String {
    let error = connected.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    format!("{error:?}")
}
