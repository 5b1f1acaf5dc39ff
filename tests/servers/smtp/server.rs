//! A mail server on the loopback interface that writes down what it hears.

use std::collections::HashSet;
use std::io;
use std::net::Ipv4Addr;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};

use mail_parser::MessageParser;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::smtp::talk::{Next, Talk};

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
    /// Lines that follow the reply to `STARTTLS` in the same packet.
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
pub struct Notes {
    connections: usize,
    open: HashSet<usize>,
    most_open: usize,
    pub heard: Vec<Heard>,
    pub arrived: Vec<Arrived>,
    pub answers: Vec<(At, Answer)>,
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

    /// Mails whose content was complete, whatever the reply was.
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

    pub fn notes(&self) -> MutexGuard<'_, Notes> {
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
