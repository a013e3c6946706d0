//! The pages in the tabs of a browser: what they follow, what they are told, and that they load their snapshots again.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use super::{Notice, browser_model::Browser, news::News, server_model::topic};
use crate::events::{Cursor, Topic};

/// A follower: whose, of what, from where on, and what it was told.
pub(super) struct Reader {
    pub(super) tab: usize,
    number: u64,
    pub(super) topics: Vec<Topic>,
    pub(super) from: Cursor,
    pub(super) heard: Rc<RefCell<Vec<Cursor>>>,
    /// It was told to load its snapshot.
    has_to_load: Rc<Cell<bool>>,
    pub(super) loads: u32,
}

impl Browser {
    /// A page follows one of the topics, with a snapshot so far back.
    pub(super) fn follow(&mut self, number: usize, back: u64) {
        let from = self.server.place(self.server.end.saturating_sub(back));
        self.follow_topics(number, vec![topic(back)], from);
    }

    pub(super) fn follow_topics(&mut self, tab: usize, topics: Vec<Topic>, from: Cursor) {
        let (heard, has_to_load) = (Rc::default(), Rc::default());
        self.readers.push(Reader { tab, number: 0, topics, from, heard, has_to_load, loads: 0 });
        self.place(self.readers.len() - 1);
    }

    /// A reader follows from its snapshot on.
    fn place(&mut self, index: usize) {
        let reader = &mut self.readers[index];
        let Some(tab) = self.tabs.get_mut(&reader.tab) else { return };
        let (heard, has_to_load) = (Rc::clone(&reader.heard), Rc::clone(&reader.has_to_load));
        let on_notice = move |notice| match notice {
            Notice::Event(event) => heard.borrow_mut().push(event.cursor.clone()),
            Notice::Reset => has_to_load.set(true),
        };
        reader.number = tab.followers.add(reader.topics.clone(), reader.from.clone(), Rc::new(on_notice));
        let number = reader.tab;
        self.tell(number, News::Wanted);
    }

    /// Whoever was told to has its snapshot.
    pub(super) fn load(&mut self) {
        let Some(index) = self.loading() else { return };
        let reader = &mut self.readers[index];
        if let Some(tab) = self.tabs.get_mut(&reader.tab) {
            tab.followers.remove(reader.number);
        }
        reader.has_to_load.set(false);
        reader.heard.borrow_mut().clear();
        reader.from = self.server.place(self.server.end);
        reader.loads += 1;
        self.place(index);
    }

    /// A reader that was told to load its snapshot, and can.
    pub(super) fn loading(&self) -> Option<usize> {
        self.readers.iter().position(|reader| reader.has_to_load.get() && !self.frozen.contains(&reader.tab))
    }
}
