//! The log records against a plain list of them: requests, time that passes, ends of every kind, and other limits after them.

use std::{collections::VecDeque, time::Duration};

use opentelemetry_proto::tonic::{
    collector::logs::v1::ExportLogsServiceRequest,
    common::v1::{ArrayValue, KeyValueList},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use prost::Message;

use super::{disk::TestDirectory, full::Unreadable, *};
use crate::store::{
    directory::LOGS,
    logs::{LogFilter, Logs, Record, Taken},
};

const EVERYTHING: usize = 10_000;

/// A record with what it came with, as its only one.
type One = ResourceLogs;

fn key_value(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.into(), value: Some(AnyValue { value: Some(value) }), ..Default::default() }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        "[a-c]{0,2}".prop_map(Value::StringValue),
        any::<bool>().prop_map(Value::BoolValue),
        (-2..3_i64).prop_map(Value::IntValue),
        any::<f64>().prop_map(Value::DoubleValue),
        any::<Vec<u8>>().prop_map(Value::BytesValue),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        let values = vec(inner.clone().prop_map(|value| AnyValue { value: Some(value) }), 0..3);
        let pairs = vec(inner.prop_map(|value| key_value("k", value)), 0..3);
        prop_oneof![
            values.prop_map(|values| Value::ArrayValue(ArrayValue { values })),
            pairs.prop_map(|values| Value::KvlistValue(KeyValueList { values })),
        ]
    })
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let key = select(vec!["a", "b", "event.name", "service.name"]);
    vec((key, value()).prop_map(|(key, value)| key_value(key, value)), 0..3)
}

fn record() -> impl Strategy<Value = LogRecord> {
    let times = (select(vec![0, 1, 5, 6, 7, u64::MAX]), 0..9_u64);
    let severity = (prop_oneof![0..25_i32, any::<i32>()], "[A-Z]{0,3}");
    let body = option::of(option::of(value()).prop_map(|value| AnyValue { value }));
    let ids = (select(vec![vec![], vec![1; 16], vec![2; 16]]), select(vec![vec![], vec![1; 8], vec![2; 8]]));
    let event = select(vec!["", "click", "a"]);
    (times, severity, body, attributes(), any::<[u32; 2]>(), ids, event).prop_map(
        |((time, observed), (number, text), body, attributes, [dropped, flags], (trace, span), event)| LogRecord {
            time_unix_nano: time,
            observed_time_unix_nano: observed,
            severity_number: number,
            severity_text: text,
            body,
            attributes,
            dropped_attributes_count: dropped,
            flags,
            trace_id: trace,
            span_id: span,
            event_name: event.into(),
        },
    )
}

/// Requests with records of all kinds.
pub fn request() -> impl Strategy<Value = ExportLogsServiceRequest> {
    let scope = (attributes(), "[xy]?").prop_map(|(attributes, name)| InstrumentationScope {
        name,
        attributes,
        dropped_attributes_count: 3,
        ..Default::default()
    });
    let scope_logs = (option::of(scope), vec(record(), 0..4), "[s]?");
    let scope_logs =
        scope_logs.prop_map(|(scope, log_records, schema_url)| ScopeLogs { scope, log_records, schema_url });
    let resource = option::of(attributes().prop_map(|attributes| Resource { attributes, ..Default::default() }));
    let resource_logs = (resource, vec(scope_logs, 0..3), "[r]?");
    let resource_logs =
        resource_logs.prop_map(|(resource, scope_logs, schema_url)| ResourceLogs { resource, scope_logs, schema_url });
    vec(resource_logs, 0..3).prop_map(|resource_logs| ExportLogsServiceRequest { resource_logs })
}

#[derive(Debug, Clone)]
enum Step {
    Submit(ExportLogsServiceRequest),
    /// So many milliseconds.
    Pass(u64),
    Open {
        logs: usize,
        age: u64,
        /// Or closed before.
        killed: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let pass = (1..=3_u64).prop_map(|seconds| Step::Pass(seconds * 1_000));
    let open = (select(vec![3, 6, 1_000]), select(vec![4_000, 1_000_000]), any::<bool>());
    let open = open.prop_map(|(logs, age, killed)| Step::Open { logs, age, killed });
    prop_oneof![4 => request().prop_map(Step::Submit), 2 => pass, 1 => open]
}

/// All records of a request, each by itself.
fn each(request: &ExportLogsServiceRequest) -> Vec<One> {
    let resources = request.resource_logs.iter();
    let scopes = resources.flat_map(|resource| resource.scope_logs.iter().map(move |scope| (resource, scope)));
    let one = |(resource, scope): (&ResourceLogs, &ScopeLogs), record: &LogRecord| ResourceLogs {
        scope_logs: vec![ScopeLogs { log_records: vec![record.clone()], ..scope.clone() }],
        ..resource.clone()
    };
    scopes.flat_map(|from| from.1.log_records.iter().map(move |record| one(from, record))).collect()
}

fn record_of(one: &One) -> &LogRecord {
    &one.scope_logs[0].log_records[0]
}

fn time_of(one: &One) -> u64 {
    let record = record_of(one);
    if record.time_unix_nano == 0 { record.observed_time_unix_nano } else { record.time_unix_nano }
}

/// Numbers bit by bit: NaN is unequal to itself.
fn bytes(records: &[One]) -> Vec<Vec<u8>> {
    records.iter().map(Message::encode_to_vec).collect()
}

fn found(logs: &Logs, filter: &LogFilter, limit: usize) -> Vec<One> {
    let found = logs.search(filter, limit, &|| true).unwrap();
    let runs = logs.records(found).map(Result::unwrap);
    let one = |one: Record<'_>| ResourceLogs {
        scope_logs: vec![ScopeLogs { log_records: vec![one.record.clone()], ..without(one.scope) }],
        ..ResourceLogs { scope_logs: Vec::new(), ..one.resource.clone() }
    };
    runs.flat_map(|run| run.records().map(one).collect::<Vec<_>>()).collect()
}

fn without(scope: &ScopeLogs) -> ScopeLogs {
    ScopeLogs { log_records: Vec::new(), ..scope.clone() }
}

/// What came with one request, and how many of its first records have gone.
#[derive(Debug, Clone)]
struct Came {
    arrived: u64,
    records: Vec<One>,
    gone: usize,
}

#[derive(Debug, Clone, Default)]
struct Model(VecDeque<Came>);

impl Model {
    fn len(&self) -> usize {
        self.0.iter().map(|came| came.records.len() - came.gone).sum()
    }

    fn evict(&mut self, most: usize) {
        while self.len() > most {
            let first = &mut self.0[0];
            first.gone += 1;
            if first.gone == first.records.len() {
                self.0.pop_front();
            }
        }
    }

    fn expire(&mut self, age: u64, now: u64) {
        while self.0.front().is_some_and(|came| came.arrived + age < now) {
            self.0.pop_front();
        }
    }

    fn opened(&self, most: usize) -> Self {
        let mut opened = Self::default();
        for came in &self.0 {
            opened.0.push_back(Came { gone: 0, ..came.clone() });
            opened.evict(most);
        }
        opened
    }

    /// Newest first; of one time, the one that came last.
    fn newest(&self, fits: impl Fn(&One) -> bool) -> Vec<One> {
        let mut records: Vec<_> = self.0.iter().flat_map(|came| &came.records[came.gone..]).cloned().collect();
        records.reverse();
        records.sort_by_key(|one| std::cmp::Reverse(time_of(one)));
        records.retain(fits);
        records
    }
}

impl TestDirectory {
    fn logs(&self, limits: Limits, clock: &TestClock) -> Logs {
        let directory = Arc::new(Directory::open(self.path()).unwrap());
        let disk = Box::new(directory.database(LOGS).unwrap());
        Logs::start(limits, disk, clock.clock(), "here".into(), Some(directory)).unwrap()
    }
}

fn submit(logs: &Logs, request: &ExportLogsServiceRequest) -> Taken {
    wait(logs.submit(request.clone()).done()).unwrap()
}

/// Has what is due done.
fn tick(logs: &Logs) {
    assert_eq!(submit(logs, &ExportLogsServiceRequest::default()), Taken::default());
}

fn compare(steps: Vec<Step>) {
    let (mut directory, clock) = (TestDirectory::in_memory(), TestClock::new());
    let (mut most, mut age) = (1_000, 4_000);
    let limits = |logs, age| Limits { logs, age: Duration::from_millis(age), ..Limits::default() };
    let mut logs = directory.logs(limits(most, age), &clock);
    let mut model = Model::default();
    // What the disk would have if the program ended now.
    let mut durable = model.clone();
    for step in steps {
        match &step {
            Step::Submit(request) => {
                let records = each(request);
                assert_eq!(submit(&logs, request), Taken { taken: records.len(), ..Taken::default() });
                if !records.is_empty() {
                    model.0.push_back(Came { arrived: clock.now(), records, gone: 0 });
                }
                durable = model.clone();
                model.evict(most);
            }
            Step::Pass(millis) => {
                clock.pass(*millis);
                tick(&logs);
                model.expire(age, clock.now());
                durable = model.clone();
            }
            Step::Open { logs: new, age: new_age, killed } => {
                if *killed {
                    directory = directory.copied();
                } else {
                    logs.close();
                    durable = model;
                }
                drop(logs);
                (most, age) = (*new, *new_age);
                model = durable.opened(most);
                logs = directory.logs(limits(most, age), &clock);
                assert_eq!(bytes(&found(&logs, &LogFilter::default(), EVERYTHING)), bytes(&model.newest(|_| true)));
                clock.pass(3_000);
                tick(&logs);
                model.expire(age, clock.now());
                durable = model.clone();
            }
        }
        let all = found(&logs, &LogFilter::default(), EVERYTHING);
        assert_eq!(bytes(&all), bytes(&model.newest(|_| true)), "after {step:?}");
        assert_eq!(logs.totals().0, model.len());
    }
    search(&logs, &model);
}

/// Every way to search, against a look at each record.
fn search(logs: &Logs, model: &Model) {
    let text = |value: &KeyValue, text: &str| crate::model::display(value.value.as_ref()) == text;
    let has = |one: &One, key: &str, wanted: &str| {
        let of_resource = one.resource.iter().flat_map(|resource| &resource.attributes);
        let of_scope = one.scope_logs[0].scope.iter().flat_map(|scope| &scope.attributes);
        let mut all = record_of(one).attributes.iter().chain(of_scope).chain(of_resource);
        all.any(|pair| pair.key == key && text(pair, wanted))
    };
    let is_event = |one: &One, event: &str| {
        let record = record_of(one);
        record.event_name == event || record.attributes.iter().any(|pair| pair.key == "event.name" && text(pair, event))
    };
    let service = |one: &One| {
        let attributes = one.resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
        crate::model::tags::service(attributes).to_owned()
    };
    let all = LogFilter::default;
    let trace =
        |id| (LogFilter { trace: Some(trace_id(id)), ..all() }, move |one: &One| record_of(one).trace_id == [id; 16]);
    let check = |filter: LogFilter, fits: &dyn Fn(&One) -> bool| {
        let expected = model.newest(fits);
        assert_eq!(bytes(&found(logs, &filter, EVERYTHING)), bytes(&expected), "{filter:?}");
        for limit in 1..4 {
            let expected = &expected[..limit.min(expected.len())];
            assert_eq!(bytes(&found(logs, &filter, limit)), bytes(expected), "{limit} of {filter:?}");
        }
    };
    let (by_trace, fits) = trace(1);
    check(by_trace, &fits);
    check(LogFilter { severity: Some(9), ..all() }, &|one| record_of(one).severity_number >= 9);
    check(LogFilter { time: 5..=6, ..all() }, &|one| (5..=6).contains(&time_of(one)));
    check(LogFilter { event: Some("a".into()), ..all() }, &|one| is_event(one, "a"));
    check(LogFilter { service: Some("a".into()), ..all() }, &|one| service(one) == "a");
    check(LogFilter { service: Some("OTLPResourceNoServiceName".into()), ..all() }, &|one| {
        service(one) == "OTLPResourceNoServiceName"
    });
    let tags = || vec![("a".to_owned(), "true".to_owned())];
    check(LogFilter { tags: tags(), ..all() }, &|one| has(one, "a", "true"));
    let both = LogFilter { tags: tags(), severity: Some(1), ..all() };
    check(both, &|one| has(one, "a", "true") && record_of(one).severity_number >= 1);
    let says = |one: &One| {
        let record = record_of(one);
        let values = record.attributes.iter().filter_map(|pair| pair.value.as_ref());
        let mut texts = record.body.iter().chain(values).map(|value| crate::model::display(Some(value)));
        texts.any(|text| text.to_lowercase().contains('b')) || record.event_name.contains('b')
    };
    check(LogFilter { text: Some("b".into()), ..all() }, &says);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_comes_and_ends_it_has_what_a_list_has(steps in vec(step(), 1..20)) {
        compare(steps);
    }
}

fn records(count: u64, length: usize) -> ExportLogsServiceRequest {
    let record = |time_unix_nano| LogRecord { time_unix_nano, severity_text: "x".repeat(length), ..Default::default() };
    let scope_logs = vec![ScopeLogs { log_records: (1..=count).map(record).collect(), ..Default::default() }];
    ExportLogsServiceRequest { resource_logs: vec![ResourceLogs { scope_logs, ..Default::default() }] }
}

fn times(logs: &Logs) -> Vec<u64> {
    found(logs, &LogFilter::default(), EVERYTHING).iter().map(time_of).collect()
}

#[test]
fn the_bytes_are_bounded_and_what_is_too_large_is_told() {
    let logs = Logs::in_memory(Limits { bytes: 200_000, ..Limits::default() }).unwrap();
    assert_eq!(submit(&logs, &records(100, 10_000)).taken, 100);
    let kept = times(&logs);
    assert!(kept.len() < 20 && kept.starts_with(&[100, 99]), "{kept:?}");
    let taken = submit(&logs, &records(1, 200_000));
    assert_eq!((taken.taken, taken.refused), (0, 1));
    assert!(taken.reason.contains("200000"), "{}", taken.reason);
    assert_eq!(times(&logs), kept);
}

#[test]
fn a_large_resource_is_kept_once_a_block_however_many_scopes_there_are() {
    let mut request = records(1, 10);
    let resource = &mut request.resource_logs[0];
    let value = Value::StringValue("x".repeat(1 << 20));
    resource.resource = Some(Resource { attributes: vec![key_value("large", value)], ..Default::default() });
    resource.scope_logs = vec![resource.scope_logs[0].clone(); 2_000];
    // With each of the scopes it would be 2 GiB.
    let logs = Logs::in_memory(Limits { bytes: 4 << 20, ..Limits::default() }).unwrap();
    assert_eq!(submit(&logs, &request).taken, 2_000);
    assert_eq!(logs.totals().0, 2_000);
}

#[test]
fn what_has_come_since_is_told_until_it_is_too_much() {
    let logs = Logs::in_memory(Limits { logs: 50, ..Limits::default() }).unwrap();
    let all = LogFilter::default();
    let since = |version, limit| {
        let (latest, found) = logs.since(version, &all, limit).unwrap();
        (latest, found.map(|found| found.iter().map(|one| one.time).collect::<Vec<_>>()))
    };
    let start = logs.version();
    submit(&logs, &records(3, 1));
    let (middle, found) = since(start, 10);
    assert_eq!(found, Some(vec![3, 2, 1]));
    submit(&logs, &records(2, 1));
    assert_eq!(since(middle, 10).1, Some(vec![2, 1]));
    assert_eq!(since(start, 4).1, None, "they are more than that");
    assert_eq!(since(start + 1, 10).1, Some(vec![3, 2, 2, 1]), "from within a request");
    assert_eq!(since(logs.version(), 10).1, Some(vec![]));
    assert_eq!(since(logs.version() + 1, 10).1, None, "of another run");
    submit(&logs, &records(46, 1));
    assert_eq!(since(start, 100).1, None, "one has gone");
    assert_eq!(since(start + 1, 100).1.map(|found| found.len()), Some(50));
}

#[test]
fn a_block_that_cannot_be_read_is_an_error_and_not_an_absence() {
    let clock = TestClock::new().clock();
    let logs = Logs::start(Limits::default(), Box::<Unreadable>::default(), clock, "here".into(), None).unwrap();
    submit(&logs, &records(3, 1));
    let failed = logs.search(&LogFilter::default(), 10, &|| true).unwrap_err();
    assert_eq!(failed, Failed("unreadable".into()));
    assert_eq!(logs.search(&LogFilter { severity: Some(1), ..LogFilter::default() }, 10, &|| true), Ok(vec![]));
}
