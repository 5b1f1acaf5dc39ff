//! The host's own TLS works beside the package's adapters, and the adapters use the provider that was named.

use std::error::Error as _;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, Connection, RootCertStore, ServerConfig};
use sspr::adapters::smtp::SmtpConfig;
use sspr::facts::EmailAddress;
use sspr::port::PortResult;

const NAME: &str = "id.contoso.example";

/// Configurations as most hosts write them: they name no provider, so `rustls` takes the only one that is
/// compiled in, and panics if there are two.
fn configurations() -> (Arc<ClientConfig>, Arc<ServerConfig>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed([NAME.to_owned()]).expect("a certificate");
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).expect("an authority");
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let server = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a server");
    (Arc::new(client), Arc::new(server))
}

/// Moves what one side has to send to the other.
fn pass(from: &mut Connection, to: &mut Connection) {
    let mut bytes = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut bytes).expect("written to memory");
    }
    let mut unread = &bytes[..];
    while !unread.is_empty() {
        to.read_tls(&mut unread).expect("read from memory");
        to.process_new_packets().expect("a sound handshake");
    }
}

#[test]
fn the_hosts_own_client_shakes_hands() {
    let (client, server) = configurations();
    let name = ServerName::try_from(NAME).expect("a name");
    let mut client: Connection = ClientConnection::new(client, name).expect("a client").into();
    let mut server: Connection = rustls::ServerConnection::new(server).expect("a server").into();
    while client.is_handshaking() || server.is_handshaking() {
        pass(&mut client, &mut server);
        pass(&mut server, &mut client);
    }
    assert_eq!(client.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
}

fn mail() -> SmtpConfig {
    let sender = EmailAddress::parse("no-reply@contoso.example").expect("an address");
    let CertifiedKey { cert, .. } = generate_simple_self_signed([NAME.to_owned()]).expect("made");
    SmtpConfig::starttls(NAME, &sender).with_root_certificates(&cert.pem()).without_system_roots()
}

fn reason<T>(result: PortResult<T>) -> Option<String> {
    let error = result.err()?;
    Some(error.source().expect("a reason").to_string())
}

#[test]
fn an_adapter_without_a_provider_names_the_features() {
    let reason = reason(mail().build());
    if cfg!(feature = "provider") {
        assert_eq!(reason, None);
    } else {
        let reason = reason.expect("refused");
        for way in ["`tls-aws-lc-rs`", "`tls-ring`", "`with_tls`"] {
            assert!(reason.contains(way), "{reason}");
        }
    }
}

#[test]
fn a_configuration_of_the_host_needs_no_feature() {
    let sender = EmailAddress::parse("no-reply@contoso.example").expect("an address");
    let (client, _) = configurations();
    let config = SmtpConfig::starttls(NAME, &sender).with_tls(Arc::clone(&client));
    assert_eq!(reason(config.build()), None);
    let twice = reason(mail().with_tls(client).build()).expect("refused");
    assert!(twice.contains("`with_tls` and certificates are both given"), "{twice}");
}
