//! What the index has of a span: its ids, times, name and tags. [`bytes`] reads it without making a message of the span.

mod bytes;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::{Span, SpanId, TraceId, tags};

/// What is in the index of a span, beside where it comes from and where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outline<'a> {
    pub trace_id: TraceId,
    pub id: SpanId,
    pub parent: Option<SpanId>,
    pub name: &'a str,
    pub kind: SpanKind,
    pub start: u64,
    pub end: u64,
    pub is_error: bool,
    pub tags: &'a Tags,
}

/// Keys and texts of tags, in one piece of memory that is used again for the next span.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Tags {
    text: String,
    /// Where each key ends, and its text.
    ends: Vec<(usize, usize)>,
}

impl Tags {
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut begin = 0;
        self.ends.iter().map(move |(key, end)| {
            let begin = std::mem::replace(&mut begin, *end);
            (self.text.get(begin..*key).unwrap_or_default(), self.text.get(*key..*end).unwrap_or_default())
        })
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    fn push(&mut self, key: &str, text: &str) {
        self.text.push_str(key);
        let key = self.text.len();
        self.text.push_str(text);
        self.ends.push((key, self.text.len()));
    }
}

impl<'a> Outline<'a> {
    /// Of a span that was decoded.
    pub fn of(span: &'a Span, tags: &'a mut Tags) -> Self {
        tags.clear();
        tags::each(span, None, |key, text| tags.push(key, text));
        Self {
            trace_id: span.trace_id,
            id: span.id,
            parent: span.parent,
            name: &span.name,
            kind: span.kind(),
            start: span.start,
            end: span.end,
            is_error: span.is_error(),
            tags,
        }
    }

    /// Kept all the same: its sender is told.
    pub fn ends_before_start(&self) -> bool {
        self.end < self.start
    }

    /// Whether both have the same, in whatever order their tags are.
    #[cfg(any(test, fuzzing))]
    pub fn is_same(&self, other: &Outline<'_>) -> bool {
        fn sorted(tags: &Tags) -> Vec<(&str, &str)> {
            let mut tags: Vec<_> = tags.iter().collect();
            tags.sort_unstable();
            tags
        }
        sorted(self.tags) == sorted(other.tags) && *self == Outline { tags: self.tags, ..*other }
    }
}
