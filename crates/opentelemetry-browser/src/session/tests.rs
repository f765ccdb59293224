use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::Value;
use opentelemetry::trace::{Tracer as _, TracerProvider as _};

use super::*;
use crate::platform::test;
use crate::testing::Ended;
use crate::{Tracer, TracerProvider};

const MINUTE: u64 = 60_000;
const BEGIN: u64 = 1_800_000_000_000;

/// A tab of a browser whose time passes on demand.
#[derive(Clone)]
struct Tab {
    now: Arc<AtomicU64>,
    session: SessionProcessor,
}

impl Tab {
    /// The first tab of an origin without anything in its storage.
    fn first(config: SessionConfig) -> Self {
        key_value::set(Area::Origin, KEY, "");
        key_value::set(Area::Tab, KEY, "");
        Self::at(Arc::new(AtomicU64::new(BEGIN)), config)
    }

    fn at(now: Arc<AtomicU64>, config: SessionConfig) -> Self {
        let time = now.clone();
        Self { now, session: SessionProcessor::with_now(config, move || time.load(Ordering::Relaxed) as f64) }
    }

    /// Another tab, or the next page in this one.
    fn another(&self) -> Self {
        Self::at(self.now.clone(), self.session.shared.config)
    }

    fn wait(&self, millis: u64) {
        self.now.fetch_add(millis, Ordering::Relaxed);
    }
}

#[test]
fn a_session_goes_on_as_long_as_something_happens() {
    let tab = Tab::first(SessionConfig::default());
    let id = tab.session.id();
    for _ in 0..8 {
        tab.wait(29 * MINUTE);
        assert_eq!(tab.session.id(), id);
    }
    // 3 hours and 52 minutes by now.
    tab.wait(7 * MINUTE);
    assert_eq!(tab.session.id(), id);
    tab.wait(MINUTE);
    assert_ne!(tab.session.id(), id, "4 hours are the most");
}

#[test]
fn a_session_is_over_after_half_an_hour_of_nothing() {
    let tab = Tab::first(SessionConfig::default());
    let id = tab.session.id();
    tab.wait(30 * MINUTE - 1);
    assert_eq!(tab.session.id(), id);
    tab.wait(30 * MINUTE);
    assert_ne!(tab.session.id(), id);

    let brief = Tab::first(SessionConfig::default().with_idle_timeout(Duration::from_secs(60)));
    let id = brief.session.id();
    brief.wait(MINUTE);
    assert_ne!(brief.session.id(), id);

    let short = Tab::first(SessionConfig::default().with_maximum_duration(Duration::from_secs(90)));
    let id = short.session.id();
    short.wait(MINUTE);
    assert_eq!(short.session.id(), id);
    short.wait(MINUTE);
    assert_ne!(short.session.id(), id);
}

#[test]
fn pages_and_tabs_share_it() {
    let first = Tab::first(SessionConfig::default());
    let id = first.session.id();
    first.wait(MINUTE);
    let second = first.another();
    assert_eq!(second.session.id(), id);
    // One tab keeps it alive for the other.
    for _ in 0..4 {
        first.wait(20 * MINUTE);
        assert_eq!(second.session.id(), id);
    }
    assert_eq!(first.session.id(), id);
    // A new one that another tab began is taken up, a few seconds later at most.
    first.wait(31 * MINUTE);
    let new = second.session.id();
    assert_ne!(new, id);
    assert_eq!(first.session.id(), new);
}

#[test]
fn a_tab_may_have_its_own() {
    let config = SessionConfig::default().with_scope(SessionScope::Tab);
    let tab = Tab::first(config);
    let id = tab.session.id();
    assert_eq!(tab.another().session.id(), id);
    let other = Tab::at(tab.now.clone(), SessionConfig::default());
    assert_ne!(other.session.id(), id);
}

#[test]
fn what_is_not_understood_is_replaced() {
    let future = BEGIN + 60 * MINUTE;
    for text in [
        "garbage",
        "{\"id\":1}",
        "1",
        "1 id",
        "1 id 1 x",
        "1 id -1 5",
        &format!("2 other {BEGIN} {BEGIN}"),
        &format!("1 with_underscore {BEGIN} {BEGIN}"),
        &format!("1 id {BEGIN} {BEGIN} more"),
        &format!("1 id {BEGIN} {}", BEGIN - 1),
        &format!("1 id {future} {future}"),
        &format!("1 {} {BEGIN} {BEGIN}", "x".repeat(65)),
        &format!("1  {BEGIN} {BEGIN}"),
        "1 id 99999999999999999999999 99999999999999999999999",
    ] {
        let tab = Tab::first(SessionConfig::default());
        key_value::set(Area::Origin, KEY, text);
        let id = tab.session.id();
        assert!(id.len() == 36 && id != "id", "{text}: {id}");
        assert_eq!(tab.another().session.id(), id, "{text}");
    }
    let tab = Tab::first(SessionConfig::default());
    key_value::set(Area::Origin, KEY, &format!("1 id {BEGIN} {BEGIN}"));
    assert_eq!(tab.session.id(), "id");
}

#[test]
fn a_clock_that_is_set_back_begins_a_new_session() {
    let tab = Tab::first(SessionConfig::default());
    let id = tab.session.id();
    tab.now.store(BEGIN - 1000, Ordering::Relaxed);
    assert_eq!(tab.session.id(), id, "a little is corrected all the time");
    tab.now.store(BEGIN - 24 * 60 * MINUTE, Ordering::Relaxed);
    let new = tab.session.id();
    assert_ne!(new, id);
    tab.wait(MINUTE);
    assert_eq!(tab.session.id(), new);
}

/// An attribute of the span that has ended last.
fn last(ended: &Ended, key: &str) -> Option<String> {
    let spans = ended.0.lock().unwrap();
    let mut attributes = spans.last()?.attributes.iter();
    attributes.find(|attribute| attribute.key.as_str() == key).map(|attribute| attribute.value.to_string())
}

#[test]
fn spans_have_the_session_that_they_start_in() {
    // By this crate alone, and with upstream's SDK in it.
    spans_have_it(|session, ended| {
        let provider = TracerProvider::builder().with_span_processor(session);
        provider.with_end_processor(ended).build().tracer("test")
    });
    spans_have_it(|session, ended| {
        let provider = TracerProvider::builder().with_span_processor(session);
        provider.with_span_processor(ended).build().tracer("test")
    });
}

fn spans_have_it(tracer: impl Fn(SessionProcessor, Ended) -> Tracer) {
    let tab = Tab::first(SessionConfig::default());
    let ended = Ended::default();
    let tracer = tracer(tab.session.clone(), ended.clone());
    drop(tracer.start("first"));
    let first = last(&ended, "session.id").unwrap();
    assert_eq!((first.clone(), None), (tab.session.id(), last(&ended, "session.previous_id")));

    let mut long = tracer.start("long");
    tab.wait(31 * MINUTE);
    drop(tracer.start("after a pause"));
    let second = last(&ended, "session.id").unwrap();
    assert_ne!(second, first);
    assert_eq!(last(&ended, "session.previous_id"), Some(first.clone()));
    long.end();
    assert_eq!(last(&ended, "session.id"), Some(first));
    // Told once; and an application may say otherwise.
    let mut span = tracer.start("mine");
    span.set_attribute(KeyValue::new("session.id", "mine"));
    drop(span);
    assert_eq!((last(&ended, "session.id").as_deref(), last(&ended, "session.previous_id")), (Some("mine"), None));
    assert!(matches!(ended.0.lock().unwrap()[0].attributes[0].value, Value::String(_)));
}

#[cfg(not(target_arch = "wasm32"))]
mod denied {
    use super::*;

    #[test]
    fn without_storage_it_lives_as_long_as_the_page() {
        let tab = Tab::first(SessionConfig::default());
        key_value::deny(true);
        let id = tab.session.id();
        tab.wait(29 * MINUTE);
        assert_eq!(tab.session.id(), id);
        assert_ne!(tab.another().session.id(), id);
        tab.wait(30 * MINUTE);
        assert_ne!(tab.session.id(), id);
        key_value::deny(false);
    }
}
