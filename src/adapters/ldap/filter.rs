//! Filters of searches (RFC 4511, 4.5.1.7).

use super::ber::Writer;

/// A condition on entries.
///
/// It is built from values and never parsed from text, so nothing in a value is a wildcard or ends it.
///
/// ```
/// use sspr::adapters::ldap::Filter;
///
/// let staff = Filter::all([
///     Filter::equal("objectClass", "person"),
///     Filter::not(Filter::equal("employeeType", "contractor")),
/// ]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filter(Node);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Node {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Equal(String, Vec<u8>),
    Present(String),
    Rule(String, String, Vec<u8>),
}

impl Filter {
    /// Every one of these holds; with none, always.
    #[must_use]
    pub fn all(filters: impl IntoIterator<Item = Self>) -> Self {
        Self(Node::All(filters.into_iter().collect()))
    }

    /// At least one of these holds; with none, never.
    #[must_use]
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Self {
        Self(Node::Any(filters.into_iter().collect()))
    }

    /// The filter does not hold.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "the name that RFC 4511 uses")]
    pub fn not(filter: Self) -> Self {
        Self(Node::Not(Box::new(filter)))
    }

    /// The attribute has this value, by the attribute's own rule of equality.
    #[must_use]
    pub fn equal(attribute: &str, value: impl AsRef<[u8]>) -> Self {
        Self(Node::Equal(attribute.to_owned(), value.as_ref().to_vec()))
    }

    /// The attribute has a value.
    #[must_use]
    pub fn present(attribute: &str) -> Self {
        Self(Node::Present(attribute.to_owned()))
    }

    /// The attribute matches the value by this rule, named by its object identifier.
    #[must_use]
    pub fn matching(attribute: &str, rule: &str, value: impl AsRef<[u8]>) -> Self {
        Self(Node::Rule(attribute.to_owned(), rule.to_owned(), value.as_ref().to_vec()))
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        match &self.0 {
            Node::All(filters) => write_set(writer, 0xa0, filters),
            Node::Any(filters) => write_set(writer, 0xa1, filters),
            Node::Not(filter) => writer.nested(0xa2, |writer| filter.write(writer)),
            Node::Equal(attribute, value) => writer.nested(0xa3, |writer| {
                writer.text(attribute);
                writer.octets(super::ber::OCTETS, value);
            }),
            Node::Present(attribute) => writer.octets(0x87, attribute.as_bytes()),
            Node::Rule(attribute, rule, value) => writer.nested(0xa9, |writer| {
                writer.octets(0x81, rule.as_bytes());
                writer.octets(0x82, attribute.as_bytes());
                writer.octets(0x83, value);
            }),
        }
    }
}

fn write_set(writer: &mut Writer, tag: u8, filters: &[Filter]) {
    writer.nested(tag, |writer| filters.iter().for_each(|filter| filter.write(writer)));
}
