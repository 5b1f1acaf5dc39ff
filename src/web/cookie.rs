//! The cookies of tickets and of known devices.

use std::time::Duration;

/// A cookie that holds a secret: a ticket, the secret of a known device, or a session of the host.
///
/// It is `HttpOnly`, `Secure`, `SameSite=Strict`, and its name has the prefix `__Host-`, so that no
/// other host of the domain can set it. Give each kind of flow a name of its own.
///
/// ```
/// use sspr::ResetTicket;
/// use sspr::web::SecretCookie;
///
/// let cookie = SecretCookie::new("reset");
/// assert_eq!(cookie.name(), "__Host-reset");
/// assert_eq!(cookie.read("lang=lv; __Host-reset=abc"), Some("abc"));
/// assert!(cookie.delete().contains("Max-Age=0"));
///
/// /// The value of `Set-Cookie` for the ticket of a reply.
/// fn kept(ticket: &ResetTicket) -> String {
///     SecretCookie::new("reset").keep(ticket.expose_secret())
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SecretCookie {
    name: String,
}

const ATTRIBUTES: &str = "; Path=/; HttpOnly; Secure; SameSite=Strict";

impl SecretCookie {
    /// A cookie of this name, without the prefix. Characters other than ASCII letters, digits, `-` and
    /// `_` are left out.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let is_plain = |symbol: &char| symbol.is_ascii_alphanumeric() || "-_".contains(*symbol);
        let plain: String = name.chars().filter(is_plain).collect();
        Self { name: format!("__Host-{plain}") }
    }

    /// The whole name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The cookie's value in a header `Cookie`.
    #[must_use]
    pub fn read<'a>(&self, header: &'a str) -> Option<&'a str> {
        let pairs = header.split(';').filter_map(|pair| pair.trim().split_once('='));
        let mut values = pairs.filter(|(name, _)| *name == self.name).map(|(_, value)| value);
        values.next().filter(|value| !value.is_empty())
    }

    /// The value of `Set-Cookie` that keeps a secret until the browser ends its session. The engine ends
    /// a flow earlier. Characters that a cookie cannot hold are left out.
    #[must_use]
    pub fn keep(&self, secret: &str) -> String {
        // RFC 6265, 4.1.1: printable ASCII without blanks, quotes, commas, semicolons, backslashes.
        let is_octet = |symbol: &char| symbol.is_ascii_graphic() && !"\",;\\".contains(*symbol);
        let octets: String = secret.chars().filter(is_octet).collect();
        format!("{}={octets}{ATTRIBUTES}", self.name)
    }

    /// The value of `Set-Cookie` that keeps a secret for so long: that of a known device for the
    /// policy's [`known_device_days`](crate::PolicySettings::known_device_days), which
    /// [`Engine::pages`](crate::Engine::pages) returns as
    /// [`PageFacts::known_device`](crate::policy::PageFacts::known_device).
    #[must_use]
    pub fn keep_for(&self, secret: &str, lifetime: Duration) -> String {
        format!("{}; Max-Age={}", self.keep(secret), lifetime.as_secs())
    }

    /// The value of `Set-Cookie` that deletes the cookie.
    #[must_use]
    pub fn delete(&self) -> String {
        format!("{}={ATTRIBUTES}; Max-Age=0", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name_only() {
        let cookie = SecretCookie::new("reset");
        for (header, value) in [
            ("__Host-reset=abc", Some("abc")),
            ("lang=lv; __Host-reset=a=b", Some("a=b")),
            ("lang=lv;__Host-reset=abc;x=y", Some("abc")),
            ("__Host-reset=first; __Host-reset=second", Some("first")),
            ("reset=abc", None),
            ("x__Host-reset=abc", None),
            ("__Host-reset2=abc", None),
            ("__Host-reset=", None),
            ("__Host-reset", None),
            ("", None),
        ] {
            assert_eq!(cookie.read(header), value, "{header}");
        }
    }

    #[test]
    fn every_cookie_is_kept_from_scripts_other_sites_and_plain_http() {
        let cookie = SecretCookie::new("reset; Domain=example");
        assert_eq!(cookie.name(), "__Host-resetDomainexample");
        let kept = cookie.keep("a-b_c; Domain=example\r\n");
        assert!(kept.starts_with("__Host-resetDomainexample=a-b_cDomain=example; "), "{kept}");
        let device = cookie.keep_for("abc", Duration::from_secs(86_400));
        assert!(device.ends_with("; Max-Age=86400"), "{device}");
        for set in [kept, device, cookie.delete()] {
            for attribute in ["Path=/", "HttpOnly", "Secure", "SameSite=Strict"] {
                assert!(set.split("; ").any(|part| part == attribute), "{attribute}: {set}");
            }
            // With it, browsers refuse a cookie of this prefix.
            assert!(!set.contains("; Domain"), "{set}");
        }
    }
}
