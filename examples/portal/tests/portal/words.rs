//! The texts: the same keys and values in every language, none missing, none unused.

use std::collections::BTreeSet;

use sspr::{MethodKind, SsprReason};
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

/// The keys that a template names, and the beginnings of those that it composes.
fn named() -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut whole, mut begun) = (BTreeSet::new(), BTreeSet::new());
    for (_, source) in TEMPLATES {
        for literal in source.split('"').skip(1).step_by(2) {
            whole.insert(literal.to_owned());
        }
        for call in source.split("t(\"").skip(1) {
            let (key, rest) = call.split_once('"').expect("a whole literal");
            if rest.trim_start().starts_with('~') {
                begun.insert(key.to_owned());
            }
        }
    }
    (whole, begun)
}

#[test]
fn every_text_is_used_and_every_text_that_is_named_exists() {
    let english = texts(Language::English);
    let (whole, begun) = named();
    let sources: String = SOURCES.concat();
    for key in english.keys() {
        let is_used = whole.contains(*key)
            || sources.contains(&format!("\"{key}\""))
            || begun.iter().any(|begin| key.starts_with(begin.as_str()))
            || COMPOSED.iter().any(|begin| key.starts_with(begin))
            || ["reset", "unlock", "change"]
                .iter()
                .any(|flow| key.starts_with(&format!("{flow}.")));
        assert!(is_used, "{key} is not used");
    }
    for (_, source) in TEMPLATES {
        for call in source.split("t(\"").skip(1) {
            let (key, rest) = call.split_once('"').expect("a whole literal");
            let is_whole = !rest.trim_start().starts_with('~');
            assert!(!is_whole || english.contains_key(key), "{key} has no text");
        }
    }
    for reason in SsprReason::ALL {
        let name = serde_json::to_value(reason).expect("a name");
        let key = format!("reason.{}", name.as_str().expect("text"));
        assert!(english.contains_key(&*key), "{key} has no text");
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

/// Keys that the code composes of a prefix and the code of a refusal, a reason or a rule.
const COMPOSED: [&str; 5] = ["option.", "password.", "reason.", "refusal.", "sent."];

/// The code that names texts.
const SOURCES: [&str; 3] = [
    include_str!("../../src/pages.rs"),
    include_str!("../../src/problem.rs"),
    include_str!("../../src/recover.rs"),
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
