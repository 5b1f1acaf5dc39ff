//! The server's side of one conversation.

use std::io;

use data_encoding::BASE64;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};

use crate::smtp::server::{Answer, Arrived, At, Heard, Offers, PASSWORD, Server, USER};

#[derive(PartialEq, Eq)]
pub enum Next {
    Tls,
    End,
}

pub struct Talk<'a, S> {
    server: &'a Server,
    pub stream: BufReader<S>,
    number: usize,
    offers: Offers,
    encrypted: bool,
    from: String,
    to: String,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Talk<'a, S> {
    pub fn new(
        server: &'a Server,
        stream: S,
        number: usize,
        offers: Offers,
        encrypted: bool,
    ) -> Self {
        let stream = BufReader::new(stream);
        let (from, to) = (String::new(), String::new());
        Self { server, stream, number, offers, encrypted, from, to }
    }

    async fn say(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(text.as_bytes()).await?;
        self.stream.flush().await
    }

    /// Replies as usual, or as the test requests; returns whether the reply was as usual.
    pub async fn answer(&mut self, at: At, usual: &str) -> io::Result<bool> {
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

    pub async fn run(&mut self) -> io::Result<Next> {
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
            // Recorded before the reply, so that a test finds the mail once the reply has arrived.
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
