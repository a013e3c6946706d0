//! `signalbox bench import`: how fast a file is answered, how fast its rows go in, and how much memory that takes.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context, ensure};
use futures::future::try_join_all;

use super::{
    customers, plain,
    report::{self, Bar, Figure},
    trial::Trial,
};

/// Measures imports: the time to the 202 with many uploads at once, rows a second, and memory.
///
/// Example: signalbox bench import --rows 100000 --uploads 50
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// Rows of the file whose speed is measured
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=5_000_000))]
    rows: u32,
    /// Uploads of 1,000 rows at once
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    uploads: u32,
    /// Rounds of those uploads
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Rows of the large file whose memory is compared with that of 10,000 rows
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(10_000..=5_000_000))]
    large: u32,
    /// Prints JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// Measures and prints.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut figures = answers(args.uploads as usize, args.rounds as usize).await?;
    figures.extend(speed(args.rows as usize).await?);
    figures.extend(memory(args.large as usize).await?);
    report::print(&figures, args.json)?;
    Ok(ExitCode::SUCCESS)
}

/// Uploads of 1,000 rows, many at once, while the imports of the rounds before are being done.
async fn answers(uploads: usize, rounds: usize) -> anyhow::Result<Vec<Figure>> {
    let trial = Trial::start(uploads).await?;
    let mut took: Vec<Duration> = Vec::with_capacity(uploads * rounds);
    let mut last = String::new();
    for round in 0..rounds {
        let files: Vec<String> = (0..uploads).map(|upload| customers::csv(round * uploads + upload, 1_000)).collect();
        for (location, duration) in try_join_all(files.into_iter().map(|csv| trial.upload(csv))).await? {
            took.push(duration);
            last = location;
        }
    }
    trial.completed(&last).await?;
    trial.stop().await?;
    took.sort_unstable();
    let figure = |name: &str, share: f64, bar| Figure {
        name: format!("202 for 1,000 rows, {uploads} at once, {name}"),
        value: percentile(&took, share).as_secs_f64() * 1_000.0,
        unit: "ms",
        bar,
    };
    Ok(vec![figure("p50", 0.5, None), figure("p99", 0.99, Some(Bar::AtMost(110.0))), figure("max", 1.0, None)])
}

/// One file into an empty table, beside plain upserts; the same again, and the same with every row changed.
async fn speed(rows: usize) -> anyhow::Result<Vec<Figure>> {
    let upserts = plain::upserts_per_second(rows).await?;
    let trial = Trial::start(1).await?;
    let fresh = rate(&trial, customers::csv(0, rows), rows, |rows| rows.inserted).await?;
    let same = rate(&trial, customers::csv(0, rows), rows, |rows| rows.unchanged).await?;
    let changed = customers::csv(0, rows).replace(" & Co,", " Ltd,");
    let changed = rate(&trial, changed, rows, |rows| rows.updated).await?;
    trial.stop().await?;
    let figure = |what: &str, value, bar| Figure { name: format!("{rows} rows, {what}"), value, unit: "rows/s", bar };
    let share = 100.0 * fresh / upserts;
    Ok(vec![
        figure("plain upserts, no file", upserts, None),
        figure("new", fresh, (rows <= 100_000).then_some(Bar::AtLeast(100_000.0))),
        Figure { name: "new, of plain upserts".to_owned(), value: share, unit: "%", bar: Some(Bar::AtLeast(70.0)) },
        figure("unchanged", same, None),
        figure("changed", changed, None),
    ])
}

/// Rows a second from the pick-up to the end, as the server's own clock saw them.
async fn rate(
    trial: &Trial,
    csv: String,
    rows: usize,
    expected: impl Fn(&super::trial::Rows) -> u64,
) -> anyhow::Result<f64> {
    let (location, _) = trial.upload(csv).await?;
    let import = trial.completed(&location).await?;
    ensure!(expected(&import.rows) == rows as u64, "an import of {rows} rows did something else than was expected");
    let (began, ended) = import.started_at.zip(import.finished_at).context("an import has no times")?;
    let seconds = ended.duration_since(began).as_secs_f64();
    Ok(count(rows) / seconds)
}

/// The peak of a server's memory after a large file, above that after 10,000 rows.
async fn memory(large: usize) -> anyhow::Result<Vec<Figure>> {
    let small_mib = peak_after(10_000).await?;
    let large_mib = peak_after(large).await?;
    let figure = |name: String, value, bar| Figure { name, value, unit: "MiB", bar };
    Ok(vec![
        figure("peak memory, 10000 rows".to_owned(), small_mib, None),
        figure(format!("peak memory, {large} rows"), large_mib, None),
        figure("difference".to_owned(), large_mib - small_mib, Some(Bar::AtMost(64.0))),
    ])
}

async fn peak_after(rows: usize) -> anyhow::Result<f64> {
    let trial = Trial::start(1).await?;
    let (location, _) = trial.upload(customers::csv(0, rows)).await?;
    trial.completed(&location).await?;
    let peak = trial.peak_mib().await.context("this system doesn't tell how much memory a process holds")?;
    trial.stop().await?;
    Ok(peak)
}

/// The smallest value that `share` of all are not above (nearest rank).
pub(super) fn percentile(sorted: &[Duration], share: f64) -> Duration {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank lies between 0 and the length")]
    let rank = (count(sorted.len()) * share).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
pub(super) const fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let sorted: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();

        assert_eq!(percentile(&sorted, 0.5), Duration::from_millis(50));
        assert_eq!(percentile(&sorted, 0.99), Duration::from_millis(99));
        assert_eq!(percentile(&sorted, 1.0), Duration::from_millis(100));
        assert_eq!(percentile(&[], 0.99), Duration::ZERO);
    }
}
