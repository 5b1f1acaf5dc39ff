//! Golden accounts, decoys, policies, and the notes about the store.

use std::sync::Arc;
use std::time::Duration;

use super::accounts::accounts;
use super::{again, at, body, golden, key, same, tenant};
use crate::domain::account::FORMAT;
use crate::domain::crypto::link_base::LinkBase;
use crate::domain::identity::contact::{EmailAddress, NumberPrefix};
use crate::domain::identity::ids::{GroupId, RoleId};
use crate::domain::policy::breakers::{Breakers, EndedIn};
use crate::domain::policy::policy_record::PolicyRecord;
use crate::domain::policy::{
    Breaker, CodeAlphabet, CodeFormat, Deviation, Disclosure, DomainExpiry, HelpDesk, HelpUrl,
    Policy, PolicySettings, Rate, Scope, Throttle, ThrottleScope, ThrottledAct, VerifiedShare,
};
use crate::domain::record::Subject;
use crate::domain::record::store_note::{Meta, PurgeNote, StoreId};

/// The policies, by the names of their files.
pub(super) fn policies() -> [(&'static str, PolicySettings); 3] {
    let mut entra = PolicySettings::entra();
    entra.scope = Scope::Selected([GroupId::parse("sspr-pilot").expect("valid")].into());
    entra.link = Some(LinkBase::parse("https://id.contoso.example/reset?t=").expect("valid"));
    entra.required_entitlement = Some("sspr".to_owned());
    entra.administrators.roles.insert(RoleId::parse("Night Shift").expect("valid"));
    let more = [
        Deviation::GuessingAboveThreshold,
        Deviation::OneGateAdministrators,
        Deviation::SecurityQuestions,
        Deviation::QuestionsFirst,
    ];
    entra.acknowledged.extend(more);
    let page = HelpUrl::parse("https://help.contoso.example/password").expect("well formed");
    entra.desk.help = HelpDesk::Url(page);
    let mut closed = PolicySettings::default();
    closed.desk.help = HelpDesk::Off;
    let mut strict = PolicySettings::pci();
    strict.password_expiry.domains = vec![DomainExpiry::new("contoso.example", 90)];
    strict.acknowledged.insert(Deviation::PeriodicChange);
    let mailbox = EmailAddress::parse("desk@contoso.example").expect("valid");
    strict.desk.help = HelpDesk::Mail(mailbox);
    strict.scope = Scope::All;
    strict.numbers.breaker = Some(Breaker::default());
    (strict.numbers.new_per_prefix, strict.numbers.new_per_tenant) = (Some(500), Some(2_000));
    strict.disclosure = Disclosure::Masked;
    strict.codes.email = CodeFormat::new(CodeAlphabet::Strong, 12);
    strict.lifetimes.phone_code = Duration::from_secs(120);
    let [hour, day] = [3_600, 86_400].map(Duration::from_secs);
    let failed = Throttle::new(ThrottledAct::ProofFailed, Rate::new(7, hour), day);
    strict.throttles = vec![Throttle { scope: ThrottleScope::Method, ..failed }];
    strict.acknowledged.insert(Deviation::AccountLocks);
    [
        ("policy_entra_v1.json", entra),
        ("policy_strict_v1.json", strict),
        ("policy_closed_v1.json", closed),
    ]
}

fn written() -> Vec<(&'static str, String)> {
    let accounts = accounts().map(|(name, account)| (name, Subject::Account(Arc::new(account))));
    let policies = policies().map(|(name, settings)| {
        let policy = PolicyRecord {
            format: FORMAT,
            min_reader: 1,
            key: key(),
            tenant: tenant(),
            revision: 3,
            policy: Arc::new(Policy::new(settings).expect("sound")),
            changed_at: at(0),
            changed_by: "root@contoso.example".to_owned(),
            breakers: if name.contains("strict") { opened() } else { Breakers::default() },
            trail: Some(super::head()),
        };
        (name, Subject::Policy(Arc::new(policy)))
    });
    let mut meta = Meta::new("00".repeat(32), StoreId::from_bytes([1; 16]));
    (meta.key, meta.incarnation) = (key(), 2);
    meta.copied_from = Some(StoreId::from_bytes([2; 16]));
    meta.moved_to = Some(StoreId::from_bytes([3; 16]));
    let purge = PurgeNote { key: key(), believed: at(0), ahead_for: Some(1), behind_for: Some(2) };
    let notes = [("meta_v1.json", Subject::Meta(meta)), ("purge_v1.json", Subject::Purge(purge))];
    let all = accounts.into_iter().chain(policies).chain(notes);
    all.map(|(name, subject)| (name, body(key(), subject))).collect()
}

/// One open breaker, and one that an administrator has closed.
fn opened() -> Breakers {
    let breaker = Breaker::default();
    let prefix = |text| NumberPrefix::parse(text).expect("valid");
    let low = (EndedIn::Window, VerifiedShare { ended: 60, verified: 3 });
    let mut breakers = Breakers::default();
    for text in ["+88216", "+371"] {
        assert!(breakers.judge(&breaker, &prefix(text), low, at(0)).is_some());
    }
    assert!(breakers.close(&prefix("+371"), at(60), Duration::from_secs(3_600)));
    breakers
}

/// Inv. 19: this release writes records as the first one did.
#[test]
fn records_are_written_as_they_always_were() {
    for (name, written) in written() {
        same(name, &written);
    }
}

/// Inv. 19: records of every release are read whole, and are written back byte for byte.
#[test]
fn records_of_every_version_are_read_whole() {
    let directory = super::file("");
    let names = std::fs::read_dir(directory)
        .expect("a directory")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("a plain name"));
    let records: Vec<_> = names.filter(|name| name.ends_with(".json")).collect();
    assert!(records.len() >= written().len(), "{records:?}");
    for name in records {
        let kept = golden(&name);
        assert_eq!(again(key(), &kept).as_ref(), Ok(&kept), "{name}");
    }
}

/// No field has its default in the fullest account, so a field that is not read cannot go
/// unnoticed.
#[test]
fn every_field_that_may_be_absent_has_a_value_in_the_fullest_account() {
    let mut account = accounts()[0].1.clone();
    account.forgotten = true;
    let full = serde_json::to_value(&account).expect("plain data");
    let mut empty = Vec::new();
    find_defaults("", &full, &mut empty);
    // Some flows have no challenges, and their ends were not propagated.
    empty.retain(|path| !path.ends_with("/challenges") && !path.ends_with("/propagated"));
    assert_eq!(empty, Vec::<String>::new());
}

/// Collects the paths of empty lists, nulls and `false`.
fn find_defaults(path: &str, value: &serde_json::Value, found: &mut Vec<String>) {
    use serde_json::Value;
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                find_defaults(&format!("{path}/{name}"), value, found);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (place, item) in items.iter().enumerate() {
                find_defaults(&format!("{path}/{place}"), item, found);
            }
        }
        Value::Array(_) | Value::Null | Value::Bool(false) => found.push(path.to_owned()),
        _ => {}
    }
}
