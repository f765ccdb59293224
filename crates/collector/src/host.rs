//! Refuses requests that name another host than this machine.
//!
//! A hostile page can have its own name resolve to 127.0.0.1 (DNS rebinding) and is then of the same origin as whatever
//! listens here; the `Host` header still says its name. A listener that was deliberately put on another address than
//! loopback is also reached by its address: those cannot be rebound, names can.

use std::net::{IpAddr, Ipv6Addr};

use axum::{
    extract::{Request, State},
    http::{StatusCode, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// By which hosts a listener may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hosts {
    Loopback,
    /// Loopback, and any address; no names.
    Addresses,
}

impl Hosts {
    pub fn of(listener: IpAddr) -> Self {
        if listener.is_loopback() { Self::Loopback } else { Self::Addresses }
    }

    fn accepts(self, authority: &str) -> bool {
        let Ok(authority) = authority.parse::<Authority>() else { return false };
        let host = authority.host();
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        match bare.parse::<IpAddr>() {
            Ok(address) => self == Self::Addresses || is_loopback(address),
            Err(_) => {
                let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
                name == "localhost" || name.ends_with(".localhost")
            }
        }
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

pub async fn guard(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    let header = request.headers().get_all(header::HOST).iter().map(|host| host.to_str().unwrap_or_default());
    let target = request.uri().authority().map(Authority::as_str);
    let named: Vec<&str> = header.chain(target).collect();
    if named.is_empty() {
        return (StatusCode::BAD_REQUEST, "the request has no Host header\n").into_response();
    }
    match named.iter().find(|host| !hosts.accepts(host)) {
        None => next.run(request).await,
        Some(host) => {
            let message = format!(
                "this server does not answer to the host {host:?}: call it localhost or by its address\n\
                 (other names are refused, so that no web page can reach it through a name of its own)\n"
            );
            (StatusCode::FORBIDDEN, message).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Hosts::{Addresses, Loopback};

    #[test]
    fn only_names_of_this_machine() {
        let here = [
            "localhost",
            "LOCALHOST:8080",
            "localhost.:1",
            "app.localhost:80",
            "127.0.0.1",
            "127.9.9.9:4318",
            "[::1]:8080",
        ];
        for host in here {
            assert!(Loopback.accepts(host) && Addresses.accepts(host), "{host}");
        }
        let elsewhere = [
            "",
            "evil.example",
            "localhost.evil.example",
            "notlocalhost",
            "127.0.0.1.nip.io",
            "localhost:8080:1",
            "a b",
        ];
        for host in elsewhere {
            assert!(!Loopback.accepts(host) && !Addresses.accepts(host), "{host}");
        }
        for host in ["192.168.1.5:4318", "[2001:db8::1]", "0.0.0.0"] {
            assert!(!Loopback.accepts(host) && Addresses.accepts(host), "{host}");
        }
    }
}
