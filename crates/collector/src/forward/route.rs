//! The way of a request through collectors, so that none hands it on for ever: a header of our own on all that is forwarded, in
//! which each collector has its id.
//!
//! Not `Via`, which some proxies drop: this one passes through as any header does that nobody knows.

use std::hash::{BuildHasher, RandomState};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

pub const HEADER: HeaderName = HeaderName::from_static("collector-forwarded-by");

/// More collectors than this in a row are no design, and the header is to stay short.
const LONGEST: usize = 32;

/// This collector among those that a request comes through.
#[derive(Debug)]
pub struct Stop(String);

impl Default for Stop {
    fn default() -> Self {
        // The keys of a fresh hasher are random, which spares a dependency.
        Self(format!("{:016x}", RandomState::new().hash_one(0)))
    }
}

impl Stop {
    /// The header with which a request leaves that came with these; or why it is not to leave.
    pub fn onward(&self, came_with: &HeaderMap) -> Result<HeaderValue, String> {
        let values = came_with.get_all(HEADER).iter().map(|value| value.to_str().unwrap_or_default());
        let stops: Vec<_> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
        if stops.contains(&self.0.as_str()) {
            return Err(
                "it has come back to where it was forwarded from: the --forward of these collectors make a circle"
                    .into(),
            );
        }
        if stops.len() >= LONGEST {
            return Err(format!("it was forwarded by {} collectors already; --forward to the last one", stops.len()));
        }
        let is_stop = |stop: &&str| stop.len() == self.0.len() && stop.bytes().all(|byte| byte.is_ascii_hexdigit());
        let onward = stops.iter().all(is_stop).then(|| [&stops[..], &[&self.0]].concat().join(", "));
        onward.and_then(|stops| stops.parse().ok()).ok_or_else(|| format!("its header {HEADER} is none of a collector"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (HEADER, value.parse().unwrap())).collect()
    }

    #[test]
    fn a_stop_is_passed_once() {
        let (first, second) = (Stop::default(), Stop::default());
        let from_first = first.onward(&headers(&[])).unwrap();
        let from_second = second.onward(&headers(&[from_first.to_str().unwrap()])).unwrap();
        assert_eq!(from_second, format!("{}, {}", first.0, second.0));
        let other = "0123456789abcdef";
        for came in [&headers(&[from_second.to_str().unwrap()]), &headers(&[other, &format!("{other} ,{}", first.0)])] {
            assert!(first.onward(came).unwrap_err().contains("circle"));
        }
    }

    #[test]
    fn the_way_is_bounded() {
        let stop = Stop::default();
        let stops = |number: usize| vec!["0123456789abcdef"; number].join(",");
        assert!(stop.onward(&headers(&[&stops(31)])).is_ok());
        assert!(stop.onward(&headers(&[&stops(32)])).unwrap_err().contains("32 collectors"));
        for nonsense in ["x", "", &"0".repeat(400_000)] {
            assert!(stop.onward(&headers(&[nonsense])).unwrap_err().contains("none of a collector"));
        }
    }
}
