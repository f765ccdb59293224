//! Exporters that know upstream's trait alone, and code that is called while a span is exported.

use std::sync::{Arc, Mutex};

use opentelemetry::trace::{Span as _, TraceContextExt, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::SpanData;

use super::*;
use crate::TracerProvider;
use crate::platform::{block_on, sleep::sleep};

type Hook = Arc<dyn Fn() -> OTelSdkResult + Send + Sync>;

struct Foreign {
    exported: Arc<Mutex<Vec<Vec<String>>>>,
    resource: Arc<Mutex<Option<Resource>>>,
    takes: Duration,
    hook: Hook,
}

impl std::fmt::Debug for Foreign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Foreign")
    }
}

impl Foreign {
    fn new(takes: Duration, hook: impl Fn() -> OTelSdkResult + Send + Sync + 'static) -> Self {
        Self { exported: Arc::default(), resource: Arc::default(), takes, hook: Arc::new(hook) }
    }
}

impl opentelemetry_sdk::trace::SpanExporter for Foreign {
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        let (exported, hook, takes) = (self.exported.clone(), self.hook.clone(), self.takes);
        async move {
            sleep(takes).await;
            hook()?;
            let names = batch.into_iter().map(|span| span.name.into_owned()).collect();
            exported.lock().expect("a lock").push(names);
            Ok(())
        }
    }

    fn set_resource(&mut self, resource: &Resource) {
        *self.resource.lock().expect("a lock") = Some(resource.clone());
    }
}

#[test]
fn it_gets_batches_one_at_a_time_and_the_resource() {
    let foreign = Foreign::new(SECOND, || Ok(()));
    let (exported, resource) = (foreign.exported.clone(), foreign.resource.clone());
    let mut processor = BatchSpanProcessor::builder(foreign).with_max_export_batch_size(2).build();
    processor.set_resource(&Resource::builder_empty().with_service_name("shop").build());
    end(&processor, 0..5);
    assert_eq!(block_on(processor.flush()), Ok(report(5, 0, 0)));
    assert_eq!(*exported.lock().expect("a lock"), [names(0..2), names(2..4), names(4..5)]);
    assert!(resource.lock().expect("a lock").is_some());
    checked(&processor);
}

#[test]
fn its_errors_are_losses() {
    let foreign = Foreign::new(Duration::ZERO, || Err(OTelSdkError::InternalFailure("disk full".into())));
    let processor = BatchSpanProcessor::builder(foreign).build();
    end(&processor, 0..5);
    let error = block_on(processor.flush()).expect_err("lost");
    assert_eq!(error.report(), report(0, 0, 5));
    assert!(error.to_string().contains("disk full"), "{error}");
    assert_eq!(checked(&processor).dropped.export_failed, 5);
}

#[test]
fn its_time_is_limited() {
    let foreign = Foreign::new(SECOND * 3600, || Ok(()));
    let processor = BatchSpanProcessor::builder(foreign).with_export_timeout(SECOND * 2).build();
    end(&processor, 0..5);
    advance(SECOND * 7);
    assert_eq!(checked(&processor).dropped.export_failed, 5);
    assert_eq!(timers_left(), 0);
}

#[test]
fn a_shutdown_ends_its_work() {
    let foreign = Foreign::new(SECOND * 3600, || Ok(()));
    let processor = BatchSpanProcessor::builder(foreign).with_export_timeout(SECOND * 30).build();
    end(&processor, 0..5);
    advance(SECOND * 20);
    assert_eq!(failed(block_on(processor.shutdown())), report(0, 0, 5));
    assert_eq!(checked(&processor).queued, 0);
    assert_eq!(timers_left(), 0);
}

#[test]
fn an_exporter_that_uses_the_current_span_cannot_hang() {
    let provider_slot: Arc<Mutex<Option<TracerProvider>>> = Arc::default();
    let inner = provider_slot.clone();
    let foreign = Foreign::new(Duration::ZERO, move || {
        Context::map_current(|cx| cx.span().set_attribute(KeyValue::new("touched", true)));
        let provider = inner.lock().expect("a lock").clone();
        if let Some(provider) = provider {
            provider.tracer("exporter").in_span("sending", |cx| cx.span().add_event("sent", Vec::new()));
        }
        Ok(())
    });
    let exported = foreign.exported.clone();
    let processor = BatchSpanProcessor::builder(foreign).build();
    let provider = TracerProvider::builder().with_span_processor(processor.clone()).build();
    *provider_slot.lock().expect("a lock") = Some(provider.clone());
    let tracer = provider.tracer("app");
    let cx = Context::new().with_span(tracer.start("outer"));
    let _current = cx.clone().attach();
    tracer.start("inner").end();
    // The current span is touched while the export of another is awaited, and when it ends itself.
    assert_eq!(block_on(processor.flush()), Ok(report(1, 0, 0)));
    cx.span().end();
    assert_eq!(block_on(processor.flush()), Ok(report(1, 0, 0)));
    assert_eq!(*exported.lock().expect("a lock"), [["inner"], ["outer"]]);
    advance(SECOND * 60);
    assert_eq!(exported.lock().expect("a lock").len(), 2, "an exporter's own spans do not feed it for ever");
    checked(&processor);
}
