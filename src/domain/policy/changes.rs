//! What a new policy changes: each setting with its old and its new value, for the audit trail.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::settings::PolicySettings;

/// The most bytes of settings and values in one event. Beyond that, long values become a length and
/// a digest, and settings that still find no room are counted.
const MAX_BYTES: usize = 2 * 1024;
/// The longest value that is never shortened, in bytes.
const SHORT: usize = 48;

/// The settings that differ between two policies.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PolicyChanges {
    /// The changed settings, by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<ChangedSetting>,
    /// How many further settings changed that the event has no room for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub omitted: u32,
}

/// One setting that was changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChangedSetting {
    /// Its path in a policy document, such as `users.required`.
    pub setting: String,
    /// Its old value as JSON, or the length and digest of a long one; `None` if it was not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Its new value, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl PolicyChanges {
    /// The path of the setting that switches writeback.
    pub(crate) const WRITEBACK: &str = "on_premises.writeback";

    /// The differences between two policies.
    pub(crate) fn between(before: &PolicySettings, after: &PolicySettings) -> Self {
        // Plain data, which serde_json always encodes.
        let tree = |settings| serde_json::to_value(settings).unwrap_or_default();
        let mut settings = Vec::new();
        compare("", Some(&tree(before)), Some(&tree(after)), &mut settings);
        Self::bounded(settings)
    }

    fn bounded(mut settings: Vec<ChangedSetting>) -> Self {
        if settings.iter().map(ChangedSetting::bytes).sum::<usize>() > MAX_BYTES {
            settings.iter_mut().for_each(ChangedSetting::shorten);
        }
        let mut room = MAX_BYTES;
        let fits = |change: &ChangedSetting| {
            let left = room.checked_sub(change.bytes());
            room = left.unwrap_or(0);
            left.is_some()
        };
        let all = settings.len();
        let listed: Vec<ChangedSetting> = settings.into_iter().take_while(fits).collect();
        let omitted = u32::try_from(all - listed.len()).unwrap_or(u32::MAX);
        Self { settings: listed, omitted }
    }
}

impl ChangedSetting {
    fn bytes(&self) -> usize {
        let values = [&self.before, &self.after].into_iter().flatten();
        self.setting.len() + values.map(String::len).sum::<usize>()
    }

    fn shorten(&mut self) {
        for value in [&mut self.before, &mut self.after].into_iter().flatten() {
            if value.len() > SHORT {
                let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(value.as_bytes())[..8]);
                *value = format!("{} bytes, sha256:{hash}", value.len());
            }
        }
    }
}

/// Collects the settings that differ. A setting that is no object is compared as a whole.
fn compare(
    path: &str,
    before: Option<&Value>,
    after: Option<&Value>,
    changed: &mut Vec<ChangedSetting>,
) {
    if before == after {
        return;
    }
    if let (Some(Value::Object(old)), Some(Value::Object(new))) = (before, after) {
        let added = new.keys().filter(|name| !old.contains_key(*name));
        for name in old.keys().chain(added) {
            let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            compare(&inner, old.get(name), new.get(name), changed);
        }
        return;
    }
    let text = |value: &Value| value.to_string();
    changed.push(ChangedSetting {
        setting: path.to_owned(),
        before: before.map(text),
        after: after.map(text),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::ids::GroupId;
    use crate::domain::policy::Scope;

    #[test]
    fn a_change_names_each_setting_with_its_old_and_its_new_value() {
        let before = PolicySettings::default();
        let mut after = before.clone();
        assert_eq!(PolicyChanges::between(&before, &after), PolicyChanges::default());
        after.attempts = before.attempts + 1;
        after.on_premises.writeback = !before.on_premises.writeback;
        let found = PolicyChanges::between(&before, &after);
        let change = |setting: &str, before: &str, after: &str| ChangedSetting {
            setting: setting.to_owned(),
            before: Some(before.to_owned()),
            after: Some(after.to_owned()),
        };
        let attempts = [before.attempts, after.attempts].map(|count| count.to_string());
        let writeback = [&before, &after].map(|policy| policy.on_premises.writeback.to_string());
        assert_eq!(
            found.settings,
            [
                change("attempts", &attempts[0], &attempts[1]),
                change(PolicyChanges::WRITEBACK, &writeback[0], &writeback[1]),
            ]
        );
        assert_eq!(found.omitted, 0);
    }

    #[test]
    fn beyond_two_kibibytes_a_long_value_is_a_length_and_a_digest() {
        let before = PolicySettings::default();
        let groups = |letter: &str| {
            let id = |number| GroupId::parse(&format!("{number:02}{}", letter.repeat(120)));
            Scope::Selected((0..16).map(|number| id(number).expect("valid")).collect())
        };
        let [one, other] =
            ["a", "b"].map(|letter| PolicySettings { scope: groups(letter), ..before.clone() });
        let found = PolicyChanges::between(&one, &other);
        let [scope] = &found.settings[..] else { panic!("{found:?}") };
        assert_eq!((scope.setting.as_str(), found.omitted), ("scope.selected", 0));
        for value in [&scope.before, &scope.after].map(|value| value.as_deref().expect("a value")) {
            assert!(value.contains(" bytes, sha256:") && value.len() < 48, "{value}");
        }
        assert_ne!(scope.before, scope.after, "two lists of one length have two digests");
    }

    #[test]
    fn settings_without_room_are_counted() {
        let wide = |count: usize| {
            let change = |number: usize| ChangedSetting {
                setting: format!("{number:0100}"),
                before: None,
                after: Some("1".to_owned()),
            };
            PolicyChanges::bounded((0..count).map(change).collect())
        };
        assert_eq!((wide(20).settings.len(), wide(20).omitted), (20, 0));
        assert_eq!((wide(50).settings.len(), wide(50).omitted), (20, 30));
    }
}
