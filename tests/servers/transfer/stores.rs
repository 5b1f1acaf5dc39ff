//! The stores between which is moved: every kind to every kind.

#[cfg(feature = "etcd")]
pub(crate) use crate::fresh::etcd;
#[cfg(feature = "postgres")]
pub(crate) use crate::fresh::postgres;
#[cfg(feature = "sqlite")]
pub(crate) use crate::fresh::sqlite;
pub(crate) use crate::fresh::{Fresh as Made, Make, kinds, memory};

/// Every kind to every kind.
pub(crate) fn pairs() -> Vec<(String, Make, Make)> {
    let mut pairs = Vec::new();
    for (left, from) in kinds() {
        for (right, to) in kinds() {
            pairs.push((format!("{left} to {right}"), from, to));
        }
    }
    pairs
}
