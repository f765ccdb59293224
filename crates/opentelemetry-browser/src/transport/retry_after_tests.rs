//! What a receiver may say about when, and what is nothing of the kind.

use super::retry_after;
use crate::micros::Micros;
use crate::platform::test;

#[test]
fn seconds_and_dates_of_http_are_pauses() {
    assert_eq!(retry_after(" 7 "), Some(Micros::from_secs(7)));
    let date = retry_after("Sat, 06 Nov 2094 08:49:37 GMT").unwrap_or_default();
    assert!(date > Micros::from_secs(365 * 24 * 3600), "{date:?}");
}

#[test]
fn what_asks_for_no_pause_is_none() {
    for none in ["0", "000", "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"] {
        assert_eq!(retry_after(none), None, "{none}");
    }
}

#[test]
fn what_is_no_time_is_none() {
    for nonsense in [
        "",
        "soon",
        "-5",
        "foo 5",
        "1.5",
        "1e3",
        "0x10",
        "2094-11-06",
        "2094-11-06T08:49:37Z",
        "Wed, 99 Oct 2094",
        "Wed, 99 Oct 2094 08:49:37 GMT",
        "foo 5 08:49:37 GMT",
        "Sun Nov  6 08:49:37 2094",
        "\u{0661}",
    ] {
        assert_eq!(retry_after(nonsense), None, "{nonsense}");
    }
}
