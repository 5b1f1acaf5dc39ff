//! The portal with data of a demonstration, on this machine: `cargo run`, then open the printed address.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use sspr::adapters::files::FileDelivery;
use sspr::adapters::memory::MemoryDirectory;
#[cfg(not(feature = "sqlite"))]
use sspr::adapters::memory::MemoryStore;
use sspr::adapters::seal::KeySeal;
#[cfg(feature = "sqlite")]
use sspr::adapters::sqlite::SqliteStore;
use sspr::port::{Entropy as _, PortError, Store, SystemEntropy};
use sspr::web::TrustedProxies;
use sspr::{Engine, Keys, SecretBytes};
use sspr_portal::{Mailroom, Portal, SignIns, demo, router};
use tokio::sync::Notify;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const ADDRESS: &str = "127.0.0.1:8080";
const ORIGIN: &str = "http://localhost:8080";

#[tokio::main]
async fn main() -> Outcome<()> {
    let folder = std::env::temp_dir().join(format!("sspr-portal-{}", std::process::id()));
    let mails = Mailroom::new(FileDelivery::new(folder)?);
    let directory = MemoryDirectory::new();
    demo::directory(&directory)?;
    let sign_ins = SignIns::default();
    let wake = Arc::new(Notify::new());
    let notify = Arc::clone(&wake);
    let engine = Engine::builder()
        .keys(Keys::new(random()?, 1, random()?)?) // real ones come from a vault
        .store(store(mails.folder())?)
        .directory(directory.clone())
        .sessions(sign_ins.clone())
        .delivery(mails.clone())
        .seal(KeySeal::new(1, random()?)?)
        .human_check(demo::Question)
        .on_work(move || notify.notify_one())
        .open()
        .await?;
    demo::fill(&engine, demo::settings(ORIGIN)?).await?;
    tokio::spawn(demo::deliver(engine.clone(), wake));

    println!("The portal:   {ORIGIN}");
    println!("Its messages: {ORIGIN}/mails, and as files in {}", mails.folder().display());
    println!("Users, with the password \"{}\":", demo::PASSWORD);
    for user in demo::USERS {
        println!("  {}", user.name);
    }
    let portal = Portal::new(
        engine,
        demo::tenant()?,
        Arc::new(directory),
        sign_ins,
        mails,
        ORIGIN,
        TrustedProxies::none(),
    )?;
    let listener = tokio::net::TcpListener::bind(ADDRESS).await?;
    axum::serve(listener, router(portal).into_make_service_with_connect_info::<SocketAddr>())
        .await?;
    Ok(())
}

/// A store in memory; with the feature `sqlite`, in a file beside the messages. Its keys end with the
/// process, and so does the use of the file.
#[cfg(not(feature = "sqlite"))]
fn store(_folder: &Path) -> Outcome<impl Store + use<>> {
    Ok(MemoryStore::new())
}

#[cfg(feature = "sqlite")]
fn store(folder: &Path) -> Outcome<impl Store + use<>> {
    let file = folder.join("portal.db");
    println!("The store:    {}", file.display());
    Ok(SqliteStore::create(file)?)
}

fn random() -> Result<SecretBytes, PortError> {
    let mut bytes = vec![0; 32];
    SystemEntropy.fill(&mut bytes)?;
    Ok(SecretBytes::new(bytes))
}
