//! A subscriber for the whole process: it keeps what one thread traces, or checks each value.
#![allow(unreachable_pub, reason = "shared by several test binaries")]
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

/// A span, or an event under the name `event`.
#[derive(Clone, Debug)]
pub struct Traced {
    pub name: &'static str,
    /// The index of the span around it.
    pub parent: Option<usize>,
    pub fields: BTreeMap<&'static str, String>,
}

/// What a thread has traced so far, and the spans that it has entered.
#[derive(Default)]
struct Thread {
    kept: Option<Vec<Traced>>,
    entered: Vec<usize>,
}

thread_local! {
    static THREAD: RefCell<Thread> = RefCell::default();
}

/// Returns what `act` traces in this thread.
///
/// The subscriber is the one of the process. With one for the thread, a span that another thread
/// reaches first would be cached as switched off.
pub fn traced_by(act: impl FnOnce()) -> Vec<Traced> {
    install(|_, _| {});
    THREAD.with_borrow_mut(|thread| thread.kept = Some(Vec::new()));
    act();
    THREAD.with_borrow_mut(|thread| thread.kept.take()).expect("set above")
}

/// Calls `check` with the name and the value of each field that any thread traces.
pub fn install(check: fn(&str, &str)) {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        tracing::subscriber::set_global_default(Traces { check }).expect("the only subscriber");
    });
}

struct Traces {
    check: fn(&str, &str),
}

impl Traces {
    fn values(&self, of: usize) -> Values {
        Values { check: self.check, of }
    }
}

/// Adds a span or an event of this thread, and returns its index.
fn added(name: &'static str, parent: Option<usize>) -> usize {
    THREAD.with_borrow_mut(|thread| {
        let parent = parent.or(thread.entered.last().copied());
        let Some(kept) = &mut thread.kept else { return 0 };
        kept.push(Traced { name, parent, fields: BTreeMap::new() });
        kept.len() - 1
    })
}

fn index(id: &Id) -> usize {
    usize::try_from(id.into_u64() - 1).expect("an index")
}

struct Values {
    check: fn(&str, &str),
    of: usize,
}

impl Values {
    fn keep(&self, field: &Field, value: String) {
        (self.check)(field.name(), &value);
        THREAD.with_borrow_mut(|thread| {
            if let Some(traced) = thread.kept.as_mut().and_then(|kept| kept.get_mut(self.of)) {
                traced.fields.insert(field.name(), value);
            }
        });
    }
}

impl Visit for Values {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.keep(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep(field, value.to_owned());
    }
}

impl Subscriber for Traces {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::always()
    }

    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let parent = attributes.parent().map(index);
        let of = added(attributes.metadata().name(), parent);
        attributes.record(&mut self.values(of));
        Id::from_u64(of as u64 + 1)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        values.record(&mut self.values(index(span)));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.values(added("event", None)));
    }

    fn enter(&self, span: &Id) {
        THREAD.with_borrow_mut(|thread| thread.entered.push(index(span)));
    }

    fn exit(&self, _: &Id) {
        THREAD.with_borrow_mut(|thread| thread.entered.pop());
    }
}
