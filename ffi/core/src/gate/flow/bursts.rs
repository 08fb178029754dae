//! How much a node may enter within a short window: orders, lots and value.
use super::ring::{Amounts, Ring};
use crate::gate::limits::EVERY_INSTRUMENT;
use crate::image::image;
use crate::layout::BurstLimit;
use crate::record::bytes_of;
use sha2::{Digest, Sha256};

/// What one message enters.
pub type Entered = Amounts;

/// One window of a node.
#[derive(Clone, Debug)]
struct Burst {
    limit: BurstLimit,
    ring: Ring,
}

impl Burst {
    const fn is_for(&self, instrument: u16) -> bool {
        let limited = self.limit.instrument;
        limited == instrument || limited == EVERY_INSTRUMENT
    }

    /// What would be entered with `entered`, and the limit that it breaks, if it breaks one.
    fn broken(&self, now: i64, entered: &Entered) -> Option<(i64, i64)> {
        let sum = self.ring.sum(now);
        let limit = &self.limit;
        let orders = i64::from(sum.count) + i64::from(entered.count);
        [
            (orders, i64::from(limit.max_orders)),
            (sum.lots.saturating_add(entered.lots), limit.max_lots),
            (sum.value.saturating_add(entered.value), limit.max_value),
        ]
        .into_iter()
        .find(|(after, most)| *most != 0 && after > most)
    }
}

/// By node.
#[derive(Default)]
pub struct Bursts(Vec<Vec<Burst>>);

image!(Burst { limit, ring });
image!(Bursts(_));

impl Bursts {
    /// Whether there is no window at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Vec::is_empty)
    }

    /// Sets a window; what it has counted stays.
    pub fn set(&mut self, limit: &BurstLimit) {
        let at = limit.node as usize;
        if at >= self.0.len() {
            self.0.resize(at + 1, Vec::new());
        }
        let windows = &mut self.0[at];
        let place = |of: &BurstLimit| (of.instrument, of.window_ms);
        let known = windows
            .iter()
            .position(|one| place(&one.limit) == place(limit));
        let lifted = limit.max_orders == 0 && limit.max_lots == 0 && limit.max_value == 0;
        match known {
            Some(known) if lifted => {
                windows.remove(known);
            }
            Some(known) => windows[known].limit = *limit,
            None if lifted => {}
            None => {
                windows.push(Burst {
                    limit: *limit,
                    ring: Ring::of_millis(limit.window_ms),
                });
                windows.sort_by_key(|one| place(&one.limit));
            }
        }
    }

    /// Whether a node has a window.
    #[cfg(test)]
    pub fn has(&self, node: u32) -> bool {
        !self.of(node).is_empty()
    }

    fn of(&self, node: u32) -> &[Burst] {
        self.0.get(node as usize).map_or(&[], Vec::as_slice)
    }

    /// What a node would have entered in a window, and the limit of it that this breaks, if there is one.
    #[must_use]
    pub fn broken(
        &self,
        node: u32,
        instrument: u16,
        now: i64,
        entered: &Entered,
    ) -> Option<(i64, i64)> {
        self.of(node)
            .iter()
            .filter(|burst| burst.is_for(instrument))
            .find_map(|burst| burst.broken(now, entered))
    }

    /// Counts what was entered in the windows of every node of a path.
    pub fn enter(&mut self, path: &[u32], instrument: u16, now: i64, entered: Entered) {
        for node in path {
            let windows = self.0.get_mut(*node as usize);
            for burst in windows.into_iter().flatten() {
                if burst.is_for(instrument) {
                    burst.ring.add(now, entered);
                }
            }
        }
    }

    /// Feeds every window to `digest`.
    pub fn digest(&self, digest: &mut Sha256) {
        for burst in self.0.iter().flatten() {
            digest.update(bytes_of(&burst.limit));
            burst.ring.digest(digest);
        }
    }
}
