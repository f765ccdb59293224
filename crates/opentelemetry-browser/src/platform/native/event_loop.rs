//! Tasks and timers of one thread. Time passes only by [`advance`], so a test of delays takes no time.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Wake;
use std::time::Duration;

type Task = Pin<Box<dyn Future<Output = ()>>>;
type Callback = Box<dyn FnOnce()>;

#[derive(Default)]
struct EventLoop {
    now: Duration,
    next: u64,
    tasks: VecDeque<(Task, Arc<Flag>)>,
    timers: BTreeMap<(Duration, u64), Callback>,
}

thread_local! {
    static EVENT_LOOP: RefCell<EventLoop> = RefCell::default();
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Queues a future; it first runs when the loop does.
pub(crate) fn spawn(future: impl Future<Output = ()> + 'static) {
    let flag = Arc::new(Flag(AtomicBool::new(true)));
    EVENT_LOOP.with_borrow_mut(|state| state.tasks.push_back((Box::pin(future), flag)));
}

/// How much time has passed.
pub(crate) fn now() -> Duration {
    EVENT_LOOP.with_borrow(|state| state.now)
}

pub(super) fn set_timer(delay: Duration, callback: Callback) -> (Duration, u64) {
    EVENT_LOOP.with_borrow_mut(|state| {
        state.next += 1;
        let key = (state.now.saturating_add(delay), state.next);
        state.timers.insert(key, callback);
        key
    })
}

pub(super) fn clear_timer(key: (Duration, u64)) {
    let callback = EVENT_LOOP.try_with(|state| state.borrow_mut().timers.remove(&key));
    drop(callback);
}

/// Lets the other tasks have their turn, as everything does that a browser answers from another process.
pub(super) async fn turn() {
    let mut is_over = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut is_over, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await
}

/// Polls every task that was woken until none is.
#[cfg(test)]
pub(crate) fn run_until_stalled() {
    loop {
        let tasks = EVENT_LOOP.with_borrow_mut(|state| std::mem::take(&mut state.tasks));
        let mut progress = false;
        for (mut task, flag) in tasks {
            if flag.0.swap(false, Ordering::SeqCst) {
                progress = true;
                let waker = std::task::Waker::from(flag.clone());
                if task.as_mut().poll(&mut std::task::Context::from_waker(&waker)).is_ready() {
                    continue;
                }
            }
            EVENT_LOOP.with_borrow_mut(|state| state.tasks.push_back((task, flag)));
        }
        if !progress {
            return;
        }
    }
}

/// Lets `duration` pass: timers fire in order, tasks run after each.
#[cfg(test)]
pub(crate) fn advance(duration: Duration) {
    run_until_stalled();
    let end = EVENT_LOOP.with_borrow(|state| state.now) + duration;
    loop {
        let due = EVENT_LOOP.with_borrow_mut(|state| {
            let first = *state.timers.first_key_value()?.0;
            (first.0 <= end).then(|| {
                state.now = first.0;
                state.timers.remove(&first)
            })?
        });
        let Some(callback) = due else { break };
        callback();
        run_until_stalled();
    }
    EVENT_LOOP.with_borrow_mut(|state| state.now = end);
}

/// Runs the loop, and time, until `future` is ready; panics after an hour of virtual time.
#[cfg(test)]
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    for _ in 0..360_000 {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        advance(Duration::from_millis(10));
    }
    panic!("the future was not ready after an hour");
}

/// How many timers are set.
#[cfg(test)]
pub(crate) fn timers() -> usize {
    EVENT_LOOP.with_borrow(|state| state.timers.len())
}

/// Ends the page: nothing that was queued runs any more.
#[cfg(test)]
pub(super) fn clear() {
    let (tasks, timers) =
        EVENT_LOOP.with_borrow_mut(|state| (std::mem::take(&mut state.tasks), std::mem::take(&mut state.timers)));
    drop((tasks, timers));
}
