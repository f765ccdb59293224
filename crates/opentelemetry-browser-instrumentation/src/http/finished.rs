//! The requests that had spans lately, for what the browser tells of them afterwards.

use std::cell::RefCell;

use opentelemetry::trace::SpanContext;

/// How many are remembered.
const MOST: usize = 64;

struct Finished {
    url: String,
    /// Of the call, in milliseconds since the time origin.
    start: f64,
    span: SpanContext,
}

thread_local! {
    static LATELY: RefCell<Vec<Finished>> = const { RefCell::new(Vec::new()) };
}

/// A request has begun.
pub(crate) fn remember(url: &str, start: f64, span: &SpanContext) {
    LATELY.with_borrow_mut(|lately| {
        lately.truncate(MOST - 1);
        lately.insert(0, Finished { url: url.to_owned(), start, span: span.clone() });
    });
}

/// The span of the request to this URL that the browser has begun at this time, which it does soon after the call.
pub(crate) fn span_of(url: &str, start: f64) -> Option<SpanContext> {
    LATELY.with_borrow_mut(|lately| {
        let place = lately.iter().position(|one| one.start <= start && one.url == url)?;
        Some(lately.remove(place).span)
    })
}
