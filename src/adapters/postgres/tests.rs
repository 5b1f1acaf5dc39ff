//! Tests that need no server.

use std::time::Duration;

use super::options::Encryption;
use super::*;
use crate::SecretText;
use crate::port::{PortErrorKind, PortResult};

fn kind<T>(result: PortResult<T>) -> Option<PortErrorKind> {
    result.err().map(|error| error.kind())
}

#[test]
fn no_option_shows_the_password() {
    let url = "postgres://ada:hunter2@db.example/identity";
    let options = PostgresOptions::parse(url).unwrap();
    assert!(!format!("{options:?}").contains("hunter2"));
    let plain = PostgresOptions::parse("postgres://ada@db.example/identity").unwrap();
    let options = plain.with_password(&SecretText::from("hunter2"));
    assert!(!format!("{options:?}").contains("hunter2"));
    assert!(format!("{options:?}").contains("password: true"));
    let malformed = PostgresOptions::parse("postgres://ada:hunter2@db.example:hunter2/identity");
    let error = malformed.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Denied);
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[test]
fn options_out_of_their_range_are_refused() {
    let options = || PostgresOptions::parse("postgres://ada@127.0.0.1/identity").unwrap();
    assert!(options().check().is_ok());
    for wrong in [
        options().with_schema(""),
        options().with_schema("Sspr"),
        options().with_schema("1a"),
        options().with_schema("pg_own"),
        options().with_schema("a\"; DROP TABLE record; --"),
        options().with_schema(&"a".repeat(64)),
        options().with_connections(0),
        options().with_connections(1_001),
        options().with_connect_timeout(Duration::ZERO),
        options().with_acquire_timeout(Duration::from_secs(51)),
        options().with_statement_timeout(Duration::from_millis(9)),
        options().with_root_certificates("no certificate"),
    ] {
        assert_eq!(kind(wrong.check()), Some(PortErrorKind::Denied), "{wrong:?}");
    }
    assert_eq!(kind(PostgresOptions::parse("dbname=identity")), Some(PortErrorKind::Denied));
}

#[test]
fn a_remote_connection_is_encrypted_unless_that_is_disabled() {
    let encrypted = |address: &str| {
        let options = PostgresOptions::parse(address).unwrap();
        let checked = options.check().unwrap();
        matches!(checked.encryption, Encryption::Verified(_))
    };
    for (address, expected) in [
        ("postgres://ada@db.example/identity", true),
        ("postgres://ada@db.example/identity?sslmode=prefer", true),
        ("postgres://ada@db.example/identity?sslmode=disable", true),
        ("postgres://ada@192.0.2.7/identity", true),
        ("postgres://ada@localhost,db.example/identity", true),
        ("host=localhost hostaddr=192.0.2.7 user=ada", true),
        ("postgres://ada@localhost/identity?sslmode=require", true),
        ("postgres://ada@localhost/identity", false),
        ("postgres://ada@127.0.0.1/identity", false),
        ("host=::1 user=ada", false),
        ("host=/run/postgresql user=ada", false),
    ] {
        assert_eq!(encrypted(address), expected, "{address}");
    }
    let remote = PostgresOptions::parse("postgres://ada@db.example/identity").unwrap();
    let plain = remote.clone().without_encryption().check().unwrap();
    assert!(matches!(plain.encryption, Encryption::None));
    // A socket has no host name to verify; requiring and disabling TLS at once is a mistake.
    let socket = PostgresOptions::parse("host=/run/postgresql user=ada sslmode=require").unwrap();
    assert_eq!(kind(socket.check()), Some(PortErrorKind::Denied));
    let both = PostgresOptions::parse("postgres://ada@db.example/identity?sslmode=require");
    assert_eq!(kind(both.unwrap().without_encryption().check()), Some(PortErrorKind::Denied));
}
