//! Whose pages may ask: those of this machine, and those of origins that are named.

use std::{net::IpAddr, str::FromStr, time::Duration};

use axum::{
    Router,
    http::{
        HeaderName, HeaderValue, Method, Uri,
        header::{ACCEPT, ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE, HOST},
        request::Parts,
        uri::Authority,
    },
    middleware::map_response,
    response::Response,
};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::trace::{SERVER_TIMING, TRACE_ID};

const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");
/// How long a browser need not ask again.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Origins whose pages may ask, beside those of this machine, and names that this machine is called by, too.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    named: Vec<Origin>,
    hosts: Vec<String>,
}

/// One of them, as browsers write it, or `*` for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |uri: &Uri| {
            let authority = uri.authority().map(|authority| authority.as_str())?;
            let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
            Some(format!("{scheme}://{authority}"))
        };
        let known = text == "*" || text.parse().ok().and_then(|uri| plain(&uri)).as_deref() == Some(text);
        if known {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        Err(format!(
            "{text:?} is no origin: give scheme, host and port as in http://localhost:3000, without a path, or * for all"
        ))
    }
}

impl Origins {
    /// These, and pages of a machine that is called by these names, whatever their port.
    pub fn new(named: Vec<Origin>, hosts: Vec<String>) -> Self {
        Self { named, hosts }
    }

    /// Whether a page may ask; `called` is the host that it asks.
    fn allow(&self, origin: &HeaderValue, called: Option<&HeaderValue>) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        self.named.iter().any(|Origin(allowed)| allowed == "*" || allowed == origin)
            || origin.parse::<Uri>().is_ok_and(|uri| {
                let host = uri.host().unwrap_or_default();
                is_here(host, called) || self.hosts.iter().any(|name| name.eq_ignore_ascii_case(host))
            })
    }
}

/// Whether a page comes from this machine, whatever its port: it was called by the name of every machine, or by the address that it
/// calls. A name would not do: a site can give its own the address of this machine.
fn is_here(host: &str, called: Option<&HeaderValue>) -> bool {
    let address = |host: &str| host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
    let called = called.and_then(|host| Authority::try_from(host.as_bytes()).ok());
    host == "localhost"
        || host.ends_with(".localhost")
        || address(host).is_some_and(|ip| {
            ip.is_loopback() || called.and_then(|called| address(called.host())).is_some_and(|called| called == ip)
        })
}

/// Lets pages of these origins ask, hand their trace on, and read the answer with its headers and its performance entry.
pub fn allow(routes: Router, origins: Origins) -> Router {
    let allowed = AllowOrigin::predicate(move |origin, asked: &Parts| origins.allow(origin, asked.headers.get(HOST)));
    let cors = CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::HEAD])
        .allow_headers([ACCEPT, CONTENT_TYPE, header("traceparent"), header("tracestate"), header("baggage")])
        .expose_headers([TRACE_ID, SERVER_TIMING])
        .max_age(MAX_AGE);
    routes.layer(cors).layer(map_response(async |mut response: Response| {
        if let Some(origin) = response.headers().get(ACCESS_CONTROL_ALLOW_ORIGIN).cloned() {
            response.headers_mut().insert(TIMING_ALLOW_ORIGIN, origin);
        }
        response
    }))
}

fn header(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_this_machine_and_named_ones_may_ask() {
        let origins = Origins::new(vec!["https://shop.example".parse().unwrap()], vec!["machine".to_owned()]);
        let called = HeaderValue::from_static("10.0.0.2:8081");
        let allow = |origin: &'static str| origins.allow(&HeaderValue::from_static(origin), Some(&called));
        for origin in [
            "http://localhost:8080",
            "http://127.0.0.1:1",
            "http://[::1]:8080",
            "http://app.localhost",
            "https://shop.example",
            "http://10.0.0.2:8080",
            "http://Machine:8080",
        ] {
            assert!(allow(origin), "{origin}");
        }
        for origin in [
            "http://machine.example",
            "null",
            "http://shop.example",
            "https://shop.example:1",
            "http://localhost.example",
            "http://10.0.0.1",
            "",
        ] {
            assert!(!allow(origin), "{origin}");
        }
        let any = Origins::new(vec!["*".parse().unwrap()], vec![]);
        assert!(any.allow(&HeaderValue::from_static("https://any.example"), None));
        // A site may give its name the address of this machine.
        let name = HeaderValue::from_static("http://site.example");
        assert!(!origins.allow(&name, Some(&HeaderValue::from_static("site.example"))));
    }

    #[test]
    fn what_is_no_origin_is_refused_with_words() {
        for text in ["localhost:3000", "http://a.example/", "http://a.example/x", "ftp://a.example", "null", ""] {
            let words = text.parse::<Origin>().unwrap_err();
            assert!(words.contains(text) && words.contains("http://localhost:3000"), "{words}");
        }
    }
}
