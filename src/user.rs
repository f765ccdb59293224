//! The traced functions of the example: what is known of a user is put together from three sources, each with its span.
//!
//! The same code runs in the browser and natively; where its spans go is for whoever installed the global provider. Of loggers
//! OpenTelemetry has no global provider: one is given to [`log_lookups_by`].

use std::error::Error;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use opentelemetry::logs::{LogRecord, Logger, Severity};
use opentelemetry::trace::{SpanKind, Status, TraceContextExt, TraceId, Tracer};
use opentelemetry::{Context, InstrumentationScope, KeyValue, global};
use serde_json::{Map, Value, json};

/// The only user there is.
const JOHN: u64 = 100;

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

fn in_span<T>(name: &'static str, run: impl FnOnce(&Context) -> T) -> Traced<T> {
    let scope = InstrumentationScope::builder("inprocess").with_version(env!("CARGO_PKG_VERSION")).build();
    let tracer = global::tracer_with_scope(scope);
    let builder = tracer.span_builder(name).with_kind(SpanKind::Internal);
    tracer.in_span_with_builder(builder, |cx| {
        let (trace_id, sampled) = {
            let span = cx.span();
            (span.span_context().trace_id(), span.span_context().is_sampled())
        };
        Traced { trace_id, sampled, value: run(&cx) }
    })
}

/// Looks a user up in one source, in a span of its own.
fn look_up(name: &'static str, id: u64, find: impl FnOnce() -> Option<Value>) -> User {
    let found = in_span(name, |cx| {
        let found = find();
        set_user(cx, id, found.is_some());
        found
    });
    match found.value {
        Some(Value::Object(map)) => map,
        _ => User::new(),
    }
}

fn set_user(cx: &Context, id: u64, found: bool) {
    cx.span().set_attributes([KeyValue::new("user.id", signed(id)), KeyValue::new("user.found", found)]);
}

fn get_info(id: u64) -> User {
    look_up("GetInfo", id, || (id == JOHN).then(|| json!({"id": JOHN, "name": "john", "gender": 1})))
}

fn get_detail(id: u64) -> User {
    look_up("GetDetail", id, || {
        (id == JOHN).then(|| json!({"site": "https://goframe.org", "email": "john@goframe.org"}))
    })
}

fn get_scores(id: u64) -> User {
    look_up("GetScores", id, || (id == JOHN).then(|| json!({"math": 100, "english": 60, "chinese": 50})))
}

/// What is known of user `id`: `GetUser` calls `GetInfo`, `GetDetail` and `GetScores`, in that order.
///
/// A user that is missing is an empty answer, and an error in the trace.
pub fn get_user(id: u64) -> Traced<User> {
    in_span("GetUser", |cx| {
        let mut user = get_info(id);
        user.extend(get_detail(id));
        user.extend(get_scores(id));
        set_user(cx, id, !user.is_empty());
        log_lookup(id, !user.is_empty());
        if user.is_empty() {
            let error = UserNotFound(id);
            let span = cx.span();
            span.record_error(&error);
            span.set_attribute(KeyValue::new("error.type", "UserNotFound"));
            span.set_status(Status::error(error.to_string()));
        }
        user
    })
}

/// The original program: users 1 and 100 are looked up below a span `main`.
pub fn run_main() -> Traced<[User; 2]> {
    in_span("main", |_cx| [get_user(1).value, get_user(100).value])
}

#[cfg(test)]
#[path = "user_tests.rs"]
mod tests;
