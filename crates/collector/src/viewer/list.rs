//! The list: the newest traces, one line each.

use std::{
    fmt::{Error, Write},
    time::SystemTime,
};

use axum::response::Response;

use super::{
    Viewer,
    format::{ago, count, duration, time},
    frame::Frame,
};
use crate::{
    html::{short, text},
    store::Summary,
};

/// How many traces the list shows, how many services a line names, and how many characters of a name.
const TRACES: usize = 200;
const SERVICES: usize = 5;
const NAME: usize = 200;

pub fn page(viewer: &Viewer, page_url: &str, otlp_url: &str) -> Result<Response, Error> {
    let frame = Frame { base: viewer.base };
    let totals = viewer.store.totals();
    let mut body = String::from("<h1>Traces</h1>\n");
    if totals.traces == 0 {
        let (page, otlp) = (text(page_url), text(otlp_url));
        writeln!(
            body,
            "<p>There are none yet. Open <a href=\"{page}\">the page</a> and look up a user, or send spans from any program \
             to <code>{otlp}</code> (OTLP/HTTP, JSON). Then reload this page.</p>"
        )?;
        return Ok(frame.list_page(&body, page_url, otlp_url));
    }
    let newest = viewer.store.newest(TRACES);
    let shown = if totals.traces > newest.len() {
        format!(", the newest {} of them here", newest.len())
    } else {
        String::new()
    };
    writeln!(
        body,
        "<p class=\"facts\">{} with {}{shown}. <a href=\"{}\">Reload</a></p>\n<ol class=\"traces\">",
        count(totals.traces, "trace"),
        count(totals.spans, "span"),
        frame.home(),
    )?;
    let now = SystemTime::now();
    for summary in &newest {
        line(&mut body, &frame, summary, now)?;
    }
    body.push_str("</ol>\n");
    Ok(frame.list_page(&body, page_url, otlp_url))
}

fn line(out: &mut String, frame: &Frame, summary: &Summary, now: SystemTime) -> Result<(), Error> {
    let Summary { trace_id, root, start, spans, errors, .. } = summary;
    let name = if root.name.is_empty() { "(no name)" } else { root.name.as_ref() };
    write!(
        out,
        "<li class=\"{class}\"><div class=\"what\"><a href=\"{base}/trace/{trace_id}\"><bdi>{name}</bdi></a>",
        class = if *errors > 0 { "trace error" } else { "trace" },
        base = frame.base,
        name = short(name, NAME),
    )?;
    if root.has_parent {
        out.push_str(" <span class=\"note\">root span missing</span>");
    }
    out.push_str("<div class=\"services\">");
    for (index, (service, spans)) in summary.services.iter().take(SERVICES).enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(out, "{comma}<bdi>{}</bdi> ({spans})", short(service, NAME))?;
    }
    if summary.services.len() > SERVICES {
        write!(out, ", and {} more", count(summary.services.len() - SERVICES, "service"))?;
    }
    let ago = ago(*start, now).map(|ago| format!("<b>{ago}</b> ")).unwrap_or_default();
    writeln!(
        out,
        "</div></div><span class=\"duration\">{}</span><span class=\"spans\">{}</span><span class=\"errors\">{}</span>\
         <span class=\"time\">{ago}{}</span></li>",
        duration(summary.duration()),
        count(*spans, "span"),
        if *errors > 0 {
            format!("<strong class=\"mark\">{}</strong>", count(*errors, "error"))
        } else {
            String::new()
        },
        time(*start),
    )
}
