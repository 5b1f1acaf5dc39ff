//! Spans of time and dates in documents: as people write them, and as the settings are stored.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::fault::DocumentFault;
use super::written_span::{shown_span, written_span};
use crate::domain::policy::fault::SettingValue;
use crate::domain::policy::table::{SETTINGS, Setting};
use crate::domain::time::Timestamp;

/// Spans inside the entries of lists, which have no row in the table of settings.
const SPANS_IN_LISTS: [&str; 2] = ["throttles.[].rate.window", "throttles.[].lock"];
const DATES: [&str; 1] = ["retirements.[].at"];

/// Replaces spans and dates that are written as text by numbers of milliseconds.
pub(super) fn read_times(document: &mut Value, faults: &mut Vec<DocumentFault>) {
    let mut read = |path: &str, value: &mut Value, what: Time| {
        let Some(text) = value.as_str() else { return };
        let millis = what.millis(text);
        if millis.is_none() {
            let fault = format!("`{text}` is no {}", what.example());
            faults.push(DocumentFault::new(path, fault));
        }
        // A text that is faulty is one fault, not two.
        *value = millis.unwrap_or_else(|| Value::from(0));
    };
    for path in spans() {
        visit(document, path, String::new(), &mut |at, value| read(at, value, Time::Span));
    }
    for path in DATES {
        visit(document, path, String::new(), &mut |at, value| read(at, value, Time::Date));
    }
}

/// Replaces the numbers of milliseconds by texts, where a text means the same.
pub(super) fn write_times(document: &mut Value) {
    for path in spans() {
        visit(document, path, String::new(), &mut |_, value| write(value, Time::Span));
    }
    for path in DATES {
        visit(document, path, String::new(), &mut |_, value| write(value, Time::Date));
    }
}

fn write(value: &mut Value, what: Time) {
    let text = what.text(value);
    if let Some(text) = text.filter(|text| what.millis(text).as_ref() == Some(value)) {
        *value = Value::from(text);
    }
}

#[derive(Clone, Copy)]
enum Time {
    Span,
    Date,
}

impl Time {
    fn millis(self, text: &str) -> Option<Value> {
        match self {
            Self::Span => u64::try_from(written_span(text)?.as_millis()).ok().map(Value::from),
            Self::Date => {
                let whole = format!("{text}T00:00:00Z");
                let instant = OffsetDateTime::parse(text, &Rfc3339);
                let date = instant.or_else(|_| OffsetDateTime::parse(&whole, &Rfc3339)).ok()?;
                Some(Timestamp::from(date).unix_millis().into())
            }
        }
    }

    fn text(self, millis: &Value) -> Option<String> {
        match self {
            Self::Span => Some(shown_span(std::time::Duration::from_millis(millis.as_u64()?))),
            Self::Date => {
                let date = OffsetDateTime::try_from(Timestamp::from_unix_millis(millis.as_i64()?));
                date.ok()?.format(&Rfc3339).ok()
            }
        }
    }

    const fn example(self) -> &'static str {
        match self {
            Self::Span => "span of time, such as `15m`, `2h 30m` or `PT15M`",
            Self::Date => "date, such as `2027-03-31` or `2027-03-31T00:00:00Z`",
        }
    }
}

fn spans() -> impl Iterator<Item = &'static str> {
    let is_span = |setting: &&Setting| matches!(setting.range, Some((SettingValue::Span(_), _)));
    let rows = SETTINGS.iter().filter(is_span).map(|setting| setting.path);
    rows.chain(SPANS_IN_LISTS)
}

/// Passes each value at this path, and its own path, to `act`.
fn visit(value: &mut Value, path: &str, at: String, act: &mut dyn FnMut(&str, &mut Value)) {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    match (first, value) {
        ("", value) => act(&at, value),
        ("[]", Value::Array(entries)) => {
            for (place, entry) in entries.iter_mut().enumerate() {
                visit(entry, rest, format!("{at}[{place}]"), act);
            }
        }
        (name, Value::Object(fields)) => {
            let dot = if at.is_empty() { "" } else { "." };
            if let Some(value) = fields.get_mut(name) {
                visit(value, rest, format!("{at}{dot}{name}"), act);
            }
        }
        _ => {}
    }
}
