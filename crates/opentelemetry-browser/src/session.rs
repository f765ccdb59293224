//! Sessions: in go spans that start, out they come with the id of the visit that they are a part of.
//!
//! The id is kept in the origin's or the tab's storage. It changes when nothing was traced for a while, and after some hours
//! in any case. Storage is looked at again every few seconds, not for each span; where it is denied, the id lives as long as
//! the page, and what is not understood in it is replaced.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry::trace::Span as _;
use opentelemetry::{Context, KeyValue, StringValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use crate::platform;
use crate::platform::{Area, key_value};
use crate::resource::uuid;
use crate::trace::processors::Processor;

const KEY: &str = "opentelemetry.session";

/// How old the view of what other tabs do may be.
const SYNC_MS: f64 = 5_000.0;

/// How far a time in the storage may be ahead: further, and the clock was set back.
const AHEAD_MS: f64 = 60_000.0;

/// Who shares a session.
///
/// ```
/// use opentelemetry_browser::{SessionConfig, SessionScope, Telemetry};
///
/// let config = SessionConfig::default().with_scope(SessionScope::Tab);
/// Telemetry::builder().with_session(config).install()?;
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionScope {
    /// All tabs of the origin, by `localStorage`.
    #[default]
    Origin,
    /// The pages of one tab, by `sessionStorage`.
    Tab,
}

/// When a session ends, and who shares it.
///
/// ```
/// use std::time::Duration;
/// use opentelemetry_browser::{SessionConfig, SessionScope, Telemetry};
///
/// let session = SessionConfig::default().with_idle_timeout(Duration::from_secs(15 * 60)).with_scope(SessionScope::Tab);
/// let telemetry = Telemetry::builder().with_session(session).install()?;
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionConfig {
    idle: Duration,
    maximum: Duration,
    scope: SessionScope,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(30 * 60),
            maximum: Duration::from_secs(4 * 60 * 60),
            scope: SessionScope::default(),
        }
    }
}

impl SessionConfig {
    /// How long no span may start before the next one begins a new session. Default: 30 minutes.
    #[must_use]
    pub fn with_idle_timeout(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// How long a session may be. Default: 4 hours.
    #[must_use]
    pub fn with_maximum_duration(mut self, maximum: Duration) -> Self {
        self.maximum = maximum;
        self
    }

    /// Who shares the session. Default: [`SessionScope::Origin`].
    #[must_use]
    pub fn with_scope(mut self, scope: SessionScope) -> Self {
        self.scope = scope;
        self
    }
}

/// A session, as it is known here.
struct Known {
    id: Arc<str>,
    /// When it began, and when the last span of it did, in milliseconds since the Unix epoch.
    started: f64,
    seen: f64,
    /// When it was last compared with the storage.
    synced: f64,
    /// The session before it, until the first span has told so.
    previous: Option<Arc<str>>,
}

impl Known {
    fn is_over(&self, config: &SessionConfig, now: f64) -> bool {
        let reached = |since: f64, limit: Duration| now - since >= limit.as_secs_f64() * 1000.0;
        reached(self.seen, config.idle) || reached(self.started, config.maximum) || self.started > now + AHEAD_MS
    }

    fn parse(text: &str, now: f64) -> Option<Self> {
        let mut fields = text.split(' ');
        let (version, id) = (fields.next()?, fields.next()?);
        let mut time = || fields.next()?.parse::<u64>().ok().map(|millis| millis as f64);
        let (started, seen) = (time()?, time()?);
        let is_id = (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let is_sound = version == "1" && is_id && started <= seen && seen <= now + AHEAD_MS && fields.next().is_none();
        is_sound.then(|| Self { id: id.into(), started, seen, synced: now, previous: None })
    }

    fn text(&self) -> String {
        format!("1 {} {} {}", self.id, self.started as u64, self.seen as u64)
    }
}

struct Shared {
    config: SessionConfig,
    now: Box<dyn Fn() -> f64 + Send + Sync>,
    known: Mutex<Option<Known>>,
}

/// A [`SpanProcessor`] that sets `session.id` on every span when it starts, and `session.previous_id` on the first one of a
/// session that follows another. Both attributes are in Development in the
/// [semantic conventions](https://opentelemetry.io/docs/specs/semconv/general/session/).
///
/// [`TelemetryBuilder::with_session`](crate::TelemetryBuilder::with_session) sets it up; it also stands alone:
///
/// ```
/// use opentelemetry_browser::{SessionConfig, SessionProcessor, TracerProvider};
///
/// let session = SessionProcessor::new(SessionConfig::default());
/// let provider = TracerProvider::builder().with_span_processor(session.clone()).build();
/// assert_eq!(session.id(), session.id(), "the same until the visit ends");
/// ```
#[derive(Clone)]
pub struct SessionProcessor {
    shared: Arc<Shared>,
}

impl SessionProcessor {
    /// Goes on with the session in the storage, if it is not over, else begins one with the first span.
    pub fn new(config: SessionConfig) -> Self {
        Self::with_now(config, platform::clock::date_now)
    }

    pub(crate) fn with_now(config: SessionConfig, now: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        Self { shared: Arc::new(Shared { config, now: Box::new(now), known: Mutex::new(None) }) }
    }

    /// The current session's id: to show it to users who report a problem, or to pass it to a worker, which has no storage.
    /// Asking counts as a sign of life.
    pub fn id(&self) -> String {
        let mut known = self.known();
        self.current(&mut known).id.to_string()
    }

    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        self.shared.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session that something belongs to that happens now.
    fn current<'a>(&self, slot: &'a mut Option<Known>) -> &'a mut Known {
        let Shared { config, now, .. } = &*self.shared;
        let now = now();
        let current = match slot.take() {
            Some(known) if (known.synced..known.synced + SYNC_MS).contains(&now) && !known.is_over(config, now) => {
                Known { seen: now, ..known }
            }
            known => self.synced(known, now),
        };
        slot.insert(current)
    }

    /// The session by what this page and the others know of it; it is in the storage then.
    fn synced(&self, known: Option<Known>, now: f64) -> Known {
        let config = &self.shared.config;
        let area = match config.scope {
            SessionScope::Origin => Area::Origin,
            SessionScope::Tab => Area::Tab,
        };
        let stored = key_value::get(area, KEY).and_then(|text| Known::parse(&text, now));
        // Another tab may have gone on with the session, or have begun a new one.
        let latest = match (known, stored) {
            (Some(known), Some(stored)) if known.id == stored.id => {
                Some(Known { seen: known.seen.max(stored.seen), ..known })
            }
            (Some(known), Some(stored)) if stored.is_over(config, now) => Some(known),
            (known, stored) => stored.or(known),
        };
        let mut session = match latest {
            Some(latest) if !latest.is_over(config, now) => latest,
            over => Known {
                id: uuid().into(),
                started: now,
                seen: now,
                synced: now,
                previous: over.map(|session| session.id),
            },
        };
        session.seen = now.max(session.started);
        session.synced = now;
        // Denied or full: the session lives as long as the page.
        let _ = key_value::set(area, KEY, &session.text());
        session
    }
}

impl fmt::Debug for SessionProcessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionProcessor").field("config", &self.shared.config).finish_non_exhaustive()
    }
}

impl Processor for SessionProcessor {
    fn takes_ended(&self) -> bool {
        false
    }

    fn at_start(&self, set: &mut dyn FnMut(KeyValue)) {
        let (id, previous) = {
            let mut known = self.known();
            let current = self.current(&mut known);
            (current.id.clone(), current.previous.take())
        };
        set(KeyValue::new("session.id", StringValue::from(id)));
        if let Some(previous) = previous {
            set(KeyValue::new("session.previous_id", StringValue::from(previous)));
        }
    }
}

/// For providers of upstream's; this crate's calls it without a span of upstream's.
impl SpanProcessor for SessionProcessor {
    fn on_start(&self, span: &mut Span, _cx: &Context) {
        self.at_start(&mut |attribute| span.set_attribute(attribute));
    }

    fn on_end(&self, _span: SpanData) {}

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
