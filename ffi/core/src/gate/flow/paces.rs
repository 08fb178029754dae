//! Message budgets of nodes, a reserve for cancels beside each, and the latch that too many refusals trip.
use crate::gate::bucket::Bucket;
use crate::image::image;
use crate::layout::Pace;
use crate::record::bytes_of;
use sha2::{Digest, Sha256};

const SECOND: i64 = 1_000_000_000;

/// The budget of one node.
#[derive(Clone, Copy, Debug)]
pub struct Paced {
    pub terms: Pace,
    /// New orders and amends.
    pub entries: Bucket,
    /// Repeated cancels.
    pub cancels: Bucket,
    /// Refusals in a row of seconds that began at `since`.
    pub refused: u32,
    since: i64,
    pub tripped: bool,
}

/// By node, where one was set.
#[derive(Default)]
pub struct Paces(Vec<Option<Paced>>);

image!(Paced {
    terms,
    entries,
    cancels,
    refused,
    since,
    tripped
});
image!(Paces(_));

impl Paces {
    /// Whether no node has one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets a node's terms; what its buckets hold and whether it is latched stays.
    pub fn set(&mut self, pace: &Pace) {
        let at = pace.node as usize;
        if at >= self.0.len() {
            self.0.resize(at + 1, None);
        }
        let paced = self.0[at].get_or_insert(Paced {
            terms: *pace,
            entries: Bucket::EMPTY,
            cancels: Bucket::EMPTY,
            refused: 0,
            since: i64::MIN,
            tripped: false,
        });
        paced.terms = *pace;
        paced.entries.configure(pace.rate, pace.burst);
        paced.cancels.configure(pace.cancel_rate, pace.cancel_burst);
    }

    /// The budget of a node, if it has one.
    #[inline]
    #[must_use]
    pub fn of(&self, node: u32) -> Option<&Paced> {
        self.0.get(node as usize)?.as_ref()
    }

    fn of_mut(&mut self, node: u32) -> Option<&mut Paced> {
        self.0.get_mut(node as usize)?.as_mut()
    }

    /// Takes a message out of the budget of every node of a path.
    pub fn enter(&mut self, path: &[u32], now: i64) {
        for node in path {
            if let Some(paced) = self.of_mut(*node) {
                paced.entries.take(now);
            }
        }
    }

    /// Takes a cancel out of every reserve that has one left.
    pub fn cancel(&mut self, path: &[u32], now: i64) {
        for node in path {
            if let Some(paced) = self.of_mut(*node) {
                if paced.cancels.level_at(now) >= crate::gate::bucket::TOKEN {
                    paced.cancels.take(now);
                }
            }
        }
    }

    /// Counts a refusal for rate at a node, and latches it when they are too many within a second.
    pub fn refused(&mut self, node: u32, now: i64) {
        let Some(paced) = self.of_mut(node) else {
            return;
        };
        if now.saturating_sub(paced.since) >= SECOND {
            (paced.since, paced.refused) = (now, 0);
        }
        paced.refused = paced.refused.saturating_add(1);
        paced.tripped |= paced.terms.trip_after != 0 && paced.refused >= paced.terms.trip_after;
    }

    /// Unlatches a node.
    pub fn rearm(&mut self, node: u32) {
        if let Some(paced) = self.of_mut(node) {
            (paced.tripped, paced.refused) = (false, 0);
        }
    }

    /// Feeds every budget to `digest`.
    pub fn digest(&self, digest: &mut Sha256) {
        for paced in self.0.iter().flatten() {
            digest.update(bytes_of(&paced.terms));
            for bucket in [paced.entries, paced.cancels] {
                let (level, counted_at) = bucket.parts();
                digest.update(level.to_le_bytes());
                digest.update(counted_at.to_le_bytes());
            }
            digest.update(paced.refused.to_le_bytes());
            digest.update(paced.since.to_le_bytes());
            digest.update([u8::from(paced.tripped)]);
        }
    }
}
