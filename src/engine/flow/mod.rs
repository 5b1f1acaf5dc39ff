//! The verbs of a flow, one file each: functions on the shared core.

mod after;
mod cancel;
mod challenge;
mod complete;
pub(crate) mod help;
mod prove;
mod redeem;
pub(crate) mod repudiate;
mod start;
pub(crate) mod step;
mod view;
pub(crate) mod write;
pub(crate) mod write_eligibility;

pub(crate) use after::{
    acknowledge_recovery_code, new_device, new_recovery_code, remember_device,
    replace_recovery_code,
};
pub(crate) use cancel::cancel;
pub(crate) use challenge::{challenge, counted_step};
pub(crate) use complete::complete;
pub(crate) use help::contact_administrator;
pub(crate) use prove::prove;
pub(crate) use redeem::redeem_link;
pub(crate) use start::{is_human_check_wanted, start};
pub(crate) use step::reply;
pub(crate) use view::view;
