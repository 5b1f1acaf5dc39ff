//! Another process on the same store: starts it, gives it jobs, and kills it.

use std::env;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::pin::Pin;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use async_trait::async_trait;
use serde::de::DeserializeOwned;

use super::harness::{Harness, StoreUnderTest};
use super::jobs::{self, Job};
use super::kit::{Kit, PropertyResult, Stop, require};
use super::replies::{next_reply, reply};
use crate::port::PortResult;

/// Names the fixture that the other process joins. Without it the process does nothing.
const ADDRESS: &str = "SSPR_CONFORMANCE_ADDRESS";

/// Another process that has joined a fixture. Dropping it kills the process.
pub(super) struct Other {
    child: Child,
    to: ChildStdin,
    told: Lines<BufReader<ChildStdout>>,
}

impl Other {
    /// Starts another process, if the fixture can be joined from one.
    pub(super) fn start(kit: &Kit) -> PropertyResult<Self> {
        require(kit.fixture.several_processes())?;
        let Some(mut command) = kit.harness.other_process() else {
            return Err(Stop::Skip("the harness starts no other process"));
        };
        command.env(ADDRESS, kit.fixture.address()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| seen("cannot be started", &error))?;
        let (Some(to), Some(told)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Stop::Seen("another process was started without pipes".to_owned()));
        };
        let mut other = Self { child, to, told: BufReader::new(told).lines() };
        other.answer::<()>()?;
        Ok(other)
    }

    /// Sends a job, without waiting for the reply.
    pub(super) fn tell(&mut self, job: &Job) -> PropertyResult {
        let line =
            serde_json::to_string(job).map_err(|error| seen("cannot be given a job", &error))?;
        let written = writeln!(self.to, "{line}").and_then(|()| self.to.flush());
        written.map_err(|error| seen("cannot be given a job", &error))
    }

    /// Waits for the next reply.
    pub(super) fn answer<T: DeserializeOwned>(&mut self) -> PropertyResult<T> {
        next_reply(&mut self.told)?.ok_or_else(|| {
            Stop::Seen("another process ended; its standard error tells why".to_owned())
        })
    }

    /// Kills it, as a power cut would; returns the replies sent before.
    pub(super) fn kill<T: DeserializeOwned>(mut self) -> PropertyResult<Vec<T>> {
        self.child.kill().map_err(|error| seen("cannot be killed", &error))?;
        let mut last = Vec::new();
        while let Some(answer) = next_reply(&mut self.told)? {
            last.push(answer);
        }
        Ok(last)
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // The process may have ended already, which is no error here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn seen(what: &str, error: &dyn std::fmt::Display) -> Stop {
    Stop::Seen(format!("another process {what}: {error}"))
}

/// Plays the other process of a property, if this process was started as one; returns whether it
/// was.
///
/// The tests of [`conformance_tests!`](crate::conformance_tests) call it. A program that runs
/// [`check`](super::check) itself calls it first, with the same harness, and exits if it returned
/// true; its [`Harness::other_process`] starts the program itself.
///
/// ```
/// use sspr::adapters::memory::MemoryStore;
/// use sspr::conformance::{check, play_other_process};
///
/// if !play_other_process(MemoryStore::new) {
///     assert!(check(MemoryStore::new).violations.is_empty());
/// }
/// ```
pub fn play_other_process(harness: impl Harness) -> bool {
    play_other_process_in_tests(&harness)
}

/// The same, in the test that plays the other process.
#[doc(hidden)]
pub fn play_other_process_in_tests(harness: &dyn Harness) -> bool {
    let Ok(address) = env::var(ADDRESS) else {
        return false;
    };
    harness.drive(Box::pin(async {
        let joined = async {
            let fixture = harness.join(&address).await?;
            let store = fixture.open().await?;
            Ok::<_, Stop>((fixture, store))
        };
        let (_fixture, store) = match joined.await {
            Ok(joined) => joined,
            Err(stop) => {
                reply::<()>(Err(stop));
                return;
            }
        };
        reply(Ok(()));
        let mut line = String::new();
        while std::io::stdin().read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
            if let Ok(job) = serde_json::from_str(&line) {
                jobs::run(&*store, job).await;
            }
            line.clear();
        }
    }));
    true
}

/// A harness in a test binary, which plays the other process itself.
pub(super) struct InTests {
    pub(super) harness: Arc<dyn Harness>,
    /// The module of its tests.
    pub(super) module: &'static str,
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Harness for InTests {
    async fn fixture(&self) -> PortResult<Box<dyn StoreUnderTest>> {
        self.harness.fixture().await
    }

    async fn join(&self, address: &str) -> PortResult<Box<dyn StoreUnderTest>> {
        self.harness.join(address).await
    }

    fn other_process(&self) -> Option<Command> {
        self.harness.other_process().or_else(|| {
            // The runner's test names lack the crate name.
            let within = self.module.split_once("::").map_or(self.module, |(_, within)| within);
            let mut command = Command::new(env::current_exe().ok()?);
            command.arg("--exact").arg(format!("{within}::other_process"));
            command.args(["--nocapture", "--test-threads=1"]);
            Some(command)
        })
    }

    fn drive(&self, work: Pin<Box<dyn Future<Output = ()> + Send + '_>>) {
        self.harness.drive(work);
    }

    fn rounds(&self) -> usize {
        self.harness.rounds()
    }

    fn accounts(&self) -> u64 {
        self.harness.accounts()
    }
}
