//! The facts that the host's directory gives about tenants and users, and the outcome of writes.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::identity::ids::{GroupId, Identifier, RoleId, UserId};
use crate::domain::identity::locale::Locale;
use crate::domain::identity::time_zone::TimeZone;
use crate::domain::time::Timestamp;

/// Facts about a tenant.
///
/// ```
/// let mut facts = sspr::facts::TenantFacts::new("Contoso");
/// facts.custom_domain = Some(true);
/// ```
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct TenantFacts {
    /// The name that messages use.
    pub display_name: String,
    /// The plan. `None`: no plan restricts anything.
    pub plan: Option<Plan>,
    /// When the trial began. `None`: the tenant is not on trial.
    pub trial_since: Option<Timestamp>,
    /// Whether the tenant has a domain of its own. `None` is read as true, which is stricter.
    pub custom_domain: Option<bool>,
    /// Whether a directory on premises is synchronised. `None` is read as true, which is stricter.
    pub synchronised: Option<bool>,
    /// Whether the tenant is a school, whose passwords need no classes of characters (Entra).
    /// `None` is read as false.
    pub education: Option<bool>,
    /// The cloud that the tenant is in. `None`: the public cloud.
    pub cloud: Option<String>,
    /// The language of users without one. `None`: English.
    pub locale: Option<Locale>,
    /// The time zone of users without one, for times in messages. `None`: UTC.
    pub time_zone: Option<TimeZone>,
}

impl TenantFacts {
    /// A tenant of this name, with no other facts.
    #[must_use]
    pub fn new(display_name: &str) -> Self {
        Self {
            display_name: display_name.to_owned(),
            plan: None,
            trial_since: None,
            custom_domain: None,
            synchronised: None,
            education: None,
            cloud: None,
            locale: None,
            time_zone: None,
        }
    }
}

/// The plan of a tenant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Plan {
    /// Without payment.
    Free,
    /// On trial.
    Trial,
    /// Paid, for passwords in the cloud (Entra: Business Standard and the like).
    Paid,
    /// Paid, with writeback to premises (Entra: P1, P2, Business Premium).
    Premium,
}

impl Plan {
    pub(crate) const ALL: [Self; 4] = [Self::Free, Self::Trial, Self::Paid, Self::Premium];
}

/// Facts about a user.
///
/// ```
/// use sspr::UserId;
/// use sspr::facts::UserFacts;
///
/// let mut ada = UserFacts::new(UserId::parse("u-1")?);
/// ada.user_principal_name = Some("ada@contoso.example".to_owned());
/// ada.enabled = true;
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct UserFacts {
    /// The immutable identifier.
    pub id: UserId,
    /// A mark that changes if the identifier is ever given to another person. `None`: that never
    /// happens.
    ///
    /// A directory must give a mark for every user or for none, from the first use of a store. If
    /// it starts later, records without a mark are closed, with their methods: they may belong to
    /// an earlier holder of the identifier.
    /// [`Admin::confirm_incarnation`](crate::Admin::confirm_incarnation) opens such a record,
    /// [`Admin::forget`](crate::Admin::forget) empties it. A record is also closed if its mark is
    /// no longer given. Of a mark above 128 bytes the record keeps a digest.
    pub incarnation: Option<String>,
    /// Whether the account is enabled.
    pub enabled: bool,
    /// What kind of user this is.
    pub kind: UserKind,
    /// Where the password is managed.
    pub password_home: PasswordHome,
    /// The state of writeback for this user. `None`: the policy decides.
    pub writeback: Option<WritebackState>,
    /// Whether the account is protected from password resets (reason 29).
    pub protected: bool,
    /// Whether only the most privileged administrators may act on the user although the user holds
    /// no role: as a member or an owner of a group to which roles can be assigned, or in a
    /// restricted management administrative unit. `None` is read as true, which is stricter: a
    /// directory that has neither reports `Some(false)` for every user.
    pub restricted_management: Option<bool>,
    /// Entitlements that the user holds, such as a licence. `None`: not tracked, so none is
    /// missing.
    pub entitlements: Option<BTreeSet<String>>,
    /// Roles that the user holds.
    pub roles: BTreeSet<RoleId>,
    /// The queried groups that the user is a member of.
    pub groups: BTreeSet<GroupId>,
    /// Names of the person, for password rules.
    pub names: Vec<String>,
    /// The display name.
    pub display_name: Option<String>,
    /// The primary mail address, as the directory holds it. It gets a notice of every change; it is
    /// not a method by itself. A malformed address counts as none.
    pub primary_mail: Option<String>,
    /// The user principal name. It gets the notice of a change if there is no mail address.
    pub user_principal_name: Option<String>,
    /// The language. `None`: the tenant's.
    pub locale: Option<Locale>,
    /// The time zone, for times in messages. `None`: the tenant's.
    pub time_zone: Option<TimeZone>,
    /// Contact data of the directory, unconfirmed, in the directory's order.
    pub contacts: ContactFacts,
    /// When the password was last changed. `None`: not tracked.
    pub password_changed_at: Option<Timestamp>,
    /// Whether the password has expired. `None`: not tracked, read as false.
    pub password_expired: Option<bool>,
    /// Why the password must be changed at the next sign-in. `None`: it need not be, or not tracked.
    pub must_change: Option<MustChange>,
    /// Whether the password never expires, whatever the policy says (Entra:
    /// `DisablePasswordExpiration`). `None`: not tracked; the policy then lets none expire.
    pub password_never_expires: Option<bool>,
    /// Whether the password must mix classes of characters, if the policy requires that. `Some(false)`
    /// excuses this user (Entra: `DisableStrongPassword`). `None`: not tracked, read as true.
    pub strong_password_required: Option<bool>,
    /// Whether the account is locked out of sign-in. `None`: not tracked, read as false.
    pub locked_out: Option<bool>,
    /// Whether a second factor follows the password at sign-in. `None`: not tracked, read as false.
    pub second_factor: Option<bool>,
    /// A mark that changes with every change of the account outside the engine: of the password,
    /// the state or an address. `None`: not tracked, and outside changes void nothing.
    pub change_stamp: Option<String>,
}

impl UserFacts {
    /// An enabled cloud member, with no other facts.
    #[must_use]
    pub fn new(id: UserId) -> Self {
        Self {
            id,
            incarnation: None,
            enabled: true,
            kind: UserKind::Member,
            password_home: PasswordHome::Cloud,
            writeback: None,
            protected: false,
            restricted_management: None,
            entitlements: None,
            roles: BTreeSet::new(),
            groups: BTreeSet::new(),
            names: Vec::new(),
            display_name: None,
            primary_mail: None,
            user_principal_name: None,
            locale: None,
            time_zone: None,
            contacts: ContactFacts::default(),
            password_changed_at: None,
            password_expired: None,
            must_change: None,
            password_never_expires: None,
            strong_password_required: None,
            locked_out: None,
            second_factor: None,
            change_stamp: None,
        }
    }
}

/// Contact data of the directory as it holds them: unconfirmed text.
///
/// The engine reads them by the policy's
/// [`phone_format`](crate::policy::ContactSources::phone_format). A malformed value does not count,
/// and [`Admin::explain`](crate::Admin::explain) names its slot.
///
/// ```
/// let mut contacts = sspr::facts::ContactFacts::default();
/// contacts.mail = vec!["ada@home.example".to_owned()];
/// contacts.mobile_phone = Some("+1 4251234567".to_owned());
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ContactFacts {
    /// Alternate mail addresses. The first counts, and if it is malformed none does (Entra).
    pub mail: Vec<String>,
    /// The mobile phone.
    pub mobile_phone: Option<String>,
    /// A second mobile phone. It gets notices under
    /// [`NotifyRule::All`](crate::policy::NotifyRule::All) and is never a method (Entra).
    pub alternate_mobile: Option<String>,
    /// The office phone.
    pub office_phone: Option<String>,
}

impl fmt::Debug for ContactFacts {
    /// Shows which slots are filled: unread text cannot be masked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mail, mobile_phone, alternate_mobile, office_phone } = self;
        f.debug_struct("ContactFacts")
            .field("mail", &mail.len())
            .field("mobile_phone", &mobile_phone.is_some())
            .field("alternate_mobile", &alternate_mobile.is_some())
            .field("office_phone", &office_phone.is_some())
            .finish()
    }
}

/// Why a password must be changed at the next sign-in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MustChange {
    /// It has expired.
    Expired,
    /// An administrator chose it, for one sign-in.
    Temporary,
    /// It may be known to others (NIST SP 800-63B-4, 3.1.1.2).
    Compromised,
    /// An administrator demands it.
    Demanded,
}

/// The kind of a user, which depends on the home tenant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum UserKind {
    /// A member of this tenant.
    Member,
    /// A guest whose password is kept here.
    LocalGuest,
    /// A guest whose home tenant keeps the password: not reset here.
    ForeignGuest,
    /// A personal account: not reset here.
    Personal,
}

/// Where a password is managed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum PasswordHome {
    /// In the directory itself: the engine's rules judge a new password.
    Cloud,
    /// On premises: the directory judges a new password, and writeback is needed.
    OnPremises,
}

/// The state of writeback.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum WritebackState {
    /// It runs.
    Running,
    /// It is not set up (reason 10).
    NotConfigured,
    /// It cannot be reached now (reason 30).
    Unreachable,
}

/// The user to find, and the groups to check.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct UserQuery<'a> {
    /// The user.
    pub by: UserSelector<'a>,
    /// The groups whose members the policy distinguishes.
    pub groups: &'a BTreeSet<GroupId>,
}

impl<'a> UserQuery<'a> {
    /// A query.
    #[must_use]
    pub const fn new(by: UserSelector<'a>, groups: &'a BTreeSet<GroupId>) -> Self {
        Self { by, groups }
    }
}

/// How a user is named in a query.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum UserSelector<'a> {
    /// By what a person typed.
    Identifier(&'a Identifier),
    /// By the immutable identifier.
    Id(&'a UserId),
}
