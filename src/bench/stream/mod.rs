//! `signalbox bench stream`: what an open stream costs, and how soon events are with those who listen.
//!
//! The server is this program again. The clients are plain sockets in this process, and so is the publisher: an event passes from one
//! process through the engine to another and to the clients. `--beside` puts another server through the same.

mod contender;
mod reader;
mod streams;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context;
use serde_json::json;

use super::{
    import::{count, percentile},
    report::{self, Bar, Figure},
};
use crate::{bench::pickup::now_us, config::Config};
use contender::Contender;
use streams::Streams;

/// Measures streams: their memory, how soon and at what cost events reach a thousand of them, and how many events a second that takes.
///
/// Example: `signalbox bench stream --connections 1000,5000`
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// Streams that are open at once, for their memory
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 5_000], value_parser = clap::value_parser!(u32).range(1..=9_000))]
    connections: Vec<u32>,
    /// Streams that events are sent to
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=9_000))]
    listeners: u32,
    /// Events a second of 200 bytes
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: u32,
    /// How long they are sent
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=120))]
    seconds: u32,
    /// Another server that is put through the same: it prints its address, streams at /stream and takes events at /publish; may be repeated
    #[arg(long, value_name = "PROGRAM")]
    beside: Vec<PathBuf>,
    /// Leaves out the search for the most events a second
    #[arg(long)]
    no_search: bool,
    /// Prints JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// Events that streams have missed which come back, and the length of what is told in one.
const MISSED: usize = 200;
const LENGTH: usize = 200;
/// Events come together in pieces of time, as many as are due.
const TICK: Duration = Duration::from_millis(10);
/// Events a second that each go to one stream alone.
const APART: u32 = 50;
/// The longest that an event may take in the search for the most of them, the first number that is tried, and for how long each is.
const SOON: Duration = Duration::from_millis(100);
const FIRST_RATE: u32 = 250;
const TRIAL: Duration = Duration::from_secs(4);
/// How long a server rests before its memory is looked at.
const REST: Duration = Duration::from_secs(2);
/// How long is waited for the last events.
const PATIENCE: Duration = Duration::from_secs(20);

/// Measures and prints.
pub(super) async fn run(args: Args, mut config: Config) -> anyhow::Result<ExitCode> {
    rlimit::increase_nofile_limit(u64::MAX).context("the system did not say how many connections may be open")?;
    let folder = tempfile::tempdir().context("no temporary folder")?;
    config.move_to(folder.path());
    let ours = Contender::signalbox(&config).await?;
    let mut figures = measure(&ours, &args).await?;
    ours.stop().await?;
    let most = |figures: &[Figure]| figures.iter().find(|figure| figure.name.contains(MOST)).map(|figure| figure.value);
    let of_ours = most(&figures);
    for (place, program) in args.beside.iter().enumerate() {
        let other = Contender::other(program, folder.path()).await?;
        let others = measure(&other, &args).await?;
        let ratio = of_ours.zip(most(&others)).filter(|(_, theirs)| *theirs > 0.0).map(|(ours, theirs)| ours / theirs);
        figures.extend(others);
        if let Some(value) = ratio {
            // The bar is about the first one.
            let bar = (place == 0).then_some(Bar::AtLeast(1.5));
            figures.push(Figure { name: format!("{MOST}, of those of {}", other.name), value, unit: "×", bar });
        }
        other.stop().await?;
    }
    report::print(&figures, args.json)?;
    Ok(ExitCode::SUCCESS)
}

/// How the search for the most events a second is called.
const MOST: &str = "most events a second";

async fn measure(contender: &Contender, args: &Args) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let figure =
        |what: String, value, unit, bar| Figure { name: format!("{}: {what}", contender.name), value, unit, bar };
    for &connections in &args.connections {
        let kib = idle_memory(contender, connections as usize).await?;
        let bar = contender.is_ours.then_some(Bar::AtMost(8.0));
        figures.push(figure(format!("memory of an idle stream, {connections} open"), kib, "KiB", bar));
    }
    let listeners = args.listeners as usize;
    let sent = send(contender, listeners, args.rate, Duration::from_secs(args.seconds.into())).await?;
    let to = format!("{} events/s to {listeners} streams", args.rate);
    for (share, name) in [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")] {
        let bar = (contender.is_ours && share > 0.98).then_some(Bar::AtMost(6.0));
        figures.push(figure(format!("{to}, {name}"), ms(percentile(&sent.took, share)), "ms", bar));
    }
    let cpu = sent.cpu_seconds * 1_000_000.0 / count(sent.took.len());
    figures.push(figure(format!("{to}, processor time of a million deliveries"), cpu, "s", None));
    if contender.is_ours {
        let soon = send_apart(contender, listeners, Duration::from_secs(args.seconds.into())).await?;
        let promised = contender.promised_ms();
        for (share, name, bar) in [(0.5, "p50", promised.map(|bar| bar.0)), (0.99, "p99", promised.map(|bar| bar.1))] {
            let what = format!("from one process to one of {listeners} streams of another, {name}");
            figures.push(figure(what, ms(percentile(&soon, share)), "ms", bar.map(Bar::AtMost)));
        }
        let took = resume(contender, listeners).await?;
        let what = format!("{listeners} streams come back at once, {MISSED} events missed by each");
        figures.push(figure(what, ms(took), "ms", None));
    }
    if !args.no_search {
        let most = most_events(contender, listeners).await?;
        figures.push(figure(
            format!("{MOST} to {listeners} streams, p99 below {} ms", SOON.as_millis()),
            most,
            "/s",
            None,
        ));
    }
    Ok(figures)
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// KiB that one more stream costs.
async fn idle_memory(contender: &Contender, connections: usize) -> anyhow::Result<f64> {
    // What opening so many at once costs is not what each does.
    drop(Streams::open(vec![contender.stream(None); streams::AT_ONCE]).await?);
    tokio::time::sleep(REST).await;
    let before = contender.resident_kib().await?;
    let streams = Streams::open(vec![contender.stream(None); connections]).await?;
    tokio::time::sleep(REST).await;
    let after = contender.resident_kib().await?;
    drop(streams);
    Ok((after - before) / count(connections))
}

/// How long events took, sorted, and what they cost the server.
struct Sent {
    took: Vec<Duration>,
    cpu_seconds: f64,
    are_all: bool,
}

/// Sends so many events a second to so many streams.
async fn send(contender: &Contender, listeners: usize, rate: u32, time: Duration) -> anyhow::Result<Sent> {
    let streams = Streams::open(vec![contender.stream(None); listeners]).await?;
    let before = contender.cpu_seconds().await?;
    let began = tokio::time::Instant::now();
    let mut ticks = tokio::time::interval(TICK);
    let mut published = 0_usize;
    while began.elapsed() < time {
        ticks.tick().await;
        let due = usize::try_from(began.elapsed().as_millis() * u128::from(rate) / 1_000)?;
        contender.publish((published..due).map(|_| event()).collect()).await?;
        published = due;
    }
    let are_all = streams.have_heard(published, PATIENCE).await;
    let cpu_seconds = contender.cpu_seconds().await? - before;
    Ok(Sent { took: streams.took(), cpu_seconds, are_all })
}

/// Sends events to streams that each listen to something else, one after the other; how long they took, sorted.
async fn send_apart(contender: &Contender, listeners: usize, time: Duration) -> anyhow::Result<Vec<Duration>> {
    let streams = Streams::open((0..listeners).map(|listener| contender.stream_of(listener)).collect()).await?;
    let began = tokio::time::Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / APART);
    let mut published = 0_usize;
    while began.elapsed() < time {
        ticks.tick().await;
        contender.publish_to(published % listeners, vec![event()]).await?;
        published += 1;
    }
    anyhow::ensure!(streams.have_heard_together(published, PATIENCE).await, "not every event arrived");
    Ok(streams.took())
}

/// What is told in an event: when it was sent, and what makes it long enough.
fn event() -> serde_json::Value {
    let empty = json!({ "sentUs": now_us(), "text": "" }).to_string().len();
    json!({ "sentUs": now_us(), "text": "x".repeat(LENGTH.saturating_sub(empty)) })
}

/// How long it takes until all streams that come back at once have heard what they missed.
async fn resume(contender: &Contender, listeners: usize) -> anyhow::Result<Duration> {
    let cursor = contender.head().await?;
    contender.publish((0..MISSED).map(|_| event()).collect()).await?;
    let began = tokio::time::Instant::now();
    let streams = Streams::open(vec![contender.stream(cursor); listeners]).await?;
    anyhow::ensure!(streams.have_heard(MISSED, PATIENCE).await, "not all came back");
    Ok(began.elapsed())
}

/// The most events a second that all reach all streams soon, found in steps of a fifth.
async fn most_events(contender: &Contender, listeners: usize) -> anyhow::Result<f64> {
    let mut rate = FIRST_RATE;
    let mut most = 0;
    loop {
        let sent = send(contender, listeners, rate, TRIAL).await?;
        if !sent.are_all || percentile(&sent.took, 0.99) >= SOON {
            return Ok(f64::from(most));
        }
        most = rate;
        rate = rate * 6 / 5;
    }
}
