//! Sums over instruments at a node: sectors, underlyings, deltas, vegas, and losses in scenarios of the margin.
//!
//! A lot of an instrument adds its weight to a sum. What is open may fill or not, so each instrument holds a sum at two
//! ends, and the ends of all instruments are added: whatever fills, the sum lies in between. Within an instrument a node
//! nets its strategies; between instruments nothing that is open is netted.
use super::worst::Worst;
use crate::layout::{factor_measure, Factor, FactorLimit};
use crate::record::bytes_of;
use sha2::{Digest, Sha256};

/// Largest number of a sum.
pub const FACTOR_LAST: u16 = 1_023;

/// Both ends of a sum. They wrap: taking away what was added gives exactly what was there before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    pub high: i128,
    pub low: i128,
}

impl Ends {
    /// What a position that may become `worst` adds at `weight` a lot. Fits: both factors have 64 bits.
    #[must_use]
    pub fn of(worst: &Worst, weight: i64) -> Self {
        let long = i128::from(worst.long) * i128::from(weight);
        let short = i128::from(worst.short) * i128::from(weight);
        Self {
            high: long.max(short),
            low: long.min(short),
        }
    }

    /// With what is added, less what was there.
    #[must_use]
    pub const fn moved(self, from: Self, to: Self) -> Self {
        Self {
            high: self.high.wrapping_add(to.high).wrapping_sub(from.high),
            low: self.low.wrapping_add(to.low).wrapping_sub(from.low),
        }
    }

    /// What a limit of that measure holds down.
    #[must_use]
    pub fn measured(self, measure: u8) -> i128 {
        if measure == factor_measure::LOSS {
            self.low.wrapping_neg().max(0)
        } else {
            self.high.abs().max(self.low.abs())
        }
    }
}

/// A limited sum of one node.
#[derive(Clone, Copy, Debug)]
pub struct Limited {
    pub limit: FactorLimit,
    pub ends: Ends,
}

/// Weights by instrument, limited sums by node; both sorted by factor.
#[derive(Default)]
pub struct Factors {
    weights: Vec<Vec<Factor>>,
    limited: Vec<Vec<Limited>>,
}

/// The vector at `at`, made if need be.
fn reach<T>(of: &mut Vec<Vec<T>>, at: usize) -> &mut Vec<T> {
    if at >= of.len() {
        of.resize_with(at + 1, Vec::new);
    }
    &mut of[at]
}

impl Factors {
    /// Whether no node limits a sum.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.limited.iter().all(Vec::is_empty)
    }

    /// What a lot of an instrument adds.
    #[inline]
    #[must_use]
    pub fn weights(&self, instrument: u16) -> &[Factor] {
        self.weights
            .get(usize::from(instrument))
            .map_or(&[], Vec::as_slice)
    }

    /// The limited sum of a node, if it limits that one.
    #[must_use]
    pub fn limited(&self, node: u32, factor: u16) -> Option<&Limited> {
        let of = self.limited.get(node as usize)?;
        let at = of.binary_search_by_key(&factor, |one| one.limit.factor);
        at.ok().map(|at| &of[at])
    }

    /// Sets a weight. `held` is what a node holds in the instrument.
    pub fn weigh(&mut self, factor: &Factor, held: impl Fn(u32) -> Option<Worst>) {
        let of = reach(&mut self.weights, usize::from(factor.instrument));
        let before = of.iter().find(|one| one.factor == factor.factor);
        let before = before.map_or(0, |one| one.weight);
        of.retain(|one| one.factor != factor.factor);
        if factor.weight != 0 {
            of.push(*factor);
            of.sort_unstable_by_key(|one| one.factor);
        }
        let limited = self.limited.iter_mut().flatten();
        for one in limited.filter(|one| one.limit.factor == factor.factor) {
            if let Some(worst) = held(one.limit.node) {
                let (from, to) = (Ends::of(&worst, before), Ends::of(&worst, factor.weight));
                one.ends = one.ends.moved(from, to);
            }
        }
    }

    /// Sets a limit, or lifts it. `held` is what its node holds in an instrument.
    pub fn limit(&mut self, limit: &FactorLimit, held: impl Fn(u16) -> Option<Worst>) {
        let mut ends = Ends::default();
        let weights = self.weights.iter().flatten();
        for one in weights.filter(|one| one.factor == limit.factor) {
            if let Some(worst) = held(one.instrument) {
                ends = ends.moved(Ends::default(), Ends::of(&worst, one.weight));
            }
        }
        let of = reach(&mut self.limited, limit.node as usize);
        of.retain(|one| one.limit.factor != limit.factor);
        if limit.active != 0 {
            of.push(Limited {
                limit: *limit,
                ends,
            });
            of.sort_unstable_by_key(|one| one.limit.factor);
        }
    }

    /// What a node holds in an instrument may become another worst case.
    pub fn shift(&mut self, node: u32, instrument: u16, from: &Worst, to: &Worst) {
        let Some(limited) = self.limited.get_mut(node as usize) else {
            return;
        };
        for one in limited {
            let weights = self.weights.get(usize::from(instrument));
            let of = weights.map_or(&[][..], Vec::as_slice);
            let weight = of.iter().find(|of| of.factor == one.limit.factor);
            if let Some(Factor { weight, .. }) = weight {
                let (from, to) = (Ends::of(from, *weight), Ends::of(to, *weight));
                one.ends = one.ends.moved(from, to);
            }
        }
    }

    /// Feeds weights, limits and sums to `digest` in canonical order.
    pub fn digest(&self, digest: &mut Sha256) {
        for factor in self.weights.iter().flatten() {
            digest.update(bytes_of(factor));
        }
        for one in self.limited.iter().flatten() {
            digest.update(bytes_of(&one.limit));
            digest.update(one.ends.high.to_le_bytes());
            digest.update(one.ends.low.to_le_bytes());
        }
    }
}
