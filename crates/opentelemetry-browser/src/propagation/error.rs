//! What can be wrong with headers that carry a context.

use std::fmt;

use opentelemetry::Context;

/// How much of a value an error shows.
const SHOWN: usize = 80;

/// The beginning of a value, in quotes.
pub(super) fn shown(value: &str) -> String {
    match value.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}...", &value[..end]),
        None => format!("{value:?}"),
    }
}

/// Why what was given as a parent is none. It says which part is malformed, how, and what is expected.
///
/// ```
/// let error = opentelemetry_browser::propagation::remote_parent("00-xyz").unwrap_err();
/// assert!(error.to_string().starts_with("traceparent \"00-xyz\""));
/// ```
#[derive(Clone, Debug)]
pub struct ParentError {
    message: String,
    usable: Option<Context>,
}

impl ParentError {
    pub(super) fn new(part: &str, value: &str, problem: impl fmt::Display) -> Self {
        Self { message: format!("{part} {}: {problem}", shown(value)), usable: None }
    }

    pub(super) fn with_usable(mut self, usable: Context) -> Self {
        self.usable = Some(usable);
        self
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

impl std::error::Error for ParentError {}

/// Which headers could not be set, and why. The others were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InjectError {
    failures: Vec<(String, String)>,
}

// Only a browser has headers that can refuse.
#[allow(dead_code)]
impl InjectError {
    pub(crate) fn check(failures: Vec<(String, String)>) -> Result<(), Self> {
        if failures.is_empty() { Ok(()) } else { Err(Self { failures }) }
    }
}

impl InjectError {
    /// The names of the headers that could not be set.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        self.failures.iter().map(|(name, _)| name.as_str())
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
