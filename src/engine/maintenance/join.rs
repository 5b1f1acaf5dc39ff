//! Waiting for several futures at once, without a runtime.
//!
//! `futures-util` has this function, but would add three crates to the default dependency tree,
//! whose size the README promises to limit.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// Drives all futures to completion. Each wake polls every future that is not done yet, so pass
/// only a few.
pub(crate) async fn join_all<F: Future<Output = ()> + Send>(futures: impl Iterator<Item = F>) {
    let mut pending: Vec<Pin<Box<F>>> = futures.map(Box::pin).collect();
    poll_fn(|context| {
        pending.retain_mut(|future| future.as_mut().poll(context).is_pending());
        if pending.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
