//! The stored forms, compared with `tests/golden`: one file for each record and for the events.
//!
//! Every release must read these files. Until 1.0 a version may be recut, with a line in the
//! changelog: `SSPR_RECUT_GOLDEN=1 cargo test --lib golden` rewrites the files. After 1.0 a changed
//! form is a new version, and the files of the old one stay.

mod accounts;
mod activities;
mod defaults;
mod depths;
mod events;
mod factors;
mod records;
mod schema;
mod settings;
mod variants;

use std::path::{Path, PathBuf};

use crate::domain::identity::ids::{RecordKey, TenantId, UserId};
use crate::domain::record::{Record, Subject, Version};
use crate::domain::time::Timestamp;
use crate::domain::trail::Head;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// The golden text of this name, without its last line break.
fn golden(name: &str) -> String {
    let path = file(name);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.strip_suffix('\n').expect("a last line break").to_owned()
}

/// Asserts that this release writes the golden form.
fn same(name: &str, written: &str) {
    if std::env::var_os("SSPR_RECUT_GOLDEN").is_some() {
        std::fs::write(file(name), format!("{written}\n")).expect("written");
    }
    assert_eq!(golden(name), written, "the stored form of {name} has changed");
}

/// Reads a body and writes it again.
fn again(key: RecordKey, body: &str) -> Result<String, String> {
    let record = Record::loaded(key, Version::new(1, 1), body);
    let subject = record.subject().map_err(|error| error.to_string())?;
    Ok(Record::new(key, Version::new(1, 1), subject.clone()).body().to_owned())
}

fn body(key: RecordKey, subject: Subject) -> String {
    Record::new(key, Version::new(1, 1), subject).body().to_owned()
}

fn key() -> RecordKey {
    RecordKey::from_bytes(std::array::from_fn(|place| place as u8))
}

fn tenant() -> TenantId {
    TenantId::parse("contoso").expect("valid")
}

fn user() -> UserId {
    UserId::parse("6e7b768e-07e2-4810-8459-485f84f8f204").expect("valid")
}

/// The head of a trail, as a record holds it.
fn head() -> Head {
    let text = "1800000000000.12.1800000360000.00f1e2d3c4b5a697.0.00112233445566778899aabbccddeeff";
    serde_json::from_value(text.into()).expect("valid")
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_800_000_000 + second)
}
