//! What people type, and what stands in a configuration: bounded, of one form, and read back as the same.

use std::fmt::Debug;

use sspr::facts::{EmailAddress, GroupId, PhoneNumber};
use sspr::message::Locale;
use sspr::method::{ChallengeOption, MethodId};
use sspr::policy::LinkBase;
use sspr::{Attempt, Identifier, InvalidInput, RoleId, Selection, Source, TenantId, UserId};

use crate::text;

/// What a value of this kind shows of itself is read as the same value.
fn again<T: PartialEq + Debug>(value: &T, shown: &str, parse: fn(&str) -> Result<T, InvalidInput>) {
    assert_eq!(parse(shown).as_ref(), Ok(value), "{shown:?}");
}

/// An accepted name: not empty, not long, without control characters, and read back as the same. Returns
/// whether it was accepted.
fn name<T: PartialEq + Debug>(
    text: &str,
    most: usize,
    parse: fn(&str) -> Result<T, InvalidInput>,
    shown: fn(&T) -> &str,
) -> bool {
    match parse(text) {
        Ok(value) => {
            let shown = shown(&value);
            let sound =
                !shown.is_empty() && shown.len() <= most && !shown.contains(char::is_control);
            assert!(sound, "{text:?} as {shown:?}");
            again(&value, shown, parse);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    parse(text).is_ok()
}

/// The bytes as each kind of name, address and number, and as the source of a request. Returns whether
/// they were an address or a number.
pub fn identifier(data: &[u8]) -> bool {
    let text = text(data);
    name(&text, Identifier::MAX_BYTES, Identifier::parse, Identifier::as_str);
    name(&text, TenantId::MAX_BYTES, TenantId::parse, TenantId::as_str);
    name(&text, UserId::MAX_BYTES, UserId::parse, UserId::as_str);
    name(&text, RoleId::MAX_BYTES, RoleId::parse, RoleId::as_str);
    name(&text, GroupId::MAX_BYTES, GroupId::parse, GroupId::as_str);
    name(&text, MethodId::MAX_BYTES, MethodId::parse, MethodId::as_str);
    name(&text, 35, Locale::parse, Locale::as_str);
    name(&text, EmailAddress::MAX_BYTES, EmailAddress::parse, EmailAddress::as_str);
    let (address, number) = (EmailAddress::parse(&text), PhoneNumber::parse(&text));
    let accepted = address.is_ok() || number.is_ok();
    if let Ok(address) = address {
        mail(&address);
    }
    if let Ok(number) = number {
        phone(&number);
    }
    if let Source::Trusted(address) = Source::parse(&text) {
        assert_eq!(Source::parse(&address.to_string()), Source::Trusted(address), "{text:?}");
        assert!(text.len() <= 512 && !text.contains(','), "{text:?} is the source {address}");
    }
    if let Ok(option) = text.parse::<ChallengeOption>() {
        assert_eq!(option.to_string().parse(), Ok(option), "{text:?}");
        assert!(Selection::parse(&text).is_ok(), "{text:?}");
    }
    if let Ok(attempt) = Attempt::code(&text) {
        let typed = text.chars().any(char::is_alphanumeric) && text.len() <= 256;
        assert!(typed, "{text:?} is a code");
        assert_eq!(format!("{attempt:?}"), "Attempt([redacted])");
    }
    accepted
}

fn mail(address: &EmailAddress) {
    let shown = address.as_str();
    let (local, domain) = shown.rsplit_once('@').expect("a local part and a domain");
    assert!((1..=EmailAddress::MAX_LOCAL_BYTES).contains(&local.len()), "{shown:?}");
    assert!(!domain.is_empty() && !shown.contains(char::is_whitespace), "{shown:?}");
    assert!(address.normalised().is_char_boundary(0), "{shown:?}");
    assert!(address.masked().chars().count() <= 16, "{:?}", address.masked());
    let other_case = shown.to_ascii_uppercase();
    if let Ok(other) = EmailAddress::parse(&other_case) {
        assert_eq!(other.normalised(), address.normalised(), "{shown:?}");
    }
}

fn phone(number: &PhoneNumber) {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let dialled = number.as_e164().strip_prefix('+').expect("a plus sign");
    let length = PhoneNumber::MIN_DIGITS..=PhoneNumber::MAX_DIGITS;
    assert!(digits(dialled) && length.contains(&dialled.len()), "{dialled:?}");
    let mut whole = number.as_e164().to_owned();
    if let Some(extension) = number.extension() {
        let length = 1..=PhoneNumber::MAX_EXTENSION_DIGITS;
        assert!(digits(extension) && length.contains(&extension.len()), "{extension:?}");
        whole = format!("{whole}x{extension}");
    }
    again(number, &whole, PhoneNumber::parse);
    let same = number.normalised();
    assert!(same.starts_with('+') && digits(&same[1..]) && same.len() > 1, "{same:?}");
    assert!(number.as_e164().starts_with(number.prefix()), "{:?}", number.prefix());
}

/// A link as it was mailed: the secret of 43 symbols.
const SECRET: &str = "c2VjcmV0LW9mLWEtbGluay0zMi1ieXRlcy1sb25nLi4";

/// The bytes as what was pasted for a link, as what stands around one, and as the base of links. Returns
/// whether they were a base.
pub fn link(data: &[u8]) -> bool {
    const MOST: usize = 4096;
    let text = text(data);
    if let Ok(attempt) = Attempt::link(&text) {
        assert!(text.len() <= MOST, "{} bytes hold a link", text.len());
        assert!(text.chars().count() >= SECRET.len(), "{text:?} holds a link");
        assert_eq!(format!("{attempt:?}"), "Attempt([redacted])");
    }
    let mut half = text.len() / 2;
    while !text.is_char_boundary(half) {
        half -= 1;
    }
    let (before, after) = text.split_at(half);
    let surrounded = format!("{before} https://id.contoso.example/reset#{SECRET} {after}");
    assert_eq!(Attempt::link(&surrounded).is_ok(), surrounded.len() <= MOST, "{surrounded:?}");

    let mut accepted = false;
    for text in [text.clone(), format!("https://{text}"), format!("https://{text}#")] {
        if let Ok(base) = LinkBase::parse(&text) {
            assert_eq!(base.as_str(), text);
            assert!(!base.is_insecure());
            address(&text, "https://");
            accepted = true;
        }
    }
    for text in [text.clone(), format!("http://{text}/"), format!("http://localhost{text}#")] {
        if let Ok(base) = LinkBase::insecure_loopback(&text) {
            assert!(base.is_insecure() && base.as_str() == text);
            let host = address(&text, "http://");
            let local = host == "localhost" || host.ends_with(".localhost");
            let local = local || host.starts_with("127.") || host == "[::1]";
            assert!(local, "{text:?} is said to be this machine");
            accepted = true;
        }
    }
    accepted
}

/// The host of an accepted base, of which everything else is checked.
fn address<'a>(text: &'a str, scheme: &str) -> &'a str {
    let rest = text.strip_prefix(scheme).expect("the scheme");
    let authority = rest.split(['/', '?', '#']).next().expect("an authority");
    assert!(text.len() <= 256 && text.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}");
    assert!(text.ends_with(['#', '=', '/']), "{text:?} takes no secret");
    assert!(!authority.contains(['@', '\\', '%']), "{text:?} has a user");
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => host,
        _ => authority,
    };
    assert!(!host.is_empty(), "{text:?} has no host");
    host
}
