//! A scripted receiver: in go requests and what a test wants them answered with, out come the answers, on the virtual clock.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flate2::read::GzDecoder;
use futures_channel::oneshot;

use crate::platform::clock::uptime;
use crate::transport::{BoxFuture, Request, Response, Transport, TransportError};

/// What a request is answered with.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// This status, this `Retry-After`, this body.
    Http(u16, Option<String>, String),
    /// No connection.
    Down,
    /// Nothing until the test says [`Receiver::answer`].
    Later,
}

/// An answer without a body.
pub(crate) fn status(status: u16) -> Answer {
    Answer::Http(status, None, String::new())
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) at: Duration,
    pub(crate) request: Request,
    /// Its spans, or the events of its log records.
    pub(crate) names: Vec<String>,
}

#[derive(Debug)]
struct Inner {
    script: VecDeque<Answer>,
    usual: Answer,
    /// What answers every request that has a span of this name.
    poison: Option<(String, Answer)>,
    /// With more spans than this, a request is too long.
    most: usize,
    /// What answers every request to a URL that ends so.
    path: Option<(String, Answer)>,
    sent: Vec<Sent>,
    /// Requests without an answer, oldest first.
    open: VecDeque<oneshot::Sender<Answer>>,
    delivered: Vec<String>,
    under_way: usize,
    most_under_way: usize,
}

/// A handle; clones are the same receiver.
#[derive(Clone, Debug)]
pub(crate) struct Receiver(Arc<Mutex<Inner>>);

impl Receiver {
    /// Answers all requests in the same way, unless told otherwise.
    pub(crate) fn new(usual: Answer) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            script: VecDeque::new(),
            usual,
            poison: None,
            most: usize::MAX,
            path: None,
            sent: Vec::new(),
            open: VecDeque::new(),
            delivered: Vec::new(),
            under_way: 0,
            most_under_way: 0,
        })))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers the next requests in this way, one after the other.
    pub(crate) fn then(&self, answers: impl IntoIterator<Item = Answer>) {
        self.inner().script.extend(answers);
    }

    pub(crate) fn set_usual(&self, answer: Answer) {
        self.inner().usual = answer;
    }

    /// Answers every request that has a span of this name in this way, whatever else it has.
    pub(crate) fn set_poison(&self, name: &str, answer: Answer) {
        self.inner().poison = Some((name.to_owned(), answer));
    }

    /// Answers requests of more spans than this with 413.
    pub(crate) fn set_most(&self, most: usize) {
        self.inner().most = most;
    }

    /// Answers every request to a URL that ends so in this way.
    pub(crate) fn set_path(&self, path: &str, answer: Answer) {
        self.inner().path = Some((path.to_owned(), answer));
    }

    /// Answers the oldest request that waits; false if there is none.
    pub(crate) fn answer(&self, answer: Answer) -> bool {
        let open = {
            let mut inner = self.inner();
            inner.open.retain(|sender| !sender.is_canceled());
            inner.open.pop_front()
        };
        open.is_some_and(|sender| sender.send(answer).is_ok())
    }

    /// Answers the newest request that waits; false if there is none.
    pub(crate) fn answer_newest(&self, answer: Answer) -> bool {
        let open = self.inner().open.pop_back();
        open.is_some_and(|sender| sender.send(answer).is_ok())
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.inner().sent.clone()
    }

    /// How many spans each request had.
    pub(crate) fn sizes(&self) -> Vec<usize> {
        self.inner().sent.iter().map(|sent| sent.names.len()).collect()
    }

    /// The spans that were taken in, in this order.
    pub(crate) fn delivered(&self) -> Vec<String> {
        self.inner().delivered.clone()
    }

    /// How many requests have no answer yet.
    pub(crate) fn under_way(&self) -> usize {
        self.inner().under_way
    }

    pub(crate) fn most_under_way(&self) -> usize {
        self.inner().most_under_way
    }
}

/// Counts a request as under way for as long as somebody waits for it.
struct UnderWay(Receiver);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.inner().under_way -= 1;
    }
}

impl Transport for Receiver {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        let mut inner = self.inner();
        let names = names(&decoded(&request));
        inner.sent.push(Sent { at: uptime(), request, names: names.clone() });
        inner.under_way += 1;
        inner.most_under_way = inner.most_under_way.max(inner.under_way);
        let usual = inner.usual.clone();
        let (sender, answer) = oneshot::channel();
        let poison = inner.poison.clone().filter(|(name, _)| names.contains(name)).map(|(_, answer)| answer);
        let at_path = inner
            .path
            .clone()
            .filter(|(path, _)| inner.sent.last().is_some_and(|sent| sent.request.url.ends_with(path)));
        let too_long = (names.len() > inner.most).then(|| status(413));
        let poison = poison.or(at_path.map(|(_, answer)| answer)).or(too_long);
        let scripted = if poison.is_some() { None } else { inner.script.pop_front() };
        match poison.or(scripted).unwrap_or(usual) {
            Answer::Later => {
                inner.open.retain(|sender| !sender.is_canceled());
                inner.open.push_back(sender);
            }
            now => drop(sender.send(now)),
        }
        drop(inner);
        let under_way = UnderWay(self.clone());
        Box::pin(async move {
            let answer = answer.await;
            let receiver = under_way.0.clone();
            drop(under_way);
            match answer {
                Ok(Answer::Http(status, retry_after, body)) => {
                    if (200..300).contains(&status) {
                        receiver.inner().delivered.extend(names);
                    }
                    Ok(Response { status, retry_after, body })
                }
                _ => Err(TransportError::network("connection refused")),
            }
        })
    }
}

/// The body, as its `Content-Encoding` says.
fn decoded(request: &Request) -> Vec<u8> {
    let is_gzip = request.headers.iter().any(|(name, value)| name == "content-encoding" && value == "gzip");
    let mut body = Vec::new();
    if is_gzip {
        GzDecoder::new(request.body.as_slice()).read_to_end(&mut body).expect("it is gzip, as its header says");
    } else {
        body.extend_from_slice(&request.body);
    }
    body
}

fn names(body: &[u8]) -> Vec<String> {
    let request: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let of_signal = |resources: &str, scopes: &str, records: &str, name: &str| -> Vec<String> {
        let groups = request[resources][0][scopes].as_array().cloned().unwrap_or_default();
        let records = groups.iter().flat_map(|group| group[records].as_array().cloned().unwrap_or_default());
        records.map(|record| record[name].as_str().unwrap_or_default().to_owned()).collect()
    };
    let spans = of_signal("resourceSpans", "scopeSpans", "spans", "name");
    [spans, of_signal("resourceLogs", "scopeLogs", "logRecords", "eventName")].concat()
}
