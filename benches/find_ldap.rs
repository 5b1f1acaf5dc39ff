//! `find` over LDAP with 32 concurrent callers, on a private OpenLDAP server.
//!
//! The baseline is the bare search: the same request, encoded once for each user, written to a connection and read up to
//! its result without a look at the entry, over as many connections as the directory's.
//!
//! Target: at least 0.9 of the bare rate.

mod support;

#[path = "../tests/support/servers/mod.rs"]
mod servers;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use sspr::adapters::ldap::{LdapConfig, LdapDirectory, LdapProfile, LdapTenant};
use sspr::facts::{TenantFacts, UserQuery, UserSelector};
use sspr::port::Directory as _;
use sspr::{Identifier, SecretText};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

use servers::openldap::{OpenLdap, PASSWORD};

const TASKS: usize = 32;
const CONNECTIONS: usize = 8;
const USERS: usize = 2_000;
const BASE: &str = "ou=people,dc=example";
const LOGIN: &str = "cn=sspr,ou=services,dc=example";

/// What the profile for OpenLDAP asks for.
const ATTRIBUTES: [&str; 12] = [
    "displayName",
    "entryUUID",
    "givenName",
    "mail",
    "mobile",
    "preferredLanguage",
    "pwdAccountLockedTime",
    "pwdChangedTime",
    "pwdReset",
    "sn",
    "telephoneNumber",
    "uid",
];

fn user(number: usize) -> String {
    format!("u-{number:05}")
}

fn people() -> String {
    let mut ldif = format!("dn: {BASE}\nobjectClass: organizationalUnit\nou: people\n\n");
    for name in (0..USERS).map(user) {
        write!(
            ldif,
            "dn: uid={name},{BASE}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\nsn: Name\n\
             givenName: Given\ndisplayName: Given Name\nmail: {name}@contoso.example\nmobile: +1 4255550100\n\n"
        )
        .expect("text");
    }
    ldif
}

/// An element of BER with a length of up to 65 535 bytes.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("short").to_be_bytes();
    [&[tag, 0x82, length[0], length[1]], content].concat()
}

fn equal(attribute: &str, value: &str) -> Vec<u8> {
    element(0xa3, &[element(4, attribute.as_bytes()), element(4, value.as_bytes())].concat())
}

fn message(operation: &[u8]) -> Vec<u8> {
    element(0x30, &[&[2, 1, 1][..], operation].concat())
}

fn bind() -> Vec<u8> {
    let name = element(4, LOGIN.as_bytes());
    message(&element(0x60, &[&[2, 1, 3][..], &name, &element(0x80, PASSWORD.as_bytes())].concat()))
}

/// The search of `find` for this name.
fn search(name: &str) -> Vec<u8> {
    let filter = element(
        0xa0,
        &[equal("objectClass", "inetOrgPerson"), element(0xa1, &equal("uid", name))].concat(),
    );
    let attributes: Vec<u8> =
        ATTRIBUTES.iter().flat_map(|attribute| element(4, attribute.as_bytes())).collect();
    // The whole subtree, no aliases, at most 50 entries, no limit of time, with values.
    let fixed = [10, 1, 2, 10, 1, 0, 2, 1, 50, 2, 1, 0, 1, 1, 0];
    let parts = [element(4, BASE.as_bytes()), fixed.to_vec(), filter, element(0x30, &attributes)];
    message(&element(0x63, &parts.concat()))
}

/// A connection that sends requests and counts the entries of their replies.
struct Bare(TcpStream);

impl Bare {
    async fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("connected");
        stream.set_nodelay(true).expect("set");
        let mut bare = Self(stream);
        assert_eq!(bare.ask(&bind()).await, 0);
        bare
    }

    async fn ask(&mut self, request: &[u8]) -> usize {
        self.0.write_all(request).await.expect("sent");
        let mut entries = 0;
        loop {
            let mut head = [0; 2];
            self.0.read_exact(&mut head).await.expect("a reply");
            let mut length = usize::from(head[1]);
            if length > 0x80 {
                let mut more = vec![0; length - 0x80];
                self.0.read_exact(&mut more).await.expect("a length");
                length = more.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            }
            let mut body = vec![0; length];
            self.0.read_exact(&mut body).await.expect("a message");
            // The number of the message takes three bytes.
            match body[3] {
                0x64 => entries += 1,
                _ => return entries,
            }
        }
    }
}

/// As many connections as the directory has.
struct BarePool {
    free: Mutex<Vec<Bare>>,
    slots: Semaphore,
    requests: Vec<Vec<u8>>,
}

impl BarePool {
    async fn open(port: u16) -> Self {
        let mut free = Vec::new();
        for _ in 0..CONNECTIONS {
            free.push(Bare::open(port).await);
        }
        let requests = (0..USERS).map(|number| search(&user(number))).collect();
        Self { free: Mutex::new(free), slots: Semaphore::new(CONNECTIONS), requests }
    }

    async fn find(&self, number: usize) -> usize {
        let _slot = self.slots.acquire().await.expect("open");
        let mut bare = self.free.lock().expect("no panic").pop().expect("one for each slot");
        let found = bare.ask(&self.requests[number]).await;
        self.free.lock().expect("no panic").push(bare);
        found
    }
}

async fn find(directory: &LdapDirectory, number: usize) -> usize {
    let (name, groups) = (Identifier::parse(&user(number)).expect("valid"), BTreeSet::new());
    let query = UserQuery::new(UserSelector::Identifier(&name), &groups);
    directory.find(&support::tenant(), &query).await.expect("found").len()
}

/// The mean nanoseconds of one search, with as many tasks at once.
fn run<F: Future<Output = usize> + Send>(
    runtime: &Runtime,
    share: usize,
    find: impl Fn(usize) -> F + Clone + Send + 'static,
) -> f64 {
    let took = support::time(|| {
        let start = |task: usize| {
            let find = find.clone();
            runtime.spawn(async move {
                for turn in 0..share {
                    assert_eq!(find((task * share + turn) % USERS).await, 1, "one user");
                }
            })
        };
        let running: Vec<_> = (0..TASKS).map(start).collect();
        running.into_iter().for_each(|task| runtime.block_on(task).expect("no panic"));
    });
    took.as_nanos() as f64 / (TASKS * share) as f64
}

fn main() {
    let server = OpenLdap::start(&people());
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let directory = LdapConfig::unencrypted_on_loopback(LdapProfile::open_ldap(), server.port())
        .with_login(LOGIN, SecretText::from(PASSWORD))
        .with_connections(CONNECTIONS)
        .with_tenant(support::tenant(), LdapTenant::new(TenantFacts::new("Contoso"), BASE))
        .build()
        .expect("sound");
    let directory = Arc::new(directory);
    let bare = Arc::new(runtime.block_on(BarePool::open(server.port())));

    let mut criterion = support::criterion();
    let mut group = criterion.benchmark_group("find_ldap");
    group.sample_size(10);
    group.bench_function("find", |bencher| {
        bencher.iter(|| runtime.block_on(find(&directory, 7)));
    });
    group.bench_function("bare", |bencher| bencher.iter(|| runtime.block_on(bare.find(7))));
    group.finish();
    criterion.final_summary();

    let (rounds, share) = if support::is_measured_run() { (15, 200) } else { (1, 2) };
    let mut pairs = Vec::new();
    for _ in 0..rounds {
        let (own, plain) = (Arc::clone(&directory), Arc::clone(&bare));
        pairs.push(vec![
            run(&runtime, share, move |number| {
                let own = Arc::clone(&own);
                async move { find(&own, number).await }
            }),
            run(&runtime, share, move |number| {
                let plain = Arc::clone(&plain);
                async move { plain.find(number).await }
            }),
        ]);
    }
    let rate = |nanos: f64| 1e9 / nanos;
    support::figure("find_ldap_find_32", rate(support::column(&pairs, 0)), "per_second");
    support::figure("find_ldap_bare_32", rate(support::column(&pairs, 1)), "per_second");
    support::ratio("find_ldap_vs_bare", support::ratio_of(&pairs, 1, 0));
}
