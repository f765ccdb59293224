use std::time::SystemTime;

use futures_channel::oneshot;

use super::*;
use crate::platform::clock::uptime;
use crate::platform::{advance, block_on, spawn, timers};
use crate::testing::receiver::{Answer, Receiver, status};

fn request() -> Request {
    Request {
        url: "http://localhost:4318/v1/traces".into(),
        headers: Arc::new([("content-type".into(), "application/json".into())]),
        body: Arc::new(b"{}".to_vec()),
        keepalive: true,
        timeout: Duration::from_secs(10),
    }
}

fn asking(code: u16, retry_after: impl Into<String>) -> Answer {
    Answer::Http(code, Some(retry_after.into()), String::new())
}

/// Sends one request. Gives the outcome and the pauses between the attempts.
fn send(receiver: &Receiver, policy: RetryPolicy) -> (Result<Response, TransportError>, Vec<Duration>) {
    let transport = RetryTransport::new(receiver.clone(), policy);
    let (done, outcome) = oneshot::channel();
    // As a task of the event loop it goes on exactly when its timer fires.
    spawn(async move {
        let _ = done.send(transport.send(request()).await);
    });
    let outcome = block_on(outcome).expect("an outcome");
    let times: Vec<Duration> = receiver.sent().iter().map(|sent| sent.at).collect();
    (outcome, times.windows(2).map(|pair| pair[1] - pair[0]).collect())
}

fn exact() -> RetryPolicy {
    RetryPolicy { jitter: 0.0, ..RetryPolicy::default() }
}

#[test]
fn success_is_not_tried_again() {
    let receiver = Receiver::new(status(200));
    let (outcome, pauses) = send(&receiver, RetryPolicy::default());
    assert_eq!((outcome.map(|response| response.status), pauses.len()), (Ok(200), 0));
}

#[test]
fn only_what_may_succeed_later_is_tried_again() {
    for code in [200, 204, 301, 400, 401, 403, 404, 408, 413, 415, 500, 501, 505] {
        let receiver = Receiver::new(status(code));
        let (outcome, _) = send(&receiver, RetryPolicy::default());
        assert_eq!((outcome.map(|response| response.status), receiver.sent().len()), (Ok(code), 1));
    }
    for answer in [status(429), status(502), status(503), status(504), Answer::Down] {
        let receiver = Receiver::new(status(200));
        receiver.then([answer]);
        let (outcome, pauses) = send(&receiver, RetryPolicy::default());
        assert_eq!((outcome.map(|response| response.status), pauses.len()), (Ok(200), 1));
    }
}

#[test]
fn the_last_outcome_is_given_when_the_attempts_are_used_up() {
    for (max_attempts, expected) in [(0, 1), (1, 1), (2, 2), (7, 7)] {
        let receiver = Receiver::new(Answer::Down);
        let (outcome, _) = send(&receiver, RetryPolicy { max_attempts, ..RetryPolicy::default() });
        assert!(outcome.is_err());
        assert_eq!(receiver.sent().len(), expected);
    }
    let receiver = Receiver::new(status(503));
    assert_eq!(send(&receiver, RetryPolicy::none()).0.map(|response| response.status), Ok(503));
}

#[test]
fn attempts_end_when_their_time_is_up() {
    for (limit, expected) in [(0, 1), (1000, 1), (1001, 2), (3500, 3)] {
        let receiver = Receiver::new(Answer::Down);
        let policy = RetryPolicy { max_attempts: 9, multiplier: 2.0, ..exact() };
        let (outcome, _) = send(&receiver, policy.with_max_elapsed(Duration::from_millis(limit)));
        assert!(outcome.is_err());
        assert_eq!(receiver.sent().len(), expected, "{limit} ms");
    }
}

#[test]
fn pauses_grow_to_their_maximum() {
    let receiver = Receiver::new(Answer::Down);
    let policy = RetryPolicy { max_attempts: 8, multiplier: 2.0, ..exact() };
    let (_, pauses) = send(&receiver, policy);
    let seconds: Vec<u64> = pauses.iter().map(Duration::as_secs).collect();
    assert_eq!(seconds, [1, 2, 4, 5, 5, 5, 5]);
}

#[test]
fn chance_stays_within_its_bounds_and_is_used() {
    let mut firsts = Vec::new();
    for _ in 0..50 {
        let receiver = Receiver::new(Answer::Down);
        let (_, pauses) = send(&receiver, RetryPolicy::default());
        for (pause, middle) in pauses.iter().zip([1.0, 1.5, 2.25, 3.375]) {
            let seconds = pause.as_secs_f64();
            assert!(seconds >= middle * 0.799 && seconds <= middle * 1.201 && seconds <= 5.0, "{seconds} for {middle}");
        }
        assert_eq!(pauses.len(), 4);
        firsts.push(pauses[0]);
    }
    firsts.sort_unstable();
    firsts.dedup();
    assert!(firsts.len() > 10, "only {} different first pauses", firsts.len());
}

#[test]
fn the_receiver_may_say_when_in_seconds() {
    let receiver = Receiver::new(status(200));
    receiver.then([asking(429, "7"), asking(503, " 3 ")]);
    let (outcome, pauses) = send(&receiver, exact());
    assert_eq!(outcome.map(|response| response.status), Ok(200));
    assert_eq!(pauses, [Duration::from_secs(7), Duration::from_secs(3)]);
}

#[test]
fn the_receiver_may_say_when_as_a_date() {
    let receiver = Receiver::new(status(200));
    receiver.then([asking(503, httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(6)))]);
    let (_, pauses) = send(&receiver, exact());
    assert!(pauses[0] >= Duration::from_secs(4) && pauses[0] <= Duration::from_secs(6), "{pauses:?}");

    let receiver = Receiver::new(status(200));
    receiver.then([asking(503, "Wed, 21 Oct 2015 07:28:00 GMT")]);
    let (_, pauses) = send(&receiver, exact());
    assert_eq!(pauses, [Duration::from_secs(1)], "a date in the past asks for nothing");
}

#[test]
fn what_is_no_time_is_ignored() {
    for nonsense in ["", "0", "soon", "-1", "1.5", "1e3", "0x10", "Wed, 99 Oct 2015", "\u{0661}"] {
        let receiver = Receiver::new(status(200));
        receiver.then([asking(503, nonsense)]);
        let (_, pauses) = send(&receiver, exact());
        assert_eq!(pauses, [Duration::from_secs(1)], "{nonsense}");
    }
}

#[test]
fn a_receiver_that_asks_for_too_much_is_left_alone_for_now() {
    for too_long in ["11", "86400", "99999999999999999999999"] {
        let receiver = Receiver::new(status(200));
        receiver.then([asking(503, too_long)]);
        let (outcome, pauses) = send(&receiver, exact());
        let outcome = outcome.expect("an answer");
        assert_eq!((outcome.status, outcome.retry_after.as_deref()), (503, Some(too_long)));
        assert_eq!(pauses.len(), 0);
    }
}

#[test]
fn every_second_attempt_does_without_keepalive() {
    let receiver = Receiver::new(Answer::Down);
    let _ = send(&receiver, RetryPolicy::default());
    let keepalive: Vec<bool> = receiver.sent().iter().map(|sent| sent.request.keepalive).collect();
    assert_eq!(keepalive, [true, false, true, false, true]);
}

#[test]
fn the_body_is_the_same_and_not_a_copy() {
    let receiver = Receiver::new(Answer::Down);
    let transport = RetryTransport::new(receiver.clone(), RetryPolicy::default());
    let request = request();
    let _ = block_on(transport.send(request.clone()));
    for sent in receiver.sent() {
        assert!(Arc::ptr_eq(&sent.request.body, &request.body));
        assert!(Arc::ptr_eq(&sent.request.headers, &request.headers));
    }
}

#[test]
fn the_first_attempt_starts_at_once_and_the_others_are_counted() {
    let receiver = Receiver::new(Answer::Down);
    let counters = Arc::<Counters>::default();
    let transport = RetryTransport::with_counters(receiver.clone(), RetryPolicy::default(), counters.clone());
    let sending = transport.send(request());
    assert_eq!(receiver.sent().len(), 1, "before anything is polled");
    let _ = block_on(sending);
    assert_eq!(counters.snapshot().retried, 4);
    assert!(counters.last_error().is_some());
}

#[test]
fn who_drops_the_future_ends_the_attempts() {
    let receiver = Receiver::new(Answer::Down);
    let transport = RetryTransport::new(receiver.clone(), RetryPolicy::default());
    {
        let mut sending = transport.send(request());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(sending.as_mut().poll(&mut context).is_pending());
        assert_eq!(timers(), 1);
    }
    assert_eq!(timers(), 0);
    advance(Duration::from_secs(3600));
    assert_eq!(receiver.sent().len(), 1);
}

#[test]
fn no_policy_is_hostile_enough_to_panic() {
    let durations = [Duration::ZERO, Duration::from_nanos(1), Duration::MAX];
    let numbers = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -1.0, 1e308, 5e-324];
    for initial_backoff in durations {
        for max_backoff in durations {
            for multiplier in numbers {
                for jitter in numbers {
                    let policy = RetryPolicy {
                        max_attempts: u32::MAX,
                        initial_backoff,
                        max_backoff,
                        multiplier,
                        jitter,
                        max_retry_after: Duration::MAX,
                        max_elapsed: Some(Duration::MAX),
                    };
                    let mut backoff = Micros::from(policy.initial_backoff);
                    for chance in [0.0, 0.5, 0.999_999, 0.0, 0.999_999] {
                        let pause = policy.pause(backoff, chance);
                        assert!(pause <= max_backoff.into() && pause <= LONGEST_PAUSE * 2, "{policy:?}");
                        backoff = policy.next(backoff);
                    }
                }
            }
        }
    }
}

#[test]
fn a_policy_without_pauses_or_bounds_still_ends() {
    let policy = RetryPolicy {
        max_attempts: 4,
        initial_backoff: Duration::ZERO,
        max_backoff: Duration::ZERO,
        multiplier: f64::NAN,
        jitter: f64::NAN,
        max_retry_after: Duration::MAX,
        max_elapsed: Some(Duration::MAX),
    };
    let receiver = Receiver::new(Answer::Down);
    let begun = uptime();
    assert!(send(&receiver, policy.clone()).0.is_err());
    assert_eq!(receiver.sent().len(), 4);
    assert!(uptime() - begun < Duration::from_secs(1));

    // A pause that no timer can hold is waited for all the same, and can be given up.
    let receiver = Receiver::new(asking(503, u64::MAX.to_string()));
    let transport = RetryTransport::new(receiver.clone(), policy);
    let mut sending = transport.send(request());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(sending.as_mut().poll(&mut context).is_pending());
    advance(Duration::from_secs(3600));
    assert_eq!(receiver.sent().len(), 1);
}
