//! Whether an app and this crate mean the same `opentelemetry`.

/// Says at compile time if an app's `opentelemetry` is another version than this crate's.
///
/// Each version has a global provider of its own: with another one, spans of `opentelemetry::global` go nowhere, and nothing says so
/// while the app runs. Write it once, where the pipeline is installed:
///
/// ```
/// opentelemetry_browser::assert_opentelemetry_version!();
/// ```
///
/// ```compile_fail
/// mod opentelemetry {
///     pub struct Context; // as another version has it
/// }
/// opentelemetry_browser::assert_opentelemetry_version!();
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! assert_opentelemetry_version {
    () => {
        const _: () = $crate::is_of_this_version::<opentelemetry::Context>();
    };
}

/// Is implemented for this crate's version alone.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this app's `opentelemetry` is another version than the one that opentelemetry-browser records for",
    label = "its spans would go nowhere",
    note = "give it the same version in Cargo.toml (see the table of versions in the documentation of opentelemetry-browser), \
            or use `opentelemetry_browser::opentelemetry`",
    note = "`cargo tree -d -i opentelemetry` shows which crates want which version"
)]
pub trait OfThisVersion {}

impl OfThisVersion for opentelemetry::Context {}

#[doc(hidden)]
pub const fn is_of_this_version<T: OfThisVersion>() {}
