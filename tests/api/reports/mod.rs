//! Reports for administrators: their rows, pages, positions and files.
#![cfg(all(feature = "testing", feature = "seal"))]

mod counts;
mod files;
mod pages;
mod people;
mod trail;

use sspr::port::Cursor;
use sspr::report::ReportPage;
use sspr::testing::World;
use sspr::{Engine, Error};

/// All rows of a report, in pages of this size, each read by an engine of its own: the position alone
/// carries the report.
pub(crate) async fn all<T>(
    world: &World,
    page: impl AsyncFn(&Engine, Option<&Cursor>) -> Result<ReportPage<T>, Error>,
) -> Vec<T> {
    let (mut rows, mut position): (Vec<T>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let seed = position.as_ref().map_or(1, |at| at.as_str().len() as u64);
        let other = world.beside().seed(seed).open().await;
        let read = page(&other.engine, position.as_ref()).await.expect("a page");
        rows.extend(read.rows);
        position = read.next;
        if position.is_none() {
            return rows;
        }
    }
}
