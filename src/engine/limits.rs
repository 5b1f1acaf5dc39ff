//! Limits across accounts: charged when a challenge is opened, at the worst case, never given back.

use super::error::{At as _, Error, Fault, Port};
use super::{Engine, Request, Source};
use crate::domain::contact::Destination;
use crate::domain::decide::Exceeded;
use crate::domain::ids::RecordKey;
use crate::domain::method::{ChallengeOption, MethodKind};
use crate::domain::policy::{Policy, Rate};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::port::{Charge, PortError};

/// What is counted. The numbers go into the counters' keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counted {
    Source = 1,
    SourceIdentifier = 2,
    Destination = 3,
    Prefix = 4,
    Tenant = 5,
}

/// A tenant's counter is cut into this many, so that no row is hot.
const STRIPES: u8 = 16;
/// Tenants with a smaller limit than this have one counter: striping would spend it early.
const STRIPED_FROM: u32 = 1_000;

struct Line {
    counted: Counted,
    rate: Rate,
    whom: Vec<u8>,
    stripe: u8,
}

/// Whose challenge it is, for the counters.
pub(super) struct Charged<'a> {
    pub(super) identifier: [u8; 8],
    pub(super) option: ChallengeOption,
    /// Where the code goes; a stand-in takes its place if it goes nowhere.
    pub(super) destination: Option<&'a Destination>,
    pub(super) record: &'a RecordKey,
}

impl Engine {
    /// Charges all limits in one batch. Tells which one is spent, of those that do not refuse: more
    /// is then asked, and an event alarms.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooOften`] if the source has spent its own.
    pub(super) async fn charge_limits(
        &self,
        request: &Request,
        policy: &Policy,
        charged: &Charged<'_>,
    ) -> Result<Option<Exceeded>, Error> {
        let now = self.inner.clock.now();
        let lines = self.lines(request, policy, charged)?;
        let mut charges = Vec::with_capacity(2 * lines.len());
        for line in &lines {
            let (window, before) = windows(line.rate, now);
            let key = |window| {
                let (whom, stripe) = (&line.whom, line.stripe);
                self.inner.keys.counter(&request.tenant, line.counted as u8, whom, stripe, window)
            };
            // Two windows cover any sliding one: together they may count too much, never too little.
            let gone = window.plus(line.rate.window).plus(line.rate.window);
            charges.push(Charge::new(key(window), 1, gone));
            charges.push(Charge::new(key(before), 0, gone));
        }
        let counts = self.inner.store.add(&charges).await.at(Port::Store)?;
        if counts.len() != charges.len() {
            let error = PortError::corrupt().because("a count is missing");
            return Err(Error::Fault(Fault { port: Port::Store, error }));
        }
        let mut exceeded = None;
        for (line, counts) in lines.iter().zip(counts.chunks(2)) {
            let total: u64 = counts.iter().sum();
            let most = match line.counted {
                Counted::Tenant if line.rate.max >= STRIPED_FROM => {
                    line.rate.max.div_ceil(u32::from(STRIPES))
                }
                _ => line.rate.max,
            };
            if total <= u64::from(most) {
                continue;
            }
            match line.counted {
                // What every unknown source of a tenant has used together is no single one's: the
                // tenant's limit speaks for it. It is counted all the same, so that the batch has
                // one shape.
                Counted::Source if request.source == Source::Unknown => {}
                Counted::Source | Counted::SourceIdentifier => {
                    let (window, _) = windows(line.rate, now);
                    // What was counted in this window still counts in the next one.
                    let retry_at = window.plus(line.rate.window).plus(line.rate.window);
                    return Err(Refusal::TooOften { retry_at }.into());
                }
                Counted::Destination => exceeded = Some(Exceeded::Destination),
                Counted::Prefix => exceeded = Some(Exceeded::Prefix),
                // The last one, so that it wins: the length of a code is the same for everybody.
                Counted::Tenant => exceeded = Some(Exceeded::Tenant),
            }
        }
        Ok(exceeded)
    }

    fn lines(
        &self,
        request: &Request,
        policy: &Policy,
        charged: &Charged<'_>,
    ) -> Result<Vec<Line>, Error> {
        let limits = &policy.limits;
        let source = request.source.bucket().into_bytes();
        let mut with_identifier = source.clone();
        with_identifier.extend_from_slice(&charged.identifier);
        // A stand-in that no address is: so the batch has one shape for everybody.
        let stand_in = || {
            let mut bytes = charged.record.as_bytes().to_vec();
            bytes.extend_from_slice(charged.option.method().as_str().as_bytes());
            bytes
        };
        let destination =
            charged.destination.map_or_else(stand_in, |to| to.normalised().into_bytes());
        let prefix = match charged.destination {
            Some(Destination::Phone(number)) => number.prefix().as_bytes().to_vec(),
            _ => stand_in(),
        };
        let line = |counted, rate, whom| Line { counted, rate, whom, stripe: 0 };
        let mut lines = vec![
            line(Counted::Source, limits.source, source),
            line(Counted::SourceIdentifier, limits.source_identifier, with_identifier),
            line(Counted::Destination, limits.destination, destination),
        ];
        let phone = [MethodKind::MobilePhone, MethodKind::OfficePhone];
        if phone.contains(&charged.option.method()) {
            lines.push(line(Counted::Prefix, limits.prefix, prefix));
        }
        let [random] = self.random()?;
        let stripe = if limits.tenant.max >= STRIPED_FROM { random % STRIPES } else { 0 };
        let rate = limits.tenant;
        lines.push(Line { counted: Counted::Tenant, rate, whom: Vec::new(), stripe });
        Ok(lines)
    }
}

/// The window that holds this instant, and the one before it.
fn windows(rate: Rate, now: Timestamp) -> (Timestamp, Timestamp) {
    let span = i64::try_from(rate.window.as_millis()).unwrap_or(i64::MAX).max(1);
    let window = now.unix_millis().div_euclid(span).saturating_mul(span);
    let window = Timestamp::from_unix_millis(window);
    (window, window.minus(rate.window))
}
