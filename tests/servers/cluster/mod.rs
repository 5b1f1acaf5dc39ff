//! Rules that must hold on every durable store when processes and servers fail: two processes on
//! one store, processes that are killed under load, servers that fail over.
#![cfg(all(feature = "testing", feature = "sqlite"))]

mod audit;
mod child;
mod contest;
mod directory;
mod failover;
mod killed;
mod load;
mod sites;
