//! Futures that stay on their thread, behind one that need not: a JavaScript promise in, what upstream's traits ask for out.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use futures_channel::oneshot;
use opentelemetry::trace::FutureExt as _;

use super::{BoxFuture, Response, TransportError};
use crate::platform;

/// Makes the future of a [`Transport`](super::Transport) of one that is not `Send`, as futures around JavaScript's values are.
///
/// It runs on the event loop, and is polled for the first time before this returns: a request that it makes first is under way
/// then. Dropping the result drops it.
///
/// ```
/// use std::rc::Rc;
///
/// use opentelemetry_browser::{BoxFuture, Request, Response, Transport, TransportError, transport};
///
/// #[derive(Debug)]
/// struct Shell;
///
/// impl Transport for Shell {
///     fn send(&self, request: Request) -> BoxFuture<Result<Response, TransportError>> {
///         transport::local(async move {
///             let not_send = Rc::new(request.body); // or a JsValue, over an .await
///             std::future::ready(()).await;
///             Ok(Response::new(if not_send.is_empty() { 400 } else { 200 }))
///         })
///     }
/// }
/// # opentelemetry_browser::Telemetry::builder().with_transport(Shell).build()?;
/// # Ok::<(), opentelemetry_browser::ConfigError>(())
/// ```
pub fn local(
    future: impl Future<Output = Result<Response, TransportError>> + 'static,
) -> BoxFuture<Result<Response, TransportError>> {
    let outcome = started(future);
    Box::pin(async move { outcome.await.unwrap_or_else(|_| Err(TransportError::network("the event loop has gone"))) })
}

/// Starts a future, and gives its output; a cancelled sender means that the event loop has gone.
pub(super) fn started<T: Send + 'static>(future: impl Future<Output = T> + 'static) -> oneshot::Receiver<T> {
    let (mut sender, outcome) = oneshot::channel();
    // A transport runs where telemetry is suppressed: what it does later on the event loop does so, too.
    let mut future = Box::pin(future.with_current_context());
    // The task below polls it again, with a waker that wakes.
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => drop(sender.send(output)),
        Poll::Pending => platform::spawn_local(async move {
            let output = {
                let mut abandoned = pin!(sender.cancellation());
                std::future::poll_fn(|cx| match abandoned.as_mut().poll(cx) {
                    Poll::Ready(()) => Poll::Ready(None),
                    Poll::Pending => future.as_mut().poll(cx).map(Some),
                })
                .await
            };
            if let Some(output) = output {
                let _ = sender.send(output);
            }
        }),
    }
    outcome
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::platform::{block_on, run_until_stalled};

    #[test]
    fn what_is_local_begins_at_once_and_ends_on_the_event_loop() {
        let log = Rc::new(std::cell::RefCell::new(Vec::new()));
        let (sender, answer) = oneshot::channel();
        let told = log.clone();
        let sending: BoxFuture<_> = local(async move {
            told.borrow_mut().push("begun");
            let status = answer.await.map_err(|_| TransportError::network("gone"))?;
            told.borrow_mut().push("answered");
            Ok(Response::new(status))
        });
        assert_eq!(*log.borrow(), ["begun"], "before anybody polls");
        sender.send(204).unwrap();
        assert_eq!(block_on(sending).map(|response| response.status), Ok(204));
        assert_eq!(*log.borrow(), ["begun", "answered"]);
    }

    #[test]
    fn what_nobody_waits_for_is_dropped() {
        let held = Rc::new(());
        let inner = held.clone();
        let sending = local(async move {
            let _inner = inner;
            std::future::pending().await
        });
        run_until_stalled();
        assert_eq!(Rc::strong_count(&held), 2);
        drop(sending);
        run_until_stalled();
        assert_eq!(Rc::strong_count(&held), 1);
    }
}
