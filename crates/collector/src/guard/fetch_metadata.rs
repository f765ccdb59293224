//! What a browser says of a request by itself, which no page can change: Fetch Metadata (`Sec-Fetch-*`).
//!
//! Programs do not send these headers, and browsers do so only to `localhost`, loopback addresses and https.

use axum::http::{HeaderMap, Method, Request};

const SITE: &str = "sec-fetch-site";
const MODE: &str = "sec-fetch-mode";
const DEST: &str = "sec-fetch-dest";

/// Where the request was caused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// By a page of the same origin, or by the user (the address bar, a bookmark).
    Own,
    /// By a page of another origin; another port of the same host is one.
    Foreign,
    Untold,
}

pub fn site(headers: &HeaderMap) -> Site {
    let mut values = headers.get_all(SITE).iter().peekable();
    if values.peek().is_none() {
        return Site::Untold;
    }
    if values.all(|value| value == "same-origin" || value == "none") { Site::Own } else { Site::Foreign }
}

/// Whether somebody follows a link to here: the page that has it learns nothing of what is shown. Frames do not count.
pub fn is_visit<B>(request: &Request<B>) -> bool {
    let said = |name: &str| request.headers().get(name);
    let to_document = said(DEST).is_none_or(|dest| dest == "document");
    request.method() == Method::GET && to_document && said(MODE).is_some_and(|mode| mode == "navigate")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_to_be_ones_own_is_foreign() {
        for (values, expected) in [
            (&[][..], Site::Untold),
            (&["none"], Site::Own),
            (&["same-origin"], Site::Own),
            (&["same-site"], Site::Foreign),
            (&["cross-site"], Site::Foreign),
            (&["new-word"], Site::Foreign),
            (&[""], Site::Foreign),
            (&["none", "cross-site"], Site::Foreign),
        ] {
            let request = values.iter().fold(Request::builder(), |request, value| request.header(SITE, *value));
            assert_eq!(site(request.body(()).unwrap().headers()), expected, "{values:?}");
        }
    }
}
