//! What nodes have to trade with, and what they have won or lost.
use crate::layout::{Capital, Profit};
use crate::record::bytes_of;
use sha2::{Digest, Sha256};

/// Capital of one node, and its last profit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Funds {
    pub capital: Capital,
    /// `time` is 0 while nothing was told.
    pub profit: Profit,
}

impl Funds {
    /// Nanoseconds since the profit was worked out; −1 when it never was.
    #[must_use]
    pub fn profit_age(&self, now: i64) -> i64 {
        if self.profit.time == 0 {
            -1
        } else {
            now.saturating_sub(self.profit.time).max(0)
        }
    }

    /// The largest age at which a profit counts.
    #[must_use]
    pub const fn most_age(&self) -> i64 {
        self.capital.profit_max_age_ms as i64 * 1_000_000
    }
}

/// By node, where capital was set.
#[derive(Default)]
pub struct Capitals(Vec<Option<Funds>>);

impl Capitals {
    /// Whether no node has any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets the capital of a node; its profit stays.
    pub fn set(&mut self, capital: &Capital) {
        let at = capital.node as usize;
        if at >= self.0.len() {
            self.0.resize(at + 1, None);
        }
        self.0[at].get_or_insert_default().capital = *capital;
    }

    /// Takes in the profit of a node that has capital; says whether it has.
    pub fn note(&mut self, profit: &Profit) -> bool {
        match self.0.get_mut(profit.node as usize) {
            Some(Some(funds)) => {
                funds.profit = *profit;
                true
            }
            _ => false,
        }
    }

    /// The funds of a node, if it has capital.
    #[inline]
    #[must_use]
    pub fn of(&self, node: u32) -> Option<&Funds> {
        self.0.get(node as usize)?.as_ref()
    }

    /// Feeds everything to `digest`.
    pub fn digest(&self, digest: &mut Sha256) {
        for funds in self.0.iter().flatten() {
            digest.update(bytes_of(&funds.capital));
            digest.update(bytes_of(&funds.profit));
        }
    }
}
