//! The texts of pages, for the values that the engine returns.

use super::clock::{When, ZoneOffset};
use super::letter::name_of;
use super::phrases::{PhraseValue, Phrases};
use crate::audit::Remedy;
use crate::error::{CodeLimit, SsprReason};
use crate::method::{OptionView, Prompt, QuestionTopic, QuestionView, SignInPrompt, Skip};
use crate::password::{PasswordFault, PasswordGuide};
use crate::{MethodKind, Refusal, Step};

/// A heading and what to do, for a step or a prompt.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PageText {
    /// The heading.
    pub title: String,
    /// What the user does, or what has happened.
    pub hint: String,
    /// A further sentence, such as that the outcome of the last attempt is unknown.
    pub note: Option<String>,
}

/// A reason in words, as in Entra's table of troubleshooting.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ReasonText {
    /// The cause, for administrators.
    pub cause: String,
    /// What to tell the user, if the policy discloses the reason.
    pub user: String,
    /// Who can remove the cause.
    pub remedy: String,
    /// What helps, for an administrator or a help desk.
    pub advice: String,
}

impl Phrases<'_> {
    /// The name of a kind of method.
    ///
    /// ```
    /// use sspr::MethodKind;
    /// use sspr::words::Catalogue;
    /// use sspr::message::Locale;
    ///
    /// let catalogue = Catalogue::new();
    /// let phrases = catalogue.phrases(&Locale::parse("zh-TW")?);
    /// assert_eq!(phrases.method(MethodKind::MobilePhone), "行動電話");
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn method(&self, kind: MethodKind) -> String {
        self.phrase("method", &[("method", kind.as_str().into())])
    }

    /// An option to choose, with its masked address if the option shows one.
    #[must_use]
    pub fn option(&self, option: &OptionView) -> String {
        let mut values = vec![("way", way(option).into())];
        match &option.masked {
            Some(masked) => {
                values.push(("masked", masked.as_str().into()));
                self.phrase("option-masked", &values)
            }
            None => self.phrase("option", &values),
        }
    }

    /// The heading and the instruction of a step. Before the first proof they do not tell whether
    /// anything was sent.
    ///
    /// ```
    /// use sspr::Step;
    /// use sspr::words::Catalogue;
    /// use sspr::message::Locale;
    ///
    /// let catalogue = Catalogue::new();
    /// let page = catalogue.phrases(&Locale::default()).step(&Step::Done { propagated: true });
    /// assert_eq!((page.title.as_str(), page.note), ("Done", None));
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn step(&self, step: &Step) -> PageText {
        let unsettled =
            |key: &str, unsettled: bool| self.page(key, unsettled.then_some("unsettled"));
        match step {
            Step::Choose { .. } => self.page("step-choose", None),
            Step::Enter { option, .. } => PageText {
                hint: self.phrase("step-enter.hint", &[("way", way(option).into())]),
                ..self.page("step-enter", None)
            },
            Step::OpenLink { .. } => self.page("step-open-link", None),
            Step::Respond { .. } => self.page("step-respond", None),
            Step::Answer { .. } => self.page("step-answer", None),
            Step::ConfirmUnlock { unsettled: unknown, .. } => {
                unsettled("step-confirm-unlock", *unknown)
            }
            Step::NewPassword { unsettled: unknown, .. } => {
                unsettled("step-new-password", *unknown)
            }
            Step::Done { propagated: true } => self.page("step-done", None),
            Step::Done { propagated: false } => PageText {
                hint: self.phrase("step-done.propagating", &[]),
                ..self.page("step-done", None)
            },
        }
    }

    /// The text of a security question: that of the policy for a custom one, else that of its topic. A
    /// question of neither is shown by its id.
    ///
    /// ```
    /// use sspr::method::QuestionTopic;
    /// use sspr::message::Locale;
    /// use sspr::words::Catalogue;
    ///
    /// let catalogue = Catalogue::new();
    /// let latvian = catalogue.phrases(&Locale::parse("lv")?);
    /// let text = latvian.topic(QuestionTopic::FirstPet);
    /// assert_eq!(text, "Kā sauca jūsu pirmo mājdzīvnieku?");
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn question(&self, view: &QuestionView) -> String {
        match (&view.text, view.question.topic()) {
            (Some(text), _) => text.clone(),
            (None, Some(topic)) => self.topic(topic),
            (None, None) => view.question.to_string(),
        }
    }

    /// The question of a topic of the catalogue.
    #[must_use]
    pub fn topic(&self, topic: QuestionTopic) -> String {
        self.phrase(&format!("question-{}", topic.as_str().replace('_', "-")), &[])
    }

    /// What a user is asked at sign-in; `None` if nothing is asked. The note tells until when it may be
    /// skipped.
    #[must_use]
    pub fn prompt(&self, prompt: &SignInPrompt, offset: ZoneOffset) -> Option<PageText> {
        let page = match prompt.ask {
            Prompt::Nothing => return None,
            Prompt::ChangePassword => self.page("prompt-change-password", None),
            Prompt::Register => self.page("prompt-register", None),
            Prompt::Reconfirm => self.page("prompt-reconfirm", None),
            Prompt::NothingOffered => self.page("prompt-nothing-offered", None),
        };
        let note = match prompt.skip {
            Skip::Until { at } => {
                let until = self.moment_in(When::Until, at, offset);
                Some(self.phrase("skip-until", &[("until", until.into())]))
            }
            Skip::Never | Skip::Always => None,
        };
        Some(PageText { note, ..page })
    }

    /// A refusal, in a sentence for the user. Times are shown at this offset.
    ///
    /// ```
    /// use sspr::Refusal;
    /// use sspr::words::{Catalogue, ZoneOffset};
    /// use sspr::message::Locale;
    ///
    /// let catalogue = Catalogue::new();
    /// let phrases = catalogue.phrases(&Locale::parse("zh-CN")?);
    /// assert_eq!(phrases.refusal(&Refusal::Ended, ZoneOffset::UTC), "此流程已结束。请重新开始。");
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn refusal(&self, refusal: &Refusal, offset: ZoneOffset) -> String {
        let key = format!("refusal-{}", refusal.code().replace('_', "-"));
        let mut values: Vec<(&str, PhraseValue<'_>)> = Vec::new();
        match refusal {
            Refusal::NotEligible { reason } => return self.reason(*reason).user,
            Refusal::DirectoryPassword { reason, .. } => return self.directory_password(reason),
            Refusal::TooOften { retry_at }
            | Refusal::Busy { retry_at }
            | Refusal::Overloaded { retry_at } => {
                values.push(("at", self.moment(*retry_at, offset).into()));
            }
            Refusal::TooManyCodes { limit, retry_at } => {
                values.push(("at", self.moment(*retry_at, offset).into()));
                let limit = match limit {
                    CodeLimit::Destination => "destination",
                    CodeLimit::Prefix => "prefix",
                };
                values.push(("limit", limit.into()));
            }
            _ => {}
        }
        self.phrase(&key, &values)
    }

    /// What is wrong with a password, and how to choose a better one (NIST SP 800-63B-4, 3.1.1.2).
    ///
    /// ```
    /// use sspr::words::Catalogue;
    /// use sspr::message::Locale;
    /// use sspr::password::PasswordFault;
    ///
    /// let catalogue = Catalogue::new();
    /// let (fault, hint) = catalogue.phrases(&Locale::default()).password(&PasswordFault::Common);
    /// assert_eq!(fault, "It is a common password, or like one.");
    /// assert!(hint.starts_with("Attackers try common passwords first."));
    /// ```
    #[must_use]
    pub fn password(&self, fault: &PasswordFault) -> (String, String) {
        let key = format!("password-{}", fault.code().replace('_', "-"));
        let values: Vec<(&str, PhraseValue<'_>)> = match fault {
            PasswordFault::TooShort { min } => vec![("min", (*min).into())],
            PasswordFault::TooLong { max } | PasswordFault::TooManyBytes { max } => {
                vec![("max", (*max).into())]
            }
            PasswordFault::Guessable { points, required } => {
                vec![("points", (*points).into()), ("needed", (*required).into())]
            }
            PasswordFault::TooWeak { score, required } => {
                vec![("score", (*score).into()), ("needed", (*required).into())]
            }
            PasswordFault::NeedsClasses { required, found } => {
                vec![("needed", (*required).into()), ("found", (*found).into())]
            }
            _ => Vec::new(),
        };
        (self.phrase(&key, &values), self.phrase(&format!("{key}.hint"), &values))
    }

    /// Why the directory does not accept a password, by the code in
    /// [`Refusal::DirectoryPassword`].
    #[must_use]
    pub fn directory_password(&self, reason: &str) -> String {
        let key = format!("password-directory-{}", reason.replace('_', "-"));
        let unspecified = || self.phrase("password-directory-unspecified", &[]);
        self.text(&key, &[]).unwrap_or_else(unspecified)
    }

    /// The rules for a new password, one sentence each.
    #[must_use]
    pub fn guide(&self, guide: &PasswordGuide) -> Vec<String> {
        let length = [("least", guide.min_length.into()), ("most", guide.max_length.into())];
        let classes = [("required", guide.required_classes.into())];
        let mut rules = vec![self.phrase("guide-length", &length)];
        if guide.required_classes > 0 {
            rules.push(self.phrase("guide-classes", &classes));
        }
        if guide.min_score > 0 {
            rules.push(self.phrase("guide-score", &[]));
        }
        if guide.ascii_only {
            rules.push(self.phrase("guide-ascii", &[]));
        }
        rules.push(self.phrase("guide-blocked", &[]));
        rules
    }

    /// A reason: its cause, what the user is told, who can remove the cause, and what helps.
    ///
    /// ```
    /// use sspr::error::SsprReason;
    /// use sspr::words::Catalogue;
    /// use sspr::message::Locale;
    ///
    /// let catalogue = Catalogue::new();
    /// let reason = catalogue.phrases(&Locale::parse("lv")?).reason(SsprReason::NotInScope);
    /// assert_eq!(reason.remedy, "administrators");
    /// assert_eq!(reason.advice, "pievienojiet lietotāju atlasītai grupai");
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn reason(&self, reason: SsprReason) -> ReasonText {
        let key = format!("reason-{}", name_of(&reason).replace('_', "-"));
        ReasonText {
            cause: self.phrase(&key, &[]),
            user: self.phrase(&format!("{key}.user"), &[]),
            remedy: self.remedy(reason.remedy()),
            advice: self.phrase(&format!("{key}.advice"), &[]),
        }
    }

    /// Who can remove a cause.
    pub(super) fn remedy(&self, remedy: Remedy) -> String {
        self.phrase("remedy", &[("remedy", name_of(&remedy).into())])
    }

    fn page(&self, key: &str, note: Option<&str>) -> PageText {
        PageText {
            title: self.phrase(key, &[]),
            hint: self.phrase(&format!("{key}.hint"), &[]),
            note: note.map(|note| self.phrase(&format!("{key}.{note}"), &[])),
        }
    }
}

/// The kind of an option and its channel, as the texts name them.
fn way(option: &OptionView) -> String {
    format!("{}-{}", option.option.method(), option.option.channel())
}
