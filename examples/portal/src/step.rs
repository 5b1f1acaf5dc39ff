//! The page of a step.

use axum::response::{IntoResponse as _, Response};
use minijinja::{Value, context};
use serde::Serialize;
use sspr::method::OptionView;
use sspr::words::PageText;
use sspr::{Reply, Step, Timestamp};

use crate::Portal;
use crate::pages::{shown, value};
use crate::passkey::WITH_SCRIPT;
use crate::password::guide;
use crate::problem::Alert;
use crate::visit::Visit;

/// An option as a button.
#[derive(Serialize)]
struct OptionButton {
    value: String,
    /// The key of its text: `option.email.link`.
    key: String,
    masked: Option<String>,
    typed: bool,
}

impl From<&OptionView> for OptionButton {
    fn from(view: &OptionView) -> Self {
        let option = view.option;
        Self {
            value: option.to_string(),
            key: format!("option.{}.{}", option.method(), option.channel()),
            masked: view.masked.clone(),
            typed: view.typed_number,
        }
    }
}

/// The heading and the instruction of a step.
fn words(page: PageText) -> Value {
    context! { title => page.title, hint => page.hint }
}

impl Portal {
    /// The page of the reply's step, in the flow of this name, with what went wrong before.
    pub(crate) fn step<T>(
        &self,
        visit: &Visit,
        flow: &str,
        reply: &Reply<T>,
        alert: Option<&Alert>,
    ) -> Response {
        let buttons = |options: &[OptionView]| {
            value(options.iter().map(OptionButton::from).collect::<Vec<_>>())
        };
        let now = self.engine.now();
        let sent = |chosen: &OptionView, resend_at: &Timestamp, help_at: &Timestamp| {
            context! {
                chosen => value(OptionButton::from(chosen)),
                resend_in => resend_at.since(now).as_secs(),
                may_resend => now >= *resend_at,
                help => now >= *help_at,
            }
        };
        let (template, page) = match &reply.step {
            Step::Choose { options } => {
                let page = context! {
                    options => buttons(options),
                    unlock => flow == "reset" && reply.unlock_offered,
                };
                ("choose.html", page)
            }
            Step::Enter { option, format, resend_at, help_at, options } => {
                let page = sent(option, resend_at, help_at);
                let typing = context! { options => buttons(options), length => format.length };
                ("enter.html", context! { ..page, ..typing })
            }
            Step::OpenLink { option, resend_at, help_at, options } => {
                let page = sent(option, resend_at, help_at);
                ("link_sent.html", context! { options => buttons(options), ..page })
            }
            Step::Respond { option, resend_at, help_at, options } => {
                let page = sent(option, resend_at, help_at);
                let asked = context! { options => buttons(options), data => reply.page.as_deref() };
                ("respond.html", context! { ..page, ..asked })
            }
            Step::Answer { option, questions, resend_at, help_at, options } => {
                let page = sent(option, resend_at, help_at);
                let phrases = self.phrases(visit);
                let questions = questions.iter().map(|view| {
                    context! { id => view.question.as_str(), text => phrases.question(view) }
                });
                let asked = context! {
                    options => buttons(options),
                    questions => questions.collect::<Vec<_>>(),
                    words => words(phrases.step(&reply.step)),
                };
                ("answer.html", context! { ..page, ..asked })
            }
            Step::NewPassword { rules, until, unsettled } => {
                let until = shown(*until);
                (
                    "new_password.html",
                    context! { guide => guide(rules, self.phrases(visit)), until, unsettled },
                )
            }
            Step::ConfirmUnlock { unsettled, .. } => {
                ("confirm_unlock.html", context! { unsettled => unsettled })
            }
            Step::Done { propagated } => {
                let page = context! {
                    propagated => propagated,
                    replace => reply.replace_recovery_code,
                };
                ("done.html", page)
            }
            _ => ("ended.html", context! { again => format!("/{flow}") }),
        };
        let ends = shown(reply.expires_at);
        let page =
            self.page(template, visit, context! { flow, alert => value(alert), ends, ..page });
        match &reply.step {
            Step::NewPassword { .. } => (WITH_SCRIPT, page).into_response(),
            _ => page,
        }
    }
}
