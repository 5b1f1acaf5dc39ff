//! What all verbs of the directory share.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::listing::ReadAhead;
use super::pool::LdapPool;
use super::profile::LdapProfile;
use super::tenant::LdapTenant;
use crate::TenantId;
use crate::port::Clock;

/// A [`Directory`](crate::port::Directory) over LDAP; made by [`LdapConfig`](crate::adapters::ldap::LdapConfig). To share it, put it into an `Arc`.
pub struct LdapDirectory {
    pub(super) profile: LdapProfile,
    pub(super) tenants: HashMap<TenantId, LdapTenant>,
    pub(super) readers: LdapPool,
    /// The servers for writes, if they are others.
    pub(super) writers: Option<LdapPool>,
    pub(super) timeout: Duration,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ahead: ReadAhead,
}

impl LdapDirectory {
    pub(super) fn new(
        profile: LdapProfile,
        tenants: HashMap<TenantId, LdapTenant>,
        readers: LdapPool,
        writers: Option<LdapPool>,
        timeout: Duration,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { profile, tenants, readers, writers, timeout, clock, ahead: ReadAhead::default() }
    }
}

impl fmt::Debug for LdapDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let servers: Vec<_> = self.readers.servers().iter().map(|server| &server.host).collect();
        f.debug_struct("LdapDirectory")
            .field("kind", &self.profile.kind)
            .field("servers", &servers)
            .finish_non_exhaustive()
    }
}
