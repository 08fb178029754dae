//! How often a strategy may trade in a short time before it is latched: a pattern that repeats itself is no longer meant.
use super::ring::{Amounts, Ring};
use crate::image::image;
use crate::layout::ExecutionThrottle;
use crate::record::bytes_of;
use sha2::{Digest, Sha256};

/// The throttle of one strategy.
#[derive(Clone, Debug)]
pub struct Throttle {
    pub terms: ExecutionThrottle,
    ring: Ring,
    /// Trades in the window when it was latched; 0 while it is not.
    pub tripped_at: u32,
}

/// By strategy, where one was set.
#[derive(Default)]
pub struct Throttles(Vec<Option<Throttle>>);

image!(Throttle {
    terms,
    ring,
    tripped_at
});
image!(Throttles(_));

impl Throttles {
    /// Whether no strategy has one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets a strategy's throttle; a latch stays, the count begins anew when the window is another.
    pub fn set(&mut self, terms: &ExecutionThrottle) {
        let at = terms.strategy as usize;
        if at >= self.0.len() {
            self.0.resize(at + 1, None);
        }
        match &mut self.0[at] {
            Some(known) if known.terms.window_ms == terms.window_ms => known.terms = *terms,
            place => {
                *place = Some(Throttle {
                    terms: *terms,
                    ring: Ring::of_millis(terms.window_ms),
                    tripped_at: place.as_ref().map_or(0, |known| known.tripped_at),
                });
            }
        }
    }

    /// A strategy's throttle, if it has one.
    #[inline]
    #[must_use]
    pub fn of(&self, strategy: u32) -> Option<&Throttle> {
        self.0.get(strategy as usize)?.as_ref()
    }

    /// Counts a trade of a strategy, and latches it when they are too many.
    pub fn traded(&mut self, strategy: u32, now: i64) {
        let Some(Some(throttle)) = self.0.get_mut(strategy as usize) else {
            return;
        };
        let one = Amounts {
            count: 1,
            ..Amounts::default()
        };
        throttle.ring.add(now, one);
        let most = throttle.terms.max_executions;
        let count = throttle.ring.sum(now).count;
        if most != 0 && count > most && throttle.tripped_at == 0 {
            throttle.tripped_at = count;
        }
    }

    /// Unlatches a strategy; its count begins anew.
    pub fn rearm(&mut self, strategy: u32) {
        if let Some(Some(throttle)) = self.0.get_mut(strategy as usize) {
            throttle.tripped_at = 0;
            throttle.ring.clear();
        }
    }

    /// Feeds every throttle to `digest`.
    pub fn digest(&self, digest: &mut Sha256) {
        for throttle in self.0.iter().flatten() {
            digest.update(bytes_of(&throttle.terms));
            throttle.ring.digest(digest);
            digest.update(throttle.tripped_at.to_le_bytes());
        }
    }
}
