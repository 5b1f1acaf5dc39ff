//! One message: which texts it has, in which order, for each channel.

use super::brand::Brand;
use super::clock::{When, ZoneOffset};
use super::phrases::{PhraseValue, Phrases};
use crate::adapters::render::latin::latin;
use crate::adapters::render::mail::Mail;
use crate::adapters::render::name::sanitised;
use crate::adapters::render::sms::{SmsEncoding, segments};
use crate::adapters::render::{Rendered, account_name, voice};
use crate::message::{CoarseOrigin, CodeMessage, LinkMessage, Message, Notice, SignInNames};
use crate::method::Channel;
use crate::port::Envelope;
use crate::{MethodKind, SecretText, Timestamp};

/// The longest name in a mail or a call, and of an account, in characters.
const LONG_NAME: usize = 64;
const LONG_ACCOUNT: usize = 128;
/// The longest names in a text message: the first if the message has as few parts with it.
const SHORT_NAMES: [usize; 3] = [24, 12, 6];

type Values<'a> = Vec<(&'static str, PhraseValue<'a>)>;

/// A message, with what is needed to put it into words.
pub(super) struct Letter<'a> {
    pub(super) phrases: Phrases<'a>,
    pub(super) envelope: &'a Envelope,
    pub(super) brand: &'a Brand,
    /// The offset of the user's time zone at a time.
    pub(super) offset: &'a dyn Fn(Timestamp) -> ZoneOffset,
}

impl Letter<'_> {
    /// The texts; `None` if the catalogue lacks one.
    pub(super) fn rendered(&self) -> Option<Rendered> {
        match &self.envelope.message {
            Message::Code(code) => self.code(code),
            Message::Link(link) => self.link(link),
            Message::Notice(notice) => self.notice(*notice),
            Message::SignInNames(message) => self.sign_in_names(message),
        }
    }

    fn code(&self, message: &CodeMessage) -> Option<Rendered> {
        let until = self.moment(When::Until, message.expires_at);
        let mut values = self.named(LONG_NAME);
        values.push(("purpose", name_of(&message.purpose).into()));
        let subject = self.text("code", &values)?;
        let secret = message.code.expose_secret();
        match self.envelope.channel {
            Channel::Sms => {
                values.push(("code", secret.into()));
                values.push(("clock", self.clock(message.expires_at).into()));
                let line = self.brand.sms_origin.as_ref().map(|origin| origin.line(secret));
                let text = self.text_message(
                    &[
                        ("code.text", 0),
                        ("code.text-short", 0),
                        ("code.text-short", 1),
                        ("code.text-shortest", 1),
                        ("code.text-shortest", 2),
                    ],
                    &values,
                    line.as_deref(),
                )?;
                Some(self.plain(subject, text))
            }
            Channel::Voice => {
                let spelled = |letter: char, word: &str| {
                    let parts = [("letter", letter.to_string().into()), ("word", word.into())];
                    self.phrases.phrase("code-letter", &parts)
                };
                let spoken = SecretText::new(voice::spoken(secret, spelled));
                let until = self.clock(message.expires_at);
                values.push(("validity", self.validity(message.valid_for, &until).into()));
                values.push(("spoken", spoken.expose_secret().into()));
                let text = SecretText::new(self.text("code.call", &values)?);
                Some(self.plain(subject, text))
            }
            _ => {
                values.push(("validity", self.validity(message.valid_for, &until).into()));
                let mail = self
                    .mail()
                    .says(self.text("code.intro", &values)?)
                    .code(secret)
                    .says(self.text("code.validity", &values)?)
                    .says(self.text("code.secrecy", &values)?);
                let mail = self.requested(mail).says(self.text("code.unasked", &values)?);
                Some(self.signed(mail).rendered(subject))
            }
        }
    }

    fn link(&self, message: &LinkMessage) -> Option<Rendered> {
        let until = self.moment(When::Until, message.expires_at);
        let by = if message.by_administrator { "administrator" } else { "user" };
        let mut values = self.named(LONG_NAME);
        values.push(("purpose", name_of(&message.purpose).into()));
        values.push(("by", by.into()));
        values.push(("validity", self.validity(message.valid_for, &until).into()));
        let mail = self
            .mail()
            .says(self.text("link.intro", &values)?)
            .link(message.url.expose_secret())
            .says(self.text("link.effect", &values)?)
            .says(self.text("link.validity", &values)?)
            .says(self.text("link.secrecy", &values)?);
        let mail = self.requested(mail).says(self.text("link.unasked", &values)?);
        Some(self.signed(mail).rendered(self.text("link", &values)?))
    }

    fn sign_in_names(&self, message: &SignInNames) -> Option<Rendered> {
        let values = self.named(LONG_NAME);
        let names: Vec<_> =
            message.names.iter().map(|name| account_name(name, LONG_ACCOUNT)).collect();
        let mail = self
            .mail()
            .says(self.text("sign-in-names.intro", &values)?)
            .says(names.join(", "))
            .says(self.text("sign-in-names.next", &values)?)
            .says(self.text("sign-in-names.unasked", &values)?);
        Some(self.signed(mail).rendered(self.text("sign-in-names", &values)?))
    }

    fn notice(&self, notice: Notice) -> Option<Rendered> {
        let key = notice.id().replace(['.', '_'], "-");
        let mut values = self.named(LONG_NAME);
        values.extend(self.facts(notice));
        let headline = self.text(&key, &values)?;
        let part = |name: &str| self.text(&format!("{key}.{name}"), &values);
        let (mut long, short) = (capital(&part("long")?), part("short")?);
        let advice = part("advice")?;
        if let Some(account) = &self.envelope.about {
            let account = account_name(account, LONG_ACCOUNT);
            let parts = [("long", long.clone().into()), ("account", account.into())];
            long = self.text("notice-about", &parts)?;
        }
        values.push(("headline", headline.as_str().into()));
        values.push(("long", long.as_str().into()));
        values.push(("short", short.into()));
        let subject = self.text("notice-subject", &values)?;
        match self.envelope.channel {
            Channel::Sms => {
                values.push(("headline", capital(&headline).into()));
                let forms = [("notice-text", 0), ("notice-text", 1), ("notice-text", 2)];
                Some(self.plain(subject, self.text_message(&forms, &values, None)?))
            }
            Channel::Voice => {
                let text = SecretText::new(self.text("notice-call", &values)?);
                Some(self.plain(subject, text))
            }
            _ => {
                let mut mail = self.mail().says(long.clone());
                if let Some(origin) = self.origin() {
                    let values = [("origin", origin.into())];
                    mail = mail.says(self.phrases.phrase("mail-origin", &values));
                }
                let footer = self.text("notice-footer", &values)?;
                let whole = self.repudiable(mail.says(advice))?.says(footer);
                Some(self.signed(whole).rendered(subject))
            }
        }
    }

    /// Adds the link by which the reader repudiates the change, if the notice has one.
    fn repudiable<'m>(&'m self, mail: Mail<'m>) -> Option<Mail<'m>> {
        let Some(link) = &self.envelope.repudiation else { return Some(mail) };
        let until = self.moment(When::Until, link.expires_at);
        let values = [("validity", self.validity(link.valid_for, &until).into())];
        let intro = self.text("notice-repudiation.intro", &[])?;
        let validity = self.text("notice-repudiation.validity", &values)?;
        Some(mail.says(intro).link(link.url.expose_secret()).says(validity))
    }

    /// The facts of a notice, by the names that the texts use.
    fn facts(&self, notice: Notice) -> Values<'static> {
        let mut values = vec![
            ("at", self.moment(When::At, notice.at()).into()),
            ("until", self.moment(When::Until, notice.at()).into()),
        ];
        let method = |method: MethodKind| ("method", method.as_str().into());
        match notice {
            Notice::MethodAdded { method: kind, .. }
            | Notice::MethodRemoved { method: kind, .. }
            | Notice::MethodReplaced { method: kind, .. }
            | Notice::ManyFailures { method: kind, .. } => values.push(method(kind)),
            Notice::Repudiated { methods, .. } => values.push(("count", methods.into())),
            Notice::RecoveryCodeUsed { left, .. } => values.push(("left", left.into())),
            Notice::SeveralChanges { count, password, since, .. } => values.extend([
                ("count", count.into()),
                ("password", if password { "yes" } else { "no" }.into()),
                ("since", self.moment(When::Since, since).into()),
            ]),
            Notice::HelpRequests { count, since, .. } => values.extend([
                ("count", count.into()),
                ("since", self.moment(When::Since, since).into()),
            ]),
            _ => {}
        }
        values
    }

    /// The text with the fewest parts of these forms, the fullest first. Each names a key and the
    /// longest name of the organisation that it may hold, as a place in [`SHORT_NAMES`]. A text beyond the
    /// GSM alphabet may have two parts.
    fn text_message(
        &self,
        forms: &[(&str, usize)],
        values: &Values<'_>,
        line: Option<&str>,
    ) -> Option<SecretText> {
        let end = line.map(|line| format!("\n\n{line}")).unwrap_or_default();
        let mut best: Option<(usize, SecretText)> = None;
        let mut least = 1;
        for (index, (key, length)) in forms.iter().enumerate() {
            let name = self.short_name(key, values, SHORT_NAMES[*length]);
            let mut text = self.text(key, &with_name(values, name))?;
            text.push_str(&end);
            let size = segments(&text);
            if index == 0 && size.encoding == SmsEncoding::Ucs2 {
                least = 2;
            }
            let parts = size.segments.max(least);
            // Forms that are not used are secrets as well.
            let text = SecretText::new(text);
            if best.as_ref().is_none_or(|(fewest, _)| parts < *fewest) {
                best = Some((parts, text));
            }
        }
        best.map(|(_, text)| text)
    }

    /// The name for a text message. If the rest of the text is in the GSM alphabet, the accents that the
    /// alphabet lacks are dropped.
    fn short_name(&self, key: &str, values: &Values<'_>, max: usize) -> String {
        let name = self.name(LONG_NAME);
        let nameless = self.text(key, &with_name(values, String::new())).map(SecretText::new);
        let rest = nameless.map(|text| segments(text.expose_secret()).encoding);
        let name = if rest == Some(SmsEncoding::Gsm7) { latin(&name).into_owned() } else { name };
        sanitised(&name, max).unwrap_or_else(|| name.chars().take(max).collect())
    }

    /// The name of the organisation.
    fn name(&self, max: usize) -> String {
        let given = self.brand.name.as_deref().unwrap_or(&self.envelope.organisation);
        let nameless = || self.phrases.phrase("nameless", &[]);
        sanitised(given, max).unwrap_or_else(nameless)
    }

    fn named(&self, max: usize) -> Values<'static> {
        vec![("organisation", self.name(max).into())]
    }

    fn mail<'m>(&self) -> Mail<'m> {
        let mail = Mail::new(self.phrases.locale().clone());
        let person = self.envelope.display_name.as_deref();
        match person.and_then(|name| sanitised(name, LONG_NAME)) {
            Some(person) => {
                mail.says(self.phrases.phrase("mail-greeting", &[("person", person.into())]))
            }
            None => mail,
        }
    }

    /// Adds when and from where the code or the link was requested.
    fn requested<'m>(&self, mail: Mail<'m>) -> Mail<'m> {
        let Some(at) = self.envelope.requested_at else {
            return mail;
        };
        let mut values = vec![("at", self.moment(When::At, at).into())];
        let key = match self.origin() {
            Some(origin) => {
                values.push(("origin", origin.into()));
                "mail-requested-from"
            }
            None => "mail-requested",
        };
        mail.says(self.phrases.phrase(key, &values))
    }

    /// Adds the contact, the brand's or else the policy's, and the footer.
    fn signed<'m>(&self, mut mail: Mail<'m>) -> Mail<'m> {
        let contact = self.brand.contact.as_ref().or(self.envelope.contact.as_ref());
        if let Some(contact) = contact {
            let values = [("contact", contact.as_str().into())];
            mail = mail.says(self.phrases.phrase("mail-contact", &values));
        }
        match &self.brand.footer {
            Some(footer) => mail.says(footer.clone()),
            None => mail,
        }
    }

    /// Where the request came from.
    fn origin(&self) -> Option<String> {
        let CoarseOrigin { country, device, .. } = self.envelope.origin?;
        let named = |key: &'static str, parameter: &'static str, name: &str| {
            self.phrases.phrase(key, &[(parameter, name.into())])
        };
        let of_device = device.map(|kind| named("device", "device", kind.as_str()));
        let of_country = country.map(|code| named("country", "code", code.as_str()));
        let parts: Vec<String> = of_device.into_iter().chain(of_country).collect();
        (!parts.is_empty()).then(|| self.phrases.list(parts))
    }

    fn validity(&self, valid_for: Option<std::time::Duration>, until: &str) -> String {
        let known = valid_for.filter(|span| span.as_secs() > 0);
        let mut values = vec![("until", until.into())];
        match known {
            Some(span) => {
                values.push(("span", self.phrases.span(span).into()));
                self.phrases.phrase("validity-for", &values)
            }
            None => self.phrases.phrase("validity", &values),
        }
    }

    fn moment(&self, when: When, at: Timestamp) -> String {
        self.phrases.moment_in(when, at, (self.offset)(at))
    }

    fn clock(&self, at: Timestamp) -> String {
        self.phrases.clock(at, (self.offset)(at))
    }

    fn text(&self, key: &str, values: &[(&str, PhraseValue<'_>)]) -> Option<String> {
        self.phrases.text(key, values)
    }

    fn plain(&self, subject: String, text: SecretText) -> Rendered {
        let language = self.phrases.locale().clone();
        Rendered { language, ..Rendered::new(subject, text) }
    }
}

/// The values with another name of the organisation. Of two values of a name, the later counts.
fn with_name<'v>(values: &Values<'v>, name: String) -> Values<'v> {
    values.iter().cloned().chain([("organisation", name.into())]).collect()
}

/// The serialised name of a value such as a purpose.
pub(super) fn name_of(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// The text with a capital at its start.
fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).collect()
}
