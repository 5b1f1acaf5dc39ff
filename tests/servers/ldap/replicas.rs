//! Two servers that replicate each other, and one of them is killed under load, again and again.
//!
//! Each server logs the changes that clients make on it. The sum of both logs is what was written, and is compared
//! with what the directory has reported.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sspr::adapters::ldap::{LdapConfig, LdapDirectory, LdapTenant};
use sspr::facts::{TenantFacts, WriteOutcome};
use sspr::port::{Directory as _, PasswordWrite};
use sspr::{SecretText, TenantId, UserId};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::open_ldap::{SERVICE, profile};
use super::proxy::Proxy;
use crate::servers::openldap::{OpenLdap, PASSWORD};
use crate::servers::wait_for;

/// Each task writes the passwords of its own users, in turn.
const TASKS: usize = 12;
const USERS: usize = 20;

/// The most rounds until each kind of outcome was seen.
const ROUNDS: usize = 12;

fn tenant() -> TenantId {
    TenantId::parse("kit").expect("valid")
}

fn name(task: usize, user: usize) -> String {
    format!("u-{task}-{user}")
}

fn people() -> String {
    let mut ldif =
        "dn: ou=people,dc=example\nobjectClass: organizationalUnit\nou: people\n".to_owned();
    for (task, user) in (0..TASKS).flat_map(|task| (0..USERS).map(move |user| (task, user))) {
        let name = name(task, user);
        let entry = format!(
            "\ndn: uid={name},ou=people,dc=example\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\n\
             sn: {name}\nuserPassword: The first password of {name}!\n"
        );
        ldif.push_str(&entry);
    }
    ldif
}

/// What was reported of one user's writes.
#[derive(Clone, Default, Debug)]
struct Reported {
    written: usize,
    unknown: usize,
    refused: usize,
    /// The passwords that may be the present one: the last that was written, and the unknown ones after it.
    candidates: Vec<String>,
}

struct Load {
    directory: LdapDirectory,
    running: AtomicBool,
    calls: AtomicUsize,
    /// Notified when a write has ended.
    ended: Notify,
    /// The next write of each task.
    turns: [AtomicUsize; TASKS],
    reported: Mutex<BTreeMap<String, Reported>>,
}

impl Load {
    async fn go_on(&self, task: usize) {
        while self.running.load(Ordering::SeqCst) {
            let turn = self.turns[task].fetch_add(1, Ordering::SeqCst);
            let name = name(task, turn % USERS);
            let password = format!("Password {turn} of {name} since the start!");
            let (tenant, user) = (tenant(), UserId::parse(&name).expect("valid"));
            let number = u32::try_from(turn + 1).expect("few");
            let secret = SecretText::from(password.as_str());
            let write = PasswordWrite::new(&tenant, &user, &secret, number);
            let reply = self.directory.set_password(&write).await.expect("a reply");
            let mut all = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
            let reported = all.entry(name).or_default();
            match reply.outcome {
                WriteOutcome::Written => {
                    reported.written += 1;
                    reported.candidates = vec![password];
                }
                WriteOutcome::Indeterminate => {
                    reported.unknown += 1;
                    reported.candidates.push(password);
                }
                WriteOutcome::Unreachable => reported.refused += 1,
                other => panic!("{other:?}: {:?}", reply.detail),
            }
            drop(all);
            self.calls.fetch_add(1, Ordering::SeqCst);
            self.ended.notify_one();
        }
    }

    /// Waits until this many more writes have ended.
    async fn progress(&self, more: usize) {
        let from = self.calls.load(Ordering::SeqCst);
        while self.calls.load(Ordering::SeqCst) < from + more {
            self.ended.notified().await;
        }
    }
}

/// How often clients have set the password of each user, by the log of one server. What a server gets from
/// the other one has no connection.
fn client_writes(server: &OpenLdap) -> BTreeMap<String, usize> {
    let mut writes = BTreeMap::new();
    for change in server.changes().split("\n\n") {
        let mut lines = change.lines();
        let is_client = lines.next().is_some_and(|head| {
            head.starts_with("# modify") && head.contains(SERVICE) && !head.contains("conn=-1")
        });
        let user = change.lines().find_map(|line| line.strip_prefix("dn: uid="));
        let sets = change.lines().any(|line| line == "replace: userPassword");
        if let Some((user, _)) =
            user.and_then(|user| user.split_once(',')).filter(|_| is_client && sets)
        {
            *writes.entry(user.to_owned()).or_default() += 1;
        }
    }
    writes
}

/// The number of the last change of each server, as a server has them.
fn state(server: &OpenLdap) -> Vec<String> {
    let found = server.search("(objectClass=dcObject)", &["contextCSN"]);
    let mut numbers: Vec<String> = found.lines().map(str::to_owned).collect();
    numbers.sort_unstable();
    numbers
}

struct Pair {
    servers: Arc<[OpenLdap; 2]>,
    proxies: [Proxy; 2],
    load: Arc<Load>,
}

impl Pair {
    fn start() -> Self {
        let servers = Arc::new(OpenLdap::pair(&people()));
        let last = format!("(uid={})", name(TASKS - 1, USERS - 1));
        wait_for("the first copy", || {
            servers[1].search(&last, &["uid"]).contains("uid:").then_some(())
        });
        let proxies = [&servers[0], &servers[1]]
            .map(|server| Proxy::before(format!("127.0.0.1:{}", server.tls_port())));
        let addresses = proxies.each_ref().map(|proxy| format!("127.0.0.1:{}", proxy.port()));
        let mut config = LdapConfig::ldaps(profile(), &addresses.each_ref().map(String::as_str))
            .with_login(SERVICE, SecretText::from(PASSWORD))
            .without_system_roots()
            .with_tenant(
                tenant(),
                LdapTenant::new(TenantFacts::new("The Kit"), "ou=people,dc=example"),
            );
        for server in &*servers {
            config = config.with_root_certificates(&server.certificates().ca);
        }
        let load = Arc::new(Load {
            directory: config.build().expect("sound"),
            running: AtomicBool::new(true),
            calls: AtomicUsize::new(0),
            ended: Notify::new(),
            turns: Default::default(),
            reported: Mutex::default(),
        });
        Self { servers, proxies, load }
    }

    fn tasks(&self) -> Vec<JoinHandle<()>> {
        let task = |task| {
            let load = Arc::clone(&self.load);
            tokio::spawn(async move { load.go_on(task).await })
        };
        (0..TASKS).map(task).collect()
    }

    /// Kills the server in use under load, and starts it again when the other one has done some work. Either the
    /// replies that are under way are lost, so that what was done is not reported, or the server stands still
    /// before, so that what was sent is not done.
    async fn round(&self, round: usize) {
        self.load.running.store(true, Ordering::SeqCst);
        let tasks = self.tasks();
        self.load.progress(5 * TASKS).await;
        let used = round % 2;
        if round % 4 < 2 {
            self.proxies[used].lose_replies(true);
        } else {
            self.servers[used].freeze();
        }
        let servers = Arc::clone(&self.servers);
        tokio::task::spawn_blocking(move || servers[used].kill()).await.expect("killed");
        self.load.progress(3 * TASKS).await;
        self.load.running.store(false, Ordering::SeqCst);
        for task in tasks {
            task.await.expect("no panic");
        }
        self.proxies[used].lose_replies(false);
        let servers = Arc::clone(&self.servers);
        tokio::task::spawn_blocking(move || servers[used].restart()).await.expect("restarted");
        self.converge().await;
    }

    /// Waits until both servers have the same changes.
    async fn converge(&self) {
        let servers = Arc::clone(&self.servers);
        let wait = move || {
            wait_for("the replicas", || (state(&servers[0]) == state(&servers[1])).then_some(()));
        };
        tokio::task::spawn_blocking(wait).await.expect("converged");
    }
}

/// Of the writes that were reported as unknown: those that were done, and those that were not.
#[derive(Clone, Copy, Default, Debug)]
struct Unknown {
    done: usize,
    not_done: usize,
}

/// Compares the reports with the logs: each reported write was made once, an unknown one at most once, and any
/// other not at all.
fn compared(pair: &Pair) -> Unknown {
    let logs = pair.servers.each_ref().map(client_writes);
    let mut unknown = Unknown::default();
    for (user, reported) in &*pair.load.reported.lock().unwrap_or_else(PoisonError::into_inner) {
        let made: usize = logs.iter().filter_map(|log| log.get(user)).sum();
        let (least, most) = (reported.written, reported.written + reported.unknown);
        assert!((least..=most).contains(&made), "{user}: {made} writes, {reported:?}");
        unknown.done += made - least;
        unknown.not_done += most - made;
    }
    unknown
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_killed_under_load_makes_no_write_twice_and_none_that_was_not() {
    let pair = Pair::start();
    let (mut rounds, mut unknown) = (0, Unknown::default());
    // Both kinds of unknown writes have to occur, or the comparison would show nothing.
    while rounds < 4 || unknown.done == 0 || unknown.not_done == 0 {
        assert!(rounds < ROUNDS, "{unknown:?} after {rounds} rounds");
        pair.round(rounds).await;
        unknown = compared(&pair);
        rounds += 1;
    }
    let reported = pair.load.reported.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let (mut written, mut checked) = (0, 0);
    for (user, reported) in &reported {
        written += reported.written;
        let id = UserId::parse(user).expect("valid");
        let mut passing = 0;
        for candidate in &reported.candidates {
            let candidate = SecretText::from(candidate.as_str());
            let passes = pair.load.directory.verify_password(&tenant(), &id, &candidate).await;
            passing += usize::from(passes.expect("checked"));
        }
        // Before the first write that was done, the password is still the first one.
        assert!(passing == 1 || (passing == 0 && reported.written == 0), "{user}: {reported:?}");
        checked += passing;
    }
    println!("{written} writes, {unknown:?}, {checked} passwords checked, {rounds} kills");
    assert!(written >= 8 * TASKS * rounds, "{written} writes in {rounds} rounds");
}
