//! Reports on the users of the directory: their registration, and what expires for them.

use serde::Serialize;

use super::{MAX_PAGE, Position, ReportPage};
use crate::domain::account::{Account, Method};
use crate::domain::identity::facts::{UserFacts, UserQuery, UserSelector};
use crate::domain::identity::ids::UserId;
use crate::domain::method::MethodKind;
use crate::domain::reason::SsprReason;
use crate::domain::report::{
    ExpiringFilter, ExpiringRow, ExpiryFacts, RegistrationFilter, RegistrationRow, expiring,
};
use crate::domain::rules::{reconfirm_at, time_of};
use crate::domain::time::Timestamp;
use crate::engine::api::error::{At as _, Error, FaultOrigin};
use crate::engine::core::commit::Loaded;
use crate::engine::core::context::{Context, TenantContext, the_user};
use crate::engine::handles::admin::Admin;
use crate::engine::observe::Operation;
use crate::port::{Cursor, Page, PortErrorKind};

/// A user of a page, with what decides about the user.
struct Person {
    context: Context,
    facts: UserFacts,
    /// The record, or that of an account without one; `None` if it cannot be read.
    loaded: Option<Loaded>,
    unanswered: Vec<MethodKind>,
    now: Timestamp,
}

impl Admin<'_> {
    /// The registration of each user of the directory: who has registered, may reset, and can. A page
    /// reads at most `limit` users (1 to 1000), in the directory's order, and each as
    /// [`explain`](Self::explain) does. Users who were deleted from the directory are not listed.
    ///
    /// ```
    /// use sspr::report::{RegistrationFilter, RegistrationSummary};
    /// use sspr::{Actor, Engine, Error, TenantId};
    ///
    /// async fn coverage(
    ///     engine: &Engine,
    ///     (tenant, reader): (&TenantId, &Actor),
    /// ) -> Result<RegistrationSummary, Error> {
    ///     let (admin, filter) = (engine.admin(tenant, reader), RegistrationFilter::default());
    ///     let (mut summary, mut position) = (RegistrationSummary::default(), None);
    ///     loop {
    ///         let page = admin.registration_report(&filter, position.as_ref(), 250).await?;
    ///         summary.extend(&page.rows);
    ///         // Store both to continue after an interruption.
    ///         position = page.next;
    ///         if position.is_none() {
    ///             return Ok(summary);
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`](crate::Refusal::NotAuthorised);
    /// [`InvalidInput::Foreign`](crate::InvalidInput) for the position of another report or filter;
    /// [`Error::Fault`]: continue from the same position.
    pub async fn registration_report(
        &self,
        filter: &RegistrationFilter,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<ReportPage<RegistrationRow>, Error> {
        let done = async {
            let wanted =
                |row: &RegistrationRow| filter.capable.is_none_or(|capable| capable == row.capable);
            let rows_of = |person: &Person| {
                let row = registration_row(person);
                Vec::from_iter(Some(row).filter(wanted))
            };
            let user = filter.user.as_ref();
            self.people(("registration", filter), user, (after, limit), rows_of).await
        };
        self.core.observe(Operation::AdminRegistrationReport, self.tenant, done).await
    }

    /// What expires for each user within the filter's days, or has: passwords by the policy and by what
    /// the directory reports, methods and providers that the policy retires, and registrations that are to
    /// be confirmed again. A page reads at most `limit` users (1 to 1000) and has a row for each thing
    /// that expires.
    ///
    /// ```
    /// use sspr::report::{ExpiringFilter, ExpiringRow};
    /// use sspr::{Actor, Engine, Error, TenantId};
    ///
    /// async fn first(
    ///     engine: &Engine,
    ///     (tenant, reader): (&TenantId, &Actor),
    /// ) -> Result<Vec<ExpiringRow>, Error> {
    ///     let mut filter = ExpiringFilter::default();
    ///     filter.days = 14;
    ///     Ok(engine.admin(tenant, reader).expiring_report(&filter, None, 250).await?.rows)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`registration_report`](Self::registration_report).
    pub async fn expiring_report(
        &self,
        filter: &ExpiringFilter,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<ReportPage<ExpiringRow>, Error> {
        let done = async {
            let rows_of = |person: &Person| expiring_rows(person, filter);
            let user = filter.user.as_ref();
            self.people(("expiring", filter), user, (after, limit), rows_of).await
        };
        self.core.observe(Operation::AdminExpiringReport, self.tenant, done).await
    }

    /// A page of rows about users of the directory.
    async fn people<T>(
        &self,
        (report, filter): (&str, &impl Serialize),
        user: Option<&UserId>,
        (after, limit): (Option<&Cursor>, usize),
        rows_of: impl Fn(&Person) -> Vec<T>,
    ) -> Result<ReportPage<T>, Error> {
        let core = self.core;
        self.authorise(&[&core.roles.read])?;
        let position = Position::read(report, filter, after, core.clock.now())?;
        let today = core.tenant_context(self.tenant, true).await?;
        let today = TenantContext { read_at: position.as_of, ..today };
        let page = match user {
            Some(user) => self.one(&today, user).await?,
            None => {
                let (after, limit) = (position.after.as_ref(), limit.clamp(1, MAX_PAGE));
                let users = core.directory.users(self.tenant, today.groups(), after, limit).await;
                users.at(FaultOrigin::Directory)?
            }
        };
        let (scanned, mut rows) = (page.items.len(), Vec::new());
        for facts in page.items {
            rows.extend(rows_of(&self.person(&today, facts).await?));
        }
        Ok(position.page(rows, page.next, scanned))
    }

    /// The page of one user; empty if the directory does not have the user.
    async fn one(&self, today: &TenantContext, user: &UserId) -> Result<Page<UserFacts>, Error> {
        let selector = UserSelector::Id(user);
        let query = UserQuery::new(selector, today.groups());
        let found = self.core.directory.find(self.tenant, &query).await;
        let user = found.and_then(|found| the_user(found, selector)).at(FaultOrigin::Directory)?;
        Ok(Page::new(Vec::from_iter(user), None))
    }

    async fn person(&self, today: &TenantContext, facts: UserFacts) -> Result<Person, Error> {
        let core = self.core;
        let kinds = core.external_kinds(&today.policy);
        let answers = core.ask_external(self.tenant, &facts.id, kinds, true).await;
        let unanswered = answers.unsure.iter().map(|(kind, _)| *kind).collect();
        let loaded = match core.load(&core.user_target(self.tenant, &facts.id)).await {
            Ok(loaded) => Some(loaded),
            Err(Error::Fault(fault)) if fault.error.kind() == PortErrorKind::Corrupt => None,
            Err(error) => return Err(error),
        };
        let context = core.user_context(today.clone(), Some(facts.clone()), answers);
        let now =
            loaded.as_ref().map_or(today.read_at, |loaded| time_of(&loaded.account, today.read_at));
        Ok(Person { context, facts, loaded, unanswered, now })
    }
}

impl Person {
    /// The record, if it is that of this user and can be read.
    fn own(&self) -> Option<&Account> {
        let account = self.loaded.as_ref().map(|loaded| &*loaded.account);
        account.filter(|account| account.is_of(self.facts.incarnation.as_deref()))
    }

    /// The kinds that are registered.
    fn registered(&self) -> Vec<MethodKind> {
        let active = self.own().into_iter().flat_map(|account| account.methods.iter());
        let kinds = active.filter(|method| Method::active(method)).map(|method| method.kind);
        sorted(kinds.chain(self.context.available.iter().copied()))
    }

    /// The kinds that could be proven now.
    fn usable(&self) -> Vec<MethodKind> {
        let known = self.context.known().ok().zip(self.context.gates_of());
        let Some(((facts, _), gates)) = known else { return Vec::new() };
        let candidates =
            self.own().map(|account| self.context.candidates(account, facts, gates, self.now));
        sorted(candidates.unwrap_or_default().iter().map(|candidate| candidate.kind))
    }
}

fn sorted(kinds: impl Iterator<Item = MethodKind>) -> Vec<MethodKind> {
    let mut sorted: Vec<_> = kinds.collect();
    sorted.sort_unstable();
    sorted.dedup();
    sorted
}

fn registration_row(person: &Person) -> RegistrationRow {
    let Person { context, facts, loaded, unanswered, now } = person;
    let account = loaded.as_ref().map(|loaded| &*loaded.account);
    let status = account.map(|account| context.registration_status(account));
    let is = |flag: fn(&crate::domain::rules::RegistrationStatus) -> bool| {
        status.as_ref().is_some_and(flag)
    };
    let registration = person.own().map(|account| &account.registration);
    let stored = loaded.as_ref().filter(|loaded| loaded.exists());
    RegistrationRow {
        user: facts.id.clone(),
        name: facts.user_principal_name.clone(),
        registered: is(|status| status.registered),
        enabled: is(|status| status.enabled),
        capable: is(|status| status.capable),
        any_method: is(|status| status.any_method),
        administrator: context.known().is_ok_and(|(_, effective)| effective.administrator),
        methods: person.registered(),
        usable: person.usable(),
        required: context.gates_of().map(|gates| gates.required),
        reason: match account {
            Some(account) => context.against(account, *now).first().copied(),
            // A record that cannot be read is closed.
            None => Some(SsprReason::AdministratorRequired),
        },
        registered_at: registration.and_then(|state| state.completed_at),
        confirmed_at: registration.and_then(|state| state.confirmed_at),
        updated_at: stored.map(|loaded| loaded.account.seen),
        unanswered: unanswered.clone(),
        unreadable: account.is_none(),
    }
}

fn expiring_rows(person: &Person, filter: &ExpiringFilter) -> Vec<ExpiringRow> {
    let policy = &*person.context.policy;
    let kinds = sorted(person.registered().into_iter().chain(person.usable()));
    // Only an enforced registration is asked for again.
    let asked = person.own().filter(|_| policy.registration.enforced);
    expiring(&ExpiryFacts {
        policy,
        tenant: person.context.tenant.as_ref(),
        user: &person.facts,
        kinds: person.loaded.as_ref().map(|_| &*kinds),
        reconfirm_at: asked.and_then(|account| reconfirm_at(account, policy)),
        now: person.now,
        until: filter.until(person.now),
    })
}
