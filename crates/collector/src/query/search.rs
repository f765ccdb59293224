//! The search parameters of `/api/traces`, as far as they are supported: service, operation, start, end (µs) and limit.
//! A parameter that would narrow the answer and is not supported is refused, because ignoring it would give wrong answers.

use crate::{
    model::{Span, TraceId},
    store::Store,
};

#[derive(Debug, PartialEq)]
pub struct Search {
    service: String,
    operation: Option<String>,
    /// Microseconds since 1970.
    start: Option<u64>,
    end: Option<u64>,
    limit: usize,
}

const LIMIT: usize = 100;

impl Search {
    pub fn parse(parameters: &[(String, String)]) -> Result<Self, String> {
        let mut search = Self { service: String::new(), operation: None, start: None, end: None, limit: LIMIT };
        for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
            match name.as_str() {
                "service" => search.service.clone_from(value),
                "operation" => search.operation = Some(value.clone()),
                "start" => search.start = Some(number(name, value)?),
                "end" => search.end = Some(number(name, value)?),
                "limit" => search.limit = number(name, value)?,
                "tag" | "tags" | "minDuration" | "maxDuration" => {
                    return Err(format!(
                        "parameter '{name}' is not supported; there are service, operation, start, end, limit"
                    ));
                }
                // "lookback" and others that only Jaeger's UI itself reads.
                _ => {}
            }
        }
        if search.service.is_empty() {
            return Err("parameter 'service' is required".into());
        }
        Ok(search)
    }

    /// The traces with a span that fits, newest first.
    pub fn run(&self, store: &Store) -> Vec<TraceId> {
        let found = store.newest(self.limit, |summary, spans| {
            summary.services.contains_key(self.service.as_str()) && spans.iter().any(|span| self.fits(span))
        });
        found.iter().map(|summary| summary.trace_id).collect()
    }

    fn fits(&self, span: &Span) -> bool {
        let start = span.start / 1_000;
        span.service() == self.service
            && self.operation.as_ref().is_none_or(|operation| *operation == span.name)
            && self.start.is_none_or(|from| start >= from)
            && self.end.is_none_or(|to| start <= to)
    }
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("parameter '{name}' must be a whole number from 0, not {value:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<Search, String> {
        Search::parse(&form_urlencoded::parse(query.as_bytes()).into_owned().collect::<Vec<_>>())
    }

    #[test]
    fn parameters() {
        let search = parse("service=a+b&operation=%3Call%3E&start=1&end=2&limit=3&lookback=1h&tags=").unwrap();
        let operation = Some("<all>".to_owned());
        assert_eq!(search, Search { service: "a b".into(), operation, start: Some(1), end: Some(2), limit: 3 });
        assert_eq!(parse("service=a").unwrap().limit, LIMIT);
        for (query, word) in [("", "'service'"), ("service=a&limit=x", "'limit'"), ("service=a&start=-1", "'start'")] {
            assert!(parse(query).unwrap_err().contains(word), "{query}");
        }
        assert!(parse("service=a&tags={}").unwrap_err().contains("not supported"));
    }
}
