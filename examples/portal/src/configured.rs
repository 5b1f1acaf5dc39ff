//! What the environment chooses: the port, the store, and the directory.
//!
//! | Variable | Value |
//! |---|---|
//! | `SSPR_PORTAL_PORT` | the port on this machine, or 0 for a free one. Default: 8080 |
//! | `SSPR_PORTAL_STORE` | `memory`, or the address of a PostgreSQL server (feature `postgres`). Default: an SQLite file beside the messages |
//! | `SSPR_PORTAL_AD` | the servers of an Active Directory, with commas between them (feature `ad`). Default: a directory in memory with the users of the demonstration |
//! | `SSPR_PORTAL_AD_USERS` | where its users are, such as `OU=Staff,DC=contoso,DC=example` |
//! | `SSPR_PORTAL_AD_LOGIN`, `SSPR_PORTAL_AD_PASSWORD` | the service account |
//! | `SSPR_PORTAL_AD_ADMINISTRATORS` | the group whose members are administrators |
//! | `SSPR_PORTAL_AD_CA` | a file with the certificate authority of its servers. Default: those of the system |

use std::path::Path;
use std::sync::Arc;

use sspr::adapters::memory::{MemoryDirectory, MemoryStore};
use sspr::port::{Directory, Store};

use crate::demo;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The port of the portal.
///
/// # Errors
///
/// For a text that is no port.
pub fn port() -> Outcome<u16> {
    let port = variable("SSPR_PORTAL_PORT").map_or(Ok(8080), |port| port.parse());
    port.map_err(|error| format!("SSPR_PORTAL_PORT: {error}").into())
}

/// The store, and how a page of the console names it.
///
/// # Errors
///
/// Those of the store; an address of a kind that this program was built without.
pub async fn store(folder: &Path) -> Outcome<(Arc<dyn Store>, String)> {
    match variable("SSPR_PORTAL_STORE") {
        Some(memory) if memory == "memory" => {
            Ok((Arc::new(MemoryStore::new()), "in memory".to_owned()))
        }
        Some(address) => postgres(&address).await,
        None => file(folder),
    }
}

#[cfg(feature = "sqlite")]
fn file(folder: &Path) -> Outcome<(Arc<dyn Store>, String)> {
    let file = folder.join("portal.db");
    let store = sspr::adapters::sqlite::SqliteStore::create(&file)?;
    Ok((Arc::new(store), file.display().to_string()))
}

#[cfg(not(feature = "sqlite"))]
fn file(_folder: &Path) -> Outcome<(Arc<dyn Store>, String)> {
    Ok((Arc::new(MemoryStore::new()), "in memory".to_owned()))
}

#[cfg(feature = "postgres")]
async fn postgres(address: &str) -> Outcome<(Arc<dyn Store>, String)> {
    use sspr::adapters::postgres::{PostgresOptions, PostgresStore};

    let options = PostgresOptions::parse(address)?;
    // The keys of the demonstration end with the process, and so does the use of what it stores: each
    // start has tables of its own.
    let options = options.with_schema(&format!("sspr_portal_{}", std::process::id()));
    PostgresStore::create(&options).await?;
    let store = PostgresStore::connect(&options).await?;
    Ok((Arc::new(store), format!("PostgreSQL, schema sspr_portal_{}", std::process::id())))
}

#[cfg(not(feature = "postgres"))]
async fn postgres(_address: &str) -> Outcome<(Arc<dyn Store>, String)> {
    Err("build with --features postgres".into())
}

/// The directory, and whether it has the users of the demonstration.
///
/// # Errors
///
/// Those of the directory; a kind that this program was built without.
pub fn directory() -> Outcome<(Arc<dyn Directory>, bool)> {
    match variable("SSPR_PORTAL_AD") {
        Some(servers) => Ok((active_directory(&servers)?, false)),
        None => {
            let directory = MemoryDirectory::new();
            demo::directory(&directory)?;
            Ok((Arc::new(directory), true))
        }
    }
}

#[cfg(feature = "ad")]
fn active_directory(servers: &str) -> Outcome<Arc<dyn Directory>> {
    use sspr::adapters::ldap::{LdapConfig, LdapProfile, LdapTenant};
    use sspr::facts::TenantFacts;
    use sspr::{RoleId, SecretText};

    let needed = |name: &str| variable(name).ok_or_else(|| format!("{name} is not set"));
    let servers: Vec<&str> = servers.split(',').map(str::trim).collect();
    let mut tenant =
        LdapTenant::new(TenantFacts::new(demo::ORGANISATION), &needed("SSPR_PORTAL_AD_USERS")?);
    if let Some(group) = variable("SSPR_PORTAL_AD_ADMINISTRATORS") {
        tenant = tenant.with_role(RoleId::parse(demo::ADMINISTRATOR)?, &group);
    }
    let password = SecretText::from(needed("SSPR_PORTAL_AD_PASSWORD")?);
    let mut config = LdapConfig::ldaps(LdapProfile::active_directory(), &servers)
        .with_login(&needed("SSPR_PORTAL_AD_LOGIN")?, password)
        .with_tenant(demo::tenant()?, tenant);
    if let Some(file) = variable("SSPR_PORTAL_AD_CA") {
        let authority = std::fs::read_to_string(file)?;
        config = config.without_system_roots().with_root_certificates(&authority);
    }
    Ok(Arc::new(config.build()?))
}

#[cfg(not(feature = "ad"))]
fn active_directory(_servers: &str) -> Outcome<Arc<dyn Directory>> {
    Err("build with --features ad".into())
}
