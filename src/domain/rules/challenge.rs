//! The command to open a challenge: for which flow, by whom, for which method, and fresh bytes.

use std::time::Duration;

use super::Reservation;
use crate::domain::account::{
    CredentialEpoch, Expected, FlowId, Generation, Offer, Purpose, SourceHash,
};
use crate::domain::crypto::ticket::TicketClaims;
use crate::domain::identity::facts::UserFacts;
use crate::domain::identity::ids::MethodId;
use crate::domain::identity::locale::Locale;
use crate::domain::method::ChallengeOption;
use crate::domain::policy::Policy;
use crate::domain::reason::SsprReason;
use crate::domain::time::Timestamp;

/// The command: open a challenge in an existing flow, or begin a flow with it.
#[derive(Clone)]
pub(crate) struct Open<'a> {
    pub(crate) flow: FlowTerms<'a>,
    pub(crate) asked: Asked,
    pub(crate) option: ChallengeOption,
    /// What the challenge expects, or why it is a decoy.
    pub(crate) expected: Result<Expected, SsprReason>,
    /// The options that the flow shows after its first proof.
    pub(crate) offers: Vec<Offer>,
    /// The pending method that the challenge confirms.
    pub(crate) confirms: Option<MethodId>,
    /// A limit across accounts that is spent; the event alarms.
    pub(crate) limit_spent: Option<LimitSpent>,
    /// The reservation of a typed phone number that was correct: opening refunds it.
    pub(crate) number: Option<Reservation>,
    pub(crate) locale: Locale,
    pub(crate) fresh: FreshChallenge,
}

/// The flow of a challenge, as its ticket and the directory describe it.
#[derive(Clone, Copy)]
pub(crate) struct FlowTerms<'a> {
    pub(crate) id: FlowId,
    pub(crate) purpose: Purpose,
    pub(crate) generation: Generation,
    pub(crate) started_at: Timestamp,
    /// How long the flow of an invitation waits for its link; otherwise the policy's lifetimes apply.
    pub(crate) invitation: Option<Duration>,
    /// The account's epoch when the flow began.
    pub(crate) epoch: CredentialEpoch,
    /// Distinct methods that the flow requires.
    pub(crate) required: u8,
    pub(crate) stamp: Option<&'a str>,
    pub(crate) incarnation: Option<&'a str>,
}

impl<'a> FlowTerms<'a> {
    pub(crate) fn of(claim: &TicketClaims, user: Option<&'a UserFacts>, required: u8) -> Self {
        Self {
            id: claim.flow,
            purpose: claim.purpose,
            generation: claim.generation,
            started_at: claim.started_at,
            invitation: None,
            epoch: claim.epoch,
            required,
            stamp: user.and_then(|user| user.change_stamp.as_deref()),
            incarnation: user.and_then(|user| user.incarnation.as_deref()),
        }
    }
}

impl FlowTerms<'_> {
    /// When the flow ends.
    pub(super) fn ends_at(&self, policy: &Policy) -> Timestamp {
        self.started_at.plus(self.invitation.unwrap_or(policy.lifetimes.flow))
    }
}

/// The request for a challenge.
#[derive(Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) by: Asker,
    /// A short keyed hash of the source.
    pub(crate) source: SourceHash,
    /// When the request arrived: the wait before the next code runs from then.
    pub(crate) at: Timestamp,
}

/// The caller that requests a challenge, which decides the budgets that it draws on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Asker {
    /// A caller without any of the properties below.
    Unrecognised,
    /// A source from which the user has registered a method or completed a flow.
    FamiliarSource,
    /// A browser that has completed a flow of this account.
    KnownDevice,
    /// An administrator, for the user to continue.
    Administrator,
}

/// The key and the random bytes of a new challenge.
#[derive(Clone, Copy)]
pub(crate) struct FreshChallenge {
    pub(crate) key: u16,
    pub(crate) nonce: [u8; 12],
}

impl<'a> Open<'a> {
    /// Why the challenge is a decoy, if it is one.
    pub(super) fn suppressed(&self) -> Option<SsprReason> {
        match &self.expected {
            Ok(Expected::SignInNames(_)) => Some(SsprReason::SeveralUsers),
            Ok(_) => None,
            Err(reason) => Some(*reason),
        }
    }

    /// A challenge that expects nothing yet.
    pub(crate) fn new(
        flow: FlowTerms<'a>,
        asked: Asked,
        option: ChallengeOption,
        fresh: FreshChallenge,
    ) -> Self {
        Self {
            flow,
            asked,
            option,
            expected: Err(SsprReason::NoSuchMethod),
            offers: Vec::new(),
            confirms: None,
            limit_spent: None,
            number: None,
            locale: Locale::default(),
            fresh,
        }
    }
}

/// A limit across accounts that is spent: codes are longer, or allow fewer attempts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LimitSpent {
    /// The limit of the tenant: all its codes are longer.
    Tenant,
    /// The limit of the destination: its codes allow fewer attempts. The reply does not show that,
    /// since it would reveal whose destination it is.
    Destination,
    /// The limit of the destination's range of numbers, as for [`LimitSpent::Destination`].
    Prefix,
}

impl LimitSpent {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Destination => "destination",
            Self::Prefix => "prefix",
        }
    }
}
