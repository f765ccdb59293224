//! The machine by itself: events in any order, a receiver whose answer depends on what a request holds, and no event loop.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::delivery::queue::{Item, Range};
use crate::transport::retry::RetryPolicy;

/// What answers requests.
#[derive(Clone, Debug)]
enum Receiver {
    Up,
    Down,
    /// Takes no request that holds a record whose number is a multiple of this.
    Picky(u64),
}

#[derive(Clone, Debug)]
enum Step {
    Record(u64),
    Answer(Receiver),
    Pass(u64),
    Flush,
    Page(Event),
}

fn step() -> impl Strategy<Value = Step> {
    let receiver =
        prop_oneof![3 => Just(Receiver::Up), 2 => Just(Receiver::Down), 2 => (2..9_u64).prop_map(Receiver::Picky)];
    let page = prop_oneof![
        Just(Event::Hidden),
        Just(Event::Visible),
        Just(Event::Leaving),
        Just(Event::Left),
        Just(Event::Shown { is_hidden: false }),
    ];
    prop_oneof![
        6 => (1..12_u64).prop_map(Step::Record),
        6 => receiver.prop_map(Step::Answer),
        3 => (0..30_000_u64).prop_map(Step::Pass),
        1 => Just(Step::Flush),
        2 => page.prop_map(Step::Page),
    ]
}

const RECORD: usize = 500;

/// A machine, and the world that it sees: storage that takes all, and requests under way.
struct World {
    machine: Machine,
    ledger: Arc<Ledger>,
    now: Micros,
    /// The records of each batch, and which of them are under way.
    batches: Vec<(Id, Range, bool)>,
    front: u64,
    encoded: u64,
    ended: u64,
    delivered: HashSet<u64>,
    tickets: u32,
    resolved: u32,
    /// What the last flush or shutdown has said.
    report: FlushReport,
    /// Whether the storage says that it has written something.
    tells_of_writing: bool,
}

impl World {
    fn new(spools: bool) -> Self {
        let ledger = Arc::<Ledger>::default();
        let config = Config {
            max_queue_size: 40,
            max_queue_bytes: 1 << 20,
            max_batch_size: 8,
            scheduled_delay: Micros::from_secs(5),
            flush_timeout: Micros::from_secs(30),
            batch_timeout: Micros::from_secs(10),
            retry: RetryPolicy::default(),
            max_unload_bytes: 5_000,
            has_spool: spools,
            resends_in_doubt: false,
            writes_soon: spools,
            is_foreign: false,
            seed: 7,
        };
        let machine = Machine::new(config, ledger.clone(), false);
        let (batches, delivered) = (Vec::new(), HashSet::new());
        let now = Micros::ZERO;
        Self {
            machine,
            ledger,
            now,
            batches,
            front: 0,
            encoded: 0,
            ended: 0,
            delivered,
            tickets: 0,
            resolved: 0,
            report: FlushReport::default(),
            tells_of_writing: true,
        }
    }

    fn batch(&mut self, id: Id) -> &mut (Id, Range, bool) {
        self.batches.iter_mut().find(|(known, ..)| *known == id).expect("it was cut")
    }

    /// Tells the machine of something, and does what it says.
    fn tell(&mut self, event: Event) {
        self.machine.handle(self.now, event);
        for _ in 0..10_000 {
            let sent: usize =
                self.batches.iter().filter(|(.., sent)| *sent).map(|(_, range, _)| range.len() as usize).sum();
            let around = Surroundings {
                room: 20_000_usize.saturating_sub(sent * RECORD),
                frame: 100,
                tells_of_leaving: true,
                ..Surroundings::default()
            };
            let Some(action) = self.machine.poll(self.now, &around) else { return self.check() };
            self.perform(action);
        }
        panic!("the machine does not come to rest");
    }

    fn perform(&mut self, action: Action) {
        let now = self.now;
        match action {
            Action::Encode { most } => {
                let item = Item { len: RECORD as u32, group: 1, framing: 20 };
                self.encoded += most as u64;
                self.machine.handle(now, Event::Encoded(vec![item; most]));
            }
            Action::Cut { id, count } => {
                let range = Range { from: self.front, to: self.front + count as u64 };
                self.front = range.to;
                self.batches.push((id, range, false));
            }
            Action::Shrink { id, count } => {
                let (_, range, _) = self.batch(id);
                let to = range.from + count as u64;
                (self.front, self.batch(id).1.to) = (to, to);
            }
            Action::Split { id, at, other } => {
                let (_, range, _) = *self.batch(id);
                let middle = range.from + at as u64;
                self.batch(id).1.to = middle;
                self.batches.push((other, Range { from: middle, to: range.to }, false));
            }
            Action::Send { id, keepalive, timeout, .. } => {
                assert!(timeout >= Micros::from_millis(500), "it would be given up while it is taken in");
                self.batch(id).2 = true;
                self.machine.handle(now, Event::Started { id, outlives_page: keepalive });
            }
            Action::Abort { id } => self.batch(id).2 = false,
            Action::Forget { id } => self.batches.retain(|(known, ..)| *known != id),
            Action::Put { copy, .. } => {
                self.machine.handle(now, Event::Put { copy, is_taken: true });
                if self.tells_of_writing {
                    self.machine.handle(now, Event::Stored { copy, is_written: true });
                }
            }
            Action::Settle { id } => self.machine.handle(now, Event::Settled { id }),
            Action::Ask => self.machine.handle(now, Event::Asked { is_taken: true }),
            Action::Resolve { report, .. } => {
                self.resolved += 1;
                self.report = report;
            }
            _ => {}
        }
    }

    /// Answers the oldest request.
    fn answer(&mut self, receiver: &Receiver) {
        let Some((id, range, _)) = self.batches.iter().find(|(.., sent)| *sent).copied() else { return };
        self.batch(id).2 = false;
        let is_taken = match receiver {
            Receiver::Up => true,
            Receiver::Down => false,
            Receiver::Picky(number) => (range.from..range.to).all(|place| place % number > 0),
        };
        if is_taken {
            for place in range.from..range.to {
                assert!(self.delivered.insert(place), "record {place} was taken in twice");
            }
        }
        let unavailable = Answer::Unavailable { retry_after: None, is_answer: true };
        self.tell(Event::Answered {
            id,
            answer: if is_taken { Answer::Accepted { rejected: 0 } } else { unavailable },
        });
    }

    fn check(&self) {
        let held: u64 = self.batches.iter().map(|(_, range, _)| range.len()).sum();
        assert_eq!(self.ledger.count(Place::Batched), held);
        assert_eq!(self.ledger.count(Place::Exported), self.delivered.len() as u64);
        assert_eq!(self.ledger.recorded(), self.ended);
        assert_eq!(self.ledger.recorded() - self.ledger.held(), self.settled());
    }

    fn settled(&self) -> u64 {
        let places = [Place::Exported, Place::InDoubt, Place::Spooled];
        self.ledger.dropped() + places.map(|place| self.ledger.count(place)).iter().sum::<u64>()
    }

    /// Lets time pass, with a turn whenever the machine wants one.
    fn pass(&mut self, millis: u64) {
        let end = self.now + Micros::from_millis(millis);
        for _ in 0..100_000 {
            let Some(wake) = self.machine.next_wake().filter(|wake| *wake <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(wake);
            self.tell(Event::Timer);
        }
        panic!("it wants a turn again and again");
    }
}

#[test]
fn a_shutdown_tells_what_is_withdrawn_while_it_is_written() {
    let mut world = World::new(true);
    world.tells_of_writing = false;
    for _ in 0..3 {
        world.machine.admit(|| Micros::ZERO, 800).expect("there is room");
        world.ended += 1;
    }
    world.tell(Event::Shutdown { ticket: 1 });
    while world.ledger.count(Place::Spooled) == 0 && world.resolved == 0 {
        world.pass(100);
    }
    assert_eq!((world.resolved, world.ledger.count(Place::Spooled)), (0, 3));
    world.tell(Event::Consent { is_given: false });
    assert_eq!((world.resolved, world.ledger.count(Place::Spooled)), (1, 0));
    assert_eq!(world.report, FlushReport { dropped: 3, ..FlushReport::default() });
}

/// A dialog was open, or the computer slept: the timer stands before the answer.
#[test]
fn an_answer_that_came_in_while_the_page_did_not_run_counts() {
    for is_answered in [true, false] {
        let mut world = World::new(false);
        for _ in 0..8 {
            world.machine.admit(|| Micros::ZERO, 800).expect("there is room");
            world.ended += 1;
        }
        world.tell(Event::Turn);
        world.now = Micros::from_secs(60);
        world.tell(Event::Timer);
        assert!(world.batches.iter().all(|(.., sent)| *sent), "it is looked at first what has come in");
        if is_answered {
            world.answer(&Receiver::Up);
            assert_eq!(world.ledger.count(Place::Exported), 8);
        } else {
            world.pass(1_000);
            assert!(world.batches.iter().all(|(.., sent)| !sent), "nothing has");
        }
    }
}

/// The timers of a hidden page run once a minute, those of a frozen one not at all.
#[test]
fn an_attempt_that_comes_late_has_time_for_its_answer() {
    let mut world = World::new(false);
    for _ in 0..8 {
        world.machine.admit(|| Micros::ZERO, 800).expect("there is room");
        world.ended += 1;
    }
    world.tell(Event::Turn);
    world.answer(&Receiver::Down);
    world.now = Micros::from_secs(60);
    world.tell(Event::Timer);
    assert!(world.batches.iter().all(|(.., sent)| *sent), "it is tried again");
    world.answer(&Receiver::Up);
    assert_eq!((world.ledger.count(Place::Exported), world.batches.len()), (8, 0));
}

proptest! {
    #[test]
    fn every_record_is_in_one_place_after_every_event(
        steps in prop::collection::vec(step(), 1..80),
        spools in any::<bool>(),
    ) {
        let mut world = World::new(spools);
        for step in steps {
            match step {
                Step::Record(count) => {
                    for _ in 0..count {
                        let now = world.now;
                        let _ = world.machine.admit(|| now, 800);
                        world.ended += 1;
                    }
                    world.tell(Event::Turn);
                }
                Step::Answer(receiver) => world.answer(&receiver),
                Step::Pass(millis) => world.pass(millis),
                Step::Flush => {
                    world.tickets += 1;
                    let ticket = world.tickets;
                    world.tell(Event::Flush { ticket });
                }
                Step::Page(event) => world.tell(event),
            }
        }
        // A receiver that takes everything, for long enough, leaves nothing where it is.
        world.tell(Event::Visible);
        world.tell(Event::Shown { is_hidden: false });
        for _ in 0..400 {
            while world.batches.iter().any(|(.., sent)| *sent) {
                world.answer(&Receiver::Up);
            }
            world.pass(5_000);
        }
        prop_assert_eq!(world.ledger.held(), 0);
        prop_assert_eq!(world.resolved, world.tickets);
    }

    #[test]
    fn of_a_picky_receiver_only_what_it_does_not_take_is_lost(number in 2..60_u64, count in 1..40_u64) {
        let mut world = World::new(false);
        for _ in 0..count {
            world.machine.admit(|| Micros::ZERO, 800).expect("there is room");
            world.ended += 1;
        }
        for _ in 0..400 {
            while world.batches.iter().any(|(.., sent)| *sent) {
                world.answer(&Receiver::Picky(number));
            }
            world.pass(1_000);
        }
        let taken = (0..count).filter(|place| place % number > 0).count() as u64;
        prop_assert_eq!(world.ledger.count(Place::Exported), taken);
    }
}
