use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use futures_channel::oneshot;
use opentelemetry::trace::{SpanId, TraceContextExt, TraceId, Tracer, TracerProvider as _};
use opentelemetry_sdk::trace::SpanData;

use super::*;
use crate::TracerProvider;
use crate::platform::sleep::sleep;
use crate::platform::{async_test, test};
use crate::testing::Ended;

fn provider(ended: &Ended) -> TracerProvider {
    TracerProvider::builder().with_span_processor(ended.clone()).build()
}

/// The trace and the parent of each span.
fn tree(ended: &Ended) -> HashMap<String, (TraceId, SpanId, SpanId)> {
    let spans = ended.0.lock().unwrap();
    let entry = |span: &SpanData| {
        let context = &span.span_context;
        (span.name.to_string(), (context.trace_id(), context.span_id(), span.parent_span_id))
    };
    spans.iter().map(entry).collect()
}

fn current() -> SpanId {
    Context::current().span().span_context().span_id()
}

async_test! {
    async fn spans_stay_with_their_task_when_a_hundred_interleave() {
        const TASKS: usize = 100;
        const STEPS: usize = 10;
        let ended = Ended::default();
        let tracer = Rc::new(provider(&ended).tracer("test"));
        let mut done = Vec::new();
        for task in 0..TASKS {
            let tracer = tracer.clone();
            let (sender, receiver) = oneshot::channel();
            done.push(receiver);
            let cx = Context::new().with_span(tracer.start_with_context(format!("task {task}"), &Context::new()));
            let work = async move {
                for step in 0..STEPS {
                    let before = current();
                    // Different pauses: the tasks overtake each other.
                    sleep(Duration::from_millis(((task * 7 + step * 3) % 5) as u64)).await;
                    assert_eq!(current(), before);
                    tracer.in_span(format!("step {task}.{step}"), |_cx| {});
                    let inner = Context::current_with_span(tracer.start(format!("inner {task}.{step}")));
                    async { sleep(Duration::ZERO).await }.with_context(inner.clone()).await;
                    inner.span().end();
                    assert_eq!(current(), before);
                }
                Context::current().span().end();
                let _ = sender.send(());
            };
            if task % 2 == 0 {
                spawn_in_context(cx, work);
            } else {
                let _guard = cx.attach();
                spawn_in_current_context(work);
            }
        }
        assert_eq!(current(), SpanId::INVALID);
        for receiver in done {
            receiver.await.expect("every task ends");
        }
        assert_eq!(current(), SpanId::INVALID);
        let tree = tree(&ended);
        assert_eq!(tree.len(), TASKS * (1 + 2 * STEPS));
        for task in 0..TASKS {
            let (trace, id, parent) = tree[&format!("task {task}")];
            assert_eq!(parent, SpanId::INVALID);
            for step in 0..STEPS {
                for kind in ["step", "inner"] {
                    let (child_trace, _, child_parent) = tree[&format!("{kind} {task}.{step}")];
                    assert_eq!((child_trace, child_parent), (trace, id), "{kind} {task}.{step}");
                }
            }
        }
    }
}

async_test! {
    async fn a_timers_callback_has_the_context_that_it_was_bound_in() {
        let ended = Ended::default();
        let tracer = provider(&ended).tracer("test");
        let (sender, receiver) = oneshot::channel();
        let id = tracer.in_span("outer", |_cx| {
            let callback = bind_context_once(move || sender.send(current()).expect("awaited"));
            // A task that has no context of its own, as a timer of the browser has none.
            crate::platform::spawn_local(async move {
                sleep(Duration::from_millis(1)).await;
                callback();
            });
            current()
        });
        assert_eq!(receiver.await, Ok(id));
    }
}

#[test]
fn callbacks_with_any_number_of_arguments_are_bound() {
    let cx = Context::new().with_span(provider(&Ended::default()).tracer("test").start("bound"));
    let id = cx.span().span_context().span_id();
    let calls = Rc::new(RefCell::new(Vec::new()));
    let log = |calls: &Rc<RefCell<Vec<SpanId>>>| calls.borrow_mut().push(current());

    let seen = calls.clone();
    let mut none = bind_context_to(cx.clone(), move || log(&seen));
    none();
    none();
    let seen = calls.clone();
    let mut counter = 0;
    let mut one = bind_context_to(cx.clone(), move |step: i32| {
        log(&seen);
        counter += step;
        counter
    });
    assert_eq!((one(2), one(3)), (2, 5));
    let mut two = bind_context_to(cx.clone(), |a: &str, b: String| a.len() + b.len());
    assert_eq!(two("ab", "c".to_owned()), 3);
    let mut three = bind_context_to(cx.clone(), |a: u8, b: u8, c: u8| a + b + c);
    assert_eq!(three(1, 2, 3), 6);

    let seen = calls.clone();
    let guard = cx.attach();
    let once = bind_context_once(move |text: String| {
        log(&seen);
        text
    });
    let mut bound = bind_context(current);
    drop(guard);
    assert_eq!(current(), SpanId::INVALID);
    assert_eq!(once("moved".to_owned()), "moved");
    assert_eq!(bound(), id);
    assert_eq!(current(), SpanId::INVALID);
    assert_eq!(*calls.borrow(), [id; 5]);
}

#[test]
fn a_callback_that_is_called_in_another_context_gives_it_back() {
    let tracer = provider(&Ended::default()).tracer("test");
    let mut bound = tracer.in_span("bound", |_cx| bind_context(current));
    tracer.in_span("caller", |_cx| {
        let caller = current();
        assert_ne!(bound(), caller);
        assert_eq!(current(), caller);
    });
}
