//! The page of a step.

use axum::response::Response;
use minijinja::context;
use serde::Serialize;
use sspr::method::OptionView;
use sspr::{Reply, Step, Timestamp};

use crate::Portal;
use crate::pages::{shown, value};
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
            Step::NewPassword { rules, until, unsettled } => {
                let until = shown(*until);
                (
                    "new_password.html",
                    context! { guide => self.phrases(visit).guide(rules), until, unsettled => unsettled },
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
        self.page(template, visit, context! { flow, alert => value(alert), ends, ..page })
    }
}
