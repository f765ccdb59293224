//! One span: its line in the tree, and what unfolds from it.

use std::fmt::{Error, Write};

use opentelemetry_proto::tonic::{
    common::v1::KeyValue,
    trace::v1::span::{Event, Link, SpanKind},
};

use super::{
    format::{count, duration, time},
    frame::Frame,
    trace::Extent,
};
use crate::{
    html::short,
    model::{Kind, Span, TraceId, display, kind},
    tree::{Place, Row},
};

/// Deeper spans are not indented further (the style sheet has so many classes), and say their level instead.
const INDENTED: usize = 24;
/// Characters of a name and of a value, and entries of a list, that are shown. The JSON has all.
const NAME: usize = 200;
const VALUE: usize = 4_000;
const ENTRIES: usize = 128;

pub fn row(out: &mut String, frame: &Frame, span: &Span, row: &Row, extent: Extent) -> Result<(), Error> {
    let class = if span.is_error() { "row error" } else { "row" };
    write!(out, "<li class=\"{class} d{}\"><details><summary>", row.depth.min(INDENTED))?;
    headline(out, span, row)?;
    bar(out, span, extent)?;
    write!(out, "<span class=\"duration\">{}</span></summary>\n<div class=\"detail\">\n", duration(span.duration()))?;
    facts(out, span, extent)?;
    attributes(out, "Attributes", &span.attributes)?;
    events(out, &span.events, span.start)?;
    links(out, frame, &span.links)?;
    out.push_str("</div></details></li>\n");
    Ok(())
}

fn headline(out: &mut String, span: &Span, row: &Row) -> Result<(), Error> {
    let name = if span.name.is_empty() { "(no name)" } else { &span.name };
    write!(
        out,
        "<span class=\"what\"><bdi class=\"name\">{}</bdi> <bdi class=\"service\">{}</bdi>",
        short(name, NAME),
        short(span.service(), NAME)
    )?;
    if span.is_error() {
        out.push_str(" <strong class=\"mark\">error</strong>");
    }
    if !span.status_message.is_empty() {
        write!(out, " <bdi class=\"message\">{}</bdi>", short(&span.status_message, NAME))?;
    }
    match row.place {
        Place::Root | Place::Child => {}
        Place::ParentMissing => out.push_str(" <span class=\"note\">parent missing</span>"),
        Place::Cycle => out.push_str(" <span class=\"note\">is its own ancestor</span>"),
    }
    if span.ends_before_start() {
        out.push_str(" <span class=\"note\">ends before it starts</span>");
    }
    if row.depth > INDENTED {
        write!(out, " <span class=\"note\">level {}</span>", row.depth + 1)?;
    }
    out.push_str("</span>");
    Ok(())
}

/// Where the span lies in the trace. An SVG, because its numbers may be attributes where styles may not.
fn bar(out: &mut String, span: &Span, (start, end): Extent) -> Result<(), Error> {
    let whole = (end - start).max(1) as f64;
    let percent = |nanos: u64| nanos as f64 / whole * 100.0;
    let x = percent(span.start - start).min(99.5);
    let width = percent(span.duration()).clamp(0.5, 100.0 - x);
    write!(
        out,
        "<svg class=\"bar\" aria-hidden=\"true\"><rect x=\"{x:.2}%\" width=\"{width:.2}%\" height=\"100%\"/></svg>"
    )
}

fn facts(out: &mut String, span: &Span, (start, _): Extent) -> Result<(), Error> {
    write!(
        out,
        "<dl>\n<dt>Started</dt><dd>{} ({} into the trace)</dd>\n",
        time(span.start),
        duration(span.start - start)
    )?;
    let kind = match span.kind {
        SpanKind::Unspecified => None,
        SpanKind::Internal => Some("internal"),
        SpanKind::Server => Some("server"),
        SpanKind::Client => Some("client"),
        SpanKind::Producer => Some("producer"),
        SpanKind::Consumer => Some("consumer"),
    };
    if let Some(kind) = kind {
        writeln!(out, "<dt>Kind</dt><dd>{kind}</dd>")?;
    }
    if span.status_message.chars().nth(NAME).is_some() {
        writeln!(
            out,
            "<dt>Status message</dt><dd class=\"value\"><bdi>{}</bdi></dd>",
            short(&span.status_message, VALUE)
        )?;
    }
    let scope = &span.origin.scope;
    if !scope.name.is_empty() {
        let (name, version) = (short(&scope.name, NAME), short(&scope.version, NAME));
        writeln!(out, "<dt>Scope</dt><dd><bdi>{name}</bdi> <bdi>{version}</bdi></dd>")?;
    }
    writeln!(out, "<dt>Span id</dt><dd><code>{}</code></dd>", span.id)?;
    if let Some(parent) = span.parent {
        writeln!(out, "<dt>Parent</dt><dd><code>{parent}</code></dd>")?;
    }
    if !span.trace_state.is_empty() {
        writeln!(out, "<dt>Trace state</dt><dd class=\"value\"><bdi>{}</bdi></dd>", short(&span.trace_state, VALUE))?;
    }
    let dropped = span.dropped;
    let dropped = [(dropped.attributes, "attribute"), (dropped.events, "event"), (dropped.links, "link")];
    let dropped = dropped.iter().filter(|(number, _)| *number > 0);
    let dropped: Vec<String> = dropped.map(|(number, thing)| count(*number as usize, thing)).collect();
    if !dropped.is_empty() {
        writeln!(out, "<dt>Dropped by the sender</dt><dd>{}</dd>", dropped.join(", "))?;
    }
    out.push_str("</dl>\n");
    Ok(())
}

/// A table of attributes; nothing if there are none.
pub fn attributes(out: &mut String, caption: &str, list: &[KeyValue]) -> Result<(), Error> {
    if list.is_empty() {
        return Ok(());
    }
    writeln!(out, "<table><caption>{caption}</caption>")?;
    for attribute in list.iter().take(ENTRIES) {
        let value = display(attribute.value.as_ref());
        let kind = match kind(attribute.value.as_ref()) {
            Kind::Empty => "empty",
            Kind::String => "string",
            Kind::Bool => "bool",
            Kind::Int => "int",
            Kind::Double => "double",
            Kind::Array => "array",
            Kind::Map => "map",
            Kind::Bytes => "bytes",
        };
        let (key, shown) = (short(&attribute.key, NAME), short(&value, VALUE));
        write!(out, "<tr><th scope=\"row\"><bdi>{key}</bdi></th><td class=\"value\"><bdi>{shown}</bdi>")?;
        if value.chars().nth(VALUE).is_some() {
            let all = count(value.chars().count(), "character");
            write!(out, " <span class=\"note\">{all} in all: see the JSON</span>")?;
        }
        writeln!(out, "</td><td class=\"type\">{kind}</td></tr>")?;
    }
    out.push_str("</table>\n");
    more(out, list.len())
}

fn events(out: &mut String, events: &[Event], start: u64) -> Result<(), Error> {
    if events.is_empty() {
        return Ok(());
    }
    out.push_str("<h3>Events</h3>\n<ul>\n");
    for event in events.iter().take(ENTRIES) {
        let name = if event.name.is_empty() { "(no name)" } else { &event.name };
        let (sign, after) = match event.time_unix_nano.checked_sub(start) {
            Some(after) => ("+", after),
            None => ("−", start - event.time_unix_nano),
        };
        writeln!(out, "<li><bdi class=\"name\">{}</bdi> {sign}{}", short(name, NAME), duration(after))?;
        attributes(out, "Event attributes", &event.attributes)?;
        out.push_str("</li>\n");
    }
    out.push_str("</ul>\n");
    more(out, events.len())
}

fn links(out: &mut String, frame: &Frame, links: &[Link]) -> Result<(), Error> {
    if links.is_empty() {
        return Ok(());
    }
    out.push_str("<h3>Links</h3>\n<ul>\n");
    for link in links.iter().take(ENTRIES) {
        match TraceId::from_bytes(&link.trace_id) {
            Some(id) => writeln!(out, "<li>Trace <a href=\"{}/trace/{id}\"><code>{id}</code></a>", frame.base)?,
            None => out.push_str("<li>To no valid trace id\n"),
        }
        if !link.trace_state.is_empty() {
            write!(out, " <bdi>{}</bdi>", short(&link.trace_state, NAME))?;
        }
        attributes(out, "Link attributes", &link.attributes)?;
        out.push_str("</li>\n");
    }
    out.push_str("</ul>\n");
    more(out, links.len())
}

fn more(out: &mut String, entries: usize) -> Result<(), Error> {
    if entries > ENTRIES {
        writeln!(out, "<p class=\"note\">and {} more: see the JSON</p>", entries - ENTRIES)?;
    }
    Ok(())
}
