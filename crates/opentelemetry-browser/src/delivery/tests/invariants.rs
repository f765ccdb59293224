//! Whatever happens, in whatever order: every span is in one place, and none is taken in twice.

use std::collections::HashSet;

use futures_channel::oneshot;
use proptest::prelude::*;

use super::*;
use crate::platform::lifecycle::raise;
use crate::platform::storage::{Storage, contents};
use crate::platform::{PageEvent, block_on, crash, fetch_later, run_until_stalled, spawn};
use crate::spool::SpoolConfig;
use crate::testing::receiver::{Answer, status};
use crate::transport::unload::{MAX_BYTES, MAX_REQUESTS, available};

#[derive(Clone, Debug)]
enum Step {
    End(usize),
    EndLarge(usize),
    /// Starts a flush and waits for it later, or never.
    Flush {
        is_kept: bool,
    },
    Raise(PageEvent),
    Answer(Answer),
    Usual(Answer),
    Pass(u64),
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        6 => Just(status(200)),
        2 => Just(status(503)),
        1 => Just(status(400)),
        2 => Just(Answer::Down),
        1 => Just(Answer::Http(429, Some("3".into()), String::new())),
        1 => Just(Answer::Http(200, None, r#"{"partialSuccess":{"rejectedSpans":1}}"#.into())),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let usual = prop_oneof![2 => Just(Answer::Later), 1 => answer()];
    prop_oneof![
        6 => (1..8_usize).prop_map(Step::End),
        1 => (10_000..70_000_usize).prop_map(Step::EndLarge),
        2 => any::<bool>().prop_map(|is_kept| Step::Flush { is_kept }),
        1 => Just(Step::Raise(PageEvent::Hidden)),
        1 => Just(Step::Raise(PageEvent::Visible)),
        1 => Just(Step::Raise(PageEvent::PageHide { persisted: true })),
        1 => Just(Step::Raise(PageEvent::PageShow)),
        6 => answer().prop_map(Step::Answer),
        1 => usual.prop_map(Step::Usual),
        3 => (0..40_000_u64).prop_map(Step::Pass),
    ]
}

/// Where a page can put what it cannot send.
#[derive(Clone, Copy, Debug)]
enum Refuge {
    Nowhere,
    Spool,
    SpoolAndFetchLater,
}

fn check(steps: Vec<Step>, refuge: Refuge, shuts_down: bool) -> Result<(), TestCaseError> {
    // What a case before this one may have left behind.
    crash();
    contents().into_iter().for_each(|(key, _)| Storage.remove(&key));
    fetch_later::support(matches!(refuge, Refuge::SpoolAndFetchLater));
    raise(PageEvent::Visible);
    let receiver = Receiver::new(Answer::Later);
    let spool = (!matches!(refuge, Refuge::Nowhere)).then(SpoolConfig::default);
    let processor = builder(&receiver).with_spool(spool).with_max_queue_size(24).with_max_export_batch_size(5).build();
    let mut ended = 0;
    let mut flushes = Vec::new();
    for step in steps {
        match step {
            Step::End(count) => {
                end(&processor, ended..ended + count);
                ended += count;
            }
            Step::EndLarge(bytes) => {
                end_large(&processor, &ended.to_string(), bytes);
                ended += 1;
            }
            Step::Flush { is_kept } => {
                let (done, settled) = oneshot::channel();
                let processor = processor.clone();
                let flush = async move {
                    let _ = done.send(processor.flush().await);
                };
                if is_kept {
                    spawn(flush);
                    flushes.push(settled);
                } else {
                    let mut flush = std::pin::pin!(flush);
                    let _ = flush.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
                }
            }
            Step::Raise(event) => raise(event),
            Step::Answer(answer) => drop(receiver.answer(answer)),
            Step::Usual(answer) => receiver.set_usual(answer),
            Step::Pass(millis) => advance(Duration::from_millis(millis)),
        }
        checked(&processor);
        run_until_stalled();
        prop_assert_eq!(checked(&processor).recorded, ended as u64);
        // Those that were handed over, one that the pump sends, and one out of the spool.
        prop_assert!(receiver.under_way() <= MAX_REQUESTS + 3);
        check_that_none_came_twice(&receiver)?;
    }
    for flush in flushes {
        prop_assert!(block_on(flush).is_ok(), "each settles, whatever it says");
    }
    raise(PageEvent::Visible);
    raise(PageEvent::PageShow);
    receiver.set_usual(status(200));
    while receiver.answer(status(200)) {}
    if shuts_down {
        let _ = block_on(processor.shutdown());
        run_until_stalled();
    } else {
        advance(SECOND * 400);
    }
    prop_assert_eq!(checked(&processor).queued, 0);
    check_that_none_came_twice(&receiver)?;
    prop_assert_eq!(available(), MAX_BYTES);
    let left: Vec<String> = contents().into_iter().map(|(key, _)| key).collect();
    prop_assert_eq!(timers_left(), 0, "with {:?} in the storage", left);
    Ok(())
}

fn check_that_none_came_twice(receiver: &Receiver) -> Result<(), TestCaseError> {
    let delivered = receiver.delivered();
    let different: HashSet<&String> = delivered.iter().collect();
    prop_assert_eq!(different.len(), delivered.len(), "taken in twice: {:?}", delivered);
    Ok(())
}

#[test]
fn a_transport_without_answers_has_one_question_at_a_time() {
    // A page that comes back with as many requests as can be handed over, none of which is answered, and one that fails by itself.
    use Step::*;
    let (left, back) = (Raise(PageEvent::PageHide { persisted: true }), Raise(PageEvent::PageShow));
    let before =
        [EndLarge(10_000), Pass(6_195), left, Flush { is_kept: false }, End(6), Pass(8_805), Answer(status(200))];
    let after = [End(6), End(1), End(1), End(1), End(6), End(1), back, Pass(31_954), Pass(28_046)];
    check(before.into_iter().chain(after).collect(), Refuge::Nowhere, false).expect("no more than are to be under way");
}

proptest! {
    #[test]
    fn every_span_is_in_one_place(steps in prop::collection::vec(step(), 1..60), shuts_down in any::<bool>()) {
        check(steps, Refuge::Nowhere, shuts_down)?;
    }

    #[test]
    fn also_where_pages_can_leave_spans_behind(
        steps in prop::collection::vec(step(), 1..60),
        refuge in prop_oneof![Just(Refuge::Spool), Just(Refuge::SpoolAndFetchLater)],
        shuts_down in any::<bool>(),
    ) {
        check(steps, refuge, shuts_down)?;
    }
}
