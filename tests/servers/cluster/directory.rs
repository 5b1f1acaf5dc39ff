//! A directory that survives its process: each password write is a line of a file.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sspr::adapters::memory::MemoryDirectory;
use sspr::facts::{WriteOutcome, WriteReply};
use sspr::port::Clock as _;
use sspr::port::{Directory, PasswordWrite, PortResult, Sessions};
use sspr::testing::{ManualClock, forward};
use sspr::{SecretText, Timestamp, UserId};

use crate::cluster::load::People;
use crate::support::tenant;

/// One password write that the directory made.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Written {
    pub(crate) at: i64,
    pub(crate) user: String,
    pub(crate) number: u32,
    pub(crate) password: String,
}

/// The writes of this file, oldest first.
pub(crate) fn written(file: &Path) -> Vec<Written> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = |line: &str| {
        let mut parts = line.splitn(4, ' ').map(str::to_owned);
        let mut next = || parts.next().expect("another part");
        let (at, user, number) = (next(), next(), next());
        let (at, number) = (at.parse().expect("a time"), number.parse().expect("a number"));
        Written { at, user, number, password: next() }
    };
    text.lines().map(line).collect()
}

/// A write is in the file before it returns. If the process is killed before, it did not happen.
#[derive(Clone)]
pub(crate) struct KeptDirectory {
    inner: MemoryDirectory,
    clock: ManualClock,
    file: Arc<Mutex<File>>,
}

impl KeptDirectory {
    /// A directory of these people, with these writes applied.
    pub(crate) async fn open(file: PathBuf, clock: &ManualClock, people: &People) -> Self {
        let inner = people.directory(clock);
        let now = clock.now();
        for Written { at, user, number, password } in written(&file) {
            clock.set(Timestamp::from_unix_millis(at));
            let (tenant, user) = (tenant(), UserId::parse(&user).expect("valid"));
            let password = SecretText::from(password.as_str());
            let again = PasswordWrite::new(&tenant, &user, &password, number);
            let outcome = inner.set_password(&again).await.expect("reached");
            assert_eq!(outcome.outcome, WriteOutcome::Written, "as it was");
        }
        clock.set(now);
        let file = OpenOptions::new().create(true).append(true).open(file).expect("a file");
        Self { inner, clock: clock.clone(), file: Arc::new(Mutex::new(file)) }
    }
}

#[async_trait]
impl Directory for KeptDirectory {
    forward!(self.inner => tenant, find, users, role_holders, verify_password, unlock);

    async fn set_password(&self, write: &PasswordWrite<'_>) -> PortResult<WriteReply> {
        let before = self.inner.writes(write.tenant, write.user).len();
        let outcome = self.inner.set_password(write).await?;
        if self.inner.writes(write.tenant, write.user).len() > before {
            let (at, password) = (self.clock.now().unix_millis(), write.password.expose_secret());
            let line = format!("{at} {} {} {password}\n", write.user.as_str(), write.number);
            let mut file = self.file.lock().expect("no panic");
            // In one write, so that a killed process leaves the whole line or none.
            file.write_all(line.as_bytes()).expect("written");
        }
        Ok(outcome)
    }
}

impl Sessions for KeptDirectory {
    forward!(self.inner => revoke);
}
