//! The messages of LDAP that this adapter sends and reads (RFC 4511, 4).

use zeroize::Zeroizing;

use super::ber::{ENUMERATED, INTEGER, Malformed, OCTETS, Reader, SEQUENCE, SET, Writer, number};
use super::filter::Filter;

pub(super) const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
/// Password Modify (RFC 3062).
pub(super) const MODIFY_PASSWORD: &str = "1.3.6.1.4.1.4203.1.11.1";
/// Simple Paged Results (RFC 2696).
pub(super) const PAGED: &str = "1.2.840.113556.1.4.319";
/// Password policy (draft-behera-ldap-password-policy).
pub(super) const PASSWORD_POLICY: &str = "1.3.6.1.4.1.42.2.27.8.5.1";
/// Policy hints of Active Directory, and the identifier that older servers list.
pub(super) const POLICY_HINTS: [&str; 2] = ["1.2.840.113556.1.4.2239", "1.2.840.113556.1.4.2066"];

/// A control of a request.
#[derive(Clone, Debug)]
pub(super) struct Control {
    pub(super) oid: &'static str,
    pub(super) critical: bool,
    pub(super) value: Option<Vec<u8>>,
}

impl Control {
    /// One page of a search; an empty cookie asks for the first.
    pub(super) fn page(size: u32, cookie: &[u8]) -> Self {
        let mut value = Writer::new();
        value.nested(SEQUENCE, |writer| {
            writer.integer(INTEGER, size);
            writer.octets(OCTETS, cookie);
        });
        Self { oid: PAGED, critical: true, value: Some(value.into_bytes().to_vec()) }
    }

    pub(super) const fn password_policy() -> Self {
        Self { oid: PASSWORD_POLICY, critical: false, value: None }
    }

    /// Asks Active Directory to apply history and minimum age to a reset.
    pub(super) fn policy_hints(oid: &'static str) -> Self {
        let mut value = Writer::new();
        value.nested(SEQUENCE, |writer| writer.integer(INTEGER, 1));
        Self { oid, critical: true, value: Some(value.into_bytes().to_vec()) }
    }
}

/// Which entries a search visits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SearchScope {
    Base,
    Subtree,
}

/// A search.
pub(super) struct Search<'a> {
    pub(super) base: &'a str,
    pub(super) scope: SearchScope,
    pub(super) filter: &'a Filter,
    pub(super) attributes: &'a [&'a str],
    /// The most entries; zero for no limit but the server's.
    pub(super) limit: u32,
}

/// What is replaced in an entry: the attribute, and its new values.
pub(super) type Replacement<'a> = (&'a str, Vec<&'a [u8]>);

fn message(
    id: u32,
    controls: &[Control],
    operation: impl FnOnce(&mut Writer),
) -> Zeroizing<Vec<u8>> {
    let mut writer = Writer::new();
    writer.nested(SEQUENCE, |writer| {
        writer.integer(INTEGER, id);
        operation(writer);
        if controls.is_empty() {
            return;
        }
        writer.nested(0xa0, |writer| {
            for control in controls {
                writer.nested(SEQUENCE, |writer| {
                    writer.text(control.oid);
                    writer.boolean(control.critical);
                    if let Some(value) = &control.value {
                        writer.octets(OCTETS, value);
                    }
                });
            }
        });
    });
    writer.into_bytes()
}

pub(super) fn bind(id: u32, name: &str, password: &str) -> Zeroizing<Vec<u8>> {
    message(id, &[Control::password_policy()], |writer| {
        writer.nested(0x60, |writer| {
            writer.integer(INTEGER, 3);
            writer.text(name);
            writer.octets(0x80, password.as_bytes());
        });
    })
}

pub(super) fn search(id: u32, search: &Search<'_>, controls: &[Control]) -> Zeroizing<Vec<u8>> {
    message(id, controls, |writer| {
        writer.nested(0x63, |writer| {
            writer.text(search.base);
            let scope = match search.scope {
                SearchScope::Base => 0,
                SearchScope::Subtree => 2,
            };
            writer.integer(ENUMERATED, scope);
            // Aliases are never followed: an alias would give one user a second name.
            writer.integer(ENUMERATED, 0);
            writer.integer(INTEGER, search.limit);
            writer.integer(INTEGER, 0);
            writer.boolean(false);
            search.filter.write(writer);
            writer.nested(SEQUENCE, |writer| {
                search.attributes.iter().for_each(|attribute| writer.text(attribute));
            });
        });
    })
}

pub(super) fn modify(
    id: u32,
    name: &str,
    replaced: &[Replacement<'_>],
    controls: &[Control],
) -> Zeroizing<Vec<u8>> {
    message(id, controls, |writer| {
        writer.nested(0x66, |writer| {
            writer.text(name);
            writer.nested(SEQUENCE, |writer| {
                for (attribute, values) in replaced {
                    writer.nested(SEQUENCE, |writer| {
                        writer.integer(ENUMERATED, 2);
                        writer.nested(SEQUENCE, |writer| {
                            writer.text(attribute);
                            writer.nested(SET, |writer| {
                                values.iter().for_each(|value| writer.octets(OCTETS, value));
                            });
                        });
                    });
                }
            });
        });
    })
}

pub(super) fn start_tls(id: u32) -> Zeroizing<Vec<u8>> {
    message(id, &[], |writer| {
        writer.nested(0x77, |writer| writer.octets(0x80, START_TLS.as_bytes()));
    })
}

pub(super) fn modify_password(id: u32, name: &str, password: &str) -> Zeroizing<Vec<u8>> {
    message(id, &[Control::password_policy()], |writer| {
        writer.nested(0x77, |writer| {
            writer.octets(0x80, MODIFY_PASSWORD.as_bytes());
            writer.nested(0x81, |writer| {
                writer.nested(SEQUENCE, |writer| {
                    writer.octets(0x80, name.as_bytes());
                    writer.octets(0x82, password.as_bytes());
                });
            });
        });
    })
}

/// An entry that a search has found.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub(super) name: String,
    attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl Entry {
    /// The values of an attribute, in the server's order.
    pub(super) fn values(&self, attribute: &str) -> &[Vec<u8>] {
        let found = self.attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute));
        found.map_or(&[], |(_, values)| values)
    }

    /// The values that are text and not empty.
    pub(super) fn texts(&self, attribute: &str) -> impl Iterator<Item = &str> {
        let texts = self.values(attribute).iter().filter_map(|value| str::from_utf8(value).ok());
        texts.filter(|text| !text.is_empty())
    }

    pub(super) fn text(&self, attribute: &str) -> Option<&str> {
        self.texts(attribute).next()
    }

    pub(super) fn integer(&self, attribute: &str) -> Option<i64> {
        self.text(attribute)?.parse().ok()
    }

    pub(super) fn is_true(&self, attribute: &str) -> bool {
        self.text(attribute).is_some_and(|text| text.eq_ignore_ascii_case("TRUE"))
    }

    #[cfg(test)]
    pub(super) fn of(name: &str, attributes: &[(&str, &[&str])]) -> Self {
        let bytes =
            |values: &[&str]| values.iter().map(|value| value.as_bytes().to_vec()).collect();
        let all = attributes.iter().map(|(name, values)| ((*name).into(), bytes(values)));
        Self { name: name.to_owned(), attributes: all.collect() }
    }
}

/// The result of an operation.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct OperationResult {
    pub(super) code: u32,
    /// The server's explanation.
    pub(super) text: String,
    /// The error that the control for password policies reports.
    pub(super) policy: Option<u32>,
    /// The cookie of the next page; empty at the end.
    pub(super) cookie: Vec<u8>,
}

/// A message of the server.
pub(super) enum Incoming {
    Entry(Entry),
    /// A reference to another server, which is not followed.
    Reference,
    Result(OperationResult),
}

/// Reads a message and its number. Number zero is the server's notice that it closes the connection.
pub(super) fn read(bytes: &[u8]) -> Result<(u32, Incoming), Malformed> {
    let mut outer = Reader::new(bytes);
    let mut fields = outer.nested(SEQUENCE)?;
    let id = fields.integer(INTEGER)?;
    let (tag, content) = fields.element()?;
    let mut body = Reader::new(content);
    let incoming = match tag {
        0x64 => Incoming::Entry(entry(&mut body)?),
        0x73 => Incoming::Reference,
        0x61 | 0x65 | 0x67 | 0x78 => {
            let code = body.integer(ENUMERATED)?;
            let _matched = body.expect(OCTETS)?;
            let mut result = OperationResult { code, text: body.text()?, ..Default::default() };
            if fields.next_is(0xa0) {
                read_controls(fields.nested(0xa0)?, &mut result)?;
            }
            Incoming::Result(result)
        }
        _ => return Err(Malformed),
    };
    Ok((id, incoming))
}

fn entry(body: &mut Reader<'_>) -> Result<Entry, Malformed> {
    let mut entry = Entry { name: body.text()?, attributes: Vec::new() };
    let mut attributes = body.nested(SEQUENCE)?;
    while !attributes.is_empty() {
        let mut attribute = attributes.nested(SEQUENCE)?;
        let name = attribute.text()?;
        let (mut set, mut values) = (attribute.nested(SET)?, Vec::new());
        while !set.is_empty() {
            values.push(set.expect(OCTETS)?.to_vec());
        }
        entry.attributes.push((name, values));
    }
    Ok(entry)
}

fn read_controls(mut controls: Reader<'_>, result: &mut OperationResult) -> Result<(), Malformed> {
    while !controls.is_empty() {
        let mut control = controls.nested(SEQUENCE)?;
        let oid = control.text()?;
        if control.next_is(super::ber::BOOLEAN) {
            control.element()?;
        }
        if control.is_empty() {
            continue;
        }
        let value = Reader::new(control.expect(OCTETS)?);
        match &*oid {
            PAGED => result.cookie = cookie(value)?,
            PASSWORD_POLICY => result.policy = policy_error(value)?,
            _ => {}
        }
    }
    Ok(())
}

fn cookie(mut value: Reader<'_>) -> Result<Vec<u8>, Malformed> {
    let mut page = value.nested(SEQUENCE)?;
    page.integer(INTEGER)?;
    page.expect(OCTETS).map(<[u8]>::to_vec)
}

/// The error of a password policy's response; a warning is none.
fn policy_error(mut value: Reader<'_>) -> Result<Option<u32>, Malformed> {
    let mut fields = value.nested(SEQUENCE)?;
    while !fields.is_empty() {
        if let (0x81, error) = fields.element()? {
            return number(error).map(Some);
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reply as a server writes it: with short lengths.
    #[test]
    fn a_result_is_read_with_the_error_of_its_password_policy() {
        let mut bytes =
            vec![0x30, 0x32, 0x02, 0x01, 0x07, 0x78, 0x07, 0x0a, 0x01, 0x13, 0x04, 0, 0x04, 0];
        bytes.extend([0xa0, 0x24, 0x30, 0x22, 0x04, 0x19]);
        bytes.extend(PASSWORD_POLICY.as_bytes());
        bytes.extend([0x04, 0x05, 0x30, 0x03, 0x81, 0x01, 0x08]);
        let (id, Incoming::Result(result)) = read(&bytes).expect("well formed") else {
            panic!("a result")
        };
        assert_eq!((id, result.code, result.policy), (7, 19, Some(8)));
        for end in 0..bytes.len() {
            assert!(read(&bytes[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn a_message_of_another_kind_is_malformed() {
        for tag in [0x60, 0x63, 0x79, 0x30, 0x02] {
            assert!(read(&[0x30, 0x05, 0x02, 0x01, 0x01, tag, 0]).is_err(), "{tag}");
        }
    }
}
