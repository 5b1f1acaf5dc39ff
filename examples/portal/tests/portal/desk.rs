//! The desk of administrators, the table of reasons, and the page of operators.

use sspr::testing::InjectedFault;
use std::time::Duration;

use sspr::error::SsprReason;
use sspr::policy::{HelpDesk, HelpUrl};
use sspr::words::Catalogue;
use sspr_portal::demo::PASSWORD;
use sspr_portal::words::{Language, texts};

use crate::browser::{Page, in_browser};
use crate::site::{ADA, MAIL, MOBILE, NEW};

pub const ROOT: &str = "root@contoso.example";
const BEN: &str = "ben@contoso.example";

impl Page {
    pub async fn desk(&self) {
        self.sign_in(ROOT, PASSWORD).await;
        self.open("/desk").await;
    }
}

#[test]
fn an_administrator_reads_why_and_supplies_what_is_missing() {
    in_browser(async |page| {
        page.desk().await;
        page.press(BEN).await;
        page.shows("too few methods are registered").await;
        page.shows("an administrator").await;
        page.fill_field("#email", "ben@private.example").await;
        page.fill_field("#mobile", "+1 4255550177").await;
        page.press("Supply").await;
        page.shows("Done, and recorded with your name.").await;
        page.shows("This user can reset the password.").await;
        page.shows("contacts_supplied").await;
    });
}

#[test]
fn an_administrator_sends_a_link_and_requires_a_registration() {
    in_browser(async |page| {
        page.desk().await;
        page.press(ADA).await;
        page.press("Send a link for a reset").await;
        page.shows("Done, and recorded with your name.").await;
        let link = page.site.link(MAIL).await;
        page.press("Require a new registration").await;
        page.shows("registration_required").await;
        for act in ["Clear the counters", "End all open requests", "Remove all methods"] {
            page.press(act).await;
            page.shows("Done, and recorded with your name.").await;
        }
        assert!(link.starts_with("/link?link="), "{link}");
    });
}

#[test]
fn administrators_do_not_act_on_their_own_account_and_users_on_none() {
    in_browser(async |page| {
        page.desk().await;
        page.press(ROOT).await;
        page.press("Remove all methods").await;
        page.shows("You cannot do this to your own account.").await;
        page.sign_in(ADA, PASSWORD).await;
        page.open("/desk").await;
        page.shows("You do not have the role for this.").await;
        page.open("/desk/u-ben").await;
        page.shows("You do not have the role for this.").await;
    });
}

#[test]
fn operators_see_what_fails() {
    in_browser(async |page| {
        page.desk().await;
        page.press("What waits and what fails").await;
        page.shows("No delivery fails.").await;
        let faults = page.site.directory_faults.clone();
        let _down = faults.clone().on("directory.find", InjectedFault::FailBefore);
        page.open("/reset").await;
        page.fill("name", ADA).await;
        page.press("Next").await;
        page.shows("Something went wrong.").await;
        faults.heal();
        page.open("/health").await;
        page.shows("directory.find").await;
    });
}

#[test]
fn every_reason_has_its_words_in_each_language() {
    for language in Language::ALL {
        in_browser(async |page| {
            page.open("/reasons").await;
            page.press(language.name()).await;
            let words = texts(language);
            assert_eq!(page.heading().await, words["reasons.title"]);
            page.shows("SSPR_0014").await;
            let catalogue = Catalogue::new();
            let reason = catalogue.phrases(&language.locale()).reason(SsprReason::TooFewMethods);
            for text in [&reason.cause, &reason.advice, &reason.remedy] {
                page.shows(text).await;
            }
            page.shows("33004").await;
        });
    }
}

#[test]
fn an_account_is_found_by_its_name() {
    in_browser(async |page| {
        page.desk().await;
        page.fill("name", "nemo@contoso.example").await;
        page.press("Find").await;
        page.shows("No account has this name.").await;
        page.fill("name", BEN).await;
        page.press("Find").await;
        assert_eq!(page.path().await, "/desk/u-ben");
    });
}

#[test]
fn an_invitation_leads_to_a_first_password() {
    in_browser(async |page| {
        page.desk().await;
        page.press(ADA).await;
        page.press("Send an invitation").await;
        page.shows("Done, and recorded with your name.").await;
        let link = page.site.link(MAIL).await;
        page.forget_cookies().await;
        page.open(&link).await;
        page.shows("If you were invited to set your first password").await;
        page.fill("name", ADA).await;
        page.press("Continue").await;
        page.prove("Code by text", MOBILE).await;
        page.new_password(NEW).await;
        assert!(page.site.password_is("u-ada", NEW));
    });
}

#[test]
fn an_invitation_can_be_withdrawn() {
    in_browser(async |page| {
        page.desk().await;
        page.press(ADA).await;
        page.press("Send an invitation").await;
        let link = page.site.link(MAIL).await;
        page.press("Void sent links").await;
        page.forget_cookies().await;
        page.open(&link).await;
        page.fill("name", ADA).await;
        page.press("Continue").await;
        page.shows("This was not accepted.").await;
    });
}

#[test]
fn a_temporary_password_is_shown_once_and_ends() {
    in_browser(async |page| {
        page.desk().await;
        page.press(BEN).await;
        page.fill("password", NEW).await;
        page.press("Set a temporary password").await;
        page.shows("Something is missing, or contains characters").await;
        page.press("Set a temporary password").await;
        assert_eq!(page.heading().await, "A temporary password is set");
        page.shows("It expires at").await;
        let password = page.text_of("main .code").await;
        assert!(page.site.password_is("u-ben", &password));
        page.press("Back to the account").await;
        page.shows("temporary_password_set").await;
        assert!(!page.text().await.contains(&password));
    });
}

#[test]
fn an_owner_says_it_was_not_me_and_the_desk_unblocks() {
    in_browser(async |page| {
        page.desk().await;
        page.press(ADA).await;
        page.press("Set a temporary password").await;
        let link = page.site.not_me_link(MAIL).await;
        page.forget_cookies().await;
        // To open the link changes nothing, however often a scanner does.
        page.open(&link).await;
        page.open(&link).await;
        page.fill("name", BEN).await;
        page.press("It was not me").await;
        page.shows("This was not accepted.").await;
        page.fill("name", ADA).await;
        page.press("It was not me").await;
        assert_eq!(page.heading().await, "Your account is secured");
        page.open(&link).await;
        page.fill("name", ADA).await;
        page.press("It was not me").await;
        page.shows("This was not accepted.").await;
        page.desk().await;
        page.press(ADA).await;
        page.shows("the owner has repudiated a change").await;
        page.press("Clear the counters").await;
        page.shows("This user can reset the password.").await;
    });
}

#[test]
fn help_leads_where_the_policy_says() {
    in_browser(async |page| {
        let url = HelpUrl::parse("https://help.contoso.example/").expect("an address");
        page.site.policy(|settings| settings.desk.help = HelpDesk::Url(url)).await;
        page.start("reset").await;
        page.press("Code by mail").await;
        page.site.clock.advance(Duration::from_secs(300));
        page.reload().await;
        page.press("Contact your administrator").await;
        page.shows("https://help.contoso.example/").await;
    });
}
