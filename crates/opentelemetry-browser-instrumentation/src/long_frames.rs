//! Frames and tasks that took so long that a visitor notices.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::events::Events;
use crate::instrumentations::{Instrumentation, Setup, Stop, Undo};

#[cfg_attr(feature = "bundle", wasm_bindgen(module = "/js/bundle.js"))]
#[cfg_attr(not(feature = "bundle"), wasm_bindgen(module = "/js/long_frames.js"))]
extern "C" {
    #[wasm_bindgen(js_name = watchLongFrames)]
    fn watch_long_frames(frame: &JsValue, task: &JsValue) -> Option<Undo>;
}

/// Frames of more than 50 ms as events `browser.long_animation_frame`, with the script that had most of the time; where the engine has
/// no [long animation frames](https://w3c.github.io/long-animation-frames/), tasks of more than 50 ms as `browser.long_task`. The
/// conventions have no names for these yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct LongFrames;

impl LongFrames {
    /// The instrumentation, with its defaults.
    pub fn new() -> Self {
        Self
    }
}

impl Instrumentation for LongFrames {
    fn name(&self) -> &'static str {
        "long-frames"
    }

    fn start(self: Box<Self>, setup: Setup) -> Result<Stop, String> {
        let events = Events::new(setup);
        let frame = events.callback("browser.long_animation_frame", |_event| true);
        let task = events.callback("browser.long_task", |_event| true);
        Stop::script(watch_long_frames(&frame, &task), "the browser tells neither of long frames nor of long tasks")
    }
}
