//! The desk of administrators, the table of reasons, and the page of operators.

use sspr::testing::InjectedFault;
use sspr_portal::demo::PASSWORD;
use sspr_portal::words::{Language, texts};

use crate::browser::{Page, in_browser};
use crate::site::{ADA, MAIL};

const ROOT: &str = "root@contoso.example";
const BEN: &str = "ben@contoso.example";

impl Page {
    async fn desk(&self) {
        self.sign_in(ROOT, PASSWORD).await;
        self.open("/desk").await;
    }
}

#[test]
fn an_administrator_reads_why_and_supplies_what_is_missing() {
    in_browser(async |page| {
        page.desk().await;
        page.press(BEN).await;
        page.shows("Too few methods are registered.").await;
        page.shows("An administrator can solve this.").await;
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
        page.shows("Another administrator must do this for your own account.").await;
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
        page.shows("Please try again later.").await;
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
            page.shows(words["reason.too_few_methods"]).await;
            page.shows(words["remedy.wait"]).await;
        });
    }
}
