//! The policy: its form and document, faults, review, dry run and versions.

use sspr::words::Catalogue;
use sspr_portal::demo::PASSWORD;
use sspr_portal::words::{Language, texts};

use crate::browser::{Page, in_browser};
use crate::desk::ROOT;
use crate::site::ADA;

impl Page {
    async fn policy(&self) {
        self.sign_in(ROOT, PASSWORD).await;
        self.open("/policy").await;
    }
}

#[test]
fn every_fault_is_shown_at_its_field_and_nothing_is_saved() {
    in_browser(async |page| {
        let before = page.site.attempts().await;
        page.policy().await;
        page.retype("#attempts", "0").await;
        page.retype("#lifetimes-phone_code", "20m").await;
        page.retype("#password-min_length", "8").await;
        page.press("Save").await;
        page.shows("Faults, with which it cannot be saved: 3").await;
        for (field, fault) in [
            ("attempts", "attempts is 0, not within 1 to 10"),
            ("lifetimes-phone_code", "lifetimes.phone_code is 20 minutes, not within"),
            ("password-min_length", "needs the deviation `short_passwords`"),
        ] {
            let told = page.attribute(&format!("#{field}"), "aria-describedby").await;
            assert_eq!(told.as_deref(), Some(&*format!("fault-{field}")));
            assert!(page.text_of(&format!("#fault-{field}")).await.contains(fault), "{field}");
        }
        assert_eq!(page.site.attempts().await, before);
        assert_eq!(page.attribute("#attempts", "value").await.as_deref(), Some("0"), "it stays");
    });
}

/// A number that cannot be read is shown together with one that is out of range.
#[test]
fn a_number_that_is_none_is_a_fault_of_its_field() {
    in_browser(async |page| {
        page.policy().await;
        page.retype("#attempts", "five").await;
        page.retype("#lifetimes-flow", "soon").await;
        page.retype("#lifetimes-phone_code", "20m").await;
        page.press("Save").await;
        page.shows("Faults, with which it cannot be saved: 3").await;
        assert!(page.text_of("#fault-attempts").await.contains("attempts"));
        assert!(page.text_of("#fault-lifetimes-flow").await.contains("lifetimes.flow"));
        assert!(page.text_of("#fault-lifetimes-phone_code").await.contains("20 minutes"));
    });
}

/// Every field that takes a number or a span, with one that is too large.
#[test]
fn each_field_shows_its_own_fault() {
    in_browser(async |page| {
        let before = page.site.attempts().await;
        page.policy().await;
        let script = "const all = document.querySelectorAll('form[data-live] input:not([type])'); \
            const fields = [...all].filter(field => field.id !== 'groups'); \
            fields.forEach(field => field.value = '99999999999'); \
            return fields.map(field => field.id)";
        let fields: Vec<String> =
            serde_json::from_value(page.run(script, vec![]).await).expect("names");
        assert!(fields.len() > 18, "{fields:?}");
        page.press("Save").await;
        page.shows(&format!("Faults, with which it cannot be saved: {}", fields.len())).await;
        for field in fields {
            let told = page.attribute(&format!("#{field}"), "aria-describedby").await;
            assert_eq!(told.as_deref(), Some(&*format!("fault-{field}")));
            let fault = page.text_of(&format!("#fault-{field}")).await;
            let named = fault.split([':', ' ']).next().unwrap_or_default();
            assert!(!named.is_empty() && field.replace('-', ".").starts_with(named), "{fault}");
        }
        assert_eq!(page.site.attempts().await, before);
    });
}

#[test]
fn the_odds_and_the_faults_follow_what_is_typed() {
    in_browser(async |page| {
        page.policy().await;
        let odds = page.text_of("#review tbody").await;
        page.shows("1 : ").await;
        page.shows("NIST SP 800-63B-4, 4.2.2.2").await;
        page.retype("#attempts", "10").await;
        page.comes_to_show("attempts at one code: 5 → 10").await;
        assert_ne!(page.text_of("#review tbody").await, odds);
        page.retype("#attempts", "99").await;
        page.comes_to_show("attempts is 99, not within 1 to 10").await;
        assert_eq!(page.site.attempts().await.0, 5, "to type saves nothing");
    });
}

#[test]
fn the_review_needs_no_script() {
    in_browser(async |page| {
        page.scripts(false).await;
        page.policy().await;
        let odds = page.text_of("#review tbody").await;
        page.retype("#attempts", "10").await;
        page.press("Review").await;
        page.shows("attempts at one code: 5 → 10").await;
        assert_ne!(page.text_of("#review tbody").await, odds);
        page.picture("policy.png").await;
    });
}

#[test]
fn a_policy_is_saved_once_and_listed_among_the_versions() {
    in_browser(async |page| {
        page.policy().await;
        let (_, revision) = page.site.attempts().await;
        page.retype("#attempts", "3").await;
        page.press("Save").await;
        page.shows("The policy is saved.").await;
        page.shows("Nothing: it is the present policy.").await;
        assert_eq!(page.site.attempts().await, (3, revision + 1));
        page.press("Save").await;
        assert_eq!(page.site.attempts().await, (3, revision + 1), "an equal one is no version");
        page.press("Versions of the policy").await;
        page.shows("attempts: 5 → 3").await;
        page.shows("u-root").await;
    });
}

#[test]
fn a_policy_that_another_administrator_has_changed_is_not_overwritten() {
    in_browser(async |page| {
        page.policy().await;
        page.site.policy(|settings| settings.attempts = 4).await;
        page.retype("#attempts", "3").await;
        page.press("Save").await;
        page.shows("This was changed in the meantime. Load it again.").await;
        assert_eq!(page.site.attempts().await.0, 4);
    });
}

#[test]
fn a_misspelt_key_of_the_document_names_its_path_and_the_nearest_right_one() {
    in_browser(async |page| {
        page.policy().await;
        page.press("Edit as a document").await;
        page.retype("#document", r#"{"scope": "all", "users": {"requird": 1}}"#).await;
        page.press("Save").await;
        page.shows("users.requird: unknown setting, did you mean `required`?").await;
        page.retype("#document", "{").await;
        page.press("Save").await;
        page.shows("Faults, with which it cannot be saved: 1").await;
        let before = page.site.attempts().await;
        let document = r#"{"scope": "all", "attempts": 0, "lifetimes": {"phone_code": "20m"}}"#;
        page.retype("#document", document).await;
        page.press("Save").await;
        page.shows("attempts is 0, not within 1 to 10").await;
        page.shows("lifetimes.phone_code is 20 minutes, not within").await;
        assert_eq!(page.site.attempts().await, before);
        page.retype("#document", r#"{"scope": "all", "lifetimes": {"flow": "20m"}}"#).await;
        page.press("Save").await;
        page.shows("The policy is saved.").await;
    });
}

#[test]
fn methods_and_groups_are_chosen_in_the_form() {
    in_browser(async |page| {
        page.policy().await;
        page.retype("#groups", "pilot, sales").await;
        page.click("#scope option[value=selected]").await;
        page.press("Review").await;
        page.shows("who may reset their password: all → members of: pilot").await;
        page.shows("sales").await;
    });
}

#[test]
fn a_dry_run_counts_every_user_and_changes_none() {
    in_browser(async |page| {
        page.policy().await;
        page.click("#scope option[value=none]").await;
        page.press("Try it on every user").await;
        page.comes_to_show("It has ended. Users: 3").await;
        page.shows("nothing changes").await;
        page.shows("u-ada can no longer reset").await;
        page.open("/policy/dry-run/none").await;
        page.shows("There is no such page.").await;
    });
}

#[test]
fn the_policy_is_read_in_each_language() {
    for language in Language::ALL {
        in_browser(async |page| {
            page.policy().await;
            page.press(language.name()).await;
            assert_eq!(page.heading().await, texts(language)["policy.title"]);
            let catalogue = Catalogue::new();
            let lines = catalogue.phrases(&language.locale()).describe(&Default::default());
            page.shows(&lines[0].label).await;
            page.open("/policy/document").await;
            page.open("/policy/history").await;
            assert_eq!(page.heading().await, texts(language)["history.title"]);
        });
    }
}

#[test]
fn the_policy_is_for_administrators() {
    in_browser(async |page| {
        for path in ["/policy", "/policy/document", "/policy/history", "/policy/dry-run/none"] {
            page.forget_cookies().await;
            page.open(path).await;
            assert_eq!(page.heading().await, "Sign in", "{path}");
        }
        page.sign_in(ADA, PASSWORD).await;
        for path in ["/policy", "/policy/document", "/policy/history", "/policy/dry-run/none"] {
            page.open(path).await;
            page.shows("You do not have the role for this.").await;
        }
    });
}
