//! Resets and unlocks, from the first page to the new password.

use crate::browser::{Page, in_browser};
use crate::site::{ADA, MAIL, MOBILE, NEW};
use sspr::words::{Catalogue, PhraseValue};
use sspr_portal::demo::PASSWORD;
use sspr_portal::words::{Language, texts};

impl Page {
    /// The name typed, and the methods offered.
    pub async fn start(&self, flow: &str) {
        self.open(&format!("/{flow}")).await;
        self.fill("name", ADA).await;
        self.press("Next").await;
    }

    /// Chooses a method by its button, and types the code that arrives.
    pub async fn prove(&self, button: &str, address: &str) {
        self.press(button).await;
        let code = self.site.code(address).await;
        self.fill("code", &code).await;
        self.press("Next").await;
    }

    pub async fn prove_both(&self) {
        self.prove("Code by mail", MAIL).await;
        self.prove("Code by text", MOBILE).await;
    }

    pub async fn new_password(&self, password: &str) {
        self.fill("password", password).await;
        self.fill("again", password).await;
        self.press("Set the password").await;
    }
}

#[test]
fn a_forgotten_password_is_reset() {
    in_browser(async |page| {
        page.open("/").await;
        page.press("Reset a forgotten password").await;
        page.fill("name", ADA).await;
        page.press("Next").await;
        assert_eq!(page.heading().await, "How do you want to prove who you are?");
        page.picture("choose.png").await;
        page.prove_both().await;
        assert_eq!(page.heading().await, "Choose a new password");
        page.shows("15 to").await;
        page.new_password(NEW).await;
        assert_eq!(page.heading().await, "Your password is changed");
        assert!(page.site.password_is("u-ada", NEW));
        page.press("Remember this browser").await;
        page.shows("This browser is remembered.").await;
    });
}

#[test]
fn a_reset_needs_no_script() {
    in_browser(async |page| {
        page.scripts(false).await;
        page.start("reset").await;
        page.prove_both().await;
        page.new_password(NEW).await;
        assert_eq!(page.heading().await, "Your password is changed");
    });
}

#[test]
fn a_reset_works_in_each_language() {
    for language in Language::ALL {
        let words = texts(language);
        in_browser(async |page| {
            page.open("/reset").await;
            page.press(language.name()).await;
            assert_eq!(page.path().await, "/reset");
            assert_eq!(page.attribute("html", "lang").await.as_deref(), Some(language.tag()));
            page.fill("name", ADA).await;
            page.press(words["next"]).await;
            for (option, address) in
                [("option.email.email", MAIL), ("option.mobile_phone.sms", MOBILE)]
            {
                page.press(words[option]).await;
                assert_eq!(page.heading().await, words["enter.title"]);
                page.fill("code", &page.site.code(address).await).await;
                page.press(words["next"]).await;
            }
            page.fill("password", "short").await;
            page.fill("again", "short").await;
            page.press(words["new_password.set"]).await;
            let catalogue = Catalogue::new();
            let phrases = catalogue.phrases(&language.locale());
            let refused = phrases.text("refusal-password", &[]).expect("in each language");
            page.shows(&refused).await;
            let min = [("min", PhraseValue::from(15u8))];
            page.shows(&phrases.text("password-too-short", &min).expect("in each language")).await;
            page.fill("password", NEW).await;
            page.fill("again", NEW).await;
            page.press(words["new_password.set"]).await;
            assert_eq!(page.heading().await, words["done.reset"]);
        });
    }
}

#[test]
fn the_keyboard_alone_resets_a_password() {
    in_browser(async |page| {
        page.open("/reset").await;
        // The skip link comes first and leads past the header.
        page.keys("\u{e004}").await;
        assert_eq!(page.focused().await, "Skip to the content");
        page.keys("\u{e007}").await;
        page.type_into("name", ADA).await;
        for (option, address) in
            [("Code by mail", MAIL), ("Code by text message to my mobile phone", MOBILE)]
        {
            page.tab_to(option).await;
            page.enter().await;
            page.type_into("code", &page.site.code(address).await).await;
        }
        page.tab_to_field("password").await;
        page.keys(NEW).await;
        page.type_into("again", NEW).await;
        assert_eq!(page.heading().await, "Your password is changed");
    });
}

#[test]
fn a_link_in_a_mail_proves_the_method() {
    in_browser(async |page| {
        page.start("reset").await;
        page.press("Link by mail").await;
        assert_eq!(page.heading().await, "Open the link in the mail");
        let link = page.site.link(MAIL).await;
        page.open(&link).await;
        page.press("Continue").await;
        assert_eq!(page.heading().await, "How do you want to prove who you are?");
        page.shows("Code by text").await;
    });
}

#[test]
fn a_link_that_another_browser_opens_asks_for_the_name() {
    in_browser(async |page| {
        page.start("reset").await;
        page.press("Link by mail").await;
        let link = page.site.link(MAIL).await;
        page.forget_cookies().await;
        page.open(&link).await;
        page.shows("This browser did not ask for the link.").await;
        page.fill("name", "ben@contoso.example").await;
        page.press("Continue").await;
        page.shows("This was not accepted.").await;
        page.fill("name", ADA).await;
        page.press("Continue").await;
        assert_eq!(page.path().await, "/reset");
        page.prove("Code by text", MOBILE).await;
        page.new_password(NEW).await;
        assert!(page.site.password_is("u-ada", NEW));
    });
}

#[test]
fn an_account_is_unlocked_and_keeps_its_password() {
    in_browser(async |page| {
        page.start("reset").await;
        page.press("I know my password").await;
        page.fill("name", ADA).await;
        page.press("Next").await;
        page.prove_both().await;
        assert_eq!(page.heading().await, "Unlock the account");
        page.press("Unlock now").await;
        assert_eq!(page.heading().await, "Your account is unlocked");
        assert!(page.site.password_is("u-ada", PASSWORD));
    });
}

#[test]
fn the_messages_are_read_in_a_page() {
    in_browser(async |page| {
        page.open("/mails").await;
        page.shows("No message yet.").await;
        page.start("reset").await;
        page.press("Link by mail").await;
        page.site.deliver().await;
        page.press("Messages of this demonstration").await;
        page.shows(MAIL).await;
        page.press("Contoso").await;
        page.open("/mails").await;
        page.follow_first("main td a").await;
        page.press("Open the link").await;
        assert_eq!(page.path().await, "/link");
    });
}
