//! The messages of the demonstration: written to files, and kept for a page that shows them.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use minijinja::context;
use serde::Serialize;
use sspr::adapters::files::FileDelivery;
use sspr::adapters::render::Renderer as _;
use sspr::facts::Destination;
use sspr::port::{Delivery, Envelope, PortResult, ProvidedChannel, async_trait};
use sspr::words::{Catalogue, LocalisedText};
use sspr::{TenantId, Timestamp};

use crate::Portal;
use crate::pages::{not_found, shown, value};
use crate::visit::Visit;

/// The pages of this portal to which links in messages lead.
const LINK_PAGES: [&str; 2] = ["/link?link=", "/not-me?link="];

/// How many messages the page shows.
const KEPT: usize = 100;

/// A delivery for the demonstration. Its page shows live codes to every visitor: a real portal has none.
#[derive(Clone)]
pub struct Mailroom {
    files: FileDelivery,
    words: LocalisedText,
    kept: Arc<Mutex<VecDeque<Mail>>>,
    /// Notices of the portal itself that wait for the mail server. Those of the engine wait in its store.
    waiting: Arc<Mutex<Vec<Envelope>>>,
}

#[derive(Clone, Serialize)]
struct Mail {
    /// The idempotency key.
    id: String,
    channel: &'static str,
    lang: String,
    to: String,
    subject: String,
    text: String,
    /// The address that the message asks the user to open, as a path of this portal.
    link: Option<String>,
    until: String,
}

impl Mailroom {
    /// Writes messages into the folder of this delivery.
    #[must_use]
    pub fn new(files: FileDelivery) -> Self {
        let words = LocalisedText::new(Catalogue::new());
        Self {
            files: files.with_renderer(words.clone()),
            words,
            kept: Arc::default(),
            waiting: Arc::default(),
        }
    }

    /// Where the files are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.files.path()
    }

    /// The text of the last message to this address or number.
    #[must_use]
    pub fn last_to(&self, to: &str) -> Option<String> {
        self.kept().iter().find(|mail| mail.to == to).map(|mail| mail.text.clone())
    }

    /// Sends a notice of the portal itself, or keeps it for [`send_again`](Self::send_again).
    pub(crate) async fn send(&self, notice: Envelope) {
        if let Err(error) = self.deliver(&notice).await {
            eprintln!("a notice waits: {error}");
            self.waiting_notices().push(notice);
        }
    }

    /// Sends the notices that wait, until they are too old. The demonstration keeps them in memory.
    pub async fn send_again(&self, now: Timestamp) {
        let waiting = std::mem::take(&mut *self.waiting_notices());
        for notice in waiting.into_iter().filter(|notice| notice.not_after > now) {
            self.send(notice).await;
        }
    }

    /// How many notices of the portal itself wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting_notices().len()
    }

    fn waiting_notices(&self) -> MutexGuard<'_, Vec<Envelope>> {
        // A list of whole notices is whole after every panic.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Mail>> {
        // A list of finished messages is whole after every panic.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Delivery for Mailroom {
    async fn deliver(&self, envelope: &Envelope) -> PortResult<()> {
        self.files.deliver(envelope).await?;
        let words = self.words.render(envelope);
        let text = words.text.expose_secret();
        let link = text.split_whitespace().find_map(|word| {
            let (at, page) = LINK_PAGES.iter().find_map(|page| Some((word.find(page)?, page)))?;
            let secret = word.get(at + page.len()..)?.trim_end_matches(['.', ',', '。', '，']);
            Some(format!("{page}{secret}"))
        });
        let mail = Mail {
            id: envelope.idempotency_key.clone(),
            channel: envelope.channel.as_str(),
            lang: envelope.locale.as_str().to_owned(),
            to: match &envelope.destination {
                Destination::Email(address) => address.as_str().to_owned(),
                Destination::Phone(number) => number.as_e164().to_owned(),
                other => other.masked(),
            },
            subject: words.subject.clone(),
            text: text.to_owned(),
            link,
            until: shown(envelope.not_after),
        };
        let mut kept = self.kept();
        // A message that is delivered again after a crash.
        kept.retain(|other| other.id != mail.id);
        kept.push_front(mail);
        kept.truncate(KEPT);
        Ok(())
    }

    async fn channels(&self, tenant: &TenantId) -> PortResult<Vec<ProvidedChannel>> {
        self.files.channels(tenant).await
    }
}

pub(crate) async fn list(State(portal): State<Arc<Portal>>, visit: Visit) -> Response {
    let mails = portal.mails.kept().clone();
    portal.page("mails.html", &visit, context! { mails => value(mails) })
}

pub(crate) async fn one(
    State(portal): State<Arc<Portal>>,
    visit: Visit,
    UrlPath(id): UrlPath<String>,
) -> Response {
    let found = portal.mails.kept().iter().find(|mail| mail.id == id).cloned();
    match found {
        Some(mail) => portal.page("mail.html", &visit, context! { mail => value(mail) }),
        None => not_found(State(portal), visit).await,
    }
}
