//! PostgreSQL: a private cluster, alone or with a synchronous standby.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::{Folder, Server, command_as, free_port, is_alive, is_root, program, run, wait_for};

const PACKAGES: &[&str] = &["postgresql"];

/// PostgreSQL refuses to run as root.
pub(super) const USER: &str = "postgres";

/// Tests open many pools. All other settings are the defaults, `fsync` included.
const SETTINGS: &[(&str, &str)] = &[("max_connections", "500")];

/// A cluster in a folder of its own. Every connection needs the password, including those by the
/// Unix socket.
pub struct Postgres {
    folder: Folder,
    port: u16,
    password: String,
    settings: Vec<(String, String)>,
    server: Mutex<Option<Server>>,
}

impl Postgres {
    /// The cluster that all tests of one binary share, each with a schema or a database of its own.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// A separate cluster.
    pub fn start() -> Self {
        Self::start_with(&[], &[])
    }

    /// A cluster with these settings of `postgresql.conf`, and these files in its data folder,
    /// readable by it alone.
    pub fn start_with(settings: &[(&str, &str)], files: &[(&str, &str)]) -> Self {
        let folder = own_folder("postgres");
        let password = random_text();
        let pwfile = folder.path().join("password");
        std::fs::write(&pwfile, &password).expect("written");
        give_away(&pwfile);
        let mut initdb = command_as(USER, &program("initdb", PACKAGES));
        initdb.args(["--auth=scram-sha-256", "--username=postgres", "--encoding=UTF8"]);
        initdb.args(["--locale=C", "--no-sync", "--pwfile"]).arg(&pwfile);
        run(initdb.arg("-D").arg(folder.path().join("data")));
        for (name, content) in files {
            let path = folder.path().join("data").join(name);
            std::fs::write(&path, content).expect("written");
            give_away(&path);
        }
        Self::run_in(folder, password, settings)
    }

    /// Starts the server, on another port if the first was taken.
    fn run_in(folder: Folder, password: String, settings: &[(&str, &str)]) -> Self {
        let settings = SETTINGS.iter().chain(settings);
        let settings = settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let server = Mutex::new(None);
        let mut cluster = Self { folder, port: 0, password, settings: settings.collect(), server };
        for _ in 0..10 {
            cluster.port = free_port();
            if cluster.try_start() {
                return cluster;
            }
        }
        panic!("no port in ten attempts: {}", cluster.said());
    }

    fn try_start(&self) -> bool {
        let mut command = command_as(USER, &program("postgres", PACKAGES));
        command.arg("-D").arg(self.data()).arg("-k").arg(self.folder.path());
        command.args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
        for (name, value) in &self.settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        let server = Server::start(&command, &self.folder.path().join("log"));
        let pid = server.pid();
        *self.server() = Some(server);
        wait_for("PostgreSQL", || {
            if !is_alive(pid) {
                return Some(false);
            }
            let ready = self.psql("SELECT 1").output().expect("psql runs");
            ready.status.success().then_some(true)
        })
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn server(&self) -> std::sync::MutexGuard<'_, Option<Server>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The loopback port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The folder of its Unix socket.
    pub fn socket(&self) -> &Path {
        self.folder.path()
    }

    /// The password of the superuser `postgres`.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// The address of the database `postgres` for the superuser, by the loopback port, so that it
    /// has the form of a remote address.
    pub fn url(&self) -> String {
        self.url_of("postgres", &self.password, "postgres")
    }

    /// The address of a database for a role.
    pub fn url_of(&self, role: &str, password: &str, database: &str) -> String {
        format!("postgres://{role}:{password}@127.0.0.1:{}/{database}", self.port)
    }

    /// A name that no other test uses, for a schema, a role or a database.
    pub fn fresh(&self) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        format!("t{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
    }

    /// The superuser's address of a new, empty database.
    pub fn database(&self) -> String {
        let name = self.fresh();
        self.sql(&format!("CREATE DATABASE {name}"));
        self.url_of("postgres", &self.password, &name)
    }

    fn psql(&self, sql: &str) -> Command {
        let mut command = Command::new(program("psql", PACKAGES));
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres"]);
        command.arg("-h").arg(self.socket()).args(["-p", &self.port.to_string(), "-c", sql]);
        command.env("PGPASSWORD", &self.password).env("PGCONNECT_TIMEOUT", "10");
        command
    }

    /// Runs statements as the superuser; returns the rows as text, one per line.
    #[track_caller]
    pub fn sql(&self, sql: &str) -> String {
        run(&mut self.psql(sql)).trim_end().to_owned()
    }

    /// Kills all its processes at once, as a power cut would.
    pub fn kill(&self) {
        let Some(server) = self.server().take() else {
            return;
        };
        // Suspended first, so that it starts no other process meanwhile.
        server.signal("STOP");
        let children = children(server.pid());
        let mut kill = Command::new("kill");
        kill.arg("-KILL").arg(server.pid().to_string());
        let _ = kill.args(children.iter().map(u32::to_string)).status();
        for pid in children.into_iter().chain([server.pid()]) {
            wait_for("the end of PostgreSQL", || (!is_alive(pid)).then_some(()));
        }
    }

    /// Shuts it down in order: transactions are rolled back, and clients are notified.
    pub fn stop(&self) {
        let Some(server) = self.server().take() else {
            return;
        };
        server.signal("INT");
        wait_for("the end of PostgreSQL", || (!is_alive(server.pid())).then_some(()));
    }

    /// Starts it again on its folder and port, after [`kill`](Self::kill) or [`stop`](Self::stop).
    pub fn restart(&self) {
        self.stop();
        wait_for("PostgreSQL on the same port", || self.try_start().then_some(()));
    }

    /// A standby of this cluster, from a fresh copy, that streams under this name.
    pub fn standby(&self, name: &str) -> Self {
        let folder = own_folder("standby");
        let mut backup = command_as(USER, &program("pg_basebackup", PACKAGES));
        backup.arg("-D").arg(folder.path().join("data"));
        backup.args(["-R", "-X", "stream", "-c", "fast", "-C", "-S", name]);
        let (port, password) = (self.port, &self.password);
        backup.arg("-d").arg(format!(
            "host=127.0.0.1 port={port} user=postgres password={password} application_name={name}"
        ));
        run(&mut backup);
        let own = self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Self::run_in(folder, self.password.clone(), &own.collect::<Vec<_>>())
    }

    /// A primary and a synchronous standby, which has every commit before it returns.
    pub fn pair() -> (Self, Self) {
        let primary = Self::start();
        let standby = primary.standby("s1");
        primary.sql("ALTER SYSTEM SET synchronous_standby_names = 's1'");
        primary.sql("SELECT pg_reload_conf()");
        let sync = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        wait_for("a synchronous standby", || (primary.sql(sync) == "1").then_some(()));
        (primary, standby)
    }

    /// Makes a standby the primary.
    pub fn promote(&self) {
        assert_eq!(self.sql("SELECT pg_promote()"), "t", "{}", self.said());
        wait_for("a primary", || (self.sql("SELECT pg_is_in_recovery()") == "f").then_some(()));
    }

    /// The end of its log.
    pub fn said(&self) -> String {
        self.server().as_ref().map(Server::said).unwrap_or_default()
    }
}

/// The address of several clusters with the same password: clients choose the writable one.
pub fn url_of_all(clusters: &[&Postgres]) -> String {
    let password = &clusters.first().expect("a cluster").password;
    let hosts: Vec<String> =
        clusters.iter().map(|cluster| format!("127.0.0.1:{}", cluster.port)).collect();
    let hosts = hosts.join(",");
    format!("postgres://postgres:{password}@{hosts}/postgres?target_session_attrs=read-write")
}

pub(super) fn own_folder(what: &str) -> Folder {
    let folder = Folder::new(what);
    if is_root() {
        run(Command::new("chown").arg(USER).arg(folder.path()));
    }
    folder
}

pub(super) fn give_away(path: &Path) {
    run(Command::new("chmod").arg("600").arg(path));
    if is_root() {
        run(Command::new("chown").arg(USER).arg(path));
    }
}

/// Unguessable letters and digits, since other users of the machine can reach the loopback as well.
fn random_text() -> String {
    use std::io::Read as _;
    let mut bytes = [0; 16];
    let mut source = std::fs::File::open("/dev/urandom").expect("a source of random bytes");
    source.read_exact(&mut bytes).expect("random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn children(of: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| parent(*pid) == Some(of)).collect()
}

fn parent(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // `1 (name) S 0 ...`, where the name may contain anything.
    stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()
}
