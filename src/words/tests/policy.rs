//! A policy and the troubleshooting page in words.

use std::collections::BTreeSet;

use super::pages::TAGS;
use super::*;
use crate::PolicySettings;
use crate::facts::WritebackEvent;
use crate::message::Locale;

fn each(check: impl Fn(&str, Phrases<'_>)) {
    let catalogue = Catalogue::new();
    for tag in TAGS {
        check(tag, catalogue.phrases(&Locale::parse(tag).expect(tag)));
    }
}

#[test]
fn each_setting_has_a_label_and_a_value_in_words() {
    each(|tag, phrases| {
        for settings in [PolicySettings::default(), PolicySettings::entra()] {
            for line in phrases.describe(&settings) {
                assert_ne!(line.label, line.path, "{tag}");
                assert!(!line.value.is_empty(), "{tag} {}", line.path);
                let raw = ["true", "false", "null", "_"].iter().any(|raw| line.value == *raw);
                assert!(!raw && !line.value.contains(['{', '}']), "{tag} {line}");
            }
        }
    });
}

#[test]
fn two_policies_differ_in_the_settings_that_were_changed() {
    let before = PolicySettings::default();
    let mut after = before.clone();
    after.lifetimes.flow = std::time::Duration::from_secs(5_400);
    after.users.methods = [crate::MethodKind::Email].into();
    after.registration.skip_days = Some(7);
    each(|tag, phrases| {
        assert!(phrases.differences(&before, &before).is_empty());
        let changes = phrases.differences(&before, &after);
        let paths: Vec<_> = changes.iter().map(|change| change.path).collect();
        assert_eq!(paths, ["users.methods", "lifetimes.flow", "registration.skip_days"], "{tag}");
        let spans = [
            ("en", "90 minutes"),
            ("lv", "90 minūtes"),
            ("zh-CN", "90 分钟"),
            ("zh-TW", "90 分鐘"),
        ];
        let (_, span) = spans.into_iter().find(|(known, _)| *known == tag).expect("a span");
        assert_eq!(changes[1].after, span, "{tag}");
        assert!(changes[0].to_string().contains('→'), "{}", changes[0]);
    });
}

#[test]
fn the_troubleshooting_page_has_every_reason_and_every_event() {
    each(|tag, phrases| {
        let rows = phrases.troubleshooting();
        let expected = crate::error::SsprReason::ALL.len() + 7 + WritebackEvent::ALL.len();
        assert_eq!(rows.len(), expected, "{tag}");
        for row in &rows {
            for part in [&row.cause, &row.advice] {
                assert!(!part.is_empty() && !part.contains(".advice"), "{tag} {row:?}");
                let is_key = part.starts_with("condition-") || part.starts_with("writeback-");
                assert!(!is_key, "{tag} {row:?}");
            }
        }
        let codes: BTreeSet<&str> = rows.iter().map(|row| row.code.as_str()).collect();
        for code in
            ["SSPR_0009", "SSPR_0014", "SSPR_0029", "SSPR_0030", "33008 ADPasswordPolicyError"]
        {
            assert!(codes.contains(code), "{tag} {code}");
        }
    });
}
