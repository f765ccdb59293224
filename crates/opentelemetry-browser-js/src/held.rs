//! Functions of the page's, for closures that have to be `Send`: they stay on their thread, and only their number is handed on.

use std::cell::RefCell;

use js_sys::Function;
use wasm_bindgen::JsValue;

thread_local! {
    // One more with each pipeline that has some: what an earlier one holds may still be sent when the next one runs.
    static FUNCTIONS: RefCell<Vec<Function>> = const { RefCell::new(Vec::new()) };
}

/// A function of this thread.
#[derive(Clone, Copy, Debug)]
pub struct Held(usize);

impl Held {
    pub fn new(function: Function) -> Self {
        FUNCTIONS.with_borrow_mut(|functions| {
            functions.push(function);
            Self(functions.len() - 1)
        })
    }

    /// What the function gives; `None` if it throws.
    pub fn call(self, arguments: &[&JsValue]) -> Option<JsValue> {
        // The list is not borrowed any more when it runs: it may start a pipeline.
        let function = FUNCTIONS.with_borrow(|functions| functions.get(self.0).cloned())?;
        let list: js_sys::Array = arguments.iter().collect();
        function.apply(&JsValue::UNDEFINED, &list).ok()
    }
}
