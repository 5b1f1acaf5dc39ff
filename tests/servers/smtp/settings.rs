//! Invalid configurations are refused when a delivery is built.

use std::time::Duration;

use sspr::SecretText;
use sspr::adapters::smtp::SmtpConfig;
use sspr::port::PortErrorKind;

use crate::smtp::relay::{SENDER, address};
use crate::smtp::server::PASSWORD;

fn config() -> SmtpConfig {
    SmtpConfig::starttls("smtp.contoso.example", &address(SENDER))
}

#[test]
fn values_out_of_range_are_refused() {
    let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let cases = [
        ("too short", config().with_timeout(Duration::from_millis(99))),
        ("too long", config().with_timeout(Duration::from_secs(51))),
        ("none", config().with_connections(0)),
        ("too many", config().with_connections(33)),
        ("no certificate", config().with_root_certificates("")),
        ("no certificate", config().with_root_certificates("nonsense")),
        ("a broken one", config().with_root_certificates(pem)),
        ("two lines", config().with_hello("a\r\nMAIL FROM:<x@y.example>")),
        ("no name", config().with_hello("")),
        ("a space", SmtpConfig::starttls("smtp contoso", &address(SENDER))),
        ("no host", SmtpConfig::implicit_tls("", &address(SENDER))),
    ];
    for (what, config) in cases {
        let error = config.build().expect_err(what);
        assert_eq!(error.kind(), PortErrorKind::Denied, "{what}");
    }
}

#[test]
fn the_bounds_themselves_are_allowed() {
    for timeout in [SmtpConfig::MIN_TIMEOUT, SmtpConfig::MAX_TIMEOUT] {
        config().with_timeout(timeout).build().expect("sound");
    }
    for connections in [1, SmtpConfig::MAX_CONNECTIONS] {
        config().with_connections(connections).build().expect("sound");
    }
    for name in ["id.contoso.example", "192.0.2.7", "2001:db8::7"] {
        config().with_hello(name).build().expect("sound");
    }
}

#[test]
fn nothing_that_is_shown_holds_the_password() {
    let config = config().with_login("sspr", SecretText::from(PASSWORD));
    let shown = format!("{config:?}");
    let shown = format!("{shown} {:?}", config.build().expect("sound"));
    assert!(!shown.contains(PASSWORD) && shown.contains("smtp.contoso.example"), "{shown}");
}
