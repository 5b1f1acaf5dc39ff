//! A reset, an unlock and a change, as a browser sees them.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::connect_info::MockConnectInfo;
use axum::http::{Request as HttpRequest, StatusCode, header};
use axum::{Extension, Router};
use sspr::adapters::memory::{MemoryDirectory, MemoryInbox, MemoryStore};
use sspr::admin::Contacts;
use sspr::facts::{EmailAddress, PhoneNumber, TenantFacts, UserFacts};
use sspr::method::SignInContext;
use sspr::policy::Scope;
use sspr::*;
use tokio::time::Instant;
use tower::ServiceExt as _;

const NAME: &str = "ada@contoso.example";
const MAIL: &str = "ada@private.example";
const MOBILE: &str = "+1 4255550100";
const FLOOR: Duration = Duration::from_millis(40);
/// The engine's times are whole milliseconds, so a wait may end within the last one.
const AT_LEAST: Duration = Duration::from_millis(39);

/// A browser with one cookie, and the host behind it.
struct Browser {
    app: Router,
    engine: Engine,
    inbox: MemoryInbox,
    directory: MemoryDirectory,
    contoso: TenantId,
    /// The path of the flow.
    flow: &'static str,
    cookie: Option<String>,
}

struct Answer {
    status: StatusCode,
    page: String,
    took: Duration,
}

impl Browser {
    async fn new() -> Self {
        let secret = |byte| SecretBytes::new(vec![byte; 32]);
        let (directory, inbox) = (MemoryDirectory::new(), MemoryInbox::new());
        let engine = Engine::builder()
            .keys(Keys::new(secret(1), 1, secret(2)).expect("long enough"))
            .store(MemoryStore::new())
            .directory(directory.clone())
            .sessions(directory.clone())
            .delivery(inbox.clone())
            .reply_floor(FLOOR)
            .open()
            .await
            .expect("a fresh store");
        let (contoso, ada) = (tenant(), UserId::parse("u-1").expect("valid"));
        directory.add_tenant(contoso.clone(), TenantFacts::new("Contoso"));
        directory.add_user(&contoso, UserFacts::new(ada.clone()), &[NAME], "old").expect("new");
        let role = RoleId::parse("Global Administrator").expect("valid");
        let root = Actor::service("setup", [role]);
        let mut settings = PolicySettings::default();
        settings.scope = Scope::All;
        settings.unlock_without_reset = true;
        assert_eq!(settings.users.required, 2, "two gates are the default");
        let policy = Policy::new(settings).expect("sound");
        engine.admin(&contoso, &root).put_policy(&policy, None).await.expect("the first");
        let mut contacts = Contacts::default();
        contacts.email = EmailAddress::parse(MAIL).ok();
        contacts.mobile_phone = PhoneNumber::parse(MOBILE).ok();
        engine.admin(&contoso, &root).supply_contacts(&ada, &contacts).await.expect("supplied");
        let peer = MockConnectInfo(std::net::SocketAddr::from(([203, 0, 113, 7], 50_000)));
        let app = sspr_embed::router(engine.clone(), contoso.clone()).layer(peer);
        Self { app, engine, inbox, directory, contoso, flow: "/reset", cookie: None }
    }

    /// A browser on the page of another flow.
    async fn on(flow: &'static str) -> Self {
        Self { flow, ..Self::new().await }
    }

    /// The user signs in, as a layer for sessions would report it.
    fn sign_in(&mut self) {
        let ada = UserId::parse("u-1").expect("valid");
        let context = SignInContext::new("session 1", self.engine.now());
        let user = SignedIn::vouch(self.contoso.clone(), ada, context);
        self.app = self.app.clone().layer(Extension(user));
    }

    async fn send(&mut self, method: &str, body: String) -> Answer {
        let mut request = HttpRequest::builder().method(method).uri(self.flow);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, format!("other=1; {cookie}"));
        }
        let request = request
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .expect("a request");
        let sent = Instant::now();
        let response = self.app.clone().oneshot(request).await.expect("infallible");
        let took = sent.elapsed();
        if let Some(set) = response.headers().get(header::SET_COOKIE) {
            let set = set.to_str().expect("text").to_owned();
            for attribute in ["Path=/", "HttpOnly", "Secure", "SameSite=Strict"] {
                assert!(set.split("; ").any(|part| part == attribute), "{attribute}: {set}");
            }
            let pair = set.split("; ").next().unwrap_or_default().to_owned();
            self.cookie = (!set.contains("Max-Age=0")).then_some(pair);
        }
        let status = response.status();
        if status == StatusCode::SEE_OTHER {
            assert_eq!(response.headers()[header::LOCATION], self.flow);
        }
        let page = to_bytes(response.into_body(), 1 << 16).await.expect("a page");
        Answer { status, page: String::from_utf8(page.to_vec()).expect("text"), took }
    }

    /// Sends a form and follows the redirect.
    async fn post(&mut self, verb: &str, value: &str) -> String {
        let answer = self.send("POST", body(verb, value)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{verb}: {}", answer.page);
        self.get().await
    }

    /// Sends a form that is refused, and returns the page.
    async fn refused(&mut self, verb: &str, value: &str, status: u16) -> String {
        let answer = self.send("POST", body(verb, value)).await;
        assert_eq!(answer.status, status, "{verb}: {}", answer.page);
        answer.page
    }

    async fn get(&mut self) -> String {
        let answer = self.send("GET", String::new()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.page);
        answer.page
    }

    async fn code(&self, address: &str) -> String {
        while self.engine.maintain(100).await.expect("no port fails").more {}
        self.inbox.last_code_to(address).expect("a code has arrived")
    }

    fn password_is(&self, password: &str) -> bool {
        let ada = UserId::parse("u-1").expect("valid");
        self.directory.password_is(&self.contoso, &ada, password)
    }
}

fn tenant() -> TenantId {
    TenantId::parse("contoso").expect("valid")
}

fn body(verb: &str, value: &str) -> String {
    let escaped = value.replace('%', "%25").replace('+', "%2B").replace('@', "%40");
    format!("{verb}={}", escaped.replace(' ', "+"))
}

fn wrong(code: &str) -> String {
    let first = if code.starts_with('0') { "1" } else { "0" };
    format!("{first}{}", &code[1..])
}

#[tokio::test]
async fn two_gates_lead_to_a_new_password() {
    let mut browser = Browser::new().await;
    assert!(browser.get().await.contains("name=start"));
    let page = browser.post("start", NAME).await;
    assert!(page.contains("email.email.0") && page.contains("mobile_phone.sms.0"), "{page}");

    assert!(browser.post("challenge", "email.email.0").await.contains("name=prove"));
    let code = browser.code(MAIL).await;
    let refused = browser.refused("prove", &wrong(&code), 422).await;
    assert!(refused.contains("not accepted"), "{refused}");
    let page = browser.post("prove", &code).await;
    assert!(page.contains("mobile_phone.sms.0") && !page.contains("email.email.0"), "{page}");

    browser.refused("complete", "plum tractor violet candle", 422).await;
    assert!(browser.password_is("old"), "one gate is not enough");

    assert!(browser.post("challenge", "mobile_phone.sms.0").await.contains("name=prove"));
    let code = browser.code(MOBILE).await;
    assert!(browser.post("prove", &code).await.contains("name=complete"));

    let refused = browser.refused("complete", "short", 422).await;
    assert!(refused.contains("use_more_words"), "{refused}");
    let page = browser.post("complete", "plum tractor violet candle").await;
    assert!(page.contains("Done"), "{page}");
    assert!(browser.password_is("plum tractor violet candle"));
}

#[tokio::test]
async fn two_gates_unlock_an_account_and_keep_its_password() {
    let mut browser = Browser::on("/unlock").await;
    browser.post("start", NAME).await;
    for (option, address) in [("email.email.0", MAIL), ("mobile_phone.sms.0", MOBILE)] {
        assert!(browser.post("challenge", option).await.contains("name=prove"));
        let code = browser.code(address).await;
        browser.post("prove", &code).await;
    }
    assert!(browser.get().await.contains("Unlock the account?"));
    assert!(browser.post("complete", "").await.contains("Done"));
    assert!(browser.password_is("old"));
}

#[tokio::test]
async fn a_change_needs_a_session_and_the_current_password() {
    let mut browser = Browser::on("/change").await;
    assert!(browser.get().await.contains("The current password"));
    browser.refused("start", "old", 400).await;
    browser.sign_in();
    browser.refused("start", "not the old one", 422).await;
    assert!(browser.post("start", "old").await.contains("name=complete"));
    assert!(browser.post("complete", "plum tractor violet candle").await.contains("Done"));
    assert!(browser.password_is("plum tractor violet candle"));
}

#[tokio::test]
async fn the_cookie_of_one_flow_is_not_taken_for_another() {
    let mut browser = Browser::new().await;
    browser.post("start", NAME).await;
    let cookie = browser.cookie.take().expect("a ticket");
    browser.flow = "/unlock";
    browser.cookie = Some(cookie.replace("__Host-reset", "__Host-unlock"));
    browser.refused("challenge", "email.email.0", 400).await;
}

#[tokio::test]
async fn a_path_of_no_flow_calls_nothing_and_sets_no_cookie() {
    for flow in ["/admin", "/reset%0d%0aset-cookie:%20a=b", "/reset;x", "/%F0%9F%94%91"] {
        let mut browser = Browser::on(flow).await;
        for verb in ["start", "complete", "view"] {
            browser.refused(verb, NAME, 400).await;
            assert_eq!(browser.cookie, None, "{flow}");
        }
    }
}

#[tokio::test]
async fn a_refreshed_page_changes_nothing() {
    let mut browser = Browser::new().await;
    browser.post("start", NAME).await;
    browser.post("challenge", "email.email.0").await;
    let code = browser.code(MAIL).await;
    let (cookie, sent) = (browser.cookie.clone(), browser.inbox.all().len());
    let shown = browser.get().await;
    for _ in 0..5 {
        assert_eq!(browser.get().await, shown);
    }
    assert_eq!(browser.cookie, cookie);
    assert_eq!(browser.code(MAIL).await, code);
    assert_eq!(browser.inbox.all().len(), sent, "nothing was sent again");
    assert_eq!(browser.engine.stats().comparisons, 0);
    browser.post("prove", &code).await;
}

#[tokio::test]
async fn without_a_cookie_only_a_start_is_possible() {
    let mut browser = Browser::new().await;
    browser.post("start", NAME).await;
    browser.post("challenge", "email.email.0").await;
    let code = browser.code(MAIL).await;
    let cookie = browser.cookie.take();
    assert!(browser.get().await.contains("name=start"));
    for (verb, value) in
        [("challenge", "email.email.0"), ("prove", &*code), ("complete", "a new password")]
    {
        browser.refused(verb, value, 400).await;
    }
    assert_eq!(browser.engine.stats().comparisons, 0, "no code was compared");
    // The flow is unchanged.
    browser.cookie = cookie;
    browser.post("prove", &code).await;
}

#[tokio::test]
async fn a_forged_cookie_is_dropped() {
    let mut browser = Browser::new().await;
    browser.post("start", NAME).await;
    let cookie = browser.cookie.clone().expect("a ticket");
    let last = if cookie.ends_with('A') { 'Q' } else { 'A' };
    browser.cookie = Some(format!("{}{last}", &cookie[..cookie.len() - 1]));
    let answer = browser.send("GET", String::new()).await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
    assert_eq!(browser.cookie, None);
    assert!(browser.get().await.contains("name=start"));
}

#[tokio::test]
async fn unknown_names_and_forms_are_answered_alike_and_in_no_less_time() {
    let mut pages = Vec::new();
    for name in [NAME, "unknown@contoso.example"] {
        let mut browser = Browser::new().await;
        let started = browser.send("POST", body("start", name)).await;
        assert!(started.took >= AT_LEAST, "{:?}", started.took);
        let shown = browser.get().await;
        let challenged = browser.send("POST", body("challenge", "email.email.0")).await;
        assert!(challenged.took >= AT_LEAST, "{:?}", challenged.took);
        let refused = browser.send("POST", body("prove", "00000000")).await;
        assert!(refused.took >= AT_LEAST, "{:?}", refused.took);
        pages.push((started.status, shown, challenged.status, refused.status, refused.page));
    }
    assert_eq!(pages[0], pages[1]);
    let mut browser = Browser::new().await;
    browser.refused("delete", "everything", 400).await;
}
