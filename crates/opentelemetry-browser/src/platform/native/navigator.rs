//! There is no browser to describe.

use super::super::Navigator;

pub(crate) fn navigator() -> Navigator {
    Navigator::default()
}
