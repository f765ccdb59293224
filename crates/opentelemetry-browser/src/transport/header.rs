//! Which headers a page can send.

/// Header names that [Fetch forbids](https://fetch.spec.whatwg.org/#forbidden-request-header) to set: a browser drops them
/// without a word.
const FORBIDDEN: [&str; 20] = [
    "accept-charset",
    "accept-encoding",
    "access-control-request-headers",
    "access-control-request-method",
    "connection",
    "content-length",
    "cookie",
    "cookie2",
    "date",
    "dnt",
    "expect",
    "host",
    "keep-alive",
    "origin",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Checks a header that is to be sent; the error says what is accepted.
pub(crate) fn checked(name: &str, value: &str) -> Result<(), String> {
    let lower = name.to_ascii_lowercase();
    if !is_token(name) {
        return Err(format!("header name \"{name}\" is not valid; accepted are letters, digits and !#$%&'*+-.^_`|~"));
    }
    if lower == "content-type" || lower == "content-encoding" {
        return Err(format!("header \"{name}\" is set by the exporter and cannot be configured"));
    }
    if FORBIDDEN.contains(&lower.as_str()) || lower == "via" || lower.starts_with("proxy-") || lower.starts_with("sec-")
    {
        return Err(format!(
            "header \"{name}\" is one that browsers do not let a page set; use another, such as \"authorization\""
        ));
    }
    // Fetch takes byte strings: what is above U+00FF cannot be sent.
    let sendable =
        |character: char| character == '\t' || (' '..='\u{ff}').contains(&character) && character != '\u{7f}';
    if value.trim_ascii() != value || !value.chars().all(sendable) {
        return Err(format!(
            "the value of header \"{name}\" is not valid; accepted are the characters U+0020 to U+00FF except DEL, with no \
             space at either end"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_cannot_be_sent_are_refused() {
        for (name, value) in [("authorization", "Bearer x"), ("X-Key", "ä"), ("a", "")] {
            assert_eq!(checked(name, value), Ok(()), "{name}");
        }
        for (name, value) in [
            ("", "x"),
            ("a b", "x"),
            ("ä", "x"),
            ("Cookie", "x"),
            ("Sec-Fetch-Mode", "x"),
            ("Content-Type", "x"),
            ("a", "x\r\nb: y"),
            ("a", "☃"),
            ("a", " x"),
        ] {
            assert!(checked(name, value).is_err(), "{name}: {value}");
        }
    }
}
