//! Epochs: spans of revisions, which order the events of a tenant.

use super::error::corrupt;
use super::proto::KeyValue;
use crate::port::{PortError, PortResult};

/// The value under `head`: the format of the store, and the revision at which its current epoch
/// began. Commits that append events compare it and few change it, so they do not conflict.
///
/// A past epoch never returns: an event of a later epoch proves that no commit in flight can still
/// append to the earlier one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Epoch(pub(super) u64);

impl Epoch {
    pub(super) fn encode(self) -> Vec<u8> {
        format!("1/{:016x}", self.0).into_bytes()
    }

    pub(super) fn decode(found: &KeyValue) -> PortResult<Self> {
        let text = std::str::from_utf8(&found.value).map_err(|_| corrupt("the head"))?;
        let (format, epoch) = text.split_once('/').ok_or_else(|| corrupt("the head"))?;
        if format != "1" {
            return Err(PortError::denied().because("a newer release wrote this store"));
        }
        let epoch = u64::from_str_radix(epoch, 16).map_err(|_| corrupt("the head"))?;
        Ok(Self(epoch))
    }
}
