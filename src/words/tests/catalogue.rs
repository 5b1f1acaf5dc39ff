//! The files, their faults and the fall-back of languages.

use super::super::catalogue::broken_files;
use super::*;
use crate::message::Locale;

fn locale(tag: &str) -> Locale {
    Locale::parse(tag).expect(tag)
}

#[test]
fn the_files_of_the_crate_have_no_fault() {
    assert_eq!(broken_files(), []);
    let faults = Catalogue::new().faults();
    assert!(
        faults.is_empty(),
        "{}",
        faults.iter().map(|fault| format!("{fault}\n")).collect::<String>()
    );
}

/// Each kind of fault is found, in a language that is added over the English texts.
#[test]
fn each_fault_of_a_file_is_found() {
    let faults_of = |tag: &str, file: &str, key: &str| -> Vec<String> {
        let catalogue = Catalogue::new().with(&locale(tag), file).expect("Fluent");
        let faults = catalogue.faults().into_iter();
        faults.filter(|fault| fault.key == key).map(|fault| fault.to_string()).collect()
    };
    for (tag, file, key, expected) in [
        ("de", "a-key = x", "skip-until", "de: skip-until is missing"),
        (
            "lv",
            "skip-untill = { $until }",
            "skip-untill",
            "lv: skip-untill is no key of the English texts",
        ),
        ("lv", "skip-until = x", "skip-until", "lv: skip-until lacks the parameter `$until`"),
        (
            "zh-CN",
            "action-skip = { $until }",
            "action-skip",
            "zh-CN: action-skip has the parameter `$until`, which the English text lacks",
        ),
        (
            "lv",
            "action-skip = { part-nothing }",
            "action-skip",
            "lv: action-skip refers to `part-nothing`, which the language lacks",
        ),
        (
            "lv",
            "part-times = { $count ->\n    [one] x { $count }\n   *[other] y { $count }\n}",
            "part-times",
            "lv: part-times lacks the plural form `zero`",
        ),
        (
            "pl",
            "part-times = { $count ->\n    [one] x\n    [few] y\n   *[other] z\n}",
            "part-times",
            "pl: part-times lacks the plural form `many`",
        ),
        (
            "en",
            "part-times = { $count } times",
            "part-times",
            "en: part-times has no plural forms for `$count`",
        ),
    ] {
        assert_eq!(faults_of(tag, file, key), [expected], "{file}");
    }
    // Chinese has one form, and a choice between names is no plural.
    assert!(faults_of("zh-TW", "part-times = { $count } 次", "part-times").is_empty());
    assert!(
        faults_of("lv", "part-x = { $way ->\n    [email] a\n   *[other] b\n}", "part-x").is_empty()
    );
}

#[test]
fn a_replaced_text_that_cannot_be_shown_leaves_the_text_of_the_crate() {
    let latvian = locale("lv");
    let broken =
        "action-skip = { part-nothing }\nstep-done = Beidzies\naction-cancel = { $absent }";
    let catalogue = Catalogue::new().with(&latvian, broken).expect("Fluent");
    let phrases = catalogue.phrases(&latvian);
    let text = |key: &str| phrases.text(key, &[]).expect(key);
    assert_eq!(text("action-skip"), "Pagaidām izlaist");
    assert_eq!(text("action-cancel"), "Atcelt");
    assert_eq!(text("step-done"), "Beidzies");
    assert_eq!(text("step-done.hint"), "Izmaiņas ir stājušās spēkā.", "an attribute stays");
    assert_eq!(phrases.text("no-such-key", &[]), None);
}

/// A value is shown and never read: neither as Fluent nor as a reference.
#[test]
fn a_value_is_never_read_as_fluent() {
    let catalogue = Catalogue::new();
    let phrases = catalogue.phrases(&Locale::default());
    let hostile = "{ part-ask } { $at } \\u0041 {\"x\"}";
    let shown = phrases.text("mail-contact", &[("contact", hostile.into())]);
    assert_eq!(shown.as_deref(), Some("Help: { part-ask } { $at } \\u0041 {\"x\"}"));
}

#[test]
fn the_closest_language_follows_script_and_region() {
    let catalogue = Catalogue::new();
    for (wanted, expected) in [
        ("en", "en"),
        ("en-GB", "en"),
        ("lv", "lv"),
        ("lv-LV", "lv"),
        ("lv-Latn-LV-u-co-standard", "lv"),
        ("zh", "zh-CN"),
        ("zh-CN", "zh-CN"),
        ("zh-SG", "zh-CN"),
        ("zh-MY", "zh-CN"),
        ("zh-Hans", "zh-CN"),
        ("zh-Hans-CN", "zh-CN"),
        ("zh-Hans-HK", "zh-CN"),
        ("zh-Hans-TW", "zh-CN"),
        ("zh-cmn-Hans-CN", "zh-CN"),
        ("cmn", "zh-CN"),
        ("zh-TW", "zh-TW"),
        ("zh_tw", "zh-TW"),
        ("zh-HK", "zh-TW"),
        ("zh-MO", "zh-TW"),
        ("zh-Hant", "zh-TW"),
        ("zh-Hant-TW", "zh-TW"),
        ("zh-Hant-HK", "zh-TW"),
        ("zh-Hant-CN", "zh-TW"),
        ("zh-yue", "zh-TW"),
        ("yue-HK", "zh-TW"),
        ("yue-Hans", "zh-CN"),
        ("de", "en"),
        ("x-whatever", "en"),
        ("i-klingon", "en"),
    ] {
        assert_eq!(catalogue.closest(&locale(wanted)).as_str(), expected, "{wanted}");
    }
}

#[test]
fn a_language_of_the_host_is_found_before_a_wider_one() {
    let add =
        |catalogue: Catalogue, tag: &str| catalogue.with(&locale(tag), "x = y").expect("Fluent");
    let catalogue = ["zh-HK", "pt-BR", "de-AT"].into_iter().fold(Catalogue::new(), add);
    for (wanted, expected) in [
        ("zh-HK", "zh-HK"),
        ("zh-Hant-HK", "zh-HK"),
        ("zh-Hans-HK", "zh-CN"),
        ("zh-MO", "zh-TW"),
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("de-DE", "de-AT"),
    ] {
        assert_eq!(catalogue.closest(&locale(wanted)).as_str(), expected, "{wanted}");
    }
}

/// CLDR: Latvian has a form for 0, 10 to 20 and tens, one for 1, 21, 31, and one for the rest.
#[test]
fn latvian_counts_in_three_forms() {
    let catalogue = Catalogue::new();
    let phrases = catalogue.phrases(&locale("lv"));
    let minutes = |count: u64| phrases.span(std::time::Duration::from_secs(60 * count));
    for (count, expected) in [
        (2, "2 minūtes"),
        (10, "10 minūtes"),
        (11, "11 minūtes"),
        (21, "21 minūti"),
        (22, "22 minūtes"),
        (101, "101 minūti"),
        (111, "111 minūtes"),
    ] {
        assert_eq!(minutes(count), expected);
    }
}
