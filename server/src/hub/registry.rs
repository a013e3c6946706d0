//! Connections of this node by name, so that the topics of a live one can be changed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use app::events::{Cursor, Topic};
use tokio::sync::{mpsc, oneshot};

/// A change of what a connection listens to.
#[derive(Debug)]
pub struct TopicChange {
    /// Topics to add.
    pub add: Vec<Topic>,
    /// Topics to take away.
    pub remove: Vec<Topic>,
    /// Events of the added topics after this place are sent, even those that the connection is past already.
    pub from: Option<Cursor>,
    /// Where the whole set is told, once it is in force.
    pub(super) answer: oneshot::Sender<Result<Vec<Topic>, ChangeError>>,
}

/// Topics that one connection may listen to.
pub const MOST_TOPICS: usize = 256;
/// How long a change may take. A connection whose client does not read what it is sent takes no change in.
const CHANGE_LIMIT: Duration = Duration::from_secs(5);

/// The topics of a connection were not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// There is none on this node, or it has just ended.
    #[error("there is no connection with this id")]
    UnknownConnection,
    /// It would listen to more than [`MOST_TOPICS`] topics. It listens to what it listened to before.
    #[error("a connection listens to at most {MOST_TOPICS} topics")]
    TooManyTopics,
    /// It did not take the change in within five seconds. It may do so later.
    #[error("the connection did not take the change in within {} s", CHANGE_LIMIT.as_secs())]
    Late,
}

/// Live connections.
#[derive(Default)]
pub struct Registry {
    connections: Mutex<HashMap<String, mpsc::Sender<TopicChange>>>,
}

impl Registry {
    /// Changes the topics of a connection and returns the whole set.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub async fn change(
        &self,
        connection_id: &str,
        add: Vec<Topic>,
        remove: Vec<Topic>,
        from: Option<Cursor>,
    ) -> Result<Vec<Topic>, ChangeError> {
        let (answer, answered) = oneshot::channel();
        let sender = self.locked().get(connection_id).cloned().ok_or(ChangeError::UnknownConnection)?;
        let change = TopicChange { add, remove, from, answer };
        let changed = async {
            sender.send(change).await.map_err(|_| ChangeError::UnknownConnection)?;
            answered.await.map_err(|_| ChangeError::UnknownConnection)?
        };
        tokio::time::timeout(CHANGE_LIMIT, changed).await.map_err(|_| ChangeError::Late)?
    }

    /// Lists a connection until the guard is dropped.
    pub(super) fn enter(self: &Arc<Self>, connection_id: String) -> (Entry, mpsc::Receiver<TopicChange>) {
        let (sender, receiver) = mpsc::channel(16);
        self.locked().insert(connection_id.clone(), sender);
        (Entry { registry: Arc::clone(self), connection_id }, receiver)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.locked().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<String, mpsc::Sender<TopicChange>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a connection listed for as long as it lives.
pub(super) struct Entry {
    registry: Arc<Registry>,
    connection_id: String,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.registry.locked().remove(&self.connection_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_change_that_a_connection_does_not_take_in_is_given_up() {
        let registry = Arc::new(Registry::default());
        let (_entry, _changes) = registry.enter("slow".to_owned());

        // The first one waits in the connection's queue, the last one for room in it.
        for _ in 0..20 {
            let changed = registry.change("slow", vec![Topic::Imports], Vec::new(), None).await;

            assert_eq!(changed, Err(ChangeError::Late));
        }
    }

    #[tokio::test]
    async fn a_connection_that_ends_meanwhile_is_unknown() {
        let registry = Arc::new(Registry::default());
        let (_entry, ended) = registry.enter("short".to_owned());
        drop(ended);

        let changed = registry.change("short", vec![Topic::Imports], Vec::new(), None).await;

        assert_eq!(changed, Err(ChangeError::UnknownConnection));
    }
}
