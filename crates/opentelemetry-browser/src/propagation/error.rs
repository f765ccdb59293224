//! What can be wrong with headers that carry a context.

use std::fmt;
use std::sync::Arc;

use opentelemetry::Context;

/// How much of a value an error shows.
const SHOWN: usize = 80;

/// The beginning of a value, in quotes.
pub(super) fn shown(value: &str) -> String {
    match value.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("\"{}\"...", value.get(..end).unwrap_or_default()),
        None => format!("\"{value}\""),
    }
}

/// Why what was given as a parent is none. It says which part is malformed, how, and what is expected.
///
/// ```
/// let error = opentelemetry_browser::propagation::remote_parent("00-xyz").unwrap_err();
/// assert!(error.is_traceparent() && error.to_string().starts_with("traceparent \"00-xyz\""));
/// ```
#[derive(Clone, Debug)]
pub struct ParentError {
    part: &'static str,
    message: String,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
    usable: Option<Context>,
}

impl ParentError {
    pub(super) fn new(part: &'static str, value: &str, problem: impl fmt::Display) -> Self {
        Self { part, message: format!("{part} {}: {problem}", shown(value)), source: None, usable: None }
    }

    pub(super) fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    pub(super) fn with_usable(mut self, usable: Context) -> Self {
        self.usable = Some(usable);
        self
    }

    /// Whether the `traceparent` is malformed: then there is no parent.
    pub fn is_traceparent(&self) -> bool {
        self.part == "traceparent"
    }

    /// Whether the `tracestate` is malformed.
    pub fn is_tracestate(&self) -> bool {
        self.part == "tracestate"
    }

    /// Whether the `baggage` is malformed, or longer than baggage may be.
    pub fn is_baggage(&self) -> bool {
        self.part == "baggage"
    }

    /// The parent without what is malformed: a malformed `tracestate` or `baggage` does not invalidate the `traceparent`.
    /// `None` if that is malformed itself.
    pub fn into_usable(self) -> Option<Context> {
        self.usable
    }
}

impl fmt::Display for ParentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ParentError {
    /// What upstream says of a `tracestate`.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// Which headers could not be set, and why. The others were.
///
/// ```
/// use opentelemetry::KeyValue;
/// use opentelemetry::baggage::BaggageExt;
/// use opentelemetry_browser::propagation::{W3cPropagator, headers_of, remote_parent};
///
/// opentelemetry::global::set_text_map_propagator(W3cPropagator::new());
/// let cx = remote_parent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")?;
/// let cx = cx.with_baggage([KeyValue::new("note", "ä".repeat(4000))]);
/// let error = headers_of(&cx).unwrap_err();
/// assert_eq!(error.to_string(), "header baggage could not be set: it would have 24005 bytes; receivers drop more than 8192");
/// assert!(error.is_baggage() && !error.is_traceparent() && !error.is_tracestate());
/// assert_eq!(error.into_usable().len(), 1);
/// # Ok::<(), opentelemetry_browser::propagation::ParentError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InjectError {
    failures: Vec<(String, String)>,
    usable: Vec<(String, String)>,
}

impl InjectError {
    pub(crate) fn check(failures: Vec<(String, String)>) -> Result<(), Self> {
        if failures.is_empty() { Ok(()) } else { Err(Self { failures, usable: Vec::new() }) }
    }

    pub(super) fn with_usable(mut self, usable: Vec<(String, String)>) -> Self {
        self.usable = usable;
        self
    }

    /// Whether the `traceparent` could not be set: then the request does not go on with the trace.
    pub fn is_traceparent(&self) -> bool {
        self.is_of("traceparent")
    }

    /// Whether the `tracestate` could not be set, by itself no harm to the trace.
    pub fn is_tracestate(&self) -> bool {
        self.is_of("tracestate")
    }

    /// Whether the `baggage` could not be set, by itself no harm to the trace.
    pub fn is_baggage(&self) -> bool {
        self.is_of("baggage")
    }

    fn is_of(&self, header: &str) -> bool {
        self.headers().any(|name| name.eq_ignore_ascii_case(header))
    }

    /// The names of the headers that could not be set.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        self.failures.iter().map(|(name, _)| name.as_str())
    }

    /// The other headers of [`headers_of`](super::headers_of); nothing if they were set where they belong.
    pub fn into_usable(self) -> Vec<(String, String)> {
        self.usable
    }
}

impl fmt::Display for InjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, reason)) in self.failures.iter().enumerate() {
            let separator = if index > 0 { "; " } else { "" };
            write!(f, "{separator}header {name} could not be set: {reason}")?;
        }
        Ok(())
    }
}

impl std::error::Error for InjectError {}
