//! What the readers of nested messages share: how much may still be taken, and what is said of what was passed over.

use std::cell::{Cell, RefCell, RefMut};

use super::{
    beside::{Beside, Mark},
    role::Role,
};
use crate::ingest::{
    Signal,
    verdict::{Heard, named, short},
    weight::{Deeper, Weight},
};

#[derive(Debug)]
pub struct Reading<'w> {
    weight: &'w Weight,
    /// Whether a record that cannot be read is left out, instead of the whole document.
    lenient: bool,
    /// Whether what is read is shared by records.
    shared: Cell<bool>,
    heard: RefCell<Heard>,
    beside: RefCell<Beside>,
    signal: Signal,
}

impl<'w> Reading<'w> {
    /// The first field that cannot be read is the end.
    pub fn strict(weight: &'w Weight) -> Self {
        Self {
            weight,
            lenient: false,
            shared: Cell::default(),
            heard: RefCell::default(),
            beside: RefCell::default(),
            signal: Signal::Traces,
        }
    }

    /// A field that cannot be read costs its record. It takes longer.
    pub fn lenient(signal: Signal, weight: &'w Weight) -> Self {
        Self { lenient: true, signal, ..Self::strict(weight) }
    }

    pub fn heard(self) -> Heard {
        let mut heard = self.heard.into_inner();
        heard.members = self.beside.into_inner().by_place().collect();
        heard
    }

    /// What was found that is not known.
    pub fn beside(&self) -> RefMut<'_, Beside> {
        self.beside.borrow_mut()
    }

    /// Keeps a member that is not known, or tells why not. False if there is no memory for it.
    pub fn keep(&self, name: &str, value: &str) -> bool {
        if let Err(why) = self.beside().keep(name, value) {
            self.left_out(&format!("member {:?}", short(name)), why);
            return true;
        }
        // Its text, which is put together with others, and the steps to it.
        self.take(2 * (name.len() + value.len()) + 256)
    }

    /// Nothing that was found since is taken.
    pub fn back_to(&self, mark: Mark) {
        self.beside().back_to(mark);
    }

    pub fn take(&self, bytes: usize) -> bool {
        self.weight.take(bytes)
    }

    pub fn deeper(&self, levels: usize) -> Option<Deeper<'_>> {
        self.weight.deeper(levels)
    }

    pub fn is_lenient(&self) -> bool {
        self.lenient
    }

    /// Whether each element of a list of such messages is read by itself.
    pub fn isolates(&self, role: Role) -> bool {
        self.lenient && (role == Role::Record || role == Role::Attribute && self.shared.get())
    }

    /// Within it, what is read is shared by records.
    pub fn sharing<T>(&self, read: impl FnOnce() -> T) -> T {
        let before = self.shared.replace(true);
        let read = read();
        self.shared.set(before);
        read
    }

    pub fn reject(&self, name: &str, why: &str) {
        self.heard.borrow_mut().rejected.add(1, || format!("{}: {why}", named(self.signal, name)));
    }

    pub fn left_out(&self, what: &str, why: &str) {
        self.heard.borrow_mut().note(format!("{what} is left out: {why}"));
    }

    /// Tells of a field that other requests have, or had. Nothing is read of it: always false.
    pub fn passed_over(&self, field: &str) -> bool {
        let (what, instead) = match field {
            "resourceSpans" | "resource_spans" => ("spans", Signal::Traces.path()),
            "resourceLogs" | "resource_logs" => ("log records", Signal::Logs.path()),
            "resourceMetrics" | "resource_metrics" => ("metrics", Signal::Metrics.path()),
            "instrumentationLibrarySpans"
            | "instrumentation_library_spans"
            | "instrumentationLibraryLogs"
            | "instrumentation_library_logs"
            | "instrumentationLibraryMetrics"
            | "instrumentation_library_metrics" => {
                let words = format!("{field} is not read: OTLP has no such field since 0.20; use a newer exporter");
                self.heard.borrow_mut().note(words);
                return false;
            }
            _ => return false,
        };
        self.heard.borrow_mut().note(format!("{field} is not read here: {what} are to be sent to {instead}"));
        false
    }
}
