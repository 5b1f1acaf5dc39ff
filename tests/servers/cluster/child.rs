//! Another process: this test binary in another role.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const ROLE: &str = "SSPR_CLUSTER_ROLE";
/// The other process reports on lines that begin with this mark.
const MARK: &str = "told: ";

/// The role of the other process.
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) address: String,
    /// Further parameters of the role.
    pub(crate) rest: Vec<String>,
}

/// Not a test by itself: run by other tests in another process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_other_process() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    let mut parts = role.split('\n').map(str::to_owned);
    let mut next = || parts.next().expect("another part");
    let (name, address) = (next(), next());
    let role = Role { name, address, rest: parts.collect() };
    match role.name.as_str() {
        "contest" => crate::cluster::contest::compete(&role).await,
        "load" => crate::cluster::killed::work(&role).await,
        other => panic!("no role {other}"),
    }
}

/// Reports a line to the parent process.
pub(crate) fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    // The first line break ends a line that the test runner has begun.
    writeln!(out, "\n{MARK}{line}").and_then(|()| out.flush()).expect("a reader");
}

pub(crate) struct Other {
    child: Child,
    to: Option<ChildStdin>,
    told: Lines<BufReader<ChildStdout>>,
}

impl Other {
    pub(crate) fn start(role: &Role) -> Self {
        let mut parts = vec![role.name.clone(), role.address.clone()];
        parts.extend(role.rest.iter().cloned());
        let mut child = Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", "cluster::child::the_other_process", "--nocapture"])
            .env(ROLE, parts.join("\n"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let to = child.stdin.take();
        let told = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Self { child, to, told }
    }

    pub(crate) fn say(&mut self, line: &str) {
        writeln!(self.to.as_mut().expect("not ended"), "{line}").expect("it still reads");
    }

    /// The next report, or none if the process has ended.
    pub(crate) fn hear(&mut self) -> Option<String> {
        // A line that was cut off by the end of the process does not count.
        let mut lines = self.told.by_ref().map_while(Result::ok);
        lines.find_map(|line| line.strip_prefix(MARK).map(str::to_owned))
    }

    /// Kills the process (`SIGKILL`); returns the reports sent before.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.child.kill().expect("killed");
        let mut rest = Vec::new();
        while let Some(line) = self.hear() {
            rest.push(line);
        }
        self.child.wait().expect("ended");
        rest
    }

    /// Waits for the process to end.
    pub(crate) fn end(mut self) {
        drop(self.to.take());
        assert!(self.child.wait().expect("ended").success());
    }
}
