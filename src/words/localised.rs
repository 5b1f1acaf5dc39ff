//! The renderer of messages in the languages of a catalogue.

use std::fmt;
use std::sync::Arc;

use super::brand::Brands;
use super::catalogue::Catalogue;
use super::clock::{TimeZones, ZoneOffset};
use super::letter::Letter;
use crate::Timestamp;
use crate::adapters::render::{EnglishText, Rendered, Renderer};
use crate::facts::TimeZone;
use crate::port::Envelope;

/// Texts for mail (text and HTML), text messages and calls in the language of each message.
///
/// What [`EnglishText`] promises holds in each language: the organisation is named, a code or a link states
/// its purpose and its end and warns not to share it, each message tells what to do if it was not expected,
/// and no notice holds a link. Mails also greet the user by the directory's display name and state when and
/// from where the request came, as far as the [`Envelope`] has these facts. A text message has one part, or
/// two in a language that is not written in the GSM alphabet.
///
/// A message that the catalogue lacks is rendered by [`EnglishText`].
///
/// ```
/// use sspr::adapters::render::Renderer as _;
/// use sspr::words::{Brand, Brands, Catalogue, LocalisedText};
/// use sspr::port::Envelope;
/// use sspr::{TenantId, Timestamp};
/// use sspr::facts::{Destination, EmailAddress};
/// use sspr::message::{Locale, Message, Notice};
/// use sspr::method::Channel;
///
/// let mut brand = Brand::default();
/// brand.contact = Some("1234".to_owned());
/// let renderer = LocalisedText::new(Catalogue::new()).with_brands(Brands::new(brand));
///
/// let at = Timestamp::from_unix_seconds(1_700_000_000);
/// let mut envelope = Envelope::new(
///     "00".repeat(32),
///     TenantId::parse("contoso")?,
///     "Contoso".to_owned(),
///     Channel::Email,
///     Destination::Email(EmailAddress::parse("ada@contoso.example")?),
///     Locale::parse("lv-LV")?,
///     Message::Notice(Notice::PasswordReset { at }),
///     at,
/// );
/// envelope.display_name = Some("Ada".to_owned());
/// let words = renderer.render(&envelope);
/// assert_eq!(words.subject, "Contoso: Jūsu parole ir atiestatīta");
/// assert!(words.text.expose_secret().starts_with("Labdien, Ada!"));
/// assert!(words.text.expose_secret().contains("Palīdzība: 1234"));
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone)]
pub struct LocalisedText {
    catalogue: Arc<Catalogue>,
    brands: Brands,
    zones: Arc<dyn TimeZones>,
}

impl LocalisedText {
    /// Renders with the texts of this catalogue, without a brand, and with times in UTC.
    #[must_use]
    pub fn new(catalogue: impl Into<Arc<Catalogue>>) -> Self {
        let utc = |_: &TimeZone, _: Timestamp| None;
        Self { catalogue: catalogue.into(), brands: Brands::default(), zones: Arc::new(utc) }
    }

    /// Shows the brands of clouds and tenants.
    #[must_use]
    pub fn with_brands(mut self, brands: Brands) -> Self {
        self.brands = brands;
        self
    }

    /// Shows times in the zone of the user or the tenant, by these offsets.
    #[must_use]
    pub fn with_time_zones(mut self, zones: impl TimeZones + 'static) -> Self {
        self.zones = Arc::new(zones);
        self
    }

    fn offset(&self, zone: Option<&TimeZone>, at: Timestamp) -> ZoneOffset {
        zone.and_then(|zone| self.zones.offset(zone, at)).unwrap_or(ZoneOffset::UTC)
    }
}

impl fmt::Debug for LocalisedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { catalogue, brands, zones: _ } = self;
        f.debug_struct("LocalisedText")
            .field("catalogue", catalogue)
            .field("brands", brands)
            .finish_non_exhaustive()
    }
}

impl Renderer for LocalisedText {
    fn render(&self, envelope: &Envelope) -> Rendered {
        let brand = self.brands.of(&envelope.tenant, envelope.cloud.as_deref());
        let offset = |at| self.offset(envelope.time_zone.as_ref(), at);
        let letter = Letter {
            phrases: self.catalogue.phrases(&envelope.locale),
            envelope,
            brand: &brand,
            offset: &offset,
        };
        let mut words = letter.rendered().unwrap_or_else(|| match &brand.sms_origin {
            Some(origin) => EnglishText.with_origin(origin.clone()).render(envelope),
            None => EnglishText.render(envelope),
        });
        words.sender_name = brand.sender_name.or(brand.name);
        words.sender = brand.sender;
        words
    }
}
