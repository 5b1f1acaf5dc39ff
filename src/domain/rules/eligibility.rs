//! Whether a user may reset or change the password, and which methods the user can prove.

use crate::domain::account::{Account, Expected, Method, Provenance};
use crate::domain::capabilities::Capabilities;
use crate::domain::identity::contact::Destination;
use crate::domain::identity::facts::{
    PasswordHome, TenantFacts, UserFacts, UserKind, WritebackState,
};
use crate::domain::identity::roles::lists_any;
use crate::domain::method::{ChallengeOption, MethodKind};
use crate::domain::policy::{Gates, Policy, Scope};
use crate::domain::reason::SsprReason;
use crate::domain::time::Timestamp;

/// The gates of a user who may reset.
#[derive(Clone, Debug)]
pub(crate) struct Eligibility<'a> {
    pub(crate) gates: &'a Gates,
    pub(crate) administrator: bool,
}

/// Whether this user may change a known password. The scope does not matter (Entra); the state of
/// the account, the kind of user and the home of the password do.
pub(crate) fn may_change(
    policy: Option<&Policy>,
    tenant: Option<&TenantFacts>,
    user: &UserFacts,
) -> Result<(), SsprReason> {
    check_writeback(policy_for(policy, tenant, user)?, user)?;
    check_writable(user)
}

/// Whether the facts and the policy let this user reset. Methods are checked separately.
///
/// The first reason that applies is given, in this order: account and kind of user, no policy (11),
/// switched off (9), writeback (10), entitlement (12), group (13), protected (29), directory
/// unreachable (30).
pub(crate) fn may_reset<'a>(
    policy: Option<&'a Policy>,
    tenant: Option<&TenantFacts>,
    user: &UserFacts,
) -> Result<Eligibility<'a>, SsprReason> {
    let current = policy_for(policy, tenant, user)?;
    let administrator = is_administrator(current, user);
    // The scope governs users only; administrators have a switch of their own.
    let switched_off =
        if administrator { !current.administrators.enabled } else { current.scope == Scope::None };
    if switched_off {
        return Err(SsprReason::SwitchedOff);
    }
    check_writeback(current, user)?;
    if let (Some(wanted), Some(held)) = (&current.required_entitlement, &user.entitlements)
        && !held.contains(wanted)
    {
        return Err(SsprReason::NotEntitled);
    }
    if let Scope::Selected(groups) = &current.scope
        && !administrator
        && !user.groups.iter().any(|group| groups.contains(group))
    {
        return Err(SsprReason::NotInScope);
    }
    check_writable(user)?;
    let gates = if administrator { &current.administrators.gates } else { &current.users };
    Ok(Eligibility { gates, administrator })
}

/// The policy, unless the state of the account or the kind of user excludes the user.
fn policy_for<'a>(
    policy: Option<&'a Policy>,
    tenant: Option<&TenantFacts>,
    user: &UserFacts,
) -> Result<&'a Policy, SsprReason> {
    let kept_elsewhere = matches!(user.kind, UserKind::ForeignGuest | UserKind::Personal);
    if tenant.is_none() || !user.enabled || kept_elsewhere {
        return Err(SsprReason::AccountDisabled);
    }
    policy.ok_or(SsprReason::NoPolicy)
}

/// Checks that the policy and the directory write passwords back to the user's premises.
fn check_writeback(policy: &Policy, user: &UserFacts) -> Result<(), SsprReason> {
    let off =
        !policy.on_premises.writeback || user.writeback == Some(WritebackState::NotConfigured);
    let on_premises = user.password_home == PasswordHome::OnPremises;
    if on_premises && off { Err(SsprReason::WritebackOff) } else { Ok(()) }
}

/// Checks that the directory would write this user's password now.
fn check_writable(user: &UserFacts) -> Result<(), SsprReason> {
    if user.protected {
        return Err(SsprReason::AdministratorRequired);
    }
    let on_premises = user.password_home == PasswordHome::OnPremises;
    let unreachable = on_premises && user.writeback == Some(WritebackState::Unreachable);
    if unreachable { Err(SsprReason::DirectoryUnreachable) } else { Ok(()) }
}

/// Whether the stricter policy for administrators applies to the user.
pub(crate) fn is_administrator(policy: &Policy, user: &UserFacts) -> bool {
    lists_any(&policy.administrators.roles, &user.roles)
}

/// A method that the user could prove now.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Candidate {
    pub(crate) kind: MethodKind,
    pub(crate) expected: Expected,
    /// Its place among the user's methods of this kind.
    pub(crate) index: u8,
}

impl Candidate {
    pub(crate) fn identity(&self) -> String {
        self.expected.identity(self.kind)
    }
}

/// The methods that the user could prove now. Of each kind: those that the user confirmed, else
/// those that an administrator supplied, else the directory's. Host-verified kinds are added if
/// they are `available` to the user.
pub(crate) fn candidates(
    account: &Account,
    user: &UserFacts,
    policy: &Policy,
    gates: &Gates,
    available: &[MethodKind],
    now: Timestamp,
) -> Vec<Candidate> {
    let mut all = Vec::new();
    let first = account.registration.default.as_ref();
    let superseded: &Vec<_> = &account.superseded(now).collect();
    for kind in &gates.methods {
        let stored = |provenance: Provenance| {
            let is_usable = |method: &&Method| {
                method.kind == *kind
                    && method.active()
                    && method.provenance == provenance
                    && method.usable_from <= now
                    && !superseded.contains(&&method.id)
                    && (method.provable() || account.has_proven(&method.id))
            };
            let mut usable: Vec<_> = account.methods.iter().filter(is_usable).collect();
            // A stable sort: the method that the user prefers comes first.
            usable.sort_by_key(|method| first != Some(&method.id));
            usable.into_iter().map(|method| method.expected()).collect::<Vec<_>>()
        };
        let mut found = stored(Provenance::Confirmed);
        if found.is_empty() && policy.contacts.administrator {
            found = stored(Provenance::Administrator);
        }
        if found.is_empty() && policy.contacts.directory {
            found = from_directory(*kind, user).map(Expected::Sent).into_iter().collect();
        }
        if available.contains(kind) {
            found.push(Expected::External);
        }
        let numbered = found.into_iter().zip(0_u8..);
        all.extend(numbered.map(|(expected, index)| Candidate { kind: *kind, expected, index }));
    }
    all
}

pub(in crate::domain) fn from_directory(kind: MethodKind, user: &UserFacts) -> Option<Destination> {
    let contacts = &user.contacts;
    match kind {
        // Of several addresses the first counts.
        MethodKind::Email => contacts.mail.first().cloned().map(Destination::Email),
        MethodKind::MobilePhone => contacts.mobile_phone.clone().map(Destination::Phone),
        MethodKind::OfficePhone => contacts.office_phone.clone().map(Destination::Phone),
        _ => None,
    }
}

/// A user who may register methods, and what counts for that user.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registrant<'a> {
    pub(crate) user: &'a UserFacts,
    pub(crate) gates: &'a Gates,
    /// The host-verified kinds that this user has.
    pub(crate) available: &'a [MethodKind],
}

impl Registrant<'_> {
    /// Whether the account's methods suffice for a reset once every hold is over. If an
    /// administrator has required a new registration, only methods added since then count, and
    /// host-verified ones.
    pub(crate) fn is_complete(&self, account: &Account, policy: &Policy) -> bool {
        let Self { user, gates, available } = self;
        let mut all = candidates(account, user, policy, gates, available, Timestamp::MAX);
        if let Some(since) = account.registration.required_since {
            let is_new = |method: &Method| {
                method.provenance == Provenance::Confirmed && method.added_at >= since
            };
            all.retain(|candidate| {
                let own = |method: &&Method| method.expected() == candidate.expected;
                candidate.expected == Expected::External
                    || account.methods.iter().filter(own).any(is_new)
            });
        }
        satisfies(&all, gates.required)
    }
}

/// Whether `required` *distinct* methods are among these candidates: distinct by class and
/// destination.
pub(crate) fn satisfies(candidates: &[Candidate], required: u8) -> bool {
    match required {
        0 | 1 => !candidates.is_empty(),
        _ => candidates
            .iter()
            .enumerate()
            .any(|(place, left)| candidates[place + 1..].iter().any(|right| distinct(left, right))),
    }
}

pub(in crate::domain) fn distinct(left: &Candidate, right: &Candidate) -> bool {
    !left.kind.same_class(right.kind) && left.identity() != right.identity()
}

/// The options that these methods give.
pub(crate) fn options(
    candidates: &[Candidate],
    capabilities: &Capabilities,
) -> Vec<ChallengeOption> {
    let indexed = |candidate: &Candidate, channel| {
        ChallengeOption::indexed(candidate.kind, channel, candidate.index).ok()
    };
    candidates
        .iter()
        .flat_map(|candidate| {
            capabilities
                .channels_of(candidate.kind)
                .filter_map(move |channel| indexed(candidate, channel))
        })
        .collect()
}

/// The options that the policy names, the same for every caller: what a uniform reply shows.
pub(crate) fn policy_options(gates: &Gates, capabilities: &Capabilities) -> Vec<ChallengeOption> {
    gates
        .methods
        .iter()
        .flat_map(|kind| capabilities.channels_of(*kind).map(move |channel| (*kind, channel)))
        .filter_map(|(kind, channel)| ChallengeOption::new(kind, channel).ok())
        .collect()
}
