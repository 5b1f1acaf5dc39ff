//! What a kind of directory calls things: attributes, filters and groups, as data that a host can change.

use std::time::Duration;

use super::filter::Filter;
use super::value::{guid_bytes, guid_text};
use crate::facts::PasswordHome;

/// The password, state and lockout verbs of a server, which differ by more than names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum LdapKind {
    /// Active Directory, or Samba in its role: `unicodePwd`, `userAccountControl`, `lockoutTime`,
    /// `tokenGroups`.
    ActiveDirectory,
    /// OpenLDAP with the overlay `ppolicy`: Password Modify (RFC 3062), `pwdAccountLockedTime`,
    /// `pwdReset`.
    OpenLdap,
}

/// The form of an identifier in its attribute.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum IdSyntax {
    /// Text, used as it is.
    Text,
    /// The 16 bytes of `objectGUID`, shown as `6e7b768e-07e2-4810-8459-485f84f8f204`.
    Guid,
}

/// An attribute that identifies an entry for good.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct IdAttribute {
    /// The attribute.
    pub name: String,
    /// The form of its value.
    pub syntax: IdSyntax,
}

impl IdAttribute {
    /// An attribute with this form.
    #[must_use]
    pub fn new(name: &str, syntax: IdSyntax) -> Self {
        Self { name: name.to_owned(), syntax }
    }

    /// The filter for the entry of this identifier. An identifier of another form matches no entry,
    /// at the same cost.
    pub(super) fn filter(&self, id: &str) -> Filter {
        match self.syntax {
            IdSyntax::Text => Filter::equal(&self.name, id),
            IdSyntax::Guid => Filter::equal(&self.name, guid_bytes(id).unwrap_or_default()),
        }
    }

    /// The identifier in one of its values.
    pub(super) fn text(&self, value: &[u8]) -> Option<String> {
        match self.syntax {
            IdSyntax::Text => str::from_utf8(value).ok().map(str::to_owned),
            IdSyntax::Guid => value.try_into().ok().map(guid_text),
        }
    }
}

/// How a directory's entries are read and written.
///
/// ```
/// use sspr::adapters::ldap::{Filter, LdapProfile};
///
/// let mut profile = LdapProfile::open_ldap();
/// profile.users = Filter::equal("objectClass", "contosoPerson");
/// profile.names.push("mail".to_owned());
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LdapProfile {
    /// How passwords, states and lockouts are read and written.
    pub kind: LdapKind,
    /// The immutable identifier of a user. It must never be given to another person.
    pub id: IdAttribute,
    /// Which entries are users.
    pub users: Filter,
    /// The attributes with the names that a user signs in by. They are compared without case and in
    /// composed form (NFC), and by no looser rule of the server, such as one that ignores accents.
    /// *An attribute that users can write themselves* lets them make another user's name ambiguous.
    pub names: Vec<String>,
    /// The attributes with names of the person, for password rules.
    pub person_names: Vec<String>,
    /// The display name.
    pub display_name: String,
    /// The user principal name. `None`: there is none.
    pub user_principal_name: Option<String>,
    /// The primary mail address.
    pub mail: String,
    /// Attributes with one alternate mail address each, in order. The values of one attribute have no
    /// order, so only the first that the server returns is used.
    pub alternate_mail: Vec<String>,
    /// The mobile phone.
    pub mobile_phone: Option<String>,
    /// A second mobile phone.
    pub alternate_mobile: Option<String>,
    /// The office phone.
    pub office_phone: Option<String>,
    /// The language, such as `de-CH`.
    pub language: Option<String>,
    /// Which entries are groups.
    pub groups: Filter,
    /// The identifier of a group, as policies name it.
    pub group_id: IdAttribute,
    /// The attribute of a group with the names (DNs) of its members.
    pub member: String,
    /// Groups whose members are protected from password resets, members of nested groups included.
    ///
    /// Active Directory: security identifiers such as `S-1-5-32-544`, or `-512` for the group of this
    /// number in any domain; users with `adminCount` 1 are protected too. OpenLDAP: names (DNs).
    pub protected_groups: Vec<String>,
    /// An attribute and the value with which a user is disabled, beside what the server itself
    /// enforces.
    pub disabled: Option<(String, String)>,
    /// Where the passwords are managed. On premises, the directory's rules judge a new password, and
    /// the policy's writeback has to be on.
    pub password_home: PasswordHome,
    /// Whether a reset in Active Directory obeys history and minimum age, if the server supports
    /// policy hints. Without them it obeys neither, as any reset by an administrator.
    pub policy_hints: bool,
    /// The minimum age of a password, to tell a user from when on it may be changed. It is enforced
    /// by the server alone. `None`: the user is not told.
    pub minimum_password_age: Option<Duration>,
}

/// The groups that Active Directory protects with `AdminSDHolder`.
const PROTECTED: [&str; 16] = [
    "-498",
    "-500",
    "-502",
    "-512",
    "-516",
    "-518",
    "-519",
    "-521",
    "-526",
    "-527",
    "S-1-5-32-544",
    "S-1-5-32-548",
    "S-1-5-32-549",
    "S-1-5-32-550",
    "S-1-5-32-551",
    "S-1-5-32-552",
];

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

impl LdapProfile {
    /// Users of Active Directory, identified by `objectGUID`, who sign in by their user principal name
    /// or `sAMAccountName`. Groups are identified by `objectGUID`.
    #[must_use]
    pub fn active_directory() -> Self {
        Self {
            kind: LdapKind::ActiveDirectory,
            id: IdAttribute::new("objectGUID", IdSyntax::Guid),
            users: Filter::all([
                Filter::equal("objectCategory", "person"),
                Filter::equal("objectClass", "user"),
            ]),
            names: owned(&["userPrincipalName", "sAMAccountName"]),
            person_names: owned(&["givenName", "sn", "displayName", "sAMAccountName"]),
            display_name: "displayName".to_owned(),
            user_principal_name: Some("userPrincipalName".to_owned()),
            mail: "mail".to_owned(),
            alternate_mail: Vec::new(),
            mobile_phone: Some("mobile".to_owned()),
            alternate_mobile: None,
            office_phone: Some("telephoneNumber".to_owned()),
            language: Some("preferredLanguage".to_owned()),
            groups: Filter::equal("objectClass", "group"),
            group_id: IdAttribute::new("objectGUID", IdSyntax::Guid),
            member: "member".to_owned(),
            protected_groups: owned(&PROTECTED),
            disabled: None,
            password_home: PasswordHome::OnPremises,
            policy_hints: true,
            minimum_password_age: None,
        }
    }

    /// Users of OpenLDAP with the overlay `ppolicy`: entries of `inetOrgPerson`, identified by
    /// `entryUUID`, who sign in by their `uid`. Groups are entries of `groupOfNames`, identified by
    /// `entryUUID`.
    #[must_use]
    pub fn open_ldap() -> Self {
        Self {
            kind: LdapKind::OpenLdap,
            id: IdAttribute::new("entryUUID", IdSyntax::Text),
            users: Filter::equal("objectClass", "inetOrgPerson"),
            names: owned(&["uid"]),
            person_names: owned(&["givenName", "sn", "displayName", "uid"]),
            display_name: "displayName".to_owned(),
            user_principal_name: None,
            mail: "mail".to_owned(),
            alternate_mail: Vec::new(),
            mobile_phone: Some("mobile".to_owned()),
            alternate_mobile: None,
            office_phone: Some("telephoneNumber".to_owned()),
            language: Some("preferredLanguage".to_owned()),
            groups: Filter::equal("objectClass", "groupOfNames"),
            group_id: IdAttribute::new("entryUUID", IdSyntax::Text),
            member: "member".to_owned(),
            protected_groups: Vec::new(),
            disabled: None,
            password_home: PasswordHome::OnPremises,
            policy_hints: false,
            minimum_password_age: None,
        }
    }

    /// The attributes that facts are made of.
    pub(super) fn attributes(&self) -> Vec<&str> {
        let state: &[&str] = match self.kind {
            LdapKind::ActiveDirectory => &[
                "userAccountControl",
                "msDS-User-Account-Control-Computed",
                "accountExpires",
                "pwdLastSet",
                "adminCount",
            ],
            LdapKind::OpenLdap => &["pwdChangedTime", "pwdAccountLockedTime", "pwdReset"],
        };
        let lists = self.names.iter().chain(&self.person_names).chain(&self.alternate_mail);
        let optional = [
            &self.user_principal_name,
            &self.mobile_phone,
            &self.alternate_mobile,
            &self.office_phone,
            &self.language,
        ];
        let disabled = self.disabled.as_ref().map(|(attribute, _)| attribute);
        let mut all: Vec<&str> = lists
            .chain(optional.into_iter().flatten())
            .chain(disabled)
            .chain([&self.id.name, &self.display_name, &self.mail])
            .map(String::as_str)
            .chain(state.iter().copied())
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}
