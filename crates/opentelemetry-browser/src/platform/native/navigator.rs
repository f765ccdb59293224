//! There is no browser to describe.

use super::super::Hints;

pub(crate) fn user_agent() -> Option<String> {
    None
}

pub(crate) fn hints() -> Hints {
    Hints::default()
}
