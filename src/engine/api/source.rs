//! The source of a request: how proxies write it, and which budget it uses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::domain::text::trim_blanks;

/// Where a request came from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Source {
    /// An address that the host vouches for: the peer's, or one from a header that only its own
    /// proxy can set. Dangerous if misused: an address that the caller can choose disables the
    /// limits by source.
    Trusted(IpAddr),
    /// An unknown source. All such requests of a tenant share the budget of one source, so that an
    /// invalid header gains nothing. When it is spent, requests from known sources are not
    /// affected.
    Unknown,
}

impl Source {
    /// The trusted address in a text, in any form in which servers and proxies write one address:
    ///
    /// - alone, or with a port: `203.0.113.7`, `203.0.113.7:51234`, `[2001:db8::1]:443`;
    /// - with a zone: `fe80::1%eth0`. The zone is dropped;
    /// - in quotes, or as an element of `Forwarded` (RFC 7239):
    ///   `for="[2001:db8::1]:4711";proto=https`; only its parameter `for` is read.
    ///
    /// Anything else is [`Source::Unknown`]: a name, an obfuscated node (`for=_hidden`), and a list
    /// of addresses, since only the host knows which of them its own proxy has written.
    ///
    /// ```
    /// use sspr::Source;
    ///
    /// let source = Source::parse("203.0.113.7");
    /// assert_ne!(source, Source::Unknown);
    /// assert_eq!(Source::parse("203.0.113.7:51234"), source);
    /// assert_eq!(Source::parse("for=\"203.0.113.7:443\";proto=https"), source);
    /// assert_eq!(Source::parse("203.0.113.7, 198.51.100.1"), Source::Unknown);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Self {
        /// The longest text that is parsed, in bytes.
        const MAX_BYTES: usize = 512;
        if text.len() > MAX_BYTES || text.contains(',') {
            return Self::Unknown;
        }
        node(text).and_then(address).map_or(Self::Unknown, Self::Trusted)
    }

    /// The name of the source's budget. An IPv6 network of 64 bits is one source. An IPv4 address
    /// embedded in an IPv6 address counts as the IPv4 address.
    pub(crate) fn bucket(self) -> String {
        match self {
            Self::Unknown => "unknown".to_owned(),
            Self::Trusted(IpAddr::V4(address)) => address.to_string(),
            Self::Trusted(IpAddr::V6(address)) => {
                if let Some(inner) = embedded(address) {
                    return inner.to_string();
                }
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }

    /// The name under which an account may remember the source. Unknown sources have none, since
    /// they share one bucket.
    pub(crate) fn knowable(self) -> Option<String> {
        (self != Self::Unknown).then(|| self.bucket())
    }

    /// The address for the audit trail.
    pub(crate) fn shown(self) -> Option<String> {
        match self {
            Self::Unknown => None,
            Self::Trusted(address) => Some(address.to_string()),
        }
    }
}

/// The node of an element of `Forwarded`, or the whole text if it is not one.
fn node(text: &str) -> Option<&str> {
    let text = trim_blanks(text);
    if !text.contains('=') {
        return Some(unquoted(text));
    }
    let mut nodes = text.split(';').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        trim_blanks(name).eq_ignore_ascii_case("for").then(|| unquoted(trim_blanks(value)))
    });
    // An element has one `for`: with two, another party has added one.
    nodes.next().filter(|_| nodes.next().is_none())
}

fn unquoted(text: &str) -> &str {
    let inside = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    trim_blanks(inside('"').or_else(|| inside('\'')).unwrap_or(text))
}

fn address(text: &str) -> Option<IpAddr> {
    if let Some(rest) = text.strip_prefix('[') {
        let (inside, behind) = rest.split_once(']')?;
        let port = behind.is_empty() || behind.strip_prefix(':').is_some_and(is_port);
        return v6(inside).filter(|_| port).map(IpAddr::V6);
    }
    if let Some(address) = v6(text) {
        return Some(IpAddr::V6(address));
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    if port.is_none_or(is_port)
        && let Ok(address) = host.parse::<Ipv4Addr>()
    {
        return Some(IpAddr::V4(address));
    }
    // Eight groups and a port: without an abbreviation the ninth can be nothing else.
    let (host, port) = text.rsplit_once(':')?;
    let whole = host.split(':').count() == 8 && !host.contains("::");
    v6(host).filter(|_| whole && is_port(port)).map(IpAddr::V6)
}

/// Parses an IPv6 address and drops its zone (RFC 4007, 11; RFC 6874).
fn v6(text: &str) -> Option<Ipv6Addr> {
    let (address, zone) = text.split_once('%').map_or((text, None), |(a, zone)| (a, Some(zone)));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    let zoned = zone.is_none_or(|zone| !zone.is_empty() && zone.chars().all(plain));
    address.parse().ok().filter(|_| zoned)
}

/// Whether the text is a port number, or an obfuscated port (RFC 7239, 6.3).
fn is_port(text: &str) -> bool {
    let hidden = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    match text.strip_prefix('_') {
        Some(name) => !name.is_empty() && name.chars().all(hidden),
        None => text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok(),
    }
}

/// The IPv4 address in an IPv6 one, if the network guarantees it: translators and tunnels write the
/// address of the machine behind them, and replies reach only that machine.
///
/// ISATAP (RFC 5214) is excluded: its IPv4 address is in the half that a machine chooses itself, so
/// that the owner of one network would have four billion budgets.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let of = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match segments {
        // The unspecified address and the loopback.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        // Compatible and mapped (RFC 4291, 2.5.5), translated (RFC 7915; RFC 2765), and the
        // well-known prefix of translators (RFC 6052, 2.1).
        [0, 0, 0, 0, 0, 0 | 0xFFFF, high, low]
        | [0, 0, 0, 0, 0xFFFF, 0, high, low]
        | [0x64, 0xFF9B, 0, 0, 0, 0, high, low] => Some(of(high, low)),
        [0x64, 0xFF9B, 1, ..] => Some(local_use(segments)),
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => Some(of(high, low)),
        // Teredo (RFC 4380, 4): the client's address, each bit inverted.
        [0x2001, 0, .., high, low] => Some(of(!high, !low)),
        _ => None,
    }
}

/// The address in the prefix for local use, 64:ff9b:1::/48 (RFC 8215), of which a network uses a
/// prefix of 48 to 96 bits. The length decides the position of the address (RFC 6052, 2.2). It
/// follows from the zeros after the address.
fn local_use([_, _, _, d, e, f, g, h]: [u16; 8]) -> Ipv4Addr {
    let [d, e, f, g] = [d, e, f, g].map(u16::to_be_bytes);
    let octets = match (e, f, g, h) {
        ([0, 0], [0, 0], ..) => [g[0], g[1], (h >> 8) as u8, h as u8],
        // 64 bits: all octets from 13 on are zero.
        ([0, _], _, [last, 0], 0) if last != 0 => [e[1], f[0], f[1], last],
        // 56 bits.
        ([0, _], [_, last], [0, 0], 0) if last != 0 => [d[1], e[1], f[0], last],
        // 48 bits.
        ([0, _], [_, 0], [0, 0], 0) => [d[0], d[1], e[1], f[0]],
        _ => [g[0], g[1], (h >> 8) as u8, h as u8],
    };
    Ipv4Addr::from(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusted(text: &str) -> Source {
        Source::Trusted(text.parse().expect("an address"))
    }

    /// T7: an address is parsed in each form in which servers, proxies and gateways write it.
    #[test]
    fn an_address_is_read_as_proxies_write_it() {
        for (text, address) in [
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7:51234", "203.0.113.7"),
            ("203.0.113.7:0", "203.0.113.7"),
            ("\"203.0.113.7\"", "203.0.113.7"),
            ("'203.0.113.7'", "203.0.113.7"),
            ("\"203.0.113.7:443\"", "203.0.113.7"),
            (" 203.0.113.7\r\n", "203.0.113.7"),
            ("\u{FEFF}203.0.113.7\u{A0}", "203.0.113.7"),
            ("2001:db8::1", "2001:db8::1"),
            ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("\"[2001:db8::1]:443\"", "2001:db8::1"),
            ("2001:db8:85a3:8d3:1319:8a2e:370:7348:8080", "2001:db8:85a3:8d3:1319:8a2e:370:7348"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%eth0]:443", "fe80::1"),
            ("[fe80::1%25en1]", "fe80::1"),
            ("fe80::1%12", "fe80::1"),
            ("::ffff:203.0.113.7", "::ffff:203.0.113.7"),
            ("[::ffff:203.0.113.7]:8080", "::ffff:203.0.113.7"),
            ("for=203.0.113.7", "203.0.113.7"),
            ("For=\"203.0.113.7:4711\"", "203.0.113.7"),
            ("for=\"[2001:db8::1]:4711\"", "2001:db8::1"),
            ("for=203.0.113.7;proto=https;by=198.51.100.1", "203.0.113.7"),
            ("by=198.51.100.1; for=203.0.113.7 ;host=id.example", "203.0.113.7"),
            ("for=\"203.0.113.7:_port\"", "203.0.113.7"),
            ("host=\"a;b\";for=203.0.113.7", "203.0.113.7"),
            // RFC 7239, 4, 6.1 and 7.4.
            ("for=192.0.2.43", "192.0.2.43"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
            ("for=\"[2001:db8:cafe::17]\"", "2001:db8:cafe::17"),
            ("192.0.2.43:47011", "192.0.2.43"),
            ("\"[2001:db8:cafe::17]:47011\"", "2001:db8:cafe::17"),
            ("by=\"_x\";proto=http;host=example.com;for=192.0.2.43", "192.0.2.43"),
            // RFC 4291, 2.2, and RFC 4007, 11.
            ("2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"),
            ("FF01::101", "ff01::101"),
            ("::FFFF:129.144.52.38", "::ffff:129.144.52.38"),
            ("0:0:0:0:0:0:13.1.68.3", "::13.1.68.3"),
            ("fe80::1234%ne0", "fe80::1234"),
            ("[fe80::1234%25ne0]:80", "fe80::1234"),
        ] {
            assert_eq!(Source::parse(text), trusted(address), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_one_address_is_unknown() {
        for text in [
            "",
            "unknown",
            "for=unknown",
            "for=_hidden",
            "by=203.0.113.7",
            // RFC 7239, 4 and 6.3.
            "for=\"_gazonk\"",
            "for=_SEVKISEK",
            "for=192.0.2.43, for=198.51.100.17",
            "for=192.0.2.43,for=\"[2001:db8:cafe::17]\",for=unknown",
            "for=_hidden, for=_SEVKISEK",
            "proto=http",
            "for=203.0.113.7;for=198.51.100.1",
            "203.0.113.7, 198.51.100.1",
            "for=203.0.113.7, for=198.51.100.1",
            "203.0.113.7 198.51.100.1",
            "203.0.113.7:99999",
            "203.0.113.7:",
            "203.0.113.7:+80",
            "203.0.113.256",
            "203.0.113.007",
            "203.0.113",
            "0xCB007107",
            "3405803783",
            "[2001:db8::1",
            "[2001:db8::1]443",
            "[203.0.113.7]:443",
            "2001:db8::1::2",
            "fe80::1%",
            "fe80::1%eth 0",
            "203.0.113.7/24",
            "unix:",
            "localhost:80",
            "٢٠٣.٠.١١٣.٧",
        ] {
            assert_eq!(Source::parse(text), Source::Unknown, "{text:?}");
        }
        assert_eq!(Source::parse(&" ".repeat(1 << 20)), Source::Unknown);
    }

    /// T8: an IPv4 machine has one budget through every translator and tunnel.
    #[test]
    fn an_ipv4_address_within_ipv6_has_the_budget_of_the_ipv4_address() {
        let bucket = |text: &str| trusted(text).bucket();
        for text in [
            "::ffff:198.51.100.1",
            "::198.51.100.1",
            "::ffff:0:198.51.100.1",
            "64:ff9b::198.51.100.1",
            "64:ff9b::c633:6401",
            "64:ff9b:1::198.51.100.1",
            "64:ff9b:1:fffe::198.51.100.1",
            "64:ff9b:1:c633:64:100::",
            "64:ff9b:1:aac6:33:6401::",
            "64:ff9b:1:abcd:c6:3364:100:0",
            "64:ff9b:1:abcd:12:34:198.51.100.1",
            "2002:c633:6401::1",
            "2002:c633:6401:ffff:a:b:c:d",
            "2001:0:4136:e378:8000:63bf:39cc:9bfe",
            "2001:0:1:2:3:4:39cc:9bfe",
        ] {
            assert_eq!(bucket(text), "198.51.100.1", "{text}");
        }
        // RFC 6052, 2.4; RFC 4291, 2.5.5; RFC 2765, 2.1; RFC 3056, 2; RFC 4380, 4; RFC 8215.
        for (text, address) in [
            ("64:ff9b::192.0.2.33", "192.0.2.33"),
            ("64:FF9B::C000:221", "192.0.2.33"),
            ("64:ff9b:1::192.0.2.33", "192.0.2.33"),
            ("::ffff:129.144.52.38", "129.144.52.38"),
            ("::ffff:8190:3426", "129.144.52.38"),
            ("::13.1.68.3", "13.1.68.3"),
            ("::ffff:0:192.0.2.33", "192.0.2.33"),
            ("2002:c000:204::1", "192.0.2.4"),
            ("2002:c000:204:8:9:a:b:c", "192.0.2.4"),
            ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "192.0.2.45"),
            ("2001:0000:0:0:0:0:3fff:fdd2", "192.0.2.45"),
        ] {
            assert_eq!(bucket(text), address, "{text}");
        }
        assert_ne!(bucket("64:ff9b::198.51.100.1"), bucket("64:ff9b::203.0.113.7"));
        assert_ne!(bucket("2002:c633:6401::1"), bucket("2002:cb00:7107::1"));
    }

    #[test]
    fn another_ipv6_network_of_64_bits_is_one_source() {
        let bucket = |text: &str| trusted(text).bucket();
        for (left, right) in [
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
            // ISATAP and similar: a machine chooses this half of the address itself.
            ("2001:db8:1:2:0:5efe:198.51.100.1", "2001:db8:1:2:0:5efe:203.0.113.7"),
            ("2001:db8:1:2:200:5efe:198.51.100.1", "2001:db8:1:2::1"),
            ("2001:db8:1:2::198.51.100.1", "2001:db8:1:2::203.0.113.7"),
            ("fe80::1", "fe80::2"),
        ] {
            assert_eq!(bucket(left), bucket(right), "{left} {right}");
        }
        for (left, right) in [
            ("2001:db8:1:2::1", "2001:db8:1:3::1"),
            ("64:ff9b:2::198.51.100.1", "64:ff9b::198.51.100.1"),
            ("::1", "0.0.0.1"),
            ("2003:c633:6401::1", "198.51.100.1"),
        ] {
            assert_ne!(bucket(left), bucket(right), "{left} {right}");
        }
    }
}
