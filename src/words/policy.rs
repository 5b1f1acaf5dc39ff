//! A policy in words: each setting with its value, and what differs between two policies.

use serde_json::Value;

use super::phrases::{PhraseValue, Phrases};
use crate::PolicySettings;
use crate::policy::SettingValue;

/// One setting in words.
///
/// `Display` writes label and value.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PolicyLine {
    /// The path of the setting, as in stored policies.
    pub path: &'static str,
    /// What the setting decides.
    pub label: String,
    /// Its value.
    pub value: String,
    line: String,
}

impl std::fmt::Display for PolicyLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.line)
    }
}

/// One setting that differs between two policies.
///
/// `Display` writes label and both values.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PolicyChange {
    /// The path of the setting, as in stored policies.
    pub path: &'static str,
    /// What the setting decides.
    pub label: String,
    /// Its value in the first policy.
    pub before: String,
    /// Its value in the second policy.
    pub after: String,
    line: String,
}

impl std::fmt::Display for PolicyChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.line)
    }
}

impl Phrases<'_> {
    /// Every setting of a policy in plain words, in the order of the manual's page of defaults.
    ///
    /// ```
    /// use sspr::PolicySettings;
    /// use sspr::message::Locale;
    /// use sspr::words::Catalogue;
    ///
    /// let catalogue = Catalogue::new();
    /// let phrases = catalogue.phrases(&Locale::parse("zh-TW")?);
    /// let lines = phrases.describe(&PolicySettings::default());
    /// assert_eq!(lines[0].to_string(), "可以重設密碼的使用者：無使用者");
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn describe(&self, settings: &PolicySettings) -> Vec<PolicyLine> {
        let document = serde_json::to_value(settings).unwrap_or_default();
        let line = |path: &'static str| {
            let (label, value) = (self.label(path), self.value(settings, &document, path));
            let parts = [("label", label.as_str().into()), ("value", value.as_str().into())];
            let line = self.phrase("policy-line", &parts);
            PolicyLine { path, label, value, line }
        };
        PolicySettings::paths().map(line).collect()
    }

    /// The settings that differ, in the same words and order.
    ///
    /// ```
    /// use sspr::PolicySettings;
    /// use sspr::message::Locale;
    /// use sspr::words::Catalogue;
    ///
    /// let (before, mut after) = (PolicySettings::default(), PolicySettings::default());
    /// after.attempts = 3;
    /// let catalogue = Catalogue::new();
    /// let changes = catalogue.phrases(&Locale::default()).differences(&before, &after);
    /// assert_eq!(changes.len(), 1);
    /// assert_eq!(changes[0].to_string(), "attempts at one code: 5 → 3");
    /// ```
    #[must_use]
    pub fn differences(
        &self,
        before: &PolicySettings,
        after: &PolicySettings,
    ) -> Vec<PolicyChange> {
        let written = |settings| serde_json::to_value(settings).unwrap_or_default();
        let (first, second) = (written(before), written(after));
        let change = |path: &'static str| {
            let (old, new) = (first.pointer(&pointer(path)), second.pointer(&pointer(path)));
            if old == new {
                return None;
            }
            let label = self.label(path);
            let (before, after) =
                (self.value(before, &first, path), self.value(after, &second, path));
            let parts: [(&str, PhraseValue<'_>); 3] = [
                ("label", label.as_str().into()),
                ("before", before.as_str().into()),
                ("after", after.as_str().into()),
            ];
            let line = self.phrase("policy-change", &parts);
            Some(PolicyChange { path, label, before, after, line })
        };
        PolicySettings::paths().filter_map(change).collect()
    }

    fn label(&self, path: &str) -> String {
        let key = format!("policy-{}", path.replace(['.', '_'], "-"));
        self.text(&key, &[]).unwrap_or_else(|| path.to_owned())
    }

    fn value(&self, settings: &PolicySettings, document: &Value, path: &str) -> String {
        match (settings.amount_of(path), document.pointer(&pointer(path))) {
            (Some(SettingValue::Span(span)), _) => self.exact_span(span),
            (Some(SettingValue::Percent(share)), _) => format!("{share} %"),
            (_, Some(value)) => self.json(value, path),
            (_, None) => self.word("nothing"),
        }
    }

    /// A value as it is stored, with names where the texts have them.
    fn json(&self, value: &Value, path: &str) -> String {
        match value {
            Value::Null => self.word("nothing"),
            Value::Bool(true) => self.word("on"),
            Value::Bool(false) => self.word("off"),
            Value::String(name) if path.ends_with("methods") => {
                self.phrase("method", &[("method", name.as_str().into())])
            }
            Value::String(name) if path == "questions.topics" => {
                self.phrase(&format!("question-{}", name.replace('_', "-")), &[])
            }
            Value::String(name) if path != "required_entitlement" => self.word(name),
            Value::String(name) => name.clone(),
            Value::Array(items) if items.is_empty() => self.word("nothing"),
            Value::Array(items) => self.list(items.iter().map(|item| self.json(item, path))),
            Value::Object(parts) if parts.is_empty() => self.word("nothing"),
            Value::Object(parts) => match parts.get("selected").and_then(Value::as_array) {
                Some(groups) => {
                    let names = groups.iter().map(|group| group.as_str().unwrap_or_default());
                    let listed = self.list(names.map(str::to_owned));
                    self.phrase("policy-selected", &[("groups", listed.into())])
                }
                None => self.list(
                    parts.iter().map(|(name, part)| format!("{name} {}", self.json(part, path))),
                ),
            },
            Value::Number(number) => number.to_string(),
        }
    }

    /// The word for a value, or the value itself.
    fn word(&self, name: &str) -> String {
        let key = format!("policy-value-{}", name.replace('_', "-"));
        let is_key = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let word = is_key.then(|| self.text(&key, &[])).flatten();
        word.unwrap_or_else(|| name.to_owned())
    }
}

fn pointer(path: &str) -> String {
    format!("/{}", path.replace('.', "/"))
}
