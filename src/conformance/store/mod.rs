//! The properties of a store, by method. Their sentences and risks are in `list.rs`.

pub(super) mod add;
pub(super) mod cluster;
pub(super) mod commit;
pub(super) mod contest;
pub(super) mod cursors;
pub(super) mod due;
pub(super) mod events;
pub(super) mod faults;
pub(super) mod general;
pub(super) mod handles;
pub(super) mod load;
pub(super) mod processes;
pub(super) mod purge;
pub(super) mod purge_race;
pub(super) mod scan;
pub(super) mod size;
pub(super) mod wholes;
