//! Sessions: in go spans that start, out they come with the id of the visit that they are a part of.
//!
//! The id is kept in the origin's or the tab's storage. It changes when nothing was traced for a while, and after some hours
//! in any case. Storage is looked at again every few seconds, not for each span; where it is denied, the id lives as long as
//! the page, and what is not understood in it is replaced. Without the visitor's consent it is neither read nor written.

mod config;
#[cfg(feature = "logs")]
mod events;
mod known;
mod sampling;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry::trace::Span as _;
use opentelemetry::{Context, KeyValue, StringValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

pub use config::{SessionConfig, SessionScope};
use known::Known;
pub(crate) use sampling::SessionSampler;

use crate::consent::{self, SESSION as KEY};
use crate::platform;
use crate::platform::{Area, key_value};
use crate::trace::processors::Processor;

/// How old the view of what other tabs do may be.
const SYNC_MS: f64 = 5_000.0;

struct Shared {
    config: SessionConfig,
    now: Box<dyn Fn() -> f64 + Send + Sync>,
    known: Mutex<Option<Known>>,
    #[cfg(feature = "logs")]
    events: events::Events,
}

/// What has become of a session.
#[cfg_attr(not(feature = "logs"), expect(dead_code, reason = "nobody is told"))]
enum Change {
    /// It was over at this time, in milliseconds since the Unix epoch.
    Ended {
        id: Arc<str>,
        at: f64,
    },
    Started {
        id: Arc<str>,
        previous: Option<Arc<str>>,
    },
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
        Self {
            shared: Arc::new(Shared {
                config,
                now: Box::new(now),
                known: Mutex::new(None),
                #[cfg(feature = "logs")]
                events: events::Events::default(),
            }),
        }
    }

    /// The current session's id: to show it to users who report a problem, or to pass it to a worker, which has no storage.
    /// Asking counts as a sign of life.
    pub fn id(&self) -> String {
        self.current(false).0.to_string()
    }

    /// Whether the current session is recorded: see [`SessionConfig::with_sample_ratio`].
    pub fn is_sampled(&self) -> bool {
        let config = &self.shared.config;
        config.samples_all() || config.samples(&self.current(false).0)
    }

    /// Knows no session any more: the next one follows none.
    #[cfg(feature = "consent")]
    pub(crate) fn forget(&self) {
        *self.known() = None;
    }

    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        self.shared.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session that something belongs to that happens now; with the one before it, if that has not been told yet, and `tells` does.
    fn current(&self, tells: bool) -> (Arc<str>, Option<Arc<str>>) {
        let Shared { config, now, .. } = &*self.shared;
        let now = now();
        let mut changes = Vec::new();
        let mut slot = self.known();
        let current = match slot.take() {
            Some(known) if (known.synced..known.synced + SYNC_MS).contains(&now) && !known.is_over(config, now) => {
                Known { seen: now, ..known }
            }
            known => self.synced(known, now, &mut changes),
        };
        let current = slot.insert(current);
        let told = (current.id.clone(), current.previous.take_if(|_| tells));
        drop(slot);
        self.tell(changes);
        told
    }

    #[cfg(not(feature = "logs"))]
    fn tell(&self, _changes: Vec<Change>) {}

    /// Where the session is kept, if it may be.
    fn area(&self) -> Option<Area> {
        self.shared.config.scope.area().filter(|_| consent::is_given())
    }

    /// The latest session that is known here or in the storage; it may be over.
    fn latest(&self, known: Option<Known>, now: f64) -> Option<Known> {
        let text = self.area().and_then(|area| key_value::get(area, KEY));
        let stored = text.and_then(|text| Known::parse(&text, now));
        // Another tab may have gone on with the session, or have begun a new one.
        match (known, stored) {
            (Some(known), Some(stored)) if known.id == stored.id => {
                Some(Known { seen: known.seen.max(stored.seen), is_ended: known.is_ended || stored.is_ended, ..known })
            }
            (Some(known), Some(stored)) if stored.is_over(&self.shared.config, now) => Some(known),
            (known, stored) => stored.or(known),
        }
    }

    /// The session by what this page and the others know of it; it is in the storage then.
    fn synced(&self, known: Option<Known>, now: f64, changes: &mut Vec<Change>) -> Known {
        let config = &self.shared.config;
        let mut session = match self.latest(known, now) {
            Some(latest) if !latest.is_over(config, now) => latest,
            over => {
                let previous = over.as_ref().map(|over| over.id.clone());
                changes.extend(over.filter(|over| !over.is_ended).map(|over| over.ended(config, now)));
                let session = Known::begin(now, previous.clone());
                changes.push(Change::Started { id: session.id.clone(), previous });
                session
            }
        };
        session.seen = now.max(session.started);
        session.synced = now;
        self.store(&session);
        session
    }

    fn store(&self, session: &Known) {
        if let Some(area) = self.area() {
            // Denied or full: the session lives as long as the page.
            let _ = key_value::set(area, KEY, &session.text());
        }
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
        let (id, previous) = self.current(true);
        set(KeyValue::new("session.id", StringValue::from(id)));
        if let Some(previous) = previous {
            set(KeyValue::new("session.previous_id", StringValue::from(previous)));
        }
    }

    #[cfg(feature = "logs")]
    fn keeps_logs(&self) -> bool {
        self.is_sampled()
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
mod tests;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod pipeline_tests;
