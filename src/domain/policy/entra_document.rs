//! The documents in which Microsoft keeps such a policy: read into settings, and written from them.
//!
//! The portal's `PasswordResetPolicies` is not documented by Microsoft; its keys were taken from public
//! scripts. Graph's authorization policy holds one setting of password reset.

use serde_json::{Map, Value, json};

use super::desk::HelpDesk;
use super::document::{DocumentFault, PolicyDocumentError, is_near};
use super::entra_reader::{
    GROUPS, METHODS, NotTaken, OWN_QUESTIONS, RECONFIRM, Reader, TO_REGISTER, TO_RESET, is_content,
};
use super::settings::{PolicySettings, Scope};
use super::table::{SETTINGS, Setting};

/// Settings that were read from a document of Microsoft, and what was not taken from it.
///
/// ```
/// use sspr::PolicySettings;
/// use sspr::policy::Scope;
///
/// let document = r#"{"enablementType": 2, "numberOfAuthenticationMethodsRequired": 1,
///     "emailOptionEnabled": true, "registrationConditionalAccessPolicies": [{}]}"#;
/// let import = PolicySettings::from_entra_document(document)?;
/// assert_eq!(import.settings.scope, Scope::All);
/// assert_eq!(import.not_taken[0].path, "registrationConditionalAccessPolicies");
/// # Ok::<(), sspr::policy::PolicyDocumentError>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct EntraImport {
    /// The settings: [`PolicySettings::entra`] with those of the document.
    pub settings: PolicySettings,
    /// What the document says and the settings do not, each with the reason.
    pub not_taken: Vec<NotTaken>,
}

impl PolicySettings {
    /// Reads the portal's `PasswordResetPolicies` document. What the document does not govern is as in
    /// [`entra`](Self::entra).
    ///
    /// # Errors
    ///
    /// [`PolicyDocumentError`] with every unknown key, its path and the nearest right one, and every value
    /// of a wrong form. Limits are checked afterwards, by [`Policy::new`](super::Policy::new).
    pub fn from_entra_document(text: &str) -> Result<EntraImport, PolicyDocumentError> {
        let mut reader = Reader::of(text)?;
        reader.refuse_unknown();
        let mut settings = Self::entra();
        reader.scope(&mut settings);
        reader.methods(&mut settings);
        reader.questions(&mut settings);
        reader.registration(&mut settings);
        reader.desk(&mut settings);
        reader.notices(&mut settings);
        if reader.faults.is_empty() {
            Ok(EntraImport { settings, not_taken: reader.not_taken })
        } else {
            Err(PolicyDocumentError::of(reader.faults))
        }
    }

    /// Reads Graph's authorization policy: whether administrators may reset their own passwords
    /// (`allowedToUseSSPR`). Returns what else it says.
    ///
    /// ```
    /// let mut settings = sspr::PolicySettings::entra();
    /// let graph = r#"{"id": "authorizationPolicy", "allowedToUseSSPR": false}"#;
    /// let not_taken = settings.apply_graph_authorization_policy(graph)?;
    /// assert!(!settings.administrators.enabled);
    /// assert_eq!(not_taken[0].path, "id");
    /// # Ok::<(), sspr::policy::PolicyDocumentError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`PolicyDocumentError`] if the switch is missing, misspelt or no boolean; nothing is changed then.
    pub fn apply_graph_authorization_policy(
        &mut self,
        text: &str,
    ) -> Result<Vec<NotTaken>, PolicyDocumentError> {
        const SWITCH: &str = "allowedToUseSSPR";
        let mut reader = Reader::of(text)?;
        let switch = reader.flag(SWITCH);
        if switch.is_none() && reader.faults.is_empty() {
            let near = reader.document.keys().find(|key| is_near(key, SWITCH));
            let path = near.cloned().unwrap_or_default();
            let text = format!("the document has no `{SWITCH}`");
            reader.faults.push(DocumentFault::new(path, text));
        }
        match switch {
            Some(enabled) if reader.faults.is_empty() => {
                self.administrators.enabled = enabled;
                let others = reader.document.keys().filter(|key| *key != SWITCH && is_content(key));
                let reason = "no rule of password reset".to_owned();
                Ok(others
                    .map(|key| NotTaken { path: key.clone(), reason: reason.clone() })
                    .collect())
            }
            _ => Err(PolicyDocumentError::of(reader.faults)),
        }
    }

    /// Writes the portal's document, and lists the settings that it cannot hold: those that
    /// [`from_entra_document`](Self::from_entra_document) would read back with another value.
    ///
    /// ```
    /// use sspr::PolicySettings;
    ///
    /// let (document, lost) = PolicySettings::entra().to_entra_document();
    /// assert!(lost.is_empty(), "{lost:?}");
    /// let read = PolicySettings::from_entra_document(&document)?;
    /// assert_eq!(read.settings, PolicySettings::entra());
    /// # Ok::<(), sspr::policy::PolicyDocumentError>(())
    /// ```
    #[must_use]
    pub fn to_entra_document(&self) -> (String, Vec<NotTaken>) {
        let document = self.entra_keys();
        let text = format!("{:#}", Value::Object(document));
        let read = Self::from_entra_document(&text).map(|import| import.settings).ok();
        let differing = SETTINGS.iter().filter(|setting| {
            let of = |settings: &Self| value_at(settings, setting.path);
            read.as_ref().is_none_or(|read| of(read) != of(self))
        });
        let reason = "the document has no place for this value".to_owned();
        let lost = |row: &Setting| NotTaken { path: row.path.to_owned(), reason: reason.clone() };
        (text, differing.map(lost).collect())
    }

    fn entra_keys(&self) -> Map<String, Value> {
        let (kind, groups) = match &self.scope {
            Scope::None => (0, Vec::new()),
            Scope::Selected(groups) => (1, groups.iter().collect()),
            Scope::All => (2, Vec::new()),
        };
        let help = match &self.desk.help {
            HelpDesk::Url(url) => Some(url.as_str()),
            HelpDesk::Mail(mail) => Some(mail.as_str()),
            HelpDesk::Administrators | HelpDesk::Off => None,
        };
        let mut document = Map::new();
        let mut put = |key: &str, value: Value| document.insert(key.to_owned(), value);
        put("objectId", json!("default"));
        put("enablementType", json!(kind));
        put(GROUPS, json!(groups));
        put("numberOfAuthenticationMethodsRequired", json!(self.users.required));
        for (key, method) in METHODS {
            put(key, json!(self.users.methods.contains(&method)));
        }
        let own: Vec<_> = self.questions.custom.values().collect();
        put(TO_REGISTER, json!(self.questions.register));
        put(TO_RESET, json!(self.questions.reset));
        put(OWN_QUESTIONS, json!(own));
        put("registrationRequiredOnSignIn", json!(self.registration.enforced));
        put(RECONFIRM, json!(self.registration.reconfirm_days));
        let skips = self.registration.skip_days;
        put("skipRegistrationAllowed", json!(skips != Some(0)));
        if let Some(days) = skips.filter(|days| *days > 0) {
            put("skipRegistrationMaxAllowedDays", json!(days));
        }
        put("customizeHelpdeskLink", json!(help.is_some()));
        put("customHelpdeskEmailOrUrl", json!(help));
        put("notifyUsersOnPasswordReset", json!(true));
        put("notifyOnAdminPasswordReset", json!(self.notifications.administrators));
        document
    }
}

/// The value of a setting as JSON, by its path.
fn value_at(settings: &PolicySettings, path: &str) -> Option<Value> {
    let whole = serde_json::to_value(settings).ok()?;
    whole.pointer(&format!("/{}", path.replace('.', "/"))).cloned()
}
