//! Bounds what is under way at once: requests, and the bytes of their bodies, compressed and inflated.
//!
//! Whoever finds no room is told to come again. It is told before anything of it is kept, so no success is ever taken back.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::response::Failure;
use crate::Bounds;

#[derive(Debug)]
pub struct Gate {
    requests: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
}

/// The room that one request takes. Dropping it gives it back.
#[derive(Debug)]
pub struct Slot {
    _request: OwnedSemaphorePermit,
    /// None of a semaphore: starts empty and grows.
    held: Option<OwnedSemaphorePermit>,
    bytes: Arc<Semaphore>,
}

impl Gate {
    pub fn new(bounds: Bounds) -> Self {
        let semaphore = |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        Self { requests: semaphore(bounds.requests), bytes: semaphore(bounds.bytes) }
    }

    pub fn enter(&self) -> Result<Slot, Failure> {
        let request = Arc::clone(&self.requests).try_acquire_owned().map_err(|_| Failure::Overloaded)?;
        Ok(Slot { _request: request, held: None, bytes: Arc::clone(&self.bytes) })
    }
}

impl Slot {
    /// Takes room for so many more bytes.
    pub fn reserve(&mut self, bytes: usize) -> Result<(), Failure> {
        let permits = u32::try_from(bytes).map_err(|_| Failure::Overloaded)?;
        let more = Arc::clone(&self.bytes).try_acquire_many_owned(permits).map_err(|_| Failure::Overloaded)?;
        self.add(more);
        Ok(())
    }

    /// Takes room for so many bytes altogether: gives some back, or waits until others have given back enough.
    pub async fn hold(&mut self, bytes: usize, patience: Duration) -> Result<(), Failure> {
        let held = self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        if let Some(less) = held.checked_sub(bytes) {
            drop(self.held.as_mut().and_then(|held| held.split(less)));
            return Ok(());
        }
        let permits = u32::try_from(bytes - held).map_err(|_| Failure::Overloaded)?;
        let more = timeout(patience, Arc::clone(&self.bytes).acquire_many_owned(permits)).await;
        let more = more.ok().and_then(Result::ok).ok_or(Failure::Overloaded)?;
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

    fn gate(requests: usize, bytes: usize) -> Gate {
        Gate::new(Bounds { requests, bytes, ..Bounds::default() })
    }

    #[test]
    fn requests_are_bounded_and_their_end_makes_room() {
        let gate = gate(2, 100);
        let first = gate.enter().unwrap();
        let _second = gate.enter().unwrap();
        assert!(matches!(gate.enter(), Err(Failure::Overloaded)));
        drop(first);
        assert!(gate.enter().is_ok());
    }

    #[test]
    fn bytes_are_bounded_over_all_requests() {
        let gate = gate(9, 100);
        let (mut first, mut second) = (gate.enter().unwrap(), gate.enter().unwrap());
        first.reserve(60).unwrap();
        first.reserve(10).unwrap();
        assert!(matches!(second.reserve(31), Err(Failure::Overloaded)));
        second.reserve(30).unwrap();
        assert!(matches!(second.reserve(usize::MAX), Err(Failure::Overloaded)));
        drop(first);
        second.reserve(70).unwrap();
    }

    #[tokio::test]
    async fn room_is_given_back_and_waited_for() {
        let gate = gate(9, 100);
        let (mut first, mut second) = (gate.enter().unwrap(), gate.enter().unwrap());
        let (none, patience) = (Duration::ZERO, Duration::from_secs(60));
        first.hold(90, patience).await.unwrap();
        assert!(matches!(second.hold(20, none).await, Err(Failure::Overloaded)));
        first.hold(70, patience).await.unwrap();
        second.hold(20, patience).await.unwrap();
        first.hold(80, patience).await.unwrap();
        let (waits, _) = tokio::join!(first.hold(100, patience), async { second.hold(0, patience).await.unwrap() });
        waits.unwrap();
    }
}
