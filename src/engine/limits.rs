//! Limits across accounts: counted when a challenge is opened, at the worst case, never refunded.
//!
//! A request is refused by the limits of its own caller before it is counted against any: a refused one
//! counts nowhere, extends nothing and writes nothing.

use super::error::{At as _, Error, Fault, FaultOrigin};
use super::{Engine, Request};
use crate::domain::contact::Destination;
use crate::domain::decide::LimitSpent;
use crate::domain::ids::{RecordKey, TenantId};
use crate::domain::method::{ChallengeOption, MethodKind};
use crate::domain::policy::{Policy, Rate};
use crate::domain::refusal::{CodeLimit, Refusal};
use crate::domain::time::Timestamp;
use crate::port::{CounterIncrement, PortError};

/// What is counted. The numbers go into the counters' keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counted {
    Source = 1,
    SourceIdentifier = 2,
    Destination = 3,
    Prefix = 4,
    Tenant = 5,
}

/// A window is cut into this many slices, each with a counter of its own. The present slice and
/// these before it hold every sliding window: together they count up to an eighth too long, and
/// never too short.
const SLICES: i64 = 8;
/// Counters that are read for one limit: those, the present slice, and the next one, in which an
/// engine with a faster clock may count already.
const READ: usize = SLICES as usize + 2;

/// One limit, and what it is counted for.
struct Line {
    counted: Counted,
    rate: Rate,
    /// The most that the counters of this line may reach.
    most: u32,
    whom: Vec<u8>,
    stripe: u8,
}

/// The limits that a request meets.
struct Lines {
    /// These refuse.
    refusing: Vec<Line>,
    /// These raise what is asked, and alarm.
    escalating: Vec<Line>,
}

/// Who asks for a challenge, and so what a spent limit means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LimitCaller {
    /// Anyone. A spent destination must not refuse: a stranger could spend it to keep the owner out,
    /// and the refusal would tell whose it is.
    Anonymous,
    /// A signed-in user, who chose the destination. A spent one refuses, or many accounts could
    /// have codes sent to a number whose holder never agreed.
    SignedIn,
}

/// Whose challenge it is, for the counters.
pub(super) struct LimitScope<'a> {
    pub(super) caller: LimitCaller,
    pub(super) identifier: [u8; 8],
    pub(super) option: ChallengeOption,
    /// Where the code goes; before the first proof a stand-in takes its place if it goes nowhere.
    pub(super) destination: Option<&'a Destination>,
    pub(super) record: &'a RecordKey,
    /// Whether a code may be sent and compared. What an account's own budgets silence is counted
    /// to its source only.
    pub(super) sends: bool,
}

impl Engine {
    /// Counts the request against the limits that it meets, unless one of them refuses it. Returns the
    /// limit that is spent among those that do not refuse: codes escalate then, and an event alarms.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooOften`] if the source has spent its own limit; [`Refusal::TooManyCodes`] if a
    /// signed-in user's destination is spent.
    pub(super) async fn count_against_limits(
        &self,
        request: &Request,
        policy: &Policy,
        scope: &LimitScope<'_>,
    ) -> Result<Option<LimitSpent>, Error> {
        let now = self.inner.clock.now();
        let Lines { refusing, escalating } = self.lines(request, policy, scope)?;
        let tenant = &request.tenant;
        let before = self.count(tenant, &refusing, 0, now).await?;
        refuse(&refusing, &before, now, |total, most| total >= most)?;
        let counted = self.count(tenant, &refusing, 1, now).await?;
        // Requests at one time all read the same: only as many go on as the limit allows.
        refuse(&refusing, &counted, now, |total, most| total > most)?;
        let counted = self.count(tenant, &escalating, u32::from(scope.sends), now).await?;
        let spent = escalating.iter().zip(counted.chunks(READ));
        let spent = spent.filter(|(line, counts)| counts.iter().sum::<u64>() > line.most.into());
        // The tenant's is the last one, so it wins: the length of a code is the same for all.
        Ok(spent.filter_map(|(line, _)| line.limit_spent()).next_back())
    }

    /// Adds to the present slice of each line, and reads all slices of all lines.
    async fn count(
        &self,
        tenant: &TenantId,
        lines: &[Line],
        amount: u32,
        now: Timestamp,
    ) -> Result<Vec<u64>, Error> {
        let mut increments = Vec::with_capacity(READ * lines.len());
        for line in lines {
            let slices = Slices::of(line.rate, now);
            for number in slices.read() {
                let start = slices.start(number);
                let key = self.inner.keys.counter(
                    tenant,
                    line.counted as u8,
                    &line.whom,
                    line.stripe,
                    start,
                );
                // Added to first, read afterwards: of two that count in neighbouring slices, at
                // least one sees the other.
                let amount = if number == slices.present { amount } else { 0 };
                // One slice longer than it is read, for an engine whose clock is behind.
                increments.push(CounterIncrement::new(
                    key,
                    amount,
                    slices.start(number + SLICES + 2),
                ));
            }
        }
        let counts = self.inner.store.increment(&increments).await.at(FaultOrigin::Store)?;
        if counts.len() != increments.len() {
            let error = PortError::corrupt().because("a count is missing");
            return Err(Error::Fault(Fault { origin: FaultOrigin::Store, error }));
        }
        Ok(counts)
    }

    fn lines(
        &self,
        request: &Request,
        policy: &Policy,
        scope: &LimitScope<'_>,
    ) -> Result<Lines, Error> {
        let limits = &policy.limits;
        let source = request.source.bucket().into_bytes();
        let mut with_identifier = source.clone();
        with_identifier.extend_from_slice(&scope.identifier);
        let source = Line::new(Counted::Source, limits.source, source);
        let with_identifier =
            Line::new(Counted::SourceIdentifier, limits.source_identifier, with_identifier);
        let (mut refusing, mut escalating) = (vec![source, with_identifier], Vec::new());
        match scope.caller {
            LimitCaller::Anonymous => escalating.extend(scope.destinations(policy)),
            LimitCaller::SignedIn if scope.destination.is_some() => {
                refusing.extend(scope.destinations(policy));
            }
            LimitCaller::SignedIn => {}
        }
        let mut all = Line::new(Counted::Tenant, limits.tenant, Vec::new());
        let [random] = self.random()?;
        let (counters, most) = limits.tenant_counters();
        (all.stripe, all.most) = (random % counters, most);
        escalating.push(all);
        Ok(Lines { refusing, escalating })
    }
}

impl LimitScope<'_> {
    /// The lines of the destination, and of its prefix if it is a phone's.
    fn destinations(&self, policy: &Policy) -> Vec<Line> {
        // A stand-in that no address is: so the batch has one shape for all accounts.
        let stand_in = || {
            let mut bytes = self.record.as_bytes().to_vec();
            bytes.extend_from_slice(self.option.method().as_str().as_bytes());
            bytes
        };
        let destination = self.destination.map_or_else(stand_in, |to| to.normalised().into_bytes());
        let mut lines =
            vec![Line::new(Counted::Destination, policy.limits.destination, destination)];
        let phone = [MethodKind::MobilePhone, MethodKind::OfficePhone];
        if phone.contains(&self.option.method()) {
            let prefix = match self.destination {
                Some(Destination::Phone(number)) => number.prefix().as_bytes().to_vec(),
                _ => stand_in(),
            };
            lines.push(Line::new(Counted::Prefix, policy.limits.prefix, prefix));
        }
        lines
    }
}

impl Line {
    const fn new(counted: Counted, rate: Rate, whom: Vec<u8>) -> Self {
        Self { counted, rate, most: rate.max, whom, stripe: 0 }
    }

    /// What a spent line of those that do not refuse brings about.
    const fn limit_spent(&self) -> Option<LimitSpent> {
        match self.counted {
            Counted::Source | Counted::SourceIdentifier => None,
            Counted::Destination => Some(LimitSpent::Destination),
            Counted::Prefix => Some(LimitSpent::Prefix),
            Counted::Tenant => Some(LimitSpent::Tenant),
        }
    }

    const fn refusal(&self, retry_at: Timestamp) -> Refusal {
        match self.counted {
            Counted::Destination => {
                Refusal::TooManyCodes { limit: CodeLimit::Destination, retry_at }
            }
            Counted::Prefix => Refusal::TooManyCodes { limit: CodeLimit::Prefix, retry_at },
            _ => Refusal::TooOften { retry_at },
        }
    }

    /// When enough slices have left the window for one more to be counted.
    fn retry_at(&self, counts: &[u64], now: Timestamp) -> Timestamp {
        let slices = Slices::of(self.rate, now);
        let mut left: u64 = counts.iter().sum();
        let mut oldest: Vec<(i64, u64)> =
            slices.read().into_iter().zip(counts.iter().copied()).collect();
        oldest.sort_unstable();
        for (number, count) in oldest {
            left -= count;
            if left < u64::from(self.most) {
                return slices.start(number + SLICES + 1);
            }
        }
        slices.start(slices.present + SLICES + 1)
    }
}

/// Refuses if one of these lines is spent; of several, by the one that is spent for longest.
fn refuse(
    lines: &[Line],
    counts: &[u64],
    now: Timestamp,
    spent: impl Fn(u64, u64) -> bool,
) -> Result<(), Refusal> {
    let lines = lines.iter().zip(counts.chunks(READ));
    let spent = lines.filter(|(line, counts)| spent(counts.iter().sum(), line.most.into()));
    let refusal = spent.map(|(line, counts)| (line.retry_at(counts, now), line));
    match refusal.max_by_key(|(retry_at, _)| *retry_at) {
        Some((retry_at, line)) => Err(line.refusal(retry_at)),
        None => Ok(()),
    }
}

/// The slices of a window, numbered from the Unix epoch.
struct Slices {
    /// The length of one, in milliseconds.
    span: i64,
    present: i64,
}

impl Slices {
    fn of(rate: Rate, now: Timestamp) -> Self {
        let window = i64::try_from(rate.window.as_millis()).unwrap_or(i64::MAX);
        // Rounded up: the slices are never shorter than the window.
        let span = (window / SLICES).saturating_add(i64::from(window % SLICES != 0)).max(1);
        Self { span, present: now.unix_millis().div_euclid(span) }
    }

    /// The slices that are read: the present one first, then the next, then those before, the
    /// newest first.
    fn read(&self) -> [i64; READ] {
        std::array::from_fn(|place| match place {
            0 => self.present,
            1 => self.present.saturating_add(1),
            _ => self.present.saturating_sub(place as i64 - 1),
        })
    }

    const fn start(&self, number: i64) -> Timestamp {
        Timestamp::from_unix_millis(number.saturating_mul(self.span))
    }
}
