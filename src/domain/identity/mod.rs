//! Who and where: ids, addresses, languages, and what the directory reports about users and tenants.

pub(crate) mod coarse;
pub(crate) mod contact;
pub(crate) mod facts;
pub(crate) mod ids;
pub(crate) mod locale;
pub(crate) mod roles;
pub(crate) mod time_zone;
pub(crate) mod writeback_event;
pub(crate) mod writes;
