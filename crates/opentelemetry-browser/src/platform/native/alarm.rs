//! Wakers that are woken when their time has come, by one thread for all of them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Instant;

#[derive(Debug)]
struct Alarms {
    pending: BTreeMap<(Instant, u64), Waker>,
    has_thread: bool,
}

static ALARMS: Mutex<Alarms> = Mutex::new(Alarms { pending: BTreeMap::new(), has_thread: false });
static CHANGED: Condvar = Condvar::new();
static NEXT: AtomicU64 = AtomicU64::new(0);

fn alarms() -> MutexGuard<'static, Alarms> {
    ALARMS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A waker that waits for its time; dropping this forgets it.
#[derive(Debug)]
pub(super) struct Alarm((Instant, u64));

impl Alarm {
    pub(super) fn set(due: Instant, waker: Waker) -> Self {
        let key = (due, NEXT.fetch_add(1, Ordering::Relaxed));
        let mut alarms = alarms();
        if !alarms.has_thread {
            alarms.has_thread = std::thread::Builder::new().name("event loop".to_owned()).spawn(ring).is_ok();
        }
        if alarms.has_thread {
            alarms.pending.insert(key, waker);
            CHANGED.notify_one();
        } else {
            // A process that may start no thread waits by looking again and again.
            drop(alarms);
            waker.wake();
        }
        Self(key)
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        let waker = alarms().pending.remove(&self.0);
        drop(waker);
    }
}

fn ring() {
    let mut waiting = alarms();
    loop {
        let now = Instant::now();
        match waiting.pending.first_entry() {
            Some(first) if first.key().0 <= now => {
                let waker = first.remove();
                // Who is woken may set the next alarm at once.
                drop(waiting);
                waker.wake();
                waiting = alarms();
            }
            Some(first) => {
                let pause = first.key().0 - now;
                waiting = CHANGED.wait_timeout(waiting, pause).unwrap_or_else(PoisonError::into_inner).0;
            }
            None => waiting = CHANGED.wait(waiting).unwrap_or_else(PoisonError::into_inner),
        }
    }
}
