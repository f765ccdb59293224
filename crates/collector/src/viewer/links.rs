//! The links of Jaeger's UI, led to the pages that show the same here: bookmarks, and what other programs link to.
//!
//! In: Jaeger's paths and parameters. Out: redirects to the viewer's own. They are temporary ones, because a browser keeps the
//! others, and a real Jaeger may have this port tomorrow.

use axum::{
    Router,
    extract::{Path, RawQuery},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use form_urlencoded::Serializer;
use serde_json::{Map, Value};

use super::frame::{self, Frame};
use crate::model::TraceId;

/// What the list filters by, under the same names as Jaeger's search.
const FILTERS: [&str; 8] = ["service", "operation", "start", "end", "lookback", "minDuration", "maxDuration", "limit"];

/// How Jaeger's form says that a field narrows nothing: by name, what stands for any of them.
const ANY: [(&str, &[&str]); 4] = [
    ("service", &["-", "__all_services__"]),
    ("operation", &["all", "__all_operations__"]),
    ("start", &["0"]),
    ("end", &["0"]),
];

pub fn router<S: Clone + Send + Sync + 'static>(frame: Frame) -> Router<S> {
    let search = move |RawQuery(query): RawQuery| async move { redirect(&search(&frame, &query.unwrap_or_default())) };
    let map = move || async move { redirect(&format!("{}/map", frame.base)) };
    let trace = move |Path(id): Path<String>, RawQuery(query): RawQuery| async move { trace(&frame, &id, query) };
    Router::new()
        .route("/search", get(search))
        .route("/search/", get(search))
        .route("/dependencies", get(map))
        .route("/dependencies/", get(map))
        .route("/trace/{id}/", get(trace))
}

/// `A...B`, where the id of a trace stands, is Jaeger's comparison of two.
pub fn comparison(frame: &Frame, id: &str) -> Option<Response> {
    let (a, b) = id.split_once("...")?;
    Some(redirect(&compare(frame, a, b)))
}

/// With a slash at the end.
fn trace(frame: &Frame, id: &str, query: Option<String>) -> Response {
    if let Some(comparison) = comparison(frame, id) {
        return comparison;
    }
    let Some(id) = TraceId::parse(id) else {
        return frame::not_an_id(frame, id);
    };
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    redirect(&format!("{}/trace/{id}{query}", frame.base))
}

fn redirect(to: &str) -> Response {
    Redirect::temporary(to).into_response()
}

fn compare(frame: &Frame, a: &str, b: &str) -> String {
    let sides = [("a", a), ("b", b)].into_iter().filter(|(_, id)| !id.is_empty());
    with_query(&format!("{}/compare", frame.base), sides)
}

/// One or two traces, if they are named; otherwise the list with the same filters.
fn search(frame: &Frame, query: &str) -> String {
    let parameters: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let all = |wanted: &'static str| {
        let named = parameters.iter().filter(move |(name, text)| name == wanted && !text.is_empty());
        named.map(|(_, text)| text.as_str())
    };
    let mut ids: Vec<&str> =
        all("traceID").chain(all("span").filter_map(|span| Some(span.split_once('@')?.1))).collect();
    ids.dedup();
    match *ids.as_slice() {
        [one] if TraceId::parse(one).is_some() => {
            // Spans of a trace stand before its id.
            let spans = all("span").filter_map(|span| Some(("uiFind", span.split_once('@')?.0)));
            return with_query(
                &format!("{}/trace/{one}", frame.base),
                spans.filter(|(_, ids)| !ids.is_empty()).take(1),
            );
        }
        [a, b] => return compare(frame, a, b),
        _ => {}
    }
    let narrows = |name: &str, text: &str| !ANY.iter().any(|(field, any)| *field == name && any.contains(&text));
    let filters = FILTERS.into_iter().filter_map(|name| Some((name, all(name).next()?)));
    let filters = filters.filter(|(name, text)| narrows(name, text));
    let tags = tags(all("tag"), all("tags").next());
    let tags = tags.iter().map(|tags| ("tags", tags.as_str()));
    with_query(frame.home(), filters.chain(tags))
}

/// Tags as the list's URL has them, out of `key:value`, as older links have them, and of a JSON object.
fn tags<'a>(pairs: impl Iterator<Item = &'a str>, object: Option<&str>) -> Option<String> {
    let pairs = pairs.map(|pair| pair.split_once(':').unwrap_or((pair, "")));
    let mut tags: Map<String, Value> = pairs.map(|(key, text)| (key.to_owned(), text.into())).collect();
    match object.map(serde_json::from_str) {
        // What is no object is shown to whoever followed the link, who is told so there.
        Some(Err(_)) => return object.map(str::to_owned),
        Some(Ok(object)) => tags.extend::<Map<_, _>>(object),
        None => {}
    }
    (!tags.is_empty()).then(|| Value::from(tags).to_string())
}

fn with_query<'a>(path: &str, parameters: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let query = Serializer::new(String::new()).extend_pairs(parameters).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_carried_over() {
        let frame = Frame { base: "" };
        for (query, expected) in [
            ("", "/"),
            ("service=-&limit=&unheard=of", "/"),
            ("operation=__all_operations__&service=__all_services__&start=0&end=0", "/"),
            (
                "end=1700000003600000&limit=20&lookback=1h&maxDuration&minDuration&operation=all&service=a%20b%26c&start=1700000000000000",
                "/?service=a+b%26c&start=1700000000000000&end=1700000003600000&lookback=1h&limit=20",
            ),
            (
                "service=web&operation=GET+%2F&minDuration=100ms&maxDuration=1.2s&lookback=2d",
                "/?service=web&operation=GET+%2F&lookback=2d&minDuration=100ms&maxDuration=1.2s",
            ),
            ("tags=%7B%22error%22%3A%22true%22%7D", "/?tags=%7B%22error%22%3A%22true%22%7D"),
            (
                "tag=error:true&tag=url:http://x&tag=alone",
                "/?tags=%7B%22error%22%3A%22true%22%2C%22url%22%3A%22http%3A%2F%2Fx%22%2C%22alone%22%3A%22%22%7D",
            ),
            ("tag=a:1&tags=%7B%22b%22%3A%222%22%7D", "/?tags=%7B%22a%22%3A%221%22%2C%22b%22%3A%222%22%7D"),
            ("tags=%7B", "/?tags=%7B"),
            ("service=a&service=b", "/?service=a"),
        ] {
            let same = |url: &str| -> Vec<(String, Value)> {
                let query = url.strip_prefix("/?").unwrap_or_default().as_bytes();
                form_urlencoded::parse(query)
                    // Objects have no order.
                    .map(|(name, text)| (name.into(), serde_json::from_str(&text).unwrap_or_else(|_| text.into())))
                    .collect()
            };
            let led = search(&frame, query);
            assert_eq!(same(&led), same(expected), "{query}: {led}");
        }
        assert_eq!(search(&Frame { base: "/viewer" }, ""), "/viewer");
        assert_eq!(search(&Frame { base: "/viewer" }, "service=a"), "/viewer?service=a");
    }

    #[test]
    fn traces_that_are_named_are_shown() {
        let frame = Frame { base: "/viewer" };
        for (query, expected) in [
            ("traceID=AB&service=web", "/viewer/trace/AB"),
            ("traceID=ab&traceID=cd", "/viewer/compare?a=ab&b=cd"),
            ("span=11%2022@ab", "/viewer/trace/ab?uiFind=11+22"),
            ("traceID=ab&traceID=cd&traceID=ef&service=web", "/viewer?service=web"),
            ("traceID=//evil.example", "/viewer"),
            ("traceID=", "/viewer"),
        ] {
            assert_eq!(search(&frame, query), expected, "{query}");
        }
    }
}
