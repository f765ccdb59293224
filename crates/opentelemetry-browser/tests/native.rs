//! What a native test of shared code sees: no browser turns the event loop, whoever awaits a flush or a shutdown does.

#![cfg(not(target_arch = "wasm32"))]

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use futures_channel::oneshot;
use opentelemetry::trace::{Tracer, TracerProvider as _};
use opentelemetry_browser::{
    BatchSpanProcessor, BatchSpanProcessorBuilder, BoxFuture, Compression, Request, Response, RetryPolicy,
    SpanExporter, Telemetry, TracerProvider, Transport, TransportError,
};

type Answer = Result<Response, TransportError>;

const MOMENT: Duration = Duration::from_millis(20);

fn ok() -> Answer {
    Ok(Response::new(200))
}

/// Answers by a closure, which gets the number of the request.
struct Answers<F>(F, AtomicUsize);

impl<F> std::fmt::Debug for Answers<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answers")
    }
}

impl<F: Fn(usize) -> BoxFuture<Answer> + Send + Sync> Transport for Answers<F> {
    fn send(&self, _request: Request) -> BoxFuture<Answer> {
        self.0(self.1.fetch_add(1, Ordering::SeqCst))
    }
}

fn answers<F: Fn(usize) -> BoxFuture<Answer> + Send + Sync>(answer: F) -> Answers<F> {
    Answers(answer, AtomicUsize::new(0))
}

fn at_once() -> impl Transport {
    answers(|_| Box::pin(std::future::ready(ok())))
}

fn from_another_thread() -> impl Transport {
    answers(|_| {
        let (sender, receiver) = oneshot::channel();
        thread::spawn(move || {
            thread::sleep(MOMENT);
            let _ = sender.send(ok());
        });
        Box::pin(async { receiver.await.unwrap() })
    })
}

fn never() -> impl Transport {
    answers(|_| Box::pin(std::future::pending()))
}

fn builder(transport: impl Transport + 'static) -> BatchSpanProcessorBuilder<SpanExporter> {
    let policy = RetryPolicy::default().with_initial_backoff(MOMENT).with_max_backoff(MOMENT);
    let exporter = SpanExporter::builder().with_transport(transport).with_retry(policy).build().unwrap();
    BatchSpanProcessor::builder(exporter).with_spool(None).with_console_warnings(false)
}

/// A processor, and the provider that it lives as long as.
fn pipeline(builder: BatchSpanProcessorBuilder<SpanExporter>) -> (BatchSpanProcessor, TracerProvider) {
    let processor = builder.build();
    let provider = TracerProvider::builder().with_span_processor(processor.clone()).build();
    (processor, provider)
}

fn record(provider: &TracerProvider, spans: usize) {
    let tracer = provider.tracer("test");
    (0..spans).for_each(|_| tracer.in_span("work", |_cx| {}));
}

/// As futures_executor has it.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        thread::park();
    }
}

fn on_tokio<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

#[test]
fn a_flush_ends_when_the_spans_are_delivered() {
    let (processor, provider) = pipeline(builder(at_once()));
    record(&provider, 3);
    assert_eq!(block_on(processor.flush()).unwrap().delivered, 3);
    let (processor, provider) = pipeline(builder(from_another_thread()));
    record(&provider, 600);
    assert_eq!(block_on(processor.flush()).unwrap().delivered, 600);
    record(&provider, 2);
    assert_eq!(on_tokio(processor.flush()).unwrap().delivered, 2);
}

#[test]
fn a_transport_may_need_the_runtime_that_awaits_it() {
    let transport = answers(|_| {
        let task = tokio::spawn(tokio::time::sleep(MOMENT));
        Box::pin(async {
            task.await.unwrap();
            tokio::time::sleep(MOMENT).await;
            ok()
        })
    });
    let (processor, provider) = pipeline(builder(transport));
    record(&provider, 1);
    assert_eq!(on_tokio(processor.flush()).unwrap().delivered, 1);
}

#[test]
fn a_flush_may_move_between_threads() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let flushes: Vec<_> = (0..20)
        .map(|_| {
            let (processor, provider) = pipeline(builder(from_another_thread()));
            record(&provider, 1);
            runtime.spawn(async move {
                let _provider = provider;
                processor.flush().await
            })
        })
        .collect();
    for flush in flushes {
        assert_eq!(block_on(flush).unwrap().unwrap().delivered, 1);
    }
    // By hand: begun on one thread, ended on another.
    let (processor, provider) = pipeline(builder(from_another_thread()));
    record(&provider, 1);
    let mut flush = Box::pin(async move { processor.flush().await });
    let mut context = Context::from_waker(Waker::noop());
    assert!(flush.as_mut().poll(&mut context).is_pending());
    assert!(flush.as_mut().poll(&mut context).is_pending());
    assert_eq!(thread::spawn(move || block_on(flush)).join().unwrap().unwrap().delivered, 1);
}

#[test]
fn a_receiver_that_never_answers_costs_the_export_timeout() {
    for run in [block_on::<()> as fn(_), on_tokio::<()> as fn(_)] {
        let (processor, provider) = pipeline(builder(never()).with_export_timeout(MOMENT * 5));
        record(&provider, 4);
        let flush = async move {
            let begun = Instant::now();
            let error = processor.flush().await.unwrap_err();
            assert_eq!((error.report().delivered, error.report().retrying), (0, 4));
            assert!(begun.elapsed() >= MOMENT * 5);
            let error = processor.shutdown().await.unwrap_err();
            assert_eq!((error.report().retrying, error.report().dropped), (0, 4));
        };
        let flush: std::pin::Pin<Box<dyn Future<Output = ()>>> = Box::pin(flush);
        run(flush);
    }
}

#[test]
fn a_request_is_tried_again_after_its_pause() {
    let failing = || {
        answers(|number| {
            let status = if number < 2 { 503 } else { 200 };
            Box::pin(std::future::ready(Ok(Response::new(status))))
        })
    };
    let (processor, provider) = pipeline(builder(failing()));
    record(&provider, 1);
    let begun = Instant::now();
    assert_eq!(block_on(processor.flush()).unwrap().delivered, 1);
    assert!(begun.elapsed() >= MOMENT);
    assert_eq!(processor.diagnostics().retried, 2);

    // The exporter alone, behind upstream's trait.
    let policy = RetryPolicy::default().with_initial_backoff(MOMENT).with_max_backoff(MOMENT);
    let exporter = SpanExporter::builder().with_transport(failing()).with_retry(policy);
    let exporter = exporter.with_compression(Compression::Gzip).build().unwrap();
    let provider = opentelemetry_sdk::trace::SdkTracerProvider::builder();
    let provider = provider.with_simple_exporter(exporter).build();
    provider.tracer("test").in_span("work", |_cx| {});
    provider.force_flush().unwrap();
}

#[test]
fn flushes_at_the_same_time_do_not_wait_for_each_others_poll() {
    let (processor, provider) = pipeline(builder(from_another_thread()));
    record(&provider, 1);
    let mut deserted = Box::pin(processor.flush());
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..3 {
        assert!(deserted.as_mut().poll(&mut context).is_pending());
    }
    record(&provider, 1);
    assert_eq!(block_on(processor.flush()).unwrap().delivered, 2);
    drop(deserted);
    record(&provider, 1);
    let other = processor.clone();
    let both = async move { tokio::join!(processor.flush(), other.flush()) };
    let (first, second) = block_on(both);
    assert_eq!((first.unwrap().delivered, second.unwrap().delivered), (1, 1));
}

#[test]
fn tasks_and_timers_run_while_a_flush_is_awaited_and_not_else() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = sent.clone();
    let transport = answers(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        Box::pin(std::future::ready(ok()))
    });
    let (processor, provider) = pipeline(builder(transport).with_max_export_batch_size(2).with_scheduled_delay(MOMENT));
    record(&provider, 5);
    thread::sleep(MOMENT * 2);
    assert_eq!(sent.load(Ordering::SeqCst), 0);

    let has_run = Rc::new(Cell::new(false));
    let seen = has_run.clone();
    opentelemetry_browser::spawn_in_current_context(async move { seen.set(true) });
    assert!(!has_run.get());
    assert_eq!(block_on(processor.flush()).unwrap().delivered, 5);
    assert_eq!(sent.load(Ordering::SeqCst), 3);
    assert!(has_run.get());
}

#[test]
fn a_pipeline_is_installed_flushed_and_shut_down() {
    for transport in [Arc::new(at_once()) as Arc<dyn Transport>, Arc::new(from_another_thread())] {
        let telemetry = Telemetry::builder().with_transport(transport).install().unwrap();
        opentelemetry::global::tracer("test").in_span("work", |_cx| {});
        assert_eq!(block_on(telemetry.flush()).unwrap().delivered, 1);
        opentelemetry::global::tracer("test").in_span("work", |_cx| {});
        assert_eq!(block_on(telemetry.shutdown()).unwrap().delivered, 1);
        assert_eq!(telemetry.diagnostics().exported, 2);
    }
}
