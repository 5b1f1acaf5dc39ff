//! A portal of its own for each test: on a free port, in memory, with a clock that the test advances.

use std::time::Duration;

use sspr::adapters::argon2::Argon2Hash;
use sspr::adapters::files::FileDelivery;
use sspr::adapters::memory::{MemoryDirectory, MemoryStore};
use sspr::adapters::seal::KeySeal;
use sspr::facts::UserFacts;
use sspr::port::{Clock as _, SystemClock};
use sspr::testing::{FaultPlan, Faulty, ManualClock};
use sspr::web::TrustedProxies;
use sspr::{Actor, Engine, Keys, Policy, PolicySettings, RoleId, SecretBytes, TenantId, UserId};
use sspr_portal::{AnswerHash, Mailroom, Passkeys, Portal, SignIns, demo, router};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Ada, a user with a mail address and a mobile phone that an administrator has supplied.
pub const ADA: &str = "ada@contoso.example";
pub const MAIL: &str = "ada@private.example";
pub const MOBILE: &str = "+14255550100";
pub const NEW: &str = "plum tractor violet candle";

/// How long a reply is held back. The clock stands still, so each reply waits for all of it.
const FLOOR: Duration = Duration::from_millis(5);

pub struct Site {
    pub origin: String,
    pub engine: Engine,
    pub directory: MemoryDirectory,
    pub clock: ManualClock,
    /// Faults of the calls of the directory.
    pub directory_faults: FaultPlan,
    mails: Mailroom,
    folder: std::path::PathBuf,
    server: tokio::task::JoinHandle<()>,
}

impl Site {
    /// The demonstration, on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let origin = format!("http://localhost:{port}");
        let folder =
            std::env::temp_dir().join(format!("sspr-portal-{}-{port}", std::process::id()));
        let mails = Mailroom::new(FileDelivery::new(&folder).expect("a folder"));
        let clock = ManualClock::new(SystemClock.now());
        let directory = MemoryDirectory::new().with_clock(clock.clone());
        demo::directory(&directory).expect("data of the demonstration");
        let directory_faults = FaultPlan::none();
        let sign_ins = SignIns::default();
        let passkeys = Passkeys::new(&origin);
        let secret = |byte| SecretBytes::new(vec![byte; 32]);
        let engine = Engine::builder()
            .keys(Keys::new(secret(1), 1, secret(2)).expect("long enough"))
            .store(MemoryStore::new())
            .directory(Faulty::new(directory.clone(), directory_faults.clone()))
            .sessions(sign_ins.clone())
            .delivery(mails.clone())
            .external_method(passkeys.clone())
            .seal(KeySeal::new(1, secret(3)).expect("long enough"))
            .slow_hash(AnswerHash::new(Argon2Hash::with_cost(64, 1).expect("in range")))
            .human_check(demo::Question)
            .clock(clock.clone())
            .reply_floor(FLOOR)
            .open()
            .await
            .expect("a fresh store");
        demo::fill(&engine, demo::settings(&origin).expect("sound"), true).await.expect("sound");
        let tenant = demo::tenant().expect("valid");
        let proxies = TrustedProxies::none();
        let portal = Portal::new(
            engine.clone(),
            tenant,
            std::sync::Arc::new(directory.clone()),
            sign_ins,
            passkeys,
            mails.clone(),
            &origin,
            proxies,
        );
        let app = router(portal.expect("sound templates"));
        let app = app.into_make_service_with_connect_info::<std::net::SocketAddr>();
        let server = tokio::spawn(async move { axum::serve(listener, app).await.expect("serves") });
        Self { origin, engine, directory, clock, directory_faults, mails, folder, server }
    }

    /// Changes the policy.
    pub async fn policy(&self, change: impl FnOnce(&mut PolicySettings)) {
        let (tenant, root) = (self.tenant(), root());
        let admin = self.engine.admin(&tenant, &root);
        let stored = admin.policy().await.expect("readable").expect("the demonstration has one");
        let mut settings = PolicySettings::clone(stored.policy.settings());
        change(&mut settings);
        let policy = Policy::new(settings).expect("sound");
        admin.put_policy(&policy, Some(stored.revision)).await.expect("put");
    }

    /// The attempts at one code that the stored policy allows, and its revision.
    pub async fn attempts(&self) -> (u8, u64) {
        let (tenant, root) = (self.tenant(), root());
        let stored = self.engine.admin(&tenant, &root).policy().await.expect("readable");
        let stored = stored.expect("the demonstration has one");
        (stored.policy.settings().attempts, stored.revision)
    }

    pub fn tenant(&self) -> TenantId {
        demo::tenant().expect("valid")
    }

    pub fn password_is(&self, user: &str, password: &str) -> bool {
        let user = UserId::parse(user).expect("valid");
        self.directory.password_is(&self.tenant(), &user, password)
    }

    /// Delivers what waits.
    pub async fn deliver(&self) {
        while self.engine.maintain(100).await.expect("no port fails").more {}
        self.mails.send_again(self.clock.now()).await;
    }

    /// Adds a user without methods.
    pub fn add_user(&self, id: &str, name: &str) {
        let mut facts = UserFacts::new(UserId::parse(id).expect("valid"));
        facts.user_principal_name = Some(name.to_owned());
        facts.primary_mail = Some(name.to_owned());
        facts.restricted_management = Some(false);
        let added = self.directory.add_user(&self.tenant(), facts, &[name], demo::PASSWORD);
        added.expect("a new user");
    }

    /// Disables an account in the directory.
    pub fn disable(&self, user: &str) {
        let user = UserId::parse(user).expect("valid");
        let disabled =
            self.directory.update_user(&self.tenant(), &user, |facts| facts.enabled = false);
        disabled.expect("a user of the demonstration");
    }

    /// Takes the folder of the messages away, without which none is sent, or gives it back.
    pub fn mail_server(&self, is_up: bool) {
        if is_up {
            std::fs::remove_file(&self.folder).expect("was taken away");
            std::fs::create_dir(&self.folder).expect("a folder");
        } else {
            std::fs::remove_dir_all(&self.folder).expect("was there");
            std::fs::write(&self.folder, "").expect("a file in its place");
        }
    }

    /// The text of the last message to this address.
    pub fn last_to(&self, to: &str) -> Option<String> {
        self.mails.last_to(to)
    }

    /// The code in the last message to this address.
    pub async fn code(&self, to: &str) -> String {
        self.deliver().await;
        let text = self.mails.last_to(to).unwrap_or_else(|| panic!("no message to {to}"));
        let digits =
            |word: &&str| word.len() >= 6 && word.bytes().all(|byte| byte.is_ascii_digit());
        let words = text.split(|symbol: char| !symbol.is_ascii_alphanumeric());
        words.into_iter().find(digits).unwrap_or_else(|| panic!("no code in {text}")).to_owned()
    }

    /// The path of the link in the last message to this address.
    pub async fn link(&self, to: &str) -> String {
        self.link_to("/link?link=", to).await
    }

    /// The path of the *it was not me* link in the last message to this address.
    pub async fn not_me_link(&self, to: &str) -> String {
        self.link_to("/not-me?link=", to).await
    }

    async fn link_to(&self, page: &str, to: &str) -> String {
        self.deliver().await;
        let text = self.mails.last_to(to).unwrap_or_else(|| panic!("no message to {to}"));
        let word = text.split_whitespace().find(|word| word.contains(page));
        word.expect("a link").replace(&self.origin, "")
    }

    /// Sends a request as a program would, and returns the whole response.
    pub async fn raw(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> String {
        let address = self.origin.replace("http://localhost", "127.0.0.1");
        let mut stream = TcpStream::connect(address).await.expect("the server listens");
        let headers: String =
            headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let kind = "application/x-www-form-urlencoded";
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}Content-Type: {kind}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut response = String::new();
        stream.read_to_string(&mut response).await.expect("a response");
        response
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub fn root() -> Actor {
    Actor::service("test", [RoleId::parse(demo::ADMINISTRATOR).expect("valid")])
}
