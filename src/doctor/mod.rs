//! `signalbox doctor`: checks each dependency and setting, one line each, with the remedy.

/// What pages and API are encrypted by.
mod certificate;
/// Two clocks.
mod clock;
/// Counters of queues.
mod counters;
/// The Redis that is named.
mod redis;

use std::{fs, process::ExitCode};

use certificate::Standing;
use server::store::{Database, audit};

use crate::{
    config::{Config, EngineChoice},
    installation,
};

/// Checks each dependency and setting, one line each with the remedy. Exits with 0 only if all is well.
///
/// Example: signalbox doctor
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {}

/// What a check found: words for a line, or a problem with its remedy.
type Finding = Result<String, String>;

/// Checks all, and prints as it goes.
pub(crate) async fn run(Args {}: Args, config: Config) -> anyhow::Result<ExitCode> {
    let mut is_well = true;
    let mut tell = |name: &str, finding: Finding| match finding {
        Ok(words) => println!("ok    {name:<11} {words}"),
        Err(problem) => {
            is_well = false;
            println!("wrong {name:<11} {problem}");
        }
    };
    tell("data", data_folder(&config));
    if let Some(files) = &config.tls {
        match certificate::standing(files).await {
            // All is well today, and whoever runs this every night reads the line in time.
            Standing::EndsSoon(words) => println!("soon  {:<11} {words}", "certificate"),
            Standing::Good(words) => tell("certificate", Ok(words)),
            Standing::Wrong(problem) => tell("certificate", Err(problem)),
        }
    }
    let database = match installation::open_database(&config).await {
        Ok(database) => Some(database),
        Err(error) => {
            let remedy = "Check DATABASE_URL, whether the server runs, and who owns the file";
            tell("database", Err(format!("{error:#}. {remedy}")));
            None
        }
    };
    if let Some(database) = &database {
        tell("database", engine(database, &config).await);
        tell("schema", schema(database).await);
        tell("integrity", integrity(database).await);
        tell("clock", skew(database).await);
    }
    match &config.engine {
        EngineChoice::Database => tell("backplane", Ok("the same database".to_owned())),
        EngineChoice::Redis(redis) | EngineChoice::RedisIfItAnswers(redis) => {
            for (name, finding) in redis::findings(redis, config.retention).await {
                tell(name, finding);
            }
        }
    }
    if let Some(database) = database {
        if is_current(&database).await {
            tell("counters", counters::finding(&config, &database).await);
            tell("audit log", audit_log(&database).await);
        }
        database.close().await;
    }
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether uploads can be written.
fn data_folder(config: &Config) -> Finding {
    let folder = &config.data_dir;
    let probe = folder.join(".doctor");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&probe, b"probe"))
        .and_then(|()| fs::remove_file(&probe))
        .map(|()| format!("{} can be written", folder.display()))
        .map_err(|error| {
            format!("{} can't be written: {error}. Set SIGNALBOX_DATA_DIR to a folder that can", folder.display())
        })
}

async fn engine(database: &Database, config: &Config) -> Finding {
    let version = database.engine_version().await.map_err(|error| error.to_string())?;
    Ok(format!("{} {version} at {}", database.engine_name(), config.database_url))
}

async fn schema(database: &Database) -> Finding {
    let (known, missing) = database.missing_migrations().await.map_err(|error| error.to_string())?;
    if missing > 0 {
        return Err(format!("{missing} of {known} migrations are missing. Run `signalbox migrate`"));
    }
    Ok(format!("current, {known} migrations"))
}

async fn is_current(database: &Database) -> bool {
    database.missing_migrations().await.is_ok_and(|(_, missing)| missing == 0)
}

async fn skew(database: &Database) -> Finding {
    clock::finding(database.clock_skew().await.map_err(|error| error.to_string())?)
}

/// Nothing shortens it, so its size is worth a look.
async fn audit_log(database: &Database) -> Finding {
    let most = audit::most(database).await.map_err(|error| error.to_string())?;
    Ok(format!("{most} entries; it is never shortened"))
}

async fn integrity(database: &Database) -> Finding {
    if database.path().is_none() {
        return Ok("the server looks after its files itself".to_owned());
    }
    let problems = database.integrity_problems().await.map_err(|error| error.to_string())?;
    if problems.is_empty() {
        Ok("the file is whole".to_owned())
    } else {
        Err(format!("{}. Restore a copy, or rescue with `sqlite3 FILE .recover`", problems.join("; ")))
    }
}
