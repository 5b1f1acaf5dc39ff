//! Real servers for tests, private to the test binary: in temporary folders, on free loopback
//! ports. They end with the process that started them.
//!
//! Their programs come from the distribution's packages. Missing packages are installed if that
//! needs no password (`apt-get`, as root or by `sudo -n`); otherwise the test fails and names the
//! packages. No test is skipped because a server is missing.
#![allow(unreachable_pub, reason = "shared by several test binaries")]
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

pub mod certificates;
pub mod etcd;
pub mod openldap;
pub mod pgbouncer;
pub mod postgres;
pub mod samba;
#[path = "../temporary.rs"]
mod temporary;

use temporary::Temporary;

/// Folders of programs outside the search path. PostgreSQL has one for each release.
fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default();
    folders.extend(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    let releases = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut releases: Vec<PathBuf> = releases.map(|release| release.path().join("bin")).collect();
    releases.sort();
    folders.extend(releases.into_iter().rev());
    folders
}

/// The path of a program. Its packages are installed if it is missing.
///
/// # Panics
///
/// If it is missing and cannot be installed; the message names the packages.
pub fn program(name: &str, packages: &[&str]) -> PathBuf {
    static INSTALLING: Mutex<()> = Mutex::new(());

    let find = || folders().into_iter().map(|folder| folder.join(name)).find(|path| path.is_file());
    if let Some(path) = find() {
        return path;
    }
    let installing = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let said = if find().is_none() { install(packages) } else { String::new() };
    drop(installing);
    find().unwrap_or_else(|| {
        let packages = packages.join(" ");
        panic!(
            "`{name}` is missing, and this test needs it. Install it first, on Debian or Ubuntu:\n\
             \n    apt-get install --no-install-recommends {packages}\n\n{said}"
        )
    })
}

/// Runs `apt-get`, if there is one, and returns its output.
fn install(packages: &[&str]) -> String {
    let root = is_root();
    let mut said = String::new();
    let update: &[&str] = &["update", "-qq"];
    let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
    install.extend(packages);
    for arguments in [update, &install] {
        let mut command = Command::new(if root { "apt-get" } else { "sudo" });
        if !root {
            command.args(["-n", "apt-get"]);
        }
        // Another test binary or the system may be installing at the same time.
        command.args(["-o", "DPkg::Lock::Timeout=300"]).args(arguments);
        match command.env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null()).output() {
            Ok(output) => said.push_str(&String::from_utf8_lossy(&output.stderr)),
            Err(error) => said.push_str(&format!("{command:?}: {error}\n")),
        }
    }
    said
}

/// Whether this process runs as root: servers then run as another user.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// A free loopback port that no other test process gets until this one has ended. Another program
/// may still take it, so the caller must be ready to try another port.
///
/// It is below the ports that the system assigns to clients: otherwise a client that connects to a
/// dead server's port may get that port itself and connect to itself.
pub fn free_port() -> u16 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    const FROM: u32 = 10_000;
    const MANY: u32 = 20_000;

    let start = std::process::id().wrapping_mul(7_919);
    let mut ports = (0..MANY).map(|_| {
        let next = COUNT.fetch_add(1, Ordering::Relaxed);
        (FROM + start.wrapping_add(next.wrapping_mul(13)) % MANY) as u16
    });
    let free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    ports.find(|port| reserve(*port) && free(port)).expect("a free port")
}

/// Reserves the port for this process among all test processes of the machine, also while its
/// server is down.
///
/// The reservation is an abstract socket name: it leaves no file and ends with its process in any
/// case.
#[cfg(target_os = "linux")]
fn reserve(port: u16) -> bool {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixListener};

    static HELD: Mutex<Vec<UnixListener>> = Mutex::new(Vec::new());
    let name = SocketAddr::from_abstract_name(format!("sspr-test-port-{port}"));
    let taken = name.and_then(|name| UnixListener::bind_addr(&name));
    let Ok(taken) = taken else { return false };
    HELD.lock().unwrap_or_else(PoisonError::into_inner).push(taken);
    true
}

#[cfg(not(target_os = "linux"))]
fn reserve(_: u16) -> bool {
    true
}

/// A folder that is removed when its process ends, also if that is killed.
pub struct Folder {
    guard: Child,
    /// Removed after the guard has ended, in case the guard has failed.
    folder: Temporary,
}

impl Folder {
    pub fn new(what: &str) -> Self {
        let folder = Temporary::new(what);
        // Two tries, since a server that is being killed may still write.
        let script = r#"read -r _; rm -rf "$1" || { sleep 0.3; rm -rf "$1"; }"#;
        let guard = guard(Command::new("sh").args(["-c", script, "guard"]).arg(folder.path()));
        Self { guard, folder }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        end(&mut self.guard);
    }
}

/// A process that ends when its standard input is closed: at the latest when this process ends.
fn guard(command: &mut Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("a shell")
}

fn end(guard: &mut Child) {
    drop(guard.stdin.take());
    let _ = guard.wait();
}

/// A command that runs as this user if this process is root, and as the current user otherwise.
pub fn command_as(user: &str, program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new(self::program("setpriv", &["util-linux"]));
    command.arg(format!("--reuid={user}")).arg(format!("--regid={user}"));
    command.arg("--clear-groups").arg(program);
    command
}

/// Runs a command to its end and returns its output.
///
/// # Panics
///
/// If it fails; the message has its output.
pub fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output();
    let Output { status, stdout, stderr } = output.unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let (out, err) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?}: {status}\n{out}\n{err}");
    out.into_owned()
}

/// A running server.
///
/// A guard, a shell, reads from a pipe of this process. When this process ends in any way, the pipe
/// closes and the guard kills the server, so that a test that panics or is killed leaves no server.
pub struct Server {
    guard: Child,
    pid: u32,
    log: PathBuf,
}

/// `$1`: the log; `$2`: the file for the server's process id; the rest: the server's command.
///
/// The pipe is moved from standard input, which background jobs of a shell do not get.
const GUARD: &str = r#"
exec 3<&0 </dev/null
log=$1 pidfile=$2
shift 2
"$@" >>"$log" 2>&1 3<&- &
pid=$!
echo $pid >"$pidfile.new" && mv "$pidfile.new" "$pidfile"
read -r _ <&3
kill -9 $pid
wait $pid
"#;

impl Server {
    /// Starts a server that writes to this log.
    pub fn start(command: &Command, log: &Path) -> Self {
        let pidfile = log.with_extension("pid");
        let _ = std::fs::remove_file(&pidfile);
        let mut shell = Command::new("sh");
        shell.args(["-c", GUARD, "guard"]).arg(log).arg(&pidfile);
        shell.arg(command.get_program()).args(command.get_args());
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let guard = guard(shell.stderr(Stdio::null()));
        let pid = wait_for("the server's process id", || {
            std::fs::read_to_string(&pidfile).ok()?.trim().parse().ok()
        });
        Self { guard, pid, log: log.to_owned() }
    }

    /// Its process id.
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// Sends it a signal, by name: `KILL`, `STOP`, `CONT`, `TERM`.
    pub fn signal(&self, name: &str) {
        let _ = Command::new("kill").arg(format!("-{name}")).arg(self.pid.to_string()).status();
    }

    /// Kills it at once, as a power cut would, and waits until it has ended.
    pub fn kill(&self) {
        self.signal("KILL");
        wait_for("the end of the server", || (!is_alive(self.pid)).then_some(()));
    }

    /// The end of its log.
    pub fn said(&self) -> String {
        let mut text = Vec::new();
        if let Ok(mut log) = File::open(&self.log) {
            let end = log.metadata().map_or(0, |log| log.len());
            let _ = log.seek(SeekFrom::Start(end.saturating_sub(4_000)));
            let _ = log.read_to_end(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.guard);
    }
}

/// Whether the process runs and has its files and ports. A zombie does not.
pub fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().unwrap_or_default().trim_start();
    !state.is_empty() && !state.starts_with('Z')
}

/// Polls until there is a result, for at most three minutes: on a busy machine servers start
/// slowly.
///
/// # Panics
///
/// After three minutes.
#[track_caller]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = now() + Duration::from_secs(180);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(now() < until, "waited three minutes for {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

#[expect(clippy::disallowed_methods, reason = "waiting for a server needs the real clock")]
fn now() -> Instant {
    Instant::now()
}
