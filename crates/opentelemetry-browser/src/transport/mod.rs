//! How a request gets to the receiver: the [`Transport`] trait, and `fetch` behind it.

pub(crate) mod attempt;
pub(crate) mod compression;
mod error;
mod fetch;
pub(crate) mod header;
mod local;
pub(crate) mod provider;
mod request;
pub(crate) mod response;
pub(crate) mod retry;
pub(crate) mod sender;
pub(crate) mod unload;
#[cfg(feature = "worker")]
pub(crate) mod worker;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub use error::TransportError;
pub use fetch::FetchTransport;
#[cfg(feature = "worker")]
pub(crate) use fetch::answer;
pub use local::local;
pub use provider::ProvidedHeaders;
pub use request::{Request, Response};

use crate::diagnostics::Diagnosis;

/// A boxed future that may be sent between threads, as upstream's exporter trait wants it.
///
/// ```
/// use opentelemetry_browser::BoxFuture;
///
/// let answer: BoxFuture<u16> = Box::pin(async { 200 });
/// ```
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Carries requests to a receiver.
///
/// `send` must start the request when it is called, not when its future is first polled: while a page is being left there is
/// no later. Dropping the future gives the request up. A future that is not `Send`, such as one around a JavaScript promise,
/// is made one by [`local`].
///
/// A transport that gives requests to another part of the page, which answers them: a worker, a native shell, a test.
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// use futures_channel::oneshot;
/// use opentelemetry::trace::Tracer;
/// use opentelemetry_browser::{BoxFuture, Cause, Diagnosis, Request, Response, Telemetry, Transport, TransportError};
///
/// type Answer = oneshot::Sender<Result<Response, TransportError>>;
///
/// #[derive(Clone, Debug, Default)]
/// struct Outbox(Arc<Mutex<Vec<(Request, Answer)>>>);
///
/// impl Transport for Outbox {
///     fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
///         let (answer, answered) = oneshot::channel();
///         self.0.lock().unwrap().push((request, answer)); // it is under way from here on
///         Box::pin(async { answered.await.unwrap_or_else(|_| Err(TransportError::network("the other side is gone"))) })
///     }
///
///     fn diagnose(&self, _request: &Request) -> BoxFuture<Diagnosis> {
///         Box::pin(std::future::ready(Diagnosis::new(Cause::Unreachable).with_advice("Start the other side.")))
///     }
/// }
///
/// let outbox = Outbox::default();
/// let telemetry = Telemetry::builder().with_transport(outbox.clone()).install()?;
/// opentelemetry::global::tracer("shop").in_span("checkout", |_cx| {});
/// # #[cfg(not(target_arch = "wasm32"))] {
/// # let other_side = outbox.clone();
/// # std::thread::spawn(move || loop {
/// #     std::thread::sleep(std::time::Duration::from_millis(1));
/// // The other side:
/// for (request, answer) in other_side.0.lock().unwrap().drain(..) {
///     println!("{} bytes for {}", request.body.len(), request.url);
///     let _ = answer.send(Ok(Response::new(200)));
/// }
/// # });
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// assert_eq!(telemetry.flush().await?.delivered, 1);
/// # Ok::<(), opentelemetry_browser::FlushError>(())
/// # })?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends one request.
    ///
    /// # Errors
    /// Only if there was no HTTP answer: an answer of any status is a [`Response`].
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>>;

    /// Looks for the cause why `request` failed with a network error. This is called once per outage, and nothing that it does
    /// may make a span at the receiver. Default: the cause is not known.
    fn diagnose(&self, request: &Request) -> BoxFuture<Diagnosis> {
        let _ = request;
        Box::pin(std::future::ready(Diagnosis::default()))
    }
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
        (**self).send(request)
    }

    fn diagnose(&self, request: &Request) -> BoxFuture<Diagnosis> {
        (**self).diagnose(request)
    }
}
