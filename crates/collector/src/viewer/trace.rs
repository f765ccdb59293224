//! The page of one trace: what it is, its spans as an indented tree, and where they come from.

use std::{
    collections::BTreeSet,
    fmt::{Error, Write},
    sync::Arc,
};

use axum::{http::StatusCode, response::Response};

use super::{
    format::{count, duration, time},
    frame::Frame,
    span::{self, attributes},
};
use crate::{
    html::short,
    model::{Origin, Span, TraceId},
    tree::{self, Node, Place, Row},
};

/// How much one page shows: a browser lays out more than this only slowly. The rest is on the next pages.
const ROWS: usize = 1_000;
const BYTES: usize = 4 << 20;
/// How many different resources, and how many characters of a name.
const ORIGINS: usize = 50;
const NAME: usize = 200;

/// Shows the spans from the row `from` on; there is at least one span.
pub fn page(frame: &Frame, id: TraceId, spans: &[Arc<Span>], from: usize) -> Result<Response, Error> {
    let nodes: Vec<_> = spans.iter().map(|span| Node { id: span.id, parent: span.parent, start: span.start }).collect();
    let rows = tree::rows(&nodes);
    let root =
        rows.iter().find(|row| row.place == Place::Root).or(rows.first()).map_or("", |row| &spans[row.node].name);
    let root = if root.is_empty() { "(no name)" } else { root };

    let mut body = String::new();
    writeln!(body, "<h1><bdi>{}</bdi></h1>", short(root, NAME))?;
    let extent = facts(&mut body, frame, id, spans, &rows)?;
    let next = list(&mut body, frame, spans, &rows, from, extent)?;
    pages(&mut body, from, next, rows.len())?;
    origins(&mut body, spans)?;
    Ok(frame.page(StatusCode::OK, root, &body))
}

/// First start and last end of the trace.
pub type Extent = (u64, u64);

fn facts(out: &mut String, frame: &Frame, id: TraceId, spans: &[Arc<Span>], rows: &[Row]) -> Result<Extent, Error> {
    let start = spans.iter().map(|span| span.start).min().unwrap_or_default();
    let end = spans.iter().map(|span| span.end).max().unwrap_or_default().max(start);
    let services: BTreeSet<&str> = spans.iter().map(|span| span.service()).collect();
    let errors = spans.iter().filter(|span| span.is_error()).count();
    let depth = rows.iter().map(|row| row.depth + 1).max().unwrap_or_default();
    let detached = rows.iter().filter(|row| matches!(row.place, Place::ParentMissing | Place::Cycle)).count();
    write!(
        out,
        "<p class=\"facts\">Trace <code>{id}</code></p>\n<ul class=\"facts\">\n<li>{}</li>\n<li>{}</li>\n<li>{}</li>\n\
         <li>{}</li>\n<li>{}</li>\n",
        time(start),
        duration(end - start),
        count(spans.len(), "span"),
        count(services.len(), "service"),
        count(depth, "level"),
    )?;
    if errors > 0 {
        writeln!(out, "<li><strong class=\"mark\">{}</strong></li>", count(errors, "error"))?;
    }
    if detached > 0 {
        writeln!(out, "<li>{}</li>", count(detached, "detached span"))?;
    }
    writeln!(out, "<li><a href=\"{}/api/traces/{id}\">JSON</a></li>\n</ul>", frame.base)?;
    Ok((start, end))
}

/// Writes rows from `from` on; the number of the first one that found no room.
fn list(
    out: &mut String,
    frame: &Frame,
    spans: &[Arc<Span>],
    rows: &[Row],
    from: usize,
    extent: Extent,
) -> Result<usize, Error> {
    let mut next = from.min(rows.len());
    out.push_str("<ol class=\"tree\">\n");
    for row in rows.iter().skip(from).take(ROWS) {
        span::row(out, frame, &spans[row.node], row, extent)?;
        next += 1;
        if out.len() > BYTES {
            break;
        }
    }
    out.push_str("</ol>\n");
    Ok(next)
}

fn pages(out: &mut String, from: usize, next: usize, rows: usize) -> Result<(), Error> {
    if from == 0 && next >= rows {
        return Ok(());
    }
    out.push_str("<nav class=\"pages\">");
    if next > from {
        write!(out, "Spans {} to {next} of {rows}. ", from + 1)?;
    } else {
        write!(out, "There are only {rows} spans. ")?;
    }
    if from > 0 {
        out.push_str("<a href=\"?from=0\">From the first</a> ");
    }
    if next < rows {
        write!(out, "<a href=\"?from={next}\">Next spans</a>")?;
    }
    out.push_str("</nav>\n");
    Ok(())
}

/// The different resources and scopes, once each.
fn origins(out: &mut String, spans: &[Arc<Span>]) -> Result<(), Error> {
    let mut seen: Vec<&Origin> = Vec::new();
    let mut more = false;
    for span in spans {
        if seen.iter().any(|origin| std::ptr::eq(*origin, &*span.origin) || **origin == *span.origin) {
            continue;
        }
        if seen.len() == ORIGINS {
            more = true;
            break;
        }
        seen.push(&span.origin);
    }
    out.push_str("<h2>Where they come from</h2>\n<ul class=\"origins\">\n");
    for origin in seen {
        write!(out, "<li><details><summary><bdi>{}</bdi>", short(&origin.service, NAME))?;
        if !origin.scope.name.is_empty() {
            let (scope, version) = (short(&origin.scope.name, NAME), short(&origin.scope.version, NAME));
            write!(out, " <span class=\"scope\"><bdi>{scope}</bdi> <bdi>{version}</bdi></span>")?;
        }
        out.push_str("</summary>\n");
        attributes(out, "Resource", &origin.resource.attributes)?;
        attributes(out, "Scope", &origin.scope.attributes)?;
        out.push_str("</details></li>\n");
    }
    if more {
        out.push_str("<li>and more: see the JSON</li>\n");
    }
    out.push_str("</ul>\n");
    Ok(())
}
