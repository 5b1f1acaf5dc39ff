//! States that every page survives.

use std::time::Duration;

use sspr::testing::InjectedFault;

use crate::browser::{in_browser, without_browser};
use crate::site::{ADA, MAIL, MOBILE, NEW};

#[test]
fn a_flow_that_has_expired_begins_again() {
    in_browser(async |page| {
        page.start("reset").await;
        page.press("Code by mail").await;
        page.site.clock.advance(Duration::from_secs(3600));
        page.fill("code", "12345678").await;
        page.press("Next").await;
        assert_eq!(page.heading().await, "Please start again");
        page.press("Start again").await;
        assert_eq!(page.heading().await, "Reset your password");
    });
}

#[test]
fn a_second_tab_goes_on_and_the_first_shows_where_the_flow_is() {
    in_browser(async |page| {
        page.start("reset").await;
        page.press("Code by mail").await;
        let code = page.site.code(MAIL).await;
        let first = page.other_tab().await;
        page.open("/reset").await;
        page.fill("code", &code).await;
        page.press("Next").await;
        page.return_to(first).await;
        // The first tab still shows the field. Its code is used up, and the page says where the flow is.
        page.fill("code", &code).await;
        page.press("Next").await;
        page.shows("How do you want to prove who you are?").await;
        page.prove("Code by text", MOBILE).await;
        assert_eq!(page.heading().await, "Choose a new password");
    });
}

#[test]
fn a_ticket_that_was_replaced_elsewhere_begins_again() {
    in_browser(async |page| {
        page.start("reset").await;
        page.prove("Code by mail", MAIL).await;
        let old = page.cookies().await;
        page.prove("Code by text", MOBILE).await;
        let response = page.site.raw("GET", "/reset", &[("Cookie", &old)], "").await;
        assert!(response.starts_with("HTTP/1.1 410 "), "{response}");
        assert!(response.contains("Max-Age=0"), "{response}");
        assert!(response.contains("Please start again"), "{response}");
    });
}

#[test]
fn the_back_button_shows_the_step_of_the_flow() {
    in_browser(async |page| {
        page.start("reset").await;
        page.press("Code by mail").await;
        page.fill("code", &page.site.code(MAIL).await).await;
        page.press("Next").await;
        page.back().await;
        assert_eq!(page.heading().await, "How do you want to prove who you are?");
        page.prove("Code by text", MOBILE).await;
        page.back().await;
        assert_eq!(page.heading().await, "Choose a new password");
        page.reload().await;
        page.new_password(NEW).await;
        page.back().await;
        assert_eq!(page.heading().await, "Your password is changed");
    });
}

#[test]
fn a_form_that_is_sent_twice_counts_once() {
    in_browser(async |page| {
        page.start("reset").await;
        page.prove_both().await;
        let cookies = page.cookies().await;
        let body = format!("verb=complete&password={0}&again={0}", NEW.replace(' ', "+"));
        let first = page.post("/reset", &cookies, &body).await;
        let kept = first.lines().find_map(|line| line.strip_prefix("set-cookie: "));
        let kept = kept.and_then(|line| line.split(';').next()).expect("a newer ticket");
        // The second has the ticket of the first. It leaves the newer one alone.
        let second = page.post("/reset", &cookies, &body).await;
        assert!(second.starts_with("HTTP/1.1 303 "), "{second}");
        assert!(!second.contains("set-cookie"), "{second}");
        let shown = page.site.raw("GET", "/reset", &[("Cookie", kept)], "").await;
        assert!(shown.contains("Your password is changed"), "{shown}");
        assert!(page.site.password_is("u-ada", NEW));
    });
}

#[test]
fn a_directory_that_is_down_is_said_and_the_flow_goes_on_later() {
    in_browser(async |page| {
        page.start("reset").await;
        page.press("Code by mail").await;
        let code = page.site.code(MAIL).await;
        let faults = page.site.directory_faults.clone();
        let _down = faults.clone().everywhere(InjectedFault::FailBefore);
        page.fill("code", &code).await;
        page.press("Next").await;
        page.shows("Something went wrong.").await;
        faults.heal();
        page.press("Back").await;
        // The code was accepted before the directory was read.
        page.shows("Code by text").await;
    });
}

#[test]
fn a_write_whose_outcome_is_unknown_asks_for_the_same_password() {
    in_browser(async |page| {
        page.start("reset").await;
        page.prove_both().await;
        let faults = page.site.directory_faults.clone();
        let _lost = faults
            .clone()
            .on("directory.set_password", InjectedFault::LoseReply)
            .on("directory.verify_password", InjectedFault::FailBefore);
        page.new_password(NEW).await;
        page.shows("We do not know yet whether your new password was saved.").await;
        faults.heal();
        page.new_password(NEW).await;
        assert_eq!(page.heading().await, "Your password is changed");
    });
}

#[test]
fn too_many_requests_are_told_when_to_try_again() {
    in_browser(async |page| {
        page.start("reset").await;
        page.press("Code by mail").await;
        let cookies = page.cookies().await;
        let body = "verb=challenge&option=email.email.0";
        let response = page.post("/reset", &cookies, body).await;
        assert!(response.starts_with("HTTP/1.1 429 "), "{response}");
        assert!(response.to_lowercase().contains("retry-after: 60\r\n"), "{response}");
        page.open("/reset").await;
        page.shows("You can ask for another code in 60 s.").await;
        page.site.clock.advance(Duration::from_secs(61));
        page.press("Reload this page").await;
        page.press("Send another code").await;
        assert_eq!(page.heading().await, "Enter the code");
    });
}

#[test]
fn a_human_check_is_a_question_of_the_page() {
    in_browser(async |page| {
        page.site.policy(|settings| settings.human_check = true).await;
        page.start("reset").await;
        page.shows("Confirm first that you are not a robot.").await;
        page.fill("name", ADA).await;
        page.fill("human", "eight").await;
        page.press("Next").await;
        page.shows("Confirm first that you are not a robot.").await;
        page.fill("name", ADA).await;
        page.fill("human", "seven").await;
        page.press("Next").await;
        page.shows("Code by mail").await;
    });
}

#[test]
fn an_unknown_name_gets_the_pages_of_every_other() {
    in_browser(async |page| {
        let mut pages = Vec::new();
        for name in [ADA, "nemo@contoso.example"] {
            page.forget_cookies().await;
            page.open("/reset").await;
            page.fill("name", name).await;
            page.press("Next").await;
            let choose = page.text().await;
            page.press("Code by mail").await;
            let enter = page.text().await;
            page.fill("code", "00000000").await;
            page.press("Next").await;
            pages.push([choose, enter, page.text().await]);
        }
        assert_eq!(pages[0], pages[1]);
    });
}

#[test]
fn a_wrong_code_and_two_passwords_that_differ_are_explained_at_the_field() {
    in_browser(async |page| {
        page.start("reset").await;
        page.press("Code by mail").await;
        let code = page.site.code(MAIL).await;
        page.fill("code", if code == "00000000" { "11111111" } else { "00000000" }).await;
        page.press("Next").await;
        assert!(page.title().await.starts_with("Error: "));
        assert_eq!(page.attribute("#code", "aria-describedby").await.as_deref(), Some("alert"));
        assert_eq!(page.focused_name().await, "code");
        page.fill("code", &code).await;
        page.press("Next").await;
        page.prove("Code by text", MOBILE).await;
        page.fill("password", NEW).await;
        page.fill("again", "plum tractor violet kandle").await;
        page.press("Set the password").await;
        page.shows("The two passwords differ.").await;
    });
}

#[test]
fn cancel_ends_the_flow() {
    in_browser(async |page| {
        page.start("reset").await;
        page.press("Code by mail").await;
        page.press("Cancel").await;
        assert_eq!(page.path().await, "/");
        page.open("/reset").await;
        assert_eq!(page.heading().await, "Reset your password");
    });
}

#[test]
fn help_is_offered_later_and_says_the_same_to_all() {
    in_browser(async |page| {
        page.start("reset").await;
        page.press("Code by mail").await;
        assert!(!page.text().await.contains("Contact your administrator"));
        page.site.clock.advance(Duration::from_secs(300));
        page.reload().await;
        page.press("Contact your administrator").await;
        page.shows("Your administrators are notified if that is possible.").await;
    });
}

#[test]
fn a_page_that_does_not_exist_says_so() {
    in_browser(async |page| {
        page.open("/nothing").await;
        page.shows("There is no such page.").await;
    });
}

#[test]
fn a_form_of_another_site_is_refused() {
    without_browser(async |site| {
        for (headers, status) in [
            (vec![("Sec-Fetch-Site", "same-origin")], "303"),
            (vec![("Origin", &*site.origin)], "303"),
            (vec![("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")], "403"),
            (vec![("Origin", "https://evil.example")], "403"),
            (vec![], "403"),
        ] {
            let body = "verb=start&name=ada%40contoso.example";
            let response = site.raw("POST", "/reset", &headers, body).await;
            assert!(
                response.starts_with(&format!("HTTP/1.1 {status} ")),
                "{headers:?}: {response}"
            );
        }
    });
}

/// The paths that take a form, as the router names them.
fn forms() -> Vec<String> {
    let lines = include_str!("../../src/lib.rs").lines();
    let routes = lines.filter_map(|line| line.trim().strip_prefix(".route(\""));
    let forms = routes.filter(|route| route.contains("post("));
    forms.filter_map(|route| Some(route.split('"').next()?.replace("{user}", "u-ben"))).collect()
}

#[test]
fn no_form_is_taken_from_another_site() {
    without_browser(async |site| {
        let forms = forms();
        assert!(forms.len() >= 14, "{forms:?}");
        for path in &forms {
            let headers = [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")];
            let response = site.raw("POST", path, &headers, "verb=x").await;
            assert!(response.starts_with("HTTP/1.1 403 "), "{path}: {response}");
            assert!(response.contains("This form was sent by another site."), "{path}: {response}");
        }
    });
}

#[test]
fn every_page_forbids_scripts_frames_and_copies() {
    without_browser(async |site| {
        for path in ["/", "/reset", "/nothing", "/link?link=x", "/mails"] {
            let response = site.raw("GET", path, &[], "").await.to_lowercase();
            for header in [
                "content-security-policy: default-src 'none'; style-src 'self'",
                "frame-ancestors 'none'",
                "cache-control: no-store",
                "x-content-type-options: nosniff",
            ] {
                assert!(response.contains(header), "{path}: {header} is missing in {response}");
            }
        }
        let style = site.raw("GET", "/style.css", &[], "").await;
        assert!(style.contains("max-age=3600"), "{style}");
    });
}

#[test]
fn the_language_follows_the_browser_until_the_user_chooses() {
    without_browser(async |site| {
        let response =
            site.raw("GET", "/", &[("Accept-Language", "zh-Hant-HK, en;q=0.5")], "").await;
        assert!(response.contains("<html lang=\"zh-TW\">"), "{response}");
        let headers = [("Accept-Language", "zh-TW"), ("Cookie", "lang=lv")];
        let response = site.raw("GET", "/", &headers, "").await;
        assert!(response.contains("<html lang=\"lv\">"), "{response}");
        // The form names a path of this portal only.
        for to in ["//evil.example", "https://evil.example", "/\\evil.example"] {
            let own = [("Sec-Fetch-Site", "same-origin")];
            let response = site.raw("POST", "/language", &own, &format!("lang=lv&to={to}")).await;
            assert!(response.to_lowercase().contains("location: /\r\n"), "{to}: {response}");
        }
    });
}
