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
    bytes: Arc<Semaphore>,
    most: usize,
}

/// The room that one request takes. Dropping it gives it back.
#[derive(Debug)]
pub struct Held {
    /// None of a share.
    _request: Option<OwnedSemaphorePermit>,
    /// None of a semaphore: starts empty and grows.
    held: Option<OwnedSemaphorePermit>,
    bytes: Arc<Semaphore>,
}

impl Budget {
    pub fn new(bounds: Bounds) -> Self {
        let semaphore = |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        let bytes = semaphore(bounds.bytes);
        Self { requests: semaphore(bounds.requests), most: bytes.available_permits(), bytes }
    }

    /// The bytes that are held, and the most that may be.
    pub fn bytes(&self) -> (usize, usize) {
        (self.most.saturating_sub(self.bytes.available_permits()), self.most)
    }

    /// Holds nothing yet, and is no request.
    pub fn share(&self) -> Held {
        Held { _request: None, held: None, bytes: Arc::clone(&self.bytes) }
    }

    pub fn enter(&self) -> Result<Held, Refusal> {
        let request = Arc::clone(&self.requests).try_acquire_owned().map_err(|_| Refusal::Overloaded)?;
        Ok(Held { _request: Some(request), held: None, bytes: Arc::clone(&self.bytes) })
    }
}

impl Held {
    /// Holds nothing yet, and takes room from the same budget.
    pub fn share(&self) -> Self {
        Self { _request: None, held: None, bytes: Arc::clone(&self.bytes) }
    }

    /// Holds what the share does too.
    pub fn merge(&mut self, share: Self) {
        if let Some(more) = share.held {
            self.add(more);
        }
    }

    /// Gives back what is held beyond so many bytes.
    pub fn shrink_to(&mut self, bytes: usize) {
        if let Some(less) = self.bytes_held().checked_sub(bytes) {
            drop(self.held.as_mut().and_then(|held| held.split(less)));
        }
    }

    fn bytes_held(&self) -> usize {
        self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
    }

    /// Takes room for so many more bytes.
    pub fn reserve(&mut self, bytes: usize) -> Result<(), Refusal> {
        let permits = u32::try_from(bytes).map_err(|_| Refusal::Overloaded)?;
        let more = Arc::clone(&self.bytes).try_acquire_many_owned(permits).map_err(|_| Refusal::Overloaded)?;
        self.add(more);
        Ok(())
    }

    /// Takes room for so many bytes altogether: gives some back, or waits until others have given back enough.
    pub async fn hold(&mut self, bytes: usize, patience: Duration) -> Result<(), Refusal> {
        let held = self.bytes_held();
        if held >= bytes {
            self.shrink_to(bytes);
            return Ok(());
        }
        let permits = u32::try_from(bytes - held).map_err(|_| Refusal::Overloaded)?;
        let more = timeout(patience, Arc::clone(&self.bytes).acquire_many_owned(permits)).await;
        let more = more.ok().and_then(Result::ok).ok_or(Refusal::Overloaded)?;
        self.add(more);
        Ok(())
    }

    fn add(&mut self, more: OwnedSemaphorePermit) {
        match &mut self.held {
            Some(held) => held.merge(more),
            None => self.held = Some(more),
        }
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

    #[tokio::test]
    async fn room_is_given_back_and_waited_for() {
        let budget = budget(9, 100);
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
