//! Headers that are asked for with each request, such as those with a token that expires: in go requests, out they come with what the
//! app's provider gives now.
//!
//! A page that is hidden or left has no time to wait for it: what the provider gave last is sent then.

use std::cell::RefCell;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_channel::oneshot;

use super::header;
use super::local::started;
use super::{BoxFuture, Request, Response, Transport, TransportError};
use crate::diagnostics::Diagnosis;
use crate::micros::Micros;
use crate::platform::sleep::{unless, within};

type Headers = Vec<(String, String)>;
type Asking = Pin<Box<dyn Future<Output = Result<Headers, String>>>>;
type Ask = Rc<dyn Fn() -> Asking>;

/// What a header provider may give: a list or an array of names and values, or a `Result` of one. See
/// [`with_header_provider`](crate::TelemetryBuilder::with_header_provider).
///
/// ```
/// use opentelemetry_browser::transport::ProvidedHeaders;
///
/// let headers = [("authorization", "Bearer 1".to_owned())].into_headers();
/// assert_eq!(headers, Ok(vec![("authorization".to_owned(), "Bearer 1".to_owned())]));
/// assert_eq!(Err::<Vec<(String, String)>, _>("signed out").into_headers(), Err("signed out".to_owned()));
/// ```
pub trait ProvidedHeaders {
    /// The headers, or why there are none.
    ///
    /// # Errors
    /// If the provider has failed. The request is not sent then, and tried again as after a network error.
    fn into_headers(self) -> Result<Vec<(String, String)>, String>;
}

impl<N: Into<String>, V: Into<String>> ProvidedHeaders for Vec<(N, V)> {
    fn into_headers(self) -> Result<Headers, String> {
        Ok(self.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl<N: Into<String>, V: Into<String>, const COUNT: usize> ProvidedHeaders for [(N, V); COUNT] {
    fn into_headers(self) -> Result<Headers, String> {
        Vec::from(self).into_headers()
    }
}

impl<H: ProvidedHeaders, E: fmt::Display> ProvidedHeaders for Result<H, E> {
    fn into_headers(self) -> Result<Headers, String> {
        self.map_err(|error| error.to_string()).and_then(H::into_headers)
    }
}

thread_local! {
    /// A provider is a closure that may hold JavaScript's values: it stays on its thread, and only its number may leave it.
    static PROVIDERS: RefCell<Vec<(u32, Ask)>> = const { RefCell::new(Vec::new()) };
}

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A registered provider.
#[derive(Debug)]
struct Provider(u32);

impl Provider {
    fn new<H: ProvidedHeaders>(provider: impl AsyncFn() -> H + 'static) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let provider = Rc::new(provider);
        let ask: Ask = Rc::new(move || {
            let provider = provider.clone();
            Box::pin(async move { provider().await.into_headers() })
        });
        PROVIDERS.with_borrow_mut(|providers| providers.push((number, ask)));
        Self(number)
    }

    fn ask(&self) -> Asking {
        let known = PROVIDERS.try_with(|providers| {
            let providers = providers.borrow();
            providers.iter().find(|(number, _)| *number == self.0).map(|(_, ask)| ask.clone())
        });
        match known.ok().flatten() {
            // The list is not borrowed any more: the closure may build a pipeline of its own.
            Some(ask) => ask(),
            None => Box::pin(async { Err("it belongs to another thread".to_owned()) }),
        }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let gone = PROVIDERS.try_with(|providers| {
            let mut providers = providers.borrow_mut();
            let index = providers.iter().position(|(number, _)| *number == self.0)?;
            Some(providers.swap_remove(index))
        });
        drop(gone);
    }
}

/// How much time a page has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Turn {
    /// It is seen: there is time.
    #[default]
    Seen,
    /// It may have no later turn, or live on for hours: it waits for headers only if it has none.
    Hidden,
    /// It has no later turn.
    Left,
}

/// What a provider gave last, for all signals.
type Known = Arc<Mutex<Option<Headers>>>;

#[derive(Default)]
struct State {
    turn: Turn,
    /// Dropping a sender ends a request's wait for the provider.
    waiting: Vec<oneshot::Sender<()>>,
}

struct Shared {
    provider: Arc<Provider>,
    inner: Arc<dyn Transport>,
    known: Known,
    state: Mutex<State>,
}

/// A transport whose requests have the headers of a provider. A clone is the same one.
#[derive(Clone)]
struct Provided(Arc<Shared>);

impl fmt::Debug for Provided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What it gives may be keys, which have no place in a log.
        f.debug_tuple("Provided").field(&self.0.inner).finish()
    }
}

/// What a pipeline has to do with a provider. All else of it is linked only where there is one.
pub(crate) trait Late: Send + Sync {
    /// What waits, and should not any more, goes on in a microtask.
    fn turn(&self, turn: Turn);

    /// Whether the provider has given headers once.
    fn is_known(&self) -> bool;

    /// Adds what was given last to other headers; `None` if nothing was.
    fn known(&self, headers: &Arc<[(String, String)]>) -> Option<Arc<[(String, String)]>>;
}

/// Puts a provider around a transport.
pub(crate) type Provide = Arc<dyn Fn(Arc<dyn Transport>) -> (Arc<dyn Transport>, Arc<dyn Late>) + Send + Sync>;

/// Does so, later, with this one.
pub(crate) fn provide<H: ProvidedHeaders>(provider: impl AsyncFn() -> H + 'static) -> Provide {
    let (provider, known) = (Arc::new(Provider::new(provider)), Known::default());
    Arc::new(move |inner| {
        let (provider, known) = (provider.clone(), known.clone());
        let provided = Provided(Arc::new(Shared { provider, inner, known, state: Mutex::default() }));
        (Arc::new(provided.clone()), Arc::new(provided))
    })
}

impl Late for Provided {
    fn turn(&self, turn: Turn) {
        let mut state = self.state();
        state.turn = turn;
        let ended = if self.is_hurried(turn) { std::mem::take(&mut state.waiting) } else { Vec::new() };
        drop(state);
        drop(ended);
    }

    fn is_known(&self) -> bool {
        self.given().is_some()
    }

    fn known(&self, headers: &Arc<[(String, String)]>) -> Option<Arc<[(String, String)]>> {
        self.given().as_ref().map(|known| merged(headers, known))
    }
}

impl Provided {
    /// What was given last.
    fn given(&self) -> MutexGuard<'_, Option<Headers>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a request does not wait.
    fn is_hurried(&self, turn: Turn) -> bool {
        turn >= if self.is_known() { Turn::Hidden } else { Turn::Left }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the provider now, and waits for its headers, but not longer than a request may take. In a page without time, what was given
    /// last is given instead, unless the receiver has refused just that.
    fn ask(
        &self,
        request: &Request,
        is_refused: bool,
    ) -> impl Future<Output = Result<Headers, TransportError>> + Send + use<> {
        let (cancel, mut cancelled) = oneshot::channel();
        let mut held = Some(cancel);
        {
            let mut state = self.state();
            state.waiting.retain(|waiting| !waiting.is_canceled());
            if !is_refused {
                let cancel = held.take().filter(|_| !self.is_hurried(state.turn));
                state.waiting.extend(cancel);
            }
        }
        let (this, limit) = (self.clone(), request.timeout);
        let asked = started(self.0.provider.ask());
        async move {
            let _held = held;
            let failed = |why: &str| TransportError::unsent(format!("the header provider failed: {why}"));
            match unless(&mut cancelled, within(limit, asked)).await {
                Some(Some(Ok(Ok(headers)))) => {
                    for (name, value) in &headers {
                        header::checked(name, value).map_err(|error| failed(&error))?;
                    }
                    *this.given() = Some(headers.clone());
                    Ok(headers)
                }
                Some(Some(Ok(Err(why)))) => Err(failed(&why)),
                Some(Some(Err(_))) => Err(failed("the event loop has gone")),
                Some(None) => Err(failed(&format!("no headers within {}", Micros::from(limit)))),
                None => this.given().clone().ok_or_else(|| failed("the page was left before it gave any")),
            }
        }
    }

    fn send_with(&self, request: &Request, headers: &Headers) -> BoxFuture<Result<Response, TransportError>> {
        self.0.inner.send(Request { headers: merged(&request.headers, headers), ..request.clone() })
    }
}

/// The provider's win over those that are the same for all requests.
fn merged(headers: &[(String, String)], provided: &Headers) -> Arc<[(String, String)]> {
    let is_replaced = |name: &str| provided.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
    headers.iter().filter(|(name, _)| !is_replaced(name)).chain(provided).cloned().collect()
}

impl Transport for Provided {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        let this = self.clone();
        let turn = self.state().turn;
        let hurried = if self.is_hurried(turn) { self.given().clone() } else { None };
        let begun = match hurried {
            Some(headers) => self.send_with(&request, &headers),
            None => {
                let (this, request, asking) = (self.clone(), request.clone(), self.ask(&request, false));
                Box::pin(async move { this.send_with(&request, &asking.await?).await })
            }
        };
        Box::pin(async move {
            let answer = begun.await;
            if !answer.as_ref().is_ok_and(|response| response.status == 401) {
                return answer;
            }
            // The token may have expired on the way: once more, with another.
            match this.ask(&request, true).await {
                Ok(headers) => this.send_with(&request, &headers).await,
                Err(_) => answer,
            }
        })
    }

    fn diagnose(&self, request: &Request) -> BoxFuture<Diagnosis> {
        self.0.inner.diagnose(request)
    }
}
