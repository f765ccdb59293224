//! Which records have a copy outside of the page, against crashes: in the origin's storage, or left to the browser by `fetchLater`.

use super::queue::Range;

/// A record of the storage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Copy {
    pub(crate) id: u32,
    pub(crate) range: Range,
    /// Whether it is marked there as being in doubt: its records are under way.
    pub(crate) is_marked: bool,
    writing: Writing,
}

/// What the storage has made of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    /// It may end with the page.
    Begun,
    Written,
    /// It did not take it.
    Refused,
}

impl Copy {
    /// Whether it holds the records of whoever leaves them to it.
    fn is_sound(&self) -> bool {
        !self.is_marked && self.writing == Writing::Written
    }
}

/// The copies of what this page still holds.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    list: Vec<Copy>,
    /// What is left to the browser.
    pub(crate) armed: Option<Range>,
    next: u32,
}

impl Copies {
    /// Takes back what is left to the browser, if it concerns these.
    pub(crate) fn disarm(&mut self, range: Range) -> bool {
        cfg!(feature = "crash-copies") && self.armed.take_if(|armed| armed.overlaps(range)).is_some()
    }

    /// Takes back all that is left to the browser.
    pub(crate) fn disarm_all(&mut self) -> bool {
        cfg!(feature = "crash-copies") && self.armed.take().is_some()
    }

    /// A number for a further copy.
    pub(crate) fn number(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    pub(crate) fn is_empty(&self) -> bool {
        !cfg!(feature = "spool") || self.list.is_empty()
    }

    /// One of a page that is left is written at once.
    pub(crate) fn add(&mut self, id: u32, range: Range, is_marked: bool, is_left: bool) {
        let writing = if is_left { Writing::Written } else { Writing::Begun };
        self.list.push(Copy { id, range, is_marked, writing });
    }

    /// Whether the storage has taken a copy. If not, it is not asked again until these records have no other place.
    pub(crate) fn stored(&mut self, id: u32, is_written: bool) {
        if let Some(copy) = self.list.iter_mut().find(|copy| copy.id == id) {
            copy.writing = if is_written { Writing::Written } else { Writing::Refused };
        }
    }

    /// Whether the next page would send some of these, as it knows nothing of a request.
    pub(crate) fn are_sound(&self, range: Range) -> bool {
        cfg!(feature = "spool") && self.list.iter().any(|copy| copy.is_sound() && copy.range.overlaps(range))
    }

    /// Takes the copy that holds just these records, if they are not under way.
    pub(crate) fn take_exact(&mut self, range: Range) -> Option<u32> {
        let index = self.list.iter().position(|copy| copy.range == range && copy.is_sound())?;
        Some(self.list.swap_remove(index).id)
    }

    /// The records of the copy that begins at this place and ends before `end`, if they are not under way.
    pub(crate) fn starting(&self, from: u64, end: u64) -> Option<Range> {
        let is_it = |copy: &&Copy| copy.is_sound() && copy.range.from == from && copy.range.to <= end;
        self.list.iter().find(is_it).map(|copy| copy.range)
    }

    /// Where the next copy begins after this place.
    pub(crate) fn next_after(&self, place: u64) -> Option<u64> {
        self.list.iter().filter(|copy| !copy.is_marked).map(|copy| copy.range.from).filter(|from| *from > place).min()
    }

    /// The first part of a range that has no copy.
    pub(crate) fn first_uncovered(&self, range: Range) -> Option<Range> {
        let mut from = range.from;
        while let Some(copy) =
            self.list.iter().find(|copy| !copy.is_marked && copy.range.from <= from && from < copy.range.to)
        {
            from = copy.range.to;
        }
        let to = self.next_after(from).unwrap_or(range.to).min(range.to);
        (from < to).then_some(Range { from, to })
    }

    /// Whether every record of a range has a copy of the kind.
    pub(crate) fn covers(&self, range: Range, is_marked: bool) -> bool {
        let mut from = range.from;
        while let Some(copy) =
            self.list.iter().find(|copy| copy.is_marked == is_marked && copy.range.from <= from && from < copy.range.to)
        {
            from = copy.range.to;
        }
        from >= range.to
    }

    /// Whether every record of a range has a copy of the kind, and the end of the page does these no harm.
    pub(crate) fn outlive_page(&self, range: Range, is_marked: bool) -> bool {
        self.covers(range, is_marked)
            && self.list.iter().all(|copy| copy.writing != Writing::Begun || !copy.range.overlaps(range))
    }

    /// Marks, or unmarks, the copies that lie within a range; gives their numbers.
    pub(crate) fn mark_within(&mut self, range: Range, is_marked: bool) -> Vec<u32> {
        let mut changed = Vec::new();
        if self.is_empty() {
            return changed;
        }
        for copy in &mut self.list {
            if range.contains(copy.range) && copy.is_marked != is_marked {
                copy.is_marked = is_marked;
                changed.push(copy.id);
            }
        }
        changed
    }

    /// Takes out what is no use any more; gives the numbers.
    pub(crate) fn take(&mut self, is_obsolete: &dyn Fn(&Copy) -> bool) -> Vec<u32> {
        if self.is_empty() {
            return Vec::new();
        }
        self.list.extract_if(.., |copy| is_obsolete(copy)).map(|copy| copy.id).collect()
    }
}
