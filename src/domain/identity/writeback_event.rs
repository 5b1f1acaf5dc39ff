//! The numbers under which Microsoft's password writeback logs what happened on premises.

use super::writes::{PolicyReason, WriteOutcome};
use crate::domain::reason::SsprReason;

/// An event of password writeback on premises: of `PasswordResetService`, of the sync engine, or an error
/// code of it.
///
/// A [`Directory`](crate::port::Directory) that reads these logs returns [`outcome`](Self::outcome).
///
/// ```
/// use sspr::error::SsprReason;
/// use sspr::facts::{PolicyReason, WriteOutcome, WritebackEvent};
///
/// let event = WritebackEvent::of(33008).unwrap();
/// assert_eq!(event.name(), "ADPasswordPolicyError");
/// let refused = WriteOutcome::PolicyViolation(PolicyReason::Unspecified);
/// assert_eq!(event.outcome(), Some(refused));
/// assert_eq!(WritebackEvent::of(33004).unwrap().reason(), Some(SsprReason::AdministratorRequired));
/// assert_eq!(WritebackEvent::of(31001).unwrap().outcome(), None, "a write begins");
/// assert_eq!(WritebackEvent::of(1), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct WritebackEvent {
    number: u32,
    name: &'static str,
    meaning: WritebackMeaning,
}

/// What an event of writeback means for a write.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum WritebackMeaning {
    /// A step that worked, or a note: no write has ended.
    Progress,
    /// The password is written.
    Written,
    /// The rules of the domain refuse the password: age, history, complexity, a filter.
    Policy,
    /// The current password of a change is wrong.
    CurrentPassword,
    /// An administrator must act: rights, protection, configuration, duplicate or missing objects.
    Administrator,
    /// The service, its relay or the directory cannot be reached.
    Connection,
    /// The event does not tell.
    Unknown,
}

impl WritebackMeaning {
    /// Every meaning.
    pub const ALL: [Self; 7] = [
        Self::Progress,
        Self::Written,
        Self::Policy,
        Self::CurrentPassword,
        Self::Administrator,
        Self::Connection,
        Self::Unknown,
    ];

    /// A stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Progress => "progress",
            Self::Written => "written",
            Self::Policy => "policy",
            Self::CurrentPassword => "current_password",
            Self::Administrator => "administrator",
            Self::Connection => "connection",
            Self::Unknown => "unknown",
        }
    }
}

macro_rules! events {
    ($($number:literal $name:literal $meaning:ident;)+) => {
        const EVENTS: &[WritebackEvent] = &[$(WritebackEvent {
            number: $number,
            name: $name,
            meaning: WritebackMeaning::$meaning,
        }),+];
    };
}

events! {
    6329 "PasswordRefusedByDomain" Policy;
    6800 "EndpointNotStarted" Connection;
    31001 "PasswordResetStart" Progress;
    31002 "PasswordResetSuccess" Written;
    31003 "PasswordResetFail" Administrator;
    31004 "OnboardingEventStart" Progress;
    31005 "OnboardingEventSuccess" Progress;
    31006 "ChangePasswordStart" Progress;
    31007 "ChangePasswordSuccess" Written;
    31008 "ChangePasswordFail" Administrator;
    31009 "ResetUserPasswordByAdminStart" Progress;
    31010 "ResetUserPasswordByAdminSuccess" Written;
    31011 "ResetUserPasswordByAdminFail" Administrator;
    31012 "OffboardingEventStart" Progress;
    31013 "OffboardingEventSuccess" Progress;
    31014 "OffboardingEventFail" Administrator;
    31015 "WriteBackServiceStarted" Progress;
    31016 "WriteBackServiceStopped" Connection;
    31017 "AuthTokenSuccess" Progress;
    31018 "KeyPairCreationSuccess" Progress;
    31019 "ServiceBusHeartBeat" Progress;
    31034 "ServiceBusListenerError" Connection;
    31044 "PasswordResetService" Connection;
    32000 "UnknownError" Unknown;
    32001 "ServiceError" Connection;
    32002 "ServiceBusError" Connection;
    32003 "InPutValidationError" Connection;
    32004 "DecryptionError" Administrator;
    32005 "ConfigurationError" Administrator;
    32007 "OnBoardingConfigUpdateError" Administrator;
    32008 "ValidationError" Connection;
    32009 "AuthTokenError" Administrator;
    32010 "CryptoError" Administrator;
    32011 "OnBoardingServiceError" Administrator;
    32013 "OffBoardingError" Administrator;
    32014 "ServiceBusWarning" Progress;
    32015 "ReportServiceHealthError" Progress;
    33001 "ADUnKnownError" Administrator;
    33002 "ADUserNotFoundError" Administrator;
    33003 "ADMutliMatchError" Administrator;
    33004 "ADPermissionsError" Administrator;
    33005 "ADUserAccountDisabled" Administrator;
    33006 "ADUserAccountLockedOut" Administrator;
    33007 "ADUserIncorrectPassword" CurrentPassword;
    33008 "ADPasswordPolicyError" Policy;
    33009 "ADConfigurationError" Administrator;
    0x8007_00CE "NameTooLong" Administrator;
    0x8023_0402 "DuplicateAnchor" Administrator;
    0x8023_0619 "PasswordRefusedByDomain" Policy;
    0x8023_061F "PasswordSyncNotEnabled" Administrator;
    0x8023_062C "InsecureConnectionRefused" Administrator;
    0x8023_1367 "ProtectedAccount" Administrator;
}

/// `ADUnKnownError`.
const AD_UNKNOWN_ERROR: u32 = 33_001;

impl WritebackEvent {
    /// Every event, by its number.
    pub const ALL: &'static [Self] = EVENTS;

    /// The event of this number or error code; `None` if Microsoft documents none.
    #[must_use]
    pub fn of(number: u32) -> Option<Self> {
        let place = EVENTS.binary_search_by_key(&number, |event| event.number).ok()?;
        EVENTS.get(place).copied()
    }

    /// The number, or the error code of the sync engine.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.number
    }

    /// Microsoft's name; for an event without one, a name of this crate.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// What it means for the write.
    #[must_use]
    pub const fn meaning(self) -> WritebackMeaning {
        self.meaning
    }

    /// The outcome that a directory reports for the write that logged it. `None` if the event ends no
    /// write: a step that worked, a wrong current password, and what concerns the service as a whole, such
    /// as a relay that is not reached. A write that was under way then is
    /// [`Indeterminate`](WriteOutcome::Indeterminate); [`reason`](Self::reason) says what to do.
    ///
    /// ```
    /// use sspr::error::SsprReason;
    /// use sspr::facts::{WriteOutcome, WritebackEvent};
    ///
    /// let stopped = WritebackEvent::of(31016).unwrap();
    /// assert_eq!(stopped.outcome(), None);
    /// assert_eq!(stopped.reason(), Some(SsprReason::DirectoryUnreachable));
    /// let unknown = WritebackEvent::of(33001).unwrap();
    /// assert_eq!(unknown.outcome(), Some(WriteOutcome::Indeterminate));
    /// ```
    #[must_use]
    pub const fn outcome(self) -> Option<WriteOutcome> {
        match self.meaning {
            WritebackMeaning::Progress | WritebackMeaning::CurrentPassword => None,
            WritebackMeaning::Written => Some(WriteOutcome::Written),
            WritebackMeaning::Unknown => Some(WriteOutcome::Indeterminate),
            // An error that the service does not know may come after the write.
            _ if self.number == AD_UNKNOWN_ERROR => Some(WriteOutcome::Indeterminate),
            _ if !self.ends_a_write() => None,
            WritebackMeaning::Policy => {
                Some(WriteOutcome::PolicyViolation(PolicyReason::Unspecified))
            }
            WritebackMeaning::Administrator => Some(WriteOutcome::AdminActionRequired),
            WritebackMeaning::Connection => Some(WriteOutcome::Unreachable),
        }
    }

    /// Whether the event is that of one refused write, and not of the service.
    const fn ends_a_write(self) -> bool {
        matches!(
            self.number,
            6329 | 31_003 | 31_008 | 31_011 | 32_003 | 32_004 | 33_002..=33_009 | 0x8000_0000..
        )
    }

    /// The reason of the table of troubleshooting that belongs to it.
    #[must_use]
    pub const fn reason(self) -> Option<SsprReason> {
        match self.meaning {
            WritebackMeaning::Policy => Some(SsprReason::PasswordRefused),
            WritebackMeaning::Administrator => Some(SsprReason::AdministratorRequired),
            WritebackMeaning::Connection => Some(SsprReason::DirectoryUnreachable),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// E7.3: each number is found, once.
    #[test]
    fn each_number_of_writeback_is_found() {
        assert!(EVENTS.is_sorted_by(|one, other| one.number < other.number));
        for event in EVENTS {
            assert_eq!(WritebackEvent::of(event.number), Some(*event));
        }
        assert_eq!(EVENTS.len(), 52);
        for number in [0, 31_000, 31_020, 32_006, 33_000, 33_010, u32::MAX] {
            assert_eq!(WritebackEvent::of(number), None, "{number}");
        }
    }

    /// E7.3: the numbers lead to the codes 29 and 30 as in the table.
    #[test]
    fn the_numbers_lead_to_the_codes_of_the_user() {
        let code = |number: u32| {
            let reason = WritebackEvent::of(number).expect("documented").reason();
            reason.and_then(SsprReason::code)
        };
        for number in [33_001, 33_002, 33_003, 33_004, 33_005, 33_006, 33_009] {
            assert_eq!(code(number), Some(29), "{number}");
        }
        for number in [31_016, 32_001, 32_002] {
            assert_eq!(code(number), Some(30), "{number}");
        }
        assert_eq!(code(33_008), None);
        let refused = WritebackEvent::of(33_008).and_then(WritebackEvent::reason);
        assert_eq!(refused, Some(SsprReason::PasswordRefused));
        assert_eq!(WritebackEvent::of(33_007).and_then(WritebackEvent::outcome), None);
    }

    /// E7.3: a definite outcome only for what one write has logged. An error of the service, or one that it
    /// does not know, is no fact about a write.
    #[test]
    fn an_error_of_the_service_is_no_outcome_of_a_write() {
        let outcome = |number: u32| WritebackEvent::of(number).expect("documented").outcome();
        let refused = WriteOutcome::PolicyViolation(PolicyReason::Unspecified);
        for number in [6_329, 33_008, 0x8023_0619] {
            assert_eq!(outcome(number).as_ref(), Some(&refused), "{number}");
        }
        let definite =
            [31_003, 31_008, 31_011, 32_004, 33_002, 33_003, 33_004, 33_005, 33_006, 33_009];
        for number in definite.into_iter().chain([0x8007_00CE, 0x8023_0402, 0x8023_1367]) {
            assert_eq!(outcome(number), Some(WriteOutcome::AdminActionRequired), "{number}");
        }
        assert_eq!(outcome(32_003), Some(WriteOutcome::Unreachable));
        for number in [31_002, 31_007, 31_010] {
            assert_eq!(outcome(number), Some(WriteOutcome::Written), "{number}");
        }
        for number in [32_000, 33_001] {
            assert_eq!(outcome(number), Some(WriteOutcome::Indeterminate), "{number}");
        }
        let service = [6_800, 31_014, 31_016, 31_034, 31_044, 32_001, 32_002, 32_005, 32_007];
        let more = [32_008, 32_009, 32_010, 32_011, 32_013];
        for number in service.into_iter().chain(more) {
            assert_eq!(outcome(number), None, "{number}");
            assert!(WritebackEvent::of(number).and_then(WritebackEvent::reason).is_some());
        }
    }
}
