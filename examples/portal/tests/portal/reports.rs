//! Reports: their charts, the tables beside them, and the files.

use std::time::Duration;

use sspr_portal::demo::PASSWORD;
use sspr_portal::words::{Language, texts};

use crate::browser::{Page, in_browser};
use crate::site::{ADA, MAIL, NEW};

const PAGES: [&str; 4] = ["/reports", "/reports/usage", "/reports/blocked", "/reports/expiring"];

impl Page {
    /// The cells of the table with this caption, row by row.
    async fn table(&self, caption: &str) -> Vec<Vec<String>> {
        let script = "const table = [...document.querySelectorAll('main table')] \
            .find(table => table.caption.textContent === arguments[0]); \
            return [...table.tBodies[0].rows].map( \
            row => [...row.cells].map(cell => cell.textContent.trim()))";
        serde_json::from_value(self.run(script, vec![caption.into()]).await).expect("a table")
    }

    /// A reset of Ada's password, whole, after one that she gives up.
    async fn two_resets(&self) {
        self.start("reset").await;
        self.press("Code by mail").await;
        self.press("Cancel").await;
        self.site.clock.advance(Duration::from_secs(120));
        self.start("reset").await;
        self.prove_both().await;
        self.new_password(NEW).await;
        // The counts of replies are written at most every ten seconds.
        self.site.clock.advance(Duration::from_secs(20));
        self.site.deliver().await;
    }

    /// A file that this browser downloads, without its head.
    async fn file(&self, name: &str) -> (String, Vec<String>) {
        let cookies = self.cookies().await;
        let path = format!("/reports/{name}");
        let response = self.site.raw("GET", &path, &[("Cookie", &cookies)], "").await;
        let (head, body) = response.split_once("\r\n\r\n").expect("a response");
        (head.to_lowercase(), body.lines().map(str::to_owned).collect())
    }
}

#[test]
fn the_report_of_registration_counts_users_over_time() {
    in_browser(async |page| {
        page.desk().await;
        page.press("Reports").await;
        assert_eq!(page.heading().await, "Registration");
        // Only Ada, whose contact data were supplied.
        let changes = "Days on which the numbers changed";
        let rows = page.table(changes).await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(rows[0][1..], ["1", "1"]);
        page.forget_cookies().await;
        page.sign_in("ben@contoso.example", PASSWORD).await;
        page.add_mail().await;
        page.add_mobile().await;
        page.forget_cookies().await;
        page.desk().await;
        page.open("/reports").await;
        let rows = page.table(changes).await;
        assert_eq!(rows.len(), 2, "{rows:?}");
        assert_eq!(rows[1][1..], ["2", "2"]);
        let methods = page.table("Users by registered method").await;
        assert_eq!(methods, [["Mail address", "2"], ["Mobile phone", "2"]]);
        // The second line ends as high as the first, at the top.
        let points = page.attribute("polyline.second", "points").await.expect("a line");
        assert!(points.starts_with("0,60 ") && points.ends_with(" 280,0"), "{points}");
        let label = page.attribute("svg.chart", "aria-label").await;
        let expected = "Registered users over time. The numbers are in the table below.";
        assert_eq!(label.as_deref(), Some(expected));
    });
}

#[test]
fn the_funnel_shows_how_far_resets_come_and_why_they_end() {
    in_browser(async |page| {
        page.two_resets().await;
        page.desk().await;
        page.open("/reports/usage").await;
        let funnel = page.table("Reset your password").await;
        let expected = [
            ["Name typed", "2"],
            ["Code asked for", "2"],
            ["Begun", "2"],
            ["Proven", "1"],
            ["Completed", "1"],
        ];
        assert_eq!(funnel, expected);
        page.picture("reports.png").await;
        let widths = "return [...document.querySelectorAll('svg.chart')[0].querySelectorAll('rect')] \
            .map(bar => bar.getAttribute('width')).join()";
        assert_eq!(page.run(widths, vec![]).await, "280,280,280,140,140");
        let ends = page.table("With their reasons, the most frequent first").await;
        assert!(ends.iter().any(|row| row[0] == "Cancelled" && row[2] == "1"), "{ends:?}");
    });
}

#[test]
fn blocked_accounts_are_listed_until_the_desk_unblocks_them() {
    in_browser(async |page| {
        page.two_resets().await;
        let link = page.site.not_me_link(MAIL).await;
        page.forget_cookies().await;
        page.open(&link).await;
        page.fill("name", ADA).await;
        page.press("It was not me").await;
        page.desk().await;
        page.open("/reports/blocked").await;
        let rows = page.table("1 of 1").await;
        let expected = ["u-ada", "The owner has reported a change", "until an administrator acts"];
        assert_eq!(rows, [expected]);
        page.press("u-ada").await;
        page.press("Clear the counters").await;
        page.open("/reports/blocked").await;
        page.shows("Nothing.").await;
    });
}

#[test]
fn an_account_that_was_guessed_at_is_listed_with_its_method_and_the_end_of_the_lock() {
    in_browser(async |page| {
        page.site
            .policy(|settings| {
                (settings.attempts, settings.failures.anonymous.max) = (3, 3);
            })
            .await;
        page.start("reset").await;
        page.press("Code by mail").await;
        for _ in 0..3 {
            page.fill("code", "00000000").await;
            page.press("Next").await;
        }
        page.desk().await;
        page.open("/reports/blocked").await;
        let rows = page.table("1 of 1").await;
        assert_eq!(rows[0][..2], ["u-ada", "Too many wrong codes (Mail address)"]);
        assert!(rows[0][2].ends_with(" UTC"), "{rows:?}");
    });
}

#[test]
fn usage_is_that_of_the_last_thirty_days() {
    in_browser(async |page| {
        page.two_resets().await;
        page.site.clock.advance(Duration::from_secs(31 * 86_400));
        page.desk().await;
        page.open("/reports/usage").await;
        let funnel = page.table("Reset your password").await;
        assert!(funnel.iter().all(|row| row[1] == "0"), "{funnel:?}");
        for name in ["usage.csv", "counts.csv"] {
            let (_, lines) = page.file(name).await;
            assert_eq!(lines.len(), 1, "{name}: {lines:?}");
        }
    });
}

#[test]
fn a_user_who_has_registered_and_cannot_reset_is_in_the_first_line_only() {
    in_browser(async |page| {
        page.site.disable("u-ada");
        page.desk().await;
        page.open("/reports").await;
        let rows = page.table("Days on which the numbers changed").await;
        assert_eq!(rows[0][1..], ["1", "0"]);
        let reasons = page.table("The first reason of each user").await;
        assert!(
            reasons.iter().any(|row| row[0].contains("disabled") && row[1] == "1"),
            "{reasons:?}"
        );
    });
}

#[test]
fn what_expires_is_listed_with_its_time() {
    in_browser(async |page| {
        page.sign_in("ben@contoso.example", PASSWORD).await;
        page.add_mail().await;
        page.add_mobile().await;
        page.site.clock.advance(Duration::from_secs(170 * 86_400));
        page.desk().await;
        page.open("/reports/expiring").await;
        assert_eq!(page.table("By kind").await, [["Confirmation of the registration", "1"]]);
        let rows = page.table("1 of 1").await;
        assert_eq!(rows[0][..2], ["ben@contoso.example", "Confirmation of the registration"]);
        assert!(rows[0][2].ends_with(" UTC"), "{rows:?}");
    });
}

#[test]
fn each_report_is_a_file_for_spreadsheets() {
    in_browser(async |page| {
        page.two_resets().await;
        page.desk().await;
        for (name, column, rows) in [
            ("registration.csv", "\"user\",\"name\",\"registered\"", 3..=3),
            ("usage.csv", "\"at\",\"user\",\"feature\"", 4..=40),
            ("counts.csv", "\"day\",\"feature\",\"step\"", 2..=40),
            ("blocked.csv", "\"user\",\"record\",\"cause\"", 0..=0),
            ("expiring.csv", "\"user\",\"name\",\"what\"", 0..=0),
        ] {
            let (head, lines) = page.file(name).await;
            assert!(head.contains("content-type: text/csv"), "{head}");
            let attached = format!("content-disposition: attachment; filename=\"{name}\"");
            assert!(head.contains(&attached), "{head}");
            assert!(lines[0].starts_with(column), "{name}: {lines:?}");
            assert!(rows.contains(&(lines.len() - 1)), "{name}: {lines:?}");
        }
        let (head, _) = page.file("other.csv").await;
        assert!(head.starts_with("http/1.1 404 "), "{head}");
    });
}

#[test]
fn reports_need_no_script_and_are_in_each_language() {
    in_browser(async |page| {
        page.two_resets().await;
        page.desk().await;
        page.scripts(false).await;
        for language in Language::ALL {
            let words = texts(language);
            page.open("/reports").await;
            page.press(language.name()).await;
            for (path, key) in PAGES.into_iter().zip([
                "reports.registration",
                "reports.usage",
                "reports.blocked",
                "reports.expiring",
            ]) {
                page.open(path).await;
                assert_eq!(page.heading().await, words[key]);
                assert_eq!(page.text_of("[aria-current=page]").await, words[key]);
                page.shows(words["reports.csv"]).await;
            }
        }
    });
}

#[test]
fn reports_are_for_administrators() {
    in_browser(async |page| {
        for path in PAGES {
            page.open(path).await;
            assert_eq!(page.heading().await, "Sign in");
        }
        page.sign_in(ADA, PASSWORD).await;
        for path in PAGES.into_iter().chain(["/reports/usage.csv"]) {
            let cookies = page.cookies().await;
            let response = page.site.raw("GET", path, &[("Cookie", &cookies)], "").await;
            assert!(response.starts_with("HTTP/1.1 403 "), "{path}: {response}");
        }
    });
}
