//! The configuration: environment variables, all optional. What is set but wrong is an error that names the variable.

use std::{
    env::{self, VarError},
    net::SocketAddr,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use anyhow::{Context, bail};
use server::{
    Limits,
    backplane::sql::Retention,
    http::{listener::pair::PairFiles, viewer::TrustedProxies},
    hub::HubConfig,
};

use crate::{
    secret_file,
    service_url::{RedisParts, ServiceUrl},
    shares::{self, Shares},
    span, tls_pair,
};

/// What `--help` says of the environment.
pub(crate) const HELP: &str = "\
Environment, all optional:
  SIGNALBOX_ADDR               where to listen                        127.0.0.1:3000
  SIGNALBOX_DATA_DIR           database and uploads                   ./data
  DATABASE_URL                 sqlite://… or postgres://…             sqlite://<data dir>/signalbox.db
  REDIS_URL                    redis://… or rediss://…; or its parts REDIS_HOST, REDIS_PORT, REDIS_DB,
                               REDIS_USERNAME, REDIS_PASSWORD and REDIS_SSL (true or false)
  PUBSUB_BACKEND               what carries jobs and events           auto
                               auto: Redis if it is named and answers at start, else the database
                               redis: Redis, or no start · database: the database
  SIGNALBOX_AUTO_MIGRATE       bring the schema up to date at start   true
  SIGNALBOX_HEARTBEAT_SECONDS  longest silence of a live stream       15
  SIGNALBOX_MAX_STREAMS_PER_USER  live streams of one client          8
  SIGNALBOX_MAX_UPLOADS_PER_USER  files that one client sends at once 4
  SIGNALBOX_REQUESTS_PER_SECOND  of one client, 0 for no limit        500
  SIGNALBOX_TRUSTED_PROXIES    networks whose X-Forwarded-For is believed, such as 10.0.0.0/8,::1
  SIGNALBOX_TLS_CERT, SIGNALBOX_TLS_KEY  PEM files, certificate with chain and its private key: serve by https://
  SIGNALBOX_EVENT_RETENTION    how long events are kept               24h
  SIGNALBOX_JOB_RETENTION      how long ended jobs are kept           7d
  SIGNALBOX_LOG                error, warn, info, debug, trace        info
  SIGNALBOX_LOG_FORMAT         pretty or json                         pretty

DATABASE_URL, REDIS_URL and REDIS_PASSWORD may be read from a file: SIGNALBOX_DATABASE_URL_FILE names it, and so on.

Exit status: 0 done, 1 failed, 2 wrong usage.";

/// Variables that hold secrets: each may be read from a file instead.
const SECRETS: [&str; 3] = ["DATABASE_URL", "REDIS_URL", "REDIS_PASSWORD"];

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

/// What carries jobs and events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EngineChoice {
    /// Redis if it answers at start, else the database.
    RedisIfItAnswers(ServiceUrl),
    /// Redis, or no start.
    Redis(ServiceUrl),
    /// The database.
    Database,
}

/// Everything that the environment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) addr: SocketAddr,
    pub(crate) data_dir: PathBuf,
    pub(crate) database_url: ServiceUrl,
    pub(crate) auto_migrate: bool,
    pub(crate) engine: EngineChoice,
    pub(crate) hub: HubConfig,
    pub(crate) limits: Limits,
    pub(crate) trusted_proxies: TrustedProxies,
    /// What pages and API are encrypted by.
    pub(crate) tls: Option<PairFiles>,
    pub(crate) retention: Retention,
    pub(crate) log: LogConfig,
}

impl Config {
    /// The configuration of this process.
    pub(crate) fn from_environment() -> anyhow::Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "this is the one place")]
        let variable = |name: &str| match env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => bail!("{name} is not valid UTF-8"),
        };
        Self::read(|name| match variable(name)? {
            None if SECRETS.contains(&name) => secret_file::read(name, variable),
            value => Ok(value),
        })
    }

    /// The same with all that lies in files in another folder.
    pub(crate) fn move_to(&mut self, folder: &Path) {
        folder.clone_into(&mut self.data_dir);
        if self.database_url.is_file() {
            self.database_url = ServiceUrl::of_file(&folder.join("signalbox.db"));
        }
    }

    fn read(look_up: impl Fn(&str) -> anyhow::Result<Option<String>>) -> anyhow::Result<Self> {
        let set = |name: &str| Ok::<_, anyhow::Error>(look_up(name)?.filter(|value| !value.is_empty()));
        let data_dir = PathBuf::from(set("SIGNALBOX_DATA_DIR")?.unwrap_or_else(|| "./data".to_owned()));
        let database_url = match set("DATABASE_URL")? {
            Some(url) => ServiceUrl::parse(&url, &["sqlite", "postgres", "postgresql"]).context("DATABASE_URL")?,
            None => ServiceUrl::of_file(&data_dir.join("signalbox.db")),
        };
        let engine = match (set("PUBSUB_BACKEND")?.as_deref(), redis_url(set)?) {
            (None | Some("auto"), Some(redis)) => EngineChoice::RedisIfItAnswers(redis),
            (None | Some("auto"), None) | (Some("database"), _) => EngineChoice::Database,
            (Some("redis"), Some(redis)) => EngineChoice::Redis(redis),
            (Some("redis"), None) => {
                bail!("PUBSUB_BACKEND: redis is wanted, but neither REDIS_URL nor REDIS_HOST is set")
            }
            (Some(other), _) => bail!("PUBSUB_BACKEND: '{other}' is not one of auto, redis, database"),
        };
        let seconds: u64 = parsed("SIGNALBOX_HEARTBEAT_SECONDS", set("SIGNALBOX_HEARTBEAT_SECONDS")?, 15)?;
        if !(1..=3_600).contains(&seconds) {
            bail!("SIGNALBOX_HEARTBEAT_SECONDS: {seconds} is not between 1 and 3600");
        }
        let (Shares { limits, streams_per_user }, keep) = (shares::read(set)?, Retention::default());
        Ok(Self {
            addr: parsed("SIGNALBOX_ADDR", set("SIGNALBOX_ADDR")?, SocketAddr::from(([127, 0, 0, 1], 3000)))?,
            database_url,
            data_dir,
            engine,
            auto_migrate: parsed("SIGNALBOX_AUTO_MIGRATE", set("SIGNALBOX_AUTO_MIGRATE")?, true)?,
            hub: HubConfig { heartbeat: Duration::from_secs(seconds), streams_per_user, ..HubConfig::default() },
            limits,
            trusted_proxies: parsed(
                "SIGNALBOX_TRUSTED_PROXIES",
                set("SIGNALBOX_TRUSTED_PROXIES")?,
                TrustedProxies::default(),
            )?,
            tls: tls_pair::files(set)?,
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

pub(crate) fn parsed<T>(name: &str, value: Option<String>, default: T) -> anyhow::Result<T>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let Some(value) = value else { return Ok(default) };
    value.parse().with_context(|| format!("{name}: '{value}' can't be read"))
}

/// The Redis that is named, if one is; the whole address comes before its parts.
fn redis_url(set: impl Fn(&str) -> anyhow::Result<Option<String>>) -> anyhow::Result<Option<ServiceUrl>> {
    if let Some(url) = set("REDIS_URL")? {
        return ServiceUrl::parse(&url, &["redis", "rediss"]).context("REDIS_URL").map(Some);
    }
    let Some(host) = set("REDIS_HOST")? else { return Ok(None) };
    let parts = RedisParts {
        host,
        port: set("REDIS_PORT")?.map(|port| parsed("REDIS_PORT", Some(port), 0)).transpose()?,
        database: parsed("REDIS_DB", set("REDIS_DB")?, 0)?,
        username: set("REDIS_USERNAME")?,
        password: set("REDIS_PASSWORD")?,
        tls: parsed("REDIS_SSL", set("REDIS_SSL")?, false)?,
    };
    parts.url().map(Some)
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
        assert_eq!(config.database_url.expose(), "sqlite://./data/signalbox.db");
        assert_eq!(config.engine, EngineChoice::Database);
        assert_eq!(config.hub, HubConfig::default());
        assert_eq!(config.limits, Limits::default());
        assert_eq!(config.trusted_proxies, TrustedProxies::default());
        assert_eq!(config.tls, None);
    }

    #[test]
    fn a_redis_that_is_named_is_used_as_far_as_that_is_wanted() {
        let redis = ("REDIS_URL", "redis://cache");
        let engine = |variables: &[(&str, &str)]| read(variables).expect("valid").engine;

        assert!(matches!(engine(&[redis]), EngineChoice::RedisIfItAnswers(_)));
        assert!(matches!(
            engine(&[("REDIS_HOST", "cache"), ("REDIS_PORT", "6380")]),
            EngineChoice::RedisIfItAnswers(_)
        ));
        assert!(matches!(engine(&[redis, ("PUBSUB_BACKEND", "redis")]), EngineChoice::Redis(_)));
        assert_eq!(engine(&[redis, ("PUBSUB_BACKEND", "database")]), EngineChoice::Database);
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
            ("PUBSUB_BACKEND", "redis"),
            ("REDIS_URL", "http://cache"),
            ("SIGNALBOX_HEARTBEAT_SECONDS", "0"),
            ("SIGNALBOX_MAX_STREAMS_PER_USER", "0"),
            ("SIGNALBOX_MAX_STREAMS_PER_USER", "many"),
            ("SIGNALBOX_MAX_UPLOADS_PER_USER", "0"),
            ("SIGNALBOX_REQUESTS_PER_SECOND", "-1"),
            ("SIGNALBOX_TRUSTED_PROXIES", "10.0.0.0/8,tea"),
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
