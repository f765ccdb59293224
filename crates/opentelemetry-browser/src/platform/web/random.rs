//! Chance, where it need not be secret.

pub(crate) fn random() -> f64 {
    js_sys::Math::random()
}
