//! Load: many people who reset their passwords on the portal at the same time, over SQLite, as browsers
//! would: each page is fetched, each form is sent, each code is read from the messages.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sspr::adapters::files::FileDelivery;
use sspr::adapters::memory::MemoryDirectory;
use sspr::adapters::render::{EnglishText, Renderer as _};
use sspr::adapters::sqlite::SqliteStore;
use sspr::admin::Contacts;
use sspr::facts::{Destination, EmailAddress, PhoneNumber, UserFacts};
use sspr::method::Channel;
use sspr::port::{Delivery, Envelope, PortError, PortResult, ProvidedChannel, async_trait};
use sspr::web::TrustedProxies;
use sspr::{Actor, Engine, Keys, MethodKind, RoleId, SecretBytes, TenantId, UserId};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::{Mailroom, Passkeys, Portal, SignIns, demo, router};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The password that everyone chooses.
const NEW: &str = "plum+tractor+violet+candle";

/// How long a person waits for a code, and the run for the messages of a mail server that was down.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// What a run did.
#[derive(Default, Debug)]
pub struct Report {
    /// Resets that were completed.
    pub resets: u64,
    pub requests: usize,
    pub median: Duration,
    pub p99: Duration,
    /// The engine's reply floor, below which no reply is sent.
    pub floor: Duration,
    /// The first errors, and how many there were.
    pub errors: Vec<String>,
    /// Resident memory in MiB after a quarter of the time, and at the end.
    pub memory: [u64; 2],
    /// The pages that were shown while the mail server was down, without times and numbers; empty if it
    /// was not.
    pub pages_down: BTreeMap<String, String>,
    /// The same pages while it was up.
    pub pages_up: BTreeMap<String, String>,
    /// Messages that were due while it was down, and how many of them arrived once it was back.
    pub waited: [usize; 2],
}

/// The mail server and the text gateway: keeps the last code for each address, or is down.
#[derive(Clone, Default)]
struct Post {
    down: Arc<AtomicBool>,
    codes: Arc<Mutex<HashMap<String, String>>>,
    arrived: Arc<Notify>,
}

impl Post {
    fn codes(&self) -> MutexGuard<'_, HashMap<String, String>> {
        // Each change of the map is one call, so it is whole after every panic.
        self.codes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn code(&self, to: &str) -> Outcome<String> {
        let code = async {
            loop {
                let arrived = self.arrived.notified();
                if let Some(code) = self.codes().remove(to) {
                    return code;
                }
                arrived.await;
            }
        };
        let code = tokio::time::timeout(LONGEST_WAIT, code).await;
        code.map_err(|_| format!("no code for {to}").into())
    }
}

#[async_trait]
impl Delivery for Post {
    async fn deliver(&self, envelope: &Envelope) -> PortResult<()> {
        if self.down.load(Ordering::SeqCst) {
            return Err(PortError::unavailable().because("the mail server is down"));
        }
        let words = EnglishText.render(envelope);
        let text = words.text.expose_secret();
        let is_code =
            |word: &&str| word.len() >= 6 && word.bytes().all(|byte| byte.is_ascii_digit());
        let code = text.split(|symbol: char| !symbol.is_ascii_alphanumeric()).find(is_code);
        let to = match &envelope.destination {
            Destination::Email(address) => address.as_str().to_owned(),
            Destination::Phone(number) => number.as_e164().to_owned(),
            other => other.masked(),
        };
        // A notice has no code.
        if let Some(code) = code {
            self.codes().insert(to, code.to_owned());
            self.arrived.notify_waiters();
        }
        Ok(())
    }

    async fn channels(&self, _tenant: &TenantId) -> PortResult<Vec<ProvidedChannel>> {
        Ok(vec![Channel::Email.provided_by("post"), Channel::Sms.provided_by("post")])
    }
}

/// What the people of a run share.
struct Crowd {
    engine: Engine,
    tenant: TenantId,
    directory: MemoryDirectory,
    post: Post,
    port: u16,
    next: AtomicU64,
    resets: AtomicU64,
    times: Mutex<Vec<Duration>>,
    errors: Mutex<Vec<String>>,
    pages: Mutex<BTreeMap<String, String>>,
}

/// Who resets: a name and two addresses, made for one reset.
struct Person {
    name: String,
    mail: String,
    mobile: String,
    /// The address that the proxy reports: each person has one.
    source: String,
}

/// This many people at the same time, for this long; each begins again with a new account. Then the mail
/// server goes down, everyone asks for a code, and it comes back.
///
/// # Errors
///
/// What stops the run itself. Errors of single requests are in the report.
pub async fn run(people: usize, lasting: Duration) -> Outcome<Report> {
    let folder = std::env::temp_dir().join(format!("sspr-load-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let done = run_in(&folder, people, lasting).await;
    // Only the figures are of use.
    let _ = std::fs::remove_dir_all(&folder);
    done
}

async fn run_in(folder: &std::path::Path, people: usize, lasting: Duration) -> Outcome<Report> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let origin = format!("http://localhost:{port}");
    let (directory, post, wake) =
        (MemoryDirectory::new(), Post::default(), Arc::new(Notify::new()));
    demo::directory(&directory)?;
    let notify = Arc::clone(&wake);
    let secret = |byte| SecretBytes::new(vec![byte; 32]);
    let sign_ins = SignIns::default();
    let engine = Engine::builder()
        .keys(Keys::new(secret(1), 1, secret(2))?)
        .store(SqliteStore::create(folder.join("load.db"))?)
        .directory(directory.clone())
        .sessions(sign_ins.clone())
        .delivery(post.clone())
        .human_check(demo::Question)
        .on_work(move || notify.notify_one())
        .open()
        .await?;
    let mut settings = demo::settings(&origin)?;
    // Without a seal there is no app, and without a browser no passkey.
    settings.users.methods.remove(&MethodKind::AuthenticatorApp);
    settings.users.methods.remove(&MethodKind::Passkey);
    // Everyone's phone is in one range of numbers, and a minute here has more codes than a tenant's day.
    settings.limits.prefix.max = u32::MAX;
    settings.limits.tenant.max = u32::MAX;
    demo::fill(&engine, settings, true).await?;
    let mails = Mailroom::new(FileDelivery::new(folder.join("mails"))?);
    let delivery = tokio::spawn(demo::deliver(engine.clone(), mails.clone(), wake));
    let portal = Portal::new(
        engine.clone(),
        demo::tenant()?,
        Arc::new(directory.clone()),
        sign_ins,
        Passkeys::new(&origin),
        mails,
        &origin,
        TrustedProxies::parse(["127.0.0.1"])?,
    )?;
    let app = router(portal).into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let floor = engine.floor_left(engine.now());
    let crowd = Arc::new(Crowd {
        engine,
        tenant: demo::tenant()?,
        directory,
        post,
        port,
        next: AtomicU64::new(0),
        resets: AtomicU64::new(0),
        times: Mutex::default(),
        errors: Mutex::default(),
        pages: Mutex::default(),
    });
    let mut report = Report { floor, ..Report::default() };
    crowd.busy(people, lasting, &mut report).await;
    crowd.without_mail(people, &mut report).await?;
    report.resets = crowd.resets.load(Ordering::SeqCst);
    report.errors = std::mem::take(&mut *lock(&crowd.errors));
    server.abort();
    delivery.abort();
    Ok(report)
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    // Figures, which are whole after every panic.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Crowd {
    /// Resets for this long, and takes the figures.
    async fn busy(self: &Arc<Self>, people: usize, lasting: Duration, report: &mut Report) {
        let until = Instant::now() + lasting;
        let mut crowd = JoinSet::new();
        for _ in 0..people {
            let own = Arc::clone(self);
            crowd.spawn(async move {
                while Instant::now() < until {
                    if let Err(error) = own.reset().await {
                        lock(&own.errors).push(error.to_string());
                    }
                }
            });
        }
        tokio::time::sleep(lasting / 4).await;
        let early = resident();
        while crowd.join_next().await.is_some() {}
        report.memory = [early, resident()];
        let mut times = std::mem::take(&mut *lock(&self.times));
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
        (report.requests, report.median, report.p99) = (times.len(), at(50), at(99));
        report.pages_up = std::mem::take(&mut *lock(&self.pages));
    }

    /// Everyone asks for a code while the mail server is down; then it comes back, and everyone goes on.
    async fn without_mail(self: &Arc<Self>, people: usize, report: &mut Report) -> Outcome<()> {
        self.post.down.store(true, Ordering::SeqCst);
        let mut crowd = JoinSet::new();
        for _ in 0..people {
            let own = Arc::clone(self);
            crowd.spawn(async move {
                let person = own.person().await?;
                let mut browser = Browser::new(&own, &person.source);
                own.ask(&mut browser, &person).await?;
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>((person.mail, browser.cookie))
            });
        }
        let mut waiting = Vec::new();
        while let Some(asked) = crowd.join_next().await {
            match asked? {
                Ok(asked) => waiting.push(asked),
                Err(error) => lock(&self.errors).push(error.to_string()),
            }
        }
        report.pages_down = std::mem::take(&mut *lock(&self.pages));
        let early = waiting.iter().filter(|(mail, _)| self.post.codes().contains_key(mail)).count();
        if early > 0 {
            lock(&self.errors).push(format!("{early} messages came from a server that is down"));
        }
        self.post.down.store(false, Ordering::SeqCst);
        let mut arrived = 0;
        for (mail, cookie) in &waiting {
            let mut browser =
                Browser { cookie: cookie.clone(), ..Browser::new(self, "203.0.113.1") };
            let code = self.post.code(mail).await;
            let proven = match code {
                Ok(code) => {
                    arrived += 1;
                    browser.send(&format!("verb=prove&option=email.email.0&code={code}")).await
                }
                Err(error) => Err(error),
            };
            if let Err(error) = proven {
                lock(&self.errors).push(error.to_string());
            }
        }
        report.waited = [waiting.len(), arrived];
        Ok(())
    }

    /// A new account with two addresses.
    async fn person(&self) -> Outcome<Person> {
        let number = self.next.fetch_add(1, Ordering::SeqCst);
        let person = Person {
            name: format!("p{number}@contoso.example"),
            mail: format!("p{number}@private.example"),
            mobile: format!("+1425{:07}", 2_000_000 + number),
            source: format!("10.{}.{}.{}", number >> 16 & 255, number >> 8 & 255, number & 255),
        };
        let id = UserId::parse(&format!("p{number}"))?;
        let mut facts = UserFacts::new(id.clone());
        facts.restricted_management = Some(false);
        self.directory.add_user(&self.tenant, facts, &[&person.name], demo::PASSWORD)?;
        let setup = Actor::service("setup", [RoleId::parse(demo::ADMINISTRATOR)?]);
        let mut contacts = Contacts::default();
        contacts.email = Some(EmailAddress::parse(&person.mail)?);
        contacts.mobile_phone = Some(PhoneNumber::parse(&person.mobile)?);
        self.engine.admin(&self.tenant, &setup).supply_contacts(&id, &contacts).await?;
        Ok(person)
    }

    /// The first pages: the name, the methods, the field for the code.
    async fn ask(&self, browser: &mut Browser<'_>, person: &Person) -> Outcome<()> {
        browser.fetch("start").await?;
        browser.send(&format!("verb=start&name={}", person.name.replace('@', "%40"))).await?;
        browser.fetch("choose").await?;
        browser.send("verb=challenge&option=email.email.0").await?;
        browser.fetch("enter").await
    }

    /// A whole reset, from the first page to the last.
    async fn reset(&self) -> Outcome<()> {
        let person = self.person().await?;
        let mut browser = Browser::new(self, &person.source);
        self.ask(&mut browser, &person).await?;
        let code = self.post.code(&person.mail).await?;
        browser.send(&format!("verb=prove&option=email.email.0&code={code}")).await?;
        browser.fetch("choose the second").await?;
        browser.send("verb=challenge&option=mobile_phone.sms.0").await?;
        browser.fetch("enter the second").await?;
        let code = self.post.code(&person.mobile).await?;
        browser.send(&format!("verb=prove&option=mobile_phone.sms.0&code={code}")).await?;
        browser.fetch("new password").await?;
        browser.send(&format!("verb=complete&password={NEW}&again={NEW}")).await?;
        browser.fetch("done").await?;
        let id = UserId::parse(person.name.trim_end_matches("@contoso.example"))?;
        if !self.directory.password_is(&self.tenant, &id, &NEW.replace('+', " ")) {
            return Err(format!("{}: the password is not set", person.name).into());
        }
        self.resets.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// A browser with one cookie.
struct Browser<'a> {
    crowd: &'a Crowd,
    cookie: String,
    source: &'a str,
}

impl<'a> Browser<'a> {
    const fn new(crowd: &'a Crowd, source: &'a str) -> Self {
        Self { crowd, cookie: String::new(), source }
    }

    /// Fetches the page of the reset, and keeps it under this name without what differs between people.
    async fn fetch(&mut self, name: &str) -> Outcome<()> {
        let page = self.request("GET", "", "200").await?;
        let body = page.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let body: String = body.chars().filter(|symbol| !symbol.is_ascii_digit()).collect();
        lock(&self.crowd.pages).entry(name.to_owned()).or_insert(body);
        Ok(())
    }

    /// Sends a form, and keeps the cookie.
    async fn send(&mut self, form: &str) -> Outcome<()> {
        let reply = self.request("POST", form, "303").await?;
        let cookie = reply.lines().find_map(|line| line.strip_prefix("set-cookie: "));
        if let Some(cookie) = cookie.and_then(|cookie| cookie.split(';').next()) {
            cookie.clone_into(&mut self.cookie);
        }
        Ok(())
    }

    async fn request(&self, method: &str, body: &str, status: &str) -> Outcome<String> {
        let begun = Instant::now();
        let mut stream = TcpStream::connect(("127.0.0.1", self.crowd.port)).await?;
        let request = format!(
            "{method} /reset HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: {}\r\n\
             Sec-Fetch-Site: same-origin\r\nX-Forwarded-For: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.cookie,
            self.source,
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await?;
        lock(&self.crowd.times).push(begun.elapsed());
        if reply.starts_with(&format!("HTTP/1.1 {status} ")) {
            return Ok(reply);
        }
        let verb = body.split('&').next().unwrap_or_default();
        Err(format!("{method} {verb}: {}", reply.lines().next().unwrap_or("no reply")).into())
    }
}

/// The resident memory of this process, in MiB; 0 where the system does not tell it.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1024
}
