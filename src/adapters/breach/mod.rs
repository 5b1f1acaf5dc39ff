//! Lists of breached passwords: a sorted file on disk, and the lookup of a service that gets only the
//! beginning of a hash.

mod file;
mod hash;
mod range;
#[cfg(test)]
mod tests;

pub use file::SortedFile;
pub use hash::BreachHash;
pub use range::RangeQuery;
