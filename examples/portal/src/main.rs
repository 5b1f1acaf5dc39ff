//! The portal with data of a demonstration, on this machine: `cargo run`, then open the printed address. The
//! environment chooses another store or directory: see `configured.rs`.

use std::net::SocketAddr;
use std::sync::Arc;

use sspr::adapters::argon2::Argon2Hash;
use sspr::adapters::files::FileDelivery;
use sspr::adapters::seal::KeySeal;
use sspr::port::{Entropy as _, PortError, SystemEntropy};
use sspr::web::TrustedProxies;
use sspr::{Engine, Keys, SecretBytes};
use sspr_portal::{AnswerHash, Mailroom, Passkeys, Portal, SignIns, configured, demo, router};
use tokio::sync::Notify;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", configured::port()?)).await?;
    let origin = format!("http://localhost:{}", listener.local_addr()?.port());
    let folder = std::env::temp_dir().join(format!("sspr-portal-{}", std::process::id()));
    let mails = Mailroom::new(FileDelivery::new(folder)?);
    let (directory, has_demo_users) = configured::directory()?;
    let (store, kept) = configured::store(mails.folder()).await?;
    let sign_ins = SignIns::default();
    let passkeys = Passkeys::new(&origin);
    let wake = Arc::new(Notify::new());
    let notify = Arc::clone(&wake);
    let engine = Engine::builder()
        .keys(Keys::new(random()?, 1, random()?)?) // real ones come from a vault
        .store(store)
        .directory(Arc::clone(&directory))
        .sessions(sign_ins.clone())
        .delivery(mails.clone())
        .external_method(passkeys.clone())
        .seal(KeySeal::new(1, random()?)?)
        .slow_hash(AnswerHash::new(Argon2Hash::new()))
        .human_check(demo::Question)
        .on_work(move || notify.notify_one())
        .open()
        .await?;
    let mut settings = demo::settings(&origin)?;
    // The passwords of a domain are kept on premises.
    settings.on_premises.writeback = !has_demo_users;
    demo::fill(&engine, settings, has_demo_users).await?;
    tokio::spawn(demo::deliver(engine.clone(), mails.clone(), wake));

    println!("The portal:   {origin}");
    println!("Its messages: {origin}/mails, and as files in {}", mails.folder().display());
    println!("Its store:    {kept}");
    if has_demo_users {
        println!("Users, with the password \"{}\":", demo::PASSWORD);
        for user in demo::USERS {
            println!("  {}", user.name);
        }
    }
    let portal = Portal::new(
        engine,
        demo::tenant()?,
        directory,
        sign_ins,
        passkeys,
        mails,
        &origin,
        TrustedProxies::none(),
    )?;
    axum::serve(listener, router(portal).into_make_service_with_connect_info::<SocketAddr>())
        .await?;
    Ok(())
}

fn random() -> Result<SecretBytes, PortError> {
    let mut bytes = vec![0; 32];
    SystemEntropy.fill(&mut bytes)?;
    Ok(SecretBytes::new(bytes))
}
