//! Moving everything from one store to another, between all pairs of stores: what arrives, what an
//! engine does with it, what is refused, and every single point of failure on the way.
#![cfg(feature = "testing")]

mod at_once;
#[cfg(any(feature = "postgres", feature = "etcd"))]
mod backups;
mod broken_life;
mod crash;
mod differences;
mod key;
mod large;
mod left_behind;
mod life;
mod moved;
mod refused;
mod restored;
pub(crate) mod scene;
#[cfg(feature = "seal")]
mod seal;
mod stores;
mod unreadable;
mod writers;
