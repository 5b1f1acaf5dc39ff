//! A private OpenLDAP server with its password policy, on the loopback interface.

use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::certificates::Certificates;
use super::{Folder, Server, free_port, is_alive, program, run, wait_for};

const PACKAGES: &[&str] = &["slapd", "ldap-utils"];

/// The password of the administrator and of the service accounts.
pub const PASSWORD: &str = "a service password 1!";

/// A running server.
pub struct OpenLdap {
    folder: Folder,
    server: Server,
    port: u16,
    tls_port: u16,
    certificates: Certificates,
}

impl OpenLdap {
    /// The server that all tests of one binary share, each below an entry of its own.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<OpenLdap> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Starts a server.
    ///
    /// # Panics
    ///
    /// If it does not start; the message contains its output.
    pub fn start() -> Self {
        let mut said = String::new();
        // Another program may have taken a port since it was found free.
        for _ in 0..5 {
            let folder = Folder::new("openldap");
            let certificates = Certificates::write(folder.path());
            let path = folder.path().display().to_string();
            let fill = |text: &str| text.replace("FOLDER", &path).replace("PASSWORD", PASSWORD);
            let write = |name: &str, text: &str| {
                std::fs::write(folder.path().join(name), fill(text)).expect("written");
            };
            let quoted = include_str!("../../servers/ldap/slapd.conf")
                .replace("rootpw PASSWORD", "rootpw \"PASSWORD\"");
            write("slapd.conf", &quoted);
            write("init.ldif", include_str!("../../servers/ldap/init.ldif"));
            std::fs::create_dir(folder.path().join("db")).expect("made");
            let slapd = program("slapd", PACKAGES);
            let mut load = Command::new(&slapd);
            load.args(["-T", "add", "-q", "-f"]).arg(folder.path().join("slapd.conf"));
            run(load.arg("-l").arg(folder.path().join("init.ldif")));
            let (port, tls_port) = (free_port(), free_port());
            let mut command = Command::new(&slapd);
            command.arg("-f").arg(folder.path().join("slapd.conf")).args(["-d", "0", "-h"]);
            command.arg(format!("ldap://127.0.0.1:{port}/ ldaps://127.0.0.1:{tls_port}/"));
            let server = Server::start(&command, &folder.path().join("log"));
            let server = Self { folder, server, port, tls_port, certificates };
            if server.answers() {
                return server;
            }
            said = server.server.said();
        }
        panic!("slapd does not start: {said}");
    }

    fn answers(&self) -> bool {
        wait_for("slapd", || {
            let asked = self.client("ldapwhoami").output().expect("ldapwhoami runs");
            let ready = asked.status.success();
            (ready || !is_alive(self.server.pid())).then_some(ready)
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
