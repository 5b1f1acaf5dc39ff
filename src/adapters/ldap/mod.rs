//! A directory over LDAP: Active Directory and OpenLDAP. Feature `ldap`.
//!
//! ```no_run
//! use sspr::adapters::ldap::{LdapConfig, LdapProfile, LdapTenant};
//! use sspr::facts::TenantFacts;
//! use sspr::{SecretText, TenantId};
//!
//! # async fn host() -> Result<(), Box<dyn std::error::Error>> {
//! # let password = SecretText::from("from your vault");
//! let contoso = TenantId::parse("contoso")?;
//! let staff = LdapTenant::new(TenantFacts::new("Contoso"), "OU=Staff,DC=corp,DC=example")
//!     .with_groups("OU=Groups,DC=corp,DC=example");
//! let directory = LdapConfig::ldaps(
//!     LdapProfile::active_directory(),
//!     &["dc1.corp.example", "dc2.corp.example"],
//! )
//! .with_login("CN=sspr,OU=Services,DC=corp,DC=example", password)
//! .with_tenant(contoso, staff)
//! .build()?;
//! for finding in directory.check(None).await {
//!     eprintln!("{finding}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What is read and written
//!
//! An [`LdapProfile`] names the attributes and the filters; a host changes what is called otherwise in its
//! directory. Users are identified by `objectGUID` or `entryUUID`, which survive a new name.
//!
//! | | Active Directory, Samba | OpenLDAP with `ppolicy` |
//! |---|---|---|
//! | disabled | `userAccountControl`, `accountExpires` | `pwdAccountLockedTime: 000001010000Z`: locked for good |
//! | locked out | `msDS-User-Account-Control-Computed` | `pwdAccountLockedTime` |
//! | must change, expired | the same | `pwdReset`; the age of a password is not judged |
//! | protected | `adminCount`, and the groups in `tokenGroups` | the groups of [`LdapProfile::protected_groups`] |
//! | groups, nested | `tokenGroups`, and the rule of chains for groups of mail | a walk upwards |
//! | password | `unicodePwd`, with `lockoutTime` and `pwdLastSet` in one step | Password Modify (RFC 3062), then what it has not done |
//! | unlock | `lockoutTime` 0 | `pwdAccountLockedTime` removed, unless locked for good |
//!
//! A reset is that of an administrator: Active Directory applies history and minimum age only with *policy
//! hints*, which are sent if the server lists them. [`WritePurpose`](crate::facts::WritePurpose) makes no other
//! difference. A password that is refused although it is the user's already counts as written, since an earlier
//! try of the same write may have set it.
//!
//! A check of a password is a bind as the user, on a connection of its own. A wrong one counts as a failed
//! sign-in and may lock the account. Active Directory accepts the old password for up to an hour after a reset
//! (`OldPasswordAllowedPeriod`); the engine does not rely on its end. The password of a locked account is not
//! checked: `verify_password` then fails with `Unavailable`.
//!
//! Referrals and aliases are not followed. A group that the service account cannot read has no members.
//!
//! # Rights of the service account
//!
//! Active Directory: read access to the users with `tokenGroups` (the group *Windows Authorization Access*),
//! and on the users' unit, for users below it: *Reset password*, and write access to `lockoutTime` and
//! `pwdLastSet`.
//!
//! OpenLDAP: `write` on `userPassword`, `pwdAccountLockedTime` and `pwdReset`, and read access to the operational
//! attributes of the password policy. **Not `manage`**: it makes the account a password administrator, for whom
//! `ppolicy` judges neither length nor quality. [`LdapDirectory::check`] finds that by a test account.
//!
//! # Encryption
//!
//! TLS 1.2 or later, by `rustls` with the provider of the feature `tls-aws-lc-rs` or `tls-ring`, or by a
//! configuration of the host ([`with_tls`](LdapConfig::with_tls)); from the first byte or begun by StartTLS.
//! A server that refuses TLS, or whose certificate is not for its name or not from a trusted authority, is sent
//! nothing. Bytes that an attacker injects before the handshake make it fail.
//!
//! # What an error means
//!
//! | What happened | reading | writing |
//! |---|---|---|
//! | no connection, no TLS, busy, lost before the request of the write was sent | `Unavailable` | `Unreachable` |
//! | the service account is refused, or cannot read what is needed | `Denied` | `AdminActionRequired` |
//! | lost, or timed out, after the request was sent | `Unavailable` | `Indeterminate` |
//! | refused by the password's rules | | `PolicyViolation`, with the rule if the server names it |
//! | any other refusal: no right, read-only server | | `AdminActionRequired` |
//! | 52, 80, 3: a proxy may have lost the server behind it | `Unavailable` | `Indeterminate` |
//!
//! # Runtime and secrets
//!
//! Futures of [`LdapDirectory`] must be polled on a tokio runtime with I/O and time enabled; otherwise they
//! return `Unavailable`. Nothing is spawned.
//!
//! Messages with a password are wiped after they were sent. `rustls` and the kernel do not wipe their copies.
//!
//! This module speaks the protocol itself: see [`decisions`](crate::manual::decisions).

mod ber;
mod check;
mod config;
mod connection;
mod directory;
mod facts;
mod fault;
mod filter;
mod groups;
mod listing;
mod message;
mod outcome;
mod pool;
mod port;
mod profile;
mod shared;
mod tenant;
mod value;
mod write;

pub use check::LdapFinding;
pub use config::LdapConfig;
pub use filter::Filter;
pub use profile::{IdAttribute, IdSyntax, LdapKind, LdapProfile};
pub use shared::LdapDirectory;
pub use tenant::LdapTenant;
