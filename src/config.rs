//! The configuration: environment variables, all optional. What is set but wrong is an error that names the variable.

use std::{
    env::{self, VarError},
    net::SocketAddr,
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use anyhow::{Context, bail};
use server::backplane::sql::Retention;

use crate::span;

/// What `--help` says of the environment.
pub(crate) const HELP: &str = "\
Environment, all optional:
  SIGNALBOX_ADDR               where to listen                        127.0.0.1:3000
  SIGNALBOX_DATA_DIR           database and uploads                   ./data
  DATABASE_URL                 sqlite://…                             sqlite://<data dir>/signalbox.db
  PUBSUB_BACKEND               auto or database                       auto
  SIGNALBOX_AUTO_MIGRATE       bring the schema up to date at start   true
  SIGNALBOX_HEARTBEAT_SECONDS  longest silence of a live stream       15
  SIGNALBOX_EVENT_RETENTION    how long events are kept               24h
  SIGNALBOX_JOB_RETENTION      how long ended jobs are kept           7d
  SIGNALBOX_LOG                error, warn, info, debug, trace        info
  SIGNALBOX_LOG_FORMAT         pretty or json                         pretty

Exit status: 0 done, 1 failed, 2 wrong usage.";

/// How logs are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogConfig {
    /// Which ones: a level, or directives as `tracing_subscriber::EnvFilter` takes them.
    pub(crate) filter: String,
    pub(crate) format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Pretty,
    Json,
}

/// Everything that the environment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) addr: SocketAddr,
    pub(crate) data_dir: PathBuf,
    pub(crate) database_url: String,
    pub(crate) auto_migrate: bool,
    /// Whether a Redis is named, which this version does not use yet.
    pub(crate) names_redis: bool,
    pub(crate) heartbeat: Duration,
    pub(crate) retention: Retention,
    pub(crate) log: LogConfig,
}

impl Config {
    /// The configuration of this process.
    pub(crate) fn from_environment() -> anyhow::Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "this is the one place")]
        Self::read(|name| match env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => bail!("{name} is not valid UTF-8"),
        })
    }

    fn read(look_up: impl Fn(&str) -> anyhow::Result<Option<String>>) -> anyhow::Result<Self> {
        let set = |name: &str| Ok::<_, anyhow::Error>(look_up(name)?.filter(|value| !value.is_empty()));
        let data_dir = PathBuf::from(set("SIGNALBOX_DATA_DIR")?.unwrap_or_else(|| "./data".to_owned()));
        let database_url = match set("DATABASE_URL")? {
            Some(url) if url.starts_with("sqlite:") => url,
            Some(_) => bail!(
                "DATABASE_URL: this version keeps its data in SQLite only; use sqlite://<path>, or leave it unset"
            ),
            None => format!("sqlite://{}", data_dir.join("signalbox.db").display()),
        };
        match set("PUBSUB_BACKEND")?.as_deref() {
            None | Some("auto" | "database") => {}
            Some("redis") => bail!("PUBSUB_BACKEND: this version has no Redis backplane; use auto or database"),
            Some(other) => bail!("PUBSUB_BACKEND: '{other}' is not one of auto, redis, database"),
        }
        let seconds: u64 = parsed("SIGNALBOX_HEARTBEAT_SECONDS", set("SIGNALBOX_HEARTBEAT_SECONDS")?, 15)?;
        if !(1..=3_600).contains(&seconds) {
            bail!("SIGNALBOX_HEARTBEAT_SECONDS: {seconds} is not between 1 and 3600");
        }
        let keep = Retention::default();
        Ok(Self {
            addr: parsed("SIGNALBOX_ADDR", set("SIGNALBOX_ADDR")?, SocketAddr::from(([127, 0, 0, 1], 3000)))?,
            database_url,
            data_dir,
            names_redis: set("REDIS_URL")?.is_some() || set("REDIS_HOST")?.is_some(),
            auto_migrate: parsed("SIGNALBOX_AUTO_MIGRATE", set("SIGNALBOX_AUTO_MIGRATE")?, true)?,
            heartbeat: Duration::from_secs(seconds),
            retention: Retention {
                events: retention("SIGNALBOX_EVENT_RETENTION", set("SIGNALBOX_EVENT_RETENTION")?, keep.events)?,
                jobs: retention("SIGNALBOX_JOB_RETENTION", set("SIGNALBOX_JOB_RETENTION")?, keep.jobs)?,
                ..keep
            },
            log: LogConfig {
                filter: set("SIGNALBOX_LOG")?.unwrap_or_else(|| "info".to_owned()),
                format: match set("SIGNALBOX_LOG_FORMAT")?.as_deref() {
                    None | Some("pretty") => LogFormat::Pretty,
                    Some("json") => LogFormat::Json,
                    Some(other) => bail!("SIGNALBOX_LOG_FORMAT: '{other}' is not one of pretty, json"),
                },
            },
        })
    }
}

fn parsed<T>(name: &str, value: Option<String>, default: T) -> anyhow::Result<T>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let Some(value) = value else { return Ok(default) };
    value.parse().with_context(|| format!("{name}: '{value}' can't be read"))
}

/// A span such as `30s`, `15m`, `24h` or `7d`, of at least a second.
fn retention(name: &str, value: Option<String>, default: Duration) -> anyhow::Result<Duration> {
    let Some(value) = value else { return Ok(default) };
    match span::parse(&value) {
        Ok(span) if span >= Duration::from_secs(1) => Ok(span),
        Ok(_) => bail!("{name}: '{value}' is shorter than 1s"),
        Err(problem) => bail!("{name}: '{value}' is {problem}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> anyhow::Result<Config> {
        Config::read(|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            Ok(found.map(|(_, value)| (*value).to_owned()))
        })
    }

    #[test]
    fn with_nothing_set_it_listens_on_loopback_and_keeps_its_data_here() {
        let config = read(&[]).expect("valid");

        assert_eq!(config.addr.to_string(), "127.0.0.1:3000");
        assert_eq!(config.database_url, "sqlite://./data/signalbox.db");
        assert_eq!(config.heartbeat, Duration::from_secs(15));
    }

    #[test]
    fn spans_are_read_with_their_unit() {
        let config = read(&[("SIGNALBOX_EVENT_RETENTION", "90m"), ("SIGNALBOX_JOB_RETENTION", "2d")]).expect("valid");

        assert_eq!(config.retention.events, Duration::from_mins(90));
        assert_eq!(config.retention.jobs, Duration::from_hours(48));
    }

    #[test]
    fn what_is_set_but_wrong_is_an_error_that_names_the_variable() {
        for (name, value) in [
            ("SIGNALBOX_ADDR", "here"),
            ("DATABASE_URL", "mysql://x"),
            ("PUBSUB_BACKEND", "carrier-pigeon"),
            ("SIGNALBOX_HEARTBEAT_SECONDS", "0"),
            ("SIGNALBOX_EVENT_RETENTION", "soon"),
            ("SIGNALBOX_JOB_RETENTION", "0d"),
            ("SIGNALBOX_AUTO_MIGRATE", "perhaps"),
            ("SIGNALBOX_LOG_FORMAT", "xml"),
        ] {
            let error = read(&[(name, value)]).expect_err(name);

            assert!(format!("{error:#}").contains(name), "{error:#}");
        }
    }
}
