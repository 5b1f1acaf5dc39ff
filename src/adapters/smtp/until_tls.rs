//! A TCP stream that does not read ahead before TLS begins.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The first byte of a TLS handshake; no SMTP command begins with it.
const HANDSHAKE: u8 = 0x16;

/// A TCP stream that returns one byte per read before TLS.
///
/// A buffered reader would also read lines that an attacker injected right after the reply to
/// `STARTTLS`, and treat them as sent under TLS. Here they stay in the stream, where TLS finds them
/// instead of the server's handshake, and the connection fails.
#[derive(Debug)]
pub(super) struct UntilTls {
    tcp: TcpStream,
    clear: bool,
}

impl UntilTls {
    pub(super) const fn new(tcp: TcpStream) -> Self {
        Self { tcp, clear: true }
    }
}

impl AsyncRead for UntilTls {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.clear || into.remaining() == 0 {
            return Pin::new(&mut self.tcp).poll_read(cx, into);
        }
        let mut byte = [0; 1];
        let mut filled = ReadBuf::new(&mut byte);
        ready!(Pin::new(&mut self.tcp).poll_read(cx, &mut filled))?;
        into.put_slice(filled.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for UntilTls {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if bytes.first() == Some(&HANDSHAKE) {
            self.clear = false;
        }
        Pin::new(&mut self.tcp).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for UntilTls {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.peer_addr()
    }
}
