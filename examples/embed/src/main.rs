//! The host around the handlers: an engine in memory, the delivery task and a server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sspr::adapters::memory::{MemoryDirectory, MemoryInbox, MemoryStore};
use sspr::admin::Contacts;
use sspr::facts::{EmailAddress, PhoneNumber, TenantFacts, UserFacts};
use sspr::policy::Scope;
use sspr::port::{Entropy as _, PortError, SystemEntropy};
use sspr::*;
use tokio::sync::Notify;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (directory, inbox, wake) =
        (MemoryDirectory::new(), MemoryInbox::new(), Arc::new(Notify::new()));
    let notify = Arc::clone(&wake);
    let engine = Engine::builder()
        .keys(Keys::new(random()?, 1, random()?)?) // real ones come from a vault
        .store(MemoryStore::new())
        .directory(directory.clone())
        .sessions(directory.clone())
        .delivery(inbox.clone())
        .on_work(move || notify.notify_one())
        .open()
        .await?;
    let contoso = TenantId::parse("contoso")?;
    let (name, mail, mobile) = ("ada@contoso.example", "ada@private.example", "+1 4255550100");
    directory.add_tenant(contoso.clone(), TenantFacts::new("Contoso"));
    directory.add_user(&contoso, UserFacts::new(UserId::parse("u-1")?), &[name], "old")?;
    let root = Actor::service("setup", [RoleId::parse("Global Administrator")?]);
    let policy = Policy::with(|settings| settings.scope = Scope::All)?; // mail and mobile phone
    engine.admin(&contoso, &root).put_policy(&policy, None).await?;
    let mut contacts = Contacts::default();
    contacts.email = Some(EmailAddress::parse(mail)?);
    contacts.mobile_phone = Some(PhoneNumber::parse(mobile)?);
    engine.admin(&contoso, &root).supply_contacts(&UserId::parse("u-1")?, &contacts).await?;

    tokio::spawn(deliver(engine.clone(), wake, inbox, [mail, mobile]));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    println!("http://localhost:8080/reset for {name}");
    let app = sspr_embed::router(engine, contoso);
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}

/// Calls `maintain` and prints the codes that would reach Ada's mailbox and phone.
async fn deliver(engine: Engine, wake: Arc<Notify>, inbox: MemoryInbox, addresses: [&str; 2]) {
    loop {
        let wait = match engine.maintain(100).await {
            Ok(done) => done.idle_for.unwrap_or_default(),
            Err(_) => Duration::from_secs(1),
        };
        for address in addresses {
            if let Some(code) = inbox.last_code_to(address) {
                println!("{address}: {code}");
            }
        }
        inbox.clear();
        let _ = tokio::time::timeout(wait, wake.notified()).await;
    }
}

fn random() -> Result<SecretBytes, PortError> {
    let mut bytes = vec![0; 32];
    SystemEntropy.fill(&mut bytes)?;
    Ok(SecretBytes::new(bytes))
}
