//! In the place of `json` without the feature `native-testing`: nobody answers.

use super::super::ResponseFields;

pub(crate) fn response_fields(_text: &str, _rejected: &str) -> Option<ResponseFields> {
    None
}
