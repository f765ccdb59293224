//! What has changed, as it changes: `/api/live`, server-sent events for those who follow a list.
//!
//! It takes the parameters of `/api/list`. Events: `traces` with `{traces, totals}`, those that fit of the traces that have changed;
//! `anew` when it is not known any more which have, after which a list is to be asked for anew. Their ids are versions: a client
//! that connects again goes on where it was.
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
    error, list,
    parameters::{Parameters, version},
    search,
};
use crate::store::{Filter, Store, Version};

/// How long changes are gathered before they are told.
const PAUSE: Duration = Duration::from_millis(250);
/// With more traces at once, whoever follows is told to look anew.
const TOLD: usize = 500;
/// Of all who follow so many are told at once, on threads that may wait for the disk: each change wakes all of them.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Tells when the collector ends: streams do not end by themselves.
pub type Stop = watch::Receiver<bool>;

pub async fn live(
    State(store): State<Arc<Store>>,
    Extension(stop): Extension<Stop>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let parameters = Parameters::parse(query);
    let again = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let since = again.map_or_else(|| parameters.since(), |id| version(id).map(Some));
    match search::listed(&parameters).and_then(|filter| Ok((filter, since?))) {
        Ok((filter, since)) => {
            let seen = since.unwrap_or_else(|| store.version());
            let follower = store.follow();
            let filter = Arc::new(filter);
            let changes = stream::unfold(Follower { store, filter, follower, stop, seen }, Follower::next);
            // Firefox takes a stream for open when its first byte has come.
            let begin = stream::iter([Ok(Event::default().comment("follows"))]);
            Sse::new(begin.chain(changes)).keep_alive(KeepAlive::default()).into_response()
        }
        Err(message) => error(StatusCode::BAD_REQUEST, &message),
    }
}

struct Follower {
    store: Arc<Store>,
    filter: Arc<Filter>,
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
            let (store, filter) = (Arc::clone(&self.store), Arc::clone(&self.filter));
            let look = spawn_blocking(move || {
                let _place = place;
                changed(&store, seen, &filter)
            });
            let (version, event) = look.await.ok()?;
            self.seen = version;
            if let Some(event) = event {
                return Some((Ok(event), self));
            }
        }
    }
}

/// Up to where it holds; no event if nothing that fits has changed.
fn changed(store: &Store, since: Version, filter: &Filter) -> (Version, Option<Event>) {
    let (version, changed) = store.changed_since(since, filter);
    let event = Event::default().id(version.to_string());
    let told = match changed {
        Some(traces) if traces.is_empty() => None,
        Some(traces) if traces.len() <= TOLD => {
            let summaries = list::summaries(store, &store.summaries(&traces));
            Some(event.event("traces").data(summaries.to_string()))
        }
        _ => Some(event.event("anew").data("{}")),
    };
    (version, told)
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
        let follower = Follower { store: Arc::clone(&store), filter: Arc::default(), follower, stop, seen };
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
