//! Signalbox: a self-hosted control room for background work.
//!
//! One program, one subcommand a role. No logic lives here: arguments and environment are read, what is needed is built, and the end
//! is waited for.

mod bench;
mod config;
mod doctor;
mod enqueue;
mod installation;
mod migrate;
mod publish;
mod secret_file;
mod serve;
mod service_url;
mod shares;
mod shutdown;
mod span;
mod telemetry;
mod tls_pair;
mod token;
mod user;
mod worker;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A self-hosted control room for background work.
///
/// Started without a subcommand it serves pages and API on 127.0.0.1:3000, with a worker in the same process and an embedded
/// database in ./data.
#[derive(Parser)]
#[command(version, after_help = config::HELP, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Args,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::Args),
    Worker(worker::Args),
    Enqueue(enqueue::Args),
    Publish(publish::Args),
    Migrate(migrate::Args),
    Doctor(doctor::Args),
    /// Adds, lists and disables users
    #[command(subcommand)]
    User(user::Command),
    /// Makes, lists and revokes tokens of programs
    #[command(subcommand)]
    Token(token::Command),
    #[command(subcommand)]
    Bench(bench::Command),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let command = cli.command.unwrap_or(Command::Serve(cli.serve));
    match run(command) {
        Ok(code) => code,
        Err(error) => {
            tracing::error!("{error:#}");
            eprintln!("signalbox: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let config = config::Config::from_environment()?;
    telemetry::start(&config.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Serve(args) => serve::run(args, config).await,
            Command::Worker(args) => worker::run(args, config).await,
            Command::Enqueue(args) => enqueue::run(args, config).await,
            Command::Publish(args) => publish::run(args, config).await,
            Command::Migrate(args) => migrate::run(args, config).await,
            Command::Doctor(args) => doctor::run(args, config).await,
            Command::User(command) => user::run(command, config).await,
            Command::Token(command) => token::run(command, config).await,
            Command::Bench(command) => bench::run(command, config).await,
        }
    })
}
