//! The streams below the conversation: clear, or encrypted from the first byte or after `STARTTLS`.
//!
//! `lettre` can encrypt by itself, but with the provider of cryptography that is the default of the process.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use lettre::transport::smtp::commands::{Ehlo, Starttls};
use lettre::transport::smtp::extension::{ClientId, Extension, ServerInfo};
use lettre::transport::smtp::response::Response;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::fault::{SmtpFault, SmtpStage, What};

/// The longest reply before TLS. A list of extensions takes some hundred bytes.
const MAX_REPLY: usize = 16 << 10;

/// After `STARTTLS` the server sends no second greeting, but `lettre` begins with reading one.
const GREETING: &[u8] = b"220 encrypted\r\n";

/// How to encrypt, and the name that the server's certificate must be for.
pub(super) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Tls {
    pub(super) fn new(config: Arc<ClientConfig>, name: ServerName<'static>) -> Self {
        Self { connector: TlsConnector::from(config), name }
    }

    /// TLS from the first byte.
    pub(super) async fn begin(&self, tcp: TcpStream) -> Result<Encrypted, SmtpFault> {
        self.handshake(tcp, &[]).await
    }

    /// Asks for TLS in clear, and begins it.
    pub(super) async fn starttls(
        &self,
        mut tcp: TcpStream,
        hello: &ClientId,
        stage: &mut SmtpStage,
    ) -> Result<Encrypted, SmtpFault> {
        reply(&mut tcp, *stage).await?;
        command(&mut tcp, &Ehlo::new(hello.clone()).to_string(), *stage).await?;
        let extensions = reply(&mut tcp, *stage).await?;
        *stage = SmtpStage::Tls;
        let server = ServerInfo::from_response(&extensions);
        if !server.is_ok_and(|server| server.supports_feature(Extension::StartTls)) {
            return Err(SmtpFault::new(*stage, What::NoTls));
        }
        command(&mut tcp, &Starttls.to_string(), *stage).await?;
        reply(&mut tcp, *stage).await?;
        self.handshake(tcp, GREETING).await
    }

    async fn handshake(
        &self,
        tcp: TcpStream,
        greeting: &'static [u8],
    ) -> Result<Encrypted, SmtpFault> {
        match self.connector.connect(self.name.clone(), tcp).await {
            Ok(stream) => Ok(Encrypted { stream, greeting }),
            Err(error) => Err(SmtpFault::io(SmtpStage::Tls, &error)),
        }
    }
}

async fn command(tcp: &mut TcpStream, line: &str, stage: SmtpStage) -> Result<(), SmtpFault> {
    tcp.write_all(line.as_bytes()).await.map_err(|error| SmtpFault::io(stage, &error))
}

/// Reads one reply, which must be a success, and not a byte more. Lines that an attacker injects after
/// the reply to `STARTTLS` stay in the stream, where TLS finds them instead of the server's handshake, and
/// the connection fails. A buffered reader would later take them for sent under TLS.
async fn reply(tcp: &mut TcpStream, stage: SmtpStage) -> Result<Response, SmtpFault> {
    let mut text = Vec::new();
    let mut line = 0;
    loop {
        let byte = tcp.read_u8().await.map_err(|error| SmtpFault::io(stage, &error))?;
        text.push(byte);
        if text.len() > MAX_REPLY {
            return Err(SmtpFault::new(stage, What::Lost));
        }
        if byte == b'\n' {
            // `250-` continues a reply, `250 ` ends it.
            if text.get(line + 3) != Some(&b'-') {
                break;
            }
            line = text.len();
        }
    }
    let reply: Response =
        String::from_utf8_lossy(&text).parse().map_err(|error| SmtpFault::of(stage, &error))?;
    if !reply.is_positive() {
        return Err(SmtpFault::new(stage, What::Reply(reply.code().into())));
    }
    Ok(reply)
}

/// An encrypted stream that may begin with a greeting of its own.
#[derive(Debug)]
pub(super) struct Encrypted {
    stream: TlsStream<TcpStream>,
    greeting: &'static [u8],
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.greeting.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, into);
        }
        let (now, later) = self.greeting.split_at(self.greeting.len().min(into.remaining()));
        into.put_slice(now);
        self.greeting = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.get_ref().0.peer_addr()
    }
}
