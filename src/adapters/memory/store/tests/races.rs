//! Concurrent writers and readers of the memory store.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_event_is_skipped_while_writers_commit() {
    let store = MemoryStore::new();
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for n in 0..2_000 {
                    let key = key(writer * 1_000_000 + n);
                    put(&store, key, 1, &columns(), &[event(&record(key, 1), 0, NOW)]).await;
                }
            })
        })
        .collect();
    let mut seen = BTreeSet::new();
    let mut after = None;
    let of = tenant("contoso");
    loop {
        let done = writers.iter().all(tokio::task::JoinHandle::is_finished);
        let page = store.events(EventsOf::Tenant(&of), after.as_ref(), 50).await.expect("page");
        for event in &page.items {
            assert!(seen.insert(event.id), "the event was returned twice");
        }
        let empty = page.items.is_empty();
        after = page.next.or(after);
        if done && empty {
            break;
        }
    }
    assert_eq!(seen.len(), 8_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_concurrent_commits_exactly_one_is_applied() {
    let store = MemoryStore::new();
    put(&store, key(1), 1, &columns(), &[]).await;
    for count in 1..200_u64 {
        let tasks: Vec<_> = (0..4)
            .map(|rival| {
                let store = store.clone();
                tokio::spawn(async move {
                    let present = store.load(&key(1)).await.expect("up").expect("there");
                    if present.version().count() != count {
                        return 0;
                    }
                    let next = Record::loaded(key(1), Version::new(count + 1, rival), "{}");
                    let events = [event(&next, 0, NOW)];
                    let columns = columns();
                    let commit = Commit::new(&next, Some(present.version()), &columns, &events);
                    u32::from(store.commit(commit).await.expect("room") == Committed::Applied)
                })
            })
            .collect();
        let mut applied = 0;
        for task in tasks {
            applied += task.await.expect("no panic");
        }
        assert_eq!(applied, 1, "version {count}");
    }
    let events = all_events(&store, EventsOf::Record(&key(1)), 1_000).await;
    assert_eq!(events.len(), 199, "one event for each applied commit");
}
