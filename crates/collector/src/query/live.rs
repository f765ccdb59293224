//! What has changed, as it changes: `/api/live`, server-sent events for lists that are open.
//!
//! It takes the parameters of `/api/list`, and `since`, the version that the list came with. Events: `traces` with `{traces,
//! totals}`, those that fit of the traces that have changed; `anew` when it is not known any more which have, after which a list
//! is to be asked for anew. Their ids are versions: a browser that connects again goes on where it was.

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
use tokio::{sync::watch, time::sleep};

use super::{error, list, parameters::Parameters, search};
use crate::store::{Filter, Store, Version};

/// How long changes are gathered before they are told.
const PAUSE: Duration = Duration::from_millis(250);
/// With more traces at once, whoever follows is told to look anew.
const TOLD: usize = 500;

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
    let since = again.or_else(|| parameters.get("since"));
    let asked = search::filter_of_list(&parameters).and_then(|filter| Ok((filter, since.map(version).transpose()?)));
    match asked {
        Ok((filter, since)) => {
            let seen = since.unwrap_or_else(|| store.version());
            let follower = store.follow();
            let changes = stream::unfold(Follower { store, filter, follower, stop, seen }, Follower::next);
            // Firefox takes a stream for open when its first byte has come.
            let begin = stream::iter([Ok(Event::default().comment("follows"))]);
            Sse::new(begin.chain(changes)).keep_alive(KeepAlive::default()).into_response()
        }
        Err(message) => error(StatusCode::BAD_REQUEST, &message),
    }
}

fn version(text: &str) -> Result<Version, String> {
    text.parse().map_err(|_| format!("parameter 'since' must be the version that /api/list gave, not {text:?}"))
}

struct Follower {
    store: Arc<Store>,
    filter: Filter,
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
            if let Some(event) = self.changed() {
                return Some((Ok(event), self));
            }
        }
    }

    /// None if nothing that fits has changed.
    fn changed(&mut self) -> Option<Event> {
        let (version, changed) = self.store.changed_since(self.seen, &self.filter);
        self.seen = version;
        let event = Event::default().id(version.to_string());
        match changed {
            Some(traces) if traces.is_empty() => None,
            Some(traces) if traces.len() <= TOLD => {
                Some(event.event("traces").data(list::summaries(&self.store, &traces).to_string()))
            }
            _ => Some(event.event("anew").data("{}")),
        }
    }
}
