//! The help desk: where requests for help go, and the links of notices and invitations.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::crypto::link_base::{LinkBase, is_address};
use crate::domain::identity::contact::EmailAddress;
use crate::domain::identity::ids::RoleId;
use crate::domain::invalid::InvalidInput;
use crate::domain::record::serde_text::serde_as_text;
use crate::domain::time::{DAY, duration_ms};

/// The help desk and what its administrators do for a user.
///
/// ```
/// use sspr::policy::{HelpDesk, HelpUrl};
/// use sspr::Policy;
///
/// let url = HelpUrl::parse("https://help.contoso.example/password")?;
/// let policy = Policy::with(|settings| settings.desk.help = HelpDesk::Url(url)).unwrap();
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct DeskPolicy {
    /// Where *contact your administrator* leads. Default [`HelpDesk::Administrators`].
    pub help: HelpDesk,
    /// How a user reaches the help desk, as every message says: a number, an address, opening hours.
    /// Default: none; the page or the mailbox of `help` is then named, if there is one. NIST SP
    /// 800-63B-4, 4.6 requires contact information in each notice of a recovery.
    pub contact: Option<HelpContact>,
    /// The roles whose holders get requests for help, in tiers: the first tier with a holder who has
    /// a mail address gets them, 100 holders at most. Default (Entra): Password Administrators and
    /// Helpdesk Administrators, else User Administrators, else Global Administrators. 1 to 4 tiers,
    /// each of 1 to 16 roles.
    pub help_tiers: Vec<BTreeSet<RoleId>>,
    /// The page to which the *it was not me* link of a mailed notice leads: its button calls
    /// [`Repudiation::redeem`](crate::recovery::Repudiation::redeem). Default: none, so that notices hold no
    /// link.
    pub repudiation_link: Option<LinkBase>,
    /// How long such a link is accepted after its notice was sent. Default 24 hours, the default
    /// [`hold`](super::RegistrationPolicy::hold) of a new address; 1 hour to 7 days.
    #[serde(with = "duration_ms")]
    pub repudiation_life: Duration,
    /// Whether the help desk gets a notice when an owner has used such a link: the holders of
    /// `help_tiers`, or of [`administrator_roles`](super::Notifications::administrator_roles) if
    /// `help` is no administrator. Default true.
    pub repudiation_notice: bool,
    /// How long the link of an [invitation](crate::Admin::invite) is accepted. Default 7 days, 1 hour
    /// to 30 days.
    #[serde(with = "duration_ms")]
    pub invitation_life: Duration,
    /// Hours after which a [temporary password](crate::Admin::set_temporary_password) that was not
    /// changed is refused by the directory: 1 to 720. Default: none, it lives until it is changed at
    /// the first sign-in (Entra).
    pub temporary_password_hours: Option<u16>,
}

impl Default for DeskPolicy {
    fn default() -> Self {
        let tier = |names: &[&str]| -> BTreeSet<RoleId> {
            names.iter().filter_map(|name| RoleId::parse(name).ok()).collect()
        };
        let tiers: [&[&str]; 3] = [
            &["Helpdesk Administrator", "Password Administrator"],
            &["User Administrator"],
            &["Global Administrator"],
        ];
        Self {
            help: HelpDesk::default(),
            contact: None,
            help_tiers: tiers.map(tier).into(),
            repudiation_link: None,
            repudiation_life: DAY,
            repudiation_notice: true,
            invitation_life: 7 * DAY,
            temporary_password_hours: None,
        }
    }
}

impl DeskPolicy {
    /// The most roles of one tier.
    pub(super) const MAX_TIER: usize = 16;

    /// How a user reaches the help desk: the contact, else the page or the mailbox of `help`.
    ///
    /// ```
    /// use sspr::policy::{DeskPolicy, HelpContact, HelpDesk, HelpUrl};
    ///
    /// let mut desk = DeskPolicy::default();
    /// assert_eq!(desk.shown_contact(), None);
    /// desk.help = HelpDesk::Url(HelpUrl::parse("https://help.contoso.example/password")?);
    /// assert_eq!(desk.shown_contact(), Some("https://help.contoso.example/password"));
    /// desk.contact = Some(HelpContact::parse("Service desk, +371 6700 0000")?);
    /// assert_eq!(desk.shown_contact(), Some("Service desk, +371 6700 0000"));
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn shown_contact(&self) -> Option<&str> {
        match (&self.contact, &self.help) {
            (Some(contact), _) => Some(contact.as_str()),
            (None, HelpDesk::Url(page)) => Some(page.as_str()),
            (None, HelpDesk::Mail(mail)) => Some(mail.as_str()),
            (None, HelpDesk::Administrators | HelpDesk::Off) => None,
        }
    }
}

/// Where a user who cannot reset gets help.
///
/// ```
/// use sspr::facts::EmailAddress;
/// use sspr::policy::HelpDesk;
///
/// let desk = HelpDesk::Mail(EmailAddress::parse("desk@contoso.example")?);
/// assert_ne!(desk, HelpDesk::default());
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HelpDesk {
    /// Administrators get a mail that names the user: the holders of
    /// [`help_tiers`](DeskPolicy::help_tiers).
    #[default]
    Administrators,
    /// A page of the organisation. The engine sends nothing.
    Url(HelpUrl),
    /// A mailbox to which the user writes. The engine sends nothing. It must not be the mailbox of a
    /// user who could need a reset to read it.
    Mail(EmailAddress),
    /// No help is offered.
    Off,
}

/// How a user reaches the help desk: one line of text, shown in messages.
///
/// ```
/// use sspr::policy::HelpContact;
///
/// assert!(HelpContact::parse("Service desk, +371 6700 0000").is_ok());
/// assert!(HelpContact::parse(" ").is_err());
/// assert!(HelpContact::parse("two\nlines").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct HelpContact(String);

serde_as_text!(HelpContact, Self::parse);

impl HelpContact {
    const MAX_BYTES: usize = 200;

    /// Takes one line of text of 1 to 200 bytes. Spaces at its ends are removed.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Empty`], [`InvalidInput::TooLong`], [`InvalidInput::Control`].
    pub fn parse(text: &str) -> Result<Self, InvalidInput> {
        const WHAT: &str = "help contact";
        let line = text.trim();
        if line.is_empty() {
            return Err(InvalidInput::Empty { what: WHAT });
        }
        if line.len() > Self::MAX_BYTES {
            return Err(InvalidInput::TooLong { what: WHAT, max: Self::MAX_BYTES });
        }
        if line.chars().any(char::is_control) {
            return Err(InvalidInput::Control { what: WHAT });
        }
        Ok(Self(line.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The address of a help page, shown to users as a link.
///
/// ```
/// use sspr::policy::HelpUrl;
///
/// assert!(HelpUrl::parse("https://help.contoso.example/password?from=sspr").is_ok());
/// assert!(HelpUrl::parse("javascript:alert(1)").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct HelpUrl(String);

serde_as_text!(HelpUrl, Self::parse);

impl HelpUrl {
    const MAX_BYTES: usize = 256;

    /// Takes an absolute `https` or `http` address of printable ASCII, at most 256 bytes, with a host
    /// name and without a user. A page in an intranet may have no certificate: the address holds no
    /// secret.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::TooLong`], [`InvalidInput::Malformed`].
    pub fn parse(text: &str) -> Result<Self, InvalidInput> {
        const WHAT: &str = "help address";
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidInput::TooLong { what: WHAT, max: Self::MAX_BYTES });
        }
        let well_formed = is_address(text, "https://") || is_address(text, "http://");
        well_formed.then(|| Self(text.to_owned())).ok_or(InvalidInput::Malformed { what: WHAT })
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
