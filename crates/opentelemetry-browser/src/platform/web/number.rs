//! Numbers as text, by the engine: Rust's way takes 15 KB of WebAssembly.

/// The shortest text that reads back as this finite number, as JSON has it.
pub(crate) fn shortest(number: f64) -> String {
    js_sys::Number::from(number).to_string_with_radix(10).map(String::from).unwrap_or_default()
}
