//! The portal's `PasswordResetPolicies` document while it is read.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::desk::{HelpDesk, HelpUrl};
use super::deviation::Deviation;
use super::document::{DocumentFault, PolicyDocumentError, object, unknown};
use super::notifications::NotifyRule;
use super::settings::{PolicySettings, Scope};
use crate::domain::identity::contact::EmailAddress;
use crate::domain::identity::ids::{GroupId, RoleId};
use crate::domain::method::MethodKind;
use crate::domain::questions::QuestionId;

/// The switches of methods, and the kinds that they stand for.
pub(super) const METHODS: [(&str, MethodKind); 6] = [
    ("emailOptionEnabled", MethodKind::Email),
    ("mobilePhoneOptionEnabled", MethodKind::MobilePhone),
    ("officePhoneOptionEnabled", MethodKind::OfficePhone),
    ("mobileAppNotificationEnabled", MethodKind::AppNotification),
    ("mobileAppCodeEnabled", MethodKind::AuthenticatorApp),
    ("securityQuestionsOptionEnabled", MethodKind::SecurityQuestions),
];
pub(super) const TO_REGISTER: &str = "numberOfQuestionsToRegister";
pub(super) const TO_RESET: &str = "numberOfQuestionsToReset";
pub(super) const OWN_QUESTIONS: &str = "securityQuestions";
pub(super) const GROUPS: &str = "passwordResetEnabledGroupIds";
/// Microsoft's own spelling.
pub(super) const RECONFIRM: &str = "registrationReconfirmIntevalInDays";
const GLOBAL_ADMINISTRATOR: &str = "Global Administrator";

/// Every key that the portal writes.
const KEYS: [&str; 29] = [
    "objectId",
    "enablementType",
    GROUPS,
    "passwordResetEnabledGroupName",
    "numberOfAuthenticationMethodsRequired",
    "emailOptionEnabled",
    "emailOptionAllowed",
    "mobilePhoneOptionEnabled",
    "mobilePhoneOptionAllowed",
    "officePhoneOptionEnabled",
    "officePhoneOptionAllowed",
    "securityQuestionsOptionEnabled",
    "securityQuestionsOptionAllowed",
    "mobileAppNotificationEnabled",
    "mobileAppNotificationOptionAllowed",
    "mobileAppCodeEnabled",
    "mobileAppCodeOptionAllowed",
    TO_REGISTER,
    TO_RESET,
    OWN_QUESTIONS,
    "registrationRequiredOnSignIn",
    RECONFIRM,
    "registrationConditionalAccessPolicies",
    "skipRegistrationAllowed",
    "skipRegistrationMaxAllowedDays",
    "customizeHelpdeskLink",
    "customHelpdeskEmailOrUrl",
    "notifyUsersOnPasswordReset",
    "notifyOnAdminPasswordReset",
];

/// A part of a policy that is lost in a translation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct NotTaken {
    /// Its path in the document or the policy that it was read from.
    pub path: String,
    /// Why it is lost, in English.
    pub reason: String,
}

impl fmt::Display for NotTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)
    }
}

/// Whether a key is content, and no annotation of OData.
pub(super) fn is_content(key: &str) -> bool {
    !key.contains("@odata.")
}

/// A document that is being read.
pub(super) struct Reader {
    pub(super) document: Map<String, Value>,
    pub(super) faults: Vec<DocumentFault>,
    pub(super) not_taken: Vec<NotTaken>,
}

impl Reader {
    pub(super) fn of(text: &str) -> Result<Self, PolicyDocumentError> {
        let document = object(text)?;
        Ok(Self { document, faults: Vec::new(), not_taken: Vec::new() })
    }

    pub(super) fn refuse_unknown(&mut self) {
        let known: Map<String, Value> =
            KEYS.iter().map(|key| ((*key).to_owned(), Value::Null)).collect();
        for key in self.document.keys().filter(|key| is_content(key)) {
            if !known.contains_key(key) {
                self.faults.push(DocumentFault::new(key.clone(), unknown(key, &known)));
            }
        }
    }

    /// The value of a key; `None` if it is missing or null.
    fn get(&self, key: &str) -> Option<&Value> {
        self.document.get(key).filter(|value| !value.is_null())
    }

    fn fault(&mut self, key: &str, text: &str) {
        self.faults.push(DocumentFault::new(key, text));
    }

    fn drop_value(&mut self, key: &str, reason: &str) {
        self.not_taken.push(NotTaken { path: key.to_owned(), reason: reason.to_owned() });
    }

    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        let value = self.get(key)?.as_bool();
        if value.is_none() {
            self.fault(key, "must be true or false");
        }
        value
    }

    fn number(&mut self, key: &str) -> Option<u16> {
        let value = self.get(key)?.as_u64().and_then(|number| u16::try_from(number).ok());
        if value.is_none() {
            self.fault(key, "must be a whole number of at most 65535");
        }
        value
    }

    pub(super) fn scope(&mut self, settings: &mut PolicySettings) {
        let groups = self.groups();
        let kind = self.number("enablementType");
        settings.scope = match kind {
            Some(1) => Scope::Selected(groups.iter().cloned().collect()),
            Some(2) => Scope::All,
            Some(0) | None => Scope::None,
            Some(_) => {
                self.fault("enablementType", "must be 0 (none), 1 (selected) or 2 (all)");
                return;
            }
        };
        if kind != Some(1) && !groups.is_empty() {
            self.drop_value(GROUPS, "the scope is not that of selected groups");
        }
        if let Ok(count) = u8::try_from(groups.len()) {
            settings.scope_groups = settings.scope_groups.max(count);
        }
        if self.get("passwordResetEnabledGroupName").is_some() {
            self.drop_value("passwordResetEnabledGroupName", "groups are named by their id");
        }
    }

    fn groups(&mut self) -> Vec<GroupId> {
        let Some(value) = self.get(GROUPS) else {
            return Vec::new();
        };
        let items = value.as_array();
        let ids: Option<Vec<GroupId>> = items.and_then(|items| {
            items.iter().map(|item| GroupId::parse(item.as_str()?).ok()).collect()
        });
        if ids.is_none() {
            self.fault(GROUPS, "must be a list of ids");
        }
        ids.unwrap_or_default()
    }

    pub(super) fn methods(&mut self, settings: &mut PolicySettings) {
        if let Some(required) = self.number("numberOfAuthenticationMethodsRequired") {
            // A number beyond the type is out of every range that the policy accepts.
            settings.users.required = u8::try_from(required).unwrap_or(u8::MAX);
        }
        for (key, method) in METHODS {
            let Some(enabled) = self.flag(key) else { continue };
            let allowed = self.is_allowed(key);
            if enabled && allowed {
                settings.users.methods.insert(method);
            } else {
                settings.users.methods.remove(&method);
            }
            if enabled && !allowed {
                self.drop_value(key, "the tenant's licences do not allow it");
            }
        }
    }

    /// The numbers of questions, and the tenant's own ones. The samples of the document hold no own
    /// question, so that its form is not known: a list of texts is taken, anything else is not.
    ///
    /// A tenant that has switched questions on has them as Entra does: as the first gate, too.
    pub(super) fn questions(&mut self, settings: &mut PolicySettings) {
        if settings.users.methods.contains(&MethodKind::SecurityQuestions) {
            let accepted = [Deviation::SecurityQuestions, Deviation::QuestionsFirst];
            settings.acknowledged.extend(accepted);
        }
        let questions = &mut settings.questions;
        for (key, to) in [(TO_REGISTER, &mut questions.register), (TO_RESET, &mut questions.reset)]
        {
            if let Some(count) = self.number(key) {
                *to = u8::try_from(count).unwrap_or(u8::MAX);
            }
        }
        let Some(own) = self.get(OWN_QUESTIONS) else { return };
        let texts: Option<Vec<&str>> =
            own.as_array().and_then(|texts| texts.iter().map(Value::as_str).collect());
        let Some(texts) = texts else {
            self.drop_value(OWN_QUESTIONS, "only a list of texts is read");
            return;
        };
        let numbered = texts.into_iter().enumerate();
        let named = numbered.filter_map(|(place, text)| {
            Some((QuestionId::parse(&format!("custom-{}", place + 1)).ok()?, text.to_owned()))
        });
        questions.custom = named.collect();
    }

    /// Whether the sibling of a switch, such as `emailOptionAllowed`, does not forbid it.
    fn is_allowed(&mut self, key: &str) -> bool {
        let stem = key.trim_end_matches("Enabled").trim_end_matches("Option");
        self.flag(&format!("{stem}OptionAllowed")).unwrap_or(true)
    }

    pub(super) fn registration(&mut self, settings: &mut PolicySettings) {
        let registration = &mut settings.registration;
        if let Some(enforced) = self.flag("registrationRequiredOnSignIn") {
            registration.enforced = enforced;
        }
        if let Some(days) = self.number(RECONFIRM) {
            registration.reconfirm_days = days;
        }
        let days = self.number("skipRegistrationMaxAllowedDays");
        registration.skip_days = match self.flag("skipRegistrationAllowed") {
            Some(false) => Some(0),
            Some(true) => days,
            None => days.or(registration.skip_days),
        };
        let policies = "registrationConditionalAccessPolicies";
        if self.get(policies).is_some_and(|value| value != &json!([])) {
            self.drop_value(policies, "conditional access is the host's");
        }
    }

    pub(super) fn desk(&mut self, settings: &mut PolicySettings) {
        const TEXT: &str = "customHelpdeskEmailOrUrl";
        if self.flag("customizeHelpdeskLink") != Some(true) {
            if self.get(TEXT).is_some_and(|value| value != "") {
                self.drop_value(TEXT, "`customizeHelpdeskLink` is off");
            }
            return;
        }
        let text = self.get(TEXT).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mail = EmailAddress::parse(&text).map(HelpDesk::Mail);
        match HelpUrl::parse(&text).map(HelpDesk::Url).or(mail) {
            Ok(help) => settings.desk.help = help,
            Err(_) => self.fault(TEXT, "must be a web address or a mail address"),
        }
    }

    pub(super) fn notices(&mut self, settings: &mut PolicySettings) {
        settings.notifications.rule = NotifyRule::PrimaryAndAlternate;
        if self.flag("notifyUsersOnPasswordReset") == Some(false) {
            let reason = "the owner's notice cannot be switched off (NIST SP 800-63B-4, 4.6)";
            self.drop_value("notifyUsersOnPasswordReset", reason);
        }
        if let Some(told) = self.flag("notifyOnAdminPasswordReset") {
            settings.notifications.administrators = told;
            if told {
                let role = RoleId::parse(GLOBAL_ADMINISTRATOR);
                settings.notifications.administrator_roles.extend(role.ok());
            }
        }
    }
}
