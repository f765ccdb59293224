//! A list of traces as somebody asks for it who may have one already.

use super::{Filter, Store, Version};
use crate::model::TraceId;

/// The traces that fit, newest start first.
#[derive(Debug, PartialEq, Eq)]
pub struct Listed {
    pub ids: Vec<TraceId>,
    /// Up to where this holds.
    pub version: Version,
    /// Whether these are all that fit, not only those that have changed.
    pub complete: bool,
}

impl Store {
    /// At most `limit`; with `since` only those that have changed since then, if that is known, and if they are not more than that.
    pub fn listed(&self, since: Option<Version>, filter: &Filter, limit: usize) -> Listed {
        if let Some((version, Some(ids))) = since.map(|since| self.changed_since(since, filter))
            && ids.len() <= limit
        {
            return Listed { ids, version, complete: false };
        }
        // Before the list: what changes meanwhile is then told twice rather than never.
        let version = self.version();
        Listed { ids: self.search(filter, limit), version, complete: true }
    }
}
