//! The portal as its users start it: a process of its own, over a private PostgreSQL server, and over a private
//! domain of Active Directory.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;

use sspr_portal::demo::PASSWORD;
use url::form_urlencoded::Serializer;

use crate::servers::postgres::Postgres;
use crate::servers::samba::{self, STAFF, Samba, unicode};
use crate::servers::{Folder, Server, is_alive, wait_for};
use crate::site::{ADA, MAIL, MOBILE};

/// A password that a domain accepts as well: with three kinds of characters.
const NEW: &str = "Plum tractor violet candle 7";

/// A running portal.
struct Started {
    server: Server,
    port: u16,
    /// Removed after the process has ended.
    _folder: Folder,
}

impl Started {
    /// Starts the portal with these variables, on a free port.
    fn with(variables: &[(&str, &str)]) -> Self {
        let folder = Folder::new("portal");
        let mut command = Command::new(env!("CARGO_BIN_EXE_sspr-portal"));
        command.env("SSPR_PORTAL_PORT", "0").env("TMPDIR", folder.path());
        command.envs(variables.iter().copied());
        let server = Server::start(&command, &folder.path().join("log"));
        let port = wait_for("the portal", || {
            let said = server.said();
            assert!(is_alive(server.pid()), "{said}");
            let mut lines = said.lines();
            let port = lines.find_map(|line| line.strip_prefix("The portal:   http://localhost:"));
            port?.parse().ok()
        });
        Self { server, port, _folder: folder }
    }

    fn visitor(&self) -> Visitor {
        Visitor { port: self.port, cookies: BTreeMap::new() }
    }

    /// The code in the newest message to this address, once there is one that is not the code before.
    fn code(&self, to: &str, before: &str) -> String {
        wait_for(to, || {
            let list = self.visitor().get("/mails");
            let row = list.split("<tr>").find(|row| row.contains(&format!("<td>{to}</td>")))?;
            let id = row.split("/mails/").nth(1)?.split('"').next()?;
            let mail = self.visitor().get(&format!("/mails/{id}"));
            let text = mail.split("class=\"message\"").nth(1)?;
            let is_code = |word: &&str| word.len() >= 6 && word.bytes().all(|b| b.is_ascii_digit());
            let code = text.split(|symbol: char| !symbol.is_ascii_alphanumeric()).find(is_code)?;
            (code != before).then(|| code.to_owned())
        })
    }

    /// A whole reset, from the name to the new password.
    fn reset(&self, name: &str) {
        let mut visitor = self.visitor();
        visitor.send("/reset", &[("verb", "start"), ("name", name)]);
        for (option, address) in [("email.email.0", MAIL), ("mobile_phone.sms.0", MOBILE)] {
            visitor.send("/reset", &[("verb", "challenge"), ("option", option)]);
            let code = self.code(address, "");
            visitor.send("/reset", &[("verb", "prove"), ("option", option), ("code", &code)]);
        }
        visitor.send("/reset", &[("verb", "complete"), ("password", NEW), ("again", NEW)]);
        let page = visitor.get("/reset");
        assert!(page.contains("Your password is changed"), "{page}\n{}", self.server.said());
    }

    /// Signs in, or returns the page of the refusal and what the portal has logged.
    fn sign_in(&self, name: &str, password: &str) -> Result<Visitor, String> {
        let mut visitor = self.visitor();
        let reply = visitor.post("/sign-in", &[("name", name), ("password", password)]);
        if reply.starts_with("HTTP/1.1 303 ") {
            return Ok(visitor);
        }
        Err(format!("{reply}\n{}", self.server.said()))
    }
}

/// A browser with its cookies.
struct Visitor {
    port: u16,
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    fn get(&mut self, path: &str) -> String {
        self.request("GET", path, "")
    }

    fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        self.request("POST", path, &body)
    }

    /// Sends a form that leads on.
    fn send(&mut self, path: &str, fields: &[(&str, &str)]) {
        let reply = self.post(path, fields);
        assert!(reply.starts_with("HTTP/1.1 303 "), "{path} {:?}: {reply}", fields[0]);
    }

    fn request(&mut self, method: &str, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("it listens");
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: {cookies}\r\n\
             Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("sent");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).expect("a reply");
        for set in reply.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
            let (name, value) =
                set.split(';').next().and_then(|c| c.split_once('=')).expect("a pair");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        reply
    }
}

#[test]
fn the_portal_keeps_its_state_on_a_postgresql_server() {
    let cluster = Postgres::start();
    let portal = Started::with(&[("SSPR_PORTAL_STORE", &cluster.url())]);
    portal.reset(ADA);
    assert!(portal.sign_in(ADA, PASSWORD).is_err(), "the password before");
    portal.sign_in(ADA, NEW).map(drop).unwrap_or_else(|page| panic!("{page}"));
    let schemas =
        cluster.sql("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'sspr_portal_%'");
    let events = cluster.sql(&format!("SELECT count(*) FROM {schemas}.event"));
    assert!(events.parse::<u32>().is_ok_and(|events| events > 5), "{schemas}: {events} events");
}

#[test]
fn the_portal_resets_the_password_of_a_user_of_active_directory() {
    let (name, administrator) = ("ada@corp.example.test", "rita@corp.example.test");
    let domain = Samba::shared();
    let unit = format!("OU=Portal,{STAFF}");
    let user = |given: &str, name: &str| {
        format!(
            "dn: CN={given},{unit}\nobjectClass: user\nsAMAccountName: portal-{given}\n\
             userPrincipalName: {name}\nuserAccountControl: 512\nunicodePwd:: {}\n\n",
            unicode(samba::PASSWORD)
        )
    };
    domain.change(&format!(
        "dn: {unit}\nobjectClass: organizationalUnit\n\n{}{}dn: CN=Desk,{unit}\nobjectClass: group\n\
         sAMAccountName: portal-desk\nmember: CN=Rita,{unit}\n",
        user("Ada", name),
        user("Rita", administrator)
    ));
    let authority = domain.authority().display().to_string();
    let portal = Started::with(&[
        ("SSPR_PORTAL_STORE", "memory"),
        ("SSPR_PORTAL_AD", domain.address()),
        ("SSPR_PORTAL_AD_USERS", &unit),
        ("SSPR_PORTAL_AD_LOGIN", &format!("CN=sspr,CN=Users,{}", samba::DOMAIN)),
        ("SSPR_PORTAL_AD_PASSWORD", samba::PASSWORD),
        ("SSPR_PORTAL_AD_ADMINISTRATORS", &format!("CN=Desk,{unit}")),
        ("SSPR_PORTAL_AD_CA", &authority),
    ]);
    // An administrator finds the user, and supplies the contact data.
    let mut desk =
        portal.sign_in(administrator, samba::PASSWORD).unwrap_or_else(|page| panic!("{page}"));
    let found = desk.get(&format!("/desk?name={name}"));
    let account = found.lines().find_map(|line| line.strip_prefix("location: ")).expect("a user");
    let supplied = desk.post(account, &[("verb", "supply"), ("email", MAIL), ("mobile", MOBILE)]);
    assert!(supplied.contains("Done, and recorded with your name."), "{supplied}");
    assert!(supplied.contains("This user can reset the password."), "{supplied}");
    portal.reset(name);
    assert!(portal.sign_in(name, samba::PASSWORD).is_err(), "the password before");
    let mut user = portal.sign_in(name, NEW).unwrap_or_else(|page| panic!("{page}"));
    let refused = user.get("/desk");
    assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
}
