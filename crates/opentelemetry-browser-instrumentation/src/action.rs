//! The last user action that has a span: what it causes comes in, and it lasts until the page is quiet.

use std::cell::RefCell;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry_browser::Clock;
use wasm_bindgen::prelude::wasm_bindgen;

#[cfg_attr(feature = "bundle", wasm_bindgen(module = "/js/bundle.js"))]
#[cfg_attr(not(feature = "bundle"), wasm_bindgen(module = "/js/page.js"))]
extern "C" {
    /// `performance.now()`
    fn now() -> f64;
}

/// How long a page does nothing until it is quiet, in milliseconds.
const QUIET_MS: f64 = 100.0;

/// How long an action may last.
const LONGEST_MS: f64 = 10_000.0;

struct Action {
    number: u32,
    cx: Context,
    began: f64,
    /// When the last thing that it has caused happened.
    last: f64,
    pending: u32,
}

thread_local! {
    static LAST: RefCell<(u32, Option<Action>)> = const { RefCell::new((0, None)) };
}

impl Action {
    fn end(self) {
        self.cx.span().end_with_timestamp(Clock::new().time_at(self.last));
    }
}

/// Something that an action has caused, and that is under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caused(u32);

/// An action begins; the one before it is over.
pub(crate) fn begin(cx: Context) {
    let time = now();
    let before = LAST.with_borrow_mut(|(last, action)| {
        *last += 1;
        action.replace(Action { number: *last, cx, began: time, last: time, pending: 0 })
    });
    before.into_iter().for_each(Action::end);
}

/// Whether the last action goes on; if the page is quiet, it is ended.
pub(crate) fn goes_on() -> bool {
    let time = now();
    let over = LAST.with_borrow_mut(|(_, action)| {
        action.take_if(|action| {
            let is_quiet = action.pending == 0 && time - action.last >= QUIET_MS;
            is_quiet || time - action.began >= LONGEST_MS
        })
    });
    over.into_iter().for_each(Action::end);
    LAST.with_borrow(|(_, action)| action.is_some())
}

/// The context of the last action, if what happens now is its doing.
pub(crate) fn context() -> Option<Context> {
    LAST.with_borrow(|(_, action)| action.as_ref().map(|action| action.cx.clone()))
}

/// Notes something that happens because of the last action.
pub(crate) fn cause() -> Option<Caused> {
    LAST.with_borrow_mut(|(_, action)| {
        let action = action.as_mut()?;
        action.pending += 1;
        action.last = now();
        Some(Caused(action.number))
    })
}

/// Notes its end.
pub(crate) fn done(caused: Caused) {
    LAST.with_borrow_mut(|(_, action)| {
        if let Some(action) = action.as_mut().filter(|action| action.number == caused.0) {
            action.pending = action.pending.saturating_sub(1);
            action.last = now();
        }
    });
}

/// Ends the last action now.
pub(crate) fn end() {
    let action = LAST.with_borrow_mut(|(_, action)| action.take());
    action.into_iter().for_each(Action::end);
}
