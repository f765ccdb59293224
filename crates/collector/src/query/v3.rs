//! Version 3 of the query API: the same searches, answered in OTLP JSON.
//!
//! Parameters are taken in the spelling of the messages (`query.service_name`) and in camel case (`query.serviceName`), and the
//! names that changed between releases in both forms.

use std::{ops::RangeInclusive, time::UNIX_EPOCH};

use axum::{
    Router,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use serde_json::{Value, json};

use super::{
    Api, BAD_ID, NO_ROOM, NOT_FOUND, answer, cannot_read, of_kind, operations_asked, otlp,
    out::{Elements, Out, Stop},
    parameters::{Parameters, distinct_tags, json_tags},
    unreadable,
};
use crate::{
    model::{TraceId, members::camel_case},
    store::{Filter, Store},
};

pub fn router() -> Router<Api> {
    Router::new()
        .route("/api/v3/services", get(services))
        .route("/api/v3/operations", get(operations))
        .route("/api/v3/traces", get(traces))
        .route("/api/v3/traces/{id}", get(trace))
}

async fn services(State(Api { store, answers, .. }): State<Api>) -> Response {
    let work =
        move |out: &mut Out<'_>| listed(out, "services", store.services().iter().map(|name| name.as_ref().into()));
    answers.write(work, error).await
}

async fn operations(State(Api { store, answers, .. }): State<Api>, RawQuery(query): RawQuery) -> Response {
    match operations_asked(&Parameters::parse(query).renamed(|name| camel_case(&name))) {
        Ok((service, kind)) => {
            let work = move |out: &mut Out<'_>| listed(out, "operations", of_kind(&store, &service, kind).into_iter());
            answers.write(work, error).await
        }
        Err(message) => error(StatusCode::BAD_REQUEST, &message),
    }
}

async fn trace(State(Api { store, answers, .. }): State<Api>, Path(id): Path<String>) -> Response {
    match TraceId::parse(&id) {
        Some(id) => answers.write(move |out| found(out, &store, &[id]), error).await,
        None => error(StatusCode::BAD_REQUEST, BAD_ID),
    }
}

async fn traces(State(Api { store, answers, .. }): State<Api>, RawQuery(query): RawQuery) -> Response {
    match search(query) {
        Ok((filter, limit)) => answers.write(move |out| found(out, &store, &store.search(&filter, limit)), error).await,
        Err(message) => error(StatusCode::BAD_REQUEST, &message),
    }
}

fn listed(out: &mut Out<'_>, what: &str, names: impl Iterator<Item = Value>) -> Result<(), Stop> {
    out.push(&format!(r#"{{"{what}":["#))?;
    let mut written = Elements::default();
    for name in names {
        if !written.push(out, &name)? {
            return cut(out, "]", StatusCode::BAD_REQUEST, NO_ROOM);
        }
    }
    out.push("]}")
}

/// Nothing is left out silently: a trace of which half is missing cannot be told from a whole one here.
fn found(out: &mut Out<'_>, store: &Store, ids: &[TraceId]) -> Result<(), Stop> {
    // Nothing is shorter in JSON.
    if store.encoded_length(ids) > out.room() {
        return Err(Stop::Instead(StatusCode::BAD_REQUEST, NO_ROOM.into()));
    }
    out.push(r#"{"result":{"resourceSpans":["#)?;
    let mut written = Elements::default();
    for id in ids {
        let Some(mut spans) = store.spans(*id).map_err(|why| unreadable(&why))? else { continue };
        for piece in spans.by_ref() {
            if !otlp::resource_spans(out, &mut written, &piece)? {
                return cut(out, "]}", StatusCode::BAD_REQUEST, NO_ROOM);
            }
        }
        if let Some(why) = spans.failed() {
            return cut(out, "]}", StatusCode::INTERNAL_SERVER_ERROR, &cannot_read(why));
        }
    }
    if written.is_empty() {
        return Err(Stop::Instead(StatusCode::NOT_FOUND, NOT_FOUND.into()));
    }
    out.push("]}}")
}

/// Ends an answer before it is whole, with the error beside what is there, as Jaeger's gateway has it.
pub fn cut(out: &mut Out<'_>, end: &str, status: StatusCode, words: &str) -> Result<(), Stop> {
    out.push(&format!(r#"{end},"error":{}}}"#, details(status, words)))
}

/// What is searched for, and how many traces are wanted.
pub fn search(query: Option<String>) -> Result<(Filter, usize), String> {
    let parameters = Parameters::parse(query).renamed(|name| match name.strip_prefix("query.attributes[") {
        // A tag's key stays as it is.
        Some(_) => name,
        None => camel_case(&name),
    });
    if parameters.get("query.filter").is_some() {
        return Err("parameter 'query.filter' is not supported; ask with query.attributes, which must all fit".into());
    }
    let limit = match parameters.get("query.searchDepth") {
        Some(_) => parameters.limit("query.searchDepth")?,
        None => parameters.limit("query.numTraces")?,
    };
    let mut tags = Vec::new();
    for object in parameters.all("query.attributes").filter(|object| !object.is_empty()) {
        tags.extend(json_tags("query.attributes", object)?);
    }
    for (name, value) in parameters.iter() {
        let key = name.strip_prefix("query.attributes[").and_then(|name| name.strip_suffix(']'));
        tags.extend(key.map(|key| (key.to_owned(), value.to_owned())));
    }
    let filter = Filter {
        traces: None,
        service: parameters.get("query.serviceName").map(str::to_owned),
        operation: parameters.get("query.operationName").map(str::to_owned),
        tags: distinct_tags(tags)?,
        start: times(&parameters)?,
        duration: parameters.durations("query.durationMin", "query.durationMax")?,
    };
    Ok((filter, limit))
}

/// Both are required, as Jaeger has it.
fn times(parameters: &Parameters) -> Result<RangeInclusive<u64>, String> {
    let time = |name: &str, other: &str| {
        let value = parameters.get(name).ok_or_else(|| format!("parameter '{name}' is required, as {other}"))?;
        rfc3339(value).ok_or_else(|| {
            format!("parameter '{name}' must be a time such as 2026-01-31T12:00:00Z, as RFC 3339 has it, not {value:?}")
        })
    };
    let from = time("query.startTimeMin", "query.start_time_min")?;
    let to = time("query.startTimeMax", "query.start_time_max")?;
    if from > to {
        return Err("'query.startTimeMin' must not be after 'query.startTimeMax'".into());
    }
    Ok(from..=to)
}

/// Nanoseconds since 1970. What is before or after all that they can tell (Go's zero time is in the year 1) is the first or the
/// last of them. A plus that came as a blank is understood.
fn rfc3339(text: &str) -> Option<u64> {
    let mut text = text.replace(' ', "+");
    let year: u16 = text.get(..4)?.parse().ok()?;
    if year < 1970 {
        // A leap year, since it only has to be a time.
        text.replace_range(..4, "1972");
    }
    let offset = text.len().checked_sub(6).filter(|at| text.is_char_boundary(*at)).map(|at| text.split_at(at));
    let (time, seconds) = match offset {
        Some((time, offset)) if offset.starts_with(['+', '-']) => {
            let (hours, minutes) = offset[1..].split_once(':')?;
            let whole = |text: &str, most: i64| text.parse::<u8>().ok().map(i64::from).filter(|number| *number <= most);
            let seconds = whole(hours, 23)? * 3_600 + whole(minutes, 59)? * 60;
            (format!("{time}Z"), if offset.starts_with('-') { -seconds } else { seconds })
        }
        _ => (text, 0),
    };
    let time = humantime::parse_rfc3339(&time).ok()?.duration_since(UNIX_EPOCH).ok()?;
    let nanos = i128::try_from(time.as_nanos()).ok()? - i128::from(seconds) * 1_000_000_000;
    Some(if year < 1970 { 0 } else { u64::try_from(nanos.max(0)).unwrap_or(u64::MAX) })
}

/// In the shape that Jaeger's gateway has.
pub fn error(status: StatusCode, message: &str) -> Response {
    answer::json(status, json!({ "error": details(status, message) }).to_string())
}

fn details(status: StatusCode, message: &str) -> Value {
    let grpc = match status {
        StatusCode::BAD_REQUEST => 3,
        StatusCode::NOT_FOUND => 5,
        StatusCode::SERVICE_UNAVAILABLE => 14,
        _ => 13,
    };
    let words = status.canonical_reason().unwrap_or_default();
    json!({ "grpcCode": grpc, "httpCode": status.as_u16(), "message": message, "httpStatus": words })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_rfc_3339() {
        let second = 1_000_000_000;
        for (text, expected) in [
            ("1970-01-01T00:00:01Z", Some(second)),
            ("1970-01-01T00:00:01.5Z", Some(second + second / 2)),
            ("1970-01-01T02:00:01+02:00", Some(second)),
            ("1970-01-01T02:00:01 02:00", Some(second)),
            ("1969-12-31T23:00:01-01:00", Some(0)),
            ("1970-01-01T00:30:00+01:00", Some(0)),
            ("0001-01-01T00:00:00Z", Some(0)),
            ("0001-02-30T00:00:00Z", None),
            ("0000-00-00T00:00:00Z", None),
            ("1970-01-01T00:00:01-01:30", Some(5_401 * second)),
            ("1970-01-01T00:00:01", None),
            ("1970-01-01T00:00:01+25:00", None),
            ("9999-01-01T00:00:00Z", Some(u64::MAX)),
            ("1700000000", None),
            ("é", None),
            ("ééé:éé", None),
        ] {
            assert_eq!(rfc3339(text), expected, "{text}");
        }
    }
}
