//! What has changed, as it changes: `/api/live` and `/api/logs/live`, server-sent events for those who follow a list.
//!
//! They take the parameters of `/api/list` and of `/api/logs`. Events: `traces` with `{traces, totals}`, those that fit of the traces
//! that have changed; `logs` with OTLP JSON, the log records that fit of those that have come; `anew` when it is not known any more
//! which have, after which a list is to be asked for anew. Their ids are versions: a client that connects again goes on where it
//! was.
//!
//! A stream holds a connection, of which a browser has six for all its tabs: the viewer asks for lists instead.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{StreamExt, stream};
use tokio::{
    sync::{Semaphore, watch},
    task::spawn_blocking,
    time::sleep,
};

use super::{
    Answers, Api, answer, error, list,
    parameters::{Parameters, version},
    search,
};
use crate::store::{
    Filter, Store, Version,
    logs::{LogFilter, Logs},
};

/// How long changes are gathered before they are told.
const PAUSE: Duration = Duration::from_millis(250);
/// With more traces or log records at once, whoever follows is told to look anew.
const TOLD: usize = 500;
/// How large an event with log records may become.
const ROOM: usize = 1 << 20;
/// Of all who follow so many are told at once, on threads that may wait for the disk: each change wakes all of them.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Tells when the collector ends: streams do not end by themselves.
pub type Stop = watch::Receiver<bool>;

pub async fn traces(
    State(Api { store, answers, .. }): State<Api>,
    Extension(stop): Extension<Stop>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let parameters = Parameters::parse(query);
    match search::listed(&parameters).and_then(|filter| Ok((filter, since(&parameters, &headers)?))) {
        Ok((filter, since)) => {
            let (seen, follower) = (since.unwrap_or_else(|| store.version()), store.follow());
            let look = move |since| Some(changed(&store, since, &filter));
            follow(&answers, Follower { look: Arc::new(look), follower, stop, seen })
        }
        Err(message) => error(StatusCode::BAD_REQUEST, &message),
    }
}

pub async fn logs(
    State(Api { logs, answers, .. }): State<Api>,
    Extension(stop): Extension<Stop>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let parameters = Parameters::parse(query);
    match super::logs::filter(&parameters).and_then(|filter| Ok((filter, since(&parameters, &headers)?))) {
        Ok((filter, since)) => {
            let (seen, follower) = (since.unwrap_or_else(|| logs.version()), logs.follow());
            let look = move |since| came(&logs, since, &filter);
            follow(&answers, Follower { look: Arc::new(look), follower, stop, seen })
        }
        Err(message) => error(StatusCode::BAD_REQUEST, &message),
    }
}

/// From where on it is followed. Who connects again says so by itself.
fn since(parameters: &Parameters, headers: &HeaderMap) -> Result<Option<Version>, String> {
    let again = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    again.map_or_else(|| parameters.since(), |id| version(id).map(Some))
}

fn follow(answers: &Answers, follower: Follower) -> Response {
    let Some(place) = answers.stream() else {
        return answer::busy(error, "too many streams are open; close some, or ask for the list instead");
    };
    let changes = stream::unfold(follower, Follower::next).map(move |event| {
        // Taken for as long as the stream is open.
        let _ = &place;
        event
    });
    // Firefox takes a stream for open when its first byte has come.
    let begin = stream::iter([Ok(Event::default().comment("follows"))]);
    Sse::new(begin.chain(changes)).keep_alive(KeepAlive::default()).into_response()
}

/// Looks for what has come since: up to where that holds, and an event if there is one. None if it cannot be told any more.
type Look = dyn Fn(Version) -> Option<(Version, Option<Event>)> + Send + Sync;

struct Follower {
    look: Arc<Look>,
    follower: watch::Receiver<Version>,
    stop: Stop,
    seen: Version,
}

impl Follower {
    /// The next event, when there is one; none at the end.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            let seen = self.seen;
            tokio::select! {
                changed = self.follower.wait_for(|version| *version != seen) => changed.map(drop).ok()?,
                _ = self.stop.wait_for(|stop| *stop) => return None,
            }
            sleep(PAUSE).await;
            let place = AT_ONCE.acquire().await.ok()?;
            let look = Arc::clone(&self.look);
            let look = spawn_blocking(move || {
                let _place = place;
                look(seen)
            });
            let (version, event) = look.await.ok()??;
            self.seen = version;
            if let Some(event) = event {
                return Some((Ok(event), self));
            }
        }
    }
}

/// No event if nothing that fits has changed.
fn changed(store: &Store, since: Version, filter: &Filter) -> (Version, Option<Event>) {
    let (version, changed) = store.changed_since(since, filter);
    let told = match changed {
        Some(traces) if traces.is_empty() => return (version, None),
        Some(traces) if traces.len() <= TOLD => Some(list::summaries(store, &store.summaries(&traces)).to_string()),
        _ => None,
    };
    (version, Some(event(version, "traces", told)))
}

/// The same for log records.
fn came(logs: &Logs, since: Version, filter: &LogFilter) -> Option<(Version, Option<Event>)> {
    let (version, found) = logs.since(since, filter, TOLD).ok()?;
    let told = match found {
        Some(found) if found.is_empty() => return Some((version, None)),
        Some(found) => super::logs::text(logs, found, ROOM),
        None => None,
    };
    Some((version, Some(event(version, "logs", told))))
}

/// The event of this name, or that it is time to look anew.
fn event(version: Version, name: &str, told: Option<String>) -> Event {
    let event = Event::default().id(version.to_string());
    match told {
        Some(data) => event.event(name).data(data),
        None => event.event("anew").data("{}"),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::mpsc::{RecvTimeoutError, channel},
        thread,
    };

    use super::*;
    use crate::store::Limits;

    /// On a runtime of one thread, as all of a busy one's threads are.
    #[tokio::test]
    async fn who_waits_for_the_store_keeps_nobody_waiting() {
        let store = Arc::new(Store::in_memory(Limits::default()).unwrap());
        let (_end, stop) = watch::channel(false);
        let follower = store.follow();
        let seen = store.version() + 1;
        let looked = Arc::clone(&store);
        let look = move |since| Some(changed(&looked, since, &Filter::default()));
        let follower = Follower { look: Arc::new(look), follower, stop, seen };
        let (served, others) = channel();
        let (held, begin) = channel();
        // It lets go when others were served, or in the end.
        let holder = thread::spawn(move || {
            let _hold = store.hold();
            held.send(()).unwrap();
            others.recv_timeout(Duration::from_secs(20))
        });
        begin.recv().unwrap();
        let told = tokio::spawn(follower.next());
        sleep(4 * PAUSE).await;
        let _ = served.send(());
        assert_ne!(holder.join().unwrap(), Err(RecvTimeoutError::Timeout), "others had to wait");
        assert!(told.await.unwrap().is_some());
    }
}
