//! The directory over LDAP, on OpenLDAP and on a domain of Active Directory by Samba.

#![cfg(all(feature = "ldap", feature = "conformance"))]
#![allow(unreachable_pub, reason = "one test binary: what its modules share is public to it")]

mod active_directory;
mod open_ldap;
mod proxy;

mod check;
mod encryption;
mod example;
mod hostile;
mod kit;
mod recovery;
mod refusals;
mod replicas;
mod shown;
