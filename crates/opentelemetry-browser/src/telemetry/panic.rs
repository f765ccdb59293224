//! What is to be done when code has panicked whose stack had spans and contexts.

use opentelemetry::Context;

use super::Telemetry;
use crate::trace::open;

impl Telemetry {
    /// For a panic hook: ends every span that is recorded, as an error, resets the current context, and hands over what waits, as
    /// when the page is hidden: 60 KiB in requests that need nobody any more; the rest goes out later, if this instance lives on.
    /// Gives the number of spans that were open.
    ///
    /// In WebAssembly a panic does not unwind: spans and guards of contexts on the stack are never dropped. Without this the spans would
    /// be lost, and the context of a dead span would stay current, so that whatever is traced later becomes its child.
    ///
    /// A span of another task that still goes on is ended as well; what is done to it from now on has no effect. Spans of upstream's
    /// own provider are not known here.
    ///
    /// ```
    /// use opentelemetry_browser::Telemetry;
    ///
    /// let before = std::panic::take_hook();
    /// std::panic::set_hook(Box::new(move |info| {
    ///     if let Some(telemetry) = Telemetry::installed() {
    ///         telemetry.abandon("panic", &info.to_string());
    ///     }
    ///     before(info);
    /// }));
    /// ```
    pub fn abandon(&self, error_type: &str, description: &str) -> usize {
        let ended = open::end_all(error_type, description);
        // Its guard is forgotten: those below it never end either.
        std::mem::forget(Context::new().attach());
        self.parts.processor.driver().hand_over();
        self.logs().into_iter().for_each(|logs| logs.hand_over());
        ended
    }
}
