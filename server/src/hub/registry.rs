//! Connections of this node by name, so that the topics of a live one can be changed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
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
    pub(super) answer: oneshot::Sender<Vec<Topic>>,
}

/// There is no such connection on this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no connection with this id")]
pub struct UnknownConnection;

/// Live connections.
#[derive(Default)]
pub struct Registry {
    connections: Mutex<HashMap<String, mpsc::Sender<TopicChange>>>,
}

impl Registry {
    /// Changes the topics of a connection and returns the whole set.
    ///
    /// # Errors
    /// [`UnknownConnection`] when it is not here or has just ended.
    pub async fn change(
        &self,
        connection_id: &str,
        add: Vec<Topic>,
        remove: Vec<Topic>,
        from: Option<Cursor>,
    ) -> Result<Vec<Topic>, UnknownConnection> {
        let (answer, answered) = oneshot::channel();
        let sender = self.locked().get(connection_id).cloned().ok_or(UnknownConnection)?;
        let change = TopicChange { add, remove, from, answer };
        sender.send(change).await.map_err(|_| UnknownConnection)?;
        answered.await.map_err(|_| UnknownConnection)
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
