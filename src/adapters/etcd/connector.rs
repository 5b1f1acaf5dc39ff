//! Encrypted connections to a member of the cluster.
//!
//! `tonic` can encrypt by itself, but with the provider of cryptography that is the default of the process.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::codegen::Service;
use tonic::codegen::http::Uri;

/// Connects to the address in a URI and begins TLS.
#[derive(Clone)]
pub(super) struct Encrypted {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Encrypted {
    /// `name` is the one that the member's certificate must be for.
    pub(super) fn new(config: Arc<ClientConfig>, name: ServerName<'static>) -> Self {
        Self { connector: TlsConnector::from(config), name }
    }

    async fn connect(self, address: Uri) -> io::Result<TokioIo<TlsStream<TcpStream>>> {
        let host = bare(address.host().unwrap_or_default());
        let tcp = TcpStream::connect((host, address.port_u16().unwrap_or(443))).await?;
        tcp.set_nodelay(true)?;
        self.connector.connect(self.name, tcp).await.map(TokioIo::new)
    }
}

impl Service<Uri> for Encrypted {
    type Response = TokioIo<TlsStream<TcpStream>>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        Box::pin(self.clone().connect(address))
    }
}

/// The host of a URI without the brackets of an IPv6 address.
pub(super) fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}
