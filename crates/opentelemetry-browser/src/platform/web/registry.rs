//! Values that stay on their thread, by numbers that may leave it. There are never more than a few at a time: a list is smaller
//! than a hash map, in memory and in WebAssembly.

/// A thread's values of one kind.
pub(super) struct Registry<T> {
    next: u32,
    entries: Vec<(u32, T)>,
}

impl<T> Registry<T> {
    pub(super) const fn new() -> Self {
        Self { next: 0, entries: Vec::new() }
    }

    /// A number that no other value has.
    pub(super) fn number(&mut self) -> u32 {
        self.next = self.next.wrapping_add(1);
        self.next
    }

    pub(super) fn insert(&mut self, number: u32, value: T) {
        self.entries.push((number, value));
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.entries.iter_mut().find(|(known, _)| *known == number).map(|(_, value)| value)
    }

    pub(super) fn remove(&mut self, number: u32) -> Option<T> {
        let index = self.entries.iter().position(|(known, _)| *known == number)?;
        Some(self.entries.swap_remove(index).1)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().map(|(_, value)| value)
    }
}
