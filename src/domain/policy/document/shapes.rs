//! The shape of a policy: which names it has at each place, and whether each value can be read.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

use super::fault::DocumentFault;
use super::migration::renamed;
use super::names::{unknown, with_nearest};
use crate::domain::method::MethodKind;
use crate::domain::policy::budgets::Rate;
use crate::domain::policy::expiry::DomainExpiry;
use crate::domain::policy::method_policies::{MethodPolicies, MigrationState};
use crate::domain::policy::retirement::{Retired, Retirement};
use crate::domain::policy::settings::PolicySettings;
use crate::domain::policy::throttle::{Throttle, ThrottledAct};
use crate::domain::time::Timestamp;

/// The longest list whose entries are examined one by one. No policy has a longer one; of such a list the
/// first fault is reported.
const MOST_ENTRIES: usize = 64;

/// The settings that this release knows, with their defaults.
pub(super) fn known() -> Value {
    value_of(&PolicySettings::default())
}

/// Plain data, which serde_json always encodes.
fn value_of(data: &impl Serialize) -> Value {
    serde_json::to_value(data).unwrap_or_default()
}

/// Settings whose default does not show their names, each with an example of an entry or of the value.
struct Examples {
    entries: [(&'static str, Value); 3],
    values: [(&'static str, Value); 1],
}

impl Examples {
    fn new() -> Self {
        let rate = Rate::new(1, Duration::ZERO);
        let throttle = Throttle::new(ThrottledAct::MailSent, rate, Duration::ZERO);
        let email = Retired::Method(MethodKind::Email);
        let mut retirement = value_of(&Retirement::new(email, Timestamp::EPOCH));
        // Its names depend on the variant.
        retirement["what"] = Value::Null;
        Self {
            entries: [
                ("throttles", value_of(&throttle)),
                ("retirements", retirement),
                ("password_expiry.domains", value_of(&DomainExpiry::new("", 0))),
            ],
            values: [(
                "method_policies",
                value_of(&MethodPolicies::new(MigrationState::PreMigration)),
            )],
        }
    }
}

/// Collects each setting of a document that is unknown or cannot be read.
pub(super) fn examine(document: &Value, faults: &mut Vec<DocumentFault>) {
    let mut known = known();
    // It is read before, but is the right name for a misspelling of it.
    known["version"] = Value::Null;
    let mut examiner = Examiner { examples: Examples::new(), path: Vec::new(), faults };
    examiner.setting(document, &known);
}

struct Examiner<'a> {
    examples: Examples,
    /// Names, and places in lists as `[0]`.
    path: Vec<String>,
    faults: &'a mut Vec<DocumentFault>,
}

impl Examiner<'_> {
    /// A setting, or a group of them.
    fn setting(&mut self, document: &Value, known: &Value) {
        let path = shown(&self.path);
        let of = |examples: &[(&str, Value)]| {
            let example = examples.iter().find(|(setting, _)| *setting == path);
            example.map(|(_, example)| example.clone())
        };
        if let (Value::Array(entries), Some(example)) = (document, of(&self.examples.entries))
            && entries.len() <= MOST_ENTRIES
        {
            for (place, entry) in entries.iter().enumerate() {
                self.path.push(format!("[{place}]"));
                self.whole(entry, &example);
                self.path.pop();
            }
            return;
        }
        let example = of(&self.examples.values);
        let known = example.as_ref().unwrap_or(known);
        match (document, known) {
            (Value::Object(document), Value::Object(names))
                if example.is_none() && !is_whole(names) && !is_map(names) =>
            {
                self.each(document, names, Self::setting);
            }
            _ => self.whole(document, known),
        }
    }

    /// A value whose fields have no defaults.
    fn whole(&mut self, document: &Value, known: &Value) {
        let before = self.faults.len();
        self.names(document, known);
        // A setting with an unknown name inside it is not reported again.
        if self.faults.len() == before
            && let Err(error) =
                serde_json::from_value::<PolicySettings>(alone(document, &self.path))
        {
            let text = with_nearest(error.to_string());
            self.faults.push(DocumentFault::new(shown(&self.path), text));
        }
    }

    /// The names in a value that is read as a whole.
    fn names(&mut self, document: &Value, known: &Value) {
        if let (Value::Object(document), Value::Object(known)) = (document, known)
            && !is_map(known)
        {
            self.each(document, known, Self::names);
        }
    }

    fn each(
        &mut self,
        document: &Map<String, Value>,
        known: &Map<String, Value>,
        examine: fn(&mut Self, &Value, &Value),
    ) {
        for (name, value) in document {
            self.path.push(name.clone());
            match known.get(name) {
                Some(known) => examine(self, value, known),
                None => {
                    let path = shown(&self.path);
                    let text = renamed(&path).unwrap_or_else(|| unknown(name, known));
                    self.faults.push(DocumentFault::new(path, text));
                }
            }
            self.path.pop();
        }
    }
}

/// `throttles[0].lock`.
fn shown(path: &[String]) -> String {
    path.join(".").replace(".[", "[")
}

/// Whether this is a rate or a format of codes, whose fields have no defaults.
fn is_whole(known: &Map<String, Value>) -> bool {
    known.contains_key("window") || known.contains_key("alphabet")
}

/// Whether this is a map whose keys are the tenant's own, such as the ids of its questions.
fn is_map(known: &Map<String, Value>) -> bool {
    known.is_empty()
}

/// A document with this setting only; all others have their defaults.
fn alone(value: &Value, path: &[String]) -> Value {
    match path.split_first() {
        None => value.clone(),
        Some((place, rest)) if place.starts_with('[') => Value::Array(vec![alone(value, rest)]),
        Some((name, rest)) => {
            let mut object = Map::new();
            object.insert(name.clone(), alone(value, rest));
            Value::Object(object)
        }
    }
}

/// Removes the settings that this release does not know.
pub(super) fn remove_unknown(body: &mut Value, known: &Value) {
    if let (Value::Object(body), Value::Object(known)) = (body, known)
        // A format of codes with an unknown field is another format: it must not be read as this
        // one.
        && !known.contains_key("alphabet")
        && !is_map(known)
    {
        body.retain(|name, _| known.contains_key(name));
        for (name, value) in body {
            remove_unknown(value, &known[name]);
        }
    }
}
