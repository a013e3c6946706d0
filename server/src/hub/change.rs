//! A change of what a live connection listens to.

use std::{collections::BTreeSet, time::Duration};

use app::events::{Cursor, MOST_TOPICS, Position, StreamEvent, Topic};
use tokio::sync::oneshot;

use super::{Hub, UserKey, feed::Feed, gap::Read, ring::Walk, scratch::Scratch};

/// A change of what a connection listens to.
#[derive(Debug)]
pub(super) struct TopicChange {
    /// Topics to add.
    pub(super) add: BTreeSet<Topic>,
    /// Topics to take away.
    pub(super) remove: BTreeSet<Topic>,
    /// Events of the added topics after this place are sent, even those that the connection is past already.
    pub(super) from: Option<Cursor>,
    /// Where the whole set is told, once it is in force.
    pub(super) answer: oneshot::Sender<Result<Vec<Topic>, ChangeError>>,
}

/// How long a change may take. A connection whose client does not read what it is sent takes no change in.
const CHANGE_LIMIT: Duration = Duration::from_secs(5);

/// The topics of a connection were not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// There is none on this node, it is somebody else's, or it has just ended.
    #[error("there is no connection with this id")]
    UnknownConnection,
    /// It would listen to more than [`MOST_TOPICS`] topics, or more than so many were named. It listens to what it listened to before.
    #[error("a connection listens to at most {MOST_TOPICS} topics")]
    TooManyTopics,
    /// It did not take the change in within five seconds. It may do so later.
    #[error("the connection did not take the change in within {} s", CHANGE_LIMIT.as_secs())]
    Late,
}

impl Hub {
    /// Changes the topics of a user's connection and returns the whole set.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub async fn change(
        &self,
        user: &UserKey,
        connection_id: &str,
        (add, remove): (Vec<Topic>, Vec<Topic>),
        from: Option<Cursor>,
    ) -> Result<Vec<Topic>, ChangeError> {
        let seat = self.seats.find(connection_id).filter(|seat| seat.user == *user);
        let seat = seat.ok_or(ChangeError::UnknownConnection)?;
        // Before it waits: what waits is bounded.
        let (add, remove): (BTreeSet<_>, BTreeSet<_>) = (add.into_iter().collect(), remove.into_iter().collect());
        if add.len().max(remove.len()) > MOST_TOPICS {
            return Err(ChangeError::TooManyTopics);
        }
        let changed = async {
            // Given back when the connection takes the change in, not when whoever asked has gone.
            seat.room.acquire().await.map_err(|_| ChangeError::UnknownConnection)?.forget();
            let (answer, answered) = oneshot::channel();
            {
                let mut desk = seat.desk();
                // The connection may have ended since there was room: then nobody looks at what waits.
                if seat.room.is_closed() {
                    return Err(ChangeError::UnknownConnection);
                }
                desk.changes.push_back(TopicChange { add, remove, from, answer });
            }
            seat.waker.wake();
            answered.await.map_err(|_| ChangeError::UnknownConnection)?
        };
        tokio::time::timeout(CHANGE_LIMIT, changed).await.map_err(|_| ChangeError::Late)?
    }
}

/// How far a connection is with a change. Boxed, for most have none.
#[derive(Debug, Default)]
pub(super) enum Stage {
    /// There is none.
    #[default]
    Idle,
    /// The end of the log is asked for, and the ring waited for: what is in the log by now comes before the word that the change is in
    /// force, although the ring may not have it yet. Else what the added topics missed in the last moment would follow it.
    Asking(Box<TopicChange>),
    /// What came up to then is being told.
    Reaching(Box<TopicChange>),
    /// What the added topics missed is being told.
    Catching(Box<Catching>),
}

/// The added topics' own way along the log, up to where the connection is.
#[derive(Debug)]
pub(super) struct Catching {
    pub(super) walk: Walk,
    pub(super) added: BTreeSet<Topic>,
    pub(super) until: Position,
    pub(super) is_done: bool,
    change: Box<TopicChange>,
}

impl Catching {
    /// There is nothing more to tell.
    pub(super) const fn finish(&mut self) {
        self.is_done = true;
    }
}

/// Whether there is more to do at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Something,
    Nothing,
    /// There is, but it has to be read, and is when what was found has left: a reader that stops shall hold no page of the log.
    Later,
}

impl Feed {
    /// Goes on with a change, once all that came is told.
    pub(super) fn go_on_with_change(&mut self, scratch: &mut Scratch) -> Next {
        match std::mem::take(&mut self.stage) {
            Stage::Idle => self.take_change_in(),
            // Taken up again when the answer is there.
            asking @ Stage::Asking(_) => {
                self.stage = asking;
                Next::Nothing
            }
            Stage::Reaching(change) => {
                self.put_in_force(change, scratch);
                Next::Something
            }
            Stage::Catching(done) => {
                self.confirm(*done.change, scratch);
                Next::Something
            }
        }
    }

    /// The client was told to load its snapshot again: changes that wait need not tell what came before that, and need not tell once
    /// more that nobody knows what came before.
    pub(super) fn begin_changes_here(&mut self) {
        let here = |change: &mut TopicChange| {
            if let Some(from) = &mut change.from
                && !from.is_after(&self.walk.place)
            {
                from.clone_from(&self.walk.place);
            }
        };
        self.seat.desk().changes.iter_mut().for_each(here);
        self.stage = match std::mem::take(&mut self.stage) {
            Stage::Asking(mut change) | Stage::Reaching(mut change) => {
                here(&mut change);
                Stage::Reaching(change)
            }
            Stage::Catching(mut catching) => {
                catching.finish();
                Stage::Catching(catching)
            }
            Stage::Idle => Stage::Idle,
        };
    }

    fn take_change_in(&mut self) -> Next {
        let mut desk = self.seat.desk();
        let Some(change) = desk.changes.pop_front() else { return Next::Nothing };
        self.seat.room.add_permits(1);
        if wanted(&desk.topics, &change).len() > MOST_TOPICS {
            // Whoever asked may have gone meanwhile.
            let _ = change.answer.send(Err(ChangeError::TooManyTopics));
            return Next::Something;
        }
        drop(desk);
        self.stage = Stage::Asking(Box::new(change));
        let hub = std::sync::Arc::clone(&self.hub);
        self.read(async move {
            let end = hub.refills.end().await?;
            hub.catch_up_with(&end).await;
            Ok(Read::Reached)
        });
        Next::Something
    }

    fn put_in_force(&mut self, change: Box<TopicChange>, scratch: &mut Scratch) {
        {
            let mut desk = self.seat.desk();
            let wanted = wanted(&desk.topics, &change);
            let mut ring = self.hub.ring();
            ring.listen(&self.seat, wanted.difference(&desk.topics));
            ring.leave(&self.seat, desk.topics.difference(&wanted));
            desk.lines = ring.places_of(&wanted);
            // What came since the walk, on topics that nobody listened to, may be off the ring already.
            self.walk.is_on_ring = ring.reaches(&self.walk.place);
            desk.topics = wanted;
        }
        // Even topics that are listened to already: who asks again may have come later than what was sent for them.
        match change.from.clone().filter(|_| !change.add.is_empty()) {
            Some(from) => {
                let (added, until) = (change.add.clone(), self.walk.place.position);
                self.page = None;
                let catching = Catching { walk: Walk::from(from), added, until, is_done: false, change };
                self.stage = Stage::Catching(Box::new(catching));
            }
            None => self.confirm(*change, scratch),
        }
    }

    fn confirm(&mut self, change: TopicChange, scratch: &mut Scratch) {
        let only_removes = change.add.is_empty() && !change.remove.is_empty();
        let topics: Vec<Topic> = self.seat.desk().topics.iter().cloned().collect();
        let word = if only_removes {
            StreamEvent::Unsubscribed { topics: topics.clone() }
        } else {
            StreamEvent::Subscribed { topics: topics.clone() }
        };
        self.page = None;
        scratch.push_about(word, &self.walk.place, self.encoding);
        // Whoever asked may have gone meanwhile; the change stands.
        let _ = change.answer.send(Ok(topics));
    }
}

fn wanted(topics: &BTreeSet<Topic>, change: &TopicChange) -> BTreeSet<Topic> {
    let kept = topics.iter().filter(|topic| !change.remove.contains(topic));
    kept.chain(&change.add).cloned().collect()
}
