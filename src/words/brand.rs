//! What messages say and show of the organisation, by cloud and tenant.

use std::collections::{BTreeMap, HashMap};

use crate::TenantId;
use crate::adapters::render::SmsOrigin;
use crate::facts::EmailAddress;

/// What the messages of a tenant, a cloud or all of them show. A field that is left out is taken from the
/// cloud's brand, then from that of all.
///
/// ```
/// use sspr::words::Brand;
///
/// let mut brand = Brand::default();
/// brand.contact = Some("Service desk, +371 6700 0000".to_owned());
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Brand {
    /// The name of the organisation. Left out: the tenant's display name.
    pub name: Option<String>,
    /// Whom to ask for help: a line near the end of each mail.
    pub contact: Option<String>,
    /// The last paragraph of each mail, such as a legal notice.
    pub footer: Option<String>,
    /// The name of the sender of mail. Left out: the name of the organisation.
    pub sender_name: Option<String>,
    /// The address of the sender of mail. Left out: the one that the delivery is configured with.
    pub sender: Option<EmailAddress>,
    /// The site to which the codes of text messages are bound.
    pub sms_origin: Option<SmsOrigin>,
}

impl Brand {
    /// This brand, with the other's fields where it has none.
    fn or(&self, other: &Self) -> Self {
        Self {
            name: self.name.clone().or_else(|| other.name.clone()),
            contact: self.contact.clone().or_else(|| other.contact.clone()),
            footer: self.footer.clone().or_else(|| other.footer.clone()),
            sender_name: self.sender_name.clone().or_else(|| other.sender_name.clone()),
            sender: self.sender.clone().or_else(|| other.sender.clone()),
            sms_origin: self.sms_origin.clone().or_else(|| other.sms_origin.clone()),
        }
    }
}

/// The brands of all tenants, of clouds and of single tenants.
///
/// ```
/// use sspr::TenantId;
/// use sspr::words::{Brand, Brands};
/// use sspr::facts::EmailAddress;
///
/// let mut china = Brand::default();
/// china.sender = Some(EmailAddress::parse("reset@contoso.cn.example")?);
/// let mut school = Brand::default();
/// school.footer = Some("Contoso School".to_owned());
/// let brands = Brands::new(Brand::default())
///     .with_cloud("china", china.clone())
///     .with_tenant(TenantId::parse("school")?, school);
///
/// let brand = brands.of(&TenantId::parse("school")?, Some("china"));
/// assert_eq!(brand.sender, china.sender);
/// assert_eq!(brand.footer.as_deref(), Some("Contoso School"));
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Brands {
    all: Brand,
    clouds: BTreeMap<String, Brand>,
    tenants: HashMap<TenantId, Brand>,
}

impl Brands {
    /// One brand for all tenants.
    #[must_use]
    pub fn new(all: Brand) -> Self {
        Self { all, ..Self::default() }
    }

    /// Adds the brand of a cloud, by the directory's name for it
    /// ([`TenantFacts::cloud`](crate::facts::TenantFacts::cloud)).
    #[must_use]
    pub fn with_cloud(mut self, cloud: &str, brand: Brand) -> Self {
        self.clouds.insert(cloud.to_owned(), brand);
        self
    }

    /// Adds the brand of a tenant.
    #[must_use]
    pub fn with_tenant(mut self, tenant: TenantId, brand: Brand) -> Self {
        self.tenants.insert(tenant, brand);
        self
    }

    /// The brand of a tenant in a cloud.
    #[must_use]
    pub fn of(&self, tenant: &TenantId, cloud: Option<&str>) -> Brand {
        let of_cloud = cloud.and_then(|cloud| self.clouds.get(cloud));
        let wider = of_cloud.map_or_else(|| self.all.clone(), |brand| brand.or(&self.all));
        self.tenants.get(tenant).map_or(wider.clone(), |brand| brand.or(&wider))
    }
}
