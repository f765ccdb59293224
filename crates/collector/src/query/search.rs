//! The search of `/api/traces`: service, operation, tags, tag, start, end (µs), lookback, minDuration, maxDuration, limit.
//!
//! Like Jaeger's, but for two defaults: without `start` everything that is kept is searched, not the last two days, for what is
//! kept is bounded anyway; and `lookback`, which Jaeger leaves to its UI, stands for a missing `start`.

use std::{
    ops::RangeInclusive,
    time::{SystemTime, UNIX_EPOCH},
};

use super::{
    duration,
    parameters::{Parameters, distinct_tags, json_tags},
};
use crate::{
    model::{TraceId, tags},
    store::Filter,
};

#[derive(Debug, PartialEq)]
pub enum Search {
    Ids(Vec<TraceId>),
    Traces(Filter, usize),
}

impl Search {
    pub fn parse(parameters: &Parameters) -> Result<Self, String> {
        let filter = filter(parameters)?;
        let limit = parameters.limit("limit")?;
        let ids = trace_ids(parameters)?;
        if !ids.is_empty() {
            return Ok(Self::Ids(ids));
        }
        if filter.service.is_none() {
            return Err("parameter 'service' is required".into());
        }
        Ok(Self::Traces(filter, limit))
    }
}

/// What one of the viewer's lists is of: a search without anything that is required, of some traces only if they are named. The
/// service's name is a tag there like any other that is shown.
pub fn listed(parameters: &Parameters) -> Result<Filter, String> {
    let ids = trace_ids(parameters)?;
    let mut filter = filter(parameters)?;
    filter.traces = (!ids.is_empty()).then(|| ids.into_iter().collect());
    for (key, _) in filter.tags.iter_mut().filter(|(key, _)| key == tags::SERVICE) {
        tags::ANY_SERVICE.clone_into(key);
    }
    Ok(filter)
}

fn trace_ids(parameters: &Parameters) -> Result<Vec<TraceId>, String> {
    let parse = |id| TraceId::parse(id).ok_or_else(|| super::BAD_ID.to_owned());
    parameters.all("traceID").map(parse).collect()
}

/// What is searched for, the service only if it is there.
pub fn filter(parameters: &Parameters) -> Result<Filter, String> {
    Ok(Filter {
        traces: None,
        service: parameters.get("service").map(str::to_owned),
        operation: parameters.get("operation").map(str::to_owned),
        start: times(parameters)?,
        tags: distinct_tags(tags(parameters)?)?,
        duration: parameters.durations("minDuration", "maxDuration")?,
    })
}

/// The time of `/api/dependencies`: `endTs` and `lookback` are milliseconds there.
pub fn dependency_times(parameters: &Parameters) -> Result<RangeInclusive<u64>, String> {
    let millis = |name: &str| {
        let parse = |value: &str| value.parse().ok().and_then(|millis: u64| millis.checked_mul(1_000_000));
        let wrong = |value| format!("parameter '{name}' must be a whole number of milliseconds, not {value:?}");
        parameters.get(name).map(|value| parse(value).ok_or_else(|| wrong(value))).transpose()
    };
    let end = millis("endTs")?;
    let from = millis("lookback")?.map_or(0, |lookback| end.unwrap_or_else(now).saturating_sub(lookback));
    Ok(from..=end.unwrap_or(u64::MAX))
}

/// From start to end in nanoseconds.
pub fn times(parameters: &Parameters) -> Result<RangeInclusive<u64>, String> {
    let from = time(parameters, "start")?;
    let to = time(parameters, "end")?;
    let lookback = match parameters.get("lookback").filter(|lookback| *lookback != "custom") {
        None => None,
        Some(value) => Some(duration::parse_lookback(value).ok_or_else(|| {
            format!("parameter 'lookback' must be a duration such as 1h or 2d, or custom, not {value:?}")
        })?),
    };
    let from = match (from, lookback) {
        (Some(from), _) => from,
        (None, Some(lookback)) => to.unwrap_or_else(now).saturating_sub(lookback),
        (None, None) => 0,
    };
    let to = to.unwrap_or(u64::MAX);
    if from > to {
        return Err("'start' must not be after 'end'; both are microseconds since 1970".into());
    }
    Ok(from..=to)
}

fn time(parameters: &Parameters, name: &str) -> Result<Option<u64>, String> {
    let parse = |value: &str| {
        value.parse().ok().and_then(|micros: u64| micros.checked_mul(1_000)).ok_or_else(|| {
            format!("parameter '{name}' must be microseconds since 1970 (16 digits for a time of today), not {value:?}")
        })
    };
    parameters.get(name).map(parse).transpose()
}

/// Nanoseconds since 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Keys and texts that are wanted.
pub fn tags(parameters: &Parameters) -> Result<Vec<(String, String)>, String> {
    let mut tags = Vec::new();
    for tag in parameters.all("tag").filter(|tag| !tag.is_empty()) {
        let (key, text) = tag
            .split_once(':')
            .ok_or_else(|| format!("malformed 'tag' parameter, expecting key:value, received: {tag}"))?;
        tags.push((key.to_owned(), text.to_owned()));
    }
    for name in ["tags", "attributes"] {
        for object in parameters.all(name).filter(|object| !object.is_empty()) {
            tags.extend(json_tags(name, object)?);
        }
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<Search, String> {
        Search::parse(&Parameters::parse(Some(query.to_owned())))
    }

    #[test]
    fn parameters() {
        let tag = |key: &str, text: &str| (key.to_owned(), text.to_owned());
        let expected = Filter {
            traces: None,
            service: Some("a b".into()),
            operation: Some("<all>".into()),
            tags: vec![tag("k", "v:w"), tag("n", "5")],
            start: 1_000..=2_000,
            duration: 100_000_000..=1_200_000_000,
        };
        let query = "service=a+b&service=c&operation=%3Call%3E&start=1&end=2&limit=3&lookback=1h&tag=k:v:w&tag=n:4\
            &tags=%7B%22n%22%3A%225%22%7D&minDuration=100ms&maxDuration=1.2s&_=7";
        assert_eq!(parse(query), Ok(Search::Traces(expected, 3)));
        let everything = Filter { service: Some("a".into()), ..Filter::default() };
        let query = "service=a&tags=&operation=&lookback=custom&maxDuration=0s&tag=&end=";
        assert_eq!(parse(query), Ok(Search::Traces(everything, 100)));
        let lookback = Filter { service: Some("a".into()), start: 1_000..=3_600_000_001_000, ..Filter::default() };
        assert_eq!(parse("service=a&lookback=1h&end=3600000001"), Ok(Search::Traces(lookback, 100)));
        assert!(matches!(parse("traceID=a&traceID=B"), Ok(Search::Ids(ids)) if ids.len() == 2));
    }

    #[test]
    fn what_is_no_good_is_named_with_what_is() {
        for (query, words) in [
            ("", "parameter 'service' is required"),
            ("service=a&limit=x", "'limit' must be a whole number from 1"),
            ("service=a&limit=-1", "from 1"),
            ("service=a&limit=0", "from 1"),
            ("service=a&limit=2147483648", "to 2147483647"),
            ("service=a&start=-1", "'start' must be microseconds"),
            ("service=a&end=1700000000000000000000", "'end' must be microseconds"),
            ("service=a&start=1700000000000000000", "16 digits"),
            ("service=a&start=2&end=1", "'start' must not be after 'end'"),
            ("service=a&lookback=soon", "1h or 2d"),
            ("service=a&minDuration=5", "such as 100ms"),
            ("service=a&maxDuration=-5ms", "such as 100ms"),
            ("service=a&minDuration=2s&maxDuration=1s", "'maxDuration' should be greater than 'minDuration'"),
            ("service=a&tag=k", "expecting key:value, received: k"),
            ("service=a&tags=%7B", "JSON object"),
            ("service=a&tags=[]", "JSON object"),
            ("service=a&tags=%7B%22n%22:5%7D", "the value of \"n\" must be a string, as \"5\""),
            ("traceID=xyz", "hex digits"),
            ("traceID=", "hex digits"),
        ] {
            let message = parse(query).unwrap_err();
            assert!(message.contains(words), "{query}: {message}");
        }
        let many: String = (0..65).map(|number| format!("&tag=k{number}:v")).collect();
        assert!(parse(&format!("service=a{many}")).unwrap_err().contains("at most 64"));
    }
}
