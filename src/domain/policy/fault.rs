//! The faults of a policy, field by field.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::ser::{SerializeStruct as _, Serializer};

use super::deviation::Deviation;
use crate::domain::time::duration_ms;

/// Every fault of a refused policy, in the order of the fields.
///
/// ```
/// use std::time::Duration;
/// use sspr::{Policy, PolicySettings};
///
/// let mut settings = PolicySettings::default();
/// settings.attempts = 0;
/// settings.lifetimes.phone_code = Duration::from_secs(20 * 60);
/// let error = Policy::new(settings).unwrap_err();
///
/// let fields: Vec<_> = error.faults().iter().map(|fault| fault.field()).collect();
/// assert_eq!(fields, ["lifetimes.phone_code", "attempts"]);
/// assert_eq!(
///     error.faults()[0].to_string(),
///     "lifetimes.phone_code is 20 minutes, not within 1 minute to 10 minutes",
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyError {
    faults: Vec<PolicyFault>,
}

impl PolicyError {
    pub(super) const fn new(faults: Vec<PolicyFault>) -> Self {
        Self { faults }
    }

    /// Every fault; at least one.
    #[must_use]
    pub fn faults(&self) -> &[PolicyFault] {
        &self.faults
    }
}

impl std::error::Error for PolicyError {}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_faults(f, "policy", &self.faults)
    }
}

/// Writes the number of faults of `what`, and each of them.
pub(super) fn write_faults(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    faults: &[impl fmt::Display],
) -> fmt::Result {
    match faults.len() {
        1 => write!(f, "the {what} has a fault: ")?,
        count => write!(f, "the {what} has {count} faults: ")?,
    }
    for (index, fault) in faults.iter().enumerate() {
        let before = if index == 0 { "" } else { "; " };
        write!(f, "{before}{fault}")?;
    }
    Ok(())
}

/// One fault of a policy: the field and the problem.
///
/// ```
/// use sspr::{Policy, PolicySettings};
/// use sspr::policy::{Deviation, PolicyProblem};
///
/// let mut settings = PolicySettings::default();
/// settings.contacts.directory = true;
/// let error = Policy::new(settings).unwrap_err();
/// let fault = &error.faults()[0];
/// assert_eq!(fault.field(), "contacts.directory");
/// let missing = Deviation::UnverifiedDirectoryContacts;
/// assert_eq!(fault.problem(), &PolicyProblem::NeedsDeviation(missing));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFault {
    field: &'static str,
    problem: PolicyProblem,
}

impl PolicyFault {
    pub(super) const fn new(field: &'static str, problem: PolicyProblem) -> Self {
        Self { field, problem }
    }

    /// The path of the field in [`PolicySettings`](super::PolicySettings), as it is spelled in
    /// stored policies: `lifetimes.phone_code`. Stable.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// What is wrong with it.
    #[must_use]
    pub const fn problem(&self) -> &PolicyProblem {
        &self.problem
    }
}

impl Serialize for PolicyFault {
    /// Writes the field, the problem, and the text that `Display` writes.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut fields = to.serialize_struct("PolicyFault", 3)?;
        fields.serialize_field("field", self.field)?;
        fields.serialize_field("problem", &self.problem)?;
        fields.serialize_field("text", &self.to_string())?;
        fields.end()
    }
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = self.field;
        match &self.problem {
            PolicyProblem::OutOfRange { value, min, max } => match max {
                Some(max) => write!(f, "{field} is {value}, not within {min} to {max}"),
                None => write!(f, "{field} is {value}, less than {min}"),
            },
            PolicyProblem::TooLarge { bytes, all, max } => write!(
                f,
                "{field} takes {bytes} of the {all} bytes of this policy, at most {max} are allowed: \
                 shorten it"
            ),
            PolicyProblem::Empty => write!(f, "{field} is empty"),
            PolicyProblem::NeedsDeviation(deviation) => {
                write!(f, "{field} needs the deviation `{deviation}` in `acknowledged`")
            }
            PolicyProblem::Inconsistent(rule) => write!(f, "{field}: {rule}"),
        }
    }
}

/// What is wrong with one field of a policy.
///
/// ```
/// use sspr::{Policy, PolicySettings};
/// use sspr::policy::PolicyProblem;
///
/// let mut settings = PolicySettings::default();
/// settings.users.methods.clear();
/// let error = Policy::new(settings).unwrap_err();
/// assert!(matches!(error.faults()[0].problem(), PolicyProblem::Empty));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PolicyProblem {
    /// The value is outside its limits.
    #[non_exhaustive]
    OutOfRange {
        /// The given value.
        value: SettingValue,
        /// The least accepted value.
        min: SettingValue,
        /// The greatest accepted value, if there is a limit.
        max: Option<SettingValue>,
    },
    /// The policy is too large to be stored, and this is its largest setting.
    #[non_exhaustive]
    TooLarge {
        /// The size of this setting as JSON, in bytes.
        bytes: u64,
        /// The size of the policy.
        all: u64,
        /// The largest accepted policy: [`Policy::MAX_BYTES`](super::Policy::MAX_BYTES).
        max: u64,
    },
    /// The setting is empty and must not be.
    Empty,
    /// The setting deviates from a standard, and the deviation is not acknowledged.
    NeedsDeviation(Deviation),
    /// The setting contradicts another; the text states the rule.
    Inconsistent(&'static str),
}

/// A number or a span of time, shown in its largest whole unit.
///
/// ```
/// use std::time::Duration;
/// use sspr::policy::SettingValue;
///
/// assert_eq!(SettingValue::Number(12).to_string(), "12");
/// assert_eq!(SettingValue::Percent(60).to_string(), "60 %");
/// assert_eq!(SettingValue::Span(Duration::from_secs(90)).to_string(), "90 seconds");
/// assert_eq!(SettingValue::Span(Duration::from_secs(24 * 3_600)).to_string(), "24 hours");
/// assert_eq!(SettingValue::Span(Duration::from_secs(7 * 86_400)).to_string(), "7 days");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SettingValue {
    /// A number.
    Number(u64),
    /// A percentage.
    Percent(u64),
    /// A span of time; serialised in milliseconds.
    Span(#[serde(with = "duration_ms")] Duration),
}

impl SettingValue {
    /// The value in the unit of its kind: a number, percent or milliseconds.
    pub(in crate::domain) fn size(self) -> u128 {
        match self {
            Self::Number(value) | Self::Percent(value) => value.into(),
            Self::Span(span) => span.as_millis(),
        }
    }
}

impl fmt::Display for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(count) => write!(f, "{count}"),
            Self::Percent(share) => write!(f, "{share} %"),
            Self::Span(span) => {
                let (count, unit) = human(*span);
                let plural = if count == 1 { "" } else { "s" };
                write!(f, "{count} {unit}{plural}")
            }
        }
    }
}

/// The largest unit in which the span is a whole number; a single day is shown as 24 hours.
fn human(span: Duration) -> (u128, &'static str) {
    const UNITS: [(u128, u128, &str); 4] = [
        (86_400_000, 2, "day"),
        (3_600_000, 1, "hour"),
        (60_000, 1, "minute"),
        (1_000, 1, "second"),
    ];
    let millis = span.as_millis();
    for (unit, least, name) in UNITS {
        if millis.is_multiple_of(unit) && millis / unit >= least {
            return (millis / unit, name);
        }
    }
    match millis {
        0 => (0, "second"),
        _ => (millis, "millisecond"),
    }
}
