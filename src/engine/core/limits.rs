//! Limits across accounts, counted when a challenge is opened and never refunded.
//!
//! The limits of the caller's own source are checked before a request is counted: a refused request
//! is counted against no limit and extends no window.

use crate::domain::identity::contact::Destination;
use crate::domain::identity::ids::{RecordKey, TenantId};
use crate::domain::method::{ChallengeOption, MethodKind};
use crate::domain::policy::{Policy, Rate};
use crate::domain::refusal::{CodeLimit, Refusal};
use crate::domain::rules::LimitSpent;
use crate::domain::time::Timestamp;
use crate::engine::Request;
use crate::engine::api::error::{At as _, Error, Fault, FaultOrigin};
use crate::engine::core::{BoxedCall, Core};
use crate::port::{CounterIncrement, PortError};

/// What a limit counts by. The numbers go into the counters' keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LimitKind {
    Source = 1,
    SourceIdentifier = 2,
    Destination = 3,
    Prefix = 4,
    Tenant = 5,
}

/// A window is cut into this many slices, each with a counter of its own. The present slice and
/// this many before it cover the sliding window: they count for up to an eighth too long, and never
/// too short.
pub(super) const SLICES: i64 = 8;
/// Counters that are read for one limit: those of the window, the present slice, and the next one,
/// in which an engine with a faster clock may already count.
pub(super) const READ: usize = SLICES as usize + 2;

/// One limit and the value that it counts, such as an address.
struct Line {
    kind: LimitKind,
    rate: Rate,
    /// The highest allowed sum of this line's counters.
    most: u32,
    subject: Vec<u8>,
    stripe: u8,
}

/// The limits that apply to a request.
struct Lines {
    /// If one of these is spent, the request is refused.
    refusing: Vec<Line>,
    /// If one of these is spent, the challenge gets longer codes or fewer attempts, and an event
    /// raises an alarm.
    escalating: Vec<Line>,
}

/// The caller that requests a challenge, which decides what a spent limit does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LimitCaller {
    /// A caller that is not signed in. A spent destination does not refuse: an attacker could spend
    /// it to lock the owner out, and the refusal would tell which account has the address.
    Anonymous,
    /// A signed-in user, who chose the destination. A spent destination refuses: otherwise many
    /// accounts could send codes to a number whose holder never agreed.
    SignedIn,
}

/// The challenge that is counted.
pub(crate) struct LimitScope<'a> {
    pub(crate) caller: LimitCaller,
    pub(crate) identifier: [u8; 8],
    pub(crate) option: ChallengeOption,
    /// The address of the code. If there is none, an anonymous request counts a placeholder.
    pub(crate) destination: Option<&'a Destination>,
    pub(crate) record: &'a RecordKey,
    /// Whether a code may be sent. A challenge that the account's budgets suppress is counted
    /// against its source only.
    pub(crate) sends: bool,
}

impl Core {
    /// Counts the request against its limits, unless one of them refuses it. Returns the escalating
    /// limit that is spent, if any: the challenge then gets longer codes or fewer attempts, and an
    /// event raises an alarm.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooOften`] if the source has spent its own limit; [`Refusal::TooManyCodes`] if a
    /// signed-in user's destination is spent.
    pub(crate) fn count_against_limits<'a>(
        &'a self,
        request: &'a Request,
        policy: &'a Policy,
        scope: &'a LimitScope<'a>,
    ) -> BoxedCall<'a, Option<LimitSpent>> {
        Box::pin(async move {
            let now = self.clock.now();
            let Lines { refusing, escalating } = self.lines(request, policy, scope)?;
            let tenant = &request.tenant;
            let before = self.count(tenant, &refusing, 0, now).await?;
            refuse(&refusing, &before, now, |total, most| total >= most)?;
            let counted = self.count(tenant, &refusing, 1, now).await?;
            // Concurrent requests may all have read the same counts: only as many continue as the limit
            // allows.
            refuse(&refusing, &counted, now, |total, most| total > most)?;
            let counted = self.count(tenant, &escalating, u32::from(scope.sends), now).await?;
            let spent = escalating
                .iter()
                .zip(counted.chunks(READ))
                .filter(|(line, counts)| counts.iter().sum::<u64>() > line.most.into());
            // The tenant's limit is the last and takes precedence, since it sets one code length for
            // all accounts.
            Ok(spent.filter_map(|(line, _)| line.limit_spent()).next_back())
        })
    }

    /// Whether the tenant's limit is spent, by one of its counters. Counts nothing.
    ///
    /// # Errors
    ///
    /// [`Fault`] of the store.
    pub(crate) async fn is_tenant_limit_spent(
        &self,
        tenant: &TenantId,
        policy: &Policy,
    ) -> Result<bool, Error> {
        let line = self.tenant_line(policy)?;
        let counts = self.count(tenant, std::slice::from_ref(&line), 0, self.clock.now()).await?;
        Ok(counts.iter().sum::<u64>() >= line.most.into())
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
                let key =
                    self.keys.counter(tenant, line.kind as u8, &line.subject, line.stripe, start);
                // Counters are incremented before they are read: of two requests that count in
                // neighbouring slices, at least one sees the other.
                let amount = if number == slices.present { amount } else { 0 };
                // Counters expire one slice after their last read, for engines whose clock is
                // behind.
                increments.push(CounterIncrement::new(
                    key,
                    amount,
                    slices.start(number + SLICES + 2),
                ));
            }
        }
        let counts = self.store.increment(&increments).await.at(FaultOrigin::Store)?;
        if counts.len() != increments.len() {
            let error = PortError::corrupt().because("the store returned too few counts");
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
        let source = Line::new(LimitKind::Source, limits.source, source);
        let with_identifier =
            Line::new(LimitKind::SourceIdentifier, limits.source_identifier, with_identifier);
        let (mut refusing, mut escalating) = (vec![source, with_identifier], Vec::new());
        match scope.caller {
            LimitCaller::Anonymous => escalating.extend(scope.destinations(policy)),
            LimitCaller::SignedIn if scope.destination.is_some() => {
                refusing.extend(scope.destinations(policy));
            }
            LimitCaller::SignedIn => {}
        }
        escalating.push(self.tenant_line(policy)?);
        Ok(Lines { refusing, escalating })
    }

    /// One of the counters of the tenant's limit.
    fn tenant_line(&self, policy: &Policy) -> Result<Line, Error> {
        let limits = &policy.limits;
        let [random] = self.random()?;
        let (counters, most) = limits.tenant_counters();
        let line = Line::new(LimitKind::Tenant, limits.tenant, Vec::new());
        Ok(Line { most, stripe: random % counters, ..line })
    }
}

impl LimitScope<'_> {
    /// The lines of the destination and, for phones, of its number prefix.
    fn destinations(&self, policy: &Policy) -> Vec<Line> {
        // A placeholder that is no address gives the batch one shape for all accounts.
        let stand_in = || {
            let mut bytes = self.record.as_bytes().to_vec();
            bytes.extend_from_slice(self.option.method().as_str().as_bytes());
            bytes
        };
        let destination = self.destination.map_or_else(stand_in, |to| to.normalised().into_bytes());
        let mut lines =
            vec![Line::new(LimitKind::Destination, policy.limits.destination, destination)];
        let phone = [MethodKind::MobilePhone, MethodKind::OfficePhone];
        if phone.contains(&self.option.method()) {
            let prefix = match self.destination {
                Some(Destination::Phone(number)) => number.prefix().as_bytes().to_vec(),
                _ => stand_in(),
            };
            lines.push(Line::new(LimitKind::Prefix, policy.limits.prefix, prefix));
        }
        lines
    }
}

impl Line {
    const fn new(kind: LimitKind, rate: Rate, subject: Vec<u8>) -> Self {
        Self { kind, rate, most: rate.max, subject, stripe: 0 }
    }

    /// The escalation of a spent line, for lines that do not refuse.
    const fn limit_spent(&self) -> Option<LimitSpent> {
        match self.kind {
            LimitKind::Source | LimitKind::SourceIdentifier => None,
            LimitKind::Destination => Some(LimitSpent::Destination),
            LimitKind::Prefix => Some(LimitSpent::Prefix),
            LimitKind::Tenant => Some(LimitSpent::Tenant),
        }
    }

    const fn refusal(&self, retry_at: Timestamp) -> Refusal {
        match self.kind {
            LimitKind::Destination => {
                Refusal::TooManyCodes { limit: CodeLimit::Destination, retry_at }
            }
            LimitKind::Prefix => Refusal::TooManyCodes { limit: CodeLimit::Prefix, retry_at },
            _ => Refusal::TooOften { retry_at },
        }
    }

    /// When enough slices have left the window to count one more request.
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

/// Refuses if a line is spent. Of several, the refusal is that of the line that stays spent
/// longest.
fn refuse(
    lines: &[Line],
    counts: &[u64],
    now: Timestamp,
    spent: impl Fn(u64, u64) -> bool,
) -> Result<(), Refusal> {
    let counted = lines.iter().zip(counts.chunks(READ));
    let spent = counted.filter(|(line, counts)| spent(counts.iter().sum(), line.most.into()));
    let refusal = spent.map(|(line, counts)| (line.retry_at(counts, now), line));
    match refusal.max_by_key(|(retry_at, _)| *retry_at) {
        Some((retry_at, line)) => Err(line.refusal(retry_at)),
        None => Ok(()),
    }
}

/// The slices of a window, numbered from the Unix epoch.
pub(super) struct Slices {
    /// The length of a slice, in milliseconds.
    span: i64,
    pub(super) present: i64,
}

impl Slices {
    pub(super) fn of(rate: Rate, now: Timestamp) -> Self {
        let window = i64::try_from(rate.window.as_millis()).unwrap_or(i64::MAX);
        // Rounded up, so that the slices together are never shorter than the window.
        let span = (window / SLICES).saturating_add(i64::from(window % SLICES != 0)).max(1);
        Self { span, present: now.unix_millis().div_euclid(span) }
    }

    /// The slices that are read: the present one, the next one, then the earlier ones from the
    /// newest on.
    pub(super) fn read(&self) -> [i64; READ] {
        std::array::from_fn(|place| match place {
            0 => self.present,
            1 => self.present.saturating_add(1),
            _ => self.present.saturating_sub(place as i64 - 1),
        })
    }

    pub(super) const fn start(&self, number: i64) -> Timestamp {
        Timestamp::from_unix_millis(number.saturating_mul(self.span))
    }
}
