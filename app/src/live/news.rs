//! What a tab is told, and what it has the browser do.

use super::{connection::Input, followers::TopicWish, recognition::Recognition, relay::Message};
use crate::events::{Cursor, Topic};

/// What a tab is told.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// The browser said something, or time went by.
    Browser(Input),
    /// The line of this tab brought a frame.
    Frame {
        /// Its cursor.
        id: String,
        /// Its data.
        json: String,
    },
    /// A line was asked for, and answered with something else.
    Unserved,
    /// The server answered the page as if it did not know its reader.
    Doubted,
    /// The server said who reads.
    Recognized(Recognition),
    /// Followers came or went.
    Wanted,
    /// The reader does not want to wait for the next try.
    Impatient,
    /// The server was asked for other topics on this line, and refused or did not answer.
    Unheard(String),
    /// Another tab said something.
    Heard(Message),
    /// This tab got the lock that makes it the leader.
    Granted,
    /// The other tabs have had time to say what they want.
    Settled,
    /// Another tab took the lock away.
    Stolen,
}

/// What the shell has to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Open a line, dropping the one before it.
    Open(Vec<Topic>, Option<Cursor>),
    /// Drop the line, if there is one.
    Close,
    /// Ask the server for other topics on a line.
    Ask(String, TopicWish),
    /// Tell the other tabs.
    Post(Message),
    /// Listen to the other tabs again.
    Join,
    /// Listen to the other tabs no longer.
    Leave,
    /// Queue up for the lock, and say so when it is had.
    Queue,
    /// Take the lock from whoever has it.
    Steal,
    /// Give the lock back, and wait for it no longer.
    Release,
    /// Say `Settled` in a moment.
    Settle,
    /// Ask the server who reads.
    Recognize,
    /// Leave for the page where one signs in.
    SignIn,
    /// Load the page anew.
    DrawAgain,
}

/// When something happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// By a clock that never goes back.
    pub now_ms: f64,
    /// By the wall's clock, since 1970.
    pub wall_ms: f64,
    /// Lies in 0.0..1.0.
    pub chance: f64,
}
