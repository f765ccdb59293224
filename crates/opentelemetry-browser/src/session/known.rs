//! A session, as a page knows it and as it is in the storage.

use std::sync::Arc;
use std::time::Duration;

use super::{Change, SessionConfig};
use crate::resource::uuid;

/// How far a time in the storage may be ahead: further, and the clock was set back.
const AHEAD_MS: f64 = 60_000.0;

/// What stands last in the storage of a session of which it was told that it is over.
const ENDED: &str = "ended";

pub(super) struct Known {
    pub(super) id: Arc<str>,
    /// When it began, and when the last span or record of it did, in milliseconds since the Unix epoch.
    pub(super) started: f64,
    pub(super) seen: f64,
    /// When it was last compared with the storage.
    pub(super) synced: f64,
    /// The session before it, until the first span or record has told so.
    pub(super) previous: Option<Arc<str>>,
    /// Whether some page has told that it is over.
    pub(super) is_ended: bool,
}

impl Known {
    /// A session that begins now, after another.
    pub(super) fn begin(now: f64, previous: Option<Arc<str>>) -> Self {
        Self { id: uuid().into(), started: now, seen: now, synced: now, previous, is_ended: false }
    }

    /// When it is over, if nothing happens until then.
    pub(super) fn end(&self, config: &SessionConfig) -> f64 {
        let millis = |duration: Duration| duration.as_secs_f64() * 1000.0;
        (self.seen + millis(config.idle)).min(self.started + millis(config.maximum))
    }

    /// What is told of it when it is over.
    pub(super) fn ended(&self, config: &SessionConfig, now: f64) -> Change {
        Change::Ended { at: self.end(config).min(now), id: self.id.clone() }
    }

    pub(super) fn is_over(&self, config: &SessionConfig, now: f64) -> bool {
        self.is_ended || now >= self.end(config) || self.started > now + AHEAD_MS
    }

    pub(super) fn parse(text: &str, now: f64) -> Option<Self> {
        let mut fields = text.split(' ');
        let (version, id) = (fields.next()?, fields.next()?);
        let mut time = || fields.next()?.parse::<u64>().ok().map(|millis| millis as f64);
        let (started, seen) = (time()?, time()?);
        let end = fields.next();
        let is_id = (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let is_sound = version == "1"
            && is_id
            && started <= seen
            && seen <= now + AHEAD_MS
            && end.is_none_or(|end| end == ENDED)
            && fields.next().is_none();
        is_sound.then(|| Self { id: id.into(), started, seen, synced: now, previous: None, is_ended: end.is_some() })
    }

    pub(super) fn text(&self) -> String {
        let end = if self.is_ended { format!(" {ENDED}") } else { String::new() };
        format!("1 {} {} {}{end}", self.id, self.started as u64, self.seen as u64)
    }
}
