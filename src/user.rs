//! The traced functions of the example: what is known of a user is put together from three sources, each with its span.
//!
//! The same code runs in the browser and natively, over any [`Source`]; where its spans go is for whoever installed the global provider.
//! Of loggers OpenTelemetry has no global provider: one is given to [`log_lookups_by`].

use std::error::Error;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use opentelemetry::global::BoxedTracer;
use opentelemetry::logs::{LogRecord, Logger, Severity};
use opentelemetry::trace::{SpanKind, Status, TraceContextExt, TraceId, Tracer};
use opentelemetry::{Context, InstrumentationScope, KeyValue, global};
use serde_json::{Map, Value};

use crate::source::{BuiltIn, Part, Source};

/// What is known of a user, in the order in which it was put together; empty if there is no such user.
pub type User = Map<String, Value>;

/// An answer, and the trace in which it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Traced<T> {
    /// The trace's id.
    pub trace_id: TraceId,
    /// Whether the trace is recorded.
    pub sampled: bool,
    /// The answer.
    pub value: T,
}

/// There is no user with this id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct UserNotFound(u64);

impl fmt::Display for UserNotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user {} not found", self.0)
    }
}

impl Error for UserNotFound {}

impl<T> Traced<T> {
    /// What was found in this context's trace.
    pub(crate) fn of(cx: &Context, value: T) -> Self {
        let span = cx.span();
        let (trace_id, sampled) = (span.span_context().trace_id(), span.span_context().is_sampled());
        Self { trace_id, sampled, value }
    }

    fn map<U>(self, change: impl FnOnce(T) -> U) -> Traced<U> {
        Traced { trace_id: self.trace_id, sampled: self.sampled, value: change(self.value) }
    }
}

/// Logs that a user was looked up, and whether there is one.
type LogLookup = Box<dyn Fn(i64, bool) + Send + Sync>;

static LOG_LOOKUP: RwLock<Option<LogLookup>> = RwLock::new(None);

/// Logs each lookup from now on: a record of severity INFO with the event name `user.lookup`, within the span `GetUser`.
pub fn log_lookups_by(logger: impl Logger + Send + Sync + 'static) {
    let log: LogLookup = Box::new(move |id, found| {
        let mut record = logger.create_log_record();
        record.set_event_name("user.lookup");
        record.set_severity_number(Severity::Info);
        record.set_severity_text("INFO");
        record.set_body(format!("user {id} {}", if found { "found" } else { "not found" }).into());
        record.add_attribute("user.id", id);
        record.add_attribute("user.found", found);
        logger.emit(record);
    });
    *LOG_LOOKUP.write().unwrap_or_else(PoisonError::into_inner) = Some(log);
}

fn log_lookup(id: u64, found: bool) {
    if let Some(log) = &*LOG_LOOKUP.read().unwrap_or_else(PoisonError::into_inner) {
        log(signed(id), found);
    }
}

/// Attributes are signed; every id that a JavaScript number can name fits.
fn signed(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

/// The example's tracer.
pub(crate) fn tracer() -> BoxedTracer {
    let scope = InstrumentationScope::builder("inprocess").with_version(env!("CARGO_PKG_VERSION")).build();
    global::tracer_with_scope(scope)
}

fn in_span<T>(name: &'static str, run: impl FnOnce(&Context) -> T) -> Traced<T> {
    let tracer = tracer();
    let builder = tracer.span_builder(name).with_kind(SpanKind::Internal);
    tracer.in_span_with_builder(builder, |cx| {
        let value = run(&cx);
        Traced::of(&cx, value)
    })
}

/// Reads one part of a user, in a span of its own.
fn read<S: Source>(source: &S, part: Part, id: u64) -> Result<User, S::Error> {
    let read = in_span(part.span_name(), |cx| {
        let read = source.read(part, id);
        set_user(cx, id, matches!(read, Ok(Some(_))));
        read.inspect_err(|error| fail(cx, error, "SourceError"))
    });
    Ok(match read.value? {
        Some(Value::Object(map)) => map,
        _ => User::new(),
    })
}

fn set_user(cx: &Context, id: u64, found: bool) {
    cx.span().set_attributes([KeyValue::new("user.id", signed(id)), KeyValue::new("user.found", found)]);
}

fn fail(cx: &Context, error: &dyn Error, kind: &'static str) {
    let span = cx.span();
    span.record_error(error);
    span.set_attribute(KeyValue::new("error.type", kind));
    span.set_status(Status::error(error.to_string()));
}

/// What is known of user `id`: `GetUser` calls `GetInfo`, `GetDetail` and `GetScores`, in that order.
///
/// A user that is missing is an empty answer, and an error in the trace.
pub fn get_user(id: u64) -> Traced<User> {
    get_user_from(&BuiltIn, id).map(|user| {
        let Ok(user) = user;
        user
    })
}

/// The same, read from any source.
///
/// The answer is an error if a part of the user could not be read.
pub fn get_user_from<S: Source>(source: &S, id: u64) -> Traced<Result<User, S::Error>> {
    in_span("GetUser", |cx| {
        let parts = Part::ALL.into_iter().try_fold(User::new(), |mut user, part| {
            user.extend(read(source, part, id)?);
            Ok(user)
        });
        set_user(cx, id, parts.as_ref().is_ok_and(|user| !user.is_empty()));
        if let Ok(user) = &parts {
            log_lookup(id, !user.is_empty());
        }
        match &parts {
            Err(error) => fail(cx, error, "SourceError"),
            Ok(user) if user.is_empty() => fail(cx, &UserNotFound(id), "UserNotFound"),
            Ok(_) => {}
        }
        parts
    })
}

/// The users that the original program looks up.
pub(crate) const MAIN_IDS: [u64; 2] = [1, 100];

/// The original program: users 1 and 100 are looked up below a span `main`.
pub fn run_main() -> Traced<[User; 2]> {
    in_span("main", |_cx| MAIN_IDS.map(|id| get_user(id).value))
}

#[cfg(test)]
#[path = "user_tests.rs"]
mod tests;
