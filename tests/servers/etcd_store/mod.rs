//! The store on etcd, against real servers.

#![cfg(all(feature = "etcd", feature = "testing"))]

mod cluster;
mod contract;
mod costs;
mod failures;
mod lent;
mod quota;
mod support;
