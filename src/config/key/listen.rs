//! [`Listen`]: where a listener takes connections.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;
use std::vec::IntoIter;

use super::written::shown;

/// The longest name of a host, in bytes.
const HOST_BYTES_MAX: usize = 253;

/// An address, or a name that is looked up when the listener opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    Address(SocketAddr),
    /// Invariant: [`is_host`], in lower case.
    Name {
        host: String,
        port: u16,
    },
}

impl Listen {
    /// The address, where it is known without a look-up: `localhost` is this host, whatever a resolver says (RFC 6761).
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Listen::Address(address) => Some(*address),
            Listen::Name { host, port } if is_localhost(host) => {
                Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), *port))
            }
            Listen::Name { .. } => None,
        }
    }
    /// Only this host reaches it. Of a name that must be looked up nobody knows.
    pub fn is_loopback(&self) -> bool {
        self.address().is_some_and(|address| address.ip().is_loopback())
    }
    pub fn port(&self) -> u16 {
        match self {
            Listen::Address(address) => address.port(),
            Listen::Name { port, .. } => *port,
        }
    }
    /// Whether two listeners would take the same port. Port 0 asks the system for a free one.
    pub fn takes_the_same(&self, other: &Listen) -> bool {
        let same = match (self.address(), other.address()) {
            (Some(this), Some(other)) => this == other,
            _ => self == other,
        };
        same && self.port() != 0
    }
}

fn is_localhost(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost")
}

/// A name of a host: letters, digits, hyphens and underscores between dots, and not only digits and dots.
pub fn is_host(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(fits);
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.len() <= HOST_BYTES_MAX && !is_number && text.split('.').all(is_label)
}

impl From<SocketAddr> for Listen {
    fn from(address: SocketAddr) -> Listen {
        Listen::Address(address)
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Listen, String> {
        if let Ok(address) = text.parse() {
            return Ok(Listen::Address(address));
        }
        let name = text.rsplit_once(':').filter(|(host, _)| is_host(host));
        let port = |port: &str| port.parse().ok().filter(|_| port.bytes().all(|byte| byte.is_ascii_digit()));
        let name = name.and_then(|(host, written)| Some((host.to_ascii_lowercase(), port(written)?)));
        name.map(|(host, port)| Listen::Name { host, port }).ok_or_else(|| {
            format!(
                "{} is not an address; write an IP address or the name of a host, and a port, such as 127.0.0.1:9790, \
                 [::1]:9790 or localhost:9790",
                shown(text)
            )
        })
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Listen::Address(address) => address.fmt(f),
            Listen::Name { host, port } => write!(f, "{host}:{port}"),
        }
    }
}

/// Looks a name up, unless it is `localhost`.
impl ToSocketAddrs for Listen {
    type Iter = IntoIter<SocketAddr>;

    fn to_socket_addrs(&self) -> io::Result<IntoIter<SocketAddr>> {
        match (self.address(), self) {
            (Some(address), _) => Ok(vec![address].into_iter()),
            (None, Listen::Name { host, port }) => (host.as_str(), *port).to_socket_addrs(),
            (None, Listen::Address(_)) => unreachable!("an address is known"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_an_address_or_a_name_with_a_port() {
        for text in ["127.0.0.1:9790", "[::1]:1", "localhost:9790", "day90.payments.svc:9790", "my_host:0"] {
            assert_eq!(text.parse::<Listen>().map(|listen| listen.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("LocalHost:1".parse::<Listen>().map(|listen| listen.to_string()), Ok("localhost:1".to_owned()));
        for text in
            ["", "localhost", "127.0.0.1", "1.2.3:80", "a b:1", "host:99999", "host:+1", "host:", ":80", "a..b:1"]
        {
            let error = text.parse::<Listen>().expect_err(text);
            assert!(
                error.contains("is not an address; write an IP address or the name of a host, and a port"),
                "{error}"
            );
        }
    }

    #[test]
    fn localhost_is_this_host_without_a_lookup_and_another_name_is_not() {
        let listen = |text: &str| text.parse::<Listen>().expect("a listener");
        assert!(listen("localhost:1").is_loopback() && listen("day90.localhost:1").is_loopback());
        assert!(!listen("notlocalhost:1").is_loopback() && !listen("localhost.example.com:1").is_loopback());
        assert_eq!(
            listen("localhost:7").to_socket_addrs().expect("known").collect::<Vec<_>>(),
            [SocketAddr::from(([127, 0, 0, 1], 7))]
        );
        assert!(listen("localhost:7").takes_the_same(&listen("127.0.0.1:7")));
        assert!(!listen("localhost:7").takes_the_same(&listen("127.0.0.1:8")));
        assert!(!listen("localhost:0").takes_the_same(&listen("localhost:0")), "each gets a free port");
    }
}
