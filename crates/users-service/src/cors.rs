//! Whose pages may ask: those of this machine, and those of origins that are named.

use std::{str::FromStr, time::Duration};

use axum::{
    Router,
    http::{
        HeaderName, HeaderValue, Method, Uri,
        header::{ACCEPT, ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE},
        request::Parts,
    },
    middleware::map_response,
    response::Response,
};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::trace::{SERVER_TIMING, TRACE_ID};

const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");
/// How long a browser need not ask again.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Origins whose pages may ask, beside those of this machine.
#[derive(Clone, Debug, Default)]
pub struct Origins(Vec<Origin>);

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

impl From<Vec<Origin>> for Origins {
    fn from(origins: Vec<Origin>) -> Self {
        Self(origins)
    }
}

impl Origins {
    fn allow(&self, origin: &HeaderValue) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        is_here(origin) || self.0.iter().any(|Origin(allowed)| allowed == "*" || allowed == origin)
    }
}

/// Whether a page comes from this machine, whatever its port.
fn is_here(origin: &str) -> bool {
    let Ok(uri) = origin.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || bare.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

/// Lets pages of these origins ask, hand their trace on, and read the answer with its headers and its performance entry.
pub fn allow(routes: Router, origins: Origins) -> Router {
    let allowed = AllowOrigin::predicate(move |origin, _: &Parts| origins.allow(origin));
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
        let origins = Origins(vec!["https://shop.example".parse().unwrap()]);
        let allow = |origin: &'static str| origins.allow(&HeaderValue::from_static(origin));
        for origin in [
            "http://localhost:8080",
            "http://127.0.0.1:1",
            "http://[::1]:8080",
            "http://app.localhost",
            "https://shop.example",
        ] {
            assert!(allow(origin), "{origin}");
        }
        for origin in
            ["null", "http://shop.example", "https://shop.example:1", "http://localhost.example", "http://10.0.0.1", ""]
        {
            assert!(!allow(origin), "{origin}");
        }
        assert!(Origins(vec!["*".parse().unwrap()]).allow(&HeaderValue::from_static("https://any.example")));
    }

    #[test]
    fn what_is_no_origin_is_refused_with_words() {
        for text in ["localhost:3000", "http://a.example/", "http://a.example/x", "ftp://a.example", "null", ""] {
            let words = text.parse::<Origin>().unwrap_err();
            assert!(words.contains(text) && words.contains("http://localhost:3000"), "{words}");
        }
    }
}
