//! Bounds what the process holds at once: requests, and the bytes of what has come of them: bodies, compressed and inflated, the
//! messages that are read from them, what is on its way to the disk, and answers that are held until they are whole.
//!
//! Whoever finds no room is told to come again. It is told before anything of it is kept, so no success is ever taken back.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::Refusal;
use crate::Bounds;

/// All copies are one.
#[derive(Debug, Clone)]
pub struct Budget {
    requests: Arc<Semaphore>,
    rooms: Rooms,
    most: usize,
}

/// Where room is taken from.
#[derive(Debug, Clone)]
struct Rooms {
    all: Arc<Semaphore>,
    /// What bodies may take of it that have not come to their end: whatever their senders do, the rest is for requests that have.
    bodies: Arc<Semaphore>,
}

impl Rooms {
    /// Holds nothing yet, and is no request.
    fn share(&self) -> Held {
        Held { _request: None, held: None, body: None, rooms: self.clone() }
    }
}

/// The part of all room that bodies leave to requests which have come to their end.
const WHOLE: usize = 8;

/// The room that one request takes. Dropping it gives it back.
#[derive(Debug)]
pub struct Held {
    /// None of a share.
    _request: Option<OwnedSemaphorePermit>,
    /// None of a semaphore: starts empty and grows.
    held: Option<OwnedSemaphorePermit>,
    /// The same of a body that has not come to its end.
    body: Option<OwnedSemaphorePermit>,
    rooms: Rooms,
}

impl Budget {
    pub fn new(bounds: Bounds) -> Self {
        let semaphore = |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        let rooms = Rooms { all: semaphore(bounds.bytes), bodies: semaphore(bounds.bytes - bounds.bytes / WHOLE) };
        Self { requests: semaphore(bounds.requests), most: rooms.all.available_permits(), rooms }
    }

    /// The bytes that are held, and the most that may be.
    pub fn bytes(&self) -> (usize, usize) {
        (self.most.saturating_sub(self.rooms.all.available_permits()), self.most)
    }

    /// Holds nothing yet, and is no request.
    pub fn share(&self) -> Held {
        self.rooms.share()
    }

    pub fn enter(&self) -> Result<Held, Refusal> {
        let request = Arc::clone(&self.requests).try_acquire_owned().map_err(|_| Refusal::Overloaded)?;
        Ok(Held { _request: Some(request), ..self.share() })
    }
}

impl Held {
    /// Holds nothing yet, and takes room from the same budget.
    pub fn share(&self) -> Self {
        self.rooms.share()
    }

    /// Holds what the share does too.
    pub fn merge(&mut self, share: Self) {
        add(&mut self.held, share.held);
    }

    /// Gives back what is held beyond so many bytes.
    pub fn shrink_to(&mut self, bytes: usize) {
        for permit in [&mut self.held, &mut self.body] {
            if let Some(less) = size(permit).checked_sub(bytes) {
                drop(permit.as_mut().and_then(|permit| permit.split(less)));
            }
        }
    }

    /// Takes room for so many more bytes.
    pub fn reserve(&mut self, bytes: usize) -> Result<(), Refusal> {
        let permits = u32::try_from(bytes).map_err(|_| Refusal::Overloaded)?;
        let more = Arc::clone(&self.rooms.all).try_acquire_many_owned(permits).map_err(|_| Refusal::Overloaded)?;
        add(&mut self.held, Some(more));
        Ok(())
    }

    /// The same for a body that has not come to its end.
    pub fn receive(&mut self, bytes: usize) -> Result<(), Refusal> {
        let permits = u32::try_from(bytes).map_err(|_| Refusal::Overloaded)?;
        let more = Arc::clone(&self.rooms.bodies).try_acquire_many_owned(permits).map_err(|_| Refusal::Overloaded)?;
        self.reserve(bytes)?;
        add(&mut self.body, Some(more));
        Ok(())
    }

    /// The body has come to its end.
    pub fn received(&mut self) {
        self.body = None;
    }

    /// Takes room for so many bytes of a body altogether: gives some back, or waits until others have given back enough.
    pub async fn hold(&mut self, bytes: usize, patience: Duration) -> Result<(), Refusal> {
        self.shrink_to(bytes);
        let Self { held, body, rooms, .. } = self;
        let growing = async {
            for (permit, room) in [(body, &rooms.bodies), (held, &rooms.all)] {
                let permits = u32::try_from(bytes - size(permit)).map_err(|_| Refusal::Overloaded)?;
                let more = Arc::clone(room).acquire_many_owned(permits).await.map_err(|_| Refusal::Overloaded)?;
                add(permit, Some(more));
            }
            Ok(())
        };
        timeout(patience, growing).await.unwrap_or(Err(Refusal::Overloaded))
    }
}

fn size(permit: &Option<OwnedSemaphorePermit>) -> usize {
    permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
}

fn add(permit: &mut Option<OwnedSemaphorePermit>, more: Option<OwnedSemaphorePermit>) {
    match (permit, more) {
        (Some(permit), Some(more)) => permit.merge(more),
        (permit, Some(more)) => *permit = Some(more),
        (_, None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(requests: usize, bytes: usize) -> Budget {
        Budget::new(Bounds { requests, bytes, ..Bounds::default() })
    }

    #[test]
    fn requests_are_bounded_and_their_end_makes_room() {
        let budget = budget(2, 100);
        let first = budget.enter().unwrap();
        let _second = budget.enter().unwrap();
        assert!(matches!(budget.enter(), Err(Refusal::Overloaded)));
        drop(first);
        assert!(budget.enter().is_ok());
    }

    #[test]
    fn bytes_are_bounded_over_all_requests() {
        let budget = budget(9, 100);
        let (mut first, mut second) = (budget.enter().unwrap(), budget.enter().unwrap());
        first.reserve(60).unwrap();
        first.reserve(10).unwrap();
        assert!(matches!(second.reserve(31), Err(Refusal::Overloaded)));
        second.reserve(30).unwrap();
        assert!(matches!(second.reserve(usize::MAX), Err(Refusal::Overloaded)));
        drop(first);
        second.reserve(70).unwrap();
    }

    #[test]
    fn bodies_leave_room_to_requests_that_have_come_to_their_end() {
        let budget = budget(9, 800);
        let (mut slow, mut whole) = (budget.enter().unwrap(), budget.enter().unwrap());
        slow.receive(600).unwrap();
        assert!(matches!(slow.receive(101), Err(Refusal::Overloaded)));
        slow.receive(100).unwrap();
        assert!(matches!(whole.receive(1), Err(Refusal::Overloaded)));
        whole.reserve(100).unwrap();
        assert!(matches!(slow.receive(1), Err(Refusal::Overloaded)));
        slow.received();
        assert!(matches!(whole.receive(1), Err(Refusal::Overloaded)), "what has come is still held");
        slow.shrink_to(300);
        whole.receive(400).unwrap();
        assert_eq!(budget.bytes(), (800, 800));
    }

    #[tokio::test]
    async fn room_is_given_back_and_waited_for() {
        let budget = budget(9, 114);
        let (mut first, mut second) = (budget.enter().unwrap(), budget.enter().unwrap());
        let (none, patience) = (Duration::ZERO, Duration::from_secs(60));
        first.hold(90, patience).await.unwrap();
        assert!(matches!(second.hold(20, none).await, Err(Refusal::Overloaded)));
        first.hold(70, patience).await.unwrap();
        second.hold(20, patience).await.unwrap();
        first.hold(80, patience).await.unwrap();
        let (waits, _) = tokio::join!(first.hold(100, patience), async { second.hold(0, patience).await.unwrap() });
        waits.unwrap();
    }
}
