//! Panics of the app: in comes what the panic hook is told, out goes an event, and the spans that were open.

use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::Once;

use opentelemetry::Key;
use opentelemetry::logs::{AnyValue, Severity};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::events::{Event, Events};
use crate::instrumentations::{Instrumentation, Setup, Stop};

#[cfg_attr(feature = "bundle", wasm_bindgen(module = "/js/bundle.js"))]
#[cfg_attr(not(feature = "bundle"), wasm_bindgen(module = "/js/panic.js"))]
extern "C" {
    fn stack() -> Option<String>;
}

thread_local! {
    /// Who is told of a panic. Nobody, once it is uninstalled: a hook cannot be taken from below another.
    static TOLD: std::cell::RefCell<Option<(std::rc::Rc<Events>, Setup)>> = const { std::cell::RefCell::new(None) };
}

/// Of a message.
const MOST_CHARACTERS: usize = 10_000;

static HOOK: Once = Once::new();

/// Panics of the app, as events `exception` of type `panic`, with message, location and the stack of the WebAssembly; and what they leave
/// behind is put in order.
///
/// In WebAssembly a panic does not unwind. Without this, the spans that were open are lost, and what is traced later hangs below a span
/// that is never exported. With it they end as errors (`error.type` is `panic`), the next trace is one of its own, and what waits is
/// handed over to the browser before the instance may be dead. The hook that was there before, such as that of
/// console_error_panic_hook, is called afterwards. See [`Telemetry::abandon`](opentelemetry_browser::Telemetry::abandon).
///
/// ```no_run
/// use opentelemetry_browser_instrumentation::{Instrumentations, Panics};
///
/// let telemetry = opentelemetry_browser::Telemetry::builder().with_logs().install()?;
/// Instrumentations::new().with(Panics::new()).install(&telemetry);
/// # Ok::<(), opentelemetry_browser::InstallError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Panics;

impl Panics {
    /// The instrumentation, with its defaults.
    pub fn new() -> Self {
        Self
    }
}

impl Instrumentation for Panics {
    fn name(&self) -> &'static str {
        "panic"
    }

    fn start(self: Box<Self>, setup: Setup) -> Result<Stop, String> {
        TOLD.set(Some((Events::new(setup.clone()), setup)));
        HOOK.call_once(|| {
            let before = take_hook();
            set_hook(Box::new(move |info| {
                // Not while it is told already: the second panic would end the instance without a word.
                let told = TOLD.with(|told| told.try_borrow_mut().ok().and_then(|mut told| told.take()));
                if let Some((events, setup)) = told {
                    record(info, &events, &setup);
                    TOLD.set(Some((events, setup)));
                }
                before(info);
            }));
        });
        Ok(Stop::new(|| TOLD.set(None)))
    }
}

fn record(info: &PanicHookInfo<'_>, events: &Events, setup: &Setup) {
    if !setup.is_enabled() {
        return;
    }
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let message = text.unwrap_or("a value that is no text");
    // Not a slice, whose own panic would bring the printing of characters along: 4 KB after brotli.
    let end = message.char_indices().nth(MOST_CHARACTERS).map_or(message.len(), |(end, _)| end);
    let message = message.split_at_checked(end).map_or(message, |(kept, _)| kept);
    let mut attributes: Vec<(Key, AnyValue)> =
        vec![("exception.type".into(), "panic".into()), ("exception.message".into(), message.to_owned().into())];
    if let Some(stack) = stack() {
        attributes.push(("exception.stacktrace".into(), stack.into()));
    }
    if let Some(place) = info.location() {
        attributes.push(("code.file.path".into(), place.file().to_owned().into()));
        attributes.push(("code.line.number".into(), i64::from(place.line()).into()));
        attributes.push(("code.column.number".into(), i64::from(place.column()).into()));
    }
    events.emit(Event { severity: Severity::Fatal, ..Event::new("exception", attributes) });
    setup.telemetry.abandon("panic", message);
}
