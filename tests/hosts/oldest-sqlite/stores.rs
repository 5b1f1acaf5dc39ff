//! The contract kit and the tests of the SQLite store, as in `tests/stores` of the package.

#[path = "../../support/rows.rs"]
mod rows;
#[path = "../../support/temporary.rs"]
mod temporary;

#[path = "../../stores/conformance_sqlite.rs"]
mod conformance_sqlite;
#[path = "../../stores/sqlite_store/mod.rs"]
mod sqlite_store;
