//! Chromium, driven over WebDriver. Tests that run at the same time have a browser each; the next ones use it
//! again.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::runtime::Runtime;

use crate::site::Site;

/// The narrowest window that WCAG 2.2 expects a page to fit (1.4.10).
const NARROW: u32 = 320;

/// Chromium without its windows, which takes a quarter less of the processor. Not every distribution has it.
const SHELL: &str = "/usr/bin/chromium-headless-shell";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
/// The [appearances](appearance) of pages that axe has passed.
static PASSED: LazyLock<Mutex<BTreeSet<String>>> = LazyLock::new(Default::default);
/// The browsers that no test uses.
static IDLE: Mutex<Vec<Browser>> = Mutex::new(Vec::new());

struct Browser {
    client: Client,
    /// The device with passkeys that a test has added.
    device: Mutex<Option<String>>,
    /// Ends the driver and its browser when it is dropped or this process ends, since that closes its input.
    _driver: Child,
}

/// Runs a test in a browser, without the cookies of the test before.
pub fn in_browser(test: impl AsyncFnOnce(&Page)) {
    RUNTIME.block_on(async {
        let idle = IDLE.lock().expect("no test panics while it holds it").pop();
        let browser = match idle {
            Some(browser) => browser,
            None => start().await,
        };
        let client = browser.client.clone();
        let page =
            Page { client, browser, site: Site::start().await, with_scripts: Cell::new(true) };
        page.reset().await;
        test(&page).await;
        // The browser of a test that fails is not used again: it may have more tabs.
        IDLE.lock().expect("no test panics while it holds it").push(page.browser);
    });
}

/// Runs a test that needs no browser.
pub fn without_browser(test: impl AsyncFnOnce(Site)) {
    RUNTIME.block_on(async { test(Site::start().await).await });
}

async fn start() -> Browser {
    // The driver is in a session of its own, so that the whole group ends with it.
    let script = "chromedriver --port=0 & cat > /dev/null; kill -- -$$";
    let mut driver = Command::new("setsid")
        .args(["sh", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("setsid and sh");
    let output = driver.stdout.take().expect("piped");
    let mut lines = BufReader::new(output).lines();
    let port = loop {
        let line = lines.next_line().await.expect("readable");
        let line = line.expect("chromedriver does not start: install chromium and chromium-driver");
        if let Some((_, port)) = line.split_once("successfully on port ") {
            break port.trim_end_matches('.').to_owned();
        }
    };
    // The pipe stays open, or the driver would fail to print.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let mut options = json!({ "args": [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--lang=en",
    ]});
    if Path::new(SHELL).exists() {
        options["binary"] = json!(SHELL);
    }
    let capabilities = Capabilities::from_iter([("goog:chromeOptions".to_owned(), options)]);
    let client = ClientBuilder::new(HttpConnector::new())
        .capabilities(capabilities)
        .connect(&format!("http://127.0.0.1:{port}"))
        .await
        .expect("a session");
    // Sending the checker to each page takes longer than its checks. A page that is not checked only skims it.
    let checker = json!({ "source": format!("window.loadAxe = () => {{ {} }}", *AXE) });
    let command = DriverCommand::cdp("Page.addScriptToEvaluateOnNewDocument", checker);
    client.issue_cmd(command).await.expect("a command of the protocol");
    let draws_chinese = client.execute(DRAWS_CHINESE, vec![]).await.expect("a canvas");
    assert_eq!(draws_chinese, true, "Chinese is drawn as boxes: install fonts-droid-fallback");
    Browser { client, device: Mutex::default(), _driver: driver }
}

/// Whether two letters have different shapes, in both kinds of Chinese.
const DRAWS_CHINESE: &str = "const draw = text => { \
    const canvas = document.createElement('canvas'), context = canvas.getContext('2d'); \
    context.font = '20px sans-serif'; context.fillText(text, 0, 20); return canvas.toDataURL() }; \
    return draw('简') !== draw('码') && draw('繁') !== draw('體')";

/// The browser on the pages of one site.
pub struct Page {
    client: Client,
    browser: Browser,
    pub site: Site,
    with_scripts: Cell<bool>,
}

impl Page {
    async fn reset(&self) {
        let device = self.browser.device.lock().expect("no test panics while it holds it").take();
        if let Some(id) = device {
            let path = format!("webauthn/authenticator/{id}");
            let command = DriverCommand { path, body: None };
            self.client.issue_cmd(command).await.expect("the device of the test before");
        }
        self.cdp("Network.clearBrowserCookies", json!({})).await;
        self.scripts(true).await;
        self.width(NARROW).await;
    }

    /// A command of the Chrome DevTools protocol.
    async fn cdp(&self, command: &str, parameters: Value) -> Value {
        let command = DriverCommand::cdp(command, parameters);
        self.client.issue_cmd(command).await.expect("a command of the protocol")
    }

    /// Switches the scripts of pages on or off. The driver's own still run.
    pub async fn scripts(&self, on: bool) {
        self.with_scripts.set(on);
        self.cdp("Emulation.setScriptExecutionDisabled", json!({ "value": !on })).await;
    }

    /// Gives the browser a device with passkeys, whose user is always present.
    pub async fn with_authenticator(&self) {
        let device = json!({
            "protocol": "ctap2_1", "transport": "internal", "hasResidentKey": true,
            "hasUserVerification": true, "isUserVerified": true, "isUserConsenting": true,
        });
        let path = "webauthn/authenticator".to_owned();
        let command = DriverCommand { path, body: Some(device) };
        let id = self.client.issue_cmd(command).await.expect("a virtual authenticator");
        *self.browser.device.lock().expect("no test panics while it holds it") =
            id.as_str().map(str::to_owned);
    }

    pub async fn width(&self, width: u32) {
        let metrics =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    async fn dark(&self, on: bool) {
        let scheme = if on { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.cdp("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// Opens a page and checks it.
    pub async fn open(&self, path: &str) {
        let address = format!("{}{path}", self.site.origin);
        self.client.goto(&address).await.expect(path);
        self.check().await;
    }

    /// Types into the field of this name, replacing what it holds.
    pub async fn fill(&self, field: &str, text: &str) {
        let css = format!("main [name={field}]:not([type=hidden])");
        let found = self.client.find(Locator::Css(&css)).await;
        let found = match found {
            Ok(found) => found,
            Err(_) => panic!("no field {field}:\n{}", self.text().await),
        };
        found.clear().await.expect("a field for text");
        found.send_keys(text).await.expect("a field for text");
    }

    /// Presses the first button or link that begins with this text, and checks the page that follows.
    pub async fn press(&self, label: &str) {
        let xpath =
            format!("//*[self::button or self::a][starts-with(normalize-space(.), {label:?})]");
        let Ok(found) = self.client.find(Locator::XPath(&xpath)).await else {
            panic!("no button {label}:\n{}", self.text().await)
        };
        self.leave(async || found.click().await.expect(label)).await;
    }

    /// Does what leads to another page, waits until that page is loaded, and checks it.
    async fn leave(&self, act: impl AsyncFnOnce()) {
        /// A page on a busy machine. A test that waits longer has failed.
        const LONGEST: Duration = Duration::from_secs(30);
        self.run("window.left = true", vec![]).await;
        act().await;
        let loaded = "return !window.left && document.readyState === 'complete'";
        let other_page = async {
            // Between two pages there is no context in which the script could run.
            while !self
                .client
                .execute(loaded, vec![])
                .await
                .is_ok_and(|is_loaded| is_loaded == true)
            {}
        };
        if tokio::time::timeout(LONGEST, other_page).await.is_err() {
            panic!("no other page follows:\n{}", self.text().await);
        }
        self.check().await;
    }

    /// Presses these keys in the focused element.
    pub async fn keys(&self, keys: &str) {
        let focused = self.client.active_element().await.expect("an element has the focus");
        focused.send_keys(keys).await.expect("keys");
    }

    pub async fn back(&self) {
        self.client.back().await.expect("a page before");
        self.check().await;
    }

    pub async fn reload(&self) {
        self.client.refresh().await.expect("a page");
        self.check().await;
    }

    pub async fn path(&self) -> String {
        self.client.current_url().await.expect("an address").path().to_owned()
    }

    pub async fn title(&self) -> String {
        self.client.title().await.expect("a title")
    }

    /// The heading of the page.
    pub async fn heading(&self) -> String {
        let heading = self.client.find(Locator::Css("h1")).await.expect("a heading");
        heading.text().await.expect("text")
    }

    /// The text of the page's main part, as a person sees it.
    pub async fn text(&self) -> String {
        let main = self.client.find(Locator::Css("body")).await.expect("a page");
        main.text().await.expect("text")
    }

    pub async fn shows(&self, text: &str) {
        let page = self.text().await;
        assert!(page.contains(text), "{text:?} is missing in:\n{page}");
    }

    /// An attribute of the first element that this selector finds.
    pub async fn attribute(&self, css: &str, name: &str) -> Option<String> {
        let element = self.client.find(Locator::Css(css)).await.expect(css);
        element.attr(name).await.expect("an attribute")
    }

    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.expect("a script of the driver")
    }

    /// Opens another tab of the same browser, and returns the handle of this one.
    pub async fn other_tab(&self) -> fantoccini::wd::WindowHandle {
        let here = self.client.window().await.expect("a tab");
        let tab = self.client.new_window(true).await.expect("another tab").handle;
        self.client.switch_to_window(tab).await.expect("the other tab");
        self.width(NARROW).await;
        here
    }

    /// Closes this tab and returns to that one.
    pub async fn return_to(&self, tab: fantoccini::wd::WindowHandle) {
        self.client.close_window().await.expect("a tab to close");
        self.client.switch_to_window(tab).await.expect("the tab before");
    }

    /// What holds for every page: no script, nothing wider than the window, no violation that axe finds
    /// in light and in dark.
    pub async fn check(&self) {
        let script = "const page = document.documentElement; \
            return [page.outerHTML, page.scrollWidth - innerWidth, 'loadAxe' in window]";
        let found = self.run(script, vec![]).await;
        let (source, wide, has_checker): (String, i64, bool) =
            serde_json::from_value(found).expect("a page");
        let own = OWN_SCRIPTS.iter().fold(source.clone(), |page, script| page.replace(script, ""));
        assert!(!own.contains("<script"), "a script that is not the portal's own:\n{source}");
        assert!(wide <= 0, "{wide} px too wide:\n{source}");
        if !PASSED.lock().expect("no test panics while it holds it").insert(appearance(&source)) {
            return;
        }
        // The checker needs scripts; the page has none that would run with it.
        let scripts = self.with_scripts.get();
        if !scripts {
            self.scripts(true).await;
        }
        // A page that was loaded without scripts has no checker.
        let checker = if has_checker { "loadAxe()" } else { &AXE };
        self.run(checker, vec![]).await;
        self.dark(true).await;
        self.axe(&["color-contrast"]).await;
        self.dark(false).await;
        self.axe(&["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).await;
        if !scripts {
            self.scripts(false).await;
        }
    }

    async fn axe(&self, rules: &[&str]) {
        let script = "const [runOnly, done] = arguments; \
            axe.run(document, { runOnly, resultTypes: ['violations'] }).then( \
            found => done(found.violations.flatMap(v => v.nodes.map( \
            n => v.id + ': ' + n.html + ' ' + n.failureSummary))), \
            error => done(['axe: ' + error]))";
        let found = self.client.execute_async(script, vec![json!(rules)]).await.expect("axe runs");
        let page = self.client.current_url().await.expect("an address");
        assert_eq!(found, json!([]), "{page}: {found:#}");
    }

    /// A picture of the page for the documents, in light, as wide as a small window. It shows times, so
    /// the committed file is only written if `SSPR_PORTAL_PICTURES` is set.
    pub async fn picture(&self, name: &str) {
        self.width(900).await;
        let png = self.client.screenshot().await.expect("a picture");
        assert!(png.len() < 150_000, "{name} has {} bytes", png.len());
        if std::env::var_os("SSPR_PORTAL_PICTURES").is_some() {
            let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../pictures");
            std::fs::write(folder.join(name), png).expect("a folder for pictures");
        }
        self.width(NARROW).await;
    }
}

/// A page without what is another one in each test and does not matter to axe: digits, and so times and numbers;
/// the values of fields, and so tickets; the squares of QR codes; the letters of codes that are shown.
fn appearance(page: &str) -> String {
    const DROPPED: [(&str, char); 3] =
        [(" value=\"", '"'), (" d=\"", '"'), ("class=\"code\">", '<')];
    let mut page: String = page.chars().filter(|symbol| !symbol.is_ascii_digit()).collect();
    for (begin, end) in DROPPED {
        let mut parts = page.split(begin);
        let mut kept = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            kept.push_str(begin);
            kept.push_str(part.find(end).map_or("", |at| &part[at..]));
        }
        page = kept;
    }
    page
}

/// The roles of what a user operates.
const OPERATED: [&str; 7] =
    ["button", "checkbox", "combobox", "DisclosureTriangle", "link", "radio", "textbox"];

/// The scripts of the portal itself: comfort of the policy's pages and of new passwords, and passkeys.
const OWN_SCRIPTS: [&str; 3] = [
    r#"<script src="/policy.js" defer="">"#,
    r#"<script src="/passkey.js" defer="">"#,
    r#"<script src="/password.js" defer="">"#,
];

/// The accessibility checker, as npm has installed it.
static AXE: LazyLock<String> = LazyLock::new(|| {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/axe");
    let file = folder.join("node_modules/axe-core/axe.min.js");
    if !file.exists() {
        let npm = std::process::Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(&folder)
            .status();
        assert!(npm.is_ok_and(|status| status.success()), "npm ci fails in {}", folder.display());
    }
    std::fs::read_to_string(file).expect("axe")
});

/// A command of the driver that fantoccini does not know.
#[derive(Debug)]
struct DriverCommand {
    path: String,
    /// Without one, the command deletes.
    body: Option<Value>,
}

impl DriverCommand {
    /// A command of the Chrome DevTools protocol.
    fn cdp(command: &str, parameters: Value) -> Self {
        let body = json!({ "cmd": command, "params": parameters });
        Self { path: "goog/cdp/execute".to_owned(), body: Some(body) }
    }
}

impl WebDriverCompatibleCommand for DriverCommand {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _request: &url::Url) -> (axum::http::Method, Option<String>) {
        match &self.body {
            Some(body) => (axum::http::Method::POST, Some(body.to_string())),
            None => (axum::http::Method::DELETE, None),
        }
    }
}

impl Page {
    /// The text of the focused element.
    pub async fn focused(&self) -> String {
        let focused = self.client.active_element().await.expect("an element has the focus");
        focused.text().await.expect("text")
    }

    pub async fn focused_name(&self) -> String {
        let focused = self.client.active_element().await.expect("an element has the focus");
        focused.attr("name").await.expect("an attribute").unwrap_or_default()
    }

    /// Presses the tab key until an element with this text has the focus.
    pub async fn tab_to(&self, text: &str) {
        for _ in 0..40 {
            if self.focused().await.starts_with(text) {
                return;
            }
            self.keys("\u{e004}").await;
        }
        panic!("the tab key does not reach {text}");
    }

    /// Presses the tab key until the field of this name has the focus.
    pub async fn tab_to_field(&self, name: &str) {
        for _ in 0..40 {
            if self.focused_name().await == name {
                return;
            }
            self.keys("\u{e004}").await;
        }
        panic!("the tab key does not reach {name}");
    }

    /// Types into the field of this name, which the tab key reaches, and sends the form.
    pub async fn type_into(&self, name: &str, text: &str) {
        self.tab_to_field(name).await;
        self.keys(text).await;
        self.enter().await;
    }

    /// Presses the enter key, which leads to another page.
    pub async fn enter(&self) {
        self.leave(async || self.keys("\u{e007}").await).await;
    }

    /// The roles and names of what a user operates on the page, as a screen reader gets them.
    pub async fn accessible_names(&self) -> Vec<(String, String)> {
        let tree = self.cdp("Accessibility.getFullAXTree", json!({})).await;
        let nodes = tree["nodes"].as_array().expect("nodes").iter();
        let text = |value: &Value| value["value"].as_str().unwrap_or_default().to_owned();
        let heard = nodes.filter(|node| node["ignored"] != true);
        heard
            .map(|node| (text(&node["role"]), text(&node["name"])))
            .filter(|(role, _)| OPERATED.contains(&role.as_str()))
            .collect()
    }

    pub async fn forget_cookies(&self) {
        self.cdp("Network.clearBrowserCookies", json!({})).await;
    }

    /// The header `Cookie` of this browser.
    pub async fn cookies(&self) -> String {
        let cookies = self.client.get_all_cookies().await.expect("cookies");
        let pairs = cookies.iter().map(|cookie| format!("{}={}", cookie.name(), cookie.value()));
        pairs.collect::<Vec<_>>().join("; ")
    }

    /// Sends a form with these cookies, beside the browser.
    pub async fn post(&self, path: &str, cookies: &str, body: &str) -> String {
        let headers = [("Cookie", cookies), ("Sec-Fetch-Site", "same-origin")];
        self.site.raw("POST", path, &headers, body).await
    }

    pub async fn follow_first(&self, css: &str) {
        let found = self.client.find(Locator::Css(css)).await.expect(css);
        self.leave(async || found.click().await.expect(css)).await;
    }
}

impl Page {
    /// Types into the field that this selector finds.
    pub async fn fill_field(&self, css: &str, text: &str) {
        let field = self.client.find(Locator::Css(css)).await.expect(css);
        field.send_keys(text).await.expect("a field for text");
    }

    /// Types into the field that this selector finds, replacing what it holds.
    pub async fn retype(&self, css: &str, text: &str) {
        let field = self.client.find(Locator::Css(css)).await.expect(css);
        field.clear().await.expect("a field for text");
        field.send_keys(text).await.expect("a field for text");
    }

    /// Waits until the script of the page shows this text.
    pub async fn comes_to_show(&self, text: &str) {
        const LONGEST: Duration = Duration::from_secs(20);
        let shown = async { while !self.text().await.contains(text) {} };
        if tokio::time::timeout(LONGEST, shown).await.is_err() {
            panic!("{text:?} does not come:\n{}", self.text().await);
        }
    }

    /// Clicks what this selector finds, on the same page.
    pub async fn click(&self, css: &str) {
        let found = self.client.find(Locator::Css(css)).await.expect(css);
        found.click().await.expect(css);
    }

    /// The text of the first element that this selector finds.
    pub async fn text_of(&self, css: &str) -> String {
        let element = self.client.find(Locator::Css(css)).await.expect(css);
        element.text().await.expect("text")
    }
}
