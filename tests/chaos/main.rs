//! Chaos: processes killed and frozen at random, under load, on every engine; then everything is counted.
//!
//! A few programs of one installation take jobs in, do them and tell of them. One after the other they are killed without a word, or
//! frozen past their leases and woken again. At the end every job that was answered must have been done, its result written once, and
//! a reader that followed the log through all of it must hold exactly what the log holds.
//!
//! `make chaos` runs it for longer: `CHAOS_SECONDS` and `CHAOS_SEED` say how long, and which chances are drawn.
#![expect(clippy::expect_used, reason = "what a test relies on and does not find ends the test")]

/// What stands under an installation.
#[path = "../support/engine.rs"]
mod engine;
/// Jobs that are handed in until they are answered.
mod load;
/// A reader that follows the log.
mod reader;
/// The processes of an installation.
mod site;
/// A token of the program's own.
#[path = "../support/token.rs"]
mod token;
/// What is counted at the end.
mod verdict;

use std::time::Duration;

use engine::Engine;
use load::Load;
use reader::Reader;
use site::Site;
use tokio::time::{Instant, sleep};
use verdict::Verdict;

/// How long jobs that were answered may take to be done, once nobody is killed any more.
const CALM: Duration = Duration::from_mins(2);
/// The longest that a job of a killed or frozen worker may wait for its next attempt.
const RECOVERY: Duration = Duration::from_secs(15);

/// How long, and with which chances.
#[derive(Clone, Copy, Debug)]
struct Plan {
    storm: Duration,
    seed: u64,
}

impl Plan {
    /// As `make chaos` says when it builds this; short where nobody says anything.
    fn of_this_build() -> Self {
        let read = |value: Option<&str>, default| value.map_or(default, |value| value.parse().expect("a number"));
        Self {
            storm: Duration::from_secs(read(option_env!("CHAOS_SECONDS"), 12)),
            seed: read(option_env!("CHAOS_SEED"), 1),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_on_sqlite() {
    survives(Engine::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_on_redis() {
    survives(Engine::redis().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_on_postgres() {
    survives(Engine::postgres().await).await;
}

/// Lets the storm rage over an installation, waits for calm, and counts.
async fn survives(engine: Engine) {
    let plan = Plan::of_this_build();
    let mut chances = fastrand::Rng::with_seed(plan.seed);
    let mut site = Site::build(engine).await;
    let reader = Reader::start(site.base(), site.token.clone()).await;
    let load = Load::start(site.base(), &site.token);

    let began = Instant::now();
    while began.elapsed() < plan.storm {
        sleep(Duration::from_millis(chances.u64(300..1_200))).await;
        site.hurt(&mut chances).await;
    }
    site.heal().await;
    let accepted = load.stop().await;
    reader.has_seen_the_end_of(&accepted, CALM).await;

    let followed = reader.stop().await;
    let written = Reader::read_again((site.base(), site.token.clone()), &followed).await;
    let verdict = Verdict::of(&accepted, &followed, &written);
    println!("{}", verdict.row(site.engine_name(), plan.seed, &site.harm));
    site.demolish().await;
    verdict.must_be_flawless(RECOVERY);
}
