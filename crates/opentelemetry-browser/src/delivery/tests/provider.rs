//! Headers that a provider gives for each request; and pages whose requests may not outlive them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures_channel::oneshot;

use super::*;
use crate::SpoolConfig;
use crate::exporter::SpanExporterBuilder;
use crate::platform::lifecycle::raise;
use crate::platform::{PageEvent, block_on, fetch_later, run_until_stalled, storage};
use crate::testing::receiver::{Sent, status};
use crate::transport::unload::MAX_BYTES;

fn exporter(receiver: &Receiver) -> SpanExporterBuilder {
    SpanExporter::builder().with_transport(receiver.clone()).with_retry(RetryPolicy::none())
}

fn processor(exporter: SpanExporterBuilder, spool: Option<SpoolConfig>) -> BatchSpanProcessor {
    BatchSpanProcessor::builder(exporter.build().unwrap()).with_spool(spool).build()
}

/// What stood in this header of each request.
fn values(sent: &[Sent], header: &str) -> Vec<String> {
    let headers = sent.iter().map(|sent| sent.request.headers.iter().filter(|(name, _)| name == header));
    headers.map(|values| values.map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(", ")).collect()
}

/// A provider that counts how often it is asked, and gives the number. Clones are the same one.
#[derive(Clone, Default)]
struct Tokens(Rc<Cell<u32>>);

impl Tokens {
    async fn next(&self) -> [(&'static str, String); 1] {
        self.0.set(self.0.get() + 1);
        // It takes a turn of the event loop, as whatever asks a server does.
        crate::platform::sleep::sleep(Duration::from_millis(10)).await;
        [("authorization", self.0.get().to_string())]
    }
}

fn with_tokens(receiver: &Receiver, tokens: &Tokens) -> SpanExporterBuilder {
    let tokens = tokens.clone();
    exporter(receiver).with_header_provider(async move || tokens.next().await)
}

#[test]
fn each_request_asks_for_headers_which_win_over_the_others() {
    let receiver = Receiver::new(status(200));
    let exporter = with_tokens(&receiver, &Tokens::default());
    let processor = processor(exporter.with_header("Authorization", "old").with_header("x-tenant", "shop"), None);
    for spans in [0..2, 2..3] {
        end(&processor, spans);
        block_on(processor.flush()).unwrap();
    }
    assert_eq!(values(&receiver.sent(), "authorization"), ["1", "2"]);
    assert_eq!(values(&receiver.sent(), "Authorization"), ["", ""]);
    assert_eq!(values(&receiver.sent(), "x-tenant"), ["shop", "shop"]);
    assert_eq!(values(&receiver.sent(), "content-type"), ["application/json"; 2]);
}

#[test]
fn a_401_asks_once_more_and_sends_once_more() {
    let receiver = Receiver::new(status(200));
    receiver.then([status(401)]);
    let processor = processor(with_tokens(&receiver, &Tokens::default()), None);
    end(&processor, 0..2);
    assert_eq!(block_on(processor.flush()).unwrap().delivered, 2);
    assert_eq!(values(&receiver.sent(), "authorization"), ["1", "2"]);

    receiver.then([status(401), status(401)]);
    end(&processor, 0..1);
    let error = block_on(processor.flush()).unwrap_err();
    assert!(error.is_refused() && !error.is_timeout() && !error.is_pending(), "{error}");
    assert_eq!(error.cause(), crate::Cause::Status(401));
    assert!(std::error::Error::source(&error).is_some_and(|source| source.is::<crate::LastError>()));
    assert_eq!(values(&receiver.sent(), "authorization"), ["1", "2", "3", "4"], "and not a third time");
    checked(&processor);
}

#[test]
fn a_provider_that_fails_loses_nothing() {
    let receiver = Receiver::new(status(200));
    let outcome = Rc::new(RefCell::new(Err("signed out")));
    let given = outcome.clone();
    let exporter = exporter(&receiver).with_header_provider(async move || *given.borrow());
    let processor = processor(exporter, None);
    end(&processor, 0..2);
    let error = block_on(processor.flush()).unwrap_err();
    assert!(error.is_pending() && error.to_string().contains("the header provider failed: signed out"), "{error}");
    *outcome.borrow_mut() = Ok([("bad name", "x")]);
    advance(SECOND * 60);
    let error = processor.diagnostics().last_error.expect("an error");
    assert!(error.message.contains("bad name"), "{error}");
    assert_eq!(receiver.sent().len(), 0, "nothing is sent without what was asked for");
    *outcome.borrow_mut() = Ok([("authorization", "1")]);
    advance(SECOND * 300);
    assert_eq!(receiver.delivered(), names(0..2));
    assert_eq!(checked(&processor).last_error, None);
}

#[test]
fn a_provider_that_never_answers_holds_a_request_up_no_longer_than_the_receiver_could() {
    let receiver = Receiver::new(status(200));
    let exporter =
        exporter(&receiver).with_header_provider(async || std::future::pending::<Vec<(String, String)>>().await);
    let processor = processor(exporter, None);
    end(&processor, 0..2);
    let error = block_on(processor.flush()).unwrap_err();
    assert_eq!(error.report(), report(0, 2, 0));
    assert_eq!(receiver.sent().len(), 0);
}

#[test]
fn a_hidden_page_sends_at_once_with_what_was_given_last() {
    let receiver = Receiver::new(status(200));
    let tokens = Tokens::default();
    let processor = processor(with_tokens(&receiver, &tokens), None);
    end(&processor, 0..1);
    block_on(processor.flush()).unwrap();
    end(&processor, 1..3);
    raise(PageEvent::Hidden);
    // Nothing ran in between: the page may never run again.
    assert_eq!(values(&receiver.sent(), "authorization"), ["1", "1"]);
    // It does, and the token is too old: now there is time to ask.
    receiver.then([status(401)]);
    end(&processor, 3..4);
    block_on(processor.flush()).unwrap();
    assert_eq!(values(&receiver.sent(), "authorization")[2..], ["1", "2"]);
    raise(PageEvent::Visible);
    end(&processor, 4..5);
    block_on(processor.flush()).unwrap();
    assert_eq!(values(&receiver.sent(), "authorization")[4..], ["3"]);
    assert_eq!(receiver.delivered(), names(0..5));
}

#[test]
fn a_request_that_waits_for_headers_goes_on_without_when_the_page_is_hidden() {
    let receiver = Receiver::new(status(200));
    let answers = Rc::new(RefCell::new(Vec::<oneshot::Sender<&'static str>>::new()));
    let asked = answers.clone();
    let exporter = exporter(&receiver).with_header_provider(async move || {
        let (sender, answer) = oneshot::channel();
        asked.borrow_mut().push(sender);
        answer.await.map(|token| [("authorization", token)])
    });
    let processor = processor(exporter, None);
    end(&processor, 0..1);
    processor.driver.export_soon();
    run_until_stalled();
    answers.borrow_mut().remove(0).send("first").unwrap();
    run_until_stalled();
    end(&processor, 1..2);
    processor.driver.export_soon();
    run_until_stalled();
    assert_eq!((receiver.sent().len(), answers.borrow().len()), (1, 1), "the second waits");
    raise(PageEvent::Hidden);
    run_until_stalled();
    assert_eq!(values(&receiver.sent(), "authorization"), ["first", "first"]);
    assert_eq!(receiver.delivered(), names(0..2));
}

#[test]
fn a_hidden_page_that_has_no_headers_yet_waits_for_them() {
    let receiver = Receiver::new(status(200));
    let processor = processor(with_tokens(&receiver, &Tokens::default()), None);
    end(&processor, 0..2);
    raise(PageEvent::Hidden);
    advance(SECOND);
    assert_eq!((receiver.delivered(), values(&receiver.sent(), "authorization")), (names(0..2), vec!["1".to_owned()]));
}

#[test]
fn what_cannot_be_sent_for_lack_of_headers_is_spooled_when_the_page_is_left() {
    let receiver = Receiver::new(status(200));
    let exporter =
        exporter(&receiver).with_header_provider(async || std::future::pending::<Vec<(String, String)>>().await);
    let processor = processor(exporter, Some(SpoolConfig::default()));
    end(&processor, 0..3);
    raise(PageEvent::PageHide { persisted: false });
    run_until_stalled();
    assert_eq!((receiver.sent().len(), fetch_later::activate().len()), (0, 0));
    let counts = checked(&processor);
    assert_eq!((counts.spooled, counts.in_doubt), (3, 0), "{counts:?}");
    // The next page has some, and sends it.
    drop(processor);
    crate::platform::crash();
    let tokens = Tokens::default();
    let next = BatchSpanProcessor::builder(with_tokens(&receiver, &tokens).build().unwrap()).build();
    advance(SECOND * 60);
    assert_eq!(receiver.delivered(), names(0..3));
    assert_eq!((next.diagnostics().resent, values(&receiver.sent(), "authorization")), (3, vec!["1".to_owned()]));
}

#[test]
fn nothing_is_left_to_the_browser_before_there_are_headers() {
    fetch_later::support(true);
    let receiver = Receiver::new(status(200));
    let processor = processor(with_tokens(&receiver, &Tokens::default()), Some(SpoolConfig::default()));
    end(&processor, 0..1);
    advance(SECOND * 2);
    assert_eq!(fetch_later::activate().len(), 0);
    block_on(processor.flush()).unwrap();
    end(&processor, 1..2);
    advance(SECOND * 2);
    assert_eq!(fetch_later::activate().len(), 1);
    fetch_later::support(false);
}

#[test]
fn without_keepalive_no_request_claims_to_outlive_the_page() {
    let receiver = Receiver::new(status(200));
    let processor = processor(exporter(&receiver).with_keepalive(false), Some(SpoolConfig::default()));
    end(&processor, 0..3);
    block_on(processor.flush()).unwrap();
    // A hidden page lives on, perhaps for hours.
    raise(PageEvent::Hidden);
    end(&processor, 3..5);
    advance(SECOND * 6);
    assert_eq!(receiver.delivered(), names(0..5));
    // One that is left does not.
    end(&processor, 5..7);
    raise(PageEvent::PageHide { persisted: false });
    run_until_stalled();
    assert!(receiver.sent().iter().all(|sent| !sent.request.keepalive));
    assert_eq!(receiver.delivered(), names(0..5));
    assert_eq!(checked(&processor).spooled, 2);
    assert_eq!(storage::contents().len(), 1);
    assert_eq!(crate::transport::unload::available(), MAX_BYTES);
}
