//! Errors of this crate as JavaScript has them, with their words: what wasm-bindgen exports may return each as it is.

use wasm_bindgen::JsValue;

#[cfg(feature = "baggage")]
use crate::propagation::BaggageError;
use crate::propagation::{InjectError, ParentError};
use crate::{ConfigError, FlushError, InstallError};

macro_rules! as_javascript_has_it {
    ($($(#[$cfg:meta])? $error:ty),+ $(,)?) => {$(
        $(#[$cfg])?
        impl From<$error> for JsValue {
            /// An `Error` with this one's words.
            fn from(error: $error) -> Self {
                js_sys::Error::new(&error.to_string()).into()
            }
        }
    )+};
}

as_javascript_has_it!(
    ConfigError,
    FlushError,
    InjectError,
    InstallError,
    ParentError,
    #[cfg(feature = "baggage")]
    BaggageError,
);

#[cfg(test)]
mod tests {
    use wasm_bindgen::{JsCast, JsValue};

    #[crate::platform::test]
    fn what_an_export_returns_is_an_error_of_javascript() {
        let error = crate::propagation::remote_parent("00-1").unwrap_err();
        let words = error.to_string();
        let thrown: js_sys::Error = JsValue::from(error).dyn_into().expect("an Error");
        assert_eq!(String::from(thrown.message()), words);
    }
}
