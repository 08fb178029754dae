//! Updates that wait for a snapshot.
use crate::layout::FeedEvent;
use crate::market::{CHAINED, FIRST};

/// Messages kept; a snapshot is seconds old at most, and an update comes every 50 to 100 ms.
const MOST_MESSAGES: u32 = 4_096;
/// Events kept: 16 MiB of them.
const MOST_EVENTS: usize = 1 << 18;

/// How a message of levels stands in its feed's numbering.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub first: u64,
    pub last: u64,
    /// Last update of the message before. Only futures number in this way; spot counts on without a break.
    pub previous: Option<u64>,
}

impl Head {
    #[inline]
    pub fn of(event: &FeedEvent) -> Self {
        Self {
            first: event.first_id,
            last: event.order_id,
            previous: (event.flags & CHAINED != 0).then_some(event.previous_id),
        }
    }

    /// Whether the snapshot has it already: u ≤ lastUpdateId on spot, u < lastUpdateId on futures.
    pub fn is_stale(&self, snapshot: u64) -> bool {
        match self.previous {
            None => self.last <= snapshot,
            Some(_) => self.last < snapshot,
        }
    }

    /// Whether it may be the first one after a snapshot: U ≤ lastUpdateId + 1 ≤ u on spot; on futures U ≤ lastUpdateId ≤ u,
    /// or pu = lastUpdateId, which says the same.
    pub fn joins(&self, snapshot: u64) -> bool {
        match self.previous {
            None => self.first <= snapshot.saturating_add(1) && snapshot < self.last,
            Some(previous) => {
                (self.first <= snapshot && snapshot <= self.last) || previous == snapshot
            }
        }
    }

    /// Whether it continues update `before`: U = before + 1 on spot, pu = before on futures.
    #[inline]
    pub fn continues(&self, before: u64) -> bool {
        match self.previous {
            None => before.checked_add(1) == Some(self.first),
            Some(previous) => previous == before,
        }
    }

    /// Where it begins, for people.
    pub fn begins(&self) -> u64 {
        self.previous.unwrap_or(self.first)
    }
}

/// An unbroken run of whole messages, oldest first, and perhaps the beginning of another.
#[derive(Debug, Default)]
pub(super) struct Kept {
    events: Vec<FeedEvent>,
    messages: u32,
    /// Last update of the run.
    last: u64,
}

impl Kept {
    pub fn clear(&mut self) {
        self.events.clear();
        self.messages = 0;
    }

    pub fn messages(&self) -> u32 {
        self.messages
    }

    /// A message begins. Only an unbroken run is of use, so a break forgets what came before it.
    pub fn begin(&mut self, head: Head) {
        if self.messages > 0 && !head.continues(self.last) {
            self.clear();
        }
        if self.messages == MOST_MESSAGES {
            self.forget(MOST_MESSAGES / 2);
        }
        self.last = head.last;
    }

    fn forget(&mut self, messages: u32) {
        let begins = |event: &FeedEvent| event.flags & FIRST != 0;
        let mut starts = (0..self.events.len()).filter(|at| begins(&self.events[*at]));
        let keep = starts.nth(messages as usize).unwrap_or(self.events.len());
        self.events.drain(..keep);
        self.messages -= messages;
    }

    /// An event of the message. False when there are too many: then nothing is kept any more.
    pub fn push(&mut self, event: &FeedEvent) -> bool {
        if self.events.len() == MOST_EVENTS {
            self.clear();
            return false;
        }
        self.events.push(*event);
        true
    }

    /// The message is whole.
    pub fn end(&mut self) {
        self.messages += 1;
    }

    /// Index of the first event that a snapshot does not have, and the head of its message.
    pub fn fresh(&self, snapshot: u64) -> Option<(usize, Head)> {
        let starts = self.events.iter().enumerate();
        starts
            .filter(|(_, event)| event.flags & FIRST != 0)
            .map(|(at, event)| (at, Head::of(event)))
            .find(|(_, head)| !head.is_stale(snapshot))
    }

    /// Events from an index on; none without one.
    pub fn events_from(&self, at: Option<usize>) -> &[FeedEvent] {
        &self.events[at.unwrap_or(self.events.len())..]
    }
}
