//! By which names this machine may be called.
//!
//! A hostile page can have its own name resolve to 127.0.0.1 (DNS rebinding) and is then of the same origin as whatever
//! listens here; the `Host` header still says its name. A listener that was deliberately put on another address than
//! loopback is also reached by its address: those cannot be rebound, names can.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::{Request, header, uri::Authority};

use crate::ports::address_of;

/// By which hosts a listener may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts {
    /// Whether it may be called by any address, beside those of loopback.
    addresses: bool,
    /// Further ones, names in lower case and addresses.
    names: Vec<String>,
}

/// Why a request goes no further.
#[derive(Debug, PartialEq, Eq)]
pub enum Unnamed {
    NoHost,
    Refused(String),
}

impl Hosts {
    /// For a listener on this address, with the names of `--allow-host`.
    pub fn of(listener: IpAddr, names: &[String]) -> Self {
        Self { addresses: !listener.is_loopback(), names: names.to_vec() }
    }

    /// What the request calls this machine.
    pub fn check<B>(&self, request: &Request<B>) -> Result<Authority, Unnamed> {
        let header = request.headers().get_all(header::HOST).iter().map(|host| host.to_str().unwrap_or_default());
        let target = request.uri().authority().map(Authority::as_str);
        let mut called = None;
        for host in target.into_iter().chain(header) {
            let authority = self.accept(host).ok_or_else(|| Unnamed::Refused(host.to_owned()))?;
            called.get_or_insert(authority);
        }
        called.ok_or(Unnamed::NoHost)
    }

    fn accept(&self, authority: &str) -> Option<Authority> {
        let authority = authority.parse::<Authority>().ok()?;
        let host = authority.host();
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let accepted = match bare.parse::<IpAddr>() {
            Ok(address) => self.addresses || is_loopback(address) || self.names.contains(&address.to_string()),
            Err(_) => {
                let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
                name == "localhost" || name.ends_with(".localhost") || self.names.contains(&name)
            }
        };
        accepted.then_some(authority)
    }
}

fn is_loopback(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback(),
        IpAddr::V6(address) => {
            address == Ipv6Addr::LOCALHOST || address.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback())
        }
    }
}

/// Reads `--allow-host`, a name or an address, or says what one is.
pub fn parse(name: &str) -> Result<String, String> {
    // A list in a variable may have blanks behind its commas.
    let name = name.trim();
    if let Some(address) = address_of(name) {
        return Ok(address.to_string());
    }
    let host = name.strip_suffix('.').unwrap_or(name);
    let is_name =
        host.parse::<Authority>().is_ok_and(|authority| authority.host() == host) && !host.contains(['[', '*']);
    if is_name {
        Ok(host.to_ascii_lowercase())
    } else {
        Err("give the name alone, like machine or traces.example, without scheme and port".into())
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn hosts(listener: Ipv4Addr) -> Hosts {
        Hosts::of(listener.into(), &["machine".to_owned()])
    }

    #[test]
    fn only_names_of_this_machine() {
        let (loopback, addresses) = (hosts(Ipv4Addr::LOCALHOST), hosts(Ipv4Addr::UNSPECIFIED));
        let here = [
            "localhost",
            "LOCALHOST:8080",
            "localhost.:1",
            "app.localhost:80",
            "127.0.0.1",
            "127.9.9.9:4318",
            "[::1]:8080",
            "[::ffff:127.0.0.1]:1",
            "machine",
            "Machine.:8080",
        ];
        for host in here {
            assert!(loopback.accept(host).is_some() && addresses.accept(host).is_some(), "{host}");
        }
        let elsewhere = [
            "",
            "evil.example",
            "localhost.evil.example",
            "notlocalhost",
            "a.machine",
            "machine.evil.example",
            "127.0.0.1.nip.io",
            "localhost:8080:1",
            "a b",
        ];
        for host in elsewhere {
            assert!(loopback.accept(host).is_none() && addresses.accept(host).is_none(), "{host}");
        }
        let named = Hosts::of(Ipv4Addr::LOCALHOST.into(), &["2001:db8::1".to_owned()]);
        assert!(named.accept("[2001:db8::1]:4318").is_some() && named.accept("192.168.1.5").is_none());
        for host in ["192.168.1.5:4318", "[2001:db8::1]", "0.0.0.0"] {
            assert!(loopback.accept(host).is_none() && addresses.accept(host).is_some(), "{host}");
        }
    }

    #[test]
    fn every_name_that_a_request_has_must_be_one() {
        let hosts = hosts(Ipv4Addr::LOCALHOST);
        let check = |uri: &str, headers: &[&str]| {
            let request = Request::builder().uri(uri);
            let request = headers.iter().fold(request, |request, host| request.header(header::HOST, *host));
            hosts.check(&request.body(()).unwrap()).map(|authority| authority.to_string())
        };
        let refused = |host: &str| Err(Unnamed::Refused(host.into()));
        assert_eq!(check("/", &["machine:1"]), Ok("machine:1".into()));
        assert_eq!(check("/", &[]), Err(Unnamed::NoHost));
        assert_eq!(check("http://evil.example/", &["localhost"]), refused("evil.example"));
        assert_eq!(check("/", &["localhost", "evil.example"]), refused("evil.example"));
        assert_eq!(check("/", &["é"]), refused(""));
    }

    #[test]
    fn names_of_the_command_line() {
        for (text, expected) in [
            ("Machine.", "machine"),
            ("a-b.example", "a-b.example"),
            ("10.0.0.1", "10.0.0.1"),
            ("[2001:DB8::1]", "2001:db8::1"),
        ] {
            assert_eq!(parse(text), Ok(expected.into()));
        }
        for wrong in ["", "http://machine", "machine:8080", "a/b", "a b", "*.example", "*", "me@machine", "[::1]:1"] {
            assert!(parse(wrong).unwrap_err().contains("without scheme and port"), "{wrong}");
        }
    }
}
