//! What is counted when the storm is over.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use app::events::JobStatus;

use crate::{
    reader::{Followed, Step, is_end},
    site::Harm,
};

/// The counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    accepted: usize,
    done: usize,
    /// Answered, and never ended.
    lost: usize,
    /// Dead-lettered, though nothing was wrong with them.
    dead: usize,
    /// Results beyond the first of a job.
    twice: usize,
    /// Events of the log that the reader did not see, or saw twice, or in another order.
    missed: usize,
    resets: usize,
    /// The longest time between two starts of one job.
    slowest: Duration,
    /// What happened to that job, and when.
    slowest_steps: Vec<(i64, JobStatus)>,
}

impl Verdict {
    pub(crate) fn of(accepted: &[String], followed: &Followed, written: &[Step]) -> Self {
        let mut completed: BTreeMap<&str, usize> = BTreeMap::new();
        let mut ended = HashSet::new();
        let mut dead = 0;
        let mut begun: BTreeMap<&str, i64> = BTreeMap::new();
        let mut slowest_ms = 0;
        let mut slowest_job = None;
        for step in written {
            match step.status {
                JobStatus::Completed => *completed.entry(&step.job_id).or_default() += 1,
                JobStatus::Failed => dead += 1,
                JobStatus::Started => {
                    let before = begun.insert(&step.job_id, step.at_ms);
                    if let Some(gap_ms) = before.map(|before| step.at_ms - before).filter(|gap_ms| *gap_ms > slowest_ms)
                    {
                        slowest_ms = gap_ms;
                        slowest_job = Some(&step.job_id);
                    }
                }
                _ => {}
            }
            if is_end(step.status) {
                ended.insert(step.job_id.as_str());
            }
        }
        let missed = if followed.steps == written { 0 } else { difference(&followed.steps, written).max(1) };
        Self {
            accepted: accepted.len(),
            done: completed.len(),
            lost: accepted.iter().filter(|job| !ended.contains(job.as_str())).count(),
            dead,
            twice: completed.values().map(|times| times - 1).sum(),
            missed,
            resets: followed.resets,
            slowest: Duration::from_millis(slowest_ms.unsigned_abs()),
            slowest_steps: written
                .iter()
                .filter(|step| Some(&step.job_id) == slowest_job)
                .map(|step| (step.at_ms, step.status))
                .collect(),
        }
    }

    /// A line of the table.
    pub(crate) fn row(&self, engine: &str, seed: u64, harm: &Harm) -> String {
        let Self { accepted, done, lost, dead, twice, missed, resets, slowest, .. } = self;
        let Harm { workers_killed, workers_frozen, webs_killed } = harm;
        format!(
            "{engine} (seed {seed}): accepted {accepted}, done {done}, lost {lost}, dead-lettered {dead}, results written twice \
             {twice}, events missed {missed}, resets {resets}, slowest recovery {:.1} s; killed: workers {workers_killed}, web \
             {webs_killed}; frozen: workers {workers_frozen}",
            slowest.as_secs_f64(),
        )
    }

    /// Nothing lost, doubled, missed or late.
    pub(crate) fn must_be_flawless(&self, recovery: Duration) {
        assert!(self.accepted > 100, "too little was handed in to tell anything: {self:?}");
        let flaws = [self.lost, self.dead, self.twice, self.missed, self.resets];
        assert_eq!(flaws, [0; 5], "{self:?}");
        assert!(self.slowest <= recovery, "{self:?}");
    }
}

/// Steps that only one of the two has.
fn difference(followed: &[Step], written: &[Step]) -> usize {
    let places = |steps: &[Step]| steps.iter().map(|step| step.cursor.clone()).collect::<HashSet<_>>();
    places(followed).symmetric_difference(&places(written)).count()
}
