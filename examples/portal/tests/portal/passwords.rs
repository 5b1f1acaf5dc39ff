//! The rules of a new password, live and without a script; methods that are replaced; hardware tokens.

use std::time::Duration;

use sspr::method::OathParameters;
use sspr::policy::Deviation;
use sspr::port::Clock as _;
use sspr::testing::{InjectedFault, SoftToken};
use sspr_portal::demo::PASSWORD;
use sspr_portal::words::{Language, texts};

use crate::browser::{Page, in_browser};
use crate::security::BEN;
use crate::site::{ADA, NEW};

const SEED: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

impl Page {
    /// The rules of the page that show a state, with it.
    async fn rules(&self) -> Vec<String> {
        let script = "return [...document.querySelectorAll('[data-rule]:not([hidden])')] \
            .map(rule => rule.dataset.rule + ' ' + rule.querySelector('strong').textContent)";
        serde_json::from_value(self.run(script, vec![]).await).expect("texts")
    }

    /// Ben with an app, signed in by it.
    async fn with_app(&self) -> SoftToken {
        self.sign_in(BEN, PASSWORD).await;
        let app = self.enrol_app().await;
        self.press("Sign out").await;
        self.sign_in_with(&app).await;
        self.press("Not now").await;
        app
    }
}

#[test]
fn the_rules_of_a_new_password_follow_what_is_typed() {
    in_browser(async |page| {
        page.site
            .policy(|settings| {
                settings.password.required_classes = 3;
                settings.acknowledged.insert(Deviation::CompositionRules);
            })
            .await;
        page.start("reset").await;
        page.prove_both().await;
        assert_eq!(page.rules().await, ["length ", "classes "]);
        page.fill("password", "tractor violet candle").await;
        assert_eq!(page.rules().await, ["length ✓ met", "classes not yet met"]);
        page.fill("password", "Tractor 2").await;
        assert_eq!(page.rules().await, ["length not yet met", "classes ✓ met"]);
        page.fill("password", "Tractor violet candle 2").await;
        page.fill("again", "Tractor violet candle").await;
        let rules = page.rules().await;
        assert_eq!(rules, ["length ✓ met", "classes ✓ met", "same not yet met"]);
        page.check().await;
        page.fill_field("#again", " 2").await;
        assert_eq!(page.rules().await[2], "same ✓ met");
        page.press("Set the password").await;
        assert!(page.site.password_is("u-ada", "Tractor violet candle 2"));
    });
}

#[test]
fn the_rules_count_characters_as_the_engine_does() {
    in_browser(async |page| {
        page.start("reset").await;
        page.prove_both().await;
        // 14 characters of one code point each in normal form, 15 or more in others.
        for (typed, state) in [
            ("e\u{301}".repeat(14), "length not yet met"),
            ("e\u{301}".repeat(15), "length ✓ met"),
            ("猫".repeat(14), "length not yet met"),
            ("\u{1f408}".repeat(14), "length not yet met"),
            ("\u{1f408}".repeat(15), "length ✓ met"),
        ] {
            let set = "const field = document.getElementById('password'); \
                field.value = arguments[0]; field.dispatchEvent(new Event('input'))";
            page.run(set, vec![typed.clone().into()]).await;
            assert_eq!(page.rules().await, [state], "{typed}");
        }
    });
}

#[test]
fn the_longest_password_and_its_letters_are_live_rules_too() {
    in_browser(async |page| {
        page.site
            .policy(|settings| {
                settings.password.max_length = 64;
                settings.password.required_classes = 3;
                settings.password.ascii_only = true;
                let deviations = [Deviation::AsciiPasswords, Deviation::CompositionRules];
                settings.acknowledged.extend(deviations);
            })
            .await;
        page.start("reset").await;
        page.prove_both().await;
        page.fill("password", &"long ".repeat(13)).await;
        let rules = ["length not yet met", "classes not yet met", "ascii ✓ met"];
        assert_eq!(page.rules().await, rules);
        page.fill("password", "plūme traktors vijole svece 7").await;
        assert_eq!(page.rules().await, ["length ✓ met", "classes ✓ met", "ascii not yet met"]);
    });
}

#[test]
fn without_a_script_the_rules_are_shown_and_checked_by_the_portal() {
    in_browser(async |page| {
        page.scripts(false).await;
        page.start("reset").await;
        page.prove_both().await;
        page.shows("15 to").await;
        page.shows("No common password, no name and no word of your organisation.").await;
        assert!(!page.text().await.contains("not yet met"));
        assert!(!page.text().await.contains("Both fields hold the same password."));
        page.new_password("short").await;
        page.shows("It has fewer than 15 characters.").await;
        page.new_password("passwordpassword").await;
        assert_eq!(page.heading().await, "Choose a new password");
        assert_eq!(page.attribute("#password", "aria-invalid").await.as_deref(), Some("true"));
    });
}

#[test]
fn the_states_of_the_rules_are_in_each_language() {
    for language in Language::ALL {
        let words = texts(language);
        in_browser(async |page| {
            page.start("reset").await;
            page.prove_both().await;
            page.press(language.name()).await;
            page.fill("password", "short").await;
            page.shows(words["new_password.unmet"]).await;
            page.fill("password", NEW).await;
            page.fill("again", NEW).await;
            page.shows(words["new_password.met"]).await;
            page.shows(words["new_password.same"]).await;
        });
    }
}

#[test]
fn the_rules_of_a_change_are_those_of_the_policy_and_follow_what_is_typed() {
    in_browser(async |page| {
        page.site.policy(|settings| settings.password.min_length = 16).await;
        page.sign_in(ADA, PASSWORD).await;
        page.open("/change").await;
        page.shows("16 to").await;
        page.fill("password", "fifteen letters").await;
        assert_eq!(page.rules().await, ["length not yet met"]);
        page.fill_field("#password", "!").await;
        assert_eq!(page.rules().await, ["length ✓ met"]);
    });
}

#[test]
fn an_address_is_replaced_when_the_new_one_is_confirmed() {
    in_browser(async |page| {
        page.with_app().await;
        page.add_mail().await;
        page.scripts(false).await;
        page.click("summary[aria-label^='Replace: Mail address']").await;
        page.fill_field("details[open] input[type=email]", "ben.liu@private.example").await;
        page.follow_first("details[open] button").await;
        // The old one stays until then.
        let cookies = page.cookies().await;
        let listed = page.site.raw("GET", "/security", &[("Cookie", &cookies)], "").await;
        assert!(listed.contains("ben@private.example"), "{listed}");
        assert!(!listed.contains("ben.liu@private.example</"), "{listed}");
        page.fill("code", &page.site.code("ben.liu@private.example").await).await;
        page.press("Next").await;
        page.shows("ben.liu@private.example").await;
        // A day passes before the new address counts and the old one goes.
        page.shows("Counts from").await;
    });
}

#[test]
fn an_app_is_replaced_by_that_of_a_new_phone() {
    in_browser(async |page| {
        page.with_app().await;
        page.press("Replace").await;
        let seed = page.text_of("main .code").await;
        let app = SoftToken::new(&seed, OathParameters::default()).expect("a seed");
        page.fill("code", &app.code(page.site.clock.now())).await;
        page.press("Next").await;
        assert_eq!(page.heading().await, "Your security info");
        let apps = "return [...document.querySelectorAll('main li > strong')] \
            .filter(kind => kind.textContent === 'Authenticator app').length";
        let listed = page.run(apps, vec![]).await;
        assert!(listed == 1 || page.text().await.contains("Counts from"), "{listed}");
    });
}

#[test]
fn a_token_that_the_desk_supplied_is_confirmed_and_proves_its_owner() {
    in_browser(async |page| {
        page.desk().await;
        page.press(BEN).await;
        page.fill("seed", SEED).await;
        page.press("Supply the token").await;
        page.shows("Done, and recorded with your name.").await;
        assert!(!page.text().await.contains(SEED));
        page.forget_cookies().await;
        page.sign_in(BEN, PASSWORD).await;
        page.press("Confirm with a code of the token").await;
        page.shows("Type the code that your hardware token shows.").await;
        let token = SoftToken::new(SEED, OathParameters::default()).expect("a seed");
        page.fill("code", &token.code(page.site.clock.now())).await;
        page.press("Next").await;
        page.add_mail().await;
        page.site.clock.advance(Duration::from_secs(60));
        page.open("/reset").await;
        page.fill("name", BEN).await;
        page.press("Next").await;
        page.press("Code from my hardware token").await;
        page.fill("code", &token.code(page.site.clock.now())).await;
        page.press("Next").await;
        page.prove("Code by mail", "ben@private.example").await;
        assert_eq!(page.heading().await, "Choose a new password");
    });
}

#[test]
fn a_seed_that_is_none_is_refused_by_the_desk() {
    in_browser(async |page| {
        page.desk().await;
        page.press(BEN).await;
        page.fill("seed", "not a seed").await;
        page.press("Supply the token").await;
        page.shows("Something is missing").await;
    });
}

#[test]
fn a_slow_directory_delays_the_page_and_a_second_write_waits() {
    in_browser(async |page| {
        page.start("reset").await;
        page.prove_both().await;
        let cookies = page.cookies().await;
        let faults = page.site.directory_faults.clone();
        let _slow = faults.clone().on("directory.set_password", InjectedFault::HangAfter);
        let body = format!("verb=complete&password={0}&again={0}", NEW.replace(' ', "+"));
        // The first write hangs: its request is never answered, and the browser goes away.
        let calls =
            || faults.names().iter().filter(|name| **name == "directory.set_password").count();
        let hanging = page.post("/reset", &cookies, &body);
        let given_up = async {
            while calls() == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = hanging => panic!("a reply of a directory that does not answer"),
            () = given_up => {}
        }
        faults.heal();
        // Until it is settled, a second write is refused, with the time to try again.
        let second = page.post("/reset", &cookies, &body).await;
        assert!(second.starts_with("HTTP/1.1 429 "), "{second}");
        assert!(second.to_lowercase().contains("retry-after: "), "{second}");
        page.site.clock.advance(Duration::from_secs(120));
        page.open("/reset").await;
        page.new_password(NEW).await;
        assert_eq!(page.heading().await, "Your password is changed");
        assert!(page.site.password_is("u-ada", NEW));
    });
}

#[test]
fn a_code_for_a_new_method_that_is_sent_twice_adds_it_once() {
    in_browser(async |page| {
        page.sign_in(BEN, PASSWORD).await;
        page.fill_field("#email", "ben@private.example").await;
        page.press("Send a code to this address").await;
        let ticket = page.attribute("input[name=ticket]", "value").await.expect("a ticket");
        let code = page.site.code("ben@private.example").await;
        let cookies = page.cookies().await;
        let body = format!("verb=confirm&ticket={ticket}&code={code}&kind=confirm.code");
        for _ in 0..2 {
            let response = page.post("/security", &cookies, &body).await;
            assert!(!response.starts_with("HTTP/1.1 5"), "{response}");
        }
        page.open("/security").await;
        assert_eq!(page.text().await.matches("ben@private.example").count(), 1);
    });
}
