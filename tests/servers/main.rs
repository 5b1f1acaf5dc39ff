//! Everything that needs a server: PostgreSQL, etcd, a pooler, a mail server, OpenLDAP,
//! Active Directory.

#[cfg(feature = "testing")]
#[path = "../support/fresh.rs"]
mod fresh;
#[path = "../support/rows.rs"]
mod rows;
#[path = "../support/servers/mod.rs"]
mod servers;
#[cfg(feature = "testing")]
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/temporary.rs"]
mod temporary;

mod cluster;
mod conformance_etcd;
mod conformance_postgres;
mod etcd_store;
mod ldap;
mod postgres_store;
mod private_servers;
mod records;
mod smtp;
mod sql_directory;
mod trail;
mod transfer;
