//! Why a reset is refused, what helps, and how far a flow has come.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Who can remove the cause of a refusal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Remedy {
    /// The user: with another identifier, another method, or after the lock has passed.
    User,
    /// An administrator of this tenant.
    Administrator,
    /// The system that keeps the password: the home tenant, or the provider of the account.
    Elsewhere,
    /// Time: the directory has to become reachable, or to catch up.
    Wait,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = ($code:expr, $remedy:ident, $words:literal, $advice:literal);)+) => {
        /// Why a reset is refused, by Entra's numbers where it has one.
        ///
        /// The variants before [`NoSuchMethod`](Self::NoSuchMethod) are in the order in which the
        /// engine evaluates them: of several that hold a flow takes the first, and
        /// [`Admin::explain`](crate::Admin::explain) lists all that hold for a user of the
        /// directory. [`Blocked`](Self::Blocked) is found when a challenge is opened, and by
        /// `explain`.
        ///
        /// ```
        /// use sspr::error::SsprReason;
        /// use sspr::audit::Remedy;
        ///
        /// assert_eq!(SsprReason::NotInScope.code(), Some(13));
        /// assert_eq!(SsprReason::UnknownUser.code(), None);
        /// assert_eq!(SsprReason::NotInScope.remedy(), Remedy::Administrator);
        /// assert!(SsprReason::DirectoryUnreachable.retry_helps());
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum SsprReason {
            $($(#[$doc])* $name,)+
        }

        impl SsprReason {
            /// Every reason, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Entra's number (`SSPR_0009` to `SSPR_0030`), where there is one. Microsoft documents 9
            /// to 14, 29 and 30; 15 is known from its support only.
            #[must_use]
            pub const fn code(self) -> Option<u8> {
                match self { $(Self::$name => $code,)+ }
            }

            /// Who can remove the cause.
            #[must_use]
            pub const fn remedy(self) -> Remedy {
                match self { $(Self::$name => Remedy::$remedy,)+ }
            }

            /// What an administrator or the help desk can do, in English.
            #[must_use]
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)+ }
            }

            const fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)+ }
            }
        }
    };
}

reasons! {
    /// No tenant has this name in the directory.
    UnknownTenant = (None, Administrator, "the directory does not know the tenant",
        "check which tenant the request names");
    /// No account has this identifier.
    UnknownUser = (None, User, "no account has this identifier",
        "check the spelling of the sign-in name");
    /// Several accounts have this identifier, so it selects none.
    SeveralUsers = (None, User, "several accounts have this identifier",
        "use the sign-in name instead of a shared mailbox");
    /// The password is kept by the user's home tenant, whose policy decides.
    HomeTenant = (None, Elsewhere, "the home tenant keeps the password",
        "reset the password in the home tenant");
    /// A personal account: its provider resets the password.
    PersonalAccount = (None, Elsewhere, "a personal account, whose provider keeps the password",
        "use the account recovery of its provider");
    /// The account is disabled.
    AccountDisabled = (None, Administrator, "the account is disabled", "enable the account");
    /// The record belongs to the person who had the identifier before
    /// ([`Admin::forget`](crate::Admin::forget) empties it).
    OtherIncarnation = (None, Administrator, "the record belongs to a previous user of this id",
        "confirm that it is the same user, or forget the account");
    /// The owner has repudiated a change: self-service is blocked until an administrator
    /// [unblocks](crate::Admin::unblock) the account.
    Repudiated = (None, Administrator, "the owner has repudiated a change",
        "verify the owner, check the methods of the account, then unblock it");
    /// No policy is defined (11).
    NoPolicy = (Some(11), Administrator, "no policy is defined", "define a policy for the tenant");
    /// Self-service reset is switched off (9).
    SwitchedOff = (Some(9), Administrator, "self-service reset is switched off",
        "switch self-service reset on");
    /// Self-service reset is switched off for administrators (9), whatever the scope is.
    AdministratorsOff = (Some(9), Administrator,
        "self-service reset is switched off for administrators",
        "switch it on for administrators, or have another administrator reset the password");
    /// Writeback is needed and off (10).
    WritebackOff = (Some(10), Administrator, "writeback is off",
        "switch writeback on in the policy, and set it up on premises");
    /// An entitlement is missing (12).
    NotEntitled = (Some(12), Administrator, "an entitlement is missing",
        "assign a licence that includes self-service reset");
    /// The user is in none of the selected groups (13).
    NotInScope = (Some(13), Administrator, "the user is in none of the selected groups",
        "add the user to a selected group");
    /// An administrator must act on the directory: rights, configuration (29).
    AdministratorRequired = (Some(29), Administrator,
        "an administrator must act on the directory",
        "check the rights of the service account, and the detail of the audit event");
    /// The account is protected from password resets (29).
    Protected = (Some(29), Administrator, "the account is protected from password resets",
        "have an administrator of the directory reset the password");
    /// The directory cannot be reached (30).
    DirectoryUnreachable = (Some(30), Wait, "the directory cannot be reached",
        "try again later; if it lasts, check the connection to the directory");
    /// Too few methods are registered (14).
    TooFewMethods = (Some(14), Administrator, "too few methods are registered",
        "supply contact data, or reset the password and have the user register");
    /// Enough methods are registered, but this service can verify too few of them: a channel has no
    /// provider, or a part is missing (15).
    ServiceIncomplete = (Some(15), Administrator, "the service lacks a part that the methods need",
        "set up a provider for each channel of the policy, and a seal for authenticator apps");
    /// A failure budget is spent.
    Blocked = (None, User, "a failure budget is spent",
        "wait until the lock has passed, use another method, or clear the budgets");
    /// The account does not have the chosen method.
    NoSuchMethod = (None, User, "the account has no such method", "choose another method");
    /// The directory did not accept the password.
    PasswordRefused = (None, User, "the directory did not accept the password",
        "choose another password");
    /// The password is written on premises, and the cloud does not have it yet
    /// (`OnPremisesSuccessCloudFailure`).
    NotPropagated = (None, Wait, "the password is written and not in every system yet",
        "wait a few minutes, then sign in with the new password");
}

impl SsprReason {
    /// Whether the same request can succeed later without any other change.
    #[must_use]
    pub const fn retry_helps(self) -> bool {
        matches!(self.remedy(), Remedy::Wait) || matches!(self, Self::Blocked)
    }
}

impl fmt::Display for SsprReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code() {
            Some(code) => write!(f, "{} (SSPR_{code:04})", self.words()),
            None => f.write_str(self.words()),
        }
    }
}

/// How far a flow has come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FlowStage {
    /// A challenge was opened, nothing is proven.
    Challenged,
    /// Some of the required methods are proven.
    PartlyProven,
    /// A grant was earned; no password was written.
    Granted,
    /// A write was begun and its outcome is not known.
    Writing,
}
