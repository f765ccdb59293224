//! The HTML around the script, and the pages that only say something.

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
    /// Builds the page; what is there says that it has not run.
    Builds,
    /// Leaves what the page says, and puts its bar above it.
    Keeps,
    /// There is none, because there is no API beside the page.
    Absent,
}

impl Frame {
    /// The list, which also tells the script where spans come from and go to.
    pub fn list(&self, page_url: &str, otlp_url: &str) -> Response {
        let (page, otlp) = (html::text(page_url), html::text(otlp_url));
        let data = format!(" data-page-url=\"{page}\" data-otlp-url=\"{otlp}\"");
        self.write(StatusCode::OK, "Traces", &self.needs_script(""), Script::Builds, &data)
    }

    /// The log records, which also tells the script where they go to.
    pub fn logs(&self, otlp_url: &str) -> Response {
        let data = format!(" data-otlp-url=\"{}\"", html::text(otlp_url));
        self.write(StatusCode::OK, "Logs", &self.needs_script(""), Script::Builds, &data)
    }

    /// A trace that is here, called by the name of its root span.
    pub fn trace(&self, id: TraceId, root: &str) -> Response {
        let Self { base } = self;
        let here = format!(
            "<li>this trace <a href=\"{base}/api/v3/traces/{id}\" download=\"trace-{id}.json\">in OTLP JSON</a>, which this \
             viewer and other tools take, or <a href=\"{base}/api/traces/{id}\">as Jaeger has it</a></li>\n"
        );
        let title = if root.is_empty() { "(no name)" } else { root };
        self.write(StatusCode::OK, title, &self.needs_script(&here), Script::Builds, "")
    }

    /// Any other page that the script builds.
    pub fn app(&self, title: &str) -> Response {
        self.write(StatusCode::OK, title, &self.needs_script(""), Script::Builds, "")
    }

    /// Where the traces are for whoever cannot run the script; `here` are entries about the page itself.
    fn needs_script(&self, here: &str) -> String {
        let Self { base } = self;
        format!(
            "<h1>The viewer needs JavaScript</h1>\n<p>Allow it for this page, and reload. The traces are there without it \
             too, as JSON:</p>\n<ul>\n{here}<li><a href=\"{base}/api/list\">the newest traces</a>, without their spans</li>\n\
             <li><a href=\"{base}/api/services\">the services</a>, and the traces of one at \
             <code>{base}/api/traces?service=NAME</code></li>\n<li><a href=\"{base}/api/logs\">the newest log records</a> and \
             <a href=\"{base}/api/metrics\">the metrics</a>, in OTLP JSON</li>\n</ul>\n"
        )
    }

    /// A page that only says something, with script or without.
    fn message(&self, status: StatusCode, title: &str, body: &str) -> Response {
        self.write(status, title, body, Script::Keeps, "")
    }

    /// `data` are further attributes of the body.
    fn write(&self, status: StatusCode, title: &str, body: &str, script: Script, data: &str) -> Response {
        let Self { base } = self;
        let title = html::short(title, 100);
        let style = |name: &str| format!("<link rel=\"stylesheet\" href=\"{base}/app/style/{name}\">\n");
        let styles = ["tokens.css", "shell.css", "overlay.css"].map(style).concat();
        let scripts = format!(
            "<script src=\"{base}/app/early.js\"></script>\n<script type=\"module\" src=\"{base}/app/main.js\"></script>\n"
        );
        let bar = format!("<header class=\"bar\"><a class=\"brand\" href=\"{}\">Collector</a></header>", self.home());
        let body = format!("<main>\n{body}</main>");
        let (scripts, page, body) = match script {
            Script::Builds => (scripts, "app", format!("<noscript>{bar}\n{body}</noscript>")),
            Script::Keeps => (scripts, "message", format!("<noscript>{bar}</noscript>\n{body}")),
            Script::Absent => (String::new(), "", format!("{bar}\n{body}")),
        };
        let html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} – Collector</title>\n\
             <link rel=\"icon\" href=\"{base}/icon.svg\">\n{styles}{scripts}</head>\n\
             <body data-base=\"{base}\" data-page=\"{page}\"{data}>\n{body}\n</body>\n</html>\n",
        );
        (status, Html(html)).into_response()
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
