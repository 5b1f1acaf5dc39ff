//! A private domain of Active Directory by Samba, on an address of the loopback network.
//!
//! Its ports are fixed, and all below 1024: the tests need to be root for it.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::certificates::Certificates;
use super::{Folder, Server, is_alive, is_root, program, run, wait_for};

const PACKAGES: &[&str] = &[
    "samba",
    "samba-ad-dc",
    "samba-ad-provision",
    "samba-dsdb-modules",
    "winbind",
    "ldb-tools",
    "ldap-utils",
];

/// The password of the administrator and of the service accounts.
pub const PASSWORD: &str = "Adm1n!Passw0rd";

/// The domain, as the name of its root entry.
pub const DOMAIN: &str = "DC=corp,DC=example,DC=test";

/// The unit below which the service account may reset passwords.
pub const STAFF: &str = "OU=Staff,DC=corp,DC=example,DC=test";

const FOLDERS: [&str; 10] = [
    "private",
    "state",
    "cache",
    "lock",
    "binddns",
    "pid",
    "ncalrpc",
    "winbind",
    "ntp",
    "sysvol/scripts",
];

/// A running domain controller.
pub struct Samba {
    folder: Folder,
    server: Server,
    address: String,
    certificates: Certificates,
}

impl Samba {
    /// The domain that all tests of one binary share, each below a unit of its own.
    ///
    /// # Panics
    ///
    /// If this process is not root, or the domain does not start.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Samba> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    fn start() -> Self {
        assert!(is_root(), "Samba listens on port 636: run this test as root");
        let folder = Folder::new("samba");
        let mut said = String::new();
        for n in 0..5 {
            let id = std::process::id().wrapping_mul(7).wrapping_add(n);
            let address = format!("127.53.{}.{}", id / 250 % 250 + 1, id % 250 + 1);
            let certificates = Certificates::write_for(folder.path(), &[&address, "127.0.0.1"]);
            configure(&folder, &address);
            if n == 0 {
                provision(&folder, &address);
            }
            let mut command = Command::new(program("samba", PACKAGES));
            command.args(["-F", "--no-process-group", "-M", "single", "--debug-stdout", "-s"]);
            command.arg(folder.path().join("smb.conf"));
            let server = Server::start(&command, &folder.path().join("log"));
            let answers = wait_for("Samba", || {
                let mut root = client("ldapsearch", &folder, &address);
                root.args(["-b", "", "-s", "base", "1.1"]);
                let ready = root.output().expect("ldapsearch runs").status.success();
                (ready || !is_alive(server.pid())).then_some(ready)
            });
            if answers {
                let samba = Self { folder, server, address, certificates };
                samba.delegate();
                return samba;
            }
            said = server.said();
        }
        panic!("Samba does not start: {said}");
    }

    /// Makes the unit and the service accounts, and gives `sspr` the rights that the manual asks for.
    fn delegate(&self) {
        let account = |name: &str| {
            format!(
                "dn: CN={name},CN=Users,{DOMAIN}\nobjectClass: user\nsAMAccountName: {name}\n\
                 userAccountControl: 66048\nunicodePwd:: {}\n\n",
                unicode(PASSWORD)
            )
        };
        let unit = format!("dn: {STAFF}\nobjectClass: organizationalUnit\n\n");
        self.change(&format!("{}{}{unit}", account("sspr"), account("reader")));
        let rules = include_str!("../../servers/ldap/delegation.sddl");
        let rules: String = rules.lines().filter(|line| !line.starts_with('#')).collect();
        let rules = rules.replace("ACCOUNT", &self.service_sid());
        let mut tool = Command::new(program("samba-tool", PACKAGES));
        tool.args(["dsacl", "set", "-s"]).arg(self.folder.path().join("smb.conf"));
        tool.arg("-H").arg(self.folder.path().join("private/sam.ldb"));
        run(tool.arg(format!("--objectdn={STAFF}")).arg(format!("--sddl={rules}")));
    }

    /// The security identifier of the account `sspr`.
    pub fn service_sid(&self) -> String {
        let account = format!("CN=sspr,CN=Users,{DOMAIN}");
        let mut search = client("ldapsearch", &self.folder, &self.address);
        let found = run(search.args(["-LLL", "-b", &account, "objectSid"]));
        sid_text(found.lines().find_map(|line| line.strip_prefix("objectSid:: ")).expect("a SID"))
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
        let mut command = client("ldapmodify", &self.folder, &self.address);
        feed(command.arg("-a"), &self.folder, ldif)
    }

    /// Runs `samba-tool` on the domain's own files.
    pub fn tool(&self, arguments: &[&str]) -> String {
        let mut tool = Command::new(program("samba-tool", PACKAGES));
        tool.args(arguments).arg("-s").arg(self.folder.path().join("smb.conf"));
        run(tool.arg("-H").arg(self.folder.path().join("private/sam.ldb")))
    }

    /// The file with its certificate authority.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Its address. The port with TLS is 636, the one with StartTLS 389.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The certificates; the server's is for its address, and for 127.0.0.1, where a proxy may be.
    pub const fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// A name that no other test uses, fit for `sAMAccountName`.
    pub fn fresh(&self) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        format!("t{}", COUNT.fetch_add(1, Ordering::Relaxed))
    }

    /// Its process id.
    pub const fn pid(&self) -> u32 {
        self.server.pid()
    }
}

/// A password as `unicodePwd` takes it, in Base64.
pub fn unicode(password: &str) -> String {
    let units = format!("\"{password}\"");
    let bytes: Vec<u8> = units.encode_utf16().flat_map(u16::to_le_bytes).collect();
    data_encoding::BASE64.encode(&bytes)
}

fn sid_text(base64: &str) -> String {
    let bytes = data_encoding::BASE64.decode(base64.as_bytes()).expect("Base64");
    let parts = bytes[8..].chunks_exact(4);
    let numbers = parts.map(|part| u32::from_le_bytes(part.try_into().expect("four bytes")));
    let numbers: Vec<String> = numbers.map(|number| number.to_string()).collect();
    format!("S-1-{}-{}", bytes[7], numbers.join("-"))
}

/// Runs a command that reads its input from this text.
pub(super) fn feed(command: &mut Command, folder: &Folder, text: &str) -> Result<(), String> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("change-{}.ldif", COUNT.fetch_add(1, Ordering::Relaxed));
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("written");
    let output = command.arg("-f").arg(&path).output().expect("the command runs");
    let _ = std::fs::remove_file(&path);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

/// A command of `ldap-utils`, as the administrator.
fn client(name: &str, folder: &Folder, address: &str) -> Command {
    let mut command = Command::new(program(name, PACKAGES));
    command.args(["-x", "-H", &format!("ldaps://{address}")]);
    command.args(["-D", "Administrator@corp.example.test", "-w", PASSWORD]);
    command.env("LDAPTLS_CACERT", folder.path().join("ca.pem"));
    command
}

fn configure(folder: &Folder, address: &str) {
    let path = folder.path();
    let within = |name: &str| path.join(name).display().to_string();
    for name in FOLDERS {
        std::fs::create_dir_all(path.join(name)).expect("made");
    }
    let key = path.join("server.key");
    use std::os::unix::fs::PermissionsExt as _;
    let owner = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&key, owner).expect("for the owner alone");
    // No file server, no name service and no RPC; the old password fails at once.
    let text = format!(
        "[global]\nnetbios name = DC1\nrealm = CORP.EXAMPLE.TEST\nworkgroup = CORP\n\
         server role = active directory domain controller\n\
         interfaces = {address}/8\nbind interfaces only = yes\n\
         private dir = {}\nstate directory = {}\ncache directory = {}\nlock directory = {}\n\
         binddns dir = {}\npid directory = {}\nncalrpc dir = {}\n\
         winbindd socket directory = {}\nntp signd socket directory = {}\nlog file = {}\n\
         tls enabled = yes\ntls keyfile = {}\ntls certfile = {}\ntls cafile = {}\n\
         server services = ldap, kdc\ndisable netbios = yes\n\
         old password allowed period = 0\n\
         [sysvol]\npath = {}\nread only = no\n[netlogon]\npath = {}\nread only = no\n",
        within("private"),
        within("state"),
        within("cache"),
        within("lock"),
        within("binddns"),
        within("pid"),
        within("ncalrpc"),
        within("winbind"),
        within("ntp"),
        within("samba.log"),
        within("server.key"),
        within("server.pem"),
        within("ca.pem"),
        within("sysvol"),
        within("sysvol/scripts"),
    );
    std::fs::write(path.join("smb.conf"), text).expect("written");
}

fn provision(folder: &Folder, address: &str) {
    let configuration = folder.path().join("smb.conf");
    let mut tool = Command::new(program("samba-tool", PACKAGES));
    tool.args(["domain", "provision", "--realm=CORP.EXAMPLE.TEST", "--domain=CORP"]);
    tool.args(["--server-role=dc", "--dns-backend=NONE", "--host-name=dc1", "-s"]);
    tool.arg(&configuration).arg(format!("--adminpass={PASSWORD}"));
    run(tool.arg(format!("--host-ip={address}")));
    let mut rules = Command::new(program("samba-tool", PACKAGES));
    rules.args(["domain", "passwordsettings", "set", "--account-lockout-threshold=10", "-s"]);
    rules.arg(&configuration).arg("-H").arg(folder.path().join("private/sam.ldb"));
    run(rules.args(["--min-pwd-age=0", "--min-pwd-length=8", "--history-length=3"]));
}
