//! PgBouncer: a private connection pooler before a private PostgreSQL server.

use std::path::PathBuf;

use super::postgres::{Postgres, USER, give_away, own_folder};
use super::{Folder, Server, command_as, free_port, is_alive, program, run, wait_for};

const PACKAGES: &[&str] = &["pgbouncer"];

/// When a server session may be given to another client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// When its client leaves.
    Session,
    /// After each transaction.
    Transaction,
    /// After each statement.
    Statement,
}

/// A running pooler, which ends when it is dropped.
pub struct PgBouncer {
    folder: Folder,
    server: Server,
    port: u16,
    /// The port of the server behind it, whose superuser is its only user.
    to: u16,
    password: String,
    /// The number of server sessions for each role and database.
    sessions: usize,
}

impl PgBouncer {
    /// Starts a pooler with this many server sessions.
    ///
    /// # Panics
    ///
    /// If it does not start; the message contains its output.
    pub fn before(server: &Postgres, mode: Mode, sessions: usize) -> Self {
        let (to, password) = (server.port(), server.password().to_owned());
        let mut said = String::new();
        // Another program may have taken the port since it was found free.
        for _ in 0..5 {
            let (folder, port) = (own_folder("pgbouncer"), free_port());
            let (users, settings) = (users(&folder), settings(&folder));
            std::fs::write(&users, format!("\"postgres\" \"{password}\"\n")).expect("written");
            let content = configuration(&folder, mode, port, to, sessions);
            std::fs::write(&settings, content).expect("written");
            give_away(&users);
            give_away(&settings);
            let mut command = command_as(USER, &program("pgbouncer", PACKAGES));
            command.arg(&settings);
            let server = Server::start(&command, &folder.path().join("log"));
            let password = password.clone();
            let pooler = Self { folder, server, port, to, password, sessions };
            if pooler.answers() {
                return pooler;
            }
            said = pooler.server.said();
        }
        panic!("PgBouncer does not start: {said}");
    }

    fn answers(&self) -> bool {
        wait_for("PgBouncer", || {
            let ready = self.psql("SHOW VERSION").output().expect("psql runs").status.success();
            (ready || !is_alive(self.server.pid())).then_some(ready)
        })
    }

    /// A command for its console.
    fn psql(&self, command: &str) -> std::process::Command {
        let mut psql = std::process::Command::new(program("psql", &["postgresql"]));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres"]);
        psql.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-d", "pgbouncer"]);
        psql.args(["-c", command]).env("PGPASSWORD", &self.password);
        psql
    }

    /// Changes the mode while clients are connected.
    pub fn change(&self, mode: Mode) {
        let settings = settings(&self.folder);
        let content = configuration(&self.folder, mode, self.port, self.to, self.sessions);
        std::fs::write(settings, content).expect("written");
        run(&mut self.psql("RELOAD"));
        let mode = mode.word();
        wait_for("the other mode", || {
            let shown = run(&mut self.psql("SHOW CONFIG"));
            shown.lines().any(|line| line.starts_with(&format!("pool_mode|{mode}"))).then_some(())
        });
    }

    /// The address of a database behind it, for the superuser.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }
}

impl Mode {
    const fn word(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Transaction => "transaction",
            Self::Statement => "statement",
        }
    }
}

fn users(folder: &Folder) -> PathBuf {
    folder.path().join("users.txt")
}

fn settings(folder: &Folder) -> PathBuf {
    folder.path().join("pgbouncer.ini")
}

fn configuration(folder: &Folder, mode: Mode, port: u16, to: u16, sessions: usize) -> String {
    format!(
        "[databases]\n* = host=127.0.0.1 port={to}\n\
         [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
         auth_type = scram-sha-256\nauth_file = {}\nadmin_users = postgres\n\
         pool_mode = {}\ndefault_pool_size = {sessions}\nmax_client_conn = 200\n",
        users(folder).display(),
        mode.word(),
    )
}
