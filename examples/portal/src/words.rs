//! The texts that only this portal has: one file for each language, with lines `key = text`. Prompts,
//! refusals, reasons, guidance and messages are those of `sspr::words`.

use std::collections::BTreeMap;

use sspr::message::Locale;

/// The languages of the portal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Language {
    English,
    SimplifiedChinese,
    TraditionalChinese,
    Latvian,
}

impl Language {
    pub const ALL: [Self; 4] =
        [Self::English, Self::SimplifiedChinese, Self::TraditionalChinese, Self::Latvian];

    /// The tag, for the attribute `lang` and the cookie.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::SimplifiedChinese => "zh-CN",
            Self::TraditionalChinese => "zh-TW",
            Self::Latvian => "lv",
        }
    }

    /// The language, as the crate names it.
    #[must_use]
    pub fn locale(self) -> Locale {
        // Each tag is valid, which a test of the portal checks.
        Locale::parse(self.tag()).unwrap_or_default()
    }

    /// The language's own name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::SimplifiedChinese => "简体中文",
            Self::TraditionalChinese => "繁體中文",
            Self::Latvian => "Latviešu",
        }
    }

    /// The file of the texts.
    #[must_use]
    pub const fn file(self) -> &'static str {
        match self {
            Self::English => include_str!("../words/en.txt"),
            Self::SimplifiedChinese => include_str!("../words/zh-CN.txt"),
            Self::TraditionalChinese => include_str!("../words/zh-TW.txt"),
            Self::Latvian => include_str!("../words/lv.txt"),
        }
    }

    /// The language with this tag.
    #[must_use]
    pub fn tagged(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// The language that the user chose on a page, from the cookies.
    #[must_use]
    pub fn chosen(cookies: &str) -> Option<Self> {
        cookies.split("; ").find_map(|cookie| Self::tagged(cookie.strip_prefix("lang=")?))
    }

    /// The first choice of `Accept-Language` that the portal has, or English.
    #[must_use]
    pub fn accepted_first(header: &str) -> Self {
        let mut choices: Vec<(f32, Self)> = header.split(',').filter_map(Self::choice).collect();
        // Stable: of equal weights the first remains first.
        choices.sort_by(|(left, _), (right, _)| right.total_cmp(left));
        choices.first().map_or(Self::English, |(_, language)| *language)
    }

    fn choice(element: &str) -> Option<(f32, Self)> {
        let mut parts = element.split(';').map(str::trim);
        let tag = parts.next()?.to_ascii_lowercase();
        let weight = match parts.find_map(|part| part.strip_prefix("q=")) {
            Some(weight) => weight.parse().ok()?,
            None => 1.0,
        };
        let mut subtags = tag.split('-');
        let language = match subtags.next()? {
            "en" => Self::English,
            "lv" => Self::Latvian,
            "zh" if subtags.any(|part| matches!(part, "hant" | "tw" | "hk" | "mo")) => {
                Self::TraditionalChinese
            }
            "zh" => Self::SimplifiedChinese,
            _ => return None,
        };
        (weight > 0.0).then_some((weight, language))
    }
}

/// The texts of one language by key.
#[must_use]
pub fn texts(language: Language) -> BTreeMap<&'static str, &'static str> {
    let lines = language.file().lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(" = ")).collect()
}
