//! Reads of the log for those whom the ring can't serve, shared by all who want the same at the same time: a thousand clients that come
//! back at once cost about as many reads as one.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
};

use app::events::{Cursor, ResetReason};
use tokio::sync::{OnceCell, Semaphore};

use super::{Frame, log::EventLog};
use crate::backplane::{BackplaneError, LogEntry, ReadLog};

/// Frames that follow one another in the log.
pub(super) type Page = Arc<Vec<Arc<Frame>>>;

/// What the log says of a place.
#[derive(Clone, Debug)]
pub(super) enum Refill {
    /// These come next; none when nothing does.
    Found(Page),
    /// It can't say.
    Gone(ResetReason),
}

/// Bytes of pages that are kept for others.
const MOST_KEPT: usize = 8 * 1024 * 1024;
const MOST_PAGES: usize = 64;
/// A page that is larger makes the next ones shorter.
const LARGE_PAGE: usize = 1024 * 1024;
const READS_AT_ONCE: usize = 4;
/// Events in a page: at first, and at most.
const FEW: u32 = 128;
const MANY: u32 = 1_000;

type Slot = (Cursor, Arc<OnceCell<Refill>>);

/// Shared reads of the log.
pub(super) struct Refills {
    log: Arc<dyn EventLog>,
    kept: Mutex<VecDeque<Slot>>,
    /// Events in the next page.
    length: AtomicU32,
    turns: Semaphore,
    /// When somebody asks for the end of the log, in the order of asking; and the last answer, with who may have it.
    asked: AtomicU64,
    end: tokio::sync::Mutex<Option<(u64, Cursor)>>,
}

impl Refills {
    pub(super) fn new(log: Arc<dyn EventLog>) -> Self {
        Self {
            log,
            kept: Mutex::default(),
            length: AtomicU32::new(FEW),
            turns: Semaphore::new(READS_AT_ONCE),
            asked: AtomicU64::new(0),
            end: tokio::sync::Mutex::default(),
        }
    }

    /// What follows a place: a page of the log that is bounded in number and, but for the first large one, in bytes.
    pub(super) async fn after(&self, place: Cursor) -> Result<Refill, BackplaneError> {
        let slot = self.slot(&place);
        let read = slot.get_or_try_init(async || {
            // Never closed.
            let _turn = self.turns.acquire().await;
            Ok::<_, BackplaneError>(match self.log.read(&place, self.length.load(Relaxed)).await? {
                ReadLog::Events(entries) => Refill::Found(Arc::new(self.encode(&entries))),
                ReadLog::Gone { reason, .. } => Refill::Gone(reason),
            })
        });
        let refill = read.await.cloned();
        // What was no page may be one the next time.
        let is_page = matches!(&refill, Ok(Refill::Found(page)) if !page.is_empty());
        self.keep(is_page, &slot);
        refill
    }

    /// Where the log ends, as told after this was asked.
    pub(super) async fn end(&self) -> Result<Cursor, BackplaneError> {
        let mine = self.asked.fetch_add(1, Relaxed) + 1;
        let mut end = self.end.lock().await;
        if let Some((for_all_up_to, cursor)) = &*end
            && *for_all_up_to >= mine
        {
            return Ok(cursor.clone());
        }
        let for_all_up_to = self.asked.load(Relaxed);
        let cursor = self.log.head().await?;
        *end = Some((for_all_up_to, cursor.clone()));
        Ok(cursor)
    }

    /// The frames of a page; whoever reads next takes fewer when this one was large, and more when it was small.
    pub(super) fn encode(&self, entries: &[LogEntry]) -> Vec<Arc<Frame>> {
        let frames: Vec<_> = entries.iter().map(|entry| Arc::new(Frame::of(entry))).collect();
        let (bytes, length) = (size_bytes(&frames), self.length.load(Relaxed));
        if bytes > LARGE_PAGE {
            self.length.store((length / 2).max(1), Relaxed);
        } else if bytes < LARGE_PAGE / 4 {
            self.length.store((length * 2).min(MANY), Relaxed);
        }
        frames
    }

    /// Events that a page may have now.
    pub(super) fn length(&self) -> u32 {
        self.length.load(Relaxed)
    }

    /// Pages of a log that is gone are no use to anybody.
    pub(super) fn forget(&self) {
        self.locked().clear();
    }

    fn slot(&self, place: &Cursor) -> Arc<OnceCell<Refill>> {
        let mut kept = self.locked();
        if let Some((_, slot)) = kept.iter().find(|(start, _)| start == place) {
            return Arc::clone(slot);
        }
        let slot = Arc::<OnceCell<Refill>>::default();
        kept.push_back((place.clone(), Arc::clone(&slot)));
        slot
    }

    fn keep(&self, is_page: bool, slot: &Arc<OnceCell<Refill>>) {
        let mut kept = self.locked();
        if !is_page {
            kept.retain(|(_, other)| !Arc::ptr_eq(other, slot));
        }
        let held = |slot: &Slot| match slot.1.get() {
            Some(Refill::Found(page)) => size_bytes(page),
            _ => 0,
        };
        let mut bytes: usize = kept.iter().map(held).sum();
        while bytes > MOST_KEPT || kept.len() > MOST_PAGES {
            let Some(oldest) = kept.pop_front() else { return };
            bytes -= held(&oldest);
        }
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, VecDeque<Slot>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn size_bytes(frames: &[Arc<Frame>]) -> usize {
    frames.iter().map(|frame| frame.size_bytes()).sum()
}
