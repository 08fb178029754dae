//! What nodes have to trade with, and what they have won or lost.
use crate::image::image;
use crate::layout::{Capital, Profit};
use crate::record::bytes_of;
use sha2::{Digest, Sha256};

/// Capital of one node, and its last profit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Funds {
    pub capital: Capital,
    /// `time` is 0 while nothing was told.
    pub profit: Profit,
    /// The most that may go into one name, money units, rounded down.
    pub most_in_one: i128,
    /// What follows from both.
    pub plain: Plain,
}

/// What an order stays within that needs no closer look; where there is no limit, the largest number.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain {
    pub credit: i64,
    pub in_one: i128,
    /// The last time at which the profit is known and no loss too large.
    pub until: i64,
}

image!(Plain {
    credit,
    in_one,
    until
});
image!(Funds {
    capital,
    profit,
    most_in_one,
    plain
});

impl Funds {
    /// Works out what follows from capital and profit.
    fn renew(&mut self) {
        let (capital, profit) = (&self.capital, &self.profit);
        let (of, bps) = (capital.capital, capital.concentration_bps);
        let limited = |limit: i64| if limit == 0 { i64::MAX } else { limit };
        self.most_in_one = i128::from(of) * i128::from(bps) / 10_000;
        let known = profit.time != 0;
        let lost = profit.profit.saturating_neg();
        self.plain = Plain {
            credit: limited(capital.credit),
            in_one: if bps == 0 {
                i128::MAX
            } else {
                self.most_in_one
            },
            until: if capital.max_loss == 0 {
                i64::MAX
            } else if known && lost < capital.max_loss {
                profit.time.saturating_add(self.most_age())
            } else {
                i64::MIN
            },
        };
    }

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

image!(Capitals(_));

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
        let funds = self.0[at].get_or_insert_default();
        funds.capital = *capital;
        funds.renew();
    }

    /// Takes in the profit of a node that has capital; says whether it has.
    pub fn note(&mut self, profit: &Profit) -> bool {
        match self.0.get_mut(profit.node as usize) {
            Some(Some(funds)) => {
                funds.profit = *profit;
                funds.renew();
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
