//! Waiting on the event loop.

use std::time::Duration;

use futures_channel::oneshot;

use super::driven;
use super::timer::Timer;

/// The output of `future`, or `None` once `cancelled` has lost its sender; the future is dropped then.
pub(crate) async fn unless<T>(cancelled: &mut oneshot::Receiver<()>, future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|cx| {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(cx) {
            return std::task::Poll::Ready(Some(output));
        }
        std::pin::Pin::new(&mut *cancelled).poll(cx).map(|_| None)
    })
    .await
}

/// Resolves after `duration`.
pub(crate) async fn sleep(duration: Duration) {
    elapsed(|drop| Timer::after(duration, drop)).await;
}

async fn elapsed(start: impl FnOnce(Box<dyn FnOnce() + Send>) -> Timer) {
    let (sender, elapsed) = oneshot::channel::<()>();
    let _timer = start(Box::new(move || drop(sender)));
    // Err means that the timer has dropped its end, which is all that it does.
    let _ = driven(elapsed).await;
}

/// The output of `future`, or `None` if it takes longer than `limit`; the future is dropped then.
pub(crate) async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    let mut sleeping = std::pin::pin!(elapsed(|drop| Timer::limit(limit, drop)));
    std::future::poll_fn(|cx| {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(cx) {
            return std::task::Poll::Ready(Some(output));
        }
        sleeping.as_mut().poll(cx).map(|()| None)
    })
    .await
}
