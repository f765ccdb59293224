//! The layers of the `tracing` macros are made once, and outlive the pipeline that they were made for.

use opentelemetry::trace::{TraceContextExt, TracerProvider as _};
use opentelemetry_browser::tracing::fine_times;
use tracing::info_span;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

use crate::{Receiver, pipeline_test};

/// Whether a time in the protocol's nanoseconds has a part below the millisecond, and the time.
fn nanos(time: &serde_json::Value) -> u64 {
    time.as_str().unwrap().parse().unwrap()
}

pipeline_test! {
    async fn layers_go_on_after_a_shutdown_and_a_new_install() {
        let receivers = [Receiver::default(), Receiver::default()];
        let first = receivers[0].builder().install().unwrap();
        let layer = tracing_opentelemetry::layer().with_tracer(first.provider().tracer("test"));
        let subscriber = Registry::default().with(fine_times(layer));
        let guard = tracing::subscriber::set_default(subscriber);

        info_span!("one").in_scope(|| ());
        // One that is open across the end of its pipeline, one that is made before and entered after.
        let open = info_span!("open");
        open.in_scope(|| ());
        let waiting = info_span!("waiting");
        assert_eq!(first.shutdown().await.unwrap().delivered, 1);
        info_span!("between").in_scope(|| ());

        let second = receivers[1].builder().install().unwrap();
        let parent = open.context().span().span_context().clone();
        open.in_scope(|| info_span!("child").in_scope(|| ()));
        drop(open);
        waiting.in_scope(|| ());
        drop(waiting);
        for _ in 0..20 {
            info_span!("many").in_scope(|| ());
        }
        drop(guard);
        second.shutdown().await.unwrap();

        assert_eq!(receivers[0].names(), ["one"]);
        let books = first.diagnostics();
        assert_eq!((books.recorded, books.exported, books.dropped.shutdown), (3, 1, 2), "open and between: {books:?}");
        let names = receivers[1].names();
        assert_eq!(names[..2], ["child", "waiting"]);
        assert_eq!(names.len(), 22);
        let spans = receivers[1].spans();
        assert_eq!(spans[0]["traceId"], parent.trace_id().to_string());
        assert_eq!(spans[0]["parentSpanId"], parent.span_id().to_string());
        for span in &spans {
            assert!(nanos(&span["startTimeUnixNano"]) <= nanos(&span["endTimeUnixNano"]), "{span}");
        }
        let is_fine = |span: &serde_json::Value| !nanos(&span["startTimeUnixNano"]).is_multiple_of(1_000_000);
        assert!(spans.iter().any(is_fine), "the times are still those of the fine clock");
    }
}
