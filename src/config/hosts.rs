//! [`Hosts`]: the names by which this daemon is reached.
//!
//! A browser lets any page send requests to any address. What it can't do is lie about the page's origin, or about the name
//! it looked up: so a request whose names are none of these comes from a page of somebody else. An address in digits is
//! never looked up, so nobody can make it lead here by another name.

use std::net::IpAddr;

use super::file::server::Server;
use super::key::Listen;

/// A host with its port, as the head of a request spells them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// In lower case, without the brackets of an IPv6 address.
    pub host: String,
    pub port: Option<u16>,
}

impl Authority {
    /// Reads `host`, `host:port` or `[::1]:port`; `None` for anything else.
    pub fn read(text: &str) -> Option<Authority> {
        let (host, rest) = match text.strip_prefix('[') {
            Some(rest) => rest.split_once(']').filter(|(host, _)| host.parse::<std::net::Ipv6Addr>().is_ok())?,
            None => text.split_at(text.find(':').unwrap_or(text.len())),
        };
        let port = match rest.strip_prefix(':') {
            Some(port) => Some(port.parse().ok()?),
            None if rest.is_empty() => None,
            None => return None,
        };
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        (!host.is_empty() && host.bytes().all(is_plain)).then_some(Authority { host, port })
    }

    /// Reads an origin or an address of the web: `https://host:port/…`. The port that its scheme has is no port.
    pub fn of_url(url: &str) -> Option<Authority> {
        let (scheme, rest) = url.split_once("://")?;
        let mut authority = Authority::read(rest.split(['/', '?', '#']).next()?)?;
        let default = match scheme.to_ascii_lowercase().as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => return None,
        };
        authority.port = authority.port.or(default);
        Some(authority)
    }

    /// Whether both are the same place. Where one names no port, it has that of the other one's scheme.
    pub fn is_same(&self, other: &Authority) -> bool {
        self.host == other.host && self.port == other.port
    }
}

/// The names by which this daemon is reached.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hosts {
    named: Vec<String>,
    external: Option<Authority>,
}

impl Hosts {
    pub fn of(server: &Server) -> Hosts {
        let external = server.external_url.as_deref().and_then(Authority::of_url);
        let listen = match &server.listen {
            Listen::Name { host, .. } => Some(host.clone()),
            Listen::Address(_) => None,
        };
        let named = server.hosts.iter().map(|host| host.to_ascii_lowercase());
        let named = named.chain(listen).chain(external.iter().map(|external| external.host.clone()));
        Hosts { named: named.collect(), external }
    }

    /// Whether a daemon that asks for no credential answers a request for this host.
    pub fn has(&self, host: &str) -> bool {
        host.parse::<IpAddr>().is_ok()
            || host == "localhost"
            || host.ends_with(".localhost")
            || self.named.iter().any(|named| named == host)
    }

    /// Whether people reach the page there.
    pub fn is_external(&self, origin: &Authority) -> bool {
        self.external.as_ref().is_some_and(|external| external.is_same(origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_read_as_requests_spell_it() {
        for (text, host, port) in [
            ("localhost", "localhost", None),
            ("LocalHost:9790", "localhost", Some(9790)),
            ("127.0.0.1:9790", "127.0.0.1", Some(9790)),
            ("[::1]:9790", "::1", Some(9790)),
            ("[::1]", "::1", None),
            ("day90.payments.svc.", "day90.payments.svc", None),
        ] {
            let read = Authority::read(text).expect(text);
            assert_eq!((read.host.as_str(), read.port), (host, port), "{text}");
        }
        for text in ["", ":9790", "a:b", "a:99999", "[::1", "[::1]x", "::1", "user@host", "a b", "a/b"] {
            assert_eq!(Authority::read(text), None, "{text}");
        }
    }

    #[test]
    fn an_origin_without_a_port_has_that_of_its_scheme() {
        let port = |url| Authority::of_url(url).and_then(|authority| authority.port);
        assert_eq!(port("http://a"), Some(80));
        assert_eq!(port("https://a/path?query"), Some(443));
        assert_eq!(port("https://a:8443"), Some(8443));
        assert_eq!(["null", "file://", "moz-extension://a", ""].map(Authority::of_url), [None, None, None, None]);
    }

    #[test]
    fn it_is_reached_by_addresses_localhost_and_what_is_declared() {
        let server = Server {
            listen: "day90.internal:9790".parse().expect("a name"),
            hosts: vec!["Day90.payments.svc".to_owned()],
            external_url: Some("https://day90.example.com/ops".to_owned()),
            ..Server::default()
        };
        let hosts = Hosts::of(&server);
        for host in
            ["10.1.2.3", "::1", "localhost", "a.localhost", "day90.internal", "day90.payments.svc", "day90.example.com"]
        {
            assert!(hosts.has(host), "{host}");
        }
        for host in
            ["evil.example", "localhost.evil.example", "example.com", "notlocalhost", "10.1.2.3.evil.example", ""]
        {
            assert!(!hosts.has(host), "{host}");
        }
        let is_external = |origin| hosts.is_external(&Authority::of_url(origin).expect(origin));
        assert!(is_external("https://day90.example.com"));
        assert!(!is_external("http://day90.example.com") && !is_external("https://day90.example.com:444"));
    }
}
