//! One conversation with the server: connect, encrypt, log in, send.

use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Severity;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::fault::{SmtpFault, SmtpStage, What};
use super::mail::Mail;
use super::stream::Tls;
use crate::SecretText;

/// How a conversation is encrypted.
pub(super) enum Security {
    /// TLS after `STARTTLS`, or nothing.
    StartTls(Tls),
    /// TLS from the first byte.
    Implicit(Tls),
    /// No encryption, to a server on the loopback interface.
    ClearOnLoopback,
}

/// The server, and how to connect to it.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) hello: ClientId,
    pub(super) login: Option<Login>,
    /// How long to wait for each address of the host name, and for an idle connection to respond.
    /// Shorter than the call's timeout, so that a dead one leaves time for another.
    pub(super) patience: Duration,
}

pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: SecretText,
}

/// Opens a connection that is ready for mail.
pub(super) async fn connect(
    server: &Server,
    stage: &mut SmtpStage,
) -> Result<AsyncSmtpConnection, SmtpFault> {
    *stage = SmtpStage::Connect;
    let hello = &server.hello;
    let tcp = open_tcp(server).await?;
    let stream: Box<dyn AsyncTokioStream> = match &server.security {
        Security::Implicit(tls) => Box::new(tls.begin(tcp).await?),
        Security::StartTls(tls) => Box::new(tls.starttls(tcp, hello, stage).await?),
        Security::ClearOnLoopback => Box::new(tcp),
    };
    let mut connection = AsyncSmtpConnection::connect_with_transport(stream, hello)
        .await
        .map_err(|error| SmtpFault::of(*stage, &error))?;

    if let Some(Login { user, password }) = &server.login {
        *stage = SmtpStage::Login;
        let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
        let mechanisms = [Mechanism::Plain, Mechanism::Login];
        let logged_in = connection.auth(&mechanisms, &credentials).await;
        logged_in.map_err(|error| SmtpFault::of(*stage, &error))?;
    }
    Ok(connection)
}

/// Sends one mail.
pub(super) async fn send(
    connection: &mut AsyncSmtpConnection,
    mail: &Mail,
    stage: &mut SmtpStage,
) -> Result<(), SmtpFault> {
    *stage = SmtpStage::Sender;
    let mut options = Vec::new();
    if mail.needs_utf8 {
        let server = connection.server_info();
        let needed = [Extension::SmtpUtfEight, Extension::EightBitMime];
        if !needed.into_iter().all(|extension| server.supports_feature(extension)) {
            return Err(SmtpFault::new(*stage, What::NoUtf8));
        }
        options.push(MailParameter::SmtpUtfEight);
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let sender = MailFrom::new(Some(mail.from.clone()), options);
    connection.command(sender).await.map_err(|error| SmtpFault::of(*stage, &error))?;

    *stage = SmtpStage::Recipient;
    let recipient = Rcpt::new(mail.to.clone(), Vec::new());
    connection.command(recipient).await.map_err(|error| SmtpFault::of(*stage, &error))?;

    *stage = SmtpStage::Data;
    let reply = connection.command(Data).await.map_err(|error| SmtpFault::of(*stage, &error))?;
    if !reply.has_code(354) {
        return Err(SmtpFault::new(*stage, What::Lost));
    }

    *stage = SmtpStage::Content;
    let reply = connection.message(&mail.content).await;
    let code = reply.map_err(|error| SmtpFault::of(*stage, &error))?.code();
    // Only a final success counts as accepted: a notice that was not sent must not count as sent.
    match code.severity {
        Severity::PositiveCompletion => Ok(()),
        _ => Err(SmtpFault::new(*stage, What::Lost)),
    }
}

/// Connects to the first address that responds.
async fn open_tcp(server: &Server) -> Result<TcpStream, SmtpFault> {
    let failed = |error: &std::io::Error| SmtpFault::io(SmtpStage::Connect, error);
    let name = (server.host.as_str(), server.port);
    let addresses = tokio::net::lookup_host(name).await.map_err(|error| failed(&error))?;
    let mut last = SmtpFault::new(SmtpStage::Connect, What::Lost);
    for address in addresses {
        match timeout(server.patience, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => {
                // Otherwise the small last packet of a mail waits for an acknowledgement, some 40
                // ms. An error only makes mail slower.
                tcp.set_nodelay(true).ok();
                return Ok(tcp);
            }
            Ok(Err(error)) => last = failed(&error),
            Err(_) => last = SmtpFault::new(SmtpStage::Connect, What::Late),
        }
    }
    Err(last)
}
