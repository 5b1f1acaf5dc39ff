//! Spans of time as people write them in documents, and their one canonical form.

use std::time::Duration;

use crate::domain::time::{DAY, HOUR, MINUTE, SECOND};

const MILLISECOND: Duration = Duration::from_millis(1);

/// Reads a span such as `15m`, `24h`, `1h 30m`, `90 s`, or ISO 8601's `PT15M` and `P1DT2H`. Months and
/// years are no spans of a known length.
pub(super) fn written_span(text: &str) -> Option<Duration> {
    let trimmed = text.trim();
    match trimmed.strip_prefix('P') {
        Some(rest) => iso(rest),
        None => parts(trimmed, |unit| {
            Some(match unit {
                "ms" => MILLISECOND,
                "s" => SECOND,
                "m" | "min" => MINUTE,
                "h" => HOUR,
                "d" => DAY,
                _ => return None,
            })
        }),
    }
}

/// The canonical form, the largest unit first: `15m`, `2h 30m`, `1d`.
pub(super) fn shown_span(span: Duration) -> String {
    const UNITS: [(u128, &str); 5] =
        [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
    let mut rest = span.as_millis();
    let mut parts = Vec::new();
    for (size, unit) in UNITS {
        if rest >= size {
            parts.push(format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

/// ISO 8601-1, 5.5.2: days before `T`, hours, minutes and seconds after it.
fn iso(text: &str) -> Option<Duration> {
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let days = match date {
        "" => Duration::ZERO,
        _ => parts(date, |unit| match unit {
            "D" => Some(DAY),
            "W" => DAY.checked_mul(7),
            _ => None,
        })?,
    };
    let rest = match time {
        None if date.is_empty() => return None,
        None => Duration::ZERO,
        Some(time) => parts(time, |unit| match unit {
            "H" => Some(HOUR),
            "M" => Some(MINUTE),
            "S" => Some(SECOND),
            _ => None,
        })?,
    };
    days.checked_add(rest)
}

/// The sum of numbers with units, each unit once and the larger first; at least one.
fn parts(text: &str, unit_of: impl Fn(&str) -> Option<Duration>) -> Option<Duration> {
    let (mut sum, mut last, mut rest) = (Duration::ZERO, Duration::MAX, text);
    while !rest.is_empty() {
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let number: u32 = rest[..rest.len() - after.len()].parse().ok()?;
        let named = after.trim_start();
        let end = named.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(named.len());
        let unit = unit_of(&named[..end])?;
        if unit >= last {
            return None;
        }
        sum = sum.checked_add(unit.checked_mul(number)?)?;
        (last, rest) = (unit, named[end..].trim_start());
    }
    (last < Duration::MAX).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("15m", 900),
            ("15 min", 900),
            ("24h", 86_400),
            ("1h30m", 5_400),
            ("1h 30m", 5_400),
            ("7d", 604_800),
            ("90s", 90),
            (" 90 s ", 90),
            ("PT15M", 900),
            ("PT24H", 86_400),
            ("P1D", 86_400),
            ("P1W", 604_800),
            ("P1DT2H3M4S", 93_784),
        ] {
            assert_eq!(written_span(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(written_span("250ms"), Some(Duration::from_millis(250)));
    }

    #[test]
    fn every_spelling_of_a_span_has_one_canonical_form() {
        for (text, canonical) in [
            ("PT15M", "15m"),
            ("900s", "15m"),
            ("15 min", "15m"),
            ("150m", "2h 30m"),
            ("2h30m", "2h 30m"),
            ("P1DT1S", "1d 1s"),
            ("24h", "1d"),
            ("P1W", "7d"),
            ("1500ms", "1s 500ms"),
            ("0s", "0s"),
            ("PT0S", "0s"),
        ] {
            let span = written_span(text).expect(text);
            assert_eq!(shown_span(span), canonical, "{text}");
            assert_eq!(written_span(canonical), Some(span), "{text}");
        }
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for text in [
            "",
            "15",
            "m",
            "15x",
            "-15m",
            "1.5h",
            "15m15m",
            "30m1h",
            "P",
            "PT",
            "P15M",
            "P1Y",
            "PT1D",
            "pt15m",
            "15mm",
            "99999999999d",
            "4000000000d4000000000d",
            "１５m",
        ] {
            assert_eq!(written_span(text), None, "{text:?}");
        }
    }
}
