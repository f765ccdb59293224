//! The store against a plain list of traces: requests, time that passes, ends of every kind, and other limits after them.

use std::{collections::BTreeMap, time::Duration};

use proptest::{collection::vec, prelude::*};

use super::{disk::TestDirectory, *};

#[derive(Debug, Clone)]
enum Step {
    /// The trace, the id and the service of each span of a request.
    Insert(Vec<(u8, u8, u8)>),
    /// So many milliseconds.
    Pass(u64),
    Open {
        spans: usize,
        age: u64,
        /// Or closed before.
        killed: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let insert = vec((1..=3_u8, 1..=5_u8, 0..2_u8), 1..7).prop_map(Step::Insert);
    // One trace that grows has blocks of its own.
    let grow = (1..=5_u8).prop_map(|id| Step::Insert(vec![(1, id, 0)]));
    let pass = (1..=3_u64).prop_map(|seconds| Step::Pass(seconds * 1_000));
    let open = (
        prop_oneof![Just(3_usize), Just(6), Just(1_000), Just(1_000)],
        prop_oneof![Just(4_u64), Just(1_000)],
        any::<bool>(),
    );
    let open = open.prop_map(|(spans, age, killed)| Step::Open { spans, age: age * 1_000, killed });
    prop_oneof![2 => insert, 3 => grow, 2 => pass, 1 => open]
}

/// The spans of a block: traces, and ids with services. Equal ids of different services are of different spans.
type Block = Vec<(u8, (u8, u8))>;

/// The spans of a request share a block, wherever they come from.
fn blocks(request: &[(u8, u8, u8)]) -> Vec<Block> {
    vec![request.iter().map(|(trace, id, service)| (*trace, (*id, *service))).collect()]
}

#[derive(Debug, Clone, Default)]
struct Model {
    /// In the order in which they arrived.
    traces: Vec<ModelTrace>,
    blocks: usize,
}

#[derive(Debug, Clone)]
struct ModelTrace {
    id: u8,
    arrived: u64,
    /// In which block each came, and where in it.
    spans: Vec<((u8, u8), (usize, usize))>,
}

/// What the store has to have made durable before it answers.
#[derive(Debug, Default)]
struct Inserted {
    went: Vec<u8>,
    is_urgent: bool,
}

impl Model {
    fn insert(&mut self, block: &Block, most: usize, now: u64, inserted: &mut Inserted) {
        self.blocks += 1;
        let mut growing = None;
        for (ordinal, (id, span)) in block.iter().enumerate() {
            let number = self.traces.iter().position(|trace| trace.id == *id);
            let held = number.map_or(0, |number| self.traces[number].spans.len());
            if number.is_some_and(|number| self.traces[number].spans.iter().any(|(known, _)| known == span)) {
                continue;
            }
            if held == most {
                inserted.is_urgent = true;
                continue;
            }
            let number = number.unwrap_or_else(|| {
                inserted.is_urgent |= inserted.went.contains(id);
                self.traces.push(ModelTrace { id: *id, arrived: now, spans: Vec::new() });
                self.traces.len() - 1
            });
            self.traces[number].spans.push((*span, (self.blocks, ordinal)));
            growing = Some(*id);
        }
        while self.spans() > most {
            let spared = self.traces.len() > 1 && growing == Some(self.traces[0].id);
            inserted.went.push(self.traces.remove(usize::from(spared)).id);
        }
    }

    fn spans(&self) -> usize {
        self.traces.iter().map(|trace| trace.spans.len()).sum()
    }

    /// Each trace that is older goes, but for those that came after one that is not.
    fn expire(&mut self, age: u64, now: u64) {
        let old = self.traces.iter().take_while(|trace| trace.arrived + age < now).count();
        self.traces.drain(..old);
    }

    /// What is left with a limit: as if all of it came again, but what goes has gone for good. `more` has come since.
    fn opened(&self, more: &[Block], most: usize, now: u64) -> Self {
        let spans =
            self.traces.iter().flat_map(|trace| trace.spans.iter().map(|(span, place)| (*place, (trace.id, *span))));
        let mut spans: Vec<_> = spans.collect();
        spans.sort_unstable();
        let blocks = spans.chunk_by(|((one, _), _), ((next, _), _)| one == next);
        let blocks = blocks.map(|spans| spans.iter().map(|(_, span)| *span).collect());
        let arrived: BTreeMap<_, _> = self.traces.iter().map(|trace| (trace.id, trace.arrived)).collect();
        let (mut opened, mut inserted) = (Self::default(), Inserted::default());
        for block in blocks.chain(more.iter().cloned()) {
            let left: Block = block.iter().filter(|(id, _)| !inserted.went.contains(id)).copied().collect();
            opened.insert(&left, most, now, &mut inserted);
        }
        for trace in &mut opened.traces {
            trace.arrived = arrived.get(&trace.id).copied().unwrap_or(now);
        }
        opened
    }

    fn as_kept(&self) -> BTreeMap<TraceId, BTreeSet<(SpanId, bool)>> {
        let span =
            |((id, service), _): &((u8, u8), (usize, usize))| (SpanId::from_bytes(&[*id; 8]).unwrap(), *service == 1);
        self.traces.iter().map(|trace| (trace_id(trace.id), trace.spans.iter().map(span).collect())).collect()
    }
}

fn kept(store: &Store) -> BTreeMap<TraceId, BTreeSet<(SpanId, bool)>> {
    let ids = kept_traces(store).into_iter();
    let span = |span: &Arc<Span>| (span.id, span.service() == "b");
    ids.map(|id| (id, store.trace(id).unwrap_or_default().iter().map(span).collect())).collect()
}

fn compare(steps: Vec<Step>) {
    let (mut directory, clock) = (TestDirectory::in_memory(), TestClock::new());
    let (mut most, mut age) = (1_000, 4_000);
    let limits = |spans, age| Limits { spans, age: Duration::from_millis(age), ..Limits::default() };
    let mut store = directory.open_at(limits(most, age), &clock);
    let origins = [origin("a"), origin("b")];
    let mut model = Model::default();
    // What the disk would have if the program ended now: this, and then these.
    let mut durable = (model.clone(), Vec::new());
    // Whatever is sent at first is what the past has the most hold of.
    let with_more = |step: Step| {
        let more = matches!(step, Step::Open { .. }).then(|| Step::Insert(vec![(1, 6, 0), (2, 6, 1)]));
        [Some(step), more].into_iter().flatten()
    };
    for step in steps.into_iter().flat_map(with_more) {
        match &step {
            Step::Insert(request) => {
                let span = |(trace, id, service): &(u8, u8, u8)| {
                    span_of(&origins[usize::from(*service)], *trace, *id, 0, u64::from(*id))
                };
                store.insert(request.iter().map(span));
                durable = (model.clone(), blocks(request));
                let mut inserted = Inserted::default();
                durable.1.iter().for_each(|block| model.insert(block, most, clock.now(), &mut inserted));
                if inserted.is_urgent {
                    durable = (model.clone(), Vec::new());
                }
            }
            Step::Pass(millis) => {
                clock.pass(*millis);
                store.tick();
                model.expire(age, clock.now());
                durable = (model.clone(), Vec::new());
            }
            Step::Open { spans, age: new, killed } => {
                if *killed {
                    directory = directory.copied();
                } else {
                    store.close();
                    durable = (model, Vec::new());
                }
                drop(store);
                (most, age) = (*spans, *new);
                model = durable.0.opened(&durable.1, most, clock.now());
                store = directory.open_at(limits(most, age), &clock);
                assert_eq!(kept(&store), model.as_kept(), "as it was opened by {step:?}");
                clock.pass(3_000);
                store.tick();
                model.expire(age, clock.now());
                durable = (model.clone(), Vec::new());
            }
        }
        assert_eq!(kept(&store), model.as_kept(), "after {step:?}");
        assert_eq!(store.totals().spans, model.spans());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_comes_and_ends_it_has_what_a_list_has(steps in vec(step(), 1..30)) {
        compare(steps);
    }
}
