//! Connections: made, set up, and kept in a pool.

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
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::refused_because;
use super::options::Checked;
use crate::port::PortResult;

/// Whether what is said to the server can be read on the way.
#[derive(Clone)]
pub(super) enum Encryption {
    None,
    Verified(MakeRustlsConnect),
}

/// Makes connections, and listens to what the server says on the side.
#[derive(Clone)]
pub(super) struct Dial {
    encryption: Encryption,
    alone: Alone,
}

/// How often a server has answered a commit that no standby has confirmed, although it should
/// have: an operator cancelled its wait. It says so beside the answer, as a warning.
#[derive(Clone, Default)]
pub(super) struct Alone(Arc<AtomicU64>);

impl Alone {
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// The function of the server that says so: its text depends on the server's language.
    fn hear(&self, notice: &tokio_postgres::error::DbError) {
        if notice.routine() == Some("SyncRepWaitForLSN") {
            self.0.fetch_add(1, Ordering::Release);
        }
    }
}

impl Dial {
    pub(super) fn new(encryption: Encryption) -> Self {
        Self { encryption, alone: Alone::default() }
    }

    /// Needs a runtime: a task moves the bytes, and ends with the client or the connection.
    pub(super) async fn dial(&self, config: &Config) -> Result<(Client, JoinHandle<()>), Error> {
        let alone = self.alone.clone();
        match &self.encryption {
            Encryption::None => {
                let (client, connection) = config.connect(NoTls).await?;
                Ok((client, tokio::spawn(drive(connection, alone))))
            }
            Encryption::Verified(tls) => {
                let (client, connection) = config.connect(tls.clone()).await?;
                Ok((client, tokio::spawn(drive(connection, alone))))
            }
        }
    }
}

async fn drive<S, T>(mut connection: Connection<S, T>, alone: Alone)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    // An error ends it, and every call on it is told.
    while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
        if let AsyncMessage::Notice(notice) = message {
            alone.hear(&notice);
        }
    }
}

type Dialling<'a> =
    Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), Error>> + Send + 'a>>;

impl Connect for Dial {
    fn connect(&self, config: &Config) -> Dialling<'_> {
        let config = config.clone();
        Box::pin(async move { self.dial(&config).await })
    }
}

/// A pool that connects when somebody asks it for a connection.
pub(super) fn pool(options: &Checked) -> PortResult<(Pool, Alone)> {
    let dial = Dial::new(options.encryption.clone());
    let alone = dial.alone.clone();
    // A connection that is known to be closed is not given out; nothing is asked of the others.
    let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_connect(options.config.clone(), dial, config);
    let set_up: Arc<str> = set_up(None, options.statement_timeout).into();
    let hook = Hook::async_fn(move |client: &mut deadpool_postgres::ClientWrapper, _| {
        let set_up = Arc::clone(&set_up);
        Box::pin(async move { client.batch_execute(&set_up).await.map_err(HookError::Backend) })
    });
    let pool = Pool::builder(manager)
        .max_size(options.connections)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(options.acquire_timeout))
        .create_timeout(Some(options.dialling_timeout()))
        .post_create(hook)
        .build()
        .map_err(|error| refused_because("the pool", error))?;
    Ok((pool, alone))
}

/// What every session begins with.
///
/// A commit is durable when it is answered, on the standby as well where there is a synchronous
/// one: `on`, or what the server has that is stronger.
///
/// A schema only for what makes tables: the statements name theirs.
pub(super) fn set_up(schema: Option<&str>, statement_timeout: Duration) -> String {
    let millis = statement_timeout.as_millis();
    // Quoted: some words have a meaning without. Temporary tables come last, or they would be
    // looked for first.
    let path = schema.map_or_else(String::new, |schema| {
        format!("set_config('search_path', '\"{schema}\", pg_temp', false), ")
    });
    format!(
        "SELECT {path}\
         set_config('statement_timeout', '{millis}', false), \
         set_config('client_min_messages', 'warning', false), \
         set_config('default_transaction_isolation', 'read committed', false), \
         set_config('synchronous_commit', CASE current_setting('synchronous_commit') \
         WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)"
    )
}
