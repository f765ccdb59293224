//! Numbers as text.

/// The shortest text that reads back as this finite number, as JSON has it.
pub(crate) fn shortest(number: f64) -> String {
    // Debug rather than Display: it writes 1e300 instead of 301 digits.
    format!("{number:?}")
}
