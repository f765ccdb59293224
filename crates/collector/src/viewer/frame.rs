//! What all pages have around them, and the pages that only say something.

use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};

use crate::{html, model::TraceId};

#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// The path below which the pages are.
    pub base: &'static str,
}

/// What the viewer's script does with a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    /// Shows its own page; this one is for browsers without JavaScript.
    Replaces,
    /// Leaves what the page says, and puts its bar above it.
    Keeps,
    /// There is none, because there is no API beside the page.
    Absent,
}

impl Frame {
    /// A whole page, seen where scripts do not run; `title` is text, `body` is HTML.
    pub fn page(&self, status: StatusCode, title: &str, body: &str) -> Response {
        self.write(status, title, body, Script::Replaces, "")
    }

    /// The list, which also tells the script where spans come from and go to.
    pub fn list_page(&self, body: &str, page_url: &str, otlp_url: &str) -> Response {
        let (page, otlp) = (html::text(page_url), html::text(otlp_url));
        let data = format!(" data-page-url=\"{page}\" data-otlp-url=\"{otlp}\"");
        self.write(StatusCode::OK, "Traces", body, Script::Replaces, &data)
    }

    /// A page that only says something, with script or without.
    fn message(&self, status: StatusCode, title: &str, body: &str) -> Response {
        self.write(status, title, body, Script::Keeps, "")
    }

    /// `data` are further attributes of the body.
    fn write(&self, status: StatusCode, title: &str, body: &str, script: Script, data: &str) -> Response {
        let Self { base } = self;
        let title = html::short(title, 100);
        let plain = format!("<link rel=\"stylesheet\" href=\"{base}/viewer.css\">");
        let home = self.home();
        let header = format!("<header><a href=\"{home}\">Collector</a></header>");
        // The style sheets are those of the plain page or those of the script's page, never both.
        let (head, page, body) = match script {
            Script::Absent => (plain, "", format!("{header}\n<main>\n{body}</main>")),
            Script::Keeps => {
                let body = format!("<noscript>{header}</noscript>\n<main>\n{body}</main>");
                (self.script_head(&plain), "message", body)
            }
            Script::Replaces => {
                let body = format!("<noscript>{header}\n<main>\n{body}</main></noscript>");
                (self.script_head(&plain), "app", body)
            }
        };
        let html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} – Collector</title>\n\
             <link rel=\"icon\" href=\"{base}/icon.svg\">\n{head}\n</head>\n\
             <body data-base=\"{base}\" data-page=\"{page}\"{data}>\n{body}\n</body>\n</html>\n",
        );
        (status, Html(html)).into_response()
    }

    fn script_head(&self, plain: &str) -> String {
        let Self { base } = self;
        let style = |name: &str| {
            format!("<link rel=\"stylesheet\" href=\"{base}/app/style/{name}\" media=\"(scripting: enabled)\">\n")
        };
        format!(
            "<noscript>{plain}</noscript>\n{}{}{}<script src=\"{base}/app/early.js\"></script>\n\
             <script type=\"module\" src=\"{base}/app/main.js\"></script>",
            style("tokens.css"),
            style("shell.css"),
            style("overlay.css"),
        )
    }

    /// The path of the list.
    pub fn home(&self) -> &'static str {
        if self.base.is_empty() { "/" } else { self.base }
    }
}

pub fn no_such_trace(frame: &Frame, id: TraceId) -> Response {
    let body = format!(
        "<h1>No trace {id}</h1>\n<p>This collector has no span of it. What can be the reason:</p>\n<ul>\n\
         <li>Its spans are still on their way: a page sends them after up to five seconds. Press <b>Flush</b> there, then \
         reload this page.</li>\n\
         <li>They went elsewhere: look at the OTLP endpoint in the page’s settings.</li>\n\
         <li>It is gone: the oldest traces make room for new ones, and what is kept in memory ends with the collector.</li>\n\
         </ul>\n<p><a href=\"{}\">The traces that are here</a></p>\n",
        frame.home()
    );
    frame.message(StatusCode::NOT_FOUND, "No such trace", &body)
}

pub fn not_an_id(frame: &Frame, id: &str) -> Response {
    let body = format!(
        "<h1>Not a trace id</h1>\n<p>A trace id has 32 hex digits (zeros in front may be missing) and is not all zero. \
         This is none: <code><bdi>{}</bdi></code></p>\n<p><a href=\"{}\">All traces</a></p>\n",
        html::short(id, 100),
        frame.home()
    );
    frame.message(StatusCode::BAD_REQUEST, "Not a trace id", &body)
}

pub fn bad_from(frame: &Frame) -> Response {
    let body = "<h1>Not a number</h1>\n<p><code>from</code> is the number of the first span to show, from 0.</p>\n";
    frame.message(StatusCode::BAD_REQUEST, "Not a number", body)
}

pub fn nothing_here(frame: &Frame) -> Response {
    let body = format!(
        "<h1>Nothing here</h1>\n<p>Traces are at <code>{}/trace/</code> and their id. <a href=\"{}\">All traces</a></p>\n",
        frame.base,
        frame.home()
    );
    frame.message(StatusCode::NOT_FOUND, "Nothing here", &body)
}

/// When another program receives the spans.
pub fn elsewhere(frame: &Frame, name: &str, url: &str) -> Response {
    let (name, url) = (html::text(name), html::text(url));
    let body = format!(
        "<h1>The traces are elsewhere</h1>\n<p>Another program has taken the port for spans before this collector could, so \
         it receives them: look in <a href=\"{url}\">{name}</a>.</p>\n"
    );
    frame.write(StatusCode::NOT_FOUND, "The traces are elsewhere", &body, Script::Absent, "")
}

/// The pages that only the script can show.
pub fn needs_script(frame: &Frame, title: &str) -> Response {
    let body = format!(
        "<h1>{title}</h1>\n<p>This page needs JavaScript. The <a href=\"{}\">list of traces</a> and each trace are there without \
         it.</p>\n",
        frame.home()
    );
    frame.page(StatusCode::OK, title, &body)
}
