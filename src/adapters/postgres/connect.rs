//! Connections: opening, session settings, and the pool.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use deadpool_postgres::{
    Connect, Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, Error, NoTls};

use super::error::refused_because;
use super::options::{Checked, Encryption};
use crate::port::PortResult;

/// Opens connections, and listens for the server's notices.
#[derive(Clone)]
pub(super) struct Connector {
    encryption: Encryption,
    unconfirmed: UnconfirmedCommits,
}

/// How often a server reported a commit that no synchronous standby has confirmed, since an
/// operator cancelled the wait. The server sends a warning beside the reply.
#[derive(Clone, Default)]
pub(super) struct UnconfirmedCommits(Arc<AtomicU64>);

impl UnconfirmedCommits {
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Recognises the warning by the server function that sends it, since its text is translated.
    fn notice(&self, notice: &tokio_postgres::error::DbError) {
        if notice.routine() == Some("SyncRepWaitForLSN") {
            self.0.fetch_add(1, Ordering::Release);
        }
    }
}

impl Connector {
    pub(super) fn new(encryption: Encryption) -> Self {
        Self { encryption, unconfirmed: UnconfirmedCommits::default() }
    }

    /// Opens a connection. Needs a runtime: a task moves the bytes until the client or the
    /// connection ends.
    pub(super) async fn open(&self, config: &Config) -> Result<(Client, JoinHandle<()>), Error> {
        let unconfirmed = self.unconfirmed.clone();
        match &self.encryption {
            Encryption::None => {
                let (client, connection) = config.connect(NoTls).await?;
                Ok((client, tokio::spawn(drive(connection, unconfirmed))))
            }
            Encryption::Verified(tls) => {
                let (client, connection) = config.connect(tls.clone()).await?;
                Ok((client, tokio::spawn(drive(connection, unconfirmed))))
            }
        }
    }
}

async fn drive<S, T>(mut connection: Connection<S, T>, unconfirmed: UnconfirmedCommits)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    // An error ends the loop; every call on the connection gets an error too.
    while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
        if let AsyncMessage::Notice(notice) = message {
            unconfirmed.notice(&notice);
        }
    }
}

type Opening<'a> =
    Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), Error>> + Send + 'a>>;

impl Connect for Connector {
    fn connect(&self, config: &Config) -> Opening<'_> {
        let config = config.clone();
        Box::pin(async move { self.open(&config).await })
    }
}

/// A pool that opens connections on demand.
pub(super) fn pool(options: &Checked) -> PortResult<(Pool, UnconfirmedCommits)> {
    let connector = Connector::new(options.encryption.clone());
    let unconfirmed = connector.unconfirmed.clone();
    // A connection known to be closed is not reused; the others are not tested.
    let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_connect(options.config.clone(), connector, config);
    let set_up: Arc<str> = set_up(options.statement_timeout).into();
    let hook = Hook::async_fn(move |client: &mut deadpool_postgres::ClientWrapper, _| {
        let set_up = Arc::clone(&set_up);
        Box::pin(async move { client.batch_execute(&set_up).await.map_err(HookError::Backend) })
    });
    let pool = Pool::builder(manager)
        .max_size(options.connections)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(options.acquire_timeout))
        .create_timeout(Some(options.connect_timeout_of_all_hosts()))
        .post_create(hook)
        .build()
        .map_err(|error| refused_because("the pool", error))?;
    Ok((pool, unconfirmed))
}

/// The settings of a session while this store uses it.
///
/// A commit is durable when it returns, also on a synchronous standby if there is one:
/// `synchronous_commit` is `on`, or the server's own setting if that is stronger.
pub(super) fn set_up(statement_timeout: Duration) -> String {
    let millis = statement_timeout.as_millis();
    format!(
        "SELECT set_config('statement_timeout', '{millis}', false), \
         set_config('client_min_messages', 'warning', false), \
         set_config('default_transaction_isolation', 'read committed', false), \
         set_config('synchronous_commit', CASE current_setting('synchronous_commit') \
         WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)"
    )
}
