//! Connections: how many there may be, which of them give way, and how long each may take.
//!
//! In: listeners and routers. Out: requests, each of which knows the connection that it came by. Where no more may be, the one gives
//! way that has been idle, or slow to send a request, for longest: who sends fast is never kept out by who is slow.

mod descriptors;
mod io;
mod serve;
mod tls;
mod validity;

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::Notify;

pub use serve::{Listening, serve};
pub use tls::Tls;

/// More connections than these are no use to one machine, however many it may have.
const SENDERS: usize = 1_024;
const READERS: usize = 256;
/// Who sends less than this for a while is slow.
const STEP: usize = 64 << 10;
/// How many descriptors remain for files and for what is handed on.
const OTHERS: usize = 64;

/// The connections of some ports.
#[derive(Debug)]
pub struct Connections {
    most: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    entries: HashMap<u64, Arc<Entry>>,
}

/// What is known of a connection.
#[derive(Debug)]
struct Entry {
    activity: Mutex<Activity>,
    close: Notify,
}

#[derive(Debug, Clone, Copy)]
struct Activity {
    /// How many requests are under way, and of how many the body has not come to its end.
    requests: usize,
    receiving: usize,
    /// For how many bodies there is no room now, though their sender is not slow.
    waiting: usize,
    /// When it last began to be idle, or to send; or when another [`STEP`] of what it sends had come.
    since: Instant,
    /// What has come since then, in bytes.
    came: usize,
    /// Counts the requests that have begun or ended.
    changes: u64,
}

impl Activity {
    fn may_give_way(&self) -> bool {
        self.requests == self.receiving
    }

    /// Whether its sender has been slow for so long.
    fn is_slow(&self, time: Duration) -> bool {
        self.waiting == 0 && self.since.elapsed() > time
    }
}

impl Connections {
    /// For senders of records, and for those who look at them: neither keeps the other out.
    pub fn shares() -> [Arc<Self>; 2] {
        let all = descriptors::limit().saturating_sub(OTHERS).max(8);
        [(all * 3 / 4).min(SENDERS), (all / 4).min(READERS)].map(|most| Arc::new(Self { most, open: Mutex::default() }))
    }

    /// The place for one more connection, for which another may have to go. None if none can.
    fn enter(self: &Arc<Self>) -> Option<Place> {
        let mut open = self.open();
        if open.entries.len() >= self.most {
            let oldest = open.oldest(|activity| activity.may_give_way())?;
            if let Some(entry) = open.entries.remove(&oldest) {
                entry.close.notify_one();
            }
        }
        let number = open.next;
        open.next += 1;
        let activity = Activity { requests: 0, receiving: 0, waiting: 0, since: Instant::now(), came: 0, changes: 0 };
        let entry = Arc::new(Entry { activity: Mutex::new(activity), close: Notify::new() });
        open.entries.insert(number, Arc::clone(&entry));
        Some(Place { connections: Arc::clone(self), number, entry })
    }

    /// Lets the one go that has been idle or sending for longest.
    fn let_one_go(&self) {
        let open = self.open();
        if let Some(entry) = open.oldest(Activity::may_give_way).and_then(|oldest| open.entries.get(&oldest)) {
            entry.close.notify_one();
        }
    }

    /// Lets the one go that has been slow for longest in sending a request, so that there is room for others. False if none has for so
    /// long, or if it is the one that asks.
    fn let_slowest_go(&self, patience: Duration, asking: &Arc<Entry>) -> bool {
        let open = self.open();
        let is_slow =
            |activity: &Activity| activity.receiving > 0 && activity.may_give_way() && activity.is_slow(patience);
        let slowest = open.oldest(is_slow).and_then(|slowest| open.entries.get(&slowest));
        let slowest = slowest.filter(|entry| !Arc::ptr_eq(entry, asking));
        slowest.inspect(|entry| entry.close.notify_one()).is_some()
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn oldest(&self, which: impl Fn(&Activity) -> bool) -> Option<u64> {
        let known = self.entries.iter().map(|(number, entry)| (*entry.activity(), *number));
        known
            .filter(|(activity, _)| which(activity))
            .min_by_key(|(activity, _)| activity.since)
            .map(|(_, number)| number)
    }
}

impl Entry {
    fn activity(&self) -> MutexGuard<'_, Activity> {
        self.activity.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection's place, which it gives back when it is dropped.
#[derive(Debug)]
struct Place {
    connections: Arc<Connections>,
    number: u64,
    entry: Arc<Entry>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.open().entries.remove(&self.number);
    }
}

/// A request that is under way on a connection, until it is dropped.
#[derive(Debug)]
struct UnderWay {
    connections: Arc<Connections>,
    entry: Arc<Entry>,
    is_received: Mutex<bool>,
}

/// Where a request comes from: an extension of it.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Its request's extension, for whoever reads the body.
#[derive(Debug, Clone)]
pub struct Sending(Arc<UnderWay>);

impl UnderWay {
    fn new(place: &Place) -> Self {
        let mut activity = place.entry.activity();
        if activity.requests == 0 {
            (activity.came, activity.since) = (0, Instant::now());
        }
        activity.requests += 1;
        activity.receiving += 1;
        activity.changes += 1;
        drop(activity);
        let (connections, entry) = (Arc::clone(&place.connections), Arc::clone(&place.entry));
        Self { connections, entry, is_received: Mutex::default() }
    }

    fn received(&self) {
        let mut is_received = self.is_received.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(&mut *is_received, true) {
            self.entry.activity().receiving -= 1;
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.received();
        let mut activity = self.entry.activity();
        activity.requests -= 1;
        activity.changes += 1;
        activity.since = Instant::now();
    }
}

impl Sending {
    /// So many bytes of the body have come.
    pub fn came(&self, bytes: usize) {
        let mut activity = self.0.entry.activity();
        activity.came += bytes;
        if activity.came >= STEP {
            (activity.came, activity.since) = (0, Instant::now());
        }
    }

    /// There is no room for the body: until this is dropped it is not its sender that is waited for. Who has been slow for so long is no
    /// faster by that.
    pub fn wait(&self, slow: Duration) -> Waiting {
        let mut activity = self.0.entry.activity();
        let waits = usize::from(!activity.is_slow(slow));
        activity.waiting += waits;
        Waiting { entry: Arc::clone(&self.0.entry), begun: Instant::now(), waits }
    }

    /// The body has come to its end.
    pub fn received(&self) {
        self.0.received();
    }

    /// Lets the slowest of those that send go, so that there is room. False if none is so slow, or if this is the slowest.
    pub fn let_slowest_go(&self, patience: Duration) -> bool {
        self.0.connections.let_slowest_go(patience, &self.0.entry)
    }
}

/// A body for which there is no room now.
#[must_use]
#[derive(Debug)]
pub struct Waiting {
    entry: Arc<Entry>,
    begun: Instant,
    /// None if its sender is slow.
    waits: usize,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut activity = self.entry.activity();
        activity.waiting -= self.waits;
        if self.waits > 0 {
            activity.since = (activity.since + self.begun.elapsed()).min(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(most: usize) -> Arc<Connections> {
        Arc::new(Connections { most, open: Mutex::default() })
    }

    #[test]
    fn who_is_idle_for_longest_gives_way_and_who_is_answered_does_not() {
        let connections = connections(2);
        let [answered, idle] = [(); 2].map(|()| connections.enter().unwrap());
        let request = UnderWay::new(&answered);
        request.received();
        let third = connections.enter().unwrap();
        let open = |place: &Place| connections.open().entries.contains_key(&place.number);
        assert!(open(&answered) && !open(&idle) && open(&third));
        let request = UnderWay::new(&third);
        request.received();
        assert!(connections.enter().is_none(), "both are answered");
        drop(request);
        assert!(connections.enter().is_some());
    }

    #[test]
    fn who_drips_is_no_faster_for_having_waited_and_who_sends_on_is_not_slow() {
        let connections = connections(3);
        let [slow, waits, asking] = [(); 3].map(|()| connections.enter().unwrap());
        let sending = [&slow, &waits].map(|place| Sending(Arc::new(UnderWay::new(place))));
        let hour = Duration::from_secs(3_600);
        let is_let_go = || connections.let_slowest_go(hour, &asking.entry);
        let ago = |place: &Place| place.entry.activity().since = Instant::now().checked_sub(hour + hour).unwrap();
        // Who was not slow before it had to wait is not by that.
        let room = sending[1].wait(hour);
        ago(&waits);
        assert!(!is_let_go());
        drop(room);
        assert!(is_let_go());
        [STEP / 2, STEP / 2].into_iter().for_each(|bytes| sending[1].came(bytes));
        assert!(!is_let_go());
        ago(&slow);
        sending[0].came(1);
        let room = sending[0].wait(hour);
        assert!(is_let_go());
        drop(room);
        assert!(is_let_go());
    }

    #[test]
    fn who_just_began_to_send_is_not_slow() {
        let connections = connections(2);
        let [place, other] = [(); 2].map(|()| connections.enter().unwrap());
        let request = UnderWay::new(&place);
        let hour = Duration::from_secs(3_600);
        let is_let_go = |asking: &Place| connections.let_slowest_go(hour, &asking.entry);
        assert!(!is_let_go(&other));
        place.entry.activity().since = Instant::now().checked_sub(hour + hour).unwrap();
        assert!(is_let_go(&other) && !is_let_go(&place));
        request.received();
        assert!(!is_let_go(&other));
    }
}
