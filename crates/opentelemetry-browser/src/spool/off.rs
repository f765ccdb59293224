//! In the place of `spool` without the feature of that name: there is none, and what would use it is not linked.

mod config;

use std::sync::Arc;
use std::time::Duration;

pub use config::SpoolConfig;

use crate::diagnostics::Counters;
use crate::transport::sender::Sender;

pub(crate) struct Record {
    pub(crate) key: String,
}

pub(crate) enum Spool {}

pub(crate) fn open(
    _config: SpoolConfig,
    _url: Arc<str>,
    _counters: Arc<Counters>,
    _beside: Option<&Spool>,
) -> Option<Arc<Spool>> {
    None
}

impl Spool {
    pub(crate) fn resends_in_doubt(&self) -> bool {
        match *self {}
    }

    pub(crate) fn put(
        &self,
        _body: Vec<u8>,
        _records: usize,
        _is_in_doubt: bool,
        _on_end: impl FnOnce(bool) + 'static,
    ) -> Option<Record> {
        match *self {}
    }

    pub(crate) fn mark(&self, _key: &str, _is_in_doubt: bool) {
        match *self {}
    }

    pub(crate) fn settle(&self, _on_end: impl FnOnce() + 'static) {
        match *self {}
    }

    pub(crate) fn discard(&self, _record: &Record, _is_left: bool) {
        match *self {}
    }

    #[cfg(feature = "consent")]
    pub(crate) fn open_again(&self) {
        match *self {}
    }

    #[cfg(feature = "consent")]
    pub(crate) fn emptied(&self) {
        match *self {}
    }

    pub(crate) fn come_back(&self) {
        match *self {}
    }

    pub(crate) fn write_at_once<T>(&self, _puts: impl FnOnce() -> T) -> T {
        match *self {}
    }

    pub(crate) fn leave<T>(&self, _puts: impl FnOnce() -> T) -> T {
        match *self {}
    }

    pub(crate) fn claim(&self) {
        match *self {}
    }

    pub(crate) fn disclaim(&self) {
        match *self {}
    }

    pub(crate) async fn drain(&self, _sender: &Arc<Sender>) -> Option<Duration> {
        match *self {}
    }
}
