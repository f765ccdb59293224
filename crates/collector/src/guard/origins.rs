//! Whose pages may ask.

use axum::http::{HeaderValue, uri::Authority};

use super::AllowedOrigin;
use crate::ports::{Bound, authority};

/// Origins of pages. Beside those that are listed, one belongs that has the host by which the request came: that is one of
/// this machine, or `hosts` had refused it.
#[derive(Debug, Clone)]
pub struct Origins {
    listed: Vec<String>,
    any: bool,
    beside: Beside,
}

/// Which port a page of the request's own host has.
#[derive(Debug, Clone, Copy)]
enum Beside {
    /// The very one that was asked, as the browser names it: behind a proxy it may be another than is listened on.
    Same,
    Port(u16),
}

impl Origins {
    /// Those of the pages that are served here.
    pub fn own(here: &Bound) -> Self {
        Self { listed: here.origins(), any: false, beside: Beside::Same }
    }

    /// Those of the pages on another port, and more.
    pub fn of_page(page: &Bound, more: Vec<AllowedOrigin>) -> Self {
        let mut origins = Self { listed: page.origins(), any: false, beside: Beside::Port(page.address.port()) };
        for origin in more {
            match origin {
                AllowedOrigin::Any => origins.any = true,
                AllowedOrigin::One(origin) => origins.listed.push(origin),
            }
        }
        origins
    }

    /// `host` is what the request calls this machine.
    pub fn allow(&self, origin: &HeaderValue, host: &Authority) -> bool {
        let Ok(origin) = origin.to_str() else { return self.any };
        self.any || self.listed.iter().any(|allowed| allowed == origin) || self.beside.allows(origin, host)
    }
}

impl Beside {
    fn allows(self, origin: &str, host: &Authority) -> bool {
        match self {
            // The scheme does not matter: a proxy may add https.
            Self::Same => {
                origin.split_once("://").is_some_and(|(_, of_page)| of_page.eq_ignore_ascii_case(host.as_str()))
            }
            Self::Port(port) => {
                let of_page = origin.strip_prefix("http://");
                of_page.is_some_and(|of_page| of_page.eq_ignore_ascii_case(&authority(host.host(), port)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(beside: Beside, origin: &'static str, host: &str) -> bool {
        let origins = Origins { listed: vec!["http://listed.example".into()], any: false, beside };
        origins.allow(&HeaderValue::from_static(origin), &host.parse().unwrap())
    }

    #[test]
    fn pages_beside_have_the_requests_own_host() {
        for (beside, origin, host, allowed) in [
            (Beside::Port(8080), "http://machine:8080", "machine:4318", true),
            (Beside::Port(8080), "http://Machine:8080", "machine", true),
            (Beside::Port(80), "http://[::1]", "[::1]:4318", true),
            (Beside::Port(8080), "http://listed.example", "machine:4318", true),
            (Beside::Port(8080), "https://machine:8080", "machine:4318", false),
            (Beside::Port(8080), "http://machine:8081", "machine:4318", false),
            (Beside::Port(8080), "http://machine:8080", "localhost:4318", false),
            (Beside::Port(8080), "http://machine:8080.evil.example", "machine:4318", false),
            (Beside::Port(8080), "null", "machine:4318", false),
            (Beside::Same, "https://machine", "machine", true),
            (Beside::Same, "http://machine:9000", "machine:9000", true),
            (Beside::Same, "http://machine:8080", "machine:9000", false),
            (Beside::Same, "http://evil.example", "machine:9000", false),
            (Beside::Same, "null", "machine:9000", false),
        ] {
            assert_eq!(allows(beside, origin, host), allowed, "{beside:?} {origin} {host}");
        }
    }
}
