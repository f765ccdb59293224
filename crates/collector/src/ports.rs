//! Listeners: on the wanted address, on the next free port, and on both loopback addresses where that can be.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use axum::http::uri::Authority;
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};

use crate::connections::Tls;

/// How many ports after the wanted one are tried before any free one will do.
const NEXT_PORTS: u16 = 100;
/// How often a pair of equal free ports on both loopback addresses is looked for.
const PAIRS: usize = 10;

/// One port to listen on.
#[derive(Debug)]
pub struct Bound {
    pub listeners: Vec<TcpListener>,
    /// The first listener's address.
    pub address: SocketAddr,
    /// What the host is called in URLs.
    pub host: String,
    /// How TLS is spoken there, if it is.
    pub tls: Option<Tls>,
}

/// How a port is reached by those who have reached another one.
#[derive(Debug, Clone)]
pub struct Reach {
    /// What the host is called by this machine itself.
    pub host: String,
    pub port: u16,
    /// Where it is listened on.
    pub addresses: Vec<IpAddr>,
    pub tls: bool,
}

/// The address that a host is called by, in brackets or without; none if it is a name.
pub fn address_of(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

impl Reach {
    /// The URL on this machine.
    pub fn url(&self) -> String {
        format!("{}://{}:{}", self.scheme(), self.host, self.port)
    }

    /// The URL for whoever called this machine `host`: another machine does not reach this one as localhost.
    pub fn from(&self, host: &Authority) -> String {
        let called = host.host();
        let is_here = match address_of(called) {
            Some(address) => self.addresses.iter().any(|here| here.is_unspecified() || *here == address),
            // This name may be more than one address, of which another program has some.
            None => !called.eq_ignore_ascii_case("localhost"),
        };
        format!("{}://{}:{}", self.scheme(), if is_here { called } else { &self.host }, self.port)
    }

    fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }
}

impl Bound {
    pub fn url(&self) -> String {
        self.reach().url()
    }

    pub fn reach(&self) -> Reach {
        let addresses = self.listeners.iter().filter_map(|listener| Some(listener.local_addr().ok()?.ip())).collect();
        Reach { host: self.host.clone(), port: self.address.port(), addresses, tls: self.tls.is_some() }
    }

    /// Says so if the network can reach it.
    pub fn public(&self, what: &str) -> Option<String> {
        let is_loopback = self.address.ip().to_canonical().is_loopback();
        (!is_loopback).then(|| format!("{what}, at {}", self.address))
    }

    /// As which origins a page from here appears: `localhost` and its addresses are different ones.
    pub fn origins(&self) -> Vec<String> {
        let port = self.address.port();
        let ip = self.address.ip();
        let mut hosts = vec!["localhost".to_owned()];
        let loopback = |ip: IpAddr| {
            self.address.ip().is_unspecified()
                || self.listeners.iter().any(|listener| listener.local_addr().is_ok_and(|address| address.ip() == ip))
        };
        if loopback(Ipv4Addr::LOCALHOST.into()) {
            hosts.push("127.0.0.1".into());
        }
        if loopback(Ipv6Addr::LOCALHOST.into()) {
            hosts.push("[::1]".into());
        }
        if !ip.is_loopback() && !ip.is_unspecified() {
            hosts.push(host_of(ip));
        }
        hosts.iter().map(|host| format!("http://{}", authority(host, port))).collect()
    }
}

/// An origin leaves its scheme's own port out.
pub fn authority(host: &str, port: u16) -> String {
    if port == 80 { host.to_owned() } else { format!("{host}:{port}") }
}

/// A port that cannot be listened on, for another reason than being taken.
#[derive(Debug)]
pub struct BindError {
    address: SocketAddr,
    source: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot listen on {}", self.address)
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Listens on the address; none if another program has it. Port 0 is any free port.
pub async fn bind(wanted: SocketAddr) -> Result<Option<Bound>, BindError> {
    // Some systems let a program listen on 127.0.0.1 beside another on all addresses, and take its connections away.
    if wanted.port() != 0 && answers(wanted).await {
        return Ok(None);
    }
    let mut attempts = if wanted.port() == 0 { PAIRS } else { 1 };
    loop {
        attempts -= 1;
        match pair(wanted).await {
            Ok((_, Twin::Taken)) if attempts > 0 => {}
            Ok((bound, _)) => return Ok(Some(bound)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Ok(None),
            Err(source) => return Err(BindError { address: wanted, source }),
        }
    }
}

/// Listens on the next free port after a taken one.
pub async fn bind_next(taken: SocketAddr) -> Result<Bound, BindError> {
    for port in (taken.port()..=u16::MAX).skip(1).take(NEXT_PORTS.into()) {
        if let Some(bound) = bind(SocketAddr::new(taken.ip(), port)).await? {
            return Ok(bound);
        }
    }
    let any = SocketAddr::new(taken.ip(), 0);
    let none_left = || BindError { address: any, source: io::ErrorKind::AddrInUse.into() };
    bind(any).await?.ok_or_else(none_left)
}

/// Whether the second loopback address has the port too.
enum Twin {
    Listening,
    Taken,
    Unavailable,
}

/// `localhost` is both 127.0.0.1 and ::1, and many programs try ::1 first: on 127.0.0.1, the other is listened on as well
/// where the system has it. Where another program has it, `localhost` would be either of the two, so URLs say 127.0.0.1.
async fn pair(wanted: SocketAddr) -> io::Result<(Bound, Twin)> {
    let listener = TcpListener::bind(wanted).await?;
    let address = listener.local_addr()?;
    let mut listeners = vec![listener];
    let mut twin = Twin::Unavailable;
    if address.ip() == IpAddr::from(Ipv4Addr::LOCALHOST) {
        match TcpListener::bind((Ipv6Addr::LOCALHOST, address.port())).await {
            Ok(listener) => {
                listeners.push(listener);
                twin = Twin::Listening;
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => twin = Twin::Taken,
            Err(_) => {}
        }
    }
    let host = match (&twin, address.ip()) {
        (Twin::Taken, ip) => host_of(ip),
        (_, ip) if ip.is_unspecified() || ip == IpAddr::from(Ipv4Addr::LOCALHOST) => "localhost".into(),
        (_, ip) => host_of(ip),
    };
    Ok((Bound { listeners, address, host, tls: None }, twin))
}

pub fn host_of(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// Whether somebody accepts connections there.
async fn answers(address: SocketAddr) -> bool {
    matches!(timeout(Duration::from_millis(250), TcpStream::connect(address)).await, Ok(Ok(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_reached_as_the_one_before_was() {
        let reach = |addresses: &[&str]| Reach {
            host: "localhost".into(),
            port: 4318,
            addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
            tls: false,
        };
        for (addresses, called, expected) in [
            (&["0.0.0.0"][..], "machine:8080", "http://machine:4318"),
            (&["0.0.0.0"], "192.168.1.5:8080", "http://192.168.1.5:4318"),
            (&["::"], "[2001:db8::1]:8080", "http://[2001:db8::1]:4318"),
            (&["0.0.0.0"], "localhost:8080", "http://localhost:4318"),
            (&["127.0.0.1", "::1"], "localhost:8080", "http://localhost:4318"),
            (&["127.0.0.1", "::1"], "127.0.0.1:8080", "http://127.0.0.1:4318"),
            (&["127.0.0.1", "::1"], "[::1]:8080", "http://[::1]:4318"),
            (&["127.0.0.1"], "[::1]:8080", "http://localhost:4318"),
            (&["127.0.0.1"], "192.168.1.5:8080", "http://localhost:4318"),
            (&["127.0.0.1"], "app.localhost", "http://app.localhost:4318"),
        ] {
            assert_eq!(reach(addresses).from(&called.parse().unwrap()), expected, "{addresses:?} {called}");
        }
        let ours = Reach { host: "127.0.0.1".into(), ..reach(&["127.0.0.1"]) };
        assert_eq!(ours.from(&"localhost:8080".parse().unwrap()), "http://127.0.0.1:4318");
    }
}
