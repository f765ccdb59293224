//! Where the spans of a page come from: the trace that the page itself is a part of.

use std::sync::Arc;

use opentelemetry::trace::TraceContextExt;

use super::TelemetryBuilder;
use crate::diagnostics::{Cause, Counters, LastError};
use crate::propagation::page_parent;
use crate::trace::builder::TracerProviderBuilder;

/// Gives the page's parent to a provider.
pub(super) type JoinPage = fn(TracerProviderBuilder, &Arc<Counters>) -> TracerProviderBuilder;

impl TelemetryBuilder {
    /// Makes every span without a parent a child of the one that the page was served in: that of `<meta name="traceparent">`.
    /// Without such a tag it changes nothing; a malformed one is in the diagnostics.
    ///
    /// This holds as long as the page lives, and the server's sampling decision with it: it is meant for pages that are left
    /// soon. Where a page lives on for hours, attach [`page_parent`] while it loads, and let each click begin a trace of its own.
    ///
    /// ```no_run
    /// let telemetry = opentelemetry_browser::Telemetry::builder().with_page_parent().install()?;
    /// # Ok::<(), opentelemetry_browser::InstallError>(())
    /// ```
    pub fn with_page_parent(mut self) -> Self {
        self.join_page = Some(join_page);
        self
    }
}

fn join_page(provider: TracerProviderBuilder, counters: &Arc<Counters>) -> TracerProviderBuilder {
    let parent = page_parent().unwrap_or_else(|error| {
        counters.failed(LastError::new(error.to_string(), Cause::PageParent));
        error.into_usable()
    });
    match parent {
        Some(parent) => provider.with_default_parent(parent.span().span_context().clone()),
        None => provider,
    }
}
