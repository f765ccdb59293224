//! When spans end, and which never do.

use futures_channel::oneshot;
use opentelemetry::trace::{FutureExt, TraceContextExt, Tracer};
use opentelemetry::{Context, global};
use opentelemetry_browser::{
    AsyncTracer, Telemetry, bind_context, bind_context_once, bind_context_to, instrument, spawn_in_context,
};

use crate::{Receiver, pipeline_test};

/// How many spans are open, and how many have ended.
fn counts(telemetry: &Telemetry) -> (u64, u64) {
    let diagnostics = telemetry.diagnostics();
    (diagnostics.open, diagnostics.recorded)
}

pipeline_test! {
    async fn an_async_span_ends_with_its_future_whoever_holds_its_context() {
        let receiver = Receiver::default();
        let telemetry = receiver.builder().install().unwrap();
        let tracer = global::tracer("test");
        let (go_on, waits) = oneshot::channel::<()>();
        let mut held = Vec::new();
        let working = tracer.in_span_async("work", async |cx| {
            held.push(cx);
            let _ = waits.await;
            // After an .await its span is still the active one.
            global::tracer("test").in_span("child", |_cx| {});
            held.push(Context::current());
            7
        });
        assert_eq!(counts(&telemetry), (1, 0), "it begins with the call");
        go_on.send(()).unwrap();
        assert_eq!(working.await, 7);
        assert_eq!(counts(&telemetry), (0, 2), "although its context is held");
        assert_eq!(held.len(), 2);
        assert!(!Context::current().has_active_span());
        telemetry.flush().await.unwrap();
        let spans = receiver.spans();
        let (child, work) = (&spans[0], &spans[1]);
        assert_eq!((&child["name"], &work["name"]), (&"child".into(), &"work".into()));
        assert_eq!((&child["parentSpanId"], &child["traceId"]), (&work["spanId"], &work["traceId"]));
        telemetry.shutdown().await.unwrap();
    }
}

pipeline_test! {
    async fn what_is_given_up_ends_its_span() {
        let telemetry = Receiver::default().builder().install().unwrap();
        let tracer = global::tracer("test");
        let never_polled = tracer.in_span_async("never polled", async |_cx| {});
        let mut begun = Box::pin(instrument(tracer.start("begun"), std::future::pending::<()>()));
        let waker = std::task::Waker::noop();
        assert!(begun.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_pending());
        assert_eq!(counts(&telemetry), (2, 0));
        drop((never_polled, begun));
        assert_eq!(counts(&telemetry), (0, 2));
        telemetry.shutdown().await.unwrap();
    }
}

pipeline_test! {
    async fn a_sync_span_ends_with_the_last_who_holds_its_context() {
        let telemetry = Receiver::default().builder().install().unwrap();
        let tracer = global::tracer("test");
        // Nobody holds it: it ends with the closure, and not with the future.
        let future = tracer.in_span("short", |_cx| async {});
        assert_eq!(counts(&telemetry), (0, 1));
        future.await;
        // The future holds it.
        let future = tracer.in_span("long", |cx| async {}.with_context(cx));
        assert_eq!(counts(&telemetry), (1, 1));
        future.await;
        assert_eq!(counts(&telemetry), (0, 2));
        telemetry.shutdown().await.unwrap();
    }
}

pipeline_test! {
    async fn a_listener_that_is_forgotten_keeps_a_span_open_unless_that_is_ended() {
        let telemetry = Receiver::default().builder().install().unwrap();
        let tracer = global::tracer("test");
        // As Closure::forget does it.
        std::mem::forget(tracer.in_span("never ends", |_cx| bind_context(|| {})));
        assert_eq!(counts(&telemetry), (1, 0), "and it is counted");

        // A listener that ends the span when its work is done.
        let cx = Context::current_with_span(tracer.start("upload"));
        let mut on_progress = bind_context_to(cx.clone(), |percent: i64| {
            if percent == 100 {
                Context::current().span().end();
            }
        });
        on_progress(50);
        assert_eq!(counts(&telemetry), (2, 0));
        on_progress(100);
        std::mem::forget(on_progress);
        assert_eq!(counts(&telemetry), (1, 1));

        // A callback that is called once lets go of it.
        let on_load = tracer.in_span("load", |_cx| bind_context_once(|| {}));
        assert_eq!(counts(&telemetry), (2, 1));
        on_load();
        assert_eq!(counts(&telemetry), (1, 2));
        drop(telemetry.shutdown());
    }
}

pipeline_test! {
    async fn spans_that_are_not_recorded_are_not_open() {
        let receiver = Receiver::default();
        let sampler = opentelemetry_sdk::trace::Sampler::AlwaysOff;
        let telemetry = receiver.builder().with_sampler(sampler).install().unwrap();
        let span = global::tracer("test").start("unsampled");
        assert_eq!(counts(&telemetry), (0, 0));
        drop(span);
        assert_eq!((counts(&telemetry), telemetry.diagnostics().sampled_out), ((0, 0), 1));
        telemetry.shutdown().await.unwrap();
    }
}

pipeline_test! {
    async fn a_task_of_its_own_keeps_its_span_until_it_ends() {
        let telemetry = Receiver::default().builder().install().unwrap();
        let tracer = global::tracer("test");
        let (done, ended) = oneshot::channel();
        spawn_in_context(Context::new(), async move {
            tracer.in_span_async("task", async |_cx| {}).await;
            let _ = done.send(());
        });
        telemetry.flush().await.unwrap();
        assert_eq!(ended.await, Ok(()));
        assert_eq!(counts(&telemetry), (0, 1));
        telemetry.shutdown().await.unwrap();
    }
}
