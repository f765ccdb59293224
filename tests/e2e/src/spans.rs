//! The spans of one trace in Jaeger's JSON, and the trees that the page's functions must leave behind.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Debug;

/// One trace.
#[derive(Debug)]
pub struct Trace {
    pub spans: Vec<Span>,
}

/// One span.
#[derive(Debug)]
pub struct Span {
    pub id: String,
    pub name: String,
    pub parent: Option<String>,
    pub service: String,
    /// Microseconds since the epoch.
    pub start: u64,
    pub duration: u64,
    pub tags: BTreeMap<String, Value>,
    /// The fields of each event.
    pub events: Vec<BTreeMap<String, Value>>,
}

impl Trace {
    pub fn from_json(trace: &Value) -> Self {
        let spans = trace["spans"].as_array().expect("a trace has spans");
        Self { spans: spans.iter().map(|span| Span::from_json(span, &trace["processes"])).collect() }
    }

    /// The only span without a parent.
    pub fn root(&self) -> &Span {
        let roots: Vec<_> = self.spans.iter().filter(|span| span.parent.is_none()).collect();
        assert_eq!(roots.len(), 1, "one root: {self:#?}");
        roots[0]
    }

    pub fn children(&self, parent: &Span) -> Vec<&Span> {
        self.spans.iter().filter(|span| span.parent.as_ref() == Some(&parent.id)).collect()
    }

    /// The children of `parent`, each found by one of `keys`, which are in the order of their beginnings. Two may have begun
    /// at the same reading of the clock: on a page that is not isolated it advances every 100 us.
    fn children_in_order<K: PartialEq + Debug>(
        &self,
        parent: &Span,
        keys: &[K],
        key: impl Fn(&Span) -> K,
    ) -> Vec<&Span> {
        let children = self.children(parent);
        assert_eq!(children.len(), keys.len(), "the children of {parent:#?} are {children:#?}");
        let find = |wanted: &K| children.iter().copied().find(|child| key(child) == *wanted);
        let found: Vec<_> = keys
            .iter()
            .map(|wanted| find(wanted).unwrap_or_else(|| panic!("{wanted:?} is in {children:#?}")))
            .collect();
        assert!(found.is_sorted_by_key(|child| child.start), "{keys:?} began in this order: {found:#?}");
        found
    }

    /// The four spans of one lookup, and no other.
    pub fn assert_lookup(&self, user: u64, found: bool) {
        assert_eq!(self.spans.len(), 4, "{self:#?}");
        self.assert_lookup_at(self.root(), user, found);
    }

    /// The nine spans of `main`, and no other.
    pub fn assert_main(&self) {
        assert_eq!(self.spans.len(), 9, "{self:#?}");
        let main = self.root();
        assert_eq!((main.name.as_str(), main.kind()), ("main", "internal"));
        let lookups = self.children_in_order(main, &[json!(1), json!(100)], |lookup| lookup.tags["user.id"].clone());
        for (lookup, (user, found)) in lookups.into_iter().zip([(1, false), (100, true)]) {
            self.assert_lookup_at(lookup, user, found);
            main.assert_holds(lookup);
        }
    }

    fn assert_lookup_at(&self, lookup: &Span, user: u64, found: bool) {
        assert_eq!(lookup.name, "GetUser");
        let names = ["GetInfo", "GetDetail", "GetScores"].map(str::to_owned);
        let children = self.children_in_order(lookup, &names, |child| child.name.clone());
        for span in children.iter().copied().chain([lookup]) {
            assert_eq!(span.kind(), "internal", "{span:#?}");
            assert_eq!(span.tags["user.id"], user, "{span:#?}");
            assert_eq!(span.tags["user.found"], found, "{span:#?}");
            assert_eq!(span.service, lookup.service);
            lookup.assert_holds(span);
        }
        for child in children {
            assert!(!child.tags.contains_key("error"), "{child:#?}");
        }
        if found {
            assert!(!lookup.tags.contains_key("error") && lookup.events.is_empty(), "{lookup:#?}");
        } else {
            assert_eq!(lookup.tags["error"], true, "{lookup:#?}");
            assert_eq!(lookup.tags["otel.status_code"], "ERROR", "{lookup:#?}");
            assert_eq!(lookup.tags["otel.status_description"], format!("user {user} not found"), "{lookup:#?}");
            assert!(lookup.tags.contains_key("error.type"), "{lookup:#?}");
            assert_eq!(lookup.events.len(), 1, "{lookup:#?}");
        }
    }
}

impl Span {
    fn from_json(span: &Value, processes: &Value) -> Self {
        let text = |key: &str| span[key].as_str().unwrap_or_else(|| panic!("{key} is a string in {span}")).to_owned();
        let number = |key: &str| span[key].as_u64().unwrap_or_else(|| panic!("{key} is a number in {span}"));
        let parents: Vec<_> = list(&span["references"]).filter(|link| link["refType"] == "CHILD_OF").collect();
        assert!(parents.len() <= 1, "at most one parent: {span}");
        assert!(span["warnings"].as_array().is_none_or(Vec::is_empty), "the viewer warns: {span}");
        Self {
            id: text("spanID"),
            name: text("operationName"),
            parent: parents.first().map(|link| link["spanID"].as_str().expect("a parent has an id").to_owned()),
            service: processes[text("processID")]["serviceName"].as_str().expect("a span has a service").to_owned(),
            start: number("startTime"),
            duration: number("duration"),
            tags: fields(&span["tags"]),
            events: list(&span["logs"]).map(|log| fields(&log["fields"])).collect(),
        }
    }

    pub fn kind(&self) -> &str {
        self.tags.get("span.kind").and_then(Value::as_str).unwrap_or("none")
    }

    pub fn end(&self) -> u64 {
        self.start + self.duration
    }

    /// That `child` begins and ends within this span: each of start and duration is cut to a microsecond.
    fn assert_holds(&self, child: &Self) {
        assert!(self.start <= child.start && child.end() <= self.end() + 1, "{child:#?} is not within {self:#?}");
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn fields(pairs: &Value) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::new();
    for pair in list(pairs) {
        let key = pair["key"].as_str().expect("a field has a key").to_owned();
        let earlier = fields.insert(key, pair["value"].clone());
        assert!(earlier.is_none(), "each key once: {pairs}");
    }
    fields
}
