//! Signed-in users: the prompt, their methods, a change.

use std::collections::BTreeMap;
use std::time::Duration;

use sspr::method::OathParameters;
use sspr::port::Clock as _;
use sspr::testing::SoftToken;
use sspr_portal::demo::PASSWORD;

use crate::browser::{Page, in_browser};
use crate::site::{ADA, MAIL, NEW};

pub const BEN: &str = "ben@contoso.example";
const BENS_MAIL: &str = "ben@private.example";
const BENS_MOBILE: &str = "+14255550177";

impl Page {
    pub async fn sign_in(&self, name: &str, password: &str) {
        self.open("/sign-in").await;
        self.fill("name", name).await;
        self.fill("password", password).await;
        self.press("Sign in").await;
    }

    /// Types the code that has arrived at this address, for the new method.
    async fn confirm(&self, address: &str) {
        self.fill("code", &self.site.code(address).await).await;
        self.press("Next").await;
    }

    /// Adds an authenticator app: a wrong code first, then the one that it shows.
    pub async fn enrol_app(&self) -> SoftToken {
        self.press("Add an authenticator app").await;
        let label = self.attribute("svg", "aria-label").await;
        assert_eq!(label.as_deref(), Some("QR code for your authenticator app"));
        let seed = self.text_of("main .code").await;
        let app = SoftToken::new(&seed, OathParameters::default()).expect("a seed");
        let code = app.code(self.site.clock.now());
        self.fill("code", if code == "000000" { "111111" } else { "000000" }).await;
        self.press("Next").await;
        self.shows("This was not accepted.").await;
        self.fill("code", &code).await;
        self.press("Next").await;
        app
    }

    /// Adds an authenticator app on the pages of these words.
    pub async fn enrol_app_in(&self, words: &BTreeMap<&str, &str>) -> SoftToken {
        self.press(words["security.add_app"]).await;
        let seed = self.text_of("main .code").await;
        let app = SoftToken::new(&seed, OathParameters::default()).expect("a seed");
        self.fill("code", &app.code(self.site.clock.now())).await;
        self.press(words["next"]).await;
        app
    }

    /// Signs Ben in with the password and a code of the app.
    pub async fn sign_in_with(&self, app: &SoftToken) {
        self.sign_in_as(BEN, app).await;
    }

    /// Signs a user in with the password and a code of the app.
    pub async fn sign_in_as(&self, name: &str, app: &SoftToken) {
        // A code opens one thing: the next one is shown after half a minute.
        self.site.clock.advance(Duration::from_secs(60));
        self.open("/sign-in").await;
        self.fill("name", name).await;
        self.fill("password", PASSWORD).await;
        self.fill("code", &app.code(self.site.clock.now())).await;
        self.press("Sign in").await;
    }

    pub async fn add_mail(&self) {
        self.fill_field("#email", BENS_MAIL).await;
        self.press("Send a code to this address").await;
        self.confirm(BENS_MAIL).await;
    }

    pub async fn add_mobile(&self) {
        self.fill_field("#mobile", BENS_MOBILE).await;
        self.press("Send a code by text message").await;
        self.confirm(BENS_MOBILE).await;
    }
}

#[test]
fn a_wrong_password_and_an_unknown_name_are_refused_alike() {
    in_browser(async |page| {
        let mut pages = Vec::new();
        for name in [ADA, "nemo@contoso.example"] {
            page.sign_in(name, "wrong").await;
            page.shows("The name, the password or the code is wrong.").await;
            pages.push(page.text().await);
        }
        assert_eq!(pages[0], pages[1]);
        page.open("/security").await;
        assert_eq!(page.heading().await, "Sign in");
        page.open("/change").await;
        assert_eq!(page.heading().await, "Sign in");
    });
}

#[test]
fn a_user_without_methods_is_asked_to_register_at_sign_in() {
    in_browser(async |page| {
        page.sign_in(BEN, PASSWORD).await;
        page.shows("Set up your sign-in methods").await;
        page.shows("Methods that are missing before you can reset a forgotten password: 2").await;
        page.add_mail().await;
        page.shows(BENS_MAIL).await;
        assert!(!page.text().await.contains("Remove"), "the prompt only adds");
        page.add_mobile().await;
        page.shows("You can reset a forgotten password with these methods.").await;
        page.shows("Remove").await;
        page.picture("security.png").await;
    });
}

#[test]
fn the_prompt_can_be_skipped_for_this_session() {
    in_browser(async |page| {
        page.sign_in(BEN, PASSWORD).await;
        page.press("Not now").await;
        assert!(!page.text().await.contains("Your organisation asks you"));
        page.press("Sign out").await;
        page.sign_in(BEN, PASSWORD).await;
        page.shows("Your organisation asks you").await;
    });
}

#[test]
fn an_authenticator_app_is_enrolled_by_a_qr_code_and_used_at_sign_in() {
    in_browser(async |page| {
        page.sign_in(BEN, PASSWORD).await;
        let app = page.enrol_app().await;
        page.shows("Authenticator app").await;
        page.press("Sign out").await;
        page.sign_in(BEN, PASSWORD).await;
        page.shows("type its code as well").await;
        page.sign_in_with(&app).await;
        assert_eq!(page.heading().await, "Your security info");
    });
}

#[test]
fn recovery_codes_are_shown_once_and_count_after_they_are_saved() {
    in_browser(async |page| {
        page.sign_in(BEN, PASSWORD).await;
        page.press("Not now").await;
        page.press("Create recovery codes").await;
        page.shows("They are shown only now").await;
        let codes = page.text_of("main .code").await;
        assert_eq!(codes.lines().count(), 10, "{codes}");
        page.press("I have saved them").await;
        page.shows("Recovery codes 10 left").await;
    });
}

#[test]
fn methods_are_removed_and_put_first() {
    in_browser(async |page| {
        page.sign_in(BEN, PASSWORD).await;
        let app = page.enrol_app().await;
        page.press("Sign out").await;
        page.sign_in_with(&app).await;
        page.add_mail().await;
        page.press("Offer this first").await;
        page.shows("Offered first").await;
        let rows = async || page.text().await.matches("Remove").count();
        assert_eq!(rows().await, 2);
        page.press("Remove").await;
        assert_eq!(rows().await, 1);
    });
}

#[test]
fn methods_that_are_enough_change_only_with_a_second_factor() {
    in_browser(async |page| {
        page.sign_in(BEN, PASSWORD).await;
        page.add_mail().await;
        page.add_mobile().await;
        page.press("All this is still right").await;
        page.press("Remove").await;
        page.shows("Confirm a second factor at sign-in first.").await;
    });
}

#[test]
fn supplied_data_becomes_the_users_own_by_one_code() {
    in_browser(async |page| {
        page.sign_in(ADA, PASSWORD).await;
        page.press("Confirm with a code").await;
        page.confirm(MAIL).await;
        page.shows(MAIL).await;
    });
}

#[test]
fn a_sign_in_that_is_too_old_begins_again() {
    in_browser(async |page| {
        page.sign_in(BEN, PASSWORD).await;
        page.site.clock.advance(Duration::from_secs(600));
        page.open("/security").await;
        assert_eq!(page.heading().await, "Sign in");
    });
}

#[test]
fn a_password_is_changed_and_every_session_ends() {
    in_browser(async |page| {
        page.sign_in(ADA, PASSWORD).await;
        page.press("Change your password").await;
        for (current, new, problem) in [
            ("wrong", NEW, "This was not accepted."),
            (PASSWORD, "short", "It has fewer than 15 characters."),
        ] {
            page.fill("current", current).await;
            page.fill("password", new).await;
            page.fill("again", new).await;
            page.press("Set the password").await;
            page.shows(problem).await;
        }
        page.fill("current", PASSWORD).await;
        page.fill("password", NEW).await;
        page.fill("again", NEW).await;
        page.press("Set the password").await;
        page.shows("All your sessions have ended").await;
        assert!(page.site.password_is("u-ada", NEW));
        page.site.deliver().await;
        page.open("/security").await;
        assert_eq!(page.heading().await, "Sign in");
        page.sign_in(ADA, NEW).await;
        assert_eq!(page.heading().await, "Your security info");
    });
}
