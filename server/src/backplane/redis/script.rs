//! The Lua scripts, and how they are called.
//!
//! The crate's own `Script` is not used for calls: it copies every argument by itself, and a call may have a hundred thousand.

use std::sync::LazyLock;

use redis::{
    Cmd, ErrorKind, FromRedisValue, Pipeline, RedisResult, Script, ServerErrorKind, ToRedisArgs, aio::ConnectionLike,
};

use super::{RedisFailure, keys};

/// What most scripts begin with: moves, keys, and the end of the step.
const MOVES: &str = concat!(
    include_str!("scripts/job.lua"),
    include_str!("scripts/moves.lua"),
    include_str!("scripts/key.lua"),
    include_str!("scripts/settle.lua")
);
const JOB: &str = include_str!("scripts/job.lua");

/// Declares scripts, each made of several files.
macro_rules! scripts {
    ($($name:ident: $begin:ident $($part:literal)+;)+) => {
        $(pub(super) static $name: LazyLock<Script> = LazyLock::new(|| {
            Script::new(&[&keys::constants(), $begin, $(include_str!(concat!("scripts/", $part, ".lua"))),+].concat())
        });)+
    };
}

scripts! {
    APPEND: JOB "append";
    CANCEL: MOVES "past" "lever" "cancel";
    CLAIM: MOVES "promote" "hand_out" "claim";
    CURB: MOVES "news" "curb";
    ENQUEUE: MOVES "take_in" "enqueue";
    EXCHANGE: MOVES "past" "end_attempt" "hand_out" "exchange";
    FIRE: MOVES "take_in" "fire";
    HEARTBEAT: JOB "worker" "heartbeat";
    JOIN: JOB "worker" "join";
    LEAVE: JOB "worker" "leave";
    LETTERS: MOVES "past" "lever" "letters";
    LOOK: JOB "look";
    NOTE: JOB "held" "note";
    PAGE: JOB "page";
    PLAIN: JOB "moves" "hand" "plain";
    QUEUES: JOB "queues";
    RECOUNT: JOB "moves" "recount";
    RELAY: JOB "relay";
    REMOVE: MOVES "past" "lever" "remove";
    REPORT: JOB "held" "report";
    RETRY: MOVES "past" "lever" "retry";
    SCHEDULE: JOB "schedule";
    SCHEDULES: JOB "schedules";
    TELL: JOB "news" "tell";
    UPKEEP: MOVES "past" "promote" "worker" "news" "upkeep";
}

/// One call of a script.
pub(super) struct Call {
    script: &'static Script,
    command: Cmd,
    is_answered_last: bool,
}

impl Call {
    /// A call with room for so many arguments.
    pub(super) fn of(script: &'static Script, arguments: usize) -> Self {
        let mut command = Cmd::with_capacity(arguments + 4, arguments * 32 + 100);
        command.arg("EVALSHA").arg(script.get_hash()).arg(1).arg(keys::EVENTS);
        Self { script, command, is_answered_last: false }
    }

    /// Adds an argument.
    pub(super) fn arg(&mut self, argument: impl ToRedisArgs) -> &mut Self {
        self.command.arg(argument);
        self
    }

    /// Whoever hears what the script publishes shall be written to before the caller is answered.
    ///
    /// Redis writes last to whom it had something to say first, and waking a process that waits for it takes it as long as a small
    /// script. So the caller says something before that is answered at once.
    pub(super) fn answered_last(&mut self) -> &mut Self {
        self.is_answered_last = true;
        self
    }

    /// Runs it; a server that has forgotten the script is given it again.
    pub(super) async fn run<T: FromRedisValue>(&self, connection: &mut impl ConnectionLike) -> Result<T, RedisFailure> {
        match self.ask(connection).await {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                self.script.load_async(connection).await?;
                Ok(self.ask(connection).await?)
            }
            answered => Ok(answered?),
        }
    }

    async fn ask<T: FromRedisValue>(&self, connection: &mut impl ConnectionLike) -> RedisResult<T> {
        if self.is_answered_last {
            let mut both = Pipeline::with_capacity(2);
            both.cmd("PING").ignore().add_command(self.command.clone());
            // A user who may not send the first has done the second all the same.
            let mut answers: Vec<RedisResult<T>> = both.ignore_errors().query_async(connection).await?;
            answers.pop().unwrap_or_else(|| Err((ErrorKind::UnexpectedReturnType, "a script was not answered").into()))
        } else {
            self.command.query_async(connection).await
        }
    }
}
