//! Log records: `/api/logs`, in OTLP JSON, newest first.
//!
//! Parameters, all of them optional: `service`; `severity`, the least severe one, as a number or a name; `text`, in the body, the
//! event's name or a value; `traceId` and `spanId`; `event`; `tag` (`key:value`), `attribute` (`key=value`) and `tags` or `attributes`
//! (JSON objects); `start`, `end` (µs) and `lookback`; `limit`. With `since` the answer has a `version` too, from which the next
//! question or `/api/logs/live` goes on, and tells by `complete` whether it has all that fit or only those that have come since.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use serde_json::{Value, json};

use super::{
    Api, BAD_ID, NO_ROOM, error, otlp,
    out::{self, Elements, Out, Stop},
    parameters::{Parameters, distinct_tags},
    search, unreadable,
};
use crate::{
    model::{SpanId, TraceId, decode_hex},
    store::{
        Failed, Version,
        logs::{Found, LogFilter, Logs},
    },
};

/// The severities of OpenTelemetry, each with three more of its kind: `DEBUG`, `DEBUG2`, ...
const SEVERITIES: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

pub async fn logs(State(Api { logs, answers, .. }): State<Api>, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::parse(query);
    let asked = filter(&parameters).and_then(|filter| Ok((filter, parameters.since()?, parameters.limit("limit")?)));
    match asked {
        Ok((filter, since, limit)) => {
            let work = move |out: &mut Out<'_>| write(out, &logs, &filter, since, limit);
            answers.write(work, error).await
        }
        Err(message) => error(StatusCode::BAD_REQUEST, &message),
    }
}

/// What is searched for.
pub fn filter(parameters: &Parameters) -> Result<LogFilter, String> {
    let trace = parameters.get("traceId").or_else(|| parameters.get("traceID"));
    let trace = trace.map(|id| TraceId::parse(id).ok_or_else(|| BAD_ID.to_owned())).transpose()?;
    let span = |id: &str| {
        let id = decode_hex(id).and_then(|bytes| SpanId::from_bytes(&bytes));
        id.ok_or_else(|| "a span id has 16 hex digits and is not all zero".to_owned())
    };
    let mut tags = search::tags(parameters)?;
    for attribute in parameters.all("attribute").filter(|attribute| !attribute.is_empty()) {
        let (key, text) = attribute
            .split_once('=')
            .ok_or_else(|| format!("parameter 'attribute' must be key=value, not {attribute:?}"))?;
        tags.push((key.to_owned(), text.to_owned()));
    }
    Ok(LogFilter {
        service: parameters.get("service").map(str::to_owned),
        severity: parameters.get("severity").map(severity).transpose()?,
        text: parameters.get("text").map(str::to_lowercase),
        trace,
        span: parameters.get("spanId").map(span).transpose()?,
        event: parameters.get("event").or_else(|| parameters.get("eventName")).map(str::to_owned),
        tags: distinct_tags(tags)?,
        time: search::times(parameters)?,
    })
}

fn severity(text: &str) -> Result<i32, String> {
    let name = text.to_ascii_uppercase();
    let name = if name == "WARNING" { "WARN" } else { &name };
    let named = (1..).step_by(4).zip(SEVERITIES).find_map(|(first, known)| match name.strip_prefix(known)? {
        "" => Some(first),
        further => further.parse().ok().filter(|number| (2..=4).contains(number)).map(|number: i32| first + number - 1),
    });
    let number = named.or_else(|| text.parse().ok().filter(|number| (1..=24).contains(number)));
    number.ok_or_else(|| {
        format!(
            "parameter 'severity' must be trace, debug, info, warn, error or fatal, or a number from 1 to 24, not {text:?}"
        )
    })
}

fn write(out: &mut Out<'_>, logs: &Logs, filter: &LogFilter, since: Option<Version>, limit: usize) -> Result<(), Stop> {
    let listed = listed(logs, filter, since, limit, &|| out.is_wanted()).map_err(|why| unreadable(&why))?;
    let mut end = json!({});
    if let Some(version) = listed.version {
        end = json!({ "version": version.to_string(), "complete": listed.complete });
    }
    if !elements(out, logs, listed.found)? {
        end["error"] = NO_ROOM.into();
    }
    let end = end.to_string();
    let end = end.trim_start_matches('{');
    out.push(if end == "}" { "]" } else { "]," })?;
    out.push(end)
}

struct Listed {
    found: Vec<Found>,
    /// Up to where this holds, if it is asked what has come since.
    version: Option<Version>,
    /// Whether these are all that fit, not only those that have come.
    complete: bool,
}

fn listed(
    logs: &Logs,
    filter: &LogFilter,
    since: Option<Version>,
    limit: usize,
    wanted: &dyn Fn() -> bool,
) -> Result<Listed, Failed> {
    if let Some(since) = since
        && let (version, Some(found)) = logs.since(since, filter, limit)?
    {
        return Ok(Listed { found, version: Some(version), complete: false });
    }
    // Before the search: what comes meanwhile is then told twice rather than never.
    let version = since.map(|_| logs.version());
    Ok(Listed { found: logs.search(filter, limit, wanted)?, version, complete: true })
}

/// These records as a whole document, if it takes no more than that.
pub fn text(logs: &Logs, found: Vec<Found>, room: usize) -> Option<String> {
    out::text(room, |out| {
        let is_whole = elements(out, logs, found)?;
        out.push("]}").map(|()| is_whole)
    })
}

/// Writes the list and leaves it open. False if some records found no room.
fn elements(out: &mut Out<'_>, logs: &Logs, found: Vec<Found>) -> Result<bool, Stop> {
    out.push(r#"{"resourceLogs":["#)?;
    let mut written = Elements::default();
    for run in logs.records(found) {
        let run = run.map_err(|why| unreadable(&why))?;
        let element = otlp::resource_logs(run.records()).unwrap_or(Value::Null);
        if !written.push(out, &element)? {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::{collector::logs::v1::ExportLogsServiceRequest, logs::v1::ResourceLogs};
    use proptest::{collection::vec, prelude::*};
    use prost::Message;
    use tokio::runtime;

    use super::*;
    use crate::{
        ingest::{Signal, json, weight::Weight},
        store::{Limits, tests::logs::request},
    };

    /// Each record with what it came with, bit by bit, the last one first.
    fn each(resource_logs: &[ResourceLogs]) -> Vec<Vec<u8>> {
        let mut records = Vec::new();
        for resource in resource_logs {
            for scope in &resource.scope_logs {
                for record in &scope.log_records {
                    let mut one = resource.clone();
                    one.scope_logs = vec![scope.clone()];
                    one.scope_logs[0].log_records = vec![record.clone()];
                    records.push(one.encode_to_vec());
                }
            }
        }
        records.reverse();
        records
    }

    proptest! {
        #[test]
        fn what_is_asked_is_what_was_sent_field_by_field(mut requests in vec(request(), 1..4)) {
            // All at one time: then those that came last are first.
            for record in requests.iter_mut().flat_map(|request| &mut request.resource_logs).flat_map(|resource| &mut resource.scope_logs)
                .flat_map(|scope| &mut scope.log_records)
            {
                record.time_unix_nano = 5;
            }
            let logs = Logs::in_memory(Limits::default()).unwrap();
            let runtime = runtime::Builder::new_current_thread().build().unwrap();
            for request in &requests {
                runtime.block_on(logs.submit(request.clone()).done()).unwrap();
            }
            let written = out::tests::written(usize::MAX / 2, |out| {
                write(out, &logs, &LogFilter::default(), None, 10_000)
            });
            let written = written.unwrap();
            let (read, heard) =
                json::read::<ExportLogsServiceRequest>(written.as_bytes(), Signal::Logs, &Weight::new(1 << 30)).unwrap();
            prop_assert_eq!(heard.rejected.message(Signal::Logs), None);
            let mut read = each(&read.resource_logs);
            read.reverse();
            let sent: Vec<_> = requests.iter().rev().flat_map(|request| each(&request.resource_logs)).collect();
            prop_assert_eq!(read, sent);
        }
    }

    fn parse(query: &str) -> Result<LogFilter, String> {
        filter(&Parameters::parse(Some(query.to_owned())))
    }

    #[test]
    fn parameters() {
        let tag = |key: &str, text: &str| (key.to_owned(), text.to_owned());
        let expected = LogFilter {
            service: Some("a b".into()),
            severity: Some(18),
            text: Some("not found".into()),
            trace: TraceId::parse("ab"),
            span: SpanId::from_bytes(&[0x11; 8]),
            event: Some("exception".into()),
            tags: vec![tag("a", "1"), tag("b", "2=3"), tag("c", "4")],
            time: 1_000..=2_000,
        };
        let query = "service=a+b&severity=error2&text=Not+Found&traceId=AB&spanId=1111111111111111&event=exception\
            &tag=a:1&attribute=b=2=3&attributes=%7B%22c%22%3A%224%22%7D&start=1&end=2&limit=3";
        assert_eq!(parse(query), Ok(expected));
        assert_eq!(parse("service=&text=&severity="), Ok(LogFilter::default()));
        assert_eq!(parse("traceID=ab").unwrap().trace, TraceId::parse("ab"));
        for (text, number) in [("1", 1), ("24", 24), ("trace", 1), ("Warning", 13), ("FATAL4", 24), ("debug", 5)] {
            assert_eq!(severity(text), Ok(number), "{text}");
        }
    }

    #[test]
    fn what_is_no_good_is_named_with_what_is() {
        for (query, words) in [
            ("severity=loud", "trace, debug, info"),
            ("severity=0", "from 1 to 24"),
            ("severity=25", "from 1 to 24"),
            ("severity=error5", "from 1 to 24"),
            ("traceId=x", "32 hex digits"),
            ("spanId=11", "16 hex digits"),
            ("attribute=k", "key=value"),
            ("tag=k", "key:value"),
            ("attributes=[]", "JSON object"),
            ("start=soon", "microseconds"),
        ] {
            let message = parse(query).unwrap_err();
            assert!(message.contains(words), "{query}: {message}");
        }
    }
}
