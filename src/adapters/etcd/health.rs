//! Checks whether a cluster can hold a store: version, alarms, space, history.

use super::proto::StatusResponse;
use super::request::get;
use super::shared::Shared;
use crate::port::{PortError, PortErrorKind, PortResult};

/// The status that the members of a cluster report.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct EtcdHealth {
    /// The members that replied, in the order of the endpoints.
    pub members: Vec<EtcdMember>,
    /// The current revision.
    pub revision: u64,
    /// How many revisions are kept. It grows without bound unless the cluster is compacted.
    pub history: u64,
}

/// The status that one member reports.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct EtcdMember {
    /// Its version.
    pub version: String,
    /// The size of its database file.
    pub db_bytes: u64,
    /// How many of these bytes are in use, as after a defragmentation.
    pub db_bytes_in_use: u64,
    /// Its quota, if it reports one (from 3.6 on).
    pub quota_bytes: Option<u64>,
    /// Its alarms and other errors, in etcd's words.
    pub alarms: Vec<String>,
}

impl From<StatusResponse> for EtcdMember {
    fn from(status: StatusResponse) -> Self {
        let bytes = |size: i64| u64::try_from(size).unwrap_or(0);
        Self {
            version: status.version,
            db_bytes: bytes(status.db_size),
            db_bytes_in_use: bytes(status.db_size_in_use),
            quota_bytes: Some(bytes(status.db_size_quota)).filter(|quota| *quota > 0),
            alarms: status.errors,
        }
    }
}

async fn members(store: &Shared) -> PortResult<Vec<EtcdMember>> {
    let mut found = Vec::new();
    let mut last = PortError::unavailable();
    for member in 0..store.client.members() {
        match store.client.status(member).await {
            Ok(status) => found.push(status.into()),
            Err(error) if error.kind() == PortErrorKind::Unavailable => last = error,
            Err(error) => return Err(error),
        }
    }
    if found.is_empty() { Err(last) } else { Ok(found) }
}

pub(super) async fn health(store: &Shared) -> PortResult<EtcdHealth> {
    let members = members(store).await?;
    let now = store.client.range(get(store.keys.head())).await?;
    let revision = now.header.as_ref().map_or(0, |header| header.revision);
    // Binary search for the oldest readable revision.
    let (mut compacted, mut kept) = (0, revision);
    while kept - compacted > 1 {
        let middle = compacted + (kept - compacted) / 2;
        if is_kept(store, middle).await? { kept = middle } else { compacted = middle }
    }
    let number = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(EtcdHealth { members, revision: number(revision), history: number(revision - kept) })
}

async fn is_kept(store: &Shared, revision: i64) -> PortResult<bool> {
    let mut request = get(store.keys.head());
    request.revision = revision;
    match store.client.range(request).await {
        Ok(_) => Ok(true),
        // etcd refuses a compacted revision: `required revision has been compacted`.
        Err(error) if is_compacted(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

fn is_compacted(error: &PortError) -> bool {
    std::error::Error::source(error).is_some_and(|cause| cause.to_string().contains("compacted"))
}

/// Refuses a cluster that cannot hold a store.
pub(super) async fn check(store: &Shared, max_history: u64) -> PortResult<()> {
    for member in members(store).await? {
        let mut parts = member.version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        if (parts.next(), parts.next()) < (Some(3), Some(4)) {
            return Err(
                PortError::denied().because("etcd version: older than 3.4, at least 3.4 needed")
            );
        }
        let alarm = |name: &str| member.alarms.iter().any(|alarm| alarm.contains(name));
        if alarm("CORRUPT") {
            return Err(PortError::corrupt().because("etcd reports the alarm CORRUPT"));
        }
        if alarm("NOSPACE") {
            return Err(PortError::unavailable().because("etcd reports the alarm NOSPACE"));
        }
    }
    let now = store.client.range(get(store.keys.head())).await?;
    let revision = now.header.as_ref().map_or(0, |header| header.revision);
    let oldest = i64::try_from(max_history).ok().and_then(|max| revision.checked_sub(max));
    if let Some(oldest) = oldest.filter(|oldest| *oldest > 0)
        && is_kept(store, oldest).await?
    {
        return Err(PortError::denied().because(
            "etcd history: more revisions than the options allow; turn on automatic compaction",
        ));
    }
    Ok(())
}
