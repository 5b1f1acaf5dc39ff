//! A property of a store, its outcome, and the report of many.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;

use super::cause::cause;
use super::harness::Harness;
use super::kit::{Kit, PropertyResult, Stop};

/// One sentence of the contract, as a check that can be run.
#[non_exhaustive]
pub struct Property {
    /// The name, also of the generated test.
    pub name: &'static str,
    /// The sentence of the contract, word for word.
    pub sentence: &'static str,
    /// What a store that breaks it lets an attacker do, or costs the owner.
    pub risk: &'static str,
    pub(super) check: fn(Kit) -> Pin<Box<dyn Future<Output = PropertyResult> + Send>>,
}

impl Property {
    /// Runs the property on a fixture of its own.
    ///
    /// # Errors
    ///
    /// The [`Violation`] that was observed. An unjustified error of the store and a panic are
    /// violations as well.
    pub fn run(&self, harness: &Arc<dyn Harness>) -> Result<Outcome, Violation> {
        let verdict = caught(|| {
            let mut verdict = None;
            harness.drive(Box::pin(async {
                verdict = Some(self.judge(harness).await);
            }));
            verdict
        });
        verdict.map_err(|seen| Violation {
            property: self.name,
            sentence: self.sentence,
            seen,
            risk: self.risk,
            cause: self.cause(harness),
        })
    }

    /// The other property that explains a violation of this one.
    fn cause(&self, harness: &Arc<dyn Harness>) -> Option<&'static str> {
        let mut named = None;
        // A panic here explains nothing.
        let _ = caught(|| {
            harness.drive(Box::pin(async { named = cause(harness).await }));
            None
        });
        named.filter(|named| *named != self.name)
    }

    async fn judge(&self, harness: &Arc<dyn Harness>) -> PropertyResult {
        let kit = Kit::open(Arc::clone(harness)).await?;
        let fixture = Arc::clone(&kit.fixture);
        let verdict = (self.check)(kit).await;
        // What the property has seen comes before an error of the cleaning up.
        verdict.and(fixture.close().await.map_err(Stop::from))
    }
}

impl fmt::Debug for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Property").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The outcome of a run; a violated sentence and a panic are errors.
pub(super) fn caught(run: impl FnOnce() -> Option<PropertyResult>) -> Result<Outcome, String> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Some(Ok(()))) => Ok(Outcome::Held),
        Ok(Some(Err(Stop::Skip(reason)))) => Ok(Outcome::Skipped(reason)),
        Ok(Some(Err(Stop::Seen(seen)))) => Err(seen),
        Ok(None) => Err("the harness returned from `drive` before the work was done".to_owned()),
        Err(panic) => Err(panic_text(&*panic)),
    }
}

pub(super) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("no message"))
}

/// The outcome of a property that was not violated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
#[non_exhaustive]
pub enum Outcome {
    /// It held.
    Held,
    /// It does not apply to this harness, for this reason.
    Skipped(&'static str),
}

/// A sentence of the contract that a store broke.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Violation {
    /// The property.
    pub property: &'static str,
    /// The sentence of the contract, word for word.
    pub sentence: &'static str,
    /// What was observed instead.
    pub seen: String,
    /// What it lets an attacker do, or costs the owner.
    pub risk: &'static str,
    /// Another property whose violation explains this one. Mend that first: what was observed here
    /// may be its consequence only.
    pub cause: Option<&'static str>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { property, sentence, seen, risk, cause } = self;
        writeln!(f, "{property}")?;
        if let Some(cause) = cause {
            writeln!(f, "  cause:    {cause} is violated too, and explains this: mend it first")?;
        }
        write!(f, "  contract: {sentence}\n  seen:     {seen}\n  risk:     {risk}")
    }
}

impl std::error::Error for Violation {}

/// The results of [`check`](super::check).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ConformanceReport {
    /// The properties that held.
    pub held: Vec<&'static str>,
    /// The properties that do not apply to this harness, each with the reason.
    pub skipped: Vec<(&'static str, &'static str)>,
    /// The violations.
    pub violations: Vec<Violation>,
    /// Violations that one of [`violations`](Self::violations) explains.
    pub consequences: Vec<Violation>,
}

impl ConformanceReport {
    pub(super) fn add(&mut self, name: &'static str, outcome: Result<Outcome, Violation>) {
        match outcome {
            Ok(Outcome::Held) => self.held.push(name),
            Ok(Outcome::Skipped(reason)) => self.skipped.push((name, reason)),
            Err(violation) => self.violations.push(violation),
        }
    }

    /// Moves to the consequences what another violation of this report explains.
    pub(super) fn set_consequences_apart(&mut self) {
        let violated: Vec<_> = self.violations.iter().map(|seen| seen.property).collect();
        let explained =
            |seen: &Violation| seen.cause.is_some_and(|cause| violated.contains(&cause));
        let all = std::mem::take(&mut self.violations);
        (self.consequences, self.violations) = all.into_iter().partition(explained);
    }
}

impl fmt::Display for ConformanceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for violation in &self.violations {
            writeln!(f, "VIOLATED {violation}")?;
        }
        for violation in &self.consequences {
            let cause = violation.cause.unwrap_or_default();
            writeln!(f, "FOLLOWS  {} from {cause}", violation.property)?;
        }
        for (name, reason) in &self.skipped {
            writeln!(f, "SKIPPED  {name}: {reason}")?;
        }
        let (held, skipped) = (self.held.len(), self.skipped.len());
        let violated = self.violations.len();
        write!(f, "{held} held, {skipped} skipped, {violated} violated")?;
        match self.consequences.len() {
            0 => Ok(()),
            follow => write!(f, ", {follow} as a consequence"),
        }
    }
}
