//! A mail server on the loopback interface that writes down what it hears.

use std::collections::HashSet;
use std::io;
use std::net::Ipv4Addr;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};

use data_encoding::BASE64;
use mail_parser::MessageParser;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

pub const USER: &str = "sspr";
pub const PASSWORD: &str = "correct horse battery";

/// What the server offers.
#[derive(Clone, Copy)]
pub struct Offers {
    pub starttls: bool,
    pub implicit_tls: bool,
    /// The line after `AUTH`; empty for no login.
    pub auth: &'static str,
    pub utf8: bool,
    /// Lines that stand right behind the answer to `STARTTLS`, in the same packet.
    pub injected: &'static str,
}

impl Default for Offers {
    fn default() -> Self {
        Self { starttls: true, implicit_tls: false, auth: "PLAIN LOGIN", utf8: true, injected: "" }
    }
}

/// A point of the conversation at which a test interferes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    Greeting,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// After the first line of the content.
    MiddleOfContent,
    /// After its end, before the answer.
    EndOfContent,
    Rset,
}

#[derive(Clone, Copy, Debug)]
pub enum Answer {
    Say(&'static str),
    Drop,
    Hang,
}

/// A line as it was heard.
#[derive(Clone, Debug)]
pub struct Heard {
    pub encrypted: bool,
    pub line: String,
}

/// A mail whose content came to its end.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub connection: usize,
    pub from: String,
    pub to: String,
    /// As it was sent, without the dots that SMTP adds.
    pub raw: String,
    pub accepted: bool,
}

impl Arrived {
    pub fn parsed(&self) -> mail_parser::Message<'_> {
        MessageParser::default().parse(&self.raw).expect("a mail")
    }

    pub fn text(&self) -> String {
        self.parsed().body_text(0).expect("a text").replace("\r\n", "\n")
    }

    /// The one word of digits in the text.
    pub fn code(&self) -> String {
        let text = self.text();
        let code = |word: &&str| word.len() >= 6 && word.bytes().all(|b| b.is_ascii_digit());
        text.split_whitespace().find(code).expect("a code").to_owned()
    }

    pub fn message_id(&self) -> String {
        self.parsed().message_id().expect("a message id").to_owned()
    }
}

#[derive(Default)]
struct Notes {
    connections: usize,
    open: HashSet<usize>,
    most_open: usize,
    heard: Vec<Heard>,
    arrived: Vec<Arrived>,
    answers: Vec<(At, Answer)>,
}

#[derive(Clone)]
pub struct Server {
    pub port: u16,
    notes: Arc<Mutex<Notes>>,
    closed: Arc<Notify>,
}

impl Server {
    /// Starts one on a free port; it ends with the test's runtime.
    pub async fn start(offers: Offers, tls: Arc<ServerConfig>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let server = Self { port, notes: Arc::default(), closed: Arc::default() };
        let there = server.clone();
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (one, tls) = (there.clone(), TlsAcceptor::from(Arc::clone(&tls)));
                tokio::spawn(async move { one.serve(tcp, tls, offers).await });
            }
        });
        server
    }

    /// Interferes once at this point; several for one point come in turn.
    pub fn once(&self, at: At, answer: Answer) {
        self.notes().answers.push((at, answer));
    }

    pub fn connections(&self) -> usize {
        self.notes().connections
    }

    pub fn most_open(&self) -> usize {
        self.notes().most_open
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.notes().heard.clone()
    }

    pub fn heard_in_clear(&self) -> Vec<String> {
        let clear = self.heard().into_iter().filter(|heard| !heard.encrypted);
        clear.map(|heard| heard.line).collect()
    }

    pub fn heard_any(&self, verb: &str) -> bool {
        self.heard_times(verb) > 0
    }

    pub fn heard_times(&self, verb: &str) -> usize {
        self.heard().iter().filter(|heard| heard.line.starts_with(verb)).count()
    }

    /// Mails that were accepted.
    pub fn mails(&self) -> Vec<Arrived> {
        self.all().into_iter().filter(|mail| mail.accepted).collect()
    }

    /// Mails whose content came to its end, whatever the answer was.
    pub fn all(&self) -> Vec<Arrived> {
        self.notes().arrived.clone()
    }

    /// Waits until no connection is open.
    pub async fn all_closed(&self) {
        loop {
            let mut closed = pin!(self.closed.notified());
            closed.as_mut().enable();
            if self.notes().open.is_empty() {
                return;
            }
            closed.await;
        }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().expect("not poisoned")
    }

    async fn serve(self, tcp: TcpStream, tls: TlsAcceptor, offers: Offers) {
        let number = {
            let mut notes = self.notes();
            notes.connections += 1;
            let number = notes.connections;
            notes.open.insert(number);
            notes.most_open = notes.most_open.max(notes.open.len());
            number
        };
        // How a conversation ends is what the tests see at the other end.
        self.converse(tcp, tls, offers, number).await.ok();
        self.notes().open.remove(&number);
        self.closed.notify_waiters();
    }

    async fn converse(
        &self,
        tcp: TcpStream,
        tls: TlsAcceptor,
        offers: Offers,
        number: usize,
    ) -> io::Result<()> {
        if offers.implicit_tls {
            let stream = tls.accept(tcp).await?;
            let mut talk = Talk::new(self, stream, number, offers, true);
            talk.answer(At::Greeting, "220 localhost ESMTP\r\n").await?;
            return talk.run().await.map(drop);
        }
        let mut talk = Talk::new(self, tcp, number, offers, false);
        talk.answer(At::Greeting, "220 localhost ESMTP\r\n").await?;
        if talk.run().await? == Next::Tls {
            let stream = tls.accept(talk.stream.into_inner()).await?;
            Talk::new(self, stream, number, offers, true).run().await?;
        }
        Ok(())
    }
}

#[derive(PartialEq, Eq)]
enum Next {
    Tls,
    End,
}

struct Talk<'a, S> {
    server: &'a Server,
    stream: BufReader<S>,
    number: usize,
    offers: Offers,
    encrypted: bool,
    from: String,
    to: String,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Talk<'a, S> {
    fn new(server: &'a Server, stream: S, number: usize, offers: Offers, encrypted: bool) -> Self {
        let stream = BufReader::new(stream);
        let (from, to) = (String::new(), String::new());
        Self { server, stream, number, offers, encrypted, from, to }
    }

    async fn say(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(text.as_bytes()).await?;
        self.stream.flush().await
    }

    /// Answers as always, or as the test wants. Says whether it did as always.
    async fn answer(&mut self, at: At, usual: &str) -> io::Result<bool> {
        let wanted = {
            let mut notes = self.server.notes();
            let place = notes.answers.iter().position(|(point, _)| *point == at);
            place.map(|place| notes.answers.remove(place).1)
        };
        match wanted {
            None => self.say(usual).await.map(|()| true),
            Some(Answer::Say(text)) => self.say(text).await.map(|()| false),
            Some(Answer::Drop) => Err(io::ErrorKind::ConnectionAborted.into()),
            Some(Answer::Hang) => {
                // Until the other side has gone.
                while !self.line().await?.is_empty() {}
                Err(io::ErrorKind::TimedOut.into())
            }
        }
    }

    /// The next line; empty at the end.
    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line).await?;
        Ok(line)
    }

    fn hears(&self, line: &str) {
        let line = line.trim_end().to_owned();
        self.server.notes().heard.push(Heard { encrypted: self.encrypted, line });
    }

    async fn run(&mut self) -> io::Result<Next> {
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                return Ok(Next::End);
            }
            self.hears(&line);
            let command = line.trim_end();
            let verb = command.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    let greeting = self.greeting();
                    self.answer(At::Ehlo, &greeting).await?;
                }
                "STARTTLS" => {
                    let ready = format!("220 go on\r\n{}", self.offers.injected);
                    if self.answer(At::StartTls, &ready).await? {
                        return Ok(Next::Tls);
                    }
                }
                "AUTH" => self.log_in(command).await?,
                "MAIL" => {
                    self.from = between(command);
                    self.answer(At::Mail, "250 2.1.0 sender\r\n").await?;
                }
                "RCPT" => {
                    self.to = between(command);
                    self.answer(At::Rcpt, "250 2.1.5 recipient\r\n").await?;
                }
                "DATA" => {
                    if self.answer(At::Data, "354 go on\r\n").await? {
                        self.content().await?;
                    }
                }
                "RSET" => {
                    self.answer(At::Rset, "250 2.0.0 reset\r\n").await?;
                }
                "QUIT" => {
                    self.say("221 2.0.0 bye\r\n").await?;
                    return Ok(Next::End);
                }
                _ => self.say("502 5.5.2 what?\r\n").await?,
            }
        }
    }

    fn greeting(&self) -> String {
        let mut lines = vec!["localhost", "SIZE 1000000"];
        if self.offers.utf8 {
            lines.extend(["8BITMIME", "SMTPUTF8"]);
        }
        if self.offers.starttls && !self.encrypted {
            lines.push("STARTTLS");
        }
        let auth = format!("AUTH {}", self.offers.auth);
        if !self.offers.auth.is_empty() {
            lines.push(&auth);
        }
        let (last, before) = lines.split_last().expect("lines");
        let before: String = before.iter().map(|line| format!("250-{line}\r\n")).collect();
        format!("{before}250 {last}\r\n")
    }

    async fn log_in(&mut self, command: &str) -> io::Result<()> {
        let given = match command.strip_prefix("AUTH PLAIN ") {
            Some(initial) => decoded(initial),
            None => {
                let mut given = String::new();
                for prompt in ["Username:", "Password:"] {
                    self.say(&format!("334 {}\r\n", BASE64.encode(prompt.as_bytes()))).await?;
                    let line = self.line().await?;
                    self.hears(&line);
                    given = format!("{given}\0{}", decoded(line.trim_end()));
                }
                given
            }
        };
        let answer = if given == format!("\0{USER}\0{PASSWORD}") {
            "235 2.7.0 welcome\r\n"
        } else {
            "535 5.7.8 no\r\n"
        };
        self.answer(At::Auth, answer).await.map(drop)
    }

    async fn content(&mut self) -> io::Result<()> {
        let mut raw = String::new();
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if line == ".\r\n" {
                break;
            }
            if raw.is_empty() {
                self.answer(At::MiddleOfContent, "").await?;
            }
            raw.push_str(line.strip_prefix('.').unwrap_or(&line));
        }
        let (connection, from, to) = (self.number, self.from.clone(), self.to.clone());
        {
            // Noted before it is answered: whoever reads the answer finds the mail here.
            let mut notes = self.server.notes();
            let accepted = !notes.answers.iter().any(|(at, _)| *at == At::EndOfContent);
            notes.arrived.push(Arrived { connection, from, to, raw, accepted });
        }
        self.answer(At::EndOfContent, "250 2.0.0 taken\r\n").await?;
        Ok(())
    }
}

fn between(command: &str) -> String {
    let inner = command.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.expect("a path").0.to_owned()
}

fn decoded(text: &str) -> String {
    let bytes = BASE64.decode(text.as_bytes()).expect("base64");
    String::from_utf8(bytes).expect("utf-8")
}
