//! The lease protocol as a model, looked through to its last state by a model checker.
//!
//! The engines write the protocol in their own languages; here it stands once in plain Rust, with every order of events that workers,
//! clocks and deaths can bring about. What is proved here is that the *rules* are sound. That the engines keep them is what the
//! conformance suite is for: each action below is a rule there.

use app::domain::JobState;
use stateright::{Checker, Model, Property};

/// Attempts that a job has.
const MAX_ATTEMPTS: u8 = 2;
/// Stalls in a row that dead-letter it.
const MAX_STALLS: u8 = 3;
/// More claims than this bring no new kind of state.
const MOST_TOKENS: u8 = 6;
const WORKERS: usize = 2;

/// One job, and the workers that want it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Site {
    job: JobState,
    attempt: u8,
    stalls: u8,
    /// The token of the attempt that may write; `None` when nobody may.
    token: Option<u8>,
    /// Whether the engine's clock has passed the end of the lease.
    is_expired: bool,
    /// Whether somebody asked for it to be called off.
    is_cancel_asked: bool,
    /// Tokens given out so far.
    tokens: u8,
    /// What each worker believes to hold. A frozen one believes it for as long as it likes.
    held: [Option<u8>; WORKERS],
    /// Results that were written.
    results: u8,
}

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    /// A worker takes the job.
    Claim(usize),
    /// A worker renews what it believes to hold, and learns whether it does.
    Heartbeat(usize),
    /// A worker tells that it got further.
    Progress(usize),
    /// A worker writes a result.
    Complete(usize),
    /// A worker writes an error.
    Fail(usize),
    /// A worker gives the job back unharmed.
    HandBack(usize),
    /// A worker is gone, with all that it knew.
    Die(usize),
    /// The lease runs out. A heartbeat that was in time does not keep this from happening later.
    Expire,
    /// Somebody takes the job back from a lease that ran out.
    Rescue,
    /// The pause before the next attempt is over.
    Promote,
    /// Somebody asks for the job to be called off.
    Cancel,
}

impl Site {
    /// Whether a worker holds what it believes to hold: the fence before every write.
    fn holds(&self, worker: usize) -> bool {
        self.job == JobState::Active && self.held[worker].is_some() && self.held[worker] == self.token
    }

    /// The attempt is over.
    fn release(&mut self, job: JobState) {
        self.job = job;
        self.token = None;
        self.is_expired = false;
    }
}

struct Protocol;

impl Model for Protocol {
    type State = Site;
    type Action = Action;

    fn init_states(&self) -> Vec<Site> {
        vec![Site {
            job: JobState::Waiting,
            attempt: 0,
            stalls: 0,
            token: None,
            is_expired: false,
            is_cancel_asked: false,
            tokens: 0,
            held: [None; WORKERS],
            results: 0,
        }]
    }

    fn actions(&self, _site: &Site, actions: &mut Vec<Action>) {
        actions.extend([Action::Expire, Action::Rescue, Action::Promote, Action::Cancel]);
        for worker in 0..WORKERS {
            let every = [
                Action::Claim,
                Action::Heartbeat,
                Action::Progress,
                Action::Complete,
                Action::Fail,
                Action::HandBack,
                Action::Die,
            ];
            actions.extend(every.map(|action| action(worker)));
        }
    }

    fn next_state(&self, last: &Site, action: Action) -> Option<Site> {
        let mut site = last.clone();
        match action {
            Action::Claim(worker) => {
                if site.job != JobState::Waiting || site.held[worker].is_some() || site.tokens == MOST_TOKENS {
                    return None;
                }
                site.tokens += 1;
                site.attempt += 1;
                site.job = JobState::Active;
                site.token = Some(site.tokens);
                site.held[worker] = site.token;
            }
            Action::Heartbeat(worker) => {
                if site.holds(worker) {
                    site.is_expired = false;
                } else {
                    site.held[worker] = None;
                }
            }
            Action::Progress(worker) if site.holds(worker) => site.stalls = 0,
            Action::Complete(worker) => {
                if site.holds(worker) {
                    site.results += 1;
                    site.release(JobState::Completed);
                }
                site.held[worker] = None;
            }
            Action::Fail(worker) => {
                if site.holds(worker) {
                    site.release(match (site.is_cancel_asked, site.attempt < MAX_ATTEMPTS) {
                        (true, _) => JobState::Cancelled,
                        (false, true) => JobState::Delayed,
                        (false, false) => JobState::Failed,
                    });
                }
                site.held[worker] = None;
            }
            Action::HandBack(worker) => {
                if site.holds(worker) {
                    site.attempt -= 1;
                    site.release(if site.is_cancel_asked { JobState::Cancelled } else { JobState::Waiting });
                }
                site.held[worker] = None;
            }
            Action::Die(worker) => site.held[worker] = None,
            Action::Expire if site.job == JobState::Active => site.is_expired = true,
            Action::Rescue if site.job == JobState::Active && site.is_expired => {
                site.stalls += 1;
                site.release(match (site.is_cancel_asked, site.stalls >= MAX_STALLS) {
                    (true, _) => JobState::Cancelled,
                    (false, true) => JobState::Failed,
                    (false, false) => JobState::Waiting,
                });
            }
            Action::Promote if site.job == JobState::Delayed => site.job = JobState::Waiting,
            Action::Cancel => match site.job {
                JobState::Waiting | JobState::Delayed => site.job = JobState::Cancelled,
                JobState::Active => site.is_cancel_asked = true,
                JobState::Completed | JobState::Failed | JobState::Cancelled => return None,
            },
            _ => return None,
        }
        (site != *last).then_some(site)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("a result is written once at most", |_, site: &Site| site.results <= 1),
            Property::always("a result is written exactly when the job is completed", |_, site: &Site| {
                (site.job == JobState::Completed) == (site.results == 1)
            }),
            Property::always("a job is active exactly when a token is out", |_, site: &Site| {
                (site.job == JobState::Active) == site.token.is_some()
            }),
            Property::always("two workers never hold it at once", |_, site: &Site| {
                (0..WORKERS).filter(|worker| site.holds(*worker)).count() <= 1
            }),
            Property::always("stalls come to an end", |_, site: &Site| site.stalls <= MAX_STALLS),
            Property::always("what was asked to be called off does not wait again", |_, site: &Site| {
                !(site.is_cancel_asked && matches!(site.job, JobState::Waiting | JobState::Delayed))
            }),
            Property::sometimes("a frozen worker's job is done by another", |_, site: &Site| {
                site.job == JobState::Completed && site.tokens > 1 && site.held.iter().any(Option::is_some)
            }),
            Property::sometimes("stalls dead-letter", |_, site: &Site| {
                site.job == JobState::Failed && site.stalls == MAX_STALLS
            }),
            Property::sometimes("attempts are used up", |_, site: &Site| {
                site.job == JobState::Failed && site.stalls < MAX_STALLS
            }),
            Property::sometimes("a running job is called off", |_, site: &Site| {
                site.job == JobState::Cancelled && site.is_cancel_asked
            }),
        ]
    }
}

#[test]
fn the_rules_of_the_lease_hold_in_every_state_that_can_be_reached() {
    let checker = Protocol.checker().spawn_bfs().join();

    checker.assert_properties();
    assert!(checker.unique_state_count() > 500, "{} states are too few to tell anything", checker.unique_state_count());
}

/// A model that can't fail tells nothing: without the fence it has to.
#[test]
fn without_the_fence_a_result_would_be_written_twice() {
    struct Unfenced;

    impl Model for Unfenced {
        type State = Site;
        type Action = Action;

        fn init_states(&self) -> Vec<Site> {
            Protocol.init_states()
        }

        fn actions(&self, site: &Site, actions: &mut Vec<Action>) {
            Protocol.actions(site, actions);
        }

        fn next_state(&self, last: &Site, action: Action) -> Option<Site> {
            match action {
                Action::Complete(worker) if last.held[worker].is_some() && last.results < 3 => {
                    let mut site = last.clone();
                    site.results += 1;
                    site.release(JobState::Completed);
                    site.held[worker] = None;
                    Some(site)
                }
                action => Protocol.next_state(last, action),
            }
        }

        fn properties(&self) -> Vec<Property<Self>> {
            vec![Property::always("once", |_, site: &Site| site.results <= 1)]
        }
    }

    let checker = Unfenced.checker().spawn_bfs().join();

    assert!(checker.discovery("once").is_some());
}
