//! One look for the cause per outage.

use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::diagnostics::Cause;
use crate::platform::{advance, block_on, run_until_stalled};
use crate::transport::retry::{RetryPolicy, RetryTransport};

type Answer = Result<u16, bool>;

/// Answers by a list: a status, or an error that is a time-out or not.
#[derive(Debug)]
struct Scripted {
    answers: Mutex<Vec<Answer>>,
    probes: Mutex<u32>,
}

impl Transport for Scripted {
    fn send(&self, _request: Request) -> BoxFuture<Result<Response, TransportError>> {
        let answer = match self.answers.lock().unwrap().remove(0) {
            Ok(status) => Ok(Response { status, ..Response::default() }),
            Err(true) => Err(TransportError::timeout(Duration::from_secs(10))),
            Err(false) => Err(TransportError::network("Failed to fetch")),
        };
        Box::pin(std::future::ready(answer))
    }

    fn diagnose(&self, request: &Request) -> BoxFuture<Diagnosis> {
        assert_eq!(&*request.url, "http://localhost:4318/v1/traces");
        *self.probes.lock().unwrap() += 1;
        Box::pin(std::future::ready(Diagnosis::new(Cause::Cors).with_advice("allow it")))
    }
}

fn request() -> Request {
    Request {
        url: "http://localhost:4318/v1/traces".into(),
        headers: Arc::new([]),
        body: Arc::default(),
        keepalive: false,
        timeout: Duration::from_secs(10),
    }
}

fn send_all(answers: &[Answer]) -> (u32, Arc<Counters>) {
    let scripted = Arc::new(Scripted { answers: Mutex::new(answers.to_vec()), probes: Mutex::new(0) });
    let counters = Arc::<Counters>::default();
    let attempts = Attempts::new(scripted.clone(), counters.clone());
    for _ in answers {
        let _ = block_on(attempts.send(request()));
        run_until_stalled();
    }
    (*scripted.probes.lock().unwrap(), counters)
}

#[test]
fn an_outage_is_looked_into_once() {
    assert_eq!(send_all(&[Err(false), Err(false), Err(true), Err(false)]).0, 1);
    assert_eq!(send_all(&[Err(false), Ok(200), Err(false)]).0, 2, "two outages");
    assert_eq!(send_all(&[Err(false), Ok(503), Err(false)]).0, 2, "any answer ends an outage");
    assert_eq!(send_all(&[Err(true), Ok(400)]).0, 0, "these speak for themselves");
}

#[test]
fn the_cause_is_known_while_the_retries_go_on() {
    let answers = Mutex::new(vec![Err(false), Err(false), Ok(200)]);
    let scripted = Arc::new(Scripted { answers, probes: Mutex::new(0) });
    let counters = Arc::<Counters>::default();
    let attempts = Attempts::new(scripted.clone(), counters.clone());
    let retrying = RetryTransport::with_counters(attempts, RetryPolicy::default(), counters.clone());
    let answer = retrying.send(request());
    platform::spawn(async move {
        assert_eq!(answer.await.map(|response| response.status), Ok(200));
    });
    run_until_stalled();
    let error = counters.snapshot().last_error.expect("the first attempt failed");
    assert_eq!((error.cause, error.advice.as_deref()), (Cause::Cors, Some("allow it")));
    advance(Duration::from_secs(10));
    assert_eq!((counters.snapshot().retried, *scripted.probes.lock().unwrap()), (2, 1));
}

#[cfg(feature = "consent")]
#[test]
fn without_consent_nobody_is_asked() {
    crate::consent::hold(false);
    assert_eq!(send_all(&[Err(false), Err(false)]).0, 0);
    crate::consent::hold(true);
    assert_eq!(send_all(&[Err(false)]).0, 1);
}
