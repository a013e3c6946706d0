//! The Lua scripts, and how they are called.
//!
//! The crate's own `Script` is not used for calls: it copies every argument by itself, and a call may have a hundred thousand.

use std::sync::LazyLock;

use redis::{Cmd, ErrorKind, FromRedisValue, Script, ServerErrorKind, ToRedisArgs, aio::ConnectionLike};

use super::{RedisFailure, keys};

const JOB: &str = include_str!("scripts/job.lua");
const PROMOTE: &str = include_str!("scripts/promote.lua");

fn script(parts: &[&str]) -> Script {
    Script::new(&(keys::constants() + &parts.concat()))
}

pub(super) static APPEND: LazyLock<Script> = LazyLock::new(|| script(&[JOB, include_str!("scripts/append.lua")]));
pub(super) static CLAIM: LazyLock<Script> =
    LazyLock::new(|| script(&[JOB, PROMOTE, include_str!("scripts/claim.lua")]));
pub(super) static ENQUEUE: LazyLock<Script> = LazyLock::new(|| script(&[JOB, include_str!("scripts/enqueue.lua")]));
pub(super) static FINISH: LazyLock<Script> = LazyLock::new(|| script(&[JOB, include_str!("scripts/finish.lua")]));
pub(super) static HEARTBEAT: LazyLock<Script> = LazyLock::new(|| script(&[JOB, include_str!("scripts/heartbeat.lua")]));
pub(super) static JOIN: LazyLock<Script> = LazyLock::new(|| script(&[JOB, include_str!("scripts/join.lua")]));
pub(super) static RELAY: LazyLock<Script> = LazyLock::new(|| script(&[JOB, include_str!("scripts/relay.lua")]));
pub(super) static REPORT: LazyLock<Script> = LazyLock::new(|| script(&[JOB, include_str!("scripts/report.lua")]));
pub(super) static UPKEEP: LazyLock<Script> =
    LazyLock::new(|| script(&[JOB, PROMOTE, include_str!("scripts/upkeep.lua")]));

/// One call of a script.
pub(super) struct Call {
    script: &'static Script,
    command: Cmd,
}

impl Call {
    /// A call with room for so many arguments.
    pub(super) fn of(script: &'static Script, arguments: usize) -> Self {
        let mut command = Cmd::with_capacity(arguments + 4, arguments * 32 + 100);
        command.arg("EVALSHA").arg(script.get_hash()).arg(1).arg(keys::EVENTS);
        Self { script, command }
    }

    /// Adds an argument.
    pub(super) fn arg(&mut self, argument: impl ToRedisArgs) -> &mut Self {
        self.command.arg(argument);
        self
    }

    /// Runs it; a server that has forgotten the script is given it again.
    pub(super) async fn run<T: FromRedisValue>(&self, connection: &mut impl ConnectionLike) -> Result<T, RedisFailure> {
        match self.command.query_async(connection).await {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                self.script.load_async(connection).await?;
                Ok(self.command.query_async(connection).await?)
            }
            answered => Ok(answered?),
        }
    }
}
