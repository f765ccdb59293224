//! Turning the event loop where no browser does: whoever awaits a result of the pipeline runs the pipeline.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use super::alarm::Alarm;
use super::event_loop::EventLoop;

/// Keeps what a driver has to leave to the others when it goes.
struct Driver {
    home: Arc<EventLoop>,
    alarm: Option<Alarm>,
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.home.wake_drivers();
    }
}

/// Has a driver polled again when the loop's next timer is due.
fn alarm(home: &EventLoop, waker: &Waker) -> Option<Alarm> {
    let due = Instant::now().checked_add(home.next_due()?)?;
    Some(Alarm::set(due, waker.clone()))
}

/// A future that runs the event loop of the thread on which it is first polled whenever it is polled again, wherever that is.
///
/// It is woken for all that happens there: for tasks that are ready to go on, and when a timer is due. As in a browser, what it
/// starts runs only after the code that it was started by.
pub(crate) async fn driven<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut driver = Driver { home: EventLoop::current().unwrap_or_default(), alarm: None };
    let mut has_begun = false;
    std::future::poll_fn(|cx| {
        let home = driver.home.clone();
        let _entered = home.enter();
        let running = home.take_over(cx.waker());
        if !std::mem::replace(&mut has_begun, true) {
            cx.waker().wake_by_ref();
        } else if let Some(running) = &running {
            running.run();
        }
        let outcome = future.as_mut().poll(cx);
        // Who runs the loop instead of this one sets the alarm, too.
        driver.alarm = running.filter(|_| outcome.is_pending()).and_then(|_| alarm(&home, cx.waker()));
        outcome
    })
    .await
}
