//! Who may reset, in the fixed order of reasons, and what they may prove.

use super::account::{Account, MethodState, Provenance};
use super::contact::Destination;
use super::facts::{PasswordHome, TenantFacts, UserFacts, UserKind, WritebackState};
use super::ids::RoleId;
use super::method::{ChallengeOption, Channel, MethodKind};
use super::policy::{Gates, Policy, Scope};
use super::reason::SsprReason;
use super::time::Timestamp;

/// What applies to a user who may reset.
#[derive(Clone, Debug)]
pub(crate) struct Standing<'a> {
    pub(crate) gates: &'a Gates,
    pub(crate) administrator: bool,
}

/// Whether the facts and the policy let this user reset; methods are looked at separately.
///
/// The order is fixed: account and kind of user, no policy (11), switched off (9), writeback (10),
/// entitlement (12), group (13), protected (29), directory unreachable (30).
pub(crate) fn standing<'a>(
    policy: Option<&'a Policy>,
    tenant: Option<&TenantFacts>,
    user: &UserFacts,
) -> Result<Standing<'a>, SsprReason> {
    if tenant.is_none() || !user.enabled {
        return Err(SsprReason::AccountDisabled);
    }
    if matches!(user.kind, UserKind::ForeignGuest | UserKind::Personal) {
        return Err(SsprReason::AccountDisabled);
    }
    let policy = policy.ok_or(SsprReason::NoPolicy)?;
    let roles = &policy.administrators.roles;
    // Directories do not agree on the case of names; the stricter policy must not depend on it.
    let same = |left: &RoleId, right: &RoleId| {
        left.as_str().to_lowercase() == right.as_str().to_lowercase()
    };
    let administrator = user.roles.iter().any(|role| roles.iter().any(|one| same(one, role)));
    // The administrators' switch does not depend on the scope: the scope governs users only.
    if administrator && !policy.administrators.enabled {
        return Err(SsprReason::SwitchedOff);
    }
    if !administrator && policy.scope == Scope::None {
        return Err(SsprReason::SwitchedOff);
    }
    let on_premises = user.password_home == PasswordHome::OnPremises;
    let writeback_off =
        !policy.on_premises.writeback || user.writeback == Some(WritebackState::NotConfigured);
    if on_premises && writeback_off {
        return Err(SsprReason::WritebackOff);
    }
    if let (Some(wanted), Some(held)) = (&policy.required_entitlement, &user.entitlements)
        && !held.contains(wanted)
    {
        return Err(SsprReason::NotEntitled);
    }
    if let Scope::Selected(groups) = &policy.scope
        && !administrator
        && !user.groups.iter().any(|group| groups.contains(group))
    {
        return Err(SsprReason::NotInScope);
    }
    if user.protected {
        return Err(SsprReason::AdministratorRequired);
    }
    if on_premises && user.writeback == Some(WritebackState::Unreachable) {
        return Err(SsprReason::DirectoryUnreachable);
    }
    let gates = if administrator { &policy.administrators.gates } else { &policy.users };
    Ok(Standing { gates, administrator })
}

/// A method that the user could prove now.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Candidate {
    pub(crate) kind: MethodKind,
    pub(crate) destination: Destination,
    /// Its place among the user's methods of this kind.
    pub(crate) index: u8,
}

/// The methods that the user could prove now: of each kind what the user confirmed, else what an
/// administrator supplied, else what the directory holds.
pub(crate) fn candidates(
    account: &Account,
    user: &UserFacts,
    policy: &Policy,
    gates: &Gates,
    now: Timestamp,
) -> Vec<Candidate> {
    let mut all = Vec::new();
    for kind in &gates.methods {
        let stored = |provenance: Provenance| {
            let usable = account.methods.iter().filter(move |method| {
                method.kind == *kind
                    && method.state == MethodState::Active
                    && method.provenance == provenance
                    && method.usable_from <= now
            });
            usable.map(|method| method.destination.clone()).collect::<Vec<_>>()
        };
        let mut found = stored(Provenance::Confirmed);
        if found.is_empty() && policy.contacts.administrator {
            found = stored(Provenance::Administrator);
        }
        if found.is_empty() && policy.contacts.directory {
            found = from_directory(*kind, user);
        }
        let numbered = found.into_iter().zip(0_u8..);
        all.extend(numbered.map(|(destination, index)| Candidate {
            kind: *kind,
            destination,
            index,
        }));
    }
    all
}

fn from_directory(kind: MethodKind, user: &UserFacts) -> Vec<Destination> {
    let contacts = &user.contacts;
    match kind {
        // Of several addresses the first counts.
        MethodKind::Email => contacts.mail.first().cloned().map(Destination::Email),
        MethodKind::MobilePhone => contacts.mobile.clone().map(Destination::Phone),
        MethodKind::OfficePhone => contacts.office.clone().map(Destination::Phone),
        _ => None,
    }
    .into_iter()
    .collect()
}

/// Whether `required` *distinct* methods are among these: distinct by kind and by destination.
pub(crate) fn enough(candidates: &[Candidate], required: u8) -> bool {
    match required {
        0 | 1 => !candidates.is_empty(),
        _ => candidates
            .iter()
            .enumerate()
            .any(|(place, left)| candidates[place + 1..].iter().any(|right| distinct(left, right))),
    }
}

fn distinct(left: &Candidate, right: &Candidate) -> bool {
    left.kind != right.kind && left.destination.normalised() != right.destination.normalised()
}

/// The options that these methods give over the channels that have a provider.
pub(crate) fn options(candidates: &[Candidate], channels: &[Channel]) -> Vec<ChallengeOption> {
    let mut options = Vec::new();
    for candidate in candidates {
        for channel in candidate.kind.channels() {
            if channels.contains(channel)
                && let Ok(option) =
                    ChallengeOption::indexed(candidate.kind, *channel, candidate.index)
            {
                options.push(option);
            }
        }
    }
    options
}

/// The options that the policy names, whoever asks: what a uniform answer shows.
pub(crate) fn policy_options(gates: &Gates, channels: &[Channel]) -> Vec<ChallengeOption> {
    let kinds = gates.methods.iter();
    kinds
        .flat_map(|kind| kind.channels().iter().map(move |channel| (*kind, *channel)))
        .filter(|(_, channel)| channels.contains(channel))
        .filter_map(|(kind, channel)| ChallengeOption::new(kind, channel).ok())
        .collect()
}
