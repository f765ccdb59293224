//! How answers leave: written on threads that may take their time, a few at once, no faster than they are read.
//!
//! In: work that writes into an `Out`. Out: a response. An answer of ordinary size is written before its head, which then has its
//! length, or an error instead; a larger one streams, and so does one for which the budget of the process has no room: what is held
//! before a head counts there, with the requests. Whoever does not read gives the place up, sooner if others wait for it.

use std::{io, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use tokio::{
    runtime::Handle,
    sync::{
        OwnedSemaphorePermit, Semaphore,
        mpsc::{self, error::TrySendError},
        oneshot, watch,
    },
    task::spawn_blocking,
    time::{sleep, timeout},
};

use super::out::{Out, PIECE, Sink, Stop};
use crate::{
    Bounds,
    ingest::budget::{Budget, Held},
};

/// Up to this size an answer is written before its head.
const WHOLE: usize = 8 << 20;
/// How long one waits for a place, unless nobody may pause that long.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long one may not read while others wait.
const PAUSE: Duration = Duration::from_secs(2);

/// An error in the shape of the API that is asked.
pub type ErrorShape = fn(StatusCode, &str) -> Response;

pub fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.into()).into_response()
}

/// For whoever may come again soon.
pub fn busy(error: ErrorShape, words: &str) -> Response {
    let mut response = error(StatusCode::SERVICE_UNAVAILABLE, words);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// The places for answers that are being written, and for streams of events.
#[derive(Debug)]
pub struct Answers {
    places: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    waiting: watch::Sender<usize>,
    bounds: Bounds,
    budget: Budget,
}

impl Answers {
    pub fn new(bounds: Bounds, budget: Budget) -> Self {
        let semaphore = |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        let (places, streams) = (semaphore(bounds.answers), semaphore(bounds.streams));
        Self { places, streams, waiting: watch::Sender::new(0), bounds, budget }
    }

    pub async fn write(
        self: Arc<Self>,
        work: impl FnOnce(&mut Out<'_>) -> Result<(), Stop> + Send + 'static,
        error: ErrorShape,
    ) -> Response {
        let Some(place) = self.enter().await else {
            return busy(error, "too many answers are being written or not being read; ask again in a second");
        };
        let (begin, begun) = oneshot::channel();
        let (pieces, body) = mpsc::channel(1);
        let writer = Writer {
            room: self.budget.share(),
            answers: self,
            _place: place,
            runtime: Handle::current(),
            begin: Some(begin),
            held: String::new(),
            pieces,
        };
        spawn_blocking(move || writer.run(work));
        match begun.await {
            Ok(Begin::Whole(text)) => json(StatusCode::OK, text),
            Ok(Begin::Streams(length)) => {
                let mut response = json(StatusCode::OK, streamed(body));
                if let Some(length) = length {
                    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
                }
                response
            }
            Ok(Begin::Instead(status, words)) => error(status, &words),
            Err(_) => error(StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be written"),
        }
    }

    /// A place for a stream of events, if there is one.
    pub fn stream(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.streams).try_acquire_owned().ok()
    }

    async fn enter(&self) -> Option<OwnedSemaphorePermit> {
        let places = Arc::clone(&self.places);
        if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
            return Some(place);
        }
        let _waiting = Waiting::new(&self.waiting);
        timeout(PATIENCE.min(self.bounds.idle), places.acquire_owned()).await.ok()?.ok()
    }

    /// Returns when an answer that is not read has to give its place up.
    async fn impatient(&self) {
        let pause = PAUSE.min(self.bounds.idle);
        sleep(pause).await;
        let mut waiting = self.waiting.subscribe();
        let somebody_waits = async { waiting.wait_for(|waiting| *waiting > 0).await.is_ok() };
        let _ = timeout(self.bounds.idle - pause, somebody_waits).await;
    }
}

/// One who waits for a place.
struct Waiting<'a>(&'a watch::Sender<usize>);

impl<'a> Waiting<'a> {
    fn new(waiting: &'a watch::Sender<usize>) -> Self {
        waiting.send_modify(|waiting| *waiting += 1);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting -= 1);
    }
}

/// How an answer begins.
enum Begin {
    Whole(String),
    /// Pieces follow, of this length if it is known.
    Streams(Option<usize>),
    Instead(StatusCode, String),
}

/// Writes one answer, on a thread of its own.
struct Writer {
    answers: Arc<Answers>,
    _place: OwnedSemaphorePermit,
    runtime: Handle,
    /// None once the head is on its way.
    begin: Option<oneshot::Sender<Begin>>,
    /// What was written before the head, and the room for it.
    held: String,
    room: Held,
    /// An empty one is the end: without it the answer broke off.
    pieces: mpsc::Sender<Bytes>,
}

impl Writer {
    fn run(mut self, work: impl FnOnce(&mut Out<'_>) -> Result<(), Stop>) {
        let mut out = Out::new(self.answers.bounds.answer, &mut self);
        let result = work(&mut out).and_then(|()| out.end());
        // Nothing remains to be done for an answer that is not read.
        let _ = match (result, self.begin.take()) {
            (Ok(()), None) => self.send(Bytes::new()),
            (Ok(()), Some(begin)) => self.whole(begin),
            (Err(Stop::Instead(status, words)), Some(begin)) => self.begin(begin, Begin::Instead(status, words)),
            (Err(_), _) => Err(Stop::Unread),
        };
    }

    fn whole(&mut self, begin: oneshot::Sender<Begin>) -> Result<(), Stop> {
        let text = std::mem::take(&mut self.held);
        if text.len() <= PIECE {
            return self.begin(begin, Begin::Whole(text));
        }
        self.begin(begin, Begin::Streams(Some(text.len())))?;
        self.send_all(text)?;
        self.send(Bytes::new())
    }

    fn begin(&self, begin: oneshot::Sender<Begin>, how: Begin) -> Result<(), Stop> {
        begin.send(how).map_err(|_| Stop::Unread)
    }

    fn send_all(&self, text: String) -> Result<(), Stop> {
        let mut bytes = Bytes::from(text);
        while !bytes.is_empty() {
            self.send(bytes.split_to(PIECE.min(bytes.len())))?;
        }
        Ok(())
    }

    /// Waits until the one before was read.
    fn send(&self, piece: Bytes) -> Result<(), Stop> {
        let piece = match self.pieces.try_send(piece) {
            Ok(()) => return Ok(()),
            Err(TrySendError::Closed(_)) => return Err(Stop::Unread),
            Err(TrySendError::Full(piece)) => piece,
        };
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                sent = self.pieces.send(piece) => sent.map_err(|_| Stop::Unread),
                () = self.answers.impatient() => Err(Stop::Unread),
            }
        })
    }
}

impl Sink for Writer {
    fn is_wanted(&self) -> bool {
        match &self.begin {
            Some(begin) => !begin.is_closed(),
            None => !self.pieces.is_closed(),
        }
    }

    fn take(&mut self, piece: String) -> Result<(), Stop> {
        let Some(begin) = &self.begin else { return self.send_all(piece) };
        if begin.is_closed() {
            return Err(Stop::Unread);
        }
        let has_room = self.room.reserve(piece.len()).is_ok();
        self.held += &piece;
        if has_room && self.held.len() <= WHOLE {
            return Ok(());
        }
        if let Some(begin) = self.begin.take() {
            self.begin(begin, Begin::Streams(None))?;
        }
        let held = std::mem::take(&mut self.held);
        self.send_all(held)?;
        self.room.shrink_to(0);
        Ok(())
    }
}

fn streamed(body: mpsc::Receiver<Bytes>) -> Body {
    Body::from_stream(stream::unfold(body, |mut body| async move {
        match body.recv().await {
            Some(end) if end.is_empty() => None,
            Some(piece) => Some((Ok(piece), body)),
            None => Some((Err(io::Error::other("the answer broke off")), body)),
        }
    }))
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    fn error(status: StatusCode, words: &str) -> Response {
        (status, words.to_owned()).into_response()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_an_answer_holds_counts_in_the_budget_and_without_room_it_streams() {
        let bounds = Bounds { bytes: 1 << 20, ..Bounds::default() };
        let budget = Budget::new(bounds);
        let answers = Arc::new(Answers::new(bounds, budget.clone()));
        let write = |thousands: usize| {
            let work = move |out: &mut Out<'_>| (0..thousands).try_for_each(|_| out.push(&"x".repeat(1_000)));
            Arc::clone(&answers).write(work, error)
        };
        let whole = write(500).await;
        assert_eq!(whole.headers().get(header::CONTENT_LENGTH).unwrap(), "500000");
        assert!((500_000..budget.bytes().1).contains(&budget.bytes().0), "nobody has read it");
        let streamed = write(2_000).await;
        assert_eq!((streamed.status(), streamed.headers().get(header::CONTENT_LENGTH)), (StatusCode::OK, None));
        for (response, length) in [(whole, 500_000), (streamed, 2_000_000)] {
            assert_eq!(to_bytes(response.into_body(), usize::MAX).await.unwrap().len(), length);
        }
        while budget.bytes().0 > 0 {
            tokio::task::yield_now().await;
        }
    }
}
