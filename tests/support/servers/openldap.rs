//! A private OpenLDAP server with its password policy, on the loopback interface.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::certificates::Certificates;
use super::{Folder, Server, free_port, is_alive, program, run, wait_for};

const PACKAGES: &[&str] = &["slapd", "ldap-utils"];

/// The password of the administrator and of the service accounts.
pub const PASSWORD: &str = "a service password 1!";

/// The databases that refuse every write: `dc=` and this name.
pub const REFUSING: [&str; 4] = ["frozen", "shadow", "clear", "closed"];

/// How a server differs from the shared one.
#[derive(Default)]
struct Setup {
    /// Entries below `dc=example`, as LDIF.
    entries: String,
    /// The number of this replica and the port of the other one.
    replica: Option<(u16, u16)>,
}

/// A running server.
pub struct OpenLdap {
    folder: Folder,
    server: Mutex<Server>,
    command: Command,
    port: u16,
    tls_port: u16,
    certificates: Certificates,
}

impl OpenLdap {
    /// The server that all tests of one binary share, each below an entry of its own.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<OpenLdap> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(""))
    }

    /// Starts a server with these entries below `dc=example`, as LDIF.
    ///
    /// # Panics
    ///
    /// If it does not start; the message contains its output.
    pub fn start(entries: &str) -> Self {
        let mut said = String::new();
        // Another program may have taken a port since it was found free.
        for _ in 0..5 {
            let setup = Setup { entries: entries.to_owned(), replica: None };
            match Self::start_on(free_port(), &setup) {
                Ok(server) => return server,
                Err(error) => said = error,
            }
        }
        panic!("slapd does not start: {said}");
    }

    /// Starts two servers that accept writes and replicate them to each other, with these entries. Each
    /// writes the changes that it makes to a log, which [`changes`](Self::changes) returns.
    ///
    /// # Panics
    ///
    /// If they do not start; the message contains their output.
    pub fn pair(entries: &str) -> [Self; 2] {
        let mut said = String::new();
        for _ in 0..5 {
            let ports = [free_port(), free_port()];
            // Only the first begins with the entries: the second gets them by replication.
            let first = Setup { entries: entries.to_owned(), replica: Some((1, ports[1])) };
            let second = Setup { entries: String::new(), replica: Some((2, ports[0])) };
            match (Self::start_on(ports[0], &first), Self::start_on(ports[1], &second)) {
                (Ok(first), Ok(second)) => return [first, second],
                (first, second) => {
                    said = [first, second].into_iter().filter_map(Result::err).collect();
                }
            }
        }
        panic!("slapd does not start: {said}");
    }

    fn start_on(port: u16, setup: &Setup) -> Result<Self, String> {
        let folder = Folder::new("openldap");
        let certificates = Certificates::write(folder.path());
        let slapd = program("slapd", PACKAGES);
        configure(&slapd, &folder, setup);
        let tls_port = free_port();
        let mut command = Command::new(&slapd);
        command.arg("-f").arg(folder.path().join("slapd.conf")).args(["-d", "0", "-h"]);
        command.arg(format!("ldap://127.0.0.1:{port}/ ldaps://127.0.0.1:{tls_port}/"));
        let server = Mutex::new(Server::start(&command, &folder.path().join("log")));
        let server = Self { folder, server, command, port, tls_port, certificates };
        if server.answers() { Ok(server) } else { Err(server.server().said()) }
    }

    fn server(&self) -> MutexGuard<'_, Server> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops it in the middle of what it does, so that it accepts requests and processes none.
    pub fn freeze(&self) {
        self.server().signal("STOP");
    }

    /// Kills it at once, as a power cut would.
    pub fn kill(&self) {
        self.server().kill();
    }

    /// Starts it again on its data, after it was killed.
    ///
    /// # Panics
    ///
    /// If it does not start; the message contains its output.
    pub fn restart(&self) {
        *self.server() = Server::start(&self.command, &self.folder.path().join("log"));
        assert!(self.answers(), "slapd does not start again: {}", self.server().said());
    }

    /// Searches as the administrator; the entries as LDIF.
    pub fn search(&self, filter: &str, attributes: &[&str]) -> String {
        let mut search = self.client("ldapsearch");
        search.args(["-LLL", "-o", "ldif-wrap=no", "-b", "dc=example", filter]);
        run(search.args(attributes))
    }

    /// The changes so far, as the overlay `auditlog` writes them.
    pub fn changes(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("changes.ldif")).unwrap_or_default()
    }

    fn answers(&self) -> bool {
        let pid = self.server().pid();
        wait_for("slapd", || {
            let asked = self.client("ldapwhoami").output().expect("ldapwhoami runs");
            let ready = asked.status.success();
            (ready || !is_alive(pid)).then_some(ready)
        })
    }

    /// A command of `ldap-utils`, as the administrator.
    fn client(&self, name: &str) -> Command {
        let mut command = Command::new(program(name, PACKAGES));
        command.args(["-x", "-H", &format!("ldap://127.0.0.1:{}", self.port)]);
        command.args(["-D", "cn=root,dc=example", "-w", PASSWORD]);
        command.env("LDAPNOINIT", "1");
        command
    }

    /// Applies changes in LDIF as the administrator; entries without a `changetype` are added.
    ///
    /// # Panics
    ///
    /// If one is refused.
    pub fn change(&self, ldif: &str) {
        self.try_change(ldif).unwrap_or_else(|said| panic!("{said}\n{ldif}"));
    }

    /// As [`change`](Self::change), but returns what a refusal says.
    pub fn try_change(&self, ldif: &str) -> Result<(), String> {
        super::samba::feed(self.client("ldapmodify").arg("-a"), &self.folder, ldif)
    }

    /// The port without TLS and with StartTLS.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The port with TLS from the first byte.
    pub const fn tls_port(&self) -> u16 {
        self.tls_port
    }

    /// The certificates; the server's is for `127.0.0.1`.
    pub const fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// A name that no other test uses.
    pub fn fresh(&self) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        format!("t{}", COUNT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Writes the configuration and loads the entries.
fn configure(slapd: &Path, folder: &Folder, setup: &Setup) {
    let path = folder.path();
    let write = |name: &str, text: &str| {
        let text = text.replace("FOLDER", &path.display().to_string());
        std::fs::write(path.join(name), text).expect("written");
    };
    let (replication, refusing) = match setup.replica {
        Some((number, other)) => (replication(number, other), ""),
        None => (String::new(), include_str!("../../servers/ldap/refusing.conf")),
    };
    let number = setup.replica.map(|(number, _)| format!("serverID {number}\n"));
    let configuration = include_str!("../../servers/ldap/slapd.conf")
        .replace("rootpw PASSWORD", &format!("rootpw \"{PASSWORD}\""))
        .replace("REPLICATION", &replication)
        .replace("REFUSING", refusing);
    write("slapd.conf", &format!("{}{configuration}", number.unwrap_or_default()));
    for database in ["db"].into_iter().chain(REFUSING) {
        std::fs::create_dir(path.join(database)).expect("made");
    }
    let load = |base: &str, name: &str, text: &str| {
        write(name, text);
        let mut load = Command::new(slapd);
        load.args(["-T", "add", "-q", "-b", base, "-f"]).arg(path.join("slapd.conf"));
        run(load.args(["-S", "1", "-l"]).arg(path.join(name)));
    };
    if setup.replica.is_none_or(|(number, _)| number == 1) {
        let entries = include_str!("../../servers/ldap/init.ldif").replace("PASSWORD", PASSWORD);
        load("dc=example", "init.ldif", &format!("{entries}\n{}", setup.entries));
    }
    for name in REFUSING.into_iter().filter(|_| setup.replica.is_none()) {
        let entries = include_str!("../../servers/ldap/refusing.ldif").replace("NAME", name);
        load(&format!("dc={name}"), &format!("{name}.ldif"), &entries);
    }
}

/// Writes on either server reach the other one. Each server logs its own changes.
fn replication(number: u16, other: u16) -> String {
    format!(
        "overlay syncprov\n\
         overlay auditlog\nauditlog FOLDER/changes.ldif\n\
         syncrepl rid=00{number} provider=ldap://127.0.0.1:{other} type=refreshAndPersist \
         retry=\"1 +\" searchbase=\"dc=example\" bindmethod=simple binddn=\"cn=root,dc=example\" \
         credentials=\"{PASSWORD}\"\n\
         multiprovider on\n"
    )
}
