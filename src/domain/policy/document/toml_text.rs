//! Documents in TOML.

use serde_json::{Map, Value};

use super::fault::{PolicyDocumentError, whole_fault};
use super::tree::must_be_short;

/// The table in a TOML text, as a JSON object. The parser refuses a name that is given twice.
pub(super) fn object(text: &str) -> Result<Map<String, Value>, PolicyDocumentError> {
    must_be_short(text)?;
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        let place = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(place).filter(|byte| *byte == b'\n').count() + 1;
        whole_fault(format!("line {line}: {}", error.message()))
    })?;
    Ok(table.into_iter().map(|(name, value)| (name, read(value))).collect())
}

fn read(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        // No setting is a fraction, and JSON has no word for `nan`, which must not be read as none.
        toml::Value::Float(number) => number.to_string().into(),
        toml::Value::Boolean(is_on) => is_on.into(),
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(entries) => entries.into_iter().map(read).collect(),
        toml::Value::Table(table) => {
            table.into_iter().map(|(name, value)| (name, read(value))).collect()
        }
    }
}

/// The document as TOML: the version first, then every setting that is not none.
pub(super) fn written(version: u16, document: Value) -> String {
    let table = match write(document) {
        Some(toml::Value::Table(table)) => table,
        _ => toml::Table::new(),
    };
    // Plain data with text as keys, which is always encoded.
    let body = toml::to_string_pretty(&table).unwrap_or_default();
    format!("version = {version}\n{body}")
}

fn write(value: Value) -> Option<toml::Value> {
    Some(match value {
        // TOML has no word for none, and every setting that can be none is none by default.
        Value::Null => return None,
        Value::Bool(is_on) => is_on.into(),
        Value::Number(number) => match number.as_i64() {
            Some(number) => number.into(),
            // Beyond the numbers of TOML. No limit is that high, so reading it back fails loudly.
            None => number.to_string().into(),
        },
        Value::String(text) => text.into(),
        Value::Array(entries) => {
            toml::Value::Array(entries.into_iter().filter_map(write).collect())
        }
        Value::Object(fields) => {
            let written =
                fields.into_iter().filter_map(|(name, value)| Some((name, write(value)?)));
            toml::Value::Table(written.collect())
        }
    })
}
