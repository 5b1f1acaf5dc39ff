//! Private etcd servers: one node that the tests of a binary share, or clusters of their own.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::certificates::Certificates;

use super::{Folder, Server, free_port, is_alive, program, run, wait_for};

/// The password of both users of a secured cluster: `root`, who has all rights, and `sspr`, who may
/// use the keys under `sspr/`.
pub const PASSWORD: &str = "correct horse";

/// The properties of a cluster.
#[derive(Clone, Debug)]
pub struct Setup {
    pub nodes: usize,
    /// `--quota-backend-bytes`.
    pub quota: Option<u64>,
    /// TLS with client certificates, users and passwords.
    pub secured: bool,
    /// Seconds after which an idle token is void.
    pub token_ttl: u32,
    /// Whether the server compacts old revisions.
    pub compaction: bool,
}

impl Setup {
    pub const fn nodes(nodes: usize) -> Self {
        Self { nodes, quota: None, secured: false, token_ttl: 300, compaction: true }
    }
}

/// A running cluster. Dropping it stops the nodes and removes their data.
pub struct Cluster {
    setup: Setup,
    nodes: Vec<Node>,
    certificates: Option<Certificates>,
    folder: Folder,
}

struct Node {
    server: Mutex<Server>,
    command: Vec<String>,
    log: PathBuf,
    client: u16,
    metrics: u16,
}

/// One node without TLS, for all tests of a binary: each takes a prefix of its own.
pub fn shared() -> &'static Cluster {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    SHARED.get_or_init(|| Cluster::start(Setup::nodes(1)))
}

/// A prefix that no other test of this process has.
pub fn fresh_prefix() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("test-{}-{number}/", std::process::id())
}

impl Cluster {
    /// Starts it and waits until every node serves.
    ///
    /// # Panics
    ///
    /// If it does not start; the message has the node's log.
    pub fn start(setup: Setup) -> Self {
        let mut said = String::new();
        // Another process may have taken a free port in the meantime.
        for _ in 0..5 {
            match Self::try_start(setup.clone()) {
                Ok(cluster) => {
                    if cluster.setup.secured {
                        cluster.enable_auth();
                    }
                    return cluster;
                }
                Err(why) => said = why,
            }
        }
        panic!("etcd does not start: {said}");
    }

    fn try_start(setup: Setup) -> Result<Self, String> {
        let folder = Folder::new("etcd");
        let certificates = setup.secured.then(|| Certificates::write(folder.path()));
        let ports: Vec<[u16; 3]> =
            (0..setup.nodes).map(|_| [free_port(), free_port(), free_port()]).collect();
        let peers: Vec<String> = ports
            .iter()
            .enumerate()
            .map(|(number, [_, peer, _])| format!("n{number}=http://127.0.0.1:{peer}"))
            .collect();
        let start = |(number, ports): (usize, &[u16; 3])| {
            let command = command(&setup, folder.path(), number, *ports, &peers.join(","));
            let log = folder.path().join(format!("n{number}.log"));
            let server = Mutex::new(Server::start(&to_command(&command), &log));
            Node { server, command, log, client: ports[0], metrics: ports[2] }
        };
        let nodes = ports.iter().enumerate().map(start).collect();
        let cluster = Self { setup, nodes, certificates, folder };
        for number in 0..cluster.nodes.len() {
            cluster.wait_until_serving(number)?;
        }
        Ok(cluster)
    }

    fn wait_until_serving(&self, number: usize) -> Result<(), String> {
        wait_for("etcd to serve", || {
            if self.serves(number) {
                return Some(Ok(()));
            }
            let server = self.server(number);
            (!is_alive(server.pid())).then(|| Err(server.said()))
        })
    }

    fn server(&self, number: usize) -> std::sync::MutexGuard<'_, Server> {
        self.nodes[number].server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The addresses for clients, one for each node.
    pub fn endpoints(&self) -> Vec<String> {
        let scheme = if self.setup.secured { "https" } else { "http" };
        let url = |node: &Node| format!("{scheme}://127.0.0.1:{}", node.client);
        self.nodes.iter().map(url).collect()
    }

    pub fn certificates(&self) -> &Certificates {
        self.certificates.as_ref().expect("a secured cluster")
    }

    /// Whether a node responds, has a leader, and no alarm.
    pub fn serves(&self, number: usize) -> bool {
        get(self.nodes[number].metrics, "/health").is_some_and(|body| body.contains("true"))
    }

    /// Waits for a leader and returns its number.
    pub fn leader(&self) -> usize {
        wait_for("a leader", || {
            (0..self.nodes.len()).find(|number| {
                let metrics = get(self.nodes[*number].metrics, "/metrics");
                metrics.is_some_and(|metrics| metrics.contains("\netcd_server_is_leader 1\n"))
            })
        })
    }

    /// A metric of a node; `name` includes its labels. Zero if the node has no such metric.
    pub fn metric(&self, number: usize, name: &str) -> u64 {
        let metrics = get(self.nodes[number].metrics, "/metrics").expect("metrics");
        let mut lines = metrics.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.map_or(0, |value| value.parse::<f64>().expect("a number") as u64)
    }

    /// Kills a node at once, as a power cut would.
    pub fn kill(&self, number: usize) {
        self.server(number).kill();
    }

    /// Starts a killed node again on its data. It serves when its cluster has a quorum.
    pub fn restart(&self, number: usize) {
        let node = &self.nodes[number];
        let mut server = self.server(number);
        assert!(!is_alive(server.pid()), "the node is still alive");
        *server = Server::start(&to_command(&node.command), &node.log);
    }

    /// Waits until every node serves.
    pub fn wait_until_whole(&self) {
        for number in 0..self.nodes.len() {
            self.wait_until_serving(number)
                .unwrap_or_else(|said| panic!("the node has ended: {said}"));
        }
    }

    /// A node's entry in the list of members.
    pub fn member(&self, number: usize) -> String {
        let of_place = ["--name=", "--initial-cluster=", "--initial-advertise-peer-urls="];
        let words = self.nodes[number].command.iter();
        let words = words.filter(|word| of_place.iter().any(|option| word.starts_with(option)));
        words.cloned().collect::<Vec<_>>().join(" ")
    }

    /// The data folder of a node.
    pub fn data(&self, number: usize) -> PathBuf {
        self.folder.path().join(format!("n{number}"))
    }

    /// Pauses a node: its connections stay open without a response.
    pub fn stop(&self, number: usize) {
        self.server(number).signal("STOP");
    }

    /// Resumes a paused node.
    pub fn resume(&self, number: usize) {
        self.server(number).signal("CONT");
    }

    /// The process of a node.
    pub fn pid(&self, number: usize) -> u32 {
        self.server(number).pid()
    }

    /// Runs the command-line client, as `root` if there are users.
    pub fn etcdctl(&self, arguments: &[&str]) -> String {
        run(self.ctl(true).args(arguments))
    }

    fn ctl(&self, as_root: bool) -> Command {
        let mut command = Command::new(program("etcdctl", &["etcd-client"]));
        command.env("ETCDCTL_API", "3");
        command.arg(format!("--endpoints={}", self.endpoints().join(",")));
        if self.setup.secured {
            for (option, file) in
                [("cacert", "ca.pem"), ("cert", "client.pem"), ("key", "client.key")]
            {
                let file = self.folder.path().join(file);
                command.arg(format!("--{option}={}", file.display()));
            }
            if as_root {
                command.arg(format!("--user=root:{PASSWORD}"));
            }
        }
        command
    }

    fn enable_auth(&self) {
        let password = format!("--new-user-password={PASSWORD}");
        for arguments in [
            &["user", "add", "root", &password][..],
            &["user", "grant-role", "root", "root"],
            &["user", "add", "sspr", &password],
            &["role", "add", "sspr"],
            &["role", "grant-permission", "sspr", "readwrite", "sspr/", "--prefix"],
            &["user", "grant-role", "sspr", "sspr"],
            &["auth", "enable"],
        ] {
            run(self.ctl(false).args(arguments));
        }
    }
}

fn to_command(words: &[String]) -> Command {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    command
}

fn command(
    setup: &Setup,
    folder: &Path,
    number: usize,
    [client, peer, metrics]: [u16; 3],
    peers: &str,
) -> Vec<String> {
    let scheme = if setup.secured { "https" } else { "http" };
    let file = |name: &str| folder.join(name).display().to_string();
    let mut words = vec![
        program("etcd", &["etcd-server", "etcd-client"]).display().to_string(),
        format!("--name=n{number}"),
        format!("--data-dir={}", file(&format!("n{number}"))),
        format!("--listen-client-urls={scheme}://127.0.0.1:{client}"),
        format!("--advertise-client-urls={scheme}://127.0.0.1:{client}"),
        format!("--listen-peer-urls=http://127.0.0.1:{peer}"),
        format!("--initial-advertise-peer-urls=http://127.0.0.1:{peer}"),
        format!("--listen-metrics-urls=http://127.0.0.1:{metrics}"),
        format!("--initial-cluster={peers}"),
        "--logger=zap".to_owned(),
        "--log-level=warn".to_owned(),
        format!("--auth-token-ttl={}", setup.token_ttl),
        // Small, so that tests cover snapshots and truncated logs.
        "--snapshot-count=5000".to_owned(),
    ];
    if setup.compaction {
        words.push("--auto-compaction-mode=revision".to_owned());
        words.push("--auto-compaction-retention=1000".to_owned());
    }
    if let Some(quota) = setup.quota {
        words.push(format!("--quota-backend-bytes={quota}"));
    }
    if setup.secured {
        words.push("--client-cert-auth".to_owned());
        words.push(format!("--trusted-ca-file={}", file("ca.pem")));
        words.push(format!("--cert-file={}", file("server.pem")));
        words.push(format!("--key-file={}", file("server.key")));
    }
    words
}

/// The response of a server to a GET, if it comes within two seconds.
fn get(port: u16, path: &str) -> Option<String> {
    let patience = Some(Duration::from_secs(2));
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(patience).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}
