//! What is configured of sessions: when they end, who shares them, which of them are recorded.

use std::time::Duration;

use crate::platform::Area;

/// What a ratio of sessions is a part of.
const WHOLE: u64 = 1 << 53;

/// Who shares a session, and where its id is kept.
///
/// ```
/// use opentelemetry_browser::{SessionConfig, SessionScope, Telemetry};
///
/// let config = SessionConfig::default().with_scope(SessionScope::Tab);
/// Telemetry::builder().with_session(config).install()?;
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionScope {
    /// All tabs of the origin, by `localStorage`.
    #[default]
    Origin,
    /// The pages of one tab, by `sessionStorage`.
    Tab,
    /// This page, until it is left. Nothing is kept on the visitor's device.
    Memory,
}

impl SessionScope {
    pub(super) fn area(self) -> Option<Area> {
        match self {
            Self::Origin => Some(Area::Origin),
            Self::Tab => Some(Area::Tab),
            Self::Memory => None,
        }
    }
}

/// When a session ends, who shares it, and how many sessions are recorded.
///
/// ```
/// use std::time::Duration;
/// use opentelemetry_browser::{SessionConfig, SessionScope, Telemetry};
///
/// let session = SessionConfig::default()
///     .with_idle_timeout(Duration::from_secs(15 * 60))
///     .with_scope(SessionScope::Tab)
///     .with_sample_ratio(0.1);
/// let telemetry = Telemetry::builder().with_session(session).install()?;
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionConfig {
    pub(super) idle: Duration,
    pub(super) maximum: Duration,
    pub(super) scope: SessionScope,
    /// Of `WHOLE` values that an id can have, those below it are recorded.
    sampled_below: u64,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(30 * 60),
            maximum: Duration::from_secs(4 * 60 * 60),
            scope: SessionScope::default(),
            sampled_below: WHOLE,
        }
    }
}

impl SessionConfig {
    /// How long nothing may be recorded before the next span or log record begins a new session. Default: 30 minutes.
    #[must_use]
    pub fn with_idle_timeout(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// How long a session may be. Default: 4 hours.
    #[must_use]
    pub fn with_maximum_duration(mut self, maximum: Duration) -> Self {
        self.maximum = maximum;
        self
    }

    /// Who shares the session. Default: [`SessionScope::Origin`].
    #[must_use]
    pub fn with_scope(mut self, scope: SessionScope) -> Self {
        self.scope = scope;
        self
    }

    /// The share of sessions that are recorded, from 0 to 1. Default: 1.
    ///
    /// A session is recorded as a whole or not at all, on all of its pages and in all of its tabs: its id decides. Of one that is not,
    /// no trace begins here, and no log record is exported. What belongs to a trace that others have begun follows their decision: a
    /// span its parent's, a log record that of a span that is sampled. Of a session that is recorded, the pipeline's
    /// [sampler](crate::TelemetryBuilder::with_sampler) may still leave traces out.
    ///
    /// This holds for a pipeline [with sessions](crate::TelemetryBuilder::with_session); a [`SessionProcessor`](super::SessionProcessor)
    /// alone samples nothing.
    #[must_use]
    pub fn with_sample_ratio(mut self, ratio: f64) -> Self {
        self.sampled_below = (ratio * WHOLE as f64) as u64;
        self
    }

    /// Whether all sessions are recorded.
    pub(super) fn samples_all(&self) -> bool {
        self.sampled_below >= WHOLE
    }

    /// Whether a session of this id is recorded.
    pub(super) fn samples(&self, id: &str) -> bool {
        // FNV-1a, and a mix after it, since the first bits of it alone are much alike.
        let hash = id
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        (mixed ^ (mixed >> 33)) % WHOLE < self.sampled_below
    }
}
