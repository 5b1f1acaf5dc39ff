//! The texts: the same keys and values in every language, none missing, none unused.

use std::collections::BTreeSet;

use sspr::MethodKind;
use sspr::message::Locale;
use sspr_portal::TEMPLATES;
use sspr_portal::words::{Language, texts};

#[test]
fn every_language_has_every_text_with_the_same_values() {
    let english = texts(Language::English);
    let values = |text: &str| -> BTreeSet<String> {
        let names = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
        names.map(|(name, _)| name.to_owned()).collect()
    };
    for language in Language::ALL {
        assert_eq!(Ok(language.locale()), Locale::parse(language.tag()));
        let lines =
            language.file().lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let own = texts(language);
        assert_eq!(own.len(), lines.count(), "{language:?}: a key twice, or a line without ` = `");
        let keys = |texts: &std::collections::BTreeMap<&'static str, &'static str>| -> Vec<&str> {
            texts.keys().copied().collect()
        };
        assert_eq!(keys(&own), keys(&english), "{language:?}");
        for (key, text) in &own {
            assert!(!text.trim().is_empty(), "{language:?}: {key}");
            assert_eq!(values(text), values(english[key]), "{language:?}: {key}");
            let is_copy = language != Language::English && *text == english[key];
            assert!(!is_copy || *key == "policy.json", "{language:?}: {key} is English");
        }
    }
}

/// The literals that templates pass to `t`, and whether each is only the beginning of a key.
fn literals() -> BTreeSet<(&'static str, bool)> {
    let mut found = BTreeSet::new();
    for (_, source) in TEMPLATES {
        for (at, call) in source.match_indices("t(\"") {
            let is_longer_name = source[..at].ends_with(|symbol: char| symbol.is_alphabetic());
            let (key, rest) = source[at + call.len()..].split_once('"').expect("a whole literal");
            if !is_longer_name {
                found.insert((key, rest.trim_start().starts_with('~')));
            }
        }
    }
    found
}

#[test]
fn every_text_is_used_and_every_text_that_is_named_exists() {
    let english = texts(Language::English);
    let literals = literals();
    let templates = TEMPLATES.iter().map(|(_, source)| *source);
    let sources: String = SOURCES.into_iter().chain(templates).collect();
    for key in english.keys() {
        let is_used = sources.contains(&format!("\"{key}\""))
            || literals.iter().any(|(begin, is_begun)| *is_begun && key.starts_with(begin))
            || COMPOSED.iter().any(|begin| key.starts_with(begin))
            || ["reset", "unlock", "change"]
                .iter()
                .any(|flow| key.starts_with(&format!("{flow}.")));
        assert!(is_used, "{key} is not used");
    }
    for (key, is_begun) in literals {
        assert!(is_begun || english.contains_key(key), "{key} has no text");
    }
    for kind in MethodKind::ALL {
        for channel in kind.channels() {
            let key = format!("option.{kind}.{channel}");
            assert!(english.contains_key(&*key), "{key} has no text");
            let is_sent = !matches!(
                kind,
                MethodKind::AppNotification | MethodKind::Passkey | MethodKind::HostVerified
            );
            assert_eq!(english.contains_key(&*format!("sent.{key}")), is_sent, "{key}");
        }
    }
}

/// Keys that the code composes of a prefix and an option.
const COMPOSED: [&str; 5] = ["cause.", "option.", "sent.", "stage.", "what."];

/// The code that names texts.
const SOURCES: [&str; 11] = [
    include_str!("../../src/change.rs"),
    include_str!("../../src/desk.rs"),
    include_str!("../../src/pages.rs"),
    include_str!("../../src/policy/dry_run.rs"),
    include_str!("../../src/policy/mod.rs"),
    include_str!("../../src/policy/review.rs"),
    include_str!("../../src/problem.rs"),
    include_str!("../../src/questions.rs"),
    include_str!("../../src/recover.rs"),
    include_str!("../../src/security.rs"),
    include_str!("../../src/sign_in.rs"),
];

#[test]
fn the_language_is_the_first_choice_that_the_portal_has() {
    for (header, tag) in [
        ("", "en"),
        ("lv", "lv"),
        ("lv-LV,lv;q=0.9,en;q=0.8", "lv"),
        ("de,fr;q=0.9", "en"),
        ("de,lv;q=0.1", "lv"),
        ("en;q=0.2, zh;q=0.9", "zh-CN"),
        ("zh-TW", "zh-TW"),
        ("zh-Hant-HK", "zh-TW"),
        ("zh-HK;q=0.9, zh-CN;q=0.8", "zh-TW"),
        ("zh-Hans-SG", "zh-CN"),
        ("lv;q=0, en", "en"),
        ("lv;q=x", "en"),
        ("*", "en"),
    ] {
        assert_eq!(Language::accepted_first(header).tag(), tag, "{header}");
    }
    assert_eq!(Language::chosen("a=b; lang=zh-TW; c=d"), Some(Language::TraditionalChinese));
    assert_eq!(Language::chosen("xlang=lv; lang=../x"), None);
}
