//! Every page in every language: at 320 pixels, in light and dark (which `Page::check` does for each page that a
//! test opens), with every word there, and with names for a screen reader.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sspr_portal::TEMPLATES;
use sspr_portal::demo::PASSWORD;
use sspr_portal::words::{Language, texts};

use crate::browser::{Page, in_browser};
use crate::desk::ROOT;
use crate::security::BEN;
use crate::site::{ADA, MAIL, MOBILE, NEW};

/// Templates that are no page of their own.
const PARTS: [&str; 3] = ["base.html", "macros.html", "report.html"];

/// A walk through the pages in one language.
struct Walk<'a> {
    page: &'a Page,
    language: Language,
    words: BTreeMap<&'static str, &'static str>,
    /// The templates of the pages that were seen.
    seen: BTreeSet<&'static str>,
}

impl Walk<'_> {
    async fn open(&mut self, path: &str, template: &'static str) {
        self.page.open(path).await;
        self.look(template).await;
    }

    /// Presses the button with this text, and looks at the page that follows.
    async fn press(&mut self, key: &str, template: &'static str) {
        self.page.press(self.words[key]).await;
        self.look(template).await;
    }

    async fn look(&mut self, template: &'static str) {
        let page = self.page;
        let what = format!("{template} in {:?}", self.language);
        self.seen.insert(template);
        assert_eq!(page.attribute("body", "data-page").await.as_deref(), Some(template), "{what}");
        assert_eq!(page.attribute("html", "lang").await.as_deref(), Some(self.language.tag()));
        let text = page.text().await;
        for key in self.words.keys().filter(|key| key.contains('.')) {
            let shown = text.split_whitespace().any(|word| word == *key);
            assert!(!shown, "{what} shows the key {key}");
        }
        assert!(!text.contains(['{', '}']) || template == "policy.html", "{what}: {text}");
        let mut buttons = BTreeSet::new();
        for (role, name) in page.accessible_names().await {
            assert!(!name.trim().is_empty(), "{what}: a {role} without a name");
            let is_new = role != "button" || buttons.insert(name.clone());
            assert!(is_new, "{what}: two buttons with the name {name:?}");
        }
        assert!(!buttons.is_empty(), "{what}: the tree of accessibility has no button");
    }

    async fn fill(&self, field: &str, text: &str) {
        self.page.fill(field, text).await;
    }

    async fn sign_in(&mut self, name: &str, password: &str) {
        self.open("/sign-in", "sign_in.html").await;
        self.fill("name", name).await;
        self.fill("password", password).await;
        self.page.press(self.words["sign_in.button"]).await;
    }

    /// The pages without a sign-in, and a whole reset with a rejected password.
    async fn visitor(&mut self) {
        self.open("/", "home.html").await;
        self.open("/nothing", "problem.html").await;
        self.open("/reasons", "reasons.html").await;
        self.open("/link?link=x", "link.html").await;
        self.open("/not-me?link=x", "not_me.html").await;
        self.open("/reset", "start.html").await;
        self.fill("name", ADA).await;
        self.press("next", "choose.html").await;
        self.press("option.email.link", "link_sent.html").await;
        self.page.site.clock.advance(Duration::from_secs(61));
        self.press("option.email.email", "enter.html").await;
        self.fill("code", "00000000").await;
        self.press("next", "enter.html").await;
        self.fill("code", &self.page.site.code(MAIL).await).await;
        self.press("next", "choose.html").await;
        self.press("option.mobile_phone.sms", "enter.html").await;
        self.fill("code", &self.page.site.code(MOBILE).await).await;
        self.press("next", "new_password.html").await;
        for password in ["short", NEW] {
            self.fill("password", password).await;
            self.fill("again", password).await;
            let shown = if password == NEW { "done.html" } else { "new_password.html" };
            self.press("new_password.set", shown).await;
        }
        self.press("done.remember.button", "done.html").await;
        self.page.site.clock.advance(Duration::from_secs(7_200));
        self.open("/reset", "ended.html").await;
        self.press("ended.again", "start.html").await;
        self.open("/mails", "mails.html").await;
        self.page.follow_first("main td a").await;
        self.look("mail.html").await;
        // An unlock.
        self.open("/unlock", "start.html").await;
        self.fill("name", ADA).await;
        self.press("next", "choose.html").await;
        for (option, address) in [("option.email.email", MAIL), ("option.mobile_phone.sms", MOBILE)]
        {
            self.press(option, "enter.html").await;
            self.fill("code", &self.page.site.code(address).await).await;
            self.page.press(self.words["next"]).await;
        }
        self.look("confirm_unlock.html").await;
        self.press("confirm_unlock.button", "done.html").await;
    }

    /// The pages of a signed-in user, and a reset with questions, a recovery code and a passkey offered.
    async fn user(&mut self) {
        let page = self.page;
        self.sign_in(BEN, PASSWORD).await;
        self.look("security.html").await;
        let app = page.enrol_app_in(&self.words).await;
        self.seen.insert("confirm.html");
        self.look("security.html").await;
        self.press("sign_out", "home.html").await;
        page.site.clock.advance(Duration::from_secs(60));
        self.open("/sign-in", "sign_in.html").await;
        self.fill("name", BEN).await;
        self.fill("password", PASSWORD).await;
        self.fill("code", &app.code(sspr::port::Clock::now(&page.site.clock))).await;
        self.press("sign_in.button", "security.html").await;
        self.press("security.skip", "security.html").await;
        self.press("passkey.add", "passkey.html").await;
        self.press("passkey.create", "security.html").await;
        self.press("security.add_codes", "recovery_codes.html").await;
        let codes = page.text_of("main .code").await;
        self.press("codes.saved", "security.html").await;
        self.open("/questions", "questions.html").await;
        page.answer_five().await;
        self.press("questions.save", "security.html").await;
        page.fill_field("#email", "ben@private.example").await;
        self.press("security.add_email", "confirm.html").await;
        self.fill("code", &page.site.code("ben@private.example").await).await;
        self.press("next", "security.html").await;
        self.open("/change", "change.html").await;
        self.open("/reset", "start.html").await;
        self.fill("name", BEN).await;
        self.press("next", "choose.html").await;
        self.press("option.passkey.in_hand", "respond.html").await;
        page.site.clock.advance(Duration::from_secs(61));
        self.press("option.recovery_code.in_hand", "enter.html").await;
        self.fill("code", codes.lines().next().expect("ten codes")).await;
        // The challenge of the passkey is still open.
        self.press("next", "respond.html").await;
        self.press("option.security_questions.in_hand", "answer.html").await;
        for (field, text) in page.asked().await {
            page.fill(&field, &crate::questions::answer(&text)).await;
        }
        self.press("next", "new_password.html").await;
        self.fill("password", NEW).await;
        self.fill("again", NEW).await;
        self.press("new_password.set", "done.html").await;
        self.press("done.replace.button", "new_code.html").await;
        // A change ends the session.
        page.forget_cookies().await;
        self.speak().await;
        page.site.clock.advance(Duration::from_secs(60));
        self.open("/sign-in", "sign_in.html").await;
        self.fill("name", ADA).await;
        self.fill("password", NEW).await;
        self.press("sign_in.button", "security.html").await;
        self.open("/change", "change.html").await;
        self.fill("current", NEW).await;
        self.fill("password", "garden window copper lantern").await;
        self.fill("again", "garden window copper lantern").await;
        self.press("new_password.set", "changed.html").await;
    }

    /// The pages of an administrator.
    async fn administrator(&mut self) {
        let page = self.page;
        self.sign_in(ROOT, PASSWORD).await;
        self.open("/desk", "desk.html").await;
        self.open("/desk/u-ben", "account.html").await;
        self.open("/desk/u-root", "account.html").await;
        self.open("/desk/u-ada", "account.html").await;
        self.press("desk.temporary_button", "temporary.html").await;
        for (path, template) in [
            ("/policy", "policy.html"),
            ("/policy/document", "policy.html"),
            ("/policy/history", "history.html"),
            ("/health", "health.html"),
            ("/reports", "report_registration.html"),
            ("/reports/usage", "report_usage.html"),
            ("/reports/blocked", "report_blocked.html"),
            ("/reports/expiring", "report_expiring.html"),
        ] {
            self.open(path, template).await;
        }
        self.open("/policy", "policy.html").await;
        page.retype("#attempts", "0").await;
        self.press("policy.review", "policy.html").await;
        page.retype("#attempts", "4").await;
        self.press("policy.dry_run", "dry_run.html").await;
        let link = page.site.not_me_link(MAIL).await;
        self.open(&link, "not_me.html").await;
        self.fill("name", ADA).await;
        self.press("not_me.button", "secured.html").await;
    }

    /// Chooses the language again, after the cookies are gone.
    async fn speak(&mut self) {
        self.page.open("/").await;
        self.page.press(self.language.name()).await;
    }
}

/// Walks through every page in this language.
fn walk(language: Language) {
    in_browser(async |page| {
        page.with_authenticator().await;
        let words = texts(language);
        let mut walk = Walk { page, language, words, seen: BTreeSet::new() };
        walk.speak().await;
        walk.visitor().await;
        walk.user().await;
        walk.administrator().await;
        let all: BTreeSet<&str> = TEMPLATES.iter().map(|(name, _)| *name).collect();
        let parts: BTreeSet<&str> = PARTS.into_iter().chain(walk.seen.iter().copied()).collect();
        let missing: Vec<_> = all.difference(&parts).collect();
        assert!(missing.is_empty(), "these pages were not looked at: {missing:?}");
    });
}

#[test]
fn every_page_is_whole_in_english() {
    walk(Language::English);
}

#[test]
fn every_page_is_whole_in_simplified_chinese() {
    walk(Language::SimplifiedChinese);
}

#[test]
fn every_page_is_whole_in_traditional_chinese() {
    walk(Language::TraditionalChinese);
}

#[test]
fn every_page_is_whole_in_latvian() {
    walk(Language::Latvian);
}
