//! Passkeys, with the virtual authenticator of Chromium.

use std::time::Duration;

use sspr::port::Clock as _;
use sspr::testing::SoftToken;
use sspr_portal::demo::PASSWORD;

use crate::browser::{Page, in_browser};
use crate::security::BEN;
use crate::site::NEW;

impl Page {
    /// Ben with an app and a passkey, signed in by both.
    pub async fn with_passkey(&self) -> SoftToken {
        self.with_authenticator().await;
        self.add_passkey(BEN).await
    }

    /// Gives a user without methods an app and a passkey.
    async fn add_passkey(&self, name: &str) -> SoftToken {
        let app = self.before_passkey(name).await;
        self.press("Create the passkey").await;
        assert_eq!(self.path().await, "/security");
        self.shows("Remove all passkeys").await;
        app
    }

    /// A user with an app, before the button that creates a passkey.
    async fn before_passkey(&self, name: &str) -> SoftToken {
        self.sign_in(name, PASSWORD).await;
        let app = self.enrol_app().await;
        self.press("Sign out").await;
        self.sign_in_as(name, &app).await;
        self.press("Not now").await;
        self.press("Add a passkey").await;
        app
    }

    async fn begin(&self) {
        self.open("/reset").await;
        self.fill("name", BEN).await;
        self.press("Next").await;
    }
}

#[test]
fn a_passkey_and_an_app_reset_a_password() {
    in_browser(async |page| {
        let app = page.with_passkey().await;
        page.begin().await;
        page.press("Use a passkey").await;
        assert_eq!(page.heading().await, "Use your passkey");
        page.press("Use the passkey").await;
        page.press("Code from my authenticator app").await;
        page.site.clock.advance(Duration::from_secs(60));
        page.fill("code", &app.code(page.site.clock.now())).await;
        page.press("Next").await;
        page.new_password(NEW).await;
        assert!(page.site.password_is("u-ben", NEW));
    });
}

#[test]
fn a_passkey_of_another_user_proves_nothing() {
    in_browser(async |page| {
        page.with_passkey().await;
        page.start("reset").await;
        page.press("Use a passkey").await;
        page.press("Use the passkey").await;
        page.shows("This was not accepted.").await;
    });
}

#[test]
fn the_owner_is_told_when_a_passkey_is_added_and_removed() {
    in_browser(async |page| {
        page.with_passkey().await;
        let told = || page.site.last_to(BEN).expect("a notice");
        assert!(told().contains("added"), "{}", told());
        assert!(told().to_lowercase().contains("passkey"), "{}", told());
        page.press("Remove all passkeys").await;
        assert!(told().contains("removed"), "{}", told());
    });
}

#[test]
fn a_notice_waits_for_a_mail_server_that_is_down() {
    in_browser(async |page| {
        page.with_authenticator().await;
        page.before_passkey(BEN).await;
        let told = || page.site.last_to(BEN).is_some_and(|text| text.contains("passkey"));
        page.site.mail_server(false);
        page.press("Create the passkey").await;
        // The page is that of every other passkey, and the owner is told later.
        assert_eq!(page.path().await, "/security");
        page.shows("Remove all passkeys").await;
        page.site.deliver().await;
        assert!(!told());
        page.desk().await;
        page.open("/health").await;
        page.shows("Notices of this portal that wait for the mail server: 1").await;
        assert!(!page.text().await.contains("No delivery fails."));
        page.site.mail_server(true);
        page.site.deliver().await;
        assert!(told());
        page.reload().await;
        assert!(!page.text().await.contains("Notices of this portal"));
    });
}

#[test]
fn a_notice_that_is_too_old_is_not_sent() {
    in_browser(async |page| {
        page.with_authenticator().await;
        page.before_passkey(BEN).await;
        page.site.mail_server(false);
        page.press("Create the passkey").await;
        page.site.clock.advance(Duration::from_secs(90_000));
        page.site.mail_server(true);
        page.site.deliver().await;
        assert!(!page.site.last_to(BEN).is_some_and(|text| text.contains("passkey")));
    });
}

#[test]
fn a_passkey_is_removed() {
    in_browser(async |page| {
        page.with_passkey().await;
        page.press("Remove all passkeys").await;
        page.begin().await;
        page.press("Use a passkey").await;
        page.press("Use the passkey").await;
        page.shows("This was not accepted.").await;
    });
}

/// Each user has passkeys of their own on the same device.
#[test]
fn a_user_who_removes_passkeys_leaves_those_of_others() {
    const CLEO: &str = "cleo@contoso.example";
    in_browser(async |page| {
        page.site.add_user("u-cleo", CLEO);
        page.with_authenticator().await;
        let app = page.add_passkey(CLEO).await;
        page.press("Sign out").await;
        page.add_passkey(BEN).await;
        page.press("Remove all passkeys").await;
        assert!(!page.text().await.contains("Remove all passkeys"), "his own are gone");
        page.press("Sign out").await;
        page.sign_in_as(CLEO, &app).await;
        page.shows("Remove all passkeys").await;
    });
}

#[test]
fn a_passkey_is_added_with_a_second_factor_only() {
    in_browser(async |page| {
        page.sign_in(BEN, PASSWORD).await;
        page.press("Not now").await;
        page.press("Add a passkey").await;
        page.shows("Confirm a second factor at sign-in first.").await;
    });
}

#[test]
fn without_a_device_or_a_script_another_method_is_chosen() {
    in_browser(async |page| {
        page.begin().await;
        page.press("Use a passkey").await;
        page.site.clock.advance(Duration::from_secs(1));
        page.scripts(false).await;
        page.open("/reset").await;
        assert_eq!(page.heading().await, "This page cannot use that method");
        page.press("Code by mail").await;
        page.shows("a code is on its way to its mail address").await;
    });
}
