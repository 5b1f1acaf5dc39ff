//! The source of a request behind proxies.

use std::net::IpAddr;

use crate::{InvalidInput, Source};

/// The proxies whose `X-Forwarded-For` a host believes.
///
/// Each proxy appends the address of its own peer at the right, so the header is read from the right:
/// the first address that is not one of these proxies is the client. Everything to the left of it was
/// sent by the client and is ignored.
///
/// ```
/// use sspr::Source;
/// use sspr::web::TrustedProxies;
///
/// let proxies = TrustedProxies::parse(["10.0.0.0/8", "2001:db8:1::/48"])?;
/// let peer = "10.1.2.3".parse().expect("an address");
/// let source = proxies.source(peer, ["198.51.100.1, 203.0.113.7"]);
/// assert_eq!(source, Source::parse("203.0.113.7"));
///
/// // A client that connects directly cannot choose its address.
/// let direct = "203.0.113.9".parse().expect("an address");
/// assert_eq!(proxies.source(direct, ["198.51.100.1"]), Source::parse("203.0.113.9"));
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct TrustedProxies {
    networks: Vec<Network>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Network {
    address: IpAddr,
    bits: u8,
}

impl TrustedProxies {
    /// No proxy: the source is always the peer.
    #[must_use]
    pub const fn none() -> Self {
        Self { networks: Vec::new() }
    }

    /// The proxies with these addresses or networks: `10.1.2.3`, `10.0.0.0/8`, `2001:db8::/32`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Malformed`] for anything else; [`InvalidInput::OutOfRange`] for a network of
    /// more bits than its address has, or of none, which would trust every client.
    pub fn parse<'a>(proxies: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidInput> {
        let networks = proxies.into_iter().map(Network::parse).collect::<Result<_, _>>()?;
        Ok(Self { networks })
    }

    /// The source of a request from this peer with these values of `X-Forwarded-For`, in the order in
    /// which they arrived. It is [`Source::Unknown`] if a trusted proxy has written something that is not
    /// an address.
    #[must_use]
    pub fn source<'a, I>(&self, peer: IpAddr, forwarded_for: I) -> Source
    where
        I: IntoIterator<Item = &'a str>,
        I::IntoIter: DoubleEndedIterator,
    {
        let mut nearest = Source::Trusted(peer);
        let values = forwarded_for.into_iter().rev().flat_map(|value| value.rsplit(','));
        for element in values {
            match nearest {
                Source::Trusted(address) if self.trust(address) => nearest = Source::parse(element),
                _ => break,
            }
        }
        nearest
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.holds(address))
    }
}

impl Network {
    fn parse(text: &str) -> Result<Self, InvalidInput> {
        let malformed = |_| InvalidInput::Malformed { what: "proxy" };
        let (base, length) = match text.split_once('/') {
            Some((base, length)) => (base, Some(length)),
            None => (text, None),
        };
        let address = base.parse::<IpAddr>().map_err(|_| malformed(()))?.to_canonical();
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match length {
            Some(length) => length.parse().map_err(|_| malformed(()))?,
            None => most,
        };
        if !(1..=most).contains(&bits) {
            return Err(InvalidInput::OutOfRange { what: "proxy" });
        }
        Ok(Self { address, bits })
    }

    fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differing = network.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= u32::from(self.bits)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differing = network.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= u32::from(self.bits)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn the_header_is_read_from_the_right_as_far_as_proxies_wrote_it() {
        let proxies = TrustedProxies::parse(["10.0.0.0/8", "2001:db8:1::/48"]).expect("sound");
        let cases: [(&str, &[&str], &str); 12] = [
            ("203.0.113.9", &[], "203.0.113.9"),
            ("203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["198.51.100.1, 203.0.113.7, 10.9.9.9"], "203.0.113.7"),
            ("10.0.0.1", &["198.51.100.1", "203.0.113.7", "10.9.9.9"], "203.0.113.7"),
            ("10.0.0.1", &["10.2.2.2, 10.3.3.3"], "10.2.2.2"),
            ("2001:db8:1::7", &["198.51.100.1, 2001:db8:2::1"], "2001:db8:2::1"),
            ("::ffff:10.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["203.0.113.7:4711"], "203.0.113.7"),
            ("11.0.0.1", &["203.0.113.7"], "11.0.0.1"),
        ];
        for (peer, header, source) in cases {
            let found = proxies.source(address(peer), header.iter().copied());
            assert_eq!(found, Source::parse(source), "{peer} {header:?}");
        }
        for header in ["unknown", "", "198.51.100.1, _hidden", "198.51.100.1,", "a b"] {
            let found = proxies.source(address("10.0.0.1"), [header]);
            assert_eq!(found, Source::Unknown, "{header:?}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "proxy", "10.0.0.0/", "10.0.0.0/x", "10.0.0/8", "10.0.0.0/8/8", "/8"] {
            let refused = TrustedProxies::parse([text]).expect_err(text);
            assert_eq!(refused, InvalidInput::Malformed { what: "proxy" }, "{text}");
        }
        for text in ["0.0.0.0/0", "::/0", "10.0.0.0/33", "2001:db8::/129"] {
            let refused = TrustedProxies::parse([text]).expect_err(text);
            assert_eq!(refused, InvalidInput::OutOfRange { what: "proxy" }, "{text}");
        }
        let peer = address("203.0.113.9");
        assert_eq!(TrustedProxies::none().source(peer, ["10.0.0.1"]), Source::Trusted(peer));
    }
}
