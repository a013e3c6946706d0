//! What a Redis has to be so that nothing is lost in it.

use server::backplane::{RedisBackplane, RedisHealth, sql::Retention};

use super::{Finding, clock};
use crate::service_url::ServiceUrl;

/// Checks the server, one line each.
pub(super) async fn findings(url: &ServiceUrl, retention: Retention) -> Vec<(&'static str, Finding)> {
    let health = async { RedisBackplane::open(url.expose(), retention, None).await?.health().await };
    match health.await {
        Ok(health) => vec![
            ("backplane", Ok(format!("Redis {} at {url}", health.version))),
            ("eviction", eviction(&health)),
            ("persistence", persistence(&health)),
            ("publishing", publishing(&health)),
            ("cluster", cluster(&health)),
            ("clock", clock::finding(health.clock_skew)),
        ],
        Err(error) => {
            let remedy = "Check REDIS_URL or its parts, and whether the server runs";
            vec![("backplane", Err(format!("{url} can't be used: {error}. {remedy}")))]
        }
    }
}

fn eviction(health: &RedisHealth) -> Finding {
    let policy = &health.maxmemory_policy;
    if policy == "noeviction" {
        Ok("what is full refuses, and throws nothing away".to_owned())
    } else {
        Err(format!(
            "maxmemory-policy is {policy}: jobs may be thrown away. Run `CONFIG SET maxmemory-policy noeviction`"
        ))
    }
}

fn persistence(health: &RedisHealth) -> Finding {
    if health.is_append_only {
        Ok("each change is written to the append-only file".to_owned())
    } else if health.is_persistent() {
        Err("only snapshots are made: a crash loses what came after the last. Run `CONFIG SET appendonly yes`"
            .to_owned())
    } else {
        Err("nothing is written to the disk: a restart loses all jobs. Run `CONFIG SET appendonly yes`".to_owned())
    }
}

fn publishing(health: &RedisHealth) -> Finding {
    if health.can_publish {
        Ok("workers and subscribers are told at once".to_owned())
    } else {
        Err("the user may not publish: workers look for jobs every second, and subscribers hear nothing. \
             Allow it with `ACL SETUSER <user> +publish allchannels`"
            .to_owned())
    }
}

fn cluster(health: &RedisHealth) -> Finding {
    if health.is_cluster {
        Err("it is a node of a Redis Cluster, which is not supported. Use one server, or a primary with replicas"
            .to_owned())
    } else {
        Ok("one server".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn healthy() -> RedisHealth {
        RedisHealth {
            version: "7.0.15".to_owned(),
            maxmemory_policy: "noeviction".to_owned(),
            maxmemory_bytes: 0,
            used_memory_bytes: 1,
            is_append_only: true,
            snapshots: None,
            can_publish: true,
            is_cluster: false,
            clock_skew: Duration::ZERO,
        }
    }

    #[test]
    fn a_redis_that_may_lose_jobs_is_not_well() {
        assert!(eviction(&healthy()).is_ok());
        assert!(persistence(&healthy()).is_ok());
        assert!(eviction(&RedisHealth { maxmemory_policy: "allkeys-lru".to_owned(), ..healthy() }).is_err());
        assert!(persistence(&RedisHealth { is_append_only: false, ..healthy() }).is_err());
        let snapshots = Some("3600 1".to_owned());
        assert!(persistence(&RedisHealth { is_append_only: false, snapshots, ..healthy() }).is_err());
        assert!(publishing(&healthy()).is_ok());
        assert!(publishing(&RedisHealth { can_publish: false, ..healthy() }).is_err());
        assert!(cluster(&RedisHealth { is_cluster: true, ..healthy() }).is_err());
    }
}
