//! What became of the spans: in come the events of a pipeline, out go counts, the last error and its likely cause.
//!
//! [`Diagnostics`] is a snapshot for users. [`counters`] keeps count, [`cause`] names what can go wrong, [`judgement`] finds
//! the cause of a failure below HTTP from what a probe has seen, [`advice`] says what to do about it in lines that [`shell`] makes
//! fit to be pasted, and [`report`] calls the user's callback and warns on the console.

mod advice;
pub(crate) mod cause;
pub(crate) mod counters;
pub(crate) mod judgement;
pub(crate) mod report;
mod shell;

pub use cause::{Cause, Diagnosis, LastError};
pub(crate) use counters::Counters;

/// How many spans were dropped, by reason.
///
/// ```
/// let report = |diagnostics: &opentelemetry_browser::Diagnostics| {
///     let dropped = diagnostics.dropped;
///     if dropped.queue_full > 0 {
///         println!("{} of {} lost spans had no room in the queue", dropped.queue_full, dropped.total());
///     }
/// };
/// let telemetry = opentelemetry_browser::Telemetry::builder().with_diagnostics_callback(report).install()?;
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// The queue was full when they ended, by their number or by their size.
    pub queue_full: u64,
    /// The receiver took the request but not them (`partialSuccess.rejectedSpans`).
    pub rejected: u64,
    /// The receiver answered with a status that forbids a retry, such as 400.
    pub refused: u64,
    /// Another exporter than this crate's returned an error.
    pub export_failed: u64,
    /// Each of them failed by itself, again and again, while others were delivered.
    pub undeliverable: u64,
    /// They could not be delivered before a shutdown was over, or ended after it.
    pub shutdown: u64,
    /// The origin's storage refused them when they were left to it.
    pub storage: u64,
    /// They waited when the visitor withdrew their consent, or ended after that.
    pub withdrawn: u64,
}

impl Dropped {
    /// All of them.
    pub fn total(&self) -> u64 {
        let (here, at_receiver) =
            (self.queue_full + self.shutdown + self.storage + self.withdrawn, self.rejected + self.refused);
        here + at_receiver + self.export_failed + self.undeliverable
    }
}

/// What became of the spans of a pipeline so far.
///
/// `recorded == exported + dropped.total() + in_doubt + spooled + queued` at any time: each span that this pipeline recorded is in
/// exactly one of these places.
///
/// ```
/// # fn example(telemetry: &opentelemetry_browser::Telemetry) {
/// let diagnostics = telemetry.diagnostics();
/// if let Some(error) = &diagnostics.last_error {
///     println!("{} spans wait: {error}", diagnostics.queued);
///     println!("{}", error.advice.as_deref().unwrap_or("nothing can be advised"));
/// }
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostics {
    /// Spans that have begun, are recorded, and have not ended. One that never ends is never exported: if this grows and grows, a span
    /// is held by something that is never let go of, such as a context that is bound to a forgotten closure; see
    /// [`bind_context`](crate::bind_context). They are not among the recorded ones.
    pub open: u64,
    /// Sampled spans that ended.
    pub recorded: u64,
    /// Spans that the sampler left out. They are not among the recorded ones.
    pub sampled_out: u64,
    /// Spans that a receiver took in.
    pub exported: u64,
    /// Spans that are lost.
    pub dropped: Dropped,
    /// Spans that the browser had when the page was left, and that may have arrived: it did not say what became of them. If the next
    /// page finds that the receiver cannot be reached, it sends them.
    pub in_doubt: u64,
    /// Requests (not spans) that were tried again.
    pub retried: u64,
    /// Spans that wait in the queue, are under way, or wait for a retry.
    pub queued: u64,
    /// Spans of this pipeline that wait in the origin's storage and nowhere else.
    pub spooled: u64,
    /// Spans that were found in the origin's storage, left there by an earlier page, and were delivered by this pipeline. They
    /// were recorded elsewhere and are in none of the other counts.
    pub resent: u64,
    /// Spans that an earlier page left in the origin's storage and that this pipeline found to be lost: too old or too many, or
    /// turned away by the receiver. A record that cannot be read counts as one span. As with [`resent`](Self::resent), they are in
    /// none of the other counts.
    pub spool_lost: u64,
    /// Spans that an earlier page had handed to the browser when it was left, and that this pipeline found in the origin's storage
    /// while the receiver could be reached: they have probably arrived, and are not sent again. As with [`resent`](Self::resent), they
    /// are in none of the other counts.
    pub spool_in_doubt: u64,
    /// The last thing that went wrong, with its likely cause; `None` again after the next success.
    pub last_error: Option<LastError>,
    /// The same of log records, if the pipeline [has them](crate::TelemetryBuilder::with_logs), or has found some that an earlier page had
    /// spooled: all of the above is of spans only. Those that were emitted are the recorded ones there, none is sampled out, and there are
    /// no further `logs`.
    pub logs: Option<Box<Diagnostics>>,
}
