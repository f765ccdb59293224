//! Tasks and timers. Each thread has a loop of its own, which runs while a [`driven`](super::driven) future is polled: nothing else
//! does, where no browser turns the loop.
//!
//! What the pipeline spawns may move between threads, as a future does that awaits it in a runtime with many of them. What users
//! spawn need not be `Send`, and stays on its thread.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use super::time::now;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;
type LocalTask = Pin<Box<dyn Future<Output = ()>>>;
type Callback = Box<dyn FnOnce() + Send>;

/// When a timer is due, and which of those that are due then it is.
pub(super) type Key = (Duration, u64);

#[derive(Default)]
struct State {
    next: u64,
    tasks: VecDeque<(Task, Arc<Flag>)>,
    timers: BTreeMap<Key, Callback>,
    /// Who runs the loop; woken when there is something to run.
    drivers: Vec<Waker>,
    is_running: bool,
}

#[derive(Default)]
pub(super) struct EventLoop(Mutex<State>);

thread_local! {
    static CURRENT: RefCell<Arc<EventLoop>> = RefCell::default();
    static LOCAL: RefCell<VecDeque<(LocalTask, Arc<Flag>)>> = RefCell::default();
}

/// Whether a task is to be polled.
struct Flag {
    is_set: AtomicBool,
    owner: Weak<EventLoop>,
}

impl Flag {
    fn set(owner: &Arc<EventLoop>) -> Arc<Self> {
        Arc::new(Self { is_set: AtomicBool::new(true), owner: Arc::downgrade(owner) })
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.is_set.store(true, Ordering::SeqCst);
        if let Some(owner) = self.owner.upgrade() {
            owner.wake_drivers();
        }
    }
}

/// Queues a future; it first runs when the loop does.
pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) {
    // A thread that ends has no loop any more.
    let Some(current) = EventLoop::current() else { return };
    let task = (Box::pin(future) as Task, Flag::set(&current));
    current.state().tasks.push_back(task);
    current.wake_drivers();
}

/// Queues a future that stays on this thread.
pub(crate) fn spawn_local(future: impl Future<Output = ()> + 'static) {
    let Some(current) = EventLoop::current() else { return };
    let task = (Box::pin(future) as LocalTask, Flag::set(&current));
    let _ = LOCAL.try_with(|tasks| tasks.borrow_mut().push_back(task));
    current.wake_drivers();
}

/// Makes a loop the current one until this is dropped.
pub(super) struct Entered(Option<Arc<EventLoop>>);

impl Drop for Entered {
    fn drop(&mut self) {
        if let Some(previous) = self.0.take() {
            let _ = CURRENT.try_with(|current| current.replace(previous));
        }
    }
}

/// The right to run the loop, until this is dropped.
pub(super) struct Running<'a>(&'a EventLoop);

impl Running<'_> {
    /// Runs all that can run now.
    pub(super) fn run(&self) {
        while self.0.fire() | self.0.poll_tasks() {}
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.state().is_running = false;
    }
}

impl EventLoop {
    pub(super) fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(|current| current.borrow().clone()).ok()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn enter(self: &Arc<Self>) -> Entered {
        Entered(CURRENT.try_with(|current| current.replace(self.clone())).ok())
    }

    pub(super) fn wake_drivers(&self) {
        let drivers = std::mem::take(&mut self.state().drivers);
        drivers.into_iter().for_each(Waker::wake);
    }

    pub(super) fn set_timer(&self, delay: Duration, callback: Callback) -> Key {
        let mut state = self.state();
        state.next += 1;
        let key = (now().saturating_add(delay), state.next);
        state.timers.insert(key, callback);
        drop(state);
        self.wake_drivers();
        key
    }

    pub(super) fn clear_timer(&self, key: Key) {
        let callback = self.state().timers.remove(&key);
        drop(callback);
    }

    /// How long until the next timer is due.
    pub(super) fn next_due(&self) -> Option<Duration> {
        let first = *self.state().timers.first_key_value()?.0;
        Some(first.0.saturating_sub(now()))
    }

    /// Takes a driver on, who is woken when there is something to run. `None` if the loop is being run already, by a driver around
    /// this one or on another thread.
    pub(super) fn take_over(&self, driver: &Waker) -> Option<Running<'_>> {
        let mut state = self.state();
        if !state.drivers.iter().any(|known| known.will_wake(driver)) {
            state.drivers.push(driver.clone());
        }
        (!std::mem::replace(&mut state.is_running, true)).then(|| Running(self))
    }

    /// Fires the first timer that is due.
    fn fire(&self) -> bool {
        let mut state = self.state();
        let callback = state.timers.first_entry().filter(|first| first.key().0 <= now()).map(|first| first.remove());
        drop(state);
        callback.map(|callback| callback()).is_some()
    }

    /// Polls each task that was woken.
    fn poll_tasks(&self) -> bool {
        let sent = poll_each(|| self.state().tasks.pop_front(), |task| self.state().tasks.push_back(task));
        let local = poll_each(
            || LOCAL.try_with(|tasks| tasks.borrow_mut().pop_front()).ok().flatten(),
            |task| LOCAL.try_with(|tasks| tasks.borrow_mut().push_back(task)).unwrap_or_default(),
        );
        sent | local
    }
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

/// Takes each task out once, polls those that were woken, and puts back what has not ended.
fn poll_each<F: Future<Output = ()> + ?Sized>(
    mut take: impl FnMut() -> Option<(Pin<Box<F>>, Arc<Flag>)>,
    mut put_back: impl FnMut((Pin<Box<F>>, Arc<Flag>)),
) -> bool {
    let mut progress = false;
    let mut waiting = Vec::new();
    while let Some((mut task, flag)) = take() {
        if flag.is_set.swap(false, Ordering::SeqCst) {
            progress = true;
            let waker = Waker::from(flag.clone());
            if task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                continue;
            }
        }
        waiting.push((task, flag));
    }
    waiting.into_iter().for_each(&mut put_back);
    progress
}

#[cfg(test)]
pub(crate) use testing::{advance, block_on, clear, run_until_stalled, timers};

#[cfg(test)]
mod testing {
    //! Turning the loop step by step.

    use super::super::time::pass_to;
    use super::*;

    fn current() -> Arc<EventLoop> {
        EventLoop::current().expect("a test's thread has a loop")
    }

    /// Polls every task that was woken until none is.
    pub(crate) fn run_until_stalled() {
        let current = current();
        let _running = current.take_over(Waker::noop());
        while current.poll_tasks() {}
    }

    /// Lets `duration` pass: timers fire in order, tasks run after each.
    pub(crate) fn advance(duration: Duration) {
        run_until_stalled();
        let end = now() + duration;
        let mut fired = 0_u32;
        while let Some(due) = current().next_due().map(|due| now() + due).filter(|due| *due <= end) {
            pass_to(due);
            current().fire();
            run_until_stalled();
            fired += 1;
            assert!(fired < 100_000, "timers are set again and again");
        }
        pass_to(end);
    }

    /// Runs the loop, and time, until `future` is ready; panics after an hour of virtual time.
    pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
        let mut future = std::pin::pin!(future);
        for _ in 0..360_000 {
            let mut context = Context::from_waker(Waker::noop());
            if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
                return value;
            }
            advance(Duration::from_millis(10));
        }
        panic!("the future was not ready after an hour");
    }

    /// How many timers are set.
    pub(crate) fn timers() -> usize {
        current().state().timers.len()
    }

    /// Ends the page: nothing that was queued runs any more.
    pub(crate) fn clear() {
        let current = current();
        let mut state = current.state();
        let ended = (std::mem::take(&mut state.tasks), std::mem::take(&mut state.timers));
        drop(state);
        drop((ended, LOCAL.take()));
    }
}
