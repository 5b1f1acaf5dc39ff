//! The troubleshooting page: each reason, the conditions without a number, and the events of writeback.

use super::phrases::Phrases;
use crate::error::SsprReason;
use crate::facts::{WritebackEvent, WritebackMeaning};

/// The conditions that have no number, by their key.
const CONDITIONS: [&str; 7] = [
    "no-mail",
    "phone-format",
    "typed-number",
    "one-method",
    "administrators-differ",
    "sign-in-name",
    "throttled",
];

/// A row of the troubleshooting page.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TroubleshootingRow {
    /// Entra's code such as `SSPR_0014`, or the number of an event; empty if there is none.
    pub code: String,
    /// The cause.
    pub cause: String,
    /// Who can remove it; `None` where the advice says so.
    pub remedy: Option<String>,
    /// What helps.
    pub advice: String,
}

impl Phrases<'_> {
    /// Every row of the troubleshooting page, generated: the reasons in the order in which the engine
    /// evaluates them, then the conditions without a number, then the events of writeback.
    ///
    /// ```
    /// use sspr::words::Catalogue;
    /// use sspr::message::Locale;
    ///
    /// let catalogue = Catalogue::new();
    /// let rows = catalogue.phrases(&Locale::parse("zh-CN")?).troubleshooting();
    /// let row = rows.iter().find(|row| row.code == "SSPR_0013").unwrap();
    /// assert_eq!(row.cause, "用户不在任何所选组中");
    /// assert_eq!(row.remedy.as_deref(), Some("管理员"));
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn troubleshooting(&self) -> Vec<TroubleshootingRow> {
        let reasons = SsprReason::ALL.iter().map(|reason| {
            let text = self.reason(*reason);
            let code = reason.code().map(|code| format!("SSPR_{code:04}")).unwrap_or_default();
            let remedy = Some(text.remedy);
            TroubleshootingRow { code, cause: text.cause, remedy, advice: text.advice }
        });
        let conditions = CONDITIONS.map(|key| self.row(String::new(), &format!("condition-{key}")));
        let events = WritebackEvent::ALL.iter().map(|event| {
            let number = event.number();
            let code = match number {
                0x8000_0000.. => format!("0x{number:08X}"),
                _ => number.to_string(),
            };
            self.writeback(event.meaning(), format!("{code} {}", event.name()))
        });
        reasons.chain(conditions).chain(events).collect()
    }

    /// What an event of writeback means, and what helps.
    fn writeback(&self, meaning: WritebackMeaning, code: String) -> TroubleshootingRow {
        self.row(code, &format!("writeback-{}", meaning.as_str().replace('_', "-")))
    }

    fn row(&self, code: String, key: &str) -> TroubleshootingRow {
        TroubleshootingRow {
            code,
            cause: self.phrase(key, &[]),
            remedy: None,
            advice: self.phrase(&format!("{key}.advice"), &[]),
        }
    }
}
