//! The language of a catalogue that is closest to a wanted one.

use crate::message::Locale;

/// The place of the closest language; `None` if none has the same primary subtag.
///
/// An exact match wins, then the tag without its last subtags (RFC 4647, 3.4), then for Chinese the script
/// that the region writes, then any language with the same primary subtag.
pub(super) fn closest(wanted: &Locale, known: &[&Locale]) -> Option<usize> {
    let find = |tag: &str| known.iter().position(|known| known.as_str().eq_ignore_ascii_case(tag));
    let tag = wanted.as_str();
    if let Some(place) = find(tag) {
        return Some(place);
    }
    let parts = Parts::of(tag);
    if parts.is_chinese() {
        let of_region = parts.region.and_then(|region| find(&format!("zh-{region}")));
        let of_script = || find(if parts.is_traditional() { "zh-TW" } else { "zh-CN" });
        // The region counts only if it does not contradict the script: `zh-Hans-HK` is simplified.
        let region = of_region.filter(|_| parts.script.is_none() || parts.script_is_usual());
        return region.or_else(of_script).or_else(|| find("zh"));
    }
    let shorter = tag.match_indices('-').map(|(end, _)| &tag[..end]).rev();
    let same_primary = |known: &&Locale| Parts::of(known.as_str()).primary == parts.primary;
    shorter.map(find).find_map(|place| place).or_else(|| known.iter().position(same_primary))
}

/// The subtags that matter here.
struct Parts<'a> {
    primary: &'a str,
    /// A language that is registered as an extension of `zh`, such as `yue`.
    extended: Option<&'a str>,
    script: Option<&'a str>,
    region: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(tag: &'a str) -> Self {
        let mut rest = tag.split('-').peekable();
        let primary = rest.next().unwrap_or_default();
        let extended = rest.next_if(|subtag| subtag.len() == 3 && is_letters(subtag));
        let script = rest.next_if(|subtag| subtag.len() == 4 && is_letters(subtag));
        let region = rest.next_if(|subtag| subtag.len() == 2 && is_letters(subtag));
        Self { primary, extended, script, region }
    }

    fn is_chinese(&self) -> bool {
        matches!(self.primary, "zh" | "cmn" | "yue")
    }

    /// Whether it is written in traditional characters: by its script, else by its region.
    fn is_traditional(&self) -> bool {
        match self.script {
            Some(script) => script == "Hant",
            None => self.region_is_traditional(),
        }
    }

    fn region_is_traditional(&self) -> bool {
        let cantonese = self.primary == "yue" || self.extended == Some("yue");
        match self.region {
            Some(region) => matches!(region, "TW" | "HK" | "MO"),
            None => cantonese,
        }
    }

    fn script_is_usual(&self) -> bool {
        self.is_traditional() == self.region_is_traditional()
    }
}

fn is_letters(subtag: &str) -> bool {
    subtag.bytes().all(|byte| byte.is_ascii_alphabetic())
}
